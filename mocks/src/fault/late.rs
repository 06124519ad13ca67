//! 迟到 · `hub-reversal-overtakes`: a settlement that the insured place books after its own reversal.
//!
//! The hub's two queues: the reversal overtakes the settlement. The insured place takes the message in when it
//! comes, answers nobody, and books it when its turn is come: right behind the reversal, after the quiet period, or
//! when the next day has begun. With a fence it finds the tombstone then and books a refusal; without one (it keeps
//! none) it books the settlement. Nothing wakes a machine: what is due is booked at the next touch, under the instant
//! at which it was due.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Cause, Entry, FenceState, Moment, Role};

use super::FaultOrder;
use super::trouble::{Arrival, Departure, Fitting, Leg, Parcel, Place, Scene, Trouble};
use crate::ledger::{Draft, Ledger};
use crate::machine::Answer;

/// How long after its reversal, in business milliseconds; longer than any quiet period of a run.
const QUIET_MS: i64 = 45_000;

/// 迟到 · What one insured place has taken in and not booked. Shared with the bend of its ledger.
#[derive(Clone, Default)]
struct Late(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The next settlement that is booked is held back.
    armed: Option<FaultOrder>,
    held: Vec<Held>,
}

struct Held {
    order: FaultOrder,
    draft: Draft,
    /// When its own reversal came.
    reversed: Option<Moment>,
}

impl Held {
    fn is(&self, origin: &str, msgid: &str) -> bool {
        self.draft.cause.origin == origin && self.draft.cause.msgid == msgid
    }

    fn due(&self) -> Option<Moment> {
        let reversed = self.reversed?;
        Some(match self.order.choice("until") {
            "quiet" => reversed.plus_ms(QUIET_MS),
            "day-roll" => reversed.day().next().start().plus_ms(1_000),
            _ => reversed,
        })
    }
}

/// The insured place of `hub-reversal-overtakes`.
struct Overtaken {
    order: FaultOrder,
    late: Late,
}

pub(super) fn overtaken(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Overtaken {
        order: order.clone(),
        late: Late::default(),
    })
}

impl Trouble for Overtaken {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let late = self.late.clone();
        rig.bend(Role::Insured, move |_, draft| late.on_commit(draft));
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if scene.message.leg == Leg::HubInsured && scene.hits() {
            self.late.lock().armed = Some(self.order.clone());
        }
        Arrival::Taken
    }

    fn depart(&mut self, scene: &mut Scene<'_>, _: &mut Answer) -> Departure {
        let mut state = self.late.lock();
        state.armed = None;
        let cause: &Cause = &scene.message.cause;
        let took = state.held.iter().any(|held| held.draft.cause == *cause);
        if took {
            Departure::Never
        } else {
            Departure::Whole
        }
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        if let Some(ledger) = place.machine.ledger_mut(Role::Insured) {
            self.late.book(ledger, place.now);
        }
    }
}

impl Late {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_commit(&self, draft: &mut Draft) {
        let mut state = self.lock();
        let settles = draft.entries.iter().any(
            |entry| matches!(entry, Entry::Row { kind, was: None, .. } if kind == "settlement"),
        );
        if settles && let Some(order) = state.armed.take() {
            let draft = Draft {
                entries: std::mem::take(&mut draft.entries),
                ..draft.clone()
            };
            state.held.push(Held {
                order,
                draft,
                reversed: None,
            });
            return;
        }
        let at = draft.at;
        draft.entries.retain(|entry| {
            let Entry::Fence {
                origin,
                msgid,
                state: FenceState::Tombstone,
                ..
            } = entry
            else {
                return true;
            };
            let Some(held) = state.held.iter_mut().find(|held| held.is(origin, msgid)) else {
                return true;
            };
            held.reversed.get_or_insert(at);
            held.order.choice("fence") == "kept"
        });
    }

    /// Books what is due by `now`.
    fn book(&self, ledger: &mut Ledger, now: Moment) {
        let mut due = Vec::new();
        self.lock().held.retain(|held| {
            let Some(at) = held.due().filter(|at| *at <= now) else {
                return true;
            };
            due.push((at, held.draft.clone()));
            false
        });
        for (at, draft) in due {
            let mut draft = Draft { at, ..draft };
            let fenced = ledger.fenced(&draft.cause.origin, &draft.cause.msgid);
            if fenced.is_some() {
                draft.entries.clear();
                draft.fence(FenceState::Refused, None);
            }
            // Lines that were withdrawn meanwhile stay withdrawn.
            draft.entries.retain(|entry| match entry {
                Entry::Row {
                    kind,
                    id,
                    was: Some(_),
                    ..
                } => !ledger
                    .row(kind, id)
                    .is_some_and(|held| held.row.is_terminal()),
                _ => true,
            });
            ledger.commit(draft);
        }
    }
}
