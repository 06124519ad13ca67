//! 改史 · A party whose books look right and whose history does not: rows deleted, rewritten, or lost at a restart.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosswipe_domain::{Entry, LogRow, Moment, Role};

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Departure, Place, Scene, Trouble};
use crate::ledger::Ledger;
use crate::machine::Answer;

/// What is done to the rows of a transaction and of its undo once that is booked.
enum Deed {
    Delete,
    Rewrite,
    /// At the beginning of the next day the log ends before the undo.
    LoseTail,
}

struct History {
    role: Role,
    deed: Deed,
    /// What is still to be lost: when, and from which group on.
    due: Option<(Moment, u64)>,
}

/// `history-deleted`
pub(super) fn deleted(order: &FaultOrder) -> Box<dyn Trouble> {
    history(role_of(order), Deed::Delete)
}

/// `history-mutated`
pub(super) fn mutated(order: &FaultOrder) -> Box<dyn Trouble> {
    history(role_of(order), Deed::Rewrite)
}

/// `resurrected-after-restart`
pub(super) fn resurrected(_: &FaultOrder) -> Box<dyn Trouble> {
    history(Role::Treatment, Deed::LoseTail)
}

fn history(role: Role, deed: Deed) -> Box<dyn Trouble> {
    Box::new(History {
        role,
        deed,
        due: None,
    })
}

fn role_of(order: &FaultOrder) -> Role {
    if order.choice("at") == "treatment" {
        Role::Treatment
    } else {
        Role::Insured
    }
}

impl Trouble for History {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let here = match self.role {
            Role::Treatment => scene.is_from_institution(),
            _ => scene.is_insured_place(),
        };
        let undo = scene.machine.ledger(self.role).and_then(|ledger| {
            let last = ledger.log_from(0).last()?;
            (*last.cause == scene.message.cause).then_some(last.group)
        });
        let Some(undo) = undo.filter(|_| here && is_success(answer)) else {
            return Departure::Whole;
        };
        if !scene.hits() {
            return Departure::Whole;
        }
        let now = scene.now();
        let Some(ledger) = scene.machine.ledger_mut(self.role) else {
            return Departure::Whole;
        };
        let groups = undone_by(ledger, undo);
        match self.deed {
            Deed::Delete => {
                ledger.relive(|row| (!groups.contains(&row.group)).then(|| Arc::clone(row)));
            }
            Deed::Rewrite => ledger.relive(|row| Some(as_if_nothing(row, &groups))),
            Deed::LoseTail => self.due = Some((now.day().next().start(), undo)),
        }
        Departure::Whole
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        if let Some((_, group)) = self.due.take_if(|(at, _)| *at <= place.now)
            && let Some(ledger) = place.machine.ledger_mut(self.role)
        {
            ledger.lose_tail(group);
        }
    }
}

/// A group and those whose postings it negates.
fn undone_by(ledger: &Ledger, undo: u64) -> BTreeSet<u64> {
    let negated: BTreeSet<u64> = ledger
        .group(undo)
        .iter()
        .filter_map(|row| match row.entry {
            Entry::Posting { reverses, .. } => reverses,
            _ => None,
        })
        .collect();
    let originals = ledger
        .log_from(0)
        .iter()
        .filter(|row| negated.contains(&row.seq));
    originals.map(|row| row.group).chain([undo]).collect()
}

/// The same row without an amount, if it is of one of these groups.
fn as_if_nothing(row: &Arc<LogRow>, groups: &BTreeSet<u64>) -> Arc<LogRow> {
    let mut row = Arc::clone(row);
    if groups.contains(&row.group) {
        match &mut Arc::make_mut(&mut row).entry {
            Entry::Posting { amount, .. } => *amount = 0,
            Entry::Row { amounts, .. } => amounts.values_mut().for_each(|fen| *fen = 0),
            Entry::Fence { .. } => {}
        }
    }
    row
}
