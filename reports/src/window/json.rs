//! JSON · `crosswipe.window/1`: the judgement over all runs as one document, for programs and for the record.
//!
//! Keys and words are never translated, amounts are whole fen, a key once printed stays. Members: `schema`, `plan`,
//! `verdict`, `exit`, `go_live` (`yes | no | not_yet`), `sentence` (zh, en), `level`, `runs` (in order of time; `place`
//! is how all other members name them; `head` and `tail` whole), `worlds` (books that share nothing; rules, book totals
//! and what was compared between the runs of each), `rules` (R1–R14 over all), `findings` (with `runs`), `open`,
//! `statements` (of named persons), `coverage`, `not_checked`, `notes`, `cannot_undo`, `tool_version`.

use serde_json::{Value, json};

use crosswipe_verify::{CaseLine, WindowFinding, World};

use super::{WindowSource, words};
use crate::json::{book, finding, result_name, rule};
use crate::wording::Lang;

/// The `schema` of the document.
const SCHEMA: &str = "crosswipe.window/1";

/// JSON · The whole judgement as one document, ending in a line feed.
pub fn window_json(source: &WindowSource<'_>) -> String {
    let judgement = source.judgement;
    let plan = source.plan;
    let coverage = &judgement.coverage;
    let cases = |lines: &[CaseLine]| lines.iter().map(case).collect::<Vec<_>>();
    let document = json!({
        "schema": SCHEMA,
        "plan": {"id": plan.plan, "title_zh": plan.title_zh, "title_en": plan.title_en, "source": plan.source},
        "verdict": judgement.verdict.name(),
        "exit": source.exit,
        "go_live": source.answer().name(),
        "sentence": {"zh": words::sentence(source, Lang::Zh), "en": words::sentence(source, Lang::En)},
        "level": judgement.level,
        "runs": judgement.runs,
        "worlds": judgement.worlds.iter().map(world).collect::<Vec<_>>(),
        "rules": judgement.rules.iter().map(rule).collect::<Vec<_>>(),
        "findings": judgement.findings.iter().map(of_runs).collect::<Vec<_>>(),
        "open": judgement.open,
        "statements": judgement.statements,
        "coverage": {
            "planned": coverage.planned,
            "passed": coverage.passed,
            "passed_later": cases(&coverage.passed_later),
            "failed": cases(&coverage.failed),
            "waived": cases(&coverage.waived),
            "never_run": cases(&coverage.never_run),
            "pairs": coverage.pairs,
            "pairs_covered": coverage.pairs_covered,
            "not_in_plan": coverage.not_in_plan,
        },
        "not_checked": judgement.not_checked,
        "notes": judgement.notes,
        "cannot_undo": plan.cannot_undo,
        "tool_version": source.tool_version,
    });
    serde_json::to_string_pretty(&document).expect("a tree of text keys") + "\n"
}

fn case(line: &CaseLine) -> Value {
    let history: Vec<Value> = line
        .history
        .iter()
        .map(|(run, result)| json!({"run": run, "result": result_name(*result)}))
        .collect();
    json!({"case": line.case, "title": line.title, "history": history})
}

fn of_runs(one: &WindowFinding) -> Value {
    let mut value = finding(&one.finding);
    if let Some(members) = value.as_object_mut() {
        members.remove("follows_from");
        members.insert("runs".to_owned(), json!(one.runs));
    }
    value
}

fn world(world: &World) -> Value {
    json!({
        "world": world.world,
        "runs": world.runs,
        "verdict": world.verdict.name(),
        "rules": world.rules.iter().map(rule).collect::<Vec<_>>(),
        "books": world.books.iter().map(book).collect::<Vec<_>>(),
        "compared": world.compared,
    })
}
