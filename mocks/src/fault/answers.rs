//! 应答 · Faults of the link between an institution and its treatment place: what never arrives, what never comes
//! back, and how an answer comes back that nobody can read.
//!
//! The machine is honest in all of them: what it took it has booked, and its answer is the right one.

use crosswipe_wire::{Infcode, Response};

use super::FaultOrder;
use super::trouble::{Arrival, Departure, Parcel, Scene, Trouble};
use crate::machine::Answer;

/// How a message or its answer is lost.
enum Way {
    /// Not a byte of it arrives.
    Request,
    /// All of it was applied, and the answer leaves like this.
    Answer(fn(&FaultOrder, &mut Answer) -> Departure),
}

struct Link {
    order: FaultOrder,
    way: Way,
}

pub(super) fn request_lost(order: &FaultOrder) -> Box<dyn Trouble> {
    link(order, Way::Request)
}

pub(super) fn response_lost(order: &FaultOrder) -> Box<dyn Trouble> {
    link(order, Way::Answer(|_, _| Departure::Never))
}

pub(super) fn response_late(order: &FaultOrder) -> Box<dyn Trouble> {
    link(order, Way::Answer(|_, _| Departure::Late))
}

pub(super) fn slow_drip(order: &FaultOrder) -> Box<dyn Trouble> {
    link(order, Way::Answer(|_, _| Departure::Dripped))
}

/// `reply-cut`: short of its announced length, or of its announced length and no JSON.
pub(super) fn reply_cut(order: &FaultOrder) -> Box<dyn Trouble> {
    link(
        order,
        Way::Answer(|order, answer| {
            let kept = answer.body.len() * 2 / 3;
            let kept = (0..=kept)
                .rev()
                .find(|at| answer.body.is_char_boundary(*at))
                .unwrap_or(0);
            if order.choice("form") == "prefix" {
                answer.body.truncate(kept);
                Departure::Whole
            } else {
                Departure::Cut(kept)
            }
        }),
    )
}

/// `gateway-error-after-apply`: somebody between the two answers in HTML.
pub(super) fn gateway_error(order: &FaultOrder) -> Box<dyn Trouble> {
    link(
        order,
        Way::Answer(|order, answer| {
            answer.status = order.choice("status").parse().unwrap_or(502);
            answer.body = format!("<html><head><title>{}</title></head></html>", answer.status);
            Departure::Whole
        }),
    )
}

/// `reset-mid-request`: after how many of its bytes; only after all of them it may have been applied.
pub(super) fn reset_mid_request(order: &FaultOrder) -> Box<dyn Trouble> {
    match order.choice("after") {
        "all" => link(order, Way::Answer(|_, _| Departure::Reset)),
        _ => link(order, Way::Request),
    }
}

fn link(order: &FaultOrder, way: Way) -> Box<dyn Trouble> {
    Box::new(Link {
        order: order.clone(),
        way,
    })
}

impl Trouble for Link {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let lost = matches!(self.way, Way::Request) && scene.is_from_institution() && scene.hits();
        if lost { Arrival::Lost } else { Arrival::Taken }
    }

    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        match self.way {
            Way::Answer(leave)
                if scene.is_from_institution() && is_success(answer) && scene.hits() =>
            {
                leave(&self.order, answer)
            }
            _ => Departure::Whole,
        }
    }
}

/// Whether an answer says that it was done.
pub(super) fn is_success(answer: &Answer) -> bool {
    answer.status == 200
        && Response::parse(answer.body.as_bytes())
            .is_ok_and(|response| response.infcode == Infcode::Ok)
}
