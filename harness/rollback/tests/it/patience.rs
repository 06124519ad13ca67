//! 耐心 · How long it waits and when it has tried enough: to the millisecond, and to the attempt.
//!
//! A wait too few hurries a platform that is still at work; a try too many is one that nobody planned. The others of
//! these tests skip waits; here they are what is looked at.

use crosswipe_domain::{InfNo, Moment, Outcome, TxId};
use crosswipe_journal::Says;
use crosswipe_rollback::{Fold, Next, Patience};
use rstest::rstest;

use crate::history::{History, ok, patience, person, refused, unknown};

/// What the fold waits for now, and that it does wait until the very moment and no longer.
#[track_caller]
fn waits(history: &mut History) -> (i64, Next) {
    let since = history.now;
    let at = |now: Moment| history.fold.next(Some(&person()), now);
    let Next::Wait { until } = at(since) else {
        return (0, at(since));
    };
    let ms = until.ms_since(since);
    assert_eq!(
        at(until.plus_ms(-1)),
        Next::Wait { until },
        "a millisecond early"
    );
    let then = at(until);
    assert!(!matches!(then, Next::Wait { .. }), "its moment has come");
    history.now = until;
    (ms, then)
}

#[test]
fn who_says_nothing_of_patience_gets_six_tries_from_a_second_to_a_minute_and_half_a_minute_of_quiet()
 {
    assert_eq!(
        Patience::default(),
        Patience {
            budget: 6,
            grace_ms: 6_000,
            delay_ms: 1_000,
            delay_max_ms: 60_000,
            quiet_ms: 30_000,
            seed: 0,
        }
    );
}

/// A run that another machine took over must wait as the first would have; doubled twenty times at most.
#[rstest]
#[case::the_first("a", 7, 1, 87)]
#[case::the_second("a", 7, 2, 7)]
#[case::the_last_that_doubles("a", 7, 21, 2)]
#[case::and_no_more("a", 7, 22, 57)]
#[case::another_seed("a", 8, 1, 52)]
#[case::another_visit("b", 7, 1, 7)]
fn a_seed_draws_the_same_delays_for_ever(
    #[case] visit: &str,
    #[case] seed: u64,
    #[case] tries: u32,
    #[case] drawn: i64,
) {
    let mut history = History::new();
    history.fold = Fold::new(Patience {
        budget: 30,
        delay_ms: 400,
        delay_max_ms: i64::MAX / 2,
        seed,
        ..patience()
    });
    let txid = history.ok(visit, "2207");
    for attempt in 1..=tries {
        let busy = Some(refused("E-BUSY"));
        history.compensated(&txid, InfNo::new("2208"), attempt, None, busy);
    }
    history.answered(&txid, Says::Applied);
    let (ms, _) = waits(&mut history);
    assert_eq!(ms - (400 << (tries - 1).min(20)), drawn);
    assert!((0..=100).contains(&drawn), "a quarter of the first");
}

/// Doubled for each try, up to the longest, and spread by no more than a quarter of the first.
#[track_caller]
fn is_delay(ms: i64, tries: u32) {
    let patience = patience();
    let doubled = (patience.delay_ms << tries.saturating_sub(1)).min(patience.delay_max_ms);
    let most = doubled + patience.delay_ms / 4;
    assert!((doubled..=most).contains(&ms), "{ms} after {tries} tries");
}

fn after_unknown_undo(history: &mut History, txid: &TxId, attempt: u32, next: Next) {
    let Next::Compensate {
        infno,
        attempt: asked,
        resend,
        ..
    } = next
    else {
        panic!("{next:?}")
    };
    assert_eq!(asked, attempt);
    history.compensated(txid, infno, attempt, resend, Some(unknown()));
    let (ms, next) = waits(history);
    assert_eq!(
        (ms, next),
        (patience().grace_ms, Next::Query { txid: txid.clone() })
    );
    history.answered(txid, Says::Applied);
}

#[test]
fn each_attempt_waits_twice_as_long_as_the_one_before_and_after_the_last_there_is_none() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let (ms, next) = waits(&mut history);
    assert_eq!(ms, 0, "the first undo waits for nothing");
    after_unknown_undo(&mut history, &txid, 1, next);
    for made in 1..patience().budget {
        assert_eq!(history.fold.attempts(&txid), made);
        let (ms, next) = waits(&mut history);
        is_delay(ms, made);
        after_unknown_undo(&mut history, &txid, made + 1, next);
    }
    assert!(matches!(history.next(), Next::GiveUp { .. }));
}

/// The budget is of six; it is spent by the sixth, whatever asks for the next.
/// Whether it stands decides what comes then.
#[rstest]
#[case::and_stands(Says::Applied, false)]
#[case::and_is_undone(Says::Reversed, true)]
fn an_undo_that_was_seen_before_does_not_go_on_beyond_the_budget(
    #[case] says: Says,
    #[case] done: bool,
) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let mut made = 0;
    loop {
        match history.next() {
            Next::Compensate { infno, attempt, .. } => {
                made += 1;
                assert_eq!(attempt, made);
                let seen_before = Some(refused("E-DUPMSG"));
                history.compensated(&txid, infno, attempt, None, seen_before);
            }
            Next::Query { .. } => history.answered(&txid, says),
            Next::Conclude { .. } => break assert!(done),
            Next::GiveUp { reason, .. } => {
                break assert_eq!((reason.as_str(), done), ("budget-spent", false));
            }
            other => panic!("{other:?}"),
        }
        assert!(made <= patience().budget, "{made} attempts");
    }
    assert_eq!(made, patience().budget);
}

/// Whose answer was lost each time, and who is shown undone by every query: the last undo ends it, and nobody is called.
#[test]
fn an_undo_whose_answers_are_lost_is_believed_when_the_budget_is_spent() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let mut made = 0;
    loop {
        match history.next() {
            Next::Compensate {
                infno,
                attempt,
                resend,
                ..
            } => {
                made += 1;
                history.compensated(&txid, infno, attempt, resend, Some(unknown()));
            }
            Next::Query { .. } => history.answered(&txid, Says::Reversed),
            Next::Conclude { never_applied, .. } => break assert!(!never_applied),
            other => panic!("after {made}: {other:?}"),
        }
    }
    assert_eq!(made, patience().budget);
}

#[test]
fn a_message_is_sent_again_as_often_as_the_budget_says_and_then_believed_to_be_nowhere() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    let mut resent = 0;
    loop {
        match waits(&mut history) {
            (ms, Next::Query { .. }) => {
                assert_eq!(ms, patience().grace_ms);
                history.answered(&txid, Says::NotApplied);
            }
            (ms, Next::Resend { .. }) => {
                is_delay(ms, resent);
                resent += 1;
                history.resent(&txid, unknown());
            }
            (_, Next::Conclude { never_applied, .. }) => break assert!(never_applied),
            (_, other) => panic!("after {resent}: {other:?}"),
        }
    }
    assert_eq!(resent, patience().budget);
}

/// Who said last that it was undone has seen it; that is no «nowhere», and nobody but a person knows.
#[test]
fn a_message_that_nobody_can_settle_is_given_up_unless_it_is_nowhere() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    let mut resent = 0;
    let reason = loop {
        match history.next() {
            Next::Query { .. } => history.answered(&txid, Says::Reversed),
            Next::Resend { .. } => {
                resent += 1;
                history.resent(&txid, unknown());
            }
            Next::GiveUp { reason, .. } => break reason,
            other => panic!("after {resent}: {other:?}"),
        }
    };
    assert_eq!((resent, reason.as_str()), (patience().budget, "no-answer"));
}

#[test]
fn who_gives_no_answer_is_asked_at_growing_intervals_twice_as_often_as_the_budget() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, refused("E-SPLIT"));
    let (ms, next) = waits(&mut history);
    assert_eq!((ms, next), (0, Next::Query { txid: txid.clone() }));
    let mut asked = 0;
    loop {
        asked += 1;
        history.answered(&txid, Says::Unclear);
        match waits(&mut history) {
            (ms, Next::Query { .. }) => is_delay(ms, asked),
            (_, Next::GiveUp { reason, .. }) => break assert_eq!(reason, "no-answer"),
            (_, other) => panic!("after {asked}: {other:?}"),
        }
    }
    assert_eq!(asked, 2 * patience().budget + 1);
}

/// People who failed together do not come back together; the same person with the same seed does.
#[test]
fn delays_are_spread_by_seed_and_transaction_and_are_the_same_each_time() {
    let mut seen = std::collections::BTreeSet::new();
    for visit in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let first_delay = |visit: &str| {
            let mut history = History::new();
            let txid = history.ok(visit, "2207");
            let next = waits(&mut history).1;
            after_unknown_undo(&mut history, &txid, 1, next);
            waits(&mut history).0
        };
        let ms = first_delay(visit);
        assert_eq!(ms, first_delay(visit));
        seen.insert(ms);
    }
    assert!(seen.len() >= 5, "{seen:?}");
}

#[test]
fn the_withdrawal_of_a_part_is_asked_about_after_the_grace() {
    let mut history = History::new();
    history.ok("a", "2401");
    let upload = history.ok("a", "2301");
    history.part = true;
    history.compensated(&upload, InfNo::new("2302"), 1, None, Some(unknown()));
    let (ms, next) = waits(&mut history);
    assert_eq!(ms, patience().grace_ms);
    assert_eq!(next, Next::Query { txid: upload });
}

/// A settlement undone, shown standing, and told undone: asked at intervals of half the quiet period.
fn wavering() -> (History, TxId) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(ok()));
    history.next();
    history.answered(&txid, Says::Applied);
    history.next();
    let undone = refused("E-UNDONE");
    history.compensated(&txid, InfNo::new("2208"), 2, None, Some(undone));
    (history, txid)
}

#[rstest]
#[case::undone(Says::Reversed, true)]
#[case::standing(Says::Applied, false)]
fn who_wavers_is_asked_thrice_over_the_quiet_period(#[case] says: Says, #[case] done: bool) {
    let (mut history, txid) = wavering();
    assert_eq!(
        waits(&mut history),
        (0, Next::Query { txid: txid.clone() }),
        "the answer was read, so it is asked at once"
    );
    history.answered(&txid, says);
    for _ in 0..2 {
        let (ms, next) = waits(&mut history);
        assert_eq!(ms, patience().quiet_ms / 2);
        assert_eq!(next, Next::Query { txid: txid.clone() });
        history.answered(&txid, says);
    }
    let next = history.next();
    match done {
        true => assert!(matches!(next, Next::Conclude { .. }), "{next:?}"),
        false => assert!(matches!(next, Next::Compensate { .. }), "{next:?}"),
    }
}

/// Answers in turn, and how many there were when asking ended.
fn in_turn(answers: &[Says]) -> (u32, Next) {
    let (mut history, txid) = wavering();
    // One was given before it wavered.
    let mut rounds = 1;
    loop {
        match history.next() {
            Next::Query { .. } => {
                let says = answers[(rounds as usize - 1) % answers.len()];
                history.answered(&txid, says);
                rounds += 1;
            }
            end => return (rounds, end),
        }
        assert!(rounds < 50, "asking ends");
    }
}

#[test]
fn who_never_agrees_is_believed_undone_after_twice_the_budget_and_given_up_after_thrice() {
    let budget = patience().budget;
    // «Undone» falls on the even rounds, so the first beyond twice the budget is the second.
    let (rounds, end) = in_turn(&[Says::Reversed, Says::Applied]);
    assert!(matches!(end, Next::Conclude { .. }), "{end:?}");
    assert_eq!(rounds, 2 * budget + 2);
    let (rounds, end) = in_turn(&[Says::Applied, Says::Reversed]);
    assert!(matches!(end, Next::Conclude { .. }), "{end:?}");
    assert_eq!(rounds, 2 * budget + 1);
    let (rounds, end) = in_turn(&[Says::Applied, Says::Unclear]);
    assert!(matches!(end, Next::GiveUp { .. }), "{end:?}");
    assert_eq!(rounds, 3 * budget + 1);
}

#[test]
fn a_budget_of_none_tries_nothing_and_one_of_one_once() {
    for budget in [0, 1] {
        let mut history = History::new();
        history.fold = Fold::new(Patience {
            budget,
            ..patience()
        });
        let txid = history.ok("a", "2207");
        for attempt in 1..=budget {
            let Next::Compensate { infno, .. } = history.next() else {
                panic!("attempt {attempt} of {budget}")
            };
            history.compensated(&txid, infno, attempt, None, Some(ok()));
            history.next();
            history.answered(&txid, Says::Applied);
        }
        assert!(matches!(history.next(), Next::GiveUp { .. }));
    }
}

#[test]
fn what_was_tried_and_seen_stands_in_what_a_person_is_given() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::Applied);
    let code = "E-CLEARED";
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(refused(code)));
    history.next();
    history.answered_with(&txid, Says::Applied, &[("5203 refd_setl_flag", "0")]);
    let Next::GiveUp { evidence, .. } = history.next() else {
        panic!("a person has to act")
    };
    let own = history.fold.intent(&txid).unwrap().msgid.to_string();
    let undo = history.last_undo();
    assert_eq!(
        evidence,
        [
            format!("2207 {own} unknown"),
            format!("2601 {undo} #1 refused E-CLEARED"),
            "5203 refd_setl_flag 0".to_owned(),
        ]
    );
}

/// 2601 takes what its list names; where it does not take the original, its own cancel message goes out again.
#[rstest]
#[case::a_settlement("2207", "2208", "2601")]
#[case::fee_lines("2204", "2205", "2205")]
fn told_undone_and_standing(#[case] infno: &str, #[case] cancel: &str, #[case] expected: &str) {
    let mut history = History::new();
    let txid = history.ok("a", infno);
    let undone = Some(refused("E-UNDONE"));
    history.compensated(&txid, InfNo::new(cancel), 1, None, undone);
    history.next();
    history.answered(&txid, Says::Applied);
    let Next::Compensate { infno, .. } = history.next() else {
        panic!("it stands")
    };
    assert_eq!(infno, InfNo::new(expected));
}

/// Another refusal than «undone» says nothing of those behind: the same cancel message, a settlement's too.
#[test]
fn refused_otherwise_and_standing_is_cancelled_by_its_own_message() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let busy = Some(refused("E-BUSY"));
    history.compensated(&txid, InfNo::new("2208"), 1, None, busy);
    history.next();
    history.answered(&txid, Says::Applied);
    let Next::Compensate { infno, .. } = history.next() else {
        panic!("it stands")
    };
    assert_eq!(infno, InfNo::new("2208"));
}

/// Wavering needs an undo that was answered «done», a query that showed it standing after that, and «undone» then.
#[rstest]
#[case::nothing_sent(&[], false)]
#[case::done_alone(&[("ok", Some(Says::Applied))], false)]
#[case::refused_and_then_undone(&[("E-BUSY", Some(Says::Applied)), ("E-UNDONE", None)], false)]
#[case::done_and_never_shown_standing(&[("ok", Some(Says::Reversed)), ("E-UNDONE", None)], false)]
#[case::done_standing_refused_otherwise(&[("ok", Some(Says::Applied)), ("E-BUSY", None)], false)]
#[case::all_three(&[("ok", Some(Says::Applied)), ("E-UNDONE", None)], true)]
fn what_wavering_is(#[case] undos: &[(&str, Option<Says>)], #[case] expected: bool) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    for (attempt, (answer, says)) in (1..).zip(undos) {
        let outcome: Outcome = match *answer {
            "ok" => ok(),
            code => refused(code),
        };
        history.compensated(&txid, InfNo::new("2208"), attempt, None, Some(outcome));
        if let Some(says) = says {
            history.answered(&txid, *says);
        }
    }
    assert_eq!(history.fold.wavered(&txid), expected);
}
