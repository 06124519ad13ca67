//! 三种坏结局 · The three faults that this version injects, each found as what it is.

use rstest::rstest;
use serde_json::Value;

use super::{Bench, all_rules, rules};

/// The finding from which others follow.
#[track_caller]
fn root<'a>(report: &'a Value, class: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["class"] == class && finding["follows_from"].is_null());
    found.unwrap_or_else(|| panic!("no `{class}` that stands by itself: {findings:#?}"))
}

#[test]
fn a_lost_reply_ends_clean_with_a_note() {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--fault", "response-lost"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(report["faults"][0]["matched"], 1);
    assert_eq!(
        (
            &report["transactions"]["unknown"],
            &report["transactions"]["unresolved"]
        ),
        (&1.into(), &0.into())
    );
    let note = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|note| note["code"] == "response-lost");
    let txid = note.expect("the trouble is noted")["txid"]
        .as_str()
        .unwrap()
        .to_owned();
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let said = |kind: &str, infno: &str| {
        history.records.iter().any(|record| {
            let text = serde_json::to_string(&record.payload).unwrap();
            record.payload.kind() == kind
                && text.contains(&format!("\"{infno}\""))
                && text.contains(&txid)
        })
    };
    assert!(said("QUERIED", &txid), "it was asked about");
    assert!(
        said("COMP_INTENT", "2601"),
        "then reversed by message number"
    );
}

#[rstest]
#[case::the_insured_place_forgets(
    "accumulator-not-restored",
    "residue:accumulator",
    "R1",
    "accumulator["
)]
#[case::the_hub_confirms_alone("hub-drops-forwarded-reversal", "one-sided:insured", "R6", "2304")]
fn a_broken_rollback_is_found_with_all_that_a_person_needs(
    #[case] fault: &str,
    #[case] class: &str,
    #[case] rule: &str,
    #[case] place: &str,
) {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--fault", fault])
        .must_end(1)
        .json();
    assert_eq!(
        (&report["verdict"], &report["exit"]),
        (&"violated".into(), &1.into())
    );
    assert!(
        rules(&report, "violated").contains(&rule.to_owned()),
        "{:?}",
        report["rules"]
    );
    let finding = root(&report, class);
    let text = |key: &str| {
        finding[key]
            .as_str()
            .unwrap_or_else(|| panic!("no `{key}` in {finding:#}"))
            .to_owned()
    };
    assert_eq!(
        (text("severity").as_str(), text("rule").as_str()),
        ("S1", rule)
    );
    assert!(text("party").starts_with("insured:330"), "{finding:#}");
    assert!(text("person").starts_with("P-"), "{finding:#}");
    assert!(text("where").contains(place), "{finding:#}");
    assert_ne!(text("expected"), text("actual"));
    let witness = finding["witness"].as_array().unwrap();
    let row = witness
        .iter()
        .find(|row| row.as_str().unwrap().contains(&text("party")));
    assert!(
        row.is_some(),
        "the party's own rows bear witness: {finding:#}"
    );
    assert!(
        report["open"]["transactions"].as_u64() > Some(0)
            && report["open"]["amount_fen"].as_u64() > Some(0)
    );
    let later = bench.verify("run").must_end(1).json();
    assert_eq!(
        (&later["findings"], &later["certificate_sha256"]),
        (&report["findings"], &report["certificate_sha256"])
    );
}

#[test]
fn of_the_accumulator_both_the_count_and_the_money_are_told() {
    let bench = Bench::new();
    let report = bench
        .run(
            "run",
            &["--json", "--fault", "accumulator-not-restored:on=2305"],
        )
        .must_end(1)
        .json();
    let findings = report["findings"].as_array().unwrap();
    let money = findings.iter().find(|finding| {
        finding["class"] == "residue:accumulator"
            && finding["where"].as_str().unwrap().contains("F0000_BIZ21")
    });
    let money = money.expect("the yearly total of stays is off");
    assert_eq!(
        (&money["expected"], &money["actual"]),
        (&"0.00".into(), &"21915.06".into())
    );
    let others: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding["party"].as_str())
        .collect();
    let party = money["party"].as_str().unwrap();
    assert!(
        others.iter().all(|other| *other == party),
        "nobody else is accused: {others:?}"
    );
}

/// A probe past the gate, by a plan of the user's: refused as it must be, or let in by order and named.
#[rstest]
#[case::unready_peer("unready-peer-accepted", "", "gate:institution")]
#[case::not_registered("persona-not-registered:on=2304", "公众", "gate:persona")]
fn a_platform_that_lets_in_whom_it_must_refuse_is_named(
    #[case] fault: &str,
    #[case] used_for: &str,
    #[case] class: &str,
) {
    let bench = Bench::new();
    let probe = "forced: yes, expect: {outcome: refused}";
    let plan = bench.changed_plan("bounds.yaml", "expect: {outcome: gate}", probe);
    if !used_for.is_empty() {
        let path = bench.path("plan/persons.csv");
        let persons = std::fs::read_to_string(&path).unwrap();
        let (before, after) = persons.split_once("early,").unwrap();
        let after = after.replacen("专用", used_for, 1);
        std::fs::write(&path, format!("{before}early,{after}")).unwrap();
    }
    let honest = bench.run_plan(&plan, "honest", &["--json"]).must_end(0);
    assert_eq!(honest.json()["verdict"], "clean");
    let more = ["--json", "--fault", fault];
    let report = bench.run_plan(&plan, "run", &more).must_end(1).json();
    assert!(report["faults"][0]["matched"].as_u64() > Some(0));
    let found = super::classes(&report);
    assert!(found.contains(&class.to_owned()), "{found:?}");
    assert_eq!(report["open"]["transactions"], 0, "undone all the same");
}

/// What no platform takes back outlives the window: the run says what stands, and closing the window says no.
#[test]
fn test_data_that_survives_go_live_is_named_by_close() {
    let bench = Bench::new();
    let more = ["--json", "--fault", "test-data-survives-go-live"];
    let report = bench.run("run", &more).must_end(1).json();
    assert!(report["open"]["transactions"].as_u64() > Some(0));
    assert_eq!(report["cases"]["passed"], 7, "the others come back");
    let plan = super::plan("pair-demo");
    let (run, out) = (bench.text("run"), bench.text("window"));
    let closed = super::crosswipe(&["close", &plan, &run, "--out", &out, "--json"]);
    let closed = closed.must_end(1).json();
    let findings = closed["findings"].as_array().unwrap();
    let gate = findings.iter().find(|one| one["class"] == "gate:window");
    let gate = gate.unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!(gate["rule"], "R14");
    assert!(!gate["witness"].as_array().unwrap().is_empty());
}

/// Two nodes that answer in turn: three equal answers over the quiet period settle it, and none that never agree.
#[rstest]
#[case::caught_up("query-flaps:heal_after=20s", 0, "clean")]
#[case::for_ever("query-flaps", 2, "indeterminate")]
fn queries_that_waver_are_asked_until_they_agree(
    #[case] fault: &str,
    #[case] exit: i32,
    #[case] verdict: &str,
) {
    let bench = Bench::new();
    let more = ["--json", "--fault", fault];
    let report = bench.run("run", &more).must_end(exit).json();
    assert_eq!(report["verdict"], verdict);
    assert_eq!(
        report["open"]["transactions"], 0,
        "nothing is left in any case"
    );
    let notes = report["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "query-flap"));
    let doubted = super::classes(&report).contains(&"evidence:conflict".to_owned());
    assert_eq!(doubted, exit == 2);
}

/// The public of the mock world, let in while it is suspended: the platforms are named, and nobody undoes it.
#[test]
fn real_traffic_in_the_window_is_named_and_left_alone() {
    let bench = Bench::new();
    let more = ["--json", "--fault", "real-traffic-in-window"];
    let report = bench.run("run", &more).must_end(1).json();
    assert_eq!(super::classes(&report), ["gate:window"]);
    assert_eq!(rules(&report, "violated"), ["R12"]);
}

#[test]
fn a_fault_can_be_aimed_at_one_message() {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--fault", "response-lost:on=2207,nth=2"])
        .must_end(0)
        .json();
    let note = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|note| note["code"] == "response-lost")
        .unwrap();
    assert!(note["txid"].as_str().unwrap().contains("2207"), "{note}");
}

#[test]
fn a_broken_rollback_is_read_off_the_terminal() {
    let bench = Bench::new();
    let ended = bench
        .run(
            "run",
            &["--lang", "zh", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1);
    for words in ["违反", "未回退", "¥", "R6", "330", "P-"] {
        assert!(ended.out.contains(words), "no `{words}` in {}", ended.out);
    }
}
