//! 接力 · Side-by-side tasks that hand their place on the clock to whoever waits for them all.
//!
//! Why so: between the end of the last task and the waking of the one who waits, nobody would count as
//! working, and business time would run ahead to the next waiter. So the last task to end gives its
//! token away instead of dropping it; also when it ends by a panic.
//! Called by `run` for lanes and probes. Not here: the clock itself (`clock`).

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::{Busy, Clock};
use crate::desk::{Halt, lock};

/// 接力 · Tasks under way.
pub(crate) struct Relay {
    tasks: Vec<JoinHandle<Result<(), Halt>>>,
    team: Arc<Mutex<Team>>,
}

/// How many run, and who waits for the last of them.
struct Team {
    running: usize,
    waiter: Option<oneshot::Sender<Busy>>,
}

/// One runner's token; given to whoever waits, or dropped, when the runner ends, however it ends.
struct Runner {
    busy: Arc<Busy>,
    team: Arc<Mutex<Team>>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        let mut team = lock(&self.team);
        team.running -= 1;
        if team.running == 0
            && let Some(waiter) = team.waiter.take()
        {
            // Somebody else is counted in this runner's place; nobody may wait any more, which is no harm.
            let _ = waiter.send(self.busy.another());
        }
    }
}

impl Relay {
    /// Starts one task per `leg`; the caller counts as working while this is called.
    pub(crate) fn start<L, F>(
        clock: &Arc<Clock>,
        legs: Vec<L>,
        run: impl Fn(L, Arc<Busy>) -> F,
    ) -> Relay
    where
        F: Future<Output = Result<(), Halt>> + Send + 'static,
    {
        let team = Arc::new(Mutex::new(Team {
            running: legs.len(),
            waiter: None,
        }));
        let tasks = legs
            .into_iter()
            .map(|leg| {
                let busy = Arc::new(clock.enter());
                let runner = Runner {
                    busy: Arc::clone(&busy),
                    team: Arc::clone(&team),
                };
                let running = run(leg, busy);
                tokio::spawn(async move {
                    let _runner = runner;
                    running.await
                })
            })
            .collect();
        Relay { tasks, team }
    }

    /// Waits for all. The caller gives its own place on the clock up while it waits, and has one again from the
    /// moment the last task ends.
    ///
    /// # Errors
    /// The first error of a task, in order of the legs; one that merely stopped because of another comes last.
    pub(crate) async fn finish(self, busy: Busy) -> Result<Busy, Halt> {
        let last = {
            let mut team = lock(&self.team);
            let (waiter, last) = oneshot::channel();
            let running = team.running > 0;
            if running {
                team.waiter = Some(waiter);
            }
            running.then_some(last)
        };
        let busy = match last {
            None => Ok(busy),
            Some(last) => {
                drop(busy);
                last.await
                    .map_err(|_| Halt::Bug("the last task took its token along".to_owned()))
            }
        };
        let mut first = None;
        for task in self.tasks {
            let ended = task
                .await
                .unwrap_or_else(|error| Err(Halt::Bug(error.to_string())));
            if let Err(halt) = ended {
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
                busy.sleep_until(start.plus_ms(1_800_000), Patient::Yes)
                    .await;
                Ok(())
            });
            let lanes = Relay::start(&clock, vec![1, 2, 3], |minute, busy| async move {
                busy.sleep_until(start.plus_ms(minute * 1_000), Patient::Yes)
                    .await;
                Ok(())
            });
            let busy = lanes.finish(starting).await.unwrap();
            assert_eq!(clock.now(), start.plus_ms(3_000));
            drop(public.finish(busy).await.unwrap());
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
        assert!(matches!(
            relay.finish(clock.enter()).await,
            Err(Halt::Bug(_))
        ));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tasks_that_ended_long_ago_or_never_were_do_not_hold_time_back() {
        let start = Moment::parse("2017-06-04T17:30:00+08:00").unwrap();
        let clock = Clock::simulated(start);
        let busy = clock.enter();
        let nobody = Relay::start(&clock, Vec::<()>::new(), |(), _| async { Ok(()) });
        let early = Relay::start(&clock, vec![()], |(), busy| async move {
            busy.sleep_until(start.plus_ms(1_000), Patient::Yes).await;
            Ok(())
        });
        busy.sleep_until(start.plus_ms(60_000), Patient::Yes).await;
        let busy = early.finish(busy).await.unwrap();
        let busy = nobody.finish(busy).await.unwrap();
        busy.sleep_until(start.plus_ms(120_000), Patient::Yes).await;
        assert_eq!(clock.now(), start.plus_ms(120_000));
    }
}
