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
])]
#[case::zhejiang("zhejiang-2017", "ZJ", 13, "zj", 14, &[])]
#[case::hengyang("hengyang-2021", "HY", 14, "hy", 18, &[
    (5, "a live day without its hour: told when the plan is read (below)"),
])]
#[case::wenzhou("wenzhou-2022", "WZ", 12, "wz", 15, &[
    (13, "the window moved: the same file, every instant shifted (below)"),
])]
#[case::tianmen("tianmen-2021", "TM", 9, "tm", 8, &[])]
#[case::harbin("harbin-2021", "HB", 11, "hb", 15, &[
    (13, "go-live moved: the same file, one bound amended (below)"),
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
    // A scenario that comes to a duty says why no books can show it.
    for duty in &plan.duties {
        assert_eq!(duty.covers.is_empty(), duty.unseen.is_empty(), "{duty:?}");
    }
    let of_duties = plan.duties.iter();
    let of_duties =
        of_duties.flat_map(|duty| [vec![duty.clause.clone()], duty.covers.clone()].concat());
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

/// hy-05: nobody takes an hour for granted.
#[test]
fn a_live_day_without_its_hour_is_asked_for() {
    let (plan, problems) = edited(
        "hengyang-2021",
        "id: live, from: \"2021-11-10T00:00+08:00\"",
        "id: live, from: \"2021-11-10\"",
    );
    assert!(plan.is_none());
    assert!(
        told(&problems).contains("`2021-11-10` is no instant"),
        "{}",
        told(&problems)
    );
}

/// hy-04: «24:00» is never the beginning of its own day.
#[test]
fn twenty_four_oclock_is_asked_for() {
    let (plan, problems) = edited(
        "hengyang-2021",
        "to: \"2021-10-31T00:00+08:00\"",
        "to: \"2021-10-30T24:00+08:00\"",
    );
    assert!(plan.is_none());
    assert!(
        told(&problems).contains("scenario::hour_24"),
        "{}",
        told(&problems)
    );
}

/// hb-13: go-live comes later by a notice of its own; cases on the old side are told and held to the new bound, and
/// those on the right side of both stay as they are.
#[test]
fn go_live_moves_alone() {
    let amend = "margin: 2h\namend: [{bound: live.from, to: \"2021-11-02T08:00+08:00\", known: \"2021-10-29T18:00+08:00\", source: 市局补充通知, who: 市局值班}]";
    let (plan, problems) = edited("harbin-2021", "margin: 2h", amend);
    let told = told(&problems);
    assert!(told.contains("scenario::expects_old_bound"), "{told}");
    let plan = plan.unwrap();
    let at = |text: &str| crosswipe_domain::Moment::parse(text).unwrap();
    let public = |text: &str| plan.window.in_force(at(text)).public_at(at(text));
    assert_eq!(
        public("2021-11-02T07:59:59+08:00"),
        crosswipe_domain::Public::Closed
    );
    assert_eq!(
        public("2021-11-02T08:00:00+08:00"),
        crosswipe_domain::Public::Open
    );
    for named in told.split('`').filter(|word| word.contains('/')) {
        assert!(
            plan.cases.iter().any(|case| case.id.as_str() == named)
                || plan
                    .proofs
                    .iter()
                    .any(|proof| proof.case.id.as_str() == named),
            "{named}"
        );
    }
}

/// A shipped plan with one text replaced.
fn edited(name: &str, from: &str, to: &str) -> (Option<Plan>, Vec<crosswipe_scenarios::Problem>) {
    let folder = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(name),
        folder.path(),
    );
    let path = folder.path().join("plan.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} holds `{from}`");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    check(folder.path())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
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
        "tianmen-2021",
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
