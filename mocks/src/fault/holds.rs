//! 冻结 · `hold-left`: an insured place that pays in two phases, and whose undo forgets the first one.
//!
//! What an account pays is held and then booked. The undo gives the payment back and leaves the hold: the balance is
//! right, and the person cannot spend it.

use crosswipe_domain::{Entry, Role};

use super::FaultOrder;
use super::trouble::{Fitting, Trouble};
use crate::machine::Machine;

struct Left;

pub(super) fn left(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Left)
}

impl Trouble for Left {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        if let Machine::Region(region) = &mut *rig.machine {
            region.hold_accounts();
        }
        rig.bend(Role::Insured, |group, draft| {
            if draft.entries.iter().any(frees) && group.hits(draft) {
                draft.entries.retain(|entry| !frees(entry));
            }
        });
    }
}

/// Whether an entry takes a hold away.
fn frees(entry: &Entry) -> bool {
    match entry {
        Entry::Posting { cell, reverses, .. } => cell.kind == "hold" && reverses.is_some(),
        Entry::Row { kind, was, .. } => kind == "hold" && was.is_some(),
        Entry::Fence { .. } => false,
    }
}
