//! 读账 · The exports and looks of a run folder, read back party by party.
//!
//! Why so: one party's files are read together, since later looks repeat earlier ones ([`BookReader`]), and the parties
//! side by side, as many at a time as there are processors. Not here: what the books must hold (`verify`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crosswipe_domain::{BookReader, Party, sha256_hex};
use crosswipe_verify::{ExportFile, Instant, LookLine};

use crate::complain::Trouble;

/// What lies there of one party.
#[derive(Default)]
pub(super) struct Books {
    pub(super) exports: BTreeMap<Instant, ExportFile>,
    pub(super) looks: Option<Vec<LookLine>>,
}

/// Which look a file holds, in the order in which they were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    T0,
    Tm,
    T1,
    T2,
}

type Files = Vec<(Which, PathBuf)>;

/// Reads all files of a folder that are named as exports or looks; others are not touched.
///
/// # Errors
/// The folder or a file cannot be read. What is no export is told by the judge, with its party.
pub(super) fn read(dir: &Path) -> Result<BTreeMap<Party, Books>, Trouble> {
    let mut files: BTreeMap<Party, Files> = BTreeMap::new();
    for path in super::files_of(dir)? {
        if let Some((party, which)) = named(&path) {
            files.entry(party).or_default().push((which, path));
        }
    }
    let work: Vec<(Party, Files)> = files.into_iter().collect();
    let next = AtomicUsize::new(0);
    let read = Mutex::new(BTreeMap::new());
    let reader = || {
        while let Some((party, files)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let books = of_party(files);
            read.lock()
                .expect("no reader panics while it holds this")
                .insert(party.clone(), books);
        }
    };
    let readers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..readers.min(work.len()) {
            scope.spawn(reader);
        }
    });
    let read = read
        .into_inner()
        .expect("no reader panicked while it held this");
    // The first trouble by party, so that the same folder gives the same sentence.
    read.into_iter()
        .map(|(party, books)| books.map(|books| (party, books)))
        .collect()
}

fn of_party(files: &Files) -> Result<Books, Trouble> {
    let mut files = files.clone();
    files.sort();
    let mut bytes = Vec::new();
    for (_, path) in &files {
        bytes.push(fs::read(path).map_err(|error| Trouble::file("read", path, error))?);
    }
    let mut reader = BookReader::default();
    let mut books = Books::default();
    for ((which, _), bytes) in files.iter().zip(&bytes) {
        let instant = match which {
            Which::T0 => Instant::T0,
            Which::T1 => Instant::T1,
            Which::T2 => Instant::T2,
            Which::Tm => {
                books.looks = Some(looks(&mut reader, bytes));
                continue;
            }
        };
        let file = ExportFile {
            sha256: sha256_hex(bytes),
            export: reader.export(bytes).map_err(|error| error.to_string()),
        };
        books.exports.insert(instant, file);
    }
    Ok(books)
}

fn looks<'a>(reader: &mut BookReader<'a>, bytes: &'a [u8]) -> Vec<LookLine> {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| LookLine {
            sha256: sha256_hex(line),
            look: reader.look(line).map_err(|error| error.to_string()),
        })
        .collect()
}

/// `insured-330300.t1.json` → the party and t1.
fn named(path: &Path) -> Option<(Party, Which)> {
    let name = path.file_name()?.to_str()?;
    let (stem, which) = name.split_once('.')?;
    let (role, code) = stem.split_once('-')?;
    let which = match which {
        "t0.json" => Which::T0,
        "tm.jsonl" => Which::Tm,
        "t1.json" => Which::T1,
        "t2.json" => Which::T2,
        _ => return None,
    };
    Some((Party::try_from(format!("{role}:{code}")).ok()?, which))
}
