//! 接管 · A run changes hands while its owner lives: the old one writes nothing more, and nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crosswipe_journal::{Journal, JournalError, Payload, read};
use rstest::rstest;
use rusqlite::Connection;

use crate::samples::*;

#[test]
fn a_run_in_use_is_refused_and_says_who_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let refused = Journal::reopen(dir.path(), at(1)).err().unwrap();
    assert_eq!(refused.code(), "journal:locked");
    match &refused {
        JournalError::Locked {
            owner: Some(owner), ..
        } => assert_eq!(owner.pid, std::process::id()),
        other => panic!("{other}"),
    }
    let words = refused.to_string();
    assert!(
        words.contains(&format!(
            "in use by process {} since 20",
            std::process::id()
        )),
        "{words}"
    );
    drop(journal);
    Journal::reopen(dir.path(), at(1)).unwrap();
}

#[test]
fn an_owner_that_lives_on_writes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&old);
    old.still_ours().unwrap();
    old.still_newest().unwrap();
    let (seq, tail) = old.tail();
    let (new, history) = Journal::take_over(dir.path(), at(9)).unwrap();
    assert_eq!((new.epoch(), history.last().seq), (2, seq + 1));
    match &history.last().payload {
        Payload::Takeover(takeover) => assert_eq!((takeover.epoch, &takeover.old_tail), (2, &tail)),
        other => panic!("{}", other.kind()),
    }
    for asked in [old.still_ours(), old.still_newest()] {
        assert_eq!(asked.unwrap_err().code(), "journal:taken_over");
    }
    let before = contents(dir.path());
    let refused = old.append_and_wait(note("late-reply")).unwrap_err();
    assert_eq!(refused.code(), "journal:taken_over");
    old.append_lazily(note("late-reply"));
    assert_eq!(old.failed().unwrap().code(), "journal:taken_over");
    drop(old);
    assert_eq!(contents(dir.path()), before, "nothing was written");
    new.still_newest().unwrap();
    let record = new.append_and_wait(note("late-reply")).unwrap();
    new.close().unwrap();
    let whole = read(dir.path()).unwrap();
    assert_eq!(
        (whole.last(), whole.records.len() as u64),
        (&record, seq + 3)
    );
    let names: Vec<String> = contents(dir.path()).into_keys().collect();
    assert_eq!(names, ["journal.db", "journal.head", "journal.lock"]);
}

/// As if the old process had been stopped in the middle of a commit: it holds the database for ever.
#[test]
fn a_commit_that_never_ends_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&old);
    let stuck = Connection::open(dir.path().join("journal.db")).unwrap();
    stuck.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (new, history) = Journal::take_over(dir.path(), at(9)).unwrap();
    assert_eq!(history.records.len(), 7);
    new.append_and_wait(note("late-reply")).unwrap();
    // It wakes up and commits after all, into a file that is no run's any more.
    stuck.execute_batch("COMMIT").unwrap();
    drop(stuck);
    drop(old);
    new.append_and_wait(note("late-reply")).unwrap();
    drop(new); // not closed: the log beside the database is the new owner's, and must have stayed
    assert_eq!(read(dir.path()).unwrap().records.len(), 9);
}

/// Somebody has laid a lock file of his own and written nothing yet: neither question lets a message out, and he is named
/// unless he is this very process.
#[test]
fn who_lost_the_lock_sends_nothing_before_the_other_has_written() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    for (pid, named) in [(1, Some(1)), (std::process::id(), None)] {
        let beside = dir.path().join("of another");
        fs::write(&beside, format!("{pid}\n")).unwrap();
        fs::rename(&beside, dir.path().join("journal.lock")).unwrap();
        for asked in [old.still_ours(), old.still_newest()] {
            match asked.unwrap_err() {
                JournalError::TakenOver { by, .. } => {
                    assert_eq!(by.map(|owner| owner.pid), named);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(read(dir.path()).unwrap().records.len(), 1);
}

/// A clock that stands behind the one of the process before does not make the journal go back.
#[rstest]
#[case::behind(at(-60_000), at(2))]
#[case::ahead(at(60_000), at(60_000))]
fn a_takeover_is_never_earlier_than_what_stands(
    #[case] asked: crosswipe_domain::Moment,
    #[case] written: crosswipe_domain::Moment,
) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    assert_eq!(journal.history().unwrap().last().at, at(2));
    drop(journal);
    let (_journal, history) = Journal::reopen(dir.path(), asked).unwrap();
    assert_eq!(history.last().at, written);
}

/// Nothing is taken over where there is nothing, and nothing is left there.
#[test]
fn a_folder_without_a_run_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    for take in [Journal::reopen, Journal::take_over] {
        for folder in [dir.path().to_owned(), dir.path().join("absent")] {
            let refused = take(&folder, at(1)).err().unwrap();
            assert_eq!(refused.code(), "journal:not_a_run", "{refused}");
        }
    }
    assert!(contents(dir.path()).is_empty());
}

/// The lock file was removed by hand, so two processes believe that the run is theirs.
#[test]
fn without_a_lock_the_epoch_inside_the_commit_decides() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    let beside = Connection::open(dir.path().join("journal.db")).unwrap();
    let newer = "INSERT INTO record SELECT seq + 1, 2, at, 'NOTE', payload, sha256, 'x' FROM record WHERE seq = 0";
    assert_eq!(beside.execute(newer, []).unwrap(), 1);
    old.still_ours().unwrap();
    assert_eq!(old.still_newest().unwrap_err().code(), "journal:taken_over");
    let refused = old.append_and_wait(note("late-reply")).unwrap_err();
    assert_eq!(refused.code(), "journal:taken_over");
    let rows: i64 = beside
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 2);
}

/// A journal that cannot be asked whose it is lets nothing out.
#[test]
fn who_cannot_read_the_newest_record_does_not_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let beside = Connection::open(dir.path().join("journal.db")).unwrap();
    beside.execute_batch("DROP TABLE record").unwrap();
    journal.still_ours().unwrap();
    let refused = journal.still_newest().unwrap_err();
    assert!(
        matches!(refused, JournalError::Corrupt { seq: 0, .. }),
        "{refused:?}"
    );
}

/// Whoever takes a run over may die between any two steps of it.
#[rstest]
#[case::copied_without_a_name(&["journal.next/journal.db"], &[])]
#[case::named(&["journal.next.db"], &[])]
#[case::named_without_the_old_log(&["journal.next.db"], &["journal.db-wal", "journal.db-shm"])]
fn a_takeover_cut_short_leaves_one_journal(#[case] made: &[&str], #[case] removed: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let dead = killed_run(dir.path());
    for name in made {
        let to = dir.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let connection = Connection::open(dead.join("journal.db")).unwrap();
        let to = to.display().to_string();
        connection.execute("VACUUM INTO ?1", [to]).unwrap();
    }
    for name in removed {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let stood = read(&dead).unwrap();
    assert_eq!(read(dir.path()).unwrap().records, stood.records);
    for take in [Journal::reopen, Journal::take_over] {
        let (journal, history) = take(dir.path(), at(9)).unwrap();
        assert_eq!(history.records[..stood.records.len()], stood.records[..]);
        journal.append_and_wait(note("late-reply")).unwrap();
        drop(journal);
    }
    let whole = read(dir.path()).unwrap();
    assert_eq!(whole.records.len(), stood.records.len() + 4);
    assert!(!dir.path().join("journal.next.db").exists());
}

/// What a process that was stopped has open, it may go on writing to for ever: none of it is the run's any more.
#[test]
fn what_the_old_process_still_holds_open_is_no_file_of_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&old);
    let held = ["journal.head", "journal.lock", "journal.db"].map(|name| {
        let open = fs::OpenOptions::new()
            .write(true)
            .open(dir.path().join(name));
        (name, open.unwrap())
    });
    let (new, history) = Journal::take_over(dir.path(), at(9)).unwrap();
    let junk = format!("99 {}\n", "a".repeat(64));
    for (name, mut file) in held {
        std::io::Write::write_all(&mut file, junk.as_bytes()).unwrap();
        assert_eq!(read(dir.path()).unwrap().records, history.records, "{name}");
        new.still_ours().unwrap();
    }
    let record = new.append_and_wait(note("late-reply")).unwrap();
    assert_eq!(read(dir.path()).unwrap().last(), &record);
}

/// What cannot be believed is not taken over, and its owner, if he lives, keeps it.
#[test]
fn a_corrupt_run_does_not_change_hands() {
    let dir = tempfile::tempdir().unwrap();
    let old = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&old);
    let beside = Connection::open(dir.path().join("journal.db")).unwrap();
    let changed = "DROP TRIGGER message_stands; UPDATE message SET text = '' WHERE seq = 1";
    beside.execute_batch(changed).unwrap();
    drop(beside);
    let refused = Journal::take_over(dir.path(), at(9)).err().unwrap();
    assert!(
        matches!(refused, JournalError::Corrupt { seq: 1, .. }),
        "{refused:?}"
    );
    old.still_ours().unwrap();
    assert!(!dir.path().join("journal.next").exists());
}

/// A closed run of which only the database was kept can be gone on with.
#[test]
fn a_closed_run_without_its_head_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    journal.close().unwrap();
    fs::remove_file(dir.path().join("journal.head")).unwrap();
    let (journal, history) = Journal::take_over(dir.path(), at(9)).unwrap();
    assert_eq!((journal.epoch(), history.records.len()), (2, 7));
    let head = read(dir.path()).unwrap().head;
    assert_eq!(head, Some(journal.tail()), "from now on there is one");
}

/// One process at a time takes a run over: the next is told, and does not wait for ever.
#[rstest]
fn while_one_takes_a_run_over_no_other_does(#[values(true, false)] by_force: bool) {
    let dir = tempfile::tempdir().unwrap();
    drop(Journal::create(dir.path(), header(), at(0)).unwrap());
    let turn = fs::File::open(dir.path()).unwrap();
    turn.try_lock().unwrap();
    let take = if by_force {
        Journal::take_over
    } else {
        Journal::reopen
    };
    let refused = take(dir.path(), at(9)).err().unwrap();
    assert_eq!(refused.code(), "journal:locked");
    assert_eq!(read(dir.path()).unwrap().records.len(), 1);
    drop(turn);
    assert_eq!(take(dir.path(), at(9)).unwrap().0.epoch(), 2);
}

/// A run as a killed process leaves it, log and all; and a copy of it to look things up in.
fn killed_run(dir: &Path) -> std::path::PathBuf {
    let from = tempfile::tempdir().unwrap();
    let journal = Journal::create(from.path(), header(), at(0)).unwrap();
    one_swipe(&journal);
    // A part of the log was brought in before: what it holds fits no other database.
    let reviewer = Connection::open(from.path().join("journal.db")).unwrap();
    reviewer
        .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
        .unwrap();
    one_swipe(&journal);
    let copy = dir.join("as-it-was");
    fs::create_dir(&copy).unwrap();
    for (name, bytes) in contents(from.path()) {
        fs::write(dir.join(&name), &bytes).unwrap();
        fs::write(copy.join(&name), &bytes).unwrap();
    }
    drop(journal);
    copy
}

#[test]
fn of_many_who_take_over_at_once_one_has_it_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let first = Journal::create(dir.path(), header(), at(0)).unwrap();
    let taken: Vec<Journal> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Journal::take_over(dir.path(), at(9))))
            .collect();
        let ended = tries.into_iter().map(|one| one.join().unwrap());
        ended
            .filter_map(|taken| match taken {
                Ok((journal, _)) => Some(journal),
                Err(error) => {
                    assert_eq!(error.code(), "journal:locked", "{error}");
                    None
                }
            })
            .collect()
    });
    let mut epochs: BTreeMap<u64, bool> = BTreeMap::new();
    for journal in &taken {
        let ours = journal.still_ours().is_ok();
        assert_eq!(journal.append_and_wait(note("late-reply")).is_ok(), ours);
        assert!(
            epochs.insert(journal.epoch(), ours).is_none(),
            "one epoch, one owner"
        );
    }
    println!(
        "{} of 8 took the run over, one after the other",
        taken.len()
    );
    assert!(first.still_ours().is_err());
    assert_eq!(epochs.values().filter(|ours| **ours).count(), 1);
    assert_eq!(epochs.last_key_value().map(|(_, ours)| *ours), Some(true));
    let records = read(dir.path()).unwrap().records;
    assert_eq!(records.len(), 1 + taken.len() + 1);
}
