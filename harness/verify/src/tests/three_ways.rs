//! 三值 · For each rule a history that holds, one that breaks it, and one that cannot tell.
//!
//! The breaking ones are in `faults`; here the same clean run is blinded, and runs are made in which there is
//! nothing for a rule to look at.

use crosswipe_domain::{Business, Level, Rule};
use crosswipe_journal::{Payload, Purpose, UndoPlan};
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Held, Judgement, TxState, Verdict};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, clean, his, hub, insured, plan, treatment};
use crate::tests::{classes, judged, told};

fn state(judgement: &Judgement, rule: Rule) -> (Held, Option<&str>) {
    let found = judgement
        .rules
        .iter()
        .find(|state| state.rule == rule)
        .unwrap();
    (found.state, found.why_not.as_deref())
}

/// A run cut off before t1: the journal ends where the process died.
fn killed_before(kind: &str) -> Evidence {
    let mut evidence = clean();
    let end = evidence
        .records
        .iter()
        .position(|record| record.payload.kind() == kind)
        .unwrap();
    evidence.records.truncate(end);
    evidence
}

#[rstest]
#[case(Rule::R1)]
#[case(Rule::R2)]
#[case(Rule::R3)]
#[case(Rule::R4)]
#[case(Rule::R5)]
#[case(Rule::R6)]
#[case(Rule::R7)]
#[case(Rule::R9)]
#[case(Rule::R10)]
#[case(Rule::R11)]
#[case(Rule::R12)]
#[case(Rule::R13)]
#[case(Rule::R14)]
fn without_t1_no_rule_about_books_is_held(#[case] rule: Rule) {
    assert_eq!(state(&judged(&clean()), rule), (Held::Held, None));
    let judgement = judged(&killed_before("SNAP1"));
    assert_eq!(state(&judgement, rule).0, Held::NotChecked);
    assert_eq!(
        judgement.verdict,
        Verdict::Indeterminate,
        "{}",
        told(&judgement)
    );
}

#[test]
fn a_probe_without_its_second_half_cannot_tell() {
    let mut evidence = clean();
    let last = evidence
        .records
        .iter()
        .rposition(|record| matches!(&record.payload, Payload::Outcome(_)))
        .unwrap();
    evidence.records.remove(last);
    let judgement = judged(&evidence);
    assert_eq!(
        state(&judgement, Rule::R8),
        (Held::NotChecked, Some("probe-incomplete"))
    );
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
}

#[test]
fn a_killed_run_lists_what_is_open_and_is_never_clean() {
    let judgement = judged(&killed_before("COMP_INTENT"));
    assert_eq!(judgement.counts.unresolved, 4);
    assert!(
        judgement
            .transactions
            .iter()
            .all(|one| one.state == TxState::Open),
        "{:#?}",
        judgement.transactions
    );
    assert!(judgement.not_checked.contains(&"t1".to_owned()));
    assert_eq!(classes(&judgement), Vec::<String>::new());
}

#[test]
fn a_killed_run_whose_look_contradicts_an_answer_is_violated_already() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    history.book(&intent, &his(), &mut |_| {});
    history.ok(&intent, &[], &[]);
    history.look("a");
    let judgement = judged(&history.evidence);
    assert_eq!(
        (judgement.verdict, classes(&judgement)),
        (Verdict::Violated, vec!["one-sided:his".to_owned()])
    );
}

#[test]
fn nothing_run_is_not_clean() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
    assert!(
        judgement
            .not_checked
            .contains(&"no-transactions".to_owned())
    );
    assert_eq!(
        judged(&Evidence::default()).verdict,
        Verdict::Indeterminate,
        "an empty folder"
    );
}

#[test]
fn without_the_look_after_the_day_roll_a_mock_run_is_undecided_and_a_real_one_says_so() {
    let judgement = judged(&killed_before("SNAP2"));
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
    assert!(judgement.not_checked.contains(&"t2".to_owned()));
    let mut evidence = killed_before("SNAP2");
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        header
            .parties
            .values_mut()
            .for_each(|level| *level = Level::L3);
    }
    let judgement = judged(&evidence);
    assert_eq!(
        (judgement.verdict, judgement.level),
        (Verdict::Clean, Level::L3),
        "{:#?}",
        judgement.rules
    );
    assert!(judgement.not_checked.contains(&"t2".to_owned()));
}

#[test]
fn parties_that_only_answer_queries_leave_the_books_unseen() {
    let mut evidence = clean();
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        header.parties.insert(insured(), Level::L1);
    }
    let judgement = judged(&evidence);
    assert_eq!(
        (judgement.verdict, judgement.level),
        (Verdict::Indeterminate, Level::L1)
    );
}

#[test]
fn a_lost_answer_found_and_undone_by_2601_is_clean_with_a_note() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    for party in [insured(), hub(), treatment()] {
        history.book(&intent, &party, &mut |_| {});
    }
    history.unknown(&intent);
    history.look("a");
    let comp = history.undo(&intent, "2601", &[], &mut |_| {});
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{} {:#?}",
        told(&judgement),
        judgement.rules
    );
    assert!(
        judgement
            .notes
            .iter()
            .any(|note| note.code == "response-lost" && note.txid.as_ref() == Some(&intent.txid))
    );
    let one = &judgement.transactions[0];
    assert_eq!(
        (one.state, one.reversed_by.as_ref(), one.outcome.as_str()),
        (TxState::Closed, Some(&comp.msgid), "unknown")
    );
    assert!(one.at_parties[&his()].tombstone && one.at_parties[&insured()].reversed == 1);
}

#[test]
fn a_lost_request_is_clean_once_tombstones_show_that_it_was_never_applied() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    history.unknown(&intent);
    history.look("a");
    history.undo(&intent, "2601", &[], &mut |_| {});
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{} {:#?}",
        told(&judgement),
        judgement.rules
    );
    assert!(
        judgement
            .notes
            .iter()
            .any(|note| note.code == "never-applied")
    );
    assert_eq!(
        (judgement.counts.unknown, judgement.counts.never_applied),
        (1, 1)
    );
}

#[test]
fn a_refusal_that_no_book_contradicts_needs_no_undo() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2201",
        "2201",
        PERSON,
        Purpose::Forced,
        UndoPlan::Nothing,
    );
    history.refused(&intent, "E-WINDOW");
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{} {:#?}",
        told(&judgement),
        judgement.rules
    );
    assert_eq!(judgement.transactions[0].state, TxState::Nothing);
}

#[test]
fn a_forced_swipe_outside_the_window_that_is_refused_breaks_no_rule() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.now = crate::testkit::at("2017-06-04T18:00+08:00");
    let intent = history.intent(
        "a",
        "2201",
        "2201",
        PERSON,
        Purpose::Forced,
        UndoPlan::Nothing,
    );
    history.refused(&intent, "E-WINDOW");
    let judgement = judged(&history.evidence);
    assert_eq!(classes(&judgement), Vec::<String>::new());
}

#[test]
fn an_unresolved_reversal_is_named_with_its_owner() {
    let mut evidence = killed_before("SNAP1");
    let last = evidence.records.last().unwrap().clone();
    let Payload::Intent(intent) = &evidence
        .records
        .iter()
        .find(|record| matches!(&record.payload, Payload::Intent(i) if i.infno.as_str() == "2207"))
        .unwrap()
        .payload
    else {
        unreachable!()
    };
    let unresolved = crosswipe_journal::Unresolved {
        txid: intent.txid.clone(),
        reason: "closed-period".into(),
        owner: treatment(),
        evidence: vec!["2208 refused".into()],
    };
    evidence.records.push(crosswipe_journal::Record {
        payload: Payload::Unresolved(unresolved),
        ..last
    });
    let judgement = judged(&evidence);
    assert_eq!(classes(&judgement), ["unresolved closed-period"]);
    assert_eq!(judgement.findings[0].party, Some(treatment()));
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
}

#[test]
fn public_traffic_that_the_plan_plays_is_nobodys_residue() {
    let mut plan = plan();
    plan.window.phases[1].public = crosswipe_domain::Public::Open;
    plan.window.phases[1].allow[0].business = vec![Business::Outpatient];
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("public-1", "2207", BYSTANDER);
    let cause = crosswipe_domain::Cause {
        origin: HIS.into(),
        msgid: "public-1".into(),
        infno: "2207".into(),
    };
    let now = history.now;
    let account = [("person", BYSTANDER), ("insutype", "310")];
    let entries = vec![crate::testkit::posting(
        "personal-account",
        &account,
        crosswipe_domain::Unit::Fen,
        -500,
    )];
    history
        .books
        .get_mut(&insured())
        .unwrap()
        .append(now, &cause, Some(BYSTANDER), entries);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    let judgement = judged(&history.evidence);
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    let mut accounts = judgement.books.iter();
    let account = accounts
        .find(|book| book.role == "insured" && book.book == "personal-account")
        .unwrap();
    assert_eq!(
        (account.t1 - account.t0, account.others, account.left()),
        (-500, -500, 0)
    );
}
