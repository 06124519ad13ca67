//! 重启 · `party-restarts`: a machine dies with the step that it has taken, and another stands up in its place.
//!
//! Whoever carries it cuts its connections and stands the new one up; what that finds of the books is said here.

use super::FaultOrder;
use super::trouble::{Scene, Trouble};

/// 账册存亡 · What a party that is started again finds of its books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Books {
    /// All that it had booked: its log was durable.
    #[default]
    Kept,
    /// Its opening balances.
    Lost,
}

struct Death {
    order: FaultOrder,
}

pub(super) fn party_restarts(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Death {
        order: order.clone(),
    })
}

impl Trouble for Death {
    fn dies(&mut self, scene: &mut Scene<'_>) -> Option<Books> {
        let at = self.order.party("party")?;
        if !scene.is_at(&at) || !scene.hits() {
            return None;
        }
        Some(match self.order.choice("books") {
            "lost" => Books::Lost,
            _ => Books::Kept,
        })
    }
}
