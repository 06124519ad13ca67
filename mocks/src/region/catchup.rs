//! 补录 · What was treated before go-live and is entered after it: in the order in which it happened, and once.
//!
//! Each entry's split is computed upon the accumulators that those before it left, so the insured place, which alone
//! sees all entries of a person, asks for their order (`HB5`, `HB6`). Whoever has been entered by the hospital and
//! claims the same by hand is paid twice: a stay of one person at one hospital is known by the day on which it began,
//! any other visit by its instant. A claim by hand comes when its papers come, so no order is asked of it.
//! Called by `insured` before a settlement is booked, and by `office`. Not here: whether the public is served (`window`).

use crosswipe_domain::{Business, Moment, Window};
use crosswipe_wire::{Refusal, RefusalCode};

use super::window::{self, Shut};
use crate::answer::fact;
use crate::deed::{Deed, Hop};
use crate::ledger::{Held, Ledger};

/// 结算类别 · `setl_type` of what an agency has paid back by hand.
pub(super) const BY_HAND: &str = "1";

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
        let mut rows = ledger.rows_of_person("settlement", self.person);
        rows.find(|held| held.row.status == "settled" && self.is(held))
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
    let others = || {
        let rows = ledger.rows_of_person("settlement", &hop.person);
        rows.filter(|held| held.row.status == "settled")
            .filter(|held| held.row.facts.get("mdtrt_id") != Some(&bill.mdtrt_id))
    };
    let against = |code, held: &Held| Refusal::new(code, format!("setl_id {}", held.row.id));
    let live = window.end();
    let is_entry = live.is_some_and(|live| live <= now && at < live);
    if is_entry && window::suspends_entry(window, now, hop) {
        return Some((Shut::Suspended, window::refusal(window, now)));
    }
    let claimed = others().find(|held| is_by_hand(held) && this.is(held));
    if let Some(held) = claimed {
        return Some((Shut::Twice, against(RefusalCode::Settled, held)));
    }
    let live = live.filter(|_| is_entry)?;
    let entered = others()
        .filter(|held| {
            ledger
                .group(held.born)
                .first()
                .is_some_and(|row| live <= row.at)
        })
        .filter_map(|held| Some((held, began(held.row.facts.get("begntime"))?)));
    let entered: Vec<(&Held, Moment)> = entered.filter(|(_, other)| *other < live).collect();
    if let Some((held, _)) = entered.iter().find(|(held, _)| this.is(held)) {
        return Some((Shut::Twice, against(RefusalCode::Settled, held)));
    }
    let mut in_turn = entered.iter().filter(|(held, _)| !is_by_hand(held));
    let later = in_turn.find(|(_, other)| at < *other);
    later.map(|(held, _)| (Shut::OutOfOrder, against(RefusalCode::Later, held)))
}

/// 手工报销 · Whether a settlement was made at the agency's own counter.
fn is_by_hand(held: &Held) -> bool {
    fact(&held.row.facts, "setl_type") == BY_HAND
}

fn began(text: Option<&String>) -> Option<Moment> {
    Moment::parse_wire(text?).ok()
}
