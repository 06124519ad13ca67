//! 核链 · Walks the chain from record 0 and believes nothing that is not bound.
//!
//! Why so: a reader must name the first record that cannot be relied on, whatever happened to the
//! file: a gap, a changed column, a payload of other words, a text that is not the one digested, an
//! epoch that nobody took over, an end before `journal.head`.
//! Used by `read`, on rows of any store. Not here: whether what happened was good (`verify`).

use std::collections::BTreeMap;

use crosswipe_domain::{Moment, sha256_hex};

use crate::chain::{BEFORE_THE_FIRST, Link};
use crate::draft::digest_of;
use crate::error::JournalError;
use crate::record::{Payload, Record};
use crate::store::Row;

/// The chain as far as it holds.
pub(crate) struct Walk {
    pub(crate) records: Vec<Record>,
    epoch: u64,
    tail: String,
}

impl Walk {
    pub(crate) fn new() -> Walk {
        Walk {
            records: Vec::new(),
            epoch: 1,
            tail: BEFORE_THE_FIRST.to_owned(),
        }
    }

    /// Seq of the record that must come next.
    pub(crate) fn next_seq(&self) -> u64 {
        self.records.len() as u64
    }

    /// Takes one row more, its text aside.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] with the first seq that cannot be relied on.
    pub(crate) fn step(&mut self, row: Row) -> Result<(), JournalError> {
        let expected = self.next_seq();
        let corrupt = |why: &str| Err(JournalError::corrupt(expected, why));
        if row.seq != expected {
            return corrupt(&format!("record {} follows instead", row.seq));
        }
        if row.prev_sha256 != self.tail {
            return corrupt("it is not bound to the record before it");
        }
        if link(&row).sha256() != row.sha256 {
            return corrupt("its hash is not that of its content");
        }
        let record = parse(row).map_err(|why| JournalError::corrupt(expected, why))?;
        if (expected == 0) != matches!(record.payload, Payload::Run(_)) {
            return corrupt("record 0, and no other, is RUN");
        }
        self.epoch = epoch_after(self.epoch, &self.tail, &record)
            .map_err(|why| JournalError::corrupt(expected, why))?;
        self.tail.clone_from(&record.sha256);
        self.records.push(record);
        Ok(())
    }

    /// Compares the texts with the digests that the records hold.
    pub(crate) fn check_messages(
        &self,
        messages: &BTreeMap<u64, String>,
    ) -> Result<(), JournalError> {
        for record in &self.records {
            let why = match (digest_of(&record.payload), messages.get(&record.seq)) {
                (None, None) => continue,
                (Some(digest), Some(text)) if sha256_hex(text.as_bytes()) == digest => continue,
                (Some(_), Some(_)) => "the text beside it is not the one it digested",
                (Some(_), None) => "the text that it digested is gone",
                (None, Some(_)) => "it never had the text that stands beside it",
            };
            return Err(JournalError::corrupt(record.seq, why));
        }
        match messages.last_key_value() {
            Some((&seq, _)) if seq >= self.next_seq() => Err(JournalError::corrupt(
                self.next_seq(),
                format!("a text of record {seq} is there"),
            )),
            _ => Ok(()),
        }
    }

    /// Sees whether the chain reaches as far as it once did.
    pub(crate) fn check_head(&self, head: Option<&(u64, String)>) -> Result<(), JournalError> {
        let Some((seq, sha256)) = head else {
            return Ok(());
        };
        let reached = usize::try_from(*seq)
            .ok()
            .and_then(|index| self.records.get(index));
        match reached {
            Some(record) if record.sha256 == *sha256 => Ok(()),
            Some(_) => Err(JournalError::corrupt(
                *seq,
                "`journal.head` names another hash for it",
            )),
            None => Err(JournalError::corrupt(
                self.next_seq(),
                format!("the chain ends before it, `journal.head` says {seq}"),
            )),
        }
    }
}

fn link(row: &Row) -> Link<'_> {
    Link {
        seq: row.seq,
        epoch: row.epoch,
        at: &row.at,
        kind: &row.kind,
        payload: &row.payload,
        prev_sha256: &row.prev_sha256,
    }
}

fn parse(row: Row) -> Result<Record, String> {
    let at = Moment::parse(&row.at).map_err(|error| error.to_string())?;
    let payload: Payload = serde_json::from_str(&row.payload)
        .map_err(|error| format!("its payload cannot be read: {error}"))?;
    if payload.kind() != row.kind {
        return Err(format!(
            "its kind is {} in one place and {} in another",
            row.kind,
            payload.kind()
        ));
    }
    Ok(Record {
        seq: row.seq,
        epoch: row.epoch,
        at,
        payload,
        prev_sha256: row.prev_sha256,
        sha256: row.sha256,
    })
}

/// The epoch that holds from this record on: one more with each TAKEOVER of the tail before it, else the same.
fn epoch_after(epoch: u64, tail: &str, record: &Record) -> Result<u64, String> {
    let holds = match &record.payload {
        Payload::Takeover(takeover) if takeover.old_tail != tail => {
            return Err("it took over another tail".to_owned());
        }
        Payload::Takeover(takeover) if takeover.epoch != epoch + 1 => {
            return Err(format!("it took over from epoch {epoch}"));
        }
        Payload::Takeover(takeover) => takeover.epoch,
        _ => epoch,
    };
    if record.epoch == holds {
        Ok(holds)
    } else {
        Err(format!("it is of epoch {}, not of {holds}", record.epoch))
    }
}
