//! 上线 · Whether the window has ended with something of a test still open: then it lives on a production platform.
//!
//! Asked of each run by its transactions, once its last record lies behind the window's end.
//! Called by `window`. Not here: why something is open (the run's own findings).

use crosswipe_domain::Rule;

use super::{Member, OpenSwipe, WindowFinding};
use crate::draft::finding;
use crate::judgement::TxState;

/// Transactions that are named; the others are counted.
const NAMED: usize = 5;

/// One finding for each run that has something open behind the end.
pub(super) fn check(members: &[Member<'_>], open: &[OpenSwipe]) -> Vec<WindowFinding> {
    let mut findings = Vec::new();
    for member in members {
        let Some(end) = member.header.plan.window.end() else {
            continue;
        };
        let records = &member.papers.evidence.records;
        let is_over = records.last().is_some_and(|last| last.at >= end);
        let left: Vec<&OpenSwipe> = open.iter().filter(|one| one.run == member.place).collect();
        if !is_over || left.is_empty() {
            continue;
        }
        let stands = |one: &&OpenSwipe| one.transaction.state == TxState::Open;
        let mut one = finding(Rule::R14, "gate:window")
            .location("go-live")
            .values(
                format!("nothing open at {end}"),
                format!("{} transactions open", left.len()),
            );
        let txids = left.iter().take(NAMED);
        one.witness = txids.map(|one| one.transaction.txid.to_string()).collect();
        findings.push(WindowFinding {
            runs: vec![member.place],
            finding: one.unsure_if(!left.iter().any(stands)),
        });
    }
    findings
}
