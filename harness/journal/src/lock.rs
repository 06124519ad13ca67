//! 锁 · One process owns a run: a lock of the operating system on `journal.lock`, which also says who it is.
//!
//! Why so: such a lock ends with its process, however that dies, so nothing stale is ever left to be
//! removed by hand. A process that was stopped keeps it, though; another may then lay a lock file of its own
//! in the place of the old one ([`RunLock::seize`]), and the old owner finds that out by asking
//! ([`RunLock::is_ours`]) before each thing it does. A reader of a run that nobody owns shares the lock for
//! the time of the reading. Not here: what else changes hands with the run (`seize`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use crosswipe_domain::Moment;

use crate::error::{JournalError, Owner};

const LOCK: &str = "journal.lock";
/// A reader keeps the lock for moments only, so a new owner asks a few times.
pub(crate) const TRIES: u32 = 10;
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// The lock, held until dropped.
pub(crate) struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Owns the run alone.
    pub(crate) fn take(dir: &Path) -> Result<RunLock, JournalError> {
        let path = dir.join(LOCK);
        for attempt in 1.. {
            let lock = RunLock::open(path.clone())?;
            match lock.file.try_lock() {
                // Between opening and locking another may have laid down a file of its own.
                Ok(()) if lock.is_ours() => return lock.signed(),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::Locked {
                        dir: dir.to_owned(),
                        owner: owner(dir),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(JournalError::io("lock", &path, error));
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Owns the run whoever had it: a lock file of our own takes the place of the old one, in one step.
    #[cfg(unix)]
    pub(crate) fn seize(dir: &Path) -> Result<RunLock, JournalError> {
        let (path, beside) = (dir.join(LOCK), dir.join("journal.lock.new"));
        let failed = |error| JournalError::io("write", &path, error);
        let lock = RunLock::open(beside.clone())?;
        match lock.file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Locked {
                    dir: dir.to_owned(),
                    owner: None,
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let lock = lock.signed()?;
        fs::rename(&beside, &path).map_err(failed)?;
        let lock = RunLock { path, ..lock };
        match lock.is_ours() {
            true => Ok(lock),
            false => Err(JournalError::Locked {
                dir: dir.to_owned(),
                owner: owner(dir),
            }),
        }
    }

    /// Elsewhere a file that somebody holds open cannot be replaced.
    #[cfg(not(unix))]
    pub(crate) fn seize(dir: &Path) -> Result<RunLock, JournalError> {
        RunLock::take(dir)
    }

    fn open(path: PathBuf) -> Result<RunLock, JournalError> {
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        match opened {
            Ok(file) => Ok(RunLock { file, path }),
            Err(error) => Err(JournalError::io("create", &path, error)),
        }
    }

    /// Writes down who holds it; since when, the file's own time says.
    fn signed(mut self) -> Result<RunLock, JournalError> {
        let pid = format!("{}\n", std::process::id());
        let written = self
            .file
            .set_len(0)
            .and_then(|()| self.file.write_all(pid.as_bytes()));
        match written {
            Ok(()) => Ok(self),
            // On a full disk the lock holds all the same, only without a name.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(self),
            Err(error) => Err(JournalError::io("write", &self.path, error)),
        }
    }

    /// Whether the lock file in its place is still the one that is held here.
    #[cfg(unix)]
    pub(crate) fn is_ours(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let held = self.file.metadata().map(|file| (file.dev(), file.ino()));
        let there = fs::metadata(&self.path).map(|file| (file.dev(), file.ino()));
        matches!((held, there), (Ok(held), Ok(there)) if held == there)
    }

    /// Where no lock file can be replaced, a lock that is held stays ours.
    #[cfg(not(unix))]
    pub(crate) fn is_ours(&self) -> bool {
        true
    }

    /// Whether somebody owns the run now; if nobody does, keeps new owners out for as long as the answer lives.
    pub(crate) fn look(dir: &Path) -> Held {
        let Ok(file) = File::open(dir.join(LOCK)) else {
            return Held::ByNobody {
                _until_dropped: None,
            };
        };
        match file.try_lock_shared() {
            Ok(()) => Held::ByNobody {
                _until_dropped: Some(file),
            },
            Err(_) => Held::BySomebody,
        }
    }
}

/// 持有者 · Who holds the run, as the lock file says; `None` where nobody does.
pub fn holder(dir: &Path) -> Option<Owner> {
    match RunLock::look(dir) {
        Held::BySomebody => owner(dir),
        Held::ByNobody { .. } => None,
    }
}

/// Whoever wrote the lock file last.
pub(crate) fn owner(dir: &Path) -> Option<Owner> {
    let path = dir.join(LOCK);
    let pid = fs::read_to_string(&path).ok()?.trim().parse().ok()?;
    let written = fs::metadata(&path).ok()?.modified().ok()?;
    let since_ms = written.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(Owner {
        pid,
        since: Moment::from_epoch_ms(i64::try_from(since_ms).ok()?),
    })
}

/// Who owns a run.
pub(crate) enum Held {
    /// A process writes, or may write.
    BySomebody,
    /// No process, as long as this lives.
    ByNobody {
        /// Shared lock; absent where the folder has no lock file (a bundle).
        _until_dropped: Option<File>,
    },
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Two who take a run over at once: the one that comes second finds the other's file held and leaves the run alone.
    #[test]
    fn who_finds_another_seizing_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let first = RunLock::take(dir.path()).unwrap();
        let others = File::create(dir.path().join("journal.lock.new")).unwrap();
        others.try_lock().unwrap();
        let refused = RunLock::seize(dir.path()).err().unwrap();
        assert_eq!(refused.code(), "journal:locked");
        assert!(first.is_ours());
        drop(others);
        let second = RunLock::seize(dir.path()).unwrap();
        assert!(second.is_ours() && !first.is_ours());
        assert!(!dir.path().join("journal.lock.new").exists());
    }

    /// A lock file says who holds it now, whoever wrote more into it before.
    #[test]
    fn a_lock_is_signed_over_what_stood_there() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(LOCK), "123456789012345678901234567890\n").unwrap();
        assert_eq!(owner(dir.path()), None, "no such process");
        let _held = RunLock::take(dir.path()).unwrap();
        let pid = owner(dir.path()).map(|owner| owner.pid);
        assert_eq!(pid, Some(std::process::id()));
    }
}
