//! 磁盘故障 · What the disk refuses: after a failed commit nothing follows; a full disk takes the undo still.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crosswipe_domain::Nature;
use crosswipe_journal::{
    Draft, Intent, Journal, JournalError, Payload, Row, Store, StoreFault, UndoPlan, Verified,
    Wrap, read,
};
use rstest::rstest;

use crate::samples::*;

/// When a commit fails, and with what.
#[derive(Clone)]
enum Fault {
    /// The n-th commit fails like a failed fsync, every other would work.
    FsyncOnce(u64),
    /// No room while this file is there, from the n-th commit on.
    FullWhile(u64, PathBuf),
    /// No room from the n-th commit on, whatever is given up.
    FullForEver(u64),
}

struct FaultyStore {
    inner: Box<dyn Store>,
    fault: Fault,
    commits: Arc<AtomicU64>,
}

impl Store for FaultyStore {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        let commit = self.commits.fetch_add(1, Ordering::SeqCst);
        let full = || {
            Err(StoreFault::Full {
                why: "ENOSPC".into(),
            })
        };
        match &self.fault {
            Fault::FsyncOnce(n) if commit == *n => Err(StoreFault::Io { why: "EIO".into() }),
            Fault::FullWhile(n, path) if commit >= *n && path.exists() => full(),
            Fault::FullForEver(n) if commit >= *n => full(),
            _ => self.inner.commit(rows),
        }
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.inner.seal()
    }
}

fn with_fault<T>(fault: Fault, open: impl FnOnce(Wrap<'_>) -> T) -> (T, Arc<AtomicU64>) {
    let commits = Arc::new(AtomicU64::new(0));
    let opened = open(&|inner| {
        Box::new(FaultyStore {
            inner,
            fault: fault.clone(),
            commits: Arc::clone(&commits),
        })
    });
    (opened, commits)
}

#[test]
fn after_a_failed_commit_nothing_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, commits) = with_fault(Fault::FsyncOnce(2), |wrap| {
        Journal::create_over(dir.path(), header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    journal.append_and_wait(note("late-reply")).unwrap();
    assert!(journal.failed().is_none());
    let error = journal.append_and_wait(note("late-reply")).unwrap_err();
    assert!(
        matches!(error, JournalError::Unsynced { seq: 2, .. }),
        "{error:?}"
    );
    assert_eq!(error.code(), "journal:unsynced");
    assert!(!error.is_full(), "a broken disk is no full one");
    for _ in 0..3 {
        assert_eq!(
            journal
                .append_and_wait(note("late-reply"))
                .unwrap_err()
                .code(),
            "journal:unsynced"
        );
        journal.append_lazily(note("late-reply"));
    }
    assert_eq!(journal.failed().unwrap().code(), "journal:unsynced");
    assert_eq!(
        (commits.load(Ordering::SeqCst), journal.tail().0),
        (3, 1),
        "the disk would work again, and is not asked"
    );
    assert_eq!(journal.close().unwrap_err().code(), "journal:unsynced");
    assert_eq!(read(dir.path()).unwrap().last().seq, 1);
    let (journal, history) = Journal::reopen(dir.path(), at(5)).unwrap();
    assert_eq!(
        (journal.epoch(), history.last().seq),
        (2, 2),
        "a healthy disk goes on where durability ended"
    );
}

#[test]
fn all_who_wait_for_a_failed_commit_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = with_fault(Fault::FsyncOnce(5), |wrap| {
        Journal::create_over(dir.path(), header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    let (durable, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let answer = journal.append_and_wait(note("late-reply"));
                    if answer.is_ok() { &durable } else { &refused }.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    let (durable, refused) = (durable.into_inner(), refused.into_inner());
    assert_eq!((durable + refused, journal.tail().0), (320, durable));
    assert!(refused > 200, "{refused}");
    drop(journal);
    assert_eq!(read(dir.path()).unwrap().last().seq, durable);
}

#[test]
fn a_full_disk_still_takes_the_undo_from_the_reserve() {
    let dir = tempfile::tempdir().unwrap();
    let reserve = dir.path().join("reserve");
    let fault = Fault::FullWhile(2, reserve.clone());
    let (journal, commits) = with_fault(fault, |wrap| {
        Journal::create_over(dir.path(), header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    assert!(reserve.metadata().unwrap().len() >= 256 * 1024);
    journal
        .append_and_wait(with_text(intent(), REQUEST))
        .unwrap();
    assert!(journal.disk_full().is_none() && reserve.exists());
    journal
        .append_and_wait(with_text(comp_intent(), REQUEST))
        .unwrap();
    assert!(matches!(
        journal.disk_full(),
        Some(JournalError::DiskFull { reserve_used: true })
    ));
    assert!(journal.failed().is_none() && !reserve.exists());
    journal.append_and_wait(note("late-reply")).unwrap();
    assert_eq!(
        commits.load(Ordering::SeqCst),
        5,
        "RUN, intent, undo twice, note"
    );
    assert_eq!(journal.close().unwrap().seq, 3);
    assert_eq!(read(dir.path()).unwrap().records.len(), 4);
}

/// 64 KiB for each transaction that is open, and half a step for what is opened before anybody hears of it.
#[test]
fn the_reserve_grows_with_what_is_open() {
    const STEP: u64 = 1 << 20;
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let written = |payload: Payload, times: u32| {
        for _ in 0..times {
            let draft = Draft::new(at(2), payload.clone());
            journal.append_and_wait(draft).unwrap();
        }
        dir.path().join("reserve").metadata().unwrap().len() / STEP
    };
    let changed = |change: fn(&mut Intent)| {
        let Payload::Intent(mut intent) = intent() else {
            unreachable!("it is one")
        };
        change(&mut intent);
        Payload::Intent(intent)
    };
    let books_nothing = changed(|intent| intent.nature = Nature::Read);
    let needs_no_undo = changed(|intent| intent.undo = UndoPlan::Nothing);
    let undone = Payload::Verified(Verified {
        txid: txid(),
        never_applied: false,
        seen: BTreeMap::new(),
    });
    assert_eq!(written(books_nothing, 30), 1);
    assert_eq!(written(needs_no_undo, 30), 1);
    assert_eq!(
        written(intent(), 8),
        1,
        "8 × 64 KiB + half a step fit into one"
    );
    assert_eq!(written(intent(), 1), 2);
    assert_eq!(written(intent(), 15), 2, "24 of them into two");
    assert_eq!(written(undone, 10), 2, "room is not given back");
    assert_eq!(written(intent(), 10), 2);
    assert_eq!(written(intent(), 1), 3);
    // A number that nobody knows may book as well.
    let unknown = changed(|intent| intent.nature = Nature::Unknown);
    assert_eq!(written(unknown, 16), 4);
    assert!(journal.disk_full().is_none());
    // From now on nothing can be set aside: what is open is written, and no new business begins.
    let reserve = dir.path().join("reserve");
    std::fs::remove_file(&reserve).unwrap();
    std::fs::create_dir(&reserve).unwrap();
    written(intent(), 15);
    assert!(journal.disk_full().is_none(), "{:?}", journal.disk_full());
    written(intent(), 1);
    let full = journal.disk_full().unwrap();
    assert!(matches!(
        full,
        JournalError::DiskFull {
            reserve_used: false
        }
    ));
    assert!(full.is_full() && journal.failed().is_none());
}

/// A disk that panics the writer is one that failed: whoever waits is told which record is not there.
#[test]
fn a_writer_that_dies_leaves_nobody_waiting() {
    struct Dies(Box<dyn Store>, u64);
    impl Store for Dies {
        fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
            assert!(rows[0].seq < self.1, "the disk is gone");
            self.0.commit(rows)
        }
        fn seal(&mut self) -> Result<(), StoreFault> {
            self.0.seal()
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let wrap = |inner| Box::new(Dies(inner, 3)) as Box<dyn Store>;
    let journal = Journal::create_over(dir.path(), header(), at(0), &wrap).unwrap();
    for _ in 0..2 {
        journal.append_and_wait(note("late-reply")).unwrap();
    }
    for _ in 0..3 {
        let error = journal.append_and_wait(note("late-reply")).unwrap_err();
        assert!(
            matches!(error, JournalError::Unsynced { seq: 3, .. }),
            "{error:?}"
        );
    }
    let error = journal.close().unwrap_err();
    assert!(matches!(error, JournalError::Unsynced { seq: 3, .. }));
}

#[test]
fn a_disk_that_stays_full_is_as_bad_as_a_broken_one() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, commits) = with_fault(Fault::FullForEver(1), |wrap| {
        Journal::create_over(dir.path(), header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    let error = journal.append_and_wait(note("late-reply")).unwrap_err();
    assert!(error.is_full(), "for want of room, and nothing else");
    assert!(
        matches!(
            &error,
            JournalError::Unsynced {
                seq: 1,
                source: StoreFault::Full { .. }
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        journal
            .append_and_wait(note("late-reply"))
            .unwrap_err()
            .code(),
        "journal:unsynced"
    );
    assert_eq!(
        commits.load(Ordering::SeqCst),
        3,
        "tried once more, then never again"
    );
}

#[rstest]
#[case(1)]
#[case(4)]
fn a_simulation_meets_the_same_fault_at_the_same_record(#[case] n: u64) {
    let (journal, _) = with_fault(Fault::FsyncOnce(n), |wrap| {
        Journal::in_memory_over(header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    for _ in 1..n {
        journal.append_and_wait(note("late-reply")).unwrap();
    }
    for _ in 0..2 {
        let error = journal.append_and_wait(note("late-reply")).unwrap_err();
        assert!(
            matches!(error, JournalError::Unsynced { seq, .. } if seq == n),
            "{error:?}"
        );
    }
    assert_eq!(journal.history().unwrap().last().seq, n - 1);
    assert_eq!(journal.close().unwrap_err().code(), "journal:unsynced");
}

/// A store beside which its rows are kept, as a disk would keep them.
struct Kept(Box<dyn Store>, Arc<std::sync::Mutex<Vec<Row>>>);

impl Store for Kept {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        self.1.lock().unwrap().extend_from_slice(rows);
        self.0.commit(rows)
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.0.seal()
    }
}

#[test]
fn a_simulation_goes_on_from_what_was_durable_at_any_record() {
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let wrap = |inner| Box::new(Kept(inner, Arc::clone(&kept))) as Box<dyn Store>;
    let journal = Journal::in_memory_over(header(), at(0), &wrap).unwrap();
    one_swipe(&journal);
    let whole = journal.history().unwrap();
    let rows = kept.lock().unwrap().clone();
    assert_eq!(rows.len(), whole.records.len());
    for end in 1..=rows.len() {
        let (again, history) =
            Journal::reopen_in_memory_over(rows[..end].to_vec(), at(9), &|store| store).unwrap();
        assert_eq!(history.records[..end], whole.records[..end]);
        assert_eq!((again.epoch(), history.last().seq), (2, end as u64));
        again.append_and_wait(note("late-reply")).unwrap();
        assert_eq!(again.history().unwrap().last().seq, end as u64 + 1);
    }
    assert!(
        Journal::reopen_in_memory_over(rows[1..].to_vec(), at(9), &|store| store).is_err(),
        "a journal without its beginning is none"
    );
    let nothing = Journal::reopen_in_memory_over(Vec::new(), at(9), &|store| store);
    let error = nothing.map(|_| ()).unwrap_err();
    assert!(
        matches!(error, JournalError::Corrupt { seq: 0, .. }),
        "{error:?}"
    );
}

/// Texts lie beside the records; one that was changed, lost or put in is found in memory as on disk.
#[test]
fn a_simulation_goes_on_with_no_text_but_its_own() {
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let wrap = |inner| Box::new(Kept(inner, Arc::clone(&kept))) as Box<dyn Store>;
    let journal = Journal::in_memory_over(header(), at(0), &wrap).unwrap();
    one_swipe(&journal);
    let rows = kept.lock().unwrap().clone();
    let goes_on = |rows: Vec<Row>| {
        Journal::reopen_in_memory_over(rows, at(9), &|store| store)
            .map(|(journal, _)| drop(journal))
    };
    goes_on(rows.clone()).unwrap();
    let texts = rows.iter().filter(|row| row.message.is_some()).count();
    println!("{texts} texts changed and lost");
    assert!(texts >= 2);
    for place in 0..rows.len() {
        let mut bent = rows.clone();
        match &mut bent[place].message {
            Some(text) => text.push(' '),
            none => *none = Some("from nowhere".to_owned()),
        }
        let error = goes_on(bent).unwrap_err();
        assert_eq!(error.code(), "journal:corrupt", "text of row {place}");
        if rows[place].message.is_some() {
            let mut bent = rows.clone();
            bent[place].message = None;
            let error = goes_on(bent).unwrap_err();
            assert_eq!(error.code(), "journal:corrupt", "no text of row {place}");
        }
    }
}
