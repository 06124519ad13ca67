//! 手误 · Each slip that people make has one message of its own, at the place where it was made.

use rstest::rstest;

use crate::fixture::{planted, read, told};

/// One slip gives exactly one problem, and it says where and what.
#[track_caller]
fn check(file: &str, from: &str, to: &str, expected: &str) {
    let folder = planted(&[(file, from, to)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems).trim_end(), expected);
    assert!(plan.is_none());
    assert!(
        problems.iter().all(|problem| problem.help.is_some()),
        "each says how to mend it"
    );
}

#[test]
fn the_small_plan_has_no_slip() {
    let folder = planted(&[]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    assert_eq!(plan.unwrap().cases.len(), 3);
}

#[rstest]
#[case::rollback_is_never_a_default(
    "plan.yaml",
    "rollback: all\n",
    "",
    "plan.yaml:2:1 scenario::missing_key: plan: `rollback` is missing"
)]
#[case::only_everything_can_be_rolled_back(
    "plan.yaml",
    "rollback: all",
    "rollback: some",
    "plan.yaml:5:11 scenario::unknown_word: unknown rollback rule `some`"
)]
#[case::cross_swipe_is_never_a_default(
    "plan.yaml",
    "cross_swipe: [outpatient, inpatient]\n",
    "",
    "plan.yaml:2:1 scenario::missing_key: plan: `cross_swipe` is missing"
)]
#[case::an_unknown_business(
    "plan.yaml",
    "[outpatient, inpatient]",
    "[outpatient, inpateint]",
    "plan.yaml:6:27 scenario::unknown_word: unknown business `inpateint`"
)]
#[case::a_key_with_a_slip(
    "plan.yaml",
    "margin: 2h",
    "margn: 2h",
    "plan.yaml:12:1 scenario::unknown_key: plan: unknown key `margn`"
)]
#[case::a_key_twice(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nmargin: 1h",
    "plan.yaml:13:1 scenario::duplicate_key: `margin` stands twice here, first in line 12"
)]
#[case::a_length_of_time_without_unit(
    "plan.yaml",
    "margin: 2h",
    "margin: 2",
    "plan.yaml:12:9 scenario::bad_duration: `2` is no length of time"
)]
#[case::a_value_forgotten(
    "plan.yaml",
    "margin: 2h",
    "margin:",
    "plan.yaml:12:1 scenario::missing_key: `margin` has no value"
)]
#[case::a_title_without_english(
    "plan.yaml",
    "{zh: 小计划, en: Small plan}",
    "{zh: 小计划}",
    "plan.yaml:3:9 scenario::missing_key: title: `en` is missing"
)]
#[case::text_where_a_list_belongs(
    "plan.yaml",
    "scenarios: [day.yaml]",
    "scenarios: day.yaml",
    "plan.yaml:17:12 scenario::wrong_shape: a list belongs here, not text"
)]
#[case::a_file_that_is_not_there(
    "plan.yaml",
    "persons: persons.csv",
    "persons: person.csv",
    "plan.yaml:14:10 scenario::unreadable_file: the file `person.csv` does not exist"
)]
#[case::a_file_outside_the_plan(
    "plan.yaml",
    "[day.yaml]",
    "[../day.yaml]",
    "plan.yaml:17:13 scenario::unreadable_file: `../day.yaml` leads out of the plan's folder"
)]
#[case::a_full_width_colon(
    "plan.yaml",
    "margin: 2h",
    "margin： 2h",
    "plan.yaml:12:7 scenario::full_width: full-width `：` stands where `:` belongs"
)]
#[case::a_full_width_comma_in_a_list(
    "plan.yaml",
    "[outpatient, inpatient]",
    "[outpatient， inpatient]",
    "plan.yaml:6:25 scenario::full_width: full-width `，` stands where `,` belongs"
)]
#[case::a_full_width_digit_in_a_value(
    "plan.yaml",
    "margin: 2h",
    "margin: ２h",
    "plan.yaml:12:9 scenario::full_width: full-width `２` in `２h`"
)]
#[case::a_tab(
    "plan.yaml",
    "  - {id: frozen",
    "\t- {id: frozen",
    "plan.yaml:8:1 scenario::tab: a tab stands here; YAML is indented with spaces"
)]
#[case::no_yaml(
    "plan.yaml",
    "scenarios: [day.yaml]",
    "scenarios: [day.yaml",
    "plan.yaml:17:12 scenario::bad_yaml: this is no YAML: unclosed bracket '['"
)]
#[case::a_colon_too_many(
    "plan.yaml",
    "source: 虚构公告",
    "source: 虚构: 公告",
    "plan.yaml:4:11 scenario::bad_yaml: this is no YAML: mapping values are not allowed in this context"
)]
#[case::a_number_is_no_seed(
    "plan.yaml",
    "margin: 2h",
    "seed: many",
    "plan.yaml:12:7 scenario::unknown_word: `many` is no seed"
)]
fn slips_in_plan(#[case] file: &str, #[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    check(file, from, to, expected);
}

#[rstest]
#[case::phases_that_overlap(
    "plan.yaml",
    "{id: joint, from: \"2030-03-02T09:00+08:00\"",
    "{id: joint, from: \"2030-03-02T08:59:59+08:00\"",
    "plan.yaml:9:23 scenario::phases_overlap: phase `joint` begins at `2030-03-02T08:59:59+08:00`, before phase `frozen` ends at `2030-03-02T09:00:00+08:00`"
)]
#[case::phases_with_a_hole(
    "plan.yaml",
    "{id: joint, from: \"2030-03-02T09:00+08:00\"",
    "{id: joint, from: \"2030-03-02T09:00:01+08:00\"",
    "plan.yaml:9:23 scenario::phases_hole: phase `joint` begins at `2030-03-02T09:00:01+08:00`, after phase `frozen` ends at `2030-03-02T09:00:00+08:00`"
)]
#[case::hour_24(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02T24:00+08:00\"",
    "plan.yaml:10:67 scenario::hour_24: `2030-03-02T24:00+08:00` says hour 24, which reads both as this day and as the next"
)]
#[case::a_missing_offset(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02T20:00\"",
    "plan.yaml:10:67 scenario::missing_offset: `2030-03-02T20:00` has no offset"
)]
#[case::a_missing_offset_and_a_blank(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02 20:00\"",
    "plan.yaml:10:67 scenario::missing_offset: `2030-03-02 20:00` has no offset"
)]
#[case::no_instant(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: 3月2日20时",
    "plan.yaml:10:67 scenario::bad_instant: `3月2日20时` is no instant"
)]
#[case::a_day_that_does_not_exist(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-02-30T20:00+08:00\"",
    "plan.yaml:10:67 scenario::bad_instant: `2030-02-30T20:00+08:00` is no instant"
)]
#[case::a_phase_that_ends_before_it_begins(
    "plan.yaml",
    "{id: frozen, from: \"2030-03-01T18:00",
    "{id: frozen, from: \"2030-03-02T18:00",
    "plan.yaml:8:54 scenario::phase_backwards: phase `frozen` ends at `2030-03-02T09:00:00+08:00`, not after it begins"
)]
#[case::an_end_left_out_in_the_middle(
    "plan.yaml",
    ", to: \"2030-03-02T12:00+08:00\"",
    "",
    "plan.yaml:9:10 scenario::phase_backwards: phase `joint` has no end, but another follows it"
)]
#[case::a_window_without_end(
    "plan.yaml",
    "  - {id: live, from: \"2030-03-02T20:00+08:00\", public: open}",
    "  - {id: prepare, from: \"2030-03-02T20:00+08:00\"}",
    "plan.yaml:8:3 scenario::window_without_end: the window never ends"
)]
#[case::a_phase_of_no_kind(
    "plan.yaml",
    "id: cross, kind: verify",
    "id: cross",
    "plan.yaml:10:10 scenario::missing_key: phase `cross`: `kind` is missing, and its name is no kind"
)]
#[case::an_unknown_kind(
    "plan.yaml",
    "kind: verify",
    "kind: verfy",
    "plan.yaml:10:23 scenario::unknown_word: unknown kind of phase `verfy`"
)]
#[case::test_swipes_while_frozen(
    "plan.yaml",
    "to: \"2030-03-02T09:00+08:00\"}",
    "to: \"2030-03-02T09:00+08:00\", allow: [{business: any, scope: any}]}",
    "plan.yaml:8:80 scenario::allow_outside_test_phase: test swipes in a phase that may not have them"
)]
#[case::a_business_that_cross_swipe_does_not_name(
    "plan.yaml",
    "{business: any, scope: cross-region}",
    "{business: pharmacy, scope: cross-region}",
    "plan.yaml:10:112 scenario::allow_beyond_cross_swipe: `pharmacy` is allowed here, but `cross_swipe` does not name it"
)]
#[case::arranged_without_pairs(
    "plan.yaml",
    "pairs: pairs.csv\n",
    "",
    "plan.yaml:9:110 scenario::missing_key: this phase allows arranged pairs, but the plan names no `pairs` file"
)]
#[case::a_phase_twice(
    "plan.yaml",
    "id: live, from",
    "id: frozen, kind: live, from",
    "plan.yaml:11:10 scenario::duplicate_id: phase `frozen` stands twice, first in line 8"
)]
fn slips_in_phases(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check(file, from, to, expected);
}

#[rstest]
#[case::the_letter_o_in_a_division(
    "topology.yaml",
    "code: 330100",
    "code: 33O100",
    "topology.yaml:4:11 scenario::unknown_division: unknown administrative division `33O100`"
)]
#[case::a_region_twice(
    "topology.yaml",
    "  - code: 330200",
    "  - code: 330100",
    "topology.yaml:8:11 scenario::duplicate_id: region `330100` stands twice, first in line 4\ntopology.yaml:11:16 scenario::bad_institution: institution `H33020000001` carries the division `330200`, but stands under `330100`"
)]
#[case::a_region_of_another_province(
    "topology.yaml",
    "hub: 330000",
    "hub: 500000",
    "topology.yaml:4:11 scenario::unknown_division: region `330100` does not lie under the hub `500000`\ntopology.yaml:8:11 scenario::unknown_division: region `330200` does not lie under the hub `500000`"
)]
#[case::an_institution_under_another_city(
    "topology.yaml",
    "H33020000001",
    "H33010000009",
    "topology.yaml:11:16 scenario::bad_institution: institution `H33010000009` carries the division `330100`, but stands under `330200`"
)]
#[case::an_institution_code_too_short(
    "topology.yaml",
    "H33020000001",
    "H3302001",
    "topology.yaml:11:16 scenario::bad_institution: `H3302001` is no institution code"
)]
#[case::an_institution_twice(
    "topology.yaml",
    "tier: 3}",
    "tier: 3}\n      - {code: H33010000001, name: 又一家, tier: 2}",
    "topology.yaml:8:16 scenario::duplicate_id: institution `H33010000001` stands twice, first in line 7"
)]
#[case::a_tier_of_four(
    "topology.yaml",
    "tier: 3",
    "tier: 4",
    "topology.yaml:7:50 scenario::unknown_word: unknown tier `4`"
)]
fn slips_in_places(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check(file, from, to, expected);
}

#[rstest]
#[case::a_wrong_check_character(
    "persons.csv",
    "999999195102020012",
    "999999195102020013",
    "persons.csv:2:32 scenario::bad_id_number: the check character of identity number `99**************13` is wrong"
)]
#[case::a_number_that_may_belong_to_somebody(
    "persons.csv",
    "999999195102020012",
    "11010519491231002X",
    "persons.csv:2:32 scenario::real_id_number: identity number `11**************2X` may belong to somebody"
)]
#[case::a_number_too_short(
    "persons.csv",
    "999999195102020012",
    "99999919510202",
    "persons.csv:2:32 scenario::bad_id_number: identity number `99**********02` is not 17 digits and a check character"
)]
#[case::a_number_that_a_spreadsheet_rounded(
    "persons.csv",
    "999999195102020012",
    "9.99999E+17",
    "persons.csv:2:32 scenario::spreadsheet_number: `9.99999E+17` is a number that a spreadsheet has rounded"
)]
#[case::a_person_number_twice(
    "persons.csv",
    "99993302000000000000000002",
    "99993301000000000000000001",
    "persons.csv:3:4 scenario::duplicate_id: person number `99**********************01` stands twice, first in line 2"
)]
#[case::an_identity_number_twice(
    "persons.csv",
    "999999195203030025",
    "999999195102020012",
    "persons.csv:3:31 scenario::duplicate_id: identity number `99**************12` stands twice, first in line 2"
)]
#[case::a_missing_column(
    "persons.csv",
    "险种,",
    "",
    "persons.csv:1:1 scenario::missing_key: column `险种` (insutype) is missing"
)]
#[case::a_label_twice(
    "persons.csv",
    "yi,",
    "jia,",
    "persons.csv:3:1 scenario::duplicate_id: person `jia` stands twice, first in line 2\nday.yaml:22:17 scenario::unknown_person: unknown person `yi`"
)]
#[case::an_unknown_region(
    "persons.csv",
    "测试乙,330200",
    "测试乙,330300",
    "persons.csv:3:54 scenario::unknown_division: unknown administrative division `330300`: no region of the topology"
)]
#[case::an_insurance_type_of_no_kind(
    "persons.csv",
    "330200,390",
    "330200,391",
    "persons.csv:3:61 scenario::unknown_word: unknown insurance type `391`"
)]
#[case::an_amount_with_three_decimals(
    "persons.csv",
    "1200.00",
    "1200.005",
    "persons.csv:2:66 scenario::bad_amount: `1200.005` has more than 2 decimals"
)]
#[case::a_balance_below_zero(
    "persons.csv",
    "1200.00",
    "-1.00",
    "persons.csv:2:66 scenario::bad_amount: `-1.00` is below zero"
)]
#[case::a_cell_too_few(
    "persons.csv",
    ",0.00,0.00,0.00,专用\nlu",
    ",0.00,0.00,专用\nlu",
    "persons.csv:3:1 scenario::bad_table: this row has 9 cells, the head line has 10"
)]
#[case::a_full_width_comma_in_a_table(
    "persons.csv",
    "测试乙,330200",
    "测试乙，330200",
    "persons.csv:3:53 scenario::full_width: full-width `，` stands where `,` belongs"
)]
#[case::an_unknown_column(
    "persons.csv",
    "险种",
    "保种",
    "persons.csv:1:21 scenario::unknown_key: unknown column `保种`"
)]
#[case::an_unknown_use(
    "persons.csv",
    "公众\n",
    "群众\n",
    "persons.csv:4:80 scenario::unknown_word: unknown use `群众`"
)]
fn slips_in_persons(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check(file, from, to, expected);
}

#[rstest]
#[case::a_class_of_no_kind(
    "catalogue.csv",
    "甲",
    "丁",
    "catalogue.csv:2:12 scenario::unknown_word: unknown class `丁`"
)]
#[case::a_ratio_above_one(
    "catalogue.csv",
    "22.00,",
    "22.00,1.5",
    "catalogue.csv:2:20 scenario::bad_amount: `1.5` does not lie between 0 and 1"
)]
#[case::a_pair_with_an_unknown_institution(
    "pairs.csv",
    "H33020000001",
    "H33020000002",
    "pairs.csv:2:8 scenario::unknown_institution: unknown institution `H33020000002`"
)]
#[case::a_pair_twice(
    "pairs.csv",
    "330100,H33020000001\n",
    "330100,H33020000001\n330100,H33020000001\n",
    "pairs.csv:3:1 scenario::duplicate_id: pair `330100 → H33020000001` stands twice, first in line 2"
)]
fn slips_in_tables(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check(file, from, to, expected);
}

#[rstest]
#[case::an_item_that_is_not_in_the_catalogue(
    "basket/cold.yaml",
    "CS0001",
    "CS0002",
    "cold.yaml:2:12 scenario::unknown_item: unknown item `CS0002`"
)]
#[case::a_price_with_seven_decimals(
    "basket/cold.yaml",
    "25.00",
    "25.0000001",
    "cold.yaml:2:27 scenario::bad_amount: `25.0000001` has more than 6 decimals"
)]
#[case::a_refund_of_nothing(
    "basket/cold.yaml",
    "refunds: 1",
    "refunds: 2",
    "cold.yaml:3:5 scenario::bad_refund: this refund mirrors no charge: line 2 is no earlier charge"
)]
#[case::a_refund_of_more_than_was_charged(
    "basket/cold.yaml",
    "count: -1",
    "count: -3",
    "cold.yaml:3:5 scenario::bad_refund: this refund mirrors no charge: refunds more than line 1 charged"
)]
#[case::a_negative_line_that_refunds_nothing(
    "basket/cold.yaml",
    ", refunds: 1",
    "",
    "cold.yaml:3:5 scenario::bad_refund: this refund mirrors no charge: a negative quantity without `refunds`"
)]
fn slips_in_baskets(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check(file, from, to, expected);
}

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
    "outcome: ok, code",
    "day.yaml:25:37 scenario::unknown_key: `code` goes with `outcome: refused` only"
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
    check(file, from, to, expected);
}
