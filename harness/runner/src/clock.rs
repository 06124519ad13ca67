//! 时钟 · Business time. The only file that knows what time it is.
//!
//! Simulated: business time stands still but for 1 ms a message, and jumps to the earliest waiter when
//! nobody is working. «Working» is counted by [`Busy`] tokens: a task holds one from its start to its
//! end, gives it up only while it waits for an instant, and is counted again *before* it is woken, so
//! there is no gap in which the clock could run past somebody who is about to send.
//! Wall: business time is real time ([`TimeSource`]), steadily: where the computer's clock is set back, it stands still
//! but for 1 ms a message until that has caught up, so that a bound once passed stays passed. Nothing jumps.
//! Called by every step. Not here: what a phase allows at an instant (`gate`).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crosswipe_domain::Moment;
use tokio::sync::oneshot;

/// Where a wall clock takes the time from: [`real_now`], but for tests of it.
pub type TimeSource = Box<dyn Fn() -> Moment + Send + Sync>;

/// 时钟 · Shared by all tasks of a run.
pub struct Clock {
    state: Mutex<State>,
    /// `Some`: a wall clock.
    wall: Option<TimeSource>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock")
            .field("state", &self.state)
            .field("wall", &self.wall.is_some())
            .finish()
    }
}

/// A wall clock that goes back by less is being trimmed, not set.
const A_STEP_MS: i64 = 1_000;

/// How long a wait goes without a look at the wall clock, which may be set while somebody waits for it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct State {
    now: Moment,
    /// What the host's own clock shows: somebody may set it back, and business time does not follow it there.
    host: Moment,
    /// By how many ms the host's clock was seen to step back, until somebody has written it down.
    step_back_ms: Option<i64>,
    busy: usize,
    /// Whether time goes to the earliest waiter when nobody works.
    jumps: bool,
    sleepers: BTreeMap<(Moment, u64), Sleeper>,
    serial: u64,
    interrupted: bool,
}

#[derive(Debug)]
struct Sleeper {
    wake: oneshot::Sender<()>,
    interruptible: bool,
}

/// Whether a wait can be cut short by an interruption of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patient {
    /// Forward business: an interrupted run does no more of it.
    No,
    /// Compensation: goes on whatever happens.
    Yes,
}

impl Clock {
    /// A simulated clock that stands at `start`.
    pub fn simulated(start: Moment) -> Arc<Clock> {
        Clock::that_stands_at(start, None)
    }

    /// A clock that shows real time.
    pub fn wall(source: TimeSource) -> Arc<Clock> {
        Clock::that_stands_at(source(), Some(source))
    }

    /// `simulated` or `wall`, as RUN has it.
    pub fn name(&self) -> &'static str {
        match self.wall {
            Some(_) => "wall",
            None => "simulated",
        }
    }

    /// Whether business time is real time.
    pub fn is_wall(&self) -> bool {
        self.wall.is_some()
    }

    fn that_stands_at(start: Moment, wall: Option<TimeSource>) -> Arc<Clock> {
        let state = State {
            now: start,
            host: start,
            step_back_ms: None,
            busy: 0,
            jumps: wall.is_none(),
            sleepers: BTreeMap::new(),
            serial: 0,
            interrupted: false,
        };
        Arc::new(Clock {
            state: Mutex::new(state),
            wall,
        })
    }

    /// Business time.
    pub fn now(&self) -> Moment {
        let mut state = self.lock();
        self.read(&mut state);
        state.now
    }

    /// Brings a wall clock up to what its source shows.
    fn read(&self, state: &mut State) {
        let Some(source) = &self.wall else {
            return;
        };
        let shown = source();
        let back_ms = state.host.ms_since(shown);
        if back_ms >= A_STEP_MS {
            state.step_back_ms = Some(state.step_back_ms.unwrap_or(0) + back_ms);
        }
        state.host = shown;
        state.now = state.now.max(shown);
    }

    /// Business time for one message: one millisecond later than all before.
    pub fn tick(&self) -> Moment {
        let mut state = self.lock();
        match self.wall {
            Some(_) => self.read(&mut state),
            None => state.host = state.host.plus_ms(1),
        }
        // Steady: where the host's clock shows less than was shown before, time goes on from there.
        state.now = state.host.max(state.now.plus_ms(1));
        state.now
    }

    /// Business time is this instant, unless it is later already: nobody has worked in between. A wall clock does not leap.
    pub fn leap_to(&self, instant: Moment) {
        if self.wall.is_some() {
            return;
        }
        let mut state = self.lock();
        let later = state.now.max(instant);
        state.go_to(later);
    }

    /// 时钟回拨 · Somebody sets the clock of this computer back.
    pub fn set_host_back(&self, by_ms: i64) {
        let mut state = self.lock();
        state.host = state.host.plus_ms(-by_ms);
        state.step_back_ms = Some(state.step_back_ms.unwrap_or(0) + by_ms);
    }

    /// By how many ms the host's clock has stepped back since this was asked last.
    pub fn take_step_back(&self) -> Option<i64> {
        self.lock().step_back_ms.take()
    }

    /// Counts the caller as working until the token is dropped.
    pub fn enter(self: &Arc<Clock>) -> Busy {
        self.lock().busy += 1;
        Busy {
            clock: Arc::clone(self),
            counted: AtomicBool::new(true),
        }
    }

    /// Waits for an instant of the wall clock, and wakes whoever sleeps until then.
    async fn has_come(&self, key: (Moment, u64)) {
        loop {
            let left = {
                let mut state = self.lock();
                self.read(&mut state);
                let left = key.0.ms_since(state.now);
                if left <= 0 {
                    if let Some(sleeper) = state.sleepers.remove(&key) {
                        state.wake(sleeper);
                    }
                    return;
                }
                left
            };
            let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }

    /// From now on waits for forward business end at once.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupted = true;
        let early: Vec<(Moment, u64)> = state
            .sleepers
            .iter()
            .filter(|(_, s)| s.interruptible)
            .map(|(key, _)| *key)
            .collect();
        for key in early {
            if let Some(sleeper) = state.sleepers.remove(&key) {
                state.wake(sleeper);
            }
        }
    }

    /// True after [`interrupt`](Clock::interrupt).
    pub fn is_interrupted(&self) -> bool {
        self.lock().interrupted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the counts as they are; going on is what compensation needs.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Goes on to a later instant, and the host's clock with it.
    fn go_to(&mut self, later: Moment) {
        self.host = self.host.plus_ms(later.ms_since(self.now));
        self.now = later;
    }

    /// Counts the sleeper as working and wakes it; one that is gone is not counted.
    fn wake(&mut self, sleeper: Sleeper) {
        self.busy += 1;
        if sleeper.wake.send(()).is_err() {
            self.busy -= 1;
        }
    }

    /// Jumps to the earliest waiter when nobody works.
    fn jump_if_idle(&mut self) {
        while self.jumps && self.busy == 0 {
            let Some(((until, _), sleeper)) = self.sleepers.pop_first() else {
                return;
            };
            self.go_to(self.now.max(until));
            self.wake(sleeper);
            while self
                .sleepers
                .first_key_value()
                .is_some_and(|((next, _), _)| *next <= self.now)
            {
                if let Some((_, companion)) = self.sleepers.pop_first() {
                    self.wake(companion);
                }
            }
        }
    }
}

/// 在岗 · Proof that a task is counted as working.
#[derive(Debug)]
pub struct Busy {
    clock: Arc<Clock>,
    /// False while it waits for an instant or has stepped aside: who is dropped then gives no place up.
    counted: AtomicBool,
}

/// A wait for an instant. One that is dropped before its end may have been woken already, and is counted then.
struct Asleep<'a> {
    busy: &'a Busy,
    woken: oneshot::Receiver<()>,
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.woken.close();
        if self.woken.try_recv().is_ok() {
            self.busy.counted.store(true, Ordering::SeqCst);
        }
    }
}

impl Busy {
    /// One more place on the same clock, for somebody who takes over.
    pub(crate) fn another(&self) -> Busy {
        self.clock.enter()
    }

    /// Gives the place up while others, counted already, work in this task's stead. Paired with [`step_back`](Busy::step_back).
    pub(crate) fn step_aside(&self) {
        let mut state = self.clock.lock();
        self.counted.store(false, Ordering::SeqCst);
        state.busy -= 1;
        state.jump_if_idle();
    }

    /// Takes the place again; the last of the others does it before its own token goes.
    pub(crate) fn step_back(&self) {
        let mut state = self.clock.lock();
        self.counted.store(true, Ordering::SeqCst);
        state.busy += 1;
    }

    /// Waits until business time has reached `until`; returns at once if it has.
    pub async fn sleep_until(&self, until: Moment, patient: Patient) {
        let (mut asleep, key) = {
            let mut state = self.clock.lock();
            self.clock.read(&mut state);
            let interruptible = patient == Patient::No;
            if until <= state.now || (interruptible && state.interrupted) {
                return;
            }
            let (wake, woken) = oneshot::channel();
            let serial = state.serial;
            state.serial += 1;
            state.sleepers.insert(
                (until, serial),
                Sleeper {
                    wake,
                    interruptible,
                },
            );
            self.counted.store(false, Ordering::SeqCst);
            state.busy -= 1;
            state.jump_if_idle();
            (Asleep { busy: self, woken }, (until, serial))
        };
        if self.clock.wall.is_some() {
            tokio::select! {
                _ = &mut asleep.woken => {}
                () = self.clock.has_come(key) => {}
            }
            self.counted.store(true, Ordering::SeqCst);
            return;
        }
        // The sender lives in the clock until it has been used, and counts this task before it is woken.
        let _ = (&mut asleep.woken).await;
        self.counted.store(true, Ordering::SeqCst);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        if self.counted.load(Ordering::SeqCst) {
            state.busy -= 1;
            state.jump_if_idle();
        }
    }
}

/// How long real exchanges take; the only reading of a real clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: std::time::Instant,
}

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this file is the one clock")]
    pub fn start() -> Stopwatch {
        Stopwatch {
            started: std::time::Instant::now(),
        }
    }

    /// Real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Real milliseconds since the start.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// 租约 · Tells whether this process stood still so long that another may have taken its place: it was stopped, or the
/// computer slept.
#[derive(Debug)]
pub struct Lease {
    looked: Mutex<(std::time::Instant, std::time::SystemTime)>,
}

/// How long an owner of a run may be silent before it has to find out anew whether it still is one.
pub const LEASE: Duration = Duration::from_secs(10);

impl Lease {
    /// Begins now.
    pub fn begin() -> Lease {
        Lease {
            looked: Mutex::new(both_clocks()),
        }
    }

    /// True if the last call was longer ago than [`LEASE`] by either clock: one of them stands still while a computer
    /// sleeps, the other may be set.
    pub fn ran_out(&self) -> bool {
        self.ran_out_at(both_clocks())
    }

    fn ran_out_at(&self, now: (std::time::Instant, std::time::SystemTime)) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *looked, now);
        let set_back_or_long_ago = match now.1.duration_since(before.1) {
            Ok(since) => since > LEASE,
            Err(_) => true,
        };
        now.0.saturating_duration_since(before.0) > LEASE || set_back_or_long_ago
    }
}

#[expect(clippy::disallowed_methods, reason = "this file is the one clock")]
fn both_clocks() -> (std::time::Instant, std::time::SystemTime) {
    (std::time::Instant::now(), std::time::SystemTime::now())
}

/// Real time now, for the run's name and for parties that are sent no business time.
#[expect(clippy::disallowed_methods, reason = "this file is the one clock")]
pub fn real_now() -> Moment {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Moment::from_epoch_ms(i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn time_jumps_only_when_nobody_works() {
        let clock = Clock::simulated(at("2017-06-01T08:59:59+08:00"));
        let worker = clock.enter();
        let sleeper = {
            let busy = clock.enter();
            let clock = Arc::clone(&clock);
            tokio::spawn(async move {
                busy.sleep_until(at("2017-06-01T09:00:00+08:00"), Patient::No)
                    .await;
                clock.now()
            })
        };
        for _ in 0..50 {
            tokio::task::yield_now().await;
            clock.tick();
        }
        assert_eq!(
            clock.now(),
            at("2017-06-01T08:59:59.050+08:00"),
            "the worker holds time back"
        );
        assert!(!sleeper.is_finished());
        drop(worker);
        assert_eq!(sleeper.await.unwrap(), at("2017-06-01T09:00:00+08:00"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn waiters_wake_in_order_of_their_instants_and_never_early() {
        let clock = Clock::simulated(at("2017-06-01T00:00+08:00"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let gate = clock.enter();
        let mut tasks = Vec::new();
        for minute in (0..60).rev() {
            let busy = clock.enter();
            let (clock, seen) = (Arc::clone(&clock), Arc::clone(&seen));
            tasks.push(tokio::spawn(async move {
                let until = at("2017-06-01T00:00+08:00").plus_ms(minute * 60_000);
                busy.sleep_until(until, Patient::No).await;
                assert!(clock.now() >= until && clock.now() < until.plus_ms(60_000));
                clock.tick();
                tokio::task::yield_now().await;
                assert!(
                    clock.now() < until.plus_ms(60_000),
                    "somebody worked, so time stood still"
                );
                seen.lock().unwrap().push(minute);
            }));
        }
        drop(gate);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*seen.lock().unwrap(), (0..60).collect::<Vec<_>>());
    }

    #[test]
    fn time_goes_on_where_the_host_is_set_back() {
        let start = at("2017-06-01T09:00+08:00");
        let clock = Clock::simulated(start);
        let before = clock.tick();
        clock.set_host_back(3_600_000);
        let after = clock.tick();
        assert_eq!(after, before.plus_ms(1));
        assert_eq!(
            (clock.take_step_back(), clock.take_step_back()),
            (Some(3_600_000), None)
        );
        clock.leap_to(start.plus_ms(60_000));
        clock.leap_to(start);
        assert_eq!(clock.tick(), start.plus_ms(60_001));
    }

    #[test]
    fn a_lease_runs_out_by_either_clock_and_begins_anew_with_each_look() {
        let (steady, wall) = both_clocks();
        let second = Duration::from_secs(1);
        let lease = Lease {
            looked: Mutex::new((steady, wall)),
        };
        assert!(!lease.ran_out_at((steady + LEASE, wall + LEASE)));
        assert!(!lease.ran_out_at((steady + LEASE * 2, wall + LEASE * 2)));
        // Stopped: both went on. Asleep: only the wall clock did. Set: it jumps either way.
        let stopped = (steady + LEASE * 3 + second, wall + LEASE * 3 + second);
        assert!(lease.ran_out_at(stopped));
        assert!(!lease.ran_out_at(stopped));
        assert!(lease.ran_out_at((stopped.0, stopped.1 + LEASE + second)));
        assert!(lease.ran_out_at((stopped.0 + second, stopped.1)));
    }

    #[tokio::test]
    async fn who_is_dropped_while_waiting_gives_up_no_place_that_it_does_not_have() {
        let start = at("2017-06-01T00:00+08:00");
        let clock = Clock::simulated(start);
        let holder = clock.enter();
        let waits = |until: i64| {
            let busy = clock.enter();
            async move { busy.sleep_until(start.plus_ms(until), Patient::Yes).await }
        };
        let (mut asleep, mut woken) = (Box::pin(waits(60_000)), Box::pin(waits(10)));
        for waiting in [&mut asleep, &mut woken] {
            assert!(polled_once(waiting.as_mut()).await.is_pending());
        }
        drop(asleep);
        let aside = clock.enter();
        aside.step_aside();
        drop(aside);
        drop(holder);
        assert_eq!(clock.now(), start.plus_ms(10), "the second was woken");
        drop(woken);
        let last = clock.enter();
        last.sleep_until(start.plus_ms(90_000), Patient::Yes).await;
        assert_eq!(
            clock.now(),
            start.plus_ms(90_000),
            "nobody is counted twice"
        );
    }

    /// Polls once.
    async fn polled_once<F: Future + Unpin>(mut future: F) -> std::task::Poll<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut future).poll(context))
        })
        .await
    }

    /// A source that a test sets.
    fn hands() -> (Arc<Mutex<Moment>>, Arc<Clock>) {
        let shown = Arc::new(Mutex::new(at("2017-06-01T09:00+08:00")));
        let hand = Arc::clone(&shown);
        (shown, Clock::wall(Box::new(move || *hand.lock().unwrap())))
    }

    #[test]
    fn a_wall_clock_shows_real_time_and_never_goes_back() {
        let (shown, clock) = hands();
        let set = |text: &str| *shown.lock().unwrap() = at(text);
        assert_eq!(clock.now(), at("2017-06-01T09:00+08:00"));
        assert_eq!(clock.tick(), at("2017-06-01T09:00:00.001+08:00"));
        assert_eq!(clock.tick(), at("2017-06-01T09:00:00.002+08:00"));
        set("2017-06-01T18:00+08:00");
        assert_eq!(clock.now(), at("2017-06-01T18:00+08:00"));
        clock.leap_to(at("2017-06-02T00:00+08:00"));
        assert_eq!(
            clock.now(),
            at("2017-06-01T18:00+08:00"),
            "it does not leap"
        );
        assert_eq!(clock.take_step_back(), None);
        // Set back over a bound: what is over stays over.
        set("2017-06-01T17:00+08:00");
        assert_eq!(clock.now(), at("2017-06-01T18:00+08:00"));
        assert_eq!(clock.tick(), at("2017-06-01T18:00:00.001+08:00"));
        assert_eq!(clock.take_step_back(), Some(3_600_000));
        // Trimmed, not set.
        set("2017-06-01T16:59:59.500+08:00");
        clock.tick();
        assert_eq!(clock.take_step_back(), None);
        set("2017-06-01T18:30+08:00");
        assert_eq!(clock.tick(), at("2017-06-01T18:30:00.001+08:00"));
    }

    #[tokio::test]
    async fn by_a_wall_clock_nobody_wakes_early_though_nobody_works() {
        let (shown, clock) = hands();
        let until = at("2017-06-01T09:30+08:00");
        let (early, busy) = (clock.enter(), clock.enter());
        let early = tokio::time::timeout(
            Duration::from_millis(50),
            early.sleep_until(until, Patient::Yes),
        );
        assert!(early.await.is_err(), "time stands, so nobody wakes");
        let setter = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            *shown.lock().unwrap() = until;
        };
        tokio::join!(busy.sleep_until(until, Patient::Yes), setter);
        assert_eq!(clock.now(), until);
        // An interruption ends the wait for business.
        let forward = busy.sleep_until(until.plus_ms(3_600_000), Patient::No);
        let interrupt = async { clock.interrupt() };
        tokio::join!(forward, interrupt);
        assert_eq!(clock.now(), until);
    }

    #[tokio::test]
    async fn an_interruption_ends_waits_for_business_but_not_for_compensation() {
        let clock = Clock::simulated(at("2017-06-01T00:00+08:00"));
        let holder = clock.enter();
        let (forward, undo) = (clock.enter(), clock.enter());
        let until = at("2017-06-04T18:00+08:00");
        let forward = tokio::spawn(async move { forward.sleep_until(until, Patient::No).await });
        let undo = tokio::spawn(async move { undo.sleep_until(until, Patient::Yes).await });
        tokio::task::yield_now().await;
        clock.interrupt();
        forward.await.unwrap();
        assert!(clock.now() < until && !undo.is_finished());
        drop(holder);
        undo.await.unwrap();
        assert_eq!(clock.now(), until);
    }
}
