//! 事件 · A run as one JSON document a line: what began, what was sent, what came back, what was undone, how it ended.
//!
//! Why so: a dashboard or a script follows a run without knowing the journal. Each line is made from one record and what
//! stood before it, so that a run that is over and one that goes on tell the same lines. Keys and words are never
//! translated; a key once printed stays.
//! Called by `cli` (`report --format events`). Not here: the judgement, but for the verdict that CERT bears.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, InfNo, Moment, Outcome, TxId};
use crosswipe_journal::{Ended, Payload, Record};
use serde_json::{Map, Value, json};

use crate::story::Story;

/// Version of the lines.
const VERSION: u64 = 1;

/// 事件流 · Every record so far, told line by line.
#[derive(Debug, Default)]
pub struct Events {
    run: String,
    next: u64,
    /// Case, step and transaction number of every τ and message that was sent.
    sent: BTreeMap<TxId, (CaseId, String, InfNo)>,
    /// τ of which an undo was sent.
    undone: BTreeMap<TxId, u64>,
    /// Ids of the runs that were put together into this one and have not ended yet, the next one last.
    parts: Vec<String>,
}

/// 事件 · All lines of a run, each ending in a line feed. Where several were put together, each of them ends as a part,
/// and the whole as the story says.
pub fn events(records: &[Record], story: &Story) -> String {
    let parts = story.parts.iter().rev().map(|part| part.run_id.clone());
    let mut events = Events {
        parts: parts.collect(),
        ..Events::default()
    };
    let mut lines: String = records.iter().map(|record| events.told(record)).collect();
    if !story.parts.is_empty() {
        let classes: BTreeSet<_> = story
            .judgement
            .findings
            .iter()
            .map(|finding| &finding.class)
            .collect();
        let told = json!({"verdict": story.judgement.verdict, "classes": classes});
        lines += &events.line("run.finished", None, story.last_at, told);
        lines.push('\n');
    }
    lines
}

impl Events {
    /// The lines of one more record; none where it is nobody's event.
    pub fn told(&mut self, record: &Record) -> String {
        let mut lines = String::new();
        for (event, case, members) in self.of(record) {
            lines += &self.line(event, case, record.at, members);
            lines.push('\n');
        }
        lines
    }

    fn line(&mut self, event: &str, case: Option<CaseId>, at: Moment, members: Value) -> String {
        let mut line = Map::new();
        line.insert("v".to_owned(), json!(VERSION));
        line.insert("seq".to_owned(), json!(self.next));
        line.insert("event".to_owned(), json!(event));
        line.insert("ts".to_owned(), json!(at));
        line.insert("run".to_owned(), json!(self.run));
        line.insert("case".to_owned(), json!(case));
        self.next += 1;
        if let Value::Object(members) = members {
            line.extend(members.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Value::Object(line).to_string()
    }

    fn of(&mut self, record: &Record) -> Vec<(&'static str, Option<CaseId>, Value)> {
        match &record.payload {
            Payload::Run(header) => {
                self.run = header.run_id.to_string();
                let told = json!({
                    "plan": header.plan.plan, "cases": header.plan.cases.len(), "seed": header.seed,
                    "clock": header.clock, "transport": header.transport, "faults": header.faults,
                });
                vec![("run.started", None, told)]
            }
            Payload::CaseStarted(started) => {
                vec![("case.started", Some(started.case.clone()), Value::Null)]
            }
            Payload::Intent(intent) => {
                let key = (
                    intent.case.clone(),
                    intent.step.clone(),
                    intent.infno.clone(),
                );
                self.sent.insert(intent.txid.clone(), key);
                let told = json!({
                    "step": intent.step, "infno": intent.infno, "txid": intent.txid, "msgid": intent.msgid,
                    "institution": intent.origin, "purpose": intent.purpose,
                });
                vec![("step.request", Some(intent.case.clone()), told)]
            }
            Payload::Outcome(ended) => self.answered(ended),
            Payload::CompIntent(intent) => {
                let attempts = self.undone.entry(intent.txid.clone()).or_default();
                *attempts += 1;
                let told = json!({
                    "infno": intent.infno, "txid": intent.txid, "msgid": intent.msgid,
                    "undoes": intent.undoes_msgid, "attempt": intent.attempt,
                });
                let event = if *attempts == 1 {
                    "rollback.started"
                } else {
                    "rollback.repeated"
                };
                vec![(event, Some(intent.case.clone()), told)]
            }
            Payload::CompOutcome(ended) => {
                vec![(
                    "rollback.response",
                    self.case_of(&ended.txid),
                    outcome(ended),
                )]
            }
            Payload::Verified(verified) => {
                let told = json!({"txid": verified.txid, "never_applied": verified.never_applied, "seen": verified.seen});
                vec![("rollback.verified", self.case_of(&verified.txid), told)]
            }
            Payload::Unresolved(open) => {
                let told = json!({"txid": open.txid, "reason": open.reason, "owner": open.owner});
                vec![("rollback.unresolved", self.case_of(&open.txid), told)]
            }
            Payload::Gated(gated) => {
                let told = json!({
                    "step": gated.step, "infno": gated.infno, "institution": gated.institution,
                    "reason": gated.reason, "phase": gated.phase,
                });
                vec![("step.gated", Some(gated.case.clone()), told)]
            }
            Payload::CaseFinished(finished) => {
                let case = || Some(finished.case.clone());
                let checks = finished
                    .checks
                    .iter()
                    .map(|check| ("check", case(), json!(check)));
                let result = json!({"result": finished.result, "checks": finished.checks.len()});
                checks.chain([("case.finished", case(), result)]).collect()
            }
            Payload::Snap0(taken) => vec![books("t0", taken.exports.len(), taken.missing.len())],
            Payload::Snap1(taken) => vec![books("t1", taken.exports.len(), taken.missing.len())],
            Payload::Snap2(taken) => vec![books("t2", taken.exports.len(), taken.missing.len())],
            Payload::Takeover(taken) => {
                vec![("run.taken_over", None, json!({"epoch": taken.epoch}))]
            }
            Payload::Interrupted(by) => vec![("run.interrupted", None, json!({"by": by.by}))],
            Payload::Window(moved) => {
                vec![(
                    "window.amended",
                    None,
                    json!({"bound": moved.amendment.bound, "to": moved.amendment.to}),
                )]
            }
            Payload::AfterWindow(allowed) => {
                vec![(
                    "window.exceeded",
                    None,
                    json!({"by": allowed.by, "reason": allowed.reason}),
                )]
            }
            Payload::Note(note) => {
                let case = note.txid.as_ref().and_then(|txid| self.case_of(txid));
                vec![(
                    "note",
                    case,
                    json!({"code": note.code, "txid": note.txid, "facts": note.facts}),
                )]
            }
            Payload::Cert(cert) => {
                let part = self.parts.pop();
                let event = match part {
                    Some(_) => "part.finished",
                    None => "run.finished",
                };
                let told = json!({"part": part, "verdict": cert.verdict, "classes": cert.classes});
                vec![(event, None, told)]
            }
            // What the mock world's public does is no part of the run, and looks and queries are told with what they lead to.
            _ => Vec::new(),
        }
    }

    fn case_of(&self, txid: &TxId) -> Option<CaseId> {
        self.sent.get(txid).map(|(case, ..)| case.clone())
    }

    fn answered(&self, ended: &Ended) -> Vec<(&'static str, Option<CaseId>, Value)> {
        let sent = self.sent.get(&ended.txid);
        let case = sent.map(|(case, ..)| case.clone());
        let mut told = outcome(ended);
        if let (Some((_, step, infno)), Value::Object(told)) = (sent, &mut told) {
            told.insert("step".to_owned(), json!(step));
            told.insert("infno".to_owned(), json!(infno));
        }
        let mut events = vec![("step.response", case.clone(), told)];
        let settles = sent.is_some_and(|(_, _, infno)| infno.settles());
        if let (true, Outcome::Ok { ids, amounts }) = (settles, &ended.outcome) {
            let opened = json!({
                "txid": ended.txid, "setl_id": ids.get("setl_id"),
                "amount_fen": amounts.get("medfee_sumamt").map(|amount| amount.fen()),
            });
            events.push(("swipe.opened", case, opened));
        }
        events
    }
}

fn outcome(ended: &Ended) -> Value {
    let (code, why) = match &ended.outcome {
        Outcome::Ok { .. } => (None, None),
        Outcome::Refused { code, text } => (Some(code), Some(text)),
        Outcome::Unknown { why } => (None, Some(why)),
    };
    json!({
        "txid": ended.txid, "msgid": ended.msgid, "outcome": ended.outcome.name(), "code": code,
        "why": why, "took_ms": ended.took_ms,
    })
}

fn books(instant: &str, parties: usize, missing: usize) -> (&'static str, Option<CaseId>, Value) {
    let told = json!({"instant": instant, "parties": parties, "missing": missing});
    ("books.taken", None, told)
}
