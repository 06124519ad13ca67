//! 整本 · A small workbook read as a whole: every cell with its place, and the places where what is shown is not what was typed.
//!
//! Why so: a plan is filled in by hand, so it is small, and a formula or a merged cell in it is a slip that must be named
//! at its cell: a formula's value is whatever an office program computed last, a merged cell has a value in one corner only.
//! Called by `scenarios`. Not here: lists of a million rows (`table`).

use std::collections::BTreeMap;
use std::path::Path;

use calamine::{Reader as _, Sheets};

use crate::table::{cell, letters};
use crate::{Cell, Flaw, workbook};

/// 页 · One sheet.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Cells by row and column, both from 0; blank ones are left out.
    cells: BTreeMap<(u32, u32), Cell>,
    /// Places whose value nobody typed.
    pub odd: BTreeMap<(u32, u32), Odd>,
}

/// 异样 · Why a cell's value is not what somebody typed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// 公式
    Formula,
    /// 合并单元格
    Merged,
}

impl Sheet {
    /// How many rows there are, blank ones before the last included.
    pub fn height(&self) -> u32 {
        let last = self.cells.keys().next_back();
        last.map_or(0, |(row, _)| row + 1)
    }

    /// The cell; `None` = blank.
    pub fn cell(&self, row: u32, column: u32) -> Option<&Cell> {
        self.cells.get(&(row, column))
    }

    /// The cells of a row that hold something, with their columns.
    pub fn row(&self, row: u32) -> impl Iterator<Item = (u32, &Cell)> {
        let cells = self.cells.range((row, 0)..=(row, u32::MAX));
        cells.map(|((_, column), cell)| (*column, cell))
    }

    /// `C7` for row 6, column 2.
    pub fn place(row: u32, column: u32) -> String {
        format!("{}{}", letters(column as usize), row + 1)
    }
}

/// All sheets of the workbook.
///
/// # Errors
/// It cannot be read, or unpacks to too much.
pub fn read_book(path: &Path) -> Result<Vec<Sheet>, Flaw> {
    let mut book = workbook::open(path)?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = workbook::sheet(path, &mut book, &name)?;
        let (top, left) = range.start().unwrap_or_default();
        let placed = range.used_cells().filter_map(|(row, column, data)| {
            let cell = cell(data);
            let place = (
                top + u32::try_from(row).ok()?,
                left + u32::try_from(column).ok()?,
            );
            (!cell.is_blank()).then_some((place, cell))
        });
        let cells = placed.collect();
        let mut odd = BTreeMap::new();
        if let Ok(formulas) = book.worksheet_formula(&name) {
            let (top, left) = formulas.start().unwrap_or_default();
            for (row, column, formula) in formulas.used_cells() {
                if let (false, Ok(row), Ok(column)) = (
                    formula.is_empty(),
                    u32::try_from(row),
                    u32::try_from(column),
                ) {
                    odd.insert((top + row, left + column), Odd::Formula);
                }
            }
        }
        for area in merged(&mut book, &name) {
            odd.insert(area, Odd::Merged);
        }
        sheets.push(Sheet { name, cells, odd });
    }
    Ok(sheets)
}

/// The first cell of each merged area; formats that do not tell have none.
fn merged(book: &mut workbook::Book, name: &str) -> Vec<(u32, u32)> {
    let areas = match book {
        Sheets::Xlsx(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
        Sheets::Xls(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
        _ => Vec::new(),
    };
    areas.into_iter().map(|area| area.start).collect()
}
