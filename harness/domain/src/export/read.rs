//! 连读 · Several looks at one party's books, read one after the other.
//!
//! Why so: t1 shows the log of t0 again, and t2 that of t1. A row that is shown again to the byte is the same row:
//! it is read and kept once, so that memory and time follow what was booked and not how often it was looked at.
//! A row that differs by a byte is another row. Not here: whether it may differ (`verify`, R2).

use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use super::{Cell, Export, LogRow, Look, Party, QueueItem, Row};
use crate::Moment;

/// Reads the looks at one party's books; borrows their bytes.
#[derive(Default)]
pub struct BookReader<'a> {
    /// By place in the log: the newest text seen there, and its row.
    seen: Vec<Option<(&'a str, Arc<LogRow>)>>,
}

#[derive(Deserialize)]
struct ShownExport<'a> {
    schema: String,
    party: Party,
    taken_at: Moment,
    lsn: u64,
    cells: Vec<Cell>,
    rows: Vec<Row>,
    #[serde(borrow)]
    log: Vec<&'a RawValue>,
    queues: Vec<QueueItem>,
}

/// 所示 · An export of which only the outside has been read: enough to see whether it shows what was shown before.
#[derive(Deserialize)]
pub struct ShownBooks<'a> {
    #[serde(borrow)]
    schema: &'a RawValue,
    /// Whose books.
    pub party: Party,
    /// Business time of the look.
    pub taken_at: Moment,
    /// Number of log rows.
    pub lsn: u64,
    #[serde(borrow)]
    cells: &'a RawValue,
    #[serde(borrow)]
    rows: &'a RawValue,
    #[serde(borrow)]
    log: &'a RawValue,
    #[serde(borrow)]
    queues: &'a RawValue,
}

impl<'a> ShownBooks<'a> {
    /// Reads the outside of an export.
    ///
    /// # Errors
    /// Bytes that are no export.
    pub fn read(bytes: &'a [u8]) -> Result<ShownBooks<'a>, Error> {
        serde_json::from_slice(bytes)
    }

    /// The bytes of all that stays the same from look to look if nothing was booked between them.
    pub fn inside(&self) -> [&'a [u8]; 5] {
        let parts = [self.schema, self.cells, self.rows, self.log, self.queues];
        parts.map(|part| part.get().as_bytes())
    }

    /// The log alone.
    ///
    /// # Errors
    /// Text that is no log.
    pub fn log(&self) -> Result<Vec<Arc<LogRow>>, Error> {
        serde_json::from_str(self.log.get())
    }

    /// All of it.
    ///
    /// # Errors
    /// Text that is no books.
    pub fn export(self) -> Result<Export, Error> {
        Ok(Export {
            cells: serde_json::from_str(self.cells.get())?,
            rows: serde_json::from_str(self.rows.get())?,
            log: self.log()?,
            queues: serde_json::from_str(self.queues.get())?,
            schema: serde_json::from_str(self.schema.get())?,
            party: self.party,
            taken_at: self.taken_at,
            lsn: self.lsn,
        })
    }
}

#[derive(Deserialize)]
struct ShownLook<'a> {
    party: Party,
    case: String,
    taken_at: Moment,
    from: u64,
    lsn: u64,
    #[serde(borrow)]
    rows: Vec<&'a RawValue>,
}

impl<'a> BookReader<'a> {
    /// A whole export.
    ///
    /// # Errors
    /// Bytes that are no export.
    pub fn export(&mut self, bytes: &'a [u8]) -> Result<Export, Error> {
        let shown: ShownExport<'a> = serde_json::from_slice(bytes)?;
        Ok(Export {
            schema: shown.schema,
            party: shown.party,
            taken_at: shown.taken_at,
            lsn: shown.lsn,
            cells: shown.cells,
            rows: shown.rows,
            log: self.rows(0, &shown.log)?,
            queues: shown.queues,
        })
    }

    /// A look at the tail of a log.
    ///
    /// # Errors
    /// Bytes that are no look.
    pub fn look(&mut self, bytes: &'a [u8]) -> Result<Look, Error> {
        let shown: ShownLook<'a> = serde_json::from_slice(bytes)?;
        Ok(Look {
            party: shown.party,
            case: shown.case,
            taken_at: shown.taken_at,
            from: shown.from,
            lsn: shown.lsn,
            rows: self.rows(shown.from, &shown.rows)?,
        })
    }

    fn rows(&mut self, from: u64, shown: &[&'a RawValue]) -> Result<Vec<Arc<LogRow>>, Error> {
        // A look may claim to begin anywhere; only places that an honest log can have are remembered.
        let start = usize::try_from(from)
            .ok()
            .filter(|start| *start <= self.seen.len() + shown.len());
        let mut rows = Vec::with_capacity(shown.len());
        for (nth, text) in shown.iter().enumerate() {
            let read = || {
                serde_json::from_str::<Arc<LogRow>>(text.get())
                    .map_err(|error| Error::custom(format!("row {nth} of the log: {error}")))
            };
            let Some(start) = start else {
                rows.push(read()?);
                continue;
            };
            let place = start + nth;
            if self.seen.len() <= place {
                self.seen.resize(place + 1, None);
            }
            let row = match &self.seen[place] {
                Some((same, row)) if *same == text.get() => Arc::clone(row),
                _ => read()?,
            };
            self.seen[place] = Some((text.get(), Arc::clone(&row)));
            rows.push(row);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, CellKey, EXPORT_SCHEMA, Entry, FenceState, Role, Unit, canonical_json};

    fn row(seq: u64, amount: i64) -> Arc<LogRow> {
        Arc::new(LogRow {
            seq,
            at: Moment::parse("2017-06-02T09:00+08:00").unwrap(),
            cause: Cause {
                origin: "H33010000001".into(),
                msgid: "m".into(),
                infno: "2207".into(),
            },
            group: seq,
            person: None,
            entry: Entry::Posting {
                cell: CellKey::new("pool-fund", [("fund", "310100")]),
                unit: Unit::Fen,
                amount,
                reverses: None,
            },
        })
    }

    fn export(log: Vec<Arc<LogRow>>) -> Export {
        Export {
            schema: EXPORT_SCHEMA.into(),
            party: Party::new(Role::Insured, "330300"),
            taken_at: Moment::parse("2017-06-02T10:00+08:00").unwrap(),
            lsn: log.len() as u64,
            cells: Vec::new(),
            rows: Vec::new(),
            log,
            queues: Vec::new(),
        }
    }

    #[test]
    fn what_is_shown_again_to_the_byte_is_kept_once_and_what_is_not_is_read_anew() {
        let first = canonical_json(&export(vec![row(0, 1), row(1, 2)]));
        let second = canonical_json(&export(vec![row(0, 1), row(1, 3), row(2, 4)]));
        let mut reader = BookReader::default();
        let first = reader.export(first.as_bytes()).unwrap();
        let later = reader.export(second.as_bytes()).unwrap();
        assert!(Arc::ptr_eq(&first.log[0], &later.log[0]));
        assert_eq!(first.log, [row(0, 1), row(1, 2)]);
        assert_eq!(later.log, [row(0, 1), row(1, 3), row(2, 4)]);
    }

    #[test]
    fn a_look_stands_where_it_says_in_the_log() {
        let look = Look {
            party: Party::new(Role::Insured, "330300"),
            case: "c".into(),
            taken_at: Moment::parse("2017-06-02T10:00+08:00").unwrap(),
            from: 1,
            lsn: 2,
            rows: vec![row(1, 2)],
        };
        let (tail, whole) = (
            canonical_json(&look),
            canonical_json(&export(vec![row(0, 1), row(1, 2)])),
        );
        let mut reader = BookReader::default();
        let tail = reader.look(tail.as_bytes()).unwrap();
        let whole = reader.export(whole.as_bytes()).unwrap();
        assert!(Arc::ptr_eq(&tail.rows[0], &whole.log[1]));
        assert_eq!(tail, look);
    }

    #[test]
    fn a_look_from_far_beyond_the_log_takes_no_room() {
        let look = Look {
            party: Party::new(Role::Insured, "330300"),
            case: "c".into(),
            taken_at: Moment::parse("2017-06-02T10:00+08:00").unwrap(),
            from: u64::MAX - 3,
            lsn: 2,
            rows: vec![row(1, 2)],
        };
        let text = canonical_json(&look);
        let mut reader = BookReader::default();
        assert_eq!(reader.look(text.as_bytes()).unwrap(), look);
        assert!(reader.seen.is_empty());
    }

    #[test]
    fn every_kind_of_row_is_read_as_it_was_written() {
        let mut other = (*row(1, 2)).clone();
        other.person = Some("P-1".into());
        other.entry = Entry::Row {
            kind: "visit".into(),
            id: "v".into(),
            status: "cancelled".into(),
            was: Some("registered".into()),
            facts: [("mdtrt_id".to_owned(), "v".to_owned())].into(),
            amounts: [("medfee_sumamt".to_owned(), 5)].into(),
        };
        let mut fence = (*row(2, 2)).clone();
        fence.entry = Entry::Fence {
            origin: "H33010000001".into(),
            msgid: "m".into(),
            state: FenceState::Tombstone,
            reply: None,
        };
        for row in [row(0, -1), Arc::new(other), Arc::new(fence)] {
            let text = canonical_json(&row);
            assert_eq!(serde_json::from_str::<LogRow>(&text).unwrap(), *row);
        }
    }

    #[test]
    fn a_row_that_lacks_a_part_says_which_row_and_which_part() {
        let text =
            canonical_json(&export(vec![row(0, 1)])).replace(r#""unit":"fen""#, r#""unity":"fen""#);
        let error = BookReader::default()
            .export(text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains("log row 0 lacks `unit`"), "{error}");
    }
}
