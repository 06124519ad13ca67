//! 开台 · `serve` and those who use it: books that outlive the process, one sentence for each thing that is not there.

use std::fs;
use std::process::Command;

use crosswipe_domain::TxId;
use crosswipe_journal::{Payload, read};
use rstest::rstest;
use rusqlite::Connection;

use super::world::World;
use super::{Bench, copy, crosswipe, plan, start};
use std::path::Path;

#[test]
fn books_outlive_the_process_that_keeps_them() {
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let before = world.look();
    let run = |world: &World, name: &str| {
        let served = world.dir();
        bench
            .run(
                name,
                &["--served", &served, "--case", "both-ways", "--json"],
            )
            .must_end(0)
            .json()
    };
    run(&world, "first");
    let between = world.look();
    assert!(
        between.rows() > before.rows(),
        "it was these parties that booked"
    );
    let world = world.killed_and_served_again();
    assert_eq!(world.look().rows(), between.rows());
    // The same business time again, on the same books: no message number is used twice.
    let second = run(&world, "second");
    assert_eq!(second["transactions"]["unresolved"], 0);
    assert_eq!(world.look().must_be_rolled_back_to(&before, "both runs"), 4);
    assert!(
        !bench.path("second").join("parties/world.id").exists(),
        "no parties of its own"
    );
    let refused = crosswipe(&["serve", &plan("pair-demo"), "--books", &world.dir()]);
    refused
        .must_end(64)
        .must_say(&["error[cli::books_in_use]", &world.pid().to_string()]);
}

#[cfg(unix)]
#[rstest]
#[case::ctrl_c("-INT")]
#[case::terminate("-TERM")]
fn serving_ends_when_told_to(#[case] name: &str) {
    let bench = Bench::new();
    let mut started = start(&[
        "serve",
        &plan("pair-demo"),
        "--books",
        &bench.text("world"),
        "--lang",
        "en",
    ]);
    while started.lives() && !started.said("err").contains("Ctrl-C") {
        std::thread::sleep(super::PAUSE);
    }
    let pid = started.child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .unwrap()
            .success()
    );
    let ended = started.end().must_end(0).must_say(&[
        "his:H33010000001",
        "http://127.0.0.1:",
        "--served",
        "the books are kept",
    ]);
    assert_eq!(ended.out, "", "stdout is for data");
}

#[test]
fn parties_that_are_not_there_are_said_in_one_sentence() {
    let bench = Bench::new();
    let (plan, run, world) = (plan("pair-demo"), bench.text("run"), bench.text("world"));
    let served = ["--served", &world, "--lang", "en"];
    let said = |more: &[&str], code: i32, words: &[&str]| {
        let args = [&["run", &plan, "--out", &run], &served[..], more].concat();
        let ended = crosswipe(&args).must_end(code).must_say(words);
        assert_eq!(ended.err.matches("error[").count(), 1, "{}", ended.err);
        assert!(!bench.path("run").exists(), "nothing was begun");
    };
    said(
        &[],
        64,
        &["error[cli::not_served]", &world, "crosswipe serve"],
    );
    let books = World::serve(bench.path("world")).kill();
    let again = format!("crosswipe serve {plan} --books {}", books.display());
    said(&[], 4, &["error[cli::parties_gone]", "process", &again]);
    let alive = World::serve(books);
    said(
        &["--fault", "response-lost"],
        64,
        &["error[cli::served_faults]"],
    );
    let other = bench.changed_plan("plan.yaml", "margin: 2h", "margin: 3h");
    let args = ["run", &other, "--out", &run, "--served", &world];
    crosswipe(&args)
        .must_end(64)
        .must_say(&["error[cli::served_other_plan]", "pair-demo"]);
    crosswipe(&["serve", &other, "--books", &bench.text("plan")])
        .must_end(64)
        .must_say(&["error[cli::not_served]"]);
    let anywhere = ["serve", &plan, "--books", &world, "--listen", "0.0.0.0:0"];
    crosswipe(&anywhere)
        .must_end(64)
        .must_say(&["error[cli::loopback_only]", "0.0.0.0:0"]);
    drop(alive);
}

/// A killed run remembers where its parties live, and asks for them.
#[test]
fn a_resumed_run_goes_on_with_the_parties_it_knew() {
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let before = world.look();
    let (plan, run) = (plan("pair-demo"), bench.text("run"));
    let mut started = start(&[
        "run",
        &plan,
        "--out",
        &run,
        "--served",
        &world.dir(),
        "--quiet",
    ]);
    while started.lives() && !has_settled(&bench.path("run")) {
        std::thread::sleep(super::PAUSE);
    }
    assert!(started.lives(), "it was killed, not awaited");
    started.kill();
    let other = World::serve(bench.path("other"));
    crosswipe(&["resume", &run, "--served", &other.dir()])
        .must_end(64)
        .must_say(&["error[cli::served_other_world]"]);
    let gone = world.kill();
    let (tail, ended) = (journal(&bench), crosswipe(&["resume", &run]));
    ended
        .must_end(4)
        .must_say(&["error[cli::parties_gone]", &gone.display().to_string()]);
    assert_eq!(journal(&bench), tail, "nothing was written");
    let world = World::serve(gone);
    crosswipe(&["resume", &run, "--quiet"]).must_end(0);
    assert!(world.look().must_be_rolled_back_to(&before, "resumed") >= 1);
}

pub(super) fn has_settled(dir: &Path) -> bool {
    let Ok(history) = read(dir) else {
        return false;
    };
    let settles = |txid: &TxId| {
        history.records.iter().any(|record| {
            matches!(&record.payload, Payload::Intent(i) if i.txid == *txid && i.infno.settles())
        })
    };
    history
        .records
        .iter()
        .any(|record| matches!(&record.payload, Payload::Outcome(ended) if settles(&ended.txid)))
}

fn journal(bench: &Bench) -> Vec<u8> {
    fs::read(bench.path("run").join("journal.head")).unwrap()
}

#[test]
fn a_run_of_another_version_is_left_alone() {
    let bench = Bench::new();
    bench
        .run("run", &["--case", "both-ways", "--quiet"])
        .must_end(0);
    copy(&bench.path("run"), Path::new(&bench.text("newer")));
    let newer = Connection::open(bench.path("newer").join("journal.db")).unwrap();
    newer
        .execute("UPDATE meta SET schema_version = 7", [])
        .unwrap();
    drop(newer);
    for command in [&["resume"][..], &["resume", "--takeover"], &["verify"]] {
        let run = bench.text("newer");
        crosswipe(&[command, &[run.as_str()]].concat())
            .must_end(64)
            .must_say(&["error[journal:version]", "format 7", "format 1"]);
    }
}
