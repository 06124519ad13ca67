//! 接口核对 · What recorded messages break, as a terminal shows it and as JSON.
//!
//! Told by rule, not by message: whoever mends a HIS mends one thing at a time, and one slip stands in every message.
//! A finding's rule comes from `wire`, its remedy from the page that explains it.
//! Called by `cli` (`conform`). Not here: what is a finding (`wire::conform`).

use std::collections::BTreeMap;

use crosswipe_wire::{CODES, Finding, Weight, rule};
use serde_json::{Value, json};
use tabled::builder::Builder;
use tabled::settings::Style;

use crate::Lang;
use crate::terminal::wrapped;

/// Places of one rule that a terminal shows; JSON has all.
const SHOWN: usize = 12;
/// Columns of one cell.
const CELL: usize = 34;

/// 核对结果 · What came of some recordings.
#[derive(Debug, Default)]
pub struct Conformed {
    /// `strict` or `tolerant`.
    pub mode: &'static str,
    /// The region whose interface it was held to.
    pub profile: String,
    /// What was read.
    pub files: Vec<ConformedFile>,
    /// Messages that were held against the interface.
    pub messages: usize,
    /// Answers that were.
    pub answers: usize,
    /// Answers among them whose message is not known.
    pub orphans: usize,
    /// Place, what, and how to mend it: what could not be read.
    pub unread: Vec<[String; 3]>,
    /// What differs, oldest message first.
    pub findings: Vec<ConformedFinding>,
    /// What an edition to come would change; the findings are then those that it alone has.
    pub change: Option<ConformedChange>,
    /// By code: remedy in Chinese and English.
    pub remedies: BTreeMap<&'static str, [String; 2]>,
    /// Institution, msgid, transaction: books or undoes, and nobody answered.
    pub unknown: Vec<[String; 3]>,
    /// Institution, setl_id, amount: settled, and nobody was seen to undo it.
    pub standing: Vec<[String; 3]>,
}

/// 变更 · From one region's edition to another.
#[derive(Debug)]
pub struct ConformedChange {
    /// The edition that holds today.
    pub old: String,
    /// What it finds and the new one does not.
    pub healed: Vec<ConformedFinding>,
    /// Knobs that the two set otherwise: what no recording shows is among them.
    pub knobs: Vec<Knob>,
}

/// 规则项 · One knob of two editions.
#[derive(Debug)]
pub struct Knob {
    /// As files write it, e.g. `gateway.dialect`.
    pub name: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Today.
    pub was: String,
    /// To come.
    pub is: String,
}

/// 文件 · One recording.
#[derive(Debug)]
pub struct ConformedFile {
    /// As it was named.
    pub name: String,
    /// `har`, `journal`, …
    pub form: &'static str,
    /// Messages in it.
    pub messages: usize,
    /// Answers in it.
    pub answers: usize,
}

/// 一处 · One finding and where its message stands.
#[derive(Debug)]
pub struct ConformedFinding {
    /// `file:line`, `file#3`.
    pub place: String,
    /// 交易编号; empty where it is not known.
    pub infno: String,
    /// Its Chinese name.
    pub name: &'static str,
    /// 发送方报文ID
    pub msgid: String,
    /// It is about the answer.
    pub of_answer: bool,
    /// What differs.
    pub finding: Finding,
}

impl Conformed {
    /// True if anything weighs more than a note.
    pub fn has_defects(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|one| one.finding.weight == Weight::Defect)
    }
}

/// Findings by their codes, in the order of the rules.
fn by_code(findings: &[ConformedFinding]) -> Vec<(&'static str, Vec<&ConformedFinding>)> {
    let of = |code: &'static str| {
        let own = findings.iter().filter(move |one| one.finding.code == code);
        (code, own.collect::<Vec<_>>())
    };
    let all = CODES.iter().map(|rule| of(rule.code));
    all.filter(|(_, own)| !own.is_empty()).collect()
}

/// What the edition to come sets otherwise, and what it no longer minds.
fn change(came: &Conformed, lang: Lang, width: usize) -> String {
    let Some(change) = &came.change else {
        return String::new();
    };
    let line = |text: &str, indent: usize| wrapped(text, width.max(60), indent, indent + 2);
    let (old, new) = (&change.old, &came.profile);
    let title = lang.pick("规则变化", "what changes");
    let mut text = format!("\n■ {title} {old} → {new} × {}\n", change.knobs.len());
    for knob in &change.knobs {
        let words = lang.pick(knob.zh, knob.en);
        text += &line(
            &format!("{} {words}: {} → {}", knob.name, knob.was, knob.is),
            2,
        );
    }
    let healed = by_code(&change.healed);
    if !healed.is_empty() {
        let title = lang.pick("不再是问题", "no longer a finding");
        text += &format!("\n■ {title} × {}\n", change.healed.len());
        for (code, own) in healed {
            let words = rule(code).map_or("", |rule| lang.pick(rule.title_zh, rule.title_en));
            text += &line(&format!("{code} {words} × {}", own.len()), 2);
        }
    }
    text
}

/// 接口核对终端 · For a terminal of `width` columns; ends in a line feed.
pub fn conform_terminal(came: &Conformed, lang: Lang, width: usize) -> String {
    let line = |text: &str, indent: usize| wrapped(text, width.max(60), indent, indent + 2);
    let mut text = String::new();
    if came.files.len() > SHOWN {
        text += &match lang {
            Lang::Zh => format!("{} 个文件\n", came.files.len()),
            Lang::En => format!("{} files\n", came.files.len()),
        };
    }
    for file in came.files.iter().filter(|_| came.files.len() <= SHOWN) {
        let held = lang.pick("报文", "messages");
        let told = lang.pick("应答", "answers");
        text += &line(
            &format!(
                "{} ({}): {held} {}, {told} {}",
                file.name, file.form, file.messages, file.answers
            ),
            0,
        );
    }
    text += &change(came, lang, width);
    for (code, own) in by_code(&came.findings) {
        text.push('\n');
        let Some(rule) = rule(code) else { continue };
        let note = own.iter().all(|one| one.finding.weight == Weight::Note);
        let weight = match note {
            true => lang.pick(" [提示]", " [note]"),
            false => "",
        };
        let title = lang.pick(rule.title_zh, rule.title_en);
        text += &line(&format!("■ {code} {title} × {}{weight}", own.len()), 0);
        text += &line(
            &format!(
                "{}: {}",
                lang.pick("规则", "rule"),
                lang.pick(rule.zh, rule.en)
            ),
            2,
        );
        if let Some([zh, en]) = came.remedies.get(code) {
            text += &line(
                &format!("{}: {}", lang.pick("办法", "remedy"), lang.pick(zh, en)),
                2,
            );
        }
        text += &table(&own, lang);
        if own.len() > SHOWN {
            let more = own.len() - SHOWN;
            text += &match lang {
                Lang::Zh => format!("  另有 {more} 处, --json 有全部\n"),
                Lang::En => format!("  and {more} more, all of them with --json\n"),
            };
        }
    }
    text += &circumstances(came, lang);
    for [place, what, mend] in &came.unread {
        text.push('\n');
        text += &line(&format!("? {place}: {what}"), 0);
        text += &line(mend, 2);
    }
    text.push('\n');
    text += &line(&sentence(came, lang), 0);
    text
}

fn table(own: &[&ConformedFinding], lang: Lang) -> String {
    let mut builder = Builder::default();
    builder.push_record([
        lang.pick("报文", "message"),
        lang.pick("字段", "field"),
        lang.pick("字段名", "Chinese name"),
        lang.pick("应为", "expected"),
        lang.pick("实为", "actual"),
    ]);
    for one in own.iter().take(SHOWN) {
        let finding = &one.finding;
        let mut at = finding.path.clone();
        at.zh = "";
        let side = match one.of_answer {
            true => lang.pick(" 应答", " answer"),
            false => "",
        };
        let or_nothing = |text: &str| match text {
            "" => "-".to_owned(),
            text => short(text),
        };
        builder.push_record([
            format!("{} {}{side}", short(&one.place), one.infno),
            at.to_string(),
            finding.path.zh.to_owned(),
            or_nothing(lang.pick(finding.expected.zh(), finding.expected.en())),
            or_nothing(lang.pick(finding.actual.zh(), finding.actual.en())),
        ]);
    }
    let table = builder.build().with(Style::psql()).to_string();
    let lines = table.lines().map(str::trim_end);
    lines.map(|line| format!("  {line}\n")).collect()
}

/// The end of a long text says more than its beginning: a place ends with its line.
fn short(text: &str) -> String {
    let length = text.chars().count();
    match length > CELL {
        true => {
            let tail: String = text.chars().skip(length - CELL + 1).collect();
            format!("…{tail}")
        }
        false => text.to_owned(),
    }
}

/// What no single message shows.
fn circumstances(came: &Conformed, lang: Lang) -> String {
    let mut text = String::new();
    let mut told = |title: &str, rows: &[[String; 3]]| {
        if rows.is_empty() {
            return;
        }
        text += &format!("\n■ {title} × {}\n", rows.len());
        for row in rows.iter().take(SHOWN) {
            text += &format!("  {}\n", row.join("  "));
        }
        if rows.len() > SHOWN {
            text += "  …\n";
        }
    };
    let unknown = lang.pick(
        "没有应答, 结果未知 (先查询, 查不清才用 2601)",
        "no answer, outcome unknown (ask first; 2601 only where asking does not tell)",
    );
    let standing = lang.pick(
        "录制结束时还没撤的结算",
        "settlements that stand where the recording ends",
    );
    told(unknown, &came.unknown);
    told(standing, &came.standing);
    text
}

fn sentence(came: &Conformed, lang: Lang) -> String {
    let (messages, answers) = (came.messages, came.answers);
    let defects = came
        .findings
        .iter()
        .filter(|one| one.finding.weight == Weight::Defect);
    let (defects, notes) = (defects.count(), came.findings.len());
    let notes = notes - defects;
    let unread = came.unread.len();
    let head = match (lang, &came.change) {
        (Lang::Zh, Some(change)) => format!(
            "{messages} 笔报文, 从 {} 换到 {}: 新增 ",
            change.old, came.profile
        ),
        (Lang::En, Some(change)) => format!(
            "{messages} messages, from {} to {}: new are ",
            change.old, came.profile
        ),
        (Lang::Zh, None) => format!("核对 {messages} 笔报文, {answers} 个应答: "),
        (Lang::En, None) => {
            format!("{messages} messages and {answers} answers held against the interface: ")
        }
    };
    let what = match (lang, messages + answers, defects, notes) {
        (Lang::Zh, 0, ..) => "没有可核对的内容".to_owned(),
        (Lang::En, 0, ..) => "nothing to check".to_owned(),
        (Lang::Zh, _, 0, 0) => "没有发现".to_owned(),
        (Lang::En, _, 0, 0) => "no finding".to_owned(),
        (Lang::Zh, _, _, 0) => format!("{defects} 处发现"),
        (Lang::En, _, _, 0) => format!("{defects} findings"),
        (Lang::Zh, ..) => format!("{defects} 处发现, {notes} 处提示"),
        (Lang::En, ..) => format!("{defects} findings, {notes} notes"),
    };
    let rest = match (lang, unread) {
        (_, 0) => String::new(),
        (Lang::Zh, _) => format!("; {unread} 处读不出, 未核对"),
        (Lang::En, _) => format!("; {unread} could not be read and are not checked"),
    };
    format!("{head}{what}{rest}")
}

/// 接口核对 JSON · `crosswipe.conform/1`, ending in a line feed.
pub fn conform_json(came: &Conformed, exit: u8) -> String {
    let findings: Vec<Value> = came.findings.iter().map(|one| finding(came, one)).collect();
    let counts: serde_json::Map<String, Value> = by_code(&came.findings)
        .into_iter()
        .map(|(code, own)| (code.to_owned(), json!(own.len())))
        .collect();
    let three = |rows: &[[String; 3]], names: [&str; 3]| -> Vec<Value> {
        let row = |row: &[String; 3]| {
            let members = names.iter().zip(row);
            members
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect::<serde_json::Map<_, _>>()
        };
        rows.iter().map(|one| Value::Object(row(one))).collect()
    };
    let document = json!({
        "schema": "crosswipe.conform/1",
        "exit": exit,
        "mode": came.mode,
        "profile": came.profile,
        "sentence": {"zh": sentence(came, Lang::Zh), "en": sentence(came, Lang::En)},
        "files": came.files.iter().map(|file| json!({
            "name": file.name, "form": file.form, "messages": file.messages, "answers": file.answers,
        })).collect::<Vec<_>>(),
        "messages": came.messages,
        "answers": came.answers,
        "answers_alone": came.orphans,
        "unread": three(&came.unread, ["place", "what", "mend"]),
        "counts": counts,
        "findings": findings,
        "change": came.change.as_ref().map(|change| json!({
            "old": change.old,
            "new": came.profile,
            "knobs": change.knobs.iter().map(|knob| json!({
                "name": knob.name, "zh": knob.zh, "en": knob.en, "old": knob.was, "new": knob.is,
            })).collect::<Vec<_>>(),
            "healed": change.healed.iter().map(|one| finding(came, one)).collect::<Vec<_>>(),
        })),
        "unanswered": three(&came.unknown, ["institution", "msgid", "infno"]),
        "standing": three(&came.standing, ["institution", "setl_id", "medfee_sumamt"]),
    });
    format!("{document}\n")
}

fn finding(came: &Conformed, one: &ConformedFinding) -> Value {
    let finding = &one.finding;
    let mut at = finding.path.clone();
    at.zh = "";
    let rule = rule(finding.code);
    let remedy = came.remedies.get(finding.code);
    json!({
        "code": finding.code,
        "weight": match finding.weight { Weight::Note => "note", Weight::Defect => "defect" },
        "place": one.place,
        "of": if one.of_answer { "answer" } else { "message" },
        "infno": one.infno,
        "transaction": one.name,
        "msgid": one.msgid,
        "field": at.to_string(),
        "field_name": finding.path.zh,
        "expected": {"zh": finding.expected.zh(), "en": finding.expected.en()},
        "actual": {"zh": finding.actual.zh(), "en": finding.actual.en()},
        "rule": {"zh": rule.map_or("", |rule| rule.zh), "en": rule.map_or("", |rule| rule.en)},
        "remedy": {"zh": remedy.map_or("", |both| both[0].as_str()), "en": remedy.map_or("", |both| both[1].as_str())},
    })
}
