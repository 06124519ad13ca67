//! 占用 · Who works on a set of books: one run at a time, and a turn of its own for each process that sends to them.
//!
//! Why so: two runs at once on one world would each find the other's rows between their own looks, and neither could
//! prove anything. And simulated time begins anew with every run, so that message numbers would repeat; a turn has
//! numbers that no other has (`crosswipe_runner::Turn`). The lock ends with its process, however that dies; the count
//! of turns is written before the first byte leaves, so that a process that died has used its turn up.
//! Called by `command::run` and `command::resume`. Not here: who serves the books (`served`), who owns a run (`journal`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_runner::Turn;
use crosswipe_runner::clock::real_now;
use serde::{Deserialize, Serialize};

use crate::complain::Trouble;

const LOCK: &str = "run.lock";
const TURNS: &str = "turns";
/// Turns that are kept for resumptions: what is open must be undone, however many runs there were.
const KEPT_BACK: u16 = 40;
/// Whoever looks who holds a lock has it for a moment.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// 占用者 · The run that works on a world, as its lock file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tenant {
    /// Its folder.
    pub(crate) run: PathBuf,
    /// The process that it is carried out by.
    pub(crate) pid: u32,
    /// When that began, real time.
    pub(crate) since: Moment,
}

/// 占用 · The only run on a served world, until dropped.
pub(crate) struct Tenancy {
    _lock: File,
}

impl Tenancy {
    /// Takes a world for a run.
    ///
    /// # Errors
    /// Another process works on it, or the lock file cannot be written.
    pub(crate) fn begin(world: &Path, run: &Path) -> Result<Tenancy, Trouble> {
        let path = world.join(LOCK);
        for attempt in 1.. {
            let file = open(&path)?;
            match file.try_lock() {
                // Between opening and locking another may have laid down a file of its own.
                Ok(()) if lies_there(&file, &path) => return signed(file, &path, run),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(busy(world)),
                Err(TryLockError::Error(error)) => return Err(Trouble::file("lock", &path, error)),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Takes a world over from the process that carried out the same run and may still live: where files can be
    /// replaced, a lock file of our own takes the place of the old one.
    ///
    /// # Errors
    /// Another run works on it, or the lock file cannot be written.
    pub(crate) fn take_over(world: &Path, run: &Path) -> Result<Tenancy, Trouble> {
        must_be_free_for(world, run)?;
        if cfg!(not(unix)) {
            return Tenancy::begin(world, run);
        }
        let (path, beside) = (world.join(LOCK), world.join("run.lock.new"));
        let file = open(&beside)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(world)),
            Err(TryLockError::Error(error)) => return Err(Trouble::file("lock", &beside, error)),
        }
        let tenancy = signed(file, &beside, run)?;
        fs::rename(&beside, &path).map_err(|error| Trouble::file("write", &path, error))?;
        Ok(tenancy)
    }
}

/// A world on which no other run works; the same run may, under a process that is to be succeeded.
///
/// # Errors
/// Another run works on it.
pub(crate) fn must_be_free_for(world: &Path, run: &Path) -> Result<(), Trouble> {
    let path = world.join(LOCK);
    let held = match File::open(&path) {
        Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(Trouble::file("open", &path, error)),
    };
    match tenant(world) {
        Some(tenant) if held && tenant.run == named(run) => Ok(()),
        _ if held => Err(busy(world)),
        _ => Ok(()),
    }
}

/// The turn of a new run on these books.
///
/// # Errors
/// There are no turns left but those for resumptions, or the count cannot be kept.
pub(crate) fn turn_of_run(books: &Path) -> Result<Turn, Trouble> {
    let most = u64::from(Turn::COUNT - KEPT_BACK);
    match next(books, most)? {
        number if number < most => Ok(Turn::new(number).unwrap_or_else(Turn::last)),
        _ => Err(Trouble::Usage {
            code: "cli::world_worn_out",
            what: format!(
                "`{0}` 的账上已跑过 {most} 次, 再跑报文号就不新了 · {most} runs were made on the books in `{0}`, and message numbers of a new one would not be new",
                books.display()
            ),
            help: "换一个新目录开台 · serve from a new folder: crosswipe serve PLAN --books NEW"
                .to_owned(),
        }),
    }
}

/// The turn of a process that finishes a run. When all are gone it shares the last with others of its kind, and looks
/// into books and journal for what is taken.
///
/// # Errors
/// The count cannot be kept.
pub(crate) fn turn_of_resumption(books: &Path) -> Result<Turn, Trouble> {
    let number = next(books, u64::from(Turn::COUNT))?;
    Ok(Turn::new(number).unwrap_or_else(Turn::last))
}

/// The number of the turn that begins now; it is counted unless there are `most` already. The file keeps its length,
/// so that a full disk keeps nobody from undoing what is open.
fn next(books: &Path, most: u64) -> Result<u64, Trouble> {
    let path = books.join(TURNS);
    let mut file = open(&path)?;
    let failed = |error| Trouble::file("count turns in", &path, error);
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    let number = match text.trim() {
        "" => 0,
        text => text
            .parse::<u64>()
            .map_err(|error| failed(io::Error::other(error)))?,
    };
    if number < most {
        file.rewind().map_err(failed)?;
        file.write_all(format!("{:08}\n", number + 1).as_bytes())
            .map_err(failed)?;
    }
    Ok(number)
}

fn open(path: &Path) -> Result<File, Trouble> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(|error| Trouble::file("open", path, error))
}

/// Writes down whose it is now; on a full disk the lock holds all the same, only without a name.
fn signed(mut file: File, path: &Path, run: &Path) -> Result<Tenancy, Trouble> {
    let tenant = Tenant {
        run: named(run),
        pid: std::process::id(),
        since: real_now(),
    };
    let text = serde_json::to_string(&tenant).expect("texts and numbers are JSON");
    let written = file
        .set_len(0)
        .and_then(|()| file.write_all(format!("{text}\n").as_bytes()));
    match written {
        Err(error) if error.kind() != io::ErrorKind::StorageFull => {
            Err(Trouble::file("write", path, error))
        }
        _ => Ok(Tenancy { _lock: file }),
    }
}

fn tenant(world: &Path) -> Option<Tenant> {
    serde_json::from_slice(&fs::read(world.join(LOCK)).ok()?).ok()
}

fn busy(world: &Path) -> Trouble {
    Trouble::WorldBusy {
        world: world.to_owned(),
        by: tenant(world),
    }
}

/// A run's folder as everybody calls it, whether it is there yet or not.
fn named(run: &Path) -> PathBuf {
    let whole = || std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
    fs::canonicalize(run).unwrap_or_else(|_| whole())
}

/// Whether the file that is held is still the one of this name.
#[cfg(unix)]
fn lies_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let held = file.metadata().map(|file| (file.dev(), file.ino()));
    let there = fs::metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((held, there), (Ok(held), Ok(there)) if held == there)
}

/// Where no file that is open can be replaced, it always is.
#[cfg(not(unix))]
fn lies_there(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_has_a_turn_of_its_own_and_resumptions_have_theirs_when_runs_have_none() {
        let books = tempfile::tempdir().unwrap();
        assert_eq!(turn_of_run(books.path()).unwrap(), Turn::default());
        assert_eq!(
            turn_of_resumption(books.path()).unwrap(),
            Turn::new(1).unwrap()
        );
        fs::write(books.path().join(TURNS), "00000499\n").unwrap();
        assert_eq!(turn_of_run(books.path()).unwrap(), Turn::new(499).unwrap());
        let refused = turn_of_run(books.path()).unwrap_err();
        assert_eq!(refused.code(), "cli::world_worn_out");
        assert_eq!(
            turn_of_resumption(books.path()).unwrap(),
            Turn::new(500).unwrap()
        );
        for _ in 0..2 * KEPT_BACK {
            turn_of_resumption(books.path()).unwrap();
        }
        assert_eq!(turn_of_resumption(books.path()).unwrap(), Turn::last());
        fs::write(books.path().join(TURNS), "many\n").unwrap();
        assert_eq!(turn_of_run(books.path()).unwrap_err().code(), "cli::file");
    }

    #[test]
    fn a_world_has_one_run_at_a_time_and_only_the_same_run_is_taken_over() {
        let world = tempfile::tempdir().unwrap();
        let (one, other) = (world.path().join("one"), world.path().join("other"));
        let held = Tenancy::begin(world.path(), &one).unwrap();
        must_be_free_for(world.path(), &one).unwrap();
        for refused in [
            must_be_free_for(world.path(), &other).unwrap_err(),
            Tenancy::begin(world.path(), &other).err().unwrap(),
            Tenancy::take_over(world.path(), &other).err().unwrap(),
        ] {
            let Trouble::WorldBusy { by: Some(by), .. } = refused else {
                panic!("{refused:?}");
            };
            assert_eq!((by.run, by.pid), (one.clone(), std::process::id()));
        }
        let successor = Tenancy::take_over(world.path(), &one).unwrap();
        drop(held);
        assert!(
            Tenancy::begin(world.path(), &other).is_err(),
            "the successor holds it"
        );
        drop(successor);
        Tenancy::begin(world.path(), &other).unwrap();
    }
}
