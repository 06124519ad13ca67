//! 在途之试 · A plan that drains all business, and what a party carried over all the same.
//!
//! The rows are the party's own from before the run; the run itself is clean.

use crosswipe_domain::{Cause, Entry, Moment, Party, Phase, PhaseKind, Public, Rule};
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, plan, treatment};
use crate::tests::{classes, judged, told};

const DRAINED: &str = "2017-06-01T12:00+08:00";
const BEFORE: &str = "2017-06-01T11:59:59.999+08:00";

fn drain(from: &str, to: &str) -> Phase {
    Phase {
        id: format!("drain-{from}"),
        kind: PhaseKind::Drain,
        from: at(from),
        to: Some(at(to)),
        allow: vec![],
        public: Public::Open,
        reads: None,
        quote: String::new(),
    }
}

/// A row that a party had already: kind, id, what became of it in turn, and the visit that it names.
struct Had(
    &'static str,
    &'static str,
    &'static [&'static str],
    Option<&'static str>,
);

/// One clean swipe on books on which somebody else's business stood before.
fn carried(had: &[Had], born: Moment, drains: &[(&str, &str)]) -> Evidence {
    let mut plan = plan();
    // The plan's own freeze begins where the drain ends.
    plan.window.phases.remove(0);
    for (from, to) in drains.iter().rev() {
        plan.window.phases.insert(0, drain(from, to));
    }
    let mut history = History::begin(plan);
    for (place, Had(kind, id, statuses, visit)) in had.iter().enumerate() {
        let keeper = history.books.get_mut(&treatment()).unwrap();
        for (step, status) in statuses.iter().enumerate() {
            let cause = Cause {
                origin: HIS.into(),
                msgid: format!("old-{place}-{step}"),
                infno: "2201".into(),
            };
            let row = Entry::Row {
                kind: (*kind).into(),
                id: (*id).into(),
                status: (*status).into(),
                was: step.checked_sub(1).map(|before| statuses[before].into()),
                facts: visit
                    .iter()
                    .map(|visit| ("mdtrt_id".to_owned(), (*visit).to_owned()))
                    .collect(),
                amounts: Default::default(),
            };
            keeper.append(born, &cause, Some(BYSTANDER), vec![row]);
        }
    }
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

const OPEN_VISIT: Had = Had("visit", "M-old", &["registered"], None);
const OPEN_LINE: Had = Had("fee-detail", "F-old", &["charged"], None);
const ONE_DRAIN: &[(&str, &str)] = &[("2017-05-31T18:00+08:00", DRAINED)];

#[rstest]
#[case::a_visit(&[OPEN_VISIT], &["treatment:330100 visit M-old registered"])]
#[case::a_line(&[OPEN_LINE], &["treatment:330100 fee-detail F-old charged"])]
#[case::both(&[OPEN_VISIT, OPEN_LINE], &["treatment:330100 fee-detail F-old charged", "treatment:330100 visit M-old registered"])]
#[case::a_visit_whose_settlement_was_taken_back(
    &[OPEN_VISIT, Had("settlement", "S-old", &["settled", "reversed"], Some("M-old"))],
    &["treatment:330100 visit M-old registered"],
)]
#[case::a_visit_when_another_was_settled(
    &[OPEN_VISIT, Had("settlement", "S-old", &["settled"], Some("M-other"))],
    &["treatment:330100 visit M-old registered"],
)]
fn what_was_carried_over_the_drain_is_found_with_its_rows(
    #[case] had: &[Had],
    #[case] open: &[&str],
) {
    let judgement = judged(&carried(had, at(BEFORE), ONE_DRAIN));
    assert_eq!(
        classes(&judgement),
        ["gate:business"],
        "{}",
        told(&judgement)
    );
    let one = &judgement.findings[0];
    assert_eq!(
        (one.rule, one.location.as_str(), &one.party),
        (Rule::R12, "in transit", &Some::<Party>(treatment()))
    );
    assert_eq!(one.witness, open);
    assert_eq!(one.actual, format!("{} open", open.len()));
    assert_eq!(judgement.verdict, Verdict::Violated);
}

#[rstest]
#[case::cancelled(&[Had("visit", "M-old", &["registered", "cancelled"], None)])]
#[case::settled(&[OPEN_VISIT, Had("settlement", "S-old", &["settled"], Some("M-old"))])]
#[case::a_line_settled(&[Had("fee-detail", "F-old", &["charged", "settled"], None)])]
#[case::another_kind_of_row(&[Had("invoice", "I-old", &["valid"], None)])]
fn what_came_to_its_end_before_is_not_in_transit(#[case] had: &[Had]) {
    let judgement = judged(&carried(had, at(BEFORE), ONE_DRAIN));
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
}

/// 税务推送、特殊缴费 · What the office sent is answered or withdrawn before the drain ends.
#[rstest]
#[case::a_push(&[Had("tax-push", "T-1", &["sent"], None)], &["treatment:330100 tax-push T-1 sent"])]
#[case::a_payment(&[Had("special-payment", "P-1", &["sent"], None)], &["treatment:330100 special-payment P-1 sent"])]
#[case::one_of_two(
    &[Had("tax-push", "T-1", &["sent", "answered"], None), Had("tax-push", "T-2", &["sent"], None)],
    &["treatment:330100 tax-push T-2 sent"],
)]
#[case::answered(&[Had("tax-push", "T-1", &["sent", "answered"], None)], &[])]
#[case::withdrawn(&[Had("special-payment", "P-1", &["sent", "withdrawn"], None)], &[])]
fn what_was_sent_and_never_answered_is_found(#[case] had: &[Had], #[case] open: &[&str]) {
    let judgement = judged(&carried(had, at(BEFORE), ONE_DRAIN));
    let witness = judgement.findings.iter().flat_map(|one| &one.witness);
    assert_eq!(Vec::from_iter(witness), open, "{}", told(&judgement));
    if open.is_empty() {
        assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    } else {
        assert_eq!(classes(&judgement), ["residue:queue"]);
        assert_eq!(judgement.findings[0].rule, Rule::R12);
        assert_eq!(judgement.verdict, Verdict::Violated);
    }
    // Sent when the drain was over, it is nothing that was carried over.
    let later = judged(&carried(had, at(DRAINED), ONE_DRAIN));
    assert_eq!(later.verdict, Verdict::Clean, "{}", told(&later));
}

#[rstest]
#[case::without_a_drain(BEFORE, &[])]
#[case::born_when_the_drain_was_over(DRAINED, ONE_DRAIN)]
#[case::asked_before_the_drain_is_over(BEFORE, &[("2017-05-31T18:00+08:00", "2017-06-03T00:01:00.002+08:00")])]
fn nothing_is_in_transit(#[case] born: &str, #[case] drains: &[(&str, &str)]) {
    let judgement = judged(&carried(&[OPEN_VISIT], at(born), drains));
    let found = classes(&judgement).contains(&"gate:business".to_owned());
    assert!(!found, "{}", told(&judgement));
}

/// The last drain counts, and its own last moment: a row born between two of them was carried over the second.
#[rstest]
#[case::the_last_of_two(&[("2017-05-30T18:00+08:00", "2017-05-31T18:00+08:00"), ("2017-06-01T08:00+08:00", DRAINED)])]
#[case::looked_at_as_it_ends(&[("2017-05-31T18:00+08:00", "2017-06-03T00:01:00.001+08:00")])]
fn the_last_drain_counts_to_its_end(#[case] drains: &[(&str, &str)]) {
    let evidence = carried(&[OPEN_VISIT], at(BEFORE), drains);
    let judgement = judged(&evidence);
    let open = judgement
        .findings
        .iter()
        .filter(|one| one.location == "in transit");
    assert_eq!(open.count(), 1, "{}", told(&judgement));
}
