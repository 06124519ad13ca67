//! 一台多跑 · Runs on the same served books, closed together by the real binary: one of them killed in the middle, one left out.
//!
//! Simulated time begins anew with each run, so that everything that must be told apart is told apart by numbers.

use std::collections::BTreeMap;
use std::fs;

use crosswipe_journal::{Payload, read};

use super::served::has_settled;
use super::world::World;
use super::{Bench, DEADLINE, Ended, PAUSE, classes, copy, crosswipe, plan, start};
use crosswipe_runner::clock::Stopwatch;
use std::path::Path;

/// pair-demo with its outpatient matrix alone: two cases.
pub(super) fn small_plan(bench: &Bench) -> String {
    copy(Path::new(&plan("pair-demo")), &bench.path("plan"));
    let path = bench.path("plan").join("plan.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        (
            "[outpatient.yaml, inpatient.yaml, bounds.yaml]",
            "[outpatient.yaml]",
        ),
        (
            "business: [outpatient, inpatient]",
            "business: [outpatient]",
        ),
    ] {
        assert!(text.contains(from), "plan.yaml holds `{from}`");
        text = text.replacen(from, to, 1);
    }
    fs::write(path, text).unwrap();
    bench.text("plan")
}

#[track_caller]
fn close(bench: &Bench, plan: &str, runs: &[&str]) -> Ended {
    let (out, folders) = (bench.text("window"), runs.iter().map(|run| bench.text(run)));
    let folders: Vec<String> = folders.collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    crosswipe(&[&["close", plan, "--out", &out, "--json"], &folders[..]].concat())
}

/// Every number that was ever sent, and by how many runs.
fn numbers(bench: &Bench, runs: &[&str]) -> BTreeMap<(String, String), usize> {
    let mut numbers = BTreeMap::new();
    for run in runs {
        let history = read(&bench.path(run)).unwrap();
        let mut of_run: Vec<(String, String)> = history
            .records
            .iter()
            .filter_map(|record| match &record.payload {
                Payload::Intent(sent) => Some((sent.origin.clone(), sent.msgid.to_string())),
                Payload::CompIntent(sent) => Some((sent.origin.clone(), sent.msgid.to_string())),
                _ => None,
            })
            .collect();
        of_run.sort();
        of_run.dedup();
        for number in of_run {
            *numbers.entry(number).or_default() += 1;
        }
    }
    numbers
}

#[test]
fn runs_on_the_same_books_close_clean_with_one_killed_in_the_middle_and_one_left_out_is_noticed() {
    let bench = Bench::new();
    let plan = small_plan(&bench);
    let world = World::serve_plan(bench.path("world"), &plan);
    let served = ["--served", &world.dir(), "--quiet", "--lang", "en"].map(str::to_owned);
    let served: Vec<&str> = served.iter().map(String::as_str).collect();
    bench.run_plan(&plan, "one", &served).must_end(0);

    // The second is killed with a settlement standing; meanwhile nobody else may begin.
    let out = bench.text("two");
    let mut second = start(&[&["run", &plan, "--out", &out], &served[..]].concat());
    let begun = Stopwatch::start();
    while second.lives() && !has_settled(&bench.path("two")) {
        assert!(begun.elapsed() < DEADLINE, "{}", second.said("err"));
        std::thread::sleep(PAUSE);
    }
    let pid = second.child.id().to_string();
    signal(&pid, "-STOP");
    assert!(second.lives(), "it was killed, not awaited");
    bench
        .run_plan(&plan, "beside", &served)
        .must_end(4)
        .must_say(&[
            "error[cli::world_busy]",
            &format!("two`, process {pid} since 20"),
            &format!("crosswipe resume {out} --takeover"),
        ]);
    assert!(!bench.path("beside").exists(), "nothing was begun");
    second.kill();
    crosswipe(&["resume", &out, "--quiet"]).must_end(0);
    let resumed = read(&bench.path("two")).unwrap();
    assert!(
        resumed
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Takeover(_))),
        "it was resumed"
    );
    bench.run_plan(&plan, "three", &served).must_end(0);

    let all = ["one", "two", "three"];
    let numbers = numbers(&bench, &all);
    let twice: Vec<_> = numbers.iter().filter(|(_, runs)| **runs > 1).collect();
    println!(
        "{} message numbers of three runs, none twice",
        numbers.len()
    );
    assert!(numbers.len() > 150 && twice.is_empty(), "{twice:?}");

    let window = close(&bench, &plan, &["three", "one", "two"])
        .must_end(0)
        .json();
    assert_eq!(window["verdict"], "clean");
    assert_eq!(window["go_live"], "yes");
    assert_eq!(window["worlds"][0]["runs"], serde_json::json!([1, 2, 3]));
    let compared = &window["worlds"][0]["compared"];
    println!("compared where one run ends and the next begins: {compared}");
    assert_eq!(compared["seams"], 2 * world.parties.len() as u64);
    assert!(compared["rows"].as_u64() > Some(500), "{compared}");

    // Whatever is left out is missed; its rows are nobody's then, and nothing else is wrong.
    for (left, given) in [("two", ["one", "three"]), ("three", ["one", "two"])] {
        let window = close(&bench, &plan, &given).must_end(2).json();
        let classes = classes(&window);
        assert!(
            classes.contains(&"window:missing-run".to_owned()),
            "{left}: {classes:?}"
        );
        let other =
            |class: &&String| *class != "window:missing-run" && !class.starts_with("foreign:");
        let others: Vec<&String> = classes.iter().filter(other).collect();
        assert!(others.is_empty(), "{left}: {others:?}");
    }
}

#[track_caller]
fn signal(pid: &str, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([name, pid])
        .status();
    assert!(sent.unwrap().success());
}
