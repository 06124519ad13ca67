//! 真实时间 · A whole run by a wall clock, to its proof: real time passes as it does, but for the waits that the run
//! announces (the quiet period, the end of the day), which are cut short by setting the clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crosswipe_domain::{Level, Moment, PseudonymKey, RunId};
use crosswipe_journal::{Journal, Payload, RunHeader};
use crosswipe_mocks::{MemoryWorld, Setup};
use crosswipe_runner::clock::{Clock, real_now};
use crosswipe_runner::{MemoryShelf, Patience, Progress, RunConfig, Shelf, Turn, run};
use crosswipe_sim::Memory;
use crosswipe_verify::{Evidence, Verdict, judge};

use super::gate_cells::shipped;

#[test]
fn by_a_wall_clock_a_run_ends_clean_after_the_day_has_rolled() {
    let mut plan = shipped("pair-demo");
    let begins = Moment::parse("2030-03-02T12:00:01+08:00").unwrap();
    // What has its own instant, later or past, is for the simulated clock.
    plan.cases
        .retain(|case| case.start.is_none_or(|start| start <= begins));
    plan.cases.retain(|case| {
        plan.window.phase_at(case.start.unwrap_or(begins)) == plan.window.phase_at(begins)
    });
    plan.proofs.clear();
    assert!(plan.cases.len() >= 3);
    let setup = Setup::new(
        plan.topology.clone(),
        &plan.registry,
        plan.window.clone(),
        plan.arranged.clone(),
        Default::default(),
    );
    let network = Memory::calm(Arc::new(MemoryWorld::new(&setup, Vec::new())));
    let (key, run_id) = (PseudonymKey::new([7; 32]), RunId::parse("wall").unwrap());
    let parties = plan.topology.parties().into_iter();
    let header = RunHeader {
        run_id: run_id.clone(),
        tool_version: "0".to_owned(),
        plan: plan.resolved(&key),
        files: BTreeMap::new(),
        seed: plan.seed,
        clock: "wall".to_owned(),
        transport: "memory".to_owned(),
        parties: parties.map(|party| (party, Level::L4)).collect(),
        faults: Vec::new(),
        switches: BTreeMap::new(),
        previous_tail: None,
        world: None,
    };
    let journal = Journal::in_memory_over(header, begins, &|store| store).unwrap();
    let (shelf, ahead_ms) = (
        MemoryShelf::default(),
        Arc::new(Mutex::new(begins.ms_since(real_now()))),
    );
    let (shown, set) = (Arc::clone(&ahead_ms), Arc::clone(&ahead_ms));
    let clock = Clock::wall(Box::new(move || real_now().plus_ms(*shown.lock().unwrap())));
    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let config = RunConfig {
        shelf: Shelf::Memory(shelf.clone()),
        run_id,
        patience: Patience::default(),
        selected: (0..plan.cases.len()).collect(),
        plan,
        key,
        turn: Turn::new(0).unwrap(),
        jobs: None,
        after_window: None,
        live: None,
        driven: Default::default(),
        first_look_late: false,
        bulletin: None,
        progress: Arc::new(move |progress| {
            if let Progress::WaitsUntil(until) = progress {
                told.lock().unwrap().push(until);
                *set.lock().unwrap() = until.ms_since(real_now());
            }
        }),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let ran = runtime.block_on(run(config, clock, journal, network, Arc::default()));
    let history = ran.unwrap().journal.history().unwrap();
    let midnight = Moment::parse("2030-03-03T00:00+08:00").unwrap();
    let waits = waits.lock().unwrap();
    assert_eq!(waits.len(), 2, "{waits:?}");
    assert!(waits[0] < midnight && waits[1] >= midnight);
    assert!(history.records.is_sorted_by_key(|record| record.at));
    let second = history
        .records
        .iter()
        .find(|record| matches!(record.payload, Payload::Snap2(_)));
    assert!(second.unwrap().at >= midnight);
    let judgement = shelf.with(|files| judge(&Evidence::of_files(&history, files)));
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{:?}",
        judgement.findings
    );
    assert!(judgement.counts.intended > 20);
}
