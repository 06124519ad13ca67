//! 空冲 · What an insured place makes of an undo whose original it does not know, and of an original that it half forgot.
//!
//! An honest one books a tombstone and nothing else. Three that do not: one pays back what was never paid, one finds
//! no message and says so each time (`refusals`), and one has debited the account in a service of its own before its
//! own transaction failed, so that the undo finds nothing.

use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{CellKey, Entry, FenceState, Name, Role, Unit};

use super::FaultOrder;
use super::trouble::{Arrival, Departure, Fitting, Parcel, Scene, Trouble};
use crate::machine::Answer;

/// `empty-rollback-with-effect`: what the person of the message has at this place, as far as an undo would move it.
struct Generous {
    order: FaultOrder,
    cells: Arc<Mutex<Vec<(CellKey, Unit)>>>,
}

pub(super) fn with_effect(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Generous {
        order: order.clone(),
        cells: Arc::default(),
    })
}

impl Trouble for Generous {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let (by, cells) = (i64::from(self.order.number("by")), Arc::clone(&self.cells));
        rig.bend(Role::Insured, move |group, draft| {
            let cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
            let empty = draft.entries.iter().any(|entry| {
                matches!(
                    entry,
                    Entry::Fence {
                        state: FenceState::Tombstone,
                        ..
                    }
                )
            });
            if !empty || cells.is_empty() || !group.hits(draft) {
                return;
            }
            for (cell, unit) in cells.iter() {
                // The account gets it from the fund, and so much less of what is counted by the year is used up.
                let amount = if cell.kind == "personal-account" {
                    by
                } else {
                    -by
                };
                draft.entries.push(Entry::Posting {
                    cell: cell.clone(),
                    unit: *unit,
                    amount,
                    reverses: None,
                });
            }
        });
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let (Some(ledger), Some(person)) = (
            scene.machine.ledger(Role::Insured),
            scene.message.person.as_deref(),
        ) else {
            return Arrival::Taken;
        };
        let of_person = |key: &CellKey, kind: &str| {
            key.kind == kind && key.dims.get("person").map(Name::as_str) == Some(person)
        };
        let first = |kind: &str| {
            ledger
                .cells()
                .find(|(key, unit, value)| {
                    *value != 0 && *unit != Unit::Count && of_person(key, kind)
                })
                .map(|(key, unit, _)| (key.clone(), unit))
        };
        let fund = || {
            let fund = ledger.cells().find(|(key, ..)| key.kind == "pool-fund");
            fund.map(|(key, unit, _)| (key.clone(), unit))
        };
        let account = first("personal-account");
        let paid_by = account.as_ref().and_then(|_| fund());
        let cells = [account, paid_by, first("accumulator")];
        *self.cells.lock().unwrap_or_else(PoisonError::into_inner) =
            cells.into_iter().flatten().collect();
        Arrival::Taken
    }
}

/// `try-failed-cancel-skipped`: of a settlement the debit of the account alone stays, and nobody is answered.
struct Half;

pub(super) fn half_settled(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Half)
}

impl Trouble for Half {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        rig.bend(Role::Insured, |group, draft| {
            let debit = |entry: &Entry| {
                matches!(entry, Entry::Posting { cell, reverses: None, .. } if cell.kind == "personal-account")
            };
            if draft.entries.iter().any(debit) && group.hits(draft) {
                group.mark(draft.cause.msgid.clone());
                draft.entries.retain(debit);
            }
        });
        // Where it is the treatment place as well, it is one transaction that failed.
        rig.bend(Role::Treatment, |group, draft| {
            if group.is_marked(&draft.cause.msgid) {
                draft.entries.clear();
            }
        });
    }

    fn depart(&mut self, scene: &mut Scene<'_>, _: &mut Answer) -> Departure {
        let failed = scene
            .board
            .is_marked(scene.which, &scene.message.cause.msgid);
        if failed && scene.is_insured_place() {
            Departure::Never
        } else {
            Departure::Whole
        }
    }
}
