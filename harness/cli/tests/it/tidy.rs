//! 整洁 · What a reviewer would otherwise have to remember: arrows, head comments, where things are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The table of `ARCHITECTURE.md`, as data.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let rows: [(&str, &[&str]); 12] = [
        ("domain", &[]),
        ("sheets", &["domain"]),
        ("wire", &["domain"]),
        ("journal", &["domain"]),
        ("rollback", &["journal", "domain"]),
        ("verify", &["journal", "domain"]),
        ("scenarios", &["sheets", "wire", "domain"]),
        ("mocks", &["wire", "domain"]),
        (
            "runner",
            &["rollback", "journal", "wire", "scenarios", "domain"],
        ),
        ("reports", &["verify", "journal", "wire", "domain"]),
        (
            "sim",
            &[
                "runner",
                "mocks",
                "verify",
                "scenarios",
                "journal",
                "wire",
                "domain",
            ],
        ),
        (
            "cli",
            &[
                "sim",
                "domain",
                "sheets",
                "wire",
                "journal",
                "rollback",
                "runner",
                "verify",
                "scenarios",
                "mocks",
                "reports",
            ],
        ),
    ];
    rows.into_iter()
        .map(|(name, uses)| (name, uses.iter().copied().collect()))
        .collect()
}

#[test]
fn crate_arrows_are_exactly_the_allowed_ones() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |name: &str| match name.strip_prefix("crosswipe") {
        Some("") => Some("cli".to_owned()),
        Some(rest) => rest.strip_prefix('-').map(str::to_owned),
        None => None,
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let Some(name) = short(package["name"].as_str().unwrap()) else {
            continue;
        };
        let uses = package["dependencies"].as_array().unwrap().iter();
        found.insert(
            name,
            uses.filter_map(|dependency| short(dependency["name"].as_str().unwrap()))
                .collect(),
        );
    }
    let allowed = allowed();
    assert_eq!(
        found.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect()
    );
    for (name, uses) in &found {
        let beyond: Vec<_> = uses
            .iter()
            .filter(|used| !allowed[name.as_str()].contains(used.as_str()))
            .collect();
        assert!(beyond.is_empty(), "{name} must not use {beyond:?}");
    }
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(
        page.contains("| runner | rollback, journal, wire, scenarios, domain |"),
        "the page shows the same table"
    );
}

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "runs") {
                sources(&path, into);
            }
        } else if name.ends_with(".rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_source_file_opens_with_its_head_comment_and_is_one_idea() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50, "the walk found the sources");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("//! "),
            "{} has no head comment",
            file.display()
        );
        assert!(
            text.lines().count() <= 700,
            "{} is longer than one idea",
            file.display()
        );
    }
}

#[test]
fn only_the_clock_of_the_runner_reads_the_time() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let marks = [
        concat!("Instant", "::now("),
        concat!("SystemTime", "::now("),
        concat!("Utc", "::now("),
    ];
    for file in files {
        let shown = file.display().to_string();
        let may = shown.ends_with("runner/src/clock.rs")
            || shown.contains("/benches/")
            || shown.contains("/tests/");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            may || marks.iter().all(|mark| !text.contains(mark)),
            "{shown} reads the time"
        );
    }
}

#[test]
fn every_shipped_plan_loads() {
    let mut plans = 0;
    for entry in std::fs::read_dir(root().join("scenarios")).unwrap() {
        let dir = entry.unwrap().path();
        if dir.join("plan.yaml").is_file() {
            plans += 1;
            if let Err(problems) = crosswipe_scenarios::load(&dir) {
                panic!(
                    "{}: {:?}",
                    dir.display(),
                    problems
                        .iter()
                        .map(|problem| &problem.message)
                        .collect::<Vec<_>>()
                );
            }
        }
    }
    assert!(plans >= 2);
}

#[test]
fn the_top_level_holds_what_it_should_and_nothing_else() {
    let known = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "clippy.toml",
        ".ci",
        ".git",
        ".gitignore",
        "harness",
        "mocks",
        "reports",
        "runs",
        "scenarios",
        "target",
    ];
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            known.contains(&name.as_str()),
            "{name} stands at the top level"
        );
    }
}

/// Paths in tables of the documents, written as `` `path/…` ``, must exist.
#[test]
fn every_path_that_the_documents_name_exists() {
    for page in ["README.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let paths = text.split('`').skip(1).step_by(2).filter(|code| {
            let first = code.split('/').next().unwrap_or_default();
            matches!(first, "harness" | "mocks" | "scenarios" | "reports")
                && code.contains('/')
                && !code.contains(' ')
        });
        let mut seen = 0;
        for path in paths {
            seen += 1;
            assert!(root().join(path).exists(), "{page} names {path}");
        }
        assert!(seen > 3, "{page} names places");
    }
}
