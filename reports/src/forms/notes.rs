//! 手填 · What people wrote into forms, by table, row and heading, so that it outlives the form.
//!
//! Headings are kept by their Chinese text whatever language the form was in. A row is known by the text of its identity
//! column. Not here: where notes are stored (`cli`), which cells are for people (`tables`).

use std::collections::BTreeMap;
use std::fmt;

use crosswipe_domain::Both;
use serde::{Deserialize, Serialize};

use super::Form;
use super::register::MET;
use crate::tables::{Cell, Table};

/// 手填 · Texts by table, row (empty: the lines above and below) and heading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notes(BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>);

/// 网格 · One sheet of a workbook as texts, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Name of the sheet; empty for a file that has but one and no name for it.
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
    /// A heading of ours was changed a little: whose texts are below it?
    Renamed {
        /// The sheet.
        sheet: String,
        /// As it stands there.
        found: String,
        /// As it was.
        ours: String,
    },
    /// A heading stands there twice, and something is written below both.
    Twice {
        /// The sheet.
        sheet: String,
        /// The heading.
        heading: String,
    },
    /// Something is written where no heading is above it.
    NoHeading {
        /// The sheet.
        sheet: String,
        /// Its row, from 1.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// How it begins.
        text: String,
    },
    /// People added a column to a table whose rows cannot be known again.
    NoRows {
        /// The sheet.
        sheet: String,
        /// The column.
        heading: String,
    },
}

impl fmt::Display for NotThisForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotThisForm::NoSheet(sheets) => write!(f, "no sheet `{}`", sheets.join("`, `")),
            NotThisForm::NoHeadings { sheet, missing } => {
                write!(f, "sheet `{sheet}`: no heading `{}`", missing.join("`, `"))
            }
            NotThisForm::Renamed { sheet, found, ours } => {
                write!(f, "sheet `{sheet}`: heading `{found}` was `{ours}`")
            }
            NotThisForm::Twice { sheet, heading } => {
                write!(f, "sheet `{sheet}`: heading `{heading}` stands there twice")
            }
            NotThisForm::NoHeading {
                sheet,
                row,
                column,
                text,
            } => {
                let at = crate::xlsx::cell_name(*row, *column);
                write!(f, "sheet `{sheet}` {at}: `{text}` stands below no heading")
            }
            NotThisForm::NoRows { sheet, heading } => {
                write!(
                    f,
                    "sheet `{sheet}` takes no column of your own: `{heading}`"
                )
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
            NotThisForm::Renamed { sheet, found, ours } => {
                format!("`{sheet}` 页的表头 `{found}` 原是 `{ours}`")
            }
            NotThisForm::Twice { sheet, heading } => {
                format!("`{sheet}` 页有两列 `{heading}`，都写了字")
            }
            NotThisForm::NoHeading {
                sheet,
                row,
                column,
                text,
            } => {
                let at = crate::xlsx::cell_name(*row, *column);
                format!("`{sheet}` 页 {at} 写了 `{text}`，上面没有表头")
            }
            NotThisForm::NoRows { sheet, heading } => {
                format!("`{sheet}` 页不能自己加列：`{heading}`")
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
            let unnamed = |grid: &&Grid| grid.sheet.is_empty() && self.tables.len() == 1;
            let named = grids.iter().find(|grid| grid.sheet == name);
            let Some(grid) = named.or(grids.iter().find(unnamed)) else {
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
    let Some(headed) = Headed::of(table, grid)? else {
        return Ok(());
    };
    let below: Vec<&str> = table
        .below
        .iter()
        .map(|(label, _)| *label)
        .chain(table.signed.iter().copied())
        .collect();
    for (at, row) in grid.rows.iter().enumerate().skip(headed.row + 1) {
        if below.contains(&text(row, 0)) {
            break;
        }
        headed.every_text_is_headed(grid, at)?;
        let own = headed.own.iter();
        let of_own = own.map(|(place, heading)| (*heading, text(row, *place), true));
        let ours = table.columns.iter().zip(&headed.places);
        let of_ours = ours.filter_map(|(column, place)| {
            place.map(|place| (&*column.key, text(row, place), column.filled))
        });
        let written: Vec<(&str, &str, bool)> = of_ours.chain(of_own).collect();
        if written.iter().all(|(_, text, _)| text.is_empty()) {
            continue;
        }
        let Some(identity) = table.identity else {
            continue;
        };
        let of = match headed.places[identity].map_or("", |place| text(row, place)) {
            "" if table.grows => by_hand(table, &headed.places, row),
            "" => continue,
            of => of.to_owned(),
        };
        let ours = table
            .rows
            .iter()
            .find(|row| row.get(identity).and_then(super::name_of).as_deref() == Some(of.as_str()));
        for (key, text, filled) in written {
            // What we wrote ourselves is nobody's word: it may be otherwise next time.
            let cell = ours.zip(table.place(key)).and_then(|(row, at)| row.get(at));
            let said = cell.is_none_or(|cell| cell.shown() != text);
            if table.grows || (filled && said) {
                notes.put(table.key, &of, key, text);
            }
        }
    }
    Ok(())
}

/// 表头 · Where the headings of a table are in a sheet: people move columns, leave some out, and add their own.
struct Headed<'a> {
    row: usize,
    /// Of each column of the table.
    places: Vec<Option<usize>>,
    /// Headings that only people know of.
    own: Vec<(usize, &'a str)>,
}

impl<'a> Headed<'a> {
    /// Nothing for a table that people have no part in.
    fn of(table: &Table, grid: &'a Grid) -> Result<Option<Headed<'a>>, NotThisForm> {
        let sheet = || grid.sheet.clone();
        let titles: Vec<&str> = table.columns.iter().map(|one| &*one.title).collect();
        let held = |row: &[String]| {
            let held = titles.iter().filter(|title| place(row, title).is_some());
            held.count()
        };
        let rows = grid.rows.iter().enumerate();
        let nearest = rows.rev().max_by_key(|(_, row)| held(row));
        let nearest = nearest.filter(|(_, row)| held(row) >= titles.len().clamp(1, 2));
        let Some((row, head)) = nearest else {
            return match table.identity {
                None => Ok(None),
                Some(_) => Err(NotThisForm::NoHeadings {
                    sheet: sheet(),
                    missing: titles.iter().map(|title| (*title).to_owned()).collect(),
                }),
            };
        };
        if let Some(identity) = table.identity.map(|at| titles[at])
            && place(head, identity).is_none()
        {
            return Err(NotThisForm::NoHeadings {
                sheet: sheet(),
                missing: vec![identity.to_owned()],
            });
        }
        let places: Vec<Option<usize>> = titles.iter().map(|title| place(head, title)).collect();
        let mut headed = Headed {
            row,
            places,
            own: Vec::new(),
        };
        for (at, heading) in head.iter().map(|cell| cell.trim()).enumerate() {
            if heading.is_empty() || headed.places.contains(&Some(at)) {
                continue;
            }
            let heading = heading.to_owned();
            if place(head, &heading) != Some(at) {
                let twice = grid.rows[row + 1..].iter();
                if twice.clone().any(|row| !text(row, at).is_empty()) {
                    return Err(NotThisForm::Twice {
                        sheet: sheet(),
                        heading,
                    });
                }
                continue;
            }
            let missing = titles.iter().zip(&headed.places);
            let missing = missing.filter(|(_, place)| place.is_none());
            for (title, _) in missing {
                if alike(&heading, title) {
                    return Err(NotThisForm::Renamed {
                        sheet: sheet(),
                        found: heading,
                        ours: (*title).to_owned(),
                    });
                }
            }
            if table.identity.is_none() {
                return Err(NotThisForm::NoRows {
                    sheet: sheet(),
                    heading,
                });
            }
            headed.own.push((at, head[at].trim()));
        }
        Ok(Some(headed))
    }

    /// A text without a heading would have no place in the next form.
    fn every_text_is_headed(&self, grid: &Grid, at: usize) -> Result<(), NotThisForm> {
        let head = &grid.rows[self.row];
        let cells = grid.rows[at].iter().enumerate();
        let lost = cells.filter(|(place, _)| text(head, *place).is_empty());
        for (place, cell) in lost {
            if !cell.trim().is_empty() {
                return Err(NotThisForm::NoHeading {
                    sheet: grid.sheet.clone(),
                    row: at + 1,
                    column: place,
                    text: cell.trim().chars().take(20).collect(),
                });
            }
        }
        Ok(())
    }
}

fn place(row: &[String], title: &str) -> Option<usize> {
    row.iter().position(|cell| cell.trim() == title.trim())
}

/// One title that somebody shortened or added to: taken for a column of its own, its texts would stand there twice.
fn alike(one: &str, other: &str) -> bool {
    one.contains(other) || other.contains(one)
}

/// A row that people added has a name of its own, made of what they wrote but when and how often; the same whichever columns its sheet has.
fn by_hand(table: &Table, places: &[Option<usize>], row: &[String]) -> String {
    let columns = table.columns.iter().zip(places);
    let said: Vec<&str> = columns
        .filter(|(column, _)| !column.filled && !MET.contains(&&*column.key))
        .map(|(_, place)| place.map_or("", |place| text(row, place)))
        .collect();
    let digest = crosswipe_domain::sha256_hex(said.join("\u{1f}").as_bytes());
    format!("M-{}", &digest[..8])
}

fn text(row: &[String], place: usize) -> &str {
    row.get(place).map_or("", |cell| cell.trim())
}
