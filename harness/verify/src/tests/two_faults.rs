//! 两处之错 · Two things went wrong: they are told as two, each with what follows from it, also on one τ.
//!
//! One broken reversal reads as one problem however many books it leaves wrong; a second one at another party, that
//! nothing of the first can have brought about, is no line among its consequences.

use crosswipe_domain::{Entry, Role};
use crosswipe_journal::Purpose;
use rstest::rstest;

use super::lies_of_books::*;
use super::lies_of_proof::history_cut_off;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Judgement;
use crate::testkit::{Group, History, OTHER, PERSON, faulty, plan, two_persons};
use crate::tests::{judged, told};

/// What is told as something of its own: class and party.
fn heads(judgement: &Judgement) -> Vec<String> {
    let mut heads: Vec<String> = judgement
        .findings
        .iter()
        .filter(|one| one.follows_from.is_none())
        .map(|one| {
            let role = one.party.as_ref().map_or("-", |party| party.role.name());
            format!("{} {role}", one.class)
        })
        .collect();
    heads.sort();
    heads
}

fn invoice_kept(group: &mut Group) {
    if group.is(Role::His, "2208") {
        group.drop_rows("invoice");
        group.drop_kind("invoice");
    }
}

fn accumulator_kept(group: &mut Group) {
    if group.is(Role::Insured, "2208") {
        group.drop_kind("accumulator");
    }
}

fn prefund_kept(group: &mut Group) {
    if group.is(Role::Hub, "2208") {
        group.drop_kind("prefund");
    }
}

fn payable_kept(group: &mut Group) {
    if group.is(Role::Treatment, "2208") {
        group.drop_kind("payable");
    }
}

fn visit_kept(group: &mut Group) {
    if group.is(Role::Treatment, "2202") {
        group.drop_rows("visit");
    }
}

fn lost_at(role: Role) -> impl Fn(&mut Group) {
    move |group| {
        if group.is(role, "2208") {
            group.times = 0;
        }
    }
}

fn twice_at(role: Role) -> impl Fn(&mut Group) {
    move |group| {
        if group.is(role, "2208") {
            group.times = 2;
        }
    }
}

fn another_day_at_the_hub(group: &mut Group) {
    for entry in &mut group.entries {
        if let (Role::Hub, Entry::Posting { cell, .. }) = (group.party.role, entry)
            && cell.kind == "reconciliation"
        {
            cell.dims.insert("day", "2017-06-01");
        }
    }
}

fn of(bends: &[&dyn Fn(&mut Group)]) -> Evidence {
    faulty(&mut |group| bends.iter().for_each(|bend| bend(group)))
}

#[rstest]
#[case::a_leg_here_and_a_paper_there(of(&[&accumulator_kept, &invoice_kept]), &["residue:accumulator insured", "residue:invoice his"])]
#[case::a_lost_reversal_and_a_paper(of(&[&lost_at(Role::Insured), &invoice_kept]), &["one-sided:insured insured", "residue:invoice his"])]
#[case::a_lost_reversal_and_a_leg_beside_it(of(&[&lost_at(Role::Insured), &prefund_kept]), &["one-sided:insured insured", "residue:prefund hub"])]
#[case::booked_back_twice_here_and_not_whole_there(of(&[&twice_at(Role::Insured), &prefund_kept]), &["double-reversal insured", "residue:prefund hub"])]
#[case::another_day_at_the_hub_and_a_leg_at_the_insured_place(of(&[&another_day_at_the_hub, &accumulator_kept]), &["residue:accumulator insured", "residue:reconciliation hub"])]
#[case::the_hospital_rolled_back_and_a_leg_at_the_treatment_place(of(&[&lost_at(Role::His), &payable_kept]), &["one-sided:his his", "residue:payable treatment"])]
#[case::a_leg_here_and_an_open_visit_there(of(&[&accumulator_kept, &visit_kept]), &["residue:accumulator insured", "residue:visit treatment"])]
#[case::a_lost_reversal_and_an_open_visit_elsewhere(of(&[&lost_at(Role::Insured), &visit_kept]), &["one-sided:insured insured", "residue:visit treatment"])]
#[case::a_hospital_behind_and_a_hub_that_booked_back_twice(of(&[&lost_at(Role::His), &twice_at(Role::Hub)]), &["double-reversal hub", "one-sided:his his"])]
#[case::three_at_once(of(&[&accumulator_kept, &invoice_kept, &prefund_kept]), &["residue:accumulator insured", "residue:invoice his", "residue:prefund hub"])]
fn two_faults_on_one_transaction_are_two(#[case] evidence: Evidence, #[case] expected: &[&str]) {
    let judgement = judged(&evidence);
    assert_eq!(heads(&judgement), expected, "{}", told(&judgement));
}

fn settled_twice_at(roles: &'static [Role]) -> Evidence {
    faulty(&mut |group| {
        if roles.contains(&group.party.role) && group.infno == "2207" {
            group.times = 2;
        }
    })
}

/// A message that came twice is handed on twice; two parties that are no neighbours cannot have it from each other.
#[rstest]
#[case::handed_on(&[Role::Treatment, Role::Hub, Role::Insured], &["duplicate-settle treatment"])]
#[case::with_an_honest_party_between(&[Role::Treatment, Role::Insured], &["duplicate-settle insured", "duplicate-settle treatment"])]
fn what_was_handed_on_is_one(#[case] roles: &'static [Role], #[case] expected: &[&str]) {
    let judgement = judged(&settled_twice_at(roles));
    assert_eq!(heads(&judgement), expected, "{}", told(&judgement));
}

#[rstest]
#[case::two_legs_of_one_reversal(of(&[&accumulator_kept, &|group: &mut Group| if group.is(Role::Insured, "2208") { group.drop_kind("personal-account") }]), &["residue:personal-account insured"])]
#[case::never_undone_by_anybody(never_undone_settlement(), &["residue:settlement insured"])]
#[case::nothing_undone_at_all(never_undone(), &["residue:settlement insured"])]
#[case::the_log_cut_off(history_cut_off(), &["audit:gap insured"])]
#[case::stopped_by_a_closed_period(refused_and_left(), &["residue:settlement insured"])]
#[case::the_wrong_one_undone_everywhere(reversal_stays_at_the_treatment_place(), &["split:HT|NI -"])]
fn one_broken_reversal_is_one(#[case] evidence: Evidence, #[case] expected: &[&str]) {
    let judgement = judged(&evidence);
    let heads = heads(&judgement);
    assert_eq!(heads.len(), 1, "{}", told(&judgement));
    let head = &judgement.findings[0];
    let family = |text: &str| text.split([':', ' ']).next().map(str::to_owned);
    assert_eq!(
        family(&heads[0]),
        family(expected[0]),
        "{}",
        told(&judgement)
    );
    assert!(head.follows_from.is_none());
}

/// Everything but the settlement is undone: it stands at all four, and nobody disagrees.
fn never_undone_settlement() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.undo(&swipe[2], "2205", &[], &mut |_| {});
    history.undo(&swipe[0], "2202", &[&swipe[1]], &mut |_| {});
    history.close();
    history.evidence
}

/// The platform will not undo the settlement, so nobody comes to what it was built upon.
fn refused_and_left() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    let comp = history.compensation(&swipe[3], "2208");
    history.refused_undo(&comp, "E-CLOSED");
    history.close();
    history.evidence
}

/// The hub alone reverses, so the chain stops; what came after the settlement on the way there was left behind it.
#[test]
fn what_came_after_a_broken_reversal_and_was_left_is_not_its_cause() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let cancel = crosswipe_journal::UndoPlan::Cancel {
        infno: crosswipe_domain::InfNo::new("2205"),
    };
    let later = history.intent("a", "more", "2204", PERSON, Purpose::Business, cancel);
    for party in crate::testkit::path().iter().rev() {
        history.book(&later, party, &mut |_| {});
    }
    history.ok(&later, &[], &[]);
    history.look("a");
    history.undo(&swipe[3], "2208", &[], &mut lost_at(Role::Insured));
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(
        heads(&judgement),
        ["one-sided:insured insured"],
        "{}",
        told(&judgement)
    );
}

#[test]
fn the_wrong_settlement_undone_everywhere_is_why_the_hospital_disagrees() {
    let judgement = judged(&the_latest_settlement_reversed_instead_of_the_named());
    let of_his = judgement
        .findings
        .iter()
        .find(|one| one.class.as_str() == "one-sided:his");
    let cause = of_his.and_then(|one| one.follows_from);
    let cause = cause.map(|cause| judgement.findings[cause].class.as_str());
    assert_eq!(cause, Some("wrong-target"), "{}", told(&judgement));
}

/// Two people share a day total; what is left in it is told of the one whose settlement left it.
#[test]
fn what_is_left_in_a_shared_total_is_told_of_who_left_it() {
    let judgement = judged(&two_persons(&mut |group| {
        if group.is(Role::Insured, "2208") && group.case == "c" {
            group.drop_kind("reconciliation");
        }
    }));
    assert!(!judgement.findings.is_empty());
    for finding in &judgement.findings {
        assert_eq!(
            finding.person.as_ref().map(|person| person.as_str()),
            Some(OTHER),
            "{}",
            told(&judgement)
        );
    }
    assert_eq!(heads(&judgement), ["residue:reconciliation insured"]);
}

/// One case let in that had to be refused is one thing, however many messages and parties; another case is another.
#[test]
fn a_case_let_in_is_one_and_two_are_two() {
    let judgement = judged(&two_persons(&mut |group| {
        if matches!(group.case.as_str(), "a" | "c") && group.infno.starts_with("220") {
            postings_of_a_bystander(group);
        }
    }));
    let gates = judgement
        .findings
        .iter()
        .filter(|one| one.class.family() == "gate");
    let (all, led): (Vec<_>, Vec<_>) = gates.partition(|one| one.follows_from.is_none());
    assert_eq!(all.len(), 2, "{}", told(&judgement));
    assert!(led.len() > 2, "{}", told(&judgement));
}

fn postings_of_a_bystander(group: &mut Group) {
    for entry in &mut group.entries {
        if let Entry::Posting { cell, .. } = entry
            && cell.dims.contains_key("person")
        {
            cell.dims.insert("person", crate::testkit::BYSTANDER);
        }
    }
}

/// Each person has a fault of his own: neither is told under the other's.
#[test]
fn faults_of_two_people_are_two() {
    let judgement = judged(&two_persons(&mut |group| {
        if group.case == "a" {
            accumulator_kept(group);
        }
        if group.case == "c" {
            lost_at(Role::Insured)(group);
        }
    }));
    assert_eq!(
        heads(&judgement),
        ["one-sided:insured insured", "residue:accumulator insured"],
        "{}",
        told(&judgement)
    );
}
