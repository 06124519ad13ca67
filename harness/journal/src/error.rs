//! 日志错误 · Why a journal could not be written, or cannot be believed.
//!
//! Why so: each cause asks for another act. A corrupt journal is never continued; an unsynced one is
//! continued on a healthy disk; a locked one belongs to somebody else. Every error can be cloned,
//! because one failed commit answers many who wait.
//! Not here: the pages that explain a code (`cli`).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crosswipe_domain::Moment;

/// Why a journal could not be written, or cannot be believed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// 损坏 · A gap, a broken hash, an unreadable page, or an end before `journal.head`.
    #[error("the journal cannot be relied on from record {seq} on: {why}")]
    Corrupt {
        /// First record that cannot be relied on.
        seq: u64,
        /// What was seen.
        why: String,
    },
    /// 未落盘 · A commit failed: from this record on nobody knows what is on disk. Nothing more is accepted.
    #[error("record {seq} may not be on disk")]
    Unsynced {
        /// First record whose durability is unknown.
        seq: u64,
        /// What the store said.
        #[source]
        source: StoreFault,
    },
    /// 磁盘已满 · There is no room for more than the undo of what is open: only compensation from now on.
    #[error("the disk is full: no new business was begun")]
    DiskFull {
        /// True: the reserve was given up, and what had gathered was committed after all. False: no more room could be
        /// set aside.
        reserve_used: bool,
    },
    /// 占用 · Another process holds the run.
    #[error("the run in `{}` is in use by {}", dir.display(), named(owner.as_ref()))]
    Locked {
        /// The run's folder.
        dir: PathBuf,
        /// Who holds it, if it says so.
        owner: Option<Owner>,
    },
    /// 已被接管 · Another process took the run over: this one writes and sends nothing any more.
    #[error("the run in `{}` was taken over by {}", dir.display(), named(by.as_ref()))]
    TakenOver {
        /// The run's folder.
        dir: PathBuf,
        /// Who holds it now, if anybody does and says so.
        by: Option<Owner>,
    },
    /// 非运行目录 · There is no journal here.
    #[error("`{}` is not a run: {why}", dir.display())]
    NotARun {
        /// The folder that was named.
        dir: PathBuf,
        /// What is missing.
        why: String,
    },
    /// 已有运行 · A new run was to be written over an old one.
    #[error("`{}` already holds a run", dir.display())]
    Exists {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// 版本不符 · Written by another version of the format.
    #[error("the journal has format {found}, this program knows format {known}")]
    Version {
        /// Version in the file.
        found: i64,
        /// Version this program knows.
        known: i64,
    },
    /// 未封存 · All records are durable, but the database could not be brought into one file, e.g. because another
    /// program keeps it open.
    #[error("the journal could not be brought into one file")]
    Unsealed {
        /// What the store said.
        #[source]
        source: StoreFault,
    },
    /// 读写失败 · A file of the run folder could not be used.
    #[error("could not {doing} `{}`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// `create`, `read`, `write`, `lock`, …
        doing: &'static str,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
}

/// 持有者 · The process that holds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Process number.
    pub pid: u32,
    /// Real time since when.
    pub since: Moment,
}

fn named(owner: Option<&Owner>) -> String {
    owner.map_or_else(
        || "another process".to_owned(),
        |Owner { pid, since }| format!("process {pid} since {since}"),
    )
}

impl JournalError {
    /// The stable code, with a page of its own.
    pub fn code(&self) -> &'static str {
        match self {
            JournalError::Corrupt { .. } => "journal:corrupt",
            JournalError::Unsynced { .. } => "journal:unsynced",
            JournalError::DiskFull { .. } => "journal:disk_full",
            JournalError::Locked { .. } => "journal:locked",
            JournalError::TakenOver { .. } => "journal:taken_over",
            JournalError::NotARun { .. } => "journal:not_a_run",
            JournalError::Exists { .. } => "journal:exists",
            JournalError::Version { .. } => "journal:version",
            JournalError::Unsealed { .. } => "journal:unsealed",
            JournalError::Io { .. } => "journal:io",
        }
    }

    /// Whether a commit failed for want of room, and nothing else.
    pub fn is_full(&self) -> bool {
        matches!(
            self,
            JournalError::DiskFull { .. }
                | JournalError::Unsynced {
                    source: StoreFault::Full { .. },
                    ..
                }
        )
    }

    /// Whether the folder lies where this user cannot write.
    pub fn is_read_only(&self) -> bool {
        matches!(self, JournalError::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied))
    }

    pub(crate) fn corrupt(seq: u64, why: impl Into<String>) -> JournalError {
        JournalError::Corrupt {
            seq,
            why: why.into(),
        }
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
        JournalError::Io {
            path: path.to_owned(),
            doing,
            source: Arc::new(source),
        }
    }
}

/// 存储故障 · What a store may answer instead of «durable».
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// No room; nothing of the batch was kept.
    #[error("no space left on the disk: {why}")]
    Full {
        /// The store's own words.
        why: String,
    },
    /// Anything else, such as a failed fsync: nobody knows what was kept.
    #[error("{why}")]
    Io {
        /// The store's own words.
        why: String,
    },
    /// A newer process of the run has written; nothing of the batch was kept.
    #[error("superseded by epoch {epoch}")]
    Superseded {
        /// Epoch of the newest record.
        epoch: u64,
    },
    /// Another program keeps the store open; everything is durable, but it cannot be sealed.
    #[error("held open by another program")]
    HeldOpen,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Only a folder that cannot be written is named as one; whatever else goes wrong there asks for another act.
    #[rstest]
    #[case::medium(io::ErrorKind::ReadOnlyFilesystem, true)]
    #[case::rights(io::ErrorKind::PermissionDenied, true)]
    #[case::gone(io::ErrorKind::NotFound, false)]
    #[case::full(io::ErrorKind::StorageFull, false)]
    fn what_is_read_only(#[case] kind: io::ErrorKind, #[case] expected: bool) {
        let error = JournalError::io("write", Path::new("journal.db"), kind.into());
        assert_eq!((error.is_read_only(), error.is_full()), (expected, false));
    }

    /// For want of room, and nothing else: a broken disk, and a store that somebody holds open, are not full.
    #[rstest]
    #[case(StoreFault::Full { why: "ENOSPC".into() }, true)]
    #[case(StoreFault::Io { why: "EIO".into() }, false)]
    #[case(StoreFault::HeldOpen, false)]
    fn what_is_full(#[case] source: StoreFault, #[case] expected: bool) {
        let error = JournalError::Unsynced { seq: 3, source };
        assert_eq!((error.is_full(), error.is_read_only()), (expected, false));
    }

    #[rstest]
    fn a_full_disk_is_full(#[values(true, false)] reserve_used: bool) {
        assert!(JournalError::DiskFull { reserve_used }.is_full());
    }
}
