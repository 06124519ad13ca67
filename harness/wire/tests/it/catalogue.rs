//! The embedded tables: complete, consistent in themselves and with the domain's words.

use crosswipe_domain::InfNo;
use crosswipe_wire::{FieldKind, Need, NodeKind, Shape, catalogue};
use rstest::rstest;

#[test]
fn all_fifty_four_transactions_are_there() {
    assert_eq!(catalogue().transactions().count(), 54);
    assert_eq!(catalogue().request.len(), 21);
    for transaction in catalogue().transactions() {
        assert!(
            !transaction.input.is_empty(),
            "{} has no input",
            transaction.infno
        );
        let promises = !transaction.output.nodes.is_empty();
        let shaped = matches!(transaction.output.shape, Shape::Object | Shape::Array);
        assert_eq!(promises, shaped, "{}", transaction.infno);
    }
}

#[test]
fn every_code_list_that_a_field_names_exists() {
    let envelope = catalogue().request.iter().chain(&catalogue().response);
    let nodes = catalogue()
        .transactions()
        .flat_map(|t| t.input.iter().chain(&t.output.nodes))
        .flat_map(|node| &node.fields);
    let mut named = 0;
    for field in envelope.chain(nodes) {
        assert!(
            !field.zh.is_empty() && !field.en.is_empty(),
            "{}",
            field.name
        );
        if let Some(key) = field.code_list {
            named += 1;
            assert!(
                !catalogue()
                    .list(key)
                    .unwrap_or_else(|| panic!("{}: no list `{key}`", field.name))
                    .values
                    .is_empty()
            );
        }
    }
    assert!(named > 300, "{named}");
}

#[test]
fn tables_and_domain_agree_on_what_undoes_what() {
    for transaction in catalogue().transactions() {
        let infno = InfNo::new(transaction.infno);
        assert_eq!(
            transaction.reversible_by_2601,
            infno.reversible(),
            "{infno}"
        );
        if let Some(undo) = infno.cancelled_by() {
            assert_eq!(transaction.undo_by, [undo.as_str()], "{infno}");
        }
    }
}

const AMOUNT: FieldKind = FieldKind::Number {
    precision: 16,
    scale: 2,
};
const PRICE: FieldKind = FieldKind::Number {
    precision: 16,
    scale: 6,
};

#[rstest]
#[case(
    "2207 data psn_no",
    "人员编号",
    FieldKind::Text,
    Some(30),
    Need::Yes,
    true
)]
#[case(
    "2207A setlinfo hifp_pay",
    "基本医疗保险统筹基金支出",
    AMOUNT,
    None,
    Need::Yes,
    false
)]
#[case("2204 feedetail pric", "单价", PRICE, None, Need::Yes, false)]
#[case(
    "2402 dscginfo endtime",
    "结束时间",
    FieldKind::DateTime,
    None,
    Need::Yes,
    false
)]
#[case(
    "9101 fsUploadIn in",
    "文件数据",
    FieldKind::Bytes,
    None,
    Need::Yes,
    true
)]
#[case(
    "2601  sign_no",
    "签到流水号",
    FieldKind::Text,
    Some(30),
    Need::No,
    false
)]
fn a_field_is_found_with_its_facts(
    #[case] place: &str,
    #[case] zh: &str,
    #[case] kind: FieldKind,
    #[case] max_len: Option<usize>,
    #[case] need: Need,
    #[case] personal: bool,
) {
    let [infno, node, name] = place.split(' ').collect::<Vec<_>>()[..] else {
        panic!("three words")
    };
    let field = catalogue()
        .field(&InfNo::new(infno), node, name)
        .expect("a known field");
    let facts = (
        field.zh,
        field.kind,
        field.max_len,
        field.need,
        field.personal,
    );
    assert_eq!(facts, (zh, kind, max_len, need, personal));
}

#[test]
fn odd_shapes_are_known() {
    let of = |infno: &str| catalogue().transaction(&InfNo::new(infno)).expect("known");
    assert_eq!(of("5204").output.shape, Shape::Array);
    assert_eq!(of("2601").output.shape, Shape::None);
    assert_eq!(of("9102").output.shape, Shape::File);
    assert_eq!(of("9101").output.nodes[0].kind, NodeKind::Flat);
    assert_eq!(of("2302").input[0].kind, NodeKind::List);
    assert!(catalogue().transaction(&InfNo::new("9999")).is_none());
}

#[test]
fn codes_have_chinese_names() {
    assert_eq!(
        catalogue().code_name_zh("insutype", "310"),
        Some("职工基本医疗保险")
    );
    assert_eq!(catalogue().code_name_zh("insutype", "999999"), None);
    assert_eq!(catalogue().code_name_zh("no-such-list", "1"), None);
}

#[rstest]
#[case("psn_no", true)]
#[case("psnNo", true)]
#[case("PSN_NO", true)]
#[case("agnter_certno", true)]
#[case("psn_type", false)]
#[case("mdtrt_id", false)]
fn what_names_a_person_is_known_in_every_spelling(#[case] name: &str, #[case] personal: bool) {
    assert_eq!(catalogue().is_personal(name), personal);
}
