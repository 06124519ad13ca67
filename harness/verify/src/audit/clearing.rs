//! 清分 · Balances between regions: the same pair and period must show the same at treatment place, hub and insured place.
//!
//! A cell of value 0 may be absent, so a missing balance proves nothing by itself: balances are compared
//! between parties that show some, and a balance at a party that has no standing settlement of that
//! insured place is left over whatever others say.
//! Not here: clearing entries as rows (`other`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, FindingClass, Name, Role, Severity};

use super::compare::{hops, same};
use super::join::Join;
use super::orphan::{Cause, Orphan, Said, Witness};
use super::settlement::{odd_one, orphan, spread};
use super::take::State;

/// All clearing balances of whole books.
pub(crate) fn check(join: &mut Join, found: &mut Vec<Orphan>) {
    let mut shown: BTreeMap<CellKey, BTreeMap<usize, i64>> = BTreeMap::new();
    let mut keepers = BTreeSet::new();
    for (party, take) in join.takes.iter().filter(|(_, take)| take.whole) {
        for (key, value) in &take.clearing {
            keepers.insert(*party);
            *shown
                .entry(key.clone())
                .or_default()
                .entry(*party)
                .or_default() += value;
        }
    }
    for (key, values) in shown {
        join.totals_compared += 1;
        let left = values
            .iter()
            .find(|(party, value)| **value != 0 && !has_standing(join, **party, &key));
        if let Some((party, value)) = left {
            let witness = Witness {
                party: *party,
                said: Said::Value(*value),
                row: None,
            };
            found.push(finding(join, &key, Cause::NotUndoneWith, vec![witness]));
            continue;
        }
        let asked = (0..join.parties.len()).filter(|party| {
            values.contains_key(party) || keepers.contains(party) && is_on(join, *party, &key)
        });
        let witnesses: Vec<Witness> = asked
            .map(|party| {
                let value = values.get(&party).copied().unwrap_or(0);
                Witness {
                    party,
                    said: Said::Value(value),
                    row: None,
                }
            })
            .collect();
        if !same(&witnesses) {
            found.push(finding(join, &key, Cause::AmountsDiffer, witnesses));
        }
    }
}

fn dim<'k>(key: &'k CellKey, name: &str) -> &'k str {
    key.dims.get(name).map_or("", Name::as_str)
}

/// Whether this party keeps the balance of this pair.
fn is_on(join: &Join, party: usize, key: &CellKey) -> bool {
    let party = &join.parties[party];
    match party.role {
        Role::His => false,
        Role::Treatment => party.code == dim(key, "treatment"),
        Role::Hub => dim(key, "treatment") != dim(key, "insured"),
        Role::Insured => party.code == dim(key, "insured"),
    }
}

/// Any settlement of that insured place that stands at the party.
fn has_standing(join: &Join, party: usize, key: &CellKey) -> bool {
    let insured = join.number_of(dim(key, "insured"));
    let own = join.takes.iter().filter(|(of, _)| *of == party);
    own.flat_map(|(_, take)| &take.prints).any(|print| {
        print.state == State::Stands
            && (Some(print.insured) == insured || print.insured == 0)
            && join.names.text(print.kind) == "settlement"
    })
}

fn finding(join: &Join, key: &CellKey, cause: Cause, witnesses: Vec<Witness>) -> Orphan {
    let mut one = orphan(join, &[], "residue:clearing", cause);
    one.class = FindingClass::new("residue:clearing");
    one.book = "clearing".to_owned();
    one.severity = Severity::S1;
    one.place = Some(key.to_string());
    one.insured = join.number_of(dim(key, "insured")).unwrap_or(0);
    one.amount = match witnesses.as_slice() {
        [
            Witness {
                said: Said::Value(value),
                ..
            },
        ] => Some(value.saturating_abs()),
        many => spread(many),
    };
    one.hops = hops(&witnesses);
    one.owner = odd_one(&witnesses);
    one.witnesses = witnesses;
    one
}
