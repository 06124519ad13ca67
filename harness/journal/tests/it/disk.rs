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

/// No room can be set aside where something of another kind has its name.
fn without_room(dir: &std::path::Path) {
    std::fs::create_dir_all(dir.join("reserve/of somebody else")).unwrap();
}

/// Without room for the undo no run begins, and nothing of it is left; one that stands goes on to its undo.
#[test]
fn without_a_reserve_no_run_begins_and_one_that_stands_is_undone_still() {
    let dir = tempfile::tempdir().unwrap();
    let (fresh, stands) = (dir.path().join("fresh"), dir.path().join("stands"));
    without_room(&fresh);
    let refused = Journal::create(&fresh, header(), at(0)).err().unwrap();
    assert!(
        matches!(
            refused,
            JournalError::DiskFull {
                reserve_used: false
            }
        ),
        "{refused:?}"
    );
    assert!(!fresh.join("journal.db").exists(), "nothing was begun");

    let journal = Journal::create(&stands, header(), at(0)).unwrap();
    journal
        .append_and_wait(with_text(intent(), REQUEST))
        .unwrap();
    assert!(!journal.has_given_up_its_reserve());
    drop(journal);
    let _ = std::fs::remove_file(stands.join("reserve"));
    without_room(&stands);
    let (journal, _) = Journal::reopen(&stands, at(9)).unwrap();
    assert!(journal.has_given_up_its_reserve() && journal.failed().is_none());
    assert!(journal.disk_full().unwrap().is_full());
    journal
        .append_and_wait(with_text(comp_intent(), REQUEST))
        .unwrap();
    assert_eq!(journal.close().unwrap().seq, 3);
}

/// Whoever takes a run over sets aside what the undo of all that stands open needs, before it does anything.
#[test]
fn a_takeover_sets_room_aside_for_all_that_stands_open() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    for _ in 0..30 {
        journal.append_lazily(Draft::new(at(1), intent()));
    }
    drop(journal);
    let reserve = dir.path().join("reserve");
    let _ = std::fs::remove_file(&reserve);
    let (journal, history) = Journal::reopen(dir.path(), at(9)).unwrap();
    assert_eq!(history.records.len(), 32);
    let steps = reserve.metadata().unwrap().len() >> 20;
    assert_eq!(steps, 3, "30 × 64 KiB + half a step");
    assert!(!journal.has_given_up_its_reserve());
}

/// What a batch begins with is named, not what it ends with: from there on nobody knows what is on disk.
#[test]
fn of_a_batch_that_failed_the_first_record_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = with_fault(Fault::FsyncOnce(1), |wrap| {
        Journal::create_over(dir.path(), header(), at(0), wrap)
    });
    let journal = journal.unwrap();
    for _ in 0..4 {
        journal.append_lazily(note("late-reply"));
    }
    let error = journal.append_and_wait(note("late-reply")).unwrap_err();
    assert!(
        matches!(error, JournalError::Unsynced { seq: 1, .. }),
        "{error:?}"
    );
    assert_eq!(journal.tail().0, 0);
}

/// Another program holds the database open: all is durable and the run is free, but it is no one file, and that is said.
#[test]
fn a_journal_that_cannot_be_sealed_says_so_and_loses_nothing() {
    struct Held(Box<dyn Store>);
    impl Store for Held {
        fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
            self.0.commit(rows)
        }
        fn seal(&mut self) -> Result<(), StoreFault> {
            Err(StoreFault::HeldOpen)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let wrap = |inner| Box::new(Held(inner)) as Box<dyn Store>;
    let journal = Journal::create_over(dir.path(), header(), at(0), &wrap).unwrap();
    one_swipe(&journal);
    let error = journal.close().unwrap_err();
    assert!(
        matches!(&error, JournalError::Unsealed { source } if *source == StoreFault::HeldOpen),
        "{error:?}"
    );
    assert_eq!(read(dir.path()).unwrap().records.len(), 6);
    assert_eq!(Journal::reopen(dir.path(), at(9)).unwrap().0.epoch(), 2);
}

/// Two processes of a simulation share one store; the one that lost it sends nothing and says why.
#[test]
fn in_memory_the_store_says_whose_the_run_is() {
    struct Shared(Box<dyn Store>, Arc<std::sync::atomic::AtomicBool>);
    impl Store for Shared {
        fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
            self.0.commit(rows)
        }
        fn is_ours(&self) -> bool {
            self.1.load(Ordering::SeqCst)
        }
        fn seal(&mut self) -> Result<(), StoreFault> {
            self.0.seal()
        }
    }
    let ours = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let wrap = |inner| Box::new(Shared(inner, Arc::clone(&ours))) as Box<dyn Store>;
    let journal = Journal::in_memory_over(header(), at(0), &wrap).unwrap();
    assert_eq!(journal.epoch(), 1);
    journal.still_ours().unwrap();
    journal.still_newest().unwrap();
    ours.store(false, Ordering::SeqCst);
    for asked in [journal.still_ours(), journal.still_newest()] {
        assert_eq!(asked.unwrap_err().code(), "journal:taken_over");
    }
    let alone = Journal::in_memory(header(), at(0));
    assert_eq!(alone.epoch(), 1);
    alone.still_ours().unwrap();
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
