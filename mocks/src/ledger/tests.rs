//! 账本测试 · Groups, negation, replay, bending.

use crosswipe_domain::Role;

use crosswipe_domain::FenceState;

use super::*;

fn cause(msgid: &str, infno: &str) -> Cause {
    Cause {
        origin: "H33010000001".into(),
        msgid: msgid.into(),
        infno: infno.into(),
    }
}

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn settle(ledger: &mut Ledger, msgid: &str, fen: i64) -> u64 {
    let mut draft = Draft::new(
        at("2017-06-02T10:00+08:00"),
        cause(msgid, "2207"),
        Some("p"),
    );
    draft.born(
        "settlement",
        msgid,
        "settled",
        Facts::from([("mdtrt_id", "m")]),
        Amounts::new(),
    );
    draft.move_money(CellKey::new("cash", []), fen);
    draft.move_money(CellKey::new("revenue", []), -fen);
    draft.move_memo(CellKey::new("reconciliation", [("day", "2017-06-02")]), fen);
    draft.fence(FenceState::Applied, Some("answer".into()));
    ledger.commit(draft)
}

fn undo(ledger: &mut Ledger, group: u64, msgid: &str, now: &str) {
    let mut draft = Draft::new(at(now), cause(msgid, "2208"), Some("p"));
    ledger.negate(group, &mut draft);
    ledger.commit(draft);
}

fn books() -> Ledger {
    Ledger::new(Party::new(Role::His, "H33010000001"))
}

fn nonzero(ledger: &Ledger) -> Vec<(CellKey, i64)> {
    ledger
        .cells()
        .filter(|(_, _, v)| *v != 0)
        .map(|(k, _, v)| (k.clone(), v))
        .collect()
}

#[test]
fn an_undo_negates_each_posting_and_names_it() {
    let mut ledger = books();
    let group = settle(&mut ledger, "m1", 4550);
    undo(&mut ledger, group, "m2", "2017-06-02T11:00+08:00");
    assert_eq!(nonzero(&ledger), []);
    assert_eq!(
        ledger.row("settlement", "m1").unwrap().row.status,
        "reversed"
    );
    let reverses = ledger.log_from(0).iter().filter_map(|row| match row.entry {
        Entry::Posting { reverses, .. } => Some(reverses),
        _ => None,
    });
    assert_eq!(reverses.flatten().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_is_undone_is_not_undone_again() {
    let mut ledger = books();
    let group = settle(&mut ledger, "m1", 4550);
    undo(&mut ledger, group, "m2", "2017-06-02T11:00+08:00");
    undo(&mut ledger, group, "m3", "2017-06-02T12:00+08:00");
    assert_eq!(nonzero(&ledger), []);
}

#[test]
fn an_undo_of_an_undo_brings_the_settlement_back() {
    let mut ledger = books();
    let first = settle(&mut ledger, "m1", 4550);
    undo(&mut ledger, first, "m2", "2017-06-02T11:00+08:00");
    undo(&mut ledger, first + 1, "m3", "2017-06-02T12:00+08:00");
    assert_eq!(ledger.value(&CellKey::new("cash", [])), 4550);
    let held = ledger.row("settlement", "m1").unwrap();
    assert_eq!(
        (held.row.status.as_str(), held.born, held.turned),
        ("settled", 0, 2)
    );
    undo(&mut ledger, 2, "m4", "2017-06-02T13:00+08:00");
    assert_eq!(nonzero(&ledger), []);
}

#[test]
fn an_undo_on_another_day_books_on_its_own_day() {
    let mut ledger = books();
    let group = settle(&mut ledger, "m1", 4550);
    undo(&mut ledger, group, "m2", "2017-06-03T00:00+08:00");
    let day = |day| ledger.value(&CellKey::new("reconciliation", [("day", day)]));
    assert_eq!((day("2017-06-02"), day("2017-06-03")), (4550, -4550));
}

#[test]
fn the_log_replays_to_the_same_books() {
    let mut ledger = books();
    let group = settle(&mut ledger, "m1", 4550);
    settle(&mut ledger, "m9", 100);
    undo(&mut ledger, group, "m2", "2017-06-02T11:00+08:00");
    let again = Ledger::replay(ledger.party().clone(), ledger.kept_from(0).collect()).unwrap();
    let now = at("2017-06-02T12:00+08:00");
    assert_eq!(again.export(now), ledger.export(now));
    assert_eq!(
        again.fenced("H33010000001", "m1"),
        ledger.fenced("H33010000001", "m1")
    );
}

/// What is sent again to a repeated message is kept once: shown to nobody, and there again after a restart.
#[test]
fn what_is_sent_again_comes_back_from_the_kept_log_and_is_shown_to_nobody() {
    let mut ledger = books();
    let mut draft = Draft::new(at("2017-06-02T11:00+08:00"), cause("m1", "2201"), None);
    draft.fence(FenceState::Applied, Some("{\"infcode\":0}".into()));
    ledger.commit(draft);
    let replies = |rows: Vec<Arc<LogRow>>| -> Vec<Option<String>> {
        let fences = rows.iter().filter_map(|row| match &row.entry {
            Entry::Fence { reply, .. } => Some(reply.clone()),
            _ => None,
        });
        fences.collect()
    };
    let shown = ledger.export(at("2017-06-02T12:00+08:00")).log;
    assert!(replies(shown).iter().all(Option::is_none));
    let kept: Vec<Arc<LogRow>> = ledger.kept_from(0).collect();
    assert_eq!(
        replies(kept.clone()).last(),
        Some(&Some("{\"infcode\":0}".to_owned()))
    );
    let again = Ledger::replay(ledger.party().clone(), kept).unwrap();
    let known = again.fenced("H33010000001", "m1").unwrap();
    assert_eq!(again.reply(known), Some("{\"infcode\":0}"));
}

#[test]
fn a_log_with_a_gap_is_no_log() {
    let mut ledger = books();
    settle(&mut ledger, "m1", 4550);
    let mut log = ledger.log_from(0).to_vec();
    log.remove(2);
    assert_eq!(
        Ledger::replay(ledger.party().clone(), log).err(),
        Some(BadLog { seq: 3 })
    );
}

#[test]
fn a_fault_bends_a_group_before_it_is_booked() {
    let mut ledger = books();
    ledger.bend_with(Box::new(|_, draft| {
        draft
            .entries
            .retain(|e| !matches!(e, Entry::Posting { cell, .. } if cell.kind == "cash"))
    }));
    settle(&mut ledger, "m1", 4550);
    assert_eq!(ledger.value(&CellKey::new("cash", [])), 0);
    assert_eq!(ledger.value(&CellKey::new("revenue", [])), -4550);
}

#[test]
fn a_purge_takes_the_rows_of_the_named_persons_and_leaves_their_numbers_empty() {
    let mut ledger = Ledger::new(Party::new(Role::His, "H33010000001"));
    let start = at("2017-06-02T10:00+08:00");
    let mut book = |seconds: i64, person: &str, msgid: &str| {
        let mut draft = Draft::new(
            start.plus_ms(seconds * 1_000),
            cause(msgid, "2207"),
            Some(person),
        );
        let cell = |kind: &str| CellKey::new(kind, [("person", person)]);
        draft.move_money(cell("cash"), 500);
        draft.move_money(cell("revenue"), -500);
        draft.fence(FenceState::Applied, None);
        ledger.commit(draft)
    };
    book(0, "one", "a");
    book(1, "two", "b");
    book(2, "one", "c");
    book(9, "one", "late");
    let persons = std::collections::BTreeSet::from(["one".to_owned()]);
    let order = PurgeOrder {
        at: start.plus_ms(5_000),
        persons,
    };
    ledger.purge(&order);
    let seqs: Vec<u64> = ledger.log_from(0).iter().map(|row| row.seq).collect();
    assert_eq!(
        seqs,
        [3, 4, 5, 9, 10, 11],
        "«two» and what came after the order stay"
    );
    assert_eq!(ledger.lsn(), 12);
    assert_eq!(
        ledger.value(&CellKey::new("cash", [("person", "one")])),
        500
    );
    assert_eq!(
        ledger.value(&CellKey::new("cash", [("person", "two")])),
        500
    );
    assert!(ledger.fenced("H33010000001", "a").is_none());
    assert_eq!(ledger.group(1).len(), 3);
    let mut next = Draft::new(start.plus_ms(10_000), cause("d", "2207"), None);
    next.fence(FenceState::Applied, None);
    assert_eq!(ledger.commit(next), 4, "no number is used again");
    assert_eq!(ledger.lsn(), 13);
}

#[test]
fn what_the_index_says_is_what_the_rows_say() {
    let (mut ledger, mut groups) = (books(), Vec::new());
    let began = [
        "2017-06-01 09:00:00",
        "2017-06-01 09:00:00",
        "2017-06-01 10:30:00",
        "",
        "not a time",
    ];
    for (number, began) in began.into_iter().enumerate() {
        let person = if number == 1 { "q" } else { "p" };
        let mut draft = Draft::new(
            at("2017-06-02T10:00+08:00"),
            cause(&format!("m{number}"), "2207"),
            Some(person),
        );
        let facts = Facts::from([("begntime", began), ("mdtrt_id", "v")]);
        // The later one sorts before: order of birth is not that of ids.
        draft.born(
            "settlement",
            &format!("s{}", 9 - number),
            "settled",
            facts,
            Amounts::new(),
        );
        draft.born(
            "visit",
            &format!("v{number}"),
            "registered",
            Facts::new(),
            Amounts::new(),
        );
        groups.push(ledger.commit(draft));
    }
    undo(&mut ledger, groups[2], "u", "2017-06-02T11:00+08:00");
    let ids = |rows: Vec<&Held>| {
        rows.iter()
            .map(|held| held.row.id.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let day = |day: &str| Moment::parse_wire(&format!("{day} 00:00:00")).unwrap();
    let begun = |person, from: &str, to: &str| {
        ids(ledger
            .settlements_begun(person, day(from)..=day(to), false)
            .collect())
    };
    assert_eq!(
        ids(ledger.rows_of_person("settlement", "p").collect()),
        "s9 s7 s6 s5"
    );
    assert_eq!(
        ids(ledger.standing_of_person("settlement", "p").collect()),
        "s9 s6 s5"
    );
    assert_eq!(
        ids(ledger.standing_of_person("visit", "p").collect()),
        "v0 v3 v4"
    );
    assert_eq!(
        ids(ledger.rows_of_kind("settlement").collect()),
        "s5 s6 s7 s8 s9"
    );
    assert_eq!(begun("p", "2017-06-01", "2017-06-02"), "s9 s7");
    assert_eq!(begun("q", "2017-06-01", "2017-06-02"), "s8");
    assert_eq!(
        begun("p", "2017-06-02", "2017-06-01") + &begun("nobody", "2017-06-01", "2017-06-02"),
        ""
    );
    assert_eq!(ids(ledger.rows_born_in(groups[2], "visit").collect()), "v2");
    assert_eq!(
        ids(ledger.rows_of_visit("settlement", "v").collect()),
        "s9 s8 s7 s6 s5"
    );
    let again = Ledger::replay(ledger.party().clone(), ledger.log_from(0).to_vec()).unwrap();
    assert_eq!(
        ids(again.standing_of_person("settlement", "p").collect()),
        "s9 s6 s5"
    );
}
