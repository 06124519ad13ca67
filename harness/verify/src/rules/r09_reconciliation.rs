//! R9 对账相符 · Day totals agree between the parties, and the test's share of each day is nothing.
//!
//! Three questions per τ and day total (day, institution, insurance type, clearing type, item): do the parties that
//! booked it say the same of the way there, of the way back, and of the difference? Then per party: does each
//! day net to 0 (`same-day`), or at least the window (`net-zero`, with the note `cross-day`)?

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, LogRow, Name, Party, Rule, Unit};

use super::{RuleOutcome, lacking_end};
use crate::context::Context;
use crate::draft::{finding, residue, unit_of};
use crate::judgement::Remark;
use crate::tally::Move;

const BOOK: &str = "reconciliation";

/// One τ at one party: day total → (there, back).
type Shares<'c> = BTreeMap<&'c CellKey, (i64, i64)>;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-settlement");
    let mut by_tau: BTreeMap<usize, BTreeMap<&Party, Shares<'_>>> = BTreeMap::new();
    let mut items: BTreeMap<&Party, BTreeSet<&str>> = BTreeMap::new();
    for (party, ledger) in &context.ledgers {
        for (key, moves) in ledger
            .tally
            .moves
            .iter()
            .filter(|(key, _)| key.kind == BOOK)
        {
            items.entry(party).or_default().insert(item(key));
            for (tau, step) in moves
                .iter()
                .filter_map(|step| step.tau.map(|tau| (tau, step)))
            {
                let share = by_tau
                    .entry(tau)
                    .or_default()
                    .entry(party)
                    .or_default()
                    .entry(key)
                    .or_default();
                *(if step.undo {
                    &mut share.1
                } else {
                    &mut share.0
                }) += step.amount;
            }
        }
    }
    for (tau, shares) in &by_tau {
        compare(context, *tau, shares, &items, &mut outcome);
    }
    if outcome.compared > 0 {
        outcome.lacking = lacking_end(context);
        nets(context, &mut outcome);
    }
    outcome
}

fn item(key: &CellKey) -> &str {
    key.dims.get("item").map_or("", Name::as_str)
}

/// A movement of the τ whose own share of a day total is left, not the first that passed.
fn left_over<'m, 'a>(own: &[&'m Move<'a>]) -> Option<&'m Move<'a>> {
    let mut left: BTreeMap<usize, i64> = BTreeMap::new();
    for (tau, step) in own.iter().filter_map(|step| Some((step.tau?, step))) {
        *left.entry(tau).or_default() += step.amount;
    }
    let tau = left.into_iter().find(|(_, sum)| *sum != 0);
    let of_tau = |step: &&&Move<'_>| tau.is_none_or(|(tau, _)| step.tau == Some(tau));
    own.iter().find(of_tau).copied()
}

/// Every pair of neighbours on the path; who did not book a direction is R5's and R6's, not R9's.
fn compare(
    context: &Context<'_>,
    tau: usize,
    shares: &BTreeMap<&Party, Shares<'_>>,
    items: &BTreeMap<&Party, BTreeSet<&str>>,
    outcome: &mut RuleOutcome,
) {
    let this = &context.story.taus[tau];
    let booked: Vec<(&Party, &Shares<'_>)> = this
        .intent
        .path
        .iter()
        .filter_map(|party| shares.get_key_value(party).map(|(p, s)| (*p, s)))
        .collect();
    for pair in booked.windows(2) {
        let [(near, left), (far, right)] = pair else {
            continue;
        };
        let keys: BTreeSet<&CellKey> = left.keys().chain(right.keys()).copied().collect();
        let both =
            |key: &&&CellKey| items[near].contains(item(key)) && items[far].contains(item(key));
        for key in keys.iter().filter(both) {
            outcome.compared += 1;
            let (a, b) = (
                left.get(*key).copied().unwrap_or_default(),
                right.get(*key).copied().unwrap_or_default(),
            );
            let went = |shares: &Shares<'_>, back: bool| {
                shares
                    .values()
                    .any(|share| if back { share.1 != 0 } else { share.0 != 0 })
            };
            let there = a.0 != b.0 && went(left, false) && went(right, false);
            let back = a.1 != b.1 && went(left, true) && went(right, true);
            if there || back {
                let one = finding(Rule::R9, residue(BOOK))
                    .at(far)
                    .about(this)
                    .location(format!("{key} against {near}"));
                let (expected, actual) = if there { (a.0, b.0) } else { (a.1, b.1) };
                let shown = |party| rows(context, party, key, tau);
                let unit = shown(near)
                    .chain(shown(far))
                    .next()
                    .map_or(Unit::Count, unit_of);
                let one = one.figures(unit, expected, actual);
                outcome
                    .findings
                    .push(one.witness(near, shown(near)).witness(far, shown(far)));
                return;
            }
        }
    }
}

fn rows<'c>(
    context: &'c Context<'_>,
    party: &Party,
    key: &CellKey,
    tau: usize,
) -> impl Iterator<Item = &'c LogRow> {
    let moves = context
        .ledgers
        .get(party)
        .and_then(|ledger| ledger.tally.moves.get(key));
    moves
        .into_iter()
        .flatten()
        .filter(move |step| step.tau == Some(tau))
        .map(|step| step.row)
}

fn nets(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let same_day = context.plan().is_none_or(|plan| plan.same_day);
    for (party, ledger) in &context.ledgers {
        if ledger.books.end().is_none() {
            continue;
        }
        let mut windows: BTreeMap<BTreeMap<&str, &str>, i64> = BTreeMap::new();
        let mut crossing: Vec<(&CellKey, i64, &Move<'_>)> = Vec::new();
        for (key, moves) in ledger
            .tally
            .moves
            .iter()
            .filter(|(key, _)| key.kind == BOOK)
        {
            let own: Vec<&Move<'_>> = moves
                .iter()
                .filter(|step| step.by_run || step.tau.is_some())
                .collect();
            let net: i64 = own.iter().map(|step| step.amount).sum();
            outcome.compared += 1;
            let rest = key
                .dims
                .iter()
                .filter(|(name, _)| *name != "day")
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            *windows.entry(rest).or_default() += net;
            if let (true, Some(shown)) = (net != 0, left_over(&own)) {
                crossing.push((key, net, shown));
            }
        }
        for (key, net, shown) in crossing {
            let rest: BTreeMap<&str, &str> = key
                .dims
                .iter()
                .filter(|(name, _)| *name != "day")
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let over_days = windows.get(&rest) == Some(&0);
            if over_days {
                let facts = [
                    ("cell".to_owned(), key.to_string()),
                    ("net".to_owned(), net.to_string()),
                    ("party".to_owned(), party.to_string()),
                ];
                outcome.notes.push(Remark {
                    code: "cross-day".into(),
                    txid: None,
                    facts: facts.into(),
                });
            }
            if same_day || !over_days {
                let one = finding(Rule::R9, residue(BOOK))
                    .at(party)
                    .location(key.to_string())
                    .figures(unit_of(shown.row), 0, net)
                    .witness(party, [shown.row]);
                outcome.findings.push(match shown.tau {
                    Some(tau) => one.about(&context.story.taus[tau]),
                    None => one,
                });
            }
        }
    }
}
