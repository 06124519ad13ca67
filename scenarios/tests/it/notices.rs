//! 五份公告 · What each notice says is somewhere in its plan: as a case, a suspension or a duty.
//!
//! Counted by hand from the notices' rule tables. A scenario of a notice that no case plays stands here with its reason,
//! so that nobody takes silence for coverage.

use std::collections::BTreeSet;
use std::path::Path;

use crosswipe_scenarios::{Plan, check};
use rstest::rstest;

use crate::fixture::told;

fn shipped(name: &str) -> Plan {
    let (plan, problems) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    // A clause that nothing speaks of would be told here.
    assert_eq!(told(&problems), "");
    plan.unwrap()
}

#[rstest]
#[case::qianjiang("qianjiang-2021", "QJ", 16, "qj", 17, &[
    (12, "last year's stay turned to self-pay: no platform's books show it"),
    (15, "a platform knows no day from which on it reconciles"),
        (16, "a settlement without a card: platforms do not look at the credential"),
    (17, "the audit state of a settlement is in no export"),
])]
#[case::zhejiang("zhejiang-2017", "ZJ", 13, "zj", 14, &[])]
#[case::hengyang("hengyang-2021", "HY", 14, "hy", 18, &[
    (5, "a live day without its hour: told when the plan is read (slips_plan)"),
    (12, "tax pushes are no queue of a mock platform"),
    (13, "special payments are no queue of a mock platform"),
    (15, "printed declarations are in no export"),
])]
#[case::wenzhou("wenzhou-2022", "WZ", 12, "wz", 15, &[
    (5, "the first half of a stay that was not settled: no platform's books show it"),
    (7, "a claim by hand cannot be told from an entry by the institution"),
    (9, "a claim by hand cannot be told from an entry by the institution"),
    (10, "supplement insurance is no book of a mock platform"),
    (11, "premiums of relatives are no transaction of the interface"),
    (13, "played with --shift +2d by the shipped command"),
])]
#[case::harbin("harbin-2021", "HB", 11, "hb", 15, &[
    (9, "what belongs to one accident is on no bill"),
    (12, "contribution plans are no queue of a mock platform"),
    (13, "played with --shift +2d by the shipped command"),
])]
fn each_row_of_a_notice_is_a_case_a_suspension_or_a_duty(
    #[case] name: &str,
    #[case] notice: &str,
    #[case] clauses: usize,
    #[case] scenario: &str,
    #[case] scenarios: usize,
    #[case] not_played: &[(usize, &str)],
) {
    let plan = shipped(name);
    let of_proofs = plan.proofs.iter().map(|proof| &proof.case);
    let of_cases = plan.cases.iter().chain(of_proofs);
    let of_cases = of_cases.flat_map(|case| case.covers.clone());
    let of_window = plan.window.suspended.iter().map(|one| one.clause.clone());
    let of_duties = plan.duties.iter().map(|duty| duty.clause.clone());
    let spoken: BTreeSet<String> = of_cases.chain(of_window).chain(of_duties).collect();
    let silent = (1..=clauses).map(|n| format!("{notice}{n}"));
    let silent: Vec<String> = silent.filter(|clause| !spoken.contains(clause)).collect();
    assert_eq!(silent, Vec::<String>::new());
    let missing = (1..=scenarios).filter(|n| !spoken.contains(&format!("{scenario}-{n:02}")));
    let not_played: Vec<usize> = not_played.iter().map(|(number, _)| *number).collect();
    assert_eq!(missing.collect::<Vec<_>>(), not_played);
    for point in &plan.open_points {
        assert!(point.chosen != point.other, "{point:?}");
    }
}

/// Every instant of a notice stands in its plan once, and moves with it.
#[rstest]
fn a_notice_moves_as_a_whole(
    #[values(
        "qianjiang-2021",
        "zhejiang-2017",
        "hengyang-2021",
        "wenzhou-2022",
        "harbin-2021"
    )]
    name: &str,
) {
    const TWO_DAYS_MS: i64 = 2 * 24 * 3_600_000;
    let plan = shipped(name);
    let later = plan.shifted(TWO_DAYS_MS);
    assert_eq!(later.shifted(-TWO_DAYS_MS), plan);
    for (before, after) in plan.window.suspended.iter().zip(&later.window.suspended) {
        assert_eq!(after.from, before.from.plus_ms(TWO_DAYS_MS));
        assert_eq!(after.to, before.to.map(|to| to.plus_ms(TWO_DAYS_MS)));
    }
    for (before, after) in plan.duties.iter().zip(&later.duties) {
        assert_eq!(after.due, before.due.map(|due| due.plus_ms(TWO_DAYS_MS)));
    }
}

#[test]
fn the_nation_rehearses_992_pairs() {
    let plan = shipped("national-rehearsal");
    assert_eq!(plan.topology.regions.len(), 32);
    assert_eq!(plan.topology.institutions.len(), 64);
    assert_eq!(plan.cases.len(), 992);
}
