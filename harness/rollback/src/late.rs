//! 迟到 · Which closed τ a party's log shows standing all the same: booked after their own reversal.
//!
//! Why so: a settlement of unknown outcome is reversed before anybody knows where it is, and no query proves that it
//! will not be booked an hour later (rollback §6, 悬挂). Only a look at whole books does. What was answered is not
//! looked at: it was booked before its answer, so it cannot come late.
//! Called by `runner` with the logs of t1 and t2. Not here: what is wrong with the books (`verify` says it anew).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{Entry, FenceState, LogRow, Outcome, TxId};

use crate::fold::{Fold, Tracked};

impl Fold {
    /// False where no closed τ is of those that may come late: then no log need be read for them.
    pub fn may_be_late(&self) -> bool {
        self.unanswered().next().is_some()
    }

    /// Closed τ whose own message was not answered with a success.
    fn unanswered(&self) -> impl Iterator<Item = (&TxId, &Tracked)> {
        self.closed()
            .filter(|(_, tracked)| !matches!(tracked.outcome, Some(Outcome::Ok { .. })))
    }

    /// Closed τ that stand in this log, booked after an undo of theirs or after everybody had said that they were
    /// nowhere.
    pub fn late(&self, log: &[Arc<LogRow>]) -> Vec<TxId> {
        let mut own: BTreeMap<(&str, &str), &TxId> = BTreeMap::new();
        let mut undos: BTreeMap<(&str, &str), &TxId> = BTreeMap::new();
        let mut undone: BTreeSet<&TxId> = BTreeSet::new();
        for (txid, tracked) in self.unanswered() {
            let intent = &tracked.intent;
            own.insert((&intent.origin, intent.msgid.as_str()), txid);
            for attempt in &tracked.attempts {
                let comp = &attempt.intent;
                undos.insert((&comp.origin, comp.msgid.as_str()), txid);
            }
            undone.extend(tracked.never_applied.then_some(txid));
        }
        if own.is_empty() {
            return Vec::new();
        }
        let mut standing: BTreeMap<u64, &TxId> = BTreeMap::new();
        for row in log {
            let cause = (row.cause.origin.as_str(), row.cause.msgid.as_str());
            match &row.entry {
                Entry::Posting {
                    reverses: Some(seq),
                    ..
                } => {
                    standing.remove(seq);
                    undone.extend(undos.get(&cause).copied());
                }
                Entry::Posting { .. } => {
                    if let Some(txid) = own.get(&cause).filter(|txid| undone.contains(*txid)) {
                        standing.insert(row.seq, txid);
                    }
                }
                Entry::Fence {
                    origin,
                    msgid,
                    state,
                    ..
                } => match state {
                    FenceState::Tombstone => {
                        undone.extend(own.get(&(origin.as_str(), msgid.as_str())).copied());
                    }
                    FenceState::Applied => undone.extend(undos.get(&cause).copied()),
                    FenceState::Refused | FenceState::Reversed => {}
                },
                Entry::Row { .. } => {}
            }
        }
        let late: BTreeSet<&TxId> = standing.into_values().collect();
        late.into_iter().cloned().collect()
    }
}
