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
