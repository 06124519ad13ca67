//! 全流程 · Whole swipes and their undo over the whole path: answers, books, queries.

use crosswipe_domain::{CellKey, Money, Name, Party, Role, Row, Unit};
use crosswipe_mocks::MemoryWorld;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    MemoryWorld::new(&config(&[]).setup(), vec![])
}

/// Amounts of a `setlinfo` by name; numbers keep their digits.
fn amount(info: &Value, name: &str) -> Money {
    yuan(&info[name].to_string())
}

/// The whole outpatient swipe and its undo; gives back the settlement's and the undo's `setlinfo`.
fn outpatient(counter: &mut Counter) -> (Value, Value) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let trial = counter.send("2206", bill.clone()).output();
    let settled = counter.send("2207", bill).output();
    check_trial(&trial, &settled);
    assert_eq!(
        settled["setlinfo"]["medins_setl_id"],
        json!(counter.last_msgid)
    );
    let setl_id = text(&settled["setlinfo"]["setl_id"]);
    let undone = counter
        .send(
            "2208",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    assert_ne!(undone["setlinfo"]["setl_id"], json!(setl_id));
    assert_eq!(
        undone["setlinfo"]["medins_setl_id"],
        json!(counter.last_msgid)
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
    (settled, undone)
}

fn inpatient(counter: &mut Counter, discharge_first: bool) -> (Value, Value) {
    let stay = counter.charged_stay();
    let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL, "acct_used_flag": "1"}});
    if discharge_first {
        counter.discharge(&stay).output();
    }
    let trial = counter.send("2303", bill.clone()).output();
    let settled = counter.send("2304", bill).output();
    check_trial(&trial, &settled);
    if !discharge_first {
        counter.discharge(&stay).output();
    }
    let setl_id = text(&settled["setlinfo"]["setl_id"]);
    let undone = counter
        .send(
            "2305",
            json!({"data": {"mdtrt_id": stay, "setl_id": setl_id}}),
        )
        .output();
    counter
        .send("2405", json!({"data": {"mdtrt_id": stay}}))
        .output();
    counter
        .send(
            "2302",
            json!({"data": [{"mdtrt_id": stay, "feedetl_sn": "0000"}]}),
        )
        .output();
    counter
        .send("2404", json!({"data": {"mdtrt_id": stay}}))
        .output();
    (settled, undone)
}

/// A trial says what the settlement then says, field by field.
#[track_caller]
fn check_trial(trial: &Value, settled: &Value) {
    assert_eq!(trial["setldetail"], settled["setldetail"]);
    let (trial, settled) = (
        trial["setlinfo"].as_object().unwrap(),
        settled["setlinfo"].as_object().unwrap(),
    );
    assert!(!trial.contains_key("setl_id"));
    for (name, value) in settled
        .iter()
        .filter(|(name, _)| !["setl_id", "medins_setl_id"].contains(&name.as_str()))
    {
        assert_eq!(trial.get(name), Some(value), "{name}");
    }
}

#[track_caller]
fn check_mirror(settled: &Value, undone: &Value, balance: &str) {
    let (settled, undone) = (&settled["setlinfo"], &undone["setlinfo"]);
    for name in crosswipe_mocks::deed::AMOUNT_FIELDS {
        assert_eq!(amount(undone, name), -amount(settled, name), "{name}");
    }
    assert_eq!(amount(undone, "balc"), yuan(balance));
}

#[test]
fn the_worked_example_holds_over_the_whole_path() {
    let world = world();
    let mut counter = Counter::new(&world, H_HANGZHOU, EMPLOYEE);
    counter.now = at("2017-06-05T10:00+08:00"); // the phase of local swipes
    let before = books(&world);
    let (settled, undone) = outpatient(&mut counter);
    let expected = [
        ("medfee_sumamt", "567.95"),
        ("fulamt_ownpay_amt", "45.50"),
        ("overlmt_selfpay", "23.00"),
        ("preselfpay_amt", "40.01"),
        ("inscp_scp_amt", "459.44"),
        ("act_pay_dedc", "240.00"),
        ("hifp_pay", "164.58"),
        ("fund_pay_sumamt", "164.58"),
        ("psn_part_amt", "403.37"),
        ("acct_pay", "357.87"),
        ("psn_cash_pay", "45.50"),
        ("balc", "842.13"),
    ];
    for (name, value) in expected {
        assert_eq!(amount(&settled["setlinfo"], name), yuan(value), "{name}");
    }
    check_mirror(&settled, &undone, "1200.00");
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::employee(EMPLOYEE, H_NINGBO)]
#[case::resident(RESIDENT, H_NINGBO)]
#[case::the_other_way(OTHER, H_HANGZHOU)]
fn an_outpatient_swipe_in_another_city_leaves_nothing_once_undone(
    #[case] person: &str,
    #[case] institution: &str,
) {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, institution, person);
    let (settled, undone) = outpatient(&mut counter);
    check_mirror(&settled, &undone, "1200.00");
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::discharged_first(true)]
#[case::settled_first(false)]
fn a_stay_in_another_city_leaves_nothing_once_undone(#[case] discharge_first: bool) {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (settled, undone) = inpatient(&mut counter, discharge_first);
    check_mirror(&settled, &undone, "1200.00");
    check_rolled_back(&before, &books(&world));
}

fn cell(world: &MemoryWorld, party: &Party, key: &CellKey) -> i64 {
    Carrier::export(world, party)
        .cells
        .iter()
        .find(|cell| cell.key == *key)
        .map_or(0, |cell| cell.value)
}

#[test]
fn each_party_books_its_own_side_of_a_settlement() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let info = counter.send("2207", bill).output()["setlinfo"].clone();
    // 219.44 at 0.75 − 0.05 out of area: 153.61; the account pays all but class C.
    let (fund, account, cash) = (
        amount(&info, "fund_pay_sumamt"),
        amount(&info, "acct_pay"),
        amount(&info, "psn_cash_pay"),
    );
    assert_eq!(
        (fund, account, cash),
        (yuan("153.61"), yuan("368.84"), yuan("45.50"))
    );
    let insurers = (fund + account).fen();
    let [h, t, n, i] = counter.path().try_into().unwrap();
    let clearing = CellKey::new(
        "clearing",
        [
            ("insured", HANGZHOU),
            ("treatment", NINGBO),
            ("period", "201706"),
        ],
    );
    let accumulator = |code| {
        CellKey::new(
            "accumulator",
            [
                ("person", EMPLOYEE),
                ("insutype", "310"),
                ("year", "2017"),
                ("code", code),
            ],
        )
    };
    let expected = [
        (&h, CellKey::new("cash", []), cash.fen()),
        (&h, CellKey::new("receivable", []), insurers),
        (&h, CellKey::new("revenue", []), -56795),
        (&h, CellKey::new("invoice", []), 1),
        (
            &t,
            CellKey::new("payable", [("institution", H_NINGBO)]),
            -insurers,
        ),
        (&t, clearing.clone(), insurers),
        (&n, clearing.clone(), insurers),
        (
            &n,
            CellKey::new("prefund", [("insured", HANGZHOU)]),
            10_000_000_000 - insurers,
        ),
        (&i, clearing, insurers),
        (
            &i,
            CellKey::new("pool-fund", [("insutype", "310"), ("fund", "310100")]),
            100_000_000_000 - fund.fen(),
        ),
        (
            &i,
            CellKey::new(
                "personal-account",
                [("person", EMPLOYEE), ("insutype", "310")],
            ),
            120_000 - account.fen(),
        ),
        (&i, accumulator("DEDC"), 100_000),
        (&i, accumulator("C0000_BIZ11"), 1),
        (&i, accumulator("F0000_BIZ11"), 56795),
        (&i, accumulator("S0000_BIZ11"), 21944),
        (&i, accumulator("D310101"), fund.fen()),
        (&i, accumulator("D310201"), account.fen()),
    ];
    for (party, key, value) in expected {
        assert_eq!(cell(&world, party, &key), value, "{party} {key}");
    }
    for party in [&h, &t, &n, &i] {
        for (kind, count) in [("visit", 1), ("fee-detail", 5), ("settlement", 1)] {
            assert_eq!(
                cell(&world, party, &CellKey::new(kind, [("person", EMPLOYEE)])),
                count,
                "{party} {kind}"
            );
        }
        let dims = |item| {
            [
                ("day", "2017-06-02"),
                ("institution", H_NINGBO),
                ("insutype", "310"),
                ("clr_type", "11"),
                ("item", item),
            ]
        };
        assert_eq!(
            cell(
                &world,
                party,
                &CellKey::new("reconciliation", dims("medfee"))
            ),
            56795,
            "{party}"
        );
        assert_eq!(
            cell(
                &world,
                party,
                &CellKey::new("reconciliation", dims("count"))
            ),
            1,
            "{party}"
        );
    }
}

/// What parties must agree on for a settlement: ids, person, insurance type, amounts.
fn tuple(row: &Row) -> (Name, [Option<Name>; 3], Vec<(String, i64)>) {
    let fact = |name: &str| row.facts.get(name).cloned();
    let facts = [row.person.clone(), fact("medins_setl_id"), fact("insutype")];
    (
        row.id.clone(),
        facts,
        row.amounts
            .iter()
            .map(|(name, fen)| (name.to_string(), *fen))
            .collect(),
    )
}

#[test]
fn all_parties_agree_on_settlement_and_mirror() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    outpatient(&mut counter);
    let rows = |party: &Party| {
        Carrier::export(&world, party)
            .rows
            .into_iter()
            .filter(|row| row.kind == "settlement")
            .collect::<Vec<_>>()
    };
    let path = counter.path();
    let first: Vec<_> = rows(&path[0]).iter().map(tuple).collect();
    assert_eq!(first.len(), 2);
    for party in &path[1..] {
        assert_eq!(
            rows(party).iter().map(tuple).collect::<Vec<_>>(),
            first,
            "{party}"
        );
        assert_eq!(
            rows(party)
                .iter()
                .map(|row| row.status.clone())
                .collect::<Vec<_>>(),
            ["reversed", "reversal"],
            "{party}"
        );
    }
}

#[test]
fn every_undo_posting_names_what_it_negates() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    outpatient(&mut counter);
    inpatient(&mut counter, true);
    for (party, export) in books(&world) {
        let postings = export
            .log
            .iter()
            .filter(|row| row.cause.infno != "open")
            .filter_map(|row| match &row.entry {
                crosswipe_domain::Entry::Posting {
                    cell,
                    unit,
                    amount,
                    reverses,
                } => Some((
                    row.seq,
                    row.cause.infno.clone(),
                    cell,
                    *unit,
                    *amount,
                    *reverses,
                )),
                _ => None,
            });
        let postings: Vec<_> = postings.collect();
        let forward =
            |infno: &str| ["2201", "2204", "2207", "2401", "2301", "2402", "2304"].contains(&infno);
        for (seq, infno, cell, unit, amount, reverses) in &postings {
            assert_eq!(reverses.is_none(), forward(infno), "{party} {infno} {cell}");
            let negations = postings
                .iter()
                .filter(|p| p.5 == Some(*seq))
                .collect::<Vec<_>>();
            if forward(infno) {
                assert_eq!(negations.len(), 1, "{party} {infno} {cell}");
                assert_eq!(
                    (negations[0].2, negations[0].3, negations[0].4),
                    (*cell, *unit, -amount)
                );
            }
        }
        assert!(
            party.role == Role::Insured
                || party.code != NINGBO
                || postings.iter().any(|p| p.3 == Unit::Fen)
        );
    }
}

#[test]
fn queries_show_what_stands_and_what_was_undone() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let settled = counter.send("2207", bill).output();
    let setl_id = text(&settled["setlinfo"]["setl_id"]);
    let query = json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}});
    let found = counter.send("5203", query.clone()).output()["setlinfo"].clone();
    assert_eq!(
        (&found["refd_setl_flag"], &found["cash_payamt"]),
        (&json!("0"), &settled["setlinfo"]["psn_cash_pay"])
    );
    assert_eq!(
        counter
            .send("5204", json!({"data": {"mdtrt_id": visit}}))
            .output()[4]["setl_id"],
        json!(setl_id)
    );
    let person = json!({"data": {"mdtrt_cert_no": EMPLOYEE}});
    assert_eq!(
        counter.send("1101", person.clone()).output()["insuinfo"][0]["balc"],
        settled["setlinfo"]["balc"]
    );
    let sums = |counter: &mut Counter| {
        counter.send("5206", json!({})).output()["cuminfo"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(sums(&mut counter), 6);
    let period = json!({"begntime": "2017-06-01 00:00:00", "endtime": "2017-06-03 00:00:00"});
    assert_eq!(
        counter.send("5201", json!({ "data": period })).output()["mdtrtinfo"][0]["mdtrt_id"],
        json!(visit)
    );
    let day = |medfee: &str, fund: &str, account: &str, count: u32| {
        json!({"data": {"stmt_begndate": "2017-06-02", "stmt_enddate": "2017-06-02", "clr_type": "11",
            "medfee_sumamt": medfee, "fund_pay_sumamt": fund, "acct_pay": account, "fixmedins_setl_cnt": count}})
    };
    let result = |said: Said| text(&said.output()["stmtinfo"]["stmt_rslt"]);
    assert_eq!(
        result(counter.send("3201", day("567.95", "153.61", "368.84", 1))),
        "000000"
    );
    assert_eq!(
        result(counter.send("3201", day("567.94", "153.61", "368.84", 1))),
        "000103"
    );
    assert_eq!(
        result(counter.send("3201", day("0", "0", "0", 0))),
        "000101"
    );

    counter.send("2208", query.clone()).output();
    assert_eq!(
        counter.send("5203", query).output()["setlinfo"]["refd_setl_flag"],
        json!("1")
    );
    assert_eq!(
        counter.send("1101", person).output()["insuinfo"][0]["balc"].to_string(),
        "1200.0"
    );
    assert_eq!(sums(&mut counter), 1, "the deductible used at the start");
    assert_eq!(
        result(counter.send("3201", day("0", "0", "0", 2))),
        "000000"
    );
    assert_eq!(
        result(counter.send("3201", day("0", "0", "0", 0))),
        "000000"
    );
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
    assert_eq!(
        counter.send("5201", json!({ "data": period })).output()["mdtrtinfo"],
        json!([])
    );
    assert_eq!(
        counter
            .send("5204", json!({"data": {"mdtrt_id": visit}}))
            .output(),
        json!([])
    );
}

#[test]
fn a_person_is_found_in_another_city_by_card_alone() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    counter.insured = String::new();
    let found = counter
        .send("1101", json!({"data": {"mdtrt_cert_no": EMPLOYEE}}))
        .output();
    assert_eq!(found["insuinfo"][0]["insuplc_admdvs"], json!(HANGZHOU));
    assert_eq!(
        counter.send("1101", json!({"data": {"mdtrt_cert_no": "nobody"}})),
        Said::Refused(crosswipe_wire::RefusalCode::Person)
    );
}

#[test]
fn a_line_may_be_withdrawn_alone_and_sent_again() {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let stay = counter.charged_stay();
    counter
        .send(
            "2302",
            json!({"data": [{"mdtrt_id": stay, "feedetl_sn": "L2"}]}),
        )
        .output();
    let again = counter.lines(&stay, "", &OUTPATIENT[1..2], 2);
    counter.send("2301", again).output();
    counter
        .send(
            "2302",
            json!({"data": [{"mdtrt_id": stay, "feedetl_sn": "0000"}]}),
        )
        .output();
    counter
        .send("2404", json!({"data": {"mdtrt_id": stay}}))
        .output();
    check_rolled_back(&before, &books(&world));
}
