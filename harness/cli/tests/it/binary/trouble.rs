//! 结果不明与重启 · Outcomes that lie, come late or are lost, and parties that restart in mid-run.
//!
//! Each ends as what it is: what was recovered is clean with a note, what broke a promise is named with its party.
//! Not here: what faults do to books (`mocks`), each rule's own tests (`verify`).

use crosswipe_journal::{History, Payload};
use rstest::rstest;
use serde_json::Value;

use super::{Bench, all_rules, classes, rules};

fn run(bench: &Bench, fault: &str, code: i32) -> (Value, History) {
    let few = ["--json", "--kind", "outpatient", "--fault", fault];
    // What comes after the day roll comes after the window's end too.
    let permit = ["--after-window", "迟到的结算", "--by", "王五"];
    let report = bench.run("run", &[&few[..], &permit].concat());
    let report = report.must_end(code).json();
    assert_eq!(report["faults"][0]["matched"], 1, "{fault}");
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    (report, history)
}

#[track_caller]
fn notes(report: &Value) -> Vec<&str> {
    let notes = report["notes"].as_array().unwrap();
    notes
        .iter()
        .map(|note| note["code"].as_str().unwrap())
        .collect()
}

/// Heads of what went wrong, with the party accused.
fn heads(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let heads = findings.filter(|finding| finding["follows_from"].is_null());
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or("-").to_owned();
    heads
        .map(|finding| (text(finding, "class"), text(finding, "party")))
        .collect()
}

/// Undo messages for one τ of which the fault made trouble: number and msgid, in order.
fn undos(history: &History, infno: &str) -> Vec<(String, String)> {
    let comps = history
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::CompIntent(comp) => Some(comp),
            _ => None,
        });
    comps
        .filter(|comp| comp.infno.as_str() == infno)
        .map(|comp| (comp.txid.to_string(), comp.msgid.to_string()))
        .collect()
}

#[test]
fn a_request_that_never_arrived_leaves_a_tombstone_at_each_party() {
    let bench = Bench::new();
    let (report, _) = run(&bench, "request-lost", 0);
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(notes(&report), ["never-applied"]);
    let mut tombstones = 0;
    for file in super::files(&bench.path("run").join("exports"), &[]) {
        if file.to_string_lossy().ends_with(".t2.json") {
            let export: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let log = export["log"].as_array().unwrap();
            tombstones += log.iter().filter(|row| row["state"] == "tombstone").count();
        }
    }
    assert_eq!(
        tombstones, 4,
        "hospital, treatment place, hub, insured place"
    );
}

#[test]
fn an_undo_that_was_lost_is_asked_about_and_sent_again_under_its_own_number() {
    let bench = Bench::new();
    let (report, history) = run(&bench, "reversal-lost:on=2208", 0);
    assert_eq!(rules(&report, "held"), all_rules());
    let sent = undos(&history, "2208");
    let (txid, msgid) = sent
        .iter()
        .find(|one| sent.iter().filter(|other| other == one).count() == 2)
        .expect("one was sent twice, under one number");
    let of_it = |record: &&crosswipe_journal::Record| match &record.payload {
        Payload::CompIntent(comp) => comp.msgid.as_str() == msgid,
        Payload::Queried(queried) => queried.txid.as_str() == txid,
        _ => false,
    };
    let kinds: Vec<&str> = history
        .records
        .iter()
        .filter(of_it)
        .map(|record| record.payload.kind())
        .collect();
    assert_eq!(kinds, ["COMP_INTENT", "QUERIED", "COMP_INTENT", "QUERIED"]);
}

#[test]
fn a_refusal_that_lied_is_found_out_and_the_books_are_brought_back() {
    let bench = Bench::new();
    let (report, history) = run(&bench, "refusal-lied", 1);
    let heads = heads(&report);
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert_eq!(heads[0].0, "one-sided:his");
    assert_eq!(classes(&report), ["one-sided:his"], "no residue");
    assert_eq!(report["transactions"]["unresolved"], 0);
    let reversed = undos(&history, "2601");
    assert_eq!(
        reversed.len(),
        1,
        "by message number: no setl_id was answered"
    );
}

#[rstest]
#[case::right_behind_the_reversal("reversal", "tm")]
#[case::after_the_quiet_period("quiet", "t1")]
#[case::after_the_day_roll("day-roll", "t2")]
fn a_settlement_booked_after_its_reversal_is_reversed_again_and_named(
    #[case] until: &str,
    #[case] seen: &str,
) {
    let bench = Bench::new();
    let fault = format!("hub-reversal-overtakes:until={until}");
    let (report, history) = run(&bench, &fault, 1);
    let heads = heads(&report);
    let late = heads.iter().find(|(class, _)| class == "late-apply");
    let (_, party) = late.unwrap_or_else(|| panic!("{heads:?}"));
    assert!(party.starts_with("insured:"), "{party}");
    let residues: Vec<String> = classes(&report)
        .into_iter()
        .filter(|class| class.starts_with("residue") && class != "residue:reconciliation")
        .collect();
    assert_eq!(
        residues, [""; 0],
        "the second reversal brings the books back"
    );
    assert_eq!(report["transactions"]["unresolved"], 0);
    let reversals = undos(&history, "2601");
    assert_eq!(reversals.len(), 2);
    assert_eq!(reversals[0].0, reversals[1].0);
    assert_ne!(reversals[0].1, reversals[1].1, "a new message");
    let notes = report["notes"].as_array().unwrap();
    let note = notes
        .iter()
        .find(|note| note["code"] == "late-apply")
        .unwrap();
    assert_eq!(note["facts"]["seen"], seen);
    bench.verify("run").must_end(1);
}

#[rstest]
#[case("reversal")]
#[case("day-roll")]
fn a_platform_with_a_fence_refuses_what_comes_late(#[case] until: &str) {
    let bench = Bench::new();
    let fault = format!("hub-reversal-overtakes:fence=kept,until={until}");
    let (report, _) = run(&bench, &fault, 0);
    assert_eq!(rules(&report, "held"), all_rules());
    assert!(
        notes(&report).contains(&"late-refused"),
        "{:?}",
        notes(&report)
    );
}

#[rstest]
#[case("his:H33010000001")]
#[case("treatment:330100")]
#[case("hub:330000")]
#[case("insured:330200")]
fn a_party_that_restarts_with_its_books_ends_clean(#[case] party: &str) {
    let bench = Bench::new();
    let fault = format!("party-restarts:party={party},on=2207,nth=1");
    let (report, _) = run(&bench, &fault, 0);
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(report["cases"]["passed"], report["cases"]["run"]);
    assert_ne!(notes(&report), [""; 0], "the trouble is noted");
}

#[rstest]
#[case("his:H33010000001")]
#[case("hub:330000")]
#[case("insured:330200")]
fn a_party_that_restarts_without_its_books_is_named_and_never_clean(#[case] party: &str) {
    let bench = Bench::new();
    let fault = format!("party-restarts:party={party},books=lost,on=2207,nth=2");
    let (report, _) = run(&bench, &fault, 1);
    let code = party.split_once(':').unwrap().1;
    let heads = heads(&report);
    let history_is_gone = heads
        .iter()
        .any(|(class, at)| class.starts_with("audit:") && at == party);
    assert!(history_is_gone, "{heads:?}");
    assert!(rules(&report, "violated").contains(&"R2".to_owned()));
    let others = heads
        .iter()
        .find(|(class, at)| class.starts_with("audit:") && !at.ends_with(code));
    assert_eq!(others, None, "nobody else's history is doubted");
}

#[test]
fn a_fault_at_a_party_that_the_plan_has_not_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let fault = "party-restarts:party=insured:330300";
    bench
        .run("run", &["--fault", fault])
        .must_end(64)
        .must_say(&["error[cli::fault]", "insured:330300", "insured:330"]);
    assert!(!bench.path("run").exists());
}
