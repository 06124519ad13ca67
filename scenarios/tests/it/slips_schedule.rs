//! 排班的错 · Slips in `schedule:` and in what an institution says of its desk, each with its place.

use crosswipe_domain::Business;
use crosswipe_scenarios::Hands;
use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

const PLAN: &str = "margin: 2h\n";

fn schedule(text: &str) -> String {
    format!("margin: 2h\nschedule: {{{text}}}\n")
}

#[rstest]
#[case(
    "hands: hand",
    "plan.yaml:13:19 scenario::unknown_word: unknown hands `hand`"
)]
#[case(
    "staffed: [\"9:00-12:00\"]",
    "plan.yaml:13:22 scenario::bad_schedule: `9:00-12:00` says no hours"
)]
#[case(
    "staffed: [\"2030-02-30 09:00-12:00\"]",
    "plan.yaml:13:22 scenario::bad_schedule: `2030-02-30 09:00-12:00` says no hours"
)]
#[case(
    "minutes: {outpatient: 0}",
    "plan.yaml:13:34 scenario::bad_schedule: `0` is no number of minutes"
)]
#[case(
    "minutes: {dental: 5}",
    "plan.yaml:13:22 scenario::unknown_key: minutes: unknown key `dental`"
)]
#[case(
    "agreed: {region: two}",
    "plan.yaml:13:29 scenario::bad_schedule: `two` is no number of cases at a time"
)]
#[case(
    "agreed: {\"330900\": 2}",
    "plan.yaml:13:21 scenario::unknown_division: unknown administrative division `330900`: no region of the topology"
)]
#[case(
    "agreed: {H33090000001: 2}",
    "plan.yaml:13:21 scenario::unknown_institution: unknown institution `H33090000001`"
)]
#[case(
    "travel: {between: [{from: \"330100\", to: \"330100\", minutes: 5}]}",
    "plan.yaml:13:32 scenario::bad_schedule: a way from `330100` to itself"
)]
#[case(
    "cards: [{person: nobody, place: \"330100\"}]",
    "plan.yaml:13:29 scenario::unknown_person: unknown person `nobody`"
)]
#[case(
    "cards: [{person: jia, place: \"330100\"}, {person: jia, place: \"330200\"}]",
    "plan.yaml:13:53 scenario::card_in_two_places: the card of `jia` cannot be in `330200` then: line 13 has it in `330100`"
)]
#[case(
    "travel: {minutes: 60}, cards: [{person: jia, place: \"330100\", to: \"2030-03-02T10:00+08:00\"}, {person: jia, place: \"330200\", from: \"2030-03-02T10:59+08:00\"}]",
    "plan.yaml:13:106 scenario::card_in_two_places: the card of `jia` cannot be in `330200` then: line 13 has it in `330100`"
)]
#[case(
    "cards: [{person: jia, place: \"330100\", from: \"2030-03-02T10:00+08:00\", to: \"2030-03-02T10:00+08:00\"}]",
    "plan.yaml:13:21 scenario::bad_schedule: the card of `jia` leaves before it comes"
)]
fn a_slip_in_the_schedule_is_told(#[case] text: &str, #[case] expected: &str) {
    check_slip("plan.yaml", PLAN, &schedule(text), expected);
}

#[test]
fn a_driven_his_has_no_people() {
    check_slip(
        "topology.yaml",
        "tier: 3}",
        "tier: 3, his: \"127.0.0.1:9101\", hands: manual, staffed: \"09:00-12:00\"}",
        "topology.yaml:7:53 scenario::bad_schedule: `his:` of an institution where people swipe",
    );
}

/// What leaves the plan usable is a warning: people without hours, cards without a way.
#[test]
fn what_nobody_says_is_asked_for() {
    let folder = planted(&[("plan.yaml", PLAN, &schedule("hands: manual"))]);
    let (plan, problems) = read(folder.path());
    let plan = plan.expect("usable");
    assert_eq!(
        told(&problems),
        "plan.yaml:13:1 scenario::unstaffed: people swipe at `H33010000001`, and nobody says when somebody is there\n\
         plan.yaml:13:1 scenario::unknown_way: nobody says how long a card travels between `330100` and `330200`\n"
    );
    assert!(
        plan.timing
            .desks
            .values()
            .all(|desk| desk.hands == Hands::Manual)
    );
}

/// An institution's own word stands before the plan's, key by key.
#[test]
fn an_institution_says_what_differs() {
    let all = "hands: manual, staffed: [\"09:00-12:00\"], minutes: {outpatient: 9, inpatient: 30}, travel: {minutes: 60}";
    let folder = planted(&[
        ("plan.yaml", PLAN, &schedule(all)),
        (
            "topology.yaml",
            "tier: 3}",
            "tier: 3, hands: driven, minutes: {outpatient: 2}}",
        ),
    ]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let said: Vec<(Hands, u32, u32, bool)> = plan
        .timing
        .desks
        .values()
        .map(|desk| {
            let minutes = |business| desk.minutes(business);
            (
                desk.hands,
                minutes(Business::Outpatient),
                minutes(Business::Inpatient),
                desk.staffed.is_some(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [(Hands::Driven, 2, 30, true), (Hands::Manual, 9, 30, true)]
    );
}
