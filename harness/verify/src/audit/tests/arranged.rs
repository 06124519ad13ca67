//! 因果 · What follows from what, from findings made by hand: book, visit, message, person, insured place, day.

use crosswipe_domain::{Day, FindingClass, Severity};

use super::super::arrange::arrange;
use super::*;

fn one(book: &str) -> Orphan {
    Orphan {
        class: FindingClass::new("test"),
        severity: Severity::S2,
        uncertain: false,
        book: book.to_owned(),
        cause: Cause::RecordLost,
        witnesses: Vec::new(),
        hops: Vec::new(),
        amount: Some(5),
        day: None,
        field: None,
        place: None,
        owner: None,
        follows_from: None,
        visit: 0,
        person: 0,
        message: 0,
        cell: None,
        insured: 0,
    }
}

fn day(day: u32) -> Day {
    at(day, 0).day()
}

/// Two findings in the order in which they are told, and whether the second follows from the first.
#[track_caller]
fn follows(first: Orphan, second: Orphan, expected: bool) {
    let books = [first.book.clone(), second.book.clone()];
    // Told alike whichever was found first.
    for found in [
        vec![first.clone(), second.clone()],
        vec![second.clone(), first.clone()],
    ] {
        let arranged = arrange(found);
        let told: Vec<&String> = arranged.iter().map(|one| &one.book).collect();
        assert_eq!(told, books.iter().collect::<Vec<_>>());
        assert_eq!(arranged[0].follows_from, None);
        assert_eq!(arranged[1].follows_from, expected.then_some(0));
    }
}

#[test]
fn what_hangs_on_a_visit_follows_from_what_became_of_it() {
    let of = |book, visit| Orphan { visit, ..one(book) };
    follows(of("settlement", 1), of("fee-detail", 1), true);
    follows(of("settlement", 1), of("visit", 1), true);
    follows(of("settlement", 1), of("fee-detail", 2), false);
    follows(of("visit", 1), of("fee-detail", 1), true);
    follows(of("in-hospital", 1), of("fee-detail", 1), true);
    // Where no visit is said, none is shared.
    follows(of("settlement", 0), of("fee-detail", 0), false);
    // Lines lead nothing: two of one visit have one head or none.
    follows(of("clearing", 1), of("fee-detail", 1), false);
    follows(of("fee-detail", 1), of("payment", 1), false);
}

#[test]
fn a_settlement_follows_from_nothing() {
    let of = |amount| Orphan {
        amount: Some(amount),
        visit: 1,
        person: 2,
        message: 3,
        ..one("settlement")
    };
    let told = arrange(vec![of(1), of(2)]);
    assert!(told.iter().all(|one| one.follows_from.is_none()));
}

#[test]
fn one_message_is_one_business() {
    let of = |book, message| Orphan {
        message,
        ..one(book)
    };
    follows(of("settlement", 4), of("queue", 4), true);
    follows(of("settlement", 4), of("queue", 5), false);
    follows(of("settlement", 0), of("queue", 0), false);
    follows(of("settlement", 4), of("invoice", 4), true);
    // Only a settlement's message leads: a visit has its own.
    follows(of("visit", 4), of("queue", 4), false);
    follows(of("in-hospital", 4), of("invoice", 4), false);
}

#[test]
fn a_flag_follows_from_whatever_keeps_its_person() {
    let of = |book, person| Orphan {
        person,
        ..one(book)
    };
    let flag = |person| Orphan {
        severity: Severity::S3,
        ..of("in-hospital", person)
    };
    follows(of("settlement", 6), flag(6), true);
    follows(of("visit", 6), flag(6), true);
    follows(of("settlement", 6), flag(7), false);
    follows(of("settlement", 0), flag(0), false);
    // Of one person, but no flag.
    follows(of("settlement", 6), of("fee-detail", 6), false);
    // A fee line keeps nobody; told behind the flag, it leads it no more than it follows.
    follows(flag(6), of("fee-detail", 6), false);
}

#[test]
fn a_total_follows_from_the_settlements_that_make_it_up() {
    let of = |book, cell, amount| Orphan {
        cell,
        amount: Some(amount),
        ..one(book)
    };
    let here = Some((day(2), 8));
    let total = |cell, amount| of("reconciliation", cell, amount);
    follows(of("settlement", here, 5), total(here, 5), true);
    follows(of("settlement", here, 5), total(here, 6), false);
    follows(
        of("settlement", here, 5),
        total(Some((day(3), 8)), 5),
        false,
    );
    follows(
        of("settlement", here, 5),
        total(Some((day(2), 9)), 5),
        false,
    );
    follows(of("settlement", here, 5), total(None, 5), false);
    // A settlement whose institution nobody says may be of any.
    let anywhere = Some((day(2), 0));
    follows(of("settlement", anywhere, 5), total(here, 5), true);
    // Lines make no total up.
    follows(of("fee-detail", here, 5), total(here, 5), false);
    // Two of a day make it up together, and the first is its cause.
    let told = arrange(vec![
        total(here, 12),
        of("settlement", here, 5),
        of("settlement", here, 7),
    ]);
    let follows: Vec<Option<usize>> = told.iter().map(|one| one.follows_from).collect();
    assert_eq!(follows, [None, None, Some(0)]);
}

#[test]
fn a_clearing_balance_follows_from_a_settlement_of_its_insured_place() {
    let of = |book, insured, visit| Orphan {
        insured,
        visit,
        ..one(book)
    };
    follows(of("settlement", 3, 0), of("clearing", 3, 0), true);
    follows(of("settlement", 3, 0), of("clearing", 4, 0), false);
    follows(of("settlement", 0, 0), of("clearing", 0, 0), false);
    follows(of("visit", 3, 0), of("clearing", 3, 0), false);
    // An entry of a visit goes with its visit alone.
    follows(of("settlement", 3, 0), of("clearing", 3, 1), false);
    follows(of("settlement", 4, 1), of("clearing", 3, 1), true);
}

#[test]
fn a_chain_leads_to_its_first_cause() {
    let settlement = Orphan {
        visit: 1,
        ..one("settlement")
    };
    // Its visit is kept by the flag of the same person, whose fee lines lie under a visit of their own.
    let visit = Orphan {
        visit: 1,
        person: 6,
        ..one("visit")
    };
    let flag = Orphan {
        person: 6,
        severity: Severity::S3,
        ..one("in-hospital")
    };
    let told = arrange(vec![flag, visit, settlement]);
    let follows: Vec<Option<usize>> = told.iter().map(|one| one.follows_from).collect();
    assert_eq!(follows, [None, Some(0), Some(0)]);
}

/// Certain before uncertain, settlements before what hangs on them, totals last; then by how bad, why, when, where.
#[test]
fn findings_are_told_in_one_order() {
    let uncertain = Orphan {
        uncertain: true,
        ..one("settlement")
    };
    let bad = |book| Orphan {
        severity: Severity::S1,
        ..one(book)
    };
    let on = |of| Orphan {
        day: Some(day(of)),
        ..one("settlement")
    };
    let row = |source, at| Orphan {
        witnesses: vec![Witness {
            party: 0,
            said: Said::Stands,
            row: Some(RowRef { source, at }),
        }],
        ..one("fee-detail")
    };
    let why = Orphan {
        cause: Cause::RefundStopped,
        ..one("settlement")
    };
    let expected = vec![
        bad("settlement"),
        why,
        one("settlement"),
        on(2),
        on(3),
        bad("visit"),
        one("in-hospital"),
        one("visit"),
        bad("fee-detail"),
        one("clearing"),
        one("fee-detail"),
        row(1, 1),
        row(0, 2),
        bad("reconciliation"),
        one("reconciliation"),
        uncertain,
    ];
    let mut found = expected.clone();
    found.reverse();
    assert_eq!(arrange(found), expected);
}
