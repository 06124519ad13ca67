//! 拒绝 · What does not fit is refused by its stable code, and books nothing.

use std::sync::Arc;

use crosswipe_domain::{AdmDivision, Cell, Clearing, Party, Profile, Role, Row};
use crosswipe_mocks::settlement::Filing;
use crosswipe_mocks::{MemoryWorld, MsgidMode, Policy};
use crosswipe_wire::{Context, RefusalCode as Code};
use rstest::rstest;
use serde_json::json;

use crate::bench::*;

type Act = fn(&mut Counter) -> Said;

fn settled_visit(counter: &mut Counter) -> (String, String) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let setl_id = text(&counter.send("2207", bill).output()["setlinfo"]["setl_id"]);
    (visit, setl_id)
}

fn settled_stay(counter: &mut Counter) -> (String, String) {
    let stay = counter.charged_stay();
    counter.discharge(&stay).output();
    let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL}});
    let setl_id = text(&counter.send("2304", bill).output()["setlinfo"]["setl_id"]);
    (stay, setl_id)
}

fn undo(counter: &mut Counter, infno: &str, visit: &str, setl_id: &str) -> Said {
    counter.send(
        infno,
        json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
    )
}

fn of_visit(counter: &mut Counter, infno: &str, visit: &str) -> Said {
    let node = json!({"mdtrt_id": visit, "chrg_bchno": "0000", "feedetl_sn": "0000"});
    let node = if infno == "2302" { json!([node]) } else { node };
    counter.send(infno, json!({ "data": node }))
}

fn refund(counter: &mut Counter, count: &str, price: &str, original: &str) -> Said {
    let stay = counter.charged_stay();
    let mut lines = counter.lines(&stay, "", &[("drug-a", price, count)], 90);
    lines["feedetail"][0]["init_feedetl_sn"] = json!(original);
    counter.send("2301", lines)
}

/// Each act is refused with its code, and no cell of any party moves by the refused message.
#[rstest]
#[case::an_unknown_visit(Code::NoVisit, |c: &mut Counter| of_visit(c, "2202", "unknown"))]
#[case::a_cancelled_visit(Code::NoVisit, |c: &mut Counter| {
    let visit = c.charged_visit();
    of_visit(c, "2205", &visit).output();
    of_visit(c, "2202", &visit).output();
    of_visit(c, "2202", &visit)
})]
#[case::somebody_elses_visit(Code::NoVisit, |c: &mut Counter| {
    let visit = c.charged_visit();
    c.person = RESIDENT.into();
    of_visit(c, "2202", &visit)
})]
#[case::a_stay_undone_as_a_visit(Code::NoVisit, |c: &mut Counter| { let (stay, setl_id) = settled_stay(c); undo(c, "2208", &stay, &setl_id) })]
#[case::an_unknown_settlement(Code::NoVisit, |c: &mut Counter| { let (visit, _) = settled_visit(c); undo(c, "2208", &visit, "unknown") })]
#[case::a_line_twice(Code::DupLine, |c: &mut Counter| { let visit = c.charged_visit(); let lines = c.lines(&visit, "B2", &OUTPATIENT, 5); c.send("2204", lines) })]
#[case::more_back_than_was_sold(Code::RefundQty, |c: &mut Counter| refund(c, "-3", "18.60", "L2"))]
#[case::a_refund_of_nothing(Code::RefundQty, |c: &mut Counter| refund(c, "-1", "18.60", "L77"))]
#[case::a_refund_at_another_price(Code::RefundQty, |c: &mut Counter| refund(c, "-1", "18.50", "L2"))]
#[case::a_total_off_by_a_fen(Code::Split, |c: &mut Counter| {
    let visit = c.charged_visit();
    c.send("2207", json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": "567.94"}}))
})]
#[case::a_line_off_by_a_fen(Code::Split, |c: &mut Counter| {
    let visit = c.charged_visit();
    let mut lines = c.lines(&visit, "B2", &OUTPATIENT[..1], 90);
    lines["feedetail"][0]["det_item_fee_sumamt"] = json!("25.01");
    c.send("2204", lines)
})]
#[case::nothing_to_settle(Code::Split, |c: &mut Counter| {
    let visit = c.charged_visit();
    of_visit(c, "2205", &visit).output();
    let bill = c.bill(&visit);
    c.send("2207", bill)
})]
#[case::settled_twice(Code::Settled, |c: &mut Counter| { let (visit, _) = settled_visit(c); let bill = c.bill(&visit); c.send("2207", bill) })]
#[case::settled_lines_withdrawn(Code::Settled, |c: &mut Counter| { let (visit, _) = settled_visit(c); of_visit(c, "2205", &visit) })]
#[case::a_settled_batch_withdrawn(Code::Settled, |c: &mut Counter| {
    let (visit, _) = settled_visit(c);
    c.send("2205", json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1"}}))
})]
#[case::a_settled_visit_cancelled(Code::Settled, |c: &mut Counter| { let (visit, _) = settled_visit(c); of_visit(c, "2202", &visit) })]
#[case::a_settled_stay_readmitted(Code::Settled, |c: &mut Counter| { let (stay, _) = settled_stay(c); of_visit(c, "2405", &stay) })]
#[case::a_settled_stay_cancelled(Code::Settled, |c: &mut Counter| { let (stay, _) = settled_stay(c); of_visit(c, "2404", &stay) })]
#[case::settled_stay_lines_withdrawn(Code::Settled, |c: &mut Counter| { let (stay, _) = settled_stay(c); of_visit(c, "2302", &stay) })]
#[case::a_visit_with_lines_cancelled(Code::HasLines, |c: &mut Counter| { let visit = c.charged_visit(); of_visit(c, "2202", &visit) })]
#[case::a_stay_with_lines_cancelled(Code::HasLines, |c: &mut Counter| { let stay = c.charged_stay(); of_visit(c, "2404", &stay) })]
#[case::lines_after_discharge(Code::Discharged, |c: &mut Counter| {
    let stay = c.charged_stay();
    c.discharge(&stay).output();
    let lines = c.lines(&stay, "", &OUTPATIENT[..1], 90);
    c.send("2301", lines)
})]
#[case::a_discharged_stay_cancelled(Code::Discharged, |c: &mut Counter| { let stay = c.charged_stay(); c.discharge(&stay).output(); of_visit(c, "2404", &stay) })]
#[case::discharged_twice(Code::Discharged, |c: &mut Counter| { let stay = c.charged_stay(); c.discharge(&stay).output(); c.discharge(&stay) })]
#[case::readmitted_without_discharge(Code::NotDisch, |c: &mut Counter| { let stay = c.charged_stay(); of_visit(c, "2405", &stay) })]
#[case::undone_twice(Code::Undone, |c: &mut Counter| {
    let (visit, setl_id) = settled_visit(c);
    undo(c, "2208", &visit, &setl_id).output();
    undo(c, "2208", &visit, &setl_id)
})]
#[case::a_mirror_undone(Code::Undone, |c: &mut Counter| {
    let (visit, setl_id) = settled_visit(c);
    let mirror = text(&undo(c, "2208", &visit, &setl_id).output()["setlinfo"]["setl_id"]);
    undo(c, "2208", &visit, &mirror)
})]
#[case::reversed_after_its_undo(Code::Undone, |c: &mut Counter| {
    let (visit, setl_id) = settled_visit(c);
    let msgid = c.last_msgid.clone();
    undo(c, "2208", &visit, &setl_id).output();
    c.send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2207"}}))
})]
#[case::a_reversal_of_what_has_its_own_undo(Code::RevType, |c: &mut Counter| c.send("2601", json!({"data": {"omsgid": "m", "oinfno": "2204"}})))]
#[case::a_reversal_that_names_another_number(Code::RevType, |c: &mut Counter| {
    settled_visit(c);
    let msgid = c.last_msgid.clone();
    c.send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2304"}}))
})]
#[case::a_reversal_for_another_person(Code::Person, |c: &mut Counter| {
    settled_visit(c);
    let msgid = c.last_msgid.clone();
    c.send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2207", "psn_no": RESIDENT}}))
})]
#[case::a_reversed_admission_with_lines(Code::HasLines, |c: &mut Counter| {
    c.send("2401", json!({"mdtrtinfo": {"med_type": "21"}})).output();
    let msgid = c.last_msgid.clone();
    let stay = text(&c.send("5303", json!({"data": {"begntime": "2017-06-01 00:00:00"}})).output()["data"][0]["mdtrt_id"]);
    let lines = c.lines(&stay, "", &OUTPATIENT, 1);
    c.send("2301", lines).output();
    c.send("2601", json!({"data": {"omsgid": msgid, "oinfno": "2401"}}))
})]
#[case::a_second_stay(Code::OpenStay, |c: &mut Counter| { c.charged_stay(); c.send("2401", json!({})) })]
#[case::an_insurance_that_the_person_has_not(Code::Status, |c: &mut Counter| c.send("2201", json!({"data": {"insutype": "390"}})))]
#[case::an_insured_place_without_platform(Code::Region, |c: &mut Counter| { c.insured = "330400".into(); c.send("2201", json!({})) })]
#[case::another_province(Code::Region, |c: &mut Counter| { c.insured = "440100".into(); c.send("2201", json!({})) })]
#[case::a_person_of_another_place(Code::Person, |c: &mut Counter| { c.insured = WENZHOU.into(); c.send("2201", json!({})) })]
#[case::a_mandatory_field_left_empty(Code::Field, |c: &mut Counter| c.send("2201", json!({"data": {"dept_name": ""}})))]
#[case::an_item_that_is_in_no_catalogue(Code::Field, |c: &mut Counter| {
    let visit = c.charged_visit();
    let lines = c.lines(&visit, "B2", &[("magic", "1.00", "1")], 90);
    c.send("2204", lines)
})]
#[case::a_discharge_before_admission(Code::Field, |c: &mut Counter| {
    let stay = c.charged_stay();
    let diagnosis = json!({"mdtrt_id": stay, "maindiag_flag": "1"});
    c.send("2402", json!({"dscginfo": {"mdtrt_id": stay, "endtime": "2017-06-01 09:00:00"}, "diseinfo": [diagnosis]}))
})]
#[case::a_discharge_without_main_diagnosis(Code::Field, |c: &mut Counter| {
    let stay = c.charged_stay();
    c.send("2402", json!({"dscginfo": {"mdtrt_id": stay}, "diseinfo": [{"mdtrt_id": stay, "maindiag_flag": "0"}]}))
})]
#[case::what_nobody_knows(Code::Unsupported, |c: &mut Counter| c.send("9999", json!({})))]
#[case::before_the_window(Code::Window, |c: &mut Counter| { c.now = at("2017-05-31T12:00+08:00"); c.send("2201", json!({})) })]
#[case::while_all_is_stopped(Code::Window, |c: &mut Counter| { c.now = at("2017-06-01T08:59:59.999+08:00"); c.send("2201", json!({})) })]
#[case::at_the_closing_bell(Code::Window, |c: &mut Counter| { c.now = at("2017-06-04T18:00+08:00"); c.send("2201", json!({})) })]
#[case::a_test_person_once_all_is_live(Code::Window, |c: &mut Counter| { c.now = at("2017-06-06T10:00+08:00"); c.send("2201", json!({})) })]
#[case::the_public_during_the_window(Code::Window, |c: &mut Counter| { c.person = PUBLIC.into(); c.send("2201", json!({})) })]
fn what_does_not_fit_is_refused_by_name_and_books_nothing(#[case] code: Code, #[case] act: Act) {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    assert_eq!(act(&mut counter), Said::Refused(code));
    let (origin, msgid) = (counter.institution.clone(), counter.last_msgid.clone());
    for (party, export) in books(&world) {
        // Booked at most its fence.
        let of_refused = export
            .log
            .iter()
            .filter(|row| row.cause.origin == origin && row.cause.msgid == msgid);
        let moved = of_refused
            .filter(|row| !matches!(row.entry, crosswipe_domain::Entry::Fence { .. }))
            .count();
        assert_eq!(moved, 0, "{party}: {code}");
        check_adds_up(&export);
    }
}

#[rstest]
#[case::an_arranged_pair("2017-06-01T09:00+08:00", H_NINGBO, EMPLOYEE, true)]
#[case::the_same_city_is_no_arranged_pair("2017-06-01T09:00+08:00", H_HANGZHOU, EMPLOYEE, false)]
#[case::nobody_arranged_this_pair("2017-06-01T09:00+08:00", H_HANGZHOU, OTHER, false)]
#[case::across_in_the_cross_phase("2017-06-02T09:00+08:00", H_HANGZHOU, OTHER, true)]
#[case::at_home_in_the_cross_phase("2017-06-02T09:00+08:00", H_HANGZHOU, EMPLOYEE, false)]
#[case::across_at_the_last_instant("2017-06-04T17:59:59.999+08:00", H_NINGBO, EMPLOYEE, true)]
#[case::at_home_in_the_local_phase("2017-06-04T18:00+08:00", H_HANGZHOU, EMPLOYEE, true)]
#[case::the_public_before_the_window("2017-05-31T17:59:59+08:00", H_NINGBO, PUBLIC, true)]
#[case::the_public_once_it_is_live("2017-06-05T18:00+08:00", H_NINGBO, PUBLIC, true)]
fn the_phase_decides_who_may_be_swiped_where(
    #[case] now: &str,
    #[case] institution: &str,
    #[case] person: &str,
    #[case] allowed: bool,
) {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, institution, person);
    counter.now = at(now);
    let said = counter.send("2201", json!({}));
    assert_eq!(matches!(said, Said::Ok(_)), allowed, "{said:?}");
    assert!(allowed || said == Said::Refused(Code::Window));
}

#[test]
fn undo_and_reads_are_never_refused_by_a_phase() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (visit, setl_id) = settled_visit(&mut counter);
    counter.now = at("2017-06-02T23:00+08:00");
    counter.send("5206", json!({})).output();
    undo(&mut counter, "2208", &visit, &setl_id).output();
    counter.now = at("2017-06-06T10:00+08:00");
    of_visit(&mut counter, "2205", &visit).output();
    of_visit(&mut counter, "2202", &visit).output();
    check_rolled_back(&before, &books(&world));
}

#[test]
fn an_undo_on_the_next_day_moves_both_days() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (visit, setl_id) = settled_visit(&mut counter);
    counter.now = at("2017-06-03T00:00+08:00");
    undo(&mut counter, "2208", &visit, &setl_id).output();
    for party in counter.path() {
        let days = |day: &str| {
            let of_day = |cell: &&crosswipe_domain::Cell| {
                cell.key.dims.get("day").is_some_and(|d| d == day)
                    && cell.key.dims["item"] == "medfee"
            };
            Carrier::export(&world, &party)
                .cells
                .iter()
                .find(of_day)
                .map(|cell| cell.value)
        };
        assert_eq!(
            (days("2017-06-02"), days("2017-06-03")),
            (Some(56795), Some(-56795)),
            "{party}"
        );
    }
}

fn world_with(policy: Policy) -> MemoryWorld {
    let mut config = config(&[]);
    let hangzhou = AdmDivision::parse(HANGZHOU).unwrap();
    let mut regions = config.topology.regions.iter_mut();
    let region = regions.find(|region| region.code == hangzhou).unwrap();
    Arc::make_mut(&mut region.profile).policy = policy;
    MemoryWorld::new(&config.setup(), vec![])
}

#[test]
fn a_policy_may_refuse_care_elsewhere_without_filing() {
    let world = world_with(Policy {
        filing: Filing::Refused,
        ..Policy::default()
    });
    assert_eq!(
        Counter::new(&world, H_NINGBO, EMPLOYEE).send("2201", json!({})),
        Said::Refused(Code::NoReg)
    );
    let mut at_home = Counter::new(&world, H_HANGZHOU, EMPLOYEE);
    at_home.now = at("2017-06-05T10:00+08:00");
    at_home.send("2201", json!({})).output();
}

#[test]
fn a_platform_may_demand_that_the_newest_goes_first() {
    let world = world_of(Profile {
        refuses_older: true,
        ..Profile::default()
    });
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (first, second) = (settled_visit(&mut counter), settled_visit(&mut counter));
    assert_eq!(
        undo(&mut counter, "2208", &first.0, &first.1),
        Said::Refused(Code::Later)
    );
    undo(&mut counter, "2208", &second.0, &second.1).output();
    undo(&mut counter, "2208", &first.0, &first.1).output();
}

/// A world whose regions all have this profile.
fn world_of(profile: Profile) -> MemoryWorld {
    let profile = Arc::new(profile);
    let mut config = config(&[]);
    for region in &mut config.topology.regions {
        region.profile = Arc::clone(&profile);
    }
    MemoryWorld::new(&config.setup(), vec![])
}

/// The hold stands as long as the settlement does, and goes with it by either undo.
#[rstest]
#[case::cancelled("2208")]
#[case::reversed("2601")]
fn what_an_account_pays_may_be_held_as_long_as_the_settlement_stands(#[case] infno: &str) {
    let held = |world: &MemoryWorld| -> i64 {
        let exports = books(world);
        let cells = exports.values().flat_map(|export| &export.cells);
        let of_kind = |kind: &'static str| move |cell: &&Cell| cell.key.kind == kind;
        cells.filter(of_kind("hold")).map(|cell| cell.value).sum()
    };
    let paid = |world: &MemoryWorld| -> i64 {
        let exports = books(world);
        let rows = exports.values().flat_map(|export| &export.rows);
        let settled = |row: &&Row| row.kind == "settlement" && row.status == "settled";
        rows.filter(settled)
            .find_map(|row| row.amounts.get("acct_pay"))
            .copied()
            .unwrap()
    };
    for holds_account in [true, false] {
        let world = world_of(Profile {
            holds_account,
            ..Profile::default()
        });
        let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
        let (visit, setl_id) = settled_visit(&mut counter);
        assert!(paid(&world) > 0, "the account pays");
        assert_eq!(held(&world), if holds_account { paid(&world) } else { 0 });
        let by_id = json!({"data": {"omsgid": counter.last_msgid, "oinfno": "2207"}});
        match infno {
            "2208" => undo(&mut counter, "2208", &visit, &setl_id).output(),
            _ => counter.send("2601", by_id).output(),
        };
        assert_eq!(held(&world), 0);
    }
}

#[rstest]
#[case::last_year(Profile { refuses_last_year: true, ..Profile::default() }, Code::Year, "2017-12-31T23:59+08:00", "2018-01-01T00:00+08:00")]
#[case::cleared_today(
    cleared(false, 720),
    Code::Cleared,
    "2017-06-02T11:59+08:00",
    "2017-06-03T12:00+08:00"
)]
#[case::cleared_this_month(
    cleared(true, 1_440),
    Code::Cleared,
    "2017-06-30T23:59+08:00",
    "2017-07-01T00:00+08:00"
)]
fn what_is_closed_is_not_taken_back_by_either_undo(
    #[case] profile: Profile,
    #[case] code: Code,
    #[case] before: &str,
    #[case] after: &str,
) {
    for (moment, open) in [(before, true), (after, false)] {
        let world = world_of(profile.clone());
        let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
        let (visit, setl_id) = settled_visit(&mut counter);
        let msgid = counter.last_msgid.clone();
        let books_before = books(&world);
        counter.now = at(moment);
        let by_id = json!({"data": {"omsgid": msgid, "oinfno": "2207"}});
        if open {
            counter.send("2601", by_id).output();
            continue;
        }
        assert_eq!(counter.send("2601", by_id), Said::Refused(code));
        assert_eq!(
            undo(&mut counter, "2208", &visit, &setl_id),
            Said::Refused(code)
        );
        for (party, export) in books(&world) {
            assert_eq!(export.cells, books_before[&party].cells, "{party}");
        }
    }
}

fn cleared(monthly: bool, minute: u16) -> Profile {
    Profile {
        clearing: Some(Clearing { monthly, minute }),
        ..Profile::default()
    }
}

#[rstest]
#[case::replay(MsgidMode::Replay, 1)]
#[case::refuse(MsgidMode::Refuse, 1)]
#[case::process(MsgidMode::Process, 2)]
fn a_repeated_msgid_meets_the_platforms_mode(#[case] mode: MsgidMode, #[case] visits: i64) {
    let mut config = config(&[]);
    config.msgid_mode = mode;
    let world = MemoryWorld::new(&config.setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let first = counter.send("2201", json!({}));
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let second = counter.send_body(&msgid, body);
    match mode {
        MsgidMode::Replay => assert_eq!(first, second),
        MsgidMode::Refuse => assert_eq!(second, Said::Refused(Code::DupMsg)),
        MsgidMode::Process => assert_ne!(first, second),
    }
    for party in counter.path() {
        let cells = Carrier::export(&world, &party).cells;
        assert_eq!(
            cells
                .iter()
                .find(|cell| cell.key.kind == "visit")
                .unwrap()
                .value,
            visits,
            "{party}"
        );
    }
}

#[test]
fn a_process_of_an_older_epoch_is_refused_and_books_nothing() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let context = |run: &str, epoch| Context {
        run: run.into(),
        epoch,
        now: None,
    };
    let mut send = |context: Context| {
        let msgid = counter.new_msgid();
        let body = counter.message("2201", &msgid, json!({}));
        said(Carrier::exchange(
            &world,
            counter.now,
            &counter.party,
            Some(&context),
            &body,
        ))
    };
    assert!(matches!(send(context("r", 2)), Said::Ok(_)));
    let before = books(&world);
    assert_eq!(send(context("r", 1)), Said::Refused(Code::StaleEpoch));
    assert_eq!(before, books(&world));
    assert!(matches!(send(context("another", 1)), Said::Ok(_)));
}

#[test]
fn an_institution_that_is_not_registered_here_is_refused() {
    let world = MemoryWorld::new(&config(&[]).setup(), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    counter.party = Party::new(Role::Treatment, HANGZHOU);
    assert_eq!(counter.send("2201", json!({})), Said::Refused(Code::Window));
}
