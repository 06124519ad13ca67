//! 真程序 · Drives the real binary the way its users do, by fate: clean, violated, indeterminate, refused, broken input.
//!
//! Every call has a deadline of its own, so that a run that hangs is a failed test and not a stuck one.
//! Not here: what single crates promise; each tests that itself.

mod amend;
mod anchor;
mod another_judge;
mod audit;
mod audit_lists;
mod bundled;
mod called;
mod canaries;
mod clean;
mod close;
mod closing;
mod compared;
mod conform;
mod damage;
#[cfg(unix)]
mod dialects;
mod driven;
mod events;
mod faults;
mod fencing;
mod forms;
mod front;
mod full_disk;
mod hostile;
mod imported;
#[cfg(unix)]
mod init;
mod inner;
mod input;
mod kill;
mod known;
mod language;
mod late;
mod lint_fix;
mod live;
mod merged;
mod msgid_mode;
mod nothing;
mod notices;
mod one_language;
mod planned;
#[cfg(unix)]
mod preflight;
mod purged;
mod recheck;
mod recorded;
mod resume;
mod reviewed;
mod secrets;
mod select;
mod served;
#[cfg(unix)]
mod served_close;
#[cfg(unix)]
mod served_faults;
mod served_kill;
mod sim;
mod strangers;
mod timetable;
mod trouble;
mod unfit;
mod world;
mod zhejiang;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crosswipe_runner::clock::Stopwatch;
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any run on a busy machine; a run that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(300);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// What came of a call.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// What a failed test shows: a report whole would hide the rest.
impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let out: String = self.out.chars().take(700).collect();
        write!(
            f,
            "exit {:?}\nstderr: {}\nstdout begins: {out}",
            self.code, self.err
        )
    }
}

impl Ended {
    /// stdout as the one JSON document it must be.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}): {self:?}"))
    }

    #[track_caller]
    fn must_end(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.must_be_civil()
    }

    /// Whatever happened, the user sees no panic and no name of a Rust type.
    #[track_caller]
    fn must_be_civil(self) -> Ended {
        for mark in [
            "panicked",
            "RUST_BACKTRACE",
            "unwrap",
            "Os {",
            "Custom {",
            "Err(",
            "Some(",
            "PoisonError",
            "cli::bug",
        ] {
            assert!(
                !self.err.contains(mark) && !self.out.contains(mark),
                "`{mark}` in {self:?}"
            );
        }
        self
    }

    /// The one sentence: a code, words, and what to do.
    #[track_caller]
    fn must_say(self, words: &[&str]) -> Ended {
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in {self:?}");
        }
        self
    }
}

/// A call under way; killed when the test lets go of it.
struct Started {
    child: Child,
    papers: TempDir,
}

impl Started {
    /// Waits for the end, within the deadline.
    #[track_caller]
    fn end(mut self) -> Ended {
        let begun = Stopwatch::start();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(begun.elapsed() < DEADLINE, "it hangs: {}", self.said("err")),
            }
            std::thread::sleep(PAUSE);
        };
        self.ended(status)
    }

    fn ended(&self, status: ExitStatus) -> Ended {
        Ended {
            code: status.code(),
            out: self.said("out"),
            err: self.said("err"),
        }
    }

    fn said(&self, stream: &str) -> String {
        fs::read_to_string(self.papers.path().join(stream)).unwrap()
    }

    /// True while it lives.
    fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `-INT`, `-TERM`, `-STOP`, `-CONT`.
    #[track_caller]
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.unwrap().success(), "{name}");
    }

    /// SIGKILL: no word, no flush.
    #[track_caller]
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with `args`, in a place of its own, with nothing of the tester's own settings.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswipe"));
    for name in [
        "LANG",
        "LC_ALL",
        "LC_MESSAGES",
        "CROSSWIPE_LANG",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(name);
    }
    command.args(args).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn start(args: &[&str]) -> Started {
    let papers = tempfile::tempdir().unwrap();
    let to = |name: &str| Stdio::from(File::create(papers.path().join(name)).unwrap());
    let child = command(args)
        .stdout(to("out"))
        .stderr(to("err"))
        .spawn()
        .unwrap();
    Started { child, papers }
}

#[track_caller]
fn crosswipe(args: &[&str]) -> Ended {
    start(args).end()
}

/// The same, told in English.
fn in_english(args: &[&str]) -> Ended {
    crosswipe(&[args, &["--lang", "en"]].concat())
}

/// A shipped plan.
fn plan(name: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../scenarios")
        .join(name);
    dir.canonicalize().unwrap().display().to_string()
}

/// 工位 · A folder of the test's own: runs, changed plans. Gone when the test ends.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// `crosswipe run pair-demo --out NAME …`, in English unless `more` says otherwise.
    #[track_caller]
    fn run(&self, name: &str, more: &[&str]) -> Ended {
        self.run_plan(&plan("pair-demo"), name, more)
    }

    #[track_caller]
    fn run_plan(&self, plan: &str, name: &str, more: &[&str]) -> Ended {
        let out = self.text(name);
        crosswipe(&[&["run", plan, "--out", out.as_str()], more].concat())
    }

    #[track_caller]
    fn verify(&self, name: &str) -> Ended {
        crosswipe(&["verify", &self.text(name), "--json"])
    }

    /// A shipped plan in a folder where it may be changed.
    fn copied_plan(&self, name: &str) -> String {
        copy(Path::new(&plan(name)), &self.path("plan"));
        self.text("plan")
    }

    /// pair-demo with one text replaced by another in one of its files.
    #[track_caller]
    fn changed_plan(&self, file: &str, from: &str, to: &str) -> String {
        copy(Path::new(&plan("pair-demo")), &self.path("plan"));
        let path = self.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        self.text("plan")
    }
}

/// A whole folder, as it is.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// All files of a folder, those of the named sub-folders left out.
fn files(dir: &Path, without: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.file_type().unwrap().is_dir() {
            true if without.contains(&name.as_str()) => {}
            true => found.extend(files(&entry.path(), &[])),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// What a file tells whoever opens it: of a workbook the texts of its cells, which are packed.
fn legible(path: &Path) -> Vec<u8> {
    if path.extension().is_none_or(|kind| kind != "xlsx") {
        return fs::read(path).unwrap();
    }
    let sheets = crosswipe_sheets::read_book(path).unwrap();
    let mut told = String::new();
    for sheet in &sheets {
        for row in 0..sheet.height() {
            let cells = sheet.row(row).map(|(_, cell)| cell.words());
            told += &cells.collect::<Vec<_>>().join("\t");
            told.push('\n');
        }
    }
    assert!(told.lines().count() > 50, "{} is empty", path.display());
    told.into_bytes()
}

/// States of the rules, by name.
#[track_caller]
fn rules(report: &Value, state: &str) -> Vec<String> {
    let rules = report["rules"].as_array().unwrap();
    rules
        .iter()
        .filter(|rule| rule["state"] == state)
        .map(|rule| rule["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// R1 … R14.
fn all_rules() -> Vec<String> {
    (1..=14).map(|number| format!("R{number}")).collect()
}

/// Classes of the findings, each once, in order.
#[track_caller]
fn classes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let mut classes: Vec<String> = findings
        .iter()
        .map(|finding| finding["class"].as_str().unwrap().to_owned())
        .collect();
    classes.sort();
    classes.dedup();
    classes
}
