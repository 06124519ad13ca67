//! 计数 · Durable records → how many cases are done and what is still open, by place of care.
//!
//! A settlement counts as open from the moment it may leave (INTENT) until it is verified to be undone or never applied;
//! its amount is known when it is answered. One that was refused is open no more. Pure.

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, CaseId, Money, Outcome, TxId};
use crosswipe_journal::{CaseResult, Payload, Record};
use crosswipe_rollback::LATE;

/// 泳道 · What one place of care came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    /// Cases.
    pub(super) total: usize,
    /// Cases ended.
    pub(super) done: usize,
    /// Of these, not passed, waived or skipped.
    pub(super) bad: usize,
    /// Settlements not yet shown to be undone.
    pub(super) open: i64,
    /// What they come to, fen, as far as they were answered.
    pub(super) open_fen: i64,
    /// Of the open ones, how many were not answered: what they come to nobody knows.
    pub(super) unpriced: i64,
}

impl Lane {
    pub(super) fn and(self, other: Lane) -> Lane {
        Lane {
            total: self.total + other.total,
            done: self.done + other.done,
            bad: self.bad + other.bad,
            open: self.open + other.open,
            open_fen: self.open_fen + other.open_fen,
            unpriced: self.unpriced + other.unpriced,
        }
    }

    /// Under way: begun and not ended, or with something open.
    pub(super) fn is_busy(&self) -> bool {
        self.open > 0 || (self.done > 0 && self.done < self.total)
    }
}

/// 计数 · Of one run.
pub(super) struct Tally {
    names: BTreeMap<AdmDivision, String>,
    places: BTreeMap<CaseId, Option<AdmDivision>>,
    /// `None`: cases that are nowhere, e.g. office business.
    lanes: BTreeMap<Option<AdmDivision>, Lane>,
    settled: BTreeMap<TxId, Settled>,
}

struct Settled {
    place: AdmDivision,
    fen: Option<i64>,
    open: bool,
}

impl Settled {
    /// Counts it in its lane, or with -1 out of it.
    fn count(&self, lane: &mut Lane, times: i64) {
        if self.open {
            lane.open += times;
            lane.open_fen += times * self.fen.unwrap_or(0);
            lane.unpriced += times * i64::from(self.fen.is_none());
        }
    }
}

impl Tally {
    /// Nothing done yet of these cases, each with its place of care; names by code.
    pub(super) fn new(
        names: BTreeMap<AdmDivision, String>,
        places: BTreeMap<CaseId, Option<AdmDivision>>,
    ) -> Tally {
        let mut lanes: BTreeMap<_, Lane> = BTreeMap::new();
        for place in places.values() {
            lanes.entry(*place).or_default().total += 1;
        }
        Tally {
            names,
            places,
            lanes,
            settled: BTreeMap::new(),
        }
    }

    pub(super) fn apply(&mut self, record: &Record) {
        match &record.payload {
            Payload::Intent(intent) if intent.infno.settles() => {
                let settled = Settled {
                    place: intent.treatment,
                    fen: None,
                    open: false,
                };
                self.settled.entry(intent.txid.clone()).or_insert(settled);
                self.open(&intent.txid, true);
            }
            Payload::Outcome(ended) => match &ended.outcome {
                Outcome::Ok { amounts, .. } => {
                    let total = amounts.get("medfee_sumamt").copied();
                    self.price(&ended.txid, total.unwrap_or(Money::ZERO));
                }
                Outcome::Refused { .. } => self.open(&ended.txid, false),
                Outcome::Unknown { .. } => {}
            },
            Payload::Verified(verified) => self.open(&verified.txid, false),
            // A look at the books showed it standing after all.
            Payload::Note(note) if note.code == LATE => {
                if let Some(txid) = &note.txid {
                    self.open(txid, true);
                }
            }
            Payload::CaseFinished(finished) => {
                let good = matches!(
                    finished.result,
                    CaseResult::Passed | CaseResult::Waived | CaseResult::Skipped
                );
                self.ended(&finished.case, good);
            }
            _ => {}
        }
    }

    /// A case has ended; one that nobody asked for has no lane.
    pub(super) fn ended(&mut self, case: &CaseId, good: bool) {
        if let Some(place) = self.places.get(case) {
            let lane = self.lanes.entry(*place).or_default();
            lane.done += 1;
            lane.bad += usize::from(!good);
        }
    }

    /// Opens or closes a settlement; what is none is passed over.
    fn open(&mut self, txid: &TxId, open: bool) {
        self.change(txid, |settled| settled.open = open);
    }

    fn price(&mut self, txid: &TxId, amount: Money) {
        self.change(txid, |settled| settled.fen = Some(amount.fen()));
    }

    /// Changes a settlement, and its lane with it.
    fn change(&mut self, txid: &TxId, change: impl FnOnce(&mut Settled)) {
        if let Some(settled) = self.settled.get_mut(txid) {
            let lane = self.lanes.entry(Some(settled.place)).or_default();
            settled.count(lane, -1);
            change(settled);
            settled.count(lane, 1);
        }
    }

    /// All lanes together.
    pub(super) fn whole(&self) -> Lane {
        self.lanes
            .values()
            .copied()
            .fold(Lane::default(), Lane::and)
    }

    /// Places by code, each with its name; cases that are nowhere have none.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (Option<&str>, Lane)> {
        self.lanes.iter().map(|(place, lane)| {
            let named = |code: &'_ AdmDivision| self.names.get(code).map(String::as_str);
            let place = place.as_ref();
            (
                place.map(|code| named(code).unwrap_or(code.as_str())),
                *lane,
            )
        })
    }
}

#[cfg(test)]
mod tests;
