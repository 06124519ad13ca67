//! 合计 · Totals: of a party's own rows, of others, at the finest grain that both have, on days that both reach.

use rstest::rstest;

use super::told::tells;
use super::*;

fn total(dims: &[(&str, &str)], item: &str, value: i64) -> TotalIn {
    TotalIn {
        at: 70,
        dims: dims
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        item: item.into(),
        value,
    }
}

fn with(mut take: Take, totals: &[TotalIn]) -> Take {
    for one in totals {
        take.total(one.clone());
    }
    take
}

const DAY: (&str, &str) = ("day", "2026-05-02");
const HERE: (&str, &str) = ("institution", H);

/// A book's own totals, item by item, where all its rows say the item.
#[rstest]
#[case::total("medfee", 3200, true)]
#[case::fund("fund", 3000, true)]
#[case::account("acct", 0, true)]
#[case::cash("cash", 200, true)]
#[case::number("count", 2, true)]
#[case::total_wrong("medfee", 3201, false)]
#[case::fund_wrong("fund", 3001, false)]
#[case::account_wrong("acct", 1, false)]
#[case::cash_wrong("cash", 201, false)]
#[case::number_wrong("count", 3, false)]
#[case::no_row_says_it("hosp", 77, true)]
fn a_books_total_is_of_its_rows(#[case] item: &str, #[case] value: i64, #[case] right: bool) {
    let rows = [
        settled("a", 2500),
        settled("b", 700),
        undone("c", 900),
        refund("r", "c", 900),
    ];
    let full: Vec<RowIn<'_>> = rows
        .iter()
        .map(|row| RowIn {
            sums: match row.state {
                State::Mirror => [Some(-900), Some(-800), Some(0), Some(-100)],
                _ => row.sums,
            },
            ..row.clone()
        })
        .collect();
    let his = with(book(Role::His, H, &full), &[total(&[DAY], item, value)]);
    let audit = audit(vec![his, book(Role::Insured, "330200", &full)]);
    assert_eq!(audit.verdict == Verdict::Clean, right, "{audit:#?}");
    assert_eq!(audit.totals_compared, u64::from(item != "hosp"));
    if !right {
        let one = &audit.orphans[0];
        assert_eq!(
            (one.cause, one.amount, one.owner),
            (
                Cause::TotalsNotOfRows,
                (item != "count").then_some(1),
                Some(0)
            )
        );
        assert!(one.hops.is_empty(), "it quarrels with nobody");
    }
}

/// An item of which not all rows speak is no sum of them.
#[test]
fn what_not_all_rows_say_is_not_added_up() {
    let silent = RowIn {
        sums: [Some(700), None, None, None],
        ..settled("b", 700)
    };
    let rows = [settled("a", 2500), silent];
    let his = with(
        book(Role::His, H, &rows),
        &[total(&[DAY], "fund", 1), total(&[DAY], "medfee", 3200)],
    );
    let audit = audit(vec![his, book(Role::Insured, "330200", &rows)]);
    assert_eq!((audit.verdict, audit.totals_compared), (Verdict::Clean, 1));
}

/// An undo counts on its own day; without a row of its own it takes its settlement out of that one's day.
#[rstest]
#[case::by_a_row(true, [2500, -2500])]
#[case::by_a_status(false, [0, 0])]
fn an_undo_counts_on_its_day(#[case] by_row: bool, #[case] days: [i64; 2]) {
    let refund = RowIn {
        time: Some(at(3, 9)),
        ..refund("r", "a", 2500)
    };
    let mut rows = vec![undone("a", 2500), settled("b", 700)];
    rows.extend(by_row.then_some(refund));
    let totals = [
        total(&[("day", "2026-05-02")], "medfee", days[0] + 700),
        total(&[("day", "2026-05-03")], "medfee", days[1]),
        total(
            &[("day", "2026-05-02")],
            "count",
            if by_row { 2 } else { 1 },
        ),
        total(
            &[("day", "2026-05-03")],
            "count",
            if by_row { -1 } else { 0 },
        ),
    ];
    let his = with(book(Role::His, H, &rows), &totals);
    let audit = audit(vec![his, book(Role::Insured, "330200", &rows)]);
    assert_eq!(audit.verdict, Verdict::Clean, "{audit:#?}");
    assert_eq!(audit.totals_compared, 4);
}

/// A refund that names nothing bears the id of what it undoes.
#[test]
fn a_refund_under_the_same_id_is_the_undo_of_it() {
    let rows = [
        undone("a", 2500),
        RowIn {
            original: "",
            ..refund("a", "", 2500)
        },
        settled("b", 700),
    ];
    let his = with(book(Role::His, H, &rows), &[total(&[DAY], "medfee", 700)]);
    let audit = audit(vec![his, book(Role::Insured, "330200", &rows)]);
    assert_eq!(audit.verdict, Verdict::Clean, "{audit:#?}");
}

/// Who delivers totals alone is laid beside the next who says anything.
#[test]
fn totals_are_compared_with_the_next_on_the_way() {
    let only =
        |role, code: &str, fen| with(book(role, code, &[]), &[total(&[DAY, HERE], "medfee", fen)]);
    let rows = [settled("b", 700), settled("a", 2500)];
    let insured = || book(Role::Insured, "330200", &rows);
    let near = |fen| audit(vec![only(Role::His, H, fen), insured()]);
    tells(&near(3200), &[]);
    // One row makes the difference, and is shown; of two that could neither is.
    tells(
        &near(700),
        &[
            "residue:reconciliation totals-unexplained 2500 on 02 medfee by H [H =700@0.70, I =3200@1.2] H>I",
        ],
    );
    tells(
        &near(699),
        &[
            "residue:reconciliation totals-unexplained 2501 on 02 medfee by H [H =699@0.70, I =3200] H>I",
        ],
    );
    let middle = |fen| {
        audit(vec![
            book(Role::His, H, &rows),
            only(Role::Treatment, "330100", fen),
            insured(),
        ])
    };
    assert_eq!(middle(3200).totals_compared, 2);
    tells(
        &middle(700),
        &[
            "residue:reconciliation totals-unexplained 2500 on 02 medfee by T [T =700@1.70, I =3200@2.2] T>I",
            "residue:reconciliation totals-unexplained 2500 on 02 medfee by H [H =3200@0.2, T =700@1.70] H>T",
        ],
    );
    let all_rows = audit(vec![book(Role::His, H, &rows), insured()]);
    assert_eq!(all_rows.totals_compared, 0, "rows answer for themselves");
    // What both only say.
    let both = |a, b| {
        audit(vec![
            only(Role::His, H, a),
            only(Role::Insured, "330200", b),
        ])
    };
    assert_eq!(both(5, 5).totals_compared, 1);
    tells(
        &both(5, 7),
        &[
            "residue:reconciliation totals-unexplained 2 on 02 medfee by H [H =5@0.70, I =7@1.70] H>I",
        ],
    );
}

/// Two of the same amount on one day: neither is the one.
#[test]
fn a_row_is_shown_only_where_no_other_could_be_meant() {
    let of = |rows: &[RowIn<'_>]| {
        let his = with(book(Role::His, H, &[]), &[total(&[DAY, HERE], "medfee", 0)]);
        audit(vec![his, book(Role::Insured, "330200", rows)])
    };
    let other_day = RowIn {
        time: Some(at(3, 9)),
        ..settled("c", 700)
    };
    let elsewhere = RowIn {
        origin: "H33010000002",
        ..settled("d", 700)
    };
    let one = settled("a", 700);
    tells(
        &of(std::slice::from_ref(&one)),
        &[
            "residue:reconciliation totals-unexplained 700 on 02 medfee by H [H =0@0.70, I =700@1.1] H>I",
        ],
    );
    tells(
        &of(&[one.clone(), other_day]),
        &[
            "residue:reconciliation totals-unexplained 700 on 02 medfee by H [H =0@0.70, I =700@1.1] H>I",
            "residue:reconciliation totals-unexplained 700 on 03 medfee by H [H =0, I =700@1.2] H>I",
        ],
    );
    tells(
        &of(&[one.clone(), elsewhere]),
        &[
            "residue:reconciliation totals-unexplained 700 on 02 medfee by H [H =0@0.70, I =700@1.1] H>I",
        ],
    );
    tells(
        &of(&[settled("a", 350), settled("b", 350)]),
        &[
            "residue:reconciliation totals-unexplained 700 on 02 medfee by H [H =0@0.70, I =700] H>I",
        ],
    );
    let pair = RowIn {
        sums: [Some(1400), None, None, None],
        ..settled("b", 1400)
    };
    let back = RowIn {
        sums: [Some(-700), None, None, None],
        ..refund("r", "x", 700)
    };
    tells(
        &of(&[one.clone(), pair, back]),
        &[
            "residue:reconciliation totals-unexplained 1400 on 02 medfee by H [H =0@0.70, I =1400@1.2] H>I",
        ],
    );
}

/// A hospital's totals are its own; of another institution it is not asked.
#[rstest]
#[case::its_own(H, H, 1)]
#[case::another("H33010000002", H, 0)]
#[case::a_hospital_without_name("H33010000002", "unnamed", 1)]
fn a_hospital_answers_for_itself(
    #[case] institution: &str,
    #[case] his: &str,
    #[case] compared: u64,
) {
    let totals = [total(&[DAY, ("institution", institution)], "medfee", 5)];
    let audit = audit(vec![
        with(book(Role::His, his, &[]), &totals),
        with(book(Role::Insured, "330200", &[]), &totals),
    ]);
    assert_eq!(audit.totals_compared, compared);
}

#[test]
fn platforms_answer_for_all_institutions() {
    let totals = [total(&[DAY, ("institution", "H44030000001")], "medfee", 5)];
    let audit = audit(vec![
        with(book(Role::Treatment, "330100", &[]), &totals),
        with(book(Role::Insured, "330200", &[]), &totals),
    ]);
    assert_eq!(audit.totals_compared, 1);
}

/// Only as fine as both are; money before numbers, and one finding for each place.
#[test]
fn totals_are_compared_as_finely_as_both_tell_them() {
    let fine = |insutype, item, value| total(&[DAY, ("insutype", insutype)], item, value);
    let his = [
        fine("310", "count", 1),
        fine("390", "count", 2),
        fine("310", "medfee", 100),
        fine("390", "medfee", 200),
        fine("310", "aaa", 5),
    ];
    let insured = |medfee, count, other| {
        [
            total(&[DAY], "aaa", other),
            total(&[DAY], "medfee", medfee),
            total(&[DAY], "count", count),
            total(&[DAY], "fund", 9),
        ]
    };
    let of = |insured: &[TotalIn]| {
        audit(vec![
            with(book(Role::His, H, &[]), &his),
            with(book(Role::Insured, "330200", &[]), insured),
        ])
    };
    let same = of(&insured(300, 3, 5));
    assert_eq!((same.verdict, same.totals_compared), (Verdict::Clean, 3));
    tells(
        &of(&insured(310, 4, 6)),
        &[
            "residue:reconciliation totals-unexplained 10 on 02 medfee by H [H =300@0.70, I =310@1.70] H>I",
        ],
    );
    tells(
        &of(&insured(300, 4, 6)),
        &[
            "residue:reconciliation totals-unexplained ? on 02 count by H [H =3@0.70, I =4@1.70] H>I",
        ],
    );
    tells(
        &of(&insured(300, 3, 6)),
        &["residue:reconciliation totals-unexplained 1 on 02 aaa by H [H =5@0.70, I =6@1.70] H>I"],
    );
}

/// A day that one of them does not reach is not compared; where nobody can say, that is said.
#[rstest]
#[case::both_reach((1, 3), 1)]
#[case::one_does_not((3, 4), 0)]
fn totals_are_compared_on_days_that_both_reach(#[case] days: (u32, u32), #[case] compared: u64) {
    let list = |role, code: &str, value| {
        let mut take = book(role, code, &[]);
        (take.whole, take.taken_at) = (false, None);
        take.period = Some((at(days.0, 0).day(), at(days.1, 0).day()));
        with(take, &[total(&[DAY], "medfee", value)])
    };
    let insured = with(
        book(Role::Insured, "330200", &[]),
        &[total(&[DAY], "medfee", 6)],
    );
    let audit = audit(vec![list(Role::His, H, 5), insured]);
    assert_eq!(audit.totals_compared, compared);
    assert_eq!(audit.orphans.len() as u64, compared, "{audit:#?}");
}

/// Clearing balances: of the pair that a party keeps, held against the others that keep it.
#[test]
fn clearing_balances_are_told_word_by_word() {
    let key = |treatment, insured| {
        let dims = [("treatment", treatment), ("insured", insured)];
        crosswipe_domain::CellKey::new("clearing", dims)
    };
    let rows = [settled("a", 2500)];
    let audit = |values: [Option<i64>; 3], row: RowIn<'_>, pair: (&'static str, &'static str)| {
        let rows = [row];
        let mut takes = vec![
            book(Role::Treatment, "330100", &rows),
            book(Role::Hub, "330000", &rows),
            book(Role::Insured, "330200", &rows),
        ];
        for (take, value) in takes.iter_mut().zip(values) {
            // Each keeps balances of something.
            take.clearing(key("330100", "339900"), 0);
            if let Some(value) = value {
                take.clearing(key(pair.0, pair.1), value);
            }
        }
        super::super::audit(takes)
    };
    let pair = ("330100", "330200");
    let row = || rows[0].clone();
    tells(&audit([Some(24), Some(24), Some(24)], row(), pair), &[]);
    tells(
        &audit([Some(24), Some(20), Some(24)], row(), pair),
        &["residue:clearing amounts-differ 4 by N [T =24, N =20, I =24] T>N N>I"],
    );
    tells(
        &audit([None, Some(24), Some(24)], row(), pair),
        &["residue:clearing amounts-differ 24 by T [T =0, N =24, I =24] T>N"],
    );
    tells(
        &audit([Some(24), None, Some(24)], row(), pair),
        &["residue:clearing amounts-differ 24 by N [T =24, N =0, I =24] T>N N>I"],
    );
    // Nobody but those two keeps the pair of others; within one place no hub does.
    tells(
        &audit([Some(24), Some(24), None], row(), ("330100", "330300")),
        &["residue:clearing not-undone-with 24 by T [T =24]"],
    );
    let unsaid = RowIn {
        insured: "",
        ..row()
    };
    tells(
        &audit(
            [Some(24), Some(24), None],
            unsaid.clone(),
            ("330100", "330300"),
        ),
        &[],
    );
    tells(
        &audit([Some(24), None, None], unsaid, ("330100", "330100")),
        &[],
    );
    // What is left of a settlement that was undone is left over.
    let gone = undone("a", 2500);
    tells(
        &audit([Some(24), Some(24), Some(-24)], gone, pair),
        &["residue:clearing not-undone-with 24 by T [T =24]"],
    );
}

fn totals(role: Role, code: &str, days: &[(u32, i64)]) -> Take {
    let mut take = Take::new(code, Party::new(role, code));
    for (day, value) in days {
        let dims = [("day".to_owned(), format!("2026-05-{day:02}"))];
        take.total(TotalIn {
            at: u64::from(*day),
            dims: dims.into(),
            item: "medfee".into(),
            value: *value,
        });
    }
    take
}

#[test]
fn totals_of_days_are_compared_one_by_one() {
    let his = [(1, 10000), (2, 20000), (3, 30000)];
    let same = audit(vec![
        totals(Role::His, H, &his),
        totals(Role::Insured, "330200", &his),
    ]);
    assert_eq!((same.verdict, same.totals_compared), (Verdict::Clean, 3));
    // Two errors that cancel in the sum are two findings.
    let other = [(1, 10100), (2, 19900), (3, 30000)];
    let audit = audit(vec![
        totals(Role::His, H, &his),
        totals(Role::Insured, "330200", &other),
    ]);
    assert_eq!(audit.verdict, Verdict::Violated);
    let found: Vec<_> = audit
        .orphans
        .iter()
        .map(|one| (one.cause, one.amount))
        .collect();
    assert_eq!(found, vec![(Cause::TotalsUnexplained, Some(100)); 2]);
}

#[test]
fn a_partys_totals_must_be_those_of_its_rows() {
    let rows = [settled("a", 2500)];
    let mut takes = vec![
        book(Role::His, H, &rows),
        book(Role::Insured, "330200", &rows),
    ];
    let dims = [
        ("day".to_owned(), "2026-05-02".to_owned()),
        ("institution".to_owned(), H.to_owned()),
    ];
    takes[0].total(TotalIn {
        at: 0,
        dims: dims.clone().into(),
        item: "medfee".into(),
        value: 2500,
    });
    assert_eq!(audit(takes.clone()).verdict, Verdict::Clean);
    takes[0].total(TotalIn {
        at: 0,
        dims: dims.into(),
        item: "medfee".into(),
        value: 300,
    });
    check(
        &audit(takes),
        "residue:reconciliation",
        Cause::TotalsNotOfRows,
        Some(300),
    );
}

#[test]
fn totals_that_rows_explain_follow_from_them() {
    let both = [settled("a", 2500), settled("b", 700)];
    let his = book(Role::His, H, &both[..1]);
    let insured = book(Role::Insured, "330200", &both);
    let mut hub = totals(Role::Hub, "330000", &[]);
    let dims = [
        ("day".to_owned(), "2026-05-02".to_owned()),
        ("institution".to_owned(), H.to_owned()),
    ];
    hub.total(TotalIn {
        at: 0,
        dims: dims.into(),
        item: "medfee".into(),
        value: 3200,
    });
    let audit = audit(vec![his, hub, insured]);
    assert_eq!(audit.orphans.len(), 2, "{:#?}", audit.orphans);
    assert_eq!(
        (audit.orphans[0].cause, audit.orphans[1].follows_from),
        (Cause::RecordLost, Some(0))
    );
}

#[test]
fn a_book_of_totals_alone_lost_no_rows() {
    let rows = [settled("a", 2500)];
    let mut insured = book(Role::Insured, "330200", &[]);
    let dims = [("day".to_owned(), "2026-05-02".to_owned())];
    insured.total(TotalIn {
        at: 0,
        dims: dims.into(),
        item: "medfee".into(),
        value: 2500,
    });
    let agreed = audit(vec![book(Role::His, H, &rows), insured.clone()]);
    assert_eq!(
        (agreed.verdict, agreed.totals_compared),
        (Verdict::Clean, 1),
        "{agreed:#?}"
    );
}
