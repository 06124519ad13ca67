//! What a masked message may not show, and what it must keep.

use crosswipe_wire::{Masker, ObjectText};
use proptest::prelude::*;
use rstest::rstest;

const NUMBER: &str = "99990000000000000000000077";
const ID: &str = "99999919491231002X";
const NAME: &str = "测试某甲";

fn masker() -> Masker {
    let known = [
        (NUMBER, "P-000000000077"),
        (ID, "P-000000000077/id"),
        (NAME, "P-000000000077/name"),
        ("9999000000", "P-short"),
    ];
    Masker::new(known.map(|(secret, shown)| (secret.to_owned(), shown.to_owned())))
}

#[rstest]
#[case::field(
    r#"{"psn_no":"99990000000000000000000077"}"#,
    r#"{"psn_no":"P-000000000077"}"#
)]
#[case::unknown_person(r#"{"psn_no":"88887777"}"#, r#"{"psn_no":"***"}"#)]
#[case::as_number(r#"{"psn_no": 88887777 }"#, r#"{"psn_no": "***" }"#)]
#[case::other_case(
    r#"{"psnNo":"88887777","CERTNO":"1"}"#,
    r#"{"psnNo":"***","CERTNO":"***"}"#
)]
#[case::escaped_key(r#"{"psn\u005fno":"88887777"}"#, r#"{"psn\u005fno":"***"}"#)]
#[case::nothing_to_hide(
    r#"{"psn_no":"","certno":null,"card_sn":"null"}"#,
    r#"{"psn_no":"","certno":null,"card_sn":"null"}"#
)]
#[case::in_a_list(r#"{"tel":["1","2"],"a":3}"#, r#"{"tel":["***","***"],"a":3}"#)]
#[case::in_an_object(
    r#"{"addr":{"city":"x","no":7},"b":"y"}"#,
    r#"{"addr":{"city":"***","no":"***"},"b":"y"}"#
)]
#[case::free_text(
    r#"{"err_msg":"人员99990000000000000000000077(测试某甲)已在院"}"#,
    r#"{"err_msg":"人员P-000000000077(P-000000000077/name)已在院"}"#
)]
#[case::escaped_text(
    r#"{"err_msg":"\u6d4b\u8bd5\u67d0\u7532 in"}"#,
    r#"{"err_msg":"P-000000000077/name in"}"#
)]
#[case::lower_case_x(
    r#"{"memo":"99999919491231002x!"}"#,
    r#"{"memo":"P-000000000077/id!"}"#
)]
#[case::stranger_in_free_text(
    r#"{"err_msg":"证件11010519491231002X不存在"}"#,
    r#"{"err_msg":"证件***不存在"}"#
)]
#[case::longest_first(
    r#"{"x":"99990000000000000000000077 9999000000"}"#,
    r#"{"x":"P-000000000077 P-short"}"#
)]
#[case::json_inside_text(
    r#"{"expContent":"{\"psn_no\":\"88887777\",\"k\":\"测试某甲\"}"}"#,
    r#"{"expContent":"{\"psn_no\":\"***\",\"k\":\"P-000000000077/name\"}"}"#
)]
#[case::number_elsewhere(r#"{"x":[99990000000000000000000077]}"#, r#"{"x":["P-000000000077"]}"#)]
#[case::as_key(r#"{"99990000000000000000000077":1}"#, r#"{"P-000000000077":1}"#)]
#[case::layout_is_kept(
    "{\n  \"infcode\" : 0.10,\t\"k\":[ 1e5 ,true,null ]}",
    "{\n  \"infcode\" : 0.10,\t\"k\":[ 1e5 ,true,null ]}"
)]
#[case::cut_in_a_value(r#"{"psn_name":"测试某"#, r#"{"psn_name":"***"#)]
#[case::cut_in_an_escape(r#"{"psn_no":"8888\"#, r#"{"psn_no":"***"#)]
#[case::cut_in_text(
    r#"{"err_msg":"人员测试某甲已"#,
    r#"{"err_msg":"人员P-000000000077/name已"#
)]
#[case::html(
    "<p title=\"测试某甲\">99990000000000000000000077 11010519491231002X</p>",
    "<p title=\"P-000000000077/name\">P-000000000077 ***</p>"
)]
#[case::log_line(
    "answer: {\"certno\":\"1234\"} of 测试某甲",
    "answer: {\"certno\":\"***\"} of P-000000000077/name"
)]
#[case::empty("", "")]
fn a_message_is_kept_without_the_person(#[case] text: &str, #[case] masked: &str) {
    assert_eq!(masker().mask_json(text), masked);
}

#[test]
fn ids_and_amounts_stay_as_they_are() {
    let text = r#"{"setl_id":"330000990000000001","mdtrt_id":"M1","medfee_sumamt":1200.00,"msgid":"H33019900001201706020915000001"}"#;
    assert_eq!(masker().mask_json(text), text);
}

proptest! {
    #[test]
    fn a_planted_person_is_found_nowhere(
        before in "[\\PC]{0,12}", after in "[\\PC]{0,12}", key in "[a-z_]{1,8}", nested in 0usize..3, cut in 0usize..40, spell in 0u8..3,
    ) {
        let mut text = String::new();
        for secret in [NUMBER, ID, NAME] {
            let value = format!("{before}{secret}{after}");
            let object = ObjectText::new().text(&key, &value).text("psn_name", secret).text(secret, "k");
            let mut json = object.finish();
            for _ in 0..nested {
                json = ObjectText::new().text("output", &json).finish();
            }
            text.push_str(&json);
        }
        if spell == 1 {
            text = text.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect();
        }
        if spell == 2 {
            let end = text.char_indices().rev().nth(cut).map_or(0, |(at, _)| at);
            text.truncate(end);
        }
        let masked = masker().mask_json(&text);
        let seen = decoded(&masked);
        for secret in [NUMBER, ID, NAME] {
            prop_assert!(!seen.contains(secret), "{} in {}", secret, masked);
        }
    }

    #[test]
    fn masked_json_is_still_json(value in "[\\PC\"\\\\\n]{0,30}", key in "[\\PC\"\\\\]{0,9}") {
        let text = ObjectText::new().text(&key, &format!("{value}{NAME}")).number("age", 3).text("psn_no", &value).finish();
        let masked: serde_json::Value = serde_json::from_str(&masker().mask_json(&text)).unwrap();
        prop_assert_eq!(&masked["age"], 3);
    }
}

fn escaped(c: char) -> String {
    c.encode_utf16(&mut [0; 2])
        .iter()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect()
}

/// The text as an eager reader would see it: escapes undone, however deep.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..4 {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("\\u") {
            out.push_str(&rest[..at]);
            match rest
                .get(at + 2..at + 6)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .and_then(char::from_u32)
            {
                Some(c) => {
                    out.push(c);
                    rest = &rest[at + 6..];
                }
                None => {
                    out.push_str("\\u");
                    rest = &rest[at + 2..];
                }
            }
        }
        text = out + rest;
    }
    text
}
