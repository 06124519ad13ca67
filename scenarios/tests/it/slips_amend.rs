//! 改期的手误 · `amend:` of a plan: slips at their places, bounds named by cases, cases that expect the old bound.

use crosswipe_domain::{Amendment, Moment};
use crosswipe_scenarios::{Expected, Step};
use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

fn amend(entry: &str) -> String {
    format!("margin: 2h\namend: [{{{entry}, source: 省局通知, who: 值班}}]")
}

#[rstest]
#[case::no_such_bound(
    "bound: crossing.to, to: \"2030-03-02T21:00+08:00\", known: \"2030-03-02T13:00+08:00\"",
    "plan.yaml:13:17 scenario::amend_unknown_bound: the window has no bound `crossing.to`"
)]
#[case::it_never_lay_there(
    "bound: live.from, was: \"2030-03-02T19:00+08:00\", to: \"2030-03-02T21:00+08:00\", known: \"2030-03-02T13:00+08:00\"",
    "plan.yaml:13:17 scenario::amend_unknown_bound: `live.from` lies at `2030-03-02T20:00:00+08:00`, not at `2030-03-02T19:00:00+08:00`"
)]
#[case::a_phase_would_end_before_it_begins(
    "bound: live.from, to: \"2030-03-02T12:00+08:00\", known: \"2030-03-02T10:00+08:00\"",
    "plan.yaml:13:17 scenario::amend_breaks_window: with `live.from` at `2030-03-02T12:00:00+08:00` phase `cross` would end at `2030-03-02T12:00:00+08:00`, not after `2030-03-02T12:00:00+08:00`"
)]
#[case::nothing_moves(
    "bound: live.from, to: \"2030-03-02T20:00+08:00\", known: \"2030-03-02T13:00+08:00\"",
    "plan.yaml:13:17 scenario::amend_idle: `live.from` lies at `2030-03-02T20:00:00+08:00` already"
)]
#[case::nothing_is_amended_backwards(
    "bound: cross.from, to: \"2030-03-02T11:00+08:00\", known: \"2030-03-02T13:00+08:00\"",
    "plan.yaml:13:17 scenario::amend_idle: `cross.from` is moved from `2030-03-02T12:00:00+08:00` to `2030-03-02T11:00:00+08:00`, both past when that is known at `2030-03-02T13:00:00+08:00`"
)]
fn a_slip_of_an_amendment_is_told(#[case] entry: &str, #[case] expected: &str) {
    check_slip("plan.yaml", "margin: 2h", &amend(entry), expected);
}

#[test]
fn who_and_where_from_are_never_a_default() {
    let entry = "margin: 2h\namend: [{bound: live.from, to: \"2030-03-02T21:00+08:00\"}]";
    let folder = planted(&[("plan.yaml", "margin: 2h", entry)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    for key in ["known", "source", "who"] {
        assert!(told.contains(&format!("`{key}` is missing")), "{told}");
    }
}

/// A case written by instants on the old side of the bound is told and turned; one named by its bound moves with it.
#[test]
fn cases_on_the_wrong_side_are_told_and_held_to_the_new_bound() {
    let public = "at: \"2030-03-02T10:00+08:00\"\n        expect: {outcome: refused}";
    let late =
        "bound: live.from, to: \"2030-03-02T22:00+08:00\", known: \"2030-03-02T13:00+08:00\"";
    let old = "at: \"2030-03-02T20:00+08:00\"\n        expect: {outcome: accepted}";
    let folder = planted(&[
        ("plan.yaml", "margin: 2h", &amend(late)),
        ("day.yaml", public, old),
    ]);
    let (plan, problems) = read(folder.path());
    assert_eq!(
        told(&problems),
        "plan.yaml:13:1 scenario::expects_old_bound: this case expects the old bound: `day/public`\n"
    );
    let plan = plan.unwrap();
    let Step::Play(play) = &plan.cases[1].steps[0] else {
        panic!("a play");
    };
    assert_eq!(play.expect.outcome, Expected::Refused { code: None });
    for (named, wanted) in [
        ("live.from", "2030-03-02T22:00+08:00"),
        ("cross.to + 1m", "2030-03-02T22:01+08:00"),
    ] {
        let named = format!("at: {named}\n        expect: {{outcome: accepted}}");
        let folder = planted(&[
            ("plan.yaml", "margin: 2h", &amend(late)),
            ("day.yaml", public, &named),
        ]);
        let (plan, problems) = read(folder.path());
        assert_eq!(told(&problems), "");
        let start = plan.unwrap().cases[1].start;
        assert_eq!(start, Some(Moment::parse(wanted).unwrap()));
    }
}

#[rstest]
#[case::no_bound("crossing.to", "the window has no bound `crossing.to`")]
#[case::no_length("live.from - soon", "`live.from - soon` is no instant")]
#[case::no_sign("live.from 1s", "`live.from 1s` is no instant")]
fn an_instant_named_wrongly_is_told(#[case] named: &str, #[case] expected: &str) {
    let public = "at: \"2030-03-02T10:00+08:00\"";
    let folder = planted(&[("day.yaml", public, &format!("at: {named}"))]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    assert!(told(&problems).contains(expected), "{}", told(&problems));
}

/// One bound twice, and two bounds in turn: each finds the window as those before it left it, whatever the order in
/// which they are said.
#[test]
fn amendments_follow_each_other() {
    let folder = planted(&[]);
    let plan = read(folder.path()).0.unwrap();
    let at = |text: &str| Moment::parse(&format!("2030-03-02T{text}+08:00")).unwrap();
    let one = |bound: &str, was: &str, to: &str, known: &str| Amendment {
        bound: bound.to_owned(),
        was: at(was),
        to: at(to),
        known: at(known),
        source: "省局通知".to_owned(),
        who: "值班".to_owned(),
    };
    let first = one("live.from", "20:00", "21:00", "13:00");
    let second = one("cross.to", "21:00", "22:00", "14:00");
    let alone = plan.amended(second.clone());
    assert_eq!(alone.unwrap_err().code, "scenario::amend_unknown_bound");
    let both = plan.amended(first).unwrap().plan.amended(second).unwrap();
    let end = |at| both.plan.window.in_force(at).end();
    assert_eq!(end(at("12:59:59")), Some(at("20:00")));
    assert_eq!(end(at("13:00")), Some(at("21:00")));
    assert_eq!(end(at("14:00")), Some(at("22:00")));
    assert_eq!(both.plan.window.shifted(5).shifted(-5), both.plan.window);
}
