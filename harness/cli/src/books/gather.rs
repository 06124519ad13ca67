//! 收集 · From what was typed (files, folders, run folders) to takes, read side by side.
//!
//! Of a folder: every export and list in it; of `x.t0.json`, `x.t1.json`, `x.t2.json` the last look alone,
//! and `map.yaml` as the mapping unless another is named. `his:H33010000001=FILE` says whose list it is.
//! Not here: what stands in a file (`export`, `list`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::{Moment, PersonNo};
use crosswipe_reports::RowWords;
use crosswipe_verify::audit::{RowRef, Take};

use super::mapping::{Entry, Mapping, party_of};
use super::{Flaw, Flaws, export, list};
use crosswipe_sheets::Table;

/// The mapping of a folder.
const MAP: &str = "map.yaml";

/// 各方账册 · All that was delivered.
pub(crate) struct Books {
    pub(crate) takes: Vec<Take>,
    origins: Vec<Origin>,
}

/// Where a take came from.
struct Origin {
    path: PathBuf,
    /// Of a list: its sheet, or `None` of a CSV file.
    list: Option<(Option<String>, Entry)>,
}

/// A file to be read and whose it is, where that was typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    pub(super) party: Option<String>,
}

/// Finds and reads all files; or all their flaws.
pub(crate) fn gather(typed: &[PathBuf], map: Option<&Path>) -> Result<Books, Flaws> {
    let mut flaws = Flaws::default();
    let mut files: Vec<Named> = Vec::new();
    let mut mapping = map.map(Mapping::read).transpose().map_err(Flaws::from)?;
    for path in typed {
        match found(path) {
            Ok(more) => files.extend(more),
            Err(flaw) => flaws.push(flaw),
        }
        if mapping.is_none() && path.join(MAP).is_file() {
            match Mapping::read(&path.join(MAP)) {
                Ok(read) => mapping = Some(read),
                Err(flaw) => flaws.push(flaw),
            }
        }
    }
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let mapping = mapping.unwrap_or_default();
    let mut takes = Vec::new();
    let mut origins = Vec::new();
    for read in side_by_side(&files, &mapping) {
        match read {
            Ok(read) => {
                for (take, origin) in read {
                    takes.push(take);
                    origins.push(origin);
                }
            }
            Err(more) => flaws.append(more),
        }
    }
    if flaws.is_empty() {
        Ok(Books { takes, origins })
    } else {
        Err(flaws)
    }
}

type Read = Result<Vec<(Take, Origin)>, Flaws>;

/// Reads every file on as many threads as there are cores; the answers keep the order of the files.
fn side_by_side(files: &[Named], mapping: &Mapping) -> Vec<Read> {
    let next = AtomicUsize::new(0);
    let read: Mutex<BTreeMap<usize, Read>> = Mutex::default();
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(place) else {
                        return;
                    };
                    let takes = one(file, mapping);
                    read.lock()
                        .expect("no reader panics with the lock held")
                        .insert(place, takes);
                }
            });
        }
    });
    read.into_inner()
        .expect("no reader panics with the lock held")
        .into_values()
        .collect()
}

/// Reads one file: an export, a CSV file, or every sheet of a workbook.
fn one(file: &Named, mapping: &Mapping) -> Read {
    let path = &file.path;
    let entry = |table: &Table| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut entry = mapping.entry(&name, table.sheet().unwrap_or_default());
        if file.party.is_some() {
            entry.party.clone_from(&file.party);
        }
        entry
    };
    let tables = match sort(path) {
        Sort::Export => {
            let take = export::read(path)?;
            return Ok(vec![(
                take,
                Origin {
                    path: path.clone(),
                    list: None,
                },
            )]);
        }
        Sort::Csv => vec![Table::csv(path)?],
        Sort::Workbook => Table::sheets(path)?,
        Sort::Unknown => {
            return Err(Flaw::of_file(
                path,
                "不是 .json .csv .txt .xlsx .xls 文件 · not a .json, .csv, .txt, .xlsx or .xls file",
                "另存为 CSV 或 xlsx · save it as CSV or xlsx",
            )
            .into());
        }
    };
    let mut read = Vec::new();
    let mut flaws = Flaws::default();
    for mut table in tables {
        let entry = entry(&table);
        if entry.skip {
            continue;
        }
        match list::read(path, &mut table, &entry) {
            Ok(Some(take)) => {
                let list = Some((table.sheet().map(str::to_owned), entry));
                read.push((
                    take,
                    Origin {
                        path: path.clone(),
                        list,
                    },
                ));
            }
            Ok(None) => {}
            Err(more) => flaws.append(more),
        }
    }
    if flaws.is_empty() && read.is_empty() {
        flaws.push(Flaw::of_file(
            path,
            "里面没有清单 · there is no list in it",
            "看是不是交错了文件 · see whether it is the right file",
        ));
    }
    if flaws.is_empty() {
        Ok(read)
    } else {
        Err(flaws)
    }
}

/// What a file is, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Export,
    Csv,
    Workbook,
    Unknown,
}

pub(super) fn sort(path: &Path) -> Sort {
    let extension = path
        .extension()
        .map(|end| end.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("json") => Sort::Export,
        Some("csv" | "txt" | "tsv") => Sort::Csv,
        Some("xlsx" | "xls" | "xlsm" | "xlsb" | "ods") => Sort::Workbook,
        _ => Sort::Unknown,
    }
}

/// The files that a typed path means.
pub(super) fn found(path: &Path) -> Result<Vec<Named>, Flaw> {
    let nothing = "写出文件、目录或一次运行的目录 · name a file, a folder or the folder of a run";
    let nobody = |path: PathBuf| Named { path, party: None };
    if path.is_file() {
        return Ok(vec![nobody(path.to_owned())]);
    }
    if !path.exists()
        && let Some((party, file)) = path.to_str().and_then(|typed| typed.split_once('='))
        && party_of(party).is_some()
        && Path::new(file).is_file()
    {
        return Ok(vec![Named {
            path: PathBuf::from(file),
            party: Some(party.to_owned()),
        }]);
    }
    let folder = if path.join("exports").is_dir() {
        path.join("exports")
    } else {
        path.to_owned()
    };
    let entries = fs::read_dir(&folder).map_err(|error| {
        Flaw::of_file(
            path,
            format!("打不开: {error} · could not be opened: {error}"),
            nothing,
        )
    })?;
    // Stem of an export → its last look.
    let mut last: BTreeMap<String, (String, PathBuf)> = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|error| {
            Flaw::of_file(
                &folder,
                format!("读不出: {error} · could not be read: {error}"),
                nothing,
            )
        })?;
        let file = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !file.is_file() || !is_delivery(&name, &file) {
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
    Ok(last.into_values().map(|(_, file)| nobody(file)).collect())
}

/// Our own reports, and the lock files of office programs, are no deliveries.
fn is_delivery(name: &str, path: &Path) -> bool {
    let own = ["certificate.json", "report.json", "window.json"];
    sort(path) != Sort::Unknown && !own.contains(&name) && !name.starts_with(['.', '~'])
}

/// A row as a finding shows it, its person not yet masked.
struct Raw {
    id: String,
    msgid: String,
    visit: String,
    person: String,
    time: Option<Moment>,
    place: String,
}

impl Books {
    /// Reads the rows that findings show once more, in words that name nobody.
    pub(crate) fn words(&self, rows: &[RowRef]) -> BTreeMap<RowRef, RowWords> {
        let mut wanted: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
        for row in rows {
            wanted.entry(row.source).or_default().insert(row.at);
        }
        let mut words = BTreeMap::new();
        for (source, places) in wanted {
            for (at, raw) in self.raw(source, &places) {
                let shown = RowWords {
                    id: safe(raw.id),
                    msgid: safe(raw.msgid),
                    visit: safe(raw.visit),
                    person: named(&raw.person),
                    time: raw.time,
                    place: raw.place,
                };
                words.insert(RowRef { source, at }, shown);
            }
        }
        words
    }

    /// A file that is gone by now has no words; the finding stands without them.
    fn raw(&self, source: usize, places: &BTreeSet<u64>) -> Vec<(u64, Raw)> {
        let Some(origin) = self.origins.get(source) else {
            return Vec::new();
        };
        let Some((sheet, entry)) = &origin.list else {
            let place = origin.path.display().to_string();
            let read = |at: &u64| {
                let row = export::row_at(&origin.path, *at).ok()??;
                let export::Shown {
                    id,
                    msgid,
                    visit,
                    person,
                    time,
                } = row;
                Some((
                    *at,
                    Raw {
                        id,
                        msgid,
                        visit,
                        person,
                        time,
                        place: place.clone(),
                    },
                ))
            };
            return places.iter().filter_map(read).collect();
        };
        let table = match sheet {
            None => Table::csv(&origin.path).ok(),
            Some(sheet) => Table::sheets(&origin.path).ok().and_then(|tables| {
                tables
                    .into_iter()
                    .find(|table| table.sheet() == Some(sheet))
            }),
        };
        let Some(mut table) = table else {
            return Vec::new();
        };
        let shown = list::words(&origin.path, &mut table, entry, places);
        let raw = |(at, row): (u64, list::Shown)| {
            let list::Shown {
                id,
                msgid,
                visit,
                person,
                time,
                place,
            } = row;
            (
                at,
                Raw {
                    id,
                    msgid,
                    visit,
                    person,
                    time,
                    place,
                },
            )
        };
        shown.into_iter().map(raw).collect()
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

/// Where a list holds identity numbers as ids, they are masked all the same.
pub(super) fn safe(id: String) -> String {
    match crosswipe_domain::IdNumber::parse(&id.to_uppercase()) {
        Ok(number) => number.to_string(),
        Err(_) => id,
    }
}
