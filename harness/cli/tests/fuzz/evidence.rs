//! 证据 · Journal files, records, exports and looks, as the judge and whoever resumes read them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crosswipe_domain::Moment;
use crosswipe_journal::{History, Payload, Record, read};
use crosswipe_rollback::{Fold, Patience};
use crosswipe_verify::{Evidence, certificate, judge, read_party};
use tempfile::TempDir;

use super::drive::drive;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "{}",
    "[]",
    "\"t0\"",
    "\"tombstone\"",
    "\"reversed\"",
    "\"settled\"",
    "\"reverses\":0",
    "\"seq\":",
    "\"lsn\":",
    "\"amount\":-",
    "\"value\":",
    "\"insured:330200\"",
    "\"hub:330000\"",
    "P-",
    "$",
    "\"OUTCOME\"",
    "\"COMP_INTENT\"",
    "\"unknown\"",
    "\"2601\"",
    "\"cross\"",
    "2030-03-02T23:59:59.999+08:00",
];

/// A small run in earnest: the seeds of everything here.
struct Run {
    dir: TempDir,
    history: History,
    files: BTreeMap<String, Vec<u8>>,
}

static RUN: LazyLock<Run> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/pair-demo");
    let ended = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
        .args([
            "run",
            &plan.display().to_string(),
            "--case",
            "both-ways",
            "--fault",
            "response-lost",
            "--quiet",
            "--out",
        ])
        .arg(dir.path().join("run"))
        .output()
        .unwrap();
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let history = read(&dir.path().join("run")).unwrap();
    let exports = std::fs::read_dir(dir.path().join("run/exports")).unwrap();
    let files = exports
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(path).unwrap(),
            )
        })
        .collect();
    Run {
        dir,
        history,
        files,
    }
});

/// Judges, and makes the certificate that would be signed.
fn judged(history: &History, files: &BTreeMap<String, Vec<u8>>) {
    let evidence = Evidence::of_files(history, files);
    let judgement = judge(&evidence);
    drop(certificate(&evidence, &judgement));
}

/// The file, and its bytes, as one input: a name that stays, and what is bent.
fn of_one(files: &BTreeMap<String, Vec<u8>>, place: usize) -> (&str, &[u8]) {
    let (name, bytes) = files
        .iter()
        .nth(place % files.len())
        .expect("it wraps around");
    (name, bytes)
}

#[test]
fn no_export_makes_a_reader_panic() {
    let files: Vec<Vec<u8>> = RUN
        .files
        .values()
        .filter(|bytes| bytes.len() < 60_000)
        .cloned()
        .collect();
    let tried = drive("export", &files, 200, WORDS, |bytes| {
        let looks = read_party(&[("hub-330000.tm.jsonl", bytes)]).looks;
        let books = read_party(&[("hub-330000.t0.json", bytes), ("hub-330000.t1.json", bytes)]);
        let whole = books.exports.values().any(|file| file.export.is_ok());
        whole || looks.is_some_and(|looks| looks.iter().any(|line| line.look.is_ok()))
    });
    println!("{:?}", tried.must_be_calm());
}

#[test]
fn no_books_make_the_judge_panic() {
    let mut place = 0;
    let inputs: Vec<Vec<u8>> = RUN.files.values().cloned().collect();
    let tried = drive("books", &inputs, 18, WORDS, |bytes| {
        place += 1;
        let (name, _) = of_one(&RUN.files, place);
        let mut files = RUN.files.clone();
        files.insert(name.to_owned(), bytes.to_vec());
        judged(&RUN.history, &files);
        read_party(&[(name, bytes)])
            .exports
            .values()
            .any(|file| file.export.is_ok())
    });
    println!("{:?}", tried.must_be_calm());
}

#[test]
fn no_record_makes_the_judge_or_the_rollback_panic() {
    let text = |record: &Record| serde_json::to_vec(&record.payload).unwrap();
    // One record of each kind.
    let kinds: BTreeMap<&str, Vec<u8>> = RUN
        .history
        .records
        .iter()
        .map(|record| (record.payload.kind(), text(record)))
        .collect();
    let inputs: Vec<Vec<u8>> = kinds.into_values().collect();
    let mut place = 0;
    let tried = drive("record", &inputs, 36, WORDS, |bytes| {
        let Ok(payload) = serde_json::from_slice::<Payload>(bytes) else {
            return false;
        };
        place += 7;
        let mut history = History {
            records: RUN.history.records.clone(),
            ..RUN.history.clone()
        };
        let same_kind = history
            .records
            .iter()
            .position(|record| record.payload.kind() == payload.kind());
        let at = match place % 2 {
            0 => same_kind.unwrap_or(1),
            _ => 1 + place % (history.records.len() - 1),
        };
        let first = matches!(payload, Payload::Run(_));
        history.records[if first { 0 } else { at.max(1) }].payload = payload;
        let mut fold = Fold::new(Patience::default());
        history.records.iter().for_each(|record| fold.apply(record));
        for person in fold.people_with_open() {
            let _ = fold.next(person.as_ref(), history.last().at);
            let _ = fold.next(
                person.as_ref(),
                Moment::parse("2031-01-01T00:00:00+08:00").unwrap(),
            );
        }
        judged(&history, &RUN.files);
        true
    });
    println!("{:?}", tried.must_be_calm());
}

#[test]
fn no_journal_file_makes_its_reader_panic_or_is_taken_for_whole() {
    let whole = RUN.dir.path().join("run");
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| std::fs::read(whole.join(name)).unwrap();
    std::fs::write(dir.path().join("journal.head"), file("journal.head")).unwrap();
    let original = file("journal.db");
    let tried = drive(
        "journal",
        &[original],
        300,
        &[
            "SQLite format 3\0",
            "CREATE TABLE",
            "PRAGMA",
            "record",
            "\0\0\0\u{1}",
        ],
        |bytes| {
            std::fs::write(dir.path().join("journal.db"), bytes).unwrap();
            match read(dir.path()) {
                // Bytes that carry no meaning may differ; what is read is what was written, or nothing is.
                Ok(history) => {
                    assert_eq!(history.records, RUN.history.records);
                    assert_eq!(history.messages, RUN.history.messages);
                    true
                }
                Err(_) => false,
            }
        },
    );
    println!("{:?}", tried);
    assert!(tried.panics.is_empty() && tried.understood > 0, "{tried:?}");
}
