//! 异地清分 · 3260 to 3262: lines of visitors, their confirmation, and that nothing confirmed is undone.

use crosswipe_domain::{Export, Party, Role};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    MemoryWorld::new(&config(&[]).setup(), vec![])
}

/// A settlement, its undo, and the message that made it.
fn settle(counter: &mut Counter) -> (Value, Value, String) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let info = counter.send("2207", bill).output()["setlinfo"].clone();
    let undo = json!({"data": {"mdtrt_id": visit, "setl_id": info["setl_id"]}});
    (info, undo, counter.last_msgid.clone())
}

fn lines(counter: &mut Counter, month: &str, from: usize) -> Vec<Value> {
    let asked = json!({"data": {"trt_year": "2017", "trt_month": month, "startrow": from}});
    let told = counter.send("3260", asked).output();
    told["data"].as_array().unwrap().clone()
}

/// A confirmation of these lines.
fn confirmation(lines: &[Value]) -> Value {
    json!({"data": {"trt_year": "2017", "trt_month": "06", "totalrow": lines.len()}, "detail": lines})
}

fn returns(otransid: &str) -> Value {
    json!({"data": {"trt_year": "2017", "trt_month": "06", "otransid": otransid}})
}

fn standing(world: &MemoryWorld) -> Vec<Role> {
    let of = |(party, export): (Party, Export)| {
        let rows = export.rows.into_iter();
        rows.filter(|row| row.kind == "clearing" && row.status == "confirmed")
            .map(move |_| party.role)
    };
    books(world).into_iter().flat_map(of).collect()
}

#[test]
fn what_stands_of_visitors_is_listed_by_serials_of_its_own() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (info, undo, _) = settle(&mut counter);
    let listed = lines(&mut counter, "06", 1);
    assert_eq!(listed.len(), 1);
    let line = &listed[0];
    assert_eq!(
        (&line["seqno"], &line["medins_no"]),
        (&json!("1"), &json!(H_NINGBO))
    );
    assert_eq!(line["medfee_sumamt"], info["medfee_sumamt"]);
    for (name, letter) in [("mdtrt_id", "S330100170602"), ("setl_sn", "A330100170602")] {
        let serial = text(&line[name]);
        assert!(serial.starts_with(letter) && serial.len() == 20, "{serial}");
    }
    assert_eq!(
        lines(&mut counter, "201706", 0).len(),
        1,
        "written with its year"
    );
    assert_eq!(lines(&mut counter, "05", 1).len(), 0, "another month");
    assert_eq!(lines(&mut counter, "06", 2).len(), 0, "behind the last");
    let mut other = Counter::new(&world, H_HANGZHOU, OTHER);
    assert_eq!(lines(&mut other, "06", 1).len(), 0, "another hospital");
    counter.send("2208", undo).output();
    assert_eq!(
        lines(&mut counter, "06", 1).len(),
        0,
        "taken back before it is cleared"
    );
}

#[test]
fn whoever_is_insured_here_is_no_visitor() {
    let world = world();
    let mut counter = Counter::new(&world, H_HANGZHOU, EMPLOYEE);
    counter.now = at("2017-06-05T10:00+08:00");
    settle(&mut counter);
    assert_eq!(lines(&mut counter, "06", 1).len(), 0);
}

#[rstest]
#[case::by_its_undo(false)]
#[case::by_message_id(true)]
fn what_is_confirmed_is_not_undone_before_the_confirmation_is_returned(#[case] by_message: bool) {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (_, undo, settled) = settle(&mut counter);
    let (infno, undo) = match by_message {
        false => ("2208", undo),
        true => (
            "2601",
            json!({"data": {"omsgid": settled, "oinfno": "2207"}}),
        ),
    };
    let listed = lines(&mut counter, "06", 1);
    counter.send("3261", confirmation(&listed)).output();
    let confirmed = counter.last_msgid.clone();
    assert_eq!(standing(&world), [Role::His, Role::Treatment]);
    let again = counter.send("3261", confirmation(&listed));
    assert_eq!(again, Said::Refused(Code::Settled));
    assert_eq!(
        counter.send(infno, undo.clone()),
        Said::Refused(Code::Cleared)
    );
    counter.send("3262", returns(&confirmed)).output();
    assert_eq!(standing(&world), []);
    assert_eq!(
        counter.send("3262", returns(&confirmed)),
        Said::Refused(Code::Undone)
    );
    // What was returned may be confirmed anew, and is returned anew.
    counter.send("3261", confirmation(&listed)).output();
    let confirmed = counter.last_msgid.clone();
    assert_eq!(standing(&world).len(), 2);
    counter.send("3262", returns(&confirmed)).output();
    counter.send(infno, undo).output();
    for (infno, data) in [("2205", json!({"chrg_bchno": "0000"})), ("2202", json!({}))] {
        let visit = books(&world)[&counter.party]
            .rows
            .iter()
            .find(|row| row.kind == "visit")
            .unwrap()
            .id
            .clone();
        let mut data = data;
        data["mdtrt_id"] = json!(visit);
        counter.send(infno, json!({ "data": data })).output();
    }
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::another_count("/data/totalrow", json!(2), Code::Split)]
#[case::another_total("/detail/0/medfee_sumamt", json!("567.94"), Code::Split)]
#[case::another_share("/detail/0/optins_pay_sumamt", json!("1.00"), Code::Split)]
#[case::no_such_line("/detail/0/setl_sn", json!("A3301001706020000000"), Code::NoVisit)]
#[case::another_month("/data/trt_month", json!("05"), Code::NoVisit)]
fn what_does_not_agree_is_not_confirmed(
    #[case] place: &str,
    #[case] value: Value,
    #[case] code: Code,
) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    settle(&mut counter);
    let mut all = confirmation(&lines(&mut counter, "06", 1));
    *all.pointer_mut(place).unwrap() = value;
    assert_eq!(counter.send("3261", all), Said::Refused(code));
    assert_eq!(standing(&world), []);
}

#[test]
fn a_line_that_is_not_agreed_to_stays_open() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (_, undo, _) = settle(&mut counter);
    let mut all = confirmation(&lines(&mut counter, "06", 1));
    all["detail"][0]["cnfm_flag"] = json!("0");
    counter.send("3261", all).output();
    assert_eq!(standing(&world), []);
    counter.send("2208", undo).output();
}

#[test]
fn the_confirmation_of_another_institution_is_not_returned() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    settle(&mut counter);
    let listed = lines(&mut counter, "06", 1);
    counter.send("3261", confirmation(&listed)).output();
    let confirmed = counter.last_msgid.clone();
    let mut other = Counter::new(&world, P_NINGBO, EMPLOYEE);
    assert_eq!(
        other.send("3262", returns(&confirmed)),
        Said::Refused(Code::NoVisit)
    );
    assert_eq!(standing(&world).len(), 2);
}
