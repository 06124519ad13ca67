//! 有误之例 · One lie per history, told while booking, and exactly the classes it must be called by.
//!
//! The list of classes is whole: a class too many is a false alarm, one too few is a miss. That every rule and every class
//! is needed is tested by striking each out in turn (`strength`).

use crosswipe_domain::{Party, Role, Rule};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::lies_of_books::*;
use super::lies_of_proof::*;
use super::lies_of_the_public::*;
use super::lies_of_window::*;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict::{self, Indeterminate, Violated};
use crate::testkit::{History, PERSON, at, his, hub, insured, plan, treatment};
use crate::tests::{classes, judged, told};

/// 谎 · A history with a lie in it, and all that it must be called.
pub(super) struct Lie {
    pub(super) name: &'static str,
    pub(super) told: fn() -> Evidence,
    pub(super) verdict: Verdict,
    pub(super) classes: &'static [&'static str],
}

macro_rules! lie {
    ($told:ident, $verdict:expr, $classes:expr) => {
        Lie {
            name: stringify!($told),
            told: $told,
            verdict: $verdict,
            classes: $classes,
        }
    };
}

#[rustfmt::skip]
pub(super) const LIES: &[Lie] = &[
    lie!(accumulator_not_restored, Violated, &["residue:accumulator", "under-reversal"]),
    lie!(account_not_restored, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"]),
    lie!(reversal_never_reaches_the_insured_place, Violated, &["one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"]),
    lie!(reversal_stays_at_the_treatment_place, Violated, &["residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement", "split:HT|NI"]),
    lie!(reversal_is_only_said, Violated, &["one-sided:his", "residue:accumulator", "residue:clearing", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement"]),
    lie!(hub_keeps_its_clearing, Violated, &["one-sided:hub", "residue:clearing", "residue:prefund", "residue:reconciliation", "residue:settlement"]),
    lie!(hospital_forgets_the_reversal, Violated, &["one-sided:his", "residue:cash", "residue:invoice", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement"]),
    lie!(treatment_place_loses_the_settlement, Violated, &["one-sided:treatment"]),
    lie!(reversal_booked_twice, Violated, &["double-reversal", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"]),
    lie!(settlement_booked_twice, Violated, &["duplicate-settle", "residue:reconciliation"]),
    lie!(reversal_one_fen_short, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"]),
    lie!(reversal_one_fen_too_much, Violated, &["mismatch:split", "over-reversal", "residue:personal-account"]),
    lie!(reversal_leg_twice_in_its_group, Violated, &["over-reversal", "residue:accumulator"]),
    lie!(fund_line_off_by_one, Violated, &["mismatch:amount", "mismatch:split"]),
    lie!(cash_written_down_differently, Violated, &["mismatch:amount"]),
    lie!(another_settlement_id_at_the_hub, Violated, &["mismatch:id"]),
    lie!(visit_left_open, Violated, &["residue:visit"]),
    lie!(fee_lines_kept, Violated, &["one-sided:treatment", "residue:fee-detail"]),
    lie!(postings_reversed_but_the_record_is_valid, Violated, &["residue:settlement"]),
    lie!(record_reversed_but_the_postings_stand, Violated, &["evidence:conflict", "one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"]),
    lie!(a_book_nobody_knows_is_left, Violated, &["residue:loyalty-points", "under-reversal"]),
    lie!(invoice_without_red_letter, Violated, &["residue:invoice", "under-reversal"]),
    lie!(prefund_left, Violated, &["mismatch:split", "residue:prefund", "under-reversal"]),
    lie!(hub_counts_another_day, Violated, &["residue:reconciliation"]),
    lie!(settlement_lands_after_its_tombstone, Violated, &["late-apply"]),
    lie!(empty_reversal_with_effect, Violated, &["empty-reversal", "residue:equity", "residue:personal-account"]),
    lie!(refusal_that_lied, Violated, &["one-sided:his"]),
    lie!(success_never_applied, Violated, &["one-sided:his"]),
    lie!(the_latest_settlement_reversed_instead_of_the_named, Violated, &["one-sided:his", "residue:accumulator", "residue:cash", "residue:clearing", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "wrong-target"]),
    lie!(oldest_reversed_first, Violated, &["gate:order"]),
    lie!(history_deleted, Violated, &["audit:erased", "one-sided:insured"]),
    lie!(history_cut_off, Violated, &["audit:gap", "one-sided:insured"]),
    lie!(history_rewritten, Violated, &["audit:mutated", "mismatch:split"]),
    lie!(opening_row_rewritten, Violated, &["audit:mutated"]),
    lie!(torn_export, Indeterminate, &["evidence:conflict", "residue:accumulator"]),
    lie!(one_bit_of_an_export, Violated, &["evidence:tampered"]),
    lie!(one_bit_of_a_look, Violated, &["evidence:tampered"]),
    lie!(insured_place_shows_no_books_at_t1, Indeterminate, &["evidence:missing"]),
    lie!(t0_without_the_hub, Indeterminate, &["evidence:stale"]),
    lie!(t0_after_the_first_swipe, Indeterminate, &["evidence:stale"]),
    lie!(an_older_process_still_writes, Violated, &["journal:forked"]),
    lie!(the_clock_was_set_back, Indeterminate, &["journal:clock"]),
    lie!(one_number_for_two_undos, Violated, &["mismatch:id"]),
    lie!(message_stuck_in_a_queue, Indeterminate, &["residue:queue"]),
    lie!(message_stuck_beyond_the_window, Violated, &["residue:queue"]),
    lie!(stranger_at_a_listed_hospital, Indeterminate, &["foreign:insured"]),
    lie!(test_person_swiped_by_hand, Indeterminate, &["foreign:insured"]),
    lie!(test_person_swiped_by_hand_and_the_window_is_over, Violated, &["foreign:insured"]),
    lie!(test_person_swiped_by_hand_and_undone, Indeterminate, &["foreign:insured"]),
    lie!(public_served_while_suspended, Violated, &["gate:window"]),
    lie!(refunded_after_the_cut_off, Violated, &["gate:business"]),
    lie!(entered_out_of_turn, Violated, &["gate:order"]),
    lie!(entered_twice, Violated, &["duplicate-settle"]),
    lie!(the_old_platform_goes_on, Violated, &["gate:window", "mismatch:id", "residue:accumulator", "residue:clearing", "residue:fee-detail", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement", "residue:visit", "split:HTNI|I"]),
    lie!(another_persons_account, Violated, &["gate:persona"]),
    lie!(swipe_before_the_window, Violated, &["gate:window"]),
    lie!(swipe_of_a_suspended_business, Violated, &["gate:business"]),
    lie!(swipe_of_the_wrong_class, Violated, &["gate:persona"]),
    lie!(swipe_at_an_institution_not_ready, Violated, &["gate:institution"]),
    lie!(booked_when_the_window_was_over, Violated, &["gate:window", "one-sided:hub", "residue:visit"]),
    lie!(swipe_inside_the_margin, Violated, &["gate:window"]),
    lie!(probe_differs, Violated, &["mismatch:amount"]),
    lie!(a_trial_books, Violated, &["residue:hold"]),
    lie!(forced_swipe_accepted, Violated, &["gate:window"]),
    lie!(reversed_across_midnight, Violated, &["residue:reconciliation"]),
    lie!(resurrected_after_restart, Violated, &["audit:gap", "one-sided:treatment", "residue:clearing", "residue:fee-detail", "residue:payable", "residue:reconciliation", "residue:settlement", "residue:visit"]),
    lie!(broken_chain, Indeterminate, &["journal:corrupt"]),
    lie!(stock_not_returned, Violated, &["residue:inventory", "under-reversal"]),
    lie!(trace_code_still_sold, Violated, &["residue:trace-code", "under-reversal"]),
    lie!(still_in_hospital, Violated, &["residue:in-hospital", "under-reversal"]),
    lie!(money_still_held, Violated, &["residue:hold", "under-reversal"]),
    lie!(filing_still_in_force, Violated, &["residue:filing"]),
    lie!(another_person_at_the_hub, Violated, &["mismatch:person"]),
    lie!(clearing_confirmed, Violated, &["residue:clearing"]),
    lie!(a_split_that_nobody_can_add_up, Violated, &["mismatch:split"]),
    lie!(two_errors_that_cancel_in_the_cell, Violated, &["over-reversal"]),
    lie!(somebody_elses_filing_closed_on_the_way, Violated, &["residue:filing"]),
    lie!(refused_for_a_closed_period, Violated, &["residue:accumulator", "residue:cash", "residue:clearing", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "unresolved closed-period"]),
    lie!(stranger_in_the_hospitals_own_books, Indeterminate, &["foreign:his"]),
    lie!(stranger_at_the_treatment_place, Indeterminate, &["foreign:treatment"]),
    lie!(stranger_at_the_hub, Indeterminate, &["foreign:hub"]),
    lie!(never_undone, Violated, &["residue:accumulator", "residue:cash", "residue:clearing", "residue:fee-detail", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "residue:visit"]),
];

#[test]
fn a_lie_is_called_by_its_name() {
    let mut wrong = Vec::new();
    for lie in LIES {
        let judgement = judged(&(lie.told)());
        if classes(&judgement) != lie.classes || judgement.verdict != lie.verdict {
            wrong.push(format!(
                "{}: {} and not {} {:?}\n{}",
                lie.name,
                judgement.verdict.name(),
                lie.verdict.name(),
                lie.classes,
                told(&judgement)
            ));
        }
    }
    println!("{} lies, each called by all its names", LIES.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Before the window by its stamp and after its own sending by the journal, or after the window by its stamp and in a
/// look of its first minute: the clock is wrong, not the instant.
#[rstest]
#[case::behind(booked_before_it_was_sent, "behind_ms")]
#[case::ahead(booked_by_a_fast_clock, "ahead_ms")]
fn a_stamp_that_the_journal_contradicts_is_a_wrong_clock(
    #[case] lie: fn() -> Evidence,
    #[case] by: &str,
) {
    let judgement = judged(&lie());
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    let note = judgement.notes.iter().find(|note| note.code == "skew");
    let facts = &note.unwrap().facts;
    assert_eq!(facts["party"], "hub:330000");
    assert!(facts[by].parse::<i64>().unwrap() > 3_600_000, "{facts:?}");
    assert_eq!(facts.len(), 2, "{facts:?}");
}

/// The true instant lies between the sending, when the window was open, and the look, when it was not.
#[test]
fn a_wrong_clock_at_the_closing_bell_leaves_the_gate_undecided() {
    let judgement = judged(&booked_by_a_fast_clock_at_the_closing_bell());
    let gate = judgement
        .findings
        .iter()
        .find(|one| (one.rule, one.class.as_str()) == (Rule::R12, "gate:window"));
    assert!(
        gate.is_some_and(|one| one.uncertain),
        "{}",
        told(&judgement)
    );
    assert_ne!(judgement.verdict, Verdict::Clean);
}

/// A party's stamp on its books does not make t1 late, nor in time.
#[rstest]
#[case::ahead(7_200_000, "2017-06-04T17:59:00+08:00", false)]
#[case::behind(-7_200_000, "2017-06-04T18:01:00+08:00", true)]
fn the_last_look_is_as_late_as_the_journal_says(
    #[case] by: i64,
    #[case] now: &str,
    #[case] late: bool,
) {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.now = at(now);
    history.write(Payload::Note(crosswipe_journal::Note {
        code: "quiet".into(),
        txid: None,
        facts: Default::default(),
    }));
    history.export(Instant::T1);
    history.now = at("2017-06-05T00:01:00+08:00");
    history.export(Instant::T2);
    let file = history.evidence.exports.get_mut(&Instant::T1).unwrap();
    for file in file.values_mut() {
        let export = file.export.as_mut().unwrap();
        export.taken_at = export.taken_at.plus_ms(by);
    }
    crate::testkit::reseal(&mut history.evidence);
    let judgement = judged(&history.evidence);
    let found = classes(&judgement).contains(&"gate:window".to_owned());
    assert_eq!(found, late, "{}", told(&judgement));
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
    #[case] lie: fn() -> Evidence,
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
        told(&judgement)
    );
    assert!(head.follows_from.is_none());
    assert!(
        judgement.findings[1..]
            .iter()
            .all(|one| one.follows_from == Some(0)),
        "{}",
        told(&judgement)
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
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
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
        told(&judgement)
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
