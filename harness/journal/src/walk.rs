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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Draft;
    use crate::journal::Journal;
    use crate::record::{Interrupted, Takeover};
    use rstest::rstest;

    /// What somebody writes who knows how to chain: every hash fits.
    fn forged(payloads: Vec<(u64, Payload)>) -> Result<(), JournalError> {
        let mut walk = Walk::new();
        for (seq, (epoch, payload)) in payloads.into_iter().enumerate() {
            let prepared = crate::draft::Prepared::from(Draft::new(at(), payload));
            let mut row = Row {
                seq: seq as u64,
                epoch,
                at: prepared.at_text,
                kind: prepared.payload.kind().to_owned(),
                payload: prepared.json,
                prev_sha256: walk.tail.clone(),
                sha256: String::new(),
                message: None,
            };
            row.sha256 = link(&row).sha256();
            walk.step(row)?;
        }
        Ok(())
    }

    /// As [`forged`], each row changed before it is hashed: what was changed is in the hash, so only the chain tells.
    fn bent(bend: fn(&mut Row)) -> Result<(), JournalError> {
        let mut walk = Walk::new();
        for payload in [run(), stop()] {
            let prepared = crate::draft::Prepared::from(Draft::new(at(), payload));
            let mut row = Row {
                seq: walk.next_seq(),
                epoch: 1,
                at: prepared.at_text,
                kind: prepared.payload.kind().to_owned(),
                payload: prepared.json,
                prev_sha256: walk.tail.clone(),
                sha256: String::new(),
                message: None,
            };
            if row.seq == 1 {
                bend(&mut row);
            }
            row.sha256 = link(&row).sha256();
            walk.step(row)?;
        }
        walk.check_messages(&BTreeMap::new())?;
        let next = walk.next_seq();
        let beyond = walk.check_messages(&BTreeMap::from([(next, "a text".to_owned())]));
        assert_eq!(
            beyond.unwrap_err().code(),
            "journal:corrupt",
            "a text of no record"
        );
        let tail = (next - 1, walk.tail.clone());
        walk.check_head(Some(&tail))?;
        for other in [(next - 1, "f".repeat(64)), (next, walk.tail.clone())] {
            let refused = walk.check_head(Some(&other)).unwrap_err();
            assert_eq!(refused.code(), "journal:corrupt", "{other:?}");
        }
        Ok(())
    }

    #[rstest]
    #[case::honest(|_: &mut Row| {}, true)]
    #[case::a_number_left_out(|row: &mut Row| row.seq = 2, false)]
    #[case::a_number_again(|row: &mut Row| row.seq = 0, false)]
    #[case::bound_to_nothing(|row: &mut Row| row.prev_sha256 = BEFORE_THE_FIRST.to_owned(), false)]
    #[case::a_kind_of_other_words(|row: &mut Row| row.kind = "NOTE".to_owned(), false)]
    #[case::no_time(|row: &mut Row| row.at.clear(), false)]
    #[case::no_payload(|row: &mut Row| row.payload = "{}".to_owned(), false)]
    fn what_does_not_follow_is_found_though_its_hash_fits(
        #[case] bend: fn(&mut Row),
        #[case] holds: bool,
    ) {
        match bent(bend) {
            Ok(()) => assert!(holds),
            Err(JournalError::Corrupt { seq, .. }) => assert_eq!((seq, holds), (1, false)),
            Err(other) => panic!("{other}"),
        }
    }

    fn at() -> Moment {
        Moment::from_epoch_ms(1_496_365_200_000)
    }

    fn run() -> Payload {
        let text = r#"{"run_id":"r","tool_version":"0","files":{},"seed":1,"clock":"simulated","transport":"memory",
            "parties":{},"faults":[],"previous_tail":null,"plan":{"plan":"p","title_zh":"","title_en":"","source":"",
            "same_day":true,"window":{"phases":[],"margin_ms":0},"hub":"330000","regions":[],"institutions":[],
            "arranged":[],"personas":[],"public":[],"cases":[],"matrix":[],"cannot_undo":[]}}"#;
        Payload::Run(Box::new(serde_json::from_str(text).unwrap()))
    }

    fn stop() -> Payload {
        Payload::Interrupted(Interrupted {
            by: "ctrl-c".into(),
        })
    }

    /// TAKEOVER of the tail that one RUN leaves.
    fn takeover(epoch: u64, of_that_tail: bool) -> Payload {
        let tail = Journal::in_memory(
            match run() {
                Payload::Run(header) => *header,
                _ => unreachable!(),
            },
            at(),
        )
        .tail()
        .1;
        let old_tail = if of_that_tail { tail } else { "0".repeat(64) };
        Payload::Takeover(Takeover { epoch, old_tail })
    }

    #[rstest]
    #[case::one_process(vec![(1, run()), (1, stop())])]
    #[case::two_processes(vec![(1, run()), (2, takeover(2, true)), (2, stop())])]
    fn a_chain_that_was_handed_over_holds(#[case] payloads: Vec<(u64, Payload)>) {
        forged(payloads).unwrap();
    }

    #[rstest]
    #[case::it_does_not_begin_with_run(0, vec![(1, stop())])]
    #[case::it_runs_twice(1, vec![(1, run()), (1, run())])]
    #[case::it_begins_in_a_later_epoch(0, vec![(2, run())])]
    #[case::a_process_that_took_nothing_over(1, vec![(1, run()), (2, stop())])]
    #[case::the_old_process_writes_on(2, vec![(1, run()), (2, takeover(2, true)), (1, stop())])]
    #[case::a_tail_that_never_was(1, vec![(1, run()), (2, takeover(2, false))])]
    #[case::an_epoch_is_left_out(1, vec![(1, run()), (3, takeover(3, true))])]
    #[case::two_epochs_in_one_record(1, vec![(1, run()), (1, takeover(2, true))])]
    fn a_forked_chain_is_found_though_every_hash_fits(
        #[case] first_bad: u64,
        #[case] payloads: Vec<(u64, Payload)>,
    ) {
        match forged(payloads).unwrap_err() {
            JournalError::Corrupt { seq, .. } => assert_eq!(seq, first_bad),
            other => panic!("{other}"),
        }
    }
}
