//! 关账 · Platforms that take nothing older, nothing of last year, nothing cleared back; and days that do not add up.
//!
//! What can be ordered is ordered and ends clean; what is refused for good is unresolved by name, with owner and next
//! step, and its books are a violation. Not here: the rules themselves (`mocks`), the lint of plans (`scenarios`).

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use super::{Bench, all_rules, classes, copy, crosswipe, plan, rules};

/// One person swiped twice, both open until `undo_at`.
fn two_open(undo_at: &str) -> String {
    let swipe = |at: &str| {
        format!(
            "      - {{swipe: outpatient, person: left, institution: H33020000001, items: basket/cold.yaml, at: \"{at}\", undo_at: \"{undo_at}\", expect: {{outcome: ok}}}}\n"
        )
    };
    let (first, second) = ("2030-03-02T13:30+08:00", "2030-03-02T13:40+08:00");
    format!(
        "  - case: two-open\n    title: 同一人两笔未撤\n    several_open: yes\n    steps:\n{}{}",
        swipe(first),
        swipe(second)
    )
}

/// pair-demo with one profile for all platforms, a case with two open swipes, and other changes.
fn planned(bench: &Bench, profile: &str, undo_at: &str, changes: &[(&str, &str)]) -> String {
    let dir = bench.path("plan");
    copy(Path::new(&plan("pair-demo")), &dir);
    let cases = format!("cases:\n{}", two_open(undo_at));
    for file in [
        "plan.yaml",
        "topology.yaml",
        "bounds.yaml",
        "outpatient.yaml",
        "inpatient.yaml",
    ] {
        let path = dir.join(file);
        let mut text = fs::read_to_string(&path).unwrap();
        match file {
            "bounds.yaml" => text = text.replacen("cases:\n", &cases, 1),
            "topology.yaml" => {
                text = text.replacen("regions:\n", &format!("{profile}regions:\n"), 1)
            }
            _ => {}
        }
        for (from, to) in changes {
            text = text.replace(from, to);
        }
        fs::write(path, text).unwrap();
    }
    bench.text("plan")
}

/// The same window at the end of the year.
const YEAR_END: [(&str, &str); 3] = [
    ("2030-03-02T20:00", "2031-01-01T20:00"),
    ("2030-03-01", "2030-12-30"),
    ("2030-03-02", "2030-12-31"),
];

#[track_caller]
fn run(bench: &Bench, plan: &str, more: &[&str], code: i32) -> Value {
    let chosen = ["--json", "--case", "two-open"];
    bench
        .run_plan(plan, "run", &[&chosen, more].concat())
        .must_end(code)
        .json()
}

/// Books of this that stand, and the reason for which a person has to act.
#[track_caller]
fn must_be_unresolved(bench: &Bench, report: &Value, reason: &str) {
    let class = format!("unresolved {reason}");
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["class"] == class.as_str());
    let found = found.unwrap_or_else(|| panic!("no `{class}` in {:?}", classes(report)));
    assert!(
        found["party"].as_str().unwrap().starts_with("treatment:"),
        "{found}"
    );
    assert!(!found["witness"].as_array().unwrap().is_empty(), "{found}");
    assert!(
        classes(report).contains(&"residue:settlement".to_owned()),
        "{:?}",
        classes(report)
    );
    assert_eq!(report["verdict"], "violated");
    let certificate = fs::read_to_string(bench.path("run").join("certificate.json")).unwrap();
    assert!(certificate.contains(&class), "the certificate names it");
    let told = crosswipe(&["report", &bench.text("run"), "--lang", "en"]);
    assert!(
        told.out.contains("cancel") || told.out.contains("owner"),
        "{}",
        told.out
    );
    let page = crosswipe(&["explain", &class, "--lang", "en"]).must_end(0);
    assert!(page.out.contains("Remedy"), "{}", page.out);
}

#[test]
fn where_the_newest_must_go_first_it_does() {
    let bench = Bench::new();
    let plan = planned(
        &bench,
        "profile: {later_settlement: refuse}\n",
        "2030-03-02T14:00+08:00",
        &[],
    );
    let report = run(&bench, &plan, &[], 0);
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(report["transactions"]["unresolved"], 0);
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let refused = history.records.iter().filter(|record| {
        let text = serde_json::to_string(&record.payload).unwrap();
        record.payload.kind() == "COMP_OUTCOME" && text.contains("E-LATER")
    });
    assert_eq!(refused.count(), 0, "it is never met, not gone round");
}

#[test]
fn a_later_settlement_that_stands_leaves_the_older_one_unresolved() {
    let bench = Bench::new();
    let plan = planned(
        &bench,
        "profile: {later_settlement: refuse}\n",
        "2030-03-02T14:00+08:00",
        &[],
    );
    // The newest is undone in name alone: at the insured place it stands in the way of the older one.
    let fault = ["--fault", "hub-drops-forwarded-reversal:on=2208"];
    let report = run(&bench, &plan, &fault, 1);
    must_be_unresolved(&bench, &report, "later-settlement");
}

#[rstest]
#[case::cleared("profile: {cleared: day, cleared_at: \"16:00\"}\n", "2030-03-02T17:00+08:00", &[], "closed-period")]
#[case::last_year("profile: {cross_year: refuse}\n", "2031-01-01T10:00+08:00", &YEAR_END, "closed-year")]
fn what_was_closed_before_its_undo_is_unresolved_by_name(
    #[case] profile: &str,
    #[case] undo_at: &str,
    #[case] changes: &[(&str, &str)],
    #[case] reason: &str,
) {
    let bench = Bench::new();
    let plan = planned(&bench, profile, undo_at, changes);
    let warned = crosswipe(&["lint", &plan, "--lang", "en"]).must_end(0);
    assert!(
        warned.err.contains("scenario::closed_before_undo"),
        "{warned:?}"
    );
    let report = run(&bench, &plan, &[], 1);
    must_be_unresolved(&bench, &report, reason);
}

#[rstest]
#[case::by_default_a_violation("", 1)]
#[case::where_the_plan_says_net_zero_a_note("test_net: net-zero\n", 0)]
fn a_swipe_undone_on_another_day_is_what_the_plan_says_it_is(
    #[case] policy: &str,
    #[case] code: i32,
) {
    let bench = Bench::new();
    let policy = format!("margin: 2h\n{policy}");
    let changes = [&YEAR_END[..], &[("margin: 2h\n", policy.as_str())]].concat();
    let plan = planned(&bench, "", "2031-01-01T10:00+08:00", &changes);
    let report = run(&bench, &plan, &[], code);
    match code {
        0 => assert_eq!(report["notes"][0]["code"], "cross-day"),
        _ => assert_eq!(classes(&report), ["residue:reconciliation"]),
    }
    assert_eq!(report["transactions"]["unresolved"], 0);
}
