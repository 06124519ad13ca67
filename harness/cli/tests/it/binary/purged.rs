//! 清除 · A platform's owner has the tests' rows taken out of its books: declared, seen before, and said so.

use std::fs;

use super::{Bench, all_rules, classes, copy, plan, rules};

/// pair-demo whose insured place is cleared by order at an instant.
fn purged_at(bench: &Bench, party: &str, at: &str) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    let path = bench.path("plan").join("plan.yaml");
    let order = format!(
        "purge:\n  - {{party: \"{party}\", method: delete, by: 李四, order: 杭医保信〔2030〕3号, at: \"{at}\"}}\n"
    );
    let text = fs::read_to_string(&path).unwrap() + &order;
    fs::write(&path, text).unwrap();
    bench.text("plan")
}

#[test]
fn a_declared_purge_after_t1_holds_and_the_certificate_names_the_order() {
    let bench = Bench::new();
    let plan = purged_at(&bench, "insured:330100", "2030-03-03T08:00+08:00");
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(0).json();
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(report["rules"][1]["qualified"], "purged");
    let said = &report["statements"][0];
    assert_eq!(
        (&said["kind"], &said["by"], &said["reason"], &said["holds"]),
        (
            &"purge".into(),
            &"李四".into(),
            &"杭医保信〔2030〕3号".into(),
            &true.into()
        )
    );
    assert!(said["rows"].as_u64() > Some(50));
    let certificate = fs::read_to_string(bench.path("run").join("certificate.json")).unwrap();
    let page = fs::read_to_string(bench.path("run").join("report.html")).unwrap();
    for text in [&certificate, &page] {
        assert!(text.contains("李四") && text.contains("杭医保信〔2030〕3号"));
    }
    let told = super::crosswipe(&["verify", &bench.text("run"), "--lang", "zh"])
        .must_end(0)
        .out;
    assert!(
        told.contains("成立（奉令清除）") && told.contains("李四"),
        "{told}"
    );
    // Its log in fact lost rows, and kept the numbers of the others.
    let export = |instant: &str| -> serde_json::Value {
        let path = bench
            .path("run")
            .join(format!("exports/insured-330100.{instant}.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let rows = |instant: &str| export(instant)["log"].as_array().unwrap().len();
    assert!(rows("t2") < rows("t1"));
}

#[test]
fn purged_before_anybody_saw_the_undo_it_cannot_be_told() {
    let bench = Bench::new();
    let plan = purged_at(&bench, "hub:330000", "2030-03-02T12:59:59+08:00");
    let ended = bench.run_plan(&plan, "run", &["--json"]);
    let report = ended.json();
    assert_ne!(report["verdict"], "clean");
    assert!(matches!(ended.code, Some(1 | 2)));
    assert!(
        classes(&report).contains(&"evidence:missing".to_owned()),
        "{:?}",
        classes(&report)
    );
}

/// A platform deletes instead of undoing: balances perfect, history gone, and nobody ordered it, or not there.
#[test]
fn what_nobody_declared_is_erased_and_so_is_what_was_declared_elsewhere() {
    let bench = Bench::new();
    let fault = ["--json", "--fault", "history-deleted"];
    let elsewhere = purged_at(&bench, "hub:330000", "2030-03-03T08:00+08:00");
    for (name, plan) in [
        ("undeclared", super::plan("pair-demo")),
        ("elsewhere", elsewhere),
    ] {
        let report = bench.run_plan(&plan, name, &fault).must_end(1).json();
        assert_eq!(report["verdict"], "violated", "{name}");
        let findings = report["findings"].as_array().unwrap();
        let erased = findings
            .iter()
            .find(|found| found["class"] == "audit:erased");
        let erased = erased.unwrap_or_else(|| panic!("{name}: {:?}", classes(&report)));
        assert!(
            erased["party"].as_str().unwrap().starts_with("insured:"),
            "{erased}"
        );
        assert_eq!(
            (&erased["rule"], &erased["uncertain"]),
            (&"R2".into(), &false.into())
        );
        assert!(
            !erased["witness"].as_array().unwrap().is_empty(),
            "{erased}"
        );
    }
}
