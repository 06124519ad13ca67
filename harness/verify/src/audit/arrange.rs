//! 因果 · Which finding follows from which, and in what order they are told.
//!
//! One refund that stopped half-way shows as a settlement, a visit, forty fee lines and a day total. The
//! reader needs the one thing that went wrong: what hangs on a settlement follows from it, a total follows
//! from the transactions of its day where these make up the whole difference.

use std::collections::BTreeMap;

use crosswipe_domain::Day;

use super::orphan::{Cause, Orphan};

/// Causes first, worst first; each consequence names its cause.
pub(crate) fn arrange(mut found: Vec<Orphan>) -> Vec<Orphan> {
    found.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut by_visit: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_message: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_person: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_insured: BTreeMap<u32, usize> = BTreeMap::new();
    let mut by_day: BTreeMap<(Day, u32), (usize, i64)> = BTreeMap::new();
    for (place, one) in found.iter().enumerate() {
        let settlement = one.book == "settlement";
        if one.visit != 0 && heads(one) {
            by_visit.entry(one.visit).or_insert(place);
        }
        if settlement && one.insured != 0 {
            by_insured.entry(one.insured).or_insert(place);
        }
        if one.message != 0 && settlement {
            by_message.entry(one.message).or_insert(place);
        }
        if one.person != 0 && matches!(one.book.as_str(), "visit" | "in-hospital" | "settlement") {
            by_person.entry(one.person).or_insert(place);
        }
        if let (true, Some(cell)) = (settlement, one.cell) {
            let day = by_day.entry(cell).or_insert((place, 0));
            day.1 = day.1.saturating_add(one.amount.unwrap_or(0));
        }
    }
    let follows: Vec<Option<usize>> = found
        .iter()
        .map(|one| match one.book.as_str() {
            "settlement" => None,
            "reconciliation" => one
                .cell
                .and_then(|cell| by_day.get(&cell).or_else(|| by_day.get(&(cell.0, 0))))
                .filter(|(_, amount)| Some(*amount) == one.amount)
                .map(|(place, _)| *place),
            "clearing" if one.visit == 0 => by_insured.get(&one.insured).copied(),
            "queue" => by_message.get(&one.message).copied(),
            book => by_visit
                .get(&one.visit)
                .or_else(|| by_message.get(&one.message))
                .or_else(|| by_person.get(&one.person).filter(|_| book == "in-hospital"))
                .copied(),
        })
        .collect();
    for (place, (one, cause)) in found.iter_mut().zip(follows).enumerate() {
        one.follows_from = cause.filter(|cause| *cause < place);
    }
    // A chain leads to its first cause.
    for place in 0..found.len() {
        if let Some(cause) = found[place].follows_from {
            found[place].follows_from = found[cause].follows_from.or(Some(cause));
        }
    }
    found
}

/// Whether others of its visit can follow from it.
fn heads(one: &Orphan) -> bool {
    matches!(one.book.as_str(), "settlement" | "visit" | "in-hospital")
}

type Key<'o> = (bool, u8, u8, Cause, Option<Day>, &'o str, u64, u64);

fn key(one: &Orphan) -> Key<'_> {
    let book = match one.book.as_str() {
        "settlement" => 0,
        "in-hospital" | "visit" => 1,
        "reconciliation" => 3,
        _ => 2,
    };
    let at = one.row().map_or(0, |row| row.at);
    (
        one.uncertain,
        book,
        one.severity as u8,
        one.cause,
        one.day,
        &one.book,
        at,
        one.visit,
    )
}
