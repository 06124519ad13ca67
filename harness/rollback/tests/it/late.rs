//! 迟到 · Which closed τ a log shows standing, and what opening one again leads to.

use std::sync::Arc;

use crosswipe_domain::{Cause, CellKey, Entry, FenceState, InfNo, LogRow, TxId, Unit};
use crosswipe_journal::Says;
use crosswipe_rollback::{LATE, Next};

use crate::history::{History, ok, unknown};

/// A settlement of unknown outcome, reversed by 2601 and believed undone; its msgid and the reversal's.
fn believed_undone(history: &mut History) -> (TxId, String, String) {
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::NotApplied);
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(ok()));
    let undo = history.last_undo();
    history.next();
    history.answered(&txid, Says::NotApplied);
    assert!(matches!(history.next(), Next::Conclude { .. }));
    history.concluded(&txid, true);
    let msgid = history.fold.intent(&txid).unwrap().msgid.to_string();
    (txid, msgid, undo)
}

fn row(history: &History, seq: u64, msgid: &str, entry: Entry) -> Arc<LogRow> {
    Arc::new(LogRow {
        seq,
        at: history.now,
        cause: Arc::new(Cause {
            origin: "H33010000001".into(),
            msgid: msgid.into(),
            infno: "2207".to_owned(),
        }),
        group: seq,
        person: None,
        entry,
    })
}

fn posting(amount: i64, reverses: Option<u64>) -> Entry {
    Entry::Posting {
        cell: CellKey::new("personal-account", []),
        unit: Unit::Fen,
        amount,
        reverses,
    }
}

#[test]
fn what_was_booked_after_its_reversal_and_stands_is_late_and_is_reversed_anew() {
    let mut history = History::new();
    let (txid, own, undo) = believed_undone(&mut history);
    let tombstone = Entry::Fence {
        origin: "H33010000001".into(),
        msgid: own.as_str().into(),
        state: FenceState::Tombstone,
        reply: None,
    };
    let log = vec![
        row(&history, 0, &undo, tombstone),
        row(&history, 1, &own, posting(-5, None)),
    ];
    assert_eq!(
        history.fold.late(&log[..1]),
        [],
        "a tombstone stands for nothing"
    );
    assert_eq!(history.fold.late(&log), std::slice::from_ref(&txid));
    let mut undone = log.clone();
    undone.push(row(&history, 2, &undo, posting(5, Some(1))));
    assert_eq!(history.fold.late(&undone), [], "it stands no more");
    history.noted(LATE, &txid);
    assert_eq!(history.fold.late(&log), [], "it is open again already");
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::NotApplied);
    let Next::Compensate { infno, resend, .. } = history.next() else {
        panic!("whoever is asked may know nothing of it")
    };
    assert_eq!((infno, resend), (InfNo::new("2601"), None));
}

#[test]
fn what_was_answered_cannot_come_late() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.concluded(&txid, false);
    let own = history.fold.intent(&txid).unwrap().msgid.to_string();
    let log = [row(&history, 0, &own, posting(-5, None))];
    assert_eq!(history.fold.late(&log), []);
}

/// One row each: what makes a later booking late, and what does not.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Tombstone,
    UndoArrived,
    UndoRefused,
    UndoBooked,
}

/// Concluded because a query had seen it standing, so that only the log says what came first.
fn seen_and_undone(history: &mut History) -> (TxId, String, String) {
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::Applied);
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(ok()));
    let undo = history.last_undo();
    history.next();
    history.answered(&txid, Says::Reversed);
    history.concluded(&txid, false);
    let msgid = history.fold.intent(&txid).unwrap().msgid.to_string();
    (txid, msgid, undo)
}

#[rstest::rstest]
#[case::no_undo_before_it(Before::Nothing, false)]
#[case::behind_its_tombstone(Before::Tombstone, true)]
#[case::behind_its_undo(Before::UndoArrived, true)]
#[case::behind_an_undo_that_was_refused(Before::UndoRefused, false)]
#[case::behind_what_its_undo_booked(Before::UndoBooked, true)]
fn a_booking_is_late_behind_its_own_undo(#[case] before: Before, #[case] late: bool) {
    let mut history = History::new();
    let (txid, own, undo) = seen_and_undone(&mut history);
    let fence = |msgid: &str, state| Entry::Fence {
        origin: "H33010000001".into(),
        msgid: msgid.into(),
        state,
        reply: None,
    };
    let mut log = match before {
        Before::Nothing => vec![],
        // Whoever writes it: it names the settlement itself.
        Before::Tombstone => {
            vec![row(
                &history,
                0,
                "night-1",
                fence(&own, FenceState::Tombstone),
            )]
        }
        Before::UndoArrived => vec![row(&history, 0, &undo, fence(&undo, FenceState::Applied))],
        Before::UndoRefused => vec![row(&history, 0, &undo, fence(&undo, FenceState::Refused))],
        Before::UndoBooked => vec![row(&history, 0, &undo, posting(3, Some(999)))],
    };
    log.push(row(&history, 1, &own, posting(-5, None)));
    let expected: Vec<TxId> = late.then_some(txid).into_iter().collect();
    assert_eq!(history.fold.late(&log), expected);
}

/// Everybody had said that it was nowhere: then whatever is booked of it is late, with no undo in this log.
#[test]
fn what_was_nowhere_is_late_wherever_it_is_booked() {
    let mut history = History::new();
    let (txid, own, _) = believed_undone(&mut history);
    let log = [row(&history, 0, &own, posting(-5, None))];
    assert_eq!(history.fold.late(&log), [txid]);
    let others = [row(&history, 0, "another", posting(-5, None))];
    assert_eq!(history.fold.late(&others), []);
}

#[test]
fn no_log_need_be_read_where_all_was_answered() {
    let mut history = History::new();
    assert!(!history.fold.may_be_late());
    let answered = history.ok("a", "2207");
    history.concluded(&answered, false);
    assert!(
        !history.fold.may_be_late(),
        "it was booked before its answer"
    );
    let open = history.intent("b", "2207");
    history.outcome(&open, unknown());
    assert!(!history.fold.may_be_late(), "it is open");
    history.concluded(&open, true);
    assert!(history.fold.may_be_late());
}

/// What is opened again is something of which nobody knows anything but that it was seen standing.
#[test]
fn what_is_opened_again_begins_anew() {
    let mut history = History::new();
    let (txid, ..) = believed_undone(&mut history);
    assert_eq!(history.fold.attempts(&txid), 1);
    history.noted(LATE, &txid);
    let opened = history.now;
    assert!(history.fold.is_open(&txid));
    assert_eq!(history.fold.open_count(), 1);
    assert_eq!(history.fold.attempts(&txid), 0);
    assert_eq!(history.fold.says(&txid), None);
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    let grace = crate::history::patience().grace_ms;
    assert_eq!(history.now.ms_since(opened), grace);
    history.answered(&txid, Says::NotApplied);
    history.next();
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(ok()));
    history.next();
    history.answered(&txid, Says::NotApplied);
    let Next::Conclude { never_applied, .. } = history.next() else {
        panic!("it is nowhere now")
    };
    assert!(!never_applied, "the books had shown it");
}

/// A refusal that lied is opened as something unknown: asked about after the grace, and undone whatever is said.
#[test]
fn what_was_refused_and_is_booked_all_the_same_is_undone_without_another_question() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.outcome(&txid, crate::history::refused("E-SPLIT"));
    history.answered(&txid, Says::NotApplied);
    history.concluded(&txid, true);
    history.noted(LATE, &txid);
    history.next();
    history.answered(&txid, Says::NotApplied);
    assert!(matches!(history.next(), Next::Compensate { .. }));
}

/// The rounds and resends of its first life are not counted against its second.
#[test]
fn a_second_life_has_a_budget_of_its_own() {
    let budget = crate::history::patience().budget;
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    let lived = |history: &mut History| {
        let mut resent = 0;
        loop {
            match history.next() {
                Next::Query { .. } => history.answered(&txid, Says::NotApplied),
                Next::Resend { .. } => {
                    resent += 1;
                    history.resent(&txid, unknown());
                }
                Next::Conclude { never_applied, .. } => {
                    history.concluded(&txid, never_applied);
                    return resent;
                }
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(lived(&mut history), budget);
    history.noted(LATE, &txid);
    assert_eq!(lived(&mut history), budget);
    history.noted(LATE, &txid);
    for asked in 0..2 * budget {
        history.next();
        history.answered(&txid, Says::Unclear);
        let next = history.next();
        assert!(matches!(next, Next::Query { .. }), "{asked}: {next:?}");
    }
}

/// What stood in the way of a person's chain is found: what was given up is tried anew, with a budget of its own.
#[test]
fn a_chain_that_was_given_up_begins_anew_when_a_late_one_is_found() {
    let mut history = History::new();
    let stuck = history.ok("b", "2207");
    let (late, ..) = believed_undone(&mut history);
    let refused = Some(crate::history::refused("E-LATER"));
    history.compensated(&stuck, InfNo::new("2208"), 1, None, refused);
    history.next();
    history.answered(&stuck, Says::Applied);
    let Next::GiveUp {
        reason,
        owner,
        evidence,
        ..
    } = history.next()
    else {
        panic!("a later settlement stands in the way")
    };
    history.given_up(stuck.clone(), reason, owner, evidence);
    assert_eq!(history.next(), Next::Blocked { by: stuck.clone() });
    for _ in 0..20 {
        history.answered(&stuck, Says::Unclear);
    }
    history.noted(LATE, &late);
    assert_eq!(history.fold.attempts(&stuck), 0);
    assert_eq!(history.fold.says(&stuck), None);
    assert_eq!(
        history.run_to_the_end(),
        ["2601 a/2207", "2208 b/2207"],
        "both are undone"
    );
    assert_eq!(history.fold.open_count(), 0);
}

/// However often it was asked about while it stood still: asking begins anew too.
#[test]
fn who_is_asked_anew_has_not_been_asked_too_often() {
    let mut history = History::new();
    let lost = history.intent("b", "2207");
    history.outcome(&lost, crate::history::refused("E-SPLIT"));
    let (late, ..) = believed_undone(&mut history);
    for _ in 0..13 {
        history.answered(&lost, Says::Unclear);
    }
    history.noted(LATE, &late);
    history.next();
    history.answered(&late, Says::Applied);
    history.compensated(&late, InfNo::new("2601"), 1, None, Some(ok()));
    history.answered(&late, Says::Reversed);
    history.concluded(&late, false);
    assert_eq!(history.next(), Next::Query { txid: lost.clone() });
    history.answered(&lost, Says::Unclear);
    assert_eq!(history.next(), Next::Query { txid: lost });
}
