//! 场景语言 · Every form of the language in a plan that runs: fragments, rows, branches, captures, formulas.

use std::fs;

use super::{Bench, copy, plan};

#[test]
fn the_language_at_a_glance_runs_clean() {
    let bench = Bench::new();
    let report = bench
        .run_plan(&plan("language"), "run", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    let counts = &report["cases"];
    assert_eq!(
        (&counts["passed"], &counts["waived"]),
        (&5.into(), &1.into())
    );
}

/// A formula that is off by a fen fails, and the report says what it came to and from what.
#[test]
fn a_formula_that_does_not_hold_is_told_with_its_value() {
    let bench = Bench::new();
    copy(plan("language").as_ref(), &bench.path("plan"));
    let path = bench.path("plan").join("steps.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let off = text.replace("total: $till.total, ", "total: $till.total - 0.01, ");
    assert_ne!(off, text);
    fs::write(&path, off).unwrap();
    let ended = bench
        .run_plan(&bench.text("plan"), "run", &["--json"])
        .must_end(1);
    let report = ended.json();
    let results = report["results"].as_array().unwrap();
    let failed = results
        .iter()
        .find(|one| one["case"] == "steps/captured")
        .unwrap();
    let check = &failed["failed_checks"][0];
    assert_eq!(check["expected"], "eq 567.94 ($till.total - 0.01)");
    assert_eq!(check["actual"], "567.95");
}
