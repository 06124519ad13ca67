//! 公众之谎 · Histories in which a platform does for the public what the notice forbids, and a platform of before the
//! cutover goes on.
//!
//! Refunds after the cut-off, treatment of the outage entered out of turn or twice after go-live, and a swipe that came
//! to two generations. Each with what is allowed next to it. `faults` says what each must be called.

use crosswipe_domain::{
    Business, Cause, Channel, Entry, Few, Level, NoRefund, Party, Span, Suspension, Unit,
};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, division, insured, path, plan, posting};

fn cause(msgid: &str, infno: &str) -> Cause {
    Cause {
        origin: HIS.into(),
        msgid: msgid.into(),
        infno: infno.into(),
    }
}

/// A settlement of the public: a row, with the fund that pays it.
fn settlement(id: &str, visit: &str, treated: &str) -> Vec<Entry> {
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let row = Entry::Row {
        kind: "settlement".into(),
        id: id.into(),
        status: "settled".into(),
        was: None,
        facts: Few::from([fact("mdtrt_id", visit), fact("begntime", treated)]),
        amounts: Default::default(),
    };
    vec![
        row,
        posting("pool-fund", &[("fund", "310100")], Unit::Fen, -700),
        posting("clearing", &[("insured", "330200")], Unit::Fen, 700),
    ]
}

/// Settled at an instant, refunded at another, where the notice says so.
fn refunded(settled: &str, refunded: &str) -> Evidence {
    let mut plan = plan();
    plan.window.no_refund = Some(NoRefund {
        from: at("2017-06-02T09:30+08:00"),
        settled_before: at("2017-05-31T18:00+08:00"),
    });
    let mut history = History::begin(plan);
    let (old, new) = (cause("public-1", "2207"), cause("public-2", "2208"));
    for party in path() {
        let keeper = history.books.get_mut(&party).unwrap();
        let entries = settlement("S-1", "V-1", "2017-05-30 10:00:00");
        keeper.append(at(settled), &old, Some(BYSTANDER), entries);
    }
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("public-2", "2208", BYSTANDER);
    for party in path() {
        let keeper = history.books.get_mut(&party).unwrap();
        let back = keeper.negation("public-1");
        keeper.append(at(refunded), &new, Some(BYSTANDER), back);
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

pub(super) fn refunded_after_the_cut_off() -> Evidence {
    refunded("2017-05-31T17:59:59+08:00", "2017-06-02T10:00+08:00")
}

#[rstest]
#[case::settled_at_the_cut_off("2017-05-31T18:00+08:00", "2017-06-02T10:00+08:00", false)]
#[case::settled_a_moment_before("2017-05-31T17:59:59.999+08:00", "2017-06-02T10:00+08:00", true)]
#[case::refunded_a_moment_before("2017-05-30T10:00+08:00", "2017-06-02T09:29:59.999+08:00", false)]
#[case::refunded_at_the_instant("2017-05-30T10:00+08:00", "2017-06-02T09:30+08:00", true)]
fn a_refund_is_held_against_both_instants(
    #[case] settled: &str,
    #[case] at: &str,
    #[case] forbidden: bool,
) {
    let judgement = judged(&refunded(settled, at));
    let expected: &[&str] = if forbidden { &["gate:business"] } else { &[] };
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

/// A hospital that has not been upgraded: whose business it is, and not what it is.
#[rstest]
#[case::this_one("H33010000001", &["gate:institution"])]
#[case::another_one("H33020000001", &[])]
fn a_hospital_that_stands_still_books_nothing(#[case] code: &str, #[case] expected: &[&str]) {
    let institutions = vec![code.to_owned()];
    let suspension = Suspension {
        institutions,
        ..admissions()
    };
    let judgement = judged(&suspended(
        suspension,
        "2017-06-05T10:00+08:00",
        Some("330200"),
        &[],
    ));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

/// One entry of the public after go-live.
struct Given<'a> {
    visit: &'a str,
    infno: &'a str,
    treated: &'a str,
    /// Taken back afterwards.
    undone: bool,
}

const fn entry<'a>(visit: &'a str, infno: &'a str, treated: &'a str) -> Given<'a> {
    Given {
        visit,
        infno,
        treated,
        undone: false,
    }
}

/// Entered one after the other from `first` on, at the insured place.
fn entered_from(first: &str, entries: &[Given<'_>]) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.now = at(first);
    for (number, entry) in entries.iter().enumerate() {
        let msgid = format!("public-{number}");
        let (now, id) = (history.now, format!("S-{number}"));
        history.played(&msgid, entry.infno, BYSTANDER);
        let keeper = history.books.get_mut(&insured()).unwrap();
        let rows = settlement(&id, entry.visit, entry.treated);
        keeper.append(now, &cause(&msgid, entry.infno), Some(BYSTANDER), rows);
        if entry.undone {
            let back = keeper.negation(&msgid);
            let undo = cause(&format!("{msgid}-back"), "2208");
            keeper.append(now, &undo, Some(BYSTANDER), back);
            history.played(&format!("{msgid}-back"), "2208", BYSTANDER);
        }
        history.now = history.now.plus_ms(60_000);
    }
    history.export(Instant::T2);
    history.evidence
}

const LIVE: &str = "2017-06-04T18:00+08:00";

pub(super) fn entered_out_of_turn() -> Evidence {
    let entries = [
        entry("V-1", "2207", "2017-06-03 10:00:00"),
        entry("V-2", "2207", "2017-06-01 10:00:00"),
    ];
    entered_from(LIVE, &entries)
}

pub(super) fn entered_twice() -> Evidence {
    let entries = [
        entry("V-1", "2304", "2017-06-01 10:00:00"),
        entry("V-2", "2304", "2017-06-01 12:00:00"),
    ];
    entered_from(LIVE, &entries)
}

#[rstest]
#[case::in_turn(["2017-06-01 10:00:00", "2017-06-01 10:00:01"], "2207", ["V-1", "V-2"], &[])]
#[case::the_same_visit_in_two_parts(["2017-06-01 10:00:00", "2017-06-01 10:00:00"], "2304", ["V-1", "V-1"], &[])]
#[case::the_same_instant(["2017-06-01 10:00:00", "2017-06-01 10:00:00"], "2207", ["V-1", "V-2"], &["duplicate-settle"])]
#[case::another_stay_the_next_day(["2017-06-01 10:00:00", "2017-06-02 10:00:00"], "2304", ["V-1", "V-2"], &[])]
#[case::out_of_turn_by_a_second(["2017-06-01 10:00:01", "2017-06-01 10:00:00"], "2207", ["V-1", "V-2"], &["gate:order"])]
#[case::treated_after_go_live(["2017-06-04 18:05:00", "2017-06-04 18:00:00"], "2207", ["V-1", "V-2"], &[])]
fn entries_come_once_and_in_turn(
    #[case] treated: [&str; 2],
    #[case] infno: &str,
    #[case] visits: [&str; 2],
    #[case] expected: &[&str],
) {
    let entries = [
        entry(visits[0], infno, treated[0]),
        entry(visits[1], infno, treated[1]),
    ];
    let judgement = judged(&entered_from(LIVE, &entries));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}

#[test]
fn what_was_taken_back_was_not_entered() {
    let mut entries = [
        entry("V-1", "2207", "2017-06-03 10:00:00"),
        entry("V-2", "2207", "2017-06-01 10:00:00"),
    ];
    entries[0].undone = true;
    let judgement = judged(&entered_from(LIVE, &entries));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
}

/// The whole forward part of a swipe comes to the old platform of the insured place too.
pub(super) fn the_old_platform_goes_on() -> Evidence {
    on_two_generations(true)
}

fn on_two_generations(booked: bool) -> Evidence {
    let mut history = History::begin(plan());
    let old = Party::old_platform(division("330200"));
    if let Payload::Run(header) = &mut history.evidence.records[0].payload {
        header.parties.insert(old.clone(), Level::L4);
    }
    let keeper = crate::testkit::Keeper::open(old.clone());
    history.books.insert(old.clone(), keeper);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    for intent in swipe.iter().filter(|_| booked) {
        history.book(intent, &old, &mut |_| {});
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

#[test]
fn an_old_platform_that_books_nothing_disturbs_nobody() {
    let judgement = judged(&on_two_generations(false));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
}

/// All that is wrong at the old platform, and between the generations, is one thing.
#[test]
fn two_generations_are_one_problem() {
    let judgement = judged(&the_old_platform_goes_on());
    let heads = judgement.findings.iter();
    let heads = heads.filter(|one| one.follows_from.is_none());
    assert_eq!(heads.count(), 1, "{}", told(&judgement));
}

/// Somebody of the public after go-live, registered at one party, while a part of the public's business stands still.
fn suspended(
    suspension: Suspension,
    booked: &str,
    insured_at: Option<&str>,
    outside: &[&str],
) -> Evidence {
    let mut plan = plan();
    plan.window.suspended = vec![suspension];
    plan.outside = outside.iter().map(|code| division(code)).collect();
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.now = at(booked);
    history.played("public-1", "2401", BYSTANDER);
    if let Some(Payload::Played(played)) = history
        .evidence
        .records
        .last_mut()
        .map(|one| &mut one.payload)
    {
        played.insured = insured_at.map(division);
    }
    let row = Entry::Row {
        kind: "visit".into(),
        id: "V-1".into(),
        status: "admitted".into(),
        was: None,
        facts: Default::default(),
        amounts: Default::default(),
    };
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(
        at(booked),
        &cause("public-1", "2401"),
        Some(BYSTANDER),
        vec![row],
    );
    history.export(Instant::T2);
    history.evidence
}

fn admissions() -> Suspension {
    Suspension {
        clause: "XX1".into(),
        from: at("2017-06-05T00:00+08:00"),
        to: Some(at("2017-06-06T00:00+08:00")),
        business: vec![],
        messages: vec!["2401".into()],
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
#[case::in_its_time(admissions(), "2017-06-05T00:00+08:00", Some("330200"), &[], true)]
#[case::a_moment_before(admissions(), "2017-06-04T23:59:59.999+08:00", Some("330200"), &[], false)]
#[case::the_last_moment(admissions(), "2017-06-05T23:59:59.999+08:00", Some("330200"), &[], true)]
#[case::the_moment_after(admissions(), "2017-06-06T00:00+08:00", Some("330200"), &[], false)]
#[case::until_further_notice(Suspension { to: None, ..admissions() }, "2017-06-09T00:00+08:00", Some("330200"), &[], true)]
#[case::of_this_business(Suspension { messages: vec![], business: vec![Business::Inpatient], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], true)]
#[case::of_another_business(Suspension { messages: vec![], business: vec![Business::Outpatient], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::of_another_message(Suspension { messages: vec!["2304".into()], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::all_but_this(Suspension { messages: vec![], except: vec!["2401".into()], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::through_this_channel(Suspension { channels: vec![Channel::Counter], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], true)]
#[case::through_another_channel(Suspension { channels: vec![Channel::Mobile], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::at_this_distance(Suspension { span: vec![Span::CrossCity], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], true)]
#[case::at_another_distance(Suspension { span: vec![Span::Local], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::nobody_wrote_down_from_where(Suspension { span: vec![Span::CrossCity], ..admissions() }, "2017-06-05T10:00+08:00", None, &[], false)]
#[case::of_these_people(Suspension { insured: vec![division("330200")], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], true)]
#[case::of_other_people(Suspension { insured: vec![division("330100")], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::in_these_hospitals(Suspension { treatment: vec![division("330100")], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], true)]
#[case::in_other_hospitals(Suspension { treatment: vec![division("330200")], ..admissions() }, "2017-06-05T10:00+08:00", Some("330200"), &[], false)]
#[case::one_of_both_is_outside(admissions(), "2017-06-05T10:00+08:00", Some("330200"), &["330100"], true)]
#[case::both_are_outside(admissions(), "2017-06-05T10:00+08:00", Some("330200"), &["330100", "330200"], false)]
fn what_stands_still_is_not_booked(
    #[case] suspension: Suspension,
    #[case] booked: &str,
    #[case] insured_at: Option<&str>,
    #[case] outside: &[&str],
    #[case] forbidden: bool,
) {
    let judgement = judged(&suspended(suspension, booked, insured_at, outside));
    let expected: &[&str] = if forbidden { &["gate:business"] } else { &[] };
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}
