//! 未闻之错 · Faults that stand in no catalogue: the judge works from its rules and knows no list.
//!
//! Each is one invention of a party that means well or ill; what it must be called follows from the rules alone. The list
//! says what must be told as causes of their own, and the verdict; what follows from them is not repeated here.

use std::sync::Arc;

use crosswipe_domain::{Cause, Entry, LogRow, Role, Unit};
use crosswipe_journal::Payload;

use super::lies_of_books::bent;
use super::lies_of_proof::retold;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict::{self, Clean, Indeterminate, Violated};
use crate::testkit::{
    Group, HIS, OTHER, PERSON, clean, faulty, hub, insured, posting, reseal, treatment, two_persons,
};
use crate::tests::{judged, told};

/// 发明 · What a party did, the verdict, and what must be told, as `class role`; the list need not be whole.
pub(super) struct Invention(
    pub(super) &'static str,
    pub(super) fn() -> Evidence,
    Verdict,
    &'static [&'static str],
);

#[rustfmt::skip]
pub(super) const INVENTIONS: &[Invention] = &[
    Invention("the undo credits another person of the family", the_family_gets_it, Violated, &["under-reversal insured", "residue:personal-account insured"]),
    Invention("booked on another test person, there and back", booked_on_a_friend, Violated, &["mismatch:person insured"]),
    Invention("the hub nets two undos into one", netted_by_the_hub, Violated, &["over-reversal hub", "under-reversal hub"]),
    Invention("one undo too large, the next too small by as much", lent_from_one_to_the_other, Violated, &["over-reversal insured", "under-reversal insured"]),
    Invention("a leg returned to another fund", returned_to_another_fund, Violated, &["under-reversal insured", "residue:pool-fund insured"]),
    Invention("the undo dated the day before", dated_the_day_before, Clean, &[]),
    Invention("the undo booked on the day total of the day before", totalled_the_day_before, Violated, &["residue:reconciliation insured"]),
    Invention("a log that skips a number", a_number_skipped, Violated, &["audit:gap hub"]),
    Invention("a log that says it is longer than it is", longer_than_it_is, Indeterminate, &["evidence:conflict hub"]),
    Invention("a tail that hides its last rows", a_tail_cut_short, Indeterminate, &["evidence:conflict hub"]),
    Invention("the state of before the undo with the stamp of after it", yesterdays_state_with_todays_stamp, Violated, &["residue:clearing hub"]),
    Invention("the first look shown again as the second", the_first_look_shown_again, Indeterminate, &["evidence:stale hub"]),
    Invention("a leg undone by two rows that add up", undone_in_two_pieces, Violated, &["over-reversal insured"]),
    Invention("each leg undone in a group of its own", undone_leg_by_leg, Violated, &["mismatch:split insured"]),
    Invention("the undo undone, and done again", undone_and_redone, Violated, &["wrong-target insured"]),
    Invention("the undos of two people name each other's rows", crossed_undos, Violated, &["wrong-target insured"]),
    Invention("another person's visit closed on the way", another_visit_closed, Violated, &["wrong-target treatment"]),
    Invention("a balance put right by a night job", put_right_at_night, Violated, &["residue:settlement insured"]),
    Invention("a night job pays interest on a test account", interest_at_night, Indeterminate, &["foreign:insured insured"]),
    Invention("an undo of zero", undone_by_nothing, Violated, &["under-reversal insured"]),
    Invention("money undone as a memo", undone_as_a_memo, Violated, &["under-reversal insured"]),
    Invention("a row that no log ever wrote", a_row_from_nowhere, Indeterminate, &["evidence:conflict treatment"]),
    Invention("a row shown twice", a_row_shown_twice, Indeterminate, &["evidence:conflict treatment"]),
    Invention("an amount retouched in a closed row", a_row_retouched, Indeterminate, &["evidence:conflict hub"]),
    Invention("a row that changes hands", a_row_of_another, Indeterminate, &["evidence:conflict hub"]),
    Invention("a book no longer shown", a_book_no_longer_shown, Indeterminate, &["evidence:conflict insured"]),
    Invention("a row put in between rows already seen", put_in_between, Violated, &["audit:erased hub"]),
    Invention("the settlement known by a number of the hub's own", renumbered_by_the_hub, Violated, &["one-sided:hub hub"]),
    Invention("a closed row open again at the second look, in the log too", opened_again, Violated, &["residue:visit treatment"]),
    Invention("both parties wrong by the same fen", wrong_in_agreement, Violated, &["under-reversal treatment", "under-reversal insured"]),
];

#[test]
fn what_nobody_has_heard_of_is_found_and_named() {
    let mut wrong = Vec::new();
    for Invention(what, done, verdict, expected) in INVENTIONS {
        let judgement = judged(&done());
        let found: Vec<String> = judgement
            .findings
            .iter()
            .map(|one| {
                let role = one.party.as_ref().map_or("-", |party| party.role.name());
                format!("{} {role}", one.class)
            })
            .collect();
        let missed: Vec<_> = expected
            .iter()
            .filter(|class| !found.iter().any(|one| one == *class))
            .collect();
        let invented = expected.is_empty() && !found.is_empty();
        if judgement.verdict != *verdict || !missed.is_empty() || invented {
            wrong.push(format!(
                "{what}: {}, missed {missed:?}\n{}",
                judgement.verdict.name(),
                told(&judgement)
            ));
        }
    }
    println!(
        "{} inventions, {} called wrongly",
        INVENTIONS.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Postings of a kind in a group, changed.
fn postings(group: &mut Group, of: &str, mut change: impl FnMut(&mut Entry)) {
    for entry in &mut group.entries {
        if matches!(entry, Entry::Posting { cell, .. } if cell.kind == of) {
            change(entry);
        }
    }
}

fn amount(entry: &mut Entry) -> &mut i64 {
    match entry {
        Entry::Posting { amount, .. } => amount,
        _ => unreachable!("a posting"),
    }
}

fn dim(entry: &mut Entry, name: &str, value: &str) {
    if let Entry::Posting { cell, .. } = entry {
        cell.dims.insert(name, value);
    }
}

fn the_family_gets_it() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        postings(group, "personal-account", |entry| {
            dim(entry, "person", OTHER)
        });
    })
}

fn booked_on_a_friend() -> Evidence {
    faulty(&mut |group| {
        if group.party.role == Role::Insured {
            postings(group, "accumulator", |entry| dim(entry, "person", OTHER));
        }
    })
}

fn netted_by_the_hub() -> Evidence {
    two_persons(&mut |group| {
        if group.is(Role::Hub, "2208") && group.case == "b" {
            postings(group, "clearing", |entry| *amount(entry) *= 2);
            postings(group, "prefund", |entry| *amount(entry) *= 2);
        }
        if group.is(Role::Hub, "2208") && group.case == "a" {
            group.drop_kind("clearing");
            group.drop_kind("prefund");
        }
    })
}

fn lent_from_one_to_the_other() -> Evidence {
    two_persons(&mut |group| {
        let by = match group.case.as_str() {
            "b" => 1,
            "a" => -1,
            _ => 0,
        };
        if group.is(Role::Insured, "2208") {
            group.add("personal-account", by);
        }
    })
}

fn returned_to_another_fund() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        postings(group, "pool-fund", |entry| dim(entry, "fund", "310200"));
    })
}

fn dated_the_day_before() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.at = group.at.plus_ms(-86_400_000)
    })
}

fn totalled_the_day_before() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        group.at = group.at.plus_ms(-86_400_000);
        postings(group, "reconciliation", |entry| {
            dim(entry, "day", "2017-06-01")
        });
    })
}

fn a_number_skipped() -> Evidence {
    retold(&hub(), |export| {
        let last = export.log.len() - 3;
        for row in &mut export.log[last..] {
            Arc::make_mut(row).seq += 1;
        }
        export.lsn += 1;
    })
}

fn longer_than_it_is() -> Evidence {
    retold(&hub(), |export| export.lsn += 2)
}

fn a_tail_cut_short() -> Evidence {
    let mut evidence = clean();
    let line = &mut evidence.looks.get_mut(&hub()).unwrap()[0];
    let look = line.look.as_mut().unwrap();
    look.rows.pop();
    line.sha256 = crosswipe_domain::sha256_hex(crosswipe_domain::canonical_json(look).as_bytes());
    let sha256 = line.sha256.clone();
    for record in &mut evidence.records {
        if let Payload::Snapm(tails) = &mut record.payload {
            tails
                .looks
                .get_mut(&hub())
                .unwrap()
                .sha256
                .clone_from(&sha256);
        }
    }
    evidence
}

/// A party's log as it was before its first row of a message.
fn before(log: &[Arc<LogRow>], infno: &str) -> Vec<LogRow> {
    let cut = log.iter().position(|row| row.cause.infno == infno).unwrap();
    log[..cut].iter().map(|row| (**row).clone()).collect()
}

fn yesterdays_state_with_todays_stamp() -> Evidence {
    let mut evidence = clean();
    let files = evidence.exports.get_mut(&Instant::T1).unwrap();
    let export = files.get_mut(&hub()).unwrap().export.as_mut().unwrap();
    let mut keeper = crate::testkit::Keeper::open(hub());
    keeper.log = before(&export.log, "2208");
    *export = keeper.export(export.taken_at);
    reseal(&mut evidence);
    evidence
}

fn the_first_look_shown_again() -> Evidence {
    let mut evidence = clean();
    let first = evidence.exports[&Instant::T1][&hub()].clone();
    let second = evidence.exports.get_mut(&Instant::T2).unwrap();
    second.insert(hub(), first);
    reseal(&mut evidence);
    evidence
}

fn undone_in_two_pieces() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        let mut pieces = Vec::new();
        postings(group, "personal-account", |entry| {
            let mut rest = entry.clone();
            *amount(entry) -= 500;
            *amount(&mut rest) = 500;
            pieces.push(rest);
        });
        group.entries.extend(pieces);
    })
}

fn undone_leg_by_leg() -> Evidence {
    let mut evidence = clean();
    for instant in [Instant::T1, Instant::T2] {
        let files = evidence.exports.get_mut(&instant).unwrap();
        let export = files.get_mut(&insured()).unwrap().export.as_mut().unwrap();
        for (place, row) in export.log.iter_mut().enumerate() {
            if row.cause.infno == "2208" {
                Arc::make_mut(row).group = 1_000 + place as u64;
            }
        }
    }
    reseal(&mut evidence);
    evidence
}

/// The last negation of the log is taken back and given anew, by the same message.
fn undone_and_redone() -> Evidence {
    retold(&insured(), |export| {
        let undo = export
            .log
            .iter()
            .find(|row| {
                row.cause.infno == "2208"
                    && matches!(&row.entry, Entry::Posting { cell, .. } if cell.kind == "personal-account")
            })
            .unwrap()
            .clone();
        let Entry::Posting {
            cell, unit, amount, ..
        } = &undo.entry
        else {
            unreachable!("a posting was found")
        };
        for (by, of) in [(-amount, undo.seq), (*amount, export.lsn)] {
            let mut row = (*undo).clone();
            row.seq = export.lsn;
            row.group = 2_000;
            row.entry = Entry::Posting {
                cell: cell.clone(),
                unit: *unit,
                amount: by,
                reverses: Some(of),
            };
            export.log.push(Arc::new(row));
            export.lsn += 1;
        }
    })
}

fn crossed_undos() -> Evidence {
    let cross = |evidence: &mut Evidence| {
        for instant in [Instant::T1, Instant::T2] {
            let files = evidence.exports.get_mut(&instant).unwrap();
            let export = files.get_mut(&insured()).unwrap().export.as_mut().unwrap();
            let pool = |row: &LogRow| match &row.entry {
                Entry::Posting {
                    cell,
                    reverses: Some(of),
                    ..
                } => (cell.kind == "pool-fund" && cell.dims["fund"] == "310100").then_some(*of),
                _ => None,
            };
            let undone: Vec<(usize, u64)> = export
                .log
                .iter()
                .enumerate()
                .filter_map(|(place, row)| Some((place, pool(row)?)))
                .collect();
            for (this, other) in [(0, 1), (1, 0)] {
                let row = Arc::make_mut(&mut export.log[undone[this].0]);
                if let Entry::Posting { reverses, .. } = &mut row.entry {
                    *reverses = Some(undone[other].1);
                }
            }
        }
        reseal(evidence);
    };
    let mut evidence = two_persons(&mut |_| {});
    cross(&mut evidence);
    evidence
}

fn another_visit_closed() -> Evidence {
    two_persons(&mut |group| {
        if group.is(Role::Treatment, "2202") && group.case == "b" {
            group.entries.push(Entry::Row {
                kind: "visit".into(),
                id: "M-c".into(),
                status: "cancelled".into(),
                was: Some("registered".into()),
                facts: Default::default(),
                amounts: Default::default(),
            });
        }
    })
}

/// A message of nobody's run at a party, with these entries, after the undo.
fn at_night(entries: impl Fn(i64) -> Vec<Entry>, drop_undo: bool) -> Evidence {
    let mut history = crate::testkit::History::begin(crate::testkit::plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |group| {
        if drop_undo && group.is(Role::Insured, "2208") {
            group.times = 0;
        }
    });
    let cause = Cause {
        origin: "330200".into(),
        msgid: "night-1".into(),
        infno: "batch".into(),
    };
    let now = history.now;
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(now, &cause, Some(PERSON), entries(1));
    history.close();
    history.evidence
}

fn put_right_at_night() -> Evidence {
    let account = [("person", PERSON), ("insutype", "310")];
    at_night(
        move |_| {
            vec![
                posting("pool-fund", &[("fund", "310100")], Unit::Fen, 5_000),
                posting("pool-fund", &[("fund", "330100")], Unit::Fen, 1_000),
                posting("personal-account", &account, Unit::Fen, 1_500),
            ]
        },
        true,
    )
}

fn interest_at_night() -> Evidence {
    let account = [("person", PERSON), ("insutype", "310")];
    at_night(
        move |fen| vec![posting("personal-account", &account, Unit::Fen, fen)],
        false,
    )
}

fn undone_by_nothing() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        postings(group, "accumulator", |entry| *amount(entry) = 0);
    })
}

fn undone_as_a_memo() -> Evidence {
    bent(Role::Insured, "2208", |group| {
        postings(group, "personal-account", |entry| {
            if let Entry::Posting { unit, .. } = entry {
                *unit = Unit::MemoFen;
            }
        });
    })
}

fn a_row_from_nowhere() -> Evidence {
    retold(&treatment(), |export| {
        let mut row = export.rows[0].clone();
        row.id = format!("{}-copy", row.id).into();
        Arc::make_mut(&mut row.cause).msgid = "nobody".into();
        export.rows.push(row);
    })
}

fn a_row_shown_twice() -> Evidence {
    retold(&treatment(), |export| {
        export.rows.push(export.rows[0].clone())
    })
}

fn a_row_retouched() -> Evidence {
    retold(&hub(), |export| {
        let settlement = export.rows.iter_mut().find(|row| row.kind == "settlement");
        let amounts = &mut settlement.unwrap().amounts;
        *amounts.get_mut("acct_pay").unwrap() -= 100;
        *amounts.get_mut("psn_cash_pay").unwrap() += 100;
    })
}

fn a_row_of_another() -> Evidence {
    retold(&hub(), |export| {
        let settlement = export.rows.iter_mut().find(|row| row.kind == "settlement");
        settlement.unwrap().person = Some(OTHER.into());
    })
}

fn a_book_no_longer_shown() -> Evidence {
    retold(&insured(), |export| {
        export.cells.retain(|cell| cell.key.kind != "accumulator")
    })
}

/// The look saw rows of the settlement under numbers that belong to another message now.
fn put_in_between() -> Evidence {
    retold(&hub(), |export| {
        let place = export
            .log
            .iter()
            .position(|row| row.cause.infno == "2207")
            .unwrap();
        let mut row = (*export.log[place]).clone();
        Arc::make_mut(&mut row.cause).msgid = "squeezed-in".into();
        row.entry = posting("prefund", &[("insured", "330300")], Unit::Fen, 0);
        export.log.insert(place, Arc::new(row));
        for (seq, row) in export.log.iter_mut().enumerate() {
            let row = Arc::make_mut(row);
            row.seq = seq as u64;
            if let Entry::Posting {
                reverses: Some(of), ..
            } = &mut row.entry
            {
                *of += u64::from(*of >= place as u64);
            }
        }
        export.lsn += 1;
    })
}

fn renumbered_by_the_hub() -> Evidence {
    let mut evidence = clean();
    let own = |row: &mut LogRow| {
        if matches!(row.cause.infno.as_str(), "2207" | "2208") {
            let cause = Arc::make_mut(&mut row.cause);
            cause.origin = "330000".into();
            cause.msgid = format!("hub-{}", cause.infno);
            row.entry = match row.entry.clone() {
                Entry::Fence { state, reply, .. } => Entry::Fence {
                    origin: "330000".into(),
                    msgid: row.cause.msgid.as_str().into(),
                    state,
                    reply,
                },
                entry => entry,
            };
        }
    };
    for instant in [Instant::T1, Instant::T2] {
        let files = evidence.exports.get_mut(&instant).unwrap();
        let export = files.get_mut(&hub()).unwrap().export.as_mut().unwrap();
        let mut keeper = crate::testkit::Keeper::open(hub());
        keeper.log = export.log.iter().map(|row| (**row).clone()).collect();
        keeper.log.iter_mut().for_each(own);
        *export = keeper.export(export.taken_at);
    }
    // The look told the same.
    let line = &mut evidence.looks.get_mut(&hub()).unwrap()[0];
    let look = line.look.as_mut().unwrap();
    look.rows.iter_mut().for_each(|row| own(Arc::make_mut(row)));
    line.sha256 = crosswipe_domain::sha256_hex(crosswipe_domain::canonical_json(look).as_bytes());
    let sha256 = line.sha256.clone();
    for record in &mut evidence.records {
        if let Payload::Snapm(tails) = &mut record.payload {
            tails
                .looks
                .get_mut(&hub())
                .unwrap()
                .sha256
                .clone_from(&sha256);
        }
    }
    reseal(&mut evidence);
    evidence
}

fn opened_again() -> Evidence {
    let mut evidence = clean();
    let files = evidence.exports.get_mut(&Instant::T2).unwrap();
    let export = files
        .get_mut(&treatment())
        .unwrap()
        .export
        .as_mut()
        .unwrap();
    let mut keeper = crate::testkit::Keeper::open(treatment());
    keeper.log = export.log.iter().map(|row| (**row).clone()).collect();
    let cause = Cause {
        origin: HIS.into(),
        msgid: "night-2".into(),
        infno: "batch".into(),
    };
    let row = Entry::Row {
        kind: "visit".into(),
        id: "M-a".into(),
        status: "registered".into(),
        was: Some("cancelled".into()),
        facts: Default::default(),
        amounts: Default::default(),
    };
    keeper.append(export.taken_at, &cause, Some(PERSON), vec![row]);
    *export = keeper.export(export.taken_at);
    reseal(&mut evidence);
    evidence
}

fn wrong_in_agreement() -> Evidence {
    faulty(&mut |group| {
        if group.infno == "2208" && matches!(group.party.role, Role::Treatment | Role::Insured) {
            group.add("clearing", 1);
        }
    })
}
