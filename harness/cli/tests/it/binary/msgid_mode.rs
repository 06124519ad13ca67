//! 报文号重复 · Platforms that refuse, replay or carry out again what they have seen: each run ends clean.
//!
//! A lost answer makes a sender ask, undo and send again, so every message whose answer is lost meets the
//! platform's way with message numbers once. Not here: what the modes are (`mocks`).

use rstest::rstest;

use super::Bench;

#[rstest]
#[case::replayed("replay", "2208")]
#[case::refused("refuse", "2207")]
#[case::refused_and_unheard("refuse", "2208")]
#[case::carried_out_again("process", "2207")]
#[case::a_second_visit("process", "2201")]
fn whatever_a_platform_does_with_repeated_numbers_the_run_ends_clean(
    #[case] mode: &str,
    #[case] lost: &str,
) {
    let bench = Bench::new();
    let fault = format!("response-lost:on={lost}");
    let more = ["--json", "--msgid-mode", mode, "--fault", &fault];
    let report = bench.run("run", &more).must_end(0).json();
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["cases"]["passed"], report["cases"]["planned"]);
    assert_eq!(report["faults"][0]["matched"], 1);
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
