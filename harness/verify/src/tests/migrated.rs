//! 迁移之试 · What the old platform's books said at its stop, against what the new one begins with.

use crosswipe_domain::{Cause, Entry, Few, Level, Name, Party, Rule, Unit};
use crosswipe_journal::Payload;
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::judgement::Held;
use crate::testkit::{BYSTANDER, History, Keeper, PERSON, at, division, insured, plan, posting};

/// Where something moves before t0, or between t0 and the stop, or after it.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Never,
    BeforeT0,
    BeforeStop,
    AfterStop,
}

/// A clean run beside an old platform with the same people; `new` and `old` say when each one's cell moves by a yuan.
fn beside(kind: &str, person: &str, (new, old): (When, When)) -> Evidence {
    let mut history = History::begin_at(plan(), at("2017-05-30T08:00+08:00"));
    let before = Party::old_platform(division("330200"));
    if let Payload::Run(header) = &mut history.evidence.records[0].payload {
        header.parties.insert(before.clone(), Level::L4);
    }
    history
        .books
        .insert(before.clone(), Keeper::open(before.clone()));
    let moves = |history: &mut History, when: When, instant: &str| {
        for (party, moved) in [(insured(), new), (before.clone(), old)] {
            if moved != when {
                continue;
            }
            let cause = Cause {
                origin: party.code.clone(),
                msgid: format!("moved-{instant}"),
                infno: "open".into(),
            };
            let cell = [("insutype", "310"), ("person", person)];
            let rows = vec![
                posting(kind, &cell, Unit::Fen, 100),
                posting("equity", &[], Unit::Fen, -100),
            ];
            let keeper = history.books.get_mut(&party).unwrap();
            keeper.append(at(instant), &cause, Some(person), rows);
        }
    };
    moves(&mut history, When::BeforeT0, "2017-05-30T07:00+08:00");
    history.export(Instant::T0);
    moves(&mut history, When::BeforeStop, "2017-05-31T10:00+08:00");
    history.now = at("2017-06-02T10:00+08:00");
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    moves(&mut history, When::AfterStop, "2017-06-02T12:00+08:00");
    history.close();
    history.evidence
}

#[rstest]
#[case::an_account("personal-account", PERSON)]
#[case::a_yearly_sum("accumulator", PERSON)]
#[case::of_somebody_else("personal-account", BYSTANDER)]
fn a_cell_that_was_migrated_otherwise_is_found(#[case] kind: &str, #[case] person: &str) {
    for moved in [(When::BeforeT0, When::Never), (When::Never, When::BeforeT0)] {
        let judgement = judged(&beside(kind, person, moved));
        assert_eq!(
            classes(&judgement),
            ["mismatch:amount"],
            "{}",
            told(&judgement)
        );
        let one = &judgement.findings[0];
        assert_eq!((one.rule, one.party.as_ref()), (Rule::R6, Some(&insured())));
        assert!(one.location.contains(kind) && one.location.contains("migrated"));
    }
}

#[rstest]
#[case::nothing_moved("personal-account", (When::Never, When::Never))]
#[case::both_moved("personal-account", (When::BeforeT0, When::BeforeT0))]
#[case::what_nobody_takes_along("pool-fund", (When::BeforeT0, When::Never))]
fn books_that_agree_are_no_finding(#[case] kind: &str, #[case] moved: (When, When)) {
    let judgement = judged(&beside(kind, PERSON, moved));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    assert_eq!(state.unwrap().state, Held::Held);
}

/// t0 came before the stop, and the old books moved since: what was migrated is not to be seen in it.
#[test]
fn what_moved_before_the_stop_is_not_checked() {
    let moved = (When::Never, When::BeforeStop);
    let judgement = judged(&beside("personal-account", PERSON, moved));
    let mismatch = |class: &String| class == "mismatch:amount";
    assert!(
        !classes(&judgement).iter().any(mismatch),
        "{}",
        told(&judgement)
    );
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    assert_eq!(state.unwrap().state, Held::NotChecked);
}

/// What is booked after the stop is wrong for itself, and migrates nowhere.
#[test]
fn what_moved_after_the_stop_was_not_migrated() {
    let moved = (When::Never, When::AfterStop);
    let judgement = judged(&beside("personal-account", PERSON, moved));
    let classes = classes(&judgement);
    assert!(
        classes.contains(&"gate:window".to_owned()),
        "{}",
        told(&judgement)
    );
    assert!(
        !classes.contains(&"mismatch:amount".to_owned()),
        "{}",
        told(&judgement)
    );
}

/// What was done on the old platform before its stop: a settlement that nobody audited, and an account that moved.
fn done_before() -> Vec<Entry> {
    let facts = [
        ("audit", "unaudited"),
        ("setl_id", "S-OLD"),
        ("clr_type", "11"),
    ];
    let amounts = [("medfee_sumamt", 700), ("fund_pay_sumamt", 600)];
    let account = [("insutype", "310"), ("person", PERSON)];
    vec![
        Entry::Row {
            kind: "settlement".into(),
            id: "S-OLD".into(),
            status: "settled".into(),
            was: None,
            facts: facts.into(),
            amounts: amounts.into(),
        },
        posting("personal-account", &account, Unit::Fen, -100),
        posting("cash", &[], Unit::Fen, 100),
    ]
}

/// The same as it stands on the new platform.
fn audited() -> Vec<Entry> {
    let mut entries = done_before();
    if let Entry::Row { facts, .. } = &mut entries[0] {
        facts.insert("audit", "audited");
    }
    entries
}

/// A run beside both generations: something is done on the old one before it stops, and taken over as `taken` says; `None`
/// = nobody takes anything over.
fn taken_over(taken: Option<(&'static str, Vec<Entry>)>) -> Evidence {
    let mut history = History::begin_at(plan(), at("2017-05-30T08:00+08:00"));
    let before = Party::old_platform(division("330200"));
    if let Payload::Run(header) = &mut history.evidence.records[0].payload {
        header.parties.insert(before.clone(), Level::L4);
    }
    let old = Keeper::open(before.clone());
    history.books.insert(before.clone(), old);
    history.export(Instant::T0);
    let mut acts = vec![(
        "done-before",
        "manual-claim",
        "2017-05-31T10:00+08:00",
        before,
        done_before(),
    )];
    acts.extend(taken.map(|(when, rows)| ("taken", "migration", when, insured(), rows)));
    for (msgid, infno, when, party, rows) in acts {
        history.now = at(when);
        history.played(msgid, infno, PERSON);
        let records = &mut history.evidence.records;
        if let Some(Payload::Played(played)) = records.last_mut().map(|one| &mut one.payload) {
            played.insured = Some(division("330200"));
            played.origin = OFFICE.into();
        }
        let cause = Cause {
            origin: OFFICE.into(),
            msgid: msgid.into(),
            infno: infno.into(),
        };
        let keeper = history.books.get_mut(&party).unwrap();
        keeper.append(at(when), &cause, Some(PERSON), rows);
    }
    history.now = at("2017-06-02T10:00+08:00");
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

const OFFICE: &str = "J33020000000";
/// Where the plan's freeze begins.
const STOPS: &str = "2017-05-31T18:00+08:00";

fn row(entries: &mut [Entry], bend: impl FnOnce(&mut Few<Name>, &mut Few<i64>)) {
    if let Entry::Row { facts, amounts, .. } = &mut entries[0] {
        bend(facts, amounts);
    }
}

/// Whatever becomes otherwise on the way is found, cell by cell and row by row.
#[rstest]
#[case::as_it_was(|_: &mut Vec<Entry>| (), &[])]
#[case::still_unaudited(|rows: &mut Vec<Entry>| row(rows, |facts, _| { facts.insert("audit", "unaudited"); }), &["mismatch:audit"])]
#[case::audited_by_nobody(|rows: &mut Vec<Entry>| row(rows, |facts, _| { facts.remove("audit"); }), &["mismatch:audit"])]
#[case::another_id(|rows: &mut Vec<Entry>| row(rows, |facts, _| { facts.insert("setl_id", "S-9"); }), &["mismatch:id"])]
#[case::a_fact_too_many(|rows: &mut Vec<Entry>| row(rows, |facts, _| { facts.insert("more", "1"); }), &["mismatch:id"])]
#[case::a_fen_more(|rows: &mut Vec<Entry>| row(rows, |_, amounts| { amounts.insert("fund_pay_sumamt", 601); }), &["mismatch:amount"])]
#[case::an_amount_lost(|rows: &mut Vec<Entry>| row(rows, |_, amounts| { amounts.remove("fund_pay_sumamt"); }), &["mismatch:amount"])]
#[case::the_row_lost(|rows: &mut Vec<Entry>| { rows.remove(0); }, &["mismatch:amount"])]
#[case::under_another_name(|rows: &mut Vec<Entry>| if let Entry::Row { id, .. } = &mut rows[0] { *id = "S-2".into() }, &["mismatch:amount"])]
#[case::the_account_left_behind(|rows: &mut Vec<Entry>| rows.truncate(1), &["mismatch:amount"])]
#[case::another_account(|rows: &mut Vec<Entry>| {
    let dims = [("insutype", "310"), ("person", BYSTANDER)];
    rows[1] = posting("personal-account", &dims, Unit::Fen, -100);
}, &["mismatch:amount"])]
fn what_was_booked_at_the_old_platform_stands_at_the_new(
    #[case] bend: fn(&mut Vec<Entry>),
    #[case] expected: &[&str],
) {
    let mut rows = audited();
    bend(&mut rows);
    let judgement = judged(&taken_over(Some((STOPS, rows))));
    let mut found = classes(&judgement);
    found.dedup();
    assert_eq!(found, expected, "{}", told(&judgement));
    let of_the_new = |one: &crate::judgement::Finding| {
        one.rule == Rule::R6 && one.party.as_ref() == Some(&insured())
    };
    assert!(judgement.findings.iter().all(of_the_new));
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    let held = if expected.is_empty() {
        Held::Held
    } else {
        Held::Violated
    };
    assert_eq!(state.unwrap().state, held);
}

/// Nobody takes the old books over: what became of them is not to be seen.
#[test]
fn what_nobody_took_over_is_not_checked() {
    let judgement = judged(&taken_over(None));
    assert!(classes(&judgement).is_empty(), "{}", told(&judgement));
    let state = judgement.rules.iter().find(|rule| rule.rule == Rule::R6);
    assert_eq!(state.unwrap().state, Held::NotChecked);
}

/// As long as the old platform books, nothing is taken over from it.
#[rstest]
#[case::a_moment_before("2017-05-31T17:59:59.999+08:00", &["gate:window"])]
#[case::at_its_stop(STOPS, &[])]
fn books_are_taken_over_once_they_are_closed(
    #[case] when: &'static str,
    #[case] expected: &[&str],
) {
    let judgement = judged(&taken_over(Some((when, audited()))));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
}
