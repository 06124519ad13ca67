//! 清除 · What a declared purge took out of a party's log: which rows were the run's, which were not.
//!
//! Why so: state may return by order of a platform's owner instead of by messages, but then history goes too,
//! and only history proves anything. So what was seen before the order's instant stays the evidence of all other
//! rules, and this file says which of its rows may be missing afterwards: those that a message of the run caused,
//! and the posting groups that do nothing but undo them. Everything else has to be there, to the byte.
//! Called by `books` and by R2. Not here: whether the plan may declare it (`scenarios`), cells (R1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{DeclaredPurge, Entry, LogRow, Moment, PurgeMethod};

use crate::story::Story;

/// 清除 · A purge that shows in the evidence.
pub(crate) struct Purge<'a> {
    pub(crate) declared: &'a DeclaredPurge,
    /// The log as all looks before the purge show it together, by `seq`.
    pub(crate) before: BTreeMap<u64, &'a LogRow>,
    /// `seq` of those rows that may be gone.
    pub(crate) ours: BTreeSet<u64>,
}

impl<'a> Purge<'a> {
    /// Reads the looks before the purge.
    pub(crate) fn of(
        declared: &'a DeclaredPurge,
        before: BTreeMap<u64, &'a LogRow>,
        story: &Story<'_>,
    ) -> Purge<'a> {
        let by_run = |row: &LogRow| story.owner(&row.cause.origin, &row.cause.msgid).is_run();
        // Group → whether every posting of it undoes a posting of the run.
        let mut undoing: BTreeMap<u64, bool> = BTreeMap::new();
        for row in before.values() {
            if let Entry::Posting { reverses, .. } = &row.entry {
                let of_run = reverses
                    .and_then(|seq| before.get(&seq))
                    .is_some_and(|target| by_run(target));
                *undoing.entry(row.group).or_insert(true) &= of_run;
            }
        }
        let ours = before
            .iter()
            .filter(|(_, row)| by_run(row) || undoing.get(&row.group) == Some(&true))
            .map(|(seq, _)| *seq)
            .collect();
        Purge {
            declared,
            before,
            ours,
        }
    }

    /// True for a look on this side of the order's instant.
    pub(crate) fn is_after(&self, taken_at: Moment) -> bool {
        self.declared.at <= taken_at
    }

    /// Whether a row seen before is gone: nothing stands under its number, or, after a restore, what was booked since.
    pub(crate) fn is_gone(&self, row: &LogRow, now: Option<&LogRow>) -> bool {
        now.is_none_or(|now| {
            now != row && self.declared.method == PurgeMethod::Restore && self.declared.at <= now.at
        })
    }

    /// The rows of the run that a later log has no more.
    pub(crate) fn gone(&self, later: &[Arc<LogRow>]) -> u64 {
        let stands = |seq: &u64| {
            later
                .binary_search_by_key(seq, |row| row.seq)
                .ok()
                .map(|place| later[place].as_ref())
        };
        let gone = |seq: &&u64| {
            self.before
                .get(*seq)
                .is_some_and(|row| self.is_gone(row, stands(seq)))
        };
        self.ours.iter().filter(gone).count() as u64
    }
}
