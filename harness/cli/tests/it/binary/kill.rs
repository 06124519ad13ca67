//! 中断 · SIGKILL leaves the truth behind; Ctrl-C leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crosswipe_domain::Nature;
use crosswipe_journal::{History, Payload, UndoPlan, read};
use crosswipe_runner::clock::Stopwatch;
use rstest::rstest;
use serde_json::Value;

use super::{Bench, DEADLINE, Ended, PAUSE, Started, classes, crosswipe, plan, start};

/// How far a run has come, read from its journal while it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Far {
    messages: usize,
    /// Business that books something.
    forward: usize,
    undone: usize,
    cases: usize,
}

fn far(history: &History) -> Far {
    history
        .records
        .iter()
        .fold(Far::default(), |far, record| match &record.payload {
            Payload::Intent(intent) if intent.nature == Nature::Forward => Far {
                messages: far.messages + 1,
                forward: far.forward + 1,
                ..far
            },
            Payload::Intent(_) => Far {
                messages: far.messages + 1,
                ..far
            },
            Payload::CompIntent(_) => Far {
                messages: far.messages + 1,
                undone: far.undone + 1,
                ..far
            },
            Payload::CaseFinished(_) => Far {
                cases: far.cases + 1,
                ..far
            },
            _ => far,
        })
}

/// Waits until a run has come so far, or has ended before.
#[track_caller]
fn wait_until(started: &mut Started, dir: &Path, enough: impl Fn(Far) -> bool) {
    let begun = Stopwatch::start();
    // The folder may not hold a journal yet, or one that is being made.
    while started.lives() && !read(dir).is_ok_and(|history| enough(far(&history))) {
        assert!(
            begun.elapsed() < DEADLINE,
            "it never came so far: {}",
            started.said("err")
        );
        std::thread::sleep(PAUSE);
    }
}

/// Waits until business is under way.
#[track_caller]
pub(super) fn wait_for_business(started: &mut Started, dir: &Path) {
    wait_until(started, dir, |far| far.forward >= 8);
    assert!(started.lives(), "it was killed, not awaited");
}

/// Business that the journal shows no proof of undoing for; a diagnosis goes with its visit.
fn still_open(history: &History) -> BTreeSet<String> {
    let mut open = BTreeMap::new();
    for record in &history.records {
        match &record.payload {
            Payload::Intent(intent) if intent.nature == Nature::Forward => {
                let with = match &intent.undo {
                    UndoPlan::With { txid } => txid,
                    _ => &intent.txid,
                };
                open.insert(intent.txid.to_string(), with.to_string());
            }
            Payload::Verified(verified) => {
                let closed = verified.txid.to_string();
                open.retain(|_, with| *with != closed);
            }
            _ => {}
        }
    }
    open.into_keys().collect()
}

#[track_caller]
fn must_tell_the_truth(history: &History, ended: &Ended) {
    let report = ended.json();
    assert_ne!(report["verdict"], "clean", "{ended:?}");
    assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
    assert_eq!(report["exit"], ended.code.unwrap());
    let told: BTreeSet<String> = report["open"]["txids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|txid| txid.as_str().unwrap().to_owned())
        .collect();
    let open = still_open(history);
    assert!(
        open.is_subset(&told),
        "not listed: {:?}",
        open.difference(&told).collect::<Vec<_>>()
    );
    assert_eq!(
        report["open"]["transactions"].as_u64(),
        Some(told.len() as u64)
    );
    if ended.code == Some(1) {
        assert!(!classes(&report).is_empty(), "what is violated is named");
    }
}

#[rstest]
#[case::at_the_first_message(|far: Far| far.messages >= 1)]
#[case::at_the_first_business(|far: Far| far.forward >= 1)]
#[case::before_the_first_undo(|far: Far| far.forward >= 4)]
#[case::within_the_first_undo(|far: Far| far.undone >= 1)]
#[case::in_the_thick_of_it(|far: Far| far.forward >= 30)]
#[case::in_the_midst_of_undoing(|far: Far| far.undone >= 25)]
fn a_killed_run_is_never_clean_and_lists_what_is_open(#[case] enough: fn(Far) -> bool) {
    let bench = Bench::new();
    let dir = bench.path("run");
    let mut started = start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("run"),
        "--quiet",
    ]);
    wait_until(&mut started, &dir, enough);
    assert!(started.lives(), "it was killed, not awaited");
    started.kill();
    let history = read(&dir).unwrap();
    assert!(enough(far(&history)), "what was seen is on disk");
    let ended = bench.verify("run").must_be_civil();
    must_tell_the_truth(&history, &ended);
    let again = bench.verify("run");
    assert_eq!(
        (again.code, again.json()),
        (ended.code, ended.json()),
        "looking twice changes nothing"
    );
    let text = crosswipe(&["verify", &bench.text("run"), "--lang", "en"]).must_be_civil();
    assert_eq!(text.code, ended.code);
    assert!(!text.out.contains("rolled back, clean"), "{}", text.out);
    for txid in still_open(&history).iter().take(1) {
        assert!(text.out.contains(txid), "{txid} is listed: {}", text.out);
    }
}

#[test]
fn a_killed_run_is_not_run_over() {
    let bench = Bench::new();
    let mut started = start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("run"),
        "--quiet",
    ]);
    wait_until(&mut started, &bench.path("run"), |far| far.forward >= 8);
    started.kill();
    bench
        .run("run", &["--quiet"])
        .must_end(64)
        .must_say(&["error[cli::output_busy]"]);
}

#[test]
fn a_run_under_way_can_be_looked_at_and_is_not_clean_yet() {
    let bench = Bench::new();
    let mut started = start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("run"),
        "--quiet",
    ]);
    wait_until(&mut started, &bench.path("run"), |far| far.forward >= 4);
    let ended = bench.verify("run").must_be_civil();
    let report = ended.json();
    // The run may have come to its end while we looked.
    assert!(
        report["verdict"] != "clean" || report["certificate_sha256"].is_string(),
        "{report:#}"
    );
    let run = started.end();
    assert_eq!(run.code, Some(0), "the look disturbed the run: {run:?}");
    bench.verify("run").must_end(0);
}

/// A run that has time to be interrupted: the matrix of one city, one case after the other.
#[cfg(unix)]
fn long_run(bench: &Bench) -> Started {
    let plan = plan("zhejiang-2017");
    start(&[
        "run",
        &plan,
        "--out",
        &bench.text("run"),
        "--from",
        "杭州",
        "--jobs",
        "1",
        "--json",
    ])
}

#[cfg(unix)]
#[track_caller]
fn must_be_undone(bench: &Bench, report: &Value) {
    assert_eq!(
        (&report["verdict"], &report["interrupted"]),
        (&"clean".into(), &true.into()),
        "{report:#}"
    );
    let cases = &report["cases"];
    assert!(
        cases["skipped"].as_u64() > Some(5),
        "no new swipes: {cases}"
    );
    assert_eq!(
        (
            &report["transactions"]["unresolved"],
            &report["open"]["transactions"]
        ),
        (&0.into(), &0.into())
    );
    for name in [
        "report.html",
        "report.json",
        "junit.xml",
        "certificate.json",
        "SHA256SUMS",
    ] {
        assert!(bench.path("run").join(name).is_file(), "{name}");
    }
    let history = read(&bench.path("run")).unwrap();
    let asked = history
        .records
        .iter()
        .position(|record| matches!(record.payload, Payload::Interrupted(_)))
        .unwrap();
    let begun = history.records[asked..]
        .iter()
        .filter(|record| matches!(record.payload, Payload::CaseStarted(_)));
    assert_eq!(begun.count(), 0, "no case begins after it");
}

#[cfg(unix)]
#[rstest]
#[case::ctrl_c("-INT", "no new swipes")]
#[case::terminate("-TERM", "no new swipes")]
fn an_interrupted_run_undoes_everything_and_reports(#[case] name: &str, #[case] word: &str) {
    let bench = Bench::new();
    let mut started = long_run(&bench);
    wait_until(&mut started, &bench.path("run"), |far| {
        far.cases >= 2 && far.forward >= 10
    });
    started.signal(name);
    let ended = started.end().must_end(130).must_say(&[word]);
    must_be_undone(&bench, &ended.json());
    bench.verify("run").must_end(130);
}

#[cfg(unix)]
#[test]
fn ctrl_c_before_the_first_business_is_no_verdict_of_clean() {
    let bench = Bench::new();
    let mut started = long_run(&bench);
    wait_until(&mut started, &bench.path("run"), |_| true);
    started.signal("-INT");
    let ended = started.end().must_be_civil();
    let report = ended.json();
    let reversed = report["transactions"]["reversed"].as_u64().unwrap();
    assert!(matches!(ended.code, Some(2 | 5 | 130)), "{ended:?}");
    assert_eq!(
        ended.code == Some(130),
        reversed > 0 && report["verdict"] == "clean",
        "{report:#}"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_twice_stops_at_once_and_says_what_to_do() {
    let bench = Bench::new();
    let mut started = long_run(&bench);
    wait_until(&mut started, &bench.path("run"), |far| far.cases >= 2);
    started.signal("-INT");
    while started.lives() && !started.said("err").contains("no new swipes") {
        std::thread::sleep(PAUSE);
    }
    if started.lives() {
        started.signal("-INT");
    }
    let ended = started.end().must_be_civil();
    if ended.code == Some(130) {
        return; // It was faster than the second key.
    }
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("crosswipe resume") && ended.err.contains(&bench.text("run")),
        "{}",
        ended.err
    );
    let history = read(&bench.path("run")).unwrap();
    must_tell_the_truth(&history, &bench.verify("run").must_be_civil());
}
