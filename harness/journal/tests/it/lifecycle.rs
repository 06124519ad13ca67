//! 生命周期 · Create, append, close, read, take over; and what is refused.

use std::fs;
use std::path::Path;

use crosswipe_domain::{canonical_json, sha256_hex};
use crosswipe_journal::{Journal, Payload, holder, read};
use rstest::rstest;
use rusqlite::Connection;

use crate::samples::*;

fn closed_run(dir: &Path) {
    let journal = Journal::create(dir, header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
}

#[test]
fn a_closed_journal_is_one_file_that_holds_all() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    let (head, tail) = (journal.head_of_chain(), journal.tail());
    let closed = journal.close().unwrap();
    assert_eq!((closed.seq, closed.sha256.clone()), tail);

    let names: Vec<String> = contents(dir.path()).into_keys().collect();
    assert_eq!(
        names,
        ["journal.db", "journal.head", "journal.lock"],
        "no log, no reserve left"
    );
    let alone = dir.path().join("bundle");
    fs::create_dir(&alone).unwrap();
    fs::copy(dir.path().join("journal.db"), alone.join("journal.db")).unwrap();
    let history = read(&alone).unwrap();
    assert_eq!(history.records.len(), 6);
    assert_eq!(
        (&history.records[0].sha256, &history.last().sha256),
        (&head, &closed.sha256)
    );
    assert_eq!(
        history.messages.keys().copied().collect::<Vec<_>>(),
        [1, 2, 4, 5]
    );
    assert_eq!(history.header(), &header());
}

#[test]
fn the_chain_survives_every_takeover() {
    let dir = tempfile::tempdir().unwrap();
    closed_run(dir.path());
    for epoch in 2..5 {
        let before = read(dir.path()).unwrap();
        let (journal, history) = Journal::reopen(dir.path(), at(9)).unwrap();
        assert_eq!(journal.epoch(), epoch);
        assert_eq!(journal.head_of_chain(), history.records[0].sha256);
        assert_eq!(
            &history.records[..before.records.len()],
            &before.records[..]
        );
        match &history.last().payload {
            Payload::Takeover(takeover) => {
                assert_eq!(
                    (takeover.epoch, &takeover.old_tail),
                    (epoch, &before.last().sha256)
                );
            }
            other => panic!("{}", other.kind()),
        }
        let record = journal.append_and_wait(note("late-reply")).unwrap();
        assert_eq!(
            (record.epoch, &record.prev_sha256),
            (epoch, &history.last().sha256)
        );
        if epoch == 3 {
            drop(journal); // not closed: left open, to be resumed
        } else {
            journal.close().unwrap();
        }
        assert_eq!(read(dir.path()).unwrap().last(), &record);
    }
}

#[test]
fn a_record_can_be_read_while_the_run_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    for seq in 1..20 {
        let record = journal.append_and_wait(note("late-reply")).unwrap();
        let history = read(dir.path()).unwrap();
        assert_eq!((history.last(), record.seq), (&record, seq));
        assert_eq!(history.head, Some((seq, record.sha256.clone())));
    }
    assert_eq!(journal.history().unwrap(), read(dir.path()).unwrap());
}

/// What a run wrote is counted: its records, the commits that they shared, payloads and texts.
#[test]
fn what_was_written_is_counted() {
    let journal = Journal::in_memory(header(), at(0));
    let before = journal.counters();
    assert_eq!((before.records, before.commits), (1, 1));
    let run = &journal.history().unwrap().records[0].payload;
    assert_eq!(before.bytes, canonical_json(run).len() as u64);
    let written = |draft| {
        let before = journal.counters();
        let record = journal.append_and_wait(draft).unwrap();
        let after = journal.counters();
        assert_eq!(after.records - before.records, 1);
        assert_eq!(after.commits - before.commits, 1);
        let payload = canonical_json(&record.payload).len() as u64;
        (after.bytes - before.bytes).checked_sub(payload)
    };
    let bare = written(note("late-reply")).unwrap();
    assert_eq!(written(note("response-lost")).unwrap(), bare);
    let with_text = with_text(Payload::Outcome(ended()), REPLY);
    assert_eq!(written(with_text).unwrap(), bare + REPLY.len() as u64);
}

/// Who holds a run is said as long as he does.
#[test]
fn the_holder_of_a_run_is_named_while_he_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(holder(dir.path()).map(|owner| owner.pid), None);
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let pid = holder(dir.path()).map(|owner| owner.pid);
    assert_eq!(pid, Some(std::process::id()));
    drop(journal);
    assert_eq!(holder(dir.path()).map(|owner| owner.pid), None);
}

#[test]
fn a_run_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let error = Journal::reopen(dir.path(), at(1)).err().unwrap();
    assert_eq!(error.code(), "journal:locked");
    assert!(error.to_string().contains("in use"), "{error}");
    assert_eq!(
        Journal::create(dir.path(), header(), at(1))
            .err()
            .unwrap()
            .code(),
        "journal:locked"
    );
    journal.close().unwrap();
    assert_eq!(
        Journal::create(dir.path(), header(), at(1))
            .err()
            .unwrap()
            .code(),
        "journal:exists"
    );
    assert_eq!(Journal::reopen(dir.path(), at(1)).unwrap().0.epoch(), 2);
}

#[rstest]
#[case("UPDATE record SET at = '' WHERE seq = 1", "never changed")]
#[case("DELETE FROM record WHERE seq = 5", "never removed")]
#[case("DELETE FROM record", "never removed")]
#[case("UPDATE message SET text = '' WHERE seq = 1", "never changed")]
#[case("DELETE FROM message", "never removed")]
#[case(
    "INSERT OR REPLACE INTO record SELECT seq, epoch, '', kind, payload, prev_sha256, sha256 FROM record WHERE seq = 3",
    "only appended"
)]
#[case("REPLACE INTO message VALUES (1, '')", "only appended")]
#[case(
    "INSERT INTO record VALUES (8, 1, '', '', '', '', '')",
    "only appended"
)]
#[case("INSERT INTO message VALUES (0, '')", "only appended")]
fn the_database_itself_refuses_to_change_what_stands(#[case] sql: &str, #[case] why: &str) {
    let dir = tempfile::tempdir().unwrap();
    closed_run(dir.path());
    let before = contents(dir.path());
    let error = Connection::open(dir.path().join("journal.db"))
        .unwrap()
        .execute(sql, [])
        .unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(contents(dir.path()), before);
}

/// A dead run with a log, a dead run without one, a closed run: reading may not leave a trace in any.
#[rstest]
#[case::killed_with_a_log(true, false)]
#[case::dropped(false, false)]
#[case::closed(false, true)]
fn reading_changes_no_byte_of_a_run_that_nobody_owns(#[case] killed: bool, #[case] closed: bool) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("运行 #1?mode=rw&x=%20");
    let live = dir.path().join("live");
    let journal = Journal::create(&live, header(), at(0)).unwrap();
    one_swipe(&journal);
    if killed {
        copy_run(&live, &copy);
    }
    if closed {
        journal.close().map(drop).unwrap()
    } else {
        drop(journal)
    }
    if !killed {
        copy_run(&live, &copy);
    }
    assert_eq!(copy.join("journal.db-wal").exists(), killed);
    let before = contents(&copy);
    assert_eq!(read(&copy).unwrap().records.len(), 6);
    assert_eq!(contents(&copy), before);
}

#[test]
fn a_text_is_bound_by_its_record() {
    let journal = Journal::in_memory(header(), at(0));
    let record = journal
        .append_and_wait(with_text(intent(), REQUEST))
        .unwrap();
    match &record.payload {
        Payload::Intent(intent) => assert_eq!(intent.message, sha256_hex(REQUEST.as_bytes())),
        other => panic!("{}", other.kind()),
    }
    let history = journal.history().unwrap();
    assert_eq!(history.last(), &record);
    assert_eq!(history.messages[&1], REQUEST);
    assert!(canonical_json(&record.payload).contains(&sha256_hex(REQUEST.as_bytes())));
}

#[test]
fn memory_and_disk_write_the_same_chain() {
    let dir = tempfile::tempdir().unwrap();
    let on_disk = Journal::create(dir.path(), header(), at(0)).unwrap();
    let in_memory = Journal::in_memory(header(), at(0));
    one_swipe(&on_disk);
    one_swipe(&in_memory);
    assert_eq!(on_disk.tail(), in_memory.tail());
    assert_eq!(
        on_disk.history().unwrap().messages,
        in_memory.history().unwrap().messages
    );
    assert_eq!(on_disk.close().unwrap(), in_memory.close().unwrap());
}

#[test]
fn lazy_records_go_with_the_next_commit() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    for _ in 0..5 {
        journal.append_lazily(note("late-reply"));
    }
    assert_eq!(journal.counters().commits, 1, "RUN alone");
    let record = journal.append_and_wait(note("late-reply")).unwrap();
    assert_eq!(
        (
            record.seq,
            journal.counters().commits,
            journal.counters().records
        ),
        (6, 2, 7)
    );
    journal.append_lazily(note("late-reply"));
    assert_eq!(journal.close().unwrap().seq, 7);
    assert_eq!(read(dir.path()).unwrap().records.len(), 8);
}

#[rstest]
#[case::nothing_there(None, "journal:not_a_run")]
#[case::some_text(Some(b"hello".as_slice()), "journal:not_a_run")]
#[case::an_empty_file(Some(b"".as_slice()), "journal:not_a_run")]
fn a_folder_without_a_journal_is_not_a_run(#[case] database: Option<&[u8]>, #[case] code: &str) {
    let dir = tempfile::tempdir().unwrap();
    if let Some(bytes) = database {
        fs::write(dir.path().join("journal.db"), bytes).unwrap();
    }
    let before = contents(dir.path());
    assert_eq!(read(dir.path()).unwrap_err().code(), code);
    assert_eq!(contents(dir.path()), before);
    assert_eq!(
        Journal::reopen(dir.path(), at(0)).err().unwrap().code(),
        code
    );
    assert_eq!(
        read(&dir.path().join("absent")).unwrap_err().code(),
        "journal:not_a_run"
    );
}

#[test]
fn a_foreign_database_or_version_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t(x)")
        .unwrap();
    assert_eq!(read(dir.path()).unwrap_err().code(), "journal:not_a_run");
    fs::remove_file(&path).unwrap();
    closed_run(dir.path());
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE meta SET schema_version = 7", [])
        .unwrap();
    let error = read(dir.path()).unwrap_err();
    assert_eq!(error.code(), "journal:version");
    assert!(error.to_string().contains("format 7"), "{error}");
}
