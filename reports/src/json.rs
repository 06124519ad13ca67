//! JSON · The stable contract `crosswipe.run/1` that `run --json` prints and `report.json` holds.
//!
//! Why so: other programs read this, so keys and words are never translated, amounts are whole fen
//! with `_fen` in the key, and a key once printed stays. New keys may be added.

use serde_json::{Map, Value, json};

use crosswipe_journal::CaseResult;
use crosswipe_verify::{
    BookTotal, Finding, Held, ReviewAct, ReviewHeld, RuleState, Said, finding_id,
};

use crate::story::{Case, Cell, CellState, Ending, Known, MarkKind, Rollback, Story};
use crate::wording::sentence::verdict_sentence;
use crate::wording::{Lang, review::shown};

/// The `schema` of the document.
const SCHEMA: &str = "crosswipe.run/1";

/// 模式 · JSON schema (draft-07) of the document.
pub const REPORT_SCHEMA: &str = include_str!("../report.schema.json");

/// JSON · The whole report as one document, ending in a line feed.
pub fn json(story: &Story) -> String {
    let text = serde_json::to_string_pretty(&document(story)).expect("a tree of text keys");
    text + "\n"
}

fn document(story: &Story) -> Value {
    let header = &story.header;
    let judgement = &story.judgement;
    let sentence = |lang| verdict_sentence(story, lang);
    json!({
        "schema": SCHEMA,
        "run_id": header.run_id,
        "dir": story.dir,
        "verdict": judgement.verdict.name(),
        "exit": story.exit,
        "level": judgement.level,
        "sentence": {"zh": sentence(Lang::Zh), "en": sentence(Lang::En)},
        "not_checked": judgement.not_checked,
        "plan": {"id": header.plan.plan, "title_zh": header.plan.title_zh, "title_en": header.plan.title_en, "source": header.plan.source},
        "tool_version": header.tool_version,
        "seed": header.seed,
        "clock": header.clock,
        "transport": header.transport,
        "interrupted": story.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Interrupted(_))),
        "faults": story.matched_faults.iter().map(|(fault, times)| json!({"fault": fault, "matched": times})).collect::<Vec<_>>(),
        "cases": cases(story),
        "matrix": matrix(story),
        "transactions": transactions(story),
        "open": {
            "transactions": story.open.transactions.len(),
            "amount_fen": story.open.amount,
            "places": story.open.places,
            "txids": story.open.transactions,
        },
        "books": judgement.books.iter().map(book).collect::<Vec<_>>(),
        "rules": judgement.rules.iter().map(rule).collect::<Vec<_>>(),
        "findings": judgement.findings.iter().map(finding).collect::<Vec<_>>(),
        "known_issues": story.known.iter().map(known).collect::<Vec<_>>(),
        "statements": judgement.statements,
        "review": review(&story.review),
        "notes": story.notes,
        "results": story.cases.iter().filter(|case| case.planned).map(result).collect::<Vec<_>>(),
        "journal": journal(story),
        "certificate_sha256": story.certificate,
    })
}

/// Both ends of the chain; of a run put together from several each part's, and what names them all.
fn journal(story: &Story) -> Value {
    let mut value = json!({"records": story.length, "head": story.head, "tail": story.tail});
    if !story.parts.is_empty() {
        value["parts"] = json!(story.parts);
    }
    value
}

fn cases(story: &Story) -> Value {
    let counts = story.case_counts();
    json!({
        "planned": counts.planned,
        "run": counts.run,
        "passed": counts.passed,
        "failed": counts.failed,
        "error": counts.error,
        "blocked": counts.blocked,
        "skipped": counts.skipped,
        "waived": counts.waived,
    })
}

fn matrix(story: &Story) -> Value {
    let Some(matrix) = &story.matrix else {
        return json!({"pairs": 0, "covered": 0, "missing": []});
    };
    let missing: Vec<Value> = matrix
        .cells
        .iter()
        .filter(|cell| !cell.covered())
        .map(|cell| missing(story, cell))
        .collect();
    json!({"pairs": matrix.cells.len(), "covered": matrix.covered(), "missing": missing})
}

/// One pair that is not covered; `why` says it for every business that is missing.
fn missing(story: &Story, cell: &Cell) -> Value {
    let parts: Vec<_> = cell.parts.iter().filter(|part| !part.covered).collect();
    let whys: Vec<String> = parts
        .iter()
        .map(|part| format!("{}: {}", part.business, why(story, part)))
        .collect();
    json!({"insured": cell.insured, "treatment": cell.treatment, "why": whys.join("; ")})
}

/// Why a business of a pair is not covered, as a stable word.
pub(crate) fn why(story: &Story, part: &crate::story::Part) -> &'static str {
    let stopped = story
        .marks
        .iter()
        .any(|mark| matches!(mark.kind, MarkKind::Interrupted(_) | MarkKind::Takeover));
    let ended = story
        .marks
        .iter()
        .any(|mark| matches!(mark.kind, MarkKind::T2));
    match part.state {
        CellState::NotRun if stopped => "interrupted",
        // A run that was killed, or still goes on, has not come to it yet.
        CellState::NotRun if !ended => "not_started",
        CellState::NotRun => "not_selected",
        state => state.name(),
    }
}

fn transactions(story: &Story) -> Value {
    let counts = &story.judgement.counts;
    json!({
        "intended": counts.intended,
        "ok": counts.ok,
        "refused": counts.refused,
        "unknown": counts.unknown,
        "never_applied": counts.never_applied,
        "reversed": counts.reversed,
        "unresolved": counts.unresolved,
    })
}

pub(crate) fn book(book: &BookTotal) -> Value {
    json!({"role": book.role, "book": book.book, "unit": book.unit, "t0": book.t0, "peak": book.peak, "t1": book.t1, "others": book.others, "left": book.left(), "cells": book.cells})
}

pub(crate) fn rule(rule: &RuleState) -> Value {
    let mut value = json!({"rule": rule.rule, "state": held(rule.state), "level": rule.level, "compared": rule.compared});
    put(&mut value, "qualified", rule.qualified.as_deref());
    put(&mut value, "why_not", rule.why_not.as_deref());
    value
}

fn held(held: Held) -> &'static str {
    match held {
        Held::Held => "held",
        Held::Violated => "violated",
        Held::NotChecked => "not_checked",
    }
}

pub(crate) fn finding(finding: &Finding) -> Value {
    json!({
        "id": finding_id(finding),
        "class": finding.class,
        "severity": finding.severity,
        "rule": finding.rule,
        "uncertain": finding.uncertain,
        "party": finding.party,
        "answered_by": finding.answered_by,
        "txid": finding.txid,
        "case": finding.case,
        "person": finding.person,
        "where": finding.location,
        "expected": finding.expected,
        "actual": finding.actual,
        "witness": finding.witness,
        "follows_from": finding.follows_from,
    })
}

/// 复核 · What named persons said of the run afterwards, and what of it holds.
pub fn review(review: &ReviewHeld) -> Value {
    json!({
        "state": held(review.state),
        "defect": (!review.defects.is_empty()).then(|| {
            let told = review.defects.iter().map(|one| match &one.part {
                Some(run) => format!("{run} line {}: {}", one.line, one.why),
                None => format!("line {}: {}", one.line, one.why),
            });
            told.collect::<Vec<_>>().join("; ")
        }),
        "tail": review.tail(),
        "said": review.said.iter().map(said).collect::<Vec<_>>(),
    })
}

/// One line; what its kind does not have is null.
fn said(said: &Said) -> Value {
    let line = &said.line;
    let (otherwise, signature) = match &line.act {
        ReviewAct::Override { was, says, .. } => (Some((was, says)), None),
        ReviewAct::Sign(signature) => (None, Some(signature)),
        ReviewAct::ExplainForeign(_) | ReviewAct::Comment { .. } => (None, None),
    };
    json!({
        "part": said.part,
        "seq": line.seq,
        "at": line.at,
        "by": shown(&line.by),
        "act": line.act.kind(),
        "on": line.act.target().map(|on| json!({"kind": on.kind(), "id": on.id()})),
        "reason": shown(&line.reason),
        "was": otherwise.map(|(was, _)| was),
        "says": otherwise.map(|(_, says)| says),
        "signed": signature.map(|signature| json!({
            "role": signature.role,
            "unit": shown(&signature.unit),
            "verdict": signature.verdict,
            "level": signature.level,
            "certificate_sha256": signature.certificate_sha256,
            "journal_tail": signature.journal_tail,
            "open": signature.open,
            "named": signature.named.iter().map(|name| shown(name)).collect::<Vec<_>>(),
            "with_findings": signature.with_findings,
        })),
        "state": held(said.state),
        "why": said.why,
        "since": said.since,
    })
}

/// What a known issue of the plan came to.
fn known(known: &Known) -> Value {
    let issue = &known.issue;
    json!({
        "id": issue.id,
        "text": issue.text,
        "owner": issue.owner,
        "due": issue.due,
        "waived": known.waived,
        "not_waived": known.not_waived,
        "overdue": known.overdue,
        "gone": known.is_gone(),
        "ran": known.ran,
    })
}

fn result(case: &Case) -> Value {
    let plan = &case.plan;
    let mut value = json!({
        "case": plan.case,
        "result": result_name(case.ending.result()),
        "rollback": rollback_name(case.rollback),
        "transactions": case.chains.len(),
        "failed_checks": case.checks.iter().filter(|check| !check.held).collect::<Vec<_>>(),
    });
    put(&mut value, "business", plan.business.map(|b| b.name()));
    put(
        &mut value,
        "insured",
        plan.insured.as_ref().map(|code| code.as_str()),
    );
    put(
        &mut value,
        "treatment",
        plan.treatment.as_ref().map(|code| code.as_str()),
    );
    put(&mut value, "institution", plan.institution.as_deref());
    put(&mut value, "reason", reason(case.ending));
    value
}

fn reason(ending: Ending) -> Option<&'static str> {
    match ending {
        Ending::Finished(_) => None,
        Ending::Unchecked => Some("nothing_checked"),
        Ending::CutOff => Some("cut_off"),
        Ending::NotStarted => Some("not_started"),
    }
}

pub(crate) fn result_name(result: CaseResult) -> &'static str {
    match result {
        CaseResult::Passed => "passed",
        CaseResult::Failed => "failed",
        CaseResult::Error => "error",
        CaseResult::Blocked => "blocked",
        CaseResult::Skipped => "skipped",
        CaseResult::Waived => "waived",
    }
}

pub(crate) fn rollback_name(rollback: Rollback) -> &'static str {
    match rollback {
        Rollback::None => "none",
        Rollback::Closed => "closed",
        Rollback::Unknown => "unknown",
        Rollback::Open => "open",
    }
}

/// Sets a key only where there is something to say.
fn put(value: &mut Value, key: &str, text: Option<&str>) {
    if let (Value::Object(map), Some(text)) = (value, text) {
        let map: &mut Map<String, Value> = map;
        map.insert(key.to_owned(), Value::String(text.to_owned()));
    }
}
