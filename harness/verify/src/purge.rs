//! 清除 · What a declared purge took out of a party's log: which rows were the runs', which were not.
//!
//! Why so: state may return by order of a platform's owner instead of by messages, but then history goes too,
//! and only history proves anything. So what was seen before the order's instant stays the evidence of all other
//! rules, and this file says which of its rows may be missing afterwards: those that a message of a run caused,
//! and the posting groups that do nothing but undo them. Everything else has to be there, to the byte.
//! Over a window the same: what a run left may be gone in the next one's t0. A run that begins on books that were
//! purged already began after it, even where its clock was set back for a rehearsal.
//! Called by `books`, R2 and `window::seam`. Not here: whether the plan may declare it (`scenarios`), cells (R1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{DeclaredPurge, Entry, LogRow, Moment, PurgeMethod};

use crate::evidence::{Instant, Whole};

/// 清除 · A purge that shows in the evidence.
pub(crate) struct Purge<'a> {
    pub(crate) declared: &'a DeclaredPurge,
    /// Runs that saw the books before it.
    begun_before: BTreeSet<usize>,
    /// The log as all looks before the purge show it together, by `seq`.
    pub(crate) before: BTreeMap<u64, &'a LogRow>,
    /// `seq` of those rows that may be gone.
    pub(crate) ours: BTreeSet<u64>,
    /// Each of these runs took its t1 before the purge, so that no row of theirs is known by halves.
    pub(crate) known_in_full: bool,
}

impl<'a> Purge<'a> {
    /// Begins with no row seen; `wholes` in order of their runs.
    pub(crate) fn of(
        declared: &'a DeclaredPurge,
        wholes: impl Iterator<Item = (usize, Instant, Moment, u64)> + Clone,
    ) -> Purge<'a> {
        let mut begun_before: BTreeSet<usize> = BTreeSet::new();
        let mut known: BTreeSet<usize> = BTreeSet::new();
        let mut purged: Option<u64> = None;
        for (run, _, taken_at, lsn) in wholes.clone() {
            let on_purged_books = purged.is_some_and(|purged| purged <= lsn);
            if known.insert(run) && taken_at < declared.at && !on_purged_books {
                begun_before.insert(run);
            }
            if declared.at <= taken_at {
                purged.get_or_insert(lsn);
            }
        }
        let has_ended = |run: &usize| {
            let mut ends = wholes
                .clone()
                .filter(|(_, instant, ..)| *instant == Instant::T1);
            ends.any(|(of, _, taken_at, _)| of == *run && taken_at < declared.at)
        };
        Purge {
            declared,
            known_in_full: !begun_before.is_empty() && begun_before.iter().all(has_ended),
            begun_before,
            before: BTreeMap::new(),
            ours: BTreeSet::new(),
        }
    }

    /// Takes a row that was seen before the purge; the oldest version of a number counts.
    pub(crate) fn saw(&mut self, row: &'a LogRow) {
        self.before.entry(row.seq).or_insert(row);
    }

    /// Says which of the rows seen may be gone.
    pub(crate) fn settle(&mut self, by_run: impl Fn(&LogRow) -> bool) {
        // Group → whether every posting of it undoes a posting of a run.
        let mut undoing: BTreeMap<u64, bool> = BTreeMap::new();
        for row in self.before.values() {
            if let Entry::Posting { reverses, .. } = &row.entry {
                let of_run = reverses
                    .and_then(|seq| self.before.get(&seq))
                    .is_some_and(|target| by_run(target));
                *undoing.entry(row.group).or_insert(true) &= of_run;
            }
        }
        self.ours = self
            .before
            .iter()
            .filter(|(_, row)| by_run(row) || undoing.get(&row.group) == Some(&true))
            .map(|(seq, _)| *seq)
            .collect();
    }

    /// True for a look of a run on this side of the order's instant.
    pub(crate) fn is_after(&self, run: usize, taken_at: Moment) -> bool {
        self.declared.at <= taken_at || !self.begun_before.contains(&run)
    }

    /// Whether the order names what this run booked at this instant: a run that began after it is none of its business.
    pub(crate) fn names(&self, run: Option<usize>, booked: Moment) -> bool {
        run.is_some_and(|run| self.begun_before.contains(&run)) && booked < self.declared.at
    }

    /// Whether a row seen before is gone: nothing stands under its number, or, after a restore, what was booked since.
    pub(crate) fn is_gone(&self, row: &LogRow, now: Option<&LogRow>) -> bool {
        now.is_none_or(|now| {
            now != row && self.declared.method == PurgeMethod::Restore && self.declared.at <= now.at
        })
    }

    /// Whether a row seen before is one that may be gone, and is.
    pub(crate) fn took(&self, row: &LogRow, now: Option<&LogRow>) -> bool {
        self.ours.contains(&row.seq) && self.is_gone(row, now)
    }

    /// The rows of the runs that a later log has no more.
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

impl Whole {
    /// What [`Purge::of`] asks of it.
    pub(crate) fn stamp(&self) -> (usize, Instant, Moment, u64) {
        (self.run, self.instant, self.taken_at, self.lsn)
    }
}
