//! 药店与仅接收 · Purchases in a plan, the slips in them, and what a platform only takes.

use crosswipe_domain::{Business, InfNo};
use crosswipe_scenarios::Step;
use rstest::rstest;

use crate::fixture::{planted, read, told};

const PLACE: (&str, &str, &str) = (
    "topology.yaml",
    "      - {code: H33020000001, name: 宁波虚构医院, tier: 2}\n",
    "      - {code: H33020000001, name: 宁波虚构医院, tier: 2}\n      - {code: P33020000001, name: 宁波虚构药店, tier: 1}\n",
);
const CROSS: (&str, &str, &str) = (
    "plan.yaml",
    "cross_swipe: [outpatient, inpatient]",
    "cross_swipe: [outpatient, inpatient, pharmacy]",
);
/// The steps of the first case as the small plan has them.
const PLAIN: &str = "      - swipe: outpatient
        person: jia
        institution: H33020000001
        items: basket/cold.yaml
        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}
";

#[test]
fn a_purchase_is_one_message_after_its_trial_and_is_refunded_by_name() {
    let steps = "      - {swipe: pharmacy, name: first, person: jia, institution: P33020000001, items: basket/cold.yaml, expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}}
      - {call: \"2103\", of: first, expect: {outcome: ok}}
";
    let folder = planted(&[PLACE, CROSS, ("day.yaml", PLAIN, steps)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let case = &plan.unwrap().cases[0];
    let Step::Swipe(swipe) = &case.steps[0] else {
        panic!("{:?}", case.steps[0])
    };
    assert_eq!(swipe.business, Business::Pharmacy);
    assert_eq!(swipe.messages(), ["2101", "2102"]);
    assert_eq!(swipe.goal(), InfNo::new("2102"));
    assert_eq!(Step::groups(&case.steps).len(), 1);
}

#[rstest]
#[case::at_a_hospital(
    "{swipe: pharmacy, person: jia, institution: H33020000001, items: basket/cold.yaml, expect: {outcome: ok}}",
    "scenario::wrong_shape: `H33020000001` is no pharmacy"
)]
#[case::until_a_message_of_a_hospital(
    "{swipe: pharmacy, until: \"2207\", person: jia, institution: P33020000001, items: basket/cold.yaml, expect: {outcome: ok}}",
    "scenario::unknown_word: unknown message of such a visit `2207`"
)]
#[case::a_mapping(
    "{call: \"3301\", institution: P33020000001}",
    "scenario::unknown_word: `3301` is of no person, so no case sends it"
)]
fn a_slip_in_a_purchase_is_told_with_its_place(#[case] step: &str, #[case] wanted: &str) {
    let steps = format!("      - {step}\n");
    let folder = planted(&[PLACE, CROSS, ("day.yaml", PLAIN, &steps)]);
    let (_, problems) = read(folder.path());
    assert!(told(&problems).contains(wanted), "{}", told(&problems));
}

#[test]
fn a_hospital_that_is_refused_as_a_seller_is_a_case_like_any_other() {
    let step = "      - {swipe: pharmacy, person: jia, institution: H33020000001, items: basket/cold.yaml, expect: {outcome: refused, code: E-FIELD}}\n";
    let folder = planted(&[PLACE, CROSS, ("day.yaml", PLAIN, step)]);
    let (_, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
}

#[rstest]
#[case::of_the_catalogue("[\"4101\", \"2207\"]", "`2207` is a transaction of the catalogue")]
#[case::no_number("[\"清单\"]", "`清单` is no transaction number")]
#[case::twice("[\"4101\", \"4101\"]", "4101")]
fn only_what_the_catalogue_has_not_is_taken_unseen(#[case] numbers: &str, #[case] wanted: &str) {
    let recorded = format!("    name: 宁波\n    recorded: {numbers}\n");
    let folder = planted(&[("topology.yaml", "    name: 宁波\n", &recorded)]);
    let (_, problems) = read(folder.path());
    assert!(told(&problems).contains(wanted), "{}", told(&problems));
}

#[test]
fn numbers_that_are_only_taken_belong_to_their_region() {
    let recorded = "    name: 宁波\n    recorded: [\"4101\", \"4101A\"]\n";
    let folder = planted(&[("topology.yaml", "    name: 宁波\n", recorded)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let regions = plan.unwrap().topology.regions;
    let numbers = |number: usize| regions[number].profile.recorded.len();
    assert_eq!([numbers(0), numbers(1)], [0, 2]);
}
