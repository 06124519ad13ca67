//! 随界而变 · What a case expects once a bound has moved: what the amended window makes of the same instants.
//!
//! Only what the old window would have borne out and the new one does not is turned: an expectation that was wrong before
//! stays wrong and is told as ever. Fields of an answer that will not come are expected no more.
//! Called by `checks` and `amend`.

use std::collections::BTreeMap;

use crosswipe_domain::{Moment, Persona};

use crate::schedule::Schedule;
use crate::{Case, Expect, Expected, Office, Play, Step, Swipe};

/// Turns the steps of a case that expect what the first window says and the second does not; true if any did.
pub(crate) fn turned(
    case: &mut Case,
    (old, new): (Schedule<'_>, Schedule<'_>),
    personas: &BTreeMap<&str, &Persona>,
) -> bool {
    let Some(start) = case.start else {
        return false;
    };
    let turner = Turner { old, new, personas };
    turner.walk(&mut case.steps, start).1
}

struct Turner<'a> {
    old: Schedule<'a>,
    new: Schedule<'a>,
    personas: &'a BTreeMap<&'a str, &'a Persona>,
}

impl Turner<'_> {
    /// The instant of the last step, and whether any was turned.
    fn walk(&self, steps: &mut [Step], start: Moment) -> (Moment, bool) {
        let (mut now, mut any) = (start, false);
        for step in steps {
            let at = step.at().unwrap_or(now).max(now);
            let turned = match step {
                Step::Parallel(branches) => {
                    let mut last = now;
                    let mut one = false;
                    for branch in branches {
                        let (ended, turned) = self.walk(branch, now);
                        last = last.max(ended);
                        one |= turned;
                    }
                    now = last;
                    any |= one;
                    continue;
                }
                Step::Swipe(swipe) => self.swipe(swipe, at),
                Step::Play(play) => self.play(play, at),
                Step::Office(office) => self.office(office, at),
                Step::Call(_) => false,
            };
            (now, any) = (at, any | turned);
        }
        (now, any)
    }

    fn swipe(&self, swipe: &mut Swipe, at: Moment) -> bool {
        let asked = |schedule: &Schedule<'_>| {
            let visit = crate::Visit {
                persona: &swipe.persona,
                institution: &swipe.institution,
                business: swipe.business,
                channel: swipe.channel,
            };
            let swiped = schedule.swiped(visit, self.personas.get(swipe.persona.as_str())?)?;
            Some(schedule.refusal(&swiped, at))
        };
        let (Some(before), Some(after)) = (asked(&self.old), asked(&self.new)) else {
            return false;
        };
        let fits = |refusal: Option<&str>| match &swipe.expect.outcome {
            Expected::Ok | Expected::Accepted => refusal.is_none(),
            Expected::Gate { .. } => refusal.is_some(),
            // Forced past the gate, it meets the same window at the platform.
            Expected::Refused { .. } => refusal.is_some() == swipe.forced,
        };
        // A platform that refuses for reasons of its own does so in either window.
        let by_window = swipe.forced || !matches!(swipe.expect.outcome, Expected::Refused { .. });
        if !by_window || !fits(before) || fits(after) {
            return false;
        }
        let outcome = match (after, swipe.forced) {
            (None, _) => Expected::Ok,
            (Some(_), true) => Expected::Refused { code: None },
            (Some(_), false) => Expected::Gate { reason: None },
        };
        swipe.expect = plain(outcome);
        true
    }

    fn play(&self, play: &mut Play, at: Moment) -> bool {
        if play.stranger.is_some() {
            return false;
        }
        let open = |schedule: &Schedule<'_>| {
            let visit = crate::Visit {
                persona: &play.persona,
                institution: &play.institution,
                business: play.business,
                channel: play.channel,
            };
            let persona = self.personas.get(play.persona.as_str())?;
            let swiped = schedule.swiped(visit, persona)?;
            let mut numbers = play.messages.iter();
            let served = numbers.all(|number| schedule.serves_public(&swiped, number, at))
                && !play
                    .treated
                    .is_some_and(|treated| schedule.bars_entry(&swiped, treated, at));
            let refunded = play
                .refund_at
                .is_none_or(|refund_at| schedule.takes_back(play, persona.insured, refund_at));
            Some(served && refunded)
        };
        let (Some(before), Some(after)) = (open(&self.old), open(&self.new)) else {
            return false;
        };
        let accepted = play.expect.outcome == Expected::Accepted;
        // What is entered late may be refused in either window, for its turn; a closed one refuses it before that.
        let by_window = before == accepted || (before && play.treated.is_some());
        let unsure = after && play.treated.is_some();
        if before == after || !by_window || unsure {
            return false;
        }
        play.expect = plain(match after {
            true => Expected::Accepted,
            false => Expected::Refused { code: None },
        });
        true
    }

    fn office(&self, office: &mut Office, at: Moment) -> bool {
        let act = (office.act, office.old);
        let open = |schedule: &Schedule<'_>| schedule.opens_office(office.region, act, at);
        let (before, after) = (open(&self.old), open(&self.new));
        let accepted = office.expect.outcome == Expected::Accepted;
        if before == after || before != accepted {
            return false;
        }
        office.expect = plain(match after {
            true => Expected::Accepted,
            false => Expected::Refused { code: None },
        });
        true
    }
}

fn plain(outcome: Expected) -> Expect {
    let fields = Vec::new();
    Expect { outcome, fields }
}
