//! 日志出错 · What the runner does when its journal cannot be written: nothing more leaves, nothing is called clean.
//!
//! The real runner and the mock parties without sockets, over a store that fails at the n-th commit. A journal in
//! memory commits inside the caller, so «after the failure» is exact: not one message may be counted from there on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use crosswipe_domain::{Level, Nature, Party, PseudonymKey, RunId};
use crosswipe_journal::{Journal, Payload, Row, RunHeader, Store, StoreFault, UndoPlan};
use crosswipe_mocks::shell::memory::MemoryWorld;
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_runner::{Finished, Halt, Interrupt, Patience, RunConfig, Shelf, Turn, beginning};
use crosswipe_scenarios::Plan;
use crosswipe_wire::Context;
use rstest::rstest;

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/pair-demo");

/// What is counted on both sides of the failure.
#[derive(Clone, Default)]
struct Counts {
    messages: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
    /// Messages that had left when the commit failed, plus one; 0 before.
    at_failure: Arc<AtomicU64>,
}

/// How a store fails from its n-th commit on.
#[derive(Clone)]
enum Trouble {
    /// Never.
    None,
    /// Like a failed fsync, once; every later commit would work.
    Fsync(u64),
    /// No room while the reserve is there.
    Full(u64, PathBuf),
    /// No room, whatever is given up.
    FullForEver(u64),
}

struct Troubled {
    inner: Box<dyn Store>,
    trouble: Trouble,
    counts: Counts,
}

impl Store for Troubled {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        let commit = self.counts.commits.fetch_add(1, Ordering::SeqCst);
        let full = || StoreFault::Full {
            why: "ENOSPC".into(),
        };
        let failed = match &self.trouble {
            Trouble::Fsync(n) if commit == *n => Some(StoreFault::Io { why: "EIO".into() }),
            Trouble::Full(n, reserve) if commit >= *n && reserve.exists() => return Err(full()),
            Trouble::FullForEver(n) if commit >= *n => Some(full()),
            _ => None,
        };
        match failed {
            None => self.inner.commit(rows),
            Some(fault) => {
                let sent = self.counts.messages.load(Ordering::SeqCst) + 1;
                let _ = self.counts.at_failure.compare_exchange(
                    0,
                    sent,
                    Ordering::SeqCst,
                    Ordering::SeqCst,
                );
                Err(fault)
            }
        }
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.inner.seal()
    }
}

/// Counts the messages that reach a party; looks at books are no messages.
struct Counted {
    world: Arc<MemoryWorld>,
    clock: Arc<Clock>,
    counts: Counts,
}

impl Transport for Counted {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let context = call.context.and_then(|text| Context::parse(&text).ok());
        let now = context.as_ref().and_then(|context| context.now);
        let now = now.unwrap_or_else(|| self.clock.now());
        let body = match (call.body, call.path.split_once("?from=")) {
            (Some(body), _) => {
                self.counts.messages.fetch_add(1, Ordering::SeqCst);
                let answer =
                    self.world
                        .exchange(now, to, &call.path, context.as_ref(), body.as_bytes());
                answer
                    .map_err(|lost| Lost::Broken(lost.to_string()))?
                    .body
                    .into_bytes()
            }
            (None, Some((_, from))) => {
                serde_json::to_vec(&self.world.look(to, from.parse().unwrap(), now)).unwrap()
            }
            (None, None) => serde_json::to_vec(&self.world.export(to, now)).unwrap(),
        };
        Ok(Answer {
            status: 200,
            body: Bytes::from(body),
        })
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

/// 台 · A world that outlives the harness.
struct Stage {
    plan: Plan,
    world: Arc<MemoryWorld>,
    dir: tempfile::TempDir,
    counts: Counts,
}

impl Stage {
    fn new() -> Stage {
        static LOADED: LazyLock<Plan> =
            LazyLock::new(|| crosswipe_scenarios::load(Path::new(PLAN)).unwrap());
        let plan = LOADED.clone();
        let setup = crosswipe_mocks::setup::Setup::new(
            plan.topology.clone(),
            &plan.registry,
            plan.window.clone(),
            plan.arranged.clone(),
            Default::default(),
        );
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("exports")).unwrap();
        Stage {
            world: Arc::new(MemoryWorld::new(&setup, Vec::new())),
            plan,
            dir,
            counts: Counts::default(),
        }
    }

    fn header(&self) -> RunHeader {
        let parties = self.plan.topology.parties().into_iter();
        RunHeader {
            run_id: RunId::parse("trouble").unwrap(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: self.plan.resolved(&key()),
            files: BTreeMap::new(),
            seed: 1,
            clock: "simulated".to_owned(),
            transport: "memory".to_owned(),
            parties: parties.map(|party| (party, Level::L4)).collect(),
            faults: Vec::new(),
            previous_tail: None,
            world: None,
            switches: BTreeMap::new(),
        }
    }

    fn config(&self, only: &[&str]) -> RunConfig {
        let cases = self.plan.cases.iter().enumerate();
        let wanted = cases.filter(|(_, case)| {
            only.is_empty() || only.iter().any(|part| case.id.as_str().contains(part))
        });
        RunConfig {
            shelf: Shelf::Folder(self.dir.path().to_owned()),
            run_id: RunId::parse("trouble").unwrap(),
            selected: wanted.map(|(index, _)| index).collect(),
            patience: Patience {
                seed: 1,
                ..Patience::default()
            },
            plan: self.plan.clone(),
            key: key(),
            turn: Turn::default(),
            jobs: None,
            after_window: None,
            live: None,
            driven: Default::default(),
            first_look_late: false,
            bulletin: None,
            progress: Arc::new(|_| ()),
        }
    }

    /// A store that fails so.
    fn troubled(&self, trouble: &Trouble) -> impl Fn(Box<dyn Store>) -> Box<dyn Store> + use<> {
        let (trouble, counts) = (trouble.clone(), self.counts.clone());
        move |inner| {
            Box::new(Troubled {
                inner,
                trouble: trouble.clone(),
                counts: counts.clone(),
            })
        }
    }

    fn network(&self, clock: &Arc<Clock>) -> Counted {
        Counted {
            world: Arc::clone(&self.world),
            clock: Arc::clone(clock),
            counts: self.counts.clone(),
        }
    }

    /// Runs over a journal that was opened with trouble.
    fn run(&self, journal: Journal, only: &[&str]) -> Result<Finished, Halt> {
        let clock = Clock::simulated(beginning(&self.plan).unwrap());
        let network = self.network(&clock);
        let interrupt = Arc::new(Interrupt::default());
        let run = crosswipe_runner::run(self.config(only), clock, journal, network, interrupt);
        waiting(run)
    }

    fn on_disk(&self, trouble: &Trouble) -> Journal {
        let at = beginning(&self.plan).unwrap();
        Journal::create_over(self.dir.path(), self.header(), at, &self.troubled(trouble)).unwrap()
    }

    /// Finishes on a healthy disk what a failed process left; gives all that stands then.
    fn resume(&self) -> crosswipe_journal::History {
        let stood = crosswipe_journal::read(self.dir.path()).unwrap();
        let clock = Clock::simulated(stood.last().at.plus_ms(1_000));
        let (journal, history) = Journal::reopen(self.dir.path(), clock.now()).unwrap();
        let network = self.network(&clock);
        let interrupt = Arc::new(Interrupt::default());
        let finished = waiting(crosswipe_runner::resume(
            self.config(&[]),
            clock,
            journal,
            &history,
            network,
            interrupt,
        ));
        finished.unwrap().close().unwrap();
        crosswipe_journal::read(self.dir.path()).unwrap()
    }

    /// Every cell of every party is what it was before the run.
    #[track_caller]
    fn books_must_be_as_before(&self) {
        let fresh = Stage::new();
        let now = beginning(&self.plan).unwrap();
        for party in self.plan.topology.parties() {
            let cells = |stage: &Stage| -> Vec<_> {
                let export = stage.world.export(&party, now).unwrap();
                export
                    .cells
                    .into_iter()
                    .filter(|cell| cell.value != 0)
                    .collect()
            };
            assert_eq!(cells(self), cells(&fresh), "{party}");
        }
    }
}

fn waiting<O>(work: impl Future<Output = O>) -> O {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn key() -> PseudonymKey {
    PseudonymKey::new([7; 32])
}

/// Messages sent and commits made by a run that meets no trouble.
fn whole(only: &[&str]) -> (u64, u64) {
    let stage = Stage::new();
    let at = beginning(&stage.plan).unwrap();
    let journal = Journal::in_memory_over(stage.header(), at, &stage.troubled(&Trouble::None));
    stage
        .run(journal.unwrap(), only)
        .unwrap_or_else(|halt| panic!("{halt}"));
    let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
    (of(&stage.counts.messages), of(&stage.counts.commits))
}

#[test]
fn after_a_failed_commit_not_one_message_leaves() {
    let only = ["outpatient/330100-330200"];
    let (messages, commits) = whole(&only);
    assert!(
        messages > 10 && commits > 30,
        "{messages} messages, {commits} commits"
    );
    let (mut points, mut open) = (0, 0);
    for n in 1..commits {
        let other = (n % 4 == 0).then_some(Trouble::FullForEver(n));
        for trouble in [Trouble::Fsync(n)].into_iter().chain(other) {
            let stage = Stage::new();
            let at = beginning(&stage.plan).unwrap();
            let journal = Journal::in_memory_over(stage.header(), at, &stage.troubled(&trouble));
            let ended = stage.run(journal.unwrap(), &only);
            assert!(
                match &ended {
                    Err(Halt::Journal(error)) => error.code() == "journal:unsynced",
                    // No room, and nothing was open yet or any more.
                    Err(Halt::DiskFull { open: 0, .. }) =>
                        matches!(trouble, Trouble::FullForEver(_)),
                    _ => false,
                },
                "commit {n}: {:?}",
                ended.err()
            );
            let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
            let sent = of(&stage.counts.messages);
            assert_eq!(
                sent + 1,
                of(&stage.counts.at_failure),
                "commit {n}: messages after it failed"
            );
            points += 1;
            open += u64::from(sent > 0);
        }
    }
    println!("{points} failed commits, {open} of them with messages sent before, 0 messages after");
    assert!(points > 40 && open > 30, "{points} {open}");
}

/// The store does not answer in the caller's hands here: what was on its way when the commit failed may still arrive.
#[rstest]
#[case(20)]
#[case(60)]
#[case(140)]
fn what_a_failed_commit_left_open_is_undone_on_a_healthy_disk(#[case] n: u64) {
    let stage = Stage::new();
    let journal = stage.on_disk(&Trouble::Fsync(n));
    let ended = stage.run(journal, &[]);
    assert!(matches!(ended, Err(Halt::Journal(_))), "{:?}", ended.err());
    let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
    let sent = of(&stage.counts.messages);
    let lanes = stage.plan.cases.len() as u64;
    assert!(
        sent < of(&stage.counts.at_failure) + lanes,
        "{sent} messages"
    );
    let history = stage.resume();
    assert!(
        of(&stage.counts.messages) > sent,
        "there was something to ask or to undo"
    );
    assert!(
        !history
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Unresolved(_)))
    );
    stage.books_must_be_as_before();
}

#[test]
fn a_full_disk_begins_nothing_new_and_undoes_what_is_open() {
    let points = [10, 25, 40, 60, 90];
    let undone: usize = points.into_iter().map(undone_on_a_disk_full_at).sum();
    println!("{} full disks, {undone} undos after them", points.len());
    // How many are open at that commit is for the threads to say; over all points there are some.
    assert!(
        undone >= points.len() / 2,
        "what was open was undone: {undone}"
    );
}

/// Undos that were sent after the disk was full at this commit.
fn undone_on_a_disk_full_at(n: u64) -> usize {
    let stage = Stage::new();
    let reserve = stage.dir.path().join("reserve");
    let journal = stage.on_disk(&Trouble::Full(n, reserve.clone()));
    assert!(reserve.exists());
    let halt = stage.run(journal, &[]).err();
    // The last books are left to a resume: they would take the room of records.
    assert!(
        matches!(halt, Some(Halt::DiskFull { open: 0, .. })),
        "{halt:?}"
    );
    assert!(!reserve.exists());
    let history = crosswipe_journal::read(stage.dir.path()).unwrap();
    let said = history.records.iter().position(|record| {
        matches!(&record.payload, Payload::Interrupted(interrupted) if interrupted.by == "disk-full")
    });
    let after = &history.records[said.expect("the journal says why")..];
    let count = |wanted: fn(&Payload) -> bool| {
        after
            .iter()
            .filter(|record| wanted(&record.payload))
            .count()
    };
    let begun = count(|payload| matches!(payload, Payload::CaseStarted(_)));
    let forward = count(
        |payload| matches!(payload, Payload::Intent(intent) if intent.nature == Nature::Forward && intent.undo != UndoPlan::Nothing),
    );
    let undone = count(|payload| matches!(payload, Payload::CompIntent(_)));
    assert_eq!((begun, forward), (0, 0), "no new business");
    stage.books_must_be_as_before();
    undone
}

/// A look at books that finds no room is a look that was not taken; the undo goes on.
#[test]
fn looks_that_find_no_room_do_not_keep_the_undo_from_going_on() {
    let stage = Stage::new();
    // Whatever is appended to such a file meets a full disk; elsewhere there is no such device.
    if !Path::new("/dev/full").exists() {
        return;
    }
    for party in stage.plan.topology.parties() {
        let path = stage
            .dir
            .path()
            .join(format!("exports/{}.tm.jsonl", party.file_stem()));
        #[cfg(unix)]
        std::os::unix::fs::symlink("/dev/full", path).unwrap();
    }
    let finished = stage
        .run(stage.on_disk(&Trouble::None), &[])
        .unwrap_or_else(|halt| panic!("{halt}"));
    assert!(finished.short_of_room);
    finished.close().unwrap();
    let history = crosswipe_journal::read(stage.dir.path()).unwrap();
    let missing = history.records.iter().filter(|record| {
        matches!(&record.payload, Payload::Snapm(tails) if tails.missing.values().any(|why| why == "disk-full"))
    });
    assert!(
        missing.count() > 0,
        "the journal says which looks are not there"
    );
    stage.books_must_be_as_before();
}
