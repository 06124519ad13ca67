//! 日志 · The journal of a run, open for writing.
//!
//! Why so: many cases write at once, one thread owns the database, and each caller goes on only when
//! its record is durable. In memory there is no thread: every append commits before it returns, so a
//! simulation is deterministic.
//! Called by `runner` (all records), `cli` (open, close). Not here: reading (`read`), chaining (`clerk`).

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};

use crosswipe_domain::Moment;

use crate::chain::BEFORE_THE_FIRST;
use crate::clerk::{self, Clerk, Counters, Folder, Pending, Status};
use crate::draft::{Draft, Prepared};
use crate::error::{JournalError, StoreFault};
use crate::head::HeadFile;
use crate::lock::RunLock;
use crate::read::{self, History};
use crate::record::{Payload, Record, RunHeader, Takeover};
use crate::reserve::Reserve;
use crate::seize::{self, Turn};
use crate::store::memory::MemoryStore;
use crate::store::sqlite::{DATABASE, SqliteStore};
use crate::store::{Row, Store};
use crate::tray::{Ending, Tray};

/// 日志 · The journal of a run, open for writing. Dropping it without [`Journal::close`] commits what has gathered
/// and leaves the run open, to be resumed.
pub struct Journal {
    desk: Desk,
    status: Arc<Status>,
    epoch: u64,
    head_of_chain: String,
    source: Source,
    /// The lock of the run, with the clerk; none in memory.
    lock: Weak<RunLock>,
}

/// Where the clerk sits.
enum Desk {
    /// On a thread of its own; the handle is taken at the end.
    Thread {
        tray: Arc<Tray>,
        writer: Option<JoinHandle<Result<(), JournalError>>>,
    },
    /// In the caller's hands.
    Inline(Mutex<Clerk>),
}

/// Where what was written can be read back.
enum Source {
    Folder(PathBuf),
    Memory(MemoryStore),
}

/// 结束 · How far a closed journal reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Last record.
    pub seq: u64,
    /// Its hash: the tail of the chain.
    pub sha256: String,
}

/// Something that takes the place of a store, e.g. to inject faults of the disk.
pub type Wrap<'a> = &'a dyn Fn(Box<dyn Store>) -> Box<dyn Store>;

impl Journal {
    /// A new run in this folder: record 0 (RUN, epoch 1) is durable before this returns.
    ///
    /// # Errors
    /// The folder holds a run already, is in use, or cannot be written.
    pub fn create(dir: &Path, header: RunHeader, at: Moment) -> Result<Journal, JournalError> {
        Journal::create_over(dir, header, at, &|store| store)
    }

    /// As [`Journal::create`], with something put round the store.
    ///
    /// # Errors
    /// As [`Journal::create`].
    pub fn create_over(
        dir: &Path,
        header: RunHeader,
        at: Moment,
        wrap: Wrap<'_>,
    ) -> Result<Journal, JournalError> {
        fs::create_dir_all(dir).map_err(|error| JournalError::io("create", dir, error))?;
        let lock = RunLock::take(dir)?;
        if fs::exists(dir.join(DATABASE))
            .map_err(|error| JournalError::io("look for", &dir.join(DATABASE), error))?
        {
            return Err(JournalError::Exists {
                dir: dir.to_owned(),
            });
        }
        let reserve = Reserve::set_aside(dir);
        if !reserve.is_held() {
            return Err(JournalError::DiskFull {
                reserve_used: false,
            });
        }
        let store = wrap(Box::new(SqliteStore::create(dir)?));
        let folder = folder(dir, lock, reserve)?;
        let mut clerk = Clerk::new(store, Some(folder), 1, 0, BEFORE_THE_FIRST);
        let first = clerk.commit_one(Draft::new(at, Payload::Run(Box::new(header))))?;
        clerk.sync_head()?;
        sync_folder(dir)?;
        Journal::on_a_thread(clerk, first.sha256, dir)
    }

    /// Takes a run over after its process ended: checks all that stands, then writes TAKEOVER with the next epoch,
    /// durable before this returns. The history ends with that record.
    ///
    /// # Errors
    /// In use, not a run, another version, or corrupt: then nothing is written.
    pub fn reopen(dir: &Path, at: Moment) -> Result<(Journal, History), JournalError> {
        Journal::reopen_over(dir, at, &|store| store)
    }

    /// As [`Journal::reopen`], with something put round the store.
    ///
    /// # Errors
    /// As [`Journal::reopen`].
    pub fn reopen_over(
        dir: &Path,
        at: Moment,
        wrap: Wrap<'_>,
    ) -> Result<(Journal, History), JournalError> {
        read::expect_a_run(dir)?;
        let lock = {
            let _turn = Turn::take(dir)?;
            let lock = RunLock::take(dir)?;
            seize::finish(dir)?;
            lock
        };
        let history = read::of_nobody(dir)?;
        Journal::go_on(dir, at, lock, history, wrap)
    }

    /// Takes a run over from a process that may still live, e.g. one that was stopped: whatever it has open, it writes
    /// nothing more into this run. Otherwise as [`Journal::reopen`].
    ///
    /// # Errors
    /// As [`Journal::reopen`]; in use only where another process is taking the run over at this moment.
    pub fn take_over(dir: &Path, at: Moment) -> Result<(Journal, History), JournalError> {
        read::expect_a_run(dir)?;
        let turn = Turn::take(dir)?;
        let (lock, history) = seize::seize(dir, &turn)?;
        Journal::go_on(dir, at, lock, history, &|store| store)
    }

    /// Writes TAKEOVER behind what stands.
    fn go_on(
        dir: &Path,
        at: Moment,
        lock: RunLock,
        mut history: History,
        wrap: Wrap<'_>,
    ) -> Result<(Journal, History), JournalError> {
        let last = history.last();
        let (old_tail, epoch, next_seq) = (last.sha256.clone(), last.epoch + 1, last.seq + 1);
        // An owner that lived on may have come further than whoever takes over had seen.
        let at = at.max(last.at);
        let store = wrap(Box::new(SqliteStore::open(dir)?));
        let mut reserve = Reserve::set_aside(dir);
        // What cannot be set aside is no reason not to undo: the room there is has to do.
        for record in &history.records {
            reserve.covers(&record.payload);
        }
        let folder = folder(dir, lock, reserve)?;
        let mut clerk = Clerk::new(store, Some(folder), epoch, next_seq, &old_tail);
        let taken_over = clerk.commit_one(Draft::new(
            at,
            Payload::Takeover(Takeover { epoch, old_tail }),
        ))?;
        clerk.sync_head()?;
        history.records.push(taken_over);
        let journal = Journal::on_a_thread(clerk, history.records[0].sha256.clone(), dir)?;
        Ok((journal, history))
    }

    /// A journal in memory, for simulation: same chain, same checks, no file and no thread.
    ///
    /// # Panics
    /// Never: memory refuses nothing.
    pub fn in_memory(header: RunHeader, at: Moment) -> Journal {
        Journal::in_memory_over(header, at, &|store| store).expect("memory refuses nothing")
    }

    /// As [`Journal::in_memory`], with something put round the store.
    ///
    /// # Errors
    /// What is put round the store refused record 0.
    pub fn in_memory_over(
        header: RunHeader,
        at: Moment,
        wrap: Wrap<'_>,
    ) -> Result<Journal, JournalError> {
        let memory = MemoryStore::default();
        let mut clerk = Clerk::new(wrap(Box::new(memory.clone())), None, 1, 0, BEFORE_THE_FIRST);
        let first = clerk.commit_one(Draft::new(at, Payload::Run(Box::new(header))))?;
        let status = Arc::clone(&clerk.status);
        let desk = Desk::Inline(Mutex::new(clerk));
        Ok(Journal {
            desk,
            status,
            epoch: 1,
            head_of_chain: first.sha256,
            source: Source::Memory(memory),
            lock: Weak::new(),
        })
    }

    /// As [`Journal::reopen_over`] for a journal in memory, of which `rows` became durable: the same checks, the same
    /// TAKEOVER, no file and no thread.
    ///
    /// # Errors
    /// Corrupt, or what is put round the store refused TAKEOVER.
    pub fn reopen_in_memory_over(
        rows: Vec<Row>,
        at: Moment,
        wrap: Wrap<'_>,
    ) -> Result<(Journal, History), JournalError> {
        if rows.is_empty() {
            return Err(JournalError::corrupt(0, "there is no record"));
        }
        let memory = MemoryStore::holding(rows.clone());
        let mut history = read::of_rows(rows)?;
        let last = history.last();
        let (old_tail, epoch, next_seq) = (last.sha256.clone(), last.epoch + 1, last.seq + 1);
        let store = wrap(Box::new(memory.clone()));
        let mut clerk = Clerk::new(store, None, epoch, next_seq, &old_tail);
        let taken_over = clerk.commit_one(Draft::new(
            at,
            Payload::Takeover(Takeover { epoch, old_tail }),
        ))?;
        history.records.push(taken_over);
        let status = Arc::clone(&clerk.status);
        let journal = Journal {
            desk: Desk::Inline(Mutex::new(clerk)),
            status,
            epoch,
            head_of_chain: history.records[0].sha256.clone(),
            source: Source::Memory(memory),
            lock: Weak::new(),
        };
        Ok((journal, history))
    }

    fn on_a_thread(
        clerk: Clerk,
        head_of_chain: String,
        dir: &Path,
    ) -> Result<Journal, JournalError> {
        let (status, epoch) = (Arc::clone(&clerk.status), clerk.epoch);
        let lock = clerk.folder.as_ref().map(|f| Arc::downgrade(&f.lock));
        let tray = Arc::new(Tray::default());
        let theirs = Arc::clone(&tray);
        let spawned = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write_until_the_end(clerk, &theirs));
        let writer = spawned.map_err(|error| JournalError::io("start a writer for", dir, error))?;
        let desk = Desk::Thread {
            tray,
            writer: Some(writer),
        };
        Ok(Journal {
            desk,
            status,
            epoch,
            head_of_chain,
            source: Source::Folder(dir.to_owned()),
            lock: lock.unwrap_or_default(),
        })
    }

    /// Adds a record and calls `done` once it is durable, or with the reason why it is not. Calls come in order of seq,
    /// on the writer's thread: they must be short and must not append and wait.
    pub fn append(
        &self,
        draft: Draft,
        done: impl FnOnce(Result<Record, JournalError>) + Send + 'static,
    ) {
        self.put(Pending {
            prepared: Prepared::from(draft),
            done: Some(Box::new(done)),
        });
    }

    /// Adds a record that books nothing and that nobody waits for: in order with the others, durable with the next
    /// commit.
    pub fn append_lazily(&self, draft: Draft) {
        self.put(Pending {
            prepared: Prepared::from(draft),
            done: None,
        });
    }

    /// Adds a record and waits until it is durable.
    ///
    /// # Errors
    /// It is not, and nothing more will be.
    pub fn append_and_wait(&self, draft: Draft) -> Result<Record, JournalError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.append(draft, move |result| drop(sender.send(result)));
        receiver
            .recv()
            .unwrap_or_else(|_| Err(self.failed().unwrap_or_else(|| stopped(self.tail().0 + 1))))
    }

    fn put(&self, pending: Pending) {
        match &self.desk {
            Desk::Thread { tray, .. } => tray.put(pending),
            Desk::Inline(clerk) => {
                let answers = clerk
                    .lock()
                    .expect("nobody panics while holding the clerk")
                    .commit(vec![pending]);
                // A failure is told to whoever waits, and stays in the status.
                let _ = answers.deliver();
            }
        }
    }

    /// Epoch of this process: 1 for the first, one more for each takeover.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The newest durable record: its seq and hash.
    pub fn tail(&self) -> (u64, String) {
        self.status.tail()
    }

    /// Whether this process still owns the run: asked right before each send, so it costs no more than a look at one
    /// file. A journal in memory belongs to whoever has it, unless its store knows better.
    ///
    /// # Errors
    /// [`JournalError::TakenOver`]; or why a commit failed, which frees the run too.
    pub fn still_ours(&self) -> Result<(), JournalError> {
        match (&self.source, &self.desk) {
            (Source::Folder(dir), _) if !self.lock.upgrade().is_some_and(|lock| lock.is_ours()) => {
                Err(self.failed().unwrap_or_else(|| clerk::taken_over(dir)))
            }
            (_, Desk::Inline(clerk)) => {
                let clerk = clerk.lock().expect("nobody panics while holding the clerk");
                match clerk.store.is_ours() {
                    true => Ok(()),
                    false => Err(clerk::taken_over(Path::new("memory"))),
                }
            }
            _ => Ok(()),
        }
    }

    /// As [`Journal::still_ours`], and the newest record is of this epoch: asked after a pause that was long enough for
    /// somebody to have taken the run over.
    ///
    /// # Errors
    /// [`JournalError::TakenOver`], or the journal cannot be read.
    pub fn still_newest(&self) -> Result<(), JournalError> {
        self.still_ours()?;
        match &self.source {
            Source::Folder(dir) if read::newest_epoch(dir)? > self.epoch => {
                Err(clerk::taken_over(dir))
            }
            _ => Ok(()),
        }
    }

    /// Hash of record 0.
    pub fn head_of_chain(&self) -> String {
        self.head_of_chain.clone()
    }

    /// Why nothing is accepted any more, once a commit has failed.
    pub fn failed(&self) -> Option<JournalError> {
        self.status.failed()
    }

    /// Whether the room that was set aside for the undo is gone, or could not be set aside when the journal was opened.
    pub fn has_given_up_its_reserve(&self) -> bool {
        matches!(
            self.disk_full(),
            Some(JournalError::DiskFull { reserve_used: true })
        )
    }

    /// [`JournalError::DiskFull`] once the reserve was given up: no new business, only compensation.
    pub fn disk_full(&self) -> Option<JournalError> {
        self.status.disk_full()
    }

    /// How much this process has written.
    pub fn counters(&self) -> Counters {
        self.status.counters()
    }

    /// All that is durable now, read back and checked.
    ///
    /// # Errors
    /// As [`crate::read()`].
    pub fn history(&self) -> Result<History, JournalError> {
        match &self.source {
            Source::Folder(dir) => read::read(dir),
            Source::Memory(memory) => read::of_rows(memory.rows()),
        }
    }

    /// Commits what has gathered, brings the journal into one file and frees the run.
    ///
    /// # Errors
    /// A commit failed, now or before; or the database could not be brought into one file.
    pub fn close(mut self) -> Result<Closed, JournalError> {
        self.end(Ending::Seal)?;
        let (seq, sha256) = self.status.tail();
        Ok(Closed { seq, sha256 })
    }

    fn end(&mut self, ending: Ending) -> Result<(), JournalError> {
        let Desk::Thread { tray, writer } = &mut self.desk else {
            return self.failed().map_or(Ok(()), Err);
        };
        let Some(writer) = writer.take() else {
            return Ok(());
        };
        tray.end(ending);
        writer
            .join()
            .unwrap_or_else(|_| Err(stopped(self.status.tail().0 + 1)))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // A failure stays in the status and shows when the run is resumed.
        let _ = self.end(Ending::Leave);
    }
}

/// The writer's thread: no draft stays unanswered, whatever happens in it.
fn write_until_the_end(mut clerk: Clerk, tray: &Tray) -> Result<(), JournalError> {
    let status = Arc::clone(&clerk.status);
    let ended = catch_unwind(AssertUnwindSafe(|| write(&mut clerk, tray)))
        .unwrap_or_else(|_| Err(stopped(status.tail().0 + 1)));
    if let Err(error) = &ended {
        status.fail(error);
        tray.stop(error);
    }
    ended
}

fn write(clerk: &mut Clerk, tray: &Tray) -> Result<(), JournalError> {
    let mut companions = 1;
    loop {
        let batch = tray.take(companions);
        companions = batch.awaited;
        clerk.commit(batch.pending).deliver()?;
        match batch.ending {
            Some(Ending::Seal) => return clerk.seal(),
            Some(Ending::Leave) => return Ok(()),
            None => {}
        }
    }
}

/// The files beside the database of a run that is ours.
fn folder(dir: &Path, lock: RunLock, reserve: Reserve) -> Result<Folder, JournalError> {
    Ok(Folder {
        head: HeadFile::open(dir)?,
        reserve,
        dir: dir.to_owned(),
        lock: Arc::new(lock),
    })
}

fn stopped(seq: u64) -> JournalError {
    JournalError::Unsynced {
        seq,
        source: StoreFault::Io {
            why: "the journal's writer stopped".to_owned(),
        },
    }
}

/// A new file is there after a power cut only if its folder is synced too.
pub(crate) fn sync_folder(dir: &Path) -> Result<(), JournalError> {
    if cfg!(unix) {
        for folder in [
            Some(dir),
            dir.parent().filter(|parent| !parent.as_os_str().is_empty()),
        ]
        .into_iter()
        .flatten()
        {
            File::open(folder)
                .and_then(|file| file.sync_all())
                .map_err(|error| JournalError::io("sync", folder, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder named without its parent is synced alone; one that is not there is a failure, not silence.
    #[test]
    fn a_folder_is_synced_or_the_failure_is_told() {
        let dir = tempfile::tempdir().unwrap();
        sync_folder(dir.path()).unwrap();
        sync_folder(Path::new("src")).unwrap();
        let gone = sync_folder(&dir.path().join("gone")).unwrap_err();
        assert_eq!(gone.code(), "journal:io");
    }
}
