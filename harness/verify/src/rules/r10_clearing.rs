//! R10 清分归零 · What the test put into clearing is out again, per region pair and period.
//!
//! Clearing and prefund cells net to 0 over the run's own movements, whatever public traffic adds, and no
//! clearing entry of the run stays confirmed (3261) without its return (3262).

use crosswipe_domain::{Rule, Severity};

use super::{RuleOutcome, lacking_end};
use crate::context::Context;
use crate::draft::{finding, residue, unit_of};
use crate::story::Owner;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-clearing");
    for (party, ledger) in &context.ledgers {
        let ended = ledger.books.end().is_some();
        for (key, moves) in ledger
            .tally
            .moves
            .iter()
            .filter(|(key, _)| matches!(key.kind.as_str(), "clearing" | "prefund"))
        {
            let own: Vec<_> = moves
                .iter()
                .filter(|step| step.by_run || step.tau.is_some())
                .collect();
            let Some(first) = own.first() else { continue };
            outcome.compared += 1;
            let net: i64 = own.iter().map(|step| step.amount).sum();
            if net == 0 || !ended {
                continue;
            }
            // The τ whose own share is left, not the first that passed.
            let mut left = std::collections::BTreeMap::<usize, i64>::new();
            for step in &own {
                if let Some(tau) = step.tau {
                    *left.entry(tau).or_default() += step.amount;
                }
            }
            let tau = left.iter().find(|(_, sum)| **sum != 0).map(|(tau, _)| *tau);
            let shown = own
                .iter()
                .filter(|step| tau.is_none() || step.tau == tau)
                .map(|step| step.row)
                .chain(tau.is_none().then_some(first.row));
            let one = finding(Rule::R10, residue(&key.kind))
                .at(party)
                .location(key.to_string())
                .figures(unit_of(first.row), 0, net)
                .witness(party, shown);
            outcome.findings.push(match tau {
                Some(tau) => one.about(&context.story.taus[tau]),
                None => one,
            });
        }
        for row in ledger
            .books
            .end()
            .iter()
            .flat_map(|export| &export.rows)
            .filter(|row| row.kind == "clearing")
        {
            let Owner::Tau(tau) = context.story.owner(&row.cause.origin, &row.cause.msgid) else {
                continue;
            };
            outcome.compared += 1;
            let confirmed = row.status == "confirmed"
                || row
                    .facts
                    .get("confirmed")
                    .is_some_and(|flag| flag == "1" || flag == "true");
            if confirmed {
                let one = finding(Rule::R10, residue("clearing"))
                    .at(party)
                    .about(&context.story.taus[tau])
                    .severity(Severity::S2);
                outcome.findings.push(
                    one.location(format!("clearing {}", row.id))
                        .values("returned (3262)", "confirmed"),
                );
            }
        }
    }
    if outcome.compared > 0 {
        outcome.lacking = lacking_end(context);
    }
    outcome
}
