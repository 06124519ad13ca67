//! 出处 · A file's text that was written from cells, and which part of it came from which cell.
//!
//! Why so: everything that can be wrong with a plan is found in the text of its files, once; a workbook's slip is then told
//! at the cell that it came from. Called by `read`; asked by `folder` when all problems are known.

use std::ops::Range;

/// 写成的文件 · Text and where its parts come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    range: Range<usize>,
    /// `窗口!C7`
    place: String,
    /// The cell holds lines of a file, as they are.
    lines: bool,
}

/// 落点 · The cell that a part of a file came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Landing {
    /// `窗口!C7`
    pub(crate) place: String,
    /// Where the cell's own text stands, if it holds lines of a file.
    pub(crate) lines: Option<Range<usize>>,
}

impl Written {
    /// Text that nobody typed.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Text that closes what has entries: the comma after the last of them goes.
    pub(crate) fn close(&mut self, text: &str) {
        if self.text.ends_with(", ") {
            self.text.truncate(self.text.len() - 2);
        }
        self.text.push_str(text);
    }

    /// Whether the last character is that of a line's end; an empty text is at one too.
    pub(crate) fn at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// Ends the line and adds empty ones until so many lines are written.
    pub(crate) fn lines_until(&mut self, lines: u32) {
        if !self.at_line_start() {
            self.text.push('\n');
        }
        let written = self.text.matches('\n').count();
        for _ in written..lines as usize {
            self.text.push('\n');
        }
    }

    fn piece(&mut self, place: &str, text: &str, lines: bool) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece {
            range: start..self.text.len(),
            place: place.to_owned(),
            lines,
        });
    }

    /// A scalar of YAML, in quotes.
    pub(crate) fn scalar(&mut self, place: &str, text: &str) {
        self.piece(place, &quoted(text), false);
    }

    /// `key: value, key: value` as typed, in one line.
    pub(crate) fn pairs(&mut self, place: &str, text: &str) {
        self.piece(place, &text.replace(['\n', '\r'], " "), false);
    }

    /// A cell of a table.
    pub(crate) fn table_cell(&mut self, place: &str, text: &str) {
        let text = text.replace(['\n', '\r'], " ");
        let text = if text.contains([',', '"', '#']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        };
        self.piece(place, &text, false);
    }

    /// Lines of a file as typed.
    pub(crate) fn lines(&mut self, place: &str, text: &str) {
        self.piece(place, text, true);
    }

    /// The cell that the text at `span` came from: the one that holds it, or the next in its line, or the last before.
    pub(crate) fn landing(&self, span: &Range<usize>) -> Option<Landing> {
        let holds =
            |piece: &&Piece| piece.range.start <= span.start && span.start < piece.range.end;
        let line_end = self.text[span.start..].find('\n');
        let line_end = line_end.map_or(self.text.len(), |at| span.start + at);
        let piece = self
            .pieces
            .iter()
            .find(holds)
            .or_else(|| {
                let mut later = self.pieces.iter();
                later.find(|piece| (span.start..line_end).contains(&piece.range.start))
            })
            .or_else(|| {
                let before = self.pieces.iter().rev();
                before.clone().find(|piece| piece.range.end <= span.start)
            })
            .or_else(|| self.pieces.first())?;
        Some(Landing {
            place: piece.place.clone(),
            lines: piece.lines.then(|| piece.range.clone()),
        })
    }
}

/// The text as a YAML scalar that stays text.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_is_told_at_its_cell() {
        let mut text = Written::default();
        text.push("phases:\n  - {id: ");
        text.scalar("窗口!A11", "cross");
        text.push(", from: ");
        let from = text.text.len();
        text.scalar("窗口!C11", "2017-06-02T09:00+08:00");
        text.push("}\n");
        let of = |span: Range<usize>| text.landing(&span).map(|landing| landing.place);
        assert_eq!(of(from + 3..from + 5).as_deref(), Some("窗口!C11"));
        assert_eq!(
            of(8..12).as_deref(),
            Some("窗口!A11"),
            "a key lands on its line"
        );
        let end = text.text.len();
        assert_eq!(of(end..end).as_deref(), Some("窗口!C11"));
    }
}
