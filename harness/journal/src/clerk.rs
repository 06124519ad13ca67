//! 录事 · Gives drafts their place in the chain and commits them; the only one who writes.
//!
//! Why so: the order «commit, then head, then answer» stands in one place, and is the same on a
//! writer thread (a run on disk) and inline (simulation). After a failed commit nothing follows.
//! Not here: gathering drafts (`tray`), threads (`journal`).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use crate::chain::Link;
use crate::draft::{Draft, Prepared};
use crate::error::{JournalError, StoreFault};
use crate::head::HeadFile;
use crate::lock::{self, RunLock};
use crate::record::{Payload, Record};
use crate::reserve::Reserve;
use crate::store::{Row, Store};

/// Called with the record once it is durable, or with the reason why it is not.
pub(crate) type Done = Box<dyn FnOnce(Result<Record, JournalError>) + Send>;

/// A draft and who waits for it; nobody waits for a lazy one.
pub(crate) struct Pending {
    pub(crate) prepared: Prepared,
    pub(crate) done: Option<Done>,
}

/// 计数 · How much was written by this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Durable records.
    pub records: u64,
    /// Commits that they shared.
    pub commits: u64,
    /// Bytes of payloads and texts.
    pub bytes: u64,
}

/// What others may ask while the clerk works.
pub(crate) struct Status {
    tail: Mutex<(u64, String)>,
    failed: Mutex<Option<JournalError>>,
    reserve_used: AtomicBool,
    short_of_room: AtomicBool,
    records: AtomicU64,
    commits: AtomicU64,
    bytes: AtomicU64,
}

impl Status {
    pub(crate) fn starting_after(seq: u64, sha256: &str) -> Arc<Status> {
        Arc::new(Status {
            tail: Mutex::new((seq, sha256.to_owned())),
            failed: Mutex::new(None),
            reserve_used: AtomicBool::new(false),
            short_of_room: AtomicBool::new(false),
            records: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    pub(crate) fn tail(&self) -> (u64, String) {
        self.tail
            .lock()
            .expect("nobody panics while holding the tail")
            .clone()
    }

    pub(crate) fn failed(&self) -> Option<JournalError> {
        self.failed
            .lock()
            .expect("nobody panics while holding the failure")
            .clone()
    }

    /// Keeps the first failure.
    pub(crate) fn fail(&self, error: &JournalError) {
        self.failed
            .lock()
            .expect("nobody panics while holding the failure")
            .get_or_insert_with(|| error.clone());
    }

    pub(crate) fn disk_full(&self) -> Option<JournalError> {
        let reserve_used = self.reserve_used.load(Ordering::Acquire);
        (reserve_used || self.short_of_room.load(Ordering::Acquire))
            .then_some(JournalError::DiskFull { reserve_used })
    }

    pub(crate) fn counters(&self) -> Counters {
        Counters {
            records: self.records.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    fn committed(&self, rows: &[Row], last: &Row) {
        *self
            .tail
            .lock()
            .expect("nobody panics while holding the tail") = (last.seq, last.sha256.clone());
        let bytes: usize = rows
            .iter()
            .map(|row| row.payload.len() + row.message.as_ref().map_or(0, String::len))
            .sum();
        self.records.fetch_add(rows.len() as u64, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// The files beside the database; a journal in memory has none.
pub(crate) struct Folder {
    pub(crate) head: HeadFile,
    pub(crate) reserve: Reserve,
    pub(crate) dir: PathBuf,
    /// Dropped last: the run is free again.
    pub(crate) lock: Arc<RunLock>,
}

/// Who waits for a commit, in order of seq, and what each is told.
#[must_use]
pub(crate) struct Answers {
    waiting: Vec<(Done, Result<Record, JournalError>)>,
    committed: Result<(), JournalError>,
}

impl Answers {
    /// Tells everybody.
    ///
    /// # Errors
    /// The commit failed, and this clerk accepts nothing more.
    pub(crate) fn deliver(self) -> Result<(), JournalError> {
        for (done, answer) in self.waiting {
            done(answer);
        }
        self.committed
    }
}

/// Chains and commits.
pub(crate) struct Clerk {
    pub(crate) store: Box<dyn Store>,
    pub(crate) folder: Option<Folder>,
    pub(crate) epoch: u64,
    pub(crate) next_seq: u64,
    pub(crate) prev_sha256: String,
    pub(crate) status: Arc<Status>,
}

impl Clerk {
    pub(crate) fn new(
        store: Box<dyn Store>,
        folder: Option<Folder>,
        epoch: u64,
        next_seq: u64,
        prev_sha256: &str,
    ) -> Clerk {
        let status = Status::starting_after(next_seq.saturating_sub(1), prev_sha256);
        if folder
            .as_ref()
            .is_some_and(|folder| !folder.reserve.is_held())
        {
            status.reserve_used.store(true, Ordering::Release);
        }
        Clerk {
            store,
            folder,
            epoch,
            next_seq,
            prev_sha256: prev_sha256.to_owned(),
            status,
        }
    }

    /// Commits one draft and returns it as a record.
    pub(crate) fn commit_one(&mut self, draft: Draft) -> Result<Record, JournalError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let done: Done = Box::new(move |result| drop(sender.send(result)));
        self.commit(vec![Pending {
            prepared: Prepared::from(draft),
            done: Some(done),
        }])
        .deliver()?;
        receiver.recv().expect("a commit answers whoever waits")
    }

    /// Makes `journal.head` durable.
    pub(crate) fn sync_head(&self) -> Result<(), JournalError> {
        self.folder
            .as_ref()
            .map_or(Ok(()), |folder| folder.head.sync())
    }

    /// Brings everything into its final form; the files beside the database keep only what is needed to check it.
    pub(crate) fn seal(&mut self) -> Result<(), JournalError> {
        if let Some(folder) = &mut self.folder {
            // First, so that a full disk does not keep the log from being brought in.
            folder.reserve.dissolve();
        }
        self.store
            .seal()
            .map_err(|source| JournalError::Unsealed { source })?;
        self.sync_head()
    }

    /// Commits a batch. Nobody is answered yet: that is for [`Answers::deliver`], outside of any lock.
    pub(crate) fn commit(&mut self, batch: Vec<Pending>) -> Answers {
        let mut rows = Vec::with_capacity(batch.len());
        let mut drafts = Vec::with_capacity(batch.len());
        for Pending { prepared, done } in batch {
            let Prepared {
                at,
                at_text,
                json,
                payload,
                message,
            } = prepared;
            if let Some(folder) = &mut self.folder
                && !folder.reserve.covers(&payload)
            {
                self.status.short_of_room.store(true, Ordering::Release);
            }
            rows.push(self.chain(at_text, payload.kind(), json, message));
            drafts.push((at, payload, done));
        }
        let committed = self.make_durable(&rows);
        let mut waiting = Vec::with_capacity(rows.len());
        for (row, (at, payload, done)) in rows.into_iter().zip(drafts) {
            waiting.extend(
                done.map(|done| (done, committed.clone().map(|()| record(row, at, payload)))),
            );
        }
        Answers { waiting, committed }
    }

    fn chain(&mut self, at: String, kind: &str, payload: String, message: Option<String>) -> Row {
        let (seq, epoch) = (self.next_seq, self.epoch);
        let link = Link {
            seq,
            epoch,
            at: &at,
            kind,
            payload: &payload,
            prev_sha256: &self.prev_sha256,
        };
        let sha256 = link.sha256();
        let prev_sha256 = std::mem::replace(&mut self.prev_sha256, sha256.clone());
        self.next_seq += 1;
        Row {
            seq,
            epoch,
            at,
            kind: kind.to_owned(),
            payload,
            prev_sha256,
            sha256,
            message,
        }
    }

    fn make_durable(&mut self, rows: &[Row]) -> Result<(), JournalError> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(());
        };
        if let Some(error) = self.status.failed() {
            return Err(error);
        }
        if let Some(folder) = self.folder.as_ref().filter(|f| !f.lock.is_ours()) {
            return self.superseded(&folder.dir.clone());
        }
        let mut committed = self.store.commit(rows);
        if let (Err(StoreFault::Superseded { .. }), Some(folder)) = (&committed, &self.folder) {
            return self.superseded(&folder.dir.clone());
        }
        if matches!(committed, Err(StoreFault::Full { .. })) && self.give_up_reserve() {
            committed = self.store.commit(rows);
        }
        let noted = committed.and_then(|()| self.note_head(last));
        if let Err(source) = noted {
            let error = JournalError::Unsynced {
                seq: first.seq,
                source,
            };
            self.status.fail(&error);
            return Err(error);
        }
        self.status.committed(rows, last);
        Ok(())
    }

    fn superseded(&self, dir: &Path) -> Result<(), JournalError> {
        let error = taken_over(dir);
        self.status.fail(&error);
        Err(error)
    }

    fn give_up_reserve(&mut self) -> bool {
        let given_up = self
            .folder
            .as_mut()
            .is_some_and(|folder| folder.reserve.give_up());
        self.status
            .reserve_used
            .fetch_or(given_up, Ordering::AcqRel);
        given_up
    }

    fn note_head(&mut self, last: &Row) -> Result<(), StoreFault> {
        let Some(folder) = &mut self.folder else {
            return Ok(());
        };
        let written = folder.head.write(last.seq, &last.sha256);
        written.map_err(|error| StoreFault::Io {
            why: format!("journal.head: {error}"),
        })
    }
}

/// Says who has the run now.
pub(crate) fn taken_over(dir: &Path) -> JournalError {
    JournalError::TakenOver {
        dir: dir.to_owned(),
        by: lock::owner(dir).filter(|owner| owner.pid != std::process::id()),
    }
}

fn record(row: Row, at: crosswipe_domain::Moment, payload: Payload) -> Record {
    Record {
        seq: row.seq,
        epoch: row.epoch,
        at,
        payload,
        prev_sha256: row.prev_sha256,
        sha256: row.sha256,
    }
}
