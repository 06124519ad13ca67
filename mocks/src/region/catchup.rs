//! 补录 · What was treated before go-live and is entered after it: in the order in which it happened, and once.
//!
//! Each entry's split is computed upon the accumulators that those before it left, so the insured place, which alone
//! sees all entries of a person, asks for their order (`HB5`, `HB6`). Whoever has been entered by the hospital and
//! claims the same by hand is paid twice: a stay of one person at one hospital is known by the day on which it began,
//! any other visit by its instant. A claim by hand comes when its papers come, so no order is asked of it.
//! Called by `insured` before a settlement is booked, and by `office`. Not here: whether the public is served (`window`).

use crosswipe_domain::{Business, Moment, Name, Window};
use crosswipe_wire::{Refusal, RefusalCode};

use super::window::{self, Shut};
use crate::answer::fact;
use crate::deed::{Deed, Hop};
use crate::ledger::{Held, Ledger};

/// 同一次就诊 · What tells one treatment from another.
#[derive(Clone, Copy)]
pub(super) struct Treated<'a> {
    pub(super) person: &'a str,
    pub(super) institution: &'a str,
    pub(super) business: Business,
    pub(super) at: Moment,
}

impl Treated<'_> {
    /// Whether a settlement is of this very treatment.
    fn is(&self, held: &Held) -> bool {
        let facts = &held.row.facts;
        let place = match fact(facts, "fixmedins_code") {
            "" => held.row.cause.origin.as_str(),
            place => place,
        };
        let same_time = |other: Moment| match self.business {
            Business::Inpatient => self.at.day() == other.day(),
            _ => self.at == other,
        };
        place == self.institution
            && fact(facts, "clr_type") == self.business.clearing_type()
            && began(facts.get("begntime")).is_some_and(same_time)
    }

    /// 不得两报 · A settlement of the same treatment that stands, by hand or by the institution.
    pub(super) fn paid_before<'l>(&self, ledger: &'l Ledger) -> Option<&'l Held> {
        let paid = [true, false].map(|by_hand| self.paid(ledger, by_hand).next());
        paid.into_iter().flatten().min_by_key(|held| held.born)
    }

    /// Those of them by hand, or those of the institution.
    fn paid<'l>(&self, ledger: &'l Ledger, by_hand: bool) -> impl Iterator<Item = &'l Held> {
        let when = match self.business {
            Business::Inpatient => self.at.day().start()..=self.at.day().next().start().plus_ms(-1),
            _ => self.at..=self.at,
        };
        let rows = ledger.settlements_begun(self.person, when, by_hand);
        rows.filter(|held| held.row.status == "settled" && self.is(held))
    }
}

/// What stands against an entry, if it is one; and against any settlement of what was claimed by hand before.
pub(super) fn ask(
    ledger: &Ledger,
    window: &Window,
    now: Moment,
    hop: &Hop,
) -> Option<(Shut, Refusal)> {
    let Deed::Settle(bill) = &hop.deed else {
        return None;
    };
    let at = began(bill.facts.get("begntime"))?;
    if bill.trial {
        return None;
    }
    let this = Treated {
        person: &hop.person,
        institution: &hop.cause.origin,
        business: bill.business,
        at,
    };
    let of_another_visit = |held: &&Held| {
        held.row
            .facts
            .get("mdtrt_id")
            .is_none_or(|visit| *visit != bill.mdtrt_id)
    };
    let against = |code, held: &Held| Refusal::new(code, format!("setl_id {}", held.row.id));
    let live = window.end();
    let is_entry = live.is_some_and(|live| live <= now && at < live);
    if is_entry && window::suspends_entry(window, now, hop) {
        return Some((Shut::Suspended, window::refusal(window, now)));
    }
    let paid = |by_hand| this.paid(ledger, by_hand).filter(of_another_visit);
    if let Some(held) = paid(true).next() {
        return Some((Shut::Twice, against(RefusalCode::Settled, held)));
    }
    let live = live.filter(|_| is_entry)?;
    let entered = |held: &&Held| {
        let before = began(held.row.facts.get("begntime")).is_some_and(|began| began < live);
        let booked = ledger.group(held.born).first();
        before && booked.is_some_and(|row| live <= row.at)
    };
    if let Some(held) = paid(false).find(entered) {
        return Some((Shut::Twice, against(RefusalCode::Settled, held)));
    }
    let mut later = ledger
        .settlements_begun(&hop.person, at.plus_ms(1)..=live.plus_ms(-1), false)
        .filter(|held| held.row.status == "settled")
        .filter(of_another_visit);
    let later = later.find(entered);
    later.map(|held| (Shut::OutOfOrder, against(RefusalCode::Later, held)))
}

fn began(text: Option<&Name>) -> Option<Moment> {
    Moment::parse_wire(text?).ok()
}
