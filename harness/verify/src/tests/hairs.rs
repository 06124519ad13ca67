//! 毫厘之差 · Histories at the very edge of a condition: one operator more or less in the judge calls them otherwise.
//!
//! Goal: no comparison of the judge is there by accident. Method: operators of `verify` were changed one by one; for each
//! change that no other history noticed, one was made up that does. Each says what is at stake and not which operator.

use crosswipe_domain::{Cause, Entry, FenceState, Role, Rule, Unit};
use crosswipe_journal::{Purpose, UndoPlan};

use super::lies_of_proof::retold;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{Group, HIS, History, Keeper, PERSON, faulty, hub, insured, plan};
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
