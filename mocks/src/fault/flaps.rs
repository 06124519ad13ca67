//! 反复 · Queries that two nodes answer in turn, one of which lags: it shows a settlement as it stood before its undo.
//!
//! The books are right all the time; only what is told of them wavers, until the node has caught up.

use super::FaultOrder;
use super::trouble::{Departure, Scene, Trouble};
use crate::machine::Answer;

/// What 5203 says of a settlement that was undone, and what it said before.
const UNDONE: &str = "\"refd_setl_flag\":\"1\"";
const STOOD: &str = "\"refd_setl_flag\":\"0\"";

/// `query-flaps`: every other answer comes from the node that lags.
struct Flapping {
    lagging: bool,
}

pub(super) fn flapping(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Flapping { lagging: false })
}

impl Trouble for Flapping {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let tells = scene.is_from_institution()
            && scene.message.infno.base() == "5203"
            && answer.body.contains(UNDONE);
        if tells && (scene.hits() || scene.goes_on()) {
            self.lagging = !self.lagging;
            if self.lagging {
                answer.body = answer.body.replace(UNDONE, STOOD);
            }
        }
        Departure::Whole
    }
}
