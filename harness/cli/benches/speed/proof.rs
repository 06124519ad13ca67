//! 证明 · Reads a run folder back and judges it: a run that is not clean has no speed. What is told of it is timed.
//!
//! Not here: what `crosswipe verify` takes (`verified`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::sha256_hex;
use crosswipe_journal::History;
use crosswipe_reports::{Lang, Source, Story, html, json, junit};
use crosswipe_verify::{Evidence, Judgement, Verdict, certificate, judge};

use crate::measured::{Measured, Watch, forget_peak, peak_kb, resident_kb};

/// What telling of a clean run cost.
pub(crate) struct Proof {
    /// All reports of one language from what was read and judged.
    pub(crate) telling: Measured,
    /// By how much the process grew while it told, at most, kB.
    pub(crate) telling_kb: Option<u64>,
    /// Bytes of all reports.
    pub(crate) told: usize,
}

/// # Panics
/// If the folder cannot be read or its verdict is not clean.
pub(crate) fn judged(dir: &Path) -> Proof {
    let history = crosswipe_journal::read(dir).expect("a journal that was just closed");
    let evidence = Evidence::of_files(&history, &exports(dir));
    let judgement = judge(&evidence);
    let certificate = certificate(&evidence, &judgement);
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
        telling,
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

/// Bytes of all exports and looks.
pub(crate) fn export_bytes(dir: &Path) -> u64 {
    files(dir)
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |file| file.len()))
        .sum()
}

/// Files of exports and looks by name, as the runner left them.
fn exports(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |path: PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("the runner names its files in ASCII");
        let bytes = fs::read(&path).expect("a file that was just written");
        (name.to_owned(), bytes)
    };
    files(dir).into_iter().map(read).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("exports")).expect("a folder that was just written");
    entries
        .map(|entry| entry.expect("a healthy disk").path())
        .collect()
}
