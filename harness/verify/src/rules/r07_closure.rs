//! R7 无一遗留 · Nothing that the run created is left open.
//!
//! Every row born in the run ends reversed or cancelled, whatever its kind; no queue still holds a
//! message. A queue may drain until the window ends, so before that it only leaves the run undecided.

use std::collections::BTreeSet;

use crosswipe_domain::{Export, Party, Rule};

use super::{RuleOutcome, lacking_end};
use crate::context::{Context, Ledger};
use crate::draft::{finding, residue};
use crate::evidence::Instant;
use crate::judgement::Finding;
use crate::story::Owner;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-created");
    outcome.lacking = lacking_end(context);
    for (party, ledger) in &context.ledgers {
        let mut told = BTreeSet::new();
        for instant in [Instant::T1, Instant::T2] {
            let Some(export) = ledger.books.at(instant) else {
                continue;
            };
            let mut found = Vec::new();
            outcome.compared += open_rows(context, party, ledger, export, &mut found);
            outcome.compared += 1;
            queued(context, party, export, &mut found);
            found.retain(|one: &Finding| told.insert((one.location.clone(), one.actual.clone())));
            outcome.findings.append(&mut found);
        }
    }
    outcome
}

fn open_rows(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    export: &Export,
    found: &mut Vec<Finding>,
) -> u64 {
    let mut compared = 0;
    for row in &export.rows {
        let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
        if !owner.is_run() {
            continue;
        }
        compared += 1;
        if row.is_terminal() {
            continue;
        }
        let mut one = finding(Rule::R7, residue(&row.kind))
            .at(party)
            .of_person(row.person.as_deref());
        one = one
            .location(format!("{} {}", row.kind, row.id))
            .values("cancelled or reversed", &row.status);
        one = match owner {
            Owner::Tau(tau) => one.about(&context.story.taus[tau]),
            Owner::Comp(comp) if context.story.comps[comp].tau.is_some() => {
                one.about(&context.story.taus[context.story.comps[comp].tau.expect("just asked")])
            }
            _ => one,
        };
        let trail = ledger.tally.rows.get(&(row.kind.as_str(), row.id.as_str()));
        found.push(one.witness(party, trail.map(|trail| trail.last)));
    }
    compared
}

fn queued(context: &Context<'_>, party: &Party, export: &Export, found: &mut Vec<Finding>) {
    for item in &export.queues {
        let owner = context.story.owner(&item.cause.origin, &item.cause.msgid);
        if matches!(owner, Owner::Played(_)) {
            continue;
        }
        let mut one = finding(Rule::R7, residue("queue"))
            .at(party)
            .unsure_if(!context.window_has_ended());
        one = one
            .location(format!(
                "queue to {}: {} {}",
                item.to, item.cause.infno, item.cause.msgid
            ))
            .values("empty", format!("since {}", item.since));
        let tau = match owner {
            Owner::Tau(tau) => Some(tau),
            Owner::Comp(comp) => context.story.comps[comp].tau,
            _ => None,
        };
        found.push(match tau {
            Some(tau) => one.about(&context.story.taus[tau]),
            None => one,
        });
    }
}
