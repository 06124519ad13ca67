//! 报文号重复 · Platforms that refuse, replay or carry out again what they have seen: each run ends clean.
//!
//! A lost answer makes a sender ask, undo and send again, so every message whose answer is lost meets the
//! platform's way with message numbers once. Not here: what the modes are (`mocks`).

use rstest::rstest;

use super::Bench;

#[rstest]
#[case::nothing_lost("refuse", None)]
#[case::nothing_lost_again("process", None)]
#[case::a_registration("process", Some("2201"))]
#[case::a_settlement("refuse", Some("2207"))]
#[case::a_settlement_again("replay", Some("2207"))]
#[case::a_settlement_twice("process", Some("2207"))]
#[case::its_undo("refuse", Some("2208"))]
#[case::its_undo_again("process", Some("2305"))]
#[case::the_last_undo("refuse", Some("2202"))]
#[case::a_reversal("refuse", Some("2601"))]
fn whatever_a_platform_does_with_repeated_numbers_the_run_ends_clean(
    #[case] mode: &str,
    #[case] lost: Option<&str>,
) {
    let bench = Bench::new();
    let mut more = vec!["--json", "--msgid-mode", mode];
    let fault = lost.map(|infno| format!("response-lost:on={infno}"));
    if let Some(fault) = &fault {
        more.extend(["--fault", fault]);
    }
    if lost == Some("2601") {
        more.extend(["--fault", "response-lost:on=2207"]);
    }
    let report = bench.run("run", &more).must_end(0).json();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["cases"]["passed"], report["cases"]["planned"]);
    for fault in report["faults"].as_array().unwrap() {
        assert_eq!(fault["matched"], 1, "{fault}");
    }
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    assert_eq!(history.header().switches["msgid-mode"], mode);
}

#[test]
fn an_unknown_mode_is_refused_with_those_that_there_are() {
    let bench = Bench::new();
    let ended = bench.run("run", &["--msgid-mode", "replace"]).must_end(64);
    assert!(
        ended.err.contains("replay") && ended.err.contains("replace"),
        "{ended:?}"
    );
}
