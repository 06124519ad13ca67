//! 盘 · A journal store at which the ordered faults of the disk happen.
//!
//! A commit fits an order if it makes the INTENT of a fitting message durable: right before it nobody has heard of the
//! message, right after it the first byte leaves. Called by the journal's writer, one commit at a time.

use crosswipe_domain::{InfNo, Moment};
use crosswipe_journal::{Row, Store, StoreFault};

use super::{Inner, rival, scar};

/// 带故障的存储 · The real store inside what was ordered.
pub(super) struct Troubled {
    inner: Box<dyn Store>,
    orders: Inner,
}

/// What was ordered for one commit.
#[derive(Default)]
struct Ordered {
    killed: bool,
    torn: Option<&'static str>,
    flipped: Option<String>,
    unsynced: Option<bool>,
    full: bool,
    taken_over: bool,
}

impl Troubled {
    pub(super) fn new(inner: Box<dyn Store>, orders: Inner) -> Troubled {
        Troubled { inner, orders }
    }

    fn ordered(&self, rows: &[Row]) -> Ordered {
        let mut ordered = Ordered::default();
        for row in rows {
            let Some((infno, now)) = sent(row) else {
                continue;
            };
            let met = |id| self.orders.met(id, |_| true, &infno, now);
            let at_intent = |order: &crosswipe_mocks::FaultOrder| order.choice("at") == "intent";
            let killed = self.orders.met("harness-killed", at_intent, &infno, now);
            ordered.killed |= killed.is_some();
            ordered.taken_over |= met("zombie-harness").is_some();
            // One commit meets one full disk, however many rows were gathered for it.
            ordered.full = ordered.full || met("disk-full").is_some();
            if let Some(order) = met("journal-torn-tail") {
                let zeros = order.choice("tail") == "zeros";
                ordered.torn = Some(if zeros { "zeros" } else { "cut" });
            }
            if met("journal-bit-flip").is_some() {
                ordered.flipped = Some(row.sha256.clone());
            }
            if let Some(order) = met("journal-fsync-error") {
                ordered.unsynced = Some(order.choice("kept") == "yes");
            }
        }
        ordered
    }

    /// What an earlier commit was ordered to leave for this one.
    fn due(&self) {
        if let Some(sha256) = self.orders.after().flip.take() {
            let state = &self.orders.0;
            match scar::flip_record(&state.dir, &sha256, state.seed) {
                Ok(()) => self.orders.die("journal-bit-flip"),
                Err(trouble) => crate::complain::besides(&trouble),
            }
        }
    }

    fn torn(&mut self, rows: &[Row], tail: &str) -> Result<(), StoreFault> {
        let state = &self.orders.0;
        let log = scar::log_length(&state.dir);
        let committed = self.inner.commit(rows);
        if committed.is_ok() {
            match scar::tear(&state.dir, log, tail == "zeros", state.seed) {
                Ok(()) => self.orders.die("journal-torn-tail"),
                Err(trouble) => crate::complain::besides(&trouble),
            }
        }
        committed
    }
}

impl Store for Troubled {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        self.due();
        let ordered = self.ordered(rows);
        if ordered.killed {
            self.orders.die("harness-killed");
        }
        if ordered.full {
            return Err(StoreFault::Full {
                why: "ENOSPC, by order".to_owned(),
            });
        }
        if ordered.taken_over {
            rival::takes_over(&self.orders.0.dir);
        }
        if let Some(kept) = ordered.unsynced {
            // Whether it reached the disk all the same is what nobody may rely on.
            if kept {
                let _ = self.inner.commit(rows);
            }
            return Err(StoreFault::Io {
                why: "fsync: EIO, by order".to_owned(),
            });
        }
        if let Some(tail) = ordered.torn {
            return self.torn(rows, tail);
        }
        let committed = self.inner.commit(rows);
        if committed.is_ok() {
            if ordered.flipped.is_some() {
                self.orders.after().flip = ordered.flipped;
            }
            if self.holds_the_last_outcome(rows) {
                self.orders.die("harness-killed");
            }
        }
        committed
    }

    fn is_ours(&self) -> bool {
        self.inner.is_ours()
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.inner.seal()
    }
}

impl Troubled {
    fn holds_the_last_outcome(&self, rows: &[Row]) -> bool {
        let last = self.orders.after().last_outcome.clone();
        last.is_some_and(|msgid| {
            let about = format!("\"msgid\":\"{msgid}\"");
            let outcome = |row: &Row| matches!(row.kind.as_str(), "OUTCOME" | "COMP_OUTCOME");
            rows.iter()
                .any(|row| outcome(row) && row.payload.contains(&about))
        })
    }
}

/// The message whose sending a record is about to allow.
fn sent(row: &Row) -> Option<(InfNo, Moment)> {
    #[derive(serde::Deserialize)]
    struct About {
        infno: String,
    }
    if !matches!(row.kind.as_str(), "INTENT" | "COMP_INTENT") {
        return None;
    }
    let about: About = serde_json::from_str(&row.payload).ok()?;
    Some((InfNo::new(&about.infno), Moment::parse(&row.at).ok()?))
}
