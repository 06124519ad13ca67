//! 随附 · What hangs on a settlement: its refund's day, its invoice.

use rstest::rstest;

use super::*;

/// Where one party refunded on another day, the finding tells how much was refunded.
#[test]
fn refunds_on_different_days_are_told_with_their_amount() {
    let same = [undone("a", 2500), refund("r", "a", 2500)];
    let next_day = [
        undone("a", 2500),
        RowIn {
            time: Some(at(3, 9)),
            ..refund("r", "a", 2500)
        },
    ];
    let audit = four([&same, &same, &next_day, &same]);
    check(
        &audit,
        "residue:reconciliation",
        Cause::DaysDiffer,
        Some(2500),
    );
    assert_eq!(audit.orphans[0].field.as_deref(), Some("refund day"));
    assert_eq!(audit.orphans[0].owner, Some(2));
}

/// An invoice hangs on a settlement: only if that one was undone does the invoice stand alone.
#[rstest]
#[case::its_settlement_stands(settled("a", 2500), 0)]
#[case::its_settlement_is_undone(undone("a", 2500), 1)]
fn an_invoice_follows_its_settlement(#[case] settlement: RowIn<'_>, #[case] left: usize) {
    let invoice = RowIn {
        kind: "invoice",
        settlement: "a",
        ..settled("i", 2500)
    };
    let alone = [settlement.clone()];
    let audit = four([&[settlement, invoice], &alone, &alone, &alone]);
    let invoices = audit.orphans.iter().filter(|one| one.book == "invoice");
    assert_eq!(invoices.count(), left, "{audit:#?}");
}

/// Who keeps balances of clearing and shows none of a pair says that it is nothing; whose pair it is not is not asked.
#[rstest]
#[case::the_insured_place_itself("330200", 1)]
#[case::another_insured_place("330300", 0)]
fn a_clearing_balance_that_the_other_side_does_not_show(#[case] other: &str, #[case] left: usize) {
    let key = |insured, period| {
        crosswipe_domain::CellKey::new(
            "clearing",
            [
                ("insured", insured),
                ("treatment", "330100"),
                ("period", period),
            ],
        )
    };
    let rows = [settled("a", 2500)];
    let mut hub = book(Role::Hub, "330000", &rows);
    hub.clearing(key("330200", "202605"), 2400);
    let own = if other == "330200" { &rows[..] } else { &[] };
    let mut insured = book(Role::Insured, other, own);
    insured.clearing(key(other, "202606"), 0);
    let audit = audit(vec![hub, insured]);
    let found = audit.orphans.iter();
    let found: Vec<_> = found
        .filter(|one| one.class.as_str() == "residue:clearing")
        .map(|one| (one.cause, one.amount))
        .collect();
    let expected = vec![(Cause::AmountsDiffer, Some(2400)); left];
    assert_eq!(found, expected, "{audit:#?}");
}

/// Lines that not all have: lost by who stands in front, or never booked by who stands behind.
#[rstest]
#[case::lost_in_front([0, 1, 1, 1], Cause::RecordLost, 0)]
#[case::stopped_on_the_way([1, 1, 0, 0], Cause::BookingStopped, 2)]
fn a_line_that_not_all_have(#[case] has: [u8; 4], #[case] cause: Cause, #[case] owner: usize) {
    let line = |id| RowIn {
        kind: "fee-detail",
        id,
        visit: "v",
        sums: [Some(100), None, None, None],
        ..settled("v", 0)
    };
    let both = [line("v/1"), line("v/2")];
    let pick = |at: usize| &both[usize::from(has[at] == 0)..];
    let audit = four([pick(0), pick(1), pick(2), pick(3)]);
    let head = &audit.orphans[0];
    assert_eq!((head.cause, head.owner), (cause, Some(owner)), "{audit:#?}");
}

/// A list may tell a refund by its sign alone.
#[test]
fn a_negative_settlement_is_a_refund_whatever_it_is_called() {
    let said = [undone("a", 2500), refund("r", "a", 2500)];
    let by_sign = [
        undone("a", 2500),
        RowIn {
            state: State::Stands,
            ..refund("r", "a", 2500)
        },
    ];
    let audit = four([&said, &by_sign, &said, &by_sign]);
    assert_eq!(audit.verdict, Verdict::Clean, "{audit:#?}");
    // One of nothing at all is none: it stands, and the others say so too.
    let nothing = RowIn {
        sums: [Some(0), None, None, None],
        ..settled("z", 0)
    };
    let nothing = [nothing];
    let audit = four([&nothing, &nothing, &nothing, &nothing]);
    assert_eq!(audit.standing, vec![(1, 0); 4], "{audit:#?}");
}
