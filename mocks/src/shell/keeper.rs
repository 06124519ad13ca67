//! 落盘 · Appends each new log row of a party to its file, so that a later process finds its books.
//!
//! Flushed, not synced: a dead process loses nothing, a dead machine may. One line per row, and one write
//! per step, before the answer leaves. Which process of a run the party listens to is kept likewise. A full
//! disk takes some hundred rows more, from a reserve: what a tester wants to undo then must not fail for
//! want of room at the mock.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crosswipe_domain::{Entry, LogRow, Party, canonical_json};
use serde::{Deserialize, Serialize};

use crate::epochs::Epochs;
use crate::fault::Books;
use crate::ledger::Ledger;
use crate::machine::Machine;

/// A log row as it is kept; the digest stays with the party and is in no export.
#[derive(Serialize, Deserialize)]
struct Kept<R> {
    #[serde(flatten)]
    row: R,
    /// Digest of the message's bytes: after a restart too a repetition is told from a reuse of its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

/// Files of one machine's books.
#[derive(Default)]
pub(super) struct Keeper {
    files: BTreeMap<Party, (File, u64)>,
    /// Where the epochs are kept, and as they stand there.
    epochs: Option<(PathBuf, Epochs)>,
    /// Room set aside; given up when the disk is full, removed when the party stops.
    reserve: Option<PathBuf>,
}

/// Room for the undo of what may stand open at one party.
const RESERVE_BYTES: usize = 128 << 10;

impl Keeper {
    /// Opens the files of a machine in `dir`; books that are there already are taken over by the machine.
    pub(super) fn open(dir: Option<&Path>, machine: &mut Machine) -> io::Result<Keeper> {
        let Some(dir) = dir else {
            return Ok(Keeper::default());
        };
        std::fs::create_dir_all(dir)?;
        let mut files = BTreeMap::new();
        let parties: Vec<Party> = machine
            .ledgers()
            .iter()
            .map(|ledger| ledger.party().clone())
            .collect();
        for party in parties {
            let path = path_of(dir, &party);
            let rows = read(&path)?;
            let kept = rows.len() as u64;
            if kept > 0 {
                machine.restore(replayed(&party, rows)?);
            }
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            files.insert(party, (file, kept));
        }
        let path = epochs_path(dir, machine);
        let kept = read_epochs(&path)?;
        machine.restore_epochs(kept.clone());
        let mut keeper = Keeper {
            files,
            reserve: set_aside(&path),
            epochs: Some((path, kept)),
        };
        keeper.keep(machine)?;
        Ok(keeper)
    }

    /// The files of a machine that stands in the place of one that died: with all that the dead one had booked, or
    /// with nothing but its opening balances.
    pub(super) fn reopen(
        dir: Option<&Path>,
        books: Books,
        dead: &Machine,
        machine: &mut Machine,
    ) -> io::Result<Keeper> {
        match (dir, books) {
            (Some(dir), Books::Lost) => {
                for ledger in dead.ledgers() {
                    std::fs::remove_file(path_of(dir, ledger.party()))?;
                }
            }
            (None, Books::Kept) => {
                for ledger in dead.ledgers() {
                    let rows = ledger.kept_from(0).map(|row| Kept {
                        digest: ledger.digest_of(&row).map(str::to_owned),
                        row,
                    });
                    machine.restore(replayed(ledger.party(), rows.collect())?);
                }
            }
            (Some(_), Books::Kept) | (None, Books::Lost) => {}
        }
        let keeper = Keeper::open(dir, machine)?;
        if books == Books::Kept {
            machine.number_behind(dead);
        }
        Ok(keeper)
    }

    /// Appends what is new.
    pub(super) fn keep(&mut self, machine: &Machine) -> io::Result<()> {
        if let Some((path, kept)) = &mut self.epochs
            && kept != machine.epochs()
        {
            *kept = machine.epochs().clone();
            replace(path, canonical_json(kept).as_bytes())?;
        }
        for ledger in machine.ledgers() {
            let Some((file, kept)) = self.files.get_mut(ledger.party()) else {
                continue;
            };
            let lines: String = ledger
                .kept_from(*kept)
                .map(|row| {
                    let digest = ledger.digest_of(&row).map(str::to_owned);
                    canonical_json(&Kept { row, digest }) + "\n"
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            let mut written = write(file, &lines);
            if is_full(&written) && give_up(&mut self.reserve) {
                written = write(file, &lines);
            }
            written?;
            *kept = ledger.lsn();
        }
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        give_up(&mut self.reserve);
    }
}

/// All of it or nothing: half a row would be taken for the end of the log.
fn write(file: &mut File, lines: &str) -> io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(lines.as_bytes())
        .inspect_err(|_| drop(file.set_len(before)))
}

fn is_full(written: &io::Result<()>) -> bool {
    matches!(written, Err(error) if error.kind() == io::ErrorKind::StorageFull)
}

/// Room beside the epochs; a disk without that much room leaves none held.
fn set_aside(epochs: &Path) -> Option<PathBuf> {
    let path = epochs.with_extension("reserve");
    // Not zeros: no file system may turn this into a hole.
    let written = std::fs::write(&path, vec![0xA5_u8; RESERVE_BYTES]);
    if written.is_err() {
        let _ = std::fs::remove_file(&path);
    }
    written.is_ok().then_some(path)
}

/// True if there was room to give.
fn give_up(reserve: &mut Option<PathBuf>) -> bool {
    reserve
        .take()
        .is_some_and(|path| std::fs::remove_file(path).is_ok())
}

/// The books that kept rows lead to.
fn replayed(party: &Party, rows: Vec<Kept<Arc<LogRow>>>) -> io::Result<Ledger> {
    let digests: Vec<_> = rows
        .iter()
        .filter_map(|kept| Some((Arc::clone(&kept.row), kept.digest.clone()?)))
        .collect();
    let rows = rows.into_iter().map(|kept| kept.row).collect();
    let mut ledger = Ledger::replay(party.clone(), rows)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    for (row, digest) in digests {
        ledger.remember_digest_of(&row, digest);
    }
    Ok(ledger)
}

/// Where a party's log is kept.
fn path_of(dir: &Path, party: &Party) -> PathBuf {
    dir.join(format!("{}.log.jsonl", party.file_stem()))
}

/// Where a machine's epochs are kept: beside its first book.
fn epochs_path(dir: &Path, machine: &Machine) -> PathBuf {
    let stem = machine
        .ledgers()
        .first()
        .map(|ledger| ledger.party().file_stem());
    dir.join(format!("{}.epochs.json", stem.unwrap_or_default()))
}

fn read_epochs(path: &Path) -> io::Result<Epochs> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Epochs::default()),
        Err(error) => Err(error),
    }
}

/// A file is either as it was or as it is to be, whenever the process dies.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path)
}

/// The rows of a log file. Every group but an opening ends with its fence entry; one that does not, or
/// whose last line has no end, was never acknowledged and is cut off whole.
fn read(path: &Path) -> io::Result<Vec<Kept<Arc<LogRow>>>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let rows: Result<Vec<Kept<Arc<LogRow>>>, _> = whole.lines().map(serde_json::from_str).collect();
    let mut rows = rows.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let closed = |kept: &Kept<Arc<LogRow>>| {
        matches!(kept.row.entry, Entry::Fence { .. }) || kept.row.cause.infno == "open"
    };
    if whole.len() < text.len() || !rows.last().is_none_or(closed) {
        let torn = rows.last().filter(|kept| !closed(kept));
        let torn = torn.map(|kept| kept.row.group);
        rows.retain(|kept| Some(kept.row.group) != torn);
        let kept: String = rows.iter().map(|row| canonical_json(row) + "\n").collect();
        std::fs::write(path, kept)?;
    }
    Ok(rows)
}
