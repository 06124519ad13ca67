//! 凭证 · Names, numbers and cards that another region reads otherwise: refused with the character or field that it is.

use crosswipe_domain::{Enrolment, IdNumber, Moment, Party, Role};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use serde_json::{Value, json};

use crate::bench::{
    Carrier, Counter, EMPLOYEE, H_HANGZHOU, H_NINGBO, HANGZHOU, Said, WENZHOU, at, books, config,
    division,
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
