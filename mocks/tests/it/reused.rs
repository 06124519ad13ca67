//! 同号不同文 · Another message under a used number is carried out everywhere, and a reversal of that number means nobody.

use crosswipe_domain::{FenceState, Role};
use crosswipe_mocks::{MemoryWorld, MsgidMode};
use crosswipe_wire::RefusalCode as Code;
use serde_json::{Value, json};

use crate::bench::{
    Carrier, Counter, EMPLOYEE, H_NINGBO, Said, books, check_adds_up, config, text,
};

/// Two visits under one number; what was answered to each, and the bodies.
fn two_visits(counter: &mut Counter<'_>) -> [(Value, String); 2] {
    let first = counter.send("2201", json!({})).output();
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let other = body.replacen("\"opter_name\"", "\"opter_Name\"", 1);
    assert_ne!(other, body);
    let second = counter.send_body(&msgid, other.clone()).output();
    [(first, body), (second, other)]
}

#[test]
fn other_bytes_are_another_message_at_every_party() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let [(first, body), (second, other)] = two_visits(&mut counter);
    assert_ne!(first["data"]["mdtrt_id"], second["data"]["mdtrt_id"]);
    let msgid = counter.last_msgid.clone();
    // Each is the same message again when it comes again.
    for (answer, body) in [(&first, &body), (&second, &other), (&first, &body)] {
        assert_eq!(&counter.send_body(&msgid, body.clone()).output(), answer);
    }
    for party in counter.path() {
        let export = Carrier::export(&world, &party);
        let visits = export.rows.iter().filter(|row| row.kind == "visit");
        assert_eq!(visits.count(), 2, "{party}");
        check_adds_up(&export);
    }
    // Each goes by its own id, and its number with it: neither comes again.
    for (answer, _) in [&(first, ()), &(second, ())] {
        let visit = text(&answer["data"]["mdtrt_id"]);
        counter
            .send("2202", json!({"data": {"mdtrt_id": visit}}))
            .output();
    }
    for body in [body, other] {
        let said = counter.send_body(&msgid, body);
        assert_eq!(said, Said::Refused(Code::Undone));
    }
    for party in counter.path() {
        let export = Carrier::export(&world, &party);
        assert!(export.rows.iter().all(|row| row.is_terminal()), "{party}");
        let visits = export.cells.iter().filter(|cell| cell.key.kind == "visit");
        assert_eq!(visits.map(|cell| cell.value).sum::<i64>(), 0, "{party}");
    }
}

#[test]
fn a_number_of_two_settlements_reverses_neither() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let mut settled = Vec::new();
    let one = counter.charged_visit();
    let bill = counter.bill(&one);
    settled.push(counter.send("2207", bill).output());
    let msgid = counter.last_msgid.clone();
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let body = counter.message("2207", &msgid, bill);
    settled.push(counter.send_body(&msgid, body).output());
    let before = books(&world);
    let reversal = json!({"data": {"omsgid": msgid, "oinfno": "2207"}});
    assert_eq!(
        counter.send("2601", reversal.clone()),
        Said::Refused(Code::RevDup)
    );
    for (party, after) in books(&world) {
        assert_eq!(before[&party].cells, after.cells, "{party}");
        assert_eq!(before[&party].rows, after.rows, "{party}");
    }
    // The newest first, by its own id; the number goes on naming two.
    for answer in settled.iter().rev() {
        let info = &answer["setlinfo"];
        let ids = json!({"data": {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"]}});
        counter.send("2208", ids).output();
        assert_eq!(
            counter.send("2601", reversal.clone()),
            Said::Refused(Code::RevDup)
        );
    }
    for (party, export) in books(&world) {
        let settled = export
            .rows
            .iter()
            .filter(|row| row.kind == "settlement" && row.status == "settled");
        assert_eq!(settled.count(), 0, "{party}");
        check_adds_up(&export);
    }
}

#[test]
fn a_reversal_that_names_the_transaction_finds_the_one_of_that_kind() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let opened = counter
        .send("2201", json!({"data": {"dept_code": "B01"}}))
        .output();
    let msgid = counter.last_msgid.clone();
    let bill = counter.bill(&visit);
    let body = counter.message("2207", &msgid, bill);
    counter.send_body(&msgid, body.clone()).output();
    let reversed = counter.send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2207"}}));
    assert!(matches!(reversed, Said::Ok(_)), "{reversed:?}");
    for party in counter.path() {
        let export = Carrier::export(&world, &party);
        let settled = export.rows.iter().filter(|row| row.kind == "settlement");
        assert!(
            settled.clone().count() == 1 && settled.clone().all(|row| row.is_terminal()),
            "{party}"
        );
        let id = text(&opened["data"]["mdtrt_id"]);
        let mut visits = export.rows.iter().filter(|row| row.kind == "visit");
        if party.role != Role::His {
            assert!(
                visits.any(|row| row.id == id && !row.is_terminal()),
                "{party}"
            );
        }
    }
    assert_eq!(counter.send_body(&msgid, body), Said::Refused(Code::Undone));
}

#[test]
fn a_platform_that_takes_no_number_twice_refuses_other_bytes_too() {
    let mut config = config(&[]);
    config.msgid_mode = MsgidMode::Refuse;
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    counter.send("2201", json!({})).output();
    let msgid = counter.last_msgid.clone();
    let other = counter
        .last_body
        .replacen("\"opter_name\"", "\"opter_Name\"", 1);
    assert_eq!(
        counter.send_body(&msgid, other),
        Said::Refused(Code::DupMsg)
    );
    for (party, export) in books(&world) {
        let fences = export.log.iter().filter(|row| {
            let applied = FenceState::Applied;
            matches!(&row.entry, crosswipe_domain::Entry::Fence { state, msgid: of, .. } if *of == msgid && *state == applied)
        });
        assert!(fences.count() <= 1, "{party}");
    }
}
