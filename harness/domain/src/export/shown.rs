//! 所示 · Books and looks of which only the outside has been read.
//!
//! Why so: whoever keeps them wants to know first whose they are and whether they show what was shown before. What is
//! written as we write is taken apart (`apart`); anything else is read by serde_json, which also says what is wrong with
//! it. Called by `read` and by the runner. Not here: several looks one after the other (`read`).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Error;
use serde_json::value::RawValue;

use super::apart::apart;
use super::{Export, LogRow, Look, Party};
use crate::Moment;

/// An export as serde_json reads it, however it is written.
#[derive(Deserialize)]
struct AnyBooks<'a> {
    #[serde(borrow)]
    schema: &'a RawValue,
    party: Party,
    taken_at: Moment,
    lsn: u64,
    #[serde(borrow)]
    cells: &'a RawValue,
    #[serde(borrow)]
    rows: &'a RawValue,
    #[serde(borrow)]
    log: &'a RawValue,
    #[serde(borrow)]
    queues: &'a RawValue,
}

/// 所示 · An export of which only the outside has been read: enough to see whether it shows what was shown before.
pub struct ShownBooks<'a> {
    schema: &'a str,
    /// Whose books.
    pub party: Party,
    /// Business time of the look.
    pub taken_at: Moment,
    /// Number of log rows.
    pub lsn: u64,
    cells: &'a str,
    rows: &'a str,
    /// The whole list.
    log: &'a str,
    /// Its elements.
    pub(super) log_rows: Vec<&'a str>,
    queues: &'a str,
}

impl<'a> ShownBooks<'a> {
    /// Reads the outside of an export.
    ///
    /// # Errors
    /// Bytes that are no export.
    pub fn read(bytes: &'a [u8]) -> Result<ShownBooks<'a>, Error> {
        ShownBooks::read_knowing(bytes, |_| None)
    }

    /// As [`ShownBooks::read`]; `known` says which text probably stands at a place of the log, since it stood there
    /// before: a whole value that was read then.
    ///
    /// # Errors
    /// Bytes that are no export.
    pub fn read_knowing<'k>(
        bytes: &'a [u8],
        known: impl Fn(usize) -> Option<&'k str>,
    ) -> Result<ShownBooks<'a>, Error> {
        if let Some(shown) = std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| ShownBooks::as_we_write(text, known))
        {
            return Ok(shown);
        }
        let any: AnyBooks<'a> = serde_json::from_slice(bytes)?;
        let rows: Vec<&'a RawValue> = serde_json::from_str(any.log.get())?;
        Ok(ShownBooks {
            schema: any.schema.get(),
            party: any.party,
            taken_at: any.taken_at,
            lsn: any.lsn,
            cells: any.cells.get(),
            rows: any.rows.get(),
            log: any.log.get(),
            log_rows: rows.into_iter().map(RawValue::get).collect(),
            queues: any.queues.get(),
        })
    }

    /// `None` where it is not written as we write: then the slow way says what it is.
    fn as_we_write<'k>(
        text: &'a str,
        known: impl Fn(usize) -> Option<&'k str>,
    ) -> Option<ShownBooks<'a>> {
        let (mut members, log_rows) = apart(text, "log", known)?;
        let shown = ShownBooks {
            schema: members.remove("schema")?,
            party: serde_json::from_str(members.remove("party")?).ok()?,
            taken_at: serde_json::from_str(members.remove("taken_at")?).ok()?,
            lsn: serde_json::from_str(members.remove("lsn")?).ok()?,
            cells: members.remove("cells")?,
            rows: members.remove("rows")?,
            log: members.remove("log")?,
            log_rows,
            queues: members.remove("queues")?,
        };
        members.is_empty().then_some(shown)
    }

    /// The bytes of all that stays the same from look to look if nothing was booked between them.
    pub fn inside(&self) -> [&'a [u8]; 5] {
        let parts = [self.schema, self.cells, self.rows, self.log, self.queues];
        parts.map(str::as_bytes)
    }

    /// The log alone.
    ///
    /// # Errors
    /// Text that is no log.
    pub fn log(&self) -> Result<Vec<Arc<LogRow>>, Error> {
        let rows = self.log_rows.iter();
        rows.map(|row| serde_json::from_str(row)).collect()
    }

    /// The log, row by row as it was written.
    pub fn log_rows(&self) -> &[&'a str] {
        &self.log_rows
    }

    /// All of it but the log.
    ///
    /// # Errors
    /// Text that is no books.
    pub fn without_log(self) -> Result<Export, Error> {
        Ok(Export {
            cells: serde_json::from_str(self.cells)?,
            rows: serde_json::from_str(self.rows)?,
            log: Vec::new(),
            queues: serde_json::from_str(self.queues)?,
            schema: serde_json::from_str(self.schema)?,
            party: self.party,
            taken_at: self.taken_at,
            lsn: self.lsn,
        })
    }
}

/// A look as serde_json reads it, however it is written.
#[derive(Deserialize)]
struct AnyLook<'a> {
    party: Party,
    /// Which case it is for its reader knows; a party need not say it back.
    #[serde(default)]
    case: String,
    taken_at: Moment,
    from: u64,
    lsn: u64,
    #[serde(borrow)]
    rows: Vec<&'a RawValue>,
}

/// 所示 · A look of which the rows are still as they were written.
pub struct ShownLook<'a> {
    /// Whose log.
    pub party: Party,
    /// For which case it was taken.
    pub case: String,
    /// Business time of the look.
    pub taken_at: Moment,
    /// First `seq` asked for.
    pub from: u64,
    /// Number of log rows at that instant.
    pub lsn: u64,
    /// Rows `from..lsn`.
    pub rows: Vec<&'a str>,
}

impl<'a> ShownLook<'a> {
    /// Reads the outside of a look.
    ///
    /// # Errors
    /// Bytes that are no look.
    pub fn read(bytes: &'a [u8]) -> Result<ShownLook<'a>, Error> {
        if let Some(shown) = std::str::from_utf8(bytes)
            .ok()
            .and_then(ShownLook::as_we_write)
        {
            return Ok(shown);
        }
        let any: AnyLook<'a> = serde_json::from_slice(bytes)?;
        Ok(ShownLook {
            party: any.party,
            case: any.case,
            taken_at: any.taken_at,
            from: any.from,
            lsn: any.lsn,
            rows: any.rows.into_iter().map(RawValue::get).collect(),
        })
    }

    /// `None` where it is not written as we write: then the slow way says what it is.
    fn as_we_write(text: &'a str) -> Option<ShownLook<'a>> {
        let (mut members, rows) = apart(text, "rows", |_| None)?;
        members.remove("rows")?;
        let shown = ShownLook {
            party: serde_json::from_str(members.remove("party")?).ok()?,
            case: serde_json::from_str(members.remove("case")?).ok()?,
            taken_at: serde_json::from_str(members.remove("taken_at")?).ok()?,
            from: serde_json::from_str(members.remove("from")?).ok()?,
            lsn: serde_json::from_str(members.remove("lsn")?).ok()?,
            rows,
        };
        members.is_empty().then_some(shown)
    }

    /// The look with these rows.
    pub fn with(self, rows: Vec<Arc<LogRow>>) -> Look {
        Look {
            party: self.party,
            case: self.case,
            taken_at: self.taken_at,
            from: self.from,
            lsn: self.lsn,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, CellKey, EXPORT_SCHEMA, Entry, Role, Unit, canonical_json};

    fn row(seq: u64, amount: i64) -> Arc<LogRow> {
        Arc::new(LogRow {
            seq,
            at: Moment::parse("2017-06-02T09:00+08:00").unwrap(),
            cause: Arc::new(Cause {
                origin: "H1".into(),
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

    /// Whatever a party sends is read, or refused, as serde_json alone would do it; what is written as we write is taken
    /// apart, and known rows are stepped over only where they stand whole.
    #[test]
    fn books_are_taken_apart_as_serde_json_reads_them() {
        let log = vec![row(0, 1), row(1, 2), row(2, 3)];
        let text = canonical_json(&export(log.clone()));
        let rows: Vec<String> = log.iter().map(canonical_json).collect();
        let by_serde = |text: &str| serde_json::from_str::<Export>(text).ok();
        let known: [Vec<&str>; 4] = [
            Vec::new(),
            rows.iter().map(String::as_str).collect(),
            vec![&rows[1], "", &rows[2][..9]],
            vec!["{", &rows[0], "["],
        ];
        let (mut read, mut refused) = (0, 0);
        let mut check = |text: &str| {
            for known in &known {
                let known = |place: usize| known.get(place).copied();
                let shown = ShownBooks::read_knowing(text.as_bytes(), known);
                let export = shown.and_then(|shown| {
                    let log = shown.log()?;
                    Ok(Export {
                        log,
                        ..shown.without_log()?
                    })
                });
                match &export {
                    Ok(_) => read += 1,
                    Err(_) => refused += 1,
                }
                assert_eq!(export.ok(), by_serde(text), "{text}");
            }
        };
        check(&text);
        check(&text.replace(":", " : "));
        check(&text.replace("],", "] ,\n"));
        check(&text.replace("\"queues\"", "\"unheard\":{\"log\":[1]},\"queues\""));
        check(&text.replace("\"queues\"", "\"log\":[],\"queues\""));
        check(&text.replace("\"log\"", "\"l\\u006fg\""));
        check(&text.replace("\"m\"", "\"}]\\\"m\\\\\""));
        check(&format!("{text} "));
        for at in 0..text.len() {
            check(&format!("{}{}", &text[..at], &text[at + 1..]));
            check(&text[..at]);
            for more in ["]", ",", "\"", "}", "0"] {
                check(&format!("{}{more}{}", &text[..at], &text[at..]));
            }
        }
        println!("{read} texts read, {refused} refused, as by serde_json");
        assert!(read > 400 && refused > 10_000);
    }
}
