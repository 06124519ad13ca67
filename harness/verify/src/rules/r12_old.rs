//! R12 旧平台 · A platform of before the cutover books nothing new from the instant on at which it stops.
//!
//! It stops where preparing and draining end. Whoever sent what it books all the same (a test, the public, nobody we
//! know), two generations now have books of one day, and what is migrated already is migrated no more.
//! Not here: whether the new platforms know the same swipe too (`r06_generations`).

use std::collections::BTreeSet;

use crosswipe_domain::{Entry, LogRow, Party, PhaseKind, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;

/// One finding per message.
pub(crate) fn check(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    // By the bounds in force when it was booked.
    let stops_at = |at| {
        let mut phases = context.window_at(at)?.phases.iter();
        let stopped =
            phases.find(|phase| !matches!(phase.kind, PhaseKind::Prepare | PhaseKind::Drain));
        stopped.map(|phase| phase.from)
    };
    let (true, Some(first)) = (party.is_old_platform(), ledger.books.born_from()) else {
        return;
    };
    let mut told = BTreeSet::new();
    for row in ledger.books.last.iter().filter(|row| row.seq >= first) {
        let Some(stops) = stops_at(row.at) else {
            continue;
        };
        outcome.compared += 1;
        let message = (row.cause.origin.as_str(), row.cause.msgid.as_str());
        if row.at < stops || !is_new(row) || !told.insert(message) {
            continue;
        }
        let one = finding(Rule::R12, "gate:window")
            .at(party)
            .answered_by(Some(party))
            .of_person(row.person.as_deref())
            .location(format!(
                "{} {} booked by the old platform",
                row.cause.infno, row.cause.msgid
            ))
            .values(format!("stopped since {stops}"), row.at)
            .witness(party, [*row]);
        outcome.findings.push(match context.tau_of_row(row) {
            Some(tau) => one.about(&context.story.taus[tau]),
            None => one,
        });
    }
}

/// It moves a cell or begins a row, and takes nothing back.
fn is_new(row: &LogRow) -> bool {
    match &row.entry {
        Entry::Posting { reverses, .. } => reverses.is_none(),
        Entry::Row { was, .. } => was.is_none(),
        Entry::Fence { .. } => false,
    }
}
