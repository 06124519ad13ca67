//! 并发 · Many cases write at once: one commit for many, answers in order, one chain.

use std::sync::{Arc, Mutex};
use std::thread;

use crosswipe_journal::{Journal, read};

use crate::samples::*;

#[test]
fn many_writers_share_commits_and_are_answered_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let answered = Arc::new(Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for writer in 0..64 {
            let (journal, answered) = (&journal, &answered);
            scope.spawn(move || {
                let mut newest = 0;
                for turn in 0..50 {
                    let (sender, receiver) = std::sync::mpsc::channel();
                    let answered = Arc::clone(answered);
                    journal.append(note(&format!("{writer}-{turn}")), move |result| {
                        let record = result.unwrap();
                        answered.lock().unwrap().push(record.seq);
                        sender.send(record).unwrap();
                    });
                    let record = receiver.recv().unwrap();
                    assert!(
                        record.seq > newest,
                        "a writer's own records keep their order"
                    );
                    newest = record.seq;
                    // Whoever is answered finds the record on disk.
                    assert!(journal.tail().0 >= record.seq);
                }
            });
        }
    });
    assert_eq!(*answered.lock().unwrap(), (1..=3200).collect::<Vec<u64>>());
    let counters = journal.counters();
    assert_eq!(counters.records, 3201);
    assert!(counters.commits * 8 < counters.records, "{counters:?}");
    println!(
        "{} records in {} commits",
        counters.records, counters.commits
    );
    assert_eq!(
        read(dir.path()).unwrap().records.len(),
        3201,
        "read beside 64 writers' owner"
    );
    journal.close().unwrap();
    assert_eq!(read(dir.path()).unwrap().records.len(), 3201);
}

#[test]
fn readers_beside_a_busy_writer_always_see_a_whole_chain() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    thread::scope(|scope| {
        let (journal, dir) = (&journal, dir.path());
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    for _ in 0..150 {
                        journal
                            .append_and_wait(with_text(intent(), REQUEST))
                            .unwrap();
                    }
                })
            })
            .collect();
        let mut seen = 0;
        while writers.iter().any(|writer| !writer.is_finished()) {
            let acknowledged = journal.tail().0;
            let history = read(dir).unwrap();
            assert!(history.last().seq >= acknowledged.max(seen));
            seen = history.last().seq;
        }
    });
    assert_eq!(journal.close().unwrap().seq, 600);
}

#[test]
fn a_caller_whose_answer_panics_leaves_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    journal.append(note("late-reply"), |_| panic!("a mistake in a caller"));
    while journal.failed().is_none() {
        let _ = journal.append_and_wait(note("late-reply"));
    }
    assert_eq!(
        journal
            .append_and_wait(note("late-reply"))
            .unwrap_err()
            .code(),
        "journal:unsynced"
    );
    assert_eq!(journal.close().unwrap_err().code(), "journal:unsynced");
    assert!(
        read(dir.path()).unwrap().records.len() >= 2,
        "what was durable stays so"
    );
}
