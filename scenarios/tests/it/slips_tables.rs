//! 表格里的手误 · Slips in topology, tables and baskets: each has one message of its own, at its place.

use rstest::rstest;

use crate::fixture::check_slip;

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
    "topology.yaml:8:11 scenario::duplicate_id: region `330100` stands twice, first in line 4"
)]
#[case::a_region_of_another_province(
    "topology.yaml",
    "hub: 330000",
    "hub: 500000",
    "topology.yaml:1:6 scenario::unknown_division: no region lies under the hub `500000`"
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
    check_slip(file, from, to, expected);
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
    "persons.csv:3:1 scenario::duplicate_id: person `jia` stands twice, first in line 2"
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
    check_slip(file, from, to, expected);
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
    check_slip(file, from, to, expected);
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
#[case::a_refund_at_another_price(
    "basket/cold.yaml",
    "price: 25.00, count: -1",
    "price: 24.00, count: -1",
    "cold.yaml:3:5 scenario::bad_refund: this refund mirrors no charge: line 1 has another item or price"
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
    check_slip(file, from, to, expected);
}

/// Two columns may be left out; where they stand, each person is as they say.
#[test]
fn a_person_may_be_suspended_or_insured_elsewhere_once() {
    use crate::fixture::{planted, read, told};
    use crosswipe_domain::Enrolment;
    let folder = planted(&[]);
    let path = folder.path().join("persons.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let more = |first: &str| {
        let mut lines = text.lines();
        let head = format!("{},参保状态,原参保地\n", lines.next().unwrap());
        let first = format!("{},{first}\n", lines.next().unwrap());
        let rest: String = lines.map(|line| format!("{line},,\n")).collect();
        std::fs::write(&path, head + &first + &rest).unwrap();
        read(folder.path())
    };
    let (plan, problems) = more("暂停,330200");
    let persona = plan
        .unwrap_or_else(|| panic!("{}", told(&problems)))
        .registry
        .personas[0]
        .clone();
    assert_eq!(persona.enrolment, Enrolment::Suspended);
    assert_eq!(
        persona.former.map(|code| code.to_string()).as_deref(),
        Some("330200")
    );
    let (_, problems) = more("停保,330900");
    let told = told(&problems);
    assert!(
        told.contains("persons.csv:2:") && told.contains("停保") && told.contains("330900"),
        "{told}"
    );
}
