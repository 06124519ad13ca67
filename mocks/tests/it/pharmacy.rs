//! 药店购药 · 2101 to 2103 through the whole path: one call, one undo, nothing left; and each refusal.

use crosswipe_domain::{Export, Money, Party, Role, Row};
use crosswipe_mocks::{MemoryWorld, MsgidMode};
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    MemoryWorld::new(&config(&[]).setup(), vec![])
}

/// Two boxes of one drug, three of another, one wholly self-financed: 37.20 + 80.25 + 45.50.
const DRUGS: [(&str, &str, &str); 3] = [
    ("drug-a", "18.60", "2"),
    ("drug-b", "26.75", "3"),
    ("vitamin", "45.50", "1"),
];
const TOTAL: &str = "162.95";

fn purchase(counter: &Counter, total: &str) -> Value {
    let lines = counter.lines("", "", &DRUGS, 1);
    json!({"druginfo": {"med_type": "41", "medfee_sumamt": total}, "drugdetail": lines["feedetail"]})
}

fn buy(counter: &mut Counter) -> Value {
    let purchase = purchase(counter, TOTAL);
    counter.send("2102", purchase).output()
}

fn undo(settled: &Value) -> Value {
    let info = &settled["setlinfo"];
    json!({"data": {"mdtrt_id": info["mdtrt_id"], "setl_id": info["setl_id"]}})
}

fn amount(info: &Value, name: &str) -> Money {
    yuan(&info[name].to_string())
}

/// Rows of a kind that are still open, at every party.
fn open(world: &MemoryWorld, kind: &str) -> Vec<(Party, Row)> {
    let of = |(party, export): (Party, Export)| {
        export.rows.into_iter().map(move |row| (party.clone(), row))
    };
    let rows = books(world).into_iter().flat_map(of);
    rows.filter(|(_, row)| row.kind == kind && !row.is_terminal())
        .collect()
}

#[rstest]
#[case::at_home(P_HANGZHOU, EMPLOYEE, "2017-06-05T10:00+08:00", 3)]
#[case::elsewhere(P_NINGBO, EMPLOYEE, "2017-06-02T10:00+08:00", 4)]
#[case::a_resident(P_NINGBO, RESIDENT, "2017-06-02T10:00+08:00", 4)]
fn one_call_does_all_of_a_purchase_and_one_takes_all_of_it_back(
    #[case] pharmacy: &str,
    #[case] person: &str,
    #[case] now: &str,
    #[case] parties: usize,
) {
    let world = world();
    let mut counter = Counter::new(&world, pharmacy, person);
    counter.now = at(now);
    let before = books(&world);
    let trial = counter.send("2101", purchase(&counter, TOTAL)).output();
    assert_eq!(before, books(&world), "a trial stores nothing");
    let settled = buy(&mut counter);
    let own = ["setl_id", "mdtrt_id", "medins_setl_id"];
    let shown = trial["setlinfo"].as_object().unwrap().iter();
    for (name, value) in shown.filter(|(name, _)| !own.contains(&name.as_str())) {
        assert_eq!(value, &settled["setlinfo"][name], "{name}");
    }
    assert_eq!(trial["setldetail"], settled["setldetail"]);
    assert_eq!(settled["detlcutinfo"].as_array().unwrap().len(), 3);
    assert_eq!(settled["setlinfo"]["clr_type"], json!("41"));
    for kind in ["visit", "settlement"] {
        assert_eq!(open(&world, kind).len(), parties, "{kind}");
    }
    assert_eq!(open(&world, "fee-detail").len(), parties * 3);
    let sold = open(&world, "trace-code");
    assert!(sold.iter().all(|(party, _)| party.role == Role::His));
    assert_eq!(sold.len(), 5, "two boxes of one drug, three of another");
    let undone = counter.send("2103", undo(&settled)).output();
    let (was, is) = (&settled["setlinfo"], &undone["setlinfo"]);
    for (now, then) in [
        ("medfee_sumamt", "medfee_sumamt"),
        ("fund_pay_sumamt", "fund_pay_sumamt"),
        ("acct_pay", "acct_pay"),
        ("psn_pay", "psn_part_amt"),
        ("cash_payamt", "psn_cash_pay"),
    ] {
        assert_eq!(amount(is, now), -amount(was, then), "{now}");
    }
    assert_eq!(is.get("psn_cash_pay"), None, "2103 spells it otherwise");
    assert_ne!(is["setl_id"], was["setl_id"]);
    assert_eq!(is["medins_setl_id"], json!(counter.last_msgid));
    check_rolled_back(&before, &books(&world));
}

#[test]
fn a_purchase_counts_for_itself_and_takes_from_the_same_deductible_as_a_visit() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let info = buy(&mut counter)["setlinfo"].clone();
    // In scope 37.20 + (80.25 − 4.01); 240.00 of the deductible are left.
    assert_eq!(amount(&info, "inscp_scp_amt"), yuan("113.44"));
    assert_eq!(amount(&info, "act_pay_dedc"), yuan("113.44"));
    assert_eq!(amount(&info, "acct_pay"), yuan("117.45"), "all but class C");
    let sums = counter
        .send("5206", json!({"data": {"cum_ym": "2017"}}))
        .output();
    let sum = |code: &str| {
        let of_code = |row: &&Value| row["cum_type_code"] == json!(code);
        let row = sums["cuminfo"].as_array().unwrap().iter().find(of_code);
        row.map(|row| row["cum"].to_string())
    };
    assert_eq!(sum("C0000_BIZ41").as_deref(), Some("1"));
    assert_eq!(sum("F0000_BIZ41").as_deref(), Some("162.95"));
    assert_eq!(sum("DEDC").as_deref(), Some("873.44"));
    assert_eq!(sum("C0000_BIZ11"), None, "no visit to a hospital");
}

#[test]
fn a_purchase_is_found_by_the_queries_while_it_stands() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let settled = buy(&mut counter);
    let info = &settled["setlinfo"];
    let period = json!({"data": {"med_type": "41", "begntime": "2017-06-01 00:00:00", "endtime": "2017-06-30 00:00:00"}});
    let visits = counter.send("5201", period.clone()).output();
    assert_eq!(visits["mdtrtinfo"][0]["mdtrt_id"], info["mdtrt_id"]);
    let lines = counter.send("5204", json!({"data": {"mdtrt_id": info["mdtrt_id"]}}));
    let lines = lines.output();
    assert_eq!(lines.as_array().unwrap().len(), 3);
    assert_eq!(lines[0]["setl_id"], info["setl_id"]);
    let found = counter.send("5203", undo(&settled)).output();
    assert_eq!(found["setlinfo"]["refd_setl_flag"], json!("0"));
    counter.send("2103", undo(&settled)).output();
    let found = counter.send("5203", undo(&settled)).output();
    assert_eq!(found["setlinfo"]["refd_setl_flag"], json!("1"));
    assert_eq!(
        counter.send("5201", period).output()["mdtrtinfo"],
        json!([])
    );
}

#[test]
fn the_same_message_again_is_the_same_purchase() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let first = buy(&mut counter);
    let books_then = books(&world);
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    assert_eq!(counter.send_body(&msgid, body.clone()).output(), first);
    assert_eq!(books_then, books(&world));
    let other = body.replace("\"41\"", "\"11\"");
    let second = counter.send_body(&msgid, other).output();
    assert_ne!(second["setlinfo"]["setl_id"], first["setlinfo"]["setl_id"]);
    counter.send("2103", undo(&first)).output();
    assert_eq!(counter.send_body(&msgid, body), Said::Refused(Code::Undone));
}

#[test]
fn a_platform_that_keeps_no_messages_sells_twice() {
    let mut config = config(&[]);
    config.msgid_mode = MsgidMode::Process;
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let first = buy(&mut counter);
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let second = counter.send_body(&msgid, body).output();
    assert_ne!(first["setlinfo"]["setl_id"], second["setlinfo"]["setl_id"]);
}

#[test]
fn what_is_undone_is_not_undone_again() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let settled = buy(&mut counter);
    let mut other = undo(&settled);
    other["data"]["mdtrt_id"] = json!("nowhere");
    let refused = |code| Said::Refused(code);
    assert_eq!(counter.send("2103", other), refused(Code::NoVisit));
    // The undo of another business does not find it.
    assert_eq!(counter.send("2208", undo(&settled)), refused(Code::NoVisit));
    let visit = json!({"data": {"mdtrt_id": settled["setlinfo"]["mdtrt_id"]}});
    assert_eq!(counter.send("2202", visit), refused(Code::NoVisit));
    counter.send("2103", undo(&settled)).output();
    assert_eq!(counter.send("2103", undo(&settled)), refused(Code::Undone));
}

#[test]
fn another_pharmacy_and_another_person_find_nothing() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let settled = buy(&mut counter);
    let mut stranger = Counter::new(&world, P_NINGBO, RESIDENT);
    stranger.serial = 100;
    let refused = Said::Refused(Code::NoVisit);
    assert_eq!(stranger.send("2103", undo(&settled)), refused);
    let mut elsewhere = Counter::new(&world, P_HANGZHOU, EMPLOYEE);
    elsewhere.now = at("2017-06-05T10:00+08:00");
    assert_eq!(elsewhere.send("2103", undo(&settled)), refused);
}

#[rstest]
#[case::the_purchase("2102")]
#[case::its_undo("2103")]
fn a_reversal_takes_back_whichever_of_the_two_is_named(#[case] oinfno: &str) {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let before = books(&world);
    let settled = buy(&mut counter);
    let sold = books(&world);
    if oinfno == "2103" {
        counter.send("2103", undo(&settled)).output();
    }
    let named = json!({"data": {"omsgid": counter.last_msgid, "oinfno": oinfno}});
    counter.send("2601", named.clone()).output();
    let after = books(&world);
    match oinfno {
        "2102" => check_rolled_back(&before, &after),
        _ => {
            let cells = |books: &std::collections::BTreeMap<Party, Export>| {
                let cells = books.values().map(|export| export.cells.clone());
                cells.collect::<Vec<_>>()
            };
            assert_eq!(cells(&sold), cells(&after), "the purchase stands again");
        }
    }
    assert_eq!(counter.send("2601", named), Said::Refused(Code::Undone));
}

#[test]
fn a_purchase_that_was_reversed_before_it_came_is_never_booked() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let before = books(&world);
    let msgid = counter.new_msgid();
    let body = counter.message("2102", &msgid, purchase(&counter, TOTAL));
    let named = json!({"data": {"omsgid": msgid, "oinfno": "2102"}});
    counter.send("2601", named).output();
    assert_eq!(counter.send_body(&msgid, body), Said::Refused(Code::Undone));
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::another_total("/druginfo/medfee_sumamt", json!("162.94"), Code::Split)]
#[case::another_amount("/drugdetail/0/det_item_fee_sumamt", json!("37.21"), Code::Split)]
#[case::a_line_twice("/drugdetail/1/feedetl_sn", json!("L1"), Code::DupLine)]
#[case::not_in_the_catalogue("/drugdetail/0/med_list_codg", json!("XN00"), Code::Field)]
#[case::another_insurance("/druginfo/insutype", json!("390"), Code::Status)]
#[case::nobody("/druginfo/psn_no", json!("99990000000000000000000077"), Code::Window)]
#[case::no_lines("/drugdetail", json!([]), Code::Field)]
#[case::less_than_nothing("/drugdetail/0/cnt", json!("-2"), Code::Split)]
fn what_does_not_fit_is_refused_and_books_nothing(
    #[case] place: &str,
    #[case] value: Value,
    #[case] code: Code,
) {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    for infno in ["2101", "2102"] {
        let mut all = purchase(&counter, TOTAL);
        all["druginfo"]["insutype"] = json!("310");
        all["druginfo"]["psn_no"] = json!(EMPLOYEE);
        *all.pointer_mut(place).unwrap() = value.clone();
        let before = books(&world);
        assert_eq!(counter.send(infno, all), Said::Refused(code), "{infno}");
        let cells = |books: &std::collections::BTreeMap<Party, Export>| {
            let exports = books.values();
            let shown = exports.map(|export| (export.cells.clone(), export.rows.clone()));
            shown.collect::<Vec<_>>()
        };
        assert_eq!(cells(&before), cells(&books(&world)), "{infno}");
    }
}

#[rstest]
#[case::a_hospital(H_NINGBO, "2017-06-02T10:00+08:00", Code::Field)]
#[case::outside_the_window(P_NINGBO, "2017-06-01T08:00+08:00", Code::Window)]
#[case::a_pair_not_arranged(P_NINGBO, "2017-06-01T10:00+08:00", Code::Window)]
#[case::a_local_swipe_while_cities_cross(P_HANGZHOU, "2017-06-02T10:00+08:00", Code::Window)]
fn who_may_not_sell_is_refused(#[case] seller: &str, #[case] now: &str, #[case] code: Code) {
    let world = world();
    let mut counter = Counter::new(&world, seller, EMPLOYEE);
    counter.now = at(now);
    let purchase = purchase(&counter, TOTAL);
    assert_eq!(counter.send("2102", purchase), Said::Refused(code));
}

#[test]
fn totals_of_a_day_balance_with_the_purchase_and_without_it() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let settled = buy(&mut counter);
    let info = &settled["setlinfo"];
    let ask = |counter: &mut Counter, sums: [&Value; 3], count: &str| {
        let data = json!({"clr_type": "41", "setl_optins": NINGBO, "medfee_sumamt": sums[0], "fund_pay_sumamt": sums[1],
            "acct_pay": sums[2], "fixmedins_setl_cnt": count, "stmt_begndate": "2017-06-02", "stmt_enddate": "2017-06-02"});
        counter.send("3201", json!({ "data": data })).output()["stmtinfo"]["stmt_rslt"].clone()
    };
    let sums = ["medfee_sumamt", "fund_pay_sumamt", "acct_pay"].map(|name| &info[name]);
    assert_eq!(ask(&mut counter, sums, "1"), json!("000000"));
    let zero = json!(0);
    assert_eq!(ask(&mut counter, [&zero; 3], "0"), json!("000101"));
    counter.send("2103", undo(&settled)).output();
    assert_eq!(ask(&mut counter, [&zero; 3], "0"), json!("000000"));
}
