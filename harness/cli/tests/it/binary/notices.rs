//! 公告 · Each of the other notices' plans as the shipped command runs it: clean, all cases as expected, all rules held;
//! and every breach that a plan proves is found in a world of its own.
//!
//! The window of Zhejiang has a test of its own (`zhejiang`).

use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use super::{Bench, all_rules, crosswipe, plan, rules};

#[rstest]
#[case::qianjiang("qianjiang-2021", 43, 11)]
#[case::hengyang("hengyang-2021", 28, 10)]
#[case::wenzhou("wenzhou-2022", 27, 6)]
#[case::harbin("harbin-2021", 33, 10)]
#[case::tianmen("tianmen-2021", 20, 4)]
fn a_notice_is_rehearsed_rolled_back_and_proven(
    #[case] name: &str,
    #[case] cases: usize,
    #[case] proofs: usize,
) {
    let bench = Bench::new();
    let report = bench
        .run_plan(&plan(name), "run", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(rules(&report, "held"), all_rules());
    let results = report["results"].as_array().unwrap();
    let passed = results.iter().filter(|case| case["result"] == "passed");
    assert_eq!((results.len(), passed.count()), (cases, cases));
    let worlds = bench.path("run").join("cases/breaches");
    assert_eq!(worlds_of(&worlds).len(), proofs);
    for world in worlds_of(&worlds) {
        // Each is a run of its own, which anybody can judge again.
        let judged = crosswipe(&["verify", &world, "--json"]).must_end(1).json();
        assert_eq!(judged["verdict"], "violated", "{world}");
    }
    println!("{name}: {cases} cases passed, {proofs} of them breaches that were found");
}

/// What breaks across regions, each once as it should be and once as it is refused; the tokens stand in no book as
/// anything that names somebody.
#[test]
fn credentials_pass_and_are_refused_as_each_place_says() {
    let bench = Bench::new();
    let report = bench
        .run_plan(&plan("credentials"), "run", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(rules(&report, "held"), all_rules());
    let results = report["results"].as_array().unwrap();
    let passed = results.iter().filter(|case| case["result"] == "passed");
    assert_eq!((results.len(), passed.count()), (25, 25));
    println!("25 cases of credentials passed");
}

/// 慢特病: each outcome once, and the quota of a disease is back when all is undone.
#[test]
fn chronic_care_is_settled_by_its_disease_and_its_quota_comes_back() {
    let bench = Bench::new();
    let report = bench
        .run_plan(&plan("chronic"), "run", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(rules(&report, "held"), all_rules());
    let results = report["results"].as_array().unwrap();
    let passed = results.iter().filter(|case| case["result"] == "passed");
    assert_eq!((results.len(), passed.count()), (8, 8));
    // The quota that was used stood in the books in between.
    let books = std::fs::read_to_string(bench.path("run/exports/insured-330100.t1.json"));
    let books = books.unwrap();
    assert!(books.contains("D310101_M03900") && books.contains("C0000_BIZ14"));
}

/// A platform that leaves the yearly sums standing is found by them and by the benefit that they change.
#[test]
fn an_accumulator_of_chronic_care_that_stays_is_found() {
    let bench = Bench::new();
    let order = "accumulator-not-restored:on=2208";
    let only = [
        "--json",
        "--case",
        "chronic/filing-last-day",
        "--fault",
        order,
    ];
    let report = bench
        .run_plan(&plan("chronic"), "run", &only)
        .must_end(1)
        .json();
    let text = report["findings"].to_string();
    assert!(text.contains("residue:accumulator"), "{text}");
    assert!(text.contains("code=D310101_M03900"), "{text}");
    let violated = rules(&report, "violated");
    assert!(violated.iter().any(|rule| rule == "R1"), "{violated:?}");
    assert!(violated.iter().any(|rule| rule == "R8"), "{violated:?}");
}

fn worlds_of(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path().display().to_string());
    paths.collect()
}

/// What is proven comes of the breach: in an honest world the same steps end clean, and nothing is found.
#[rstest]
fn the_same_steps_before_an_honest_platform_are_no_breach(
    #[values(
        "qianjiang-2021",
        "hengyang-2021",
        "wenzhou-2022",
        "harbin-2021",
        "zhejiang-2017"
    )]
    name: &str,
) {
    let bench = Bench::new();
    let folder = Path::new(&bench.copied_plan(name)).to_owned();
    let file = folder.join("breaches.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text.lines().filter(|line| !line.contains("proves:"));
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let args = ["--json", "--case", "breaches/", "--transport", "memory"];
    let report = bench
        .run_plan(folder.to_str().unwrap(), "run", &args)
        .json();
    assert_ne!(report["verdict"], "violated", "{report}");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0));
    let count = |result: &str| report["cases"][result].as_u64().unwrap();
    assert_eq!((count("failed"), count("error")), (0, 0), "{report}");
    assert!(count("passed") >= 2);
}

/// A proof that finds another thing than it says, or that finds nothing, fails the run and leaves its verdict alone.
#[rstest]
#[case::another_class(
    "fault: persona-class-wrong, finding: gate:persona",
    "fault: persona-class-wrong, finding: gate:window",
    &["finding gate:window", "findings beside"]
)]
#[case::a_fault_that_meets_nothing(
    "fault: persona-class-wrong, finding: gate:persona",
    "fault: cash-not-refunded, finding: gate:persona",
    &["fault cash-not-refunded", "finding gate:persona", "verdict"]
)]
#[case::more_than_it_says(
    "finding: [\"residue:settlement\", unresolved budget-spent]",
    "finding: unresolved budget-spent",
    &["findings beside"]
)]
fn a_proof_that_does_not_hold_fails_its_case(
    #[case] from: &str,
    #[case] to: &str,
    #[case] missing: &[&str],
) {
    let bench = Bench::new();
    let folder = bench.copied_plan("qianjiang-2021");
    let file = Path::new(&folder).join("breaches.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from));
    std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
    let args = ["--json", "--transport", "memory"];
    let report = bench.run_plan(&folder, "run", &args).must_end(1).json();
    assert_eq!(report["verdict"], "clean");
    let results = report["results"].as_array().unwrap();
    let failed: Vec<&Value> = results
        .iter()
        .filter(|case| case["result"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let said = failed[0]["failed_checks"].to_string();
    for word in missing {
        assert!(said.contains(word), "no `{word}` in {said}");
    }
}

#[rstest]
#[case::unknown("persona-clas-wrong", "did you mean `persona-class-wrong`")]
#[case::of_the_harness("disk-full", "`proves` cannot bring about")]
fn a_fault_that_no_world_can_have_is_told_before_anything_is_sent(
    #[case] fault: &str,
    #[case] words: &str,
) {
    let bench = Bench::new();
    let folder = bench.copied_plan("qianjiang-2021");
    let file = Path::new(&folder).join("breaches.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let from = "fault: persona-class-wrong";
    std::fs::write(&file, text.replacen(from, &format!("fault: {fault}"), 1)).unwrap();
    let said = &["error[cli::fault]", "breaches/qj-05-accepted", words];
    crosswipe(&["lint", &folder]).must_end(64).must_say(said);
    bench
        .run_plan(&folder, "run", &[])
        .must_end(64)
        .must_say(said);
    assert!(!bench.path("run").exists());
}

/// The whole notice two days later: every bound, duty and refusal moves with it, and nothing is hard-coded.
#[rstest]
#[case::wenzhou("wenzhou-2022", 27, "2022-03-09T00:00:00")]
#[case::harbin("harbin-2021", 33, "2021-11-02T08:00:00")]
fn a_notice_that_is_put_off_runs_by_its_new_dates(
    #[case] name: &str,
    #[case] cases: usize,
    #[case] live: &str,
) {
    let bench = Bench::new();
    let args = ["--json", "--shift", "+2d", "--transport", "memory"];
    let report = bench.run_plan(&plan(name), "run", &args).must_end(0).json();
    let passed = report["cases"]["passed"].as_u64();
    assert_eq!(
        (report["verdict"].as_str(), passed),
        (Some("clean"), Some(cases as u64))
    );
    let journal = crosswipe_journal::read(&bench.path("run")).unwrap();
    let header = journal.header();
    assert_eq!(header.switches["shift"], "+2d");
    assert!(
        header
            .plan
            .window
            .end()
            .unwrap()
            .to_string()
            .starts_with(live)
    );
    // Whoever closes the window has to know that it was moved.
    let (run, out) = (bench.path("run"), bench.path("window"));
    let (run, out) = (run.to_str().unwrap(), out.to_str().unwrap());
    let shipped = plan(name);
    crosswipe(&["close", &shipped, run, "--out", out, "--shift", "+2d"]).must_end(0);
    let said = &["error[cli::other_plan]", "was moved by +2d"];
    crosswipe(&["close", &shipped, run, "--out", out])
        .must_end(64)
        .must_say(said);
}
