//! SQLite 存储 · One database file per run, one connection that writes it.
//!
//! Why so: SQLite's behaviour in a crash is tested far beyond what we could, and a reviewer can open
//! the file with any tool while the run goes on. Triggers refuse to change or remove what stands, and
//! `INSERT OR REPLACE` too, which fires no DELETE trigger.
//! Not here: reading and judging what stands (`read`, `walk`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::{Row, Store, superseded};
use crate::error::{JournalError, StoreFault};

/// Version of the format; any other is refused.
pub(crate) const SCHEMA_VERSION: i64 = 1;
/// Name of the database inside the run folder.
pub(crate) const DATABASE: &str = "journal.db";
/// How long to wait for other programs that hold the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// The tables, and the triggers that guard them.
pub(crate) const SCHEMA: &str = "
BEGIN IMMEDIATE;
CREATE TABLE meta(schema_version INTEGER NOT NULL);
CREATE TABLE record(
  seq INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  prev_sha256 TEXT NOT NULL,
  sha256 TEXT NOT NULL);
CREATE TABLE message(
  seq INTEGER PRIMARY KEY,
  text TEXT NOT NULL);
CREATE TRIGGER record_stands BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;
CREATE TRIGGER record_stays BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'a record is never removed'); END;
CREATE TRIGGER record_is_appended BEFORE INSERT ON record
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM record)
  BEGIN SELECT RAISE(ABORT, 'a record is only appended'); END;
CREATE TRIGGER message_stands BEFORE UPDATE ON message BEGIN SELECT RAISE(ABORT, 'a message is never changed'); END;
CREATE TRIGGER message_stays BEFORE DELETE ON message BEGIN SELECT RAISE(ABORT, 'a message is never removed'); END;
CREATE TRIGGER message_is_appended BEFORE INSERT ON message
  WHEN NEW.seq <= (SELECT max(seq) FROM message)
  BEGIN SELECT RAISE(ABORT, 'a message is only appended'); END;
INSERT INTO meta(schema_version) VALUES (1);
COMMIT;
";

const INSERT_RECORD: &str = "INSERT INTO record(seq, epoch, at, kind, payload, prev_sha256, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const NEWEST_EPOCH: &str = "SELECT epoch FROM record ORDER BY seq DESC LIMIT 1";
const INSERT_MESSAGE: &str = "INSERT INTO message(seq, text) VALUES (?1, ?2)";

/// The database of a run, open for writing.
pub(crate) struct SqliteStore {
    path: PathBuf,
    connection: Connection,
}

impl SqliteStore {
    /// A new database with empty tables.
    pub(crate) fn create(dir: &Path) -> Result<SqliteStore, JournalError> {
        let store = SqliteStore::connect(dir)?;
        store
            .connection
            .execute_batch(SCHEMA)
            .map_err(|error| at_opening(&store.path, error))?;
        Ok(store)
    }

    /// The database of an earlier process, already checked by the reader.
    pub(crate) fn open(dir: &Path) -> Result<SqliteStore, JournalError> {
        SqliteStore::connect(dir)
    }

    fn connect(dir: &Path) -> Result<SqliteStore, JournalError> {
        let path = dir.join(DATABASE);
        let opened = Connection::open(&path).and_then(|connection| {
            connection.busy_timeout(PATIENCE)?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192;",
            )?;
            Ok(connection)
        });
        match opened {
            Ok(connection) => Ok(SqliteStore { path, connection }),
            Err(error) => Err(at_opening(&path, error)),
        }
    }

    fn write(&mut self, rows: &[Row]) -> Result<(), Refused> {
        let connection = &self.connection;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let newest: Option<i64> = connection
            .prepare_cached(NEWEST_EPOCH)?
            .query_row([], |row| row.get(0))
            .optional()?;
        superseded(newest.map(i64::cast_unsigned), rows)?;
        let mut insert_record = connection.prepare_cached(INSERT_RECORD)?;
        let mut insert_message = connection.prepare_cached(INSERT_MESSAGE)?;
        for row in rows {
            let (seq, epoch) = (row.seq.cast_signed(), row.epoch.cast_signed());
            insert_record.execute(params![
                seq,
                epoch,
                row.at,
                row.kind,
                row.payload,
                row.prev_sha256,
                row.sha256
            ])?;
            if let Some(text) = &row.message {
                insert_message.execute(params![seq, text])?;
            }
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

/// Why a batch was not kept.
enum Refused {
    BySqlite(rusqlite::Error),
    ByUs(StoreFault),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Refused {
        Refused::BySqlite(error)
    }
}

impl From<StoreFault> for Refused {
    fn from(fault: StoreFault) -> Refused {
        Refused::ByUs(fault)
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        let written = self.write(rows);
        if written.is_err() && !self.connection.is_autocommit() {
            // The error of the write is the one to report; a rollback that fails leaves the same unknown.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        let kept = written.map_err(|refused| match refused {
            Refused::BySqlite(error) => fault(error),
            Refused::ByUs(fault) => fault,
        });
        if matches!(kept, Err(StoreFault::Full { .. })) {
            // What room can still be found is for records: moving old ones into the database would use it up.
            let _ = self.connection.pragma_update(None, "wal_autocheckpoint", 0);
        }
        kept
    }

    /// Brings the log into the database and leaves WAL mode, so that one file holds all. Where another program only
    /// holds the database open, the log is at least empty and the one file complete.
    fn seal(&mut self) -> Result<(), StoreFault> {
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(fault)?;
        if busy != 0 {
            return Err(StoreFault::HeldOpen);
        }
        match self
            .connection
            .query_row("PRAGMA journal_mode = DELETE", [], |row| {
                row.get::<_, String>(0)
            }) {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }
}

fn fault(error: rusqlite::Error) -> StoreFault {
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreFault::Full { why },
        _ => StoreFault::Io { why },
    }
}

fn at_opening(path: &Path, error: rusqlite::Error) -> JournalError {
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
        return JournalError::DiskFull {
            reserve_used: false,
        };
    }
    JournalError::io("open", path, std::io::Error::other(error))
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn row(seq: u64) -> Row {
        Row {
            seq,
            epoch: 1,
            at: "2017-06-02T09:00:00.000+08:00".into(),
            kind: "NOTE".into(),
            payload: "{}".into(),
            prev_sha256: String::new(),
            sha256: String::new(),
            message: None,
        }
    }

    fn count(dir: &Path) -> i64 {
        let connection = Connection::open(dir.join(DATABASE)).unwrap();
        connection
            .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn a_batch_is_kept_whole_or_not_at_all_and_the_next_one_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::create(dir.path()).unwrap();
        store.commit(&[row(0), row(1)]).unwrap();
        let refused = store.commit(&[row(2), row(4)]).unwrap_err();
        assert!(matches!(refused, StoreFault::Io { .. }), "{refused:?}");
        assert_eq!(count(dir.path()), 2);
        store.commit(&[row(2), row(3)]).unwrap();
        assert_eq!(count(dir.path()), 4);
    }

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        let failed = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let opening = |code| at_opening(Path::new("journal.db"), failed(code));
        let (full, broken) = (ffi::SQLITE_FULL, ffi::SQLITE_IOERR);
        assert!(matches!(fault(failed(full)), StoreFault::Full { .. }));
        assert!(matches!(fault(failed(broken)), StoreFault::Io { .. }));
        assert_eq!(opening(full).code(), "journal:disk_full");
        assert_eq!(opening(broken).code(), "journal:io");
    }

    /// A full disk keeps nothing of the batch, and what room is found then is for records alone: from there on none is
    /// used up by moving old ones into the database.
    #[test]
    fn on_a_full_disk_nothing_is_kept_and_the_log_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::create(dir.path()).unwrap();
        let ask = |store: &SqliteStore, what: &str| -> i64 {
            let sql = format!("PRAGMA {what}");
            store
                .connection
                .query_row(&sql, [], |row| row.get(0))
                .unwrap()
        };
        store.commit(&[row(0)]).unwrap();
        assert_eq!(ask(&store, "wal_autocheckpoint"), 4000);
        let pages = ask(&store, "page_count");
        let limit =
            |store: &SqliteStore, pages: i64| ask(store, &format!("max_page_count = {pages}"));
        limit(&store, pages);
        let large = Row {
            payload: "x".repeat(100_000),
            ..row(1)
        };
        let batch = [large, row(2)];
        let refused = store.commit(&batch).unwrap_err();
        assert!(matches!(refused, StoreFault::Full { .. }), "{refused:?}");
        assert_eq!(count(dir.path()), 1);
        assert_eq!(ask(&store, "wal_autocheckpoint"), 0);
        limit(&store, pages + 1000);
        store.commit(&batch).unwrap();
        assert_eq!(count(dir.path()), 3, "the same rows, once there is room");
    }

    /// Another program that holds the database open keeps the log's file there, but nothing in it; one that is in the
    /// midst of reading keeps it from being brought in.
    #[test]
    fn who_holds_the_database_open_and_who_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::create(dir.path()).unwrap();
        store.connection.busy_timeout(Duration::ZERO).unwrap();
        store.commit(&[row(0)]).unwrap();
        let other = Connection::open(dir.path().join(DATABASE)).unwrap();
        let read = "SELECT count(*) FROM record";
        other.execute_batch(&format!("BEGIN; {read};")).unwrap();
        store.commit(&[row(1)]).unwrap();
        assert!(matches!(store.seal(), Err(StoreFault::HeldOpen)));
        other.execute_batch("COMMIT").unwrap();
        store.seal().unwrap();
        let log = dir.path().join(format!("{DATABASE}-wal"));
        assert_eq!(log.metadata().map_or(0, |log| log.len()), 0);
        assert_eq!(count(dir.path()), 2);
    }
}
