//! 窗口结束之后 · Undo after the window's end: never refused by a phase, never without a name, never clean.

use std::fs;

use crosswipe_journal::{Payload, read};
use serde_json::Value;

use super::{Bench, Ended, classes, copy, crosswipe, plan};

/// pair-demo with a swipe seconds before the window's end: a lost answer makes its undo come too late.
fn at_the_last_moment(bench: &Bench) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    for (file, from, to) in [
        ("plan.yaml", "margin: 2h", "margin: 1s"),
        (
            "bounds.yaml",
            "at: \"2030-03-02T13:00+08:00\", expect: {outcome: ok}}\n  - case: too-early",
            "at: \"2030-03-02T19:59:58+08:00\", expect: {outcome: ok}}\n  - case: too-early",
        ),
    ] {
        let path = bench.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    bench.text("plan")
}

fn resume(bench: &Bench, more: &[&str]) -> Ended {
    let run = bench.text("run");
    crosswipe(&[&["resume", run.as_str(), "--json", "--quiet"], more].concat()).must_be_civil()
}

fn records(bench: &Bench) -> usize {
    read(&bench.path("run")).unwrap().records.len()
}

#[track_caller]
fn must_be_back(report: &Value, found: &[&str]) {
    assert_eq!(report["verdict"], "violated");
    assert_eq!(classes(report), found, "{:#}", report["findings"]);
    let rules = report["rules"].as_array().unwrap();
    let late = rules.iter().filter(|rule| rule["state"] == "violated");
    let late: Vec<&str> = late.map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert!(late.contains(&"R14"), "{late:?}");
    assert!(
        report["books"]
            .as_array()
            .unwrap()
            .iter()
            .all(|book| book["t0"] == book["t1"])
    );
    assert_eq!(report["transactions"]["unresolved"], 0);
    // A day total that is off counts as open money of its transaction.
    let days = found.contains(&"residue:reconciliation");
    assert_eq!(report["open"]["transactions"] == 0, !days);
}

#[test]
fn a_run_that_comes_too_late_stops_sending_and_is_finished_by_permit() {
    let bench = Bench::new();
    let plan = at_the_last_moment(&bench);
    let lost = ["--case", "both-ways", "--fault", "response-lost:times=9"];
    let ended = bench
        .run_plan(&plan, "run", &[&lost[..], &["--json"]].concat())
        .must_end(2);
    ended.must_say(&["error[cli::after_window]", "still open", "--after-window"]);
    let end = crosswipe_domain::Moment::parse("2030-03-02T20:00+08:00").unwrap();
    let sent = |history: &crosswipe_journal::History| {
        let late = history.records.iter().filter(|record| record.at >= end);
        late.filter(|record| matches!(record.payload, Payload::CompIntent(_) | Payload::Intent(_)))
            .count()
    };
    assert_eq!(
        sent(&read(&bench.path("run")).unwrap()),
        0,
        "nothing was sent after the end"
    );

    let before = records(&bench);
    resume(&bench, &[])
        .must_end(3)
        .must_say(&["error[cli::after_window]", "nothing was sent"]);
    assert_eq!(records(&bench), before, "a refused resume writes nothing");
    let report = resume(&bench, &["--after-window", "省平台停机", "--by", "王五"])
        .must_end(1)
        .json();
    must_be_back(&report, &["gate:window"]);
    let said = &report["statements"][0];
    assert_eq!(
        (&said["kind"], &said["by"], &said["reason"]),
        (&"after-window".into(), &"王五".into(), &"省平台停机".into())
    );
    assert!(said["rows"].as_u64() > Some(0), "undos were sent");
    let certificate = fs::read_to_string(bench.path("run").join("certificate.json")).unwrap();
    assert!(
        certificate.contains("王五"),
        "the certificate names who allowed it"
    );
    let history = read(&bench.path("run")).unwrap();
    let allowed = history
        .records
        .iter()
        .position(|record| matches!(record.payload, Payload::AfterWindow(_)));
    let first = history.records.iter().position(|record| {
        record.at >= end && matches!(record.payload, Payload::CompIntent(_) | Payload::Intent(_))
    });
    assert!(
        allowed < first,
        "it is in the journal before the first byte"
    );
    assert_eq!(
        bench.verify("run").must_end(1).json()["statements"],
        report["statements"]
    );
}

#[test]
fn a_permit_given_beforehand_lets_the_run_finish_by_itself() {
    let bench = Bench::new();
    let plan = at_the_last_moment(&bench);
    let args = [
        "--case",
        "both-ways",
        "--fault",
        "response-lost:times=9",
        "--json",
        "--after-window",
        "值班长同意",
        "--by",
        "王五",
    ];
    must_be_back(
        &bench.run_plan(&plan, "run", &args).must_end(1).json(),
        &["gate:window"],
    );
    let early = bench
        .run(
            "early",
            &["--json", "--after-window", "以备万一", "--by", "王五"],
        )
        .must_end(0)
        .json();
    assert_eq!(
        early["statements"],
        Value::Array(vec![]),
        "who needed no permit used none"
    );
}

#[test]
fn a_run_killed_in_time_and_resumed_too_late_needs_a_name() {
    let bench = Bench::new();
    let out = bench.text("run");
    let mut started = super::start(&["run", &plan("pair-demo"), "--out", &out, "--quiet"]);
    super::kill::wait_for_business(&mut started, &bench.path("run"));
    started.kill();
    let before = records(&bench);
    let late = ["--at", "2030-03-02T20:00+08:00"];
    resume(&bench, &late)
        .must_end(3)
        .must_say(&["error[cli::after_window]"]);
    let by = ["--after-window", " ", "--by", "王五"];
    resume(&bench, &[&late[..], &by].concat()).must_end(64);
    resume(&bench, &[&late[..], &["--after-window", "停电"]].concat()).must_end(64);
    resume(&bench, &["--at", "2030-03-01T20:00+08:00"])
        .must_end(64)
        .must_say(&["cli::resume_at"]);
    resume(&bench, &["--at", "gestern"])
        .must_end(64)
        .must_say(&["cli::resume_at"]);
    assert_eq!(records(&bench), before, "nothing was sent, nothing lost");
    let in_time = ["--at", "2030-03-02T19:00+08:00"];
    let report = resume(&bench, &in_time).json();
    assert_eq!(
        report["verdict"], "clean",
        "in time nobody has to allow it: {:#}",
        report["findings"]
    );
}

/// Two days late no phase lets a read through any more. Every party had booked everything: a message of which only
/// some had heard cannot be brought to one state then, since platforms refuse to hear it again.
#[test]
fn two_days_late_the_queries_that_prove_the_undo_go_by_the_same_permit() {
    let bench = Bench::new();
    let plan = at_the_last_moment(&bench);
    let lost = [
        "--case",
        "both-ways",
        "--fault",
        "response-lost:times=9",
        "--quiet",
    ];
    bench.run_plan(&plan, "run", &lost).must_end(2);
    let late = ["--at", "2030-03-05T09:00+08:00"];
    resume(&bench, &late).must_end(3);
    let permit = ["--after-window", "停电两天", "--by", "王五"];
    let report = resume(&bench, &[&late[..], &permit].concat())
        .must_end(1)
        .json();
    // Settled on one day and undone on another: no day nets to nothing.
    must_be_back(&report, &["gate:window", "residue:reconciliation"]);
    let history = read(&bench.path("run")).unwrap();
    let day = crosswipe_domain::Moment::parse("2030-03-05T00:00+08:00").unwrap();
    let asked = history.records.iter().filter(|record| record.at >= day);
    let asked = asked
        .filter(|record| matches!(record.payload, Payload::Queried(_)))
        .count();
    assert!(asked > 0, "the undo was proved by queries");
}

#[test]
fn a_run_stopped_at_the_windows_end_ends_with_the_worst_that_is_known() {
    let bench = Bench::new();
    let plan = at_the_last_moment(&bench);
    let path = bench.path("plan").join("outpatient.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (holds, fails) = (
        "setlinfo.overlmt_selfpay: 23.00",
        "setlinfo.overlmt_selfpay: 23.01",
    );
    assert!(text.contains(holds));
    fs::write(&path, text.replacen(holds, fails, 1)).unwrap();
    let lost = ["--fault", "response-lost:times=9,person=0043", "--json"];
    let ended = bench.run_plan(&plan, "run", &lost).must_end(1);
    let ended = ended.must_say(&["error[cli::after_window]", "still open"]);
    let report = ended.json();
    assert_eq!(report["exit"], 1);
    assert!(report["cases"]["failed"].as_u64() > Some(0));
}

/// The hub carries a registration on and dies before it answers, a moment before the window ends.
#[test]
fn what_only_those_behind_booked_when_the_window_ended_is_unresolved_by_its_right_name() {
    let bench = Bench::new();
    let plan = at_the_last_moment(&bench);
    let args = [
        "--json",
        "--case",
        "both-ways",
        "--fault",
        "party-restarts:party=hub:330000,books=kept,on=2201,nth=3",
        "--after-window",
        "值班长同意",
        "--by",
        "王五",
    ];
    let report = bench.run_plan(&plan, "run", &args).must_end(1).json();
    assert_eq!(report["verdict"], "violated");
    let found = classes(&report);
    assert!(
        found.contains(&"unresolved window-over".to_owned()),
        "{found:?}"
    );
    assert!(
        !found
            .iter()
            .any(|class| class == "unresolved bytes-unknown"),
        "{found:?}"
    );
    assert!(found.contains(&"residue:visit".to_owned()), "{found:?}");
    let told = crosswipe(&["report", &bench.text("run"), "--lang", "zh"]);
    assert!(told.out.contains("窗口已结束"), "{}", told.out);
}
