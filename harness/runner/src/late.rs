//! 迟到 · The last looks, t1 and t2: what they show standing after its own reversal is reversed again first.
//!
//! Why so: a message may be held back anywhere for longer than any patience (rollback §6). Whatever comes late is
//! undone by 2601 once more, and the look is taken again; that it came late stays on record (the judge's
//! `late-apply`), even where the books are as they were.
//! Called by `run` and `resume`. Not here: which τ that is (`rollback::late`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{Pseudonym, TxId};
use crosswipe_rollback::LATE;

use crate::clock::{Busy, Patient};
use crate::desk::{Desk, Halt, lock};
use crate::evidence::Instant;
use crate::transport::Transport;

/// Looks taken anew because of late arrivals; what comes after that is left to the judge.
const ROUNDS: usize = 3;

impl<T: Transport> Desk<T> {
    /// Takes t1 or t2, until it shows nothing that came late. Books are large: once the journal's reserve is given up
    /// they are left to a later `resume`, for what room there is belongs to the records of what may still come late.
    pub(crate) async fn last_look(
        self: &Arc<Self>,
        busy: &Busy,
        instant: Instant,
    ) -> Result<(), Halt> {
        for _ in 0..ROUNDS {
            if self.journal.has_given_up_its_reserve() {
                return Err(Halt::DiskFull {
                    path: self.config.shelf.place("exports"),
                    open: self.fold(|fold| fold.open_count()),
                });
            }
            lock(&self.late).clear();
            self.snapshot(instant).await?;
            let people = self.note_late(instant.name()).await?;
            if people.is_empty() {
                return Ok(());
            }
            for person in people {
                self.compensate(busy, person.as_ref()).await?;
            }
            let quiet = self.clock.now().plus_ms(self.config.patience.quiet_ms);
            busy.sleep_until(quiet, Patient::Yes).await;
        }
        self.snapshot(instant).await.map(drop)
    }

    /// Before a person's chain is given up: do the log tails on the path of τ show what stands in its way? True if
    /// something came late; then there is something to do again.
    pub(crate) async fn came_late(&self, txid: &TxId) -> Result<bool, Halt> {
        let (intent, ..) = self.whom(txid)?;
        lock(&self.late).clear();
        self.look(&intent.case, &intent.path).await?;
        Ok(!self.note_late("tm").await?.is_empty())
    }

    /// Writes down what the look just taken showed late; whom it is about.
    async fn note_late(&self, seen: &str) -> Result<BTreeSet<Option<Pseudonym>>, Halt> {
        let late = std::mem::take(&mut *lock(&self.late));
        let mut people = BTreeSet::new();
        for (txid, party) in late {
            people.extend(self.fold(|fold| Some(fold.intent(&txid)?.person.clone())));
            let facts = [
                ("party".to_owned(), party.to_string()),
                ("seen".to_owned(), seen.to_owned()),
            ];
            self.note(LATE, Some(txid), BTreeMap::from(facts)).await?;
        }
        Ok(people)
    }
}
