//! 恶意对端 · Strangers who send without end, too slowly, too deep or too often, and those who work beside them.
//!
//! Each trick is played over plain sockets, all at the same time, because the slow ones take their fifteen seconds.
//! What is measured: whether each is refused the way the documents say, whether eight honest clients notice
//! anything, and how much memory it took. The same tricks are then answers that a platform gives to the harness.

mod honest;
pub(super) mod platform;

mod tricks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crosswipe_domain::{Outcome, Party, Role};
use crosswipe_journal::Payload;
use crosswipe_runner::clock::Stopwatch;

use self::honest::Work;
use self::platform::{Hostile, Reply};
use self::tricks::{SLOW, TRICKS, Trick};
use super::world::World;
use super::{Bench, Ended, PAUSE, classes, plan, start};

/// Honest clients beside the strangers.
const HONEST: u32 = 8;
/// Connections that say nothing.
const IDLE: usize = 2_000;
/// No refusal may take longer.
const REFUSAL: Duration = Duration::from_secs(15);
/// What a busy machine adds to a refusal before a test sees it.
const BUSY: Duration = Duration::from_millis(1_500);
/// Memory that a flood may cost.
const GROWTH_KB: u64 = 64 << 10;

/// Two floods at once would only measure the machine.
static ALONE: Mutex<()> = Mutex::new(());

/// A line of `/proc/PID/status`, in kB; `None` where the system does not tell.
fn memory_kb(pid: u32, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|text| text.strip_prefix(line))?;
    line.trim_start_matches(':')
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[test]
fn strangers_are_refused_and_honest_clients_notice_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let at = |role, code| world.parties[&Party::new(role, code)];
    let hospital = at(Role::His, "H33010000001");
    let targets = [
        hospital,
        at(Role::Treatment, "330100"),
        at(Role::Hub, "330000"),
    ];
    // What honest work alone takes is no cost of the flood.
    let before_work = Work::default().until(hospital, 99, |done| done == 20);
    assert_eq!((before_work.done, before_work.failed), (20, vec![]));
    let calm_kb = memory_kb(world.pid(), "VmRSS");
    let over = AtomicBool::new(false);
    let (seen, work, idle) = thread::scope(|scope| {
        let honest: Vec<_> = (0..HONEST)
            .map(|client| {
                let over = &over;
                scope.spawn(move || {
                    Work::default().until(hospital, client, |_| over.load(Ordering::Relaxed))
                })
            })
            .collect();
        let idle = scope.spawn(|| tricks::rest(&targets, IDLE));
        let play = |trick: &'static Trick, target| {
            let begun = Stopwatch::start();
            let seen = (trick.play)(target);
            (trick, seen, begun.elapsed())
        };
        let (slow, quick) = TRICKS.split_at(SLOW);
        let patient: Vec<_> = slow
            .iter()
            .flat_map(|trick| targets.iter().map(move |target| (trick, *target)))
            .map(|(trick, target)| scope.spawn(move || play(trick, target)))
            .collect();
        // And one who is not, from platform to platform.
        let impatient = scope.spawn(move || {
            let everywhere = quick
                .iter()
                .flat_map(|trick| targets.map(|target| (trick, target)));
            everywhere
                .map(|(trick, target)| play(trick, target))
                .collect::<Vec<_>>()
        });
        let mut seen: Vec<_> = patient.into_iter().map(|one| one.join().unwrap()).collect();
        seen.extend(impatient.join().unwrap());
        let idle = idle.join().unwrap();
        over.store(true, Ordering::Relaxed);
        let work: Vec<Work> = honest.into_iter().map(|one| one.join().unwrap()).collect();
        (seen, work, idle)
    });
    let mut told: BTreeMap<&str, (BTreeMap<String, usize>, Duration)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (trick, seen, took) in &seen {
        if !trick.must.allows(seen) || *took > REFUSAL + BUSY {
            wrong.push(format!("{}: {seen:?} after {took:?}", trick.name));
        }
        let (ends, longest) = told.entry(trick.name).or_default();
        *ends.entry(seen.word()).or_default() += 1;
        *longest = (*longest).max(*took);
    }
    for (name, (ends, longest)) in &told {
        println!("{name:<18} {ends:?} in at most {} ms", longest.as_millis());
    }
    let (done, failed): (u64, usize) = work.iter().fold((0, 0), |(done, failed), one| {
        (done + one.done, failed + one.failed.len())
    });
    println!(
        "{} tricks played {} times; {done} honest exchanges, {failed} failed; {} idle connections, {} closed within {:?}",
        TRICKS.len(),
        seen.len(),
        idle.opened,
        idle.closed,
        idle.took
    );
    wrong.extend(work.into_iter().flat_map(|one| one.failed));
    assert_eq!(wrong, Vec::<String>::new());
    assert!(done >= 100, "honest clients worked all the while: {done}");
    assert!(
        idle.opened >= IDLE / 4 && idle.closed == idle.opened,
        "{idle:?}"
    );
    if let (Some(calm), Some(peak)) = (calm_kb, memory_kb(world.pid(), "VmHWM")) {
        println!("memory: {calm} kB calm, {peak} kB at the most");
        assert!(peak < calm + GROWTH_KB, "{calm} kB grew to {peak} kB");
    }
    // And it goes on afterwards.
    let after = Work::default().until(hospital, 98, |done| done == 10);
    assert_eq!((after.done, after.failed), (10, vec![]));
}

/// Runs against parties of which some are strangers; how it ended, and how much memory it took.
fn run(bench: &Bench, world: &World, name: &str, more: &[&str]) -> (Ended, Option<u64>) {
    let (plan, out, served) = (plan("pair-demo"), bench.text(name), world.dir());
    let args = [
        "run", &plan, "--out", &out, "--served", &served, "--json", "--quiet",
    ];
    let mut started = start(&[&args, more].concat());
    let mut peak = None;
    while started.lives() {
        peak = peak.max(memory_kb(started.child.id(), "VmHWM"));
        std::thread::sleep(PAUSE);
    }
    (started.end().must_be_civil(), peak)
}

/// Against an honest run on the same books, which are larger by then.
#[track_caller]
fn must_stay_small(bench: &Bench, world: &World, peak: Option<u64>, what: &str) -> String {
    let (honest, calm) = run(bench, world, &format!("{what}-calm"), &[]);
    honest.must_end(0);
    let (Some(calm), Some(peak)) = (calm, peak) else {
        return "memory not told here".to_owned();
    };
    assert!(
        peak < calm + GROWTH_KB,
        "{what}: {calm} kB grew to {peak} kB"
    );
    format!("memory {peak} kB at the most, {calm} kB in an honest run")
}

/// Goal: whatever an answer is made of, a settlement that was booked is found and taken back, and the run knows that it
/// did not know. Method: a stranger in front of each hospital lets every message pass, and answers the first
/// settlement of each person in his own way.
fn answers(bench: &Bench, name: &str, replies: &'static [Reply]) -> String {
    let world = World::serve(bench.path(name));
    let before = world.look();
    let hostile = Hostile::before_hospitals(&world, replies);
    let (mut unknown, mut peak) = (0, None);
    for round in 0..4 {
        let next = format!("{name}-{round}");
        let (ended, took) = run(bench, &world, &next, &[]);
        let report = ended.must_end(0).json();
        assert_eq!(report["verdict"], "clean", "{next}: {}", report["findings"]);
        peak = peak.max(took);
        unknown += unknowns(bench, &next);
        if hostile.is_done() {
            break;
        }
        hostile.again();
    }
    let reversed = world.look().must_be_rolled_back_to(&before, name);
    let played = hostile.played();
    let must: usize = replies.iter().filter(|reply| reply.unknown).count();
    assert_eq!(played.len(), replies.len(), "{played:?}");
    assert_eq!(unknown, must);
    hostile.stop(&world);
    let memory = must_stay_small(bench, &world, peak, name);
    format!(
        "{name}: {played:?}; {unknown} unknown outcomes; {reversed} settlements taken back; {memory}"
    )
}

fn unknowns(bench: &Bench, name: &str) -> usize {
    let history = crosswipe_journal::read(&bench.path(name)).unwrap();
    let unknown = history.records.iter().filter(|record| {
        matches!(&record.payload, Payload::Outcome(ended) if matches!(ended.outcome, Outcome::Unknown { .. }))
    });
    unknown.count()
}

/// Goal: books that nobody can read prove nothing. Method: four hospitals show theirs at t0, and later each something
/// else.
fn books(bench: &Bench, name: &str, replies: &'static [Reply]) -> String {
    let world = World::serve(bench.path(name));
    let before = world.look();
    let hostile = Hostile::before_books(&world, replies);
    let next = format!("{name}-0");
    let (ended, peak) = run(bench, &world, &next, &["--case", "both-ways"]);
    let report = ended.must_end(2).json();
    assert_eq!(report["verdict"], "indeterminate");
    assert_eq!(classes(&report), ["evidence:missing"]);
    let played = hostile.played();
    assert_eq!(played.len(), replies.len(), "{played:?}");
    hostile.stop(&world);
    world.look().must_be_rolled_back_to(&before, name);
    let memory = must_stay_small(bench, &world, peak, name);
    format!("{name}: {played:?}; {memory}")
}

#[test]
fn answers_of_strangers_are_unknown_and_what_they_hide_is_taken_back() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    thread::scope(|scope| {
        let played = [
            scope.spawn(|| answers(&bench, "quick", platform::QUICK)),
            scope.spawn(|| answers(&bench, "slow", platform::SLOW)),
            scope.spawn(|| books(&bench, "books", platform::BOOKS)),
        ];
        played
            .into_iter()
            .for_each(|one| println!("{}", one.join().unwrap()));
    });
}
