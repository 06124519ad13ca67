//! 一幕 · One seed from its first message to its certificate: the lives of the harness, one after the other, in one thread.
//!
//! Whatever happens, a run must come to its end: within so many messages, by a certain instant, and without ever standing
//! still. What outlives a killed life: journal rows, files, and the parties with all that is under way between them.
//! Not here: whether the end is as it must be (`verdict`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::{Level, Moment, Party, PseudonymKey, RunId};
use crosswipe_journal::{Cert, Draft, History, Journal, Payload, Row, RunHeader};
use crosswipe_mocks::{FaultOrder, MemoryWorld};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::{
    Finished, Halt, Interrupt, MemoryShelf, Patience, RunConfig, Shelf, Turn, resume, run,
};
use crosswipe_scenarios::Plan;
use crosswipe_verify::{Evidence, JUDGE, Judgement, certificate, certificate_core_sha256, judge};
use tokio::sync::Notify;

use crate::air::{Air, Met};
use crate::dice::Dice;
use crate::disk::Disk;
use crate::fate::{Fate, Point, Witness};
use crate::network::Memory;
use crate::recipe::Recipe;
use crate::stage::{Set, Stage, timed};
use crate::trace::{Happened, Trace};
use crate::trouble::Trouble;
use crate::truth::{Found, look_beside_the_public};

/// Messages of the harness that one case may take at the very most, its probes and all its lives included.
const MESSAGES_PER_CASE: u64 = 600;
/// Messages that a run may take beside its cases.
const MESSAGES: u64 = 400;

/// 收场 · How a seed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Judged, and CERT is durable.
    Certified,
    /// The harness gave up.
    Halted(String),
    /// It came to no end: it stood still, or it never rested.
    Restless(String),
}

/// 演毕 · One seed after its end.
pub struct Played {
    /// How it ended.
    pub ended: Ended,
    /// What the judge said, where it came to that.
    pub judgement: Option<Judgement>,
    /// The journal that was judged, CERT not yet in it.
    pub history: Option<History>,
    /// The certificate that the judge made.
    pub certificate: String,
    /// Every row that became durable.
    pub rows: Vec<Row>,
    /// Exports and looks.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How often each armed fault fired, in the order in which they were armed.
    pub fired: Vec<(String, u64)>,
    /// How often each trouble came true, by its number.
    pub met: Met,
    /// Lives of the harness.
    pub lives: u64,
    /// Messages of the harness.
    pub sent: u64,
    /// What the parties' own logs show in the end; `None` where the plan lets their owners take rows away.
    pub truth: Option<Found>,
}

/// How one life ended.
enum Life {
    Died,
    StoodStill,
    Finished(Box<Finished>),
    Halted(Halt),
}

/// 已证 · What the judge made of a run, CERT durable.
struct Certified {
    judgement: Judgement,
    history: History,
    certificate: String,
}

struct Scene<'a> {
    recipe: &'a Recipe,
    set: Arc<Set>,
    /// The set's plan, its cases begun as late as the recipe says.
    plan: Plan,
    key: PseudonymKey,
    disk: Disk,
    shelf: MemoryShelf,
    air: Arc<Air>,
    trace: &'a Trace,
    begins: Moment,
}

/// Plays one recipe to its end.
pub fn play(stage: &Stage, recipe: &Recipe, trace: &Trace) -> Played {
    let fault = recipe.fault.as_ref();
    let old_platforms = fault.is_some_and(FaultOrder::needs_old_platforms);
    let set = stage.set(&recipe.case_indices(), old_platforms);
    let beside = fault.and_then(FaultOrder::beside);
    let faults = stage.faults().iter().chain(fault).chain(&beside).cloned();
    let faults = faults.map(|order| order.seeded(recipe.seed)).collect();
    let mut world = MemoryWorld::new(&set.setup, faults);
    world.order_purges(&set.plan.purge, &set.plan.registry);
    let mut met = skew(&mut world, recipe, &set, trace, stage.begins());
    let most = MESSAGES + MESSAGES_PER_CASE * recipe.cases.len() as u64;
    let air = Air::new(Arc::new(world), &recipe.troubles, most, trace.clone());
    let scene = Scene {
        recipe,
        plan: begun_later(&set.plan, recipe),
        key: PseudonymKey::new(Dice::of(recipe.seed, "pseudonyms").bytes()),
        set,
        disk: Disk::default(),
        shelf: MemoryShelf::default(),
        air: Arc::new(air),
        trace,
        begins: stage.begins(),
    };
    let (ended, lives, killed) = scene.lives();
    scene.air.heal();
    met.extend(scene.air.met());
    met.extend(killed);
    let truth = scene.set.plan.purge.is_empty().then(|| {
        let public = played_messages(&scene.disk.rows());
        look_beside_the_public(scene.air.world(), &scene.set.opening, &public)
    });
    let (ended, judgement, history, certificate) = match ended {
        Ok(Certified {
            judgement,
            history,
            certificate,
        }) => (
            Ended::Certified,
            Some(judgement),
            Some(history),
            certificate,
        ),
        Err(ended) => (ended, None, None, String::new()),
    };
    Played {
        ended,
        judgement,
        history,
        certificate,
        fired: scene.fired(),
        met,
        lives,
        sent: scene.air.sent(),
        truth,
        rows: scene.disk.take(),
        files: scene.shelf.take(),
    }
}

/// Cases begin a while after the plan's instant, if that is in the same phase and no instant of their own.
fn begun_later(plan: &Plan, recipe: &Recipe) -> Plan {
    let mut plan = plan.clone();
    for (case, (number, _)) in plan.cases.iter_mut().zip(&recipe.cases) {
        let delay = recipe.delays_ms.get(number - 1);
        let (Some(start), Some(delay), false) = (case.start, delay, timed(case)) else {
            continue;
        };
        let later = start.plus_ms(*delay);
        let phase = |at| plan.window.phase_at(at).map(|phase| &phase.id);
        if phase(start) == phase(later) {
            case.start = Some(later);
        }
    }
    plan
}

/// Puts clocks wrong, and says which troubles that were.
fn skew(world: &mut MemoryWorld, recipe: &Recipe, set: &Set, trace: &Trace, at: Moment) -> Met {
    let parties = set.plan.topology.parties();
    let mut met = Met::new();
    for (number, trouble) in &recipe.troubles {
        if let Trouble::Skewed { party, ms } = trouble {
            world.skew(&parties[*party as usize % parties.len()], *ms);
            met.insert(*number, 1);
            trace.tell(at, || Happened::Met {
                number: *number,
                trouble: *trouble,
                hop: None,
            });
        }
    }
    met
}

impl Scene<'_> {
    /// All lives; the last one's end, how many there were, and which kills came true. A life may end while it certifies,
    /// too.
    fn lives(&self) -> (Result<Certified, Ended>, u64, Met) {
        let mut kills = self.recipe.kills();
        let mut killed = Met::new();
        let mut resumes = self.begins;
        for life in 1.. {
            let kill = kills.next();
            let ends_at = kill.map(|(_, point, ..)| point);
            let fate = Arc::new(Fate::watched(ends_at, self.witness()));
            let ended = match self.disk.is_empty() {
                true => self.alone(&fate, life, self.first(&fate, life)),
                false => self.alone(&fate, life, self.later(&fate, life, resumes)),
            };
            let restless = |why: &str| Err(Ended::Restless(why.to_owned()));
            let ended = match ended {
                Life::Finished(finished) => match self.certify(*finished) {
                    Ok(certified) => return (Ok(certified), life, killed),
                    // CERT is not on the disk: the next life judges.
                    Err(_) if fate.is_dead() => Life::Died,
                    Err(why) => return (Err(Ended::Halted(why)), life, killed),
                },
                ended => ended,
            };
            match (ended, kill) {
                (Life::Died, _) if self.air.is_overrun() => {
                    return (restless("messages without end"), life, killed);
                }
                (Life::Died, Some((number, _, after, gap_ms))) => {
                    killed.insert(number, 1);
                    let last = self.disk.last();
                    let at = last.and_then(|row| Moment::parse(&row.at).ok());
                    let at = at.unwrap_or(self.begins);
                    resumes = at.plus_ms(gap_ms);
                    self.tell_kill(number, at);
                    self.air.leave_behind(after);
                }
                (Life::Died, None) | (Life::StoodStill, _) => {
                    return (restless("nothing moves any more"), life, killed);
                }
                (Life::Halted(halt), _) => {
                    return (Err(Ended::Halted(halt.to_string())), life, killed);
                }
                (Life::Finished(_), _) => unreachable!("it was judged above"),
            }
        }
        unreachable!("lives are counted without end")
    }

    fn tell_kill(&self, number: usize, at: Moment) {
        if let Some((_, trouble)) = self.recipe.troubles.iter().find(|(n, _)| *n == number) {
            let trouble = *trouble;
            self.trace.tell(at, || Happened::Met {
                number,
                trouble,
                hop: None,
            });
        }
    }

    async fn first(&self, fate: &Arc<Fate>, life: u64) -> Result<Finished, Halt> {
        let over = self.disk.under(fate);
        let journal = Journal::in_memory_over(self.header()?, self.begins, &over)?;
        run(
            self.config(life)?,
            Clock::simulated(self.begins),
            journal,
            Memory::of(&self.air, fate, self.order(life)),
            Arc::new(Interrupt::default()),
        )
        .await
    }

    async fn later(&self, fate: &Arc<Fate>, life: u64, at: Moment) -> Result<Finished, Halt> {
        let clock = Clock::simulated(at);
        let over = self.disk.under(fate);
        let (journal, history) = Journal::reopen_in_memory_over(self.disk.rows(), at, &over)?;
        let epoch = journal.epoch();
        self.trace.tell(at, || Happened::Resumed { epoch });
        resume(
            self.config(life)?,
            clock,
            journal,
            &history,
            Memory::of(&self.air, fate, self.order(life)),
            Arc::new(Interrupt::default()),
        )
        .await
    }

    fn order(&self, life: u64) -> Dice {
        Dice::of(self.recipe.seed, &format!("order {life}"))
    }

    /// Carries a life out to its end, whichever that is.
    fn alone(
        &self,
        fate: &Arc<Fate>,
        life: u64,
        work: impl Future<Output = Result<Finished, Halt>>,
    ) -> Life {
        let idle = Arc::new(Idle::default());
        let seen = Arc::clone(&idle);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .on_thread_park(move || seen.nobody_works())
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return Life::Halted(Halt::Bug(format!("life {life}: {error}"))),
        };
        let progress = || (fate.passed(), self.disk.len() as u64);
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                () = fate.death() => Life::Died,
                ended = work => match ended {
                    Ok(finished) => Life::Finished(Box::new(finished)),
                    Err(halt) => Life::Halted(halt),
                },
                () = idle.stands_still(progress) => Life::StoodStill,
            }
        });
        // Tasks that were started on their own end with it.
        drop(runtime);
        if fate.is_dead() { Life::Died } else { ended }
    }

    /// Judges and certifies as `crosswipe run` does it; else why CERT is not durable.
    fn certify(&self, finished: Finished) -> Result<Certified, String> {
        let history = finished
            .journal
            .history()
            .map_err(|error| error.to_string())?;
        let evidence = self.shelf.with(|files| Evidence::of_files(&history, files));
        let judgement = judge(&evidence);
        let certificate = certificate(&evidence, &judgement);
        let mut classes: Vec<_> = judgement
            .findings
            .iter()
            .map(|finding| finding.class.clone())
            .collect();
        classes.sort();
        classes.dedup();
        let cert = Cert {
            verdict: judgement.verdict.name().to_owned(),
            faults: self.fired().into_iter().collect(),
            classes,
            sha256: certificate_core_sha256(&certificate).unwrap_or_default(),
            judge: JUDGE.to_owned(),
        };
        let draft = Draft::new(finished.at, Payload::Cert(cert));
        let written = finished.journal.append_and_wait(draft);
        written.map_err(|error| error.to_string())?;
        Ok(Certified {
            judgement,
            history,
            certificate,
        })
    }

    fn fired(&self) -> Vec<(String, u64)> {
        let fired = self.air.world().fired().into_iter();
        fired
            .map(|(order, times)| (order.id().to_owned(), times))
            .collect()
    }

    /// Somebody who tells each record as it becomes durable, where anybody wants to hear of it.
    fn witness(&self) -> Option<Witness> {
        if !self.trace.is_kept() {
            return None;
        }
        let (disk, trace) = (self.disk.clone(), self.trace.clone());
        let told = AtomicUsize::new(disk.len());
        Some(Box::new(move |point| {
            if point == Point::AfterWrite {
                let rows = disk.rows();
                let from = told.swap(rows.len(), Ordering::Relaxed);
                rows[from..].iter().for_each(|row| tell_record(&trace, row));
            }
        }))
    }

    fn run_id(&self) -> Result<RunId, Halt> {
        RunId::parse(&format!("sim-{}", self.recipe.seed))
            .map_err(|error| Halt::Bug(error.to_string()))
    }

    fn header(&self) -> Result<RunHeader, Halt> {
        let plan = &self.plan;
        let parties = plan.topology.parties().into_iter();
        Ok(RunHeader {
            run_id: self.run_id()?,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: plan.resolved(&self.key),
            files: BTreeMap::new(),
            seed: self.recipe.seed,
            clock: "simulated".to_owned(),
            transport: "memory".to_owned(),
            parties: parties.map(|party: Party| (party, Level::L4)).collect(),
            faults: self.fired().into_iter().map(|(id, _)| id).collect(),
            previous_tail: None,
            world: None,
            switches: BTreeMap::new(),
        })
    }

    fn config(&self, life: u64) -> Result<RunConfig, Halt> {
        let plan = &self.plan;
        Ok(RunConfig {
            shelf: Shelf::Memory(self.shelf.clone()),
            run_id: self.run_id()?,
            selected: (0..plan.cases.len()).collect(),
            patience: Patience {
                seed: self.recipe.seed,
                ..Patience::default()
            },
            plan: plan.clone(),
            key: self.key.clone(),
            turn: Turn::new(life - 1).unwrap_or_else(Turn::last),
            jobs: None,
            after_window: None,
            live: None,
            driven: Default::default(),
            first_look_late: false,
            bulletin: None,
            progress: Arc::new(|_| ()),
        })
    }
}

/// What the public sent, by institution and number, as the journal has it.
fn played_messages(rows: &[Row]) -> BTreeSet<(String, String)> {
    let played = rows.iter().filter(|row| row.kind == "PLAYED");
    let named = played.filter_map(|row| {
        let text = |key: &str| {
            let (_, text) = row.payload.split_once(&format!("\"{key}\":\""))?;
            Some(text.split_once('"')?.0.to_owned())
        };
        Some((text("origin")?, text("msgid")?))
    });
    named.collect()
}

fn tell_record(trace: &Trace, row: &Row) {
    if let Ok(at) = Moment::parse(&row.at) {
        trace.tell(at, || Happened::Recorded {
            seq: row.seq,
            kind: row.kind.clone(),
            about: about(&row.payload),
        });
    }
}

/// What a record is about, in short: transaction, number, outcome.
fn about(payload: &str) -> String {
    let word = |key: &str| {
        let (_, text) = payload.split_once(&format!("\"{key}\":\""))?;
        let (word, _) = text.split_once('"')?;
        Some(word.chars().take(60).collect::<String>())
    };
    let words = [
        "txid", "infno", "outcome", "says", "code", "reason", "case", "verdict",
    ];
    let words: Vec<String> = words.into_iter().filter_map(word).collect();
    words.join(" ")
}

/// 静止 · Whether anybody works: in memory nothing ever waits for the outside, so a thread that parks has come to a halt.
#[derive(Default)]
struct Idle {
    notify: Notify,
}

/// Parkings in a row without a step, so that a task that was just woken gets its turn.
const PARKINGS: u32 = 8;

impl Idle {
    fn nobody_works(&self) {
        self.notify.notify_one();
    }

    /// Ends when nobody has made a step between many parkings.
    async fn stands_still(&self, progress: impl Fn() -> (u64, u64)) {
        let (mut last, mut same) = (None, 0);
        loop {
            self.notify.notified().await;
            let now = Some(progress());
            same = if now == last { same + 1 } else { 0 };
            last = now;
            if same >= PARKINGS {
                return;
            }
        }
    }
}
