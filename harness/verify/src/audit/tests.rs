//! 稽核测试 · Hand-made books: for each question one set that agrees, one that does not, one that cannot tell.

mod arranged;
mod fingerprints;
mod hanging;
mod others;
mod reach;
mod summed;
mod told;

use crosswipe_domain::{Moment, Party, Role};
use rstest::rstest;

use super::*;
use crate::judgement::Verdict;

const H: &str = "H33010000001";

fn at(day: u32, hour: u32) -> Moment {
    Moment::parse_wire(&format!("2026-05-{day:02} {hour:02}:00:00")).unwrap()
}

/// A whole book, taken on the 20th.
fn book(role: Role, code: &str, rows: &[RowIn<'_>]) -> Take {
    let mut take = Take::new(format!("{}-{code}", role.name()), Party::new(role, code));
    (take.whole, take.taken_at) = (true, Some(at(20, 8)));
    // Rows lie on lines 1, 2, 3 …
    for (at, row) in (1..).zip(rows) {
        take.row(&RowIn { at, ..row.clone() });
    }
    take
}

fn settled(id: &str, fen: i64) -> RowIn<'_> {
    RowIn {
        id,
        origin: H,
        msgid: id,
        insured: "330200",
        insutype: "310",
        clr_type: "11",
        visit: id,
        person: "P-0123456789ab",
        time: Some(at(2, 9)),
        sums: [Some(fen), Some(fen - 100), Some(0), Some(100)],
        ..RowIn::default()
    }
}

fn refund<'a>(id: &'a str, original: &'a str, fen: i64) -> RowIn<'a> {
    let row = settled(original, -fen);
    RowIn {
        id,
        original,
        msgid: id,
        state: State::Mirror,
        time: Some(at(2, 15)),
        sums: [Some(-fen), None, None, None],
        ..row
    }
}

fn undone(id: &str, fen: i64) -> RowIn<'_> {
    RowIn {
        state: State::Undone,
        ..settled(id, fen)
    }
}

fn four(rows: [&[RowIn<'_>]; 4]) -> Audit {
    let [his, treatment, hub, insured] = rows;
    audit(vec![
        book(Role::His, H, his),
        book(Role::Treatment, "330100", treatment),
        book(Role::Hub, "330000", hub),
        book(Role::Insured, "330200", insured),
    ])
}

#[track_caller]
fn check(audit: &Audit, class: &str, cause: Cause, fen: Option<i64>) {
    assert_eq!(audit.verdict, Verdict::Violated, "{audit:#?}");
    let heads: Vec<_> = audit
        .orphans
        .iter()
        .filter(|one| one.follows_from.is_none())
        .collect();
    assert_eq!(heads.len(), 1, "{heads:#?}");
    assert_eq!(
        (heads[0].class.as_str(), heads[0].cause, heads[0].amount),
        (class, cause, fen)
    );
}

#[test]
fn parties_that_say_the_same_are_clean_and_counted() {
    let rows = [settled("a", 2500), undone("b", 900), refund("rb", "b", 900)];
    let audit = four([&rows, &rows, &rows, &rows]);
    assert_eq!((audit.verdict, audit.orphans.len()), (Verdict::Clean, 0));
    assert_eq!(audit.compared, vec![("settlement".to_owned(), 2)]);
    assert_eq!(audit.standing, vec![(1, 2500); 4]);
}

#[rstest]
#[case::only_the_insurer_refunded([0, 0, 0, 1], "one-sided:insured", Cause::RefundUnheard)]
#[case::the_insurer_never_heard([1, 1, 1, 0], "one-sided:insured", Cause::RefundStopped)]
#[case::local_only([1, 1, 0, 0], "split:HT|NI", Cause::RefundStopped)]
#[case::the_hospital_rolled_back([0, 1, 1, 1], "one-sided:his", Cause::RefundUnheard)]
#[case::the_hub_alone([0, 0, 1, 0], "one-sided:hub", Cause::PartyAlone)]
fn a_refund_that_not_all_know_names_class_and_hop(
    #[case] refunded: [u8; 4],
    #[case] class: &str,
    #[case] cause: Cause,
) {
    let keeps = [settled("a", 2500)];
    let gave = [undone("a", 2500), refund("r", "a", 2500)];
    let pick = |at: usize| {
        if refunded[at] == 1 {
            &gave[..]
        } else {
            &keeps[..]
        }
    };
    let audit = four([pick(0), pick(1), pick(2), pick(3)]);
    check(&audit, class, cause, Some(2500));
    let hops = &audit.orphans[0].hops;
    let changes: Vec<(usize, usize)> = (1..4)
        .filter(|at| refunded[at - 1] != refunded[*at])
        .map(|at| (at - 1, at))
        .collect();
    assert_eq!(*hops, changes);
}

#[test]
fn a_part_that_only_one_party_refunded_is_told_with_its_own_amount() {
    let all = [settled("a", 12500)];
    let one = [settled("a", 12500), refund("r", "a", 2500)];
    check(
        &four([&all, &all, &all, &one]),
        "one-sided:insured",
        Cause::RefundUnheard,
        Some(2500),
    );
}

#[test]
fn a_refund_that_no_institution_sent_was_made_by_hand() {
    let all = [settled("a", 2500)];
    let by_hand = RowIn {
        origin: "330200",
        msgid: "",
        ..refund("r", "a", 2500)
    };
    let audit = four([&all, &all, &all, &[undone("a", 2500), by_hand]]);
    check(&audit, "one-sided:insured", Cause::RefundDirect, Some(2500));
    assert_eq!(audit.orphans[0].owner, Some(3));
}

#[rstest]
#[case::lost_at_the_hospital([0, 1, 1, 1], "one-sided:his", Cause::RecordLost)]
#[case::never_sent_on([1, 1, 0, 0], "split:HT|NI", Cause::BookingStopped)]
#[case::lost_in_the_middle([1, 0, 1, 1], "one-sided:treatment", Cause::RecordLost)]
#[case::only_the_insurer([0, 0, 0, 1], "one-sided:insured", Cause::RecordLost)]
fn a_settlement_that_not_all_have_names_who_lacks_it(
    #[case] has: [u8; 4],
    #[case] class: &str,
    #[case] cause: Cause,
) {
    let both = [settled("a", 2500), settled("b", 700)];
    let pick = |at: usize| &both[usize::from(has[at] == 0)..];
    check(
        &four([pick(0), pick(1), pick(2), pick(3)]),
        class,
        cause,
        Some(2500),
    );
}

#[test]
fn what_was_undone_wherever_it_was_booked_leaves_nothing() {
    let gone = [settled("b", 700), undone("a", 2500), refund("r", "a", 2500)];
    let audit = four([&gone[..1], &gone, &gone, &gone]);
    assert_eq!(audit.verdict, Verdict::Clean);
    assert_eq!(audit.remarks, vec![Remarked::UndoneUnknownToOthers(1)]);
}

#[test]
fn fields_are_compared_as_far_as_both_lists_say_them() {
    let meant = [settled("a", 2500)];
    let amount = [settled("a", 2400)];
    check(
        &four([&meant, &meant, &meant, &amount]),
        "mismatch:amount",
        Cause::AmountsDiffer,
        Some(100),
    );
    let split = [RowIn {
        sums: [Some(2500), Some(2300), Some(0), Some(200)],
        ..settled("a", 2500)
    }];
    check(
        &four([&meant, &split, &split, &split]),
        "mismatch:split",
        Cause::SplitDiffers,
        Some(100),
    );
    let person = [RowIn {
        person: "P-ffffffffffff",
        ..settled("a", 2500)
    }];
    check(
        &four([&meant, &person, &meant, &meant]),
        "mismatch:person",
        Cause::PersonsDiffer,
        None,
    );
    let id = [RowIn {
        visit: "other",
        ..settled("a", 2500)
    }];
    check(
        &four([&meant, &meant, &id, &meant]),
        "mismatch:id",
        Cause::IdsDiffer,
        None,
    );
    let day = [RowIn {
        time: Some(at(1, 23)),
        ..settled("a", 2500)
    }];
    check(
        &four([&meant, &meant, &day, &meant]),
        "residue:reconciliation",
        Cause::DaysDiffer,
        Some(2500),
    );
    let silent = [RowIn {
        person: "",
        visit: "",
        msgid: "",
        time: None,
        sums: [Some(2500), None, None, None],
        ..settled("a", 2500)
    }];
    assert_eq!(
        four([&silent, &meant, &meant, &meant]).verdict,
        Verdict::Clean
    );
}

#[test]
fn one_message_under_two_ids_is_one_finding() {
    let meant = [settled("a", 2500)];
    let renamed = [RowIn {
        id: "z",
        ..settled("a", 2500)
    }];
    check(
        &four([&renamed, &meant, &meant, &meant]),
        "mismatch:id",
        Cause::IdsDiffer,
        Some(2500),
    );
}

#[test]
fn a_second_settlement_of_a_visit_is_told_as_such() {
    let once = [settled("a", 2500)];
    let twice = [
        settled("a", 2500),
        RowIn {
            id: "b",
            msgid: "m2",
            ..settled("a", 2500)
        },
    ];
    check(
        &four([&once, &twice, &twice, &twice]),
        "duplicate-settle",
        Cause::SettledTwice,
        Some(2500),
    );
}

#[test]
fn refunds_must_be_what_was_paid() {
    let twice = [
        undone("a", 2500),
        refund("r", "a", 2500),
        refund("s", "a", 2500),
    ];
    check(
        &four([&twice, &twice, &twice, &twice]),
        "double-reversal",
        Cause::RefundedTooMuch,
        Some(2500),
    );
    let short = [undone("a", 2500), refund("r", "a", 2000)];
    check(
        &four([&short, &short, &short, &short]),
        "under-reversal",
        Cause::RefundedTooLittle,
        Some(500),
    );
    let alone = [refund("r", "gone", 2500)];
    check(
        &four([&alone, &alone, &alone, &alone]),
        "empty-reversal",
        Cause::RefundWithoutOriginal,
        Some(2500),
    );
}

#[test]
fn an_open_visit_that_others_cancelled_leads_its_fee_lines() {
    let visit = |state| RowIn {
        kind: "visit",
        state,
        sums: [None; 4],
        ..settled("v", 0)
    };
    let line = |state| RowIn {
        kind: "fee-detail",
        id: "v/1",
        state,
        sums: [Some(100), None, None, None],
        ..settled("v", 0)
    };
    let closed = [visit(State::Undone), line(State::Undone)];
    let open = [visit(State::InHospital), line(State::Stands)];
    let audit = four([&closed, &closed, &closed, &open]);
    check(&audit, "one-sided:insured", Cause::BlocksAdmission, None);
    assert_eq!(audit.orphans.len(), 2);
    assert_eq!(audit.orphans[1].follows_from, Some(0));
}

#[test]
fn an_in_hospital_flag_without_a_visit_blocks_the_next_admission() {
    let rows = [settled("a", 2500)];
    let mut takes = vec![
        book(Role::His, H, &rows),
        book(Role::Insured, "330200", &rows),
    ];
    takes[1].in_hospital("P-0123456789ab", 1);
    check(
        &audit(takes),
        "residue:in-hospital",
        Cause::BlocksAdmission,
        None,
    );
}

#[test]
fn an_invoice_that_outlives_its_settlement_is_named() {
    let gone = [undone("a", 2500), refund("r", "a", 2500)];
    let invoice = RowIn {
        kind: "invoice",
        id: "INV-1",
        settlement: "a",
        sums: [Some(2500), None, None, None],
        ..settled("a", 0)
    };
    let his = [gone[0].clone(), gone[1].clone(), invoice];
    check(
        &four([&his, &gone, &gone, &gone]),
        "residue:invoice",
        Cause::NotUndoneWith,
        Some(2500),
    );
}

#[test]
fn a_message_that_waits_is_named_with_its_way() {
    let rows = [settled("a", 2500)];
    let mut takes = vec![
        book(Role::Hub, "330000", &rows),
        book(Role::Insured, "330200", &rows),
    ];
    takes[0].waiting(WaitingIn {
        to: Party::new(Role::Insured, "330200"),
        infno: "2208".into(),
        msgid: "m".into(),
        since: at(2, 15),
    });
    let audit = audit(takes);
    check(&audit, "residue:queue", Cause::MessageWaiting, None);
    assert_eq!(audit.orphans[0].hops, vec![(0, 1)]);
}

#[test]
fn nothing_comparable_is_never_clean() {
    let rows = [settled("a", 2500)];
    let one = audit(vec![book(Role::Insured, "330200", &rows)]);
    assert!(one.nothing_compared() && one.verdict == Verdict::Indeterminate);
    let later = [RowIn {
        time: Some(at(9, 9)),
        ..settled("z", 700)
    }];
    let apart = audit(vec![
        book(Role::His, H, &rows),
        book(Role::Insured, "330200", &later),
    ]);
    assert!(
        apart.nothing_compared() && apart.verdict == Verdict::Indeterminate,
        "{apart:#?}"
    );
    let elsewhere = [RowIn {
        insured: "330300",
        ..settled("a", 2500)
    }];
    let other = audit(vec![
        book(Role::His, H, &elsewhere),
        book(Role::Insured, "330200", &[]),
    ]);
    assert!(
        other.nothing_compared() && other.verdict == Verdict::Indeterminate,
        "{other:#?}"
    );
}

#[test]
fn a_book_that_lost_everything_is_no_book_that_was_not_asked() {
    let rows = [settled("a", 2500)];
    let audit = audit(vec![
        book(Role::His, H, &[]),
        book(Role::Insured, "330200", &rows),
    ]);
    check(&audit, "split:H|I", Cause::RecordLost, Some(2500));
}

#[test]
fn rows_of_other_places_are_nobodys_loss() {
    let own = settled("a", 2500);
    let other = RowIn {
        origin: "H33040000001",
        insured: "330200",
        ..settled("b", 700)
    };
    let audit = audit(vec![
        book(Role::His, H, std::slice::from_ref(&own)),
        book(Role::Insured, "330200", &[own, other]),
    ]);
    assert_eq!(audit.verdict, Verdict::Clean);
    assert_eq!(audit.remarks, vec![Remarked::WithoutCounterpart(1)]);
}

#[test]
fn a_swipe_within_one_city_needs_no_hub() {
    let local = [RowIn {
        insured: "330100",
        ..settled("a", 2500)
    }];
    let audit = audit(vec![
        book(Role::His, H, &local),
        book(Role::Treatment, "330100", &local),
        book(Role::Hub, "330000", &[]),
        book(Role::Insured, "330100", &local),
    ]);
    assert_eq!((audit.verdict, audit.orphans.len()), (Verdict::Clean, 0));
}

#[test]
fn what_a_list_does_not_reach_is_unsure_until_somebody_says_what_it_covers() {
    let first = [settled("a", 2500)];
    let both = [
        settled("a", 2500),
        RowIn {
            time: Some(at(6, 9)),
            ..settled("b", 700)
        },
    ];
    let list = |rows: &[RowIn<'_>]| {
        let mut take = book(Role::His, H, rows);
        (take.whole, take.taken_at) = (false, None);
        take
    };
    let insured = || book(Role::Insured, "330200", &both);
    let unsure = audit(vec![list(&first), insured()]);
    assert_eq!(
        (unsure.verdict, unsure.uncovered.len()),
        (Verdict::Indeterminate, 1)
    );
    let mut said = list(&first);
    said.period = Some((at(1, 0).day(), at(6, 0).day()));
    check(
        &audit(vec![said, insured()]),
        "split:H|I",
        Cause::RecordLost,
        Some(700),
    );
    let mut short = list(&first);
    short.period = Some((at(1, 0).day(), at(3, 0).day()));
    assert_eq!(audit(vec![short, insured()]).verdict, Verdict::Clean);
    // A whole book cannot know what was booked after it was taken.
    let mut early = book(Role::His, H, &first);
    early.taken_at = Some(at(5, 8));
    assert_eq!(
        audit(vec![early, insured()]).verdict,
        Verdict::Indeterminate
    );
}

#[test]
fn of_several_whole_books_the_newest_counts() {
    let mut old = book(Role::Insured, "330200", &[]);
    old.taken_at = Some(at(1, 8));
    let rows = [settled("a", 2500)];
    let audit = audit(vec![
        book(Role::His, H, &rows),
        old,
        book(Role::Insured, "330200", &rows),
    ]);
    assert_eq!(audit.verdict, Verdict::Clean);
    assert_eq!(
        audit.sources.iter().filter(|source| source.counts).count(),
        2
    );
}

#[test]
fn a_refund_without_reference_is_brought_to_its_settlement() {
    let linked = [undone("a", 2500), refund("r", "a", 2500)];
    let loose = RowIn {
        original: "",
        ..refund("r", "a", 2500)
    };
    let by_copy = [settled("a", 2500), loose.clone()];
    assert_eq!(
        four([&by_copy, &linked, &linked, &linked]).verdict,
        Verdict::Clean
    );
    let same_id = [
        settled("a", 2500),
        RowIn {
            id: "a",
            ..loose.clone()
        },
    ];
    assert_eq!(
        four([&same_id, &linked, &linked, &linked]).verdict,
        Verdict::Clean
    );
    let by_visit = [
        settled("a", 2500),
        RowIn {
            id: "other",
            ..loose
        },
    ];
    let two = audit(vec![
        book(Role::His, H, &by_visit),
        book(Role::Insured, "330200", &linked),
    ]);
    assert_eq!(two.verdict, Verdict::Clean, "{two:#?}");
}

#[test]
fn a_clearing_balance_without_a_settlement_is_left_over() {
    let gone = [undone("a", 2500), refund("r", "a", 2500)];
    let key = |period| {
        crosswipe_domain::CellKey::new(
            "clearing",
            [
                ("insured", "330200"),
                ("treatment", "330100"),
                ("period", period),
            ],
        )
    };
    let set = |rows: &[RowIn<'_>], hub: i64, insured: i64| {
        let mut takes = vec![
            book(Role::Treatment, "330100", rows),
            book(Role::Hub, "330000", rows),
            book(Role::Insured, "330200", rows),
        ];
        takes[1].clearing(key("202605"), hub);
        takes[2].clearing(key("202605"), insured);
        audit(takes)
    };
    check(
        &set(&gone, 2400, 0),
        "residue:clearing",
        Cause::NotUndoneWith,
        Some(2400),
    );
    let stands = [settled("a", 2500)];
    assert_eq!(set(&stands, 2400, 2400).verdict, Verdict::Clean);
    check(
        &set(&stands, 2400, 2300),
        "residue:clearing",
        Cause::AmountsDiffer,
        Some(100),
    );
}
