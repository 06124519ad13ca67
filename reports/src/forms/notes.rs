//! 手填 · What people wrote into forms, by table, row and heading, so that it outlives the form.
//!
//! Headings are kept by their Chinese text whatever language the form was in. A row is known by the text of its identity
//! column. Not here: where notes are stored (`cli`), which cells are for people (`tables`).

use std::collections::BTreeMap;
use std::fmt;

use crosswipe_domain::Both;
use serde::{Deserialize, Serialize};

use super::Form;
use crate::tables::{Cell, Column, Table};

/// 手填 · Texts by table, row (empty: the lines above and below) and heading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notes(BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>);

/// 网格 · One sheet of a workbook as texts, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Name of the sheet.
    pub sheet: String,
    /// Cells by row and column; what is not there is empty.
    pub rows: Vec<Vec<String>>,
}

/// A workbook is not the form that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotThisForm {
    /// It has none of the form's sheets; these it should have.
    NoSheet(Vec<String>),
    /// This sheet has not these headings.
    NoHeadings {
        /// The sheet.
        sheet: String,
        /// What its head row must hold.
        missing: Vec<String>,
    },
}

impl fmt::Display for NotThisForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotThisForm::NoSheet(sheets) => write!(f, "no sheet `{}`", sheets.join("`, `")),
            NotThisForm::NoHeadings { sheet, missing } => {
                write!(f, "sheet `{sheet}`: no heading `{}`", missing.join("`, `"))
            }
        }
    }
}

impl std::error::Error for NotThisForm {}

impl NotThisForm {
    /// The same in both languages.
    pub fn both(&self) -> Both {
        let zh = match self {
            NotThisForm::NoSheet(sheets) => format!("没有 `{}` 页", sheets.join("`、`")),
            NotThisForm::NoHeadings { sheet, missing } => {
                format!("`{sheet}` 页没有列 `{}`", missing.join("`、`"))
            }
        };
        Both {
            zh: zh.into(),
            en: self.to_string().into(),
        }
    }
}

/// The row of lines above and below a table.
const LINES: &str = "";

impl Notes {
    /// What stands in a line above or below a table. The label is the form's, in its language.
    pub(crate) fn line(&self, table: &str, label: &str) -> Option<&str> {
        self.cell(table, LINES, label)
    }

    /// What stands in a cell.
    pub(crate) fn cell(&self, table: &str, row: &str, column: &str) -> Option<&str> {
        self.0
            .get(table)
            .and_then(|rows| rows.get(row))
            .and_then(|cells| cells.get(column))
            .map(String::as_str)
    }

    /// All rows of a table that are known, by identity.
    pub(crate) fn rows(
        &self,
        table: &str,
    ) -> impl Iterator<Item = (&str, &BTreeMap<String, String>)> {
        let rows = self.0.get(table).into_iter().flatten();
        rows.filter(|(row, _)| !row.is_empty())
            .map(|(row, cells)| (row.as_str(), cells))
    }

    /// Writes one text; an empty one takes away what stood there.
    pub(crate) fn put(&mut self, table: &str, row: &str, column: &str, text: &str) {
        let rows = self.0.entry(table.to_owned()).or_default();
        let cells = rows.entry(row.to_owned()).or_default();
        match text.trim() {
            "" => cells.remove(column),
            text => cells.insert(column.to_owned(), text.to_owned()),
        };
    }

    /// Takes over what is newer; what it does not speak of stays.
    pub fn absorb(&mut self, newer: Notes) {
        for (table, rows) in newer.0 {
            for (row, cells) in rows {
                let known = self.0.entry(table.clone()).or_default();
                known.entry(row).or_default().extend(cells);
            }
        }
    }

    /// True where nobody wrote anything.
    pub fn is_empty(&self) -> bool {
        self.0
            .values()
            .flat_map(BTreeMap::values)
            .all(BTreeMap::is_empty)
    }
}

impl Form {
    /// 读回 · What people wrote into this form, from a workbook that was made of it: in cells for people, and in a table that
    /// people add rows to in every cell.
    ///
    /// # Errors
    /// [`NotThisForm`] where the workbook has none of its sheets, or a sheet lost its headings; nothing is half-read.
    pub fn read(&self, grids: &[Grid]) -> Result<Notes, NotThisForm> {
        let mut notes = Notes::default();
        let mut found = false;
        for table in &self.tables {
            let name = crate::xlsx::sheet_name(table);
            let Some(grid) = grids.iter().find(|grid| grid.sheet == name) else {
                continue;
            };
            found = true;
            read_lines(table, grid, &mut notes);
            read_rows(table, grid, &mut notes)?;
        }
        if found {
            return Ok(notes);
        }
        let sheets = self.tables.iter().map(crate::xlsx::sheet_name);
        Err(NotThisForm::NoSheet(sheets.collect()))
    }
}

fn read_lines(table: &Table, grid: &Grid, notes: &mut Notes) {
    let lines = table.about.iter().chain(&table.below);
    for (label, _) in lines.filter(|(_, cell)| matches!(cell, Cell::Fill(_))) {
        let row = grid.rows.iter().find(|row| text(row, 0) == *label);
        if let Some(row) = row {
            notes.put(table.key, LINES, label, text(row, 1));
        }
    }
}

fn read_rows(table: &Table, grid: &Grid, notes: &mut Notes) -> Result<(), NotThisForm> {
    let Some(identity) = table.identity else {
        return Ok(());
    };
    let titles: Vec<&str> = table.columns.iter().map(|column| column.title).collect();
    let head = grid.rows.iter().position(|row| {
        titles
            .iter()
            .all(|title| row.iter().any(|cell| cell.trim() == *title))
    });
    let Some(head) = head else {
        let nearest = grid.rows.iter().max_by_key(|row| {
            let held = titles
                .iter()
                .filter(|title| row.iter().any(|cell| cell.trim() == **title));
            held.count()
        });
        let held =
            |title: &&&str| nearest.is_some_and(|row| row.iter().any(|c| c.trim() == **title));
        let missing = titles.iter().filter(|title| !held(title));
        return Err(NotThisForm::NoHeadings {
            sheet: grid.sheet.clone(),
            missing: missing.map(|title| (*title).to_owned()).collect(),
        });
    };
    // People move columns; a heading is found wherever it stands.
    let place = |column: &Column| {
        let head = &grid.rows[head];
        head.iter().position(|cell| cell.trim() == column.title)
    };
    let places: Vec<(&Column, usize)> = table
        .columns
        .iter()
        .filter_map(|column| place(column).map(|place| (column, place)))
        .collect();
    let below: Vec<&str> = table
        .below
        .iter()
        .map(|(label, _)| *label)
        .chain(table.signed.iter().copied())
        .collect();
    for row in &grid.rows[head + 1..] {
        let blank = places.iter().all(|(_, place)| text(row, *place).is_empty());
        if below.contains(&text(row, 0)) {
            break;
        }
        if blank {
            continue;
        }
        let written = places
            .iter()
            .map(|(column, place)| (*column, text(row, *place)));
        let of = match text(row, places[identity].1) {
            "" if table.grows => by_hand(written.clone()),
            "" => continue,
            of => of.to_owned(),
        };
        let ours = table
            .rows
            .iter()
            .find(|row| row.get(identity).and_then(super::name_of).as_deref() == Some(of.as_str()));
        for (column, text) in written {
            // What we wrote ourselves is nobody's word: it may be otherwise next time.
            let at = table.columns.iter().position(|one| one == column);
            let cell = ours.zip(at).and_then(|(row, at)| row.get(at));
            let said = cell.is_none_or(|cell| cell.shown() != text);
            if table.grows || (column.filled && said) {
                notes.put(table.key, &of, column.key, text);
            }
        }
    }
    Ok(())
}

/// A row that people added has a name of its own, made of what they wrote.
fn by_hand<'a>(written: impl Iterator<Item = (&'a Column, &'a str)>) -> String {
    let said: Vec<&str> = written
        .filter(|(column, _)| !column.filled)
        .map(|(_, text)| text)
        .collect();
    let digest = crosswipe_domain::sha256_hex(said.join("\u{1f}").as_bytes());
    format!("M-{}", &digest[..8])
}

fn text(row: &[String], place: usize) -> &str {
    row.get(place).map_or("", |cell| cell.trim())
}
