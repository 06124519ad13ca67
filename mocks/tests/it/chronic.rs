//! 慢特病、贯标、诊断 · Care of a registered disease with its list, drugs and quota; items without a national code; what 5202
//! shows of a visit.

use std::sync::Arc;

use crosswipe_domain::{Business, CellKey, Chronic, Export, Party, Profile, Role};
use crosswipe_mocks::{MemoryWorld, WorldConfig};
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

const HYPERTENSION: &str = "M03900";

fn world(change: impl Fn(&mut WorldConfig)) -> MemoryWorld {
    let mut config = config(&[]);
    let phases = config.window.phases.iter_mut();
    let allows = phases.flat_map(|phase| &mut phase.allow);
    allows.for_each(|allow| allow.business.push(Business::Filing));
    let mut profile = Profile::default();
    profile.policy.chronic = vec![Chronic {
        code: HYPERTENSION.to_owned(),
        name: "高血压".to_owned(),
        quota: Some(yuan("200.00")),
        drugs: ["drug-a", "drug-b"].map(str::to_owned).into(),
    }];
    // Hangzhou is the insured place; elsewhere there is no list.
    config.topology.regions[0].profile = Arc::new(profile);
    change(&mut config);
    MemoryWorld::new(&config.setup(), vec![])
}

fn file(counter: &mut Counter<'_>, disease: &str, from: &str, to: Option<&str>) -> Said {
    let mut fields = json!({"insutype": "310", "opsp_dise_code": disease, "opsp_dise_name": "病", "begndate": from});
    if let Some(to) = to {
        fields["enddate"] = json!(to);
    }
    counter.send("2503", json!({ "data": fields }))
}

/// A visit with two drugs, for a disease as 2203 says it.
fn visit(counter: &mut Counter<'_>, disease: Option<&str>) -> String {
    let visit = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    let mut told = json!({"mdtrt_id": visit, "med_type": "14"});
    if let Some(disease) = disease {
        told["dise_codg"] = json!(disease);
    }
    counter.send("2203", json!({ "mdtrtinfo": told })).output();
    let lines = counter.lines(&visit, "B1", &[("drug-a", "100.00", "4")], 1);
    counter.send("2204", lines).output();
    visit
}

fn bill(visit: &str) -> Value {
    json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": "400.00", "med_type": "14"}})
}

fn accumulator(world: &MemoryWorld, code: &str) -> i64 {
    let insured = Party::new(Role::Insured, HANGZHOU);
    let export: Export = Carrier::export(world, &insured);
    let dims = [
        ("person", EMPLOYEE),
        ("insutype", "310"),
        ("year", "2017"),
        ("code", code),
    ];
    let key = CellKey::new("accumulator", dims);
    let mut cells = export.cells.iter();
    cells.find(|cell| cell.key == key).map_or(0, |c| c.value)
}

#[test]
fn a_disease_is_paid_up_to_its_quota_and_the_quota_comes_back() {
    let world = world(|_| {});
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let filed = file(&mut counter, HYPERTENSION, "2017-01-01", None).output();
    let mut done = Vec::new();
    // 400 in scope, 240 of the deductible left: (400 − 240) × 0.70, then 400 × 0.70 cut to what is left of 200.
    for (pays, used) in [("112.00", 11_200), ("88.00", 20_000), ("0.00", 20_000)] {
        let visit = visit(&mut counter, Some(HYPERTENSION));
        let trial = counter.send("2206", bill(&visit)).output();
        let settled = counter.send("2207", bill(&visit)).output();
        for answer in [&trial, &settled] {
            let info = &answer["setlinfo"];
            assert_eq!(yuan(&info["hifp_pay"].to_string()), yuan(pays));
            // No other fund takes what is above.
            assert_eq!(info["fund_pay_sumamt"], info["hifp_pay"]);
        }
        assert_eq!(accumulator(&world, "D310101_M03900"), used);
        done.push((visit, text(&settled["setlinfo"]["setl_id"])));
    }
    assert_eq!(accumulator(&world, "C0000_BIZ14"), 3);
    assert_eq!(accumulator(&world, "F0000_BIZ14"), 120_000);
    assert_eq!(accumulator(&world, "C0000_BIZ11"), 0);
    for (visit, setl_id) in done.iter().rev() {
        let undo = json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}});
        counter.send("2208", undo).output();
        let batch = json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}});
        counter.send("2205", batch).output();
        counter
            .send("2202", json!({"data": {"mdtrt_id": visit}}))
            .output();
    }
    assert_eq!(accumulator(&world, "D310101_M03900"), 0);
    let number = &filed["result"]["trt_dcla_detl_sn"];
    let unfile = json!({"data": {"trt_dcla_detl_sn": number, "memo": "测试"}});
    counter.send("2504", unfile).output();
    check_rolled_back(&before, &books(&world));
}

/// What a settlement rests on stands as long as it stands, unless another registration bears it too.
#[rstest]
#[case::while_it_stands(true, None, Some(Code::Settled))]
#[case::once_it_is_undone(false, None, None)]
#[case::with_another_that_holds(true, Some(HYPERTENSION), None)]
#[case::with_another_of_another_disease(true, Some("M01600"), Some(Code::Settled))]
fn a_registration_goes_last(
    #[case] stands: bool,
    #[case] beside: Option<&str>,
    #[case] code: Option<Code>,
) {
    let world = world(|_| {});
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let filed = file(&mut counter, HYPERTENSION, "2017-01-01", None).output();
    if let Some(disease) = beside {
        file(&mut counter, disease, "2017-01-01", None).output();
    }
    let visit = visit(&mut counter, Some(HYPERTENSION));
    let settled = counter.send("2207", bill(&visit)).output();
    if !stands {
        let setl_id = &settled["setlinfo"]["setl_id"];
        let undo = json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}});
        counter.send("2208", undo).output();
    }
    let number = &filed["result"]["trt_dcla_detl_sn"];
    let unfile = json!({"data": {"trt_dcla_detl_sn": number, "memo": "测试"}});
    let said = counter.send("2504", unfile);
    match code {
        Some(code) => assert_eq!(said, Said::Refused(code)),
        None => drop(said.output()),
    }
}

#[rstest]
#[case::never(None, Code::Chronic)]
#[case::for_another(Some(("M01600", "2017-01-01", None)), Code::Chronic)]
#[case::not_yet(Some((HYPERTENSION, "2017-06-03", None)), Code::Chronic)]
#[case::over(Some((HYPERTENSION, "2016-01-01", Some("2017-06-01"))), Code::Chronic)]
fn who_has_no_registration_that_holds_is_not_paid(
    #[case] filed: Option<(&str, &str, Option<&str>)>,
    #[case] code: Code,
) {
    let world = world(|_| {});
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    if let Some((disease, from, to)) = filed {
        file(&mut counter, disease, from, to).output();
    }
    let visit = visit(&mut counter, Some(HYPERTENSION));
    for infno in ["2206", "2207"] {
        assert_eq!(counter.send(infno, bill(&visit)), Said::Refused(code));
    }
    // Registered now, the same visit is settled; withdrawn, it was.
    let filed = file(&mut counter, HYPERTENSION, "2017-06-02", Some("2017-06-02")).output();
    counter.send("2206", bill(&visit)).output();
    let number = &filed["result"]["trt_dcla_detl_sn"];
    let unfile = json!({"data": {"trt_dcla_detl_sn": number, "memo": "测试"}});
    counter.send("2504", unfile).output();
    assert_eq!(counter.send("2207", bill(&visit)), Said::Refused(code));
}

#[rstest]
#[case::no_code(None, json!({}), Code::Field)]
#[case::another_form(Some("I10"), json!({}), Code::Field)]
#[case::an_injection(Some("M03900' or 1=1"), json!({}), Code::Field)]
#[case::not_on_the_list(Some("M99999"), json!({}), Code::Disease)]
#[case::lines_of_another(Some(HYPERTENSION), json!({"dise_codg": "M01600"}), Code::Field)]
#[case::a_drug_that_is_not_paid(Some(HYPERTENSION), json!({"med_list_codg": "drug-c"}), Code::Drug)]
fn a_bill_of_a_disease_is_refused_by_name(
    #[case] disease: Option<&str>,
    #[case] line: Value,
    #[case] code: Code,
) {
    let world = world(|config| {
        let mut other = config.topology.tariffs[1].clone();
        other.code = "drug-c".to_owned();
        config.topology.tariffs.push(other);
    });
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    for listed in [HYPERTENSION, "M99999"] {
        file(&mut counter, listed, "2017-01-01", None).output();
    }
    let visit = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    let mut told = json!({"mdtrt_id": visit, "med_type": "14"});
    told["dise_codg"] = json!(disease);
    counter.send("2203", json!({ "mdtrtinfo": told })).output();
    let mut lines = counter.lines(&visit, "B1", &[("drug-a", "100.00", "4")], 1);
    let all = lines["feedetail"][0].as_object_mut().unwrap();
    all.extend(line.as_object().unwrap().clone());
    counter.send("2204", lines).output();
    let before = books(&world);
    assert_eq!(counter.send("2207", bill(&visit)), Said::Refused(code));
    for (party, after) in books(&world) {
        assert_eq!(before[&party].cells, after.cells, "{party}");
    }
    // Ordinary care is nobody's disease.
    let mut ordinary = bill(&visit);
    ordinary["data"]["med_type"] = json!("11");
    counter.send("2207", ordinary).output();
}

/// A region that asks for no registration pays without one; 2001 says the same beforehand.
#[test]
fn a_region_may_ask_for_no_registration() {
    let world = world(|config| {
        let mut profile = Profile::clone(&config.topology.regions[0].profile);
        profile.policy.chronic_filed = false;
        config.topology.regions[0].profile = Arc::new(profile);
    });
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let asks = |disease: &str| json!({"data": {"med_type": "14", "dise_codg": disease, "fixmedins_code": H_NINGBO, "begntime": "2017-06-02 10:00:00"}});
    let may = counter.send("2001", asks(HYPERTENSION)).output();
    assert_eq!(may["trtinfo"][0]["trt_enjymnt_flag"], "1");
    let may_not = counter.send("2001", asks("M99999")).output();
    assert_eq!(may_not["trtinfo"][0]["trt_chk_rslt"], "病种不在慢特病目录");
    let visit = visit(&mut counter, Some(HYPERTENSION));
    counter.send("2207", bill(&visit)).output();
}

/// 贯标: no fund pays an item without a national code, no account pays goods without one.
#[rstest]
#[case::an_item("ct", "1", "0", Some("不进统筹"))]
#[case::an_item_on_the_account("ct", "1", "1", Some("不进统筹"))]
#[case::goods_on_the_account("vitamin", "1", "1", Some("不能刷个人账户"))]
#[case::goods_in_cash("vitamin", "1", "0", None)]
#[case::an_item_at_ones_own_expense("ct", "2", "0", None)]
#[case::that_on_the_account("ct", "2", "1", Some("不能刷个人账户"))]
fn what_has_no_national_code_is_paid_in_cash_alone(
    #[case] item: &str,
    #[case] approved: &str,
    #[case] account: &str,
    #[case] why: Option<&str>,
) {
    let world = world(|config| {
        let mut tariffs = config.topology.tariffs.iter_mut();
        tariffs.find(|one| one.code == item).unwrap().coded = false;
    });
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    let basket = [("consultation", "20.00", "1"), (item, "45.50", "1")];
    let mut lines = counter.lines(&visit, "B1", &basket, 1);
    lines["feedetail"][1]["hosp_appr_flag"] = json!(approved);
    counter.send("2204", lines).output();
    let bill = json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": "65.50", "acct_used_flag": account}});
    for infno in ["2206", "2207"] {
        let msgid = counter.new_msgid();
        let body = counter.message(infno, &msgid, bill.clone());
        let answer = counter
            .world
            .exchange(counter.now, &counter.party, None, &body);
        let answer = answer.unwrap().body;
        match why {
            None => assert!(answer.contains(r#""infcode":0"#), "{answer}"),
            Some(why) => assert!(
                answer.contains("[E-UNCODED]") && answer.contains(item) && answer.contains(why),
                "{answer}"
            ),
        }
    }
}

/// All 54 transactions of the interface are somebody's business here.
#[test]
fn nothing_of_the_catalogue_is_unheard_of() {
    let world = world(|_| {});
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let mut asked = 0;
    for transaction in crosswipe_wire::catalogue().transactions() {
        let infno = transaction.infno;
        let said = counter.send(infno, json!({}));
        assert_ne!(said, Said::Refused(Code::Unsupported), "{infno}");
        asked += 1;
    }
    assert_eq!(asked, 54);
    println!("{asked} transactions answered");
}

fn listed(counter: &mut Counter<'_>, visit: &str) -> Vec<(String, String, String)> {
    let asked = json!({"data": {"mdtrt_id": visit}});
    let shown = counter.send("5202", asked).output();
    let list = shown["diseinfo"].as_array().unwrap().clone();
    let one = |row: &Value| {
        assert_eq!(row["mdtrt_id"], visit);
        assert_eq!(row["psn_no"], EMPLOYEE);
        let of = |name: &str| text(&row[name]);
        assert!(of("diag_info_id").len() <= 30);
        (of("inout_diag_type"), of("diag_code"), of("maindiag_flag"))
    };
    list.iter().map(one).collect()
}

/// 5202: what 2203 said last, of the visit alone; what is no longer valid is not shown.
#[test]
fn the_diagnoses_of_a_visit_are_those_that_were_sent_last() {
    let world = world(|_| {});
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    assert_eq!(listed(&mut counter, &visit), []);
    let told = |codes: &[(&str, &str)]| {
        let one = |(at, (code, valid)): (usize, &(&str, &str))| json!({"diag_code": code, "diag_srt_no": at + 1, "vali_flag": valid});
        let all: Vec<Value> = codes.iter().enumerate().map(one).collect();
        json!({"mdtrtinfo": {"mdtrt_id": visit}, "diseinfo": all})
    };
    let row = |code: &str, main: &str| ("1".to_owned(), code.to_owned(), main.to_owned());
    let first = told(&[("J18.900", "1"), ("I10.x00", "1"), ("Z00.000", "0")]);
    counter.send("2203", first).output();
    let expected = [row("J18.900", "1"), row("I10.x00", "0")];
    assert_eq!(listed(&mut counter, &visit), expected);
    counter.send("2203", told(&[("E11.900", "1")])).output();
    assert_eq!(listed(&mut counter, &visit), [row("E11.900", "1")]);
    // Of another person, another institution, or a visit that is cancelled, nothing is shown.
    for (institution, person) in [(H_NINGBO, OTHER), (H_HANGZHOU, EMPLOYEE)] {
        let mut elsewhere = Counter::new(&world, institution, person);
        let asked = json!({"data": {"mdtrt_id": visit}});
        assert_eq!(elsewhere.send("5202", asked), Said::Refused(Code::NoVisit));
    }
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    let asked = json!({"data": {"mdtrt_id": visit}});
    assert_eq!(counter.send("5202", asked), Said::Refused(Code::NoVisit));
    let many = vec![("J18.900", "1"); 101];
    let mut too_many = told(&many);
    let again = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    too_many["mdtrtinfo"]["mdtrt_id"] = json!(again);
    assert_eq!(counter.send("2203", too_many), Said::Refused(Code::Field));
}

#[test]
fn the_diagnoses_of_a_discharge_count_as_long_as_it_stands() {
    let world = world(|_| {});
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let stay = counter.charged_stay();
    let kinds = |counter: &mut Counter<'_>| {
        let all = listed(counter, &stay);
        let kinds: Vec<String> = all.into_iter().map(|(kind, ..)| kind).collect();
        kinds.join("")
    };
    assert_eq!(kinds(&mut counter), "1");
    counter.discharge(&stay).output();
    assert_eq!(kinds(&mut counter), "12");
    counter
        .send("2405", json!({"data": {"mdtrt_id": stay}}))
        .output();
    assert_eq!(kinds(&mut counter), "1");
}
