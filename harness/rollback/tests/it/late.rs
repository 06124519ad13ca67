//! 迟到 · Which closed τ a log shows standing, and what opening one again leads to.

use std::sync::Arc;

use crosswipe_domain::{Cause, CellKey, Entry, FenceState, InfNo, LogRow, TxId, Unit};
use crosswipe_journal::{Note, Payload, Says};
use crosswipe_rollback::{LATE, Next};

use crate::history::{History, ok, unknown};

/// A settlement of unknown outcome, reversed by 2601 and believed undone; its msgid and the reversal's.
fn believed_undone(history: &mut History) -> (TxId, String, String) {
    let txid = history.intent("a", "2207");
    history.outcome(&txid, unknown());
    history.next();
    history.answered(&txid, Says::NotApplied);
    history.compensated(&txid, InfNo::new("2601"), 1, None, Some(ok()));
    let undo = history.last_undo();
    history.next();
    history.answered(&txid, Says::NotApplied);
    assert!(matches!(history.next(), Next::Conclude { .. }));
    history.concluded(&txid, true);
    let msgid = history.fold.intent(&txid).unwrap().msgid.to_string();
    (txid, msgid, undo)
}

fn row(history: &History, seq: u64, msgid: &str, entry: Entry) -> Arc<LogRow> {
    Arc::new(LogRow {
        seq,
        at: history.now,
        cause: Cause {
            origin: "H33010000001".to_owned(),
            msgid: msgid.to_owned(),
            infno: "2207".to_owned(),
        },
        group: seq,
        person: None,
        entry,
    })
}

fn posting(amount: i64, reverses: Option<u64>) -> Entry {
    Entry::Posting {
        cell: CellKey::new("personal-account", []),
        unit: Unit::Fen,
        amount,
        reverses,
    }
}

#[test]
fn what_was_booked_after_its_reversal_and_stands_is_late_and_is_reversed_anew() {
    let mut history = History::new();
    let (txid, own, undo) = believed_undone(&mut history);
    let tombstone = Entry::Fence {
        origin: "H33010000001".to_owned(),
        msgid: own.clone(),
        state: FenceState::Tombstone,
        reply: None,
    };
    let log = vec![
        row(&history, 0, &undo, tombstone),
        row(&history, 1, &own, posting(-5, None)),
    ];
    assert_eq!(
        history.fold.late(&log[..1]),
        [],
        "a tombstone stands for nothing"
    );
    assert_eq!(history.fold.late(&log), std::slice::from_ref(&txid));
    let mut undone = log.clone();
    undone.push(row(&history, 2, &undo, posting(5, Some(1))));
    assert_eq!(history.fold.late(&undone), [], "it stands no more");
    let facts = Default::default();
    let note = Note {
        code: LATE.to_owned(),
        txid: Some(txid.clone()),
        facts,
    };
    history.push(Payload::Note(note));
    assert_eq!(history.fold.late(&log), [], "it is open again already");
    assert_eq!(history.next(), Next::Query { txid: txid.clone() });
    history.answered(&txid, Says::NotApplied);
    let Next::Compensate { infno, resend, .. } = history.next() else {
        panic!("whoever is asked may know nothing of it")
    };
    assert_eq!((infno, resend), (InfNo::new("2601"), None));
}

#[test]
fn what_was_answered_cannot_come_late() {
    let mut history = History::new();
    let txid = history.ok("a", "2207");
    history.concluded(&txid, false);
    let own = history.fold.intent(&txid).unwrap().msgid.to_string();
    let log = [row(&history, 0, &own, posting(-5, None))];
    assert_eq!(history.fold.late(&log), []);
}
