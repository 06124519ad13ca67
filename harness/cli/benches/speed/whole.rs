//! 全程 · One run of so many cases, wired as `crosswipe run` wires it, from empty folder to verdict.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{Business, CaseId, Level, Party, PseudonymKey, RunId};
use crosswipe_journal::{Counters as Written, Journal, RunHeader};
use crosswipe_mocks::{World, WorldConfig};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Http, Transport};
use crosswipe_runner::{Finished, Interrupt, Patience, RunConfig, Shelf, Turn, beginning};
use crosswipe_scenarios::{Case, Plan};

use crate::counted::{Counted, Counters, Sent};
use crate::inmemory::{InMemory, Trip, Trips};
use crate::measured::{Measured, Watch, peak_kb, threads};
use crate::proof::{self, Proof};

/// The plan whose cells are run.
pub(crate) const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/zhejiang-2017");
const DEADLINE: Duration = Duration::from_secs(10);

/// How messages reach the parties.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Real HTTP on loopback.
    Http,
    /// Plain calls.
    Memory,
}

/// A run that is over and was found clean.
pub(crate) struct Ran {
    pub(crate) cases: usize,
    /// From the first export to the last.
    pub(crate) took: Measured,
    pub(crate) sent: Sent,
    /// All exchanges on all hops; empty over HTTP.
    pub(crate) trips: Vec<Trip>,
    /// Bytes of payload and text of each record.
    pub(crate) records: Vec<(usize, usize)>,
    /// Peak of this process up to there, kB.
    pub(crate) peak_kb: Option<u64>,
    /// Threads of this process when the cases were over.
    pub(crate) threads: Option<u64>,
    pub(crate) journal: Written,
    pub(crate) export_bytes: u64,
    pub(crate) proof: Proof,
}

/// Runs so many cases in a folder of its own, on the disk that builds are on, and removes it.
///
/// # Panics
/// If anything fails, or the verdict is not clean: there is no speed of what does not work.
pub(crate) fn run(cases: usize, network: Network) -> Ran {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for temporary files");
    for part in ["exports", "parties"] {
        std::fs::create_dir(folder.path().join(part)).expect("a folder that can be written");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads");
    let ran = runtime.block_on(stand_up_and_run(folder.path(), plan(cases), network));
    runtime.shutdown_timeout(Duration::from_secs(2));
    ran
}

/// The plan with so many cells of its matrix and nothing else. Any number of them is spread over cities, persons and
/// both businesses alike, so that sizes can be compared.
pub(crate) fn plan(cases: usize) -> Plan {
    let mut plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the shipped plan is sound");
    let of = |business| {
        let cells = plan.cases.iter().filter(move |case| {
            case.matrix
                && case
                    .first_visit()
                    .is_some_and(|visit| visit.business == business)
        });
        cells.collect::<Vec<_>>()
    };
    let cells = [of(Business::Outpatient), of(Business::Inpatient)];
    let chosen = (0..cases).map(|number| {
        let cells = &cells[number % 2];
        let (round, place) = (number / 2 / cells.len(), number / 2 % cells.len());
        // A stride that shares no factor with the 110 cells meets each of them once in a round.
        again(cells[place * 37 % cells.len()], round)
    });
    plan.cases = chosen.collect();
    plan
}

fn again(case: &Case, round: usize) -> Case {
    let id = CaseId::parse(&format!("{}+{round}", case.id)).expect("a short id");
    Case { id, ..case.clone() }
}

async fn stand_up_and_run(dir: &Path, plan: Plan, network: Network) -> Ran {
    let begins = beginning(&plan).expect("the plan has a window");
    let clock = Clock::simulated(begins);
    let cases = plan.cases.len();
    let key = PseudonymKey::new([7; 32]);
    let journal = Journal::create(dir, header(&plan, &key), begins).expect("an empty folder");
    let counters = Arc::new(Counters::default());
    let trips = Trips::default();
    let config = world(&plan, &clock, Some(dir.join("parties")));
    let (finished, took) = match network {
        Network::Memory => {
            let network = InMemory::new(&config.setup(), Arc::clone(&clock), Arc::clone(&trips));
            timed(
                Shelf::Folder(dir.to_owned()),
                plan,
                key,
                clock,
                journal,
                Counted {
                    network,
                    counters: Arc::clone(&counters),
                },
            )
            .await
        }
        Network::Http => {
            let world = World::start(config).await.expect("free ports");
            let network = Http::new(addresses(&plan, &world), DEADLINE);
            let ended = timed(
                Shelf::Folder(dir.to_owned()),
                plan,
                key,
                clock,
                journal,
                Counted {
                    network,
                    counters: Arc::clone(&counters),
                },
            )
            .await;
            world.stop().await;
            ended
        }
    };
    let (journal, threads, peak_kb) = (finished.journal.counters(), threads(), peak_kb());
    finished.close().expect("a healthy disk");
    let trips = std::mem::take(&mut *trips.lock().expect("nobody else is left"));
    let (proof, export_bytes) = (proof::judged(dir), proof::export_bytes(dir));
    Ran {
        cases,
        took,
        sent: counters.sent(),
        trips,
        records: record_sizes(dir, &[]),
        threads,
        peak_kb,
        journal,
        export_bytes,
        proof,
    }
}

/// The mock parties of a plan; without a folder nothing of theirs is kept.
pub(crate) fn world(plan: &Plan, clock: &Arc<Clock>, parties_dir: Option<PathBuf>) -> WorldConfig {
    let time = Arc::clone(clock);
    WorldConfig {
        topology: plan.topology.clone(),
        registry: plan.registry.clone(),
        window: plan.window.clone(),
        arranged: plan.arranged.clone(),
        msgid_mode: Default::default(),
        purge: plan.purge.clone(),
        faults: Vec::new(),
        gates: Default::default(),
        elsewhere: Default::default(),
        parties_dir,
        time: Arc::new(move || time.now()),
    }
}

/// Runs a plan to its end, and says what that took.
pub(crate) async fn timed(
    shelf: Shelf,
    plan: Plan,
    key: PseudonymKey,
    clock: Arc<Clock>,
    journal: Journal,
    network: impl Transport,
) -> (Finished, Measured) {
    let config = RunConfig {
        shelf,
        run_id: run_id(),
        selected: (0..plan.cases.len()).collect(),
        patience: Patience {
            seed: plan.seed,
            ..Patience::default()
        },
        plan,
        key,
        turn: Turn::default(),
        jobs: None,
        after_window: None,
        live: None,
        driven: Default::default(),
        first_look_late: false,
        bulletin: None,
        progress: Arc::new(|_| ()),
    };
    let watch = Watch::start();
    let ran = crosswipe_runner::run(
        config,
        clock,
        journal,
        network,
        Arc::new(Interrupt::default()),
    )
    .await;
    let took = watch.stop();
    (
        ran.unwrap_or_else(|halt| panic!("the run stopped: {halt}")),
        took,
    )
}

fn addresses(plan: &Plan, world: &World) -> BTreeMap<Party, SocketAddr> {
    let address = |party: Party| Some((party.clone(), world.address(&party)?));
    plan.topology
        .parties()
        .into_iter()
        .filter_map(address)
        .collect()
}

pub(crate) fn header(plan: &Plan, key: &PseudonymKey) -> RunHeader {
    RunHeader {
        run_id: run_id(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.resolved(key),
        files: BTreeMap::new(),
        seed: plan.seed,
        clock: "simulated".to_owned(),
        transport: "http".to_owned(),
        parties: plan
            .topology
            .parties()
            .into_iter()
            .map(|party| (party, Level::L4))
            .collect(),
        faults: Vec::new(),
        switches: Default::default(),
        previous_tail: None,
        world: None,
    }
}

fn run_id() -> RunId {
    RunId::parse("bench").expect("a plain word")
}

/// What the journal keeps of each record of these kinds, bytes of payload and text; of no kind, of all but the first,
/// which is the plan.
pub(crate) fn record_sizes(dir: &Path, kinds: &[&str]) -> Vec<(usize, usize)> {
    let database = rusqlite::Connection::open(dir.join("journal.db")).expect("a closed journal");
    let sql = "SELECT length(CAST(payload AS BLOB)), coalesce(length(CAST(text AS BLOB)), 0), kind
        FROM record LEFT JOIN message USING (seq) WHERE seq > 0 ORDER BY seq";
    let mut sizes = database.prepare(sql).expect("the journal's tables");
    let length = |row: &rusqlite::Row<'_>, column| row.get::<_, u32>(column);
    let sizes = sizes
        .query_map([], |row| {
            Ok((length(row, 0)?, length(row, 1)?, row.get::<_, String>(2)?))
        })
        .expect("the journal's rows");
    let bytes = |length| usize::try_from(length).expect("a length");
    let sizes = sizes.map(|size| size.expect("two numbers and a kind"));
    sizes
        .filter(|(_, _, kind)| kinds.is_empty() || kinds.contains(&kind.as_str()))
        .map(|(payload, text, _)| (bytes(payload), bytes(text)))
        .collect()
}
