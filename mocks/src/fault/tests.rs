//! 故障单测试 · How faults are ordered, and which message they hit.

use rstest::rstest;

use super::trouble::{Leg, Message};
use super::*;
use crosswipe_domain::{Cause, InfNo, Moment};

#[rstest]
#[case("response-lost", None, 1, 1)]
#[case("response-lost:on=2304", Some("2304"), 1, 1)]
#[case("accumulator-not-restored:on=2208,nth=2,times=3", Some("2208"), 2, 3)]
fn a_fault_is_ordered_by_name_and_message(
    #[case] text: &str,
    #[case] on: Option<&str>,
    #[case] nth: u32,
    #[case] times: u32,
) {
    let order: FaultOrder = text.parse().unwrap();
    assert_eq!(
        (order.on.clone(), order.nth, order.times),
        (on.map(InfNo::new), nth, times)
    );
}

#[rstest]
#[case(
    "response-loss",
    "unknown fault `response-loss`; `crosswipe explain faults` lists all 100"
)]
#[case(
    "response-lost:who=me",
    "unknown key `who` of fault `response-lost`; keys: on, leg, person, nth, times, prob, heal_after"
)]
#[case(
    "party-restarts:books=kept",
    "fault `party-restarts` needs the key `party`, e.g. `party-restarts:party=insured:330300`"
)]
#[case(
    "party-restarts:party=330300",
    "`330300` is no party of fault `party-restarts`"
)]
#[case(
    "response-lost:party=hub:330000",
    "unknown key `party` of fault `response-lost`; keys: on, leg, person, nth, times, prob, heal_after"
)]
#[case(
    "hub-reversal-overtakes:until=later",
    "`later` is no until of fault `hub-reversal-overtakes`"
)]
#[case("response-lost:nth=0", "`0` is no nth of fault `response-lost`")]
#[case(
    "response-lost:on=settle",
    "`settle` is no on of fault `response-lost`"
)]
fn a_slip_in_an_order_is_said(#[case] text: &str, #[case] said: &str) {
    let error = text.parse::<FaultOrder>().unwrap_err().to_string();
    assert!(error.starts_with(said), "{error}");
}

#[rstest]
#[case("response-lost:prob=0", "`0` is no prob of fault `response-lost`")]
#[case(
    "response-lost:prob=1.001",
    "`1.001` is no prob of fault `response-lost`"
)]
#[case(
    "response-lost:heal_after=30",
    "`30` is no heal_after of fault `response-lost`"
)]
#[case(
    "response-lost:nth=1,nth=2",
    "fault `response-lost` is given the key `nth` twice"
)]
#[case(
    "response-lost:leg=HI",
    "`HI` is no leg of fault `response-lost`; known: CH, HT, TN, NI"
)]
#[case("response-lost:person=1", "`1` is no person of fault `response-lost`")]
fn a_slip_in_a_selector_is_said(#[case] text: &str, #[case] said: &str) {
    let error = text.parse::<FaultOrder>().unwrap_err().to_string();
    assert!(error.starts_with(said), "{error}");
}

fn message(infno: &str, person: &str, now: i64) -> Message {
    Message {
        cause: Cause {
            origin: "H33010000001".to_owned(),
            msgid: "m".to_owned(),
            infno: infno.to_owned(),
        },
        infno: InfNo::new(infno),
        of: None,
        omsgid: None,
        person: Some(person.to_owned()),
        leg: Leg::HisTreatment,
        forwarded: false,
        now: Moment::from_epoch_ms(now),
    }
}

#[test]
fn a_fault_hits_the_nth_message_that_fits_and_no_other() {
    let faults = Faults::new(["response-lost:on=2207,nth=2,times=2".parse().unwrap()]);
    let hits: Vec<bool> = ["2207", "2304", "2207", "2207A", "2207"]
        .map(|infno| faults.hits(0, &message(infno, "3301", 0)))
        .into();
    assert_eq!(hits, [false, false, true, true, false]);
    assert_eq!(faults.fired()[0].1, 2);
}

#[test]
fn a_fault_waits_for_a_person_by_the_end_of_the_number() {
    let faults = Faults::new(["response-lost:person=0002,times=9".parse().unwrap()]);
    assert!(!faults.hits(0, &message("2207", "33010001", 0)));
    assert!(faults.hits(0, &message("2207", "33010002", 0)));
}

#[test]
fn a_fault_that_has_healed_hits_nothing_more() {
    let faults = Faults::new(["response-lost:times=9,heal_after=10s".parse().unwrap()]);
    let hits = [0, 9_999, 10_000].map(|now| faults.hits(0, &message("2207", "1", now)));
    assert_eq!(hits, [true, true, false]);
    assert!(!faults.goes_on(0, Moment::from_epoch_ms(10_000)));
}

#[test]
fn chance_follows_from_the_seed_and_is_about_as_likely_as_was_asked() {
    let drawn = |seed| -> Vec<bool> {
        let faults = Faults::seeded(seed, ["response-lost:prob=0.25".parse().unwrap()]);
        (0..1_000)
            .map(|now| faults.hits(0, &message("2207", "1", now)))
            .collect()
    };
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
    let hit = drawn(7).iter().filter(|hit| **hit).count();
    assert!((200..300).contains(&hit), "{hit} of 1000");
}

#[test]
fn every_class_has_a_name_of_its_own() {
    let mut names: Vec<&str> = FaultClass::all().iter().map(|class| class.id).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 100);
}
