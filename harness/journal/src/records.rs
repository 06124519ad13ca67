//! 诸记录 · The records of a journal, shared by all who read them.
//!
//! Why so: the history of a run, its evidence and what is told of it hold the same records, and a large run has some
//! hundred megabytes of them. A copy of this is one more holder and costs nothing; whoever changes them while others
//! hold them gets records of its own. Held by [`crate::History`], `verify::Evidence` and `reports`.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::record::Record;

/// 诸记录 · Records by `seq`; reads and changes like a `Vec`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(Arc<Vec<Record>>);

impl Deref for Records {
    type Target = Vec<Record>;

    fn deref(&self) -> &Vec<Record> {
        &self.0
    }
}

impl DerefMut for Records {
    /// Copies them first, if somebody else holds them too.
    fn deref_mut(&mut self) -> &mut Vec<Record> {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Vec<Record>> for Records {
    fn from(records: Vec<Record>) -> Records {
        Records(Arc::new(records))
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Records {
        Records::from(Vec::from_iter(records))
    }
}

impl IntoIterator for Records {
    type Item = Record;
    type IntoIter = std::vec::IntoIter<Record>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = &'a Record;
    type IntoIter = std::slice::Iter<'a, Record>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a mut Records {
    type Item = &'a mut Record;
    type IntoIter = std::slice::IterMut<'a, Record>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use crosswipe_domain::Moment;

    use super::*;
    use crate::record::{Interrupted, Payload};

    fn record(seq: u64) -> Record {
        Record {
            seq,
            epoch: 1,
            at: Moment::from_epoch_ms(0),
            payload: Payload::Interrupted(Interrupted {
                by: "ctrl-c".to_owned(),
            }),
            prev_sha256: String::new(),
            sha256: String::new(),
        }
    }

    #[test]
    fn holders_share_one_copy_until_one_of_them_changes_it() {
        let first: Records = [record(0), record(1)].into_iter().collect();
        let mut second = first.clone();
        assert!(std::ptr::eq(&first[0], &second[0]), "no copy was made");
        second.push(record(2));
        assert_eq!((first.len(), second.len()), (2, 3));
        assert_eq!(first[..], second[..2]);
    }
}
