//! 结果 · What follows from each of the three outcomes, and from each answer to an undo.

use crosswipe_domain::{InfNo, TxId};
use crosswipe_journal::Says;
use crosswipe_rollback::Next;
use rstest::rstest;

use crate::history::{History, ok, patience, refused, unknown};

#[test]
fn an_unknown_settlement_is_asked_about_only_after_the_grace_and_then_reversed_by_message_id() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    let sent = history.now;
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    assert_eq!(history.now.ms_since(sent), patience().grace_ms);
    history.answered(&txid, Says::NotApplied);
    let Next::Compensate { infno, .. } = history.next() else {
        panic!("a tombstone is needed all the same")
    };
    assert_eq!(infno, InfNo::new("2601"));
}

#[test]
fn a_reversal_of_an_unknown_settlement_is_believed_only_after_the_quiet_period() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::Applied);
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(ok()));
    let reversed = history.now;
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    assert_eq!(history.now.ms_since(reversed), patience().quiet_ms);
    history.answered(&txid, Says::NotApplied);
    let Next::Conclude { never_applied, .. } = history.next() else {
        panic!("nothing stands any more")
    };
    assert!(!never_applied, "a query had seen it standing");
}

#[test]
fn an_intent_without_an_outcome_is_unknown() {
    let mut history = History::new();
    let txid = history.intent("a", "2304");
    assert_eq!(history.next(), Next::Query { txid });
}

#[test]
fn an_unread_registration_that_nobody_knows_needs_no_undo() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::NotApplied);
    assert_eq!(
        history.next(),
        Next::Resend { txid: txid.clone() },
        "2601 does not take 2201"
    );
    history.resent(&txid, refused("E-WINDOW"));
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::NotApplied);
    let Next::Conclude { never_applied, .. } = history.next() else {
        panic!("a refusal and a query agree")
    };
    assert!(never_applied);
}

#[test]
fn an_unread_registration_is_sent_again_until_it_can_be_cancelled() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::NotApplied);
    history.resent(&txid, ok());
    let Next::Compensate { infno, .. } = history.next() else {
        panic!("now it stands and has a name")
    };
    assert_eq!(infno, InfNo::new("2202"));
}

#[test]
fn a_refusal_counts_only_when_a_query_agrees() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, refused("E-SPLIT"));
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Applied);
    let Next::Compensate { infno, .. } = history.next() else {
        panic!("the refusal lied")
    };
    assert_eq!(infno, InfNo::new("2601"));
}

/// A settlement that was undone, that a query shows standing, and of which the next undo hears that it is undone.
fn wavering() -> (History, TxId) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(ok()));
    history.next();
    history.answered(&txid, Says::Applied);
    history.next();
    let undone = refused("E-UNDONE");
    history.compensated(&txid, InfNo::new("2208"), 2, None, Some(undone));
    assert!(history.fold.wavered(&txid));
    (history, txid)
}

#[test]
fn answers_that_disagree_are_believed_after_three_alike_over_the_quiet_period() {
    let (mut history, txid) = wavering();
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Reversed);
    let since = history.now;
    for _ in 0..2 {
        assert_eq!(history.next(), Next::Query { txid: txid.clone() });
        history.answered(&txid, Says::Reversed);
    }
    assert!(history.now.ms_since(since) >= patience().quiet_ms);
    assert!(matches!(history.next(), Next::Conclude { .. }));
}

#[test]
fn answers_that_never_agree_end_and_nothing_more_is_undone_on_their_word() {
    let (mut history, txid) = wavering();
    let mut asked = 0;
    loop {
        match history.next() {
            Next::Query { .. } => asked += 1,
            Next::Conclude { .. } => break,
            other => panic!("after {asked} answers: {other:?}"),
        }
        assert!(asked < 40, "asking ends");
        let lags = asked % 2 == 0;
        let says = if lags { Says::Applied } else { Says::Reversed };
        history.answered(&txid, says);
    }
    assert!(asked > 6);
}

#[test]
fn an_undo_that_did_nothing_is_no_wavering() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(ok()));
    history.next();
    history.answered(&txid, Says::Applied);
    history.next();
    history.compensated(&txid, InfNo::new("2208"), 2, None, Some(ok()));
    assert!(!history.fold.wavered(&txid));
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Reversed);
    assert!(matches!(history.next(), Next::Conclude { .. }));
}

#[test]
fn an_undo_whose_answer_was_lost_is_asked_about_and_sent_again_under_its_own_msgid() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(unknown()));
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Applied);
    let Next::Compensate {
        resend: Some(msgid),
        infno,
        attempt: 2,
        ..
    } = history.next()
    else {
        panic!("no new message")
    };
    assert_eq!(infno, InfNo::new("2208"));
    history.compensated(&txid, infno, 2, Some(msgid), Some(ok()));
    history.next();
    history.answered(&txid, Says::Reversed);
    assert!(matches!(
        history.next(),
        Next::Conclude {
            never_applied: false,
            ..
        }
    ));
}

#[test]
fn already_undone_is_read_as_evidence() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(
        &txid,
        InfNo::new("2208"),
        1,
        None,
        Some(refused("E-UNDONE")),
    );
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Reversed);
    assert!(matches!(history.next(), Next::Conclude { .. }));
}

#[rstest]
#[case("E-CLEARED", "closed-period")]
#[case("E-YEAR", "closed-year")]
#[case("E-LATER", "later-settlement")]
#[case("E-STALE-EPOCH", "stale-epoch")]
fn a_refusal_for_good_is_handed_to_a_person(#[case] code: &str, #[case] why: &str) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.ok("a", "2201");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(refused(code)));
    history.next();
    history.answered(&txid, Says::Applied);
    let Next::GiveUp {
        reason,
        owner,
        evidence,
        ..
    } = history.next()
    else {
        panic!("no use in trying again")
    };
    assert_eq!(
        (reason.as_str(), owner.to_string().as_str()),
        (why, "treatment:330100")
    );
    assert!(
        evidence.iter().any(|line| line.contains(code)),
        "{evidence:?}"
    );
    history.given_up(txid.clone(), reason, owner, evidence);
    assert_eq!(
        history.next(),
        Next::Blocked { by: txid },
        "the chain behind it stands still"
    );
}

/// The refusal is final; the query says that there is nothing left to refuse.
#[rstest]
#[case::undone(Says::Reversed)]
#[case::nowhere(Says::NotApplied)]
fn a_refusal_for_good_of_what_stands_no_more_needs_nobody(#[case] says: Says) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let final_one = Some(refused("E-CLEARED"));
    history.compensated(&txid, InfNo::new("2208"), 1, None, final_one);
    history.next();
    history.answered(&txid, says);
    assert!(matches!(history.next(), Next::Conclude { .. }));
}

/// Whoever is given the τ reads what may yet pass: a frozen person is thawed, a busy platform is not.
#[rstest]
#[case::frozen("E-STATUS", "persona-frozen")]
#[case::busy("E-BUSY", "budget-spent")]
fn a_spent_budget_says_what_the_last_refusal_said(#[case] code: &str, #[case] why: &str) {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let given = loop {
        match history.next() {
            Next::Compensate { infno, attempt, .. } => {
                // The last undo is lost; the last refusal is the one before it.
                let last = attempt == patience().budget;
                let outcome = if last { unknown() } else { refused(code) };
                history.compensated(&txid, infno, attempt, None, Some(outcome));
            }
            Next::Query { .. } => history.answered(&txid, Says::Applied),
            Next::GiveUp { reason, .. } => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(given, why);
}

#[test]
fn the_budget_ends_it() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    let mut attempts = 0;
    loop {
        match history.next() {
            Next::Compensate {
                infno,
                attempt,
                resend,
                ..
            } => {
                attempts += 1;
                history.compensated(&txid, infno, attempt, resend, Some(unknown()));
            }
            Next::Query { .. } => history.answered(&txid, Says::Applied),
            Next::GiveUp { reason, .. } => break assert_eq!(reason, "budget-spent"),
            other => panic!("{other:?}"),
        }
        assert!(attempts <= patience().budget);
    }
    assert_eq!(attempts, patience().budget);
}

#[test]
fn a_platform_that_never_answers_queries_does_not_hold_the_run_for_ever() {
    let mut history = History::new();
    let txid = history.ok("a", "2204");
    history.compensated(&txid, InfNo::new("2205"), 1, None, Some(ok()));
    let rounds = (0..100).take_while(|_| match history.next() {
        Next::Query { .. } => {
            history.answered(&txid, Says::Unclear);
            true
        }
        Next::GiveUp { .. } => false,
        other => panic!("{other:?}"),
    });
    assert!(rounds.count() < 30);
}

#[test]
fn a_message_that_the_platform_shows_is_cancelled_and_never_sent_twice() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::Applied);
    let Next::Compensate { infno, resend, .. } = history.next() else {
        panic!("a second sending is a second visit where msgids are not known again")
    };
    assert_eq!((infno, resend), (InfNo::new("2202"), None));
}

#[test]
fn a_query_without_an_answer_is_asked_again_before_anything_is_sent_twice() {
    let mut history = History::new();
    let txid = history.intent("a", "2204");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::Unclear);
    assert_eq!(history.next(), Next::Query { txid });
}

#[test]
fn an_undo_that_was_seen_before_is_followed_by_one_under_a_new_number() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(unknown()));
    history.next();
    history.answered(&txid, Says::Reversed);
    let Next::Compensate {
        resend: Some(first),
        ..
    } = history.next()
    else {
        panic!("others on the path may not know")
    };
    let seen_before = Some(refused("E-DUPMSG"));
    history.compensated(&txid, InfNo::new("2208"), 2, Some(first), seen_before);
    history.next();
    history.answered(&txid, Says::Reversed);
    let Next::Compensate {
        infno,
        attempt: 3,
        resend: None,
        ..
    } = history.next()
    else {
        panic!("«seen before» says nothing of the books")
    };
    history.compensated(&txid, infno, 3, None, Some(refused("E-UNDONE")));
    history.next();
    history.answered(&txid, Says::Reversed);
    assert!(matches!(history.next(), Next::Conclude { .. }));
}

#[test]
fn undone_already_and_still_standing_is_reversed_by_message_id_along_the_whole_path() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.compensated(
        &txid,
        InfNo::new("2208"),
        1,
        None,
        Some(refused("E-UNDONE")),
    );
    history.next();
    history.answered(&txid, Says::Applied);
    let Next::Compensate { infno, resend, .. } = history.next() else {
        panic!("somebody in front still has it")
    };
    assert_eq!((infno, resend), (InfNo::new("2601"), None));
}
