//! 读取 · Reads a journal back without changing a byte of the run folder.
//!
//! Why so: a journal is read while its run goes on, after the process was killed (with a log that was
//! never brought in), from a closed run, and from a medium that cannot be written. The lock says
//! which: with an owner SQLite shares the file as usual; without one nothing is written, locked or
//! created, and the log is indexed in memory.
//! Called by `verify`, `reports`, `cli`, and by `journal` before it takes a run over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::Connection;

use crate::error::JournalError;
use crate::head;
use crate::lock::{Held, RunLock};
use crate::open::{self, Share};
use crate::record::{Payload, Record, RunHeader};
use crate::records::Records;
use crate::seize;
use crate::store::Row;
use crate::store::sqlite::{SCHEMA, SCHEMA_VERSION};
use crate::walk::Walk;

/// 历史 · All that a journal holds, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// All records, from 0; never empty.
    pub records: Records,
    /// Masked texts of messages and replies, by seq of their record.
    pub messages: BTreeMap<u64, String>,
    /// What `journal.head` said, if there was one.
    pub head: Option<(u64, String)>,
    /// The run folder; absent for a journal in memory.
    pub dir: Option<PathBuf>,
}

impl History {
    /// What was run: record 0.
    ///
    /// # Panics
    /// If the history was put together by hand and does not begin with RUN.
    pub fn header(&self) -> &RunHeader {
        match self.records.first().map(|record| &record.payload) {
            Some(Payload::Run(header)) => header,
            _ => panic!("a history begins with RUN"),
        }
    }

    /// The newest record.
    ///
    /// # Panics
    /// If the history was put together by hand and is empty.
    pub fn last(&self) -> &Record {
        self.records.last().expect("a history is never empty")
    }
}

/// Reads and checks the journal in a run folder.
///
/// # Errors
/// Not a run, another version, or [`JournalError::Corrupt`] with the first record that cannot be relied on.
pub fn read(dir: &Path) -> Result<History, JournalError> {
    expect_a_run(dir)?;
    match RunLock::look(dir) {
        Held::BySomebody => read_as(dir, Share::WithOwner),
        Held::ByNobody { _until_dropped } => read_as(dir, Share::WithNobody),
    }
}

/// As [`read`], by somebody who holds the lock.
pub(crate) fn of_nobody(dir: &Path) -> Result<History, JournalError> {
    read_as(dir, Share::WithNobody)
}

/// As [`read`], whoever else may have the database open.
pub(crate) fn beside_others(dir: &Path) -> Result<History, JournalError> {
    read_as(dir, Share::WithOwner)
}

/// Epoch of the newest record, without reading the others.
pub(crate) fn newest_epoch(dir: &Path) -> Result<u64, JournalError> {
    let connection = open::for_reading(dir, Share::WithOwner)?;
    let sql = "SELECT epoch FROM record ORDER BY seq DESC LIMIT 1";
    let newest = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    newest
        .map(i64::cast_unsigned)
        .map_err(|error| JournalError::corrupt(0, error.to_string()))
}

/// The same checks on rows that were never on disk.
pub(crate) fn of_rows(rows: Vec<Row>) -> Result<History, JournalError> {
    let (mut walk, mut messages) = (Walk::new(), BTreeMap::new());
    for mut row in rows {
        messages.extend(row.message.take().map(|text| (row.seq, text)));
        walk.step(row)?;
    }
    walk.check_messages(&messages)?;
    Ok(History {
        records: walk.records.into(),
        messages,
        head: None,
        dir: None,
    })
}

/// Whether there is a database at all.
pub(crate) fn expect_a_run(dir: &Path) -> Result<(), JournalError> {
    if seize::database(dir).is_file() {
        Ok(())
    } else {
        Err(not_a_run(dir, "there is no `journal.db` in it"))
    }
}

fn not_a_run(dir: &Path, why: &str) -> JournalError {
    JournalError::NotARun {
        dir: dir.to_owned(),
        why: why.to_owned(),
    }
}

fn read_as(dir: &Path, share: Share) -> Result<History, JournalError> {
    // First the head, then the database: while the run goes on, only this order never shows a head that leads.
    let head = head::read(dir)?;
    let unreadable = |error: rusqlite::Error| JournalError::corrupt(0, error.to_string());
    let connection = open::for_reading(dir, share)?;
    connection.execute_batch("BEGIN").map_err(unreadable)?;
    check_version(&connection, dir, head.is_some())?;
    let damage = damage(&connection);
    let walk = walk(&connection)?;
    if let Some(why) = damage {
        return Err(JournalError::corrupt(walk.next_seq(), why));
    }
    let messages = messages(&connection)?;
    walk.check_messages(&messages)?;
    walk.check_head(head.as_ref())?;
    check_guards(&connection)?;
    if walk.records.is_empty() {
        return Err(not_a_run(dir, "its process ended before the first record"));
    }
    if head.is_none() && walk.records.len() > 1 && open::has_log(dir) {
        return Err(JournalError::corrupt(
            1,
            "`journal.head` is gone, so nobody knows how far the chain must reach",
        ));
    }
    Ok(History {
        records: walk.records.into(),
        messages,
        head,
        dir: Some(dir.to_owned()),
    })
}

fn check_version(connection: &Connection, dir: &Path, has_head: bool) -> Result<(), JournalError> {
    match connection.query_row("SELECT schema_version FROM meta", [], |row| {
        row.get::<_, i64>(0)
    }) {
        Ok(SCHEMA_VERSION) => Ok(()),
        Ok(found) => Err(JournalError::Version {
            found,
            known: SCHEMA_VERSION,
        }),
        Err(error) if has_head => Err(JournalError::corrupt(0, error.to_string())),
        Err(_) => Err(not_a_run(dir, "its `journal.db` is no journal")),
    }
}

/// Whether the tables and the triggers that guard them are those that the journal was created with.
fn check_guards(connection: &Connection) -> Result<(), JournalError> {
    let found = guards(connection).map_err(|error| JournalError::corrupt(0, error.to_string()))?;
    if found == *GUARDS {
        Ok(())
    } else {
        Err(JournalError::corrupt(
            0,
            "its tables or triggers were changed",
        ))
    }
}

/// Type, name and definition of everything that stands in a database.
type Guards = Vec<(String, String, Option<String>)>;

static GUARDS: LazyLock<Guards> = LazyLock::new(|| {
    let fresh = Connection::open_in_memory().expect("a database in memory needs nothing");
    let created = fresh.execute_batch(SCHEMA).and_then(|()| guards(&fresh));
    created.expect("the schema fits an empty database")
});

fn guards(connection: &Connection) -> rusqlite::Result<Guards> {
    let mut statement =
        connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?;
    let guards = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    guards.collect()
}

/// What SQLite itself finds wrong with its pages.
fn damage(connection: &Connection) -> Option<String> {
    match connection.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    }) {
        Ok(word) if word == "ok" => None,
        Ok(why) => Some(why),
        Err(error) => Some(error.to_string()),
    }
}

fn walk(connection: &Connection) -> Result<Walk, JournalError> {
    let mut walk = Walk::new();
    let unreadable = |walk: &Walk, error: rusqlite::Error| {
        JournalError::corrupt(walk.next_seq(), error.to_string())
    };
    let sql = "SELECT seq, epoch, at, kind, payload, prev_sha256, sha256 FROM record ORDER BY seq";
    let mut statement = connection
        .prepare(sql)
        .map_err(|error| unreadable(&walk, error))?;
    let rows = statement
        .query_map([], row)
        .map_err(|error| unreadable(&walk, error))?;
    for row in rows {
        walk.step(row.map_err(|error| unreadable(&walk, error))?)?;
    }
    Ok(walk)
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: number(row, 0)?,
        epoch: number(row, 1)?,
        at: row.get(2)?,
        kind: row.get(3)?,
        payload: row.get(4)?,
        prev_sha256: row.get(5)?,
        sha256: row.get(6)?,
        message: None,
    })
}

fn number(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn messages(connection: &Connection) -> Result<BTreeMap<u64, String>, JournalError> {
    let mut messages = BTreeMap::new();
    let mut fill = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT seq, text FROM message ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            messages.insert(number(row, 0)?, row.get(1)?);
        }
        Ok(())
    };
    match fill() {
        Ok(()) => Ok(messages),
        Err(error) => {
            let seq = messages.last_key_value().map_or(0, |(seq, _)| seq + 1);
            Err(JournalError::corrupt(
                seq,
                format!("the texts cannot be read: {error}"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::store::sqlite::SqliteStore;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection
    }

    #[test]
    fn a_text_that_is_none_is_named_by_its_number() {
        let connection = database();
        let insert = |sql: &str| connection.execute_batch(sql).unwrap();
        insert("INSERT INTO message(seq, text) VALUES (4, 'a'), (7, 'b')");
        let texts: Vec<u64> = messages(&connection).unwrap().into_keys().collect();
        assert_eq!(texts, [4, 7]);
        insert("INSERT INTO message(seq, text) VALUES (9, x'ff')");
        let error = messages(&connection).unwrap_err();
        assert!(
            matches!(error, JournalError::Corrupt { seq: 8, .. }),
            "the first after the last that could be read: {error:?}"
        );
    }

    #[test]
    fn where_no_text_can_be_read_none_can_be_relied_on() {
        let connection = database();
        let insert = "INSERT INTO message(seq, text) VALUES (9, x'ff')";
        connection.execute_batch(insert).unwrap();
        let error = messages(&connection).unwrap_err();
        assert!(
            matches!(error, JournalError::Corrupt { seq: 0, .. }),
            "{error:?}"
        );
    }

    /// Killed between its database and its record 0: no run, and no corrupt one either.
    #[rstest]
    #[case::no_head(None)]
    #[case::a_head_of_nothing(Some(""))]
    fn a_run_that_never_began_is_none(#[case] head: Option<&str>) {
        let dir = tempfile::tempdir().unwrap();
        drop(SqliteStore::create(dir.path()).unwrap());
        if let Some(text) = head {
            std::fs::write(head::path(dir.path()), text).unwrap();
        }
        let error = read(dir.path()).unwrap_err();
        assert!(
            matches!(&error, JournalError::NotARun { why, .. } if why.contains("before the first record")),
            "{error:?}"
        );
    }

    #[test]
    fn a_database_with_another_guard_is_corrupt_from_its_beginning() {
        let connection = database();
        check_guards(&connection).unwrap();
        for change in [
            "DROP TRIGGER record_stays",
            "CREATE TABLE more(seq INTEGER)",
        ] {
            let connection = database();
            connection.execute_batch(change).unwrap();
            let error = check_guards(&connection).unwrap_err();
            assert!(
                matches!(error, JournalError::Corrupt { seq: 0, .. }),
                "{error:?}"
            );
        }
    }
}
