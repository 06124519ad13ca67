//! 指纹 · What is kept of a row: enough to compare it, and nothing that makes two of one or one of two.

use std::collections::BTreeSet;

use rstest::rstest;

use super::super::take::{Names, digest, person_digest};
use super::*;
use crate::audit::Rest;

/// A mirror of a settlement is a refund; of anything else an undo. Words that nobody knows stand.
#[rstest]
#[case("settlement", "settled", State::Stands)]
#[case("settlement", "reversed", State::Undone)]
#[case("settlement", "reversal", State::Mirror)]
#[case("settlement", "red-letter", State::Mirror)]
#[case("invoice", "red-letter", State::Undone)]
#[case("fee-detail", "reversal", State::Undone)]
#[case("visit", "cancelled", State::Undone)]
#[case("visit", "admitted", State::InHospital)]
#[case("visit", "registered", State::Stands)]
#[case("visit", "发明的", State::Stands)]
fn a_status_word_says_where_a_row_stands(
    #[case] kind: &str,
    #[case] word: &str,
    #[case] state: State,
) {
    assert_eq!(State::of(kind, word), state);
}

fn rest(amounts: &[(&str, i64)]) -> Rest {
    let mut rest = Rest::default();
    amounts.iter().for_each(|(name, fen)| rest.add(name, *fen));
    rest
}

#[test]
fn further_amounts_are_the_same_in_any_order_and_no_two_sets_alike() {
    let sets: [&[(&str, i64)]; 9] = [
        &[],
        &[("hifp_pay", 0)],
        &[("hifp_pay", 1)],
        &[("hifp_pay", -1)],
        &[("hifp_pay", 256)],
        &[("hifes_pay", 1)],
        &[("hifp_pay", 1), ("hifes_pay", 2)],
        &[("hifp_pay", 2), ("hifes_pay", 1)],
        &[("hifp_pay", 1), ("hifes_pay", 2), ("maf_pay", 0)],
    ];
    let values: BTreeSet<(u32, u64)> = sets
        .iter()
        .map(|set| (rest(set).names, rest(set).values))
        .collect();
    assert_eq!(values.len(), sets.len());
    let columns: BTreeSet<u32> = sets.iter().map(|set| rest(set).names).collect();
    assert_eq!(columns.len(), 5, "names alone say which columns there are");
    let there = rest(&[("hifp_pay", 1), ("hifes_pay", 2)]);
    assert_eq!(there, rest(&[("hifes_pay", 2), ("hifp_pay", 1)]));
    assert!(!columns.contains(&1) && columns.contains(&0));
}

/// Names of one letter, byte by byte: all of them tell a column apart.
#[test]
fn every_byte_of_a_name_and_of_an_amount_counts() {
    let names: BTreeSet<u32> = (b'a'..=b'z')
        .flat_map(|a| (b'a'..=b'z').map(move |b| String::from_utf8(vec![a, b]).unwrap()))
        .map(|name| rest(&[(&name, 7)]).names)
        .collect();
    assert_eq!(names.len(), 26 * 26);
    let amounts: BTreeSet<u64> = (0..63).map(|bit| rest(&[("a", 1 << bit)]).values).collect();
    assert_eq!(amounts.len(), 63);
}

#[test]
fn an_empty_text_is_not_said_and_a_pseudonym_is_no_number() {
    assert_eq!((digest(""), person_digest("")), (0, 0));
    let people = [
        "P-0123456789ab",
        "P-0123456789ac",
        "330106199001010000",
        "a",
    ];
    let digests: BTreeSet<u64> = people.map(person_digest).into_iter().collect();
    assert_eq!(digests.len(), people.len());
    assert!(!digests.contains(&0));
    let lowest: Vec<u64> = people.iter().map(|one| person_digest(one) & 1).collect();
    assert_eq!(lowest, [1, 1, 0, 0]);
}

#[test]
fn codes_are_kept_once() {
    let mut names = Names::default();
    assert_eq!((names.of(""), names.text(0)), (0, ""));
    let numbers = ["330100", "330200", "330100"].map(|code| names.of(code));
    assert_eq!(numbers, [1, 2, 1]);
    assert_eq!((names.text(1), names.text(2)), ("330100", "330200"));
    assert_eq!(names.number("330200"), Some(2));
    assert_eq!(names.number("330300"), None);
}

#[test]
fn a_take_says_how_many_rows_it_has() {
    let rows = [settled("a", 1), settled("b", 2), settled("c", 3)];
    assert_eq!(book(Role::His, H, &rows).rows(), 3);
    assert_eq!(book(Role::His, H, &[]).rows(), 0);
}

/// A list may mark refunds by their sign alone: some amount below nought, and none above.
#[rstest]
#[case::all_below([Some(-9), Some(-8), Some(-1), Some(-1)], true)]
#[case::some_of_nothing([Some(-9), Some(-9), Some(0), None], true)]
#[case::one_above([Some(-9), Some(-10), Some(1), None], false)]
#[case::nothing_at_all([Some(0), Some(0), None, None], false)]
#[case::nothing_said([None; 4], false)]
fn a_refund_is_known_by_its_sign(#[case] sums: [Option<i64>; 4], #[case] mirror: bool) {
    let row = |kind| RowIn {
        kind,
        sums,
        ..settled("a", 1)
    };
    let state = |kind| book(Role::His, H, &[row(kind)]).prints[0].state;
    let expected = if mirror { State::Mirror } else { State::Stands };
    assert_eq!(state("settlement"), expected);
    assert_eq!(state("fee-detail"), State::Stands);
    // What is said to be undone is not asked for its sign.
    let said = RowIn {
        state: State::Undone,
        ..row("settlement")
    };
    assert_eq!(book(Role::His, H, &[said]).prints[0].state, State::Undone);
}

/// Each amount that a list says is kept as said, and what it does not say as not said.
#[test]
fn what_is_not_said_is_not_nought() {
    for at in 0..4 {
        let mut sums = [None; 4];
        sums[at] = Some(0);
        let take = book(
            Role::His,
            H,
            &[RowIn {
                sums,
                time: None,
                ..settled("a", 1)
            }],
        );
        let said = Sum::ALL.map(|sum| take.prints[0].sum(sum));
        assert_eq!(said, sums);
        assert_eq!(take.prints[0].day(), None);
    }
}

#[test]
fn balances_and_flags_of_one_name_add_up() {
    let mut take = book(Role::Insured, "330200", &[]);
    let key = || crosswipe_domain::CellKey::new("clearing", [("insured", "330200")]);
    take.clearing(key(), 7);
    take.clearing(key(), 5);
    take.in_hospital("P-1", 1);
    take.in_hospital("P-1", 1);
    assert_eq!(take.clearing.into_values().collect::<Vec<_>>(), [12]);
    assert_eq!(take.in_hospital.into_values().collect::<Vec<_>>(), [2]);
}
