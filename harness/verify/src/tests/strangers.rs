//! 来历不明之试 · Rows of nobody we know: found, explained by somebody who can be asked, and never excused by themselves.

use std::sync::Arc;

use crosswipe_domain::{Cause, Public, Rule, Unit};
use proptest::prelude::*;
use rstest::rstest;

use super::lies_of_window::swipe_by_hand;
use crate::evidence::Evidence;
use crate::judgement::{Held, Judgement, Verdict};
use crate::strangers::foreign;
use crate::testkit::{
    BYSTANDER, HIS, History, OTHER, PERSON, at, insured, plan, posting, two_persons,
};
use crate::tests::{classes, judged, told};
use crate::{Explained, Review, ReviewAct, ReviewLine};

const WINDOW_END: &str = "2017-06-04T18:00+08:00";

/// The same evidence, asked when the window is over.
pub(crate) fn asked_late(evidence: Evidence) -> Evidence {
    Evidence {
        as_of: Some(at(WINDOW_END)),
        ..evidence
    }
}

/// Everything foreign in it, explained by one person.
pub(crate) fn explained(mut evidence: Evidence) -> Evidence {
    for rows in foreign(&evidence) {
        let act = ReviewAct::ExplainForeign(Explained {
            party: rows.party,
            origin: rows.origin,
            msgid: rows.msgid,
            infno: rows.infno,
            rows: rows.rows,
            rows_sha256: rows.rows_sha256,
        });
        let said = (at("2017-06-05T09:00+08:00"), "张三", "急诊病人");
        let line = ReviewLine::seal(&evidence.review.lines, "tail", said, act);
        evidence.review.lines.push(line);
    }
    evidence
}

#[track_caller]
fn must_be(evidence: &Evidence, verdict: Verdict, expected: &[&str]) -> Judgement {
    let judgement = judged(evidence);
    assert_eq!(
        (judgement.verdict, classes(&judgement)),
        (verdict, expected.iter().map(|c| (*c).to_owned()).collect()),
        "{}",
        told(&judgement)
    );
    judgement
}

fn state(judgement: &Judgement, rule: Rule) -> (Held, Option<&str>) {
    let state = &judgement.rules[rule as usize];
    (state.state, state.why_not.as_deref())
}

#[rstest]
#[case::left_standing_on_a_test_person(OTHER, false, Verdict::Violated)]
#[case::undone_by_hand(OTHER, true, Verdict::Indeterminate)]
#[case::a_real_patient(BYSTANDER, false, Verdict::Indeterminate)]
#[case::a_real_patient_undone(BYSTANDER, true, Verdict::Indeterminate)]
fn a_swipe_beside_the_run_counts_only_once_somebody_explains_it(
    #[case] person: &str,
    #[case] undone: bool,
    #[case] before: Verdict,
) {
    let evidence = asked_late(swipe_by_hand(person, undone));
    let judgement = must_be(&evidence, before, &["foreign:insured"]);
    let moved = !undone;
    assert_eq!(
        state(&judgement, Rule::R1),
        if moved {
            (Held::NotChecked, Some("foreign"))
        } else {
            (Held::Held, None)
        },
        "X holds nothing that nobody explained"
    );
    let judgement = must_be(&explained(evidence), Verdict::Clean, &[]);
    assert_eq!(judgement.statements.len(), if undone { 2 } else { 1 });
    for said in &judgement.statements {
        assert_eq!(
            (
                said.kind.as_str(),
                said.by.as_str(),
                said.reason.as_str(),
                said.holds
            ),
            ("explained-foreign", "张三", "急诊病人", true)
        );
    }
}

#[test]
fn what_is_undone_after_the_window_was_standing_at_its_end() {
    let late = |undone_at: &str| {
        let mut history = History::begin(plan());
        history.export(crate::Instant::T0);
        let swipe = history.swipe("a", PERSON, &mut |_| {});
        let cause = Cause {
            origin: HIS.into(),
            msgid: "by-hand".into(),
            infno: "2207".into(),
        };
        let entries = vec![
            posting("pool-fund", &[("fund", "310100")], Unit::Fen, -700),
            posting("clearing", &[("insured", "330200")], Unit::Fen, 700),
        ];
        let now = history.now;
        let keeper = history.books.get_mut(&insured()).unwrap();
        keeper.append(now, &cause, Some(OTHER), entries);
        history.look("a");
        history.unswipe(&swipe, &mut |_| {});
        history.export(crate::Instant::T1);
        history.now = at("2017-06-05T00:01+08:00");
        let keeper = history.books.get_mut(&insured()).unwrap();
        let back = keeper.negation("by-hand");
        let cause = Cause {
            msgid: "by-hand-2".into(),
            ..cause
        };
        keeper.append(at(undone_at), &cause, Some(OTHER), back);
        history.export(crate::Instant::T2);
        judged(&history.evidence)
    };
    let in_time = late("2017-06-04T17:59:59.999+08:00");
    assert_eq!(
        in_time.verdict,
        Verdict::Indeterminate,
        "{}",
        told(&in_time)
    );
    let too_late = late(WINDOW_END);
    assert_eq!(too_late.verdict, Verdict::Violated, "{}", told(&too_late));
}

#[test]
fn where_the_public_is_served_a_patient_is_no_stranger() {
    let mut open = swipe_by_hand(BYSTANDER, false);
    if let crosswipe_journal::Payload::Run(header) = &mut open.records[0].payload {
        header.plan.window.phases[1].public = Public::Open;
    }
    must_be(&asked_late(open), Verdict::Clean, &[]);
}

#[test]
fn who_books_under_the_word_of_the_opening_rows_is_a_stranger_all_the_same() {
    let mut evidence = swipe_by_hand(OTHER, false);
    for files in evidence.exports.values_mut() {
        for row in &mut files
            .get_mut(&insured())
            .unwrap()
            .export
            .as_mut()
            .unwrap()
            .log
        {
            let row = std::sync::Arc::make_mut(row);
            if row.cause.msgid == "by-hand" {
                Arc::make_mut(&mut row.cause).msgid = "opening".into();
            }
        }
    }
    evidence.looks.clear();
    crate::testkit::reseal(&mut evidence);
    assert!(
        classes(&judged(&evidence)).contains(&"foreign:insured".to_owned()),
        "{}",
        told(&judged(&evidence))
    );
}

#[test]
fn an_explanation_covers_its_rows_and_no_others() {
    let whole = explained(asked_late(swipe_by_hand(OTHER, false)));
    must_be(&whole, Verdict::Clean, &[]);
    let bend = |change: &dyn Fn(&mut Explained)| {
        let mut bent = whole.clone();
        let ReviewAct::ExplainForeign(said) = &mut bent.review.lines[0].act else {
            panic!("it explains")
        };
        change(said);
        let judgement = must_be(&bent, Verdict::Violated, &["foreign:insured"]);
        assert!(!judgement.statements[0].holds, "it fits no rows");
    };
    bend(&|said| said.party = crate::testkit::hub());
    bend(&|said| said.msgid.push('x'));
    bend(&|said| said.origin.push('x'));
    bend(&|said| said.rows_sha256 = "0".repeat(64));
}

#[test]
fn an_explanation_excuses_no_row_of_the_run() {
    // The settlement's own reversal loses a leg; somebody «explains» the settlement.
    let mut broken = two_persons(&mut |group| {
        if group.is(crosswipe_domain::Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    });
    let before = judged(&broken);
    assert_eq!(before.verdict, Verdict::Violated);
    let file = &broken.exports[&crate::Instant::T1][&insured()];
    let rows: Vec<_> = file.export.as_ref().unwrap().log.iter().collect();
    let ours: Vec<_> = rows
        .into_iter()
        .filter(|row| matches!(row.cause.infno.as_str(), "2207" | "2208"))
        .cloned()
        .collect();
    assert!(ours.len() > 10);
    for row in ours {
        let act = ReviewAct::ExplainForeign(Explained {
            party: insured(),
            origin: row.cause.origin.clone(),
            msgid: row.cause.msgid.clone(),
            infno: row.cause.infno.clone(),
            rows: vec![row.seq],
            rows_sha256: crosswipe_domain::sha256_hex(
                crosswipe_domain::canonical_json(&[&row]).as_bytes(),
            ),
        });
        let said = (at("2017-06-05T09:00+08:00"), "张三", "说不清");
        let line = ReviewLine::seal(&broken.review.lines, "tail", said, act);
        broken.review.lines.push(line);
    }
    let after = judged(&broken);
    assert_eq!(
        (after.verdict, &after.findings),
        (before.verdict, &before.findings)
    );
    assert!(after.statements.iter().all(|said| !said.holds));
}

#[test]
fn a_review_that_does_not_hold_is_tampered_evidence() {
    let mut evidence = explained(asked_late(swipe_by_hand(BYSTANDER, false)));
    evidence.review = Review {
        lines: Vec::new(),
        defect: Some((1, "hash differs")),
    };
    must_be(
        &evidence,
        Verdict::Violated,
        &["evidence:tampered", "foreign:insured"],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn fewer_explanations_are_never_a_better_verdict(
        registered in any::<bool>(), undone in any::<bool>(), late in any::<bool>(), keep in 0usize..3,
    ) {
        let mut evidence = swipe_by_hand(if registered { OTHER } else { BYSTANDER }, undone);
        if late {
            evidence = asked_late(evidence);
        }
        let whole = explained(evidence);
        prop_assert_eq!(judged(&whole).verdict, Verdict::Clean);
        let mut less = whole.clone();
        less.review.lines.truncate(keep);
        let complete = less.review.lines.len() == whole.review.lines.len();
        prop_assert_eq!(judged(&less).verdict == Verdict::Clean, complete);
    }
}
