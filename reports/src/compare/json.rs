//! JSON · `crosswipe.compare/1`: the comparison as one document.
//!
//! Keys and words are never translated, amounts are whole fen, a key once printed stays. Members: `schema`, `exit`, `worse`,
//! `sentence` (zh, en), `before`, `after` (run, plan, folder, verdict, cases), `alike`, `cases`, `findings`, `causes`
//! (new, gone, same, over all findings), `amounts`, `fields`, `timings`.

use serde_json::{Value, json};

use super::told::sentence;
use super::{CaseChange, Comparison, Ended, FieldHow, Side, Turn};
use crate::json::{result_name, rollback_name};
use crate::wording::Lang;

/// The `schema` of the document.
const SCHEMA: &str = "crosswipe.compare/1";

/// JSON · The comparison as one document, ending in a line feed; `exit` as the command ends.
pub fn comparison_json(comparison: &Comparison, exit: i32) -> String {
    let document = json!({
        "schema": SCHEMA,
        "exit": exit,
        "worse": comparison.is_worse(),
        "sentence": {"zh": sentence(comparison, Lang::Zh), "en": sentence(comparison, Lang::En)},
        "before": side(&comparison.before),
        "after": side(&comparison.after),
        "alike": comparison.alike,
        "cases": comparison.cases.iter().map(case).collect::<Vec<_>>(),
        "findings": comparison.findings.iter().map(|one| json!({
            "class": one.class, "party": one.party, "before": one.before, "after": one.after,
            "new": one.causes.new, "gone": one.causes.gone, "same": one.causes.same,
        })).collect::<Vec<_>>(),
        "causes": {
            "new": comparison.causes.new, "gone": comparison.causes.gone,
            "same": comparison.causes.same,
        },
        "amounts": comparison.amounts.iter().map(|one| json!({
            "case": one.case, "step": one.step, "infno": one.infno, "name": one.name,
            "before_fen": one.before, "after_fen": one.after,
        })).collect::<Vec<_>>(),
        "fields": comparison.fields.iter().map(|one| json!({
            "infno": one.infno, "path": one.path, "how": how(one.how), "messages": one.messages,
            "case": one.case, "before": one.before, "after": one.after,
        })).collect::<Vec<_>>(),
        "timings": comparison.timings.iter().map(|one| json!({
            "infno": one.infno, "messages": one.messages, "median_ms": one.median_ms,
        })).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&document).expect("a tree of text keys");
    text + "\n"
}

fn side(side: &Side) -> Value {
    json!({
        "run_id": side.run_id, "plan": side.plan, "dir": side.dir, "verdict": side.verdict.name(),
        "exit": side.exit, "passed": side.passed, "planned": side.planned,
    })
}

fn case(one: &CaseChange) -> Value {
    let ended = |ended: Option<Ended>| {
        ended.map(|(result, rollback)| {
            json!({"result": result_name(result), "rollback": rollback_name(rollback)})
        })
    };
    json!({
        "case": one.case, "title": one.title, "turn": turn(one.turn),
        "before": ended(one.before), "after": ended(one.after), "checks": one.checks,
    })
}

fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Worse => "worse",
        Turn::Better => "better",
        Turn::Vanished => "vanished",
        Turn::Waived => "waived",
        Turn::Other => "other",
        Turn::Gone => "gone",
        Turn::New => "new",
    }
}

fn how(how: FieldHow) -> &'static str {
    match how {
        FieldHow::Gone => "gone",
        FieldHow::Kind => "kind",
        FieldHow::Value => "value",
        FieldHow::Added => "added",
    }
}
