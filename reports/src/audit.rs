//! 稽核报告 · An audit in words: what was compared, each orphan with its hop, cause, next step and owner.
//!
//! Facts come from `verify::audit`, the texts of the rows that are shown from whoever read the files; both
//! languages and the JSON contract `crosswipe.audit/1` are made here. Alike findings are told once with
//! their number and sum, since a list of four hundred lost refunds is one sentence.

mod json;
mod sentence;
mod terminal;
mod words;

pub use json::audit_json;
pub use terminal::audit_terminal;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Day, Moment};
use crosswipe_verify::audit::{Audit, Cause, RowRef};

/// 行文 · The words of one row, masked by whoever read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowWords {
    /// Its id at that party.
    pub id: String,
    /// The message that made it.
    pub msgid: String,
    /// Its visit.
    pub visit: String,
    /// Pseudonym or masked number.
    pub person: String,
    /// When it was booked.
    pub time: Option<Moment>,
    /// File, line or cell.
    pub place: String,
}

/// Words by row.
pub type RowBook = BTreeMap<RowRef, RowWords>;

/// Findings of one sort that a terminal shows in full.
const SHOWN: usize = 3;
/// Days of one sort that are listed one by one.
const DAYS: usize = 31;
/// Findings that the document holds; all are counted.
const LISTED: usize = 1_000;

/// The rows whose words the report needs.
pub fn audit_shown(audit: &Audit, whole: bool) -> Vec<RowRef> {
    let places: BTreeSet<usize> = if whole {
        (0..audit.orphans.len().min(LISTED)).collect()
    } else {
        sorts(audit)
            .into_values()
            .flat_map(|sort| sort.into_iter().take(SHOWN.max(DAYS)))
            .collect()
    };
    let rows = places
        .iter()
        .flat_map(|place| &audit.orphans[*place].witnesses);
    let rows: BTreeSet<RowRef> = rows.filter_map(|witness| witness.row).collect();
    rows.into_iter().collect()
}

/// Heads that differ in nothing but the transaction.
type Sort<'a> = (
    u8,
    bool,
    u8,
    Cause,
    &'a str,
    &'a str,
    &'a [(usize, usize)],
    Option<&'a str>,
);

fn sorts(audit: &Audit) -> BTreeMap<Sort<'_>, Vec<usize>> {
    let mut sorts: BTreeMap<Sort<'_>, Vec<usize>> = BTreeMap::new();
    for (place, one) in audit
        .orphans
        .iter()
        .enumerate()
        .filter(|(_, one)| one.follows_from.is_none())
    {
        let sort = (
            one.severity as u8,
            one.uncertain,
            u8::from(one.book != "settlement"),
            one.cause,
            one.class.as_str(),
            one.book.as_str(),
            one.hops.as_slice(),
            one.field.as_deref(),
        );
        sorts.entry(sort).or_default().push(place);
    }
    sorts
}

/// Consequences of a head, by book.
fn following(audit: &Audit, head: usize) -> BTreeMap<&str, u64> {
    let mut books = BTreeMap::new();
    // Consequences stand behind their head; only shown heads ask.
    for one in audit
        .orphans
        .iter()
        .filter(|one| one.follows_from == Some(head))
    {
        *books.entry(one.book.as_str()).or_insert(0) += 1;
    }
    books
}

/// Found settlements by day: number and signed difference of the last party that speaks against the first.
fn by_day(audit: &Audit) -> BTreeMap<Day, (u64, i64)> {
    let mut days: BTreeMap<Day, (u64, i64)> = BTreeMap::new();
    for one in audit
        .orphans
        .iter()
        .filter(|one| one.book == "settlement" && one.follows_from.is_none())
    {
        if let (Some(day), Some(amount)) = (one.day, one.amount) {
            let (how_many, fen) = days.entry(day).or_default();
            *how_many += 1;
            *fen = fen.saturating_add(amount);
        }
    }
    days
}
