//! 住院里的手误 · A stay that is settled in its midst: what goes on, what is refunded, and the slips in it.

use crosswipe_scenarios::{Discharge, Step};
use rstest::rstest;

use crate::fixture::{planted, read, told};

/// Settled twice in its midst and once at its end; the end and the second bill are refunded, the end is settled anew.
const STEPS: &str = "      - {swipe: inpatient, name: stay, mid_stay: yes, person: jia, institution: H33020000001, items: basket/cold.yaml}
      - {continue: stay, name: second, mid_stay: yes, items: basket/cold.yaml}
      - {continue: stay, name: rest, items: basket/cold.yaml}
      - {call: \"2305\", of: stay, expect: {outcome: ok}}
      - {call: \"2305\", of: stay, with: {setl_id: $second.setl_id}}
      - {continue: stay, name: again}
";
/// The steps of the first case as the small plan has them.
const PLAIN: &str = "      - swipe: outpatient
        person: jia
        institution: H33020000001
        items: basket/cold.yaml
        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}
";

fn read_steps(steps: &str) -> (Option<Vec<Step>>, Vec<crosswipe_scenarios::Problem>) {
    let folder = planted(&[("day.yaml", PLAIN, steps)]);
    let (plan, problems) = read(folder.path());
    (plan.map(|plan| plan.cases[0].steps.clone()), problems)
}

#[test]
fn a_stay_settled_in_its_midst_goes_on_with_a_bill_of_its_own() {
    let (steps, problems) = read_steps(STEPS);
    assert_eq!(told(&problems), "");
    let steps = steps.unwrap();
    assert_eq!(Step::groups(&steps).len(), 1);
    let swipe = |number: usize| match &steps[number] {
        Step::Swipe(swipe) => swipe,
        other => panic!("{other:?}"),
    };
    let said = [0, 1, 2, 5].map(|number| swipe(number).discharge);
    let (mid_stay, end) = (Discharge::NotYet, Discharge::First);
    // Whoever does not say `mid_stay` again ends the stay.
    assert_eq!(said, [mid_stay, mid_stay, end, end]);
    assert!(!swipe(1).messages().contains(&"2402"));
    assert!(swipe(2).messages().contains(&"2402"));
}

#[rstest]
#[case::nothing_new_to_pay(
    "name: rest, items: basket/cold.yaml",
    "name: rest",
    "day.yaml:8:10 scenario::wrong_shape: all lines of `stay` so far are paid for",
    "items"
)]
#[case::lines_that_nobody_has_paid(
    "name: second, mid_stay: yes, items",
    "name: second, mid_stay: yes, until: \"2301\", items",
    "day.yaml:8:38 scenario::wrong_shape: `items`, but the fee lines of `stay` stand",
    ""
)]
#[case::both_answers_at_once(
    "mid_stay: yes, person",
    "mid_stay: yes, discharge_last: yes, person",
    "day.yaml:6:40 scenario::wrong_shape: `mid_stay` and `discharge_last` at once",
    "one of them"
)]
#[case::up_to_the_discharge_that_it_has_not(
    "mid_stay: yes, person",
    "mid_stay: yes, until: \"2402\", person",
    "day.yaml:6:55 scenario::wrong_shape: `until` the discharge, but a settlement in mid-stay has none",
    "2304"
)]
#[case::on_a_visit(
    "swipe: inpatient, name: stay, mid_stay: yes",
    "swipe: outpatient, name: stay, mid_stay: no",
    "day.yaml:6:41 scenario::wrong_shape: `mid_stay` on a visit that is no stay",
    "inpatient"
)]
#[case::the_same_refunded_twice(
    "$second.setl_id",
    "$rest.setl_id",
    "day.yaml:10:10 scenario::nothing_to_reverse: `2305` is to succeed, but the `2304` that it names stands no more",
    "refused"
)]
fn slips_in_stays(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
    #[case] help: &str,
) {
    let steps = STEPS.replacen(from, to, 1);
    assert_ne!(steps, STEPS, "`{from}` stands there");
    let (_, problems) = read_steps(&steps);
    let all = told(&problems);
    let first: Vec<&str> = all.lines().take(expected.lines().count()).collect();
    assert_eq!(first.join("\n"), expected, "{all}");
    let said = problems[0].help.as_ref().unwrap().to_string();
    assert!(said.contains(help), "{said}");
}
