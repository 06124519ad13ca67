//! 盘 · What outlives the harness: journal rows. One disk serves one run, however many processes write to it.
//!
//! Like the real table it takes each seq once: a process that was taken over cannot go on writing.

use std::sync::{Arc, Mutex};

use crosswipe_journal::{Row, Store, StoreFault};

use crate::fate::{Fate, Point};
use crate::lock;

/// 盘 · Shared by all lives of a run.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Vec<Row>>>);

impl Disk {
    /// A disk with these rows on it.
    pub fn holding(rows: Vec<Row>) -> Disk {
        Disk(Arc::new(Mutex::new(rows)))
    }

    /// All rows.
    pub fn rows(&self) -> Vec<Row> {
        lock(&self.0).clone()
    }

    /// All rows, which are not on it any longer: nobody lives who could ask for them.
    pub(crate) fn take(&self) -> Vec<Row> {
        std::mem::take(&mut *lock(&self.0))
    }

    /// The newest row.
    pub fn last(&self) -> Option<Row> {
        lock(&self.0).last().cloned()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// True if nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the disk and a life's end round a store.
    pub fn under(&self, fate: &Arc<Fate>) -> impl Fn(Box<dyn Store>) -> Box<dyn Store> {
        let (disk, fate) = (self.clone(), Arc::clone(fate));
        move |inner| {
            Box::new(Kept {
                inner,
                next: disk.len(),
                disk: disk.clone(),
                fate: Arc::clone(&fate),
            })
        }
    }
}

struct Kept {
    inner: Box<dyn Store>,
    disk: Disk,
    /// How far the disk reached when this process last wrote.
    next: usize,
    fate: Arc<Fate>,
}

impl Store for Kept {
    fn commit(&mut self, rows: &[Row]) -> Result<(), StoreFault> {
        let dead = || StoreFault::Io {
            why: "the process is dead".to_owned(),
        };
        if !self.fate.passes(Point::BeforeWrite) {
            return Err(dead());
        }
        {
            let mut kept = lock(&self.disk.0);
            if rows.first().is_some_and(|row| row.seq != kept.len() as u64) {
                return Err(StoreFault::Io {
                    why: "UNIQUE constraint failed: record.seq".to_owned(),
                });
            }
            kept.extend_from_slice(rows);
            self.next = kept.len();
        }
        let written = self.inner.commit(rows);
        // Dead or not, it is on disk; whoever waits for it may never hear.
        self.fate.passes(Point::AfterWrite);
        written
    }

    fn is_ours(&self) -> bool {
        self.next == self.disk.len()
    }

    fn seal(&mut self) -> Result<(), StoreFault> {
        self.inner.seal()
    }
}
