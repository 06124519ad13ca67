//! 清分 · `hub-period-confirmed`: the period is confirmed (3261) while a settlement in it is still to be undone.
//!
//! The hub keeps one clearing entry of the settlement that is hit. As soon as time passes the insured place confirms
//! the period; an undo that comes then leaves the entry as it is and goes into the next period.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Cause, Entry, Moment, Role};

use super::FaultOrder;
use super::trouble::{Fitting, Place, Trouble};
use crate::ledger::{Amounts, Draft, Facts};

/// An entry of the hub that was, or is to be, confirmed.
struct Held {
    id: String,
    /// Who confirms it: the insured place.
    by: String,
    confirmed: bool,
}

#[derive(Clone, Default)]
struct Period(Arc<Mutex<Vec<Held>>>);

impl Period {
    fn lock(&self) -> MutexGuard<'_, Vec<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Confirmed {
    period: Period,
}

pub(super) fn period_confirmed(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Confirmed {
        period: Period::default(),
    })
}

impl Trouble for Confirmed {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let period = self.period.clone();
        rig.bend(Role::Hub, move |group, draft| {
            if let Some((id, by)) = settled(draft)
                && group.hits(draft)
            {
                let facts = Facts::from([("setl_id", id.clone())]);
                draft.born("clearing", &id, "open", facts, Amounts::new());
                period.lock().push(Held {
                    id,
                    by,
                    confirmed: false,
                });
                return;
            }
            let held = period.lock();
            let closed = |id: &str| held.iter().any(|held| held.id == id && held.confirmed);
            let stays = |entry: &Entry| {
                matches!(entry, Entry::Row { kind, id, was: Some(_), .. } if kind == "clearing" && closed(id))
            };
            if draft.entries.iter().any(stays) {
                draft.entries.retain(|entry| !stays(entry));
                let next = next_month(draft.at);
                draft
                    .entries
                    .iter_mut()
                    .for_each(|entry| put_off(entry, &next));
            }
        });
    }

    fn touch(&mut self, place: &mut Place<'_>) {
        let Some(ledger) = place.machine.ledger_mut(Role::Hub) else {
            return;
        };
        // The bend of this ledger asks for the period too: it is let go before anything is booked.
        let due: Vec<(String, String)> = self
            .period
            .lock()
            .iter_mut()
            .filter(|held| !held.confirmed && ledger.row("clearing", &held.id).is_some())
            .map(|held| {
                held.confirmed = true;
                (held.id.clone(), held.by.clone())
            })
            .collect();
        for (id, origin) in due {
            let Some(held) = ledger.row("clearing", &id) else {
                continue;
            };
            let cause = Cause {
                origin,
                msgid: format!("3261{id}"),
                infno: "3261".to_owned(),
            };
            let mut draft = Draft::new(place.now, cause, None);
            draft.turned(&held.row, "confirmed", Facts::new());
            ledger.commit(draft);
        }
    }
}

/// The id of the settlement that a group gives birth to, and its insured place.
fn settled(draft: &Draft) -> Option<(String, String)> {
    draft.entries.iter().find_map(|entry| match entry {
        Entry::Row {
            kind,
            id,
            status,
            was: None,
            facts,
            ..
        } if kind == "settlement" && status == "settled" => {
            Some((id.to_string(), facts.get("insuplc_admdvs")?.to_string()))
        }
        _ => None,
    })
}

/// The month after that of an instant, as clearing cells name it.
fn next_month(at: Moment) -> String {
    let mut day = at.day();
    let month = day.month();
    while day.month() == month {
        day = day.next();
    }
    day.month()
}

fn put_off(entry: &mut Entry, period: &str) {
    if let Entry::Posting {
        cell,
        reverses: Some(_),
        ..
    } = entry
        && cell.kind == "clearing"
    {
        cell.dims.insert("period", period.to_owned());
    }
}
