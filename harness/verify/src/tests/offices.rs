//! 经办之谎 · What an insured place's office does, and must not: paid by hand what is paid already, ended twice, left waiting.
//!
//! Played by the plan like any public business; the run itself is clean.

use crosswipe_domain::{
    Business, Cause, Entry, Moment, Name, Phase, PhaseKind, Public, Rule, Span, Suspension, Unit,
};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, division, insured, plan, posting};

const OFFICE: &str = "J33020000000";
/// After go-live.
const LATER: &str = "2017-06-05T10:00+08:00";
const TREATED: &str = "2017-06-02 10:00:00";

/// What is booked at the insured place, one after the other.
struct Act<'a> {
    infno: &'a str,
    at: &'a str,
    kind: &'a str,
    id: &'a str,
    was: Option<&'a str>,
    status: &'a str,
    facts: Vec<(&'a str, &'a str)>,
}

fn begun<'a>(kind: &'a str, id: &'a str, status: &'a str, at: &'a str) -> Act<'a> {
    Act {
        infno: kind,
        at,
        kind,
        id,
        was: None,
        status,
        facts: vec![],
    }
}

fn ended<'a>(of: &Act<'a>, was: &'a str, status: &'a str, at: &'a str) -> Act<'a> {
    Act {
        infno: status,
        at,
        kind: of.kind,
        id: of.id,
        was: Some(was),
        status,
        facts: vec![],
    }
}

fn claim<'a>(id: &'a str, began: &'a str, at: &'a str) -> Act<'a> {
    Act {
        infno: "manual-claim",
        kind: "settlement",
        facts: vec![
            ("begntime", began),
            ("fixmedins_code", HIS),
            ("clr_type", "11"),
            ("setl_type", "1"),
        ],
        ..begun("settlement", id, "settled", at)
    }
}

fn entry<'a>(infno: &'a str, id: &'a str, began: &'a str, at: &'a str) -> Act<'a> {
    Act {
        infno,
        facts: vec![("begntime", began), ("mdtrt_id", id)],
        ..begun("settlement", id, "settled", at)
    }
}

fn drain() -> Phase {
    Phase {
        id: "drain".into(),
        kind: PhaseKind::Drain,
        from: at("2017-05-30T00:00+08:00"),
        to: Some(at("2017-06-01T12:00+08:00")),
        allow: vec![],
        public: Public::Open,
        reads: None,
        quote: String::new(),
    }
}

/// A clean run, and these acts beside it, each played by the plan.
fn beside(acts: &[Act<'_>], suspended: Vec<Suspension>) -> Evidence {
    let mut plan = plan();
    plan.window.suspended = suspended;
    // The plan's own freeze begins where the drain ends.
    plan.window.phases.remove(0);
    plan.window.phases.insert(0, drain());
    let (early, late): (Vec<_>, Vec<_>) = acts
        .iter()
        .enumerate()
        .partition(|(_, act)| at(act.at) < at("2017-06-02T00:00+08:00"));
    let begins: Moment = at("2017-05-30T08:00+08:00");
    let mut history = History::begin_at(plan, begins);
    history.export(Instant::T0);
    let book = |history: &mut History, (place, act): &(usize, &Act<'_>)| {
        let msgid = format!("office-{place}");
        history.now = at(act.at);
        history.played(&msgid, act.infno, BYSTANDER);
        let records = &mut history.evidence.records;
        let of_office = !act.infno.starts_with('2');
        let origin = if of_office { OFFICE } else { HIS };
        if let Some(Payload::Played(played)) = records.last_mut().map(|one| &mut one.payload) {
            played.insured = Some(division("330200"));
            played.origin = origin.into();
        }
        let cause = Cause {
            origin: origin.into(),
            msgid,
            infno: act.infno.into(),
        };
        let facts = act.facts.iter();
        let facts = facts.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let row = Entry::Row {
            kind: act.kind.into(),
            id: act.id.into(),
            status: act.status.into(),
            was: act.was.map(Name::new),
            facts: facts.collect(),
            amounts: Default::default(),
        };
        let moved = [
            posting("pool-fund", &[("fund", "310100")], Unit::Fen, -700),
            posting("paid-by-hand", &[], Unit::Fen, 700),
        ];
        let keeper = history.books.get_mut(&insured()).unwrap();
        let moved = moved.into_iter().filter(|_| act.kind == "settlement");
        let rows = std::iter::once(row).chain(moved).collect();
        keeper.append(at(act.at), &cause, Some(BYSTANDER), rows);
    };
    early.iter().for_each(|act| book(&mut history, act));
    history.now = at("2017-06-02T10:00+08:00");
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    late.iter().for_each(|act| book(&mut history, act));
    history.export(Instant::T2);
    history.evidence
}

#[rstest]
#[case::the_institution_first(vec![entry("2207", "V-1", TREATED, LATER), claim("C-1", TREATED, "2017-06-06T10:00+08:00")], true)]
#[case::by_hand_first(vec![claim("C-1", TREATED, LATER), entry("2207", "V-1", TREATED, "2017-06-06T10:00+08:00")], true)]
#[case::twice_by_hand(vec![claim("C-1", TREATED, LATER), claim("C-2", TREATED, "2017-06-06T10:00+08:00")], true)]
#[case::of_a_visit_after_go_live(vec![entry("2207", "V-1", "2017-06-05 09:00:00", LATER), claim("C-1", "2017-06-05 09:00:00", "2017-06-06T10:00+08:00")], true)]
#[case::another_instant(vec![entry("2207", "V-1", TREATED, LATER), claim("C-1", "2017-06-02 10:00:01", "2017-06-06T10:00+08:00")], false)]
#[case::a_stay_of_that_day(vec![entry("2304", "V-1", TREATED, LATER), claim("C-1", TREATED, "2017-06-06T10:00+08:00")], false)]
// Papers come when they come.
#[case::out_of_turn(vec![claim("C-1", "2017-06-03 10:00:00", LATER), entry("2207", "V-1", TREATED, "2017-06-06T10:00+08:00")], false)]
#[case::a_claim_of_something_earlier(vec![entry("2207", "V-1", "2017-06-03 10:00:00", LATER), claim("C-1", TREATED, "2017-06-06T10:00+08:00")], false)]
fn what_is_paid_by_hand_is_paid_by_nobody_else(#[case] acts: Vec<Act<'_>>, #[case] twice: bool) {
    let judgement = judged(&beside(&acts, vec![]));
    let expected: &[&str] = if twice { &["duplicate-settle"] } else { &[] };
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
    let rules = judgement.findings.iter().map(|one| one.rule);
    assert!(rules.into_iter().all(|rule| rule == Rule::R5));
}

#[rstest]
#[case::the_same(("supplement", "2017"), ("supplement", "2017"), true)]
#[case::another_year(("supplement", "2017"), ("supplement", "2018"), false)]
#[case::another_scheme(("supplement", "2017"), ("relatives", "2017"), false)]
fn a_premium_is_taken_once(
    #[case] first: (&'static str, &'static str),
    #[case] second: (&'static str, &'static str),
    #[case] twice: bool,
) {
    let premium = |id, (scheme, year), at| Act {
        facts: vec![("scheme", scheme), ("year", year)],
        ..begun("premium", id, "taken", at)
    };
    let acts = [
        premium("P-1", first, LATER),
        premium("P-2", second, "2017-06-06T10:00+08:00"),
    ];
    let judgement = judged(&beside(&acts, vec![]));
    let expected: &[&str] = if twice { &["duplicate-settle"] } else { &[] };
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

const PLANNED: &str = "2017-05-31T10:00+08:00";
const TAKEN_BACK: &str = "2017-05-31T11:00+08:00";

#[rstest]
#[case::voided_and_collected("contribution-plan", "planned", &["voided", "collected"], &["gate:business"])]
#[case::withdrawn_and_answered("tax-push", "sent", &["withdrawn", "answered"], &["gate:business"])]
#[case::collected("contribution-plan", "planned", &["collected"], &[])]
#[case::voided("contribution-plan", "planned", &["voided"], &[])]
#[case::answered("tax-push", "sent", &["answered"], &[])]
#[case::withdrawn("special-payment", "sent", &["withdrawn"], &[])]
// What waits for somebody waits, whoever began it.
#[case::left_waiting("special-payment", "sent", &[], &["residue:queue"])]
#[case::left_unpaid("contribution-plan", "planned", &[], &["residue:queue"])]
fn what_waits_is_ended_once(
    #[case] kind: &'static str,
    #[case] status: &'static str,
    #[case] ends: &[&'static str],
    #[case] expected: &[&str],
) {
    let first = begun(kind, "I-1", status, PLANNED);
    let mut acts = vec![];
    let mut was = status;
    for (place, end) in ends.iter().enumerate() {
        acts.push(ended(&first, was, end, [TAKEN_BACK, LATER][place]));
        was = end;
    }
    acts.insert(0, first);
    let judgement = judged(&beside(&acts, vec![]));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

/// Begun behind the drain, it waits for another day.
#[test]
fn what_is_begun_after_the_drain_is_in_nobody_s_way() {
    let judgement = judged(&beside(&[begun("tax-push", "I-1", "sent", LATER)], vec![]));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
}

fn nothing() -> Suspension {
    Suspension {
        clause: "XX1".into(),
        from: at("2017-06-05T00:00+08:00"),
        to: None,
        business: vec![],
        messages: vec![],
        except: vec![],
        span: vec![],
        insured: vec![],
        treatment: vec![],
        institutions: vec![],
        channels: vec![],
        entries: false,
        quote: String::new(),
    }
}

#[rstest]
#[case::named(Suspension { messages: vec!["manual-claim".into()], ..nothing() }, LATER, &["gate:business"])]
#[case::another_act(Suspension { messages: vec!["premium".into()], ..nothing() }, LATER, &[])]
#[case::everything(nothing(), LATER, &["gate:business"])]
#[case::visits_nearby(Suspension { span: vec![Span::Local], ..nothing() }, LATER, &[])]
#[case::visits_of_a_kind(Suspension { business: vec![Business::Outpatient], ..nothing() }, LATER, &[])]
#[case::entries(Suspension { entries: true, ..nothing() }, LATER, &[])]
#[case::while_the_public_is_shut_out(nothing(), "2017-06-03T10:00+08:00", &["gate:window"])]
fn an_office_is_shut_when_it_is(
    #[case] suspension: Suspension,
    #[case] booked: &'static str,
    #[case] expected: &[&str],
) {
    let judgement = judged(&beside(&[claim("C-1", TREATED, booked)], vec![suspension]));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

/// 只停补录 · An institution enters nothing of before go-live; what is of now it settles.
#[rstest]
#[case::barred(Suspension { entries: true, ..nothing() }, TREATED, &["gate:business"])]
#[case::at_this_distance(Suspension { entries: true, span: vec![Span::CrossCity], ..nothing() }, TREATED, &["gate:business"])]
#[case::at_another_distance(Suspension { entries: true, span: vec![Span::Local], ..nothing() }, TREATED, &[])]
#[case::of_another_business(Suspension { entries: true, business: vec![Business::Inpatient], ..nothing() }, TREATED, &[])]
#[case::not_yet(Suspension { entries: true, from: at("2017-06-05T10:00:00.001+08:00"), ..nothing() }, TREATED, &[])]
#[case::of_now(Suspension { entries: true, ..nothing() }, "2017-06-05 09:00:00", &[])]
fn entries_stand_still(
    #[case] suspension: Suspension,
    #[case] treated: &'static str,
    #[case] expected: &[&str],
) {
    let acts = [entry("2207", "V-1", treated, LATER)];
    let judgement = judged(&beside(&acts, vec![suspension]));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}
