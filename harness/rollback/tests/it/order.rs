//! 先后 · Newest settlement first, then discharge, lines, visit.

use crate::history::History;

#[test]
fn an_outpatient_visit_is_undone_in_reverse() {
    let mut history = History::new();
    for infno in ["2201", "2203", "2204", "2207"] {
        history.ok("a", infno);
    }
    assert_eq!(
        history.run_to_the_end(),
        ["2208 a/2207", "2205 a/2204", "2202 a/2201"]
    );
    assert_eq!(
        history.fold.open_count(),
        0,
        "the diagnosis went with its visit"
    );
}

#[test]
fn a_stay_is_undone_settlement_discharge_lines_admission() {
    let mut history = History::new();
    for infno in ["2401", "2301", "2402", "2304"] {
        history.ok("a", infno);
    }
    assert_eq!(
        history.run_to_the_end(),
        ["2305 a/2304", "2405 a/2402", "2302 a/2301", "2404 a/2401"]
    );
}

#[test]
fn a_stay_that_was_discharged_after_its_settlement_is_undone_alike() {
    let mut history = History::new();
    for infno in ["2401", "2301", "2304", "2402"] {
        history.ok("a", infno);
    }
    assert_eq!(
        history.run_to_the_end()[..2],
        ["2305 a/2304", "2405 a/2402"]
    );
}

#[test]
fn the_newest_settlement_of_a_person_goes_first_across_visits() {
    let mut history = History::new();
    for (visit, infno) in [
        ("a", "2201"),
        ("a", "2204"),
        ("b", "2201"),
        ("b", "2204"),
        ("a", "2207"),
        ("b", "2207"),
    ] {
        history.ok(visit, infno);
    }
    let sent = history.run_to_the_end();
    assert_eq!(sent[..2], ["2208 b/2207", "2208 a/2207"]);
    assert_eq!(sent.len(), 6);
}

#[test]
fn the_order_is_that_of_the_answers_not_of_the_sending() {
    let mut history = History::new();
    let first = history.intent("a", "2207");
    let second = history.intent("b", "2207");
    history.outcome(&second, crate::history::ok());
    history.outcome(&first, crate::history::ok());
    assert_eq!(
        history.run_to_the_end(),
        ["2208 a/2207", "2208 b/2207"],
        "a was applied last"
    );
}

/// One person, two stays and a registration, everything after everything else has begun: what it is decides first,
/// when it was applied only among its like.
#[test]
fn what_it_is_comes_before_when_it_was() {
    let mut history = History::new();
    for (visit, infno) in [
        ("a", "2304"),
        ("a", "2402"),
        ("b", "2301"),
        ("a", "2401"),
        ("f", "2503"),
        ("c", "2204"),
        ("c", "2201"),
        ("g", "2501"),
    ] {
        history.ok(visit, infno);
    }
    assert_eq!(
        history.run_to_the_end(),
        [
            "2305 a/2304",
            "2405 a/2402",
            "2205 c/2204",
            "2302 b/2301",
            "2202 c/2201",
            "2404 a/2401",
            "2502 g/2501",
            "2504 f/2503",
        ]
    );
}
