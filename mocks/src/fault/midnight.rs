//! 二十四时 · `midnight-24h`: a platform that read «24:00 of day D» in the notice as 00:00 of D.
//!
//! Its bounds at midnight lie a day too early: it serves tests on the day before it may, or refuses them on the last
//! day. Whether a message meets that is asked of both readings; where they agree, nothing has happened.

use crosswipe_domain::{Moment, Window};

use super::FaultOrder;
use super::trouble::{Arrival, Parcel, Scene, Trouble};
use crate::machine::Machine;

const DAY_MS: i64 = 86_400_000;

#[derive(Default)]
struct Misread {
    /// This platform has read it so once, and reads it so from then on.
    begun: bool,
}

pub(super) fn misread(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Misread::default())
}

impl Trouble for Misread {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if !scene.is_from_institution() {
            return Arrival::Taken;
        }
        let now = scene.now();
        let Machine::Region(region) = &*scene.machine else {
            return Arrival::Taken;
        };
        let right = region.window(now).into_owned();
        let wrong = a_day_early(&right);
        let id = |window: &Window| window.phase_at(now).map(|phase| phase.id.clone());
        let differs = id(&right) != id(&wrong);
        let misreads = differs && ((self.begun && scene.goes_on()) || scene.hits());
        self.begun |= misreads;
        if let Machine::Region(region) = &mut *scene.machine {
            region.read_window(misreads.then_some(wrong));
        }
        Arrival::Taken
    }
}

/// The same phases, each bound at midnight a day too early.
fn a_day_early(window: &Window) -> Window {
    let early = |bound: Moment| {
        let at_midnight = bound == bound.day().start();
        if at_midnight {
            bound.plus_ms(-DAY_MS)
        } else {
            bound
        }
    };
    let mut window = window.clone();
    for phase in &mut window.phases {
        phase.from = early(phase.from);
        phase.to = phase.to.map(early);
    }
    window
}
