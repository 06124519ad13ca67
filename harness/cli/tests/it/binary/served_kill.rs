//! 真杀 · The harness, or the process of its parties, is killed by SIGKILL at random instants; nothing stays behind.
//!
//! The real binary over real HTTP, parties in a process of their own. Each round is a run of its own on one of a few
//! served worlds; their books are compared by this test itself, before the round and after it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crosswipe_journal::{Payload, read};
use crosswipe_runner::clock::Stopwatch;

use super::world::World;
use super::{Bench, DEADLINE, Ended, PAUSE, Started, crosswipe, plan, start};

/// Rounds of one world; its logs grow with each.
const ROUNDS: u64 = 9;
/// Worlds beside each other, and one after the other: at least 60 kills of the harness in all.
const LANES: u64 = 2;
const WORLDS: u64 = 3;

/// Restarts of the parties in mid-run.
const RESTARTS: u64 = 5;
const MOST_RESTARTS: u64 = 15;

/// 骰子 · Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    /// A part of `whole`, in thousandths.
    fn part_of(&mut self, whole: Duration) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        whole * u32::try_from((self.0 >> 33) % 1000).unwrap() / 1000
    }
}

/// What the rounds came to.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    kills: u64,
    kills_while_resuming: u64,
    reversals: u64,
}

fn begin(world: &World, bench: &Bench, name: &str, more: &[&str]) -> Started {
    let (plan, out, served) = (plan("pair-demo"), bench.text(name), world.dir());
    let args = [
        "run", &plan, "--out", &out, "--served", &served, "--quiet", "--json",
    ];
    start(&[&args, more].concat())
}

/// Waits until there is a first record; from then on something may be sent.
#[track_caller]
fn wait_for_journal(started: &mut Started, dir: &Path) {
    let begun = Stopwatch::start();
    let head = dir.join("journal.head");
    while started.lives() && !fs::metadata(&head).is_ok_and(|head| head.len() > 0) {
        assert!(begun.elapsed() < DEADLINE, "{}", started.said("err"));
        std::thread::sleep(PAUSE);
    }
}

/// Kills it after a while; false if it was faster.
fn kill_after(mut started: Started, while_: Duration) -> bool {
    std::thread::sleep(while_);
    let lived = started.lives();
    started.kill();
    lived
}

/// How long a whole run takes from its first record on.
#[track_caller]
fn calibrate(world: &World, bench: &Bench) -> Duration {
    let before = world.look();
    let mut started = begin(world, bench, "whole", &["--case", "both-ways"]);
    wait_for_journal(&mut started, &bench.path("whole"));
    let begun = Stopwatch::start();
    started.end().must_end(0);
    let took = begun.elapsed();
    assert_eq!(world.look().must_be_rolled_back_to(&before, "whole"), 2);
    took
}

#[track_caller]
fn round(world: &World, bench: &Bench, name: &str, whole: Duration, dice: &mut Dice) -> Counts {
    let dir = bench.path(name);
    let before = world.look();
    let mut counts = Counts::default();
    let mut started = begin(world, bench, name, &["--case", "both-ways"]);
    wait_for_journal(&mut started, &dir);
    if !kill_after(started, dice.part_of(whole)) {
        world.look().must_be_rolled_back_to(&before, name);
        return counts;
    }
    counts.kills += 1;
    let run = bench.text(name);
    if dice.0 >> 40 & 1 == 0 {
        let resuming = start(&["resume", &run, "--quiet"]);
        counts.kills_while_resuming += u64::from(kill_after(resuming, dice.part_of(whole)));
    }
    let ended = crosswipe(&["resume", &run, "--quiet", "--json"]);
    must_be_clean(&ended, name);
    counts.reversals = world.look().must_be_rolled_back_to(&before, name);
    counts
}

/// Clean, and 0; or 5 where the kill came before any business.
#[track_caller]
fn must_be_clean(ended: &Ended, name: &str) {
    let report = ended.json();
    let nothing_sent = report["transactions"]["intended"] == 0;
    match ended.code {
        Some(5) if nothing_sent => {}
        Some(0) if !nothing_sent => {
            assert_eq!(
                report["verdict"], "clean",
                "{name}: {:#}",
                report["findings"]
            );
            assert_eq!(report["transactions"]["unresolved"], 0, "{name}");
        }
        _ => panic!("{name}: {ended:?}\n{:#}", report["findings"]),
    }
}

#[test]
fn a_harness_killed_at_any_instant_leaves_no_trace_on_parties_that_live_on() {
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            std::thread::spawn(move || {
                let mut dice = Dice(2017 + lane);
                let mut all = Counts::default();
                for turn in 0..WORLDS {
                    let bench = Bench::new();
                    let world = World::serve(bench.path("world"));
                    let whole = calibrate(&world, &bench);
                    for number in 0..ROUNDS {
                        let name = format!("run-{lane}-{turn}-{number}");
                        let counts = round(&world, &bench, &name, whole, &mut dice);
                        all.kills += counts.kills;
                        all.kills_while_resuming += counts.kills_while_resuming;
                        all.reversals += counts.reversals;
                    }
                }
                all
            })
        })
        .collect();
    let mut all = Counts::default();
    for lane in lanes {
        let counts = lane.join().unwrap();
        all.kills += counts.kills;
        all.kills_while_resuming += counts.kills_while_resuming;
        all.reversals += counts.reversals;
    }
    println!(
        "{} kills of the harness, {} of them while resuming; {} settlements reversed once each, 0 residues",
        all.kills + all.kills_while_resuming,
        all.kills_while_resuming,
        all.reversals
    );
    assert!(all.kills + all.kills_while_resuming >= 60, "{all:?}");
    assert!(
        all.kills_while_resuming >= 5 && all.reversals >= 20,
        "{all:?}"
    );
}

#[test]
fn parties_killed_and_started_again_in_mid_run_keep_their_books_and_the_run_its_verdict() {
    let bench = Bench::new();
    let mut world = World::serve(bench.path("world"));
    let mut dice = Dice(330_200);
    let (mut kills, mut noted, mut reversals) = (0, 0, 0);
    // A kill between two messages loses nothing and leaves no note; a few more rounds, then, until one did.
    for number in 0..MOST_RESTARTS {
        if number >= RESTARTS && noted > 0 {
            break;
        }
        let name = format!("run-{number}");
        let dir = bench.path(&name);
        let before = world.look();
        let mut started = begin(&world, &bench, &name, &["--case", "both-ways"]);
        let far = 10 + dice.part_of(Duration::from_millis(90)).as_millis();
        while started.lives() && !read(&dir).is_ok_and(|h| h.records.len() as u128 >= far) {
            std::thread::sleep(PAUSE);
        }
        kills += u64::from(started.lives());
        world = world.killed_and_served_again();
        let ended = started.end();
        must_be_clean(&ended, &name);
        reversals += world.look().must_be_rolled_back_to(&before, &name);
        let history = read(&dir).unwrap();
        let notes = history.records.iter();
        noted += notes
            .filter(|record| matches!(record.payload, Payload::Note(_)))
            .count();
    }
    println!(
        "{kills} kills of the parties, {noted} notes, {reversals} settlements reversed once each, 0 residues"
    );
    assert!(kills >= RESTARTS && noted >= 1 && reversals >= 2 * RESTARTS);
}
