//! 改期 · One bound of a window moves alone: in the plan, or by `crosswipe amend` while a run is stopped; the journal holds
//! it, the gate and the judge go by the bound in force at each instant, and nothing is amended backwards.

use std::fs;

use crosswipe_domain::Moment;
use crosswipe_journal::{Payload, read};

use super::{Bench, classes, copy, crosswipe, plan};

/// pair-demo with texts replaced.
fn edited(bench: &Bench, edits: &[(&str, &str, &str)]) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    for (file, from, to) in edits {
        let path = bench.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    bench.text("plan")
}

const LATER: &str = "margin: 2h\namend: [{bound: live.from, to: \"2030-03-02T22:00+08:00\", known: \"2030-03-02T13:00+08:00\", source: 省局补充通知, who: 值班}]";
const EARLIER: &str = "margin: 2h\namend: [{bound: live.from, to: \"2030-03-02T14:30+08:00\", known: \"2030-03-02T12:30+08:00\", source: 省局补充通知, who: 值班}]";
const AT_13: &str = "at: \"2030-03-02T13:00+08:00\", expect: {outcome: ok}}\n  - case: too-early";

fn windows(bench: &Bench) -> Vec<(Moment, crosswipe_domain::Amendment)> {
    let history = read(&bench.path("run")).unwrap();
    let records = history.records.iter();
    let moved = records.filter_map(|record| match &record.payload {
        Payload::Window(moved) => Some((record.at, moved.amendment.clone())),
        _ => None,
    });
    moved.collect()
}

/// A swipe that only the amended window allows is clean; the journal says from when on it was allowed.
#[test]
fn a_plan_with_a_later_end_swipes_longer() {
    let bench = Bench::new();
    let late = "at: \"2030-03-02T19:30+08:00\", expect: {outcome: ok}}\n  - case: too-early";
    let plan = edited(
        &bench,
        &[
            ("plan.yaml", "margin: 2h", LATER),
            ("bounds.yaml", AT_13, late),
        ],
    );
    bench.run_plan(&plan, "run", &["--json"]).must_end(0);
    let [(at, one)] = &windows(&bench)[..] else {
        panic!("one WINDOW");
    };
    assert!(one.known <= *at, "{at}");
    assert_eq!(
        (one.bound.as_str(), one.who.as_str()),
        ("live.from", "值班")
    );
    bench.verify("run").must_end(0);
}

/// The window ends earlier than the case was written for: it is told, stopped at the gate, and passes so.
#[test]
fn a_case_beyond_the_new_end_is_told_and_stopped() {
    let bench = Bench::new();
    let plan = edited(&bench, &[("plan.yaml", "margin: 2h", EARLIER)]);
    crosswipe(&["lint", &plan]).must_say(&["scenario::expects_old_bound", "bounds/both-ways"]);
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(0).json();
    assert_eq!(report["cases"]["failed"], 0);
    let history = read(&bench.path("run")).unwrap();
    let closing = Moment::parse("2030-03-02T12:30+08:00").unwrap();
    let late = history.records.iter().filter(|record| {
        matches!(&record.payload, Payload::Gated(gated) if gated.reason == "margin")
            && closing <= record.at
    });
    assert_eq!(late.count(), 2, "both ways");
}

/// What was sent by the old bound stays right: the order comes after the swipe, and the run is clean.
#[test]
fn nothing_is_amended_backwards() {
    let bench = Bench::new();
    let after = EARLIER
        .replace("T12:30", "T13:10")
        .replace("T14:30", "T14:00");
    let plan = edited(&bench, &[("plan.yaml", "margin: 2h", &after)]);
    // Within the margin of the new end, and sent ten minutes before anybody knew of it.
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(0).json();
    assert_eq!(classes(&report), Vec::<String>::new());
}

/// A run stopped by the end of its window goes on once the end has moved, without a permit and clean.
#[test]
fn a_run_that_came_too_late_is_resumed_within_the_amended_window() {
    let bench = Bench::new();
    let late = "at: \"2030-03-02T19:59:58+08:00\", expect: {outcome: ok}}\n  - case: too-early";
    let plan = edited(
        &bench,
        &[
            ("plan.yaml", "margin: 2h", "margin: 1s"),
            ("bounds.yaml", AT_13, late),
        ],
    );
    let lost = ["--case", "both-ways", "--fault", "response-lost:times=9"];
    bench.run_plan(&plan, "run", &lost).must_end(2);
    let run = bench.text("run");
    let order = |bound: &str, to: &str, who: &str| {
        crosswipe(&[
            "amend",
            &run,
            "--bound",
            bound,
            "--to",
            to,
            "--source",
            "省局电话通知",
            "--who",
            who,
        ])
        .must_be_civil()
    };
    order("crossing.to", "2030-03-02T22:00+08:00", "值班")
        .must_end(64)
        .must_say(&["scenario::amend_unknown_bound", "live.from"]);
    order("live.from", "tomorrow", "值班")
        .must_end(64)
        .must_say(&["cli::instant"]);
    order("live.from", "2030-03-02T22:00+08:00", " ")
        .must_end(64)
        .must_say(&["cli::amend_said"]);
    assert!(
        !bench.path("run").join("amend.jsonl").exists(),
        "a refused order writes nothing"
    );
    crosswipe(&["resume", &run, "--quiet"])
        .must_end(3)
        .must_say(&["cli::after_window"]);
    order("live.from", "2030-03-02T22:00+08:00", "值班").must_end(0);
    let report = crosswipe(&["resume", &run, "--json", "--quiet"])
        .must_be_civil()
        .json();
    assert_eq!(report["verdict"], "clean", "{:#}", report["findings"]);
    assert_eq!(windows(&bench).len(), 1);
    bench.verify("run");
    order("live.from", "2030-03-02T23:00+08:00", "值班")
        .must_end(64)
        .must_say(&["cli::amend_ended"]);
}
