//! 倒排表、联系人表、备案表 · Forms made from a plan alone, before anything is sent.
//!
//! Not here: what a plan says (`scenarios`); `cli` hands it over in plain values, since reports know no plan files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crosswipe_domain::{Both, Moment, sha256_hex};

use super::Form;
use crate::Lang;
use crate::tables::{Cell, Table, Tone};

/// 节点 · One instant of the window, or a duty that is due then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When; what is due before the instant is due at its last moment.
    pub at: Moment,
    /// What happens, or is to be done.
    pub what: Both,
    /// Who has to do it; empty for what just happens.
    pub who: Both,
    /// The notice's clause.
    pub clause: String,
    /// The notice's own words.
    pub quote: String,
}

/// 联系人 · Whom to call at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leads {
    /// Code of the hub, a region or an institution.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Department and position.
    pub department: String,
    /// 业务负责人: name and telephone.
    pub business: [String; 2],
    /// 信息负责人: name and telephone.
    pub systems: [String; 2],
}

/// 备案人员 · One registered test person, in full: this never stands in a log, a journal or a report.
#[derive(Clone)]
pub struct RegisteredPerson {
    /// Label in the plan.
    pub label: String,
    /// Name.
    pub name: String,
    /// 人员编号
    pub psn_no: String,
    /// 证件号码
    pub certno: String,
    /// Insured place.
    pub insured: String,
    /// Insurance and class, in words.
    pub class: String,
    /// First and last day of the registration, where the plan names them.
    pub valid: String,
}

/// A day, ms.
const DAY_MS: i64 = 86_400_000;
/// An hour, ms.
const HOUR_MS: i64 = 3_600_000;

/// 停机/验证窗口倒排表 · What happens and what is due, with the time that is left until go-live.
pub fn countdown(plan: &str, deadlines: &[Deadline], go_live: Moment, lang: Lang) -> Form {
    let title = lang.pick("停机与验证窗口倒排表", "Countdown to go-live");
    let mut table = Table::new("countdown", lang.pick("倒排表", "Countdown"))
        .columns(
            &[
                ["时间", "at"],
                ["距上线", "before go-live"],
                ["事项", "what"],
                ["责任方", "who"],
                ["依据", "clause"],
                ["原文", "in the notice's words"],
                ["编号", "id"],
            ],
            lang,
        )
        .filled(["完成人", "done by"], [&[], &[]], lang)
        .filled(["完成时间", "done at"], [&[], &[]], lang);
    table.identity = table.place("编号");
    let mut met = BTreeMap::new();
    let mut deadlines: Vec<&Deadline> = deadlines.iter().collect();
    deadlines.sort_by_key(|deadline| deadline.at);
    for deadline in deadlines {
        let say = |text: &Both| match lang {
            Lang::Zh => text.zh.to_string(),
            Lang::En => text.en.to_string(),
        };
        let live = deadline.at == go_live && deadline.who.zh.is_empty();
        table.row(vec![
            Cell::At(deadline.at),
            Cell::text(distance(deadline.at, go_live, lang)),
            match live {
                true => Cell::State(say(&deadline.what), Tone::Doubt),
                false => Cell::text(say(&deadline.what)),
            },
            Cell::text(say(&deadline.who)),
            Cell::text(&deadline.clause),
            Cell::text(&deadline.quote),
            Cell::text(id(deadline, &mut met)),
        ]);
    }
    table.about = vec![
        (lang.pick("计划", "plan"), Cell::text(plan)),
        (lang.pick("上线", "go-live"), Cell::At(go_live)),
    ];
    form(title, plan, vec![table], lang)
}

/// The same whatever the language, and whenever it comes to be due: what people wrote beside it stays with it.
fn id(deadline: &Deadline, met: &mut BTreeMap<String, usize>) -> String {
    let named = [&deadline.clause, &*deadline.what.zh, &*deadline.who.zh].map(str::to_owned);
    let named = named.join("\u{1f}");
    let time = met.entry(named.clone()).or_default();
    *time += 1;
    let digest = sha256_hex(format!("{named}\u{1f}{time}").as_bytes());
    format!("D-{}", &digest[..8])
}

/// `T-3天 06:30`, `T+2小时`.
fn distance(at: Moment, go_live: Moment, lang: Lang) -> String {
    let ms = go_live.ms_since(at);
    let sign = if ms >= 0 { "T-" } else { "T+" };
    let ms = ms.abs();
    let (days, rest) = (ms / DAY_MS, ms % DAY_MS);
    let (hours, minutes) = (rest / HOUR_MS, rest % HOUR_MS / 60_000);
    match days {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        days => format!(
            "{sign}{days}{} {hours:02}:{minutes:02}",
            lang.pick("天", " d")
        ),
    }
}

/// 联系人表 · Whom to call; a place without a lead has a row with room to write.
pub fn leads(plan: &str, all: &[Leads], lang: Lang) -> Form {
    let title = lang.pick("联系人表", "Whom to call");
    let mut table = Table::new("contacts", title)
        .columns(
            &[
                ["编号", "code"],
                ["统筹区/定点医疗机构", "region / institution"],
            ],
            lang,
        )
        .filled(["单位职务", "department"], [&[], &[]], lang)
        .filled(["业务负责人", "business lead"], [&[], &[]], lang)
        .filled(["业务电话", "telephone"], [&[], &[]], lang)
        .filled(["信息负责人", "systems lead"], [&[], &[]], lang)
        .filled(["信息电话", "telephone (systems)"], [&[], &[]], lang);
    table.identity = Some(0);
    let mut missing = 0;
    for one in all {
        let written = |text: &String| match text.as_str() {
            "" => Cell::Blank,
            text => Cell::Fill(text.to_owned()),
        };
        if [&one.business, &one.systems]
            .iter()
            .any(|lead| lead.iter().any(String::is_empty))
        {
            missing += 1;
        }
        let mut row = vec![
            Cell::text(&one.code),
            Cell::text(&one.name),
            written(&one.department),
        ];
        row.extend(one.business.iter().chain(&one.systems).map(written));
        table.row(row);
    }
    table.about = vec![
        (lang.pick("计划", "plan"), Cell::text(plan)),
        (
            lang.pick("未填全（家）", "not complete"),
            Cell::number(missing),
        ),
    ];
    form(title, plan, vec![table], lang)
}

impl Form {
    /// 联系人文件 · The form of contacts as the file that a plan names in `contacts:`, places without anybody left out; nothing of
    /// any other form, or where a column of it was left out.
    pub fn contacts_csv(&self) -> Option<String> {
        let table = self.tables.iter().find(|table| table.key == "contacts")?;
        let columns = [
            ("编号", "单位代码"),
            ("单位职务", "部门职务"),
            ("业务负责人", "业务负责人"),
            ("业务电话", "业务电话"),
            ("信息负责人", "信息负责人"),
            ("信息电话", "信息电话"),
        ];
        let places: Vec<usize> = columns
            .iter()
            .map(|(ours, _)| table.place(ours))
            .collect::<Option<_>>()?;
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        writer
            .write_record(columns.map(|(_, theirs)| theirs))
            .ok()?;
        for row in &table.rows {
            let cells: Vec<String> = places.iter().map(|at| row[*at].shown()).collect();
            if cells.iter().skip(1).any(|cell| !cell.is_empty()) {
                writer.write_record(cells).ok()?;
            }
        }
        String::from_utf8(writer.into_inner().ok()?).ok()
    }
}

/// 测试人员备案表 · Full names and numbers, for the authority with which they are registered.
pub fn persons(plan: &str, window: &str, all: &[RegisteredPerson], lang: Lang) -> Form {
    let title = lang.pick(
        "测试人员备案表（未脱敏）",
        "Registered test persons (in full)",
    );
    let mut table = Table::new("persons", lang.pick("备案表", "Persons")).columns(
        &[
            ["序号", "no."],
            ["姓名", "name"],
            ["证件号码", "certificate number"],
            ["人员编号", "person number"],
            ["参保地", "insured at"],
            ["险种与类别", "insurance"],
            ["有效期", "valid"],
            ["代号", "label"],
        ],
        lang,
    );
    table.identity = table.place("代号");
    for (number, person) in all.iter().enumerate() {
        table.row(vec![
            Cell::number(number + 1),
            Cell::text(&person.name),
            Cell::text(&person.certno),
            Cell::text(&person.psn_no),
            Cell::text(&person.insured),
            Cell::text(&person.class),
            Cell::text(&person.valid),
            Cell::text(&person.label),
        ]);
    }
    table.about = vec![
        (lang.pick("计划", "plan"), Cell::text(plan)),
        (lang.pick("验证窗口", "window"), Cell::text(window)),
        (
            lang.pick("保密", "secret"),
            Cell::State(
                lang.pick(
                    "含完整证件号码：只交备案单位，用后销毁",
                    "full numbers: for the authority alone; destroy after use",
                )
                .to_owned(),
                Tone::Bad,
            ),
        ),
    ];
    table.signed = [
        ["填报单位（公章）", "unit (stamp)"],
        ["填报人", "reported by"],
        ["日期", "date"],
    ]
    .map(|[zh, en]| lang.pick(zh, en))
    .to_vec();
    form(title, plan, vec![table], lang)
}

fn form(title: &str, plan: &str, tables: Vec<Table>, lang: Lang) -> Form {
    Form {
        title: title.to_owned(),
        about: format!("{} {plan}", lang.pick("计划", "plan")),
        proof: String::new(),
        tables,
        lang,
    }
}
