//! 复核一览 · The chain in words, strangers' rows, and what is open and may be named.
//!
//! Called by `command::review`. Not here: words for a line of the chain (`reports`).

use crosswipe_reports::{Lang, Story, review_json, review_terminal, verdict_sentence};
use crosswipe_verify::{Evidence, ForeignRows, Matter, ReviewHeld, foreign, judge, open_matters};

use super::foreign::place;
use crate::command::verify::{Judged, WIDTH};
use crate::conclude::Telling;

/// Open matters that are listed; the rest is counted.
const MOST: usize = 40;

/// All of it, as text or as one JSON document.
pub(super) fn listed(evidence: &Evidence, judged: &Judged, telling: Telling) -> String {
    let strangers = foreign(evidence);
    let open = open_matters(evidence, &judge(evidence), &judged.review);
    if telling.json {
        let rows: Vec<_> = strangers.iter().map(row).collect();
        let open: Vec<_> = open.iter().map(matter).collect();
        let review = review_json(&judged.review);
        let all = serde_json::json!({"foreign": rows, "review": review, "open": open});
        return format!("{all}\n");
    }
    let lang = telling.lang;
    let said = review_terminal(&judged.review, lang, WIDTH);
    let none = lang.pick("还没有人复核\n", "nobody has said anything yet\n");
    [
        if said.is_empty() {
            none.to_owned()
        } else {
            said
        },
        of_strangers(&strangers, lang),
        of_open(&open, lang),
    ]
    .concat()
}

/// What was recorded just now, and the verdict beside which it stands.
pub(super) fn recorded(new: &ReviewHeld, story: &Story, lang: Lang) -> String {
    let said = match new.said.is_empty() {
        true => lang
            .pick("没有新的可记\n", "nothing new was recorded\n")
            .to_owned(),
        false => review_terminal(new, lang, WIDTH),
    };
    format!("{said}{}\n", verdict_sentence(story, lang))
}

fn row(rows: &ForeignRows) -> serde_json::Value {
    serde_json::json!({
        "party": rows.party, "origin": rows.origin, "msgid": rows.msgid, "infno": rows.infno,
        "person": rows.person, "at": rows.at,
        "rows": rows.rows, "explained": rows.explained,
    })
}

fn matter(matter: &Matter) -> serde_json::Value {
    match matter {
        Matter::Finding(id, class) => serde_json::json!({"finding": id, "class": class}),
        Matter::Case(case, result) => serde_json::json!({"case": case, "result": result}),
    }
}

/// One line per stranger's message and party.
fn of_strangers(all: &[ForeignRows], lang: Lang) -> String {
    if all.is_empty() {
        return lang
            .pick("没有来历不明的行\n", "no row is a stranger's\n")
            .to_owned();
    }
    let state = |explained: bool| match explained {
        true => lang.pick("已说明", "explained"),
        false => lang.pick("未说明", "not explained"),
    };
    let line = |rows: &ForeignRows| {
        format!(
            "{}  {}  {}  {}  {}  {} {}  {}\n",
            place(rows),
            rows.infno,
            rows.person.as_deref().unwrap_or("-"),
            rows.origin,
            rows.msgid,
            rows.rows.len(),
            lang.pick("行", "rows"),
            state(rows.explained)
        )
    };
    all.iter().map(line).collect()
}

/// What a signature has to name, or an override may speak of.
fn of_open(open: &[Matter], lang: Lang) -> String {
    if open.is_empty() {
        return lang.pick("没有未了事项\n", "nothing is open\n").to_owned();
    }
    let line = |matter: &Matter| match matter {
        Matter::Finding(id, class) => {
            format!("  {}  {id}  {class}\n", lang.pick("发现", "finding"))
        }
        Matter::Case(case, result) => {
            format!("  {}  {case}  {result}\n", lang.pick("用例", "case"))
        }
    };
    let count = open.len();
    let head = match lang {
        Lang::Zh => format!("未了事项 {count}\n"),
        Lang::En => format!("open: {count}\n"),
    };
    let mut text: String = [head]
        .into_iter()
        .chain(open.iter().take(MOST).map(line))
        .collect();
    if count > MOST {
        text += &format!("  … {}  --json\n", count - MOST);
    }
    text
}
