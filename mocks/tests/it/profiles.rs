//! 地方规则 · What a region's platform does otherwise than the national edition: each knob seen from the counter, with the
//! same message to a platform that has it and to one that has not.

use crosswipe_domain::*;
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use serde_json::{Value, json};

use crate::bench::*;
use std::sync::Arc;

fn world(change: impl FnOnce(&mut Profile)) -> MemoryWorld {
    let mut profile = Profile::default();
    change(&mut profile);
    let profile = Arc::new(profile);
    let mut config = config(&[]);
    for region in &mut config.topology.regions {
        region.profile = Arc::clone(&profile);
    }
    MemoryWorld::new(&config.setup(), vec![])
}

fn counter(world: &MemoryWorld) -> Counter<'_> {
    Counter::new(world, H_NINGBO, EMPLOYEE)
}

fn settle(counter: &mut Counter) -> (String, Value) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    (visit, counter.send("2207", bill).output())
}

/// The raw text of an answer.
fn raw(counter: &mut Counter, infno: &str, with: Value) -> String {
    let msgid = counter.new_msgid();
    let body = counter.message(infno, &msgid, with);
    let answer = counter
        .world
        .exchange(counter.now, &counter.party, None, &body);
    answer.unwrap().body
}

fn with_sign_no(counter: &mut Counter, infno: &str, sign_no: &str) -> Said {
    let msgid = counter.new_msgid();
    let body = counter.message(infno, &msgid, json!({}));
    let name = "\"fixmedins_name\":\"t\"";
    assert!(body.contains(name));
    let body = body.replace(name, &format!("{name},\"sign_no\":\"{sign_no}\""));
    counter.send_body(&msgid, body)
}

fn sign_in(counter: &mut Counter) -> Said {
    counter.send("9001", json!({"signIn": {"opter_no": "01"}}))
}

fn number(said: Said) -> String {
    text(&said.output()["signinoutb"]["sign_no"])
}

#[test]
fn a_platform_that_wants_a_sign_in_takes_its_own_number_until_it_is_signed_off() {
    let world = world(|profile| profile.envelope.sign_in = SignIn::Required);
    let mut counter = counter(&world);
    assert_eq!(counter.send("1101", json!({})), Said::Refused(Code::Sign));
    let before = books(&world);
    assert_eq!(counter.send("2201", json!({})), Said::Refused(Code::Sign));
    assert_eq!(books(&world), before, "what is refused so leaves nothing");
    let own = number(sign_in(&mut counter));
    with_sign_no(&mut counter, "2201", &own).output();
    let mut forged = own.clone();
    let last = if own.ends_with('0') { "1" } else { "0" };
    forged.replace_range(29.., last);
    assert_eq!(
        with_sign_no(&mut counter, "1101", &forged),
        Said::Refused(Code::Sign)
    );
    // It is this institution's: another one has its own.
    let mut elsewhere = Counter::new(&world, H_HANGZHOU, EMPLOYEE);
    elsewhere.now = at("2017-06-05T10:00+08:00");
    assert_eq!(
        with_sign_no(&mut elsewhere, "1101", &own),
        Said::Refused(Code::Sign)
    );
    counter.now = at("2017-06-03T10:00+08:00");
    with_sign_no(&mut counter, "1101", &own).output();
    // A second one beside it is no trouble here.
    sign_in(&mut counter).output();
    let off = json!({"signOut": {"sign_no": own, "opter_no": "01"}});
    counter.send("9002", off).output();
    assert_eq!(
        with_sign_no(&mut counter, "1101", &own),
        Said::Refused(Code::Sign)
    );
}

#[test]
fn a_daily_sign_in_ends_with_its_day_and_a_single_one_shuts_the_next_out() {
    let daily = world(|profile| profile.envelope.sign_in = SignIn::Daily);
    let mut counter = self::counter(&daily);
    let own = number(sign_in(&mut counter));
    counter.now = at("2017-06-02T23:59:59+08:00");
    with_sign_no(&mut counter, "1101", &own).output();
    counter.now = at("2017-06-03T00:00+08:00");
    assert_eq!(
        with_sign_no(&mut counter, "1101", &own),
        Said::Refused(Code::Sign)
    );
    let single = world(|profile| profile.envelope.sign_in = SignIn::Single);
    let mut counter = self::counter(&single);
    let own = number(sign_in(&mut counter));
    assert_eq!(sign_in(&mut counter), Said::Refused(Code::Sign));
    let off = json!({"signOut": {"sign_no": own, "opter_no": "01"}});
    counter.send("9002", off).output();
    sign_in(&mut counter).output();
    let anyone = world(|_| {});
    let mut counter = self::counter(&anyone);
    sign_in(&mut counter).output();
    sign_in(&mut counter).output();
    with_sign_no(&mut counter, "1101", "nonsense").output();
}

#[test]
fn an_answer_is_written_as_the_region_writes_it() {
    let plain = raw(&mut counter(&world(|_| {})), "1101", json!({}));
    assert!(
        plain.contains("\"infcode\":0,") && plain.contains("\"output\":{"),
        "{plain}"
    );
    let texts = world(|profile| profile.answers.infcode_as_text = true);
    let answer = raw(&mut counter(&texts), "1101", json!({}));
    assert!(
        answer.contains("\"infcode\":\"0\"") && answer.contains("\"output\":{"),
        "{answer}"
    );
    let refused = raw(&mut counter(&texts), "2207", json!({}));
    assert!(refused.contains("\"infcode\":\"-1\""), "{refused}");
    let sealed = world(|profile| profile.answers.output_as_text = true);
    let answer = raw(&mut counter(&sealed), "1101", json!({}));
    assert!(
        answer.contains("\"infcode\":0,") && answer.contains("\"output\":\"{"),
        "{answer}"
    );
    // Also where it is the repeated answer to a repeated message.
    let mut counter = counter(&texts);
    counter.serial = 50;
    let msgid = counter.new_msgid();
    let body = counter.message("2201", &msgid, json!({}));
    let ask = || {
        Carrier::exchange(
            &texts,
            at("2017-06-02T10:00+08:00"),
            &Party::new(Role::Treatment, NINGBO),
            None,
            &body,
        )
    };
    let (first, second) = (ask().unwrap().body, ask().unwrap().body);
    assert!(first.contains("\"infcode\":\"0\""), "{first}");
    assert_eq!(first, second);
}

/// The books of all parties agree, hospital and platform alike, whatever the sums are called on the way.
#[test]
fn the_account_may_be_counted_into_the_funds_and_the_parts_left_out_of_an_undo() {
    for account_in_fund in [false, true] {
        for undo_without_parts in [false, true] {
            let world = world(|profile| {
                profile.answers.account_in_fund = account_in_fund;
                profile.answers.undo_without_parts = undo_without_parts;
            });
            let before = books(&world);
            let mut counter = counter(&world);
            let (visit, settled) = settle(&mut counter);
            let info = &settled["setlinfo"];
            let fund = if account_in_fund { "522.45" } else { "153.61" };
            assert_eq!(info["fund_pay_sumamt"].to_string(), fund, "{settled}");
            let day = |fund: &str| {
                json!({"data": {
                    "setl_optins": NINGBO, "insutype": "310", "clr_type": "11", "stmt_begndate": "2017-06-02",
                    "stmt_enddate": "2017-06-02", "medfee_sumamt": "567.95", "fund_pay_sumamt": fund,
                    "acct_pay": "368.84", "fixmedins_setl_cnt": "1"}})
            };
            let result = counter.send("3201", day(fund)).output();
            assert_eq!(result["stmtinfo"]["stmt_rslt"], "000000", "{result}");
            let setl_id = text(&info["setl_id"]);
            let query = json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}});
            let found = counter.send("5203", query.clone()).output();
            assert_eq!(found["setlinfo"]["fund_pay_sumamt"].to_string(), fund);
            let settlement = |party: &Party| -> Few<i64> {
                let export = books(&world)[party].clone();
                let rows = export.rows.into_iter();
                let mut rows = rows.filter(|row| row.kind == "settlement");
                rows.next().unwrap().amounts
            };
            let (his, platform) = (
                Party::new(Role::His, H_NINGBO),
                Party::new(Role::Treatment, NINGBO),
            );
            assert_eq!(settlement(&his), settlement(&platform));
            let undone = counter.send("2208", query).output();
            let part = &undone["setlinfo"]["psn_part_amt"];
            assert_eq!(part.is_null(), undo_without_parts, "{undone}");
            assert_eq!(
                undone["setlinfo"]["hosp_part_amt"].is_null(),
                undo_without_parts
            );
            let mirror = |party: &Party| {
                let export = books(&world)[party].clone();
                let mut rows = export
                    .rows
                    .into_iter()
                    .filter(|row| row.status == "reversal");
                rows.next().unwrap().amounts
            };
            assert_eq!(mirror(&his), mirror(&platform));
            of_visit(&mut counter, "2205", &visit);
            of_visit(&mut counter, "2202", &visit);
            check_rolled_back(&before, &books(&world));
        }
    }
}

fn of_visit(counter: &mut Counter, infno: &str, visit: &str) {
    let node = json!({"mdtrt_id": visit, "chrg_bchno": "0000"});
    counter.send(infno, json!({ "data": node })).output();
}

#[test]
fn what_3201_comes_to_has_the_region_s_codes() {
    let world = world(|profile| {
        profile.reconciliation = Reconciliation {
            balanced: "0".into(),
            platform_more: "98".into(),
            institution_more: "99".into(),
            amounts_differ: "97".into(),
        };
        profile.names.refund_flag = "REFD_SETL_FLAG".into();
    });
    let mut counter = counter(&world);
    settle(&mut counter);
    let mut ask = |medfee: &str, count: &str, flag: &str| {
        let mut day = json!({
            "setl_optins": NINGBO, "insutype": "310", "clr_type": "11", "stmt_begndate": "2017-06-02",
            "stmt_enddate": "2017-06-02", "medfee_sumamt": medfee, "fund_pay_sumamt": if medfee == "0" { "0" } else { "153.61" },
            "acct_pay": if medfee == "0" { "0" } else { "368.84" }, "fixmedins_setl_cnt": count});
        if !flag.is_empty() {
            day[flag] = json!("1");
        }
        text(&counter.send("3201", json!({ "data": day })).output()["stmtinfo"]["stmt_rslt"])
    };
    assert_eq!(ask("567.95", "1", ""), "0");
    assert_eq!(ask("567.94", "1", ""), "97");
    assert_eq!(ask("0", "0", ""), "98");
    assert_eq!(ask("567.95", "2", ""), "99");
    // Refund records alone: there are none.
    assert_eq!(ask("0", "0", "REFD_SETL_FLAG"), "0");
    let world = self::world(|profile| profile.names.refund_flag.clear());
    let mut counter = self::counter(&world);
    settle(&mut counter);
    let all = json!({"data": {
        "setl_optins": NINGBO, "insutype": "310", "clr_type": "11", "stmt_begndate": "2017-06-02",
        "stmt_enddate": "2017-06-02", "medfee_sumamt": 0, "fund_pay_sumamt": 0, "acct_pay": 0,
        "fixmedins_setl_cnt": "0", "refd_setl_flag": "1"}});
    let result = counter.send("3201", all).output();
    assert_eq!(
        result["stmtinfo"]["stmt_rslt"], "000101",
        "nothing restricts the call"
    );
}

#[test]
fn a_platform_takes_so_many_lines_and_not_one_more() {
    let world = world(|profile| profile.lines = 4);
    let mut counter = counter(&world);
    let visit = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    let lines = counter.lines(&visit, "B1", &OUTPATIENT, 1);
    assert_eq!(OUTPATIENT.len(), 5);
    assert_eq!(counter.send("2204", lines), Said::Refused(Code::Field));
    let fewer = counter.lines(&visit, "B1", &OUTPATIENT[..4], 1);
    counter.send("2204", fewer).output();
    let item = |own: usize| json!({"fixmedins_hilist_id": own.to_string(), "list_type": "101", "med_list_codg": OUTPATIENT[0].0});
    let items: Vec<Value> = (0..5).map(item).collect();
    assert_eq!(
        counter.send("3301", json!({"data": items})),
        Said::Refused(Code::Field)
    );
}

#[test]
fn what_2601_may_name_is_the_region_s_affair() {
    let world = world(|profile| profile.reversible.retain(|infno| infno.as_str() != "2207"));
    let mut counter = counter(&world);
    settle(&mut counter);
    let by_id = json!({"data": {"omsgid": counter.last_msgid, "oinfno": "2207"}});
    let before = books(&world);
    assert_eq!(counter.send("2601", by_id), Said::Refused(Code::RevType));
    for (party, export) in books(&world) {
        assert_eq!(export.cells, before[&party].cells, "{party}");
    }
}

#[test]
fn who_is_still_in_hospital_is_settled_only_in_the_midst_of_the_stay() {
    for (discharge_first, mid_stay, settled) in
        [(false, "0", true), (true, "1", true), (true, "0", false)]
    {
        let world = world(|profile| profile.discharge_first = discharge_first);
        let mut counter = counter(&world);
        let stay = counter.charged_stay();
        let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL, "mid_setl_flag": mid_stay}});
        counter.send("2303", bill.clone()).output();
        let said = counter.send("2304", bill.clone());
        match settled {
            true => drop(said.output()),
            false => {
                assert_eq!(said, Said::Refused(Code::NotDisch));
                counter.discharge(&stay).output();
                counter.send("2304", bill).output();
            }
        }
    }
}

#[test]
fn a_sent_split_that_is_wrong_is_computed_anew_or_refused() {
    let right = json!({"fulamt_ownpay_amt": "45.50", "overlmt_selfpay": "23.00", "preselfpay_amt": "40.01", "inscp_scp_amt": "459.44"});
    for split_must_agree in [false, true] {
        for name in [
            "fulamt_ownpay_amt",
            "overlmt_selfpay",
            "preselfpay_amt",
            "inscp_scp_amt",
            "",
        ] {
            let world = world(|profile| profile.split_must_agree = split_must_agree);
            let mut counter = counter(&world);
            let visit = counter.charged_visit();
            let mut bill = counter.bill(&visit);
            let node = bill["data"].as_object_mut().unwrap();
            node.extend(right.as_object().unwrap().clone());
            if !name.is_empty() {
                node[name] = json!("1.00");
            }
            counter.send("2206", bill.clone()).output();
            let said = counter.send("2207", bill);
            match split_must_agree && !name.is_empty() {
                true => assert_eq!(said, Said::Refused(Code::Split), "{name}"),
                false => drop(said.output()),
            }
        }
    }
}

/// Each figure of a policy, changed alone, changes what a settlement comes to.
#[test]
fn no_figure_of_a_policy_is_idle() {
    type Change = (&'static str, fn(&mut Policy));
    let changes: [Change; 14] = [
        ("away_registered", |p| p.away_registered = Ratio::ZERO),
        ("away_unregistered", |p| {
            (p.filing, p.away_unregistered) = (Filing::Unregistered, Ratio::from_scaled(-3_000))
        }),
        ("account", |p| p.account = AccountRule::Everything),
        ("account in scope", |p| p.account = AccountRule::OnlyInScope),
        ("civil_servant", |p| {
            p.subsidies.civil_servant = Some(Ratio::from_scaled(5_000))
        }),
        ("enterprise", |p| {
            p.subsidies.enterprise = Some(Ratio::from_scaled(5_000))
        }),
        ("medical_aid", |p| {
            p.subsidies.medical_aid = Some(Ratio::from_scaled(5_000))
        }),
        ("deductible", |p| p.employee.deductible = yuan("900")),
        ("cap", |p| p.employee.cap = yuan("100")),
        ("above.ratio", |p| {
            (p.employee.cap, p.employee.above_ratio) = (yuan("100"), Ratio::ZERO)
        }),
        ("above.after", |p| {
            (p.employee.cap, p.employee.above_after) = (yuan("100"), yuan("30"))
        }),
        ("above.cap", |p| {
            (p.employee.cap, p.employee.above_cap) = (yuan("100"), Some(yuan("5")))
        }),
        ("outpatient", |p| {
            p.employee
                .outpatient
                .iter_mut()
                .for_each(|segments| segments[0].ratio = Ratio::from_scaled(100))
        }),
        ("filing", |p| p.filing = Filing::Unregistered),
    ];
    let of = |change: fn(&mut Policy)| {
        let world = world(|profile| change(&mut profile.policy));
        let (_, settled) = settle(&mut counter(&world));
        let info = &settled["setlinfo"];
        [
            "fund_pay_sumamt",
            "hifp_pay",
            "hifob_pay",
            "cvlserv_pay",
            "hifes_pay",
            "maf_pay",
            "acct_pay",
            "psn_cash_pay",
        ]
        .map(|name| info[name].to_string())
    };
    let mut seen = vec![of(|_| {})];
    for (name, change) in changes {
        let paid = of(change);
        assert!(!seen.contains(&paid), "{name}: {paid:?}");
        seen.push(paid);
    }
    println!("{} figures", changes.len());
    let stay = |change: fn(&mut Policy)| {
        let world = world(|profile| change(&mut profile.policy));
        let mut counter = counter(&world);
        let stay = counter.charged_stay();
        counter.discharge(&stay).output();
        let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL}});
        counter.send("2304", bill).output()["setlinfo"]["hifp_pay"].to_string()
    };
    let low = |p: &mut Policy| p.stay_deductibles = [[yuan("10"); 3]; 3];
    assert_ne!(stay(|_| {}), stay(low));
    assert_ne!(
        stay(low),
        stay(|p| {
            p.stay_deductibles = [[yuan("10"); 3]; 3];
            for segments in &mut p.employee.inpatient {
                segments[0].ratio = Ratio::from_scaled(100);
            }
        })
    );
}

/// A resident's settlement goes by the residents' figures, and by none of the employees'.
#[test]
fn no_figure_of_the_residents_is_idle() {
    let of = |change: fn(&mut Policy)| {
        let world = world(|profile| change(&mut profile.policy));
        let (_, settled) = settle(&mut Counter::new(&world, H_NINGBO, RESIDENT));
        let info = &settled["setlinfo"];
        ["fund_pay_sumamt", "hifp_pay", "hifmi_pay", "psn_cash_pay"]
            .map(|name| info[name].to_string())
    };
    type Change = (&'static str, fn(&mut Policy));
    let changes: [Change; 4] = [
        ("deductible", |p| p.resident.deductible = yuan("900")),
        ("cap", |p| p.resident.cap = yuan("20")),
        ("above", |p| {
            (
                p.resident.cap,
                p.resident.above_after,
                p.resident.above_ratio,
            ) = (yuan("20"), yuan("0"), Ratio::from_scaled(9_000))
        }),
        ("outpatient", |p| {
            p.resident
                .outpatient
                .iter_mut()
                .for_each(|segments| segments[0].ratio = Ratio::from_scaled(100))
        }),
    ];
    let national = of(|_| {});
    let mut seen = vec![national.clone()];
    for (name, change) in changes {
        let paid = of(change);
        assert!(!seen.contains(&paid), "{name}: {paid:?}");
        seen.push(paid);
    }
    let of_employees = of(|p| {
        (p.employee.deductible, p.employee.cap) = (yuan("900"), yuan("20"));
        p.employee
            .outpatient
            .iter_mut()
            .for_each(|segments| segments[0].ratio = Ratio::from_scaled(100));
    });
    assert_eq!(of_employees, national);
}

/// 停机前的账: reconciled on the old platform alone, where the plan names one; the day of the stop on both.
#[rstest::rstest]
#[case::before("2017-05-30", "2017-05-30", false, Err(Code::OldBooks))]
#[case::over_the_stop("2017-05-30", "2017-06-02", false, Err(Code::OldBooks))]
#[case::the_day_of_the_stop("2017-05-31", "2017-05-31", false, Ok(()))]
#[case::after("2017-06-02", "2017-06-02", false, Ok(()))]
#[case::before_on_the_old("2017-05-30", "2017-05-30", true, Ok(()))]
fn days_before_the_stop_are_reconciled_on_the_old_platform(
    #[case] from: &str,
    #[case] to: &str,
    #[case] old: bool,
    #[case] expected: Result<(), Code>,
) {
    for named in [true, false] {
        let mut config = config(&[]);
        for region in &mut config.topology.regions {
            region.old = named.then(Arc::default);
        }
        let world = MemoryWorld::new(&config.setup(), vec![]);
        let mut counter = counter(&world);
        let ask = json!({"data": {"insutype": "310", "clr_type": "11", "stmt_begndate": from, "stmt_enddate": to,
            "medfee_sumamt": 0, "fund_pay_sumamt": 0, "acct_pay": 0, "fixmedins_setl_cnt": "0", "setl_optins": NINGBO}});
        let msgid = counter.new_msgid();
        let body = counter.message("3201", &msgid, ask);
        let hospital = Party::new(Role::His, H_NINGBO);
        let path = if old { "/old" } else { "/" };
        let answer = world.exchange(counter.now, &hospital, path, None, body.as_bytes());
        let said = match said(answer) {
            Said::Ok(output) => {
                assert_eq!(output["stmtinfo"]["stmt_rslt"], "000000");
                Ok(())
            }
            Said::Refused(code) => Err(code),
            Said::Unknown => panic!("no answer"),
        };
        let without = if old { Err(Code::Region) } else { Ok(()) };
        assert_eq!(said, if named { expected } else { without }, "{named}");
    }
}
