//! 补录 · What was treated before go-live and is entered after it: in the order in which it happened, and once.
//!
//! Each entry's split is computed upon the accumulators that those before it left, so the insured place, which alone
//! sees all entries of a person, asks for their order (`HB5`, `HB6`). Whoever has been entered by the hospital and
//! claims the same by hand is paid twice: a stay of one person at one hospital is known by the day on which it began,
//! any other visit by its instant.
//! Called by `insured` before a settlement is booked. Not here: whether the public is served at all (`window`).

use crosswipe_domain::{Business, InfNo, Moment, Window};
use crosswipe_wire::{Refusal, RefusalCode};

use super::window::Shut;
use crate::deed::{Bill, Deed, Hop};
use crate::ledger::{Held, Ledger};

/// What stands against an entry, if it is one.
pub(super) fn ask(
    ledger: &Ledger,
    window: &Window,
    now: Moment,
    hop: &Hop,
) -> Option<(Shut, Refusal)> {
    let Deed::Settle(bill) = &hop.deed else {
        return None;
    };
    let live = window.end()?;
    let treated = began(bill.facts.get("begntime"))?;
    if bill.trial || now < live || live <= treated {
        return None;
    }
    let entered = ledger
        .rows_of_person("settlement", &hop.person)
        .filter(|held| held.row.status == "settled")
        .filter(|held| {
            ledger
                .group(held.born)
                .first()
                .is_some_and(|row| live <= row.at)
        })
        .filter(|held| held.row.facts.get("mdtrt_id") != Some(&bill.mdtrt_id))
        .filter_map(|held| Some((held, began(held.row.facts.get("begntime"))?)));
    let entered: Vec<(&Held, Moment)> = entered.filter(|(_, other)| *other < live).collect();
    let against = |code, held: &Held| Refusal::new(code, format!("setl_id {}", held.row.id));
    let same = entered
        .iter()
        .find(|(held, other)| is_the_same(bill, hop, held, treated, *other));
    if let Some((held, _)) = same {
        return Some((Shut::Twice, against(RefusalCode::Settled, held)));
    }
    let later = entered.iter().find(|(_, other)| treated < *other);
    later.map(|(held, _)| (Shut::OutOfOrder, against(RefusalCode::Later, held)))
}

fn began(text: Option<&String>) -> Option<Moment> {
    Moment::parse_wire(text?).ok()
}

fn is_the_same(bill: &Bill, hop: &Hop, held: &Held, treated: Moment, other: Moment) -> bool {
    let cause = &held.row.cause;
    let business = InfNo::new(&cause.infno).business();
    cause.origin == hop.cause.origin
        && business == Some(bill.business)
        && match bill.business {
            Business::Inpatient => treated.day() == other.day(),
            _ => treated == other,
        }
}
