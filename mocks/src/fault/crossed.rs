//! 串号 · One exchange is given the answer of another: by a gateway that mixes them up, or by a hub that knows messages
//! by a number that two of them share.

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Arrival, Departure, Leg, Parcel, Scene, Trouble};
use crate::machine::Answer;

/// `reply-of-another-request`: what is booked is right, the institution reads the answer of the exchange before.
struct Swapped;

pub(super) fn swapped(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Swapped)
}

impl Trouble for Swapped {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let (board, which) = (scene.board, scene.which);
        if !scene.is_from_institution() || !is_success(answer) || !board.fits(which, scene.message)
        {
            return Departure::Whole;
        }
        let (kind, own) = (scene.message.infno.base(), &scene.message.cause.msgid);
        let other = board.kept(which, kind, own);
        board.keep(which, kind, own, &answer.body);
        if let Some(other) = other
            && scene.hits()
        {
            answer.body = other;
        }
        Departure::Whole
    }
}

/// `hub-msgid-collision`: the message of a second institution is taken for a repetition of the first's.
struct Collided;

pub(super) fn collided(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Collided)
}

impl Trouble for Collided {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if scene.message.leg != Leg::TreatmentHub {
            return Arrival::Taken;
        }
        let (kind, own) = (scene.message.infno.base(), &scene.message.cause.origin);
        match scene.board.kept(scene.which, kind, own) {
            Some(other) if scene.hits() => Arrival::Answered(Answer::ok(other)),
            _ => Arrival::Taken,
        }
    }

    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        if scene.message.leg == Leg::TreatmentHub && is_success(answer) {
            let (kind, own) = (scene.message.infno.base(), &scene.message.cause.origin);
            scene.board.keep(scene.which, kind, own, &answer.body);
        }
        Departure::Whole
    }
}
