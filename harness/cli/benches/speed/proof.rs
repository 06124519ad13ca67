//! 证明 · Reads a run folder back, judges it as `crosswipe verify` does, and tells of it; each is timed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crosswipe_domain::{Look, Party, sha256_hex};
use crosswipe_journal::History;
use crosswipe_reports::{Lang, Source, Story, html, json, junit};
use crosswipe_verify::{
    Evidence, ExportFile, Instant, JournalFacts, Judgement, LookLine, Verdict, certificate, judge,
};

use crate::audit::hashed;
use crate::measured::{Measured, Watch, forget_peak, peak_kb, resident_kb};

/// What a verdict cost.
pub(crate) struct Proof {
    pub(crate) records: usize,
    /// Journal and exports from disk into memory, chain and digests checked.
    pub(crate) reading: Measured,
    /// Fourteen rules and the certificate.
    pub(crate) judging: Measured,
    /// The same files read and hashed, and nothing else.
    pub(crate) hashing: Duration,
    /// All reports of one language from what was read and judged.
    pub(crate) telling: Measured,
    /// Peak of this process while it read and judged, kB.
    pub(crate) peak_kb: Option<u64>,
    /// By how much it grew while it told, at most, kB.
    pub(crate) telling_kb: Option<u64>,
    /// Bytes of all reports.
    pub(crate) told: usize,
}

/// # Panics
/// If the folder cannot be read or its verdict is not clean.
pub(crate) fn judged(dir: &Path) -> Proof {
    let hashing = hashed(&dir.join("exports")) + hashed_alone(&dir.join("journal.db"));
    forget_peak();
    let watch = Watch::start();
    let history = crosswipe_journal::read(dir).expect("a journal that was just closed");
    let evidence = evidence(dir, &history);
    let reading = watch.stop();
    let watch = Watch::start();
    let judgement = judge(&evidence);
    let certificate = certificate(&evidence, &judgement);
    let judging = watch.stop();
    let peak_kb = peak_kb();
    assert!(!certificate.is_empty());
    let findings: Vec<_> = judgement.findings.iter().take(3).collect();
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{findings:#?} {:?}",
        judgement.not_checked
    );
    drop(evidence);
    let (telling, telling_kb, told) = told(&history, &judgement, &certificate);
    Proof {
        records: history.records.len(),
        reading,
        judging,
        hashing,
        telling,
        peak_kb,
        telling_kb,
        told,
    }
}

/// Page, JSON and JUnit: time, growth of the process, bytes.
fn told(
    history: &History,
    judgement: &Judgement,
    certificate: &str,
) -> (Measured, Option<u64>, usize) {
    let sha256 = sha256_hex(certificate.as_bytes());
    let before = resident_kb();
    forget_peak();
    let watch = Watch::start();
    let source = Source {
        records: &history.records,
        messages: &history.messages,
        judgement,
        certificate_sha256: Some(&sha256),
        journal_head: &history.records[0].sha256,
        journal_tail: &history.last().sha256,
        dir: "bench",
        parts: &[],
        matched_faults: &[],
        review: &crosswipe_verify::ReviewHeld::default(),
        contacts: &[],
        courses: &[],
        exit: 0,
    };
    let story = Story::build(&source).expect("a journal that begins with its run");
    let texts = [html(&story, Lang::Zh), json(&story), junit(&story)];
    let took = watch.stop();
    let grown = peak_kb()
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    (took, grown, texts.iter().map(String::len).sum())
}

fn hashed_alone(file: &Path) -> Duration {
    let watch = Watch::start();
    let bytes = fs::read(file).expect("a journal that was just closed");
    assert_eq!(sha256_hex(&bytes).len(), 64);
    watch.stop().real()
}

/// Bytes of all exports and looks.
pub(crate) fn export_bytes(dir: &Path) -> u64 {
    files(dir)
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |file| file.len()))
        .sum()
}

fn evidence(dir: &Path, history: &History) -> Evidence {
    let journal = JournalFacts {
        head: history.records[0].sha256.clone(),
        tail: history.last().sha256.clone(),
        length: history.records.len() as u64,
        defect: None,
    };
    let mut evidence = Evidence {
        records: history.records.clone(),
        journal,
        exports: BTreeMap::new(),
        looks: BTreeMap::new(),
        ..Evidence::default()
    };
    for path in files(dir) {
        let bytes = fs::read(&path).expect("a file that was just written");
        let (party, which) = named(&path);
        let instant = match which.as_str() {
            "t0.json" => Instant::T0,
            "t1.json" => Instant::T1,
            "t2.json" => Instant::T2,
            _ => {
                evidence.looks.insert(party, looks(&bytes));
                continue;
            }
        };
        let export = serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        evidence.exports.entry(instant).or_default().insert(
            party,
            ExportFile {
                sha256: sha256_hex(&bytes),
                export,
            },
        );
    }
    evidence
}

fn looks(bytes: &[u8]) -> Vec<LookLine> {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let look =
        |line: &[u8]| serde_json::from_slice::<Look>(line).map_err(|error| error.to_string());
    lines
        .map(|line| LookLine {
            sha256: sha256_hex(line),
            look: look(line),
        })
        .collect()
}

/// `insured-330300.t1.json` → the party and `t1.json`.
fn named(path: &Path) -> (Party, String) {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("the runner names its files in ASCII");
    let (stem, which) = name.split_once('.').expect("a stem and an instant");
    let party = Party::try_from(stem.replacen('-', ":", 1)).expect("a stem names a party");
    (party, which.to_owned())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("exports")).expect("a folder that was just written");
    entries
        .map(|entry| entry.expect("a healthy disk").path())
        .collect()
}
