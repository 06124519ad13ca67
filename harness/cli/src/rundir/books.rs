//! 读账 · The exports and looks of a run folder, read back party by party.
//!
//! Why so: one party's files are read together, and the parties side by side, as many at a time as there are
//! processors. Not here: what a file's name and bytes mean (`verify::files`), what the books must hold (`verify`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crosswipe_domain::Party;
use crosswipe_verify::{PartyFiles, party_of, read_party};

use crate::complain::Trouble;

/// Reads all files of a folder that are named as exports or looks; others are not touched.
///
/// # Errors
/// The folder or a file cannot be read. What is no export is told by the judge, with its party.
pub(super) fn read(dir: &Path) -> Result<BTreeMap<Party, PartyFiles>, Trouble> {
    let mut files: BTreeMap<Party, Vec<(String, PathBuf)>> = BTreeMap::new();
    for path in super::files_of(dir)? {
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some((name, party)) = name.and_then(|name| Some((name.to_owned(), party_of(name)?)))
        {
            files.entry(party).or_default().push((name, path));
        }
    }
    let work: Vec<(Party, Vec<(String, PathBuf)>)> = files.into_iter().collect();
    let next = AtomicUsize::new(0);
    let read = Mutex::new(BTreeMap::new());
    let reader = &|| {
        while let Some((party, files)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let books = of_party(files);
            read.lock()
                .expect("no reader panics while it holds this")
                .insert(party.clone(), books);
        }
    };
    let readers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..readers.min(work.len()) {
            scope.spawn(reader);
        }
        reader();
    });
    let read = read
        .into_inner()
        .expect("no reader panicked while it held this");
    // The first trouble by party, so that the same folder gives the same sentence.
    read.into_iter()
        .map(|(party, books)| books.map(|books| (party, books)))
        .collect()
}

fn of_party(files: &[(String, PathBuf)]) -> Result<PartyFiles, Trouble> {
    let mut bytes = Vec::new();
    for (name, path) in files {
        let read = fs::read(path).map_err(|error| Trouble::file("read", path, error))?;
        bytes.push((name.as_str(), read));
    }
    let bytes: Vec<(&str, &[u8])> = bytes
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    Ok(read_party(&bytes))
}
