//! 冲正 · 2601 in every order: before its original, after it, of an undo, and after a lost hop.

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, FenceState, Moment, Party};
use crosswipe_mocks::fault::{Motion, Rigged};
use crosswipe_mocks::shell::{carrier, machines};
use crosswipe_mocks::{Answer, Faults, HOP_PATH, Lost, MemoryWorld};
use crosswipe_wire::{Context, RefusalCode};
use rstest::rstest;
use serde_json::json;

use crate::bench::*;

fn world() -> MemoryWorld {
    MemoryWorld::new(&config(&[]).setup(), vec![])
}

#[test]
fn a_settlement_that_comes_after_its_own_reversal_is_refused_and_every_party_knows() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let before = books(&world);
    let late = counter.new_msgid();
    let body = counter.message("2207", &late, counter.bill(&visit));
    let reversal = json!({"data": {"omsgid": late, "oinfno": "2207"}});
    counter.send("2601", reversal.clone()).output();
    for party in counter.path() {
        let fenced = |entry: &Entry| matches!(entry, Entry::Fence { msgid, state: FenceState::Tombstone, .. } if *msgid == late);
        let log = Carrier::export(&world, &party).log;
        assert_eq!(
            log.iter().filter(|row| fenced(&row.entry)).count(),
            1,
            "{party}"
        );
    }
    assert_eq!(
        counter.send_body(&late, body),
        Said::Refused(RefusalCode::Undone)
    );
    counter.send("2601", reversal).output();
    for (party, export) in books(&world) {
        assert_eq!(export.cells, before[&party].cells, "{party}");
    }
}

#[test]
fn an_undo_that_is_reversed_brings_the_settlement_back_and_it_can_be_undone_again() {
    let world = world();
    let start = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let setl_id = text(&counter.send("2207", bill).output()["setlinfo"]["setl_id"]);
    let settle = counter.last_msgid.clone();
    let settled = books(&world);
    counter
        .send(
            "2208",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    let undo = counter.last_msgid.clone();
    counter
        .send("2601", json!({"data": {"omsgid": undo, "oinfno": "2208"}}))
        .output();
    for (party, export) in books(&world) {
        assert_eq!(export.cells, settled[&party].cells, "{party}");
    }
    let status = |world: &MemoryWorld, party: &Party| {
        let rows = Carrier::export(world, party).rows;
        rows.iter()
            .find(|row| row.id == setl_id)
            .map(|row| row.status.clone())
    };
    counter
        .send(
            "2601",
            json!({"data": {"omsgid": settle, "oinfno": "2207"}}),
        )
        .output();
    for party in counter.path() {
        assert_eq!(
            status(&world, &party).as_deref(),
            Some("reversed"),
            "{party}"
        );
    }
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    check_rolled_back(&start, &books(&world));
}

/// A network whose link to a party can be cut: what is sent there arrives, the answer does not.
struct Cut {
    machines: std::cell::RefCell<BTreeMap<Party, Rigged>>,
    cut: std::cell::RefCell<Option<Party>>,
}

impl Cut {
    fn new() -> Cut {
        let machines = machines(&config(&[]).setup(), &Faults::default());
        Cut {
            machines: std::cell::RefCell::new(machines.into_iter().collect()),
            cut: None.into(),
        }
    }

    fn send(&self, now: Moment, party: &Party, path: &str, body: &str) -> Result<Answer, Lost> {
        let key = carrier(party);
        let mut motion = self.machines.borrow_mut().get_mut(&key).unwrap().begin(
            now,
            None,
            path,
            body.as_bytes(),
        );
        loop {
            match motion {
                Motion::Reply(answer) if self.cut.borrow().as_ref() == Some(party) => {
                    return Err(Lost::new(format!("cut: {}", answer.status)));
                }
                Motion::Reply(answer) => return Ok(answer),
                Motion::Spoiled(_, spoil) => return Err(Lost::new(spoil.why())),
                Motion::Later | Motion::Silence => return Err(Lost::new("silence")),
                Motion::Forward { to, body, ticket } => {
                    let path = if party.role == crosswipe_domain::Role::His {
                        "/"
                    } else {
                        HOP_PATH
                    };
                    let answer = self.send(now, &to, path, &body);
                    motion = self
                        .machines
                        .borrow_mut()
                        .get_mut(&key)
                        .unwrap()
                        .resume(now, ticket, answer);
                }
            }
        }
    }
}

impl Carrier for Cut {
    fn exchange(
        &self,
        now: Moment,
        party: &Party,
        _: Option<&Context>,
        body: &str,
    ) -> Result<Answer, Lost> {
        self.send(now, party, "/", body)
    }
    fn export(&self, party: &Party) -> crosswipe_domain::Export {
        let machines = self.machines.borrow();
        machines[&carrier(party)]
            .machine()
            .export(party.role, at("2017-06-03T00:00+08:00"))
            .unwrap()
    }
}

/// Wherever the answer is lost, parties behind have booked and parties in front have not; a resend of the
/// same bytes, or a reversal, brings all to the same state.
#[rstest]
#[case::before_the_hospital(1, false)]
#[case::before_the_treatment_place(2, false)]
#[case::before_the_hub(3, false)]
#[case::reversed_before_the_hospital(1, true)]
#[case::reversed_before_the_treatment_place(2, true)]
#[case::reversed_before_the_hub(3, true)]
fn a_lost_answer_on_any_hop_can_be_mended(#[case] cut: usize, #[case] reverse: bool) {
    let network = Cut::new();
    let start = books(&network);
    let mut counter = Counter::new(&network, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let path = counter.path();
    let settled = || {
        path.iter()
            .map(|party| {
                network
                    .export(party)
                    .rows
                    .iter()
                    .filter(|row| row.kind == "settlement" && row.status == "settled")
                    .count()
            })
            .collect::<Vec<_>>()
    };
    *network.cut.borrow_mut() = Some(path[cut].clone());
    let bill = counter.bill(&visit);
    assert_eq!(counter.send("2207", bill), Said::Unknown);
    *network.cut.borrow_mut() = None;
    assert_eq!(
        settled(),
        (0..4).map(|at| usize::from(at >= cut)).collect::<Vec<_>>()
    );
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    if !reverse {
        counter.send_body(&msgid, body).output();
        assert_eq!(settled(), [1, 1, 1, 1]);
    }
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
    check_rolled_back(&start, &books(&network));
}

#[test]
fn of_two_settlements_of_one_bill_in_flight_at_once_one_is_taken() {
    let network = Cut::new();
    let mut counter = Counter::new(&network, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let [_, treatment, hub, insured] = counter.path().try_into().unwrap();
    let flights: Vec<_> = (0..2)
        .map(|_| {
            let msgid = counter.new_msgid();
            let body = counter.message("2207", &msgid, counter.bill(&visit));
            let mut machines = network.machines.borrow_mut();
            match machines.get_mut(&treatment).unwrap().begin(
                counter.now,
                None,
                "/",
                body.as_bytes(),
            ) {
                Motion::Forward { body, ticket, .. } => (body, ticket),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let ended: Vec<Said> = flights
        .into_iter()
        .map(|(body, ticket)| {
            let answer = network.send(counter.now, &hub, HOP_PATH, &body);
            let mut machines = network.machines.borrow_mut();
            match machines
                .get_mut(&treatment)
                .unwrap()
                .resume(counter.now, ticket, answer)
            {
                Motion::Reply(answer) => said(Ok(answer)),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert!(matches!(ended[0], Said::Ok(_)));
    assert_eq!(ended[1], Said::Refused(RefusalCode::Settled));
    let rows = network.export(&insured).rows;
    assert_eq!(
        rows.iter().filter(|row| row.kind == "settlement").count(),
        1
    );
}

/// The answer that opens a visit is under way while the visit is cancelled: the hospital hears of both in the wrong
/// order, and keeps none open that everybody else has closed.
#[test]
fn a_visit_that_was_cancelled_before_the_hospital_heard_of_it_is_not_opened_there() {
    let network = Cut::new();
    let start = books(&network);
    let mut counter = Counter::new(&network, H_NINGBO, EMPLOYEE);
    let [his, treatment, _, _] = counter.path().try_into().unwrap();
    let msgid = counter.new_msgid();
    let body = counter.message("2201", &msgid, json!({}));
    let motion = network.machines.borrow_mut().get_mut(&his).unwrap().begin(
        counter.now,
        None,
        "/",
        body.as_bytes(),
    );
    let Motion::Forward { body, ticket, .. } = motion else {
        panic!("{motion:?}");
    };
    let answer = network
        .send(counter.now, &treatment, "/", &body)
        .expect("the platform answers");
    let output: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let visit = text(&output["output"]["data"]["mdtrt_id"]);
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    let late = network.machines.borrow_mut().get_mut(&his).unwrap().resume(
        counter.now,
        ticket,
        Ok(answer),
    );
    assert!(matches!(late, Motion::Reply(_)), "{late:?}");
    check_rolled_back(&start, &books(&network));
}
