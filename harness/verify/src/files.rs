//! 账文件 · What the files of a run's `exports/` are called, and the evidence in their bytes.
//!
//! Why here: files of a run folder and files of a run in memory are read by the same function, so that both are judged
//! alike. One party's files are read together, since later looks repeat earlier ones ([`BookReader`]).
//! Not here: where the bytes come from (`cli`, `sim`), what they must hold (`rules`).

use std::collections::BTreeMap;

use crosswipe_domain::{BookReader, ListForm, Party, sha256_hex};
use crosswipe_journal::History;

use crate::evidence::{Evidence, ExportFile, Instant, JournalFacts, LookLine, PaperFile};

/// 某方账册 · What the files of one party hold.
#[derive(Clone, Debug, Default)]
pub struct PartyFiles {
    /// Whole books, by the instant at which they were taken.
    pub exports: BTreeMap<Instant, ExportFile>,
    /// Looks between, if there is a file of them.
    pub looks: Option<Vec<LookLine>>,
}

/// Which look a file holds, in the order in which they were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    T0,
    Tm,
    T1,
    T2,
}

/// Whose file it is, by its name: `insured-330300.t1.json` → `insured:330300`. `None` for a name that is none of ours.
pub fn party_of(file: &str) -> Option<Party> {
    named(file).map(|(party, _)| party)
}

fn named(file: &str) -> Option<(Party, Which)> {
    let (stem, which) = file.split_once('.')?;
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

/// Reads the files of one party, given by name. What is no export is told by the judge, with its party.
pub fn read_party(files: &[(&str, &[u8])]) -> PartyFiles {
    let known = files
        .iter()
        .filter_map(|(name, bytes)| Some((named(name)?.1, *bytes)));
    let mut files: Vec<(Which, &[u8])> = known.collect();
    files.sort_by_key(|(which, _)| *which);
    let mut reader = BookReader::default();
    let mut read = PartyFiles::default();
    for (which, bytes) in files {
        let instant = match which {
            Which::T0 => Instant::T0,
            Which::T1 => Instant::T1,
            Which::T2 => Instant::T2,
            Which::Tm => {
                read.looks = Some(looks(&mut reader, bytes));
                continue;
            }
        };
        let file = ExportFile {
            sha256: sha256_hex(bytes),
            export: reader.export(bytes).map_err(|error| error.to_string()),
        };
        read.exports.insert(instant, file);
    }
    read
}

/// Reads a file of papers; `None` for a name that is none of theirs.
pub fn read_paper(name: &str, bytes: &[u8]) -> Option<PaperFile> {
    ListForm::of_file(name)?;
    Some(PaperFile {
        sha256: sha256_hex(bytes),
        listing: serde_json::from_slice(bytes).map_err(|error| error.to_string()),
    })
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

impl JournalFacts {
    /// Of a chain that was walked and found whole.
    pub fn of(history: &History) -> JournalFacts {
        JournalFacts {
            head: history
                .records
                .first()
                .map(|record| record.sha256.clone())
                .unwrap_or_default(),
            tail: history.last().sha256.clone(),
            length: history.records.len() as u64,
            defect: None,
        }
    }
}

impl Evidence {
    /// Journal and files of a run, whole, with no review.
    pub fn of_files(history: &History, files: &BTreeMap<String, Vec<u8>>) -> Evidence {
        let mut evidence = Evidence {
            records: history.records.clone(),
            journal: JournalFacts::of(history),
            ..Evidence::default()
        };
        let mut parties: BTreeMap<Party, Vec<(&str, &[u8])>> = BTreeMap::new();
        for (name, bytes) in files {
            if let Some(paper) = read_paper(name, bytes) {
                evidence.papers.insert(name.clone(), paper);
            }
            if let Some(party) = party_of(name) {
                parties.entry(party).or_default().push((name, bytes));
            }
        }
        for (party, files) in parties {
            evidence.take(party, read_party(&files));
        }
        evidence
    }

    /// Adds what one party's files hold.
    pub fn take(&mut self, party: Party, files: PartyFiles) {
        for (instant, file) in files.exports {
            let of_instant = self.exports.entry(instant).or_default();
            of_instant.insert(party.clone(), file);
        }
        if let Some(looks) = files.looks {
            self.looks.insert(party, looks);
        }
    }
}

#[cfg(test)]
mod tests;
