//! 接力 · Side-by-side tasks that hand their place on the clock to whoever waits for them all.
//!
//! Why so: between the end of the last task and the waking of the one who waits, nobody would count as
//! working, and business time would run ahead to the next waiter. So the last task to end gives its
//! token away instead of dropping it; also when it ends by a panic.
//! Called by `run` for lanes and probes. Not here: the clock itself (`clock`).

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::{Busy, Clock};
use crate::desk::{Halt, lock};

/// 接力 · Tasks under way.
pub(crate) struct Relay {
    tasks: Vec<JoinHandle<Result<(), Halt>>>,
    last: oneshot::Receiver<Busy>,
}

struct Team {
    running: AtomicUsize,
    give: Mutex<Option<oneshot::Sender<Busy>>>,
}

/// One runner's token; given away or dropped when the runner ends, however it ends.
struct Runner {
    busy: Option<Arc<Busy>>,
    team: Arc<Team>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        let Some(busy) = self.busy.take().and_then(Arc::into_inner) else { return };
        if self.team.running.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(give) = lock(&self.team.give).take()
        {
            // Nobody may wait any more; then the token is dropped after all.
            let _ = give.send(busy);
        }
    }
}

impl Relay {
    /// Starts one task per `leg`; the caller counts as working while this is called.
    pub(crate) fn start<L, F>(clock: &Arc<Clock>, legs: Vec<L>, run: impl Fn(L, Arc<Busy>) -> F) -> Relay
    where
        F: Future<Output = Result<(), Halt>> + Send + 'static,
    {
        let (give, last) = oneshot::channel();
        let team = Arc::new(Team { running: AtomicUsize::new(legs.len()), give: Mutex::new(Some(give)) });
        if legs.is_empty()
            && let Some(give) = lock(&team.give).take()
        {
            let _ = give.send(clock.enter());
        }
        let tasks = legs
            .into_iter()
            .map(|leg| {
                let busy = Arc::new(clock.enter());
                let runner = Runner { busy: Some(Arc::clone(&busy)), team: Arc::clone(&team) };
                let running = run(leg, busy);
                tokio::spawn(async move {
                    // Declared first, so dropped last: the leg's own handle on the token is gone by then.
                    let _runner = runner;
                    running.await
                })
            })
            .collect();
        Relay { tasks, last }
    }

    /// Waits for all; whoever waits is counted as working from the moment the last one ends.
    ///
    /// # Errors
    /// The first error of a task, in order of the legs; one that merely stopped because of another comes last.
    pub(crate) async fn finish(self) -> Result<Busy, Halt> {
        let busy = self.last.await.map_err(|_| Halt::Bug("the last task took its token along".to_owned()));
        let mut first = None;
        for task in self.tasks {
            let ended = task.await.unwrap_or_else(|error| Err(Halt::Bug(error.to_string())));
            if let Err(halt) = ended {
                // What merely stopped because of another says less than that other.
                match &first {
                    None | Some(Halt::Stopped) => first = Some(halt),
                    Some(_) => {}
                }
            }
        }
        match first {
            Some(halt) => Err(halt),
            None => busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Patient;
    use crosswipe_domain::Moment;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn time_does_not_run_ahead_between_the_last_task_and_who_waits_for_it() {
        for _ in 0..200 {
            let start = Moment::parse("2017-06-04T17:30:00+08:00").unwrap();
            let clock = Clock::simulated(start);
            let starting = clock.enter();
            let public = Relay::start(&clock, vec![()], |(), busy| async move {
                busy.sleep_until(start.plus_ms(1_800_000), Patient::Yes).await;
                Ok(())
            });
            let lanes = Relay::start(&clock, vec![1, 2, 3], |minute, busy| async move {
                busy.sleep_until(start.plus_ms(minute * 1_000), Patient::Yes).await;
                Ok(())
            });
            drop(starting);
            let busy = lanes.finish().await.unwrap();
            assert_eq!(clock.now(), start.plus_ms(3_000));
            drop(busy);
            drop(public.finish().await.unwrap());
            assert_eq!(clock.now(), start.plus_ms(1_800_000));
        }
    }

    #[tokio::test]
    async fn a_failed_task_is_told_and_a_panic_does_not_hang_the_run() {
        let clock = Clock::simulated(Moment::parse("2017-06-04T17:30:00+08:00").unwrap());
        let relay = Relay::start(&clock, vec![1, 2], |leg, busy| async move {
            let _busy = busy;
            assert!(leg == 1, "a bug of ours");
            Ok(())
        });
        assert!(matches!(relay.finish().await, Err(Halt::Bug(_))));
    }
}
