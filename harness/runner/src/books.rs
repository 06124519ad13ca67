//! 所示账册 · A party's books as it showed them, and as they are kept: person numbers become pseudonyms, all sorted.
//!
//! Why so: nothing is written before the persons in it have their pseudonyms. Books that show the same as in the look
//! before, to the byte, are not read again: only the instant of the look is another (t2 mostly shows t1 again). So it is
//! with each row of a log, which t1 shows after the looks at its tail.
//! Called by `evidence`. Not here: when is looked, where the text is kept (`evidence`, `shelf`).

use std::sync::Arc;

use bytes::Bytes;
use crosswipe_domain::{
    Entry, Export, Few, LogRow, Moment, Name, Party, PersonNo, ShownBooks, canonical_json,
    with_rows,
};

use crate::desk::{Desk, Halt};
use crate::transport::Transport;

/// How far a party's books were seen.
#[derive(Default)]
pub(crate) struct Looked {
    /// Next log row to look at.
    pub(crate) next: u64,
    /// Log rows that were seen already.
    pub(crate) rows: KnownRows,
    /// The whole books at t1, which t2 mostly shows again.
    pub(crate) books: Option<Books>,
}

impl Looked {
    /// For whoever looks on for days: each row is read whenever it is shown, and nothing of it is kept in between.
    pub(crate) fn sparing() -> Looked {
        Looked {
            rows: KnownRows::of_nobody(),
            ..Looked::default()
        }
    }

    /// Whether rows and books are remembered from look to look.
    pub(crate) fn remembers(&self) -> bool {
        self.rows.held_max > 0
    }
}

/// 已见之行 · Rows of a party's log as it sent them, and as they are kept: a row that comes again to the byte is kept in
/// the same words, without being read again.
pub(crate) struct KnownRows {
    /// By place in the log.
    seen: Vec<Option<(Bytes, String)>>,
    /// Of both, in bytes.
    held: usize,
    /// How much of both is remembered; what comes later is read whenever it is shown.
    held_max: usize,
}

/// How much of one party's log a run remembers.
const HELD_MAX: usize = 32 << 20;

impl Default for KnownRows {
    fn default() -> KnownRows {
        KnownRows {
            seen: Vec::new(),
            held: 0,
            held_max: HELD_MAX,
        }
    }
}

impl KnownRows {
    /// Remembers nothing.
    fn of_nobody() -> KnownRows {
        KnownRows {
            held_max: 0,
            ..KnownRows::default()
        }
    }

    /// What was sent at a place before.
    fn sent(&self, place: usize) -> Option<&str> {
        let (sent, _) = self.seen.get(place)?.as_ref()?;
        std::str::from_utf8(sent).ok()
    }

    /// The text of the row at a place, where the same bytes stood there before.
    fn text(&self, place: usize, row: &str) -> Option<&str> {
        let (same, text) = self.seen.get(place)?.as_ref()?;
        (same == row.as_bytes()).then_some(text)
    }

    fn remember(&mut self, place: usize, row: Bytes, text: &str) {
        let more = row.len() + text.len();
        if self.held + more > self.held_max || place > self.seen.len() {
            return;
        }
        if place == self.seen.len() {
            self.seen.push(None);
        }
        if let Some((row, text)) = self.seen[place].replace((row, text.to_owned())) {
            self.held -= row.len() + text.len();
        }
        self.held += more;
    }
}

/// 所示账册 · One look at one party's whole books.
pub(crate) struct Books {
    /// What the party sent.
    body: Bytes,
    /// All in it that does not change by looking.
    inside: [Bytes; 5],
    /// What is kept of it, in canonical form.
    pub(crate) text: String,
    /// Number of log rows.
    pub(crate) lsn: u64,
    /// Business time of the look.
    pub(crate) taken_at: Moment,
}

impl Books {
    /// The log as the party sent it.
    pub(crate) fn log(&self) -> Result<Vec<Arc<LogRow>>, Halt> {
        let shown = ShownBooks::read(&self.body).and_then(|shown| shown.log());
        shown.map_err(|error| Halt::Bug(format!("books that were read before: {error}")))
    }

    /// What is kept of a look at `taken_at` that shows the same.
    fn text_at(&self, taken_at: Moment) -> Option<String> {
        let end = |at: &Moment| canonical_json(at) + "}";
        let same = self.text.strip_suffix(&end(&self.taken_at))?;
        Some(format!("{same}{}", end(&taken_at)))
    }
}

impl<T: Transport> Desk<T> {
    /// Reads what a party sent; the error is its own.
    pub(crate) fn books(
        &self,
        party: &Party,
        body: Bytes,
        looked: &mut Looked,
    ) -> Result<Books, String> {
        let before = looked.books.take();
        let unreadable = |error| format!("unreadable: {error}");
        let shown = ShownBooks::read_knowing(&body, |place| looked.rows.sent(place));
        let shown = shown.map_err(unreadable)?;
        if shown.party != *party {
            return Err(format!("shows the books of {}", shown.party));
        }
        let (lsn, taken_at) = (shown.lsn, shown.taken_at);
        let inside = shown.inside().map(|part| body.slice_ref(part));
        let again = before
            .filter(|before| before.lsn == lsn && before.inside == inside)
            .and_then(|before| before.text_at(taken_at));
        let text = match again {
            Some(text) => text,
            None => {
                let mut rows = Vec::with_capacity(shown.log_rows().len());
                for (place, sent) in shown.log_rows().iter().enumerate() {
                    let known = looked.rows.text(place, sent).map(str::to_owned);
                    rows.push(match known {
                        Some(text) => text,
                        None => {
                            let mut row = serde_json::from_str(sent).map_err(unreadable)?;
                            let sent = body.slice_ref(sent.as_bytes());
                            self.kept_row(&mut looked.rows, place, sent, &mut row)
                        }
                    });
                }
                let outside = self.pseudonymised(shown.without_log().map_err(unreadable)?);
                with_rows(
                    &canonical_json(&outside),
                    "log",
                    rows.iter().map(String::as_str),
                )
            }
        };
        Ok(Books {
            text,
            lsn,
            taken_at,
            inside,
            body,
        })
    }

    /// A log row as it is kept, and remembered.
    pub(crate) fn kept_row(
        &self,
        known: &mut KnownRows,
        place: usize,
        sent: Bytes,
        row: &mut LogRow,
    ) -> String {
        self.pseudonymise_row(row);
        let text = canonical_json(row);
        known.remember(place, sent, &text);
        text
    }

    fn pseudonymised(&self, mut export: Export) -> Export {
        for cell in &mut export.cells {
            self.pseudonymise_dims(&mut cell.key.dims);
        }
        for row in &mut export.rows {
            self.pseudonymise(&mut row.person);
            self.mask_facts(&mut row.facts);
        }
        export.cells.sort_by(|a, b| a.key.cmp(&b.key));
        export
            .rows
            .sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        export
    }

    /// One row of a log, with pseudonyms for persons.
    fn pseudonymise_row(&self, row: &mut LogRow) {
        self.pseudonymise(&mut row.person);
        match &mut row.entry {
            Entry::Posting { cell, .. } => self.pseudonymise_dims(&mut cell.dims),
            Entry::Row { facts, .. } => self.mask_facts(facts),
            Entry::Fence { reply, .. } => {
                if let Some(reply) = reply {
                    *reply = self.masker.mask_json(reply);
                }
            }
        }
    }

    fn pseudonymise(&self, person: &mut Option<Name>) {
        if let Some(number) = person {
            *number = self
                .pseudonym(&PersonNo::new(number.as_str()))
                .to_string()
                .into();
        }
    }

    fn pseudonymise_dims(&self, dims: &mut Few<Name>) {
        for (name, value) in dims {
            *value = match name.as_str() {
                "person" => self
                    .pseudonym(&PersonNo::new(value.as_str()))
                    .to_string()
                    .into(),
                _ => self.masker.mask_text(value).into(),
            };
        }
    }

    fn mask_facts(&self, facts: &mut Few<Name>) {
        for (name, value) in facts {
            match name.as_str() {
                // A name that is garbled is still a name; alike stay alike.
                "psn_no" | "psn_name" => {
                    *value = self
                        .pseudonym(&PersonNo::new(value.as_str()))
                        .to_string()
                        .into();
                }
                name => *value = self.masker.mask_field(name, value).into(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_shown_is_known_and_whoever_spares_knows_none() {
        for (mut looked, known) in [(Looked::default(), true), (Looked::sparing(), false)] {
            looked.rows.remember(0, Bytes::from_static(b"{}"), "kept");
            assert_eq!(looked.rows.text(0, "{}").is_some(), known);
            assert_eq!(looked.rows.held > 0, known);
            assert_eq!(looked.remembers(), known);
        }
    }
}
