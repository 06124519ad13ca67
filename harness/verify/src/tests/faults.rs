//! 有误之例 · One lie per history, told while booking, and exactly the classes it must be called by.
//!
//! The list of classes is whole: a class too many is a false alarm, one too few is a miss. That every rule is
//! needed is tested by striking each out in turn.

use crosswipe_domain::{Party, Role, Rule};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::lies_of_books::*;
use super::lies_of_proof::*;
use super::lies_of_window::*;
use crate::evidence::{Evidence, Instant};
use crate::judge::judge_without;
use crate::judgement::Verdict::{self, Indeterminate, Violated};
use crate::testkit::{History, PERSON, at, his, hub, insured, plan, treatment};
use crate::tests::{classes, judged};

/// A history with a lie in it.
type Lie = fn() -> Evidence;

#[rstest]
#[case::f01(accumulator_not_restored, Violated, &["residue:accumulator", "under-reversal"])]
#[case::f02(account_not_restored, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"])]
#[case::f03(reversal_never_reaches_the_insured_place, Violated, &["one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f04(reversal_stays_at_the_treatment_place, Violated, &["residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement", "split:HT|NI"])]
#[case::f05(reversal_is_only_said, Violated, &["one-sided:his", "residue:accumulator", "residue:clearing", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement"])]
#[case::f06(hub_keeps_its_clearing, Violated, &["one-sided:hub", "residue:clearing", "residue:prefund", "residue:reconciliation", "residue:settlement"])]
#[case::f07(hospital_forgets_the_reversal, Violated, &["one-sided:his", "residue:cash", "residue:invoice", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement"])]
#[case::f08(treatment_place_loses_the_settlement, Violated, &["one-sided:treatment"])]
#[case::f09(reversal_booked_twice, Violated, &["double-reversal", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f10(settlement_booked_twice, Violated, &["duplicate-settle", "residue:reconciliation"])]
#[case::f11(reversal_one_fen_short, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"])]
#[case::f12(reversal_one_fen_too_much, Violated, &["mismatch:split", "over-reversal", "residue:personal-account"])]
#[case::f13(reversal_leg_twice_in_its_group, Violated, &["over-reversal", "residue:accumulator"])]
#[case::f14(fund_line_off_by_one, Violated, &["mismatch:amount", "mismatch:split"])]
#[case::f15(cash_written_down_differently, Violated, &["mismatch:amount"])]
#[case::f16(another_settlement_id_at_the_hub, Violated, &["mismatch:id"])]
#[case::f17(visit_left_open, Violated, &["residue:visit"])]
#[case::f18(fee_lines_kept, Violated, &["one-sided:treatment", "residue:fee-detail"])]
#[case::f19(postings_reversed_but_the_record_is_valid, Violated, &["residue:settlement"])]
#[case::f20(record_reversed_but_the_postings_stand, Violated, &["evidence:conflict", "one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f21(a_book_nobody_knows_is_left, Violated, &["residue:loyalty-points", "under-reversal"])]
#[case::f22(invoice_without_red_letter, Violated, &["residue:invoice", "under-reversal"])]
#[case::f23(prefund_left, Violated, &["mismatch:split", "residue:prefund", "under-reversal"])]
#[case::f24(hub_counts_another_day, Violated, &["residue:reconciliation"])]
#[case::f25(settlement_lands_after_its_tombstone, Violated, &["late-apply"])]
#[case::f26(empty_reversal_with_effect, Violated, &["empty-reversal", "residue:equity", "residue:personal-account"])]
#[case::f27(refusal_that_lied, Violated, &["one-sided:his"])]
#[case::f28(success_never_applied, Violated, &["one-sided:his"])]
#[case::f29(the_latest_settlement_reversed_instead_of_the_named, Violated, &["one-sided:his", "residue:accumulator", "residue:cash", "residue:clearing", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "wrong-target"])]
#[case::f30(oldest_reversed_first, Violated, &["gate:order"])]
#[case::f31(history_deleted, Violated, &["audit:erased", "one-sided:insured"])]
#[case::f32(history_cut_off, Violated, &["audit:gap", "one-sided:insured"])]
#[case::f33(history_rewritten, Violated, &["audit:mutated", "mismatch:split"])]
#[case::f34(opening_row_rewritten, Violated, &["audit:mutated"])]
#[case::f35(torn_export, Indeterminate, &["evidence:conflict", "residue:accumulator"])]
#[case::f36(one_bit_of_an_export, Violated, &["evidence:tampered"])]
#[case::f37(one_bit_of_a_look, Violated, &["evidence:tampered"])]
#[case::f38(insured_place_shows_no_books_at_t1, Indeterminate, &["evidence:missing"])]
#[case::f39(t0_without_the_hub, Indeterminate, &["evidence:stale"])]
#[case::f40(t0_after_the_first_swipe, Indeterminate, &["evidence:stale"])]
#[case::f41(an_older_process_still_writes, Violated, &["journal:forked"])]
#[case::f41b(the_clock_was_set_back, Indeterminate, &["journal:clock"])]
#[case::f41c(one_number_for_two_undos, Violated, &["mismatch:id"])]
#[case::f42(message_stuck_in_a_queue, Indeterminate, &["residue:queue"])]
#[case::f43(message_stuck_beyond_the_window, Violated, &["residue:queue"])]
#[case::f44(stranger_at_a_listed_hospital, Indeterminate, &["foreign:insured"])]
#[case::f45(test_person_swiped_by_hand, Indeterminate, &["foreign:insured"])]
#[case::f46(test_person_swiped_by_hand_and_the_window_is_over, Violated, &["foreign:insured"])]
#[case::f47(test_person_swiped_by_hand_and_undone, Indeterminate, &["foreign:insured"])]
#[case::f48(public_served_while_suspended, Violated, &["gate:window"])]
#[case::f49(another_persons_account, Violated, &["gate:persona"])]
#[case::f50(swipe_before_the_window, Violated, &["gate:window"])]
#[case::f51(swipe_of_a_suspended_business, Violated, &["gate:business"])]
#[case::f52(swipe_of_the_wrong_class, Violated, &["gate:persona"])]
#[case::f53(swipe_at_an_institution_not_ready, Violated, &["gate:institution"])]
#[case::f54(booked_late_by_a_slow_clock, Violated, &["gate:window"])]
#[case::f55(swipe_inside_the_margin, Violated, &["gate:window"])]
#[case::f56(probe_differs, Violated, &["mismatch:amount"])]
#[case::f57(a_trial_books, Violated, &["residue:hold"])]
#[case::f58(forced_swipe_accepted, Violated, &["gate:window"])]
#[case::f59(reversed_across_midnight, Violated, &["residue:reconciliation"])]
#[case::f60(resurrected_after_restart, Violated, &["audit:gap", "one-sided:treatment", "residue:clearing", "residue:fee-detail", "residue:payable", "residue:reconciliation", "residue:settlement", "residue:visit"])]
#[case::f61(broken_chain, Indeterminate, &["journal:corrupt"])]
#[case::f62(never_undone, Violated, &["residue:accumulator", "residue:cash", "residue:clearing", "residue:fee-detail", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "residue:visit"])]
fn a_lie_is_called_by_its_name(
    #[case] lie: Lie,
    #[case] verdict: Verdict,
    #[case] expected: &[&str],
) {
    let judgement = judged(&lie());
    assert_eq!(
        classes(&judgement),
        expected,
        "{}",
        crate::tests::told(&judgement)
    );
    assert_eq!(judgement.verdict, verdict);
}

/// Before the window by its stamp, and after its own sending by the journal: the clock is wrong, not the instant.
#[test]
fn a_stamp_from_before_the_sending_is_a_slow_clock() {
    let judgement = judged(&booked_before_it_was_sent());
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{}",
        crate::tests::told(&judgement)
    );
    let note = judgement
        .notes
        .iter()
        .find(|note| note.code == "skew")
        .unwrap();
    assert_eq!(note.facts["party"], "hub:330000");
}

/// For each rule a lie that it alone tells, or of which it tells a class that no other rule has.
#[rstest]
#[case(Rule::R1, a_book_nobody_knows_is_left, "residue:loyalty-points")]
#[case(Rule::R2, history_cut_off, "audit:gap")]
#[case(Rule::R3, account_not_restored, "mismatch:split")]
#[case(Rule::R4, reversal_one_fen_short, "under-reversal")]
#[case(Rule::R5, settlement_lands_after_its_tombstone, "late-apply")]
#[case(Rule::R6, refusal_that_lied, "one-sided:his")]
#[case(Rule::R7, message_stuck_beyond_the_window, "residue:queue")]
#[case(Rule::R8, probe_differs, "mismatch:amount")]
#[case(Rule::R9, hub_counts_another_day, "residue:reconciliation")]
#[case(Rule::R10, clearing_confirmed, "residue:clearing")]
#[case(Rule::R11, test_person_swiped_by_hand, "foreign:insured")]
#[case(Rule::R12, swipe_of_the_wrong_class, "gate:persona")]
#[case(Rule::R13, oldest_reversed_first, "gate:order")]
#[case(Rule::R14, swipe_inside_the_margin, "gate:window")]
fn no_rule_is_idle(#[case] rule: Rule, #[case] lie: Lie, #[case] class: &str) {
    let told = |struck: Option<Rule>| {
        classes(&judge_without(&lie(), struck))
            .iter()
            .any(|found| found == class)
    };
    assert!(told(None), "{rule} finds {class}");
    assert!(
        !told(Some(rule)),
        "without {rule} nothing else says {class}"
    );
}

#[rstest]
#[case::forgotten_accumulators(
    accumulator_not_restored,
    "residue:accumulator",
    Some(insured()),
    None
)]
#[case::reversal_dropped_by_the_hub(
    reversal_never_reaches_the_insured_place,
    "one-sided:insured",
    Some(insured()),
    Some(hub())
)]
#[case::reversal_only_said(reversal_is_only_said, "one-sided:his", Some(his()), Some(treatment()))]
#[case::reversal_not_forwarded(
    reversal_stays_at_the_treatment_place,
    "split:HT|NI",
    None,
    Some(treatment())
)]
#[case::hub_keeps_its_own(hub_keeps_its_clearing, "one-sided:hub", Some(hub()), Some(hub()))]
#[case::hospital_rolled_back(
    hospital_forgets_the_reversal,
    "one-sided:his",
    Some(his()),
    Some(his())
)]
#[case::answer_lost_in_a_crash(
    treatment_place_loses_the_settlement,
    "one-sided:treatment",
    Some(treatment()),
    Some(treatment())
)]
#[case::lying_refusal(refusal_that_lied, "one-sided:his", Some(his()), Some(treatment()))]
#[case::empty_success(success_never_applied, "one-sided:his", Some(his()), Some(treatment()))]
fn one_head_is_named_and_all_else_follows_from_it(
    #[case] lie: Lie,
    #[case] class: &str,
    #[case] party: Option<Party>,
    #[case] answered_by: Option<Party>,
) {
    let judgement = judged(&lie());
    let head = &judgement.findings[0];
    assert_eq!(
        (head.class.as_str(), &head.party, &head.answered_by),
        (class, &party, &answered_by),
        "{}",
        crate::tests::told(&judgement)
    );
    assert!(head.follows_from.is_none());
    assert!(
        judgement.findings[1..]
            .iter()
            .all(|one| one.follows_from == Some(0)),
        "{}",
        crate::tests::told(&judgement)
    );
}

#[test]
fn a_forgotten_accumulator_is_shown_with_its_cell_amounts_and_the_posting_without_negation() {
    let judgement = judged(&accumulator_not_restored());
    let finding = judgement
        .findings
        .iter()
        .find(|one| one.location.contains("D310101") && one.rule == Rule::R1)
        .unwrap();
    assert_eq!(
        (finding.expected.as_str(), finding.actual.as_str()),
        ("70.00", "120.00")
    );
    assert_eq!(
        finding.person.as_ref().map(|person| person.as_str()),
        Some(PERSON)
    );
    assert_eq!(finding.witness.len(), 1, "{:?}", finding.witness);
    assert!(
        finding.witness[0].contains("2207") && finding.witness[0].ends_with("+50.00"),
        "{:?}",
        finding.witness
    );
}

#[test]
fn a_day_total_that_crosses_midnight_is_a_note_under_net_zero() {
    let mut evidence = reversed_across_midnight();
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        header.plan.same_day = false;
    }
    let judgement = judged(&evidence);
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{}",
        crate::tests::told(&judgement)
    );
    assert!(judgement.notes.iter().any(|note| note.code == "cross-day"));
}

#[test]
fn what_stays_open_behind_a_broken_reversal_follows_from_it() {
    // The insured place never gets the reversal, so the person's chain is stopped and line and visit stay.
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.undo(&swipe[3], "2208", &[], &mut |group| {
        group.times = u32::from(group.party.role != Role::Insured)
    });
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(judgement.findings[0].class.as_str(), "one-sided:insured");
    assert!(
        judgement
            .findings
            .iter()
            .any(|one| one.class.as_str() == "residue:visit")
    );
    assert!(
        judgement.findings[1..]
            .iter()
            .all(|one| one.follows_from == Some(0)),
        "{}",
        crate::tests::told(&judgement)
    );
}

#[test]
fn a_first_look_after_the_window_is_one_finding_however_many_parties() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.now = at("2017-06-04T18:00:01+08:00");
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(
        (classes(&judgement), judgement.findings.len()),
        (vec!["gate:window".to_owned()], 1)
    );
}
