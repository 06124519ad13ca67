//! 损毁 · After the certificate every byte counts; before it a bad byte is a corrupt journal.

use std::fs;
use std::path::Path;

use rstest::rstest;

use crosswipe_domain::sha256_hex;

use super::{Bench, Ended, classes, copy, crosswipe, plan, start};

/// Changes one byte in the middle of `text` inside a file.
fn spoil(path: &Path, text: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(text.len()).rposition(|window| window == text);
    let at = at.unwrap_or_else(|| panic!("{} holds no such text", path.display()));
    bytes[at + text.len() / 2] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Violated and called tampered, in a report or, where the journal itself cannot be read any more, in one sentence.
#[track_caller]
fn must_be_caught(ended: Ended, what: &str) {
    assert_eq!(ended.code, Some(1), "{what}: {ended:?}");
    let said = ended.err.matches("error[evidence:tampered]").count();
    assert!(
        said == 1 || classes(&ended.json()).contains(&"evidence:tampered".to_owned()),
        "{what}: {ended:?}"
    );
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
        Some(1) if !ended.out.is_empty() => assert_ne!(ended.json()["verdict"], "clean"),
        Some(1 | 4 | 64) => assert_eq!(ended.err.matches("error[").count(), 1, "{ended:?}"),
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

/// What was not copied is named, whatever it is; nothing of it is taken for clean.
#[rstest]
#[case("exports/hub-330000.t1.json", "exports/hub-330000.t1.json")]
#[case(
    "exports/his-H33010000001.tm.jsonl",
    "exports/his-H33010000001.tm.jsonl"
)]
#[case("certificate.json", "certificate.json")]
#[case("SHA256SUMS", "SHA256SUMS")]
fn a_file_that_was_not_copied_is_named(#[case] file: &str, #[case] named: &str) {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    fs::remove_file(bench.path("run").join(file)).unwrap();
    let report = bench.verify("run").must_end(1).json();
    let first = &report["findings"][0];
    assert_eq!(
        (&first["class"], &first["where"]),
        (&"evidence:missing".into(), &named.into()),
        "{first:#}"
    );
}

/// A process that died between CERT and the files beside it: `resume` writes down what was certified, and only that.
#[test]
fn a_certificate_that_was_never_written_is_written_by_resume() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let path = |name: &str| bench.path("run").join(name);
    let whole = fs::read(path("certificate.json")).unwrap();
    let sums = fs::read(path("SHA256SUMS")).unwrap();
    for name in ["certificate.json", "SHA256SUMS"] {
        fs::remove_file(path(name)).unwrap();
    }
    bench.verify("run").must_end(1);
    crosswipe(&["resume", &bench.text("run"), "--lang", "en"])
        .must_end(0)
        .must_say(&["was certified", "nothing was sent"]);
    assert_eq!(fs::read(path("certificate.json")).unwrap(), whole);
    assert_eq!(fs::read(path("SHA256SUMS")).unwrap(), sums);
    bench.verify("run").must_end(0);
    // Evidence that no longer amounts to what was certified is not certified anew.
    for name in ["certificate.json", "SHA256SUMS"] {
        fs::remove_file(path(name)).unwrap();
    }
    spoil(&path("exports/insured-330100.t1.json"), b"accumulator");
    crosswipe(&["resume", &bench.text("run")]).must_end(1);
    assert!(!path("certificate.json").exists() && !path("SHA256SUMS").exists());
}

/// Books of another run under the right name, with sums made to fit: party and instant are named.
#[test]
fn an_export_of_another_run_is_named() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    bench
        .run("other", &["--quiet", "--seed", "7", "--kind", "outpatient"])
        .must_be_civil();
    let file = "exports/insured-330200.t1.json";
    let swapped = fs::read(bench.path("other").join(file)).unwrap();
    let sums = fs::read_to_string(bench.path("run/SHA256SUMS")).unwrap();
    let own = fs::read(bench.path("run").join(file)).unwrap();
    assert_ne!(own, swapped);
    let sums = sums.replace(&sha256_hex(&own), &sha256_hex(&swapped));
    fs::write(bench.path("run").join(file), &swapped).unwrap();
    fs::write(bench.path("run/SHA256SUMS"), sums).unwrap();
    let report = bench.verify("run").must_end(1).json();
    let named = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| {
            finding["class"] == "evidence:tampered"
                && finding["party"] == "insured:330200"
                && finding["where"] == "export t1"
        });
    assert!(named, "{:#}", report["findings"]);
}

/// A run that was killed leaves a log beside its database; SQLite drops a bad frame and all behind it without a word.
#[test]
fn a_flipped_bit_in_the_log_of_a_killed_run_is_found() {
    let bench = Bench::new();
    let mut started = start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("run"),
        "--quiet",
    ]);
    let log = bench.path("run/journal.db-wal");
    while started.lives() && fs::metadata(&log).map_or(0, |file| file.len()) < 400_000 {
        std::thread::sleep(super::PAUSE);
    }
    started.kill();
    let run = bench.path("run");
    let history = crosswipe_journal::read(&run).unwrap();
    let (head, _) = history.head.clone().unwrap();
    let bytes = fs::read(&log).unwrap();
    assert!(
        bytes.len() > 100_000,
        "it was killed with its log: {}",
        bytes.len()
    );
    let (mut found, mut meaningless) = (0, 0);
    let step = bytes.len() / 300;
    for at in (step / 2..bytes.len()).step_by(step) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&log, changed).unwrap();
        match crosswipe_journal::read(&run) {
            Err(error) => {
                assert_eq!(error.code(), "journal:corrupt");
                found += 1;
            }
            // What the head does not vouch for was never answered; a kill may leave one such commit.
            Ok(read) => {
                let kept = read.records.len();
                assert!(read.records[..] == history.records[..kept], "byte {at}");
                assert!(
                    head < kept as u64,
                    "byte {at}: the head vouches for record {head}"
                );
                meaningless += 1;
            }
        }
    }
    println!(
        "{} flips in a log of {} bytes: {found} found, {meaningless} in unused room or behind the last answer",
        found + meaningless,
        bytes.len()
    );
    assert!(
        found > 200 && found > 5 * meaningless,
        "{found} {meaningless}"
    );
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    fs::write(&log, &changed).unwrap();
    for command in ["verify", "resume", "report"] {
        crosswipe(&[command, &bench.text("run")])
            .must_end(4)
            .must_say(&["error[journal:corrupt]", "from record "]);
        assert_eq!(
            fs::read(&log).unwrap(),
            changed,
            "`{command}` left the evidence as it was"
        );
    }
}

/// Killed, and nobody had time to report: whoever looks next leaves a report behind.
#[rstest]
#[case("verify")]
#[case("report")]
fn a_killed_run_has_a_report_as_soon_as_somebody_looks(#[case] command: &str) {
    let bench = Bench::new();
    let mut started = start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("run"),
        "--quiet",
    ]);
    while started.lives()
        && fs::metadata(bench.path("run/journal.db-wal")).map_or(0, |file| file.len()) < 300_000
    {
        std::thread::sleep(super::PAUSE);
    }
    started.kill();
    crosswipe(&[command, &bench.text("run")]).must_be_civil();
    for name in ["report.json", "report.html", "junit.xml"] {
        assert!(bench.path("run").join(name).is_file(), "{name}");
    }
    let text = fs::read_to_string(bench.path("run/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_ne!(report["verdict"], "clean");
    let missing = report["matrix"]["missing"].to_string();
    assert!(
        missing.contains("not_started") && !missing.contains("not_selected"),
        "{missing}"
    );
}
