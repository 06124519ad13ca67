//! 凭证 · Names, numbers and cards that another region reads otherwise: refused with the character or field that it is.

use std::sync::Arc;

use crosswipe_domain::{
    CardSn, Certificate, Enrolment, IdNumber, Moment, Party, PersonNo, Persona, Profile, Role,
    Voucher, VoucherUse,
};
use crosswipe_mocks::{MemoryWorld, WorldConfig};
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{
    Carrier, Counter, EMPLOYEE, H_HANGZHOU, H_NINGBO, HANGZHOU, OUTPATIENT, OUTPATIENT_TOTAL, Said,
    WENZHOU, at, books, config, division,
};

/// An identity number of nobody that ends with X.
fn ends_with_x() -> IdNumber {
    let all = (0..1_000).map(|serial| format!("99999919900228{serial:03}X"));
    all.filter_map(|text| IdNumber::parse(&text).ok())
        .next()
        .unwrap()
}

struct Read {
    code: i64,
    said: String,
    output: Value,
}

/// A read of the employee, whose name has a dot and whose number ends with X.
fn read(institution: &str, insured: Option<&str>, data: Value) -> Read {
    let mut config = config(&[]);
    let personas = &mut config.registry.personas;
    let own = personas
        .iter_mut()
        .find(|one| one.no.reveal() == EMPLOYEE)
        .unwrap();
    own.name = "买买提·艾力".to_owned();
    own.id_number = ends_with_x();
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let before = books(&world);
    let mut counter = Counter::new(&world, institution, EMPLOYEE);
    if let Some(insured) = insured {
        counter.insured = insured.to_owned();
    }
    let mut node = json!({"mdtrt_cert_type": "02", "mdtrt_cert_no": ends_with_x().reveal()});
    node.as_object_mut()
        .unwrap()
        .extend(data.as_object().unwrap().clone());
    let msgid = counter.new_msgid();
    let body = counter.message("1101", &msgid, json!({"data": node}));
    let now: Moment = at("2017-06-02T10:00+08:00");
    let his = Party::new(Role::His, institution);
    let answer = Carrier::exchange(&world, now, &his, None, &body).unwrap();
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    for (party, after) in books(&world) {
        assert_eq!(
            before[&party].log, after.log,
            "{party}: a read books nothing"
        );
    }
    Read {
        code: answer["infcode"].as_i64().unwrap(),
        said: answer["err_msg"].as_str().unwrap_or_default().to_owned(),
        output: answer["output"].clone(),
    }
}

/// The employee as somebody who is suspended, or was insured at another place before.
fn counter_for(world: &MemoryWorld) -> Counter<'_> {
    Counter::new(world, H_NINGBO, EMPLOYEE)
}

fn world_with(change: impl Fn(&mut crosswipe_domain::Persona)) -> MemoryWorld {
    let mut config = config(&[]);
    let personas = &mut config.registry.personas;
    change(
        personas
            .iter_mut()
            .find(|one| one.no.reveal() == EMPLOYEE)
            .unwrap(),
    );
    MemoryWorld::new(&config.setup(), vec![])
}

#[test]
fn whoever_is_suspended_is_read_with_that_status_and_settled_nowhere() {
    for (status, code) in [(Enrolment::Suspended, "2"), (Enrolment::Ended, "4")] {
        let world = world_with(|one| one.enrolment = status);
        let mut counter = counter_for(&world);
        let read = counter
            .send("1101", json!({"data": {"psn_no": EMPLOYEE}}))
            .output();
        assert_eq!(read["insuinfo"][0]["psn_insu_stas"], code);
        let before = books(&world);
        assert_eq!(counter.send("2201", json!({})), Said::Refused(Code::Status));
        assert_eq!(counter.send("2401", json!({})), Said::Refused(Code::Status));
        for (party, after) in books(&world) {
            assert_eq!(
                (&before[&party].cells, &before[&party].rows),
                (&after.cells, &after.rows),
                "{party}"
            );
        }
    }
}

#[test]
fn of_two_insurances_the_one_that_holds_is_chosen_by_place_and_status() {
    let world = world_with(|one| one.former = Some(division(WENZHOU)));
    let mut counter = counter_for(&world);
    let read = counter
        .send("1101", json!({"data": {"psn_no": EMPLOYEE}}))
        .output();
    let rows = read["insuinfo"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["insuplc_admdvs"].as_str().unwrap(),
                row["psn_insu_stas"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(WENZHOU, "4"), (HANGZHOU, "1")],
        "the first is not the one"
    );
    // Whoever takes the first row is told where the person is insured now.
    counter.insured = WENZHOU.to_owned();
    for infno in ["1101", "2201"] {
        let said = counter.send(infno, json!({"data": {"psn_no": EMPLOYEE}}));
        assert_eq!(said, Said::Refused(Code::Status), "{infno}");
    }
    counter.insured = HANGZHOU.to_owned();
    counter.send("2201", json!({})).output();
}

#[test]
fn of_two_with_one_identity_number_the_first_by_person_number_is_read() {
    let mut config = config(&[]);
    let personas = &mut config.registry.personas;
    let first = personas.iter().find(|one| one.no.reveal() == EMPLOYEE);
    let mut second = first.unwrap().clone();
    second.no = PersonNo::new("99990000000000000000000099");
    let id_number = second.id_number.reveal().to_owned();
    personas.insert(0, second);
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let by_id = json!({"mdtrt_cert_type": "02", "mdtrt_cert_no": id_number, "certno": id_number, "psn_no": ""});
    let read = counter_for(&world)
        .send("1101", json!({"data": by_id}))
        .output();
    assert_eq!(read["baseinfo"]["psn_no"], EMPLOYEE);
}

#[test]
fn a_number_with_a_small_x_is_the_same_number() {
    let small = ends_with_x().reveal().to_ascii_lowercase();
    for institution in [H_HANGZHOU, H_NINGBO] {
        let read = read(
            institution,
            None,
            json!({"mdtrt_cert_no": small, "certno": small}),
        );
        assert_eq!((read.code, read.said.as_str()), (0, ""));
        assert_eq!(read.output["baseinfo"]["psn_no"], EMPLOYEE);
        assert_eq!(
            read.output["baseinfo"]["certno"],
            ends_with_x().reveal(),
            "as it is registered"
        );
    }
}

#[test]
fn a_look_alike_dot_is_refused_with_its_code_point() {
    for (name, told) in [
        ("买买提•艾力", "U+2022"),
        ("买买提・艾力", "U+30FB"),
        ("买买提?艾力", "U+003F"),
        ("买买提．艾力", "U+FF0E"),
    ] {
        let read = read(H_NINGBO, None, json!({"psn_name": name}));
        assert_eq!(read.code, -1, "{name}");
        assert!(
            read.said.contains("[E-PERSON]")
                && read.said.contains(told)
                && read.said.contains("U+00B7"),
            "{}",
            read.said
        );
    }
    // As it is registered, with nothing, or as somebody else: the number says who it is.
    for name in ["买买提·艾力", "", "测试甲"] {
        assert_eq!(
            read(H_NINGBO, None, json!({"psn_name": name})).code,
            0,
            "{name}"
        );
    }
}

#[test]
fn a_card_of_another_region_is_read_with_its_own_number() {
    let by_card = |sn: &str| json!({"mdtrt_cert_type": "03", "card_sn": sn});
    let empty = read(H_NINGBO, None, by_card(""));
    assert_eq!(empty.code, -1);
    assert!(
        empty.said.contains("[E-FIELD]") && empty.said.contains("card_sn"),
        "{}",
        empty.said
    );
    assert_eq!(read(H_NINGBO, None, by_card("A98765432")).code, 0);
    // At home the card's own library is enough.
    assert_eq!(read(H_HANGZHOU, None, by_card("")).code, 0);
}

/// A token of the person `p1`, shown so many minutes before the counter's now.
fn token(business: VoucherUse, minutes_ago: i64, serial: &str) -> String {
    let now = at("2017-06-02T10:00+08:00");
    Voucher::new("p1", business, now.plus_ms(-minutes_ago * 60_000), serial).to_string()
}

fn shows(token: &str) -> Value {
    json!({"mdtrt_cert_type": "01", "mdtrt_cert_no": token})
}

fn refused(said: Said, code: Code) {
    assert_eq!(said, Said::Refused(code));
}

/// 电子凭证: of one business, for half an hour, and for once.
#[test]
fn a_token_is_for_one_business_for_a_while_and_for_once() {
    use VoucherUse::{Pharmacy, Registration, Settlement};
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let before = books(&world);
    let mut counter = counter_for(&world);
    let register = |token: &str| json!({"data": shows(token)});
    // A read takes any of them, as long as it is good, and finds the person by it.
    for business in VoucherUse::ALL {
        let read = counter.send("1101", register(&token(business, 0, "0001")));
        assert_eq!(read.output()["baseinfo"]["psn_no"], EMPLOYEE);
    }
    refused(
        counter.send("1101", register(&token(Registration, 31, "0001"))),
        Code::VoucherOld,
    );
    refused(
        counter.send("2201", register(&token(Settlement, 0, "0001"))),
        Code::VoucherType,
    );
    refused(
        counter.send("2201", register(&token(Pharmacy, 0, "0001"))),
        Code::VoucherType,
    );
    refused(
        counter.send("2201", register(&token(Registration, -2, "0001"))),
        Code::VoucherOld,
    );
    let anothers = Voucher::new("p2", Registration, counter.now, "0001").to_string();
    refused(counter.send("2201", register(&anothers)), Code::Person);
    // Exactly as old as it may be.
    let good = token(Registration, 30, "0002");
    let visit = counter.send("2201", register(&good)).output();
    let visit = visit["data"]["mdtrt_id"].as_str().unwrap().to_owned();
    refused(counter.send("2201", register(&good)), Code::VoucherUsed);
    // The same message again is answered as it was.
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    refused(counter.send_body(&msgid, body), Code::VoucherUsed);
    // Undone, it stays used.
    let cancel = json!({"data": {"mdtrt_id": visit, "ipt_otp_no": "1"}});
    counter.send("2202", cancel).output();
    refused(counter.send("2201", register(&good)), Code::VoucherUsed);
    for (party, after) in books(&world) {
        assert_eq!(before[&party].cells, after.cells, "{party}");
    }
}

/// A trial does not use a token up, its settlement does, and after its undo another one is needed.
#[test]
fn a_settlement_uses_its_token_and_a_trial_does_not() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = counter_for(&world);
    let visit = counter.send("2201", json!({"data": {}})).output();
    let visit = visit["data"]["mdtrt_id"].as_str().unwrap().to_owned();
    let lines = counter.lines(&visit, "B1", &OUTPATIENT, 1);
    counter.send("2204", lines).output();
    let pay = |token: &str| {
        let mut node =
            json!({"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": OUTPATIENT_TOTAL});
        let all = node.as_object_mut().unwrap();
        all.extend(shows(token).as_object().unwrap().clone());
        json!({ "data": node })
    };
    let good = token(VoucherUse::Settlement, 0, "0001");
    let of_registration = token(VoucherUse::Registration, 0, "0001");
    refused(
        counter.send("2206", pay(&of_registration)),
        Code::VoucherType,
    );
    counter.send("2206", pay(&good)).output();
    counter.send("2206", pay(&good)).output();
    let settled = counter.send("2207", pay(&good)).output();
    let setl_id = settled["setlinfo"]["setl_id"].as_str().unwrap();
    let undo = json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}});
    counter.send("2208", undo).output();
    refused(counter.send("2207", pay(&good)), Code::VoucherUsed);
    counter
        .send("2207", pay(&token(VoucherUse::Settlement, 0, "0002")))
        .output();
    // What is no token of ours is not looked into.
    let foreign = counter.send("2201", json!({"data": shows("330100ecQR-0123456789")}));
    foreign.output();
}

/// A read of somebody with a permit or with a card on record, in a region with these rules.
fn read_with(change: impl Fn(&mut WorldConfig), data: Value) -> Read {
    let mut config = config(&[]);
    change(&mut config);
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let mut counter = counter_for(&world);
    let msgid = counter.new_msgid();
    let body = counter.message("1101", &msgid, json!({ "data": data }));
    let his = Party::new(Role::His, H_NINGBO);
    let answer = Carrier::exchange(&world, counter.now, &his, None, &body).unwrap();
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    Read {
        code: answer["infcode"].as_i64().unwrap(),
        said: answer["err_msg"].as_str().unwrap_or_default().to_owned(),
        output: answer["output"].clone(),
    }
}

fn employee(config: &mut WorldConfig) -> &mut Persona {
    let personas = &mut config.registry.personas;
    let mut all = personas.iter_mut();
    all.find(|one| one.no.reveal() == EMPLOYEE).unwrap()
}

const PERMIT: &str = "819999198506060016";

#[rstest]
#[case::as_it_is("17", PERMIT, "17", "")]
#[case::the_number_is_enough("02", PERMIT, "", "")]
#[case::documents_sent_by_habit("02", PERMIT, "90", "")]
#[case::as_an_identity_card("02", PERMIT, "01", "psn_cert_type 01 (居民身份证)")]
#[case::with_one_digit("02", PERMIT, "1", "psn_cert_type 01 (居民身份证)")]
#[case::as_another_permit("02", PERMIT, "07", "与登记的证件类型 17 (港澳台居民居住证) 不符")]
#[case::a_wrong_check("17", "819999198506060017", "17", "校验位不对")]
#[case::too_short("17", "81999919850606001", "17", "17 位数字加 1 位校验码")]
#[case::no_permit_at_all("17", "999999197001011028", "17", "以 81、82 或 83 开头")]
#[case::nobodys("17", "829999198506060026", "17", "未查到")]
fn a_residence_permit_is_read_by_its_type_form_and_check(
    #[case] kind: &str,
    #[case] number: &str,
    #[case] document: &str,
    #[case] said: &str,
) {
    let read = read_with(
        |config| {
            let own = employee(config);
            own.certificate = Certificate::ResidencePermit;
            own.id_number = IdNumber::parse(PERMIT).unwrap();
        },
        json!({"mdtrt_cert_type": kind, "mdtrt_cert_no": number, "psn_cert_type": document, "certno": number}),
    );
    assert!(!read.said.contains(number), "{}", read.said);
    match said {
        "" => {
            assert_eq!(read.code, 0, "{}", read.said);
            assert_eq!(read.output["baseinfo"]["psn_cert_type"], "17");
            assert_eq!(read.output["baseinfo"]["brdy"], "1985-06-06");
        }
        said => assert!(
            read.said.contains("[E-PERSON]") && read.said.contains(said),
            "{}",
            read.said
        ),
    }
}

#[test]
fn who_has_an_identity_card_is_not_read_as_a_permit() {
    let data = json!({"mdtrt_cert_type": "02", "mdtrt_cert_no": EMPLOYEE, "psn_cert_type": "17"});
    let read = read_with(|_| {}, data);
    assert!(read.said.contains("[E-PERSON]"), "{}", read.said);
}

/// 卡识别码: what an old library reads is taken or refused as the insured place's rules say.
#[rstest]
#[case::on_record(CardSn::Current, "SN2", "")]
#[case::of_the_card_before(CardSn::Current, "SN1", "[E-PERSON]")]
#[case::none(CardSn::Current, "", "[E-FIELD]")]
#[case::any(CardSn::Present, "SN1", "")]
#[case::any_but_none(CardSn::Present, "", "[E-FIELD]")]
#[case::not_asked(CardSn::Ignored, "", "")]
#[case::not_looked_at(CardSn::Ignored, "SN1", "")]
fn an_old_card_library_meets_the_rules_of_the_insured_place(
    #[case] rule: CardSn,
    #[case] sn: &str,
    #[case] code: &str,
) {
    let read = read_with(
        |config| {
            employee(config).card_sn = "SN2".to_owned();
            for region in &mut config.topology.regions {
                let own = region.code == division(HANGZHOU);
                region.profile = Arc::new(Profile {
                    card_sn: if own { rule } else { CardSn::Current },
                    ..Profile::default()
                });
            }
        },
        json!({"mdtrt_cert_type": "03", "mdtrt_cert_no": EMPLOYEE, "card_sn": sn}),
    );
    match code {
        "" => assert_eq!(read.code, 0, "{}", read.said),
        code => assert!(
            read.said.contains(code) && read.said.contains("card_sn"),
            "{}",
            read.said
        ),
    }
}
