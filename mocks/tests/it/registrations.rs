//! 备案与药架 · Registrations and their undo over the whole path; drugs that leave the shelf and come back.

use crosswipe_domain::{Business, Export, Party, Role, Row};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    let mut config = config(&[]);
    let phases = config.window.phases.iter_mut();
    let allows = phases.flat_map(|phase| &mut phase.allow);
    allows.for_each(|allow| allow.business.push(Business::Filing));
    MemoryWorld::new(&config.setup(), vec![])
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

const INSTITUTION: &str = r#"{"biz_appy_type": "08", "begndate": "2017-06-02", "fix_srt_no": "1", "fixmedins_code": "H33020000001", "fixmedins_name": "一院"}"#;
const DISEASE: &str = r#"{"insutype": "310", "opsp_dise_code": "M03900", "opsp_dise_name": "高血压", "insu_optins": "330100", "ide_fixmedins_no": "H33020000001", "ide_fixmedins_name": "一院", "hosp_ide_date": "2017-06-01", "diag_dr_codg": "D1", "diag_dr_name": "医师", "begndate": "2017-06-02"}"#;
const TRANSFER: &str = r#"{"diag_code": "J18.900", "diag_name": "肺炎", "reflin_medins_no": "H33020000001", "reflin_medins_name": "一院", "mdtrtarea_admdvs": "330200", "refl_type": "2", "refl_date": "2017-06-02", "refl_rea": "诊治需要", "refl_opnn": "同意"}"#;

#[rstest]
#[case::institution("2505", "2506", "5302", "psnfixmedin", INSTITUTION)]
#[case::disease("2503", "2504", "5301", "feedetail", DISEASE)]
#[case::transfer("2501", "2502", "5304", "refmedin", TRANSFER)]
fn a_registration_stands_with_every_party_until_it_is_withdrawn_once(
    #[case] files: &str,
    #[case] withdraws: &str,
    #[case] asks: &str,
    #[case] node: &str,
    #[case] fields: &str,
) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let before = books(&world);
    let fields: Value = serde_json::from_str(fields).unwrap();
    let input = if files == "2501" { "refmedin" } else { "data" };
    let filed = counter.send(files, json!({ input: fields })).output();
    let number = text(&filed["result"]["trt_dcla_detl_sn"]);
    let holders: Vec<Role> = open(&world, "filing")
        .iter()
        .map(|(party, _)| party.role)
        .collect();
    assert_eq!(
        holders,
        [Role::His, Role::Treatment, Role::Hub, Role::Insured]
    );
    let period = json!({"data": {"psn_no": EMPLOYEE, "biz_appy_type": "08", "begntime": "2017-06-01 00:00:00", "endtime": "2017-06-30 00:00:00"}});
    let listed = counter.send(asks, period.clone()).output();
    assert_eq!(listed[node][0]["trt_dcla_detl_sn"], json!(number));
    let undo = |number: &str| json!({"data": {"trt_dcla_detl_sn": number, "memo": "测试"}});
    assert_eq!(
        counter.send(withdraws, undo("unknown")),
        Said::Refused(Code::NoVisit)
    );
    counter.send(withdraws, undo(&number)).output();
    assert_eq!(
        counter.send(withdraws, undo(&number)),
        Said::Refused(Code::Undone)
    );
    assert_eq!(open(&world, "filing"), []);
    assert_eq!(counter.send(asks, period).output()[node], json!([]));
    check_rolled_back(&before, &books(&world));
}

#[rstest]
#[case::cancelled("2208")]
#[case::reversed("2601")]
fn boxes_that_are_settled_have_left_the_shelf_and_come_back_with_their_codes(#[case] infno: &str) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let shelf = || -> i64 {
        let exports = books(&world);
        let cells = exports.values().flat_map(|export| &export.cells);
        let on_shelf = cells.filter(|cell| cell.key.kind == "inventory");
        on_shelf.map(|cell| cell.value).sum()
    };
    for _ in 0..2 {
        let visit = counter.charged_visit();
        assert_eq!(
            (shelf(), open(&world, "trace-code").len()),
            (0, 0),
            "charged is not sold"
        );
        let bill = counter.bill(&visit);
        let settled = counter.send("2207", bill).output();
        let sold = open(&world, "trace-code");
        assert_eq!(
            (shelf(), sold.len()),
            (-5, 5),
            "two boxes of one drug, three of another"
        );
        assert!(sold.iter().all(|(party, _)| party.role == Role::His));
        let data = match infno {
            "2208" => json!({"mdtrt_id": visit, "setl_id": settled["setlinfo"]["setl_id"]}),
            _ => json!({"omsgid": counter.last_msgid, "oinfno": "2207"}),
        };
        counter.send(infno, json!({ "data": data })).output();
        assert_eq!((shelf(), open(&world, "trace-code").len()), (0, 0));
    }
}
