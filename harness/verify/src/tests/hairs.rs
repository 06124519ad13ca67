//! 毫厘之差 · Histories at the very edge of a condition: one operator more or less in the judge calls them otherwise.
//!
//! Goal: no comparison of the judge is there by accident. Method: operators of `verify` were changed one by one; for each
//! change that no other history noticed, one was made up that does. Each says what is at stake and not which operator.

use crosswipe_domain::{Cause, Entry, FenceState, Party, Role, Rule, TxId, Unit};
use crosswipe_journal::{Payload, Purpose, UndoPlan};
use rstest::rstest;

use super::lies_of_books::oldest_reversed_first;
use super::lies_of_proof::retold;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{
    Group, HIS, History, Keeper, PERSON, at, faulty, his, hub, insured, plan, treatment,
};
use crate::tests::{classes, judged, told};

/// R1: the number is what it was, and counts something else now.
#[test]
fn a_cell_with_its_old_number_in_another_unit_is_not_back() {
    let judgement = judged(&retold(&insured(), |export| {
        let funds = export.cells.iter_mut();
        for cell in funds.filter(|cell| cell.key.kind == "pool-fund") {
            cell.unit = Unit::MemoFen;
        }
    }));
    let one = judgement
        .findings
        .iter()
        .find(|one| one.rule == Rule::R1 && one.class.as_str() == "residue:pool-fund");
    let said = one.map(|one| (one.expected.as_str(), one.actual.as_str()));
    assert_eq!(said, Some(("fen", "memo_fen")), "{}", told(&judgement));
    assert_eq!(judgement.verdict, Verdict::Violated);
}

/// R5: a party that comes late to both books a message and its undo together. Rows of one group stand together, so
/// their order inside tells nothing of what came first.
#[test]
fn an_undo_that_stands_before_its_settlement_in_one_group_is_no_late_apply() {
    let judgement = judged(&booked_together_with_its_undo(false));
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    // The same two, one after the other, is the settlement that lands on its tombstone.
    let judgement = judged(&booked_together_with_its_undo(true));
    assert!(
        classes(&judgement).contains(&"late-apply".to_owned()),
        "{}",
        told(&judgement)
    );
}

/// The hub hears of settlement and undo at once, and writes the fence first.
fn booked_together_with_its_undo(apart: bool) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2207",
        "2207",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    history.unknown(&intent);
    history.look("a");
    let comp = history.undo(&intent, "2601", &[], &mut |group| {
        group.times = u32::from(group.party.role != Role::Hub)
    });
    let now = history.now;
    let keeper = history.books.get_mut(&hub()).unwrap();
    let of = |msgid: &str, infno: &str| Cause {
        origin: HIS.into(),
        msgid: msgid.into(),
        infno: infno.into(),
    };
    let (forward, undo) = (
        of(intent.msgid.as_str(), "2207"),
        of(comp.msgid.as_str(), "2601"),
    );
    let fence = Keeper::fence(HIS, intent.msgid.as_str(), FenceState::Tombstone);
    let first = keeper.next();
    keeper.append(now, &undo, Some(PERSON), vec![fence]);
    let pair = [
        ("insured", "330200"),
        ("treatment", "330100"),
        ("period", "201706"),
    ];
    let booked = crate::testkit::posting("clearing", &pair, Unit::Fen, -7_500);
    keeper.append(now, &forward, Some(PERSON), vec![booked]);
    let mut back = crate::testkit::posting("clearing", &pair, Unit::Fen, 7_500);
    if let Entry::Posting { reverses, .. } = &mut back {
        *reverses = Some(first + 1);
    }
    keeper.append(now, &undo, Some(PERSON), vec![back]);
    if !apart {
        let group = keeper.log[keeper.log.len() - 3].group;
        let rows = keeper.log.iter_mut().rev().take(2);
        rows.for_each(|row| row.group = group);
    }
    history.close();
    history.evidence
}

/// R10: what is left may be owed or owing.
#[test]
fn a_clearing_entry_left_on_either_side_is_found_by_the_rule_of_clearing() {
    let mut seen = std::collections::BTreeSet::new();
    for role in [Role::Hub, Role::Insured] {
        let judgement = judged(&faulty(&mut |group: &mut Group| {
            if group.is(role, "2208") {
                group.drop_kind("clearing");
            }
        }));
        let found = judgement.findings.iter();
        let left: Vec<&str> = found
            .filter(|one| one.rule == Rule::R10)
            .map(|one| one.actual.as_str())
            .collect();
        assert_eq!(left.len(), 1, "{}", told(&judgement));
        seen.insert(left[0].to_owned());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["-75.00", "75.00"]);
}

/// R10, and who disagrees with whom: what one party alone keeps in clearing is told of that party.
#[rstest]
#[case(Role::Treatment)]
#[case(Role::Hub)]
#[case(Role::Insured)]
fn a_share_of_clearing_that_one_party_alone_keeps_is_one_sided(#[case] role: Role) {
    let judgement = judged(&faulty(&mut |group: &mut Group| {
        if group.is(role, "2208") {
            group.drop_kind("clearing");
        }
    }));
    let clearing = judgement
        .findings
        .iter()
        .filter(|one| one.rule == Rule::R6 && one.location.ends_with("@clearing"));
    let classes: Vec<&str> = clearing.map(|one| one.class.as_str()).collect();
    assert_eq!(
        classes,
        [format!("one-sided:{}", role.name())],
        "{}",
        told(&judgement)
    );
}

/// R5: an undo that names a row which is nowhere is one mistake of the τ that it was sent for.
#[test]
fn an_undo_of_no_posting_is_told_once_and_of_its_own_transaction() {
    let judgement = judged(&faulty(&mut |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            let postings = group.entries.iter_mut();
            let accumulators = postings.filter_map(|entry| match entry {
                Entry::Posting { cell, reverses, .. } if cell.kind == "accumulator" => {
                    Some(reverses)
                }
                _ => None,
            });
            accumulators.for_each(|reverses| *reverses = Some(99_999));
        }
    }));
    let wrong = judgement.findings.iter();
    let wrong: Vec<Option<&str>> = wrong
        .filter(|one| one.rule == Rule::R5 && one.class.as_str() == "wrong-target")
        .map(|one| one.txid.as_ref().map(TxId::as_str))
        .collect();
    assert_eq!(wrong, [Some("a/2207")], "{}", told(&judgement));
}

/// R13: where the insured place shows no books, the treatment place's order is the best there is, and is asked for.
#[test]
fn without_books_of_the_insured_place_the_order_is_that_of_the_treatment_place() {
    let mut evidence = oldest_reversed_first();
    let order = |evidence: &Evidence| {
        let judgement = judged(evidence);
        let found = judgement.findings.iter();
        let parties: Vec<_> = found
            .filter(|one| one.rule == Rule::R13)
            .map(|one| one.party.clone())
            .collect();
        parties
    };
    assert_eq!(order(&evidence), [Some(insured())], "told once");
    for instant in [Instant::T1, Instant::T2] {
        let files = evidence.exports.get_mut(&instant).unwrap();
        files.remove(&insured());
    }
    for record in &mut evidence.records {
        if let Payload::Snap1(snapshot) | Payload::Snap2(snapshot) = &mut record.payload {
            snapshot.exports.remove(&insured());
            snapshot.missing.insert(insured(), "503".into());
        }
    }
    assert_eq!(order(&evidence), [Some(treatment())]);
}

/// R14: t1 is as late as its last export, whichever party that is of.
#[rstest]
#[case(his())]
#[case(treatment())]
#[case(hub())]
#[case(insured())]
fn the_last_look_is_as_late_as_the_latest_of_its_exports(#[case] latest: Party) {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.now = at("2017-06-04T17:59:00+08:00");
    history.write(Payload::Note(crosswipe_journal::Note {
        code: "quiet".into(),
        txid: None,
        facts: Default::default(),
    }));
    history.now = at("2017-06-04T18:01:00+08:00");
    history.export(Instant::T1);
    history.now = at("2017-06-05T00:01:00+08:00");
    history.export(Instant::T2);
    let files = history.evidence.exports.get_mut(&Instant::T1).unwrap();
    for (party, file) in files {
        let instant = match *party == latest {
            true => "2017-06-04T18:00:30+08:00",
            false => "2017-06-04T17:59:30+08:00",
        };
        file.export.as_mut().unwrap().taken_at = at(instant);
    }
    crate::testkit::reseal(&mut history.evidence);
    let judgement = judged(&history.evidence);
    let late = judgement
        .findings
        .iter()
        .find(|one| one.location == "export t1");
    assert_eq!(
        late.map(|one| one.party.clone()),
        Some(Some(latest)),
        "{}",
        told(&judgement)
    );
}

/// A gate that was passed too late makes no book wrong: what is wrong beside it is a second thing.
#[test]
fn a_gate_is_the_cause_of_no_residue() {
    let late = at("2017-06-04T16:30:00+08:00");
    let mut history = History::begin_at(plan(), late);
    history.export(Instant::T0);
    let kept = &mut |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    };
    let swipe = history.swipe("a", PERSON, kept);
    history.look("a");
    history.unswipe(&swipe, kept);
    history.close();
    let judgement = judged(&history.evidence);
    let heads = judgement.findings.iter();
    let heads: std::collections::BTreeSet<&str> = heads
        .filter(|one| one.follows_from.is_none())
        .map(|one| one.class.as_str())
        .collect();
    assert_eq!(
        heads.into_iter().collect::<Vec<_>>(),
        ["gate:window", "residue:accumulator"],
        "{}",
        told(&judgement)
    );
}

/// R12: a slow clock whose message was answered before the window closed: it was booked before its answer, whenever
/// the next look was.
#[test]
fn what_was_answered_before_the_closing_bell_was_booked_before_it() {
    let mut plan = plan();
    plan.window.margin_ms = 0;
    let mut history = History::begin_at(plan, at("2017-06-04T17:59:59.500+08:00"));
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |group| {
        if group.is(Role::Hub, "2207") {
            group.at = group.at.plus_ms(-3_600_000);
        }
    });
    history.unswipe(&swipe, &mut |_| {});
    history.now = at("2017-06-04T18:00:00+08:00");
    history.export(Instant::T1);
    history.look("a");
    history.now = at("2017-06-05T00:01:00+08:00");
    history.export(Instant::T2);
    let judgement = judged(&history.evidence);
    let gate = judgement.findings.iter().find(|one| one.rule == Rule::R12);
    assert!(gate.is_none(), "{}", told(&judgement));
}

/// R2: a hole beside a message that nobody acknowledged has swallowed nothing that we know of.
#[rstest]
#[case::nobody_acknowledged_it(false, "audit:gap")]
#[case::it_was_answered(true, "audit:erased")]
fn a_hole_is_called_by_what_it_may_have_swallowed(#[case] answered: bool, #[case] class: &str) {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let cancel = UndoPlan::Cancel {
        infno: crosswipe_domain::InfNo::new("2205"),
    };
    let lost = history.intent("a", "more", "2204", PERSON, Purpose::Business, cancel);
    match answered {
        true => history.ok(&lost, &[], &[]),
        false => history.unknown(&lost),
    }
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    for instant in [Instant::T1, Instant::T2] {
        let files = history.evidence.exports.get_mut(&instant).unwrap();
        let export = files.get_mut(&hub()).unwrap().export.as_mut().unwrap();
        for row in export.log.iter_mut().skip(4) {
            std::sync::Arc::make_mut(row).seq += 1;
        }
        export.lsn += 1;
    }
    crate::testkit::reseal(&mut history.evidence);
    let judgement = judged(&history.evidence);
    let found = judgement.findings.iter();
    let holes: Vec<&str> = found
        .filter(|one| one.rule == Rule::R2 && one.actual == "no row" && one.txid.is_none())
        .map(|one| one.class.as_str())
        .collect();
    assert_eq!(holes, [class], "{}", told(&judgement));
}
