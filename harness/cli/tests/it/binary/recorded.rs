//! 实录 · Messages that HIS clients and platforms really sent, each held against its region's edition: what is found in
//! each, no more and no less, and how the harness as client reads each answer.
//!
//! Without a region nothing is said of paths and heads, which are each gateway's own. Persons, institutions and keys in them are invented; forms, slips and odd values are as they came. What is right in
//! all its oddity (a path with the platform's own misspelling, numbers of 30 characters, an operator in the place of the
//! receiver) is no finding. Not here: single rules (`wire`), forms of recordings (`conform`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::InfNo;
use crosswipe_wire::{Sent, classify};
use rstest::rstest;
use serde_json::Value;

use super::crosswipe;

const NONE: &[&str] = &[];

fn recorded(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/recorded");
    dir.join(format!("{name}.json"))
}

/// Codes with their fields, each once.
fn found(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            let code = one["code"].as_str().unwrap();
            match one["field"].as_str() {
                Some(field) => format!("{code} {field}"),
                None => code.to_owned(),
            }
        })
        .collect()
}

#[rstest]
#[case::appendix("appendix-1101-request", "", &["code-form data.psn_cert_type", "date-form data.begntime", "insuplc-not-pooling-area insuplc_admdvs", "mandatory-missing data.mdtrt_cert_no", "mandatory-missing data.mdtrt_cert_type", "msgid-prefix msgid", "over-length sign_no"])]
#[case::hebei_1101("hebei-1101-response-resident", "hebei", NONE)]
#[case::hebei_2405("hebei-2405-response", "hebei", NONE)]
#[case::hunan_401("hunan-gateway-401-bad-signature-response", "hunan", NONE)]
#[case::gz_2301("vendor-gz-2301-request", "", &["msgid-length msgid", "number-as-text feedetail[0].cnt", "number-as-text feedetail[0].det_item_fee_sumamt", "number-as-text feedetail[0].pric"])]
#[case::gz_2303("vendor-gz-2303-request", "", &["computed-missing data.fulamt_ownpay_amt", "computed-missing data.inscp_scp_amt", "computed-missing data.overlmt_selfpay", "computed-missing data.preselfpay_amt", "msgid-length msgid", "number-as-text data.medfee_sumamt"])]
#[case::gz_2401("vendor-gz-2401-request", "", &["msgid-length msgid", "number-as-text diseinfo[0].diag_srt_no"])]
#[case::gz_2401_of_guangdong("vendor-gz-2401-request", "guangdong", &["infver-form infver", "mandatory-missing mdtrtinfo.ipt_otp_no", "msgid-length msgid", "number-as-text diseinfo[0].diag_srt_no"])]
#[case::hn_9001("vendor-hn-9001-request", "hunan", NONE)]
#[case::hzg_1101("vendor-hzg-1101-request", "", &["code-form data.psn_cert_type", "msgid-date msgid", "msgid-prefix msgid", "null-text cainfo", "null-text dev_no", "null-text dev_safe_info", "null-text sign_no"])]
#[case::js_1101("vendor-js-1101-request", "guangdong", &["code-form data.psn_cert_type", "msgid-length msgid"])]
#[case::js_2201("vendor-js-2201-request", "guangdong", &["msgid-length msgid"])]
#[case::js_2203("vendor-js-2203-request", "guangdong", NONE)]
#[case::js_2204("vendor-js-2204-request", "guangdong", &["number-as-text feedetail[0].pric"])]
#[case::js_2206("vendor-js-2206-request", "guangdong", NONE)]
#[case::ohs_1101("vendor-ohs-1101-request", "", NONE)]
#[case::zj_1101("zhejiang-1101-request", "zhejiang", &["cainfo-unverifiable cainfo", "date-form data.begntime"])]
#[case::zj_1101_answer("zhejiang-1101-response", "zhejiang", NONE)]
#[case::zj_2201("zhejiang-2201-request", "zhejiang", &["cainfo-unverifiable cainfo"])]
#[case::zj_2201_answer("zhejiang-2201-response", "zhejiang", NONE)]
#[case::zj_2207a("zhejiang-2207A-request", "zhejiang", &["cainfo-unverifiable cainfo", "number-as-text data.fulamt_ownpay_amt", "number-as-text data.inscp_scp_amt", "number-as-text data.medfee_sumamt", "number-as-text data.overlmt_selfpay", "number-as-text data.preselfpay_amt"])]
#[case::zj_2207a_answer("zhejiang-2207A-response", "zhejiang", NONE)]
#[case::zj_2208("zhejiang-2208-request", "zhejiang", &["cainfo-unverifiable cainfo"])]
#[case::zj_2208_answer("zhejiang-2208-response", "zhejiang", NONE)]
#[case::zj_9001("zhejiang-9001-request", "zhejiang", &["cainfo-unverifiable cainfo"])]
#[case::zj_9001_answer("zhejiang-9001-response", "zhejiang", NONE)]
fn what_was_really_sent_is_found_to_be_what_it_is(
    #[case] name: &str,
    #[case] profile: &str,
    #[case] expected: &[&str],
) {
    let path = recorded(name).display().to_string();
    let exit = i32::from(!expected.is_empty());
    let of_region: &[&str] = match profile {
        "" => &[],
        profile => &["--profile", profile],
    };
    let args = [&["conform", path.as_str(), "--json"], of_region].concat();
    let report = crosswipe(&args).must_end(exit).json();
    let read = report["messages"].as_u64().unwrap() + report["answers"].as_u64().unwrap();
    assert_eq!(read, 1, "{report}");
    let expected: BTreeSet<String> = expected.iter().map(|one| (*one).to_owned()).collect();
    assert_eq!(found(&report), expected);
}

/// How a client of ours takes each answer: what a gateway refused was not carried out.
#[rstest]
#[case("hebei-1101-response-resident", "ok")]
#[case("hebei-2405-response", "ok")]
#[case("hunan-gateway-401-bad-signature-response", "refused")]
#[case("zhejiang-1101-response", "ok")]
#[case("zhejiang-2201-response", "ok")]
#[case("zhejiang-2207A-response", "ok")]
#[case("zhejiang-2208-response", "ok")]
#[case("zhejiang-9001-response", "ok")]
fn what_was_really_answered_is_taken_for_what_it_is(#[case] name: &str, #[case] outcome: &str) {
    let text = fs::read_to_string(recorded(name)).unwrap();
    let sample: Value = serde_json::from_str(&text).unwrap();
    let infno = match sample["infno"].as_str().unwrap() {
        "*" => "2207",
        infno => infno,
    };
    let asked = fs::read_to_string(recorded(&name.replace("response", "request")));
    let asked: Value = asked.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    let asked = match &asked["body_raw"] {
        Value::String(raw) => serde_json::from_str(raw).unwrap(),
        _ => asked["body"].clone(),
    };
    let sent = Sent {
        infno: &InfNo::new(infno),
        msgid: asked["msgid"].as_str().unwrap_or_default(),
    };
    let body = match &sample["body_raw"] {
        Value::String(raw) => raw.clone(),
        _ => sample["body"].to_string(),
    };
    let taken = classify(&sent, 200, body.as_bytes());
    assert_eq!(taken.name(), outcome, "{taken:?}");
}

#[test]
fn every_recorded_message_stands_in_the_tables_above() {
    let here = include_str!("recorded.rs");
    let mut all = 0;
    for file in fs::read_dir(recorded("x").parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(here.contains(&format!("\"{name}\"")), "{name}");
        all += 1;
    }
    assert_eq!(all, 25);
}
