//! 账册之谎 · Histories in which a party books something else than it answers.
//!
//! Each is one lie, told while a group is booked or by what is sent. `faults` says what each must be called.

use crosswipe_domain::{Entry, Name, Role, Unit};
use crosswipe_journal::{Purpose, UndoPlan};

use crate::evidence::{Evidence, Instant};

use crate::testkit::{
    BYSTANDER, Group, History, PERSON, faulty, his, hub, insured, plan, treatment,
};

/// Bends the groups of one role and message.
pub(super) fn bent(role: Role, infno: &'static str, mut bend: impl FnMut(&mut Group)) -> Evidence {
    faulty(&mut |group| {
        if group.is(role, infno) {
            bend(group);
        }
    })
}

pub(super) fn lost(role: Role, infno: &'static str) -> Evidence {
    bent(role, infno, |group| group.times = 0)
}

pub(super) fn accumulator_not_restored() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.drop_kind("accumulator")
    })
}

pub(super) fn account_not_restored() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.drop_kind("personal-account")
    })
}

pub(super) fn reversal_never_reaches_the_insured_place() -> Evidence {
    lost(Role::Insured, "2208")
}

pub(super) fn reversal_stays_at_the_treatment_place() -> Evidence {
    faulty(&mut |group| {
        group.times = u32::from(
            !(group.infno == "2208" && matches!(group.party.role, Role::Hub | Role::Insured)),
        )
    })
}

pub(super) fn reversal_is_only_said() -> Evidence {
    faulty(&mut |group| {
        group.times = u32::from(!(group.infno == "2208" && group.party.role != Role::His))
    })
}

pub(super) fn hub_keeps_its_clearing() -> Evidence {
    lost(Role::Hub, "2208")
}

pub(super) fn hospital_forgets_the_reversal() -> Evidence {
    lost(Role::His, "2208")
}

pub(super) fn treatment_place_loses_the_settlement() -> Evidence {
    faulty(&mut |group| {
        group.times =
            u32::from(!(group.is(Role::Treatment, "2207") || group.is(Role::Treatment, "2208")))
    })
}

pub(super) fn reversal_booked_twice() -> Evidence {
    bent(Role::Insured, "2208", |group| group.times = 2)
}

pub(super) fn settlement_booked_twice() -> Evidence {
    bent(Role::Insured, "2207", |group| group.times = 2)
}

pub(super) fn reversal_one_fen_short() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.add("personal-account", -1)
    })
}

pub(super) fn reversal_one_fen_too_much() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.add("personal-account", 1)
    })
}

pub(super) fn reversal_leg_twice_in_its_group() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        let leg = group
            .entries
            .iter()
            .find(|e| matches!(e, Entry::Posting { cell, .. } if cell.kind == "accumulator"))
            .cloned();
        group.entries.extend(leg);
    })
}

pub(super) fn fund_line_off_by_one() -> Evidence {
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

pub(super) fn cash_written_down_differently() -> Evidence {
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

pub(super) fn another_settlement_id_at_the_hub() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, facts, .. } = entry
                && kind == "settlement"
            {
                facts.insert("setl_id", "S-other");
            }
        }
    })
}

pub(super) fn visit_left_open() -> Evidence {
    bent(Role::Treatment, "2202", |group| group.drop_rows("visit"))
}

pub(super) fn fee_lines_kept() -> Evidence {
    bent(Role::Treatment, "2205", |group| {
        group.drop_rows("fee-detail");
        group.drop_kind("fee-detail");
    })
}

pub(super) fn postings_reversed_but_the_record_is_valid() -> Evidence {
    bent(Role::Insured, "2208", |group| group.drop_rows("settlement"))
}

pub(super) fn record_reversed_but_the_postings_stand() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group
            .entries
            .retain(|entry| !matches!(entry, Entry::Posting { .. }))
    })
}

pub(super) fn a_book_nobody_knows_is_left() -> Evidence {
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

/// A book that moved with the settlement and is forgotten when it is undone; kinds are data, the judge knows no list.
fn forgotten(role: Role, kind: &'static str) -> Evidence {
    faulty(&mut |group| {
        if group.is(role, "2207") {
            let dims = [("person", PERSON)];
            let moved = crate::testkit::posting(kind, &dims, Unit::Count, 1);
            group.entries.push(moved);
        }
        if group.is(role, "2208") {
            group.drop_kind(kind);
        }
    })
}

pub(super) fn stock_not_returned() -> Evidence {
    forgotten(Role::His, "inventory")
}

pub(super) fn trace_code_still_sold() -> Evidence {
    forgotten(Role::Treatment, "trace-code")
}

pub(super) fn still_in_hospital() -> Evidence {
    forgotten(Role::Insured, "in-hospital")
}

pub(super) fn money_still_held() -> Evidence {
    forgotten(Role::Insured, "hold")
}

/// A filing that was made beside the settlement stays in force, as a row.
pub(super) fn filing_still_in_force() -> Evidence {
    faulty(&mut |group| {
        if group.is(Role::Insured, "2207") {
            group.entries.push(Entry::Row {
                kind: "filing".into(),
                id: "B-a".into(),
                status: "active".into(),
                was: None,
                facts: Default::default(),
                amounts: Default::default(),
            });
        }
        if group.is(Role::Insured, "2208") {
            group.drop_rows("filing");
        }
    })
}

pub(super) fn another_person_at_the_hub() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, facts, .. } = entry
                && kind == "settlement"
            {
                facts.insert("psn_no", BYSTANDER);
            }
        }
    })
}

/// All parties write down one split, and it does not add up: nobody disagrees, and money has vanished.
pub(super) fn a_split_that_nobody_can_add_up() -> Evidence {
    faulty(&mut |group| {
        for entry in &mut group.entries {
            if let Entry::Row { kind, amounts, .. } = entry
                && kind == "settlement"
                && let Some(part) = amounts.get_mut("acct_pay")
            {
                *part -= 1;
            }
        }
    })
}

/// The undo books three fen there and three fen back beside its negations: every cell is as it was.
pub(super) fn two_errors_that_cancel_in_the_cell() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        for amount in [300, -300] {
            let dims = [("fund", "310100")];
            let stray = crate::testkit::posting("pool-fund", &dims, Unit::Fen, amount);
            group.entries.push(stray);
        }
    })
}

/// A row that stood before the run is closed by an undo of it.
pub(super) fn somebody_elses_filing_closed_on_the_way() -> Evidence {
    let filing = |status: &str, was: Option<&str>| Entry::Row {
        kind: "filing".into(),
        id: "B-old".into(),
        status: status.into(),
        was: was.map(Name::new),
        facts: Default::default(),
        amounts: Default::default(),
    };
    let mut history = History::begin(plan());
    let cause = crosswipe_domain::Cause {
        origin: "330200".into(),
        msgid: "opening".into(),
        infno: "open".into(),
    };
    let opened = history.now;
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(opened, &cause, Some(PERSON), vec![filing("active", None)]);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |group| {
        if group.is(Role::Insured, "2208") {
            group.entries.push(filing("cancelled", Some("active")));
        }
    });
    history.close();
    history.evidence
}

/// The platform will not undo what lies in a closed period, and the harness says so and stops.
pub(super) fn refused_for_a_closed_period() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.write(crosswipe_journal::Payload::Unresolved(
        crosswipe_journal::Unresolved {
            txid: swipe[3].txid.clone(),
            reason: "closed-period".into(),
            owner: treatment(),
            evidence: vec!["2208 E-CLOSED".into()],
        },
    ));
    history.undo(&swipe[2], "2205", &[], &mut |_| {});
    history.undo(&swipe[0], "2202", &[&swipe[1]], &mut |_| {});
    history.close();
    history.evidence
}

pub(super) fn invoice_without_red_letter() -> Evidence {
    bent(Role::His, "2208", |group| {
        group.drop_rows("invoice");
        group.drop_kind("invoice");
    })
}

pub(super) fn prefund_left() -> Evidence {
    bent(Role::Hub, "2208", |group| group.drop_kind("prefund"))
}

pub(super) fn hub_counts_another_day() -> Evidence {
    faulty(&mut |group| {
        for entry in group
            .entries
            .iter_mut()
            .filter(|_| group.party.role == Role::Hub)
        {
            if let Entry::Posting { cell, .. } = entry
                && cell.kind == "reconciliation"
            {
                cell.dims.insert("day", "2017-06-01");
            }
        }
    })
}

pub(super) fn settlement_lands_after_its_tombstone() -> Evidence {
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

pub(super) fn empty_reversal_with_effect() -> Evidence {
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

pub(super) fn refusal_that_lied() -> Evidence {
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

pub(super) fn success_never_applied() -> Evidence {
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

pub(super) fn the_latest_settlement_reversed_instead_of_the_named() -> Evidence {
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

pub(super) fn oldest_reversed_first() -> Evidence {
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

pub(super) fn another_persons_account() -> Evidence {
    faulty(&mut |group| {
        for entry in group
            .entries
            .iter_mut()
            .filter(|_| group.party.role == Role::Insured)
        {
            if let Entry::Posting { cell, .. } = entry
                && cell.kind == "personal-account"
            {
                cell.dims.insert("person", BYSTANDER);
            }
        }
    })
}

pub(super) fn reversed_across_midnight() -> Evidence {
    faulty(&mut |group| {
        if group.infno == "2208" {
            for entry in &mut group.entries {
                if let Entry::Posting { cell, .. } = entry
                    && cell.kind == "reconciliation"
                {
                    cell.dims.insert("day", "2017-06-03");
                }
            }
        }
    })
}

pub(super) fn never_undone() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.close();
    history.evidence
}

pub(super) fn clearing_confirmed() -> Evidence {
    faulty(&mut |group| {
        let facts = [("confirmed".to_owned(), "1".to_owned())].into();
        let row = |status: &str, was: Option<&str>, facts| Entry::Row {
            kind: "clearing".into(),
            id: "C-a".into(),
            status: status.into(),
            was: was.map(Name::new),
            facts,
            amounts: Default::default(),
        };
        if group.is(Role::Hub, "2207") {
            group.entries.push(row("pending", None, facts));
        }
    })
}
