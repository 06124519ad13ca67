//! 一幕 · A run in memory: its disk, its world, and the lives of the harness that act in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crosswipe_domain::{Level, LogRow, Moment, Party, RunId};
use crosswipe_journal::{Cert, Draft, History, Journal, Payload, Row, RunHeader};
use crosswipe_mocks::MemoryWorld;
use crosswipe_runner::clock::Clock;
use crosswipe_runner::{
    Finished, Interrupt, MemoryShelf, Patience, RunConfig, Shelf, Turn, beginning,
};
use crosswipe_sim::{Disk, Fate};
use crosswipe_verify::{Evidence, Judgement, judge};

use super::flows::Flow;
use super::network::{Flight, Network, Traffic};

/// 一幕 · What outlives the harness.
pub(super) struct Scene<'f> {
    pub(super) flow: &'f Flow,
    pub(super) shelf: MemoryShelf,
    pub(super) disk: Disk,
    pub(super) world: Arc<MemoryWorld>,
    pub(super) flight: Arc<Mutex<Flight>>,
    pub(super) traffic: Arc<Mutex<Traffic>>,
    /// Asks the first process to stop.
    pub(super) interrupt: Arc<Interrupt>,
}

/// 留存 · What is left after a death: rows, party logs, files.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) rows: Vec<Row>,
    pub(super) logs: Vec<(Party, Vec<Arc<LogRow>>)>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// 所及 · How far journal, logs (in the order of [`Kept`]) and files reached at a point. All of them only grow, so
/// this and what stands in the end tell what would have been left.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reach {
    pub(super) rows: usize,
    pub(super) logs: Vec<u64>,
    pub(super) files: BTreeMap<String, u64>,
}

impl Kept {
    /// What would have been left at an earlier point.
    pub(super) fn up_to(&self, reach: &Reach) -> Kept {
        let log = |(log, lsn): (&(Party, Vec<Arc<LogRow>>), &u64)| {
            (log.0.clone(), log.1[..*lsn as usize].to_vec())
        };
        let file = |(name, len): (&String, &u64)| {
            (name.clone(), self.files[name][..*len as usize].to_vec())
        };
        Kept {
            rows: self.rows[..reach.rows].to_vec(),
            logs: self.logs.iter().zip(&reach.logs).map(log).collect(),
            files: reach.files.iter().map(file).collect(),
        }
    }
}

/// The end of a life that was not killed, or why it gave up.
type Life = Result<Finished, String>;

/// How a life ended.
pub(super) enum Ended {
    /// Killed.
    Died,
    /// Judged, and CERT is durable.
    Certified(Box<Judgement>),
    /// It gave up.
    Halted(String),
}

impl<'f> Scene<'f> {
    /// Nothing has happened yet.
    pub(super) fn new(flow: &'f Flow) -> Scene<'f> {
        Scene {
            flow,
            shelf: MemoryShelf::default(),
            disk: Disk::default(),
            world: Arc::new(MemoryWorld::new(&flow.setup, flow.faults.clone())),
            flight: Arc::new(Mutex::new(Flight::with(flow.troubles.clone()))),
            traffic: Arc::default(),
            interrupt: Arc::default(),
        }
    }

    /// The same run after everything died: journal, files and party logs are there, as far as `kept` says, and nothing
    /// that was only in memory.
    pub(super) fn of(flow: &'f Flow, kept: Kept) -> Scene<'f> {
        let world = MemoryWorld::restored(&flow.setup, Vec::new(), kept.logs).unwrap();
        Scene {
            flow,
            shelf: MemoryShelf::holding(kept.files),
            disk: Disk::holding(kept.rows),
            world: Arc::new(world),
            flight: Arc::default(),
            traffic: Arc::default(),
            interrupt: Arc::default(),
        }
    }

    /// All that is durable now.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            rows: self.disk.rows(),
            logs: self.world.logs(),
            files: self.shelf.files(),
        }
    }

    /// How far everything durable reaches now.
    pub(super) fn reach(&self) -> impl Fn() -> Reach + Send + Sync + 'static {
        let (disk, world) = (self.disk.clone(), Arc::clone(&self.world));
        let shelf = self.shelf.clone();
        let parties: Vec<Party> = world.logs().into_iter().map(|(party, _)| party).collect();
        let at = beginning(&self.flow.plan).unwrap();
        move || {
            let lsn = |party| world.look(party, u64::MAX, at).unwrap().lsn;
            let files = shelf.with(|files| {
                let long = files
                    .iter()
                    .map(|(name, bytes)| (name.clone(), bytes.len() as u64));
                long.collect()
            });
            Reach {
                rows: disk.len(),
                logs: parties.iter().map(lsn).collect(),
                files,
            }
        }
    }

    /// The first process, up to this point or to its end.
    pub(super) fn run(&self, ends_at: Option<u64>) -> (Ended, Arc<Fate>) {
        let fate = Arc::new(Fate::new(ends_at));
        (self.run_with(&fate), fate)
    }

    /// The first process, as its fate wills.
    pub(super) fn run_with(&self, fate: &Arc<Fate>) -> Ended {
        self.alone(fate, self.first_life(fate))
    }

    /// A later process, up to this point or to its end. `None` if there is nothing to resume: no journal was begun,
    /// or the run is certified.
    pub(super) fn resume(&self, ends_at: Option<u64>) -> Option<(Ended, Arc<Fate>)> {
        let fate = Arc::new(Fate::new(ends_at));
        Some((self.resume_with(&fate)?, fate))
    }

    /// A later process, as its fate wills.
    pub(super) fn resume_with(&self, fate: &Arc<Fate>) -> Option<Ended> {
        if self.disk.last().is_none_or(|row| row.kind == "CERT") {
            return None;
        }
        Some(self.alone(fate, self.later_life(fate)))
    }

    /// The first process and the one that takes over from it while it stands still.
    pub(super) fn both(&self, old: &Arc<Fate>, new: &Arc<Fate>) -> (Ended, Ended) {
        let runtime = runtime();
        let (first, later) = runtime.block_on(async {
            let later = async {
                old.standstill().await;
                let ended = self.later_life(new).await;
                // At the latest: it comes back when all is over.
                old.revive();
                ended
            };
            tokio::join!(self.first_life(old), later)
        });
        drop(runtime);
        let ended = |fate: &Fate, life: Life| match life {
            Ok(finished) => self.certify(fate, finished),
            Err(halt) => Ended::Halted(halt),
        };
        (ended(old, first), ended(new, later))
    }

    async fn first_life(&self, fate: &Arc<Fate>) -> Life {
        let plan = &self.flow.plan;
        let begins = beginning(plan).unwrap();
        let journal = Journal::in_memory_over(header(self.flow), begins, &self.disk.under(fate))
            .map_err(|error| error.to_string())?;
        let work = crosswipe_runner::run(
            self.config(1),
            Clock::simulated(begins),
            journal,
            self.network(fate, 1),
            Arc::clone(&self.interrupt),
        );
        work.await.map_err(|halt| halt.to_string())
    }

    async fn later_life(&self, fate: &Arc<Fate>) -> Life {
        let rows = self.disk.rows();
        let at = Moment::parse(&rows.last().unwrap().at).unwrap();
        let clock = Clock::simulated(at.plus_ms(1_000));
        let (journal, history) =
            Journal::reopen_in_memory_over(rows, clock.now(), &self.disk.under(fate))
                .map_err(|error| error.to_string())?;
        let epoch = journal.epoch();
        let work = crosswipe_runner::resume(
            self.config(epoch),
            clock,
            journal,
            &history,
            self.network(fate, epoch),
            Arc::new(Interrupt::default()),
        );
        work.await.map_err(|halt| halt.to_string())
    }

    /// Carries a life out to its end: killed, or judged and certified as `crosswipe run` does it.
    fn alone(&self, fate: &Arc<Fate>, life: impl Future<Output = Life>) -> Ended {
        let runtime = runtime();
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                () = fate.death() => None,
                ended = life => Some(ended),
            }
        });
        // Tasks that were started on their own end with it.
        drop(runtime);
        match ended {
            _ if fate.is_dead() => Ended::Died,
            None => Ended::Died,
            Some(Err(halt)) => Ended::Halted(halt),
            Some(Ok(finished)) => self.certify(fate, finished),
        }
    }

    fn certify(&self, fate: &Fate, finished: Finished) -> Ended {
        let judgement = self.judged(&finished.journal.history().unwrap());
        let cert = Cert {
            verdict: judgement.verdict.name().to_owned(),
            faults: BTreeMap::new(),
            classes: Vec::new(),
            sha256: String::new(),
            judge: String::new(),
        };
        let written = finished
            .journal
            .append_and_wait(Draft::new(finished.at, Payload::Cert(cert)));
        if fate.is_dead() {
            return Ended::Died;
        }
        written.unwrap();
        Ended::Certified(Box::new(judgement))
    }

    /// What the judge says of journal and files as they lie there.
    pub(super) fn judged(&self, history: &History) -> Judgement {
        self.shelf
            .with(|files| judge(&Evidence::of_files(history, files)))
    }

    fn network(&self, fate: &Arc<Fate>, epoch: u64) -> Network {
        Network {
            world: Arc::clone(&self.world),
            flight: Arc::clone(&self.flight),
            fate: Arc::clone(fate),
            epoch,
            traffic: Arc::clone(&self.traffic),
        }
    }

    fn config(&self, epoch: u64) -> RunConfig {
        let plan = &self.flow.plan;
        RunConfig {
            shelf: Shelf::Memory(self.shelf.clone()),
            run_id: run_id(),
            selected: (0..plan.cases.len()).collect(),
            patience: Patience {
                seed: plan.seed,
                ..Patience::default()
            },
            plan: plan.clone(),
            key: self.flow.key.clone(),
            turn: Turn::new(epoch - 1).unwrap(),
            jobs: None,
            after_window: None,
            live: None,
            driven: Default::default(),
            first_look_late: self.flow.first_look_late,
            bulletin: None,
            progress: Arc::new(|_| ()),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

fn run_id() -> RunId {
    RunId::parse("simulated").unwrap()
}

fn header(flow: &Flow) -> RunHeader {
    let plan = &flow.plan;
    let parties = plan.topology.parties().into_iter();
    RunHeader {
        run_id: run_id(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.resolved(&flow.key),
        files: BTreeMap::new(),
        seed: plan.seed,
        clock: "simulated".to_owned(),
        transport: "memory".to_owned(),
        parties: parties.map(|party| (party, Level::L4)).collect(),
        faults: Vec::new(),
        previous_tail: None,
        world: None,
        switches: Default::default(),
    }
}
