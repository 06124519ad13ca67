//! 半截账 · `snapshot-not-atomic`: books that are shown while a group is half booked.
//!
//! From the undo that is hit on, the party shows its last posting in the log and not yet in its cell, until it heals.
//! Its books are right; what it shows contradicts itself.

use crosswipe_domain::{Cell, Entry, Export, Role};

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Departure, Scene, Shown, Trouble};
use crate::machine::Answer;

struct Torn {
    role: Role,
    /// It was this machine's undo.
    met: bool,
}

pub(super) fn torn(order: &FaultOrder) -> Box<dyn Trouble> {
    let role = if order.choice("at") == "treatment" {
        Role::Treatment
    } else {
        Role::Insured
    };
    Box::new(Torn { role, met: false })
}

impl Trouble for Torn {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let here = match self.role {
            Role::Treatment => scene.is_from_institution(),
            _ => scene.is_insured_place(),
        };
        if here && is_success(answer) && scene.hits() {
            self.met = true;
        }
        Departure::Whole
    }

    fn show(&mut self, shown: &Shown<'_>, export: &mut Export) {
        let lasts = self.met && shown.board.goes_on(shown.which, shown.now);
        if !lasts || export.party.role != self.role {
            return;
        }
        let last = export.log.iter().rev().find_map(|row| match &row.entry {
            Entry::Posting {
                cell, unit, amount, ..
            } => Some((cell.clone(), *unit, *amount)),
            _ => None,
        });
        let Some((key, unit, amount)) = last else {
            return;
        };
        match export.cells.iter_mut().find(|cell| cell.key == key) {
            Some(cell) => cell.value -= amount,
            // A cell of nothing is not shown: before its last posting it was something.
            None => {
                let value = -amount;
                export.cells.push(Cell { key, unit, value });
                export.cells.sort_by(|a, b| a.key.cmp(&b.key));
            }
        }
    }
}
