//! R11 不涉他人 · The run touches registered test persons only, and nobody else is at work in its window.
//!
//! A posting of the run on anybody else's books is `gate:persona`. A row that belongs to neither the run
//! nor played public traffic, while the public is suspended, is `foreign:<party>`: undecided until a
//! person explains it, violated if it is a test person's and still stands when the window has ended.

use std::collections::BTreeSet;

use crosswipe_domain::{Entry, Party, Rule, Severity};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::{finding, person_of};
use crate::story::{MessageKey, Owner};
use crate::strangers::Foreign;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-booked");
    outcome.lacking = super::lacking_end(context);
    for (party, ledger) in &context.ledgers {
        bystanders(context, party, ledger, &mut outcome);
        outcome.compared += ledger.tally.strangers.len() as u64;
        let strangers = context.strangers.get(party);
        for (message, foreign) in strangers.into_iter().flatten() {
            stranger(context, party, *message, foreign, &mut outcome);
        }
    }
    outcome
}

fn bystanders(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    let mut told = BTreeSet::new();
    for row in &ledger.books.last {
        let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
        let Entry::Posting { cell, .. } = &row.entry else {
            continue;
        };
        if !owner.is_run() {
            continue;
        }
        outcome.compared += 1;
        let persons = row.person.as_deref().into_iter().chain(person_of(cell));
        let Some(bystander) = persons
            .into_iter()
            .find(|person| !context.registered.contains_key(person))
        else {
            continue;
        };
        if !told.insert((bystander, row.group)) {
            continue;
        }
        let one = finding(Rule::R11, "gate:persona")
            .at(party)
            .location(cell.to_string())
            .values("a registered test person", bystander);
        let one = one.witness(party, [*row]);
        let tau = match owner {
            Owner::Tau(tau) => Some(tau),
            Owner::Comp(comp) => context.story.comps[comp].tau,
            _ => None,
        };
        let one = match tau {
            Some(tau) => one.about(&context.story.taus[tau]),
            None => one,
        };
        outcome.findings.push(one.of_person(Some(bystander)));
    }
}

fn stranger(
    context: &Context<'_>,
    party: &Party,
    message: MessageKey<'_>,
    foreign: &Foreign<'_>,
    outcome: &mut RuleOutcome,
) {
    if foreign.explained.is_some() {
        return;
    }
    let first = foreign.rows[0];
    let left = foreign.person.is_some() && foreign.stands && context.window_has_ended();
    let one = finding(Rule::R11, format!("foreign:{}", party.role.name()))
        .at(party)
        .unsure_if(!left);
    let one = one
        .of_person(foreign.person.or(first.person.as_deref()))
        .location(format!("{} {} {}", first.cause.infno, message.0, message.1));
    let one = one.severity(if foreign.person.is_some() {
        Severity::S1
    } else {
        Severity::S2
    });
    outcome.findings.push(
        one.values(
            "nobody else's business",
            format!("{} rows", foreign.rows.len()),
        )
        .witness(party, foreign.rows.iter().copied()),
    );
}
