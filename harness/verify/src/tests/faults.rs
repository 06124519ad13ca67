//! 有误之例 · One lie per history, told while booking, and exactly the classes it must be called by.
//!
//! The list of classes is whole: a class too many is a false alarm, one too few is a miss. That every rule is
//! needed is tested by striking each out in turn.

use crosswipe_domain::{Cause, Entry, Party, QueueItem, Role, Rule, Unit};
use crosswipe_journal::{Payload, Purpose, UndoPlan};
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judge::judge_without;
use crate::judgement::Verdict::{self, Indeterminate, Violated};
use crate::testkit::{
    BYSTANDER, Group, HIS, History, Keeper, OTHER, PERSON, at, clean, clean_on, faulty, his, hub,
    insured, plan, reseal, treatment,
};
use crate::tests::{classes, judged};

/// A history with a lie in it.
type Lie = fn() -> Evidence;

/// Bends the groups of one role and message.
fn bent(role: Role, infno: &'static str, mut bend: impl FnMut(&mut Group)) -> Evidence {
    faulty(&mut |group| {
        if group.is(role, infno) {
            bend(group);
        }
    })
}

fn lost(role: Role, infno: &'static str) -> Evidence {
    bent(role, infno, |group| group.times = 0)
}

/// The export of a party at t1 and t2 is changed and sealed again: the party itself lies.
fn retold(party: &Party, mut change: impl FnMut(&mut crosswipe_domain::Export)) -> Evidence {
    let mut evidence = clean();
    for instant in [Instant::T1, Instant::T2] {
        let file = evidence
            .exports
            .get_mut(&instant)
            .unwrap()
            .get_mut(party)
            .unwrap();
        change(file.export.as_mut().unwrap());
    }
    reseal(&mut evidence);
    evidence
}

fn accumulator_not_restored() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.drop_kind("accumulator")
    })
}
fn account_not_restored() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.drop_kind("personal-account")
    })
}
fn reversal_never_reaches_the_insured_place() -> Evidence {
    lost(Role::Insured, "2208")
}
fn reversal_stays_at_the_treatment_place() -> Evidence {
    faulty(&mut |group| {
        group.times = u32::from(
            !(group.infno == "2208" && matches!(group.party.role, Role::Hub | Role::Insured)),
        )
    })
}
fn reversal_is_only_said() -> Evidence {
    faulty(&mut |group| {
        group.times = u32::from(!(group.infno == "2208" && group.party.role != Role::His))
    })
}
fn hub_keeps_its_clearing() -> Evidence {
    lost(Role::Hub, "2208")
}
fn hospital_forgets_the_reversal() -> Evidence {
    lost(Role::His, "2208")
}
fn treatment_place_loses_the_settlement() -> Evidence {
    faulty(&mut |group| {
        group.times =
            u32::from(!(group.is(Role::Treatment, "2207") || group.is(Role::Treatment, "2208")))
    })
}
fn reversal_booked_twice() -> Evidence {
    bent(Role::Insured, "2208", |group| group.times = 2)
}
fn settlement_booked_twice() -> Evidence {
    bent(Role::Insured, "2207", |group| group.times = 2)
}
fn reversal_one_fen_short() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.add("personal-account", -1)
    })
}
fn reversal_one_fen_too_much() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.add("personal-account", 1)
    })
}
fn reversal_leg_twice_in_its_group() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        let leg = group
            .entries
            .iter()
            .find(|e| matches!(e, Entry::Posting { cell, .. } if cell.kind == "accumulator"))
            .cloned();
        group.entries.extend(leg);
    })
}
fn fund_line_off_by_one() -> Evidence {
    bent(Role::Insured, "2207", |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, amounts, .. } = entry
                && kind == "settlement"
            {
                *amounts.get_mut("fund:310100").unwrap() += 1;
            }
        }
    })
}
fn cash_written_down_differently() -> Evidence {
    bent(Role::Treatment, "2207", |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, amounts, .. } = entry
                && kind == "settlement"
            {
                *amounts.get_mut("psn_cash_pay").unwrap() += 1;
                *amounts.get_mut("acct_pay").unwrap() -= 1;
            }
        }
    })
}
fn another_settlement_id_at_the_hub() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, facts, .. } = entry
                && kind == "settlement"
            {
                facts.insert("setl_id".into(), "S-other".into());
            }
        }
    })
}
fn visit_left_open() -> Evidence {
    bent(Role::Treatment, "2202", |group| group.drop_rows("visit"))
}
fn fee_lines_kept() -> Evidence {
    bent(Role::Treatment, "2205", |group| {
        group.drop_rows("fee-detail");
        group.drop_kind("fee-detail");
    })
}
fn postings_reversed_but_the_record_is_valid() -> Evidence {
    bent(Role::Insured, "2208", |group| group.drop_rows("settlement"))
}
fn record_reversed_but_the_postings_stand() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group
            .entries
            .retain(|entry| !matches!(entry, Entry::Posting { .. }))
    })
}
fn a_book_nobody_knows_is_left() -> Evidence {
    faulty(&mut |group| {
        if group.is(Role::His, "2207") {
            group.entries.push(crate::testkit::posting(
                "loyalty-points",
                &[("person", PERSON)],
                Unit::Count,
                5,
            ));
        }
        if group.is(Role::His, "2208") {
            group.drop_kind("loyalty-points");
        }
    })
}
fn invoice_without_red_letter() -> Evidence {
    bent(Role::His, "2208", |group| {
        group.drop_rows("invoice");
        group.drop_kind("invoice");
    })
}
fn prefund_left() -> Evidence {
    bent(Role::Hub, "2208", |group| group.drop_kind("prefund"))
}
fn hub_counts_another_day() -> Evidence {
    faulty(&mut |group| {
        for entry in group
            .entries
            .iter_mut()
            .filter(|_| group.party.role == Role::Hub)
        {
            if let Entry::Posting { cell, .. } = entry
                && cell.kind == "reconciliation"
            {
                cell.dims.insert("day".into(), "2017-06-01".into());
            }
        }
    })
}
fn settlement_lands_after_its_tombstone() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2208"),
        },
    );
    history.unknown(&intent);
    history.look("a");
    history.undo(&intent, "2601", &[], &mut |_| {});
    history.book(&intent, &insured(), &mut |_| {});
    history.undo(&intent, "2601", &[], &mut |_| {});
    history.close();
    history.evidence
}
fn empty_reversal_with_effect() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2208"),
        },
    );
    history.unknown(&intent);
    history.look("a");
    history.undo(&intent, "2601", &[], &mut |group| {
        if group.party.role == Role::Insured {
            group.entries.push(crate::testkit::posting(
                "personal-account",
                &[("person", PERSON), ("insutype", "310")],
                Unit::Fen,
                1_500,
            ));
            group
                .entries
                .push(crate::testkit::posting("equity", &[], Unit::Fen, -1_500));
        }
    });
    history.close();
    history.evidence
}
fn refusal_that_lied() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2208"),
        },
    );
    for party in [insured(), hub(), treatment()] {
        history.book(&intent, &party, &mut |_| {});
    }
    history.refused(&intent, "E-OTHER");
    history.look("a");
    history.undo(&intent, "2601", &[], &mut |_| {});
    history.close();
    history.evidence
}
fn success_never_applied() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2208"),
        },
    );
    history.book(&intent, &his(), &mut |_| {});
    history.ok(&intent, &[("setl_id", "S-a")], &[]);
    history.look("a");
    history.undo(&intent, "2208", &[], &mut |_| {});
    history.close();
    history.evidence
}
fn the_latest_settlement_reversed_instead_of_the_named() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let first = history.swipe("a", PERSON, &mut |_| {});
    let second = history.swipe("b", PERSON, &mut |_| {});
    history.look("a");
    history.look("b");
    let comp = history.compensation(&first[3], "2208");
    let crossed = crosswipe_journal::CompIntent {
        undoes_msgid: second[3].msgid.clone(),
        ..comp.clone()
    };
    for party in [insured(), hub(), treatment(), his()] {
        history.book_undo(&crossed, &party, &[], &mut |_| {});
    }
    history.undone(&comp);
    for (swipe, case) in [(&second, "b"), (&first, "a")] {
        history.undo(&swipe[2], "2205", &[], &mut |group| {
            assert_eq!(group.case, case)
        });
        history.undo(&swipe[0], "2202", &[&swipe[1]], &mut |_| {});
    }
    history.close();
    history.evidence
}
fn oldest_reversed_first() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let first = history.swipe("a", PERSON, &mut |_| {});
    let second = history.swipe("b", PERSON, &mut |_| {});
    history.look("a");
    history.look("b");
    history.unswipe(&first, &mut |_| {});
    history.unswipe(&second, &mut |_| {});
    history.close();
    history.evidence
}
fn history_deleted() -> Evidence {
    // The settlement and its reversal are gone without a trace; the cells are as they should be.
    retold(&insured(), |export| {
        export
            .log
            .retain(|row| !matches!(row.cause.infno.as_str(), "2207" | "2208"));
        export.rows.retain(|row| row.kind != "settlement");
    })
}
fn history_cut_off() -> Evidence {
    retold(&insured(), |export| {
        // Back to the opening balances, as if the run had never been.
        let opened = Keeper::open(insured());
        *export = opened.export(export.taken_at);
    })
}
fn history_rewritten() -> Evidence {
    retold(&insured(), |export| {
        for row in &mut export.log {
            if let Entry::Posting { cell, amount, .. } = &mut row.entry
                && cell.kind == "personal-account"
                && matches!(row.cause.infno.as_str(), "2207" | "2208")
            {
                *amount = 0;
            }
        }
    })
}
fn opening_row_rewritten() -> Evidence {
    retold(&insured(), |export| {
        export.log[0].at = at("2017-06-01T00:00:01+08:00")
    })
}
fn torn_export() -> Evidence {
    retold(&insured(), |export| export.cells[0].value += 1)
}
fn one_bit_of_an_export() -> Evidence {
    let mut evidence = clean();
    evidence
        .exports
        .get_mut(&Instant::T1)
        .unwrap()
        .get_mut(&hub())
        .unwrap()
        .sha256 = "0".repeat(64);
    evidence
}
fn one_bit_of_a_look() -> Evidence {
    let mut evidence = clean();
    evidence.looks.get_mut(&hub()).unwrap()[0].sha256 = "0".repeat(64);
    evidence
}
fn insured_place_shows_no_books_at_t1() -> Evidence {
    let mut evidence = clean();
    evidence
        .exports
        .get_mut(&Instant::T1)
        .unwrap()
        .remove(&insured());
    for record in &mut evidence.records {
        if let Payload::Snap1(snapshot) = &mut record.payload {
            snapshot.exports.remove(&insured());
            snapshot.missing.insert(insured(), "503".into());
        }
    }
    evidence
}
fn t0_without_the_hub() -> Evidence {
    let mut evidence = clean();
    for record in &mut evidence.records {
        if let Payload::Snap0(snapshot) = &mut record.payload {
            snapshot.exports.remove(&hub());
        }
    }
    evidence
}
fn t0_after_the_first_swipe() -> Evidence {
    let mut evidence = clean();
    let place = evidence
        .records
        .iter()
        .position(|record| matches!(record.payload, Payload::Snap0(_)))
        .unwrap();
    let payload = evidence.records[place].payload.clone();
    evidence.records[place].payload = evidence.records[place + 1].payload.clone();
    evidence.records[place + 1].payload = payload;
    evidence
}
fn an_older_process_still_writes() -> Evidence {
    let mut evidence = clean();
    evidence.records[4].epoch = 2;
    evidence
}
fn message_stuck_in_a_queue() -> Evidence {
    let cause = Cause {
        origin: HIS.into(),
        msgid: "m".into(),
        infno: "2208".into(),
    };
    retold(&hub(), |export| {
        export.queues.push(QueueItem {
            to: insured(),
            cause: cause.clone(),
            since: export.taken_at,
        })
    })
}
fn message_stuck_beyond_the_window() -> Evidence {
    let mut evidence = message_stuck_in_a_queue();
    evidence.as_of = Some(at("2017-06-04T18:00+08:00"));
    evidence
}
fn swipe_by_hand(person: &str, undone: bool) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let cause = Cause {
        origin: HIS.into(),
        msgid: "by-hand".into(),
        infno: "2207".into(),
    };
    let booked = || {
        vec![
            crate::testkit::posting("pool-fund", &[("fund", "310100")], Unit::Fen, -700),
            crate::testkit::posting("clearing", &[("insured", "330200")], Unit::Fen, 700),
        ]
    };
    let now = history.now;
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(now, &cause, Some(person), booked());
    if undone {
        let back = keeper.negation("by-hand");
        keeper.append(
            now,
            &Cause {
                msgid: "by-hand-2".into(),
                ..cause
            },
            Some(person),
            back,
        );
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}
fn stranger_at_a_listed_hospital() -> Evidence {
    swipe_by_hand(BYSTANDER, false)
}
fn test_person_swiped_by_hand() -> Evidence {
    swipe_by_hand(OTHER, false)
}
fn test_person_swiped_by_hand_and_the_window_is_over() -> Evidence {
    Evidence {
        as_of: Some(at("2017-06-04T18:00+08:00")),
        ..swipe_by_hand(OTHER, false)
    }
}
fn test_person_swiped_by_hand_and_undone() -> Evidence {
    Evidence {
        as_of: Some(at("2017-06-04T18:00+08:00")),
        ..swipe_by_hand(OTHER, true)
    }
}
fn public_served_while_suspended() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("public-1", "2207", BYSTANDER);
    let cause = Cause {
        origin: HIS.into(),
        msgid: "public-1".into(),
        infno: "2207".into(),
    };
    let now = history.now;
    let entries = vec![crate::testkit::posting(
        "visit",
        &[("person", BYSTANDER)],
        Unit::Count,
        1,
    )];
    history
        .books
        .get_mut(&treatment())
        .unwrap()
        .append(now, &cause, Some(BYSTANDER), entries);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}
fn another_persons_account() -> Evidence {
    faulty(&mut |group| {
        for entry in group
            .entries
            .iter_mut()
            .filter(|_| group.party.role == Role::Insured)
        {
            if let Entry::Posting { cell, .. } = entry
                && cell.kind == "personal-account"
            {
                cell.dims.insert("person".into(), BYSTANDER.into());
            }
        }
    })
}
fn swipe_before_the_window() -> Evidence {
    clean_on(plan(), at("2017-06-02T08:59:00+08:00"))
}
fn swipe_of_a_suspended_business() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].business = vec![crosswipe_domain::Business::Pharmacy];
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}
fn swipe_of_the_wrong_class() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].classes = vec![crosswipe_domain::PersonClass::Resident];
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}
fn swipe_at_an_institution_not_ready() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].scope = crosswipe_domain::Scope::Arranged;
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}
fn booked_late_by_a_slow_clock() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        group.at = at("2017-06-04T18:00:00+08:00")
    })
}
fn swipe_inside_the_margin() -> Evidence {
    clean_on(plan(), at("2017-06-04T16:30:00+08:00"))
}
fn probe_differs() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.probe(PERSON, Purpose::ProbeFirst, 2_500);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.probe(PERSON, Purpose::ProbeLast, 2_400);
    history.close();
    history.evidence
}
fn a_trial_books() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let trial = history.intent(
        "a",
        "trial",
        "2206",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    let cause = Cause {
        origin: HIS.into(),
        msgid: trial.msgid.as_str().into(),
        infno: "2206".into(),
    };
    let (up, down) = (1, -1);
    let now = history.now;
    for by in [up, down] {
        let entries = vec![crate::testkit::posting(
            "hold",
            &[("person", PERSON)],
            Unit::Count,
            by,
        )];
        history
            .books
            .get_mut(&insured())
            .unwrap()
            .append(now, &cause, Some(PERSON), entries);
    }
    history.ok(&trial, &[], &[]);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}
fn forced_swipe_accepted() -> Evidence {
    let mut history = History::begin(plan());
    history.now = at("2017-06-02T08:00+08:00");
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2201",
        "2201",
        PERSON,
        Purpose::Forced,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2202"),
        },
    );
    for party in [insured(), hub(), treatment(), his()] {
        history.book(&intent, &party, &mut |_| {});
    }
    history.ok(&intent, &[], &[]);
    history.look("a");
    history.undo(&intent, "2202", &[], &mut |_| {});
    history.close();
    history.evidence
}
fn reversed_across_midnight() -> Evidence {
    faulty(&mut |group| {
        if group.infno == "2208" {
            for entry in &mut group.entries {
                if let Entry::Posting { cell, .. } = entry
                    && cell.kind == "reconciliation"
                {
                    cell.dims.insert("day".into(), "2017-06-03".into());
                }
            }
        }
    })
}
fn resurrected_after_restart() -> Evidence {
    // At t2 the treatment place comes back with the log it had before the reversal.
    let mut evidence = clean();
    let file = evidence
        .exports
        .get_mut(&Instant::T2)
        .unwrap()
        .get_mut(&treatment())
        .unwrap();
    let export = file.export.as_mut().unwrap();
    let cut = export
        .log
        .iter()
        .position(|row| row.cause.infno == "2208")
        .unwrap();
    let mut keeper = Keeper::open(treatment());
    keeper.log = export.log[..cut].to_vec();
    *export = keeper.export(export.taken_at);
    reseal(&mut evidence);
    evidence
}
fn broken_chain() -> Evidence {
    let mut evidence = clean();
    evidence.journal.defect = Some("journal:corrupt seq 9: hash differs".into());
    evidence
}
fn never_undone() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.close();
    history.evidence
}

#[rstest]
#[case::f01(accumulator_not_restored, Violated, &["residue:accumulator", "under-reversal"])]
#[case::f02(account_not_restored, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"])]
#[case::f03(reversal_never_reaches_the_insured_place, Violated, &["one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f04(reversal_stays_at_the_treatment_place, Violated, &["residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement", "split:HT|NI"])]
#[case::f05(reversal_is_only_said, Violated, &["one-sided:his", "residue:accumulator", "residue:clearing", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:reconciliation", "residue:settlement"])]
#[case::f06(hub_keeps_its_clearing, Violated, &["one-sided:hub", "residue:clearing", "residue:prefund", "residue:reconciliation", "residue:settlement"])]
#[case::f07(hospital_forgets_the_reversal, Violated, &["one-sided:his", "residue:cash", "residue:invoice", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement"])]
#[case::f08(treatment_place_loses_the_settlement, Violated, &["one-sided:treatment"])]
#[case::f09(reversal_booked_twice, Violated, &["double-reversal", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f10(settlement_booked_twice, Violated, &["duplicate-settle", "residue:reconciliation"])]
#[case::f11(reversal_one_fen_short, Violated, &["mismatch:split", "residue:personal-account", "under-reversal"])]
#[case::f12(reversal_one_fen_too_much, Violated, &["mismatch:split", "over-reversal", "residue:personal-account"])]
#[case::f13(reversal_leg_twice_in_its_group, Violated, &["over-reversal", "residue:accumulator"])]
#[case::f14(fund_line_off_by_one, Violated, &["mismatch:amount", "mismatch:split"])]
#[case::f15(cash_written_down_differently, Violated, &["mismatch:amount"])]
#[case::f16(another_settlement_id_at_the_hub, Violated, &["mismatch:id"])]
#[case::f17(visit_left_open, Violated, &["residue:visit"])]
#[case::f18(fee_lines_kept, Violated, &["one-sided:treatment", "residue:fee-detail"])]
#[case::f19(postings_reversed_but_the_record_is_valid, Violated, &["residue:settlement"])]
#[case::f20(record_reversed_but_the_postings_stand, Violated, &["evidence:conflict", "one-sided:insured", "residue:accumulator", "residue:clearing", "residue:personal-account", "residue:pool-fund", "residue:reconciliation", "residue:settlement"])]
#[case::f21(a_book_nobody_knows_is_left, Violated, &["residue:loyalty-points", "under-reversal"])]
#[case::f22(invoice_without_red_letter, Violated, &["residue:invoice", "under-reversal"])]
#[case::f23(prefund_left, Violated, &["mismatch:split", "residue:prefund", "under-reversal"])]
#[case::f24(hub_counts_another_day, Violated, &["residue:reconciliation"])]
#[case::f25(settlement_lands_after_its_tombstone, Violated, &["late-apply"])]
#[case::f26(empty_reversal_with_effect, Violated, &["empty-reversal", "residue:equity", "residue:personal-account"])]
#[case::f27(refusal_that_lied, Violated, &["one-sided:his"])]
#[case::f28(success_never_applied, Violated, &["one-sided:his"])]
#[case::f29(the_latest_settlement_reversed_instead_of_the_named, Violated, &["residue:accumulator", "residue:cash", "residue:clearing", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "wrong-target"])]
#[case::f30(oldest_reversed_first, Violated, &["gate:order"])]
#[case::f31(history_deleted, Violated, &["audit:erased", "one-sided:insured"])]
#[case::f32(history_cut_off, Violated, &["audit:gap", "one-sided:insured"])]
#[case::f33(history_rewritten, Violated, &["audit:mutated", "mismatch:split"])]
#[case::f34(opening_row_rewritten, Violated, &["audit:mutated"])]
#[case::f35(torn_export, Indeterminate, &["evidence:conflict", "residue:accumulator"])]
#[case::f36(one_bit_of_an_export, Violated, &["evidence:tampered"])]
#[case::f37(one_bit_of_a_look, Violated, &["evidence:tampered"])]
#[case::f38(insured_place_shows_no_books_at_t1, Indeterminate, &["evidence:missing"])]
#[case::f39(t0_without_the_hub, Indeterminate, &["evidence:stale"])]
#[case::f40(t0_after_the_first_swipe, Indeterminate, &["evidence:stale"])]
#[case::f41(an_older_process_still_writes, Violated, &["journal:forked"])]
#[case::f42(message_stuck_in_a_queue, Indeterminate, &["residue:queue"])]
#[case::f43(message_stuck_beyond_the_window, Violated, &["residue:queue"])]
#[case::f44(stranger_at_a_listed_hospital, Indeterminate, &["foreign:insured"])]
#[case::f45(test_person_swiped_by_hand, Indeterminate, &["foreign:insured"])]
#[case::f46(test_person_swiped_by_hand_and_the_window_is_over, Violated, &["foreign:insured"])]
#[case::f47(test_person_swiped_by_hand_and_undone, Indeterminate, &["foreign:insured"])]
#[case::f48(public_served_while_suspended, Violated, &["gate:window"])]
#[case::f49(another_persons_account, Violated, &["gate:persona"])]
#[case::f50(swipe_before_the_window, Violated, &["gate:window"])]
#[case::f51(swipe_of_a_suspended_business, Violated, &["gate:business"])]
#[case::f52(swipe_of_the_wrong_class, Violated, &["gate:persona"])]
#[case::f53(swipe_at_an_institution_not_ready, Violated, &["gate:institution"])]
#[case::f54(booked_late_by_a_slow_clock, Violated, &["gate:window"])]
#[case::f55(swipe_inside_the_margin, Violated, &["gate:window"])]
#[case::f56(probe_differs, Violated, &["mismatch:amount"])]
#[case::f57(a_trial_books, Violated, &["residue:hold"])]
#[case::f58(forced_swipe_accepted, Violated, &["gate:window"])]
#[case::f59(reversed_across_midnight, Violated, &["residue:reconciliation"])]
#[case::f60(resurrected_after_restart, Violated, &["audit:gap", "one-sided:treatment", "residue:clearing", "residue:fee-detail", "residue:payable", "residue:reconciliation", "residue:settlement", "residue:visit"])]
#[case::f61(broken_chain, Indeterminate, &["journal:corrupt"])]
#[case::f62(never_undone, Violated, &["residue:accumulator", "residue:cash", "residue:clearing", "residue:fee-detail", "residue:invoice", "residue:payable", "residue:personal-account", "residue:pool-fund", "residue:prefund", "residue:receivable", "residue:reconciliation", "residue:revenue", "residue:settlement", "residue:visit"])]
fn a_lie_is_called_by_its_name(
    #[case] lie: Lie,
    #[case] verdict: Verdict,
    #[case] expected: &[&str],
) {
    let judgement = judged(&lie());
    assert_eq!(
        classes(&judgement),
        expected,
        "{}",
        crate::tests::told(&judgement)
    );
    assert_eq!(judgement.verdict, verdict);
}

/// For each rule a lie that it alone tells, or of which it tells a class that no other rule has.
#[rstest]
#[case(Rule::R1, a_book_nobody_knows_is_left, "residue:loyalty-points")]
#[case(Rule::R2, history_cut_off, "audit:gap")]
#[case(Rule::R3, account_not_restored, "mismatch:split")]
#[case(Rule::R4, reversal_one_fen_short, "under-reversal")]
#[case(Rule::R5, settlement_lands_after_its_tombstone, "late-apply")]
#[case(Rule::R6, refusal_that_lied, "one-sided:his")]
#[case(Rule::R7, message_stuck_beyond_the_window, "residue:queue")]
#[case(Rule::R8, probe_differs, "mismatch:amount")]
#[case(Rule::R9, hub_counts_another_day, "residue:reconciliation")]
#[case(Rule::R10, clearing_confirmed, "residue:clearing")]
#[case(Rule::R11, test_person_swiped_by_hand, "foreign:insured")]
#[case(Rule::R12, swipe_of_the_wrong_class, "gate:persona")]
#[case(Rule::R13, oldest_reversed_first, "gate:order")]
#[case(Rule::R14, swipe_inside_the_margin, "gate:window")]
fn no_rule_is_idle(#[case] rule: Rule, #[case] lie: Lie, #[case] class: &str) {
    let told = |struck: Option<Rule>| {
        classes(&judge_without(&lie(), struck))
            .iter()
            .any(|found| found == class)
    };
    assert!(told(None), "{rule} finds {class}");
    assert!(
        !told(Some(rule)),
        "without {rule} nothing else says {class}"
    );
}

fn clearing_confirmed() -> Evidence {
    faulty(&mut |group| {
        let facts = [("confirmed".to_owned(), "1".to_owned())].into();
        let row = |status: &str, was: Option<&str>, facts| Entry::Row {
            kind: "clearing".into(),
            id: "C-a".into(),
            status: status.into(),
            was: was.map(str::to_owned),
            facts,
            amounts: std::collections::BTreeMap::new(),
        };
        if group.is(Role::Hub, "2207") {
            group.entries.push(row("pending", None, facts));
        }
    })
}

#[rstest]
#[case::forgotten_accumulators(
    accumulator_not_restored,
    "residue:accumulator",
    Some(insured()),
    None
)]
#[case::reversal_dropped_by_the_hub(
    reversal_never_reaches_the_insured_place,
    "one-sided:insured",
    Some(insured()),
    Some(hub())
)]
#[case::reversal_only_said(reversal_is_only_said, "one-sided:his", Some(his()), Some(treatment()))]
#[case::reversal_not_forwarded(
    reversal_stays_at_the_treatment_place,
    "split:HT|NI",
    None,
    Some(treatment())
)]
#[case::hub_keeps_its_own(hub_keeps_its_clearing, "one-sided:hub", Some(hub()), Some(hub()))]
#[case::hospital_rolled_back(
    hospital_forgets_the_reversal,
    "one-sided:his",
    Some(his()),
    Some(his())
)]
#[case::answer_lost_in_a_crash(
    treatment_place_loses_the_settlement,
    "one-sided:treatment",
    Some(treatment()),
    Some(treatment())
)]
#[case::lying_refusal(refusal_that_lied, "one-sided:his", Some(his()), Some(treatment()))]
#[case::empty_success(success_never_applied, "one-sided:his", Some(his()), Some(treatment()))]
fn one_head_is_named_and_all_else_follows_from_it(
    #[case] lie: Lie,
    #[case] class: &str,
    #[case] party: Option<Party>,
    #[case] answered_by: Option<Party>,
) {
    let judgement = judged(&lie());
    let head = &judgement.findings[0];
    assert_eq!(
        (head.class.as_str(), &head.party, &head.answered_by),
        (class, &party, &answered_by),
        "{}",
        crate::tests::told(&judgement)
    );
    assert!(head.follows_from.is_none());
    assert!(
        judgement.findings[1..]
            .iter()
            .all(|one| one.follows_from == Some(0)),
        "{}",
        crate::tests::told(&judgement)
    );
}

#[test]
fn a_forgotten_accumulator_is_shown_with_its_cell_amounts_and_the_posting_without_negation() {
    let judgement = judged(&accumulator_not_restored());
    let finding = judgement
        .findings
        .iter()
        .find(|one| one.location.contains("D310101") && one.rule == Rule::R1)
        .unwrap();
    assert_eq!(
        (finding.expected.as_str(), finding.actual.as_str()),
        ("7000", "12000")
    );
    assert_eq!(
        finding.person.as_ref().map(|person| person.as_str()),
        Some(PERSON)
    );
    assert_eq!(finding.witness.len(), 1, "{:?}", finding.witness);
    assert!(
        finding.witness[0].contains("2207") && finding.witness[0].ends_with("+5000"),
        "{:?}",
        finding.witness
    );
}

#[test]
fn a_day_total_that_crosses_midnight_is_a_note_under_net_zero() {
    let mut evidence = reversed_across_midnight();
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        header.plan.same_day = false;
    }
    let judgement = judged(&evidence);
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{}",
        crate::tests::told(&judgement)
    );
    assert!(judgement.notes.iter().any(|note| note.code == "cross-day"));
}
