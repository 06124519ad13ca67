//! 转自费之试 · Stays that the notice wants settled, cancelled all the same; and what the old platform prints when it must not.

use crosswipe_domain::{
    Cause, Entry, Name, NoSelfPay, OfficeAct, Outcome, Party, Rule, Suspension,
};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, division, path, plan};

/// A stay of somebody insured at `insured` that began when it says, cancelled when it says.
fn cancelled(began: &str, insured: &str, when: &str) -> Evidence {
    let mut plan = plan();
    plan.window.no_self_pay = Some(NoSelfPay {
        from: at("2017-06-02T09:30+08:00"),
        admitted_before: at("2017-01-01T00:00+08:00"),
    });
    let mut history = History::begin(plan);
    let cause = |msgid: &str, infno: &str| Cause {
        origin: HIS.into(),
        msgid: msgid.into(),
        infno: infno.into(),
    };
    let visit = |status: &str, was: Option<&str>| {
        let facts = [("begntime", began), ("insuplc_admdvs", insured)];
        let facts = facts.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Entry::Row {
            kind: "visit".into(),
            id: "V-1".into(),
            status: status.into(),
            was: was.map(Name::new),
            facts: facts.into(),
            amounts: Default::default(),
        }
    };
    for party in path() {
        let keeper = history.books.get_mut(&party).unwrap();
        let rows = vec![visit("admitted", None)];
        keeper.append(
            at("2017-05-30T10:00+08:00"),
            &cause("stay-1", "2401"),
            Some(BYSTANDER),
            rows,
        );
    }
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("stay-2", "2404", BYSTANDER);
    for party in path() {
        let keeper = history.books.get_mut(&party).unwrap();
        let rows = vec![visit("cancelled", Some("admitted"))];
        keeper.append(at(when), &cause("stay-2", "2404"), Some(BYSTANDER), rows);
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

const HOME: &str = "330100";
const LATER: &str = "2017-06-02T10:00+08:00";

#[rstest]
#[case::over_the_turn_of_the_year("2016-12-31 23:59:59", HOME, LATER, true)]
#[case::of_this_year("2017-01-01 00:00:00", HOME, LATER, false)]
#[case::insured_elsewhere("2016-12-31 23:59:59", "330200", LATER, false)]
#[case::a_moment_before_the_rule(
    "2016-12-31 23:59:59",
    HOME,
    "2017-06-02T09:29:59.999+08:00",
    false
)]
#[case::as_the_rule_begins("2016-12-31 23:59:59", HOME, "2017-06-02T09:30+08:00", true)]
#[case::nobody_knows_since_when("", HOME, LATER, false)]
fn a_stay_that_is_to_be_settled_is_not_cancelled(
    #[case] began: &str,
    #[case] insured: &str,
    #[case] when: &str,
    #[case] forbidden: bool,
) {
    let judgement = judged(&cancelled(began, insured, when));
    let expected: &[&str] = if forbidden { &["gate:business"] } else { &[] };
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
    assert!(judgement.findings.iter().all(|one| one.rule == Rule::R12));
}

/// A declaration that was asked of the old platform, and how that ended; it books nothing.
fn printed(suspended: bool, answered: bool) -> Evidence {
    let mut plan = plan();
    let stops = Suspension {
        clause: "XX1".into(),
        from: at("2017-06-02T09:00+08:00"),
        to: None,
        business: vec![],
        messages: vec![OfficeAct::Declaration.name().into()],
        except: vec![],
        span: vec![],
        insured: vec![],
        treatment: vec![],
        institutions: vec![],
        channels: vec![],
        entries: false,
        quote: String::new(),
    };
    plan.window.suspended.extend(suspended.then_some(stops));
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("printed", OfficeAct::Declaration.name(), BYSTANDER);
    let records = &mut history.evidence.records;
    if let Some(Payload::Played(played)) = records.last_mut().map(|one| &mut one.payload) {
        played.insured = Some(division("330200"));
        played.origin = "J33020000000".into();
        played.person = None;
        if !answered {
            played.outcome = Outcome::Refused {
                code: "E-WINDOW".into(),
                text: String::new(),
            };
        }
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

/// While the public is shut out, paper is printed all the same; once that is stopped by name, an answer is one too many.
#[rstest]
#[case::while_it_may_be(false, true, &[])]
#[case::when_it_may_not_be(true, true, &["gate:business"])]
#[case::refused(true, false, &[])]
fn what_is_printed_is_told_by_the_answer(
    #[case] suspended: bool,
    #[case] answered: bool,
    #[case] expected: &[&str],
) {
    let judgement = judged(&printed(suspended, answered));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
    let old = Party::old_platform(division("330200"));
    assert!(
        judgement
            .findings
            .iter()
            .all(|one| one.party.as_ref() == Some(&old))
    );
}
