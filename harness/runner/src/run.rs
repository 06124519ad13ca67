//! 运行 · One run in reading order: t0 → cases → last probes → quiet period → t1 → what comes after the window → t2.
//!
//! Called by `cli run`. Not here: standing parties up, judging, reporting (`cli`, `verify`, `reports`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_journal::{Closed, Interrupted, Journal, JournalError, Payload};
use crosswipe_scenarios::{Case, Step};
use tokio::sync::Notify;

use crate::clock::{Clock, Patient};
use crate::desk::{Desk, Halt, Probed, RunConfig, lock};
use crate::evidence::Instant;
use crate::lanes::lanes;
use crate::relay::Relay;
use crate::transport::Transport;

/// Asks a run to stop: no new swipes, undo, report.
#[derive(Debug, Default)]
pub struct Interrupt {
    asked: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Asks once; asking again changes nothing.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// True after [`ask`](Interrupt::ask).
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A run that came to its end; the journal is still open for the certificate.
pub struct Finished {
    /// Still open.
    pub journal: Journal,
    /// Business time at the end.
    pub at: Moment,
    /// Asked to stop before its end.
    pub interrupted: bool,
    /// Stopped before its end because the disk was full.
    pub short_of_room: bool,
}

impl Finished {
    /// Closes the journal.
    ///
    /// # Errors
    /// If the last commit fails.
    pub fn close(self) -> Result<Closed, JournalError> {
        self.journal.close()
    }
}

/// Runs all cases of a plan, undoes everything, takes all looks.
///
/// # Errors
/// [`Halt`]: the journal or a file cannot be written, a party does not answer the first look, or a bug. The journal
/// keeps what was written; nothing was sent after the error.
pub async fn run<T: Transport>(
    config: RunConfig,
    clock: Arc<Clock>,
    journal: Journal,
    transport: T,
    interrupt: Arc<Interrupt>,
) -> Result<Finished, Halt> {
    let desk = Arc::new(Desk::new(config, clock, journal, transport));
    let all = {
        let desk = Arc::clone(&desk);
        async move { whole(&desk).await }
    };
    steered(desk, all, interrupt).await
}

/// Carries out `work` with somebody listening for an interruption and somebody watching for a standstill.
pub(crate) async fn steered<T: Transport>(
    desk: Arc<Desk<T>>,
    work: impl Future<Output = Result<(), Halt>>,
    interrupt: Arc<Interrupt>,
) -> Result<Finished, Halt> {
    let watcher = tokio::spawn(watch(Arc::clone(&desk), Arc::clone(&interrupt)));
    let ran = tokio::select! {
        ran = work => ran,
        stuck = standstill(&desk) => Err(stuck),
    };
    watcher.abort();
    // Wait until the watcher has let go of the desk.
    let _ = watcher.await;
    let at = desk.clock.now();
    ran.map_err(|halt| told_as_full(&desk, halt))?;
    let desk =
        Arc::into_inner(desk).ok_or_else(|| Halt::Bug("a task outlived the run".to_owned()))?;
    Ok(Finished {
        short_of_room: desk.is_short_of_room(),
        journal: desk.journal,
        at,
        interrupted: interrupt.is_asked(),
    })
}

/// A file that found no room, with what a person wants to know then: whether anything is still open.
fn told_as_full<T: Transport>(desk: &Desk<T>, halt: Halt) -> Halt {
    match halt {
        Halt::File { path, source } if source.kind() == std::io::ErrorKind::StorageFull => {
            Halt::DiskFull {
                path,
                open: desk.fold(|fold| fold.open_count()),
            }
        }
        // Where nothing is open, all that found no room is the end of the proof; else it is as bad as a broken disk.
        Halt::Journal(error) if error.is_full() && desk.fold(|fold| fold.open_count()) == 0 => {
            Halt::DiskFull {
                path: desk.config.shelf.place("journal.db"),
                open: 0,
            }
        }
        other => other,
    }
}

/// Where business time begins: a second before the first case or the first phase, whichever is earlier.
pub fn beginning(plan: &crosswipe_scenarios::Plan) -> Option<Moment> {
    let cases = plan.cases.iter().filter_map(|case| case.start).min();
    let earliest = [cases, plan.window.start()].into_iter().flatten().min();
    earliest.map(|earliest| earliest.plus_ms(-1_000))
}

/// Real time without a record or a step of the clock after which a run counts as stuck: many times any deadline.
const STANDSTILL: Duration = Duration::from_secs(120);

/// Ends when nothing at all has happened for too long: a slip of ours must not look like patience.
async fn standstill<T: Transport>(desk: &Desk<T>) -> Halt {
    let mut last = None;
    loop {
        let seen = Some((desk.journal.counters().records, desk.clock.now()));
        if seen == last {
            return Halt::Bug(format!("nothing happened for {} s", STANDSTILL.as_secs()));
        }
        last = seen;
        tokio::time::sleep(STANDSTILL).await;
    }
}

async fn watch<T: Transport>(desk: Arc<Desk<T>>, interrupt: Arc<Interrupt>) {
    interrupt.notify.notified().await;
    desk.clock.interrupt();
    let interrupted = Payload::Interrupted(Interrupted {
        by: "ctrl-c".to_owned(),
    });
    desk.record_lazily(interrupted, None);
    std::future::pending::<()>().await;
}

async fn whole<T: Transport>(desk: &Arc<Desk<T>>) -> Result<(), Halt> {
    let busy = desk.clock.enter();
    desk.begin_driven().await?;
    if !desk.config.first_look_late {
        desk.first_look().await?;
    }
    let chosen = &desk.config.selected;
    let cases = || {
        desk.config
            .plan
            .cases
            .iter()
            .enumerate()
            .filter(|(index, _)| chosen.contains(index))
    };
    let public = |case: &Case| case.leaves().all(Step::is_of_the_world);
    // What begins when no test may be swiped any more shows that the gate is shut; the proof does not wait for it, since
    // probes are tests too.
    let over = desk.config.plan.window.latest().tests_end();
    let is_after = |index: &usize| {
        let start = desk.config.plan.cases[*index].start;
        start.zip(over).is_some_and(|(start, over)| start >= over)
    };
    let (after, ours): (Vec<usize>, Vec<usize>) = cases()
        .filter(|(_, case)| !public(case))
        .map(|(index, _)| index)
        .partition(is_after);
    let played: Vec<usize> = cases()
        .filter(|(_, case)| public(case))
        .map(|(index, _)| index)
        .collect();
    // What the public does is no business of ours: it goes on beside the run, before, within and after the window.
    let world = start_lanes(desk, &played);
    let lanes = start_lanes(desk, &ours);
    let busy = lanes.finish(busy).await?;
    // Late, and no case has swiped.
    desk.first_look().await?;
    for person in desk.people_with_open() {
        desk.compensate(&busy, person.as_ref()).await?;
    }
    let busy = if desk.is_short_of_room() {
        busy
    } else {
        start_last_probes(desk).finish(busy).await?
    };
    let busy = start_lanes(desk, &after).finish(busy).await?;
    for person in desk.people_with_open() {
        desk.compensate(&busy, person.as_ref()).await?;
    }
    let quiet = desk.clock.now().plus_ms(desk.config.patience.quiet_ms);
    desk.wait(&busy, quiet, Patient::Yes).await;
    desk.last_look(&busy, Instant::T1).await?;
    let busy = world.finish(busy).await?;
    desk.sign_off().await?;
    desk.wait(&busy, second_look(desk), Patient::Yes).await;
    desk.last_look(&busy, Instant::T2).await?;
    Ok(())
}

/// When t2 is taken: after the next day roll, and after every purge that the plan declares, so that it is seen.
pub(crate) fn second_look<T: Transport>(desk: &Desk<T>) -> Moment {
    let day_roll = desk.clock.now().day().next().start();
    let purged = desk.config.plan.purge.iter().map(|purge| purge.at);
    purged
        .fold(day_roll, Moment::max)
        .plus_ms(desk.config.patience.quiet_ms)
}

/// Starts cases lane by lane, all lanes at once.
fn start_lanes<T: Transport>(desk: &Arc<Desk<T>>, wanted: &[usize]) -> Relay {
    let most = desk.config.jobs.unwrap_or(usize::MAX);
    Relay::start(
        &desk.clock,
        lanes(&desk.config.plan.cases, wanted, most),
        |lane, busy| {
            let desk = Arc::clone(desk);
            async move {
                for index in lane {
                    desk.stop_all_if_failed(
                        desk.run_case(&busy, &desk.config.plan.cases[index]).await,
                    )?;
                }
                Ok(())
            }
        },
    )
}

/// Starts the last probe of everybody who had a first one, also after an interruption: it is proof, no new swipe.
fn start_last_probes<T: Transport>(desk: &Arc<Desk<T>>) -> Relay {
    let probed: Vec<Probed> = lock(&desk.first_probes).values().cloned().collect();
    Relay::start(&desk.clock, probed, |probed, busy| {
        let desk = Arc::clone(desk);
        async move { desk.stop_all_if_failed(desk.probe_last(&busy, &probed).await) }
    })
}
