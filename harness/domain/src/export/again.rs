//! 续写 · Several looks at one party's books, written one after the other.
//!
//! Why so: t1 shows the log of t0 again, t2 that of t1, and each look between them a tail of it. A row that stands where
//! it stood is the same text, so it is written once and copied from then on; the bytes are those of
//! [`crate::canonical_json`]. Read alike by [`super::BookReader`]. Not here: cells and rows, which move.

use std::sync::Arc;

use super::{Export, LogRow, Look};
use crate::canonical_json;

/// 续写 · Writes the looks at one party's books.
#[derive(Default)]
pub struct BookWriter {
    /// By place in the log: the row that was written there last, and its text. A row that is held here cannot change.
    written: Vec<Option<(Arc<LogRow>, String)>>,
}

impl BookWriter {
    /// A whole export in canonical form.
    pub fn export(&mut self, mut export: Export) -> String {
        let log = std::mem::take(&mut export.log);
        with_rows(&canonical_json(&export), "log", self.texts(0, &log))
    }

    /// A look at the tail of a log in canonical form.
    pub fn look(&mut self, mut look: Look) -> String {
        let rows = std::mem::take(&mut look.rows);
        with_rows(&canonical_json(&look), "rows", self.texts(look.from, &rows))
    }

    fn texts(&mut self, from: u64, rows: &[Arc<LogRow>]) -> impl Iterator<Item = &str> {
        // A look may be asked for from beyond the log's end: then there are no rows.
        let start = usize::try_from(from).unwrap_or_default();
        let end = start.saturating_add(rows.len());
        if rows.is_empty() {
            return self.written[..0].iter().flatten().map(text_of);
        }
        if self.written.len() < end {
            self.written.resize(end, None);
        }
        for (slot, row) in self.written[start..end].iter_mut().zip(rows) {
            if !slot
                .as_ref()
                .is_some_and(|(same, _)| Arc::ptr_eq(same, row))
            {
                *slot = Some((Arc::clone(row), canonical_json(row)));
            }
        }
        self.written[start..end].iter().flatten().map(text_of)
    }
}

fn text_of((_, text): &(Arc<LogRow>, String)) -> &str {
    text
}

/// 合拢 · Canonical text of books, written with an empty list of log rows under `member`, with these rows in it.
///
/// # Panics
/// If the text has no such empty list: it is always our own.
pub fn with_rows<'r>(
    outside: &str,
    member: &str,
    rows: impl IntoIterator<Item = &'r str>,
) -> String {
    // Within a text a quote is escaped, so this stands nowhere but at the member; no map of books has lists in it.
    let empty = format!("\"{member}\":[]");
    let at = outside
        .find(&empty)
        .expect("books were written without rows");
    let (before, after) = outside.split_at(at + empty.len() - 1);
    let mut text = String::with_capacity(outside.len() * 8);
    text.push_str(before);
    for (nth, row) in rows.into_iter().enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text.push_str(row);
    }
    text.push_str(after);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Cell, CellKey, EXPORT_SCHEMA, Entry, Moment, Party, Role, Row, Unit};

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
            person: Some("\"rows\":[]".into()),
            entry: Entry::Posting {
                cell: CellKey::new("pool-fund", [("fund", "310100")]),
                unit: Unit::Fen,
                amount,
                reverses: None,
            },
        })
    }

    /// Texts and names in the books that look like the places where rows belong.
    fn export(log: Vec<Arc<LogRow>>) -> Export {
        Export {
            schema: EXPORT_SCHEMA.into(),
            party: Party::new(Role::Insured, "330300"),
            taken_at: Moment::parse("2017-06-02T10:00+08:00").unwrap(),
            lsn: log.len() as u64,
            cells: vec![Cell {
                key: CellKey::new("\"log\":[]", [("log", "[]"), ("rows", "\"log\":[]")]),
                unit: Unit::Fen,
                value: 1,
            }],
            rows: vec![Row {
                kind: "\"log\":[]".into(),
                id: "log".into(),
                status: "settled".into(),
                person: None,
                cause: row(0, 1).cause.clone(),
                facts: [("log".to_owned(), "\"log\":[]".to_owned())].into(),
                amounts: [("log".to_owned(), 1)].into(),
            }],
            log,
            queues: Vec::new(),
        }
    }

    fn look(from: u64, rows: Vec<Arc<LogRow>>) -> Look {
        Look {
            party: Party::new(Role::Insured, "330300"),
            case: "\"rows\":[]".into(),
            taken_at: Moment::parse("2017-06-02T10:00+08:00").unwrap(),
            from,
            lsn: from + rows.len() as u64,
            rows,
        }
    }

    #[test]
    fn what_is_written_again_is_the_canonical_text() {
        let mut writer = BookWriter::default();
        let log: Vec<Arc<LogRow>> = (0..6).map(|seq| row(seq, 5)).collect();
        for books in [
            export(Vec::new()),
            export(log[..2].to_vec()),
            export(log.clone()),
            export(log[..3].to_vec()),
        ] {
            assert_eq!(writer.export(books.clone()), canonical_json(&books));
        }
        for tail in [
            look(0, log.clone()),
            look(4, log[4..].to_vec()),
            look(9, vec![row(9, 1)]),
            look(u64::MAX, Vec::new()),
        ] {
            assert_eq!(writer.look(tail.clone()), canonical_json(&tail));
        }
    }

    #[test]
    fn a_row_that_is_another_is_written_anew() {
        let mut writer = BookWriter::default();
        let mut log = vec![row(0, 5), row(1, 6)];
        writer.export(export(log.clone()));
        // The writer holds the row, so whoever changes it changes a copy.
        let Entry::Posting { amount, .. } = &mut Arc::make_mut(&mut log[1]).entry else {
            unreachable!()
        };
        *amount = 7;
        let bent = export(log);
        assert_eq!(writer.export(bent.clone()), canonical_json(&bent));
    }
}
