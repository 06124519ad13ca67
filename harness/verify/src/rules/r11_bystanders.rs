//! R11 不涉他人 · The run touches registered test persons only, and nobody else is at work in its window.
//!
//! A posting of the run on anybody else's books is `gate:persona`. A row that belongs to neither the run
//! nor played public traffic, while the public is suspended, is `foreign:<party>`: undecided until a
//! person explains it, violated if it is a test person's and still stands when the window has ended.

use std::collections::BTreeSet;

use crosswipe_domain::{Entry, LogRow, Moment, Party, Public, ResolvedPlan, Rule, Severity};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::{finding, person_of};
use crate::story::{MessageKey, Owner};

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-booked");
    outcome.lacking = super::lacking_end(context);
    let Some(plan) = context.plan() else {
        return outcome;
    };
    for (party, ledger) in &context.ledgers {
        bystanders(context, party, ledger, &mut outcome);
        for (message, rows) in &ledger.tally.strangers {
            outcome.compared += 1;
            stranger(context, plan, party, ledger, *message, rows, &mut outcome);
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
    plan: &ResolvedPlan,
    party: &Party,
    ledger: &Ledger<'_>,
    message: MessageKey<'_>,
    rows: &[&LogRow],
    outcome: &mut RuleOutcome,
) {
    let suspended: Vec<&LogRow> = rows
        .iter()
        .copied()
        .filter(|row| in_window(plan, row.at))
        .collect();
    let Some(first) = suspended.first() else {
        return;
    };
    let tests = suspended
        .iter()
        .find_map(|row| registered_person(context, row));
    let listed = context.institutions.contains(message.0)
        && suspended
            .iter()
            .any(|row| plan.window.public_at(row.at) == Public::Closed);
    if tests.is_none() && !listed {
        return;
    }
    let open = tests.is_some() && still_stands(ledger, rows) && context.window_has_ended();
    let one = finding(Rule::R11, format!("foreign:{}", party.role.name()))
        .at(party)
        .unsure_if(!open);
    let one = one
        .of_person(tests.or(first.person.as_deref()))
        .location(format!("{} {} {}", first.cause.infno, message.0, message.1));
    let one = one.severity(if tests.is_some() {
        Severity::S1
    } else {
        Severity::S2
    });
    outcome.findings.push(
        one.values("nobody else's business", format!("{} rows", rows.len()))
            .witness(party, rows.iter().copied()),
    );
}

fn in_window(plan: &ResolvedPlan, at: Moment) -> bool {
    plan.window.start().is_some_and(|start| start <= at)
        && plan.window.end().is_none_or(|end| at < end)
}

fn registered_person<'r>(context: &Context<'_>, row: &'r LogRow) -> Option<&'r str> {
    let of_cell = match &row.entry {
        Entry::Posting { cell, .. } => person_of(cell),
        _ => None,
    };
    row.person
        .as_deref()
        .into_iter()
        .chain(of_cell)
        .find(|person| context.registered.contains_key(person))
}

/// True if a posting of these has no counter-posting that names it, or a row of these is not closed.
fn still_stands(ledger: &Ledger<'_>, rows: &[&LogRow]) -> bool {
    rows.iter().any(|row| match &row.entry {
        Entry::Posting { cell, amount, reverses: None, .. } => {
            let moves = ledger.tally.moves.get(cell).map(Vec::as_slice).unwrap_or_default();
            let names = |other: &LogRow| matches!(&other.entry, Entry::Posting { reverses: Some(seq), .. } if *seq == row.seq);
            *amount != 0 && !moves.iter().any(|step| names(step.row))
        }
        Entry::Row { kind, id, .. } => {
            ledger.tally.rows.get(&(kind.as_str(), id.as_str())).is_some_and(|trail| !crate::context::is_terminal(trail.status))
        }
        _ => false,
    })
}
