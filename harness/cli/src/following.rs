//! 跟随 · `run --events FILE|-`: every event of a run as a line, as soon as its record is durable.
//!
//! Why at the store: what is told is what stands in the journal, and nothing is told that a crash could take back. A thread of
//! its own writes, so that whoever reads slowly, or not at all, holds up no swipe; what cannot be written any more is said
//! once at the end and changes nothing of the run.
//! Called by `run`. Not here: what the lines say (`reports::Events`).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crosswipe_domain::Moment;
use crosswipe_journal::{Record, Row, Store, StoreFault};
use crosswipe_reports::Events;

use crate::complain::{Trouble, besides};

/// Typed for stdout.
pub(crate) const STDOUT: &str = "-";

/// 跟随者 · Somebody who follows a run.
pub(crate) struct Following {
    records: Sender<Option<Record>>,
    writer: JoinHandle<io::Result<()>>,
    to: String,
}

impl Following {
    /// Opens the file, which is written anew.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn to(path: &Path) -> Result<Following, Trouble> {
        let out: Box<dyn Write + Send> = match path.to_str() {
            Some(STDOUT) => Box::new(io::stdout()),
            _ => Box::new(File::create(path).map_err(|error| Trouble::file("write", path, error))?),
        };
        let (records, received) = channel();
        let writer = thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || write_all(&received, out))
            .map_err(Trouble::Runtime)?;
        Ok(Following {
            records,
            writer,
            to: path.display().to_string(),
        })
    }

    /// Puts itself round a store.
    pub(crate) fn round(&self, store: Box<dyn Store>) -> Box<dyn Store> {
        Box::new(Watched {
            inner: store,
            records: self.records.clone(),
        })
    }

    /// Everything that was told is written when this returns.
    pub(crate) fn end(self) {
        let _ = self.records.send(None);
        let written = self.writer.join();
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => io::Error::other("its writer stopped"),
        };
        besides(&Trouble::file("write", Path::new(&self.to), error));
    }
}

/// Until it is told to end; a record that cannot be written ends it too, and the rest is not kept.
fn write_all(records: &Receiver<Option<Record>>, mut out: Box<dyn Write + Send>) -> io::Result<()> {
    let mut events = Events::default();
    while let Ok(Some(record)) = records.recv() {
        let lines = events.told(&record);
        if !lines.is_empty() {
            out.write_all(lines.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}

/// A store that somebody watches.
struct Watched {
    inner: Box<dyn Store>,
    records: Sender<Option<Record>>,
}

impl Store for Watched {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        self.inner.commit(rows)?;
        for record in rows.iter().filter_map(record) {
            // Nobody listens any more: that is no reason to stop.
            let _ = self.records.send(Some(record));
        }
        Ok(())
    }

    fn is_ours(&self) -> bool {
        self.inner.is_ours()
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.inner.seal()
    }
}

fn record(row: &Row) -> Option<Record> {
    Some(Record {
        seq: row.seq,
        epoch: row.epoch,
        at: Moment::parse(&row.at).ok()?,
        payload: serde_json::from_str(&row.payload).ok()?,
        prev_sha256: row.prev_sha256.clone(),
        sha256: row.sha256.clone(),
    })
}
