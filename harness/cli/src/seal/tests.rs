//! 篡改测试 · One changed byte anywhere in a finished run's evidence is found, with the list and without it.
//!
//! The run is small: one case between two cities. «With» walks every byte of every sealed file; «without» takes
//! seeded flips of any bit and asks what the journal's own chain, its digests and the certificate say. All calls are
//! made in this process: a process for each byte would take days.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use crosswipe_domain::sha256_hex;
use crosswipe_journal::{History, Payload};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::args::{Args, Command};
use crate::exit::Exit;

/// One case between two cities, run and certified.
fn small_run() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/pair-demo");
    let out = place.path().join("run");
    let typed = [
        "crosswipe",
        "run",
        plan,
        "--quiet",
        "--case",
        "outpatient/330100-330200",
        "--out",
    ];
    let args = Args::parse_from(typed.iter().map(PathBuf::from).chain([out]));
    let Command::Run(run) = args.command else {
        unreachable!("that is what was typed");
    };
    assert_eq!(crate::command::run::run(&run).unwrap(), Exit::Clean);
    place
}

/// Every file that is sealed, by name.
fn sealed(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    digests(dir, &BTreeMap::new())
        .unwrap()
        .into_keys()
        .map(|name| (name.clone(), fs::read(dir.join(&name)).unwrap()))
        .collect()
}

#[test]
fn books_that_were_judged_are_held_against_the_list_by_the_digest_of_what_was_read() {
    let place = small_run();
    let dir = place.path().join("run");
    let history = crosswipe_journal::read(&dir).unwrap();
    let evidence = crate::rundir::evidence(&dir, &history, None).unwrap();
    let mut known = crate::rundir::digests_of(&evidence);
    let books = sealed(&dir).into_keys();
    let books: Vec<String> = books
        .filter(|name| name.starts_with("exports/") && name.ends_with(".json"))
        .collect();
    assert!(
        books.len() > 3 && books.iter().eq(known.keys()),
        "{books:?}"
    );
    assert_eq!(first_broken_of(&dir, &known).unwrap(), None);
    let other = "0".repeat(64);
    known.insert(books[1].clone(), &other);
    let broken = Some(Broken::Changed(books[1].clone()));
    assert_eq!(first_broken_of(&dir, &known).unwrap(), broken);
    // Without the digest the file itself is read.
    assert_eq!(first_broken(&dir).unwrap(), None);
    fs::write(dir.join(&books[1]), "{}").unwrap();
    assert_eq!(first_broken(&dir).unwrap(), broken);
}

#[test]
fn every_byte_of_a_finished_run_is_sealed() {
    let place = small_run();
    let dir = place.path().join("run");
    assert_eq!(first_broken(&dir).unwrap(), None);
    let files = sealed(&dir);
    // Nothing that proves something lies beside the list.
    for (folder, others) in [(dir.clone(), 7), (dir.join("exports"), 0)] {
        let unlisted = fs::read_dir(&folder).unwrap().filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            let name = path
                .strip_prefix(&dir)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            path.is_file() && !files.contains_key(&name)
        });
        // SHA256SUMS itself, journal.head and lock, three reports; what else there may be is named in `rundir`.
        assert!(unlisted.count() <= others, "{}", folder.display());
    }
    let list = fs::read(dir.join(SUMS)).unwrap();
    let sums = digests(&dir, &BTreeMap::new()).unwrap();
    let (mut flipped, mut found, mut whole) = (0u64, 0u64, 0u64);
    for (name, bytes) in &files {
        // Each byte changes the state of the digest after its block ...
        let mut before = Sha256::new();
        for block in bytes.chunks(64) {
            let unchanged = before.clone().chain_update(block).finalize();
            let mut changed = block.to_vec();
            for at in 0..block.len() {
                changed[at] ^= 1 << (at % 8);
                flipped += 1;
                found += u64::from(before.clone().chain_update(&changed).finalize() != unchanged);
                changed[at] = block[at];
            }
            before.update(block);
        }
        assert_eq!(
            format!("{:x}", Hex(&before.finalize())),
            sums[name],
            "the digest is of the whole file"
        );
        // ... and on a sample the whole way is gone: the digest of the file, then the list.
        let step = (bytes.len() / 64).max(1);
        let mut changed = bytes.clone();
        for at in (0..bytes.len()).step_by(step) {
            changed[at] ^= 1 << (at % 8);
            let mut sums = sums.clone();
            sums.insert(name.clone(), sha256_hex(&changed));
            whole += 1;
            assert_eq!(
                compare(&list, &sums),
                Some(Broken::Changed(name.clone())),
                "{name} byte {at}"
            );
            changed[at] = bytes[at];
        }
    }
    let mut text = list.clone();
    for at in 0..list.len() {
        text[at] ^= 1 << (at % 8);
        flipped += 1;
        found += u64::from(compare(&text, &sums).is_some());
        text[at] = list[at];
    }
    println!(
        "{} files: {flipped} bytes changed, {found} found; {whole} of them through the list",
        files.len() + 1
    );
    assert_eq!(flipped, found);
    assert!(flipped > 100_000 && whole > 500, "{flipped} {whole}");
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Where a changed byte without the list is found, or why it says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finder {
    /// The journal's reader: pages, chain, texts.
    Chain,
    /// The digest of an export in SNAP.
    Export,
    /// The digest of a look's line in SNAPM.
    Look,
    /// The certificate is computed again.
    Certificate,
    /// All that can be read of the journal is as it was: unused room of the database, or the counters in its header.
    Meaningless,
}

#[test]
fn ten_thousand_flips_are_found_without_the_list_or_mean_nothing() {
    let place = small_run();
    let dir = place.path().join("run");
    let files = sealed(&dir);
    let history = crosswipe_journal::read(&dir).unwrap();
    let digested = digested(&history);
    let certificate = crate::command::verify::judged(&dir, &history, &[])
        .unwrap()
        .certificate;
    // What only `Chain` can find costs a reading of the whole journal each, so the journal lies alone in a folder.
    let copy = place.path().join("copy");
    fs::create_dir(&copy).unwrap();
    let mut seed = 20_170_602u64;
    let mut tally: BTreeMap<Finder, u64> = BTreeMap::new();
    for flip in 0..10_000u64 {
        // Each file gets its turn; the journal, which is dear to read, every tenth.
        let names: Vec<&String> = files
            .keys()
            .filter(|name| (*name == "journal.db") == (flip % 10 == 0))
            .collect();
        let name = names[(next(&mut seed) % names.len() as u64) as usize];
        let mut bytes = files[name].clone();
        let at = (next(&mut seed) % bytes.len() as u64) as usize;
        bytes[at] ^= 1 << (next(&mut seed) % 8);
        let finder = match name.as_str() {
            "journal.db" => by_the_chain(&copy, &bytes, &history),
            "certificate.json" => {
                assert_ne!(bytes, certificate.as_bytes());
                Finder::Certificate
            }
            looks if looks.ends_with(".tm.jsonl") => {
                let lines = bytes
                    .split(|byte| *byte == b'\n')
                    .filter(|line| !line.is_empty());
                let kept: Vec<String> = lines.map(sha256_hex).collect();
                let before = files[name]
                    .split(|byte| *byte == b'\n')
                    .filter(|line| !line.is_empty());
                let lost = before
                    .map(sha256_hex)
                    .filter(|digest| !kept.contains(digest));
                let lost: Vec<String> = lost.collect();
                assert!(!lost.is_empty(), "{name} byte {at}");
                assert!(
                    lost.iter().all(|digest| digested.contains(digest)),
                    "the journal vouches for each line"
                );
                Finder::Look
            }
            _ => {
                assert!(
                    digested.contains(&sha256_hex(&files[name])),
                    "the journal vouches for {name}"
                );
                assert!(!digested.contains(&sha256_hex(&bytes)), "{name} byte {at}");
                Finder::Export
            }
        };
        *tally.entry(finder).or_default() += 1;
    }
    println!("10000 flips without SHA256SUMS: {tally:?}");
    assert_eq!(tally.values().sum::<u64>(), 10_000);
    assert!(
        tally[&Finder::Chain] > tally.get(&Finder::Meaningless).copied().unwrap_or(0),
        "{tally:?}"
    );
    assert!(
        [Finder::Export, Finder::Look, Finder::Certificate]
            .iter()
            .all(|finder| tally[finder] > 100),
        "{tally:?}"
    );
}

/// Digests of exports and looks that records hold.
fn digested(history: &History) -> Vec<String> {
    let mut digested = Vec::new();
    for record in &history.records {
        match &record.payload {
            Payload::Snap0(snapshot) | Payload::Snap1(snapshot) | Payload::Snap2(snapshot) => {
                digested.extend(
                    snapshot
                        .exports
                        .values()
                        .map(|export| export.sha256.clone()),
                );
            }
            Payload::Snapm(tails) => {
                digested.extend(tails.looks.values().map(|look| look.sha256.clone()));
            }
            _ => {}
        }
    }
    digested
}

fn by_the_chain(copy: &Path, bytes: &[u8], history: &History) -> Finder {
    fs::write(copy.join("journal.db"), bytes).unwrap();
    match crosswipe_journal::read(copy) {
        Err(_) => Finder::Chain,
        Ok(read) => {
            assert_eq!(
                (&read.records, &read.messages),
                (&history.records, &history.messages)
            );
            Finder::Meaningless
        }
    }
}

/// splitmix64: every run of this test makes the same flips.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
