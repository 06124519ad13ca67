//! 通路 · The hub's ways to the insured places: cut for a while, or jammed while it says that all is done.

use crosswipe_domain::{Cause, Export, Moment, Nature, Party, QueueItem, Role};
use crosswipe_wire::Context;

use super::FaultOrder;
use super::lies::as_if_undone;
use super::trouble::{Onward, Parcel, Place, Scene, Trouble};
use crate::machine::{HOP_PATH, Machine};
use crate::shell::carrier;

/// `hub-insured-partition`: nothing reaches the insured place until it heals.
struct Partition;

pub(super) fn partition(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Partition)
}

impl Trouble for Partition {
    fn forward(&mut self, scene: &mut Scene<'_>, _: &mut Party, _: &mut String) -> Onward {
        let at_hub = matches!(scene.machine, Machine::Hub(_));
        if at_hub && (scene.hits() || scene.goes_on()) {
            Onward::Cut
        } else {
            Onward::Sent
        }
    }
}

/// `hub-stuck-queue`: the hub acknowledges undos and keeps them in a queue that does not move until it heals; then it
/// sends them on in order.
struct Stuck {
    queue: Vec<Waiting>,
}

struct Waiting {
    to: Party,
    cause: Cause,
    since: Moment,
    context: Option<Context>,
    body: String,
}

pub(super) fn stuck_queue(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Stuck { queue: Vec::new() })
}

impl Trouble for Stuck {
    fn forward(&mut self, scene: &mut Scene<'_>, to: &mut Party, body: &mut String) -> Onward {
        let at_hub = matches!(scene.machine, Machine::Hub(_));
        if !at_hub || scene.message.infno.nature() != Nature::Undo {
            return Onward::Sent;
        }
        let Some(echo) = as_if_undone(scene.now(), body) else {
            return Onward::Sent;
        };
        if !(scene.hits() || scene.goes_on()) {
            return Onward::Sent;
        }
        self.queue.push(Waiting {
            to: to.clone(),
            cause: scene.message.cause.clone(),
            since: scene.now(),
            context: None,
            body: body.clone(),
        });
        Onward::Echoed(echo)
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        if place.goes_on() {
            return;
        }
        for waiting in self.queue.drain(..) {
            let parcel = Parcel {
                due: place.now,
                context: waiting.context,
                path: HOP_PATH.to_owned(),
                body: waiting.body.into_bytes(),
            };
            place.board.post(carrier(&waiting.to), parcel);
        }
    }

    fn show(&mut self, _: Moment, export: &mut Export) {
        if export.party.role == Role::Hub {
            export
                .queues
                .extend(self.queue.iter().map(|waiting| QueueItem {
                    to: waiting.to.clone(),
                    cause: waiting.cause.clone(),
                    since: waiting.since,
                }));
        }
    }
}
