//! 账格经过 · Rows add up to the totals that the judge tells, whatever was booked; a lie shows in its own cell.

use std::collections::BTreeMap;

use rstest::rstest;

use super::judged;
use super::lies_of_books::{accumulator_not_restored, lost};
use crate::courses::Course;
use crate::evidence::{Evidence, Instant};
use crate::judge_told;
use crate::testkit::{clean, two_persons};
use crosswipe_domain::Role;

fn courses(evidence: &Evidence) -> Vec<Course> {
    judge_told(evidence).1
}

type Sums = [i64; 4];

fn sums<'a>(all: impl Iterator<Item = &'a Course>) -> BTreeMap<(String, String, String), Sums> {
    let mut sums: BTreeMap<(String, String, String), Sums> = BTreeMap::new();
    for one in all {
        let key = (
            one.party.role.name().to_owned(),
            one.book.clone(),
            one.unit.clone(),
        );
        let sum = sums.entry(key).or_default();
        for (sum, part) in
            sum.iter_mut()
                .zip([one.t0, one.t1.unwrap_or(0), one.t2.unwrap_or(0), one.others])
        {
            *sum += part;
        }
    }
    sums
}

#[rstest]
#[case::clean(clean())]
#[case::two_persons(two_persons(&mut |_| {}))]
#[case::a_cell_kept_back(accumulator_not_restored())]
#[case::a_reversal_that_never_came(lost(Role::Insured, "2208"))]
fn cells_add_up_to_books_and_books_to_the_judges_totals(#[case] evidence: Evidence) {
    let told = courses(&evidence);
    let [books, cells] =
        [true, false].map(|whole| sums(told.iter().filter(|one| one.cell.is_none() == whole)));
    assert_eq!(books, cells);
    let totals = judged(&evidence).books;
    assert!(!totals.is_empty());
    assert_eq!(totals.len(), books.len());
    for total in totals {
        let key = (total.role.clone(), total.book.clone(), total.unit.clone());
        let [t0, t1, _, others] = books[&key];
        assert_eq!(
            (t0, t1, others),
            (total.t0, total.t1, total.others),
            "{key:?}"
        );
    }
    let shown: i64 = evidence.exports[&Instant::T2]
        .values()
        .flat_map(|file| &file.export.as_ref().unwrap().cells)
        .map(|cell| cell.value)
        .sum();
    assert_eq!(shown, books.values().map(|sums| sums[2]).sum::<i64>());
}

#[test]
fn what_was_kept_back_stands_in_its_own_cell_and_in_no_other() {
    let told = courses(&accumulator_not_restored());
    let off: Vec<&Course> = told.iter().filter(|one| one.left() != Some(0)).collect();
    assert!(!off.is_empty());
    for one in &off {
        assert_eq!(
            (one.book.as_str(), one.party.role),
            ("accumulator", Role::Insured)
        );
        assert_eq!(one.t2, one.t1, "and it stays so");
        assert!(one.peak.abs_diff(one.t0) >= one.left().unwrap().unsigned_abs());
    }
    assert!(off.iter().any(|one| one.cell.is_some()) && off.iter().any(|one| one.cell.is_none()));
    let clean = courses(&clean());
    assert!(clean.iter().all(|one| one.left() == Some(0)));
    assert!(
        clean.iter().any(|one| one.peak != one.t0),
        "something moved"
    );
}

#[test]
fn a_party_that_showed_nothing_afterwards_left_nobody_knows_what() {
    let mut evidence = clean();
    let party = courses(&evidence)[0].party.clone();
    for instant in [Instant::T1, Instant::T2] {
        evidence.exports.get_mut(&instant).unwrap().remove(&party);
    }
    let told = courses(&evidence);
    let (its, others): (Vec<_>, Vec<_>) = told.iter().partition(|one| one.party == party);
    assert!(!its.is_empty());
    assert!(
        its.iter()
            .all(|one| (one.t1, one.t2, one.left()) == (None, None, None))
    );
    assert!(
        others
            .iter()
            .all(|one| one.t1.is_some() && one.t2.is_some())
    );
}
