//! 引用里的手误 · Slips in steps that build upon each other: each has one message of its own, at its place.

use crosswipe_scenarios::{Given, Step};
use rstest::rstest;

use crate::fixture::{planted, read, told};

/// A visit that is settled, refunded and settled again, and steps of other kinds.
const STEPS: &str = "      - {swipe: outpatient, name: visit, person: jia, institution: H33020000001, items: basket/cold.yaml}
      - {call: \"2208\", name: refund, of: visit, expect: {outcome: ok}}
      - {continue: visit, name: again}
      - {call: \"2208\", person: jia, institution: H33020000001, with: {setl_id: $again.setl_id, mdtrt_id: $visit.mdtrt_id}}
      - {call: \"2205\", person: jia, institution: H33020000001, with: {mdtrt_id: $visit.mdtrt_id, chrg_bchno: $visit.chrg_bchno}}
      - {continue: visit, name: third, until: \"2204\", items: basket/cold.yaml}
      - {call: \"2202\", of: visit, expect: {outcome: refused}}
";
/// The steps of the first case as the small plan has them.
const PLAIN: &str = "      - swipe: outpatient
        person: jia
        institution: H33020000001
        items: basket/cold.yaml
        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}
";

#[test]
fn steps_that_build_upon_each_other_are_read_as_one_group() {
    let folder = planted(&[("day.yaml", PLAIN, STEPS)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let steps = &plan.unwrap().cases[0].steps;
    assert_eq!(Step::groups(steps).len(), 1);
    let Step::Swipe(again) = &steps[2] else {
        panic!("a swipe")
    };
    // Who and where are the visit's.
    assert_eq!(again.continues.as_deref(), Some("visit"));
    assert_eq!(
        (again.persona.as_str(), again.institution.as_str()),
        ("jia", "H33020000001")
    );
    let Step::Call(refund) = &steps[3] else {
        panic!("a call")
    };
    let Given::Captured(capture) = &refund.with["setl_id"] else {
        panic!("a capture")
    };
    assert_eq!(capture.to_string(), "$again.setl_id");
}

#[test]
fn a_group_ends_where_no_later_step_builds_upon_it() {
    let steps = STEPS.replace("of: visit, expect: {outcome: refused}", "person: jia, institution: H33020000001, with: {mdtrt_id: $$visit}, expect: {outcome: refused}");
    let folder = planted(&[("day.yaml", PLAIN, &steps)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let steps = &plan.unwrap().cases[0].steps;
    let sizes: Vec<usize> = Step::groups(steps)
        .iter()
        .map(|group| group.len())
        .collect();
    assert_eq!(sizes, [6, 1]);
    let Step::Call(call) = &steps[6] else {
        panic!("a call")
    };
    assert_eq!(call.with["mdtrt_id"], Given::Text("$visit".to_owned()));
}

#[rstest]
#[case::an_unknown_step(
    "$again.setl_id",
    "$agian.setl_id",
    "day.yaml:9:80 scenario::unknown_capture: no earlier step is called `agian`",
    "again"
)]
#[case::an_unknown_id(
    "$again.setl_id",
    "$again.setlid",
    "day.yaml:9:80 scenario::unknown_capture: step `again` gives no `setlid`",
    "setl_id"
)]
#[case::an_id_that_a_shorter_walk_does_not_give(
    "name: visit, person",
    "name: visit, until: \"2204\", person",
    "day.yaml:7:10 scenario::nothing_to_reverse: `2208` is to succeed, but no `2207` of `visit` stands by then",
    "refused"
)]
#[case::a_step_that_comes_later(
    "$again.setl_id",
    "$third.setl_id",
    "day.yaml:9:80 scenario::capture_too_early: step `third` is not done by then",
    "later"
)]
#[case::a_visit_that_comes_later(
    "name: refund, of: visit",
    "name: refund, of: third",
    "day.yaml:7:42 scenario::capture_too_early: step `third` is not done by then",
    "later"
)]
#[case::braces(
    "$again.setl_id",
    "\"${again.setl_id}\"",
    "day.yaml:9:80 scenario::unknown_capture: `${again.setl_id}` names no step and id",
    "$visit.setl_id"
)]
#[case::a_reversal_of_what_is_undone(
    "{setl_id: $again.setl_id",
    "{setl_id: $visit.setl_id",
    "day.yaml:9:10 scenario::nothing_to_reverse: `2208` is to succeed, but the `2207` that it names stands no more",
    "refused"
)]
#[case::a_reversal_twice(
    "- {continue: visit, name: again}",
    "- {call: \"2208\", name: again, of: visit}",
    "day.yaml:8:10 scenario::nothing_to_reverse: `2208` is to succeed, but no `2207` of `visit` stands by then
day.yaml:9:10 scenario::nothing_to_reverse: `2208` is to succeed, but no `2207` of `visit` stands by then",
    "refused"
)]
#[case::a_reversal_of_nothing(
    "{setl_id: $again.setl_id, mdtrt_id: $visit.mdtrt_id}",
    "{setl_id: x, mdtrt_id: y}",
    "day.yaml:9:10 scenario::nothing_to_reverse: `2208` is to succeed, but names nothing that this case has done",
    "refused"
)]
#[case::nothing_left_to_continue(
    "- {call: \"2208\", name: refund, of: visit, expect: {outcome: ok}}",
    "- {call: \"5203\", name: refund, person: jia, institution: H33020000001}",
    "day.yaml:8:10 scenario::nothing_to_continue: nothing of the visit of `visit` is left to send",
    "undid"
)]
#[case::a_visit_that_stands_no_more(
    "- {continue: visit, name: third, until: \"2204\", items: basket/cold.yaml}",
    "- {call: \"2202\", of: visit}\n      - {continue: visit, name: third, until: \"2204\", items: basket/cold.yaml}",
    "day.yaml:12:10 scenario::nothing_to_continue: the visit of `visit` stands no more by then",
    "undid"
)]
#[case::another_bill_for_lines_that_stand(
    "- {continue: visit, name: again}",
    "- {continue: visit, name: again, items: basket/cold.yaml}",
    "day.yaml:8:40 scenario::wrong_shape: `items`, but the fee lines of `visit` stand",
    "withdraw"
)]
#[case::a_message_of_the_other_business(
    "\"2208\", name: refund",
    "\"2305\", name: refund",
    "day.yaml:7:38 scenario::wrong_shape: `2305` is no message of an outpatient visit",
    "2208"
)]
#[case::a_message_that_no_visit_writes(
    "\"2208\", name: refund",
    "\"2207\", name: refund",
    "day.yaml:7:38 scenario::wrong_shape: `2207` cannot be written for a visit",
    "2208"
)]
#[case::an_unknown_message_to_stop_at(
    "until: \"2204\"",
    "until: \"2301\"",
    "day.yaml:11:47 scenario::unknown_word: unknown message of such a visit `2301`",
    "2201"
)]
#[case::a_person_beside_the_visit(
    "name: refund, of: visit",
    "name: refund, of: visit, person: jia",
    "day.yaml:7:49 scenario::unknown_key: step: unknown key `person`",
    "with"
)]
fn slips_in_captures(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
    #[case] help: &str,
) {
    let steps = STEPS.replacen(from, to, 1);
    assert_ne!(steps, STEPS, "`{from}` stands there");
    let folder = planted(&[("day.yaml", PLAIN, &steps)]);
    let problems = read(folder.path()).1;
    assert_eq!(told(&problems).trim_end(), expected);
    for problem in &problems {
        let said = problem.help.as_ref().unwrap().to_string();
        assert!(said.contains(help), "{said}");
    }
}

/// Nobody knows which branch is first.
#[test]
fn branches_do_not_see_each_other() {
    let steps = "      - parallel:
          - {swipe: outpatient, name: visit, person: jia, institution: H33020000001, items: basket/cold.yaml, expect: {outcome: ok}}
          - {call: \"2208\", of: visit}
      - {call: \"2208\", of: visit}
";
    let folder = planted(&[("day.yaml", PLAIN, steps)]);
    let problems = read(folder.path()).1;
    assert_eq!(
        told(&problems).trim_end(),
        "day.yaml:8:32 scenario::capture_too_early: step `visit` is not done by then"
    );
}
