//! 三目确认表的版面 · The table of one institution: its sums on top, its rows with reasons, boxes to sign in.
//!
//! Called by `catalogue`. Not here: what state a row is in.

use crosswipe_wire::catalogue as interface;

use super::{Row, Sent, State, Why};
use crate::Lang;
use crate::tables::{Cell, Table, Tone};

/// What people say of a row.
const CONFIRMED: [&[&str]; 2] = [
    &["确认", "有误", "停用"],
    &["confirmed", "wrong", "out of use"],
];

const STATES: [(State, [&str; 2], Tone); 5] = [
    (State::Mapped, ["✓ 已对照", "✓ mapped"], Tone::Good),
    (State::Unmapped, ["✗ 未对照", "✗ unmapped"], Tone::Bad),
    (State::Shape, ["✗ 编码不合规", "✗ wrong shape"], Tone::Bad),
    (State::Double, ["✗ 一对多", "✗ on two codes"], Tone::Bad),
    (State::Unknown, ["? 不明", "? unknown"], Tone::Doubt),
];

const SUMS: [(State, [&str; 2]); 5] = [
    (State::Mapped, ["已对照", "mapped"]),
    (State::Unmapped, ["未对照", "unmapped"]),
    (State::Shape, ["编码不合规", "wrong shape"]),
    (State::Double, ["一对多", "on two codes"]),
    (State::Unknown, ["不明", "unknown"]),
];

pub(super) fn table(
    (code, named): (&str, &str),
    rows: &[Row<'_>],
    unread: usize,
    lang: Lang,
) -> Table {
    let title = format!("{code} {named}");
    let mut table = Table::new("catalogue", title.trim_end())
        .columns(
            &[
                ["编号", "id"],
                ["机构目录编码", "own code"],
                ["机构目录名称", "own name"],
                ["目录类别", "kind"],
                ["医疗目录编码", "national code"],
                ["状态", "state"],
                ["说明", "why"],
                ["来源", "seen in"],
                ["上传", "upload"],
            ],
            lang,
        )
        .filled(["确认意见", "confirmed"], CONFIRMED, lang)
        .filled(["更正后编码", "right code"], [&[], &[]], lang)
        .filled(["备注", "remark"], [&[], &[]], lang);
    table.identity = Some(0);
    for row in rows {
        let (local, kind, national) = row.key;
        table.row(vec![
            Cell::text(super::id(code, row.key)),
            Cell::text(local),
            Cell::text(&row.pair.name),
            Cell::text(kind_shown(kind, lang)),
            Cell::text(national),
            state(row.state, lang),
            Cell::text(reasons(&row.why, lang)),
            Cell::text(seen_in(row, lang)),
            Cell::text(upload(row.pair.sent, lang)),
        ]);
    }
    table.about = about((code, named), rows, unread, lang);
    table.signed = [
        ["医疗机构经办人", "institution"],
        ["医保经办机构", "agency"],
        ["单位（公章）", "unit (stamp)"],
        ["日期", "date"],
    ]
    .map(|[zh, en]| lang.pick(zh, en))
    .to_vec();
    table
}

fn about(
    (code, named): (&str, &str),
    rows: &[Row<'_>],
    unread: usize,
    lang: Lang,
) -> Vec<(&'static str, Cell)> {
    let unit = match named.is_empty() {
        true => code.to_owned(),
        false => format!("{named}（{code}）"),
    };
    let mut about = vec![
        (lang.pick("单位", "unit"), Cell::text(unit)),
        (lang.pick("对照条数", "rows"), Cell::number(rows.len())),
    ];
    for (one, [zh, en]) in SUMS {
        let count = rows.iter().filter(|row| row.state == one).count();
        about.push((lang.pick(zh, en), Cell::number(count)));
    }
    if unread > 0 {
        let what = lang.pick(
            "读不出的对照报文（未计入）",
            "messages about mappings that cannot be read (not counted)",
        );
        about.push((what, Cell::number(unread)));
    }
    about.push((
        lang.pick("说明", "note"),
        Cell::text(lang.pick(
            "3301 答成功才算已上传，3302 答成功即撤销，没有答复为不明；来源只有表的，已对照是表上所写。接口只规定编码的长度与目录类别的码表，不分类别规定编码形状；医疗目录编码须为可见 ASCII 字符。是否在国家目录内，本表没有核。",
            "Uploaded is what 3301 was answered with ok, taken out what 3302 was; no answer is unknown. Of a row seen in a table alone, mapped is what the table says. The interface gives the length of codes and the list of kinds, no shape per kind; a national code is of visible ASCII signs. Whether it is in the national catalogue was not checked.",
        )),
    ));
    about
}

fn state(state: State, lang: Lang) -> Cell {
    let found = STATES.iter().find(|(one, ..)| *one == state);
    found.map_or(Cell::Blank, |(_, [zh, en], tone)| {
        Cell::State(lang.pick(zh, en).to_owned(), *tone)
    })
}

fn kind_shown(kind: &str, lang: Lang) -> String {
    let list = interface().list("list_type");
    let found = list.and_then(|list| list.values.iter().find(|(code, ..)| *code == kind));
    match found {
        Some((_, zh, en)) => format!("{kind} {}", lang.pick(zh, en)),
        None => kind.to_owned(),
    }
}

fn seen_in(row: &Row<'_>, lang: Lang) -> String {
    let all = [
        (row.pair.sent.is_some(), lang.pick("报文", "messages")),
        (row.pair.in_table, lang.pick("表", "table")),
        (row.pair.used > 0, lang.pick("费用明细", "fee lines")),
    ];
    let named: Vec<&str> = all
        .iter()
        .filter(|(seen, _)| *seen)
        .map(|(_, name)| *name)
        .collect();
    named.join(lang.pick("、", ", "))
}

fn upload(sent: Option<Sent>, lang: Lang) -> &'static str {
    match sent {
        Some(Sent::Uploaded) => lang.pick("已上传", "uploaded"),
        Some(Sent::Refused) => lang.pick("被拒", "refused"),
        Some(Sent::Unknown) => lang.pick("不明", "unknown"),
        Some(Sent::Revoked) => lang.pick("已撤销", "taken out"),
        None => lang.pick("未见", "not seen"),
    }
}

fn reasons(all: &[Why], lang: Lang) -> String {
    let told: Vec<String> = all.iter().map(|why| reason(why, lang)).collect();
    told.join(lang.pick("；", "; "))
}

fn reason(why: &Why, lang: Lang) -> String {
    let pick = |zh: String, en: String| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    match why {
        Why::NoCode => pick("没有医疗目录编码".into(), "no national code".into()),
        Why::NotUploaded => pick("没有见到上传".into(), "no upload was seen".into()),
        Why::Refused => pick("上传被拒".into(), "the upload was refused".into()),
        Why::Revoked => pick("已撤销 (3302)".into(), "taken out (3302)".into()),
        Why::NoAnswer => pick(
            "是否对照无从得知".into(),
            "whether it stands was never told".into(),
        ),
        Why::Charged(times) => pick(
            format!("费用明细用过 {times} 次"),
            format!("charged in {times} fee line(s)"),
        ),
        Why::Missing(name) => pick(format!("缺 {name}"), format!("no {name}")),
        Why::TooLong(name, signs, longest) => pick(
            format!("{name} {signs} 位，最长 {longest} 位"),
            format!("{name} has {signs} signs, at most {longest}"),
        ),
        Why::Sign(name) => pick(
            format!("{name} 有空白、全角或中文字符"),
            format!("{name} has blanks or signs beyond ASCII"),
        ),
        Why::NoKind(kind) => pick(
            format!("目录类别 {kind} 不在码表"),
            format!("kind {kind} is in no list"),
        ),
        Why::AlsoOn(codes) => pick(
            format!("同一机构编码又对 {}", codes.join("、")),
            format!("the same own code is also on {}", codes.join(", ")),
        ),
        Why::PerhapsOn(codes) => pick(
            format!("或许又对 {}，无从得知", codes.join("、")),
            format!("perhaps also on {}, never told", codes.join(", ")),
        ),
    }
}
