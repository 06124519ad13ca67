//! 用例里的撤销 · An undo that a case asks for is an undo like any other: it closes its τ, and nothing is undone twice.

use crosswipe_domain::{InfNo, Outcome, TxId};
use crosswipe_journal::Says;
use crosswipe_rollback::{Named, Next};
use rstest::rstest;

use crate::history::{History, ok, patience, refused, unknown};

const HERE: &str = "H33010000001";

/// A visit that was settled, and its settlement.
fn settled() -> (History, TxId) {
    let mut history = History::new();
    history.ok_with("a", "2201", &[("mdtrt_id", "V1")]);
    history.ok("a", "2203");
    history.ok_with("a", "2204", &[("mdtrt_id", "V1"), ("chrg_bchno", "B1")]);
    let txid = history.ok_with("a", "2207", &[("mdtrt_id", "V1"), ("setl_id", "S1")]);
    history.step = Some("2.2208".to_owned());
    (history, txid)
}

#[test]
fn what_a_case_has_undone_is_proved_and_then_left_alone() {
    let (mut history, txid) = settled();
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(ok()));
    let next = history.fold.next_of(&txid, history.now);
    assert_eq!(next, Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Reversed);
    history.concluded(&txid, false);
    assert_eq!(history.fold.next_of(&txid, history.now), Next::Done);
    assert!(!history.fold.is_open(&txid));
    history.step = None;
    assert_eq!(history.run_to_the_end(), ["2205 a/2204", "2202 a/2201"]);
}

#[test]
fn a_second_settlement_of_the_visit_is_undone_without_touching_the_first() {
    let (mut history, first) = settled();
    history.compensated(&first, InfNo::new("2208"), 1, None, Some(ok()));
    history.answered(&first, Says::Reversed);
    history.concluded(&first, false);
    history.ok_with("b", "2207", &[("mdtrt_id", "V1"), ("setl_id", "S2")]);
    history.step = None;
    assert_eq!(
        history.run_to_the_end(),
        ["2208 b/2207", "2205 a/2204", "2202 a/2201"]
    );
}

/// Whoever dies here asks first, and sends the same message again.
#[test]
fn an_undo_of_a_case_whose_answer_is_lost_is_asked_about_and_sent_again() {
    let (mut history, txid) = settled();
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(unknown()));
    let sent = history.last_undo();
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::Reversed);
    let Next::Compensate {
        resend, attempt, ..
    } = history.next()
    else {
        panic!("those in front may not know")
    };
    assert_eq!((resend.unwrap().to_string(), attempt), (sent, 2));
}

/// A tester undoes out of order, to see it refused: what he tried to undo is undone in its turn all the same.
#[rstest]
#[case("E-LATER")]
#[case("E-CLEARED")]
fn an_undo_of_a_case_that_was_refused_is_no_attempt_of_the_rollback(#[case] code: &str) {
    let (mut history, txid) = settled();
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(refused(code)));
    assert_eq!(history.fold.attempts(&txid), 0);
    history.answered(&txid, Says::Applied);
    history.step = None;
    assert_eq!(
        history.run_to_the_end(),
        ["2208 a/2207", "2205 a/2204", "2202 a/2201"]
    );
    assert!(history.fold.people_with_open().is_empty());
}

/// The same refusal of the rollback's own undo is the end: a person has to act.
#[test]
fn the_same_refusal_of_the_rollbacks_own_undo_ends_the_chain() {
    let (mut history, txid) = settled();
    history.step = None;
    history.compensated(&txid, InfNo::new("2208"), 1, None, Some(refused("E-LATER")));
    history.answered(&txid, Says::Applied);
    assert!(matches!(history.next(), Next::GiveUp { .. }));
}

#[rstest]
#[case::by_its_id("2208", &[("setl_id", "S1")], Some("a/2207"))]
#[case::another_settlement("2208", &[("setl_id", "S2")], None)]
#[case::no_id_at_all("2208", &[("mdtrt_id", "V1")], None)]
#[case::a_batch("2205", &[("mdtrt_id", "V1"), ("chrg_bchno", "B1")], Some("a/2204"))]
#[case::all_batches("2205", &[("mdtrt_id", "V1"), ("chrg_bchno", "0000")], Some("a/2204"))]
#[case::another_batch("2205", &[("mdtrt_id", "V1"), ("chrg_bchno", "B2")], None)]
#[case::the_visit("2202", &[("mdtrt_id", "V1")], Some("a/2201"))]
#[case::another_visit("2202", &[("mdtrt_id", "V2")], None)]
#[case::an_undo_of_the_other_business("2305", &[("setl_id", "S1")], None)]
fn an_undo_names_a_transaction_by_the_ids_it_carries(
    #[case] infno: &str,
    #[case] fields: &[(&str, &str)],
    #[case] expected: Option<&str>,
) {
    let (history, _) = settled();
    let field = |name: &str| {
        let known = fields.iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| (*value).to_owned())
    };
    let named = |origin| history.fold.named(origin, &InfNo::new(infno), field);
    let here = named(HERE);
    assert!(here.as_ref().is_none_or(|named| !named.part));
    assert_eq!(here.as_ref().map(|named| named.txid.as_str()), expected);
    assert_eq!(named("H33020000001"), None, "another institution's ids");
}

/// A person may be registered twice, under a number that visits and settlements do not have.
#[rstest]
#[case::by_its_number("2504", &[("trt_dcla_detl_sn", "D1")], Some("f/2503"))]
#[case::another_registration("2504", &[("trt_dcla_detl_sn", "D2")], None)]
#[case::of_another_kind("2502", &[("trt_dcla_detl_sn", "D1")], None)]
#[case::by_a_visit("2504", &[("mdtrt_id", "V1")], None)]
fn a_registration_is_named_by_its_own_number(
    #[case] infno: &str,
    #[case] fields: &[(&str, &str)],
    #[case] expected: Option<&str>,
) {
    let mut history = History::new();
    let ids = [("trt_dcla_detl_sn", "D1"), ("mdtrt_id", "V1")];
    history.ok_with("f", "2503", &ids);
    let field = |name: &str| {
        let known = fields.iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| (*value).to_owned())
    };
    let named = history.fold.named(HERE, &InfNo::new(infno), field);
    assert_eq!(named.as_ref().map(|named| named.txid.as_str()), expected);
}

#[test]
fn a_single_line_of_a_stay_is_a_part_of_its_upload() {
    let mut history = History::new();
    history.ok_with("a", "2401", &[("mdtrt_id", "V1")]);
    let upload = history.ok_with("a", "2301", &[("mdtrt_id", "V1")]);
    let named = |line: &str| {
        let field = |name: &str| match name {
            "mdtrt_id" => Some("V1".to_owned()),
            "feedetl_sn" => Some(line.to_owned()),
            _ => None,
        };
        history.fold.named(HERE, &InfNo::new("2302"), field)
    };
    let of_upload = |part| {
        let txid = upload.clone();
        Some(Named { txid, part })
    };
    assert_eq!(named("B1-002"), of_upload(true));
    assert_eq!(named("0000"), of_upload(false));
}

/// A query knows the whole upload and nothing of its parts: whatever it says, the part is sent again, and when that
/// cannot be settled a person has to act.
#[rstest]
#[case::unclear(Says::Unclear)]
#[case::undone(Says::Reversed)]
#[case::nowhere(Says::NotApplied)]
fn no_answer_about_the_whole_settles_a_part(#[case] says: Says) {
    let mut history = History::new();
    history.ok("a", "2401");
    let upload = history.ok("a", "2301");
    history.part = true;
    history.compensated(&upload, InfNo::new("2302"), 1, None, None);
    let mut made = 1;
    loop {
        match history.next() {
            Next::Query { .. } => history.answered(&upload, says),
            Next::Compensate {
                infno,
                attempt,
                resend,
                ..
            } => {
                made += 1;
                assert_eq!((attempt, resend.is_some()), (made, true));
                history.compensated(&upload, infno, attempt, resend, Some(unknown()));
            }
            Next::GiveUp { reason, .. } => break assert_eq!(reason, "budget-spent"),
            other => panic!("after {made}: {other:?}"),
        }
    }
    assert_eq!(made, patience().budget);
}

/// Parties that do not know the same rest could not withdraw it together.
#[test]
fn a_part_of_which_nobody_knows_is_sent_again_before_the_whole_is_undone() {
    let mut history = History::new();
    history.ok("a", "2401");
    let upload = history.ok("a", "2301");
    history.step = Some("2.2302".to_owned());
    history.part = true;
    history.compensated(&upload, InfNo::new("2302"), 1, None, None);
    let sent = history.last_undo();
    assert!(history.fold.has_part(&upload));
    assert_eq!(
        history.next(),
        Next::Query {
            txid: upload.clone()
        }
    );
    history.answered(&upload, Says::Applied);
    let Next::Compensate {
        resend,
        attempt,
        infno,
        ..
    } = history.next()
    else {
        panic!("all must come to one state")
    };
    assert_eq!(resend.as_ref().unwrap().to_string(), sent);
    history.compensated(&upload, infno, attempt, resend, Some(ok()));
    assert!(!history.fold.has_part(&upload));
    (history.step, history.part) = (None, false);
    assert_eq!(history.run_to_the_end(), ["2302 a/2301", "2404 a/2401"]);
}

#[rstest]
#[case::done(ok())]
#[case::refused(refused("E-NOVISIT"))]
#[case::seen_before(refused("E-DUPMSG"))]
fn a_part_leaves_its_upload_to_be_undone(#[case] outcome: Outcome) {
    let mut history = History::new();
    history.ok("a", "2401");
    let upload = history.ok("a", "2301");
    history.part = true;
    history.compensated(&upload, InfNo::new("2302"), 1, None, Some(outcome));
    history.part = false;
    assert!(history.fold.is_open(&upload));
    assert_eq!(history.run_to_the_end(), ["2302 a/2301", "2404 a/2401"]);
}

#[test]
fn a_reversal_names_its_original_by_message_and_number() {
    let (history, txid) = settled();
    let msgid = history.fold.intent(&txid).unwrap().msgid.to_string();
    let named = |omsgid: &str, oinfno: &str| {
        let field = |name: &str| match name {
            "omsgid" => Some(omsgid.to_owned()),
            "oinfno" => Some(oinfno.to_owned()),
            _ => None,
        };
        history.fold.named(HERE, &InfNo::new("2601"), field)
    };
    assert_eq!(named(&msgid, "2207").unwrap().txid, txid);
    assert_eq!(named(&msgid, "2304"), None);
    assert_eq!(named("another", "2207"), None);
}

#[test]
fn what_is_closed_is_named_by_nobody() {
    let (mut history, txid) = settled();
    history.concluded(&txid, false);
    let field = |name: &str| (name == "setl_id").then(|| "S1".to_owned());
    assert_eq!(history.fold.named(HERE, &InfNo::new("2208"), field), None);
}
