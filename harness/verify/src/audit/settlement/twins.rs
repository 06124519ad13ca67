//! 孪生 · One transaction under two ids, and one visit settled twice: told from findings that lie side by side.
//!
//! Two findings «only here» and «only there» by the same message are one business with two ids. A settlement
//! that some parties have beside an equal one of the same visit, which all have, was settled once more.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::FindingClass;

use super::super::compare::hops;
use super::super::join::{Join, measure};
use super::super::orphan::{Cause, Orphan, RowRef, Said, Witness};
use super::super::take::State;
use super::fields::odd_one;

/// The same message under two ids is one transaction; a second settlement by a message, or of a visit and an
/// amount that all parties have once already, was settled twice.
pub(super) fn pair_by_message(join: &Join, kind: u32, found: &mut Vec<Orphan>, begun: usize) {
    let existence = |one: &Orphan| {
        matches!(
            one.cause,
            Cause::RecordLost | Cause::BookingStopped | Cause::PartyAlone
        )
    };
    let mut by_message: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (place, one) in found
        .iter()
        .enumerate()
        .skip(begun)
        .filter(|(_, one)| existence(one))
    {
        if one.message != 0 {
            by_message.entry(one.message).or_default().push(place);
        }
    }
    let mut gone = BTreeSet::new();
    for places in by_message.values().filter(|places| places.len() == 2) {
        let (a, b) = (places[0], places[1]);
        let has = |one: &Orphan, party: usize| {
            one.witnesses
                .iter()
                .any(|w| w.party == party && w.said != Said::Nothing)
        };
        let apart = (0..join.parties.len()).all(|p| !(has(&found[a], p) && has(&found[b], p)));
        if apart {
            let rows = |one: &Orphan| -> Vec<(usize, RowRef)> {
                one.witnesses
                    .iter()
                    .filter_map(|w| Some((w.party, w.row?)))
                    .collect()
            };
            let (first, second) = (rows(&found[a]), rows(&found[b]));
            let mut witnesses: Vec<Witness> = [(1, &first), (2, &second)]
                .into_iter()
                .flat_map(|(text, rows)| {
                    rows.iter().map(move |(party, row)| Witness {
                        party: *party,
                        said: Said::Text(text),
                        row: Some(*row),
                    })
                })
                .collect();
            witnesses.sort_by_key(|witness| witness.party);
            let one = &mut found[a];
            one.class = FindingClass::new("mismatch:id");
            one.cause = Cause::IdsDiffer;
            one.field = Some("setl_id".to_owned());
            (one.hops, one.owner) = (hops(&witnesses), odd_one(&witnesses));
            one.witnesses = witnesses;
            gone.insert(b);
        }
    }
    mark_second_settlements(join, kind, found, begun, &gone);
    let mut place = 0;
    found.retain(|_| {
        place += 1;
        !gone.contains(&(place - 1))
    });
}

fn mark_second_settlements(
    join: &Join,
    kind: u32,
    found: &mut [Orphan],
    begun: usize,
    gone: &BTreeSet<usize>,
) {
    let extra: Vec<usize> = (begun..found.len())
        .filter(|place| found[*place].cause == Cause::RecordLost && !gone.contains(place))
        .collect();
    if extra.is_empty() {
        return;
    }
    // Party, visit, amount and message of each extra row; then one look over all rows for its twins.
    let mut twins: BTreeMap<(usize, u64, i64), BTreeSet<u64>> = BTreeMap::new();
    let wanted: BTreeSet<u64> = extra
        .iter()
        .map(|place| found[*place].visit)
        .filter(|visit| *visit != 0)
        .collect();
    for (party, take) in &join.takes {
        for print in take.prints.iter().filter(|print| print.kind == kind) {
            if print.state == State::Stands && wanted.contains(&print.visit) {
                let total = measure(print.said).map_or(0, |sum| print.sums[sum as usize]);
                twins
                    .entry((*party, print.visit, total))
                    .or_default()
                    .insert(print.key);
            }
        }
    }
    for place in extra {
        let one = &mut found[place];
        let standing = one.witnesses.iter().filter(|w| w.said == Said::Stands);
        let lacking = one.witnesses.iter().filter(|w| w.said == Said::Nothing);
        let amount = one.amount.unwrap_or(0);
        let many = |w: &Witness| {
            twins
                .get(&(w.party, one.visit, amount))
                .is_some_and(|keys| keys.len() > 1)
        };
        let once = |w: &Witness| twins.contains_key(&(w.party, one.visit, amount));
        if one.visit != 0 && standing.clone().all(many) && lacking.clone().all(once) {
            one.class = FindingClass::new("duplicate-settle");
            one.cause = Cause::SettledTwice;
        }
    }
}
