//! 改期 · One bound of a window that moves alone, with source and name, and from when on that is known.
//!
//! Why dated twice: a notice that comes at noon does not make wrong what was sent in the morning. So the first bounds stay
//! in the plan, and whoever asks the window asks for the bounds in force at the instant of the message
//! ([`Window::in_force`]). The judge puts amendments upon a window with code of its own.
//! Not here: whether a window that was amended is still whole (`scenarios`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Moment, Window};

/// 改期 · One bound, moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// Which: `PHASE.from`, `PHASE.to`, `CLAUSE.from`, `CLAUSE.to` of a suspension, `no_refund.from`,
    /// `no_refund.settled_before`, `no_self_pay.from`, `no_self_pay.admitted_before`.
    pub bound: String,
    /// Where it lay until then.
    pub was: Moment,
    /// Where it lies from then on.
    pub to: Moment,
    /// From when on that is known: what came before is right or wrong by the old bound.
    pub known: Moment,
    /// The notice that says so.
    pub source: String,
    /// Who brought it.
    pub who: String,
}

impl Amendment {
    /// So many ms later (earlier, if negative).
    pub fn shifted(&self, ms: i64) -> Amendment {
        Amendment {
            was: self.was.plus_ms(ms),
            to: self.to.plus_ms(ms),
            known: self.known.plus_ms(ms),
            ..self.clone()
        }
    }
}

impl Window {
    /// The bounds in force at an instant.
    pub fn in_force(&self, at: Moment) -> Cow<'_, Window> {
        self.with(|amendment| amendment.known <= at)
    }

    /// The bounds after all amendments.
    pub fn latest(&self) -> Cow<'_, Window> {
        self.with(|_| true)
    }

    /// The bounds as they were first said.
    pub fn first_said(&self) -> Cow<'_, Window> {
        self.with(|_| false)
    }

    fn with(&self, counts: impl Fn(&Amendment) -> bool) -> Cow<'_, Window> {
        if self.amended.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut window = self.clone();
        for amendment in std::mem::take(&mut window.amended) {
            if counts(&amendment) {
                for bound in window.bounds(&amendment.bound) {
                    if *bound == amendment.was {
                        *bound = amendment.to;
                    }
                }
            }
        }
        Cow::Owned(window)
    }

    /// Where the bounds of this name lie, before any amendment; none = no such bound. Two suspensions by one clause may
    /// have two.
    pub fn instants_of(&self, name: &str) -> Vec<Moment> {
        let mut window = self.clone();
        let mut instants: Vec<Moment> = window.bounds(name).into_iter().map(|at| *at).collect();
        instants.sort();
        instants.dedup();
        instants
    }

    /// All places in which a bound of this name stands: phases join, so the end of one is the beginning of the next.
    fn bounds(&mut self, name: &str) -> Vec<&mut Moment> {
        let Some((of, side)) = name.rsplit_once('.') else {
            return Vec::new();
        };
        if of == "no_refund" {
            let rule = self.no_refund.as_mut();
            return match (rule, side) {
                (Some(rule), "from") => vec![&mut rule.from],
                (Some(rule), "settled_before") => vec![&mut rule.settled_before],
                _ => Vec::new(),
            };
        }
        if of == "no_self_pay" {
            let rule = self.no_self_pay.as_mut();
            return match (rule, side) {
                (Some(rule), "from") => vec![&mut rule.from],
                (Some(rule), "admitted_before") => vec![&mut rule.admitted_before],
                _ => Vec::new(),
            };
        }
        if let Some(place) = self.phases.iter().position(|phase| phase.id == of) {
            let (before, after) = match side {
                "from" => (place.checked_sub(1), Some(place)),
                "to" => (Some(place), Some(place + 1)),
                _ => return Vec::new(),
            };
            let phases = self.phases.iter_mut().enumerate();
            let sides = phases.flat_map(|(index, phase)| {
                let ends = phase.to.as_mut().filter(|_| Some(index) == before);
                let begins = (Some(index) == after).then_some(&mut phase.from);
                [ends, begins].into_iter().flatten()
            });
            return sides.collect();
        }
        let suspended = self.suspended.iter_mut().filter(|one| one.clause == of);
        match side {
            "from" => suspended.map(|one| &mut one.from).collect(),
            "to" => suspended.filter_map(|one| one.to.as_mut()).collect(),
            _ => Vec::new(),
        }
    }
}
