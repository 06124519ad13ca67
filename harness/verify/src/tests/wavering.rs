//! 摇摆之答 · Queries that disagree about one transaction while nothing is sent about it.
//!
//! Two answers are a conflict and no choice, until three equal ones in a row settle it. What was sent in between is a
//! reason to change, and what cannot tell says nothing.

use crosswipe_journal::{Intent, Payload, Queried, Says};
use rstest::rstest;

use crate::evidence::Instant;
use crate::judgement::{Judgement, Verdict};
use crate::testkit::{History, PERSON, plan, treatment};
use crate::tests::{classes, judged, told};

use Says::{Applied as A, NotApplied as N, Reversed as R, Unclear as U};

fn asked(history: &mut History, of: &Intent, says: Says) {
    history.write(Payload::Queried(Queried {
        txid: of.txid.clone(),
        says,
        found: Default::default(),
        seen: Default::default(),
    }));
}

/// A swipe whose settlement is asked about before its undo is sent and, after all is undone, again.
fn with_answers(before: &[Says], after: &[Says]) -> Judgement {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    for says in before {
        asked(&mut history, &swipe[3], *says);
    }
    history.unswipe(&swipe, &mut |_| {});
    for says in after {
        asked(&mut history, &swipe[3], *says);
        // Another transaction's answers settle nothing and disturb nothing.
        asked(&mut history, &swipe[0], R);
    }
    history.close();
    judged(&history.evidence)
}

#[rstest]
#[case::applied_then_reversed(&[A, R])]
#[case::reversed_then_applied(&[R, A])]
#[case::settled_by_two_is_not_settled(&[A, R, R])]
#[case::two_and_two(&[A, R, R, A, A])]
#[case::settled_and_wavering_again(&[A, R, R, R, A])]
#[case::what_cannot_tell_is_no_third_voice(&[A, R, U, R])]
#[case::across_what_cannot_tell(&[A, U, R])]
fn answers_that_waver_to_the_end_are_a_conflict(#[case] answers: &[Says]) {
    let judgement = with_answers(&[], answers);
    assert_eq!(classes(&judgement), ["evidence:conflict"]);
    let one = &judgement.findings[0];
    assert!(one.uncertain, "{}", told(&judgement));
    assert_eq!(
        (one.location.as_str(), &one.party),
        ("query", &Some(treatment()))
    );
    assert_eq!(judgement.findings.len(), 1, "{}", told(&judgement));
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
}

#[rstest]
#[case::one_answer(&[], &[R])]
#[case::the_same_answer(&[], &[R, R])]
#[case::three_equal_settle_it(&[], &[A, R, R, R])]
#[case::more_than_three(&[], &[A, R, R, R, R, R])]
#[case::what_cannot_tell_breaks_no_row(&[], &[A, R, U, R, R])]
#[case::the_undo_went_out_in_between(&[A], &[R])]
#[case::an_undo_forgets_what_was_said_before(&[A, A, A], &[R, R])]
#[case::nothing_there_is_not_against_reversed(&[], &[N, R])]
#[case::nothing_there_is_not_against_applied(&[A, N], &[R])]
fn answers_that_agree_or_have_a_reason_to_change_are_clean(
    #[case] before: &[Says],
    #[case] after: &[Says],
) {
    let judgement = with_answers(before, after);
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
}

/// What wavered before an undo has had its time: the undo is no answer.
#[test]
fn a_conflict_from_before_the_undo_stays_until_three_answers_agree() {
    let judgement = with_answers(&[A, R], &[R, R]);
    assert_eq!(classes(&judgement), ["evidence:conflict"]);
    let judgement = with_answers(&[A, R], &[R, R, R]);
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
}
