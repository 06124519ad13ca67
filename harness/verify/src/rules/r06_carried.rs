//! R6, fourth part · What a message says against what is made of it: the amounts that it carries, the ids that it is given.
//!
//! A settlement names the total of the lines that were sent. Who books another total, or answers with one, has settled
//! something else, however well all parties agree on it; a trial that answers so announces it.
//! An id is issued once. Who gives the same one to two business intents has mistaken one for the other; told from the
//! answers, and from what hospitals wrote down of answers that nobody else believed.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Entry, LogRow, Money, Outcome, Party, Role, Rule, Unit};

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;
use crate::story::{Owner, Sent};

/// Ids that a party issues for what a message begins.
const ISSUED: [&str; 3] = ["mdtrt_id", "setl_id", "trt_dcla_detl_sn"];

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for sent in &context.story.sent {
        let Some((_, Outcome::Ok { amounts, .. })) = sent.ended else {
            continue;
        };
        for (name, carried) in &sent.intent.amounts {
            outcome.compared += 1;
            let booked = booked(context, sent, name, *carried);
            let answered = amounts.get(name).filter(|answer| *answer != carried);
            let made = match (booked, answered) {
                (Some((party, row, fen)), _) => other_amount(context, sent, name, fen)
                    .at(party)
                    .witness(party, [row]),
                (None, Some(answer)) => {
                    let answerer = sent.intent.path.get(1).or(sent.intent.path.first());
                    other_amount(context, sent, name, answer.fen()).answered_by(answerer)
                }
                (None, None) => continue,
            };
            outcome.findings.push(made);
        }
    }
    issued_twice(context, outcome);
}

fn other_amount(
    context: &Context<'_>,
    sent: &Sent<'_>,
    name: &str,
    fen: i64,
) -> crate::judgement::Finding {
    let intent = sent.intent;
    let carried = intent.amounts.get(name).map_or(0, |amount| amount.fen());
    let one = finding(Rule::R6, "mismatch:amount")
        .location(format!("{} {} {name} @tm", intent.infno, intent.msgid))
        .figures(Unit::Fen, carried, fen);
    match context.story.tau_of.get(&intent.txid) {
        Some(tau) => one.about(&context.story.taus[*tau]),
        None => {
            let mut one = one.of_person(intent.person.as_ref().map(|person| person.as_str()));
            one.case = Some(intent.case.clone());
            one
        }
    }
}

/// The first party behind the hospital that wrote another amount down for this very message.
fn booked<'c>(
    context: &'c Context<'_>,
    sent: &Sent<'_>,
    name: &str,
    carried: Money,
) -> Option<(&'c Party, &'c LogRow, i64)> {
    let intent = sent.intent;
    let Owner::Tau(tau) = context.story.owner(&intent.origin, intent.msgid.as_str()) else {
        return None;
    };
    let path = context.story.taus[tau].intent.path.iter();
    path.filter(|party| party.role != Role::His)
        .find_map(|party| {
            let (party, ledger) = context.ledgers.get_key_value(party)?;
            let account = ledger.early().account(tau)?;
            account.births.iter().find_map(|row| match &row.entry {
                Entry::Row { kind, amounts, .. }
                    if kind == "settlement" && row.cause.msgid == intent.msgid.as_str() =>
                {
                    let fen = *amounts.get(name)?;
                    (fen != carried.fen()).then_some((*party, *row, fen))
                }
                _ => None,
            })
        })
}

/// Who was given an id: by an answer, or by what a party wrote down of its own accord.
type Holder<'c> = (usize, Option<(&'c Party, &'c LogRow)>);

fn issued_twice(context: &Context<'_>, outcome: &mut RuleOutcome) {
    // Runs of a window may have worked on worlds of their own, each with ids from the first one on.
    let mut first: BTreeMap<(Option<usize>, &str, &str), usize> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for (name, id, (index, seen)) in answered(context).chain(recorded(context)) {
        outcome.compared += 1;
        let run = context.story.run_of(Owner::Tau(index));
        let owner = *first.entry((run, name, id)).or_insert(index);
        if owner == index || !told.insert((index, name)) {
            continue;
        }
        let (tau, whose) = (&context.story.taus[index], context.story.taus[owner].txid);
        let (infno, msgid) = (&tau.intent.infno, &tau.intent.msgid);
        let one = finding(Rule::R6, "mismatch:id")
            .about(tau)
            .location(format!("{infno} {msgid} {name} {id}"))
            .values("an id of its own", format!("that of {whose}"));
        let answerer = tau.intent.path.get(1).or(tau.intent.path.first());
        let one = one.answered_by(answerer);
        outcome.findings.push(match seen {
            Some((party, row)) => one.at(party).witness(party, [row]),
            None => one,
        });
    }
}

/// Ids that answers gave to messages that did not carry them.
fn answered<'c>(
    context: &'c Context<'_>,
) -> impl Iterator<Item = (&'static str, &'c str, Holder<'c>)> {
    let taus = context.story.taus.iter().enumerate();
    taus.flat_map(|(index, tau)| {
        let ids = match context.story.outcome(tau) {
            Some((_, Outcome::Ok { ids, .. })) => Some(ids),
            _ => None,
        };
        let issued = ISSUED
            .into_iter()
            .filter(|name| !tau.intent.ids.contains_key(*name));
        issued.filter_map(move |name| Some((name, ids?.get(name)?.as_str(), (index, None))))
    })
}

/// Ids under which hospitals wrote their visits and settlements down: what they were told, believed or not.
fn recorded<'c>(
    context: &'c Context<'_>,
) -> impl Iterator<Item = (&'static str, &'c str, Holder<'c>)> {
    let hospitals = context
        .ledgers
        .iter()
        .filter(|(party, _)| party.role == Role::His);
    hospitals.flat_map(|(party, ledger)| {
        let accounts = ledger.early().accounts.iter();
        accounts.flat_map(move |(index, account)| {
            account.births.iter().filter_map(move |row| {
                let Entry::Row { kind, facts, .. } = &row.entry else {
                    return None;
                };
                let name = match kind.as_str() {
                    "settlement" => "setl_id",
                    "visit" => "mdtrt_id",
                    _ => return None,
                };
                Some((
                    name,
                    facts.get(name)?.as_str(),
                    (*index, Some((*party, *row))),
                ))
            })
        })
    })
}
