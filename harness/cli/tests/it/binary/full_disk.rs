//! 磁盘满 · A full disk stops the run with one sentence; what it leaves is never called clean.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;

use super::{Bench, command, plan};

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
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[rstest]
#[case::before_the_journal("64k")]
#[case::before_the_reserve("512k")]
#[case::at_the_start("1300k")]
#[case::soon("1700k")]
#[case::in_the_middle("2m")]
#[case::towards_the_end("2500k")]
fn a_full_disk_is_told_in_one_sentence_and_nothing_is_called_clean(#[case] size: &str) {
    let bench = Bench::new();
    let Some(disk) = SmallDisk::mount(&bench.path("disk"), size) else {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    };
    let ended = bench.run("disk/run", &["--lang", "en"]).must_end(4);
    assert_eq!(
        ended.err.matches("error[").count(),
        1,
        "one sentence: {}",
        ended.err
    );
    let codes = [
        "error[cli::disk_full]",
        "error[journal:unsynced]",
        "error[journal:disk_full]",
    ];
    assert!(
        codes.iter().any(|code| ended.err.contains(code)),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("help:"), "{}", ended.err);
    assert!(!ended.out.contains("rolled back, clean"), "{}", ended.out);
    let later = bench.verify("disk/run").must_be_civil();
    assert!(matches!(later.code, Some(1 | 2 | 4 | 64)), "{later:?}");
    drop(disk);
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
