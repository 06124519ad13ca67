//! 事件 · A run told line by line by the real binary: the same lines while it runs and afterwards, nothing told that a death
//! could take back.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{Bench, crosswipe};

#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'), "the last line is whole");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn told<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

#[test]
fn a_run_is_told_while_it_runs_as_it_is_told_afterwards() {
    let bench = Bench::new();
    let file = bench.text("events.ndjson");
    let report = bench
        .run("run", &["--json", "--quiet", "--events", &file])
        .must_end(0)
        .json();
    let live = fs::read_to_string(&file).unwrap();
    let events = lines(&live);
    for (place, line) in events.iter().enumerate() {
        assert_eq!(line["seq"], place, "{line}");
        assert_eq!(
            (&line["v"], &line["run"]),
            (&1.into(), &"run".into()),
            "{line}"
        );
        assert!(line["ts"].as_str().unwrap().ends_with("+08:00"), "{line}");
    }
    assert_eq!(events[0]["event"], "run.started");
    assert_eq!(events.last().unwrap()["event"], "run.finished");
    assert_eq!(events.last().unwrap()["verdict"], report["verdict"]);
    let cases = |event: &str| -> BTreeSet<String> {
        told(&events, event)
            .iter()
            .map(|line| line["case"].to_string())
            .collect()
    };
    assert_eq!(cases("case.started").len(), 8);
    assert_eq!(cases("case.started"), cases("case.finished"));
    // Every swipe that was opened is undone, and shown to be.
    let txids = |event: &str| -> BTreeSet<String> {
        told(&events, event)
            .iter()
            .map(|line| line["txid"].to_string())
            .collect()
    };
    let opened = txids("swipe.opened");
    assert!(opened.len() >= 7, "{opened:?}");
    assert!(txids("rollback.started").is_superset(&opened));
    assert!(txids("rollback.verified").is_superset(&opened));
    assert_eq!(told(&events, "step.gated").len(), 1);
    let checks = told(&events, "check");
    assert!(checks.len() > 10 && checks.iter().all(|check| check["held"] == true));
    let sent = told(&events, "step.request").len();
    assert_eq!(sent, told(&events, "step.response").len());

    let dir = bench.text("run");
    crosswipe(&["report", &dir, "--format", "events"]).must_end(0);
    let afterwards = fs::read_to_string(bench.path("run").join("events.ndjson")).unwrap();
    assert_eq!(live, afterwards);
}

#[test]
fn on_stdout_the_lines_stand_alone() {
    let bench = Bench::new();
    let ended = bench.run("run", &["--quiet", "--events", "-"]).must_end(0);
    let events = lines(&ended.out);
    assert_eq!(events.last().unwrap()["event"], "run.finished");
    bench
        .run("both", &["--json", "--events", "-"])
        .must_end(64)
        .must_say(&["cli::events"]);
    assert!(!bench.path("both").exists());
    let nowhere = bench.text("no/such/folder/events");
    bench
        .run("nowhere", &["--events", &nowhere])
        .must_end(64)
        .must_say(&["events"]);
    assert!(!bench.path("nowhere").exists(), "nothing was begun");
}

/// What was told before the death is in the journal; what the journal has in its last commit may not have been told.
#[test]
fn nothing_is_told_that_a_death_takes_back() {
    let bench = Bench::new();
    let file = bench.text("events.ndjson");
    let dead = bench.run(
        "run",
        &[
            "--quiet",
            "--events",
            &file,
            "--fault",
            "harness-killed:on=2207,nth=2",
            "--jobs",
            "1",
        ],
    );
    assert_ne!(dead.code, Some(0), "{dead:?}");
    let told = fs::read_to_string(&file).unwrap();
    let whole = &told[..told.rfind('\n').map_or(0, |end| end + 1)];
    assert!(whole.lines().count() > 10, "{whole}");
    let dir = bench.text("run");
    crosswipe(&["report", &dir, "--format", "events"]).must_be_civil();
    let kept = fs::read_to_string(bench.path("run").join("events.ndjson")).unwrap();
    assert!(kept.starts_with(whole), "told: {whole}\nkept: {kept}");
    crosswipe(&["resume", &dir]).must_end(0);
    crosswipe(&["report", &dir, "--format", "events"]).must_end(0);
    let resumed = lines(&fs::read_to_string(bench.path("run").join("events.ndjson")).unwrap());
    assert!(resumed.iter().any(|line| line["event"] == "run.taken_over"));
    assert_eq!(resumed.last().unwrap()["event"], "run.finished");
}
