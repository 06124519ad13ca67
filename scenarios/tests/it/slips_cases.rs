//! 用例里的手误 · Slips in scenario files: each has one message of its own, at its place.

use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

#[rstest]
#[case::an_unknown_person(
    "day.yaml",
    "person: jia",
    "person: jai",
    "day.yaml:7:17 scenario::unknown_person: unknown person `jai`"
)]
#[case::a_person_who_is_not_registered(
    "day.yaml",
    "person: jia",
    "person: lu",
    "day.yaml:7:17 scenario::person_not_registered: `lu` is not on the registry of test persons"
)]
#[case::a_test_person_playing_the_public(
    "day.yaml",
    "person: lu",
    "person: jia",
    "day.yaml:14:17 scenario::person_is_registered: `jia` is a registered test person and cannot play the public"
)]
#[case::an_unknown_institution(
    "day.yaml",
    "institution: H33020000001",
    "institution: H33020000002",
    "day.yaml:8:22 scenario::unknown_institution: unknown institution `H33020000002`"
)]
#[case::an_unknown_basket(
    "day.yaml",
    "items: basket/cold.yaml",
    "items: basket/cols.yaml",
    "day.yaml:9:16 scenario::unreadable_file: the file `basket/cols.yaml` does not exist"
)]
#[case::a_case_without_a_check(
    "day.yaml",
    "        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}\n",
    "",
    "day.yaml:3:5 scenario::nothing_checked: case `day/there` checks nothing"
)]
#[case::an_expected_amount_with_three_decimals(
    "day.yaml",
    "le: 25.00",
    "le: 25.005",
    "day.yaml:10:59 scenario::bad_amount: `25.005` has more than 2 decimals"
)]
#[case::a_field_that_no_answer_has(
    "day.yaml",
    "psn_cash_pay",
    "psn_cash_pya",
    "day.yaml:10:31 scenario::unknown_field: the node `setlinfo` of the answer to `2207` has no field `psn_cash_pya`"
)]
#[case::an_unknown_comparison(
    "day.yaml",
    "le: 25.00",
    "lte: 25.00",
    "day.yaml:10:55 scenario::unknown_key: comparison: unknown key `lte`"
)]
#[case::an_unknown_outcome(
    "day.yaml",
    "outcome: ok",
    "outcome: okay",
    "day.yaml:10:27 scenario::unknown_word: unknown outcome `okay`"
)]
#[case::a_code_without_a_refusal(
    "day.yaml",
    "outcome: refused, code",
    "outcome: gate, code",
    "day.yaml:25:39 scenario::unknown_key: `code` goes with `outcome: refused` only"
)]
#[case::an_unknown_clause(
    "day.yaml",
    "[zj-01]",
    "[ZJ1]",
    "day.yaml:4:14 scenario::unknown_clause: unknown clause `ZJ1`"
)]
#[case::a_case_twice(
    "day.yaml",
    "case: public",
    "case: there",
    "day.yaml:11:11 scenario::duplicate_id: case `there` stands twice, first in line 3"
)]
#[case::a_step_that_does_nothing(
    "day.yaml",
    "swipe: outpatient",
    "sweep: outpatient",
    "day.yaml:6:9 scenario::wrong_shape: a step that does nothing"
)]
#[case::an_unknown_transaction(
    "day.yaml",
    "\"2208\"",
    "\"7777\"",
    "day.yaml:21:15 scenario::unknown_word: unknown transaction number `7777`"
)]
#[case::a_swipe_outside_the_window(
    "day.yaml",
    "        expect: {outcome: ok",
    "        at: \"2030-03-02T08:59:59+08:00\"\n        expect: {outcome: ok",
    "day.yaml:6:9 scenario::outside_window: expected ok, but at `2030-03-02T08:59:59+08:00` the gate refuses it (window)"
)]
#[case::a_swipe_within_the_margin(
    "day.yaml",
    "        expect: {outcome: ok",
    "        at: \"2030-03-02T18:00:00+08:00\"\n        expect: {outcome: ok",
    "day.yaml:6:9 scenario::outside_window: expected ok, but at `2030-03-02T18:00:00+08:00` the gate refuses it (margin)"
)]
#[case::a_gate_that_would_let_it_pass(
    "day.yaml",
    "{outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}",
    "{outcome: gate}",
    "day.yaml:6:9 scenario::gate_says_otherwise: expected to be stopped by the gate, but at `2030-03-02T09:00:00+08:00` the window allows it"
)]
#[case::a_gate_for_another_reason(
    "day.yaml",
    "expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}",
    "at: \"2030-03-02T18:00:00+08:00\"\n        expect: {outcome: gate, reason: window}",
    "day.yaml:6:9 scenario::gate_says_otherwise: at `2030-03-02T18:00:00+08:00` the gate refuses for `margin`, not for `window`"
)]
#[case::an_undo_after_the_window(
    "day.yaml",
    "        expect: {outcome: ok",
    "        undo_at: \"2030-03-02T20:00:00+08:00\"\n        expect: {outcome: ok",
    "day.yaml:6:9 scenario::outside_window: undone at `2030-03-02T20:00:00+08:00`, but the window ends at `2030-03-02T20:00:00+08:00`"
)]
#[case::the_public_served_while_closed(
    "day.yaml",
    "outcome: refused}",
    "outcome: accepted}",
    "day.yaml:13:9 scenario::public_against_window: at `2030-03-02T10:00:00+08:00` the platforms are closed to the public, so this cannot be expected"
)]
#[case::entered_before_he_is_treated(
    "day.yaml",
    "        at: \"2030-03-02T10:00+08:00\"\n",
    "        at: \"2030-03-02T20:30+08:00\"\n        treated: \"2030-03-02T21:00+08:00\"\n",
    "day.yaml:18:18 scenario::instants_backwards: entered before he is treated"
)]
#[case::refunded_before_it_is_settled(
    "day.yaml",
    "        at: \"2030-03-02T10:00+08:00\"\n",
    "        at: \"2030-03-02T10:00+08:00\"\n        refund_at: \"2030-03-01T09:00+08:00\"\n",
    "day.yaml:18:20 scenario::instants_backwards: refunded before it is settled"
)]
#[case::a_refund_that_nothing_forbids(
    "day.yaml",
    "        at: \"2030-03-02T10:00+08:00\"\n",
    "        at: \"2030-03-01T10:00+08:00\"\n        refund_at: \"2030-03-02T09:00+08:00\"\n",
    "day.yaml:13:9 scenario::public_against_window: what was settled at `2030-03-01T10:00:00+08:00` is still refunded at `2030-03-02T09:00:00+08:00`, so this cannot be expected"
)]
#[case::two_open_swipes_of_one_person(
    "day.yaml",
    "  - case: public",
    "      - {swipe: outpatient, person: jia, institution: H33020000001, items: basket/cold.yaml}\n  - case: public",
    "day.yaml:11:10 scenario::two_open_swipes: `jia` is swiped while another swipe of the same person is open"
)]
#[case::steps_that_go_back_in_time(
    "day.yaml",
    "  - case: public",
    "      - {swipe: outpatient, person: yi, institution: H33010000001, items: basket/cold.yaml, at: \"2030-03-02T13:00+08:00\"}\n      - {call: \"5203\", institution: H33010000001, at: \"2030-03-02T12:59:59+08:00\"}\n  - case: public",
    "day.yaml:12:10 scenario::instants_backwards: this step is at `2030-03-02T12:59:59+08:00`, before what comes before it at `2030-03-02T13:00:00+08:00`"
)]
#[case::the_same_person_in_two_branches(
    "day.yaml",
    "      - swipe: outpatient\n        person: jia\n        institution: H33020000001\n        items: basket/cold.yaml\n        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}\n",
    "      - parallel:\n          - {swipe: outpatient, person: jia, institution: H33020000001, items: basket/cold.yaml, expect: {outcome: ok}}\n          - {swipe: inpatient, person: jia, institution: H33020000001, items: basket/cold.yaml}\n",
    "day.yaml:8:14 scenario::two_open_swipes: `jia` is swiped while another swipe of the same person is open"
)]
#[case::a_field_of_a_step_that_is_not_answered(
    "day.yaml",
    "outcome: refused, code: E-NOVISIT",
    "outcome: refused, setlinfo.setl_id: x",
    "day.yaml:25:36 scenario::unknown_key: a step that ends `refused` has no answer to look into"
)]
#[case::a_step_of_two_kinds(
    "day.yaml",
    "- swipe: outpatient",
    "- swipe: outpatient\n        play: outpatient",
    "day.yaml:6:9 scenario::wrong_shape: a step is only one of swipe, play"
)]
#[case::an_amount_below_the_fen_in_an_equality(
    "day.yaml",
    "{le: 25.00}",
    "25.001",
    "day.yaml:10:54 scenario::bad_amount: `25.001` has more than 2 decimals"
)]
#[case::a_matrix_nobody_asked_for(
    "day.yaml",
    "scenario: day\ncases:",
    "scenario: day\nfor: matrix\ncases:",
    "day.yaml:4:3 scenario::wrong_shape: `cases` in a scenario for the matrix"
)]
fn slips_in_cases(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check_slip(file, from, to, expected);
}

/// A case of the small plan with a proof in it.
fn proof(words: &str) -> String {
    format!("  - case: public\n    proves: {words}\n")
}

#[rstest]
#[case::no_fault(
    "{finding: gate:window}",
    "scenario::missing_key",
    "`fault` is missing"
)]
#[case::no_finding(
    "{fault: old-platform-still-open}",
    "scenario::missing_key",
    "`finding` is missing"
)]
#[case::no_class(
    "{fault: old-platform-still-open, finding: Gate!}",
    "scenario::unknown_word",
    "`Gate!` is no class of findings"
)]
#[case::nothing_behind_the_colon(
    "{fault: old-platform-still-open, finding: \"gate:\"}",
    "scenario::unknown_word",
    "`gate:` is no class of findings"
)]
#[case::another_key(
    "{fault: old-platform-still-open, finding: gate:window, verdict: violated}",
    "scenario::unknown_key",
    "unknown key `verdict`"
)]
fn a_proof_says_what_goes_wrong_and_what_must_be_found(
    #[case] words: &str,
    #[case] code: &str,
    #[case] message: &str,
) {
    let folder = planted(&[("day.yaml", "  - case: public\n", &proof(words))]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    assert!(told.contains(code) && told.contains(message), "{told}");
}

#[test]
fn a_proof_is_no_case_of_the_run_and_the_journal_knows_it() {
    let words =
        "{fault: [old-platform-still-open], finding: [gate:window, unresolved budget-spent]}";
    let folder = planted(&[("day.yaml", "  - case: public\n", &proof(words))]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let honest = read(planted(&[]).path()).0.unwrap();
    assert_eq!(plan.proofs.len(), 1);
    assert_eq!(plan.cases.len() + 1, honest.cases.len());
    assert_eq!(plan.proofs[0].faults, ["old-platform-still-open"]);
    let key = crosswipe_domain::PseudonymKey::new([1; 32]);
    assert_eq!(plan.resolved(&key).cases.len(), honest.cases.len());
    // Its world has only those who take part in it.
    let alone = plan.with_only(vec![plan.proofs[0].case.clone()]);
    assert_eq!(alone.registry.personas.len(), 1);
    assert_eq!(alone.topology.institutions.len(), 1);
    assert!(alone.proofs.is_empty() && alone.matrix.is_empty());
}

/// A registration is business of its own: a plan that means one says so in `cross_swipe`.
#[rstest]
#[case::not_named("", "", true)]
#[case::named("cross_swipe: [outpatient", "cross_swipe: [filing, outpatient", false)]
fn a_registration_wants_its_business_named(
    #[case] from: &str,
    #[case] to: &str,
    #[case] told_of: bool,
) {
    const FILED: &str = "  - case: filed\n    title: 备案\n    steps:\n      - {call: \"2503\", person: jia, institution: H33020000001, with: {insutype: \"310\", opsp_dise_code: M03900, opsp_dise_name: 高血压, insu_optins: \"330100\", ide_fixmedins_no: H33020000001, ide_fixmedins_name: 医院, hosp_ide_date: \"2030-02-20\", diag_dr_codg: D1, diag_dr_name: 甲, begndate: \"2030-03-01\"}, expect: {outcome: ok}}\n  - case: public\n";
    let folder = planted(&[
        ("day.yaml", "  - case: public\n", FILED),
        ("plan.yaml", from, to),
    ]);
    let (_, problems) = read(folder.path());
    let told = told(&problems);
    let message = "scenario::outside_window: `2503` is expected ok, but at";
    assert_eq!(told.contains(message), told_of, "{told}");
    let mut helps = problems
        .iter()
        .filter_map(|one| one.help.as_ref().map(ToString::to_string));
    let named = helps.any(|help| help.contains("name `filing` in `cross_swipe`"));
    assert_eq!(named, told_of, "{told}");
}
