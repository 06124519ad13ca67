//! 连读 · Several looks at one party's books, read one after the other.
//!
//! Why so: t1 shows the log of t0 again, and t2 that of t1. A row that is shown again to the byte is the same row:
//! it is read and kept once, so that memory and time follow what was booked and not how often it was looked at.
//! A row that differs by a byte is another row. Not here: whether it may differ (`verify`, R2).

use std::sync::Arc;

use serde::de::Error as _;
use serde_json::Error;

use super::shown::{ShownBooks, ShownLook};
use super::{Export, LogRow, Look};
use crate::Moment;

/// Reads the looks at one party's books; borrows their bytes.
#[derive(Default)]
pub struct BookReader<'a> {
    /// By place in the log: the newest text seen there, and its row.
    seen: Vec<Option<(&'a str, Arc<LogRow>)>>,
    /// The newest whole export, and its text up to the instant of the look, which stands last.
    last: Option<(&'a [u8], Export)>,
}

/// What stands before the instant of a look, where it stands last.
const INSTANT: &[u8] = b",\"taken_at\":";

impl<'a> BookReader<'a> {
    /// A whole export.
    ///
    /// # Errors
    /// Bytes that are no export.
    pub fn export(&mut self, bytes: &'a [u8]) -> Result<Export, Error> {
        let apart = at_the_instant(bytes);
        if let Some((same, export)) = self.last.as_ref()
            && let Some((_, taken_at)) = apart.filter(|(before, _)| before == same)
        {
            return Ok(Export {
                taken_at,
                ..export.clone()
            });
        }
        let known = |place: usize| self.seen.get(place)?.as_ref().map(|(text, _)| *text);
        let mut shown = ShownBooks::read_knowing(bytes, known)?;
        let log_rows = std::mem::take(&mut shown.log_rows);
        let export = Export {
            log: self.rows(0, &log_rows)?,
            ..shown.without_log()?
        };
        self.last = apart.map(|(before, _)| (before, export.clone()));
        Ok(export)
    }

    /// A look at the tail of a log.
    ///
    /// # Errors
    /// Bytes that are no look.
    pub fn look(&mut self, bytes: &'a [u8]) -> Result<Look, Error> {
        let mut shown = ShownLook::read(bytes)?;
        let sent = std::mem::take(&mut shown.rows);
        let rows = self.rows(shown.from, &sent)?;
        Ok(shown.with(rows))
    }

    fn rows(&mut self, from: u64, shown: &[&'a str]) -> Result<Vec<Arc<LogRow>>, Error> {
        // A look may claim to begin anywhere; only places that an honest log can have are remembered.
        let start = usize::try_from(from)
            .ok()
            .filter(|start| *start <= self.seen.len() + shown.len());
        let mut rows = Vec::with_capacity(shown.len());
        for (nth, text) in shown.iter().enumerate() {
            let read = || {
                serde_json::from_str::<Arc<LogRow>>(text)
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
                Some((same, row)) if same == text => Arc::clone(row),
                _ => read()?,
            };
            self.seen[place] = Some((text, Arc::clone(&row)));
            rows.push(row);
        }
        Ok(rows)
    }
}

/// An export that ends with the instant of its look, as canonical text does: what stands before it, and the instant. Two
/// that are the same before it are the same books: what follows it can only close the one object that is open there.
fn at_the_instant(bytes: &[u8]) -> Option<(&[u8], Moment)> {
    let start = bytes
        .windows(INSTANT.len())
        .rposition(|window| window == INSTANT)?;
    let instant = bytes[start + INSTANT.len()..].strip_suffix(b"}")?;
    Some((&bytes[..start], serde_json::from_slice(instant).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cause, CellKey, EXPORT_SCHEMA, Entry, FenceState, Party, Role, Unit, canonical_json,
    };

    fn row(seq: u64, amount: i64) -> Arc<LogRow> {
        Arc::new(LogRow {
            seq,
            at: Moment::parse("2017-06-02T09:00+08:00").unwrap(),
            cause: Arc::new(Cause {
                origin: "H33010000001".into(),
                msgid: "m".into(),
                infno: "2207".into(),
            }),
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
    fn books_that_show_the_same_at_another_instant_are_the_same_books() {
        let books = export(vec![row(0, 1), row(1, 2)]);
        let text = canonical_json(&books);
        let later = text.replace("T10:00:00.", "T11:00:00.");
        let (cut, longer) = (&later[..later.len() - 1], format!("{later}}}"));
        let twice = later.replace(",\"taken_at\":", ",\"lsn\":2,\"taken_at\":");
        assert_ne!(text, later);
        let mut reader = BookReader::default();
        assert_eq!(reader.export(text.as_bytes()).unwrap(), books);
        let read = reader.export(later.as_bytes()).unwrap();
        assert_eq!(read, serde_json::from_str(&later).unwrap());
        assert!(Arc::ptr_eq(
            &read.log[0],
            &reader.export(text.as_bytes()).unwrap().log[0]
        ));
        for broken in [cut, &longer, &twice] {
            assert!(reader.export(broken.as_bytes()).is_err(), "{broken}");
        }
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
