//! 所告 · What the fold tells those who ask: what is open, how it ended, what was said, which visit it is.

use crosswipe_domain::{InfNo, TxId};
use crosswipe_journal::Says;
use crosswipe_rollback::Next;
use rstest::rstest;

use crate::history::{History, ok, person, refused, unknown};

const HERE: &str = "H33010000001";

#[test]
fn what_is_open_is_counted_and_whose_it_is_is_named_until_all_is_concluded() {
    let mut history = History::new();
    assert_eq!(history.fold.open_count(), 0);
    assert!(history.fold.people_with_open().is_empty());
    let visit = history.ok("a", "2201");
    let diagnosis = history.ok("a", "2203");
    let settlement = history.ok("a", "2207");
    assert_eq!(history.fold.open_count(), 3);
    assert_eq!(history.fold.people_with_open(), [Some(person())]);
    assert!(history.fold.is_open(&settlement));
    history.concluded(&settlement, false);
    assert!(!history.fold.is_open(&settlement));
    assert_eq!(history.fold.open_count(), 2);
    history.concluded(&visit, false);
    assert_eq!(history.fold.open_count(), 0, "the diagnosis went with it");
    assert!(!history.fold.is_open(&diagnosis));
    assert!(history.fold.people_with_open().is_empty());
}

#[test]
fn how_it_ended_and_what_the_last_query_said_are_told_as_the_journal_has_them() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    assert_eq!(history.fold.outcome(&txid), None);
    assert_eq!(history.fold.says(&txid), None);
    let of_another_run = TxId::parse("z/2207").unwrap();
    assert_eq!(history.fold.attempts(&of_another_run), 0);
    history.outcome(&txid, unknown());
    assert_eq!(history.fold.outcome(&txid), Some(&unknown()));
    history.answered(&txid, Says::Unclear);
    history.answered(&txid, Says::NotApplied);
    assert_eq!(history.fold.says(&txid), Some(Says::NotApplied));
    // What was said before its message went out again says nothing of what came of that.
    history.resent(&txid, refused("E-WINDOW"));
    assert_eq!(history.fold.says(&txid), None);
    history.answered(&txid, Says::Applied);
    assert_eq!(history.fold.attempts(&txid), 0);
    history.compensated(&txid, InfNo::new("2601"), 1, None, None);
    assert_eq!(history.fold.says(&txid), None);
    assert_eq!(history.fold.attempts(&txid), 1);
}

/// An answer that arrives late settles more than what a query had said before it.
#[test]
fn an_outcome_makes_what_was_said_before_it_old() {
    let mut history = History::new();
    let txid = history.intent("a", "2207");
    history.answered(&txid, Says::NotApplied);
    history.outcome(&txid, refused("E-SPLIT"));
    assert_eq!(history.fold.says(&txid), None);
    assert_eq!(history.next(), Next::Query { txid });
}

/// A crash between the note that says «sent again» and the answer: what was said before is of another time.
#[test]
fn an_answer_from_before_a_message_went_out_again_decides_nothing() {
    let mut history = History::new();
    let txid = history.intent("a", "2201");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::NotApplied);
    assert_eq!(history.next(), Next::Resend { txid: txid.clone() });
    history.noted(crosswipe_rollback::RESENT, &txid);
    assert_eq!(history.fold.says(&txid), None);
    assert_eq!(
        history.next(),
        Next::Query { txid },
        "asked anew before anything else"
    );
}

/// Two visits of one institution, one at another, and a settlement that bears the same visit id.
#[rstest]
#[case::the_first(HERE, "V1", Some("a/2201"))]
#[case::the_other(HERE, "V2", Some("b/2401"))]
#[case::at_another_institution("H33020000001", "V1", None)]
#[case::a_visit_that_nobody_opened(HERE, "V3", None)]
fn the_open_visit_of_an_id_is_found(
    #[case] origin: &str,
    #[case] mdtrt_id: &str,
    #[case] expected: Option<&str>,
) {
    let mut history = History::new();
    history.ok_with("a", "2204", &[("mdtrt_id", "V3")]);
    history.ok_with("a", "2201", &[("mdtrt_id", "V1")]);
    history.ok_with("a", "2207", &[("mdtrt_id", "V1"), ("setl_id", "S1")]);
    history.ok_with("b", "2401", &[("mdtrt_id", "V2")]);
    let found = history.fold.visit(origin, mdtrt_id);
    assert_eq!(found.as_ref().map(TxId::as_str), expected);
}

#[test]
fn a_visit_that_is_closed_is_nobodys_open_visit() {
    let mut history = History::new();
    let visit = history.ok_with("a", "2201", &[("mdtrt_id", "V1")]);
    history.concluded(&visit, false);
    assert_eq!(history.fold.visit(HERE, "V1"), None);
}

/// A note says what somebody noticed; only the one that says «late» opens anything again.
#[test]
fn a_note_about_a_closed_transaction_leaves_it_closed() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.concluded(&txid, false);
    history.noted("slow-answer", &txid);
    assert_eq!((history.next(), history.fold.open_count()), (Next::Done, 0));
}

/// A pre-settlement moves nothing, so nothing of it is open.
#[test]
fn what_books_nothing_is_never_open() {
    let mut history = History::new();
    let txid = history.read("a", "2206");
    assert!(!history.fold.is_open(&txid));
    assert_eq!(history.fold.open_count(), 0);
    assert!(history.fold.people_with_open().is_empty());
}

/// What merely goes with another τ is never asked for by itself, as long as anything of its person is open.
#[test]
fn a_diagnosis_alone_is_undone_by_nobody() {
    let mut history = History::new();
    let diagnosis = history.ok("a", "2203");
    assert_eq!(history.next(), Next::Done);
    assert!(history.fold.is_open(&diagnosis));
}

#[test]
fn an_undo_that_stands_shown_by_a_query_without_an_undo_before_is_no_wavering() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.answered(&txid, Says::Applied);
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(ok()));
    history.compensated(
        &txid,
        InfNo::new("2208"),
        2,
        None,
        Some(refused("E-UNDONE")),
    );
    assert!(!history.fold.wavered(&txid));
}
