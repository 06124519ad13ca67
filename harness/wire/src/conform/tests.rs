//! 一致性测试 · One regular morning at a counter, and one slip in it at a time.

use crosswipe_domain::Moment;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::finding::Weight;

const HOSPITAL: &str = "H33019900001";
const NODES: &[(&str, &str)] = &[
    ("9001", "signIn"),
    ("9002", "signOut"),
    ("2204", "feedetail"),
];

/// What was sent and answered, by a name that a test can call it by.
struct Step {
    name: &'static str,
    request: Value,
    answer: Option<Value>,
}

fn envelope(serial: u32, infno: &str, data: Value) -> Value {
    let node = NODES.iter().find(|(of, _)| *of == infno);
    let node = node.map_or("data", |(_, node)| node);
    json!({
        "infno": infno, "msgid": format!("{HOSPITAL}20170602091500{serial:04}"), "mdtrtarea_admvs": "330100",
        "insuplc_admdvs": "330200", "recer_sys_code": "FSI_LOCAL", "dev_no": "", "cainfo": "", "infver": "V1.0",
        "opter_type": "1", "opter": "0001", "opter_name": "测试员", "inf_time": "2017-06-02 09:15:00",
        "fixmedins_code": HOSPITAL, "fixmedins_name": "测试医院", "sign_no": if infno == "9001" { "" } else { "S1" },
        "input": {node: data},
    })
}

fn answer(output: Value) -> Option<Value> {
    Some(json!({
        "infcode": 0, "inf_refmsgid": "330100201706020915000000000001", "refmsg_time": "20170602091500100",
        "respond_time": "20170602091500200", "err_msg": "", "output": output,
    }))
}

fn settled(id: &str, sign: i32, msgid: &str) -> Option<Value> {
    answer(json!({"setldetail": [], "setlinfo": {
        "setl_id": id, "mdtrt_id": "M1", "setl_time": "2017-06-02 09:15:00", "insutype": "310", "clr_type": "11",
        "medfee_sumamt": 50 * sign, "fulamt_ownpay_amt": 0, "overlmt_selfpay": 0, "preselfpay_amt": 5 * sign,
        "inscp_scp_amt": 45 * sign, "fund_pay_sumamt": 0, "psn_part_amt": 50 * sign, "acct_pay": 0,
        "acct_mulaid_pay": 0, "psn_cash_pay": 50 * sign, "hosp_part_amt": 0, "medins_setl_id": msgid,
    }}))
}

fn line(number: &str) -> Value {
    json!({
        "feedetl_sn": number, "mdtrt_id": "M1", "psn_no": "P1", "chrg_bchno": "B1", "rx_circ_flag": "0",
        "fee_ocur_time": "2017-06-02 09:14:00", "med_list_codg": "X1", "medins_list_codg": "Y1",
        "det_item_fee_sumamt": 25.00, "cnt": 1, "pric": 25.00, "bilg_dept_codg": "A03", "bilg_dept_name": "内科",
        "bilg_dr_codg": "D1", "bilg_dr_name": "甲", "hosp_appr_flag": "1",
    })
}

fn bill(more: Value) -> Value {
    let mut bill = json!({
        "psn_no": "P1", "mdtrt_cert_type": "02", "mdtrt_cert_no": "C1", "med_type": "11", "medfee_sumamt": 50.00,
        "psn_setlway": "01", "mdtrt_id": "M1", "chrg_bchno": "B1", "acct_used_flag": "0", "insutype": "310",
    });
    let more = more.as_object().unwrap().clone();
    bill.as_object_mut().unwrap().extend(more);
    bill
}

fn split() -> Value {
    json!({"fulamt_ownpay_amt": 0, "overlmt_selfpay": 0, "preselfpay_amt": 5.00, "inscp_scp_amt": 45.00})
}

fn told(number: &str) -> Value {
    json!({"feedetl_sn": number, "fulamt_ownpay_amt": 0, "overlmt_amt": 0, "preselfpay_amt": 2.5, "inscp_scp_amt": 22.5})
}

fn msgid(serial: u32) -> String {
    format!("{HOSPITAL}20170602091500{serial:04}")
}

/// Sign in, register, charge, try, settle, undo; settle again without hearing of it, reverse, clear up, reconcile.
fn morning() -> Vec<Step> {
    let step = |name, request, answer| Step {
        name,
        request,
        answer,
    };
    let trial = settled("", 1, "").map(|mut answer| {
        answer["output"]["setlinfo"]["setl_id"] = Value::Null;
        answer
    });
    let nothing = || answer(Value::Null);
    vec![
        step(
            "sign-in",
            envelope(
                1,
                "9001",
                json!({"opter_no": "0001", "mac": "00-00", "ip": "10.0.0.1"}),
            ),
            answer(json!({"signinoutb": {"sign_no": "S1", "sign_time": "2017-06-02 09:15:00"}})),
        ),
        step(
            "register",
            envelope(
                2,
                "2201",
                json!({
            "psn_no": "P1", "insutype": "310", "begntime": "2017-06-02 09:10:00", "mdtrt_cert_type": "02",
            "mdtrt_cert_no": "C1", "ipt_otp_no": "O1", "atddr_no": "D1", "dr_name": "甲", "dept_code": "A03",
            "dept_name": "内科", "caty": "A03"}),
            ),
            answer(json!({"data": {"mdtrt_id": "M1", "psn_no": "P1", "ipt_otp_no": "O1"}})),
        ),
        step(
            "charge",
            envelope(3, "2204", json!([line("L1"), line("L2")])),
            answer(json!({"result": [told("L1"), told("L2")]})),
        ),
        step("try", envelope(4, "2206", bill(json!({}))), trial),
        step(
            "settle",
            envelope(5, "2207", bill(split())),
            settled("T1", 1, &msgid(5)),
        ),
        step(
            "undo",
            envelope(
                6,
                "2208",
                json!({"setl_id": "T1", "mdtrt_id": "M1", "psn_no": "P1"}),
            ),
            settled("T2", -1, &msgid(6)),
        ),
        step("settle again", envelope(7, "2207", bill(split())), None),
        step(
            "reverse",
            envelope(
                8,
                "2601",
                json!({"psn_no": "P1", "omsgid": msgid(7), "oinfno": "2207"}),
            ),
            nothing(),
        ),
        step(
            "withdraw",
            envelope(
                9,
                "2205",
                json!({"mdtrt_id": "M1", "chrg_bchno": "B1", "psn_no": "P1"}),
            ),
            nothing(),
        ),
        step(
            "cancel",
            envelope(
                10,
                "2202",
                json!({"psn_no": "P1", "mdtrt_id": "M1", "ipt_otp_no": "O1"}),
            ),
            nothing(),
        ),
        step(
            "reconcile",
            envelope(
                11,
                "3201",
                json!({
            "insutype": "310", "clr_type": "11", "setl_optins": "330100", "stmt_begndate": "2017-06-02",
            "stmt_enddate": "2017-06-02", "medfee_sumamt": 0, "fund_pay_sumamt": 0, "acct_pay": 0,
            "fixmedins_setl_cnt": 2}),
            ),
            answer(json!({"stmtinfo": {"setl_optins": "330100", "stmt_rslt": "0"}})),
        ),
        step(
            "sign off",
            envelope(12, "9002", json!({"sign_no": "S1", "opter_no": "0001"})),
            answer(json!({"signoutoutb": {"sign_time": "2017-06-02 09:30:00"}})),
        ),
    ]
}

fn text(value: &Value) -> String {
    // Amounts keep their form: serde would write 25.0.
    serde_json::to_string(value).unwrap()
}

/// `step code field` of every finding about a message, `step answer code field` of every one about an answer.
fn judged(steps: &[Step], mode: Mode, scope: Scope) -> Vec<String> {
    let mut conform = Conform::new(mode, scope);
    let mut said = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let (request, answer) = (text(&step.request), step.answer.as_ref().map(text));
        let judged = conform.judge(&Exchange {
            profile: &crosswipe_domain::Profile::default(),
            at: Moment::parse("2017-06-02T09:15+08:00")
                .unwrap()
                .plus_ms(at as i64 * 1_000),
            named: None,
            gateway: &[],
            request: request.as_bytes(),
            answer: answer.as_ref().map(|body| (200, body.as_bytes())),
            carried: None,
            masked: false,
        });
        assert!(
            !format!("{judged:?}").contains("P1"),
            "no person is shown: {judged:?}"
        );
        let name = step.name;
        said.extend(judged.request.iter().map(|one| {
            assert!(crate::rule(one.code).is_some(), "{}", one.code);
            format!("{name} {} {}", one.code, one.path.field)
        }));
        said.extend(judged.answer.iter().map(|one| {
            assert!(crate::rule(one.code).is_some(), "{}", one.code);
            format!("{name} answer {} {}", one.code, one.path.field)
        }));
    }
    said
}

#[test]
fn a_regular_morning_gets_no_finding_at_all() {
    for (mode, scope) in [
        (Mode::Strict, Scope::Whole),
        (Mode::Strict, Scope::Part),
        (Mode::Tolerant, Scope::Whole),
    ] {
        assert_eq!(
            judged(&morning(), mode, scope),
            Vec::<String>::new(),
            "{scope:?}"
        );
    }
}

#[rstest]
#[case::number_used_twice("withdraw", "/msgid", json!(msgid(5)), &["withdraw msgid-reuse msgid"])]
#[case::never_signed_in("charge", "/sign_no", json!("680003"), &["charge sign-no-not-issued sign_no"])]
#[case::junk_signature("settle", "/cainfo", json!("1"), &["settle cainfo-unverifiable cainfo"])]
#[case::two_persons("charge", "/input/feedetail/1/psn_no", json!("P2"), &["charge psn-no-differs psn_no"])]
#[case::undo_of_nothing("undo", "/input/data/setl_id", json!(""), 
    &["undo undo-id-empty setl_id", "reconcile counts-differ fixmedins_setl_cnt"])]
#[case::sum("settle", "/input/data/medfee_sumamt", json!(50.01),
    &["settle lines-sum medfee_sumamt"])]
#[case::sum_at_the_trial("try", "/input/data/medfee_sumamt", json!(49.99),
    &["try lines-sum medfee_sumamt", "settle trial-differs medfee_sumamt"])]
#[case::other_than_tried("settle", "/input/data/acct_used_flag", json!("1"), &["settle trial-differs acct_used_flag"])]
#[case::other_split("settle", "/input/data/preselfpay_amt", json!(4.99), &["settle split-differs preselfpay_amt"])]
#[case::undo_unknown("undo", "/input/data/setl_id", json!("T9"), 
    &["undo undo-of-unknown setl_id", "reconcile counts-differ fixmedins_setl_cnt"])]
#[case::undo_other_visit("undo", "/input/data/mdtrt_id", json!("M9"), &["undo undo-of-other-visit mdtrt_id"])]
#[case::undo_other_person("undo", "/input/data/psn_no", json!("P9"), &["undo undo-of-other-person psn_no"])]
#[case::undo_other_hospital("undo", "/fixmedins_code", json!("H33019900002"),
    &["undo msgid-prefix msgid", "undo sign-no-not-issued sign_no", "undo undo-of-other-institution setl_id"])]
#[case::not_reversible("reverse", "/input/data/oinfno", json!("2204"),
    &["reverse reversal-not-allowed oinfno"])]
#[case::reversal_unknown("reverse", "/input/data/omsgid", json!(msgid(99)), &["reverse reversal-of-unknown omsgid"])]
#[case::reversal_of_the_undo("reverse", "/input/data/oinfno", json!("2208"), &["reverse reversal-infno oinfno"])]
#[case::reversal_other_person("reverse", "/input/data/psn_no", json!("P9"), &["reverse reversal-psn-no psn_no"])]
#[case::reversal_no_number("reverse", "/input/data/omsgid", json!(null), &["reverse undo-id-empty omsgid"])]
#[case::reversed_already("reverse", "/input/data/omsgid", json!(msgid(5)), &["reverse reversal-repeated omsgid"])]
#[case::period("reconcile", "/input/data/stmt_enddate", json!("2017-06-01"),
    &["reconcile period-form stmt_enddate"])]
#[case::period_of_digits("reconcile", "/input/data/stmt_begndate", json!("20170602"), &["reconcile period-form stmt_begndate"])]
#[case::period_of_nobody("reconcile", "/input/data/stmt_enddate", json!("今天"), &["reconcile period-form stmt_enddate"])]
#[case::count("reconcile", "/input/data/fixmedins_setl_cnt", json!(3), &["reconcile counts-differ fixmedins_setl_cnt"])]
#[case::count_of_what_stands("reconcile", "/input/data/fixmedins_setl_cnt", json!(0), &[])]
/// An undo without effect leaves a settlement that the totals then lack.
fn one_slip_of_a_his_gives_its_finding(
    #[case] name: &str,
    #[case] at: &str,
    #[case] value: Value,
    #[case] expected: &[&str],
) {
    let mut steps = morning();
    let step = steps.iter_mut().find(|step| step.name == name).unwrap();
    *step.request.pointer_mut(at).expect("the message has it") = value;
    assert_eq!(judged(&steps, Mode::Strict, Scope::Whole), expected);
}

#[rstest]
#[case::text("/infcode", json!("0"), &["settle answer infcode-type infcode"])]
#[case::receipt("/inf_refmsgid", json!("1"), &["settle answer receipt-length inf_refmsgid"])]
#[case::times("/respond_time", json!("20170602091459200"), &["settle answer times-order respond_time"])]
#[case::amounts("/output/setlinfo/psn_cash_pay", json!(49.99), &[
    "settle answer amounts-differ psn_part_amt", "undo answer cancel-not-negative psn_cash_pay"])]
#[case::split("/output/setlinfo/inscp_scp_amt", json!(44), &[
    "settle answer amounts-differ medfee_sumamt", "undo answer cancel-not-negative inscp_scp_amt"])]
fn one_slip_of_a_platform_gives_its_finding(
    #[case] at: &str,
    #[case] value: Value,
    #[case] expected: &[&str],
) {
    let mut steps = morning();
    let step = steps.iter_mut().find(|step| step.name == "settle").unwrap();
    *step.answer.as_mut().unwrap().pointer_mut(at).unwrap() = value;
    assert_eq!(judged(&steps, Mode::Strict, Scope::Whole), expected);
}

#[test]
fn a_success_that_says_otherwise_is_found_and_proves_nothing() {
    for (at, value, code) in [
        (
            "/err_msg",
            json!("java.lang.NullPointerException"),
            "success-with-error err_msg",
        ),
        ("/output", json!(null), "success-without-node "),
    ] {
        let mut steps = morning();
        let step = steps.iter_mut().find(|step| step.name == "charge").unwrap();
        *step.answer.as_mut().unwrap().pointer_mut(at).unwrap() = value;
        // Nobody knows which lines stand, so no sum is measured.
        *steps[4]
            .request
            .pointer_mut("/input/data/preselfpay_amt")
            .unwrap() = json!(4);
        let expected = [format!("charge answer {code}")];
        assert_eq!(judged(&steps, Mode::Strict, Scope::Whole), expected);
    }
}

/// What was not recorded cannot be held against anybody: no id is nobody's, no sum is short.
#[test]
fn of_a_recording_only_what_is_in_it_counts() {
    let from = |name: &str| {
        let mut steps = morning();
        let at = steps.iter().position(|step| step.name == name).unwrap();
        steps.split_off(at)
    };
    for name in ["charge", "settle", "undo", "reverse", "reconcile"] {
        let part = judged(&from(name), Mode::Strict, Scope::Part);
        assert_eq!(part, Vec::<String>::new(), "from `{name}` on");
    }
    assert!(!judged(&from("undo"), Mode::Strict, Scope::Whole).is_empty());
}

#[test]
fn the_same_bytes_again_are_the_same_message() {
    let mut steps = morning();
    for name in ["charge", "settle", "undo"] {
        let at = steps.iter().position(|step| step.name == name).unwrap();
        let again = Step {
            name: "again",
            request: steps[at].request.clone(),
            answer: steps[at].answer.clone(),
        };
        steps.insert(at + 1, again);
    }
    assert_eq!(
        judged(&steps, Mode::Strict, Scope::Whole),
        Vec::<String>::new()
    );
}

/// 2601 after an answer is the wrong tool; a sign-in ends; both are told.
#[test]
fn what_is_known_is_undone_and_not_reversed_and_a_sign_in_ends() {
    let mut steps = morning();
    steps[6].answer = settled("T3", 1, &msgid(7));
    steps.push(Step {
        name: "late",
        request: envelope(
            13,
            "2205",
            json!({"mdtrt_id": "M1", "chrg_bchno": "B1", "psn_no": "P1"}),
        ),
        answer: None,
    });
    // Two settlements, both undone: none or four records.
    *steps[10]
        .request
        .pointer_mut("/input/data/fixmedins_setl_cnt")
        .unwrap() = json!(4);
    assert_eq!(
        judged(&steps, Mode::Strict, Scope::Whole),
        [
            "reverse reversal-of-known omsgid",
            "late sign-no-expired sign_no"
        ]
    );
}

/// Whoever reverses what is known, and names it wrongly besides, is told what is wrong with the name alone.
#[rstest]
#[case::not_reversible("oinfno", json!("2205"), "reverse reversal-not-allowed oinfno")]
#[case::another_kind("oinfno", json!("2304"), "reverse reversal-infno oinfno")]
#[case::another_person("psn_no", json!("P9"), "reverse reversal-psn-no psn_no")]
fn a_reversal_of_what_is_known_under_a_wrong_name_is_one_slip(
    #[case] field: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let mut steps = morning();
    steps[6].answer = settled("T3", 1, &msgid(7));
    let reverse = steps
        .iter_mut()
        .find(|step| step.name == "reverse")
        .unwrap();
    reverse.request["input"]["data"][field] = value;
    let told = judged(&steps, Mode::Strict, Scope::Whole);
    let told: Vec<&String> = told
        .iter()
        .filter(|one| one.starts_with("reverse"))
        .collect();
    assert_eq!(told, [expected]);
}

/// A level too many is one thing, wherever it is, and what lies below is found.
#[rstest]
#[case::round_all_of_it(|input: Value| json!({"input": input}))]
#[case::round_the_node(|input: Value| json!({"data": input}))]
#[case::twice(|input: Value| json!({"input": {"input": input}}))]
fn a_level_too_many_is_told_once(#[case] wrap: fn(Value) -> Value) {
    let mut steps = morning();
    let settle = steps.iter_mut().find(|step| step.name == "settle").unwrap();
    let input = settle.request["input"].take();
    let key = wrap(input.clone())
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    settle.request["input"] = wrap(input);
    assert_eq!(
        judged(&steps, Mode::Strict, Scope::Whole),
        [format!("settle node-level {key}")]
    );
}

#[test]
fn a_node_under_a_name_of_nobody_is_the_one_that_is_missing() {
    let mut steps = morning();
    let charge = steps.iter_mut().find(|step| step.name == "try").unwrap();
    let node = charge.request["input"]["data"].take();
    charge.request["input"] = json!({"foo": node});
    let told = judged(&steps, Mode::Strict, Scope::Whole);
    let told: Vec<&String> = told.iter().filter(|one| one.starts_with("try")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("try node-missing"), "{told:?}");
}

#[test]
fn a_sign_in_of_yesterday_has_expired() {
    let steps = morning();
    let mut conform = Conform::new(Mode::Strict, Scope::Whole);
    let mut codes = Vec::new();
    for (step, hours) in [(&steps[0], 0), (&steps[1], 24), (&steps[2], 25)] {
        let (request, answer) = (text(&step.request), step.answer.as_ref().map(text));
        let judged = conform.judge(&Exchange {
            profile: &crosswipe_domain::Profile::default(),
            at: Moment::from_epoch_ms(hours * 3_600_000),
            named: None,
            gateway: &[],
            request: request.as_bytes(),
            answer: answer.as_ref().map(|body| (200, body.as_bytes())),
            carried: None,
            masked: false,
        });
        codes.extend(judged.request.iter().map(|one| (step.name, one.code)));
    }
    assert_eq!(codes, [("charge", "sign-no-expired")]);
}

#[rstest]
#[case(GatewayNote::UnknownKey, "key-unknown", Weight::Defect)]
#[case(GatewayNote::Signature, "signature-wrong", Weight::Defect)]
#[case(GatewayNote::OtherEncoding, "signed-in-other-encoding", Weight::Note)]
#[case(GatewayNote::NoTimestamp, "timestamp-missing", Weight::Note)]
#[case(GatewayNote::Skew(-3_600_000), "timestamp-outside", Weight::Note)]
#[case(GatewayNote::Nonce, "nonce", Weight::Note)]
#[case(GatewayNote::NonceForm, "nonce", Weight::Note)]
fn what_the_gateway_let_pass_is_a_finding(
    #[case] note: GatewayNote,
    #[case] code: &str,
    #[case] tolerant: Weight,
) {
    for (mode, weight) in [(Mode::Strict, Weight::Defect), (Mode::Tolerant, tolerant)] {
        let request = text(&morning()[0].request);
        let judged = Conform::new(mode, Scope::Whole).judge(&Exchange {
            profile: &crosswipe_domain::Profile::default(),
            at: Moment::from_epoch_ms(0),
            named: Some(&InfNo::new("2208")),
            gateway: &[note],
            request: request.as_bytes(),
            answer: None,
            carried: None,
            masked: false,
        });
        let found: Vec<_> = judged
            .request
            .iter()
            .map(|one| (one.code, one.weight))
            .collect();
        let path = if mode == Mode::Strict {
            Weight::Defect
        } else {
            Weight::Note
        };
        assert_eq!(found, [("path-not-infno", path), (code, weight)]);
    }
}

#[test]
fn what_is_no_message_is_one_finding() {
    let mut conform = Conform::new(Mode::Strict, Scope::Whole);
    for body in ["", "[]", "{", "{\"msgid\":\"1\"}"] {
        let judged = conform.judge(&Exchange {
            profile: &crosswipe_domain::Profile::default(),
            at: Moment::from_epoch_ms(0),
            named: None,
            gateway: &[],
            request: body.as_bytes(),
            answer: Some((400, b"<html>")),
            carried: None,
            masked: false,
        });
        let codes: Vec<_> = judged.request.iter().map(|one| one.code).collect();
        assert_eq!(
            (codes, judged.answer.len()),
            (vec!["unreadable"], 0),
            "{body}"
        );
    }
}

/// Every code that the sources write has a rule, and no rule is idle.
#[test]
fn every_code_has_its_rule() {
    let sources = [
        include_str!("../check.rs"),
        include_str!("../check/value.rs"),
        include_str!("../check/envelope.rs"),
        include_str!("../check/ties.rs"),
        include_str!("../request.rs"),
        include_str!("../conform.rs"),
        include_str!("answer.rs"),
        include_str!("bill.rs"),
        include_str!("reversal.rs"),
        include_str!("sent.rs"),
        include_str!("totals.rs"),
        include_str!("transport.rs"),
    ];
    for rule in crate::CODES {
        let quoted = format!("\"{}\"", rule.code);
        assert!(
            sources.iter().any(|source| source.contains(&quoted)),
            "nobody gives {quoted}"
        );
    }
    let mut written = 0;
    for source in sources {
        for call in source
            .split("found.add(")
            .skip(1)
            .chain(source.split("note(").skip(1))
        {
            let Some(code) = call
                .trim_start()
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            written += 1;
            assert!(crate::rule(code).is_some(), "`{code}` has no rule");
        }
    }
    assert!(written > 50, "{written}");
}
