//! 比较的话 · What a comparison says, in a language: one sentence, then lists of lines. Terminal and page only lay them out.

use crosswipe_domain::Money;
use crosswipe_verify::Verdict;

use super::{CaseChange, Comparison, Ended, FieldHow, Side, Turn};
use crate::amount::yuan;
use crate::wording::{Lang, Word, classes, terms};

/// One list.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Row>,
    /// Said where there are no rows.
    pub(super) none: &'static str,
}

/// One line, and whether it speaks of something worse.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) bad: bool,
}

/// What it comes to.
pub(super) fn sentence(comparison: &Comparison, lang: Lang) -> String {
    let turned = |turn| {
        comparison
            .cases
            .iter()
            .filter(|one| one.turn == turn)
            .count()
    };
    let head = match (comparison.is_empty(), comparison.is_worse()) {
        (true, _) => lang.pick(
            "没有共同的用例，什么也没有比",
            "no case in common: nothing was compared",
        ),
        (_, true) => lang.pick(
            "第二次有变差或不同之处",
            "the second run is worse or different",
        ),
        (_, false) => lang.pick("第二次没有变差", "the second run is nowhere worse"),
    };
    let (worse, better, other) = (
        turned(Turn::Worse),
        turned(Turn::Better),
        turned(Turn::Other),
    );
    let (gone, new) = (turned(Turn::Gone), turned(Turn::New));
    let (alike, amounts, fields) = (
        comparison.alike,
        comparison.amounts.len(),
        comparison.fields.len(),
    );
    let (vanished, waived) = (turned(Turn::Vanished), turned(Turn::Waived));
    let causes = comparison.causes;
    match lang {
        Lang::Zh => format!(
            "{head}：{alike} 例相同，{worse} 例由好变坏，{better} 例由坏变好，{vanished} 例预期的失败消失，{waived} 例转为豁免，{other} 例仍未通过而情形不同，只在前一次 {gone} 例，只在后一次 {new} 例；发现新增 {} 处，消失 {} 处，相同 {} 处；金额不同 {amounts} 处，应答字段不同 {fields} 处",
            causes.new, causes.gone, causes.same
        ),
        Lang::En => format!(
            "{head}: {alike} cases alike, {worse} worse, {better} better, {vanished} expected failures vanished, {waived} waived now, {other} bad in another way, {gone} only in the first, {new} only in the second; findings: {} new, {} gone, {} the same; {amounts} amounts and {fields} fields of answers differ",
            causes.new, causes.gone, causes.same
        ),
    }
}

/// Which two runs, one line each; a plan that changed in between is said.
pub(super) fn sides(comparison: &Comparison, lang: Lang) -> Vec<String> {
    let one = |label: &str, side: &Side| {
        format!(
            "{label} {} ({}) {} {}/{} {} {}",
            side.run_id,
            side.plan,
            lang.pick("通过", "passed"),
            side.passed,
            side.planned,
            lang.pick("结论", "verdict"),
            match side.verdict {
                Verdict::Clean if side.partly => {
                    lang.pick("可核验部分全部回退", "clean as far as can be checked")
                }
                Verdict::Clean => lang.pick("已回退干净", "clean"),
                Verdict::Indeterminate => lang.pick("不能判定", "indeterminate"),
                Verdict::Violated => lang.pick("违反", "violated"),
            }
        )
    };
    let mut lines = vec![
        one(lang.pick("前一次", "first"), &comparison.before),
        one(lang.pick("后一次", "second"), &comparison.after),
    ];
    let (first, second) = (&comparison.before.files, &comparison.after.files);
    let names = first.keys().chain(second.keys());
    let mut changed: Vec<&String> = names
        .filter(|name| first.get(*name) != second.get(*name))
        .collect();
    changed.sort();
    changed.dedup();
    if !changed.is_empty() {
        let names: Vec<&str> = changed.into_iter().map(String::as_str).collect();
        lines.push(format!(
            "{}{}",
            lang.pick("计划文件不同：", "plan files that differ: "),
            names.join(lang.pick("、", ", "))
        ));
    }
    lines
}

/// All lists, the worst first.
pub(super) fn sections(comparison: &Comparison, lang: Lang) -> Vec<Section> {
    vec![
        cases(comparison, lang),
        findings(comparison, lang),
        amounts(comparison, lang),
        fields(comparison, lang),
        timings(comparison, lang),
    ]
}

fn both(lang: Lang) -> [&'static str; 2] {
    [lang.pick("前一次", "first"), lang.pick("后一次", "second")]
}

fn cases(comparison: &Comparison, lang: Lang) -> Section {
    let turn = |one: &CaseChange| match one.turn {
        Turn::Worse => lang.pick("✗ 变坏", "✗ worse"),
        Turn::Better => lang.pick("✓ 变好", "✓ better"),
        Turn::Vanished => lang.pick("! 预期的失败消失了", "! expected failure vanished"),
        Turn::Waived => lang.pick("! 转为豁免", "! waived now"),
        Turn::Other => lang.pick("≠ 不同", "≠ other"),
        Turn::Gone => lang.pick("− 后一次没有", "− gone"),
        Turn::New => lang.pick("+ 前一次没有", "+ new"),
    };
    let ended = |ended: Option<Ended>| match ended {
        Some((result, rollback)) => format!(
            "{} · {}",
            terms::result(result, lang),
            terms::rollback(rollback, lang)
        ),
        None => String::new(),
    };
    let [first, second] = both(lang);
    Section {
        title: lang.pick("用例", "Cases"),
        head: vec![
            "",
            Word::case.say(lang),
            first,
            second,
            Word::check.say(lang),
        ],
        rows: comparison
            .cases
            .iter()
            .map(|one| Row {
                bad: matches!(one.turn, Turn::Worse | Turn::Gone),
                cells: vec![
                    turn(one).to_owned(),
                    format!("{} {}", one.case, one.title),
                    ended(one.before),
                    ended(one.after),
                    one.checks.join(lang.pick("；", "; ")),
                ],
            })
            .collect(),
        none: lang.pick("每一例都一样。", "Every case went alike."),
    }
}

fn findings(comparison: &Comparison, lang: Lang) -> Section {
    let [first, second] = both(lang);
    Section {
        title: lang.pick("发现", "Findings"),
        head: vec![
            Word::class.say(lang),
            "",
            Word::party.say(lang),
            first,
            second,
            lang.pick("新增", "new"),
            lang.pick("消失", "gone"),
            lang.pick("相同", "the same"),
        ],
        rows: comparison
            .findings
            .iter()
            .map(|one| Row {
                bad: one.causes.new > 0,
                cells: vec![
                    one.class.clone(),
                    classes::name(&crosswipe_domain::FindingClass::new(&one.class), lang),
                    one.party.clone(),
                    one.before.to_string(),
                    one.after.to_string(),
                    one.causes.new.to_string(),
                    one.causes.gone.to_string(),
                    one.causes.same.to_string(),
                ],
            })
            .collect(),
        none: lang.pick("没有多出来的，也没有消失的。", "None more, none less."),
    }
}

fn amounts(comparison: &Comparison, lang: Lang) -> Section {
    let [first, second] = both(lang);
    let shown =
        |fen: Option<i64>| fen.map_or_else(String::new, |fen| yuan(Money::from_fen(fen).fen()));
    Section {
        title: lang.pick("金额", "Amounts"),
        head: vec![
            Word::case.say(lang),
            Word::about.say(lang),
            lang.pick("字段", "field"),
            first,
            second,
        ],
        rows: comparison
            .amounts
            .iter()
            .map(|one| Row {
                bad: true,
                cells: vec![
                    one.case.to_string(),
                    format!("{} {}", one.infno, one.step),
                    one.name.clone(),
                    shown(one.before),
                    shown(one.after),
                ],
            })
            .collect(),
        none: lang.pick("逐分相同。", "The same to the fen."),
    }
}

fn fields(comparison: &Comparison, lang: Lang) -> Section {
    let [first, second] = both(lang);
    let how = |how: FieldHow| match how {
        FieldHow::Gone => lang.pick("− 没有了", "− gone"),
        FieldHow::Kind => lang.pick("≠ 类型变了", "≠ kind"),
        FieldHow::Value => lang.pick("≠ 值变了", "≠ value"),
        FieldHow::Added => lang.pick("+ 新增", "+ added"),
    };
    Section {
        title: lang.pick("应答字段", "Fields of answers"),
        head: vec![
            "",
            Word::about.say(lang),
            lang.pick("字段", "field"),
            lang.pick("报文数", "messages"),
            first,
            second,
            lang.pick("例如", "e.g."),
        ],
        rows: comparison
            .fields
            .iter()
            .map(|one| Row {
                bad: one.how != FieldHow::Added,
                cells: vec![
                    how(one.how).to_owned(),
                    format!("{} {}", one.infno, terms::transaction(&one.infno, lang)),
                    one.path.clone(),
                    one.messages.to_string(),
                    one.before.clone(),
                    one.after.clone(),
                    one.case.clone(),
                ],
            })
            .collect(),
        none: lang.pick(
            "字段相同；编号和时间每次都新，只比有无。",
            "The same fields; ids and times are new each time and compared by presence alone.",
        ),
    }
}

fn timings(comparison: &Comparison, lang: Lang) -> Section {
    let shown = |ms: Option<u64>| ms.map_or_else(String::new, |ms| ms.to_string());
    Section {
        title: lang.pick("耗时中位数（毫秒）", "Median time (ms)"),
        head: vec![
            Word::about.say(lang),
            lang.pick("前：报文", "first: messages"),
            lang.pick("毫秒", "ms"),
            lang.pick("后：报文", "second: messages"),
            lang.pick("毫秒", "ms"),
        ],
        rows: comparison
            .timings
            .iter()
            .map(|one| Row {
                bad: false,
                cells: vec![
                    format!("{} {}", one.infno, terms::transaction(&one.infno, lang)),
                    one.messages[0].to_string(),
                    shown(one.median_ms[0]),
                    one.messages[1].to_string(),
                    shown(one.median_ms[1]),
                ],
            })
            .collect(),
        none: lang.pick("没有报文。", "No messages."),
    }
}
