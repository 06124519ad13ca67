//! 故障单测试 · How faults are ordered, and which message they hit.

use rstest::rstest;

use super::*;
use crosswipe_domain::InfNo;

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
        (order.on, order.nth, order.times),
        (on.map(InfNo::new), nth, times)
    );
}

#[rstest]
#[case(
    "response-loss",
    "unknown fault `response-loss`; known: response-lost, accumulator-not-restored, hub-drops-forwarded-reversal, request-lost, reversal-lost, reversal-response-lost, refusal-lied, hub-reversal-overtakes, party-restarts"
)]
#[case(
    "response-lost:who=me",
    "unknown key `who` of fault `response-lost`; keys: on, nth, times"
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
    "unknown key `party` of fault `response-lost`; keys: on, nth, times"
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

#[test]
fn a_fault_hits_the_nth_message_that_fits_and_no_other() {
    let faults = Faults::new(["response-lost:on=2207,nth=2,times=2".parse().unwrap()]);
    let hits: Vec<bool> = ["2207", "2304", "2207", "2207A", "2207"]
        .map(|infno| faults.fires("response-lost", &InfNo::new(infno)))
        .into();
    assert_eq!(hits, [false, false, true, true, false]);
    assert_eq!(faults.fired()[0].1, 2);
}
