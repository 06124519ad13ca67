//! 锁 · One process owns a run: a lock of the operating system on `journal.lock`.
//!
//! Why so: such a lock ends with its process, however that dies, so nothing stale is ever left to be
//! removed by hand. A reader of a run that nobody owns shares it for the time of the reading.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::JournalError;

const LOCK: &str = "journal.lock";
/// A reader keeps the lock for moments only, so a new owner asks a few times.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, held until dropped.
pub(crate) struct RunLock {
    _file: File,
}

impl RunLock {
    /// Owns the run alone.
    pub(crate) fn take(dir: &Path) -> Result<RunLock, JournalError> {
        let path = dir.join(LOCK);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        let file = opened.map_err(|error| JournalError::io("create", &path, error))?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::Locked {
                        dir: dir.to_owned(),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(JournalError::io("lock", &path, error));
                }
            }
        }
        Ok(RunLock { _file: file })
    }

    /// Whether somebody owns the run now; if nobody does, keeps new owners out for as long as the answer lives.
    pub(crate) fn look(dir: &Path) -> Owner {
        let Ok(file) = File::open(dir.join(LOCK)) else {
            return Owner::Nobody {
                _until_dropped: None,
            };
        };
        match file.try_lock_shared() {
            Ok(()) => Owner::Nobody {
                _until_dropped: Some(RunLock { _file: file }),
            },
            Err(_) => Owner::Somebody,
        }
    }
}

/// Who owns a run.
pub(crate) enum Owner {
    /// A process writes, or may write.
    Somebody,
    /// No process, as long as this lives.
    Nobody {
        /// Shared lock; absent where the folder has no lock file (a bundle).
        _until_dropped: Option<RunLock>,
    },
}
