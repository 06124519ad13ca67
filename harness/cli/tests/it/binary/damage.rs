//! 损毁 · After the certificate every byte counts; before it a bad byte is a corrupt journal.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{Bench, Ended, classes, copy, crosswipe};

/// Changes one byte in the middle of `text` inside a file.
fn spoil(path: &Path, text: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(text.len()).rposition(|window| window == text);
    let at = at.unwrap_or_else(|| panic!("{} holds no such text", path.display()));
    bytes[at + text.len() / 2] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Violated and called tampered, or a corrupt journal with its one sentence; both in plain words.
#[track_caller]
fn must_be_caught(ended: Ended, what: &str) {
    match ended.code {
        Some(1) => assert!(
            classes(&ended.json()).contains(&"evidence:tampered".to_owned()),
            "{what}: {ended:?}"
        ),
        Some(4) => assert_eq!(
            ended.err.matches("error[journal:corrupt]").count(),
            1,
            "{what}: {ended:?}"
        ),
        _ => panic!("{what}: {ended:?}"),
    }
    ended.must_be_civil();
}

#[test]
fn no_change_to_a_certified_run_goes_unseen() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let spoils: [(&str, &[u8]); 7] = [
        ("certificate.json", b"\"clean\""),
        ("exports/insured-330100.t0.json", b"lsn"),
        ("exports/insured-330200.t1.json", b"accumulator"),
        ("exports/hub-330000.t2.json", b"prefund"),
        ("exports/his-H33010000001.tm.jsonl", b"cash"),
        ("journal.db", b"COMP_OUTCOME"),
        ("journal.db", b"H33010000001"),
    ];
    for (file, text) in spoils {
        let copied = Bench::new();
        copy(&bench.path("run"), &copied.path("run"));
        spoil(&copied.path("run").join(file), text);
        must_be_caught(
            copied.verify("run"),
            &format!("{file}: {}", String::from_utf8_lossy(text)),
        );
    }
}

#[test]
fn a_byte_that_carries_no_meaning_counts_too() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let path = bench.path("run").join("exports/insured-330100.t1.json");
    let mut text = fs::read(&path).unwrap();
    text.push(b'\n');
    fs::write(&path, text).unwrap();
    must_be_caught(bench.verify("run"), "a line feed at the end");
}

#[rstest]
#[case::an_export("exports/insured-330100.t1.json")]
#[case::the_certificate("certificate.json")]
#[case::the_journal_head("journal.head")]
fn what_is_gone_is_missed(#[case] file: &str) {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    fs::remove_file(bench.path("run").join(file)).unwrap();
    let ended = bench.verify("run").must_be_civil();
    if file == "journal.head" {
        // It lags and never leads; without it the chain, the certificate and the sums still hold the run.
        assert_eq!(ended.code, Some(0), "{ended:?}");
    } else {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_ne!(ended.json()["verdict"], "clean");
    }
}

#[test]
fn a_file_beside_the_evidence_is_noticed() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let exports = bench.path("run").join("exports");
    fs::copy(
        exports.join("hub-330000.t1.json"),
        exports.join("hub-340000.t1.json"),
    )
    .unwrap();
    must_be_caught(bench.verify("run"), "an export nobody took");
}

/// As if the copy to a stick had been cut: whatever is missing, it is not clean and says so in one sentence.
#[rstest]
#[case::half_a_journal("journal.db", 500)]
#[case::a_few_pages_of_the_journal("journal.db", 12)]
#[case::an_empty_journal("journal.db", 0)]
#[case::half_an_export("exports/insured-330100.t1.json", 500)]
#[case::half_a_certificate("certificate.json", 500)]
#[case::half_the_sums("SHA256SUMS", 500)]
fn a_run_copied_half_is_never_clean(#[case] file: &str, #[case] per_mille: usize) {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let path = bench.path("run").join(file);
    let bytes = fs::read(&path).unwrap();
    let kept = bytes.len() * per_mille / 1000;
    fs::write(&path, &bytes[..kept]).unwrap();
    let ended = bench.verify("run").must_be_civil();
    match ended.code {
        Some(1) => assert_ne!(ended.json()["verdict"], "clean"),
        Some(4 | 64) => assert_eq!(ended.err.matches("error[journal:").count(), 1, "{ended:?}"),
        _ => panic!("{ended:?}"),
    }
}

#[test]
fn a_certified_run_without_journal_is_no_run() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    fs::remove_file(bench.path("run").join("journal.db")).unwrap();
    bench
        .verify("run")
        .must_end(64)
        .must_say(&["error[journal:not_a_run]", "journal.db"]);
}

#[test]
fn a_damaged_run_is_told_in_words() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    spoil(&bench.path("run").join("certificate.json"), b"\"clean\"");
    let zh = crosswipe(&["verify", &bench.text("run"), "--lang", "zh"]).must_end(1);
    assert!(
        zh.out.contains("certificate.json")
            && zh.out.contains("违反")
            && !zh.out.contains("已回退干净"),
        "{}",
        zh.out
    );
}
