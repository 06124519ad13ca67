//! 守规矩 · Platforms that keep to the notice, and a harness that keeps to its own gate: refused is refused, clean is clean.
//!
//! Beside the catalogue, whose flows these are: a fault proves something only where all is well without it.

use crosswipe_journal::Row;
use crosswipe_verify::Verdict;
use rstest::rstest;

use super::catalogue::{ALL, ENTERED_TWICE, OUT_OF_TURN, REFUNDED, flow_of, told};
use super::flows::{after_a_drain, flow, shut_out};
use super::scene::{Ended, Scene};

/// The harness asks its own gate first: nothing that could book is sent, and what forbids it stands in the journal.
#[rstest]
#[case::persona_not_registered("person", "persona")]
#[case::persona_class_wrong("class", "persona")]
#[case::suspended_business("business", "business")]
#[case::unready_peer("institution", "institution")]
fn what_a_platform_must_refuse_is_not_sent_in_the_first_place(
    #[case] shut: &str,
    #[case] reason: &str,
) {
    for case in ALL {
        let flow = shut_out(case, shut);
        let scene = Scene::new(&flow);
        scene.run(None);
        let rows = scene.disk.rows();
        // A probe is a business of its own, which the window may well allow.
        let of_the_case =
            |row: &&Row| row.kind == "INTENT" && row.payload.contains("\"purpose\":\"business\"");
        let sent = rows.iter().find(of_the_case);
        assert!(sent.is_none(), "{case}: reads included, {sent:?}");
        let gated = rows.iter().find(|row| row.kind == "GATED");
        let gated = &gated.expect("the gate spoke").payload;
        let named = format!("\"reason\":\"{reason}\"");
        assert!(gated.contains(&named), "{case}: {gated}");
    }
}

/// A platform that refunds nothing too late, and takes what is entered once and in its turn, keeps the run clean, and
/// whoever was refused expected it.
#[test]
fn what_the_public_may_not_have_is_refused_and_the_run_is_clean() {
    let mut tried = 0;
    for case in [REFUNDED, OUT_OF_TURN, ENTERED_TWICE].concat() {
        let flow = flow_of(case);
        let scene = Scene::new(&flow);
        let Ended::Certified(judgement) = scene.run(None).0 else {
            panic!("{case} came to no end");
        };
        assert_eq!(
            judgement.verdict,
            Verdict::Clean,
            "{case}: {}",
            told(&judgement)
        );
        let rows = scene.disk.rows();
        let finished: Vec<&Row> = rows
            .iter()
            .filter(|row| row.kind == "CASE_FINISHED")
            .collect();
        assert!(finished.len() >= 2, "{case}");
        for row in finished {
            let passed = row.payload.contains("\"result\":\"passed\"");
            assert!(passed, "{case}: {}", row.payload);
            tried += 1;
        }
    }
    println!("{tried} cases beside the public");
    assert_eq!(tried, 3 * (2 + 3 + 3));
}

/// `snapshot-after-first-swipe`: books that were first looked at when the swipe had gone through prove nothing, whether
/// or not it was undone.
#[rstest]
#[case("outpatient", "")]
#[case("inpatient", "")]
#[case("local", "")]
#[case("outpatient", "reversal-local-only")]
#[case("local", "pool-not-restored")]
fn books_first_looked_at_behind_a_swipe_are_no_beginning(#[case] case: &str, #[case] fault: &str) {
    let mut flow = flow(case);
    flow.first_look_late = true;
    flow.faults = fault
        .split_whitespace()
        .map(|order| order.parse().unwrap())
        .collect();
    let scene = Scene::new(&flow);
    let Ended::Certified(judgement) = scene.run(None).0 else {
        panic!("{case} came to no end");
    };
    let found = judgement.findings.iter().map(|one| one.class.as_str());
    let stale = found.filter(|class| *class == "evidence:stale").count();
    assert_eq!(stale, 1, "{case}: {}", told(&judgement));
    // What the logs alone show is certain all the same.
    let expected = if fault.is_empty() {
        Verdict::Indeterminate
    } else {
        Verdict::Violated
    };
    assert_eq!(
        judgement.verdict,
        expected,
        "{case} {fault}: {}",
        told(&judgement)
    );
}

/// A plan that drains first is clean where nothing was carried over.
#[rstest]
#[case("outpatient")]
#[case("inpatient")]
fn a_drained_platform_is_clean(#[case] case: &str) {
    let flow = after_a_drain(case);
    let scene = Scene::new(&flow);
    let Ended::Certified(judgement) = scene.run(None).0 else {
        panic!("{} came to no end", flow.name);
    };
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
}
