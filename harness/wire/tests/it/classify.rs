//! How an exchange ended: one row per thing that a wire can bring back.

use crosswipe_domain::{InfNo, Money, Outcome};
use crosswipe_wire::{RefusalCode, Sent, classify};
use rstest::rstest;

const MSGID: &str = "H33019900001201706020915000001";

fn outcome(infno: &str, status: u16, body: &[u8]) -> Outcome {
    classify(
        &Sent {
            infno: &InfNo::new(infno),
            msgid: MSGID,
        },
        status,
        body,
    )
}

/// The name of the outcome, with the code of a refusal.
fn told(infno: &str, status: u16, body: &str) -> String {
    match outcome(infno, status, body.as_bytes()) {
        Outcome::Refused { code, .. } => format!("refused {code}"),
        other => other.name().to_owned(),
    }
}

fn settled(setlinfo: &str) -> String {
    format!(r#"{{"infcode":0,"err_msg":null,"output":{{"setlinfo":{setlinfo},"setldetail":[]}}}}"#)
}

#[rstest]
#[case::numeric_zero(200, r#"{"infcode":0,"output":null}"#, "ok")]
#[case::text_zero(200, r#"{"infcode":"0"}"#, "ok")]
#[case::zero_of_a_float(200, r#"{"infcode":0.0,"output":{}}"#, "ok")]
#[case::fair_words(200, r#"{"infcode":0,"err_msg":"success"}"#, "ok")]
#[case::created(201, r#"{"infcode":0,"err_msg":"操作成功"}"#, "ok")]
#[case::error_text_on_success(200, r#"{"infcode":0,"err_msg":"数据库连接超时"}"#, "unknown")]
#[case::refusal(
    200,
    r#"{"infcode":-1,"err_msg":"[E-SETTLED] 已结算"}"#,
    "refused E-SETTLED"
)]
#[case::refusal_as_text(200, r#"{"infcode":"-1","err_msg":"已结算"}"#, "refused E-OTHER")]
#[case::refusal_without_text(200, r#"{"infcode":-2}"#, "refused E-OTHER")]
#[case::refusal_with_4xx(403, r#"{"infcode":-1,"err_msg":"path"}"#, "refused E-OTHER")]
#[case::path_and_infno_disagree(
    200,
    r#"{"type":"error","infcode":-1,"err_msg":"infno"}"#,
    "refused E-OTHER"
)]
#[case::invented_by_a_middleware(
    200,
    r#"{"infcode":-1,"err_msg":"java.net.SocketTimeoutException: Read timed out"}"#,
    "unknown"
)]
#[case::invented_in_chinese(200, r#"{"infcode":"-1","err_msg":"调用医保服务超时"}"#, "unknown")]
#[case::of_a_platform_about_time(200, r#"{"infcode":-1,"inf_refmsgid":"330100201706020900000000000017","err_msg":"签到超时, 请重新签到"}"#, "refused E-OTHER")]
#[case::party_behind_silent(200, r#"{"infcode":-1,"err_msg":"[E-DOWNSTREAM] 未应答"}"#, "unknown")]
#[case::refusal_with_500(500, r#"{"infcode":-1,"err_msg":"[E-SETTLED] 已结算"}"#, "unknown")]
#[case::success_with_503(503, r#"{"infcode":0}"#, "unknown")]
#[case::success_with_401(401, r#"{"infcode":0}"#, "unknown")]
#[case::gateway_401(200, r#"{"code":401,"message":"签名不一致"}"#, "refused E-GATEWAY")]
#[case::gateway_401_as_text(401, r#"{"code":"401","message":"签名不一致"}"#, "refused E-GATEWAY")]
#[case::gateway_403_without_code(403, r#"{"error":"forbidden"}"#, "refused E-GATEWAY")]
#[case::gateway_timeout_code(200, r#"{"code":504,"message":"timeout"}"#, "unknown")]
#[case::request_timeout(408, r#"{"message":"timeout"}"#, "unknown")]
#[case::request_timeout_inside(200, r#"{"code":408,"message":"timeout"}"#, "unknown")]
#[case::timeout_with_other_code(499, r#"{"code":401,"message":"?"}"#, "unknown")]
#[case::middleware(200, r#"{"code":"999","msg":"系统异常"}"#, "unknown")]
#[case::html_403(403, "<html>403</html>", "unknown")]
#[case::html_502(502, "<html>502</html>", "unknown")]
#[case::redirect(302, r#"{"infcode":-1}"#, "unknown")]
#[case::empty(200, "", "unknown")]
#[case::cut(200, r#"{"infcode":-1,"err_msg":"[E-SETT"#, "unknown")]
#[case::trailing(200, r#"{"infcode":-1}{"infcode":0}"#, "unknown")]
#[case::array(200, r#"[{"infcode":0}]"#, "unknown")]
#[case::null(200, "null", "unknown")]
#[case::no_infcode(200, r#"{"output":{}}"#, "unknown")]
#[case::infcode_null(200, r#"{"infcode":null}"#, "unknown")]
#[case::infcode_object(200, r#"{"infcode":{}}"#, "unknown")]
#[case::infcode_true(200, r#"{"infcode":true}"#, "unknown")]
#[case::infcode_word(200, r#"{"infcode":"failed"}"#, "unknown")]
#[case::infcode_point(200, r#"{"infcode":"."}"#, "unknown")]
#[case::two_infcodes(200, r#"{"infcode":-1,"infcode":0}"#, "ok")]
#[case::not_utf8_escape(200, r#"{"infcode":-1,"err_msg":"\ud800"}"#, "refused E-OTHER")]
fn an_answer_counts_by_where_it_came_from(
    #[case] status: u16,
    #[case] body: &str,
    #[case] expected: &str,
) {
    assert_eq!(told("2205", status, body), expected, "{status} {body}");
}

#[rstest]
#[case::whole(
    r#"{"setl_id":"S1","mdtrt_id":"M1","medins_setl_id":"H33019900001201706020915000001"}"#,
    "ok"
)]
#[case::no_echo(r#"{"setl_id":"S1","mdtrt_id":"M1","medins_setl_id":null}"#, "ok")]
#[case::no_setl_id(r#"{"mdtrt_id":"M1"}"#, "unknown")]
#[case::null_setl_id(r#"{"setl_id":"null","mdtrt_id":"M1"}"#, "unknown")]
#[case::another_message(
    r#"{"setl_id":"S1","mdtrt_id":"M1","medins_setl_id":"H33019900001201706020915000002"}"#,
    "unknown"
)]
#[case::bad_amount(r#"{"setl_id":"S1","mdtrt_id":"M1","acct_pay":"1,200.00"}"#, "unknown")]
#[case::fine_amount(r#"{"setl_id":"S1","mdtrt_id":"M1","acct_pay":0.005}"#, "unknown")]
#[case::no_node("null", "unknown")]
#[case::node_of_text(r#""S1""#, "unknown")]
#[case::node_as_list(r#"[{"setl_id":"S1","mdtrt_id":"M1"}]"#, "ok")]
#[case::node_as_json_text(r#""{\"setl_id\":\"S1\",\"mdtrt_id\":\"M1\"}""#, "ok")]
#[case::capitals(r#"{"SETL_ID":"S1","mdtrtId":"M1"}"#, "ok")]
fn a_settlement_counts_only_with_all_that_is_promised(
    #[case] setlinfo: &str,
    #[case] expected: &str,
) {
    assert_eq!(
        told("2207", 200, &settled(setlinfo)),
        expected,
        "{setlinfo}"
    );
}

#[rstest]
#[case("2207", r#"{"infcode":0,"output":null}"#, "unknown")]
#[case("2207", r#"{"infcode":0}"#, "unknown")]
#[case(
    "2207",
    r#"{"infcode":0,"output":{"setlinfo":{"setl_id":"S1","mdtrt_id":"M1"}}}"#,
    "unknown"
)] // fund lines missing
#[case("2207", r#"{"infcode":0,"output":"{\"setlinfo\":{\"setl_id\":\"S1\",\"mdtrt_id\":\"M1\"},\"setldetail\":[]}"}"#, "ok")]
#[case(
    "2206",
    r#"{"infcode":0,"output":{"setlinfo":{"setl_id":null},"setldetail":[]}}"#,
    "ok"
)] // a trial creates nothing
#[case(
    "2201",
    r#"{"infcode":0,"output":{"data":{"ipt_otp_no":"1"}}}"#,
    "unknown"
)]
#[case("2401", r#"{"infcode":0,"output":{"result":{"mdtrt_id":"M1"}}}"#, "ok")]
#[case(
    "9001",
    r#"{"infcode":0,"output":{"signinoutb":{"sign_time":"2017-06-02 00:00:00"}}}"#,
    "unknown"
)]
#[case("2601", r#"{"infcode":0}"#, "ok")]
#[case("5203", r#"{"infcode":0,"output":{"setlinfo":{"setl_id":"S1","medins_setl_id":"another"},"setldetail":[]}}"#, "ok")]
#[case("5204", r#"{"infcode":0,"output":[]}"#, "ok")]
#[case("5204", r#"{"infcode":0,"output":null}"#, "unknown")]
#[case("5303", r#"{"infcode":0,"output":{"data":[]}}"#, "ok")]
#[case("5303", r#"{"infcode":0,"output":{}}"#, "unknown")]
#[case("9101", r#"{"infcode":0,"output":{"file_qury_no":"F1"}}"#, "ok")]
#[case("9101", r#"{"infcode":0,"output":{}}"#, "unknown")]
fn each_transaction_promises_its_own(
    #[case] infno: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    assert_eq!(told(infno, 200, body), expected, "{infno} {body}");
}

#[test]
fn an_ok_carries_ids_and_amounts_and_nothing_personal() {
    let body = r#"{"infcode":"0","output":{"setlinfo":{"psn_no":"99990000000000000000000077","psn_name":"测试甲","setl_id":"S1",
        "mdtrt_id":"M1","medfee_sumamt":"567.95","hifp_pay":164.58,"hifdm_pay":0,"cashPayamt":1.5E+1,"age":21.5,"pool_prop_selfpay":0.75},
        "setldetail":[{"fund_pay_type":"310100","fund_payamt":100.00},{"fund_pay_type":"310100","fund_payamt":"64.58"}]}}"#;
    let Outcome::Ok { ids, amounts } = outcome("2207", 200, body.as_bytes()) else {
        panic!("ok")
    };
    let ids: Vec<(&str, &str)> = ids.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(ids, [("mdtrt_id", "M1"), ("setl_id", "S1")]);
    let amounts: Vec<(&str, i64)> = amounts.iter().map(|(k, v)| (k.as_str(), v.fen())).collect();
    let expected = [
        ("cash_payamt", 1500),
        ("fund:310100", 16458),
        ("hifdm_pay", 0),
        ("hifp_pay", 16458),
        ("medfee_sumamt", 56795),
    ];
    assert_eq!(amounts, expected);
}

#[test]
fn amounts_that_no_ledger_can_hold_are_no_success() {
    let line = r#"{"fund_pay_type":"310100","fund_payamt":99999999999999.99}"#;
    let body = settled(r#"{"setl_id":"S1","mdtrt_id":"M1"}"#)
        .replace("[]", &format!("[{}]", vec![line; 2_000].join(",")));
    assert_eq!(told("2207", 200, &body), "unknown");
}

#[test]
fn every_refusal_of_ours_comes_back_as_itself() {
    for &code in RefusalCode::ALL {
        let body = format!(
            r#"{{"infcode":-1,"err_msg":"[{}] {}"}}"#,
            code.code(),
            code.text()
        );
        let expected = if code == RefusalCode::Downstream {
            "unknown".to_owned()
        } else {
            format!("refused {code}")
        };
        assert_eq!(told("2207", 200, &body), expected);
    }
}

#[test]
fn the_peers_words_are_kept_but_not_without_end() {
    let body = format!(r#"{{"infcode":-1,"err_msg":"{}"}}"#, "栈".repeat(5_000));
    let Outcome::Refused { text, .. } = outcome("2207", 200, body.as_bytes()) else {
        panic!("refused")
    };
    assert_eq!(text.chars().count(), 400);
}

#[test]
fn an_undo_carries_its_negative_amounts() {
    let body = settled(&format!(
        r#"{{"setl_id":"S2","mdtrt_id":"M1","medins_setl_id":"{MSGID}","medfee_sumamt":-1200.00,"psn_part_amt":null}}"#
    ));
    let Outcome::Ok { amounts, .. } = outcome("2208", 200, body.as_bytes()) else {
        panic!("ok")
    };
    assert_eq!(amounts["medfee_sumamt"], Money::from_fen(-120_000));
    assert!(!amounts.contains_key("psn_part_amt"), "null is no amount");
}

#[test]
fn a_file_is_an_answer_where_the_interface_answers_with_one() {
    let zip = b"PK\x03\x04\x14\x00";
    let ended = |infno: &str, status: u16, body: &[u8]| {
        let infno = InfNo::new(infno);
        let sent = Sent {
            infno: &infno,
            msgid: "m",
        };
        crosswipe_wire::classify(&sent, status, body)
    };
    assert!(ended("9102", 200, zip).is_ok());
    for (infno, status) in [("9101", 200), ("2207", 200), ("9102", 503)] {
        let outcome = ended(infno, status, zip);
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{infno} {status}: {outcome:?}"
        );
    }
}
