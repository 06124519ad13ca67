//! 重记 · A group that a party books twice, because it does not know a repetition.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Entry, Role};

use super::FaultOrder;
use super::trouble::{Arrival, Fitting, Parcel, Place, Scene, Trouble};
use crate::ledger::Draft;

/// 待重记 · Groups to be booked once more, each in whose book.
#[derive(Clone, Default)]
struct Copies(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Vec<(Role, Draft)>,
    /// What is booked now is a copy itself.
    copying: bool,
}

impl Copies {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Again {
    roles: &'static [Role],
    /// The whole message comes twice, to every party; else this party alone books twice.
    everywhere: bool,
    copies: Copies,
}

/// The whole message is booked twice by every platform on its way.
pub(super) fn everywhere() -> Box<dyn Trouble> {
    again(&[Role::Treatment, Role::Hub, Role::Insured], true)
}

/// `double-visit-id`: a registration that a second node takes once more.
pub(super) fn registered_twice(_: &FaultOrder) -> Box<dyn Trouble> {
    everywhere()
}

/// The insured place alone books it twice.
pub(super) fn at_insured(_: &FaultOrder) -> Box<dyn Trouble> {
    again(&[Role::Insured], false)
}

/// The insured place alone books twice what another trouble of the order marks.
pub(super) fn marked_at_insured() -> Box<dyn Trouble> {
    again(&[Role::Insured], true)
}

fn again(roles: &'static [Role], everywhere: bool) -> Box<dyn Trouble> {
    Box::new(Again {
        roles,
        everywhere,
        copies: Copies::default(),
    })
}

impl Trouble for Again {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        for role in self.roles {
            let (copies, everywhere) = (self.copies.clone(), self.everywhere);
            rig.bend(*role, move |group, draft| {
                let mut state = copies.lock();
                let twice = !state.copying
                    && moves(draft)
                    && if everywhere {
                        group.is_marked(&draft.cause.msgid)
                    } else {
                        group.hits(draft)
                    };
                if twice {
                    state.waiting.push((*role, copy(draft)));
                }
            });
        }
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if self.everywhere && scene.is_from_institution() && scene.hits() {
            scene
                .board
                .mark(scene.which, scene.message.cause.msgid.clone());
        }
        Arrival::Taken
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        let waiting = std::mem::take(&mut self.copies.lock().waiting);
        self.copies.lock().copying = true;
        for (role, draft) in waiting {
            if let Some(ledger) = place.machine.ledger_mut(role) {
                ledger.commit(Draft {
                    at: place.now,
                    ..draft
                });
            }
        }
        self.copies.lock().copying = false;
    }
}

/// Whether a group moves anything at all.
fn moves(draft: &Draft) -> bool {
    draft
        .entries
        .iter()
        .any(|entry| matches!(entry, Entry::Posting { .. }))
}

/// The same postings, and the same records under numbers of their own; who only changes keeps what it is.
fn copy(draft: &Draft) -> Draft {
    let entries = draft.entries.iter().filter_map(|entry| match entry {
        Entry::Posting { .. } => Some(entry.clone()),
        Entry::Row {
            kind,
            id,
            status,
            was: None,
            facts,
            amounts,
        } if matches!(kind.as_str(), "settlement" | "visit") => {
            let id = format!("{id}R");
            let mut facts = facts.clone();
            let named = if kind == "visit" {
                "mdtrt_id"
            } else {
                "setl_id"
            };
            facts.insert(named.to_owned(), id.clone());
            Some(Entry::Row {
                kind: kind.clone(),
                id,
                status: status.clone(),
                was: None,
                facts,
                amounts: amounts.clone(),
            })
        }
        Entry::Row { .. } | Entry::Fence { .. } => None,
    });
    Draft {
        entries: entries.collect(),
        ..draft.clone()
    }
}
