//! 目录、对照与待遇 · What a HIS loads, maps and asks before it swipes: 1201 1312 1901, 3301 3302, 2001; and what a
//! platform only takes.

use crosswipe_domain::{Business, Export, Party, Role};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    let mut config = config(&[]);
    let phases = config.window.phases.iter_mut();
    let allows = phases.flat_map(|phase| &mut phase.allow);
    allows.for_each(|allow| allow.business.push(Business::Filing));
    MemoryWorld::new(&config.setup(), vec![])
}

fn names<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item[name].as_str().unwrap()).collect()
}

#[rstest]
#[case::hospitals(json!({"fixmedins_type": "1"}), &[H_HANGZHOU, H_NINGBO])]
#[case::pharmacies(json!({"fixmedins_type": "2"}), &[P_HANGZHOU, P_NINGBO])]
#[case::one(json!({"fixmedins_type": "1", "fixmedins_code": H_NINGBO}), &[H_NINGBO])]
#[case::by_name(json!({"fixmedins_type": "2", "fixmedins_name": "33010"}), &[P_HANGZHOU])]
#[case::none(json!({"fixmedins_type": "3"}), &[])]
fn institutions_are_found_by_kind_code_and_name(#[case] asked: Value, #[case] found: &[&str]) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let listed = counter
        .send("1201", json!({ "medinsinfo": asked }))
        .output();
    assert_eq!(names(&listed["medinsinfo"], "fixmedins_code"), found);
}

#[rstest]
#[case::first_page(json!({"page_num": 1, "page_size": 2}), &["consultation", "drug-a"], (5, 3))]
#[case::last_page(json!({"page_num": 3, "page_size": 2}), &["vitamin"], (5, 3))]
#[case::behind_the_last(json!({"page_num": 4, "page_size": 2}), &[], (5, 3))]
#[case::by_kind(json!({"page_num": 1, "page_size": 9, "list_type": "101"}), &["drug-a", "drug-b"], (2, 1))]
#[case::by_level(json!({"page_num": 1, "page_size": 9, "chrgitm_lv": "03"}), &["vitamin"], (1, 1))]
#[case::by_code(json!({"page_num": "1", "page_size": "9", "hilist_code": "ct"}), &["ct"], (1, 1))]
fn items_of_the_catalogue_come_page_by_page(
    #[case] asked: Value,
    #[case] found: &[&str],
    #[case] counts: (u64, u64),
) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let page = counter.send("1312", json!({ "data": asked })).output();
    assert_eq!(names(&page["data"], "hilist_code"), found);
    let told = (
        page["recordCounts"].as_u64().unwrap(),
        page["pages"].as_u64().unwrap(),
    );
    assert_eq!(told, counts);
    assert_eq!(page["size"], json!(found.len()));
}

#[rstest]
#[case("insutype", "310", "职工基本医疗保险")]
#[case("MED_TYPE", "41", "定点药店购药")]
fn a_code_list_is_told_with_its_words(#[case] list: &str, #[case] value: &str, #[case] word: &str) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let told = counter
        .send("1901", json!({"data": {"type": list}}))
        .output();
    let rows = told["list"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["value"] == json!(value))
        .unwrap();
    assert_eq!(row["label"], json!(word));
    assert_eq!(row["type"], json!(list), "as it was asked for");
}

#[rstest]
#[case::no_such_list("1901", json!({"data": {"type": "nothing"}}))]
#[case::a_page_of_words("1312", json!({"data": {"page_num": "one"}}))]
fn what_cannot_be_looked_up_is_refused(#[case] infno: &str, #[case] asked: Value) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    assert_eq!(counter.send(infno, asked), Said::Refused(Code::Field));
}

fn mapping(own: &str, code: &str) -> Value {
    json!({"fixmedins_hilist_id": own, "fixmedins_hilist_name": own, "list_type": "101", "med_list_codg": code})
}

/// Mappings that stand, by party.
fn mapped(world: &MemoryWorld) -> Vec<(Role, String)> {
    let of = |(party, export): (Party, Export)| {
        let rows = export.rows.into_iter();
        let rows = rows.filter(|row| row.kind == "catalogue-mapping" && !row.is_terminal());
        rows.map(move |row| (party.role, row.facts["fixmedins_hilist_id"].to_string()))
    };
    books(world).into_iter().flat_map(of).collect()
}

#[test]
fn a_mapping_stands_at_both_ends_until_it_is_taken_back_and_may_be_made_anew() {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let both = json!({"data": [mapping("own-a", "drug-a"), mapping("own-b", "drug-b")]});
    counter.send("3301", both).output();
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    assert_eq!(mapped(&world).len(), 4, "two rows at two parties");
    counter.send_body(&msgid, body.clone()).output();
    assert_eq!(
        mapped(&world).len(),
        4,
        "the same message again does nothing"
    );
    let once_more = json!({"data": [mapping("own-a", "drug-a")]});
    assert_eq!(
        counter.send("3301", once_more.clone()),
        Said::Refused(Code::Field)
    );
    counter
        .send("3302", json!({"data": mapping("own-a", "drug-a")}))
        .output();
    let left = mapped(&world);
    assert!(
        left.iter().all(|(_, own)| own == "own-b") && left.len() == 2,
        "{left:?}"
    );
    let again = counter.send("3302", json!({"data": mapping("own-a", "drug-a")}));
    assert_eq!(again, Said::Refused(Code::Undone));
    counter.send("3301", once_more).output();
    for own in [("own-a", "drug-a"), ("own-b", "drug-b")] {
        counter
            .send("3302", json!({"data": mapping(own.0, own.1)}))
            .output();
    }
    assert_eq!(mapped(&world), []);
    // The upload went with its last row.
    assert_eq!(counter.send_body(&msgid, body), Said::Refused(Code::Undone));
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::no_national_code(json!({"data": [mapping("own", "XN00")]}), Code::Field)]
#[case::twice_in_one(json!({"data": [mapping("own", "ct"), mapping("own", "ct")]}), Code::Field)]
#[case::too_many(json!({"data": (0..101).map(|n| mapping(&n.to_string(), "ct")).collect::<Vec<_>>()}), Code::Field)]
fn what_cannot_be_mapped_is_refused_as_a_whole(#[case] rows: Value, #[case] code: Code) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    assert_eq!(counter.send("3301", rows), Said::Refused(code));
    assert_eq!(mapped(&world), []);
}

#[test]
fn a_mapping_belongs_to_who_made_it() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let one_row = mapping("own", "ct");
    counter
        .send("3301", json!({ "catalogcompin": one_row, "data": one_row }))
        .output();
    let mut other = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let taken = other.send("3302", json!({"data": mapping("own", "ct")}));
    assert_eq!(taken, Said::Refused(Code::NoVisit));
    assert_eq!(mapped(&world).len(), 2);
}

#[rstest]
#[case::employee(EMPLOYEE, json!({"insutype": "310"}), "1", None)]
#[case::resident(RESIDENT, json!({"insutype": "390"}), "1", None)]
#[case::another_insurance(EMPLOYEE, json!({"insutype": "390"}), "0", Some("险种类型与参保信息不符"))]
#[case::a_disease_not_filed(EMPLOYEE, json!({"insutype": "310", "med_type": "14", "dise_codg": "M03900"}), "0", Some("无有效的慢特病备案"))]
fn who_is_entitled_is_told_fund_by_fund(
    #[case] person: &str,
    #[case] asked: Value,
    #[case] flag: &str,
    #[case] why: Option<&str>,
) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, person);
    let told = counter.send("2001", json!({ "data": asked })).output();
    let rows = told["trtinfo"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row["trt_enjymnt_flag"], json!(flag));
        assert_eq!(row.get("trt_chk_rslt").and_then(Value::as_str), why);
    }
}

#[test]
fn a_disease_that_is_filed_entitles_until_the_filing_is_withdrawn() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let filed = json!({"data": {"opsp_dise_code": "M03900", "begndate": "2017-06-02"}});
    let filed = counter.send("2503", filed).output();
    let asked = json!({"data": {"insutype": "310", "med_type": "14", "dise_codg": "M03900"}});
    let entitled = |counter: &mut Counter| {
        counter.send("2001", asked.clone()).output()["trtinfo"][0]["trt_enjymnt_flag"].clone()
    };
    assert_eq!(entitled(&mut counter), json!("1"));
    let number = &filed["result"]["trt_dcla_detl_sn"];
    counter
        .send("2504", json!({"data": {"trt_dcla_detl_sn": number}}))
        .output();
    assert_eq!(entitled(&mut counter), json!("0"));
}

#[test]
fn somebody_nobody_knows_is_entitled_to_nothing() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, "99990000000000000000000077");
    let told = counter.send("2001", json!({"data": {"insutype": "310"}}));
    assert_eq!(told, Said::Refused(Code::Person));
}

#[test]
fn what_a_platform_only_takes_is_taken_once_and_said_to_be_so() {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let list = json!({"setlinfo": {"setl_id": "1"}});
    let msgid = counter.new_msgid();
    let body = counter.message("4101", &msgid, json!({}));
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["input"] = list;
    let body = body.to_string();
    let send = |body: &str| {
        Carrier::exchange(
            &world,
            at("2017-06-02T10:00+08:00"),
            &Party::new(Role::His, H_NINGBO),
            None,
            body,
        )
    };
    let first = send(&body).unwrap().body;
    let said: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(
        (&said["infcode"], &said["warn_msg"]),
        (&json!(0), &json!("已接收, 未核验"))
    );
    assert_eq!(send(&body).unwrap().body, first, "kept");
    let other = body.replace("\"setl_id\":\"1\"", "\"setl_id\":\"2\"");
    let answer = send(&other).unwrap().body;
    assert_ne!(answer, first, "another message under its number");
    assert_eq!(send(&other).unwrap().body, answer);
    assert_eq!(send(&body).unwrap().body, first);
    for (party, after) in books(&world) {
        assert_eq!(before[&party].cells, after.cells, "{party}");
        assert_eq!(before[&party].rows, after.rows, "{party}");
    }
    assert_eq!(
        counter.send("4102", json!({})),
        Said::Refused(Code::Unsupported),
        "not listed"
    );
}
