//! 界 · The window as it was at each instant: first as RUN has it, then with every bound that was moved since.
//!
//! An amendment makes nothing wrong that came before it was known, and nothing right either, so each rule asks for the
//! window of the instant it judges. Amendments stand in RUN where the plan knew them, in WINDOW where they came in mid-run;
//! the same one may stand in both. Put together with code of the judge's own.

use crosswipe_domain::{Amendment, Moment, Window};
use crosswipe_journal::Moved;

/// 界 · Versions of a window, each with the instant from which on it holds.
#[derive(Debug)]
pub(crate) struct Bounds {
    first: Window,
    later: Vec<(Moment, Window)>,
}

impl Bounds {
    pub(crate) fn of(window: &Window, moved: &[&Moved]) -> Bounds {
        let mut known: Vec<&Amendment> = window.amended.iter().collect();
        for one in moved.iter().map(|moved| &moved.amendment) {
            if !known.contains(&one) {
                known.push(one);
            }
        }
        known.sort_by_key(|one| one.known);
        let mut now = Window {
            amended: Vec::new(),
            ..window.clone()
        };
        let first = now.clone();
        let mut later = Vec::new();
        for one in known {
            move_one(&mut now, one);
            later.push((one.known, now.clone()));
        }
        Bounds { first, later }
    }

    /// The window that held at an instant.
    pub(crate) fn at(&self, at: Moment) -> &Window {
        let mut known = self.later.iter().rev();
        let holds = known.find(|(from, _)| *from <= at);
        holds.map_or(&self.first, |(_, window)| window)
    }

    /// The window as it ended.
    pub(crate) fn last(&self) -> &Window {
        self.later.last().map_or(&self.first, |(_, window)| window)
    }
}

/// Moves one bound wherever it stands: the end of a phase is the beginning of the next.
fn move_one(window: &mut Window, one: &Amendment) {
    let named = |of: &str, side: &str| one.bound == format!("{of}.{side}");
    let names: Vec<String> = window.phases.iter().map(|phase| phase.id.clone()).collect();
    for (place, phase) in window.phases.iter_mut().enumerate() {
        let before = place.checked_sub(1).and_then(|place| names.get(place));
        let begins = named(&phase.id, "from") || before.is_some_and(|id| named(id, "to"));
        let ends =
            named(&phase.id, "to") || names.get(place + 1).is_some_and(|id| named(id, "from"));
        if begins && phase.from == one.was {
            phase.from = one.to;
        }
        if ends && phase.to == Some(one.was) {
            phase.to = Some(one.to);
        }
    }
    if names.iter().any(|id| named(id, "from") || named(id, "to")) {
        return;
    }
    for stop in &mut window.suspended {
        if named(&stop.clause, "from") && stop.from == one.was {
            stop.from = one.to;
        }
        if named(&stop.clause, "to") && stop.to == Some(one.was) {
            stop.to = Some(one.to);
        }
    }
    if let Some(rule) = &mut window.no_refund {
        if named("no_refund", "from") && rule.from == one.was {
            rule.from = one.to;
        }
        if named("no_refund", "settled_before") && rule.settled_before == one.was {
            rule.settled_before = one.to;
        }
    }
    if let Some(rule) = &mut window.no_self_pay {
        if named("no_self_pay", "from") && rule.from == one.was {
            rule.from = one.to;
        }
        if named("no_self_pay", "admitted_before") && rule.admitted_before == one.was {
            rule.admitted_before = one.to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit;

    fn moved(bound: &str, was: Moment, to: Moment, known: Moment) -> Amendment {
        Amendment {
            bound: bound.to_owned(),
            was,
            to,
            known,
            source: "notice".to_owned(),
            who: "someone".to_owned(),
        }
    }

    /// Each phase of the testkit's window is moved at its end by either name, and both names move the same two places.
    #[test]
    fn a_bound_has_two_names_and_is_one() {
        let window = testkit::plan().window;
        let mut compared = 0;
        for pair in window.phases.windows(2) {
            let (was, known) = (pair[1].from, pair[0].from);
            let to = was.plus_ms(1_000);
            let names = [format!("{}.to", pair[0].id), format!("{}.from", pair[1].id)];
            let by = names.map(|name| {
                let mut window = window.clone();
                window.amended.push(moved(&name, was, to, known));
                // Two readings of one amendment.
                let own = Bounds::of(&window, &[]);
                assert_eq!(own.last(), &*window.latest());
                assert_eq!(own.at(known), own.last());
                assert_eq!(own.at(known.plus_ms(-1)).phases, window.phases);
                own.last().clone()
            });
            assert_eq!(by[0], by[1]);
            assert_ne!(by[0].phases, window.phases);
            compared += 1;
        }
        assert!(compared >= 1);
    }

    #[test]
    fn what_run_and_window_both_say_is_said_once() {
        let mut window = testkit::plan().window;
        let first = window.phases[0].clone();
        let (was, known) = (first.to.unwrap(), first.from);
        let one = moved(&format!("{}.to", first.id), was, was.plus_ms(5_000), known);
        window.amended.push(one.clone());
        let record = Moved {
            amendment: one,
            window_sha256: String::new(),
        };
        let both = Bounds::of(&window, &[&record]);
        assert_eq!(both.later.len(), 1);
    }
}
