//! Random histories of valid and invalid messages, retries in any order, and then everything undone.

use crosswipe_domain::{Entry, FenceState};
use crosswipe_mocks::MemoryWorld;
use crosswipe_mocks::ledger::Ledger;
use proptest::prelude::*;
use serde_json::json;

use crate::bench::*;

/// One act of a history; ids are taken from what the counter has seen so far.
#[derive(Clone, Debug)]
enum Act {
    Register(usize),
    Admit(usize),
    Charge(usize),
    Settle(usize),
    Unsettle(usize),
    Withdraw(usize),
    Discharge(usize),
    Readmit(usize),
    Cancel(usize),
    Reverse(usize),
    Resend(usize),
    ReverseUnknown,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0usize..3).prop_map(Act::Register),
        2 => (0usize..3).prop_map(Act::Admit),
        4 => (0usize..4).prop_map(Act::Charge),
        4 => (0usize..4).prop_map(Act::Settle),
        2 => (0usize..4).prop_map(Act::Unsettle),
        1 => (0usize..4).prop_map(Act::Withdraw),
        2 => (0usize..4).prop_map(Act::Discharge),
        1 => (0usize..4).prop_map(Act::Readmit),
        1 => (0usize..4).prop_map(Act::Cancel),
        2 => (0usize..30).prop_map(Act::Reverse),
        3 => (0usize..30).prop_map(Act::Resend),
        1 => Just(Act::ReverseUnknown),
    ]
}

struct Visit {
    id: String,
    person: usize,
    inpatient: bool,
    settlements: Vec<String>,
}

struct Player<'w> {
    counters: Vec<Counter<'w>>,
    visits: Vec<Visit>,
    /// Every message sent, with its answer: counter, infno, msgid, body.
    sent: Vec<(usize, String, String, String, Said)>,
    lines: usize,
}

impl<'w> Player<'w> {
    fn new(world: &'w MemoryWorld) -> Player<'w> {
        let cast = [
            (H_NINGBO, EMPLOYEE, 0),
            (H_NINGBO, RESIDENT, 3000),
            (H_HANGZHOU, OTHER, 6000),
        ];
        let counters = cast.map(|(institution, person, serial)| Counter {
            serial,
            ..Counter::new(world, institution, person)
        });
        Player {
            counters: counters.into(),
            visits: vec![],
            sent: vec![],
            lines: 0,
        }
    }

    fn send(&mut self, who: usize, infno: &str, with: serde_json::Value) -> Said {
        let said = self.counters[who].send(infno, with);
        let counter = &self.counters[who];
        self.sent.push((
            who,
            infno.into(),
            counter.last_msgid.clone(),
            counter.last_body.clone(),
            said.clone(),
        ));
        said
    }

    fn play(&mut self, act: &Act) {
        match *act {
            Act::Register(who) => {
                if let Said::Ok(output) = self.send(who, "2201", json!({})) {
                    self.visits.push(Visit {
                        id: text(&output["data"]["mdtrt_id"]),
                        person: who,
                        inpatient: false,
                        settlements: vec![],
                    });
                }
            }
            Act::Admit(who) => {
                if let Said::Ok(output) =
                    self.send(who, "2401", json!({"mdtrtinfo": {"med_type": "21"}}))
                {
                    self.visits.push(Visit {
                        id: text(&output["result"]["mdtrt_id"]),
                        person: who,
                        inpatient: true,
                        settlements: vec![],
                    });
                }
            }
            Act::Reverse(n) if !self.sent.is_empty() => {
                let (who, infno, msgid, ..) = self.sent[n % self.sent.len()].clone();
                self.send(
                    who,
                    "2601",
                    json!({"data": {"omsgid": msgid, "oinfno": infno}}),
                );
            }
            Act::ReverseUnknown => {
                self.send(
                    0,
                    "2601",
                    json!({"data": {"omsgid": "never-sent", "oinfno": "2207"}}),
                );
            }
            Act::Resend(n) if !self.sent.is_empty() => self.resend(n % self.sent.len()),
            Act::Charge(n)
            | Act::Settle(n)
            | Act::Unsettle(n)
            | Act::Withdraw(n)
            | Act::Discharge(n)
            | Act::Readmit(n)
            | Act::Cancel(n)
                if !self.visits.is_empty() =>
            {
                self.on_visit(act, n % self.visits.len())
            }
            _ => {}
        }
    }

    fn on_visit(&mut self, act: &Act, n: usize) {
        let Visit {
            id,
            person,
            inpatient,
            settlements,
        } = &self.visits[n];
        let (id, who, inpatient, newest) =
            (id.clone(), *person, *inpatient, settlements.last().cloned());
        let pick = |outpatient: &'static str, stay: &'static str| {
            if inpatient { stay } else { outpatient }
        };
        let data = json!({"mdtrt_id": id, "chrg_bchno": "0000", "feedetl_sn": "0000", "setl_id": newest.unwrap_or("none".into())});
        match act {
            Act::Charge(_) => {
                self.lines += 10;
                let lines = self.counters[who].lines(
                    &id,
                    "B1",
                    &OUTPATIENT[self.lines / 10 % 4..],
                    self.lines,
                );
                self.send(who, pick("2204", "2301"), lines);
            }
            Act::Settle(_) => {
                let lines = self.counters[who]
                    .send("5204", json!({"data": {"mdtrt_id": id}}))
                    .output();
                let open = lines
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|line| line["setl_id"] == "");
                let total: crosswipe_domain::Money = open
                    .map(|line| yuan(&line["det_item_fee_sumamt"].to_string()))
                    .sum();
                let bill = json!({"data": {"mdtrt_id": id, "chrg_bchno": "B1", "medfee_sumamt": total.to_string()}});
                if let Said::Ok(output) = self.send(who, pick("2207", "2304"), bill) {
                    self.visits[n]
                        .settlements
                        .push(text(&output["setlinfo"]["setl_id"]));
                }
            }
            Act::Unsettle(_) => drop(self.send(who, pick("2208", "2305"), json!({ "data": data }))),
            Act::Withdraw(_) => drop(self.send(
                who,
                pick("2205", "2302"),
                if inpatient {
                    json!({ "data": [data] })
                } else {
                    json!({ "data": data })
                },
            )),
            Act::Cancel(_) => drop(self.send(who, pick("2202", "2404"), json!({ "data": data }))),
            Act::Readmit(_) => drop(self.send(who, "2405", json!({ "data": data }))),
            Act::Discharge(_) => {
                let diagnosis = json!({"mdtrt_id": id, "maindiag_flag": "1"});
                self.send(who, "2402", json!({"dscginfo": {"mdtrt_id": id, "endtime": "2017-06-03 09:00:00"}, "diseinfo": [diagnosis]}));
            }
            _ => {}
        }
    }

    /// The same bytes again: the same answer, or a refusal because it was undone since.
    fn resend(&mut self, n: usize) {
        let (who, infno, msgid, body, first) = self.sent[n].clone();
        let again = self.counters[who].send_body(&msgid, body);
        let undone = again == Said::Refused(crosswipe_wire::RefusalCode::Undone);
        assert!(
            again == first || undone || matches!(first, Said::Refused(_)),
            "{infno}: {first:?} then {again:?}"
        );
    }

    /// Everything back: settlements newest first, then discharges, lines, visits.
    fn undo_all(&mut self) {
        for n in (0..self.visits.len()).rev() {
            let Visit {
                id,
                person,
                inpatient,
                settlements,
            } = &self.visits[n];
            let (id, who, inpatient) = (id.clone(), *person, *inpatient);
            for setl_id in settlements.clone().iter().rev() {
                self.send(
                    who,
                    if inpatient { "2305" } else { "2208" },
                    json!({"data": {"mdtrt_id": id, "setl_id": setl_id}}),
                );
            }
            if inpatient {
                self.on_visit(&Act::Readmit(0), n);
            }
            self.on_visit(&Act::Withdraw(0), n);
            self.on_visit(&Act::Cancel(0), n);
        }
    }
}

/// One effect per message: no (origin, msgid) is applied in two groups unless it was brought back in between.
fn check_one_effect(export: &crosswipe_domain::Export) {
    let mut applied = std::collections::BTreeMap::new();
    for row in &export.log {
        if let Entry::Fence { msgid, state, .. } = &row.entry {
            let stands = applied.entry(msgid.clone()).or_insert(false);
            assert!(
                !(*stands && *state == FenceState::Applied),
                "{}: {msgid} applied twice",
                export.party
            );
            *stands = *state == FenceState::Applied;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_undoing_everything_returns_each_cell_to_its_start(acts in proptest::collection::vec(act(), 1..40)) {
        let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
        let before = books(&world);
        let mut player = Player::new(&world);
        for act in &acts {
            player.play(act);
        }
        for export in books(&world).values() {
            check_adds_up(export);
            check_one_effect(export);
        }
        player.undo_all();
        check_rolled_back(&before, &books(&world));
    }

    #[test]
    fn at_any_instant_the_log_alone_leads_to_the_same_books(acts in proptest::collection::vec(act(), 1..30)) {
        let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
        let mut player = Player::new(&world);
        for act in &acts {
            player.play(act);
        }
        for (party, export) in books(&world) {
            let again = Ledger::replay(party, export.log.clone()).unwrap();
            prop_assert_eq!(again.export(export.taken_at), export);
        }
    }
}
