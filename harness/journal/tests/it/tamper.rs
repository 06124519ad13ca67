//! 篡改与损坏 · A changed byte is found, or it carries no meaning: then all that is read is as it was.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crosswipe_journal::{History, Journal, JournalError, read};
use rusqlite::Connection;

use crate::samples::*;

/// How many changes were found, and how many changed nothing that can be read.
#[derive(Debug, Default)]
struct Tally {
    found: usize,
    meaningless: usize,
}

impl Tally {
    #[track_caller]
    fn count(&mut self, dir: &Path, true_history: &History, what: &str) {
        match read(dir) {
            Err(_) => self.found += 1,
            Ok(history) if history == *true_history => self.meaningless += 1,
            Ok(_) => panic!("{what} changed what is read, and nobody noticed"),
        }
    }
}

/// Copies of a run that are changed side by side.
const SIDES: usize = 2;

/// Flips one bit of each `stride`-th byte of a file, one after the other, in copies of the run.
#[track_caller]
fn flip_bits(dir: &Path, name: &str, stride: usize) -> Tally {
    let len = fs::metadata(dir.join(name)).unwrap().len();
    let copies = tempfile::tempdir().unwrap();
    let tallies = std::thread::scope(|scope| {
        let sides: Vec<_> = (0..SIDES)
            .map(|side| {
                let copy = copies.path().join(side.to_string());
                copy_run(dir, &copy);
                scope.spawn(move || flip_share(&copy, name, (stride, side)))
            })
            .collect();
        let join = |side: std::thread::ScopedJoinHandle<'_, Tally>| side.join().unwrap();
        sides.into_iter().map(join).collect::<Vec<Tally>>()
    });
    let tally = Tally {
        found: tallies.iter().map(|tally| tally.found).sum(),
        meaningless: tallies.iter().map(|tally| tally.meaningless).sum(),
    };
    println!("{name}: {tally:?} of {len} bytes, every {stride}");
    tally
}

/// One copy's share of the flips.
fn flip_share(dir: &Path, name: &str, (stride, side): (usize, usize)) -> Tally {
    let true_history = read(dir).unwrap();
    let path = dir.join(name);
    let bytes = fs::read(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let write = |at: usize, byte: u8| file.write_all_at(&[byte], at as u64).unwrap();
    let mut tally = Tally::default();
    for at in (0..bytes.len()).step_by(stride).skip(side).step_by(SIDES) {
        let bit = 1 << ((at / stride) % 8);
        write(at, bytes[at] ^ bit);
        let what = format!("bit {bit:#04x} of byte {at} of {name}");
        tally.count(dir, &true_history, &what);
        if fs::metadata(&path).is_ok_and(|now| now.len() == bytes.len() as u64) {
            write(at, bytes[at]);
        } else {
            fs::write(&path, &bytes).unwrap();
        }
    }
    assert_eq!(read(dir).unwrap(), true_history);
    tally
}

#[test]
fn a_flipped_byte_of_a_closed_journal_is_found_or_carries_no_meaning() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
    let tally = flip_bits(dir.path(), "journal.db", 1);
    // The rest is unused room in pages, and copies of moved records that SQLite left in it.
    let texts: usize = rows_and_schema(&dir.path().join("journal.db"));
    assert!(
        tally.found >= texts,
        "{tally:?}, of which {texts} bytes are columns"
    );
    assert_eq!(flip_bits(dir.path(), "journal.head", 1).meaningless, 0);
}

/// Bytes of all text columns, and of the schema.
fn rows_and_schema(database: &Path) -> usize {
    let sql = "SELECT (SELECT sum(length(CAST(at || kind || payload || prev_sha256 || sha256 AS BLOB))) FROM record)
                    + (SELECT sum(length(CAST(text AS BLOB))) FROM message)
                    + (SELECT sum(length(sql)) FROM sqlite_schema)";
    let bytes: i64 = Connection::open(database)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    usize::try_from(bytes).unwrap()
}

/// SQLite itself drops what follows a bad frame without a word; `journal.head` tells.
#[test]
fn a_flipped_byte_of_a_living_log_is_found_or_carries_no_meaning() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(&dir.path().join("live"), header(), at(0)).unwrap();
    one_swipe(&journal);
    let copy = dir.path().join("copy");
    copy_run(&dir.path().join("live"), &copy);
    assert!(
        flip_bits(&copy, "journal.db", 29).found == 0,
        "all pages stand in the log"
    );
    let tally = flip_bits(&copy, "journal.db-wal", 29);
    assert!(tally.found > tally.meaningless * 50, "{tally:?}");
}

/// As above, after a part of the log was brought into the database while the run went on.
#[test]
fn a_flipped_byte_under_a_living_log_is_found_or_carries_no_meaning() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let journal = Journal::create(&live, header(), at(0)).unwrap();
    one_swipe(&journal);
    let reviewer = Connection::open(live.join("journal.db")).unwrap();
    reviewer
        .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
        .unwrap();
    for _ in 0..3 {
        one_swipe(&journal);
    }
    let copy = dir.path().join("copy");
    copy_run(&live, &copy);
    assert!(flip_bits(&copy, "journal.db", 13).found > 100);
    assert!(flip_bits(&copy, "journal.db-wal", 83).found > 100);
}

#[test]
fn acknowledged_records_cut_off_the_log_are_missed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(&dir.path().join("live"), header(), at(0)).unwrap();
    one_swipe(&journal);
    let copy = dir.path().join("copy");
    copy_run(&dir.path().join("live"), &copy);
    let log = copy.join("journal.db-wal");
    let bytes = fs::read(&log).unwrap();
    for end in (0..bytes.len()).step_by(61) {
        fs::write(&log, &bytes[..end]).unwrap();
        assert_eq!(
            read(&copy).unwrap_err().code(),
            "journal:corrupt",
            "cut at {end}"
        );
    }
    fs::remove_file(&log).unwrap();
    assert_eq!(read(&copy).unwrap_err().code(), "journal:corrupt");
    fs::write(&log, &bytes).unwrap();
    assert_eq!(read(&copy).unwrap().records.len(), 6);
    fs::remove_file(copy.join("journal.head")).unwrap();
    assert_eq!(
        read(&copy).unwrap_err().code(),
        "journal:corrupt",
        "a log without its head proves nothing"
    );
}

/// `journal.head` is written after the commit: a process that was killed between the two left one record and no head. Of
/// more than one nobody knows how far they reached, as long as a log lies there that could be cut.
#[test]
fn without_a_head_only_the_first_record_of_a_log_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let journal = Journal::create(&live, header(), at(0)).unwrap();
    let killed = |name: &str| {
        let copy = dir.path().join(name);
        copy_run(&live, &copy);
        fs::remove_file(copy.join("journal.head")).unwrap();
        read(&copy)
    };
    assert_eq!(killed("one record").unwrap().records.len(), 1);
    journal.append_and_wait(note("late-reply")).unwrap();
    match killed("two records").unwrap_err() {
        JournalError::Corrupt { seq, .. } => assert_eq!(seq, 1),
        other => panic!("{other}"),
    }
}

/// A program that looks on keeps the log's file there, empty: the journal beside it is whole. One byte in it is a log.
#[test]
fn an_empty_log_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
    fs::remove_file(dir.path().join("journal.head")).unwrap();
    let log = dir.path().join("journal.db-wal");
    fs::write(&log, "").unwrap();
    let before = contents(dir.path());
    assert_eq!(read(dir.path()).unwrap().records.len(), 6);
    assert_eq!(contents(dir.path()), before);
    fs::write(&log, [0]).unwrap();
    assert_eq!(read(dir.path()).unwrap_err().code(), "journal:corrupt");
}

/// What SQLite itself finds wrong is told even where every record can still be read.
#[test]
fn a_page_that_sqlite_finds_damaged_is_told_behind_the_last_record() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
    let path = dir.path().join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    // The count of unused pages in the header of the file.
    bytes[39] = 1;
    fs::write(&path, &bytes).unwrap();
    match read(dir.path()).unwrap_err() {
        JournalError::Corrupt { seq, why } => {
            assert_eq!(seq, 6);
            assert!(why.to_lowercase().contains("freelist"), "{why}");
        }
        other => panic!("{other}"),
    }
}

/// Somebody with SQL and without scruples: the triggers are gone, the chain is not.
#[test]
fn what_is_changed_behind_the_triggers_breaks_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
    let sealed = contents(dir.path());
    let path = dir.path().join("journal.db");
    let check = |sql: &str, first_bad: u64| {
        fs::write(&path, &sealed["journal.db"]).unwrap();
        let free = "DROP TRIGGER record_stands; DROP TRIGGER record_stays; DROP TRIGGER record_is_appended;
                    DROP TRIGGER message_stands; DROP TRIGGER message_stays; DROP TRIGGER message_is_appended;";
        Connection::open(&path)
            .unwrap()
            .execute_batch(&format!("{free}{sql}"))
            .unwrap();
        match read(dir.path()).unwrap_err() {
            JournalError::Corrupt { seq, why } => {
                assert_eq!(seq, first_bad, "{sql}: {why}")
            }
            other => panic!("{sql}: {other}"),
        }
        assert_eq!(
            Journal::reopen(dir.path(), at(3)).err().unwrap().code(),
            "journal:corrupt",
            "{sql}"
        );
    };
    check(
        "UPDATE record SET at = '2017-06-02T09:00:00.003+08:00' WHERE seq = 3",
        3,
    );
    check("UPDATE record SET epoch = 2 WHERE seq = 2", 2);
    check("UPDATE record SET kind = 'NOTE' WHERE seq = 4", 4);
    check(
        "UPDATE record SET payload = replace(payload, '12345', '12344') WHERE seq = 1",
        1,
    );
    check("UPDATE record SET sha256 = upper(sha256) WHERE seq = 5", 5);
    check(
        "UPDATE record SET payload = CAST(payload AS BLOB) WHERE seq = 2",
        2,
    );
    check("UPDATE record SET seq = 7 WHERE seq = 5", 5);
    check("DELETE FROM record WHERE seq = 2", 2);
    check(
        "DELETE FROM record WHERE seq >= 4; DELETE FROM message WHERE seq >= 4",
        4,
    );
    check("DELETE FROM record; DELETE FROM message", 0);
    check("UPDATE message SET text = text || ' ' WHERE seq = 4", 4);
    check("DELETE FROM message WHERE seq = 2", 2);
    check("INSERT INTO message VALUES (3, 'never sent')", 3);
    check("INSERT INTO message VALUES (9, 'never sent')", 6);
    check("DROP TABLE record", 0);
    check("DROP TABLE meta", 0);
    check("", 0);
}
