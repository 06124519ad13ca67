//! 提交速度 · Durable records per second with 64 writers, against bare SQLite batches of 64 in the same run.
//!
//! Why so: an absolute figure says more about the disk than about the journal. The bare database
//! writes ready-made rows of the same size, 64 to a commit, from one thread that waits for nobody.
//! The journal makes canonical JSON of every payload, chains it and answers every writer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crosswipe_domain::{
    AdmDivision, CaseId, InfNo, Moment, Money, MsgId, Nature, Outcome, Party, Pseudonym,
    PseudonymKey, Role, TxId, canonical_json,
};
use crosswipe_journal::{
    Draft, Ended, Intent, Journal, JournalError, Payload, Purpose, Record, UndoPlan,
};

use crate::measured::Watch;
use crate::table::{Asked, Row};
use crate::whole::{header, plan};

const WRITERS: usize = 64;

/// Each writer waits for its own record, or has sixteen under way.
pub(crate) fn rows(per_writer: usize, rounds: usize) -> Vec<Row> {
    let sizes = [intent(), outcome()].map(|draft| {
        let text = draft.message.as_ref().map_or(0, String::len);
        (canonical_json(&draft.payload).len(), text)
    });
    let ways = [("each waits for its own", 1), ("16 under way each", 16)];
    let row = |(what, ahead)| {
        let mut shared = 0;
        let rounds = (0..rounds).map(|_| {
            let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
                .expect("a folder for temporary files");
            let limit = bare_sqlite(&folder.path().join("bare.db"), sizes, WRITERS * per_writer);
            let (ours, commits) = journal(&folder.path().join("run"), per_writer, ahead);
            shared = (WRITERS * per_writer) as u64 / commits.max(1);
            (ours, limit)
        });
        let rounds = rounds.collect();
        let name = format!("journal, {WRITERS} writers, {what}");
        Row::paired(name, "records/s", rounds, Asked::Share(800))
            .with("records a sync", shared)
            .with(
                "bytes of INTENT and its text",
                format!("{} + {}", sizes[0].0, sizes[0].1),
            )
            .with("of OUTCOME", sizes[1].0)
    };
    ways.into_iter().map(row).collect()
}

/// Rows of the given sizes by turns, 64 to a commit, as fast as they go.
fn bare_sqlite(path: &Path, sizes: [(usize, usize); 2], total: usize) -> u128 {
    let database = rusqlite::Connection::open(path).expect("a fresh file");
    let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE record(seq INTEGER PRIMARY KEY, epoch, at, kind, payload, prev_sha256, sha256);
        CREATE TABLE message(seq INTEGER PRIMARY KEY, text);";
    database
        .execute_batch(schema)
        .expect("an empty database takes tables");
    let texts = sizes.map(|(payload, text)| ("x".repeat(payload), "y".repeat(text)));
    let hash = "0".repeat(64);
    let insert = || -> rusqlite::Result<()> {
        let sql = "INSERT INTO record VALUES (?1, 1, '2017-06-02T09:00:00.000+08:00', 'NOTE', ?2, ?3, ?3)";
        let mut record = database.prepare(sql)?;
        let mut message = database.prepare("INSERT INTO message VALUES (?1, ?2)")?;
        for first in (0..total).step_by(64) {
            database.execute_batch("BEGIN IMMEDIATE")?;
            for seq in first..first + 64 {
                let (payload, text) = &texts[seq % 2];
                record.execute((seq as i64, payload, &hash))?;
                if !text.is_empty() {
                    message.execute((seq as i64, text))?;
                }
            }
            database.execute_batch("COMMIT")?;
        }
        Ok(())
    };
    per_second(total, || insert().expect("a healthy disk"))
}

/// As many writers, each with up to `ahead` records not yet durable; records per second, and how many syncs they took.
fn journal(dir: &Path, per_writer: usize, ahead: usize) -> (u128, u64) {
    let plan = plan(1);
    let header = header(&plan, &PseudonymKey::new([7; 32]));
    let journal = Journal::create(dir, header, Moment::from_epoch_ms(0)).expect("a fresh folder");
    let rate = per_second(WRITERS * per_writer, || {
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| write(&journal, per_writer, ahead));
            }
        });
    });
    let counters = journal.counters();
    journal.close().expect("a healthy disk");
    (rate, counters.commits)
}

fn write(journal: &Journal, per_writer: usize, ahead: usize) {
    let (sender, receiver) = mpsc::sync_channel::<Result<Record, JournalError>>(ahead);
    for turn in 0..per_writer {
        if turn >= ahead {
            receiver.recv().expect("an answer").expect("a healthy disk");
        }
        let sender = sender.clone();
        let draft = if turn % 2 == 0 { intent() } else { outcome() };
        journal.append(draft, move |result| {
            sender.send(result).expect("its writer waits")
        });
    }
    for _ in 0..ahead.min(per_writer) {
        receiver.recv().expect("an answer").expect("a healthy disk");
    }
}

fn per_second(records: usize, work: impl FnOnce()) -> u128 {
    let watch = Watch::start();
    work();
    watch.stop().per_second(records)
}

fn txid() -> TxId {
    TxId::parse("outpatient/330100-330200/1.settle").expect("an id")
}

fn msgid() -> MsgId {
    MsgId::parse("H33020000001201706020900050007").expect("an id")
}

fn place(code: &str) -> AdmDivision {
    AdmDivision::parse(code).expect("a division")
}

fn intent() -> Draft {
    let intent = Intent {
        txid: txid(),
        msgid: msgid(),
        origin: "H33020000001".to_owned(),
        infno: InfNo::new("2207"),
        nature: Nature::Forward,
        purpose: Purpose::Business,
        case: CaseId::parse("outpatient/330100-330200").expect("an id"),
        step: "1.settle".to_owned(),
        person: Some(Pseudonym::from_evidence("P-0123456789ab")),
        insured: Some(place("330100")),
        treatment: place("330200"),
        business: None,
        insutype: Some("310".to_owned()),
        channel: Default::default(),
        path: vec![
            Party::new(Role::Treatment, "330200"),
            Party::new(Role::Insured, "330100"),
        ],
        undo: UndoPlan::Cancel {
            infno: InfNo::new("2208"),
        },
        ids: BTreeMap::from([("mdtrt_id".to_owned(), "330200V0000001".to_owned())]),
        amounts: BTreeMap::from([("medfee_sumamt".to_owned(), Money::from_fen(12_345))]),
        digest: "cd".repeat(32),
        message: String::new(),
    };
    let message = Some(r#"{"infno":"2207","psn_no":"33**01"}"#.repeat(12));
    Draft {
        at: Moment::from_epoch_ms(0),
        payload: Payload::Intent(Box::new(intent)),
        message,
    }
}

fn outcome() -> Draft {
    let ids = BTreeMap::from([("setl_id".to_owned(), "330200S0000001".to_owned())]);
    let amounts = ["fund_pay_sumamt", "acct_pay", "psn_cash_pay"];
    let amounts = amounts
        .map(|name| (name.to_owned(), Money::from_fen(4_115)))
        .into();
    let outcome = Outcome::Ok { ids, amounts };
    let ended = Ended {
        txid: txid(),
        msgid: msgid(),
        outcome,
        took_ms: 3,
        reply: None,
    };
    Draft::new(Moment::from_epoch_ms(1), Payload::Outcome(ended))
}
