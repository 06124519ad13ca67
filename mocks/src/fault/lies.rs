//! 谎言 · A party that says what its books do not: refused though done, done though nothing was, passed on though kept.

use crosswipe_domain::{AdmDivision, Entry, Moment, Nature, Party, Role};
use crosswipe_wire::{Receipt, RefusalCode, Response, write_ok, write_refusal};

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Arrival, Departure, Fitting, Onward, Parcel, Scene, Trouble};
use crate::hub::read_hop;
use crate::machine::{Answer, Machine};

/// `refusal-lied`: everything was applied, and the institution is told that it was refused.
struct Refusal;

pub(super) fn refusal_lied(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Refusal)
}

impl Trouble for Refusal {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        if scene.is_from_institution() && is_success(answer) && scene.hits() {
            let receipt = receipt(scene.machine, scene.now());
            *answer = Answer::ok(write_refusal(&receipt, &RefusalCode::Status.into()));
        }
        Departure::Whole
    }
}

/// `wrong-psn-no-returned`: the answer to 1101 names somebody else.
struct Namesake;

pub(super) fn namesake(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Namesake)
}

impl Trouble for Namesake {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        if !scene.is_from_institution() || !is_success(answer) {
            return Departure::Whole;
        }
        let named = Response::parse(answer.body.as_bytes())
            .ok()
            .and_then(|response| Some(response.node("baseinfo")?.text("psn_no")?.into_owned()));
        if let Some(number) = named.filter(|number| !number.is_empty())
            && scene.hits()
        {
            let other = other_number(&number);
            answer.body = answer
                .body
                .replace(&format!("\"{number}\""), &format!("\"{other}\""));
        }
        Departure::Whole
    }
}

/// A number of the same length that is another person's: its last digit is the next one.
fn other_number(number: &str) -> String {
    let (kept, last) = number.split_at(number.len() - 1);
    let next = last.parse::<u8>().map_or(0, |digit| (digit + 1) % 10);
    format!("{kept}{next}")
}

/// `hub-drops-forwarded-reversal`: the hub is given its own message back as if the insured place had done it; the
/// undo amounts in it are those that the treatment place expects.
///
/// `reversal-local-only`: the same of the treatment place, which never sends it on.
struct Dropped {
    at: Role,
}

pub(super) fn hub_drops_reversal(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Dropped { at: Role::Hub })
}

pub(super) fn local_only(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Dropped {
        at: Role::Treatment,
    })
}

impl Trouble for Dropped {
    fn forward(&mut self, scene: &mut Scene<'_>, _: &mut Party, body: &mut String) -> Onward {
        let here = match self.at {
            Role::Hub => matches!(scene.machine, Machine::Hub(_)),
            _ => scene.is_from_institution(),
        };
        if !here {
            return Onward::Sent;
        }
        match as_if_undone(scene.now(), body) {
            Some(echo) if scene.hits() => Onward::Echoed(echo),
            _ => Onward::Sent,
        }
    }
}

/// What the party behind would have answered to an undo, had it done it; `None` if the message undoes nothing.
pub(super) fn as_if_undone(now: Moment, body: &str) -> Option<Answer> {
    let hop = read_hop(body.as_bytes()).ok()?;
    if hop.infno().nature() != Nature::Undo {
        return None;
    }
    let record = serde_json::to_string(&hop).ok()?;
    let receipt = Receipt {
        division: hop.insured,
        at: now,
        serial: 0,
    };
    Some(Answer::ok(write_ok(&receipt, &[("hop", record)])))
}

/// `success-never-applied`, `reversal-noop-success`: everybody on the way computes the answer and nobody books a thing;
/// the institution alone is told that it is done.
struct Hollow {
    /// Whether the parties remember that they have done it.
    keeps_fence: bool,
}

pub(super) fn never_applied(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Hollow { keeps_fence: false })
}

pub(super) fn noop(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Hollow { keeps_fence: true })
}

impl Trouble for Hollow {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let keeps_fence = self.keeps_fence;
        for role in [Role::Treatment, Role::Hub, Role::Insured] {
            rig.bend(role, move |group, draft| {
                if !group.is_marked(&draft.cause.msgid) {
                    return;
                }
                let own = draft.cause.msgid.clone();
                let at_treatment = role == Role::Treatment;
                draft.entries.retain(|entry| {
                    let own = matches!(entry, Entry::Fence { msgid, .. } if *msgid == own);
                    own && keeps_fence && at_treatment
                });
            });
        }
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if scene.is_from_institution() && scene.hits() {
            scene
                .board
                .mark(scene.which, scene.message.cause.msgid.clone());
        }
        Arrival::Taken
    }
}

fn receipt(machine: &Machine, now: Moment) -> Receipt {
    let party = machine
        .ledgers()
        .first()
        .map(|ledger| ledger.party().code.clone());
    let division = party.and_then(|code| AdmDivision::parse(code.get(..6).unwrap_or(&code)).ok());
    Receipt {
        division: division.expect("a platform has a division"),
        at: now,
        serial: 0,
    }
}
