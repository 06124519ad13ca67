//! 计划时钟 · What time it is in the plan behind a door: real time, moved and as many times as fast, and forward only.
//!
//! Why forward only: everything that was booked has its instant, and nobody's books go back. Whoever keeps the run writes a
//! leap down before anybody behind the door may see it (`Witness::leaps`); between the two no message is under way.
//! Read by the door, by whoever stands behind it and by the run that is kept of it. Not here: real time (`TimeFn`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::Moment;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shell::TimeFn;

/// How many times as fast as real time a plan may go on.
const FASTEST: u32 = 3_600;
/// Nobody leaps further at once, in milliseconds: a year and a day.
const FURTHEST_MS: i64 = 367 * 86_400_000;

/// 计划时钟 · What time it is in the plan; clones show the same.
#[derive(Clone)]
pub struct PlanClock {
    hand: Arc<Mutex<Hand>>,
    real: TimeFn,
    phases: Vec<(String, Moment)>,
}

/// Since when the plan goes on from where, and how fast.
#[derive(Clone, Copy)]
struct Hand {
    real: Moment,
    plan: Moment,
    speed: u32,
}

/// 拨钟 · The plan goes on from another instant, or at another speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    /// Plan time as it was.
    pub from: Moment,
    /// From where it goes on; never earlier.
    pub to: Moment,
    /// How many times as fast as real time from then on.
    pub speed: u32,
}

/// What somebody asks of the clock.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    to: Option<String>,
    phase: Option<String>,
    speed: Option<u32>,
}

impl PlanClock {
    /// Begins at `plan`, which is now, `speed` times as fast as `real` time; `phases` with their beginnings.
    pub fn begin(
        real: TimeFn,
        plan: Moment,
        speed: u32,
        phases: Vec<(String, Moment)>,
    ) -> PlanClock {
        let hand = Hand {
            real: real(),
            plan,
            speed,
        };
        PlanClock {
            hand: Arc::new(Mutex::new(hand)),
            real,
            phases,
        }
    }

    /// Plan time.
    pub fn now(&self) -> Moment {
        let hand = *self.lock();
        self.shown(hand)
    }

    /// Real time that goes back does not take the plan back beyond the last leap.
    fn shown(&self, hand: Hand) -> Moment {
        let gone = (self.real)().ms_since(hand.real).max(0);
        hand.plan.plus_ms(gone * i64::from(hand.speed))
    }

    /// What a page is shown.
    pub(super) fn told(&self) -> Value {
        let (now, speed) = (self.now(), self.lock().speed);
        let phase = self.phases.iter().rev().find(|(_, from)| *from <= now);
        let phases = self.phases.iter();
        let phases: Vec<Value> = phases
            .map(|(id, from)| json!({"id": id, "from": from.to_string()}))
            .collect();
        json!({
            "now": now.to_string(), "speed": speed, "phase": phase.map(|(id, _)| id), "phases": phases,
        })
    }

    /// Reads what somebody asks of the clock; nothing is changed.
    ///
    /// # Errors
    /// HTTP status and words: it cannot be read (400), or would go back (409).
    pub(super) fn asked(&self, body: &[u8]) -> Result<Leap, (u16, String)> {
        let unread = || {
            let form = r#"{"to": "2030-03-02T20:00:00+08:00"} {"phase": "live"} {"speed": 60}"#;
            (400, format!("写其中一项 · write one of these: {form}"))
        };
        let asked: Asked = serde_json::from_slice(body).map_err(|_| unread())?;
        let hand = *self.lock();
        let now = self.shown(hand);
        let leap = |to: Moment, speed: u32| Leap {
            from: now,
            to,
            speed,
        };
        match (asked.to, asked.phase, asked.speed) {
            (None, None, Some(speed)) if (1..=FASTEST).contains(&speed) => Ok(leap(now, speed)),
            (None, None, Some(speed)) => Err((
                400,
                format!("倍速在 1 至 {FASTEST} 之间 · a speed is 1 to {FASTEST}: {speed}"),
            )),
            (Some(to), None, None) => {
                let to = Moment::parse(to.trim()).map_err(|_| unread())?;
                self.forward(now, to).map(|to| leap(to, hand.speed))
            }
            (None, Some(phase), None) => {
                let to = self.beginning(&phase)?;
                self.forward(now, to).map(|to| leap(to, hand.speed))
            }
            _ => Err(unread()),
        }
    }

    fn beginning(&self, phase: &str) -> Result<Moment, (u16, String)> {
        let mut all = self.phases.iter();
        let found = all.find(|(id, _)| id == phase).map(|(_, from)| *from);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.phases.iter().map(|(id, _)| id.as_str()).collect();
            (
                400,
                format!(
                    "没有这个阶段, 有 · no such phase, there are: {}",
                    names.join(" ")
                ),
            )
        })
    }

    fn forward(&self, now: Moment, to: Moment) -> Result<Moment, (u16, String)> {
        if to < now {
            return Err((
                409,
                format!(
                    "时间只往前, 现在是 {now}; 从头来用 /__admin/reset · plan time goes forward only, it is {now}; to begin anew: /__admin/reset"
                ),
            ));
        }
        if to.ms_since(now) > FURTHEST_MS {
            return Err((
                400,
                format!("一次最多往前一年 · a year at most at once, it is {now}"),
            ));
        }
        Ok(to)
    }

    /// The plan goes on from there.
    pub(super) fn leap(&self, leap: Leap) {
        let mut hand = self.lock();
        let now = self.shown(*hand);
        *hand = Hand {
            real: (self.real)(),
            plan: leap.to.max(now),
            speed: leap.speed,
        };
    }

    fn lock(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PlanClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlanClock({}×, {:?})", self.lock().speed, self.phases)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use rstest::rstest;

    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    /// A clock at noon in the plan, and real time that a test moves.
    fn clock(speed: u32) -> (PlanClock, Arc<AtomicI64>) {
        let real = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&real);
        let begun = at("2026-11-20T09:00:00+08:00");
        let time: TimeFn = Arc::new(move || begun.plus_ms(read.load(Ordering::SeqCst)));
        let phases = [
            ("cross", "2030-03-02T12:00:00+08:00"),
            ("live", "2030-03-02T20:00:00+08:00"),
        ];
        let phases = phases.map(|(id, from)| (id.to_owned(), at(from)));
        let noon = at("2030-03-02T12:00:00+08:00");
        (PlanClock::begin(time, noon, speed, phases.to_vec()), real)
    }

    #[rstest]
    #[case::an_instant(
        r#"{"to": "2030-03-02T15:00:00+08:00"}"#,
        "2030-03-02T15:00:00.000+08:00",
        60
    )]
    #[case::a_phase(r#"{"phase": "live"}"#, "2030-03-02T20:00:00.000+08:00", 60)]
    #[case::a_speed(r#"{"speed": 1}"#, "2030-03-02T12:01:00.000+08:00", 1)]
    fn a_leap_is_asked_for_and_then_made(#[case] body: &str, #[case] to: &str, #[case] speed: u32) {
        let (clock, real) = clock(60);
        real.store(1_000, Ordering::SeqCst);
        let leap = clock.asked(body.as_bytes()).unwrap();
        assert_eq!(
            (leap.from, leap.to),
            (at("2030-03-02T12:01:00+08:00"), at(to))
        );
        assert_eq!(clock.now(), leap.from, "asking moves nothing");
        clock.leap(leap);
        assert_eq!(clock.now(), at(to));
        real.store(3_000, Ordering::SeqCst);
        assert_eq!(clock.now(), at(to).plus_ms(2_000 * i64::from(speed)));
        // Real time that was set back takes the plan no further back than the leap.
        real.store(-9_000, Ordering::SeqCst);
        assert_eq!(clock.now(), at(to));
    }

    #[rstest]
    #[case::back(r#"{"to": "2030-03-02T11:59:59+08:00"}"#, 409, "时间只往前")]
    #[case::to_a_phase_that_is_over(r#"{"phase": "cross"}"#, 409, "forward only")]
    #[case::far(r#"{"to": "2999-03-02T11:59:59+08:00"}"#, 400, "a year at most")]
    #[case::no_phase(r#"{"phase": "nowhen"}"#, 400, "there are: cross live")]
    #[case::no_instant(r#"{"to": "tomorrow"}"#, 400, "write one of these")]
    #[case::standing_still(r#"{"speed": 0}"#, 400, "a speed is 1 to 3600")]
    #[case::too_fast(r#"{"speed": 3601}"#, 400, "a speed is 1 to 3600")]
    #[case::two_at_once(r#"{"phase": "live", "speed": 60}"#, 400, "write one of these")]
    #[case::nothing("{}", 400, "write one of these")]
    #[case::a_slip(r#"{"phse": "live"}"#, 400, "write one of these")]
    #[case::no_json("live", 400, "write one of these")]
    fn what_cannot_be_is_refused_in_words(
        #[case] body: &str,
        #[case] status: u16,
        #[case] words: &str,
    ) {
        let (clock, real) = clock(1);
        real.store(1_000, Ordering::SeqCst);
        let (refused, said) = clock.asked(body.as_bytes()).unwrap_err();
        assert_eq!(refused, status, "{said}");
        assert!(said.contains(words), "{said}");
    }
}
