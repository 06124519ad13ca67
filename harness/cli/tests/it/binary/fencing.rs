//! 接管 · A harness that is stopped, superseded and woken up again does nothing any more (SIGSTOP, `--takeover`, SIGCONT).
//!
//! The real binary on parties that live on. Where exactly it is stopped is found out by looking: at its journal, at the
//! lock of its database, at the books of its parties; it is let go and stopped again until it stands where it should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crosswipe_journal::{History, Payload, read};
use rstest::rstest;
use rusqlite::{Connection, OpenFlags};

use super::world::World;
use super::{Bench, Started, crosswipe, files, plan, start};

/// Stops of one run before another is begun, and runs before the test gives up.
const STOPS: u32 = 400;
const RUNS: u32 = 4;

/// Where a stopped harness stands.
type Stands = fn(&Path, &World) -> bool;

/// Its newest record is the end of a case.
fn between_cases(dir: &Path, _: &World) -> bool {
    newest(dir).is_some_and(|history| matches!(history.last().payload, Payload::CaseFinished(_)))
}

/// It holds the database for writing, so that nobody else could.
fn in_a_commit(dir: &Path, _: &World) -> bool {
    if newest(dir).is_none_or(|history| history.records.len() <= 40) {
        return false;
    }
    let path = dir.join("journal.db");
    let beside = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    beside.busy_timeout(Duration::ZERO).unwrap();
    let free = beside.execute_batch("BEGIN IMMEDIATE; ROLLBACK;").is_ok();
    // A connection that is closed last would tidy up what is the harness's own.
    std::mem::forget(beside);
    !free
}

/// A message that books something is on disk, and no party knows of it.
fn before_a_send(dir: &Path, world: &World) -> bool {
    let Some(history) = newest(dir) else {
        return false;
    };
    let msgid = match &history.last().payload {
        Payload::Intent(intent) if intent.nature == crosswipe_domain::Nature::Forward => {
            &intent.msgid
        }
        Payload::CompIntent(comp) => &comp.msgid,
        _ => return false,
    };
    // Whatever had left is booked by now: nobody else uses these parties.
    std::thread::sleep(Duration::from_millis(150));
    !world.knows(msgid.as_str())
}

fn newest(dir: &Path) -> Option<History> {
    read(dir).ok().filter(|history| history.records.len() > 20)
}

/// A run that was stopped where it should stand, and after how many stops.
fn stopped(bench: &Bench, world: &World, stands: Stands) -> (Started, PathBuf, u32) {
    let mut stops = 0;
    for number in 0..RUNS {
        let name = format!("run-{number}");
        let (plan, out, served) = (plan("pair-demo"), bench.text(&name), world.dir());
        let args = [
            "run", &plan, "--out", &out, "--served", &served, "--quiet", "--lang", "en",
        ];
        let mut started = start(&args);
        for _ in 0..STOPS {
            std::thread::sleep(Duration::from_millis(3));
            if !started.lives() {
                break;
            }
            stops += 1;
            started.signal("-STOP");
            if stands(&bench.path(&name), world) {
                return (started, bench.path(&name), stops);
            }
            started.signal("-CONT");
        }
        started.end().must_end(0);
    }
    panic!("never found it there in {stops} stops");
}

/// All files of a run folder with what they hold.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(dir, &[])
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[track_caller]
fn must_be_as_it_was(dir: &Path, kept: &BTreeMap<PathBuf, Vec<u8>>) {
    let now = contents(dir);
    let changed = |path: &&PathBuf| now.get(*path) != kept.get(*path);
    let all: BTreeSet<&PathBuf> = now.keys().chain(kept.keys()).collect();
    let changed: Vec<_> = all.into_iter().filter(changed).collect();
    assert!(changed.is_empty(), "it changed {changed:?}");
}

#[rstest]
#[case::between_cases(between_cases)]
#[case::in_a_commit(in_a_commit)]
#[case::before_a_send(before_a_send)]
fn a_harness_that_wakes_up_superseded_changes_nothing(#[case] stands: Stands) {
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let before = world.look();
    let (old, dir, stops) = stopped(&bench, &world, stands);
    println!("stopped {stops} times until it stood where it should");
    let run = dir.display().to_string();
    let pid = old.child.id().to_string();
    crosswipe(&["resume", &run, "--lang", "en"])
        .must_end(4)
        .must_say(&[
            "error[journal:locked]",
            &format!("in use by process {pid} since"),
            "--takeover",
        ]);
    let taken = crosswipe(&["resume", &run, "--takeover", "--lang", "en"])
        .must_end(0)
        .must_say(&[&format!("taken over from process {pid}"), "chain tail"]);
    assert!(taken.out.contains("rolled back, clean"), "{taken:?}");
    world
        .look()
        .must_be_rolled_back_to(&before, "after the takeover");
    let (books, kept) = (world.look(), contents(&dir));
    old.signal("-CONT");
    let ended =
        old.end()
            .must_end(4)
            .must_say(&["error[journal:taken_over]", "was taken over", "help:"]);
    assert_eq!(ended.err.matches("error[").count(), 1, "{}", ended.err);
    assert_eq!(ended.out, "", "the reports are the new owner's");
    assert!(
        contents(&dir) == kept,
        "it changed something in the run folder"
    );
    assert_eq!(
        world.look().rows(),
        books.rows(),
        "it changed something in the books"
    );
    let judged = crosswipe(&["verify", &run, "--json"]).must_end(0).json();
    assert_eq!(judged["verdict"], "clean");
}

/// The parties of the run live in the very process that is stopped: their books are taken over with the run.
#[test]
fn a_run_with_parties_of_its_own_is_taken_over_books_and_all() {
    let bench = Bench::new();
    let (plan, run) = (plan("pair-demo"), bench.text("run"));
    let mut old = start(&["run", &plan, "--out", &run, "--quiet", "--lang", "en"]);
    let dir = bench.path("run");
    while newest(&dir).is_none_or(|history| history.records.len() < 60) {
        assert!(old.lives(), "{}", old.said("err"));
        std::thread::sleep(super::PAUSE);
    }
    old.signal("-STOP");
    crosswipe(&["resume", &run, "--takeover", "--quiet"]).must_end(0);
    let kept = contents(&dir);
    old.signal("-CONT");
    old.end()
        .must_end(4)
        .must_say(&["error[journal:taken_over]"]);
    must_be_as_it_was(&dir, &kept);
    crosswipe(&["verify", &run, "--quiet"]).must_end(0);
}
