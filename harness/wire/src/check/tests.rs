//! 核对测试 · The checks of a request against the tables: one oddity, one finding.

use rstest::rstest;

use super::*;

/// A regular 2207 of an invented person, with `change` applied to its text.
fn settle(change: impl Fn(&str) -> String) -> String {
    change(
        r#"{"infno":"2207","msgid":"H33019900001201706020915000001","mdtrtarea_admvs":"330100","insuplc_admdvs":"330200",
        "recer_sys_code":"FSI_LOCAL","infver":"V1.0","opter_type":"1","opter":"0001","opter_name":"测试员",
        "inf_time":"2017-06-02 09:15:00","fixmedins_code":"H33019900001","fixmedins_name":"测试医院","sign_no":"T1","input":{"data":{
        "psn_no":"99990000000000000000000077","mdtrt_cert_type":"02","mdtrt_cert_no":"99999919900101077X","med_type":"11",
        "medfee_sumamt":567.95,"psn_setlway":"01","mdtrt_id":"M1","chrg_bchno":"B1","insutype":"310","acct_used_flag":"1",
        "fulamt_ownpay_amt":45.50,"overlmt_selfpay":23.00,"preselfpay_amt":40.01,"inscp_scp_amt":459.44}}}"#,
    )
}

fn swap(from: &'static str, to: &'static str) -> impl Fn(&str) -> String {
    move |text| {
        assert!(text.contains(from), "the message has no `{from}`");
        text.replacen(from, to, 1)
    }
}

#[track_caller]
fn codes(body: &str, mode: Mode) -> Vec<(&'static str, Weight, String)> {
    let request = Request::parse(body.as_bytes()).unwrap();
    check(&request, mode, &crosswipe_domain::Profile::default())
        .into_iter()
        .map(|finding| (finding.code, finding.weight, finding.path.to_string()))
        .collect()
}

/// Of the two numbers of one transaction a region may use one alone; the other is taken, and told.
#[rstest]
#[case::both_are_regular(&["2203A", "2203"], "2203", false)]
#[case::the_newer_alone(&["2203A"], "2203A", false)]
#[case::the_older_of_two_editions(&["2203A"], "2203", true)]
#[case::the_newer_where_the_older_is_used(&["2203"], "2203A", true)]
#[case::another_transaction(&["2203"], "2207A", false)]
fn a_number_of_another_edition_is_told(
    #[case] regular: &[&str],
    #[case] infno: &str,
    #[case] told: bool,
) {
    let body = settle(str::to_owned).replacen("2207", infno, 1);
    let request = Request::parse(body.as_bytes()).unwrap();
    let mut profile = crosswipe_domain::Profile::default();
    profile.names.diagnosis_numbers = regular.iter().map(|one| (*one).to_owned()).collect();
    for (mode, weight) in [
        (Mode::Tolerant, Weight::Note),
        (Mode::Strict, Weight::Defect),
    ] {
        let found = check(&request, mode, &profile);
        let found = found.iter().find(|one| one.code == "infno-edition");
        assert_eq!(
            found.map(|one| one.weight),
            told.then_some(weight),
            "{infno}"
        );
    }
}

/// A PIN is asked of whoever settles at home, where the region wants one; what stands there is not looked into.
#[rstest]
#[case::at_home("330100", "", true, true)]
#[case::at_home_with_it("330100", crate::STAND_IN_PIN, true, false)]
#[case::a_visitor("330200", "", true, false)]
#[case::a_region_without_pins("330100", "", false, false)]
fn a_pin_is_missed_at_home_alone(
    #[case] insured: &str,
    #[case] cainfo: &str,
    #[case] pin: bool,
    #[case] told: bool,
) {
    let body = settle(swap(
        r#""insuplc_admdvs":"330200""#,
        r#""insuplc_admdvs":"HERE","cainfo":"PIN""#,
    ))
    .replace("HERE", insured)
    .replace("PIN", cainfo);
    let request = Request::parse(body.as_bytes()).unwrap();
    let mut profile = crosswipe_domain::Profile::default();
    profile.envelope.pin = pin;
    let found = check(&request, Mode::Strict, &profile);
    let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    assert_eq!(codes, if told { vec!["pin-missing"] } else { vec![] });
}

#[test]
fn a_regular_message_gets_no_finding_at_all() {
    let body = settle(str::to_owned);
    assert_eq!(codes(&body, Mode::Strict), []);
    assert_eq!(
        missing_mandatory(&Request::parse(body.as_bytes()).unwrap()),
        []
    );
}

#[rstest]
#[case(
    r#""mdtrt_id":"M1","#,
    "",
    "mandatory-missing",
    "data.mdtrt_id 就诊ID",
    true
)]
#[case(
    r#""mdtrt_id":"M1""#,
    r#""mdtrt_id":"  ""#,
    "mandatory-missing",
    "data.mdtrt_id 就诊ID",
    true
)]
#[case(r#""opter":"0001","#, "", "mandatory-missing", "opter 经办人", true)]
#[case(
    r#""B1""#,
    r#""B123456789012345678901234567890""#,
    "over-length",
    "data.chrg_bchno 收费批次号",
    true
)]
#[case(
    "567.95",
    "123456789012345.00",
    "over-length",
    "data.medfee_sumamt 医疗费总额",
    true
)]
#[case(
    "567.95",
    "567.955",
    "too-many-decimals",
    "data.medfee_sumamt 医疗费总额",
    true
)]
#[case(
    "567.95",
    r#""¥567""#,
    "not-a-number",
    "data.medfee_sumamt 医疗费总额",
    true
)]
#[case(
    "2017-06-02 09:15:00",
    "2017/06/02 09:15",
    "date-form",
    "inf_time 交易时间",
    false
)]
#[case("567.95", "[1]", "wrong-type", "data.medfee_sumamt 医疗费总额", true)]
#[case(
    "2017-06-02 09:15:00",
    "02.06.2017",
    "date-unreadable",
    "inf_time 交易时间",
    true
)]
#[case(r#""310""#, r#""311""#, "unknown-code", "data.insutype 险种类型", true)]
#[case(r#""2207""#, r#""2299""#, "infno-unknown", "infno", true)]
#[case(
    "567.95",
    r#""567.95""#,
    "number-as-text",
    "data.medfee_sumamt 医疗费总额",
    false
)]
#[case(r#""310""#, "310", "text-as-number", "data.insutype 险种类型", false)]
#[case(
    "2017-06-02 09:15:00",
    "2017-06-02",
    "date-form",
    "inf_time 交易时间",
    false
)]
#[case(r#""T1""#, r#""NULL""#, "null-text", "sign_no 签到流水号", false)]
#[case(
    r#""B1""#,
    r#""B1 ""#,
    "stray-blank",
    "data.chrg_bchno 收费批次号",
    false
)]
#[case(
    r#""psn_setlway":"01""#,
    r#""psn_setlway":"1""#,
    "code-form",
    "data.psn_setlway 个人结算方式",
    false
)]
#[case("mdtrt_id", "mdtrtId", "key-case", "data.mdtrt_id 就诊ID", false)]
#[case(
    r#""insutype":"310""#,
    r#""insutype":"310","insutype":"310""#,
    "duplicate-key",
    "data.insutype",
    false
)]
#[case(
    r#""infver":"#,
    r#""infver":"1.0","infver":"#,
    "duplicate-key",
    "infver",
    false
)]
#[case(
    r#""med_type":"#,
    r#""colour":"red","med_type":"#,
    "unknown-key",
    "data.colour",
    false
)]
#[case(
    r#""input":{"#,
    r#""input":{"extra":{},"#,
    "unknown-key",
    "input.extra",
    false
)]
#[case(r#""data":{"#, r#""mdtrtinfo":{"#, "node-name", "data", false)]
#[case(
    r#"45.50"#,
    "null",
    "computed-missing",
    "data.fulamt_ownpay_amt 全自费金额",
    false
)]
#[case(
    "00001201706020915000001",
    "0000120170602091500001",
    "msgid-length",
    "msgid 发送方报文ID",
    false
)]
#[case(
    "H33019900001201706",
    "H33019900002201706",
    "msgid-prefix",
    "msgid 发送方报文ID",
    false
)]
#[case(
    "H33019900001201706",
    "H33019900001201713",
    "msgid-date",
    "msgid 发送方报文ID",
    false
)]
#[case("V1.0", "2.0", "infver-form", "infver 接口版本号", false)]
#[case(
    r#""330200""#,
    r#""330000""#,
    "insuplc-not-pooling-area",
    "insuplc_admdvs 参保地医保区划",
    false
)]
#[case(
    r#""330200""#,
    r#""""#,
    "psn-no-without-insuplc",
    "insuplc_admdvs 参保地医保区划",
    false
)]
fn one_slip_gives_one_finding(
    #[case] from: &'static str,
    #[case] to: &'static str,
    #[case] code: &'static str,
    #[case] at: &str,
    #[case] grave: bool,
) {
    let body = settle(swap(from, to));
    let tolerant = if grave { Weight::Defect } else { Weight::Note };
    assert_eq!(
        codes(&body, Mode::Strict),
        [(code, Weight::Defect, at.to_owned())]
    );
    assert_eq!(
        codes(&body, Mode::Tolerant),
        [(code, tolerant, at.to_owned())]
    );
}

#[rstest]
#[case::extension_content(r#""med_type":"#, r#""exp_content":"{}","med_type":"#)]
#[case::extension_as_object(r#""med_type":"#, r#""expContent":{"a":1},"med_type":"#)]
#[case::empty_optional(r#""med_type":"#, r#""invono":"","med_type":"#)]
#[case::null_optional(r#""med_type":"#, r#""invono":null,"med_type":"#)]
#[case::version_suffix(r#""2207""#, r#""2207A""#)]
#[case::municipality(r#""330200""#, r#""310000""#)]
fn what_the_interface_allows_is_no_finding(#[case] from: &'static str, #[case] to: &'static str) {
    assert_eq!(codes(&settle(swap(from, to)), Mode::Strict), []);
}

#[test]
fn a_personal_value_is_never_repeated_in_a_finding() {
    let body = settle(swap(
        "99990000000000000000000077",
        "9999000000000000000000007799999",
    ));
    let request = Request::parse(body.as_bytes()).unwrap();
    let findings = check(
        &request,
        Mode::Strict,
        &crosswipe_domain::Profile::default(),
    );
    assert_eq!(findings.len(), 1);
    assert!(
        !format!("{findings:?}").contains("9999000000"),
        "{findings:?}"
    );
    let number = settle(swap(r#""99999919900101077X""#, "99999919900101077"));
    let findings = check(
        &Request::parse(number.as_bytes()).unwrap(),
        Mode::Strict,
        &crosswipe_domain::Profile::default(),
    );
    assert_eq!(findings[0].actual.en(), "*** (17 characters)");
}

const DIAGNOSIS: &str = r#"{"infno":"2203","msgid":"H33019900001201706020915000001","mdtrtarea_admvs":"330100","insuplc_admdvs":"330200",
    "recer_sys_code":"FSI_LOCAL","infver":"V1.0","opter_type":"1","opter":"1","opter_name":"n","inf_time":"2017-06-02 09:15:00",
    "fixmedins_code":"H33019900001","fixmedins_name":"h","input":INPUT}"#;
const LINE: &str = r#"{"diag_type":"1","diag_srt_no":1,"diag_code":"J00","diag_name":"感冒","diag_dept":"A03","dise_dor_no":"D1",
    "dise_dor_name":"d","diag_time":"2017-06-02 09:15:00","vali_flag":"1"}"#;
const VISIT: &str =
    r#"{"mdtrt_id":"M1","psn_no":"P1","med_type":"11","begntime":"2017-06-02 09:10:00"}"#;

#[rstest]
#[case::regular("{\"mdtrtinfo\":VISIT,\"diseinfo\":[LINE,LINE]}", &[])]
#[case::object_for_list("{\"mdtrtinfo\":VISIT,\"diseinfo\":LINE}", &["object-for-list diseinfo"])]
#[case::list_for_object("{\"mdtrtinfo\":[VISIT],\"diseinfo\":[LINE]}", &["list-for-object mdtrtinfo"])]
#[case::draft_name("{\"data\":VISIT,\"diseinfo\":[LINE]}", &["node-name mdtrtinfo"])]
#[case::node_case("{\"mdtrtInfo\":VISIT,\"diseinfo\":[LINE]}", &["key-case mdtrtinfo"])]
#[case::node_missing("{\"diseinfo\":[LINE]}", &["node-missing mdtrtinfo"])]
#[case::empty_list("{\"mdtrtinfo\":VISIT,\"diseinfo\":[]}", &["node-missing diseinfo"])]
#[case::odd_element("{\"mdtrtinfo\":VISIT,\"diseinfo\":[LINE,7]}", &["wrong-type diseinfo"])]
#[case::second_line("{\"mdtrtinfo\":VISIT,\"diseinfo\":[LINE,{\"diag_type\":\"1\"}]}", &[
    "mandatory-missing diseinfo[1].diag_srt_no 诊断排序号", "mandatory-missing diseinfo[1].diag_code 诊断代码",
    "mandatory-missing diseinfo[1].diag_name 诊断名称", "mandatory-missing diseinfo[1].diag_dept 诊断科室",
    "mandatory-missing diseinfo[1].dise_dor_no 诊断医生编码", "mandatory-missing diseinfo[1].dise_dor_name 诊断医生姓名",
    "mandatory-missing diseinfo[1].diag_time 诊断时间", "mandatory-missing diseinfo[1].vali_flag 有效标志"])]
#[case::empty_input("{}", &["node-missing mdtrtinfo", "node-missing diseinfo"])]
#[case::null_input("null", &["node-missing mdtrtinfo", "node-missing diseinfo"])]
fn nodes_are_measured_by_shape_and_name(#[case] input: &str, #[case] expected: &[&str]) {
    let input = input.replace("VISIT", VISIT).replace("LINE", LINE);
    let body = DIAGNOSIS.replace("INPUT", &input);
    let found: Vec<String> = codes(&body, Mode::Strict)
        .into_iter()
        .map(|(code, _, at)| format!("{code} {at}"))
        .collect();
    assert_eq!(found, expected);
    let missing: Vec<String> = missing_mandatory(&Request::parse(body.as_bytes()).unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected: Vec<String> = expected
        .iter()
        .filter_map(|text| {
            text.strip_prefix("mandatory-missing ")
                .or_else(|| text.strip_prefix("node-missing "))
        })
        .map(str::to_owned)
        .collect();
    assert_eq!(
        missing, expected,
        "what a platform refuses is what the check calls missing"
    );
}

#[test]
fn every_forgiven_code_is_one_that_is_given() {
    let sources = [
        include_str!("../check.rs"),
        include_str!("value.rs"),
        include_str!("envelope.rs"),
        include_str!("ties.rs"),
        include_str!("../conform/bill.rs"),
        include_str!("../conform/sent.rs"),
        include_str!("../conform/transport.rs"),
        include_str!("../request.rs"),
    ];
    for code in FORGIVEN {
        let given = sources
            .iter()
            .map(|source| source.matches(&format!("\"{code}\"")).count())
            .sum::<usize>();
        assert!(given > 1, "`{code}` is forgiven and never given");
    }
}
