//! 提交速度 · Durable records per second with 64 writers, against bare SQLite batches of 64 in the same run.
//!
//! Why so: an absolute figure says more about the disk than about the journal. The bare database
//! writes ready-made rows of the same size, 64 to a commit, from one thread that waits for nobody.
//! The journal makes canonical JSON of every payload, chains it and answers every writer.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crosswipe_domain::{
    AdmDivision, CaseId, InfNo, Moment, Money, MsgId, Nature, Outcome, Party, Pseudonym,
    ResolvedPlan, Role, RunId, TxId, Window, canonical_json,
};
use crosswipe_journal::{
    Draft, Ended, Intent, Journal, JournalError, Payload, Purpose, Record, RunHeader, UndoPlan,
};

const WRITERS: usize = 64;
const PER_WRITER: usize = 2_000;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let sizes = [intent(), outcome()].map(|draft| {
        let text = draft.message.as_ref().map_or(0, String::len);
        (canonical_json(&draft.payload).len(), text)
    });
    println!("{WRITERS} writers, {PER_WRITER} records each: INTENT and OUTCOME in turn");
    println!("bytes of (payload, text): {sizes:?}");
    let bare = bare_sqlite(&folder.path().join("bare.db"), sizes);
    let alone = journal(&folder.path().join("alone"), 1, 1);
    let waiting = journal(&folder.path().join("waiting"), WRITERS, 1);
    let ahead = journal(&folder.path().join("ahead"), WRITERS, 16);
    println!("bare SQLite, 64 rows to a commit          {bare:>8} records/s");
    for (what, rate) in [
        ("journal, one writer, waits for each       ", alone),
        ("journal, 64 writers, each waits for its own", waiting),
        ("journal, 64 writers, 16 under way each     ", ahead),
    ] {
        println!(
            "{what}{rate:>8} records/s, {:>3} % of bare",
            rate * 100 / bare.max(1)
        );
    }
}

/// Rows of the given sizes by turns, 64 to a commit, as fast as they go.
fn bare_sqlite(path: &Path, sizes: [(usize, usize); 2]) -> u128 {
    let database = rusqlite::Connection::open(path).expect("a fresh file");
    let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE record(seq INTEGER PRIMARY KEY, epoch, at, kind, payload, prev_sha256, sha256);
        CREATE TABLE message(seq INTEGER PRIMARY KEY, text);";
    database
        .execute_batch(schema)
        .expect("an empty database takes tables");
    let texts = sizes.map(|(payload, text)| ("x".repeat(payload), "y".repeat(text)));
    let (hash, total) = ("0".repeat(64), WRITERS * PER_WRITER);
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

/// As many writers, each with up to `ahead` records not yet durable.
fn journal(dir: &Path, writers: usize, ahead: usize) -> u128 {
    let journal = Journal::create(dir, header(), Moment::from_epoch_ms(0)).expect("a fresh folder");
    let rate = per_second(writers * PER_WRITER, || {
        thread::scope(|scope| {
            for _ in 0..writers {
                scope.spawn(|| write(&journal, ahead));
            }
        });
    });
    let counters = journal.counters();
    println!("  {writers} writers, {ahead} under way: {counters:?}");
    journal.close().expect("a healthy disk");
    rate
}

fn write(journal: &Journal, ahead: usize) {
    let (sender, receiver) = mpsc::sync_channel::<Result<Record, JournalError>>(ahead);
    for turn in 0..PER_WRITER {
        if turn >= ahead {
            receiver.recv().expect("an answer").expect("a healthy disk");
        }
        let sender = sender.clone();
        let draft = if turn % 2 == 0 { intent() } else { outcome() };
        journal.append(draft, move |result| {
            sender.send(result).expect("its writer waits")
        });
    }
    for _ in 0..ahead {
        receiver.recv().expect("an answer").expect("a healthy disk");
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn per_second(records: usize, work: impl FnOnce()) -> u128 {
    let start = std::time::Instant::now();
    work();
    records as u128 * 1_000_000 / start.elapsed().as_micros().max(1)
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

fn header() -> RunHeader {
    let plan = ResolvedPlan {
        plan: "bench".to_owned(),
        title_zh: String::new(),
        title_en: String::new(),
        source: String::new(),
        same_day: true,
        window: Window {
            phases: vec![],
            margin_ms: 0,
            no_refund: None,
            no_self_pay: None,
            suspended: Vec::new(),
            amended: Vec::new(),
        },
        hub: place("330000"),
        regions: vec![],
        outside: vec![],
        institutions: vec![],
        arranged: vec![],
        personas: vec![],
        public: vec![],
        cases: vec![],
        matrix: vec![],
        matrix_in_turn: false,
        cannot_undo: vec![],
        purge: vec![],
        caps: None,
        known_issues: Vec::new(),
    };
    RunHeader {
        run_id: RunId::parse("bench").expect("an id"),
        tool_version: String::new(),
        plan,
        files: BTreeMap::new(),
        seed: 0,
        clock: "simulated".to_owned(),
        transport: "memory".to_owned(),
        parties: BTreeMap::new(),
        faults: vec![],
        switches: Default::default(),
        previous_tail: None,
        world: None,
    }
}
