//! 检查速度 · What `crosswipe lint` takes for plans of few and many files, over the start of the process alone.
//!
//! Why the real binary: a tester waits for the process, not for a function. The plan is the starter with one more scenario file
//! for each file asked for, every one of them read, checked and told. `cargo bench -p crosswipe --bench lint`.
//! Not here: whether what is told is right (`scenarios/tests/it`).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SIZES: [usize; 4] = [20, 50, 200, 800];
/// Of so many the median counts.
const TIMES: usize = 9;

fn main() {
    let dir = tempfile::tempdir().expect("a folder of its own");
    let bare = median(|| run(&["--version"]));
    println!("bare start of the process, ms: {}", shown(bare));
    for files in SIZES {
        let plan = dir.path().join(files.to_string());
        written(&plan, files);
        let path = plan.display().to_string();
        let took = median(|| run(&["lint", &path]));
        println!(
            "{files:4} files, ms: {} (linted: {})",
            shown(took),
            shown(took - bare)
        );
    }
}

/// The starter with scenario files of three cases each, until it has so many files.
fn written(plan: &Path, files: usize) {
    let path = plan.display().to_string();
    run(&["init", &path]);
    let names: Vec<String> = (0..files.saturating_sub(11))
        .map(|n| format!("s{n:04}.yaml"))
        .collect();
    let file = plan.join("plan.yaml");
    let text = fs::read_to_string(&file).expect("the starter's plan");
    let listed = format!("bounds.yaml, {}]", names.join(", "));
    fs::write(&file, text.replacen("bounds.yaml]", &listed, 1)).expect("the plan is written");
    let bounds = fs::read_to_string(plan.join("bounds.yaml")).expect("the starter's bounds");
    for name in names {
        let id = name.trim_end_matches(".yaml");
        let text = bounds.replacen("scenario: bounds", &format!("scenario: {id}"), 1);
        fs::write(plan.join(name), text).expect("a scenario is written");
    }
}

fn median(mut once: impl FnMut() -> Duration) -> Duration {
    let mut took: Vec<Duration> = (0..TIMES).map(|_| once()).collect();
    took.sort();
    took[TIMES / 2]
}

fn run(args: &[&str]) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    let began = Instant::now();
    let ended = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the binary runs");
    assert!(ended.success(), "{args:?}: {ended}");
    began.elapsed()
}

/// Milliseconds with a tenth.
fn shown(took: Duration) -> String {
    let tenths = took.as_micros() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
