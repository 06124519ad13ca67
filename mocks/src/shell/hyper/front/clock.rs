//! 计划时钟 · What time it is in the plan behind a door: real time, moved and as many times as fast, and forward only.
//!
//! Why forward only: everything that was booked has its instant, and nobody's books go back. Whoever keeps the run writes a
//! leap down before anybody behind the door may see it (`Witness::leaps`); between the two no message is under way.
//! The phases in which it tells time are asked of the world behind the door, so they lie where they were moved to.
//! Read by the door, by whoever stands behind it and by the run that is kept of it. Not here: real time (`TimeFn`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Moment, Phase, Window};
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
    /// Begins at `plan`, which is now, `speed` times as fast as `real` time.
    pub fn begin(real: TimeFn, plan: Moment, speed: u32) -> PlanClock {
        let hand = Hand {
            real: real(),
            plan,
            speed,
        };
        PlanClock {
            hand: Arc::new(Mutex::new(hand)),
            real,
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

    /// What a page is shown; `window` as it was first said, with all that was amended since.
    pub(super) fn told(&self, window: &Window) -> Value {
        let (now, speed) = (self.now(), self.lock().speed);
        let (first, last) = (window.first_said(), window.in_force(now));
        let shown = |(was, phase): (&Phase, &Phase)| {
            let mut told = json!({"id": phase.id, "from": phase.from.to_string()});
            if was.from != phase.from {
                told["was"] = json!(was.from.to_string());
            }
            told
        };
        let phases = first.phases.iter().zip(&last.phases).map(shown);
        let phase = last.phases.iter().rev().find(|phase| phase.from <= now);
        json!({
            "now": now.to_string(), "speed": speed, "phase": phase.map(|phase| &phase.id),
            "phases": phases.collect::<Vec<_>>(),
        })
    }

    /// Reads what somebody asks of the clock; nothing is changed.
    ///
    /// # Errors
    /// HTTP status and words: it cannot be read (400), or would go back (409).
    pub(super) fn asked(&self, body: &[u8], window: &Window) -> Result<Leap, (u16, String)> {
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
                let to = beginning(&window.in_force(now), &phase)?;
                self.forward(now, to).map(|to| leap(to, hand.speed))
            }
            _ => Err(unread()),
        }
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

/// Where a phase begins, by its name.
fn beginning(window: &Window, phase: &str) -> Result<Moment, (u16, String)> {
    let mut all = window.phases.iter();
    let found = all.find(|one| one.id == phase).map(|one| one.from);
    found.ok_or_else(|| {
        let names: Vec<&str> = window.phases.iter().map(|one| one.id.as_str()).collect();
        (
            400,
            format!(
                "没有这个阶段, 有 · no such phase, there are: {}",
                names.join(" ")
            ),
        )
    })
}

impl std::fmt::Debug for PlanClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlanClock({}×)", self.lock().speed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use crosswipe_domain::{Amendment, PhaseKind, Public};
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
        let noon = at("2030-03-02T12:00:00+08:00");
        (PlanClock::begin(time, noon, speed), real)
    }

    /// Two phases, the second of which was amended at one o'clock to begin two hours later.
    fn window() -> Window {
        let phase = |id: &str, kind, from: &str, to: Option<&str>| Phase {
            id: id.to_owned(),
            kind,
            from: at(from),
            to: to.map(at),
            allow: Vec::new(),
            public: Public::Closed,
            reads: None,
            quote: String::new(),
        };
        let (noon, evening) = ("2030-03-02T12:00:00+08:00", "2030-03-02T18:00:00+08:00");
        Window {
            phases: vec![
                phase("cross", PhaseKind::Verify, noon, Some(evening)),
                phase("live", PhaseKind::Live, evening, None),
            ],
            margin_ms: 0,
            no_refund: None,
            no_self_pay: None,
            suspended: Vec::new(),
            amended: vec![Amendment {
                bound: "live.from".to_owned(),
                was: at(evening),
                to: at("2030-03-02T20:00:00+08:00"),
                known: at("2030-03-02T12:01:00+08:00"),
                source: String::new(),
                who: String::new(),
            }],
        }
    }

    /// A bound lies where it was moved to from the instant on at which that is known, and where it lay is told beside it.
    #[rstest]
    #[case::before_anybody_knows(0, "2030-03-02T18:00:00.000+08:00", None)]
    #[case::known(
        1_000,
        "2030-03-02T20:00:00.000+08:00",
        Some("2030-03-02T18:00:00.000+08:00")
    )]
    fn phases_are_told_as_they_lie_now(
        #[case] gone: i64,
        #[case] lies: &str,
        #[case] was: Option<&str>,
    ) {
        let (clock, real) = clock(60);
        real.store(gone, Ordering::SeqCst);
        let told = clock.told(&window());
        let live = &told["phases"][1];
        let lay = was
            .map(at)
            .map_or(Value::Null, |was| json!(was.to_string()));
        assert_eq!(
            (&live["from"], &live["was"]),
            (&json!(at(lies).to_string()), &lay)
        );
        assert_eq!(told["phases"][0]["was"], Value::Null);
        let leap = clock.asked(br#"{"phase": "live"}"#, &window()).unwrap();
        assert_eq!(leap.to, at(lies));
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
        let leap = clock.asked(body.as_bytes(), &window()).unwrap();
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
        let (refused, said) = clock.asked(body.as_bytes(), &window()).unwrap_err();
        assert_eq!(refused, status, "{said}");
        assert!(said.contains(words), "{said}");
    }
}
