//! 打开 · Opens the database of a run for reading, in the way that its state allows.
//!
//! Why so: SQLite reads a log (`-wal`) through a file of shared memory that it creates if need be. That
//! is right beside a living owner and wrong on evidence: the folder of a dead run is not to be touched,
//! and may lie on a medium that cannot be written. There the log is indexed in memory, which SQLite
//! does for a connection that has the file to itself; the lock of the run vouches for that.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::JournalError;
use crate::seize;
use crate::store::sqlite::DATABASE;

const PATIENCE: Duration = Duration::from_secs(5);

/// Who else may have the database open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Its owner writes.
    WithOwner,
    /// Nobody writes, and nobody will.
    WithNobody,
}

/// Whether commits stand in the log that were never brought into the database.
pub(crate) fn has_log(dir: &Path) -> bool {
    let log = dir.join(format!("{DATABASE}-wal"));
    !seize::is_cut_short(dir) && log.metadata().is_ok_and(|found| found.len() > 0)
}

pub(crate) fn for_reading(dir: &Path, share: Share) -> Result<Connection, JournalError> {
    let path = seize::database(dir);
    let opened = match share {
        // A copy that has not got its name yet is written by nobody.
        _ if seize::is_cut_short(dir) => as_it_lies(&path),
        Share::WithOwner => beside_its_owner(&path),
        Share::WithNobody if has_log(dir) => with_its_log(&path),
        Share::WithNobody => as_it_lies(&path),
    };
    opened.map_err(|error| JournalError::corrupt(0, error.to_string()))
}

fn beside_its_owner(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// One file that nobody writes: no lock, no other file looked at.
fn as_it_lies(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{}?immutable=1", escaped(path)), flags)
}

/// A database with a log, both left as they are: without locks, so that the index of the log is kept in memory.
#[cfg(unix)]
fn with_its_log(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags_and_vfs(path, OpenFlags::SQLITE_OPEN_READ_ONLY, c"unix-none")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    Ok(connection)
}

/// Elsewhere SQLite may leave its file of shared memory behind; the evidence itself stays as it is.
#[cfg(not(unix))]
fn with_its_log(path: &Path) -> rusqlite::Result<Connection> {
    let connection = beside_its_owner(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// A path inside a `file:` address.
fn escaped(path: &Path) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b':');
    let text = path.to_string_lossy().replace('\\', "/");
    text.bytes()
        .map(|b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
