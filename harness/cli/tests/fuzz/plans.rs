//! 计划 · Every file of a plan, as `lint` and `run` read it: a plan, or problems with their places.

use std::path::{Path, PathBuf};

use super::drive::{Tried, drive};
use super::mutate::corpus;

const WORDS: &[&str] = &[
    ": ",
    "- ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "!!binary ",
    "? ",
    "#",
    "\t",
    "  ",
    "~",
    "null",
    "2030-02-30T24:00+08:00",
    "24时",
    "phase: cross",
    "steps:\n",
    "swipe: outpatient",
    "call: \"2601\"",
    "with: {",
    "$step.id",
    "expect:",
    "until:",
    "of:",
    "profile:",
    "purge:",
    "for: matrix",
    "margin: 2h",
    "../",
    "/etc/passwd",
    "\u{feff}",
    ",",
    "宁波",
];

/// A plan to be spoilt, one file at a time.
fn try_files(name: &'static str, wanted: fn(&str) -> bool, rounds: u64) -> Tried {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/pair-demo");
    let dir = tempfile::tempdir().unwrap();
    let mut files = copy(&from, dir.path());
    files.retain(|path| wanted(&path.to_string_lossy()));
    let stumbled = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/plan");
    let whole = files.iter().map(|path| std::fs::read(path).unwrap());
    let inputs: Vec<Vec<u8>> = whole.chain(corpus(&stumbled)).collect();
    let mut place = files.len() - 1;
    let tried = drive(name, &inputs, rounds, WORDS, |bytes| {
        place = (place + 1) % files.len();
        let whole = std::fs::read(&files[place]).unwrap();
        std::fs::write(&files[place], bytes).unwrap();
        let (plan, problems) = crosswipe_scenarios::check(dir.path());
        std::fs::write(&files[place], whole).unwrap();
        assert!(
            plan.is_some() || !problems.is_empty(),
            "nothing read and nothing said"
        );
        let inside = problems.iter().all(|problem| {
            let length = std::fs::metadata(&problem.file)
                .map_or(0, |file| file.len())
                .max(bytes.len() as u64);
            problem
                .span
                .as_ref()
                .is_none_or(|span| span.start as u64 <= length + 3)
        });
        assert!(inside, "a problem points behind the end of its file");
        plan.is_some()
    });
    assert!(tried.panics.is_empty(), "{tried:?}");
    assert!(
        tried.understood > 0 && tried.understood < tried.rounds,
        "{tried:?}"
    );
    tried
}

/// A whole folder; the files that were made.
fn copy(from: &Path, to: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(to).unwrap();
    let mut entries: Vec<_> = std::fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let mut made = Vec::new();
    for entry in entries {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            made.extend(copy(&entry, &target));
        } else {
            std::fs::copy(&entry, &target).unwrap();
            made.push(target);
        }
    }
    made
}

#[test]
fn no_plan_makes_its_reader_panic() {
    let plan = |path: &str| path.ends_with("plan.yaml") || path.ends_with("topology.yaml");
    println!("{:?}", try_files("plan", plan, 90));
}

#[test]
fn no_scenario_makes_its_reader_panic() {
    let scenario = |path: &str| {
        path.ends_with(".yaml") && !path.ends_with("plan.yaml") && !path.ends_with("topology.yaml")
    };
    println!("{:?}", try_files("scenario", scenario, 90));
}

#[test]
fn no_list_of_a_plan_makes_its_reader_panic() {
    println!("{:?}", try_files("list", |path| path.ends_with(".csv"), 90));
}
