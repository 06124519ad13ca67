//! 颠倒 · `two-settles-reordered`: of two settlements of one person under way at once, the second one sent arrives first.
//!
//! The first waits on its link until somebody's second has been answered, and then arrives like any message: nothing is
//! lost, and nobody's patience runs out. Where no second comes in time, it goes on as if nothing had been,
//! and the next settlement is the first that may be overtaken.

use super::FaultOrder;
use super::trouble::{Arrival, Departure, Parcel, Scene, Trouble};
use crate::machine::Answer;

/// How often the first asks before it goes on alone; behind a socket five milliseconds each.
const PATIENCE: u32 = 60;

/// The treatment place of either.
#[derive(Default)]
struct Overtaken {
    /// Who waits here, and how often it has asked.
    waiting: Option<(String, u32)>,
    /// Who goes past, and whom.
    passing: Option<(String, String)>,
    /// Who has waited long enough.
    released: Option<String>,
}

pub(super) fn reordered(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Overtaken::default())
}

/// Under which word the board keeps who waits.
fn held(scene: &Scene<'_>) -> Option<String> {
    let person = scene.message.person.as_deref()?;
    Some(format!("held {person}"))
}

/// Word that the second has been answered.
fn passed(first: &str) -> String {
    format!("passed {first}")
}

impl Trouble for Overtaken {
    fn holds_back(&mut self, scene: &mut Scene<'_>) -> bool {
        let own = scene.message.cause.msgid.clone();
        let (board, which) = (scene.board, scene.which);
        let Some(word) = held(scene).filter(|_| scene.is_from_institution()) else {
            return false;
        };
        if let Some((waiting, asked)) = &mut self.waiting
            && *waiting == own
        {
            *asked += 1;
            if *asked > PATIENCE || board.is_marked(which, &passed(&own)) {
                board.keep(which, &word, "", "");
                self.waiting = None;
                self.released = Some(own);
                return false;
            }
            return true;
        }
        let somebody = board
            .kept(which, &word, &own)
            .is_some_and(|first| !first.is_empty());
        let may_wait = self.waiting.is_none() && !somebody && self.released.as_ref() != Some(&own);
        if may_wait && board.would_hit(which, scene.message) {
            board.keep(which, &word, &own, &own);
            self.waiting = Some((own, 0));
            return true;
        }
        if may_wait {
            board.spare(which, scene.message);
        }
        false
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let own = &scene.message.cause.msgid;
        let first = held(scene)
            .filter(|_| scene.is_from_institution() && self.released.as_ref() != Some(own))
            .and_then(|word| scene.board.kept(scene.which, &word, own))
            .filter(|first| !first.is_empty());
        if let Some(first) = first
            && scene.hits()
        {
            self.passing = Some((own.clone(), first));
        }
        Arrival::Taken
    }

    fn depart(&mut self, scene: &mut Scene<'_>, _: &mut Answer) -> Departure {
        let own = &scene.message.cause.msgid;
        if let Some((_, first)) = self.passing.take_if(|(second, _)| second == own) {
            scene.board.mark(scene.which, passed(&first));
        }
        Departure::Whole
    }
}
