//! 未核与拒绝 · Nothing checked is never clean; what the gate refused was never sent.

use crosswipe_journal::Payload;
use rstest::rstest;

use super::{Bench, rules};

#[rstest]
#[case::text_of_no_case(&["--case", "arangd"], "bounds/arranged")]
#[case::no_pair_within_one_city(&["--from", "杭州", "--to", "杭州"], "--list")]
fn a_filter_without_match_is_an_error_that_leaves_nothing_behind(
    #[case] filter: &[&str],
    #[case] hint: &str,
) {
    let bench = Bench::new();
    bench
        .run("run", filter)
        .must_end(5)
        .must_say(&["error[cli::nothing_selected]", hint]);
    assert!(
        !bench.path("run").exists(),
        "no folder is made for a run that never was"
    );
    assert!(!bench.path("private").exists());
}

#[test]
fn a_fault_that_met_no_message_checked_nothing() {
    let bench = Bench::new();
    let ended = bench
        .run(
            "run",
            &["--json", "--fault", "response-lost:on=2304,nth=99"],
        )
        .must_end(5);
    let report = ended.json();
    assert_eq!(
        (&report["exit"], &report["faults"][0]["matched"]),
        (&5.into(), &0.into())
    );
}

#[test]
fn what_the_gate_refused_was_never_sent() {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--case", "too-early"])
        .must_end(3)
        .json();
    assert_ne!(
        report["verdict"], "clean",
        "nothing was undone, so nothing was proven"
    );
    assert_eq!(
        (&report["transactions"]["intended"], &report["cases"]["run"]),
        (&0.into(), &1.into())
    );
    assert!(rules(&report, "not_checked").contains(&"R4".to_owned()));
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let count = |wanted: fn(&Payload) -> bool| {
        history
            .records
            .iter()
            .filter(|record| wanted(&record.payload))
            .count()
    };
    assert_eq!(
        count(|payload| matches!(
            payload,
            Payload::Intent(_) | Payload::CompIntent(_) | Payload::Played(_)
        )),
        0
    );
    assert_eq!(count(|payload| matches!(payload, Payload::Gated(_))), 1);
    bench.verify("run").must_end(3);
}

#[test]
fn a_selection_is_counted_and_what_it_left_out_is_said() {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--from", "杭州", "--kind", "门诊"])
        .must_end(0)
        .json();
    let cases = &report["cases"];
    assert_eq!(cases["planned"], 8);
    assert_eq!(
        cases["run"].as_u64().unwrap() + cases["skipped"].as_u64().unwrap(),
        8
    );
    assert_eq!(cases["passed"], cases["run"]);
    let missing = report["matrix"]["missing"].as_array().unwrap();
    assert_eq!(
        (&report["matrix"]["covered"], missing.len()),
        (&0.into(), 2),
        "门诊 alone covers no pair"
    );
    assert!(
        missing
            .iter()
            .all(|pair| !pair["why"].as_str().unwrap().is_empty())
    );
}

#[test]
fn a_list_of_the_selection_sends_nothing() {
    let bench = Bench::new();
    let ended = bench
        .run("run", &["--list", "--from", "330100"])
        .must_end(0);
    assert!(
        ended.out.contains("outpatient/330100-330200")
            && !ended.out.contains("outpatient/330200-330100"),
        "{}",
        ended.out
    );
    assert!(!bench.path("run").exists());
}

#[test]
fn a_failed_expectation_is_violated_though_all_was_undone() {
    let bench = Bench::new();
    let plan = bench.changed_plan(
        "outpatient.yaml",
        "setlinfo.medfee_sumamt: 567.95",
        "setlinfo.medfee_sumamt: 567.94",
    );
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(1).json();
    assert_eq!(
        (&report["verdict"], &report["cases"]["failed"]),
        (&"clean".into(), &2.into())
    );
    let failed = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["result"] == "failed")
        .unwrap();
    assert_eq!(failed["rollback"], "closed");
    let check = failed["failed_checks"][0].to_string();
    assert!(
        check.contains("567.94") && check.contains("567.95"),
        "{check}"
    );
}
