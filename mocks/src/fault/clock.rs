//! 钟表 · A party whose clock is off, and one that cuts its days elsewhere.
//!
//! Both are bends of what is booked: the machine is told the right time and writes it down wrong.

use crosswipe_domain::{Entry, Moment, Role};

use super::FaultOrder;
use super::trouble::{Fitting, Trouble};

/// How far UTC is behind the time of the country, in ms.
const UTC_MS: i64 = 8 * 3_600_000;

/// `clock-skew-party`: from the first group on all that a party books is stamped `by` too late or too early.
struct Skewed {
    order: FaultOrder,
}

pub(super) fn skewed(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Skewed {
        order: order.clone(),
    })
}

impl Trouble for Skewed {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let Some(party) = self.order.party("party") else {
            return;
        };
        let sign = if self.order.choice("way") == "behind" {
            -1
        } else {
            1
        };
        let by = sign * self.order.span("by");
        rig.bend(party.role, move |group, draft| {
            if *group.party() == party && (group.hits(draft) || group.goes_on(draft.at)) {
                draft.at = draft.at.plus_ms(by);
            }
        });
    }
}

/// `utc-day-bucket`: the hub's day totals are kept by the day of UTC.
struct UtcDays;

pub(super) fn utc_days(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(UtcDays)
}

impl Trouble for UtcDays {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        rig.bend(Role::Hub, |group, draft| {
            let differs = utc_day(draft.at) != draft.at.day().to_string();
            let counted = draft.entries.iter().any(is_day_total);
            if differs && counted && (group.hits(draft) || group.goes_on(draft.at)) {
                let day = utc_day(draft.at);
                draft
                    .entries
                    .iter_mut()
                    .for_each(|entry| move_to(entry, &day));
            }
        });
    }
}

fn utc_day(at: Moment) -> String {
    at.plus_ms(-UTC_MS).day().to_string()
}

fn is_day_total(entry: &Entry) -> bool {
    matches!(entry, Entry::Posting { cell, .. } if cell.kind == "reconciliation")
}

/// Keeps a day total under another day.
pub(super) fn move_to(entry: &mut Entry, day: &str) {
    if let Entry::Posting { cell, .. } = entry
        && cell.kind == "reconciliation"
    {
        cell.dims.insert("day", day.to_owned());
    }
}

/// `cross-day-reversal`: the undo goes into the totals of the day after.
struct NextDay {
    role: Role,
}

pub(super) fn next_day(order: &FaultOrder) -> Box<dyn Trouble> {
    let role = if order.choice("at") == "treatment" {
        Role::Treatment
    } else {
        Role::Insured
    };
    Box::new(NextDay { role })
}

impl Trouble for NextDay {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        rig.bend(self.role, |group, draft| {
            let back = |entry: &&Entry| {
                is_day_total(entry)
                    && matches!(
                        entry,
                        Entry::Posting {
                            reverses: Some(_),
                            ..
                        }
                    )
            };
            if draft.entries.iter().find(back).is_some() && group.hits(draft) {
                let day = draft.at.day().next().to_string();
                draft
                    .entries
                    .iter_mut()
                    .for_each(|entry| move_to(entry, &day));
            }
        });
    }
}
