//! 闸门之试 · The judge's own gate: what each entry of a phase lets through, and what is said of what it does not.

use crosswipe_domain::{
    Allow, Business, Channel, PersonClass, PhaseKind, Pseudonym, ResolvedPlan, Rule, Scope,
};
use crosswipe_journal::{Intent, Payload, Purpose, UndoPlan};
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Finding, Held, Judgement};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, clean_on, division, plan, treatment};
use crate::tests::{judged, told};

/// Class and expectation of what is said of messages as they were sent, once each.
fn sent(judgement: &Judgement) -> Vec<(&str, &str)> {
    let all = judgement.findings.iter();
    let mut said: Vec<(&str, &str)> = all
        .filter(|one| one.rule == Rule::R12 && one.location.ends_with(" sent"))
        .map(|one| (one.class.as_str(), one.expected.as_str()))
        .collect();
    said.sort_unstable();
    said.dedup();
    said
}

const WINDOW: Option<(&str, &str)> = Some(("gate:window", "a phase that allows test swipes"));
const BUSINESS: Option<(&str, &str)> = Some(("gate:business", "a business type the phase allows"));
const PERSONA: Option<(&str, &str)> =
    Some(("gate:persona", "a registered person of an allowed class"));
const PLACE: Option<(&str, &str)> = Some((
    "gate:institution",
    "an institution and place the phase allows",
));

/// The one entry of the phase that the plan of these tests has; more of them by `with`.
fn entry(plan: &mut ResolvedPlan) -> &mut Allow {
    &mut plan.window.phases[1].allow[0]
}

/// Entries beside one another, each as the one of the plan but for this.
fn with(plan: &mut ResolvedPlan, changes: &[fn(&mut Allow)]) {
    let own = entry(plan).clone();
    let changed = changes.iter().map(|change| {
        let mut one = own.clone();
        change(&mut one);
        one
    });
    plan.window.phases[1].allow = changed.collect();
}

fn other_business(allow: &mut Allow) {
    allow.business = vec![Business::Pharmacy];
}
fn other_scope(allow: &mut Allow) {
    allow.scope = Scope::Local;
}
fn other_class(allow: &mut Allow) {
    allow.classes = vec![PersonClass::Resident];
}
fn other_institution(allow: &mut Allow) {
    allow.institutions = vec!["H33010000002".into()];
}
fn as_it_is(_: &mut Allow) {}

/// How plan and messages are changed, and what is said of the messages.
#[rstest]
#[case::as_it_is(|_: &mut ResolvedPlan| {}, |_: &mut Intent| {}, None)]
#[case::any_business(|plan: &mut ResolvedPlan| entry(plan).business.clear(), |_: &mut Intent| {}, None)]
#[case::another_business(|plan: &mut ResolvedPlan| other_business(entry(plan)), |_: &mut Intent| {}, BUSINESS)]
#[case::one_of_two_businesses(|plan: &mut ResolvedPlan| entry(plan).business.push(Business::Pharmacy), |_: &mut Intent| {}, None)]
#[case::this_channel(|plan: &mut ResolvedPlan| entry(plan).channels = vec![Channel::Counter], |_: &mut Intent| {}, None)]
#[case::another_channel(|plan: &mut ResolvedPlan| entry(plan).channels = vec![Channel::Mobile], |_: &mut Intent| {}, BUSINESS)]
#[case::mobile_by_mobile(|plan: &mut ResolvedPlan| entry(plan).channels = vec![Channel::Mobile], |sent: &mut Intent| sent.channel = Channel::Mobile, None)]
#[case::nobody_knows_the_channel(|plan: &mut ResolvedPlan| entry(plan).channels = vec![Channel::Mobile], |sent: &mut Intent| sent.channel = Channel::Unknown, BUSINESS)]
#[case::local_only(|plan: &mut ResolvedPlan| entry(plan).scope = Scope::Local, |_: &mut Intent| {}, PLACE)]
#[case::local_and_local(|plan: &mut ResolvedPlan| entry(plan).scope = Scope::Local, |sent: &mut Intent| sent.insured = Some(division("330100")), None)]
#[case::cross_region_and_local(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.insured = Some(division("330100")), PLACE)]
#[case::anywhere(|plan: &mut ResolvedPlan| entry(plan).scope = Scope::Any, |sent: &mut Intent| sent.insured = Some(division("330100")), None)]
#[case::by_the_place_of_the_register(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.insured = None, None)]
#[case::nothing_arranged(|plan: &mut ResolvedPlan| entry(plan).scope = Scope::Arranged, |_: &mut Intent| {}, PLACE)]
#[case::arranged(|plan: &mut ResolvedPlan| { entry(plan).scope = Scope::Arranged; plan.arranged = vec![(division("330200"), HIS.into())]; }, |_: &mut Intent| {}, None)]
#[case::arranged_elsewhere(|plan: &mut ResolvedPlan| { entry(plan).scope = Scope::Arranged; plan.arranged = vec![(division("330200"), "H33010000002".into())]; }, |_: &mut Intent| {}, PLACE)]
#[case::any_class(|plan: &mut ResolvedPlan| entry(plan).classes.clear(), |_: &mut Intent| {}, None)]
#[case::another_class(|plan: &mut ResolvedPlan| other_class(entry(plan)), |_: &mut Intent| {}, PERSONA)]
#[case::billed_as_another_class(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.insutype = Some("390".into()), PERSONA)]
#[case::nobody_knows_the_bill(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.insutype = None, None)]
#[case::of_nobody(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.person = None, PERSONA)]
#[case::of_a_patient(|_: &mut ResolvedPlan| {}, |sent: &mut Intent| sent.person = Some(Pseudonym::from_evidence(BYSTANDER)), PERSONA)]
#[case::this_institution(|plan: &mut ResolvedPlan| entry(plan).institutions = vec![HIS.into()], |_: &mut Intent| {}, None)]
#[case::another_institution(|plan: &mut ResolvedPlan| other_institution(entry(plan)), |_: &mut Intent| {}, PLACE)]
#[case::no_such_institution(|plan: &mut ResolvedPlan| plan.institutions.clear(), |_: &mut Intent| {}, PLACE)]
#[case::a_phase_without_entries(|plan: &mut ResolvedPlan| plan.window.phases[1].allow.clear(), |_: &mut Intent| {}, WINDOW)]
#[case::a_frozen_phase(|plan: &mut ResolvedPlan| plan.window.phases[1].kind = PhaseKind::Frozen, |_: &mut Intent| {}, WINDOW)]
#[case::a_joint_phase(|plan: &mut ResolvedPlan| plan.window.phases[1].kind = PhaseKind::Joint, |_: &mut Intent| {}, None)]
// Of several entries one is enough; of several refusals the one nearest to being allowed is told.
#[case::one_is_enough(|plan: &mut ResolvedPlan| with(plan, &[other_business, other_class, as_it_is]), |_: &mut Intent| {}, None)]
#[case::one_is_enough_first(|plan: &mut ResolvedPlan| with(plan, &[as_it_is, other_institution]), |_: &mut Intent| {}, None)]
#[case::place_before_business(|plan: &mut ResolvedPlan| with(plan, &[other_scope, other_business]), |_: &mut Intent| {}, PLACE)]
#[case::class_before_place(|plan: &mut ResolvedPlan| with(plan, &[other_class, other_scope]), |_: &mut Intent| {}, PERSONA)]
#[case::class_before_business(|plan: &mut ResolvedPlan| with(plan, &[other_business, other_class]), |_: &mut Intent| {}, PERSONA)]
#[case::institution_before_class(|plan: &mut ResolvedPlan| with(plan, &[other_class, other_institution]), |_: &mut Intent| {}, PLACE)]
fn what_a_phase_lets_through(
    #[case] planned: fn(&mut ResolvedPlan),
    #[case] said: fn(&mut Intent),
    #[case] expected: Option<(&str, &str)>,
) {
    let mut plan = plan();
    planned(&mut plan);
    let mut evidence = clean_on(plan, at("2017-06-02T10:00+08:00"));
    for record in &mut evidence.records {
        if let Payload::Intent(intent) = &mut record.payload {
            said(intent);
        }
    }
    let judgement = judged(&evidence);
    assert_eq!(
        sent(&judgement),
        Vec::from_iter(expected),
        "{}",
        told(&judgement)
    );
}

/// A clean swipe, and before it one message of this number, sent at this instant by this institution.
fn beside(message: Option<(&str, Purpose, &str)>, origin: &str, answer: Answer) -> Evidence {
    let mut history = History::begin_at(plan(), at("2017-05-30T10:00+08:00"));
    history.export(Instant::T0);
    if let Some((infno, purpose, when)) = message {
        history.now = at(when);
        let mut intent = history.intent("a", "beside", infno, PERSON, purpose, UndoPlan::Nothing);
        if let Some(record) = history.evidence.records.last_mut()
            && let Payload::Intent(written) = &mut record.payload
        {
            written.origin = origin.into();
            intent.origin = origin.into();
        }
        match answer {
            Answer::Ok => history.ok(&intent, &[], &[]),
            Answer::Refused => history.refused(&intent, "E-WINDOW"),
            Answer::Unknown => history.unknown(&intent),
        }
    }
    history.now = at("2017-06-02T10:00+08:00");
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

#[derive(Clone, Copy)]
enum Answer {
    Ok,
    Refused,
    Unknown,
}

const EARLY: &str = "2017-06-02T08:00+08:00";
const INSIDE: &str = "2017-06-02T09:30+08:00";
const BEFORE_ALL: &str = "2017-05-31T12:00+08:00";

fn of<'j>(judgement: &'j Judgement, infno: &str) -> Vec<&'j Finding> {
    let all = judgement.findings.iter();
    all.filter(|one| one.rule == Rule::R12 && one.location.starts_with(infno))
        .collect()
}

/// 目录 · Who may keep the catalogue does so in any phase; who may not, in none.
#[rstest]
#[case::while_frozen("3301", EARLY, HIS, None)]
#[case::before_all("3301", BEFORE_ALL, HIS, None)]
#[case::undone("3302", EARLY, HIS, None)]
#[case::of_no_institution_of_the_plan("3301", INSIDE, "H33010000002", PLACE)]
#[case::and_while_frozen("3301", EARLY, "H33010000002", PLACE)]
fn upkeep_asks_for_no_phase_and_for_its_institution(
    #[case] infno: &str,
    #[case] when: &str,
    #[case] origin: &str,
    #[case] expected: Option<(&str, &str)>,
) {
    let message = (infno, Purpose::Business, when);
    let judgement = judged(&beside(Some(message), origin, Answer::Refused));
    let said = of(&judgement, infno);
    let said: Vec<_> = said
        .iter()
        .map(|one| (one.class.as_str(), one.expected.as_str()))
        .collect();
    assert_eq!(said, Vec::from_iter(expected), "{}", told(&judgement));
}

/// A trial forced past the gate books nothing: only that it was answered tells who let it in.
#[rstest]
#[case::accepted_outside(EARLY, Answer::Ok, true)]
#[case::accepted_before_all(BEFORE_ALL, Answer::Ok, true)]
#[case::refused_outside(EARLY, Answer::Refused, false)]
#[case::no_answer_outside(EARLY, Answer::Unknown, false)]
#[case::accepted_inside(INSIDE, Answer::Ok, false)]
fn a_forced_trial_shows_by_its_answer_who_let_it_in(
    #[case] when: &str,
    #[case] answer: Answer,
    #[case] let_in: bool,
) {
    let judgement = judged(&beside(Some(("2206", Purpose::Forced, when)), HIS, answer));
    let said = of(&judgement, "2206");
    assert_eq!(said.len(), usize::from(let_in), "{}", told(&judgement));
    for one in said {
        assert_eq!(one.class.as_str(), "gate:window");
        assert!(one.location.ends_with(" accepted"), "{}", one.location);
        assert_eq!(one.answered_by, Some(treatment()));
        assert_eq!(one.case.as_ref().map(|case| case.as_str()), Some("a"));
        assert_eq!(
            one.person.as_ref().map(|person| person.as_str()),
            Some(PERSON)
        );
        let when = at(when).plus_ms(1).to_string();
        assert_eq!(
            (one.expected.as_str(), one.actual.as_str()),
            ("refused", when.as_str())
        );
    }
}

/// A trial that nobody forced is a swipe to the gate, however it is answered.
#[rstest]
#[case::trial_outside("2206", EARLY, Some(("gate:window", "a phase that allows test swipes")))]
#[case::trial_inside("2206", INSIDE, None)]
#[case::read_outside("5203", BEFORE_ALL, Some(("gate:window", "a phase that allows reads")))]
#[case::read_while_frozen("5203", EARLY, None)]
#[case::sign_in_outside("9001", BEFORE_ALL, Some(("gate:window", "a phase that allows reads")))]
fn what_books_nothing_is_told_with_its_case_and_person(
    #[case] infno: &str,
    #[case] when: &str,
    #[case] expected: Option<(&str, &str)>,
) {
    let message = (infno, Purpose::Business, when);
    let judgement = judged(&beside(Some(message), HIS, Answer::Refused));
    let said = of(&judgement, infno);
    let told: Vec<_> = said
        .iter()
        .map(|one| (one.class.as_str(), one.expected.as_str()))
        .collect();
    assert_eq!(told, Vec::from_iter(expected));
    for one in said {
        assert_eq!(one.case.as_ref().map(|case| case.as_str()), Some("a"));
        assert_eq!(
            one.person.as_ref().map(|person| person.as_str()),
            Some(PERSON)
        );
    }
}

/// What was compared is counted once for each message.
#[rstest]
#[case::read("5203", Purpose::Query, 1)]
#[case::sign_in("9001", Purpose::Business, 1)]
#[case::trial("2206", Purpose::Business, 1)]
#[case::forced_trial("2206", Purpose::Forced, 1)]
#[case::forced_read("5203", Purpose::Forced, 0)]
#[case::undo("2208", Purpose::Business, 0)]
fn each_message_is_asked_about_once(
    #[case] infno: &str,
    #[case] purpose: Purpose,
    #[case] more: u64,
) {
    let compared = |message: Option<(&str, Purpose, &str)>| {
        let judgement = judged(&beside(message, HIS, Answer::Refused));
        judgement.rules[Rule::R12 as usize].compared
    };
    assert_eq!(
        compared(Some((infno, purpose, INSIDE))),
        compared(None) + more
    );
}

/// One party of four that shows no end is enough: what it booked later nobody knows.
#[test]
fn the_gate_holds_only_where_every_party_shows_its_books_at_the_end() {
    let state = |evidence: &Evidence| {
        let judgement = judged(evidence);
        let rule = &judgement.rules[Rule::R12 as usize];
        (rule.state, rule.why_not.clone())
    };
    let whole = beside(None, HIS, Answer::Ok);
    assert_eq!(state(&whole), (Held::Held, None));
    for party in crate::testkit::path() {
        let mut lacking = beside(None, HIS, Answer::Ok);
        for instant in [Instant::T1, Instant::T2] {
            assert_eq!(
                state(&lacking),
                (Held::Held, None),
                "either of them is an end"
            );
            lacking.exports.get_mut(&instant).unwrap().remove(&party);
        }
        let unknown = (Held::NotChecked, Some("t1".to_owned()));
        assert_eq!(state(&lacking), unknown, "without {party}");
    }
}
