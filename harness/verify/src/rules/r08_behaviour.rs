//! R8 待遇如初 · The same trial settlement gives the same amounts before and after.
//!
//! A person's benefit can be wrong in a book that no party exports. The probe asks the platform itself:
//! same basket, same person, first before all other business and last right before t1. Trials and
//! reads must move nothing at all, at any party.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Entry, Money, Nature, Outcome, Rule};
use crosswipe_journal::Purpose;

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::{finding, residue};
use crate::story::Sent;

type Pair<'c, 'a> = (Option<&'c Sent<'a>>, Option<&'c Sent<'a>>);

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-probe");
    let mut probes: BTreeMap<(&str, &str), Pair<'_, '_>> = BTreeMap::new();
    for sent in context
        .story
        .sent
        .iter()
        .filter(|sent| sent.intent.nature == Nature::Trial)
    {
        let Some(person) = &sent.intent.person else {
            continue;
        };
        let pair = probes
            .entry((person.as_str(), sent.intent.infno.as_str()))
            .or_default();
        match sent.intent.purpose {
            // A trial whose answer was lost is made once more; the first that was answered counts.
            Purpose::ProbeFirst if answered(pair.0).is_none() => pair.0 = Some(sent),
            Purpose::ProbeLast => pair.1 = Some(sent),
            _ => {}
        }
    }
    let busy: BTreeSet<&str> = context
        .story
        .sent
        .iter()
        .filter(|sent| {
            matches!(sent.intent.purpose, Purpose::Business | Purpose::Forced)
                && sent.intent.nature == Nature::Forward
        })
        .filter_map(|sent| sent.intent.person.as_ref())
        .map(|person| person.as_str())
        .collect();
    for ((person, infno), pair) in probes
        .iter()
        .filter(|(_, pair)| pair.0.is_some() || pair.1.is_some())
    {
        let (Some((first, before)), Some((last, after))) = (answered(pair.0), answered(pair.1))
        else {
            // Somebody whose first probe was cut short and who did nothing else has no benefit to compare.
            if busy.contains(person) {
                outcome.lacking = Some("probe-incomplete");
            }
            continue;
        };
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        outcome.compared += names.len() as u64;
        let of = |amounts: &BTreeMap<String, Money>, name: &str| {
            amounts
                .get(name)
                .map_or("absent".to_owned(), Money::to_string)
        };
        let differing: Vec<&&String> = names
            .iter()
            .filter(|name| before.get(**name) != after.get(**name))
            .collect();
        if let Some(name) = differing.first() {
            let mut one = finding(Rule::R8, "mismatch:amount")
                .of_person(Some(person))
                .location(format!("probe {infno} {name}"));
            one = one.values(of(before, name), of(after, name));
            one.case = Some(last.intent.case.clone());
            one.witness = differing
                .iter()
                .map(|name| {
                    format!(
                        "{} {name} {}, {} {}",
                        first.intent.msgid,
                        of(before, name),
                        last.intent.msgid,
                        of(after, name)
                    )
                })
                .collect();
            outcome.findings.push(one);
        }
    }
    silent_movements(context, &mut outcome);
    outcome
}

fn answered<'c, 'a>(
    sent: Option<&'c Sent<'a>>,
) -> Option<(&'c Sent<'a>, &'a BTreeMap<String, Money>)> {
    let sent = sent?;
    match sent.ended {
        Some((_, Outcome::Ok { amounts, .. })) if !amounts.is_empty() => Some((sent, amounts)),
        _ => None,
    }
}

/// What asks must not move anything.
fn silent_movements(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for (party, ledger) in &context.ledgers {
        let mut told = BTreeSet::new();
        for (index, row) in &ledger.tally.silent {
            if !told.insert(*index) {
                continue;
            }
            let intent = context.story.sent[*index].intent;
            let (kind, place) = match &row.entry {
                Entry::Posting { cell, .. } => (cell.kind.as_str(), cell.to_string()),
                Entry::Row { kind, id, .. } => (kind.as_str(), format!("{kind} {id}")),
                Entry::Fence { .. } => continue,
            };
            let mut one = finding(Rule::R8, residue(kind))
                .at(party)
                .of_person(row.person.as_deref())
                .location(place);
            one = one
                .values("no movement", format!("moved by {}", intent.infno))
                .witness(party, [*row]);
            one.case = Some(intent.case.clone());
            outcome.findings.push(one);
        }
    }
}
