//! 行 · The rows of one sheet, its columns found by their headings; what office programs do to cells is told at the cell.
//!
//! Why so strict: a formula's value is whatever was computed last, a merged cell has its value in one corner, and an 18-digit
//! number kept as a number has lost its end. None of them is used. Called by `read`.

use std::collections::BTreeMap;

use crosswipe_domain::{Both, both};
use crosswipe_sheets::{Cell, Odd, Sheet};

use super::form::{Column, EXAMPLE, Form, Kind, OPEN};
use crate::codes;
use crate::nearest::suggest;
use crate::problem::{Problem, Problems};

/// 格 · What a cell says, in the words of the files.
#[derive(Clone, Debug)]
pub(super) struct Filled {
    /// `窗口!C7`
    pub(super) place: String,
    pub(super) text: String,
}

/// 行 · One row: by column of the form, what is filled in.
#[derive(Debug)]
pub(super) struct Line {
    /// From 0.
    pub(super) row: u32,
    cells: Vec<Option<Filled>>,
    form: &'static Form,
}

impl Line {
    /// What the column of this Chinese name says.
    pub(super) fn get(&self, zh: &str) -> Option<&Filled> {
        let at = self
            .form
            .columns
            .iter()
            .position(|column| column.zh == zh)?;
        self.cells.get(at)?.as_ref()
    }

    /// The columns that are filled in.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&'static Column, &Filled)> {
        let columns = self.form.columns.iter();
        columns
            .zip(&self.cells)
            .filter_map(|(column, cell)| Some((column, cell.as_ref()?)))
    }

    /// The first place of the row.
    pub(super) fn place(&self) -> String {
        let mut filled = self.cells.iter().flatten();
        filled.next().map_or_else(
            || format!("{}!{}", self.form.name, self.row + 1),
            |cell| cell.place.clone(),
        )
    }
}

/// 一张表 · Reads one sheet.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) sheet: &'a Sheet,
    pub(super) form: &'static Form,
    pub(super) problems: &'a Problems,
}

impl Reading<'_> {
    pub(super) fn place(&self, row: u32, column: u32) -> String {
        format!("{}!{}", self.form.name, Sheet::place(row, column))
    }

    pub(super) fn told(
        &self,
        place: &str,
        code: &'static str,
        message: Both,
        help: impl Into<Option<Both>>,
    ) {
        let problem = Problem::whole_file(code, format!("{}!{place}", self.file), message);
        self.problems.push(problem.maybe_help(help.into()));
    }

    /// The row of the headings: where the first column's name stands.
    pub(super) fn head_row(&self) -> Option<u32> {
        let first = &self.form.columns[0];
        (0..self.sheet.height()).find(|row| {
            let mut cells = self.sheet.row(*row);
            cells.any(|(_, cell)| heads(cell, first))
        })
    }

    /// Tells that a sheet with something on it, or one that must have it, has no headings.
    pub(super) fn report_headless(&self, needed: bool) -> bool {
        let headless = self.head_row().is_none() && (needed || self.sheet.height() > 0);
        if headless {
            let names: Vec<&str> = self.form.columns.iter().map(|column| column.zh).collect();
            self.told(
                &self.place(0, 0),
                codes::BAD_TABLE,
                both!(
                    "表里没有含 `{}` 的首行",
                    "the sheet has no head line with `{}`",
                    names[0]
                ),
                both!(
                    "首行写列名: {}",
                    "write the head line: {}",
                    names.join(" | ")
                ),
            );
        }
        headless
    }

    /// All rows below the headings; `None` where there are no headings.
    pub(super) fn lines(&self) -> Option<Vec<Line>> {
        let head = self.head_row()?;
        let columns = self.columns(head);
        let mut lines = Vec::new();
        for row in head + 1..self.sheet.height() {
            if self.is_example(row, &columns) {
                continue;
            }
            let mut cells = vec![None; self.form.columns.len()];
            for (column, cell) in self.sheet.row(row) {
                if let Some(Some(at)) = columns.get(&column) {
                    cells[*at] = self.filled(row, column, cell, self.form.columns[*at].kind);
                }
            }
            if cells.iter().any(Option::is_some) {
                lines.push(Line {
                    row,
                    cells,
                    form: self.form,
                });
            }
        }
        Some(lines)
    }

    /// Whether the row is only an example.
    pub(super) fn is_example<T>(&self, row: u32, columns: &BTreeMap<u32, T>) -> bool {
        let mut cells = self
            .sheet
            .row(row)
            .filter(|(column, _)| columns.contains_key(column));
        let first = cells
            .next()
            .map(|(_, cell)| cell.words())
            .unwrap_or_default();
        let mark = first.strip_prefix(EXAMPLE);
        mark.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '：', ' ']))
    }

    /// Columns of the sheet → columns of the form; headings that mean nothing are told.
    fn columns(&self, head: u32) -> BTreeMap<u32, Option<usize>> {
        let mut found: BTreeMap<u32, Option<usize>> = BTreeMap::new();
        for (column, cell) in self.sheet.row(head) {
            let at = self.form.columns.iter().position(|form| heads(cell, form));
            let place = self.place(head, column);
            match at {
                None if OPEN.contains(&self.form.name) => {}
                None => {
                    let known = self.form.columns.iter().map(|column| column.zh);
                    let message = both!("不认得的列 `{}`", "unknown column `{}`", cell.words());
                    let help = suggest(&cell.words(), known);
                    self.told(&place, codes::UNKNOWN_KEY, message, help);
                }
                Some(at) if found.values().any(|other| *other == Some(at)) => {
                    let message = both!("列 `{}` 有两处", "column `{}` stands twice", cell.words());
                    self.told(
                        &place,
                        codes::DUPLICATE_ID,
                        message,
                        both!("留一列", "keep one of them"),
                    );
                }
                Some(_) => {}
            }
            found.insert(column, at);
        }
        found
    }

    /// What the cell says; `None` where it is blank or cannot be used, which is told.
    pub(super) fn filled(&self, row: u32, column: u32, cell: &Cell, kind: Kind) -> Option<Filled> {
        let place = self.place(row, column);
        if let Some(odd) = self.sheet.odd.get(&(row, column)) {
            let (message, help) = match odd {
                Odd::Formula => (
                    both!(
                        "这一格是公式, 应是值",
                        "a formula stands where a value belongs"
                    ),
                    both!(
                        "改成值: 复制, 选择性粘贴为数值",
                        "copy the cell and paste it as a value"
                    ),
                ),
                Odd::Merged => (
                    both!(
                        "合并的单元格: 只有其中一格有值",
                        "merged cells: only one of them has the value"
                    ),
                    both!("取消合并, 每格写上", "unmerge them and fill in each"),
                ),
            };
            self.told(&place, codes::BAD_TABLE, message, help);
            return None;
        }
        let text = match cell {
            Cell::Number { inexact: true, .. } => {
                self.told(
                    &place,
                    codes::SPREADSHEET_NUMBER,
                    both!(
                        "编号存成了数字, 超过 15 位, 末几位已丢失",
                        "an id kept as a number of more than 15 digits has lost its last digits"
                    ),
                    both!(
                        "把该列设为文本后重新填写",
                        "make the column text and fill it in again"
                    ),
                );
                return None;
            }
            Cell::Number { text, .. } => text.clone(),
            Cell::Time(moment) if matches!(kind, Kind::Instant) => crate::phases::shown(*moment),
            Cell::Time(_) => {
                self.told(
                    &place,
                    codes::SPREADSHEET_NUMBER,
                    both!(
                        "这一格被表格软件变成了日期",
                        "a spreadsheet has made a date of this"
                    ),
                    both!(
                        "把该格设为文本后重新填写",
                        "make the cell text and fill it in again"
                    ),
                );
                return None;
            }
            Cell::Text(text) if matches!(kind, Kind::Pairs) => text.clone(),
            Cell::Text(text) => text.trim().to_owned(),
        };
        let text = match kind {
            Kind::One(words) => self.word(&place, &text, words)?,
            Kind::Some(words) => {
                let read = parts(&text).map(|part| self.word(&place, part, words));
                read.collect::<Option<Vec<String>>>()?.join("、")
            }
            Kind::Instant => instant(&text),
            _ => text,
        };
        Some(Filled { place, text })
    }

    /// A word of the sheet in the words of the files.
    fn word(&self, place: &str, text: &str, words: &[(&str, &str)]) -> Option<String> {
        let found = words.iter().find(|(zh, en)| *zh == text || *en == text);
        if found.is_none() {
            let message = both!("不认得的词 `{text}`", "unknown word `{text}`");
            let help = suggest(text, words.iter().map(|(zh, _)| *zh));
            self.told(place, codes::UNKNOWN_WORD, message, help);
        }
        found.map(|(_, en)| (*en).to_owned())
    }
}

fn heads(cell: &Cell, column: &Column) -> bool {
    let words = cell.words();
    words == column.zh || (!column.key.is_empty() && words == column.key)
}

/// `门诊、住院`, `门诊, 住院`, one in a line.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', ',', '，', ';', '；', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// `2017-06-02 09:00` gets what an instant of the files has; anything else is left to be told.
fn instant(text: &str) -> String {
    let bytes = text.as_bytes();
    let day_and_time = matches!(bytes.len(), 16 | 19)
        && bytes.is_ascii()
        && matches!(bytes[10], b' ' | b'T')
        && bytes[13] == b':';
    match day_and_time {
        true => format!("{}T{}+08:00", &text[..10], &text[11..]),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_gets_its_offset_and_nothing_else_is_touched() {
        let read = [
            "2017-06-02 09:00",
            "2017-06-02T09:00:01",
            "2017-06-02T09:00+08:00",
            "6月2日9时",
        ];
        let want = [
            "2017-06-02T09:00+08:00",
            "2017-06-02T09:00:01+08:00",
            "2017-06-02T09:00+08:00",
            "6月2日9时",
        ];
        assert_eq!(read.map(instant), want.map(str::to_owned));
    }
}
