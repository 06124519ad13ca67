//! 手误 · Each slip that people make has one message of its own, at the place where it was made.

use rstest::rstest;

use crate::fixture::{planted, read, told};

/// One slip gives exactly one problem, and it says where and what.
#[track_caller]
fn check(file: &str, from: &str, to: &str, expected: &str) {
    let folder = planted(&[(file, from, to)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems).trim_end(), expected);
    assert!(plan.is_none());
    assert!(problems.iter().all(|problem| problem.help.is_some()), "each says how to mend it");
}

#[test]
fn the_small_plan_has_no_slip() {
    let folder = planted(&[]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    assert_eq!(plan.unwrap().cases.len(), 3);
}

#[rstest]
#[case("rollback: all\n", "", "X")]
fn slips_in_the_plan(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    check("plan.yaml", from, to, expected);
}
