//! 迁移之试 · What the old platform's books said at its stop, against what the new one begins with.

use crosswipe_domain::{Cause, Level, Party, Rule, Unit};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::judgement::Held;
use crate::testkit::{BYSTANDER, History, Keeper, PERSON, at, division, insured, plan, posting};

/// Where something moves before t0, or between t0 and the stop, or after it.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Never,
    BeforeT0,
    BeforeStop,
    AfterStop,
}

/// A clean run beside an old platform with the same people; `new` and `old` say when each one's cell moves by a yuan.
fn beside(kind: &str, person: &str, (new, old): (When, When)) -> Evidence {
    let mut history = History::begin_at(plan(), at("2017-05-30T08:00+08:00"));
    let before = Party::old_platform(division("330200"));
    if let Payload::Run(header) = &mut history.evidence.records[0].payload {
        header.parties.insert(before.clone(), Level::L4);
    }
    history
        .books
        .insert(before.clone(), Keeper::open(before.clone()));
    let moves = |history: &mut History, when: When, instant: &str| {
        for (party, moved) in [(insured(), new), (before.clone(), old)] {
            if moved != when {
                continue;
            }
            let cause = Cause {
                origin: party.code.clone(),
                msgid: format!("moved-{instant}"),
                infno: "open".into(),
            };
            let cell = [("insutype", "310"), ("person", person)];
            let rows = vec![
                posting(kind, &cell, Unit::Fen, 100),
                posting("equity", &[], Unit::Fen, -100),
            ];
            let keeper = history.books.get_mut(&party).unwrap();
            keeper.append(at(instant), &cause, Some(person), rows);
        }
    };
    moves(&mut history, When::BeforeT0, "2017-05-30T07:00+08:00");
    history.export(Instant::T0);
    moves(&mut history, When::BeforeStop, "2017-05-31T10:00+08:00");
    history.now = at("2017-06-02T10:00+08:00");
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    moves(&mut history, When::AfterStop, "2017-06-02T12:00+08:00");
    history.close();
    history.evidence
}

#[rstest]
#[case::an_account("personal-account", PERSON)]
#[case::a_yearly_sum("accumulator", PERSON)]
#[case::of_somebody_else("personal-account", BYSTANDER)]
fn a_cell_that_was_migrated_otherwise_is_found(#[case] kind: &str, #[case] person: &str) {
    for moved in [(When::BeforeT0, When::Never), (When::Never, When::BeforeT0)] {
        let judgement = judged(&beside(kind, person, moved));
        assert_eq!(
            classes(&judgement),
            ["mismatch:amount"],
            "{}",
            told(&judgement)
        );
        let one = &judgement.findings[0];
        assert_eq!((one.rule, one.party.as_ref()), (Rule::R6, Some(&insured())));
        assert!(one.location.contains(kind) && one.location.contains("migrated"));
    }
}

#[rstest]
#[case::nothing_moved("personal-account", (When::Never, When::Never))]
#[case::both_moved("personal-account", (When::BeforeT0, When::BeforeT0))]
#[case::what_nobody_takes_along("pool-fund", (When::BeforeT0, When::Never))]
fn books_that_agree_are_no_finding(#[case] kind: &str, #[case] moved: (When, When)) {
    let judgement = judged(&beside(kind, PERSON, moved));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    assert_eq!(state.unwrap().state, Held::Held);
}

/// t0 came before the stop, and the old books moved since: what was migrated is not to be seen in it.
#[test]
fn what_moved_before_the_stop_is_not_checked() {
    let moved = (When::Never, When::BeforeStop);
    let judgement = judged(&beside("personal-account", PERSON, moved));
    let mismatch = |class: &String| class == "mismatch:amount";
    assert!(
        !classes(&judgement).iter().any(mismatch),
        "{}",
        told(&judgement)
    );
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    assert_eq!(state.unwrap().state, Held::NotChecked);
}

/// What is booked after the stop is wrong for itself, and migrates nowhere.
#[test]
fn what_moved_after_the_stop_was_not_migrated() {
    let moved = (When::Never, When::AfterStop);
    let judgement = judged(&beside("personal-account", PERSON, moved));
    let classes = classes(&judgement);
    assert!(
        classes.contains(&"gate:window".to_owned()),
        "{}",
        told(&judgement)
    );
    assert!(
        !classes.contains(&"mismatch:amount".to_owned()),
        "{}",
        told(&judgement)
    );
}
