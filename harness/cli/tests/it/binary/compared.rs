//! 比较 · Two runs beside each other by the real binary: alike, worse, better, another answer, nothing in common.

use std::fs;

use serde_json::Value;

use super::known::{SUM_OFF, failing};
use super::{Bench, crosswipe, files, plan};

#[track_caller]
fn compare(bench: &Bench, before: &str, after: &str, code: i32) -> Value {
    let (before, after) = (bench.text(before), bench.text(after));
    crosswipe(&["compare", &before, &after, "--json"])
        .must_end(code)
        .json()
}

fn list<'a>(compared: &'a Value, key: &str) -> &'a Vec<Value> {
    compared[key].as_array().unwrap()
}

#[test]
fn the_same_plan_on_the_same_platform_is_alike() {
    let bench = Bench::new();
    bench.run("first", &["--quiet"]).must_end(0);
    bench.run("second", &["--quiet"]).must_end(0);
    let before = files(&bench.path("first"), &[]);
    let compared = compare(&bench, "first", "second", 0);
    assert_eq!(compared["worse"], false);
    assert_eq!(compared["alike"], 8);
    for key in ["cases", "findings", "amounts", "fields"] {
        assert!(list(&compared, key).is_empty(), "{key}: {}", compared[key]);
    }
    assert!(list(&compared, "timings").len() > 10);
    assert_eq!(
        files(&bench.path("first"), &[]),
        before,
        "a run is only read"
    );
    let (first, second) = (bench.text("first"), bench.text("second"));
    let page = bench.text("compared.html");
    let told =
        crosswipe(&["compare", &first, &second, "--lang", "zh", "--html", &page]).must_end(0);
    assert!(
        told.out.contains("没有变差") && told.out.contains("逐分相同"),
        "{}",
        told.out
    );
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("没有变差") && !page.contains("<script"),
        "{page}"
    );
    let english = crosswipe(&["compare", &first, &second, "--lang", "en"])
        .must_end(0)
        .out;
    assert!(english.contains("nowhere worse"), "{english}");
    assert!(!english.contains("逐分"), "{english}");

    crosswipe(&["compare", &first, &first])
        .must_end(64)
        .must_say(&["cli::run_twice"]);
    crosswipe(&["compare", &first, &bench.text("nowhere")])
        .must_end(64)
        .must_say(&["nowhere"]);
}

#[test]
fn what_turned_worse_or_better_is_told_with_its_checks() {
    let bench = Bench::new();
    bench.run("good", &["--quiet"]).must_end(0);
    let wrong = bench.changed_plan(
        "bounds.yaml",
        "discharge_last: yes, expect: {outcome: ok}",
        "discharge_last: yes, expect: {outcome: refused}",
    );
    let out = bench.text("failed");
    crosswipe(&["run", &wrong, "--out", &out, "--quiet"]).must_end(1);
    let worse = compare(&bench, "good", "failed", 1);
    let cases = list(&worse, "cases");
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert_eq!(
        (&cases[0]["case"], &cases[0]["turn"]),
        (&"bounds/arranged".into(), &"worse".into())
    );
    assert!(
        cases[0]["checks"][0].as_str().unwrap().contains("refused"),
        "{}",
        cases[0]
    );
    // An expected failure that vanished is told as well, and is nothing worse.
    let better = compare(&bench, "failed", "good", 0);
    assert_eq!(list(&better, "cases")[0]["turn"], "better");

    bench
        .run(
            "broken",
            &["--quiet", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1);
    let broken = compare(&bench, "good", "broken", 1);
    let classes: Vec<&str> = list(&broken, "findings")
        .iter()
        .map(|one| one["class"].as_str().unwrap())
        .collect();
    assert!(classes.contains(&"one-sided:insured"), "{classes:?}");
    assert!(
        list(&broken, "cases")
            .iter()
            .any(|one| one["after"]["rollback"] == "open"),
        "{broken}"
    );

    // Half of the cases on one side only.
    let part = bench.text("part");
    crosswipe(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &part,
        "--quiet",
        "--case",
        "outpatient/",
    ])
    .must_end(0);
    let half = compare(&bench, "good", "part", 1);
    assert!(
        list(&half, "cases").iter().all(|one| one["turn"] == "gone"),
        "{half}"
    );
    assert_eq!(list(&half, "cases").len(), 6);
    let rest = bench.text("rest");
    crosswipe(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &rest,
        "--quiet",
        "--case",
        "inpatient/",
    ])
    .must_end(0);
    let apart = compare(&bench, "part", "rest", 5);
    assert_eq!(apart["alike"], 0);
}

/// Another interface: the province answers otherwise, and the bill is another.
#[test]
fn another_answer_and_another_amount_are_found_field_by_field() {
    let bench = Bench::new();
    bench.run("old", &["--quiet"]).must_end(0);
    let other = bench.changed_plan(
        "topology.yaml",
        "hub:",
        "profile: {answers: {infcode: text}}\nhub:",
    );
    let out = bench.text("new");
    crosswipe(&["run", &other, "--out", &out, "--quiet"]).must_end(0);
    let compared = compare(&bench, "old", "new", 1);
    let fields = list(&compared, "fields");
    assert!(
        fields
            .iter()
            .all(|one| one["path"] == "infcode" && one["how"] == "kind"),
        "{compared}"
    );
    assert!(fields.len() > 10, "each transaction's answer: {compared}");
    assert!(list(&compared, "amounts").is_empty(), "{compared}");

    let dearer = bench.changed_plan("catalogue.csv", "", "");
    let path = std::path::Path::new(&dearer).join("basket/cold.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("price: 25.00", "price: 125.00", 1)).unwrap();
    let out = bench.text("dearer");
    crosswipe(&["run", &dearer, "--out", &out, "--quiet"]).must_end(1);
    let compared = compare(&bench, "old", "dearer", 1);
    let names: Vec<&str> = list(&compared, "amounts")
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"medfee_sumamt"), "{names:?}");
}

/// A failure that the plan knows of and that is gone is no case alike, and terminal, page and document say the same.
#[test]
fn an_expected_failure_that_vanished_and_findings_stand_in_the_sentence() {
    let bench = Bench::new();
    let known = failing(&bench, SUM_OFF);
    bench.run_plan(&known, "waived", &["--quiet"]).must_end(0);
    bench.run("passed", &["--quiet"]).must_end(0);
    let vanished = compare(&bench, "waived", "passed", 0);
    let turns = |compared: &Value| -> Vec<String> {
        let cases = list(compared, "cases").iter();
        cases
            .map(|one| one["turn"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(turns(&vanished), ["vanished"; 2]);
    assert_eq!(vanished["alike"], 6);
    let sentence = vanished["sentence"]["zh"].as_str().unwrap();
    assert!(
        sentence.contains("2 例预期的失败消失，0 例转为豁免"),
        "{sentence}"
    );
    // What failed is told from the run in which it did.
    assert!(!list(&list(&vanished, "cases")[0], "checks").is_empty());
    let back = compare(&bench, "passed", "waived", 0);
    assert_eq!(turns(&back), ["waived"; 2]);
    assert_eq!(back["worse"], false);

    bench
        .run(
            "broken",
            &["--quiet", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1);
    let broken = compare(&bench, "passed", "broken", 1);
    let new = broken["causes"]["new"].as_u64().unwrap();
    let told: u64 = list(&broken, "findings")
        .iter()
        .map(|one| one["new"].as_u64().unwrap())
        .sum();
    assert!(new > 0 && new == told, "{broken}");
    assert_eq!(
        (&broken["causes"]["gone"], &broken["causes"]["same"]),
        (&0.into(), &0.into())
    );
    let healed = compare(&bench, "broken", "passed", 0);
    assert_eq!(
        (&healed["causes"]["gone"], &healed["causes"]["new"]),
        (&new.into(), &0.into())
    );

    let [first, second, page] = ["passed", "broken", "compared.html"].map(|name| bench.text(name));
    for lang in ["zh", "en"] {
        let args = ["compare", &first, &second, "--lang", lang, "--html", &page];
        let told = crosswipe(&args).must_end(1).out;
        let sentence = broken["sentence"][lang].as_str().unwrap();
        let packed = |text: &str| text.split_whitespace().collect::<String>();
        assert!(packed(&told).contains(&packed(sentence)), "{told}");
        assert!(fs::read_to_string(&page).unwrap().contains(sentence));
        let counted = match lang {
            "zh" => format!("发现新增 {new} 处，消失 0 处，相同 0 处"),
            _ => format!("findings: {new} new, 0 gone, 0 the same"),
        };
        assert!(sentence.contains(&counted), "{sentence}");
    }
}
