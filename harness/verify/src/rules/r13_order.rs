//! R13 先后有序 · A person's settlements are undone newest first.
//!
//! Each later split was computed on the accumulators that the earlier one left, so taking an earlier one
//! back first leaves a state that never was. The order that counts is the one in which the insured place
//! applied them (its log), or the treatment place where the insured place shows none; not the order sent.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{LogRow, Party, Role, Rule};

use super::{RuleOutcome, lacking_end, r13_entered};
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::judgement::Remark;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-settlement");
    let mut told = BTreeSet::new();
    for (party, ledger) in context
        .ledgers
        .iter()
        .filter(|(party, _)| party.role == Role::Insured)
    {
        walk(context, party, ledger, |_| true, &mut told, &mut outcome);
    }
    // Where the insured place keeps no books, the treatment place's order is the best there is.
    let blind = |tau: usize| {
        let mut places = context.story.taus[tau]
            .intent
            .path
            .iter()
            .filter(|party| party.role == Role::Insured);
        !places.any(|party| {
            context
                .ledgers
                .get(party)
                .is_some_and(|ledger| ledger.books.end().is_some())
        })
    };
    for (party, ledger) in context
        .ledgers
        .iter()
        .filter(|(party, _)| party.role == Role::Treatment)
    {
        walk(context, party, ledger, blind, &mut told, &mut outcome);
    }
    r13_entered::check(context, &mut outcome);
    if context
        .story
        .taus
        .iter()
        .any(|tau| tau.intent.infno.settles())
    {
        outcome.lacking = lacking_end(context);
    }
    outcome
}

/// What happened to a settlement, in log order.
enum Event<'a> {
    Applied(usize, &'a LogRow),
    Reversed(usize, &'a LogRow),
}

fn walk(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    wanted: impl Fn(usize) -> bool,
    told: &mut BTreeSet<usize>,
    outcome: &mut RuleOutcome,
) {
    let mut events: BTreeMap<u64, Event<'_>> = BTreeMap::new();
    let settlements = ledger
        .tally
        .accounts
        .iter()
        .filter(|(tau, _)| context.story.taus[**tau].intent.infno.settles() && wanted(**tau));
    for (tau, account) in settlements {
        for apply in account
            .applies
            .iter()
            .filter(|apply| !apply.postings.is_empty())
        {
            events.insert(apply.row.seq, Event::Applied(*tau, apply.row));
            if let Some(row) = account.first_negation(apply) {
                events.insert(row.seq, Event::Reversed(*tau, row));
            }
        }
    }
    let mut standing: BTreeMap<&str, Vec<(usize, &LogRow)>> = BTreeMap::new();
    let mut sent_order: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.into_values() {
        let (Event::Applied(tau, row) | Event::Reversed(tau, row)) = event;
        let this = &context.story.taus[tau];
        let Some(person) = this.intent.person.as_ref() else {
            continue;
        };
        let open = standing.entry(person.as_str()).or_default();
        match event {
            Event::Applied(..) => {
                open.push((tau, row));
                let newest = sent_order.entry(person.as_str()).or_default();
                if tau < *newest {
                    let facts = [("party".to_owned(), party.to_string())].into();
                    outcome.notes.push(Remark {
                        code: "order:applied≠sent".into(),
                        txid: Some(this.txid.clone()),
                        facts,
                    });
                }
                *newest = (*newest).max(tau);
            }
            Event::Reversed(..) => {
                outcome.compared += 1;
                let Some(place) = open.iter().rposition(|(other, _)| *other == tau) else {
                    continue;
                };
                if let Some((newer, newer_row)) = open.get(place + 1).copied()
                    && told.insert(tau)
                {
                    let one = finding(Rule::R13, "gate:order")
                        .at(party)
                        .about(this)
                        .location(format!("{} {}", this.intent.infno, this.intent.msgid));
                    let newer = context.story.taus[newer].txid;
                    outcome.findings.push(
                        one.values(format!("after {newer}"), format!("before {newer}"))
                            .witness(party, [newer_row, row]),
                    );
                }
                open.remove(place);
            }
        }
    }
}
