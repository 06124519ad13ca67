//! 公式里的手误 · An expected amount that is said in other amounts: each slip has its message; what is right is read.

use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

const OWN: &str = "expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}";

#[rstest]
#[case::short_names("cash: total - fund")]
#[case::chinese_names("现金: 总额 - 基金")]
#[case::fields_of_the_node("setlinfo.psn_cash_pay: medfee_sumamt - fund_pay_sumamt")]
#[case::whole_paths("setlinfo.psn_cash_pay: {ge: setlinfo.medfee_sumamt * 10%, le: total}")]
#[case::a_sign_before_it("cash: \"<= total - fund\"")]
#[case::rounded("fund: \"half_up(max(total - 10.00, 0) * 70%)\"")]
#[case::no_rounding_for_a_bound("fund: {le: total * 70%}")]
#[case::no_name_at_all("total: 3 * 25.00")]
fn a_formula_is_read(#[case] expected: &str) {
    let to = format!("expect: {{outcome: ok, {expected}}}");
    let folder = planted(&[("day.yaml", OWN, &to)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    assert!(plan.is_some());
}

#[test]
fn an_amount_of_an_earlier_step_is_captured() {
    let to = "expect: {outcome: ok}\n        name: visit-1\n        until: \"2206\"\n      - continue: visit-1\n        expect: {outcome: ok, cash: $visit-1.cash, total: $visit-1.setlinfo.medfee_sumamt + 0.00}";
    let folder = planted(&[("day.yaml", OWN, to)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let formulas = plan.cases[0].leaves().filter_map(|step| match step {
        crosswipe_scenarios::Step::Swipe(swipe) => Some(&swipe.expect.fields),
        _ => None,
    });
    let formulas: Vec<_> = formulas
        .flatten()
        .filter_map(|one| one.formula.as_ref())
        .collect();
    assert_eq!(formulas.len(), 2);
}

#[test]
fn what_names_no_amount_is_known_when_it_is_read() {
    let to = "expect: {outcome: ok, total: 3 * 25.00 - 0.50}";
    let folder = planted(&[("day.yaml", OWN, to)]);
    let plan = read(folder.path()).0.unwrap();
    let crosswipe_scenarios::Step::Swipe(swipe) = &plan.cases[0].steps[0] else {
        panic!("a swipe");
    };
    let one = &swipe.expect.fields[0];
    assert_eq!((one.value.as_str(), &one.formula), ("74.50", &None));
}

#[rstest]
#[case::an_unknown_name(
    "cash: totl - fund",
    "scenario::unknown_field: the node `setlinfo` of the answer to `2207` has no field `totl`"
)]
#[case::an_unknown_node(
    "cash: setlinf.acct_pay",
    "scenario::unknown_field: the answer to `2207` has no node `setlinf`"
)]
#[case::a_text_field(
    "cash: setl_id + 1.00",
    "scenario::formula_units: `setlinfo.setl_id` is no amount"
)]
#[case::no_such_step(
    "cash: $visit.cash",
    "scenario::unknown_capture: no earlier step is called `visit`"
)]
#[case::itself(
    "cash: $1.cash",
    "scenario::capture_too_early: step `1` is not done by then"
)]
#[case::a_share_added(
    "cash: total - 70%",
    "scenario::formula_units: a share is neither added to nor compared with an amount"
)]
#[case::amounts_multiplied(
    "cash: total * fund",
    "scenario::formula_units: an amount times an amount is nothing"
)]
#[case::only_a_share(
    "cash: fund / total",
    "scenario::formula_units: `fund / total` comes to a share and no amount"
)]
#[case::a_share_rounded(
    "cash: total * half_up(fund / total)",
    "scenario::formula_units: amounts are rounded to the fen, shares are not"
)]
#[case::divided_by_zero(
    "cash: total / 0",
    "scenario::division_by_zero: `total / 0` divides by zero"
)]
#[case::divided_by_what_is_zero(
    "cash: total / (1 - 1)",
    "scenario::division_by_zero: `total / (1 - 1)` divides by zero"
)]
#[case::three_decimals(
    "cash: total - 10.005",
    "scenario::bad_amount: `10.005` is an amount with more than two decimals"
)]
#[case::three_decimals_at_the_end(
    "cash: 10.00 / 3 - 0.1",
    "scenario::bad_amount: `10.00 / 3 - 0.1` is 97/30, no amount to the fen"
)]
#[case::seven_decimals(
    "cash: total * 0.1234567",
    "scenario::bad_amount: `0.1234567` is no number that can stand here"
)]
#[case::an_open_bracket(
    "cash: (total - fund",
    "scenario::bad_formula: a bracket is not closed: `(total - fund`"
)]
#[case::nothing_after_a_sign(
    "cash: total -",
    "scenario::bad_formula: the formula ends too early: `total -`"
)]
#[case::two_names(
    "cash: total fund",
    "scenario::bad_formula: `f` does not belong at character 7 of `total fund`"
)]
#[case::no_such_function("cash: round(total)", "scenario::bad_formula: there is no `round(…)`")]
#[case::a_letter_in_a_number(
    "cash: 12.3O",
    "scenario::bad_amount: `12.3O` is not a decimal number"
)]
fn a_slip_in_a_formula_is_told(#[case] expected: &str, #[case] message: &str) {
    let folder = planted(&[(
        "day.yaml",
        OWN,
        &format!("expect: {{outcome: ok, {expected}}}"),
    )]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    assert!(told.contains(message), "{told}");
    assert_eq!(problems.len(), 1, "{told}");
    assert!(problems[0].help.is_some());
}

#[test]
fn code_is_no_formula() {
    check_slip(
        "day.yaml",
        OWN,
        "expect: {outcome: ok, cash: \"system(total)\"}",
        "day.yaml:10:37 scenario::bad_formula: there is no `system(…)`",
    );
}

#[rstest]
#[case("fund: total * 70% - 10.00")]
#[case("fund: {eq: total / 3}")]
fn a_fraction_of_a_fen_is_warned_of(#[case] expected: &str) {
    let folder = planted(&[(
        "day.yaml",
        OWN,
        &format!("expect: {{outcome: ok, {expected}}}"),
    )]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_some());
    assert!(
        told(&problems).contains("scenario::unrounded_amount: "),
        "{}",
        told(&problems)
    );
}
