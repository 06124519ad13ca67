//! Forms of messages as clients of several provinces really write them: what strict says to each, and that nothing else is said.
//!
//! Structure and habits are those of the field, persons, places and figures are ours.

use crosswipe_domain::Moment;
use crosswipe_wire::Mode;
use crosswipe_wire::conform::{Conform, Exchange, Scope};
use rstest::rstest;

#[track_caller]
fn codes(body: &str) -> Vec<&'static str> {
    let mut conform = Conform::new(Mode::Strict, Scope::Part);
    let judged = conform.judge(&Exchange {
        profile: &crosswipe_domain::Profile::default(),
        at: Moment::parse("2024-03-05T09:15+08:00").unwrap(),
        named: None,
        gateway: &[],
        request: body.as_bytes(),
        answer: None,
        carried: None,
        masked: false,
    });
    let mut codes: Vec<_> = judged.request.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// An envelope in the habit of a client: what it adds or writes otherwise comes last.
fn message(infno: &str, own: &str, input: &str) -> String {
    format!(
        r#"{{"infno":"{infno}","mdtrtarea_admvs":"330200","fixmedins_code":"H33029900017","fixmedins_name":"海曙测试医院","opter_type":"1","opter":"0007","opter_name":"收费甲","inf_time":"2024-03-05 09:15:00",{own},"input":{input}}}"#
    )
}

const PLAIN: &str = r#""msgid":"H33029900017202403050915000042","insuplc_admdvs":"330100","recer_sys_code":"FSI_LOCAL","dev_no":"","dev_safe_info":"","cainfo":"","signtype":"","infver":"V1.0","sign_no":"""#;
const SEALED: &str = r#""msgid":"H33029900017202403050915000042","insuplc_admdvs":"330100","recer_admdvs":"330200","recer_sys_code":"HIS","dev_no":"","signtype":"SM3","cainfo":"E57F45CCAAAB929C4FE1EEC26FAB96EA1E88E7C1D075FC7F755704904B588C86","infver":"1.0.0","sign_no":"900001""#;
const SHORT: &str = r#""msgid":"20240305091500420001","insuplc_admdvs":"330100","recer_sys_code":"HIS","infver":"1.0.0""#;
const UUID: &str = r#""msgid":"C6CC2F53BEE7428AB42439C8E5B8E0","insuplc_admdvs":"330100","recer_sys_code":"99","dev_no":"null","dev_safe_info":"null","cainfo":"null","signtype":"SM2","infver":"1.0.0","sign_no":"null""#;
const VENDOR: &str = r#""msgid":"H33029900017202403050915000042","insuplc_admdvs":"330100","recer_sys_code":"0023","infver":"V1.0","sign_no":"","fixmedins_soft_fcty":"某软件","app_id":"A1","enc_type":"""#;
const ONES: &str = r#""msgid":"H33029900017202403050915009999","insuplc_admdvs":"330100","recer_sys_code":"FSI_LOCAL","dev_no":"1","dev_safe_info":"1","cainfo":"1","signtype":"SM3","infver":"1.0","sign_no":"680003""#;

const READ: &str = r#"{"data":{"mdtrt_cert_type":"02","mdtrt_cert_no":"999999199002300000","card_sn":"","begntime":"","psn_cert_type":"01","certno":"999999199002300000","psn_name":"测试甲"}}"#;
const READ_SHORT: &str =
    r#"{"data":{"mdtrt_cert_type":"02","mdtrt_cert_no":"999999199002300000","psn_cert_type":"1"}}"#;
const SIGN_IN: &str = r#"{"signIn":{"opter_no":"0007","mac":"05-34-71","ip":"192.168.3.9"}}"#;
const LINE: &str = r#"{"feedetail":[{"feedetl_sn":"I1","mdtrt_id":"990000000000000000000000000002","psn_no":"99990000000000000000000001","chrg_bchno":"B1","rx_circ_flag":"0","fee_ocur_time":"2024-03-05 09:10:00","med_list_codg":"001101000010000-110100001","medins_list_codg":"Z1","det_item_fee_sumamt":60.00,"cnt":2,"pric":30.000000,"bilg_dept_codg":"A03","bilg_dept_name":"内科","bilg_dr_codg":"D33029900001","bilg_dr_name":"医生甲","hosp_appr_flag":"1"}]}"#;
const STAY_LINE: &str = r#"{"feedetail":{"feedetl_sn":"I1","mdtrt_id":"990000000000000000000000000002","psn_no":"99990000000000000000000001","med_type":"21","fee_ocur_time":"2024-03-05 09:10:00","med_list_codg":"001101000010000-110100001","medins_list_codg":"Z1","det_item_fee_sumamt":"80.00","cnt":"1","pric":"80.00","bilg_dept_codg":"A03","bilg_dept_name":"内科","bilg_dr_codg":"D1","bilg_dr_name":"医生甲","hosp_appr_flag":"1"}}"#;
const TRIAL: &str = r#"{"data":{"psn_no":"99990000000000000000000001","mdtrt_cert_type":"02","mdtrt_cert_no":"02","med_type":"11","medfee_sumamt":60,"psn_setlway":"01","mdtrt_id":"990000000000000000000000000002","chrg_bchno":"B1","acct_used_flag":"1","insutype":"310"}}"#;
const SETTLE: &str = r#"{"data":{"psn_no":"99990000000000000000000001","mdtrt_cert_type":"02","mdtrt_cert_no":"999999199002300000","med_type":"11","medfee_sumamt":60.00,"psn_setlway":"01","mdtrt_id":"990000000000000000000000000002","chrg_bchno":"B1","acct_used_flag":"1","insutype":"310","invono":"F1","fulamt_ownpay_amt":0,"overlmt_selfpay":0,"preselfpay_amt":6.00,"inscp_scp_amt":54.00,"exp_content":"{\"mdtrtGrpType\":\"1\"}"}}"#;
const SETTLE_TEXT: &str = r#"{"data":{"psn_no":"99990000000000000000000001","mdtrt_cert_type":"02","mdtrt_cert_no":"999999199002300000","med_type":"11","medfee_sumamt":"60","psn_setlway":"01","mdtrt_id":"990000000000000000000000000002","chrg_bchno":"2024-03-05","acct_used_flag":"1","insutype":"310","fulamt_ownpay_amt":"0","overlmt_selfpay":"0","preselfpay_amt":"6","inscp_scp_amt":"54"}}"#;
const UNDO: &str = r#"{"data":{"setl_id":"330000999274162139200002757001","psn_no":"99990000000000000000000001","mdtrt_id":"990000000000000000000000000002"}}"#;
const WITHDRAW: &str = r#"{"data":{"mdtrt_id":"990000000000000000000000000002","chrg_bchno":"0000","psn_no":"99990000000000000000000001"}}"#;
const REVERSE: &str = r#"{"data":{"psn_no":"99990000000000000000000001","omsgid":"H33029900017202403050914000041","oinfno":"2207"}}"#;
const REVERSE_A: &str = r#"{"data":{"psn_no":"99990000000000000000000001","omsgid":"H33029900017202403050914000041","oinfno":"2207A"}}"#;
const TOTALS: &str = r#"{"data":{"insutype":"310","clr_type":"11","setl_optins":"330200","stmt_begndate":"2024-03-01","stmt_enddate":"2024-03-31","medfee_sumamt":60.00,"fund_pay_sumamt":0.00,"acct_pay":0.00,"fixmedins_setl_cnt":1}}"#;

#[rstest]
#[case::sign_in("9001", PLAIN, SIGN_IN)]
#[case::sign_in_with_a_number("9001", SEALED, SIGN_IN)]
#[case::read("1101", PLAIN, READ)]
#[case::read_sealed("1101", SEALED, READ)]
#[case::vendor_keys("1101", VENDOR, READ)]
#[case::charge("2204", PLAIN, LINE)]
#[case::try_it("2206", PLAIN, TRIAL)]
#[case::settle("2207", SEALED, SETTLE)]
#[case::settle_with_a_suffix("2207A", PLAIN, SETTLE)]
#[case::undo("2208", PLAIN, UNDO)]
#[case::withdraw_everything("2205", VENDOR, WITHDRAW)]
#[case::reverse("2601", PLAIN, REVERSE)]
#[case::reverse_with_a_suffix("2601", PLAIN, REVERSE_A)]
#[case::totals_of_a_month("3201", PLAIN, TOTALS)]
fn a_regular_form_gets_no_finding_at_all(
    #[case] infno: &str,
    #[case] own: &str,
    #[case] input: &str,
) {
    assert_eq!(codes(&message(infno, own, input)), Vec::<&str>::new());
}

#[rstest]
#[case::short_number("1101", SHORT, READ, &["msgid-length"])]
#[case::number_of_another_kind("1101", UUID, READ, &["msgid-date", "msgid-prefix", "null-text"])]
#[case::one_digit_code("1101", PLAIN, READ_SHORT, &["code-form"])]
#[case::stay_in_texts("2301", SEALED, STAY_LINE, &["number-as-text", "object-for-list"])]
#[case::settle_in_texts("2207A", ONES, SETTLE_TEXT, &["cainfo-unverifiable", "number-as-text"])]
fn a_habit_gets_its_finding_and_no_other(
    #[case] infno: &str,
    #[case] own: &str,
    #[case] input: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(codes(&message(infno, own, input)), expected);
}
