//! 公告 · Each of the other notices' plans as the shipped command runs it: clean, all cases as expected, all rules held.
//!
//! The window of Zhejiang has a test of its own (`zhejiang`).

use rstest::rstest;

use super::{Bench, all_rules, plan, rules};

#[rstest]
#[case::qianjiang("qianjiang-2021", 21)]
#[case::hengyang("hengyang-2021", 15)]
#[case::wenzhou("wenzhou-2022", 15)]
#[case::harbin("harbin-2021", 14)]
fn a_notice_is_rehearsed_rolled_back_and_proven(#[case] name: &str, #[case] cases: usize) {
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
    println!("{name}: {cases} cases passed");
}
