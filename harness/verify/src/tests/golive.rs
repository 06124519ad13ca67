//! 上线之试 · A window that ends while something of a test is still open.
//!
//! The run is one that nobody came to undo; what matters is whether its last record lies behind the window's end.

use crosswipe_domain::{Moment, Rule};
use crosswipe_journal::{Note, Payload, Purpose, UndoPlan};

use super::windows::{closed, honest, window};
use crate::WindowJudgement;
use crate::evidence::Instant;
use crate::testkit::{History, PERSON, at, plan};

const END: &str = "2017-06-04T18:00+08:00";
const JUST_BEFORE: &str = "2017-06-04T17:59:59.999+08:00";

fn last_word(history: &mut History, now: Moment) {
    history.now = now;
    history.write(Payload::Note(Note {
        code: "quiet".into(),
        txid: None,
        facts: Default::default(),
    }));
}

/// Swipes that stand, and a last record at this instant.
fn left_open(cases: &[&str], until: &str) -> WindowJudgement {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    for case in cases {
        history.swipe(case, PERSON, &mut honest);
    }
    last_word(&mut history, at(until));
    closed(&window(), &[&history.evidence])
}

fn at_golive(window: &WindowJudgement) -> Vec<&crate::WindowFinding> {
    let found = window.findings.iter();
    found
        .filter(|one| one.finding.location == "go-live")
        .collect()
}

#[test]
fn what_is_open_when_the_window_is_over_is_told_once_for_the_run() {
    let window = left_open(&["a", "b"], END);
    let found = at_golive(&window);
    assert_eq!(found.len(), 1, "{:#?}", window.findings);
    let one = &found[0].finding;
    assert_eq!(found[0].runs, [1]);
    assert_eq!(
        (one.rule, one.class.as_str(), one.actual.as_str()),
        (Rule::R14, "gate:window", "8 transactions open")
    );
    assert_eq!(one.witness.len(), 5, "five are named, the others counted");
    assert!(!one.uncertain, "the journal says that they stand");
}

#[test]
fn before_the_window_is_over_what_is_open_may_still_be_undone() {
    assert!(at_golive(&left_open(&["a"], JUST_BEFORE)).is_empty());
}

#[test]
fn a_run_that_left_nothing_open_may_end_when_it_likes() {
    let mut history = History::begin(plan());
    super::windows::business(&mut history, "a", PERSON, &mut honest);
    last_word(&mut history, at("2017-06-05T10:00+08:00"));
    let window = closed(&window(), &[&history.evidence]);
    assert!(at_golive(&window).is_empty(), "{:#?}", window.findings);
}

/// Of what nobody knows it cannot be said that it stands.
#[test]
fn what_nobody_knows_is_no_certain_finding() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let lost = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    history.unknown(&lost);
    last_word(&mut history, at(END));
    let window = closed(&window(), &[&history.evidence]);
    let found = at_golive(&window);
    assert_eq!(found.len(), 1, "{:#?}", window.findings);
    assert!(found[0].finding.uncertain);
    assert_eq!(found[0].finding.actual, "1 transactions open");
}

/// Each run by itself: one that was left before the end of the window is not told by one that went on behind it.
#[test]
fn only_the_run_that_goes_on_behind_the_end_is_named() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.swipe("a", PERSON, &mut honest);
    let (first, mut history) = history.next_run();
    history.export(Instant::T0);
    history.swipe("b", crate::testkit::OTHER, &mut honest);
    last_word(&mut history, at(END));
    let window = closed(&window(), &[&first, &history.evidence]);
    let found = at_golive(&window);
    assert_eq!(found.len(), 1, "{:#?}", window.findings);
    assert_eq!(found[0].runs, [2]);
    assert_eq!(found[0].finding.actual, "4 transactions open");
}
