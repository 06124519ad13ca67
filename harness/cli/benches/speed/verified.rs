//! 核验速度 · Real time and peak memory of `crosswipe verify` on a run folder, against reading and hashing its evidence.
//!
//! Why the real binary on a real run: what a reviewer waits for is all of it, chain, books, fourteen rules, the
//! certificate computed again, sums and printing. The run is the binary's own (a part of the national rehearsal, in
//! memory), certified and sealed as any run. Two sizes, so that a cost that grows faster than the evidence shows.
//! The limit reads journal, exports and certificate one after the other on one thread and hashes them; nothing is understood.
//! Not here: whether the verdict is right (`verify`'s own tests).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crosswipe_domain::sha256_hex;

use crate::child::{Called, call};
use crate::measured::Watch;
use crate::table::{Asked, Row, median};

const PLAN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../scenarios/national-rehearsal"
);

/// Sets of the rehearsal's cases, the small one first, as `-E` names them.
pub(crate) type Sets = [&'static str; 2];

/// One row for the larger set, and one for how the cost grows from the smaller to it.
pub(crate) fn rows(sets: &Sets, rounds: usize) -> Vec<Row> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder of its own");
    let [small, large] = [0, 1].map(|nth| {
        let run = dir.path().join(format!("run-{nth}"));
        let made = call([
            OsStr::new("run"),
            OsStr::new(PLAN),
            OsStr::new("--out"),
            run.as_os_str(),
            OsStr::new("--transport"),
            OsStr::new("memory"),
            OsStr::new("--quiet"),
            OsStr::new("-E"),
            OsStr::new(sets[nth]),
        ]);
        assert_eq!(made.code, Some(0), "{}", made.text);
        Measured::of(&run, rounds)
    });
    let name = format!("verify of {} kB of evidence", large.bytes / 1_000);
    let whole = Row::paired(name, "µs", large.rounds.clone(), Asked::Times(4_000))
        .with("journal records", &large.records)
        .with("files", large.files)
        .with("peak, kB", large.peak_kb);
    let per_mb = |one: &Measured| {
        let took: Vec<u128> = one.rounds.iter().map(|(ours, _)| *ours).collect();
        median(&took).unwrap_or(0) * 1_000_000 / one.bytes.max(1)
    };
    let grown = Row::paired(
        format!(
            "verify, µs a MB: {} kB over {} kB",
            large.bytes / 1_000,
            small.bytes / 1_000
        ),
        "µs",
        vec![(per_mb(&large), per_mb(&small))],
        Asked::Times(1_300),
    )
    .with("peak of the smaller, kB", small.peak_kb);
    vec![whole, grown]
}

struct Measured {
    rounds: Vec<(u128, u128)>,
    records: String,
    files: usize,
    bytes: u128,
    peak_kb: u64,
}

impl Measured {
    fn of(run: &Path, rounds: usize) -> Measured {
        let files = evidence(run);
        let bytes = files.iter().map(|file| {
            let about = fs::metadata(file).expect("a file of the run");
            u128::from(about.len())
        });
        let mut measured = Measured {
            rounds: Vec::new(),
            records: String::new(),
            files: files.len(),
            bytes: bytes.sum(),
            peak_kb: 0,
        };
        for _ in 0..rounds {
            let limit = hashed(&files);
            let called = verified(run);
            measured.peak_kb = measured.peak_kb.max(called.peak_kb);
            let pair = (called.took.as_micros(), limit.as_micros());
            measured.rounds.push(pair);
            measured.records = length(run);
        }
        measured
    }
}

/// # Panics
/// If the run is not found clean as certified: there is no speed of what does not work.
fn verified(run: &Path) -> Called {
    let called = call([OsStr::new("verify"), run.as_os_str(), OsStr::new("--json")]);
    assert_eq!(called.code, Some(0), "{}", called.text);
    called
}

/// Number of records, as the certificate says it.
fn length(run: &Path) -> String {
    let bytes = fs::read(run.join("certificate.json")).expect("a certified run");
    let whole: serde_json::Value = serde_json::from_slice(&bytes).expect("a certificate");
    whole["journal"]["length"].to_string()
}

/// All that `SHA256SUMS` covers.
fn evidence(run: &Path) -> Vec<PathBuf> {
    let exports = fs::read_dir(run.join("exports")).expect("a folder of exports");
    let exports = exports.map(|entry| entry.expect("a healthy disk").path());
    let mut files: Vec<PathBuf> = exports.collect();
    files.sort();
    files.extend(["journal.db", "certificate.json"].map(|name| run.join(name)));
    files
}

/// Reading files and hashing what was read, nothing else.
fn hashed(files: &[PathBuf]) -> Duration {
    let watch = Watch::start();
    for file in files {
        let bytes = fs::read(file).expect("a file that lies there");
        assert_eq!(sha256_hex(&bytes).len(), 64);
    }
    watch.stop().real()
}
