//! 内存存储 · Keeps rows in memory, for simulation: same chain, same checks, no disk.
//!
//! Why so: thousands of seeded runs must not wait for a disk, yet their journals are judged by the
//! same code. The rows are shared, so that a run can be read back while its journal is still open.

use std::sync::{Arc, Mutex};

use super::{Row, Store, superseded};
use crate::error::StoreFault;

/// Rows that the journal and its readers share.
#[derive(Clone, Default)]
pub(crate) struct MemoryStore {
    rows: Arc<Mutex<Vec<Row>>>,
}

impl MemoryStore {
    /// A store that holds these rows already.
    pub(crate) fn holding(rows: Vec<Row>) -> MemoryStore {
        MemoryStore {
            rows: Arc::new(Mutex::new(rows)),
        }
    }

    /// All rows committed so far.
    pub(crate) fn rows(&self) -> Vec<Row> {
        self.rows
            .lock()
            .expect("nobody panics while holding the rows")
            .clone()
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        let mut kept = self
            .rows
            .lock()
            .expect("nobody panics while holding the rows");
        superseded(kept.last().map(|row| row.epoch), rows)?;
        kept.extend_from_slice(rows);
        Ok(())
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: u64, epoch: u64) -> Row {
        Row {
            seq,
            epoch,
            at: String::new(),
            kind: "NOTE".to_owned(),
            payload: "{}".to_owned(),
            prev_sha256: String::new(),
            sha256: String::new(),
            message: None,
        }
    }

    /// As on disk: whoever is of an older epoch than the newest record adds nothing.
    #[test]
    fn the_newest_record_says_who_may_write() {
        let mut store = MemoryStore::default();
        store.commit(&[row(0, 1)]).unwrap();
        store.commit(&[row(1, 2)]).unwrap();
        let refused = store.commit(&[row(2, 1)]).unwrap_err();
        assert_eq!(refused, StoreFault::Superseded { epoch: 2 });
        assert_eq!(store.rows().len(), 2, "nothing of the batch was kept");
        store.commit(&[row(2, 2)]).unwrap();
        assert_eq!(store.rows().len(), 3);
    }
}
