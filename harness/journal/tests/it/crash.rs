//! 猝死 · The process dies at any instant: all that was acknowledged is there, and nothing is half there.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crosswipe_journal::{Journal, read, torn_tail};

use crate::samples::*;

const CHILD: &str = "CROSSWIPE_JOURNAL_TEST_CHILD";

/// Not a test of its own: the process that the next test kills. It says what was acknowledged, line by line.
#[test]
fn the_process_that_is_killed() {
    let Some(dir) = env::var_os(CHILD).map(PathBuf::from) else {
        return;
    };
    let journal = if dir.join("journal.db").exists() {
        Journal::reopen(&dir, at(0)).unwrap().0
    } else {
        Journal::create(&dir, header(), at(0)).unwrap()
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let record = journal
                        .append_and_wait(with_text(intent(), REQUEST))
                        .unwrap();
                    let mut out = stdout().lock();
                    writeln!(out, "acknowledged {} {}", record.seq, record.sha256).unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut epoch = 0;
    for lines in [1, 2, 7, 40, 3, 150] {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::the_process_that_is_killed",
                "--nocapture",
            ])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while said.matches("acknowledged").count() < lines {
            assert_ne!(
                out.read_line(&mut said).unwrap(),
                0,
                "the child ended by itself: {said}"
            );
        }
        child.kill().unwrap();
        child.wait().unwrap();
        out.read_to_string(&mut said).unwrap();

        epoch += 1;
        let before = contents(dir.path());
        let history = read(dir.path()).unwrap();
        assert_eq!(history.last().epoch, epoch);
        let whole_lines = said
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let mut acknowledged = 0;
        for line in whole_lines.filter_map(|line| {
            line.trim_end()
                .split_once("acknowledged ")
                .map(|(_, line)| line)
        }) {
            let (seq, sha256) = line.split_once(' ').unwrap();
            let record = &history.records[seq.parse::<usize>().unwrap()];
            assert_eq!(record.sha256, sha256);
            acknowledged += 1;
        }
        assert!(acknowledged >= lines);
        assert_eq!(
            contents(dir.path()),
            before,
            "reading a dead run leaves no trace"
        );
    }
}

#[test]
fn a_copy_taken_after_any_record_reads_to_that_record() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let journal = Journal::create(&live, header(), at(0)).unwrap();
    for seq in 1..30_u64 {
        let record = journal
            .append_and_wait(with_text(intent(), REQUEST))
            .unwrap();
        let copy = dir.path().join(seq.to_string());
        copy_run(&live, &copy);
        let history = read(&copy).unwrap();
        assert_eq!(
            (history.last(), history.messages.len() as u64),
            (&record, seq)
        );
        let (resumed, history) = Journal::reopen(&copy, at(3)).unwrap();
        assert_eq!((history.last().seq, resumed.epoch()), (seq + 1, 2));
    }
}

/// The log ends anywhere inside its last, never acknowledged transaction, or holds zeros from there on.
#[test]
fn a_torn_tail_costs_only_what_nobody_was_told() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let journal = Journal::create(&live, header(), at(0)).unwrap();
    one_swipe(&journal);
    let copy = dir.path().join("copy");
    copy_run(&live, &copy);
    let log = copy.join("journal.db-wal");
    let (acknowledged, known) = (fs::read(&log).unwrap(), read(&copy).unwrap());
    journal
        .append_and_wait(with_text(intent(), REQUEST))
        .unwrap();
    let whole = fs::read(live.join("journal.db-wal")).unwrap();
    assert!(whole.len() > acknowledged.len() && whole.starts_with(&acknowledged));
    assert_eq!(torn_tail(&copy).unwrap(), None);
    let mut told = 0;
    for end in (acknowledged.len()..whole.len()).step_by(17) {
        fs::write(&log, &whole[..end]).unwrap();
        assert_eq!(read(&copy).unwrap(), known, "cut at {end}");
        let tail = (end - acknowledged.len()) as u64;
        assert_eq!(
            torn_tail(&copy).unwrap(),
            (tail > 0).then_some(tail),
            "cut at {end}"
        );
        told += u64::from(tail > 0);
        let mut zeros = whole[..end].to_vec();
        zeros.resize(whole.len(), 0);
        fs::write(&log, &zeros).unwrap();
        let reached = read(&copy).unwrap();
        // Zeros where zeros were anyway cut nothing: then the last transaction is whole.
        assert!(reached == known || zeros == whole, "zeros from {end}");
        assert_eq!(torn_tail(&copy).unwrap().is_some(), zeros != whole);
    }
    println!("{told} torn tails were told");
    assert!(told > 100);
    fs::write(&log, &whole).unwrap();
    assert_eq!(read(&copy).unwrap().records.len(), known.records.len() + 1);
    assert_eq!(torn_tail(&copy).unwrap(), None);
}
