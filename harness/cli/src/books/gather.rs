//! 收集 · From what was typed (files, folders, run folders) to one take per file, read side by side.
//!
//! Of a folder: every export and list in it; of `x.t0.json`, `x.t1.json`, `x.t2.json` the last look alone.
//! Not here: what stands in a file (`export`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::PersonNo;
use crosswipe_reports::RowWords;
use crosswipe_verify::audit::{RowRef, Take};

use super::{Flaw, Flaws, export};

/// 各方账册 · All that was delivered.
pub(crate) struct Books {
    pub(crate) takes: Vec<Take>,
    origins: Vec<PathBuf>,
}

/// Finds and reads all files; or all their flaws.
pub(crate) fn gather(typed: &[PathBuf]) -> Result<Books, Flaws> {
    let mut flaws = Flaws::default();
    let mut files = Vec::new();
    for path in typed {
        match found(path) {
            Ok(mut more) => files.append(&mut more),
            Err(flaw) => flaws.push(flaw),
        }
    }
    files.sort();
    files.dedup();
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let mut takes = Vec::new();
    let mut origins = Vec::new();
    for (path, read) in files.iter().zip(side_by_side(&files)) {
        match read {
            Ok(take) => {
                takes.push(take);
                origins.push(path.clone());
            }
            Err(flaw) => flaws.push(flaw),
        }
    }
    if flaws.is_empty() {
        Ok(Books { takes, origins })
    } else {
        Err(flaws)
    }
}

/// Reads every file on as many threads as there are cores; the answers keep the order of the files.
fn side_by_side(files: &[PathBuf]) -> Vec<Result<Take, Flaw>> {
    let next = AtomicUsize::new(0);
    let read: Mutex<BTreeMap<usize, Result<Take, Flaw>>> = Mutex::default();
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(place) else {
                        return;
                    };
                    let take = export::read(path);
                    read.lock()
                        .expect("no reader panics with the lock held")
                        .insert(place, take);
                }
            });
        }
    });
    read.into_inner()
        .expect("no reader panics with the lock held")
        .into_values()
        .collect()
}

/// The files that a typed path means.
fn found(path: &Path) -> Result<Vec<PathBuf>, Flaw> {
    let nothing = "写出文件、目录或一次运行的目录 · name a file, a folder or the folder of a run";
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = if path.join("exports").is_dir() {
        path.join("exports")
    } else {
        path.to_owned()
    };
    let entries = fs::read_dir(&folder).map_err(|error| {
        Flaw::of_file(
            path,
            format!("打不开 · could not be opened: {error}"),
            nothing,
        )
    })?;
    // Stem of an export → its last look.
    let mut last: BTreeMap<String, (String, PathBuf)> = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|error| {
            Flaw::of_file(
                &folder,
                format!("读不出 · could not be read: {error}"),
                nothing,
            )
        })?;
        let file = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !file.is_file() || !is_delivery(&name) {
            continue;
        }
        let stem = name.strip_suffix(".json").unwrap_or(&name);
        let (stem, look) = match stem.rsplit_once('.') {
            Some((stem, look @ ("t0" | "t1" | "t2"))) => (stem, look),
            _ => (name.as_str(), ""),
        };
        let newer = last
            .get(stem)
            .is_none_or(|(known, _)| known.as_str() < look);
        if newer {
            last.insert(stem.to_owned(), (look.to_owned(), file));
        }
    }
    if last.is_empty() {
        return Err(Flaw::of_file(
            path,
            "目录里没有账册 · no exports in this folder",
            nothing,
        ));
    }
    Ok(last.into_values().map(|(_, file)| file).collect())
}

fn is_delivery(name: &str) -> bool {
    let own = ["certificate.json", "report.json", "window.json"];
    name.ends_with(".json") && !own.contains(&name) && !name.starts_with('.')
}

impl Books {
    /// Reads the rows that findings show once more, in words that name nobody.
    pub(crate) fn words(&self, rows: &[RowRef]) -> BTreeMap<RowRef, RowWords> {
        let shown = |row: &RowRef| {
            let path = self.origins.get(row.source)?;
            let shown = export::row_at(path, row.at).ok()??;
            let words = RowWords {
                id: shown.id,
                msgid: shown.msgid,
                visit: shown.visit,
                person: named(&shown.person),
                time: shown.time,
                place: path.display().to_string(),
            };
            Some((*row, words))
        };
        rows.iter().filter_map(shown).collect()
    }
}

/// A pseudonym as it is, a number masked.
fn named(person: &str) -> String {
    let pseudonym = person
        .strip_prefix("P-")
        .is_some_and(|hex| hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if pseudonym {
        person.to_owned()
    } else {
        PersonNo::new(person).to_string()
    }
}
