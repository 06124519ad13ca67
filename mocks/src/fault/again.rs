//! 重记 · A group that is booked twice: by a party that does not know a repetition, or because a hospital took its own
//! settlement for failed and asked for it once more under another number.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Entry, FenceState, Role};
use crosswipe_wire::Response;

use super::FaultOrder;
use super::trouble::{Arrival, Fitting, Parcel, Place, Scene, Trouble};
use crate::ledger::Draft;
use crate::machine::{Answer, Lost, Machine};

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

/// 缘由 · Why a group is booked once more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The whole message came twice, to every party.
    CameTwice,
    /// This party alone books twice.
    OwnMistake,
    /// The hospital sent a message of its own for the same lines.
    SentAnew,
}

struct Again {
    roles: &'static [Role],
    why: Why,
    copies: Copies,
}

/// The whole message is booked twice by every platform on its way.
pub(super) fn everywhere() -> Box<dyn Trouble> {
    again(&PLATFORMS, Why::CameTwice)
}

/// `double-visit-id`: a registration that a second node takes once more.
pub(super) fn registered_twice(_: &FaultOrder) -> Box<dyn Trouble> {
    everywhere()
}

/// The insured place alone books it twice.
pub(super) fn at_insured(_: &FaultOrder) -> Box<dyn Trouble> {
    again(&[Role::Insured], Why::OwnMistake)
}

/// The insured place alone books twice what another trouble of the order marks.
pub(super) fn marked_at_insured() -> Box<dyn Trouble> {
    again(&[Role::Insured], Why::CameTwice)
}

/// `his-resettles-after-timeout`: the hospital hears nothing in time, settles the same lines under a new number, and
/// books what it is told then; the platforms look at the number alone.
pub(super) fn resettled(_: &FaultOrder) -> Box<dyn Trouble> {
    again(&PLATFORMS, Why::SentAnew)
}

const PLATFORMS: [Role; 3] = [Role::Treatment, Role::Hub, Role::Insured];

fn again(roles: &'static [Role], why: Why) -> Box<dyn Trouble> {
    Box::new(Again {
        roles,
        why,
        copies: Copies::default(),
    })
}

impl Trouble for Again {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        for role in self.roles {
            let (copies, why) = (self.copies.clone(), self.why);
            rig.bend(*role, move |group, draft| {
                let mut state = copies.lock();
                let twice = !state.copying
                    && moves(draft)
                    && match why {
                        Why::CameTwice => group.is_marked(&draft.cause.msgid),
                        Why::OwnMistake => group.hits(draft),
                        // The insured place books first: what it has settled the hospital settles once more.
                        Why::SentAnew if *role == Role::Insured => group.hits(draft),
                        Why::SentAnew => group.is_marked(&draft.cause.msgid),
                    };
                if twice && why == Why::SentAnew {
                    group.mark(draft.cause.msgid.clone());
                    state.waiting.push((*role, sent_anew(copy(draft))));
                } else if twice {
                    state.waiting.push((*role, copy(draft)));
                }
            });
        }
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let comes_twice = self.why == Why::CameTwice && scene.is_from_institution();
        if comes_twice && scene.hits() {
            scene
                .board
                .mark(scene.which, scene.message.cause.msgid.clone());
        }
        Arrival::Taken
    }

    fn back(&mut self, scene: &mut Scene<'_>, answer: &mut Result<Answer, Lost>) {
        let msgid = &scene.message.cause.msgid;
        let anew = self.why == Why::SentAnew
            && matches!(scene.machine, Machine::His(_))
            && scene.board.is_marked(scene.which, msgid);
        if let (true, Ok(answer)) = (anew, answer) {
            // It reads the answer to its second message; the first one came when nobody waited.
            // A purchase has opened a visit of its own too.
            let purchase = scene.message.infno.base() == "2102";
            let names: &[&str] = match purchase {
                true => &["setl_id", "mdtrt_id"],
                false => &["setl_id"],
            };
            let ids = names.iter().filter_map(|name| answered(answer, name));
            for id in ids.collect::<Vec<_>>() {
                let second = format!("\"{}\"", second(&id));
                answer.body = answer.body.replace(&format!("\"{id}\""), &second);
            }
        }
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

/// The id of what is booked once more.
fn second(id: &str) -> String {
    format!("{id}R")
}

/// What the settlement of an answer has under a name.
fn answered(answer: &Answer, name: &str) -> Option<String> {
    let response = Response::parse(answer.body.as_bytes()).ok()?;
    Some(response.node("setlinfo")?.text(name)?.into_owned())
}

/// The same group as the hospital's second message brings it about, under a number of its own.
fn sent_anew(mut draft: Draft) -> Draft {
    let own = &draft.cause.msgid;
    // Far behind the serials that have been used in this second.
    let msgid = format!("{}9998", &own[..own.len().saturating_sub(4)]);
    for entry in &mut draft.entries {
        if let Entry::Row { facts, .. } = entry
            && let Some(number) = facts.get_mut("medins_setl_id")
        {
            *number = (&msgid).into();
        }
    }
    draft.cause.msgid = msgid;
    draft.fence(FenceState::Applied, None);
    draft
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
    // A purchase: visit and lines are born with the settlement.
    let opens =
        |entry: &Entry| matches!(entry, Entry::Row { kind, was: None, .. } if kind == "visit");
    let settles =
        |entry: &Entry| matches!(entry, Entry::Row { kind, was: None, .. } if kind == "settlement");
    let purchase = draft.entries.iter().any(opens) && draft.entries.iter().any(settles);
    let copied = |kind: &str| match kind {
        "settlement" | "visit" => true,
        "fee-detail" => purchase,
        _ => false,
    };
    let entries = draft.entries.iter().filter_map(|entry| match entry {
        Entry::Posting { .. } => Some(entry.clone()),
        Entry::Row {
            kind,
            id,
            status,
            was: None,
            facts,
            amounts,
        } if copied(kind) => {
            let id = second(id).into();
            let mut facts = facts.clone();
            let named: &[&str] = match kind.as_str() {
                _ if purchase => &["mdtrt_id", "setl_id"],
                "visit" => &["mdtrt_id"],
                _ => &["setl_id"],
            };
            for name in named {
                if let Some(own) = facts.get_mut(*name) {
                    *own = second(own).into();
                }
            }
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
