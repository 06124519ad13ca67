//! 接管 · Takes a run from a process that may still live: everything it holds open is replaced, not shared.
//!
//! Why so: a process that was stopped keeps its locks, in the middle of a commit even those of the database,
//! so its successor could wait for ever. And one that wakes up again writes on where it stood. So the new
//! owner lays down files of its own under the old names: the old process writes into files that no folder
//! names any more. The order is what keeps this whole:
//! 1. the lock, so that the old owner, who asks before each send, sends nothing from now on;
//! 2. only then the copy: what the old owner was still allowed to send had its record before it asked;
//! 3. `journal.next.db` is complete the moment it has that name, and is the journal from then on; whoever
//!    dies between the steps leaves either the old journal or the new one, and both say the same.
//!
//! Not here: the record TAKEOVER (`journal`), parties that refuse the old epoch (whoever sends to them).

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use crate::error::JournalError;
use crate::head;
use crate::journal::sync_folder;
use crate::lock::{self, PAUSE, RunLock, TRIES};
use crate::open::{self, Share};
use crate::read::{self, History};
use crate::store::sqlite::DATABASE;

/// A whole journal that is on its way to its name.
const NEXT: &str = "journal.next.db";
/// Where it is put together.
const WORKSHOP: &str = "journal.next";

/// The database of a run: where a takeover was cut short, the copy that it had completed.
pub(crate) fn database(dir: &Path) -> PathBuf {
    let next = dir.join(NEXT);
    if next.is_file() {
        next
    } else {
        dir.join(DATABASE)
    }
}

/// Whether the run's journal is a copy that has not got its name yet.
pub(crate) fn is_cut_short(dir: &Path) -> bool {
    dir.join(NEXT).is_file()
}

/// 轮次 · One process at a time takes a run over. A lock on the folder itself: it leaves nothing behind.
pub(crate) struct Turn {
    _folder: Option<File>,
}

impl Turn {
    /// Waits a moment for whoever has it.
    ///
    /// # Errors
    /// Somebody else is taking the run over.
    pub(crate) fn take(dir: &Path) -> Result<Turn, JournalError> {
        if cfg!(not(unix)) {
            return Ok(Turn { _folder: None });
        }
        let failed = |error| JournalError::io("lock", dir, error);
        let folder = File::open(dir).map_err(failed)?;
        for attempt in 1.. {
            match folder.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::Locked {
                        dir: dir.to_owned(),
                        owner: lock::owner(dir),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Ok(Turn {
            _folder: Some(folder),
        })
    }
}

/// Makes the run ours, whoever holds it. The journal says the same as before.
///
/// # Errors
/// Corrupt, or a file that cannot be written; then at most the lock has changed hands.
pub(crate) fn seize(dir: &Path, _turn: &Turn) -> Result<(RunLock, History), JournalError> {
    // What cannot be believed is not taken over: found out before anything changes.
    read::beside_others(dir)?;
    let lock = RunLock::seize(dir)?;
    finish(dir)?;
    let workshop = dir.join(WORKSHOP);
    let failed = |error| JournalError::io("write", &workshop, error);
    remove(&workshop)?;
    fs::create_dir(&workshop).map_err(failed)?;
    copy(dir, &workshop)?;
    let history = read::of_nobody(&workshop)?;
    let copied = workshop.join(DATABASE);
    File::open(&copied)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    if history.head.is_some() {
        // Before the copy gets a name: the head never leads, whichever of the two journals is read.
        fs::rename(head::path(&workshop), head::path(dir)).map_err(failed)?;
    }
    fs::rename(&copied, dir.join(NEXT)).map_err(failed)?;
    sync_folder(dir)?;
    finish(dir)?;
    remove(&workshop)?;
    let dir = Some(dir.to_owned());
    Ok((lock, History { dir, ..history }))
}

/// All that is committed, in one file, and the head that goes with it. First the head, so that it does not lead.
fn copy(dir: &Path, workshop: &Path) -> Result<(), JournalError> {
    let failed = |error| JournalError::io("copy", dir, error);
    match fs::copy(head::path(dir), head::path(workshop)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let connection = open::for_reading(dir, Share::WithOwner)?;
    let to = workshop.join(DATABASE).display().to_string();
    connection
        .execute("VACUUM INTO ?1", [to])
        .map(drop)
        .map_err(|error| failed(io::Error::other(error)))
}

/// Gives a completed copy its name; the log of the journal before it goes first, for it must never be read into the copy.
pub(crate) fn finish(dir: &Path) -> Result<(), JournalError> {
    let next = dir.join(NEXT);
    if !next.is_file() {
        return Ok(());
    }
    for beside in ["-wal", "-shm"] {
        remove(&dir.join(format!("{DATABASE}{beside}")))?;
    }
    fs::rename(&next, dir.join(DATABASE))
        .map_err(|error| JournalError::io("write", &next, error))?;
    sync_folder(dir)
}

fn remove(path: &Path) -> Result<(), JournalError> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(JournalError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}
