//! R12 退费截止 · What was settled before the notice's cut-off is not refunded from its instant on.
//!
//! A refund opens a period that is closed: what was declared, paid and migrated of it is no longer so. Asked of all that
//! any party's log takes back, whoever took it back.
//! Not here: the run's own undo, which no phase forbids; a plan whose tests the cut-off would meet is refused when it is
//! read.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Entry, InfNo, LogRow, Party, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger, is_terminal};
use crate::draft::finding;
use crate::story::Owner;

/// One finding per settlement and party.
pub(crate) fn check(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    let mut postings: BTreeMap<u64, &LogRow> = BTreeMap::new();
    let mut settlements: BTreeMap<&str, &LogRow> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for row in &ledger.books.last {
        let settled = match &row.entry {
            Entry::Posting { reverses: None, .. } => {
                postings.insert(row.seq, row);
                None
            }
            Entry::Posting {
                reverses: Some(seq),
                ..
            } => postings.get(seq).copied(),
            Entry::Row {
                kind,
                id,
                status,
                was,
                ..
            } if kind == "settlement" => match was {
                None => {
                    settlements.insert(id, row);
                    None
                }
                Some(_) if is_terminal(status) => settlements.get(id.as_str()).copied(),
                Some(_) => None,
            },
            _ => None,
        };
        let settled = settled.filter(|first| InfNo::new(&first.cause.infno).settles());
        let Some(settled) = settled else {
            continue;
        };
        // By the bounds in force when it was taken back.
        let Some(cut) = context
            .window_at(row.at)
            .and_then(|window| window.no_refund)
        else {
            continue;
        };
        outcome.compared += 1;
        let past = settled.at < cut.settled_before && cut.from <= row.at;
        if !past || !told.insert((&settled.cause.origin, &settled.cause.msgid)) {
            continue;
        }
        let mut one = finding(Rule::R12, "gate:business")
            .at(party)
            .answered_by(Some(party))
            .of_person(row.person.as_deref())
            .location(format!("{} {} refunds", row.cause.infno, row.cause.msgid))
            .values(
                format!("no refund from {} on", cut.from),
                format!("settled {}, refunded {}", settled.at, row.at),
            )
            .witness(party, [settled, *row]);
        if let Owner::Played(played) = context.story.owner(&row.cause.origin, &row.cause.msgid) {
            one.case = Some(context.story.played[played].1.case.clone());
        }
        outcome.findings.push(match context.tau_of_row(row) {
            Some(tau) => one.about(&context.story.taus[tau]),
            None => one,
        });
    }
}
