//! 存储 · The seam under the journal: what makes rows durable.
//!
//! Why so: faults of the disk (fsync error, no space) are injected by wrapping a store, and another
//! database can serve many runners later. No SQL crosses this wall, in either direction.
//! Implemented by `sqlite` (the evidence) and `memory` (simulation).
//! Not here: chaining, group commit, who is answered when (`clerk`, `writer`).

pub(crate) mod memory;
pub(crate) mod sqlite;

use crate::error::StoreFault;

/// 行 · One record as it is kept: text columns, chained already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 0, no gap.
    pub seq: u64,
    /// Epoch of the process that wrote it.
    pub epoch: u64,
    /// Business time, as `Moment` prints it.
    pub at: String,
    /// Kind of the payload.
    pub kind: String,
    /// Canonical JSON.
    pub payload: String,
    /// Hash of the record before.
    pub prev_sha256: String,
    /// Hash of this record.
    pub sha256: String,
    /// Masked text of the message or reply, kept in a table of its own.
    pub message: Option<String>,
}

/// 存储 · Keeps rows for ever, in order.
pub trait Store: Send {
    /// Makes all these rows durable, or none. Returns only when they are.
    ///
    /// # Errors
    /// [`StoreFault::Full`]: none was kept, and the same rows may be tried once more when there is room.
    /// Anything else: nobody knows, and nothing more may be committed.
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault>;

    /// Whether what it writes to is still this process's own. Stores on disk leave that to the run's lock; one in memory
    /// that two processes of a simulation share says so here.
    fn is_ours(&self) -> bool {
        true
    }

    /// Brings everything into its final form, e.g. one file. No commit follows.
    ///
    /// # Errors
    /// What kept it from that; the rows are durable all the same.
    fn seal(&mut self) -> Result<(), StoreFault>;
}

/// A process whose run was taken over adds nothing: asked inside each commit.
pub(crate) fn superseded(newest: Option<u64>, rows: &[Row]) -> Result<(), StoreFault> {
    let ours = rows.first().map_or(u64::MAX, |row| row.epoch);
    match newest {
        Some(epoch) if epoch > ours => Err(StoreFault::Superseded { epoch }),
        _ => Ok(()),
    }
}
