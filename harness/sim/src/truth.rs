//! 查账 · Whether anything is left on any party's books, counted from the logs themselves: no judge, no journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{Cause, Entry, Export, LogRow, Party, Role};
use crosswipe_mocks::MemoryWorld;

/// What the books of all parties show together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Cells that differ from the opening, rows that still stand, postings that nothing or too much negates.
    pub residues: u64,
    /// Effective reversals of settlements, one per party that had settled.
    pub reversals: u64,
    /// Settlements, one per party that settled.
    pub settlements: u64,
    /// Those of them at hospitals: one per swipe.
    pub swipes: u64,
}

/// Holds every party's books now against those before anything happened.
pub fn look_through(world: &MemoryWorld, opening: &[(Party, Export)]) -> Found {
    look_beside_the_public(world, opening, &BTreeSet::new())
}

/// Holds every party's books now against those before anything happened, but for what messages of the public (by
/// institution and number) have booked.
pub(crate) fn look_beside_the_public(
    world: &MemoryWorld,
    opening: &[(Party, Export)],
    public: &BTreeSet<(String, String)>,
) -> Found {
    let of_public = |cause: &Cause| {
        !public.is_empty() && public.contains(&(cause.origin.clone(), cause.msgid.clone()))
    };
    let mut found = Found::default();
    for (party, before) in opening {
        let Some(now) = world.true_books(party, before.taken_at) else {
            found.residues += 1;
            continue;
        };
        let log = now.log.get(before.log.len()..).unwrap_or_default();
        let by_public = log.iter().filter(|row| of_public(&row.cause));
        found.residues += differing_cells(before, &now, by_public);
        let born = now.rows.iter().filter(|row| !before.rows.contains(row));
        let born = born.filter(|row| !of_public(&row.cause));
        found.residues += born.filter(|row| !row.is_terminal()).count() as u64;
        found.residues += u64::from(now.log.get(..before.log.len()) != Some(&before.log[..]));
        let (unnegated, settlements, reversals) =
            logged(log.iter().filter(|row| !of_public(&row.cause)));
        found.residues += unnegated;
        found.settlements += settlements;
        if party.role == Role::His {
            found.swipes += settlements;
        }
        found.reversals += reversals;
    }
    found
}

fn differing_cells<'e>(
    before: &Export,
    now: &Export,
    by_public: impl Iterator<Item = &'e Arc<LogRow>>,
) -> u64 {
    let values = |export: &Export| -> BTreeMap<String, i64> {
        let cells = export.cells.iter();
        cells
            .filter(|cell| cell.value != 0)
            .map(|cell| (format!("{:?}", cell.key), cell.value))
            .collect()
    };
    let (mut before, mut now) = (values(before), values(now));
    for row in by_public {
        if let Entry::Posting { cell, amount, .. } = &row.entry {
            *before.entry(format!("{cell:?}")).or_default() += amount;
        }
    }
    before.retain(|_, value| *value != 0);
    now.retain(|_, value| *value != 0);
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .count() as u64
}

/// Postings without exactly one negation of the same amount on the same cell; settlements made; settlements undone.
fn logged<'e>(log: impl Iterator<Item = &'e Arc<LogRow>>) -> (u64, u64, u64) {
    let mut postings = BTreeMap::new();
    let (mut settled, mut reversed) = (0, 0);
    let mut wrong = 0;
    for row in log {
        match &row.entry {
            Entry::Posting {
                cell,
                amount,
                reverses: None,
                ..
            } => drop(postings.insert(row.seq, (cell, *amount, 0))),
            Entry::Posting {
                cell,
                amount,
                reverses: Some(original),
                ..
            } => match postings.get_mut(original) {
                Some((of, was, times)) if *of == cell && *was == -*amount => *times += 1,
                _ => wrong += 1,
            },
            Entry::Row {
                kind, status, was, ..
            } if kind == "settlement" => match (was.as_deref(), status.as_str()) {
                (None, "settled") => settled += 1,
                (Some("settled"), "reversed") => reversed += 1,
                _ => {}
            },
            _ => {}
        }
    }
    wrong += postings
        .values()
        .filter(|(_, _, times)| *times != 1)
        .count() as u64;
    (wrong, settled, reversed)
}
