//! 模拟 · Whole seeds on one thread, beside the same machines called directly in a loop.
//!
//! The limit is the parties alone: each cell of the demo's matrix is run once in memory, every call of the harness is
//! written down, and the same calls are made again, byte for byte, on fresh parties. So it has parsing, booking, answers and the
//! hops between parties; of a seed it leaves out the runner, the journal, reading the books that are shown, and the judge.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{Moment, Party, PseudonymKey};
use crosswipe_journal::Journal;
use crosswipe_mocks::{MemoryWorld, MsgidMode, Setup};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_runner::{MemoryShelf, Shelf, beginning};
use crosswipe_scenarios::Plan;
use crosswipe_sim::{Campaign, Memory, Mix, Shard, Stage, Sums, VERDICTS, campaign};
use crosswipe_wire::Context;

use crate::measured::Watch;
use crate::table::{Asked, Row};
use crate::whole::{header, timed};

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/pair-demo");

/// So many seeds in each round, one core.
pub(crate) fn rows(seeds: u64, rounds: usize) -> Vec<Row> {
    let plan = plan();
    let scripts: Vec<Script> = (0..plan.cases.len())
        .map(|case| Script::of(&plan, case))
        .collect();
    let stage = Stage::new(plan, Vec::new()).expect("the demo's cells can be drawn");
    let rounds = (0..rounds as u64).map(|round| {
        let (ours, swipes) = played(&stage, round * seeds..(round + 1) * seeds);
        (ours, called(&scripts, swipes))
    });
    let rounds: Vec<(u128, u128)> = rounds.collect();
    let calls: usize = scripts.iter().map(|script| script.calls.len()).sum();
    let alone = rounds.iter().map(|(ours, _)| *ours).collect();
    vec![
        Row::paired(
            "simulation, swipe + undo + verify, one core",
            "swipes/s",
            rounds,
            Asked::Share(400),
        )
        .with("messages and looks per swipe", calls / scripts.len()),
        Row::alone(
            "the same by itself",
            "swipes/s",
            alone,
            Asked::AtLeast(20_000),
        ),
    ]
}

/// The cells of the matrix: each is one swipe.
fn plan() -> Plan {
    let mut plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the shipped plan is sound");
    plan.cases.retain(|case| case.matrix);
    plan
}

/// Swipes per second, and how many there were.
fn played(stage: &Stage, seeds: std::ops::Range<u64>) -> (u128, usize) {
    let many = seeds.end - seeds.start;
    let all = Campaign {
        stage,
        mix: Mix::default(),
        seeds,
        shard: Shard::WHOLE,
        done: Sums::default(),
        jobs: 1,
    };
    let watch = Watch::start();
    let sums = campaign(&all, |_, _| ());
    let took = watch.stop();
    assert_eq!(
        sums.verdicts.get(VERDICTS[0]),
        Some(&many),
        "{:?}",
        sums.verdicts
    );
    let swipes = usize::try_from(sums.swipes).expect("few");
    (took.per_second(swipes), swipes)
}

/// The same calls on fresh parties until there were as many swipes; swipes per second.
fn called(scripts: &[Script], swipes: usize) -> u128 {
    let watch = Watch::start();
    for script in scripts.iter().cycle().take(swipes) {
        let world = MemoryWorld::new(&script.setup, Vec::new());
        for (party, now, context, call) in &script.calls {
            match &call.body {
                Some(body) => {
                    drop(world.exchange(*now, party, &call.path, Some(context), body.as_bytes()))
                }
                None => drop(world.show(*now, party, &call.path, Some(context))),
            }
        }
    }
    watch.stop().per_second(swipes)
}

/// 台本 · All calls of one case.
struct Script {
    setup: Arc<Setup>,
    calls: Vec<(Party, Moment, Context, Call)>,
}

impl Script {
    fn of(plan: &Plan, case: usize) -> Script {
        let plan = plan.with_only(vec![plan.cases[case].clone()]);
        let setup = Setup::new(
            plan.topology.clone(),
            &plan.registry,
            plan.window.clone(),
            plan.arranged.clone(),
            MsgidMode::default(),
        );
        let calls = Calls::default();
        let network = Recorded {
            network: Memory::calm(Arc::new(MemoryWorld::new(&setup, Vec::new()))),
            calls: Arc::clone(&calls),
        };
        let begins = beginning(&plan).expect("the plan has a window");
        let key = PseudonymKey::new([7; 32]);
        let journal = Journal::in_memory(header(&plan, &key), begins);
        let shelf = Shelf::Memory(MemoryShelf::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a thread");
        runtime.block_on(timed(
            shelf,
            plan,
            key,
            Clock::simulated(begins),
            journal,
            network,
        ));
        let calls = std::mem::take(&mut *lock(&calls));
        Script { setup, calls }
    }
}

type Calls = Arc<Mutex<Vec<(Party, Moment, Context, Call)>>>;

/// Writes down what is asked.
struct Recorded {
    network: Memory,
    calls: Calls,
}

impl Transport for Recorded {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let context = call.context.as_deref().map(Context::parse);
        let context = context
            .expect("mock parties are told")
            .expect("as they read it");
        let now = context.now.expect("business time");
        lock(&self.calls).push((to.clone(), now, context, call.clone()));
        self.network.exchange(to, call).await
    }

    fn name(&self) -> &'static str {
        self.network.name()
    }

    fn takes_time(&self) -> bool {
        self.network.takes_time()
    }
}

fn lock<V>(mutex: &Mutex<V>) -> std::sync::MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
