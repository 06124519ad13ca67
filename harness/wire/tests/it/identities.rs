//! The identities on recorded amounts, and each of them broken by one fen.

use std::collections::BTreeMap;

use crosswipe_domain::{Money, Quantity, Ratio, UnitPrice};
use crosswipe_wire::{
    Identity, LineAmounts, check_line_sums, check_lines, check_settlement, check_undo,
};
use proptest::prelude::*;
use rstest::rstest;

type Amounts = BTreeMap<String, Money>;

/// `name=amount name=amount …`
fn amounts(text: &str) -> Amounts {
    text.split_whitespace()
        .map(|part| part.split_once('=').unwrap())
        .map(|(name, amount)| (name.to_owned(), Money::parse(amount).unwrap()))
        .collect()
}

fn identities(amounts: &Amounts) -> Vec<Identity> {
    check_settlement(amounts)
        .into_iter()
        .map(|broken| broken.identity)
        .collect()
}

const OUTPATIENT: &str = "medfee_sumamt=4.52 fulamt_ownpay_amt=0 overlmt_selfpay=0 preselfpay_amt=0.23 inscp_scp_amt=4.29 \
    act_pay_dedc=4.29 hifp_pay=0 cvlserv_pay=0 oth_pay=0 fund_pay_sumamt=0 hosp_part_amt=0 psn_part_amt=4.52 acct_pay=4.52 \
    psn_cash_pay=0 fund:310201=4.52";
const INPATIENT: &str = "medfee_sumamt=23442.46 fulamt_ownpay_amt=2533.97 overlmt_selfpay=1396.89 preselfpay_amt=703.44 \
    inscp_scp_amt=18808.16 hifp_pay=0 oth_pay=18785.39 fund_pay_sumamt=18785.39 hosp_part_amt=505.01 psn_part_amt=4152.06 \
    acct_pay=170.04 acct_mulaid_pay=0 psn_cash_pay=3982.02 fund:330101=18785.39 fund:999996=505.01 fund:310201=170.04";
const UNDO_OUTPATIENT: &str = "medfee_sumamt=-25.10 fulamt_ownpay_amt=0 overlmt_selfpay=0 preselfpay_amt=-0.23 \
    inscp_scp_amt=-24.87 fund_pay_sumamt=0 acct_pay=-25.10 psn_cash_pay=0";
const UNDO_INPATIENT: &str = "medfee_sumamt=-3379.26 fulamt_ownpay_amt=-956.34 overlmt_selfpay=-186.31 preselfpay_amt=-197.22 \
    inscp_scp_amt=-2039.39 fund_pay_sumamt=-2039.39 hosp_part_amt=-32.86 psn_pay=-1307.01 fund:330101=-2039.39 fund:999996=-32.86";

#[rstest]
#[case::below_the_deductible(OUTPATIENT)]
#[case::stay_with_hospital_part(INPATIENT)]
#[case::undo_without_person_part(UNDO_OUTPATIENT)]
#[case::undo_of_a_stay(UNDO_INPATIENT)]
#[case::nothing_known("")]
fn recorded_settlements_add_up(#[case] text: &str) {
    assert_eq!(check_settlement(&amounts(text)), []);
}

#[rstest]
#[case("medfee_sumamt", &[Identity::I1, Identity::I2])]
#[case("fulamt_ownpay_amt", &[Identity::I1])]
#[case("overlmt_selfpay", &[Identity::I1])]
#[case("preselfpay_amt", &[Identity::I1])]
#[case("inscp_scp_amt", &[Identity::I1])]
#[case("fund_pay_sumamt", &[Identity::I2, Identity::I4, Identity::I5])]
#[case("psn_part_amt", &[Identity::I2, Identity::I3])]
#[case("hosp_part_amt", &[Identity::I2, Identity::I5])]
#[case("acct_pay", &[Identity::I3, Identity::I5])]
#[case("acct_mulaid_pay", &[Identity::I3])]
#[case("psn_cash_pay", &[Identity::I3])]
#[case("oth_pay", &[Identity::I4])]
#[case("hifp_pay", &[Identity::I4])]
#[case("fund:330101", &[Identity::I5])]
#[case("fund:777777", &[Identity::I5])]
#[case("balc", &[])]
fn one_fen_more_breaks_exactly_the_identities_of_that_amount(
    #[case] name: &str,
    #[case] expected: &[Identity],
) {
    let mut changed = amounts(INPATIENT);
    *changed.entry(name.to_owned()).or_default() += Money::from_fen(1);
    assert_eq!(identities(&changed), expected);
}

#[test]
fn a_broken_identity_says_by_how_much() {
    let mut changed = amounts(OUTPATIENT);
    changed.insert("preselfpay_amt".to_owned(), Money::from_fen(22));
    let broken = &check_settlement(&changed)[0];
    assert_eq!((broken.expected.fen(), broken.actual.fen()), (451, 452));
    assert_eq!(
        (broken.identity.code(), broken.what.as_str()),
        ("I1", "medfee_sumamt")
    );
}

#[test]
fn a_fund_that_paid_without_a_line_is_seen() {
    let mut changed = amounts(INPATIENT);
    changed.retain(|name, _| !name.starts_with("fund:"));
    assert_eq!(identities(&changed), [Identity::I5]);
    assert_eq!(
        identities(&amounts(
            "medfee_sumamt=1200 fund_pay_sumamt=0 psn_part_amt=1200 psn_cash_pay=1200"
        )),
        []
    );
}

#[test]
fn sums_of_absurd_amounts_do_not_overflow() {
    let huge = Money::from_fen(i64::MAX);
    let mut changed = amounts(INPATIENT);
    for value in changed.values_mut() {
        *value = huge;
    }
    changed.extend((0..2_000).map(|n| (format!("fund:{n}"), huge)));
    assert!(!check_settlement(&changed).is_empty());
    assert!(!check_undo(&changed, &changed, Some(Money::from_fen(-i64::MAX))).is_empty());
}

fn line(price: &str, count: &str, selfpay: Option<&str>, text: &str) -> LineAmounts {
    LineAmounts {
        price: UnitPrice::parse(price).unwrap(),
        count: Quantity::parse(count).unwrap(),
        selfpay: selfpay.map(|ratio| Ratio::parse(ratio).unwrap()),
        amounts: amounts(text),
    }
}

/// The five lines of the worked outpatient example: 567.95 in all.
fn basket() -> Vec<LineAmounts> {
    vec![
        line(
            "25.00",
            "1",
            None,
            "det_item_fee_sumamt=25.00 fulamt_ownpay_amt=0 overlmt_amt=3.00 preselfpay_amt=0 inscp_scp_amt=22.00",
        ),
        line(
            "18.60",
            "2",
            None,
            "det_item_fee_sumamt=37.20 fulamt_ownpay_amt=0 overlmt_amt=0 preselfpay_amt=0 inscp_scp_amt=37.20",
        ),
        line(
            "26.75",
            "3",
            Some("0.05"),
            "det_item_fee_sumamt=80.25 fulamt_ownpay_amt=0 overlmt_amt=0 preselfpay_amt=4.01 inscp_scp_amt=76.24",
        ),
        line(
            "380",
            "1",
            Some("0.10"),
            "det_item_fee_sumamt=380.00 fulamt_ownpay_amt=0 overlmt_amt=20 preselfpay_amt=36 inscp_scp_amt=324.00",
        ),
        line(
            "45.50",
            "1",
            Some("1.00"),
            "det_item_fee_sumamt=45.50 fulamt_ownpay_amt=45.50 overlmt_amt=0 preselfpay_amt=0 inscp_scp_amt=0",
        ),
    ]
}

#[test]
fn the_worked_example_holds_line_by_line_and_in_sum() {
    let settled = amounts(
        "medfee_sumamt=567.95 fulamt_ownpay_amt=45.50 overlmt_selfpay=23.00 preselfpay_amt=40.01 inscp_scp_amt=459.44",
    );
    assert_eq!(check_lines(&basket()), []);
    assert_eq!(check_line_sums(&basket(), &settled), []);
    let recorded = line(
        "4.52",
        "1",
        Some("0.05"),
        "det_item_fee_sumamt=4.52 preselfpay_amt=0.23 inscp_scp_amt=4.29",
    );
    assert_eq!(check_lines(&[recorded]), []);
}

#[rstest]
#[case(2, "det_item_fee_sumamt", &[(Identity::I6, "line 3 det_item_fee_sumamt"), (Identity::I7, "line 3 det_item_fee_sumamt")], "medfee_sumamt")]
#[case(2, "preselfpay_amt", &[(Identity::I6, "line 3 det_item_fee_sumamt"), (Identity::I7, "line 3 preselfpay_amt")], "preselfpay_amt")]
#[case(3, "overlmt_amt", &[(Identity::I6, "line 4 det_item_fee_sumamt")], "overlmt_selfpay")]
#[case(0, "inscp_scp_amt", &[(Identity::I6, "line 1 det_item_fee_sumamt")], "inscp_scp_amt")]
#[case(4, "fulamt_ownpay_amt", &[(Identity::I6, "line 5 det_item_fee_sumamt")], "fulamt_ownpay_amt")]
fn one_fen_on_a_line_is_seen_there_and_in_the_sum(
    #[case] index: usize,
    #[case] name: &str,
    #[case] expected: &[(Identity, &str)],
    #[case] total: &str,
) {
    let settled = amounts(
        "medfee_sumamt=567.95 fulamt_ownpay_amt=45.50 overlmt_selfpay=23.00 preselfpay_amt=40.01 inscp_scp_amt=459.44",
    );
    let mut lines = basket();
    *lines[index].amounts.get_mut(name).unwrap() += Money::from_fen(1);
    let found: Vec<_> = check_lines(&lines)
        .into_iter()
        .map(|broken| (broken.identity, broken.what))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(identity, what)| (*identity, (*what).to_owned()))
        .collect();
    assert_eq!(found, expected);
    let sums: Vec<_> = check_line_sums(&lines, &settled)
        .into_iter()
        .map(|broken| (broken.identity, broken.what))
        .collect();
    assert_eq!(sums, [(Identity::I8, total.to_owned())]);
}

#[test]
fn a_line_without_ratio_has_nothing_to_pay_up_front() {
    let text = "det_item_fee_sumamt=80000 fulamt_ownpay_amt=0 overlmt_amt=0";
    let regular = format!("{text} preselfpay_amt=0 inscp_scp_amt=80000");
    let odd = format!("{text} preselfpay_amt=8 inscp_scp_amt=79992");
    assert_eq!(check_lines(&[line("40000", "2", None, &regular)]), []);
    assert_eq!(
        check_lines(&[line("40000", "2", None, &odd)])[0].identity,
        Identity::I7
    );
}

#[rstest]
#[case::exact("medfee_sumamt=-10 acct_pay=-4 psn_cash_pay=-6 balc=100", &[])]
#[case::another_spelling("medfee_sumamt=-10 acct_pay=-4 pdn_cash_pay=-6 balc=100", &[])]
#[case::not_negative("medfee_sumamt=10 acct_pay=-4 psn_cash_pay=-6 balc=100", &["medfee_sumamt"])]
#[case::one_fen("medfee_sumamt=-10 acct_pay=-4.01 psn_cash_pay=-6 balc=100", &["acct_pay"])]
#[case::forgotten("medfee_sumamt=-10 acct_pay=-4 balc=100", &["psn_cash_pay"])]
#[case::invented("medfee_sumamt=-10 acct_pay=-4 psn_cash_pay=-6 hifp_pay=-1 balc=100", &["hifp_pay"])]
#[case::balance("medfee_sumamt=-10 acct_pay=-4 psn_cash_pay=-6 balc=96", &["balc"])]
fn an_undo_is_the_exact_negative(#[case] undo: &str, #[case] broken: &[&str]) {
    let original = amounts(
        "medfee_sumamt=10 acct_pay=4 psn_cash_pay=6 psn_part_amt=10 hosp_part_amt=0 balc=96",
    );
    let found = check_undo(&original, &amounts(undo), Money::parse("100").ok());
    assert_eq!(
        found
            .iter()
            .map(|broken| broken.what.as_str())
            .collect::<Vec<_>>(),
        broken
    );
    assert!(found.iter().all(|broken| broken.identity == Identity::I10));
}

proptest! {
    #[test]
    fn any_consistent_settlement_holds_and_so_does_its_mirror(
        split in prop::array::uniform4(0i64..100_000_000), funds in prop::array::uniform8(0i64..10_000_000),
        hospital in 0i64..1_000_000, account in 0i64..1_000_000, mutual in 0i64..1_000_000,
    ) {
        let total: i64 = split.iter().sum();
        let fund: i64 = funds.iter().sum();
        let person = total - fund - hospital;
        let names = ["hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay"];
        let parts = ["fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"];
        let mut settled: Amounts = names.iter().zip(funds).chain(parts.iter().zip(split))
            .map(|(name, fen)| ((*name).to_owned(), Money::from_fen(fen))).collect();
        for (name, fen) in [("medfee_sumamt", total), ("fund_pay_sumamt", fund), ("hosp_part_amt", hospital), ("psn_part_amt", person),
            ("acct_pay", account), ("acct_mulaid_pay", mutual), ("psn_cash_pay", person - account - mutual),
            ("fund:310100", fund), ("fund:310200", account), ("fund:999996", hospital)] {
            settled.insert(name.to_owned(), Money::from_fen(fen));
        }
        let mirror: Amounts = settled.iter().map(|(name, amount)| (name.clone(), -*amount)).collect();
        prop_assert_eq!(check_settlement(&settled), vec![]);
        prop_assert_eq!(check_settlement(&mirror), vec![]);
        prop_assert_eq!(check_undo(&settled, &mirror, None), vec![]);
    }
}
