//! 故障 · Each fault leaves exactly the damage that its name says, and nothing else.

use std::collections::BTreeSet;

use crosswipe_domain::{Cell, Role};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode;
use serde_json::json;

use crate::bench::*;

fn world(fault: &str) -> MemoryWorld {
    let config = config(&[fault]);
    MemoryWorld::new(&config.setup(), config.faults.clone())
}

/// Cells that differ, as `party kind`.
fn differing(
    before: &[(crosswipe_domain::Party, Vec<Cell>)],
    world: &MemoryWorld,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (party, cells) in before {
        let after = Carrier::export(world, party).cells;
        let differ = after
            .iter()
            .filter(|cell| !cells.contains(cell))
            .chain(cells.iter().filter(|cell| !after.contains(cell)));
        found.extend(differ.map(|cell| format!("{party} {}", cell.key.kind)));
    }
    found
}

fn cells(world: &MemoryWorld) -> Vec<(crosswipe_domain::Party, Vec<Cell>)> {
    books(world)
        .into_iter()
        .map(|(party, export)| (party, export.cells))
        .collect()
}

/// A settled visit, undone by 2208 2205 2202.
fn swipe_and_undo(counter: &mut Counter) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let setl_id = text(&counter.send("2207", bill).output()["setlinfo"]["setl_id"]);
    counter
        .send(
            "2208",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
}

#[test]
fn a_lost_response_leaves_the_hospital_alone_without_the_settlement_until_it_is_reversed() {
    let world = world("response-lost");
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    assert_eq!(counter.send("2207", bill), Said::Unknown);
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let [h, t, n, i] = counter.path().try_into().unwrap();
    let settled = |party| {
        Carrier::export(&world, party)
            .rows
            .iter()
            .filter(|row| row.kind == "settlement" && row.status == "settled")
            .count()
    };
    assert_eq!([&h, &t, &n, &i].map(settled), [0, 1, 1, 1]);
    // A query finds it, and a resend of the same bytes is the same settlement.
    let lines = counter
        .send("5204", json!({"data": {"mdtrt_id": visit}}))
        .output();
    let setl_id = text(&lines[0]["setl_id"]);
    let found = counter
        .send(
            "5203",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    assert_eq!(found["setlinfo"]["medins_setl_id"], json!(msgid));
    counter
        .send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2207"}}))
        .output();
    assert_eq!([&h, &t, &n, &i].map(settled), [0; 4]);
    assert_eq!(
        counter.send_body(&msgid, body),
        Said::Refused(RefusalCode::Undone)
    );
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    check_rolled_back(&before, &books(&world));
    assert_eq!(world.fired()[0].1, 1);
}

#[test]
fn a_resend_after_a_lost_response_is_one_settlement() {
    let world = world("response-lost:on=2304");
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let stay = counter.charged_stay();
    let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL}});
    assert_eq!(counter.send("2304", bill), Said::Unknown);
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let setl_id = text(&counter.send_body(&msgid, body).output()["setlinfo"]["setl_id"]);
    for party in counter.path() {
        let rows = Carrier::export(&world, &party).rows;
        let ids: Vec<_> = rows
            .iter()
            .filter(|row| row.kind == "settlement")
            .map(|row| row.id.clone())
            .collect();
        assert_eq!(ids, std::slice::from_ref(&setl_id), "{party}");
    }
}

#[test]
fn an_insured_place_that_forgets_accumulators_differs_there_and_nowhere_else() {
    let world = world("accumulator-not-restored");
    let before = cells(&world);
    swipe_and_undo(&mut Counter::new(&world, H_NINGBO, EMPLOYEE));
    assert_eq!(
        differing(&before, &world),
        BTreeSet::from([format!("insured:{HANGZHOU} accumulator")])
    );
    assert_eq!(world.fired()[0].1, 1);
    // It hits once: the next swipe is undone in full.
    let between = cells(&world);
    swipe_and_undo(&mut Counter {
        serial: 100,
        ..Counter::new(&world, H_NINGBO, RESIDENT)
    });
    assert_eq!(differing(&between, &world), BTreeSet::new());
}

#[test]
fn a_reversal_by_message_id_forgets_accumulators_too() {
    let world = world("accumulator-not-restored:on=2601");
    let before = cells(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    counter.send("2207", bill).output();
    let msgid = counter.last_msgid.clone();
    counter
        .send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2207"}}))
        .output();
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    assert_eq!(
        differing(&before, &world),
        BTreeSet::from([format!("insured:{HANGZHOU} accumulator")])
    );
}

#[test]
fn a_hub_that_drops_a_reversal_leaves_the_insured_place_settled() {
    let world = world("hub-drops-forwarded-reversal");
    let before = cells(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let setl_id = text(&counter.send("2207", bill).output()["setlinfo"]["setl_id"]);
    let undone = counter
        .send(
            "2208",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    assert_eq!(
        undone["setlinfo"]["balc"].to_string(),
        "1200.0",
        "the hub's lie looks right"
    );
    let kinds = [
        "accumulator",
        "clearing",
        "fee-detail",
        "personal-account",
        "pool-fund",
        "reconciliation",
        "settlement",
        "visit",
    ];
    let insured: BTreeSet<String> = differing(&before, &world)
        .into_iter()
        .filter(|cell| cell.starts_with("insured"))
        .collect();
    assert_eq!(
        insured,
        kinds
            .iter()
            .map(|kind| format!("insured:{HANGZHOU} {kind}"))
            .collect()
    );
    let statuses = counter.path().into_iter().map(|party| {
        let rows = Carrier::export(&world, &party).rows;
        (
            party.role,
            rows.iter()
                .find(|row| row.id == setl_id)
                .unwrap()
                .status
                .clone(),
        )
    });
    let expected = [
        (Role::His, "reversed"),
        (Role::Treatment, "reversed"),
        (Role::Hub, "reversed"),
        (Role::Insured, "settled"),
    ];
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        expected.map(|(role, status)| (role, status.into()))
    );
    // What stands at the insured place stands in the way there: the rest of the undo is refused by name.
    let rest = counter.send(
        "2205",
        json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
    );
    assert_eq!(rest, Said::Refused(RefusalCode::Settled));
}
