//! 边角 · Credentials, diseases, registrations and diagnoses as nobody should send them: each message gets one clear answer, a
//! refusal by its code or a success, and what was refused has moved no cell.

use crosswipe_domain::{Business, Moment, Voucher, VoucherUse};
use crosswipe_mocks::MemoryWorld;
use serde_json::{Value, json};

use crate::bench::*;

fn world() -> MemoryWorld {
    let mut config = config(&[]);
    let phases = config.window.phases.iter_mut();
    let allows = phases.flat_map(|phase| &mut phase.allow);
    allows.for_each(|allow| allow.business.push(Business::Filing));
    MemoryWorld::new(&config.setup(), vec![])
}

/// What stands where something else should.
fn oddities(now: Moment) -> Vec<Value> {
    let token = Voucher::new("p1", VoucherUse::Settlement, now, "0001").to_string();
    vec![
        Value::Null,
        json!(""),
        json!("   "),
        json!(0),
        json!(-1),
        json!(1e30),
        json!(true),
        json!([]),
        json!({}),
        json!([{"a": "b"}]),
        json!({"code": "M03900"}),
        json!("M03900"),
        json!("M0390"),
        json!("m03900"),
        json!("Ｍ０３９００"),
        json!("M03900\u{0}"),
        json!("99999999999999999999999999"),
        json!("0000-00-00"),
        json!("2017-02-30"),
        json!("9999-12-31"),
        json!("DZ01301"),
        json!(token[..43]),
        json!(token),
        json!(token.replace("DZ01301", "DZ99999")),
        json!("DZ01301999913999999999990001aaaaaaaaaaaaaaaa"),
        json!("电".repeat(50)),
        json!("\u{202E}1201"),
        json!("'; drop table visit; --"),
        json!("A".repeat(4_001)),
    ]
}

#[test]
fn whatever_stands_in_a_field_is_answered_by_a_code() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let fields: [(&str, &str, Value, &[&str]); 9] = [
        (
            "1101",
            "data",
            json!({}),
            &[
                "mdtrt_cert_type",
                "mdtrt_cert_no",
                "card_sn",
                "psn_cert_type",
                "certno",
                "psn_name",
            ],
        ),
        (
            "1101",
            "data",
            json!({"mdtrt_cert_type": "01"}),
            &["mdtrt_cert_no", "card_sn"],
        ),
        (
            "1101",
            "data",
            json!({"mdtrt_cert_type": "17"}),
            &["mdtrt_cert_no", "certno", "psn_cert_type"],
        ),
        (
            "2206",
            "data",
            json!({"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": OUTPATIENT_TOTAL, "med_type": "14", "dise_codg": "M03900"}),
            &["med_type", "dise_codg", "mdtrt_cert_type", "mdtrt_cert_no"],
        ),
        (
            "2206",
            "data",
            json!({"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": OUTPATIENT_TOTAL, "mdtrt_cert_type": "01"}),
            &["mdtrt_cert_no"],
        ),
        (
            "2001",
            "data",
            json!({"med_type": "14"}),
            &["dise_codg", "med_type"],
        ),
        (
            "5202",
            "data",
            json!({"mdtrt_id": visit}),
            &["mdtrt_id", "psn_no"],
        ),
        ("5301", "data", json!({}), &["psn_no"]),
        (
            "2504",
            "data",
            json!({"memo": "测试"}),
            &["trt_dcla_detl_sn"],
        ),
    ];
    let before = books(&world);
    let (mut sent, mut refused) = (0, 0);
    for (infno, node, base, names) in fields {
        for name in names {
            for odd in oddities(counter.now) {
                let mut item = base.clone();
                item[*name] = odd.clone();
                counter.now = counter.now.plus_ms(1_000);
                counter.serial = 0;
                match counter.send(infno, json!({ node: item })) {
                    Said::Unknown => panic!("{infno} {name} {odd}: no clear answer"),
                    Said::Refused(_) => refused += 1,
                    Said::Ok(_) => {}
                }
                sent += 1;
            }
        }
    }
    println!("{sent} odd fields, {refused} refused");
    assert!(
        sent >= 600 && refused >= 200 && refused < sent,
        "{sent} {refused}"
    );
    for (party, after) in books(&world) {
        assert_eq!(before[&party].cells, after.cells, "{party}");
    }
}

/// What books something may be taken with an odd date or diagnosis; then it is undone like any other.
#[test]
fn what_is_taken_with_odd_fields_is_undone_like_any_other() {
    let world = world();
    let before = books(&world);
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let (mut taken, mut refused) = (0, 0);
    for name in ["opsp_dise_code", "begndate", "enddate", "opsp_dise_name"] {
        for odd in oddities(counter.now) {
            counter.now = counter.now.plus_ms(1_000);
            counter.serial = 0;
            let mut item = json!({"insutype": "310", "opsp_dise_code": "M03900"});
            item[name] = odd.clone();
            match counter.send("2503", json!({ "data": item })) {
                Said::Unknown => panic!("{name} {odd}: no clear answer"),
                Said::Refused(_) => refused += 1,
                Said::Ok(filed) => {
                    let number = &filed["result"]["trt_dcla_detl_sn"];
                    let undo = json!({"data": {"trt_dcla_detl_sn": number, "memo": "测试"}});
                    counter.send("2504", undo).output();
                    taken += 1;
                }
            }
        }
    }
    for name in [
        "diag_code",
        "diag_srt_no",
        "vali_flag",
        "diag_type",
        "dise_dor_name",
    ] {
        for odd in oddities(counter.now) {
            counter.now = counter.now.plus_ms(1_000);
            counter.serial = 0;
            let opened = counter.send("2201", json!({})).output();
            let visit = text(&opened["data"]["mdtrt_id"]);
            let mut one = json!({"diag_code": "J18.900"});
            one[name] = odd.clone();
            let told = json!({"mdtrtinfo": {"mdtrt_id": visit}, "diseinfo": [one, {}]});
            match counter.send("2203", told) {
                Said::Unknown => panic!("{name} {odd}: no clear answer"),
                Said::Refused(_) => refused += 1,
                Said::Ok(_) => {
                    let asked = json!({"data": {"mdtrt_id": visit}});
                    let shown = counter.send("5202", asked).output();
                    assert!(!shown["diseinfo"].as_array().unwrap().is_empty());
                    taken += 1;
                }
            }
            counter
                .send("2202", json!({"data": {"mdtrt_id": visit}}))
                .output();
        }
    }
    println!("{taken} taken and undone, {refused} refused");
    assert!(taken >= 100 && refused >= 30, "{taken} {refused}");
    check_rolled_back(&before, &books(&world));
}
