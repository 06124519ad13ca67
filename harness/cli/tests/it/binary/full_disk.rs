//! 磁盘满 · A full disk begins no new business, and what was open is undone; said in one sentence, never called clean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crosswipe_domain::Nature;
use crosswipe_journal::{History, Payload, UndoPlan, read};
use rstest::rstest;

use super::{Bench, command, crosswipe, plan};

/// 小盘 · A disk of a few pages, taken down at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(at: &Path, size: &str) -> Option<SmallDisk> {
        std::fs::create_dir(at).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .stderr(Stdio::null());
        mount
            .status()
            .is_ok_and(|status| status.success())
            .then(|| SmallDisk(at.to_owned()))
    }

    /// Nobody may write to it any more.
    fn read_only(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,ro"]).arg(&self.0);
        assert!(mount.status().unwrap().success());
    }

    /// Somebody has freed some space.
    fn grow(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,size=64m"]).arg(&self.0);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[rstest]
#[case::before_the_parties("64k")]
#[case::before_the_journal("1m")]
#[case::before_the_reserve("1900k")]
fn a_disk_without_room_at_the_start_sends_nothing(#[case] size: &str) {
    let bench = Bench::new();
    let Some(_disk) = SmallDisk::mount(&bench.path("disk"), size) else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    let ended = bench.run("disk/run", &["--lang", "en"]).must_end(4);
    assert_eq!(ended.err.matches("error[").count(), 1, "{}", ended.err);
    let codes = ["error[cli::disk_full]", "error[journal:disk_full]"];
    assert!(
        codes.iter().any(|code| ended.err.contains(code)),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("help:"), "{}", ended.err);
    assert!(ended.out.is_empty(), "nothing was run: {}", ended.out);
    bench.verify("disk/run").must_end(64);
}

/// The disk fills up somewhere in the run: what was sent is undone in the room set aside for it, the command says so
/// and how to go on, and once there is room again `resume` takes the books and certifies.
#[rstest]
#[case::soon("3500k")]
#[case::in_the_middle("4500k")]
#[case::later("6m")]
#[case::at_the_last_books("8m")]
fn a_disk_that_fills_up_leaves_nothing_open(#[case] size: &str) {
    let bench = Bench::new();
    let Some(disk) = SmallDisk::mount(&bench.path("disk"), size) else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    let ended = bench.run("disk/run", &["--lang", "en"]).must_end(4);
    let ended = ended.must_say(&[
        "error[journal:disk_full]",
        "no new business",
        "free some space",
    ]);
    assert_eq!(ended.err.matches("error[").count(), 1, "{}", ended.err);
    assert!(!ended.out.contains("rolled back, clean"), "{}", ended.out);
    let history = read(&bench.path("disk/run")).unwrap();
    assert_eq!(still_open(&history).len(), 0, "{}", ended.err);
    let certified = |history: &History| {
        history
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Cert(_)))
    };
    assert!(
        certified(&history) || ended.err.contains("0 transactions are still open"),
        "{}",
        ended.err
    );
    disk.grow();
    let resumed = crosswipe(&["resume", &bench.text("disk/run"), "--json"]).must_be_civil();
    let report = resumed.json();
    assert_eq!(report["transactions"]["unresolved"], 0, "{report:#}");
    assert!(
        report["verdict"] != "violated" && report["exit"] != 0,
        "{report:#}"
    );
    assert!(certified(&read(&bench.path("disk/run")).unwrap()));
    drop(disk);
}

/// Evidence is read where nothing can be written; what would have to write says that it cannot.
#[test]
fn a_run_on_a_medium_that_cannot_be_written_is_verified_and_not_resumed() {
    let bench = Bench::new();
    let Some(disk) = SmallDisk::mount(&bench.path("disk"), "64m") else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    bench.run("disk/run", &["--quiet"]).must_end(0);
    let mut killed = super::start(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &bench.text("disk/killed"),
        "--quiet",
    ]);
    let log = bench.path("disk/killed/journal.db-wal");
    while killed.lives() && std::fs::metadata(&log).map_or(0, |file| file.len()) < 300_000 {
        std::thread::sleep(super::PAUSE);
    }
    killed.kill();
    disk.read_only();
    bench.verify("disk/run").must_end(0);
    let seen = bench.verify("disk/killed").must_be_civil();
    assert!(matches!(seen.code, Some(1 | 2)), "{seen:?}");
    let said = crosswipe(&["resume", &bench.text("disk/killed"), "--lang", "en"]).must_end(4);
    assert_eq!(said.err.matches("error[").count(), 1, "{}", said.err);
    let said = said.must_say(&[
        "error[journal:io]",
        "Read-only",
        "killed",
        "cannot be written",
    ]);
    assert!(said.out.is_empty(), "{}", said.out);
    crosswipe(&["report", &bench.text("disk/run"), "--format", "html"])
        .must_end(4)
        .must_say(&["error[cli::file]", "report.html"]);
    drop(disk);
}

/// τ that were sent and that nothing proves to be gone.
fn still_open(history: &History) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for record in &history.records {
        match &record.payload {
            Payload::Intent(intent) if intent.nature == Nature::Forward => {
                open.insert(intent.txid.to_string());
            }
            Payload::Verified(verified) => {
                open.remove(verified.txid.as_str());
            }
            _ => {}
        }
    }
    let with = history
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::Intent(intent) if matches!(intent.undo, UndoPlan::With { .. }) => {
                Some(intent.txid.to_string())
            }
            _ => None,
        });
    // What goes with another transaction has no proof of its own.
    for txid in with {
        open.remove(&txid);
    }
    open
}

/// The words of a run that nobody could read are no success.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_could_not_be_printed_is_a_failure() {
    let bench = Bench::new();
    let out = bench.text("run");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut child = command(&["run", &plan("pair-demo"), "--out", &out, "--json"])
        .stdout(Stdio::from(full))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    assert_eq!(
        status.code(),
        Some(4),
        "the contract on stdout was not kept"
    );
    bench.verify("run").must_end(0);
}

/// `crosswipe run … | head` is no failure of ours.
#[cfg(unix)]
#[test]
fn a_reader_that_went_away_changes_nothing() {
    let bench = Bench::new();
    let out = bench.text("run");
    let mut child = command(&["run", &plan("pair-demo"), "--out", &out, "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
