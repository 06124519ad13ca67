//! 通路 · The ways to the insured places: to the platform of before the cutover, instead or as well, cut for a while, or jammed while it says that all is done, or cut and
//! kept in store for when it heals.

use crosswipe_domain::{
    AdmDivision, Cause, Entry, Export, FenceState, Moment, Nature, Party, QueueItem, Role,
};
use crosswipe_wire::Context;

use super::FaultOrder;
use super::lies::as_if_undone;
use super::trouble::{Departure, Fitting, Onward, Parcel, Place, Scene, Shown, Trouble};
use super::{again, gates};
use crate::machine::{Answer, HOP_PATH, Machine};
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

    fn show(&mut self, _: &Shown<'_>, export: &mut Export) {
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

/// `hub-routes-to-old-platform`: a way of the hub still leads to the region's platform of before the cutover, and the
/// undo of a settlement goes there. That platform knows nothing of it and says that it is done.
struct OldRoute;

pub(super) fn old_route(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(OldRoute)
}

impl Trouble for OldRoute {
    fn forward(&mut self, scene: &mut Scene<'_>, to: &mut Party, _: &mut String) -> Onward {
        let at_hub = matches!(scene.machine, Machine::Hub(_));
        if let Some(region) = to.region()
            && at_hub
            && scene.hits()
        {
            *to = Party::old_platform(region);
        }
        Onward::Sent
    }
}

/// `old-platform-still-open`: a second line to the region's platform of before the cutover was never unplugged. Whatever
/// is booked at the insured place comes there too; that platform ought to have stopped, and books it. Undos go by the
/// new line alone.
struct StillOpen {
    door: Box<dyn Trouble>,
}

pub(super) fn still_open(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(StillOpen {
        door: gates::stopped(order),
    })
}

impl StillOpen {
    fn copy(scene: &Scene<'_>, region: AdmDivision, body: String) {
        let parcel = Parcel {
            due: scene.now(),
            context: None,
            path: HOP_PATH.to_owned(),
            body: body.into_bytes(),
        };
        let old = carrier(&Party::old_platform(region));
        scene.board.post(old, parcel);
    }
}

impl Trouble for StillOpen {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        self.door.install(rig);
    }

    fn forward(&mut self, scene: &mut Scene<'_>, to: &mut Party, body: &mut String) -> Onward {
        let at_hub = matches!(scene.machine, Machine::Hub(_));
        let books = scene.message.infno.nature() == Nature::Forward;
        if let (true, true, Some(region)) = (at_hub, books, to.region()) {
            StillOpen::copy(scene, region, body.clone());
        }
        Onward::Sent
    }

    fn depart(&mut self, scene: &mut Scene<'_>, _: &mut Answer) -> Departure {
        if let Machine::Region(region) = &mut *scene.machine
            && let Some(body) = region.take_kept_at_home()
            && scene.message.infno.nature() == Nature::Forward
        {
            let code = region.code();
            StillOpen::copy(scene, code, body);
        }
        Departure::Whole
    }
}

/// `heal-with-backlog`: nothing reaches the insured place until it heals, and whoever waits hears nothing; then the hub
/// sends what it has kept, in order, the newest first, or each twice. An insured place without a fence books a settlement
/// behind its own undo, and what comes twice twice.
struct Backlog {
    order: FaultOrder,
    kept: Vec<(Party, String)>,
    /// At an insured place that does not know a repetition.
    again: Option<Box<dyn Trouble>>,
}

pub(super) fn backlog(order: &FaultOrder) -> Box<dyn Trouble> {
    let doubled = order.choice("order") == "doubled" && order.choice("fence") == "none";
    Box::new(Backlog {
        order: order.clone(),
        kept: Vec::new(),
        again: doubled.then(again::marked_at_insured),
    })
}

impl Trouble for Backlog {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        if let Some(again) = &mut self.again {
            again.install(rig);
        } else if self.order.choice("fence") == "none" {
            rig.bend(Role::Insured, |group, draft| {
                draft.entries.retain(|entry| {
                    !matches!(entry, Entry::Fence { msgid, state: FenceState::Tombstone, .. } if group.is_marked(msgid))
                });
            });
        }
    }

    fn forward(&mut self, scene: &mut Scene<'_>, to: &mut Party, body: &mut String) -> Onward {
        let at_hub = matches!(scene.machine, Machine::Hub(_));
        if !at_hub || !(scene.hits() || scene.goes_on()) {
            return Onward::Sent;
        }
        if scene.message.infno.settles() {
            let msgid = scene.message.cause.msgid.clone();
            scene.board.mark(scene.which, msgid);
        }
        self.kept.push((to.clone(), body.clone()));
        Onward::Cut
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        if let Some(again) = &mut self.again {
            again.touch(place);
        }
        if place.goes_on() {
            return;
        }
        let mut kept = std::mem::take(&mut self.kept);
        if self.order.choice("order") == "reversed" {
            kept.reverse();
        }
        let times = if self.order.choice("order") == "doubled" {
            2
        } else {
            1
        };
        for (to, body) in kept {
            let parcel = Parcel {
                due: place.now,
                context: None,
                path: HOP_PATH.to_owned(),
                body: body.into_bytes(),
            };
            for _ in 0..times {
                place.board.post(carrier(&to), parcel.clone());
            }
        }
    }
}
