//! 逐行用例 · A table of arguments: CSV or a sheet of a workbook, one row for one case.
//!
//! Why exact: ids and identity numbers are text, so nothing that an office program turned into a number, a date or a
//! formula's value is believed; it is told at its cell. Called by `fragments`.

use std::sync::Arc;

use crosswipe_domain::both;
use crosswipe_sheets::{Cell, Odd, Sheet, read_book};

use crate::codes;
use crate::folder::{Folder, is_workbook};
use crate::fragments::place_in;
use crate::node::Node;
use crate::problem::{Problem, Problems, Said, noun};
use crate::source::Source;
use crate::table::{is_spreadsheet_number, lines_of};
use crate::words;

/// 表 · Its headings and rows; each row has as many cells.
pub(crate) struct Table {
    pub(crate) heads: Vec<Said<String>>,
    pub(crate) rows: Vec<Vec<Said<String>>>,
}

/// A table has no more rows than anybody reads through.
const MOST: usize = 10_000;

/// Reads `rows: visits.csv`, `rows: visits.xlsx` or `rows: visits.xlsx!sheet`; what is wrong with it is told.
pub(crate) fn read(node: &Node, folder: &Folder, problems: &Problems) -> Option<Table> {
    let said = words::prose(node, problems)?;
    let (file, sheet) = match said.value.split_once('!') {
        Some((file, sheet)) => (file, Some(sheet)),
        None => (said.value.as_str(), None),
    };
    let file = Said {
        value: file.to_owned(),
        at: said.at.clone(),
    };
    let path = folder.inside(&file, problems)?;
    let before = problems.len();
    let mut lines = match is_workbook(path.as_ref()) {
        true => sheet_lines(&path, (&file, sheet), folder, problems)?,
        false => lines_of(&folder.open(&path, Some(&said.at), problems)?, problems),
    };
    if lines.len() < 2 || lines.len() > MOST + 1 {
        if problems.len() == before {
            let message = match lines.len() {
                0 | 1 => both!("表 `{path}` 里一行也没有", "the table `{path}` has no row"),
                _ => both!(
                    "表 `{path}` 超过 {MOST} 行",
                    "the table `{path}` has more than {MOST} rows"
                ),
            };
            let help = both!(
                "首行写列名, 之后每行一例, 至多 {MOST} 行",
                "write the headings first, then one row for each case, {MOST} at most"
            );
            problems.push(said.at.error(codes::BAD_TABLE, message).help(help));
        }
        return None;
    }
    let heads = lines.remove(0);
    words::report_duplicates(noun("列", "column"), &heads, problems);
    for row in &lines {
        report_row(row, &heads, problems);
    }
    (problems.len() == before).then_some(Table { heads, rows: lines })
}

fn report_row(row: &[Said<String>], heads: &[Said<String>], problems: &Problems) {
    let Some(first) = row.first() else {
        return;
    };
    if row.len() != heads.len() {
        let message = both!(
            "这一行有 {} 格, 首行有 {} 格",
            "this row has {} cells, the head line has {}",
            row.len(),
            heads.len()
        );
        let help = both!("补齐或删去多余的逗号", "add or drop commas");
        problems.push(first.at.error(codes::BAD_TABLE, message).help(help));
    }
    if let Some(cell) = row.iter().find(|cell| is_spreadsheet_number(&cell.value)) {
        let message = both!(
            "`{}` 是被表格软件改过的数, 末几位已丢失",
            "`{}` is a number that a spreadsheet has rounded",
            cell.value
        );
        let help = both!(
            "把该列设为文本后重新填写",
            "make the column text and fill it in again"
        );
        problems.push(cell.at.error(codes::SPREADSHEET_NUMBER, message).help(help));
    }
}

/// The rows of a sheet, as a text of which line 1 is row 1, so that a place in it says the row.
fn sheet_lines(
    path: &str,
    (said, sheet): (&Said<String>, Option<&str>),
    folder: &Folder,
    problems: &Problems,
) -> Option<Vec<Vec<Said<String>>>> {
    let on_disk = folder.keep(path, &said.at, problems)?;
    let sheets = match read_book(&on_disk) {
        Ok(sheets) => sheets,
        Err(flaw) => {
            let problem = Problem::whole_file(codes::UNREADABLE_FILE, flaw.place, flaw.what);
            problems.push(problem.help(flaw.mend));
            return None;
        }
    };
    let found = match sheet {
        Some(name) => sheets.iter().find(|sheet| sheet.name == name),
        None => sheets.iter().find(|sheet| sheet.height() > 0),
    };
    let Some(found) = found else {
        let asked = Said {
            value: sheet.unwrap_or(path).to_owned(),
            at: said.at.clone(),
        };
        let known = sheets.iter().map(|sheet| sheet.name.as_str());
        let what = noun("工作表", "sheet");
        problems.push(words::unknown(codes::UNKNOWN_SHEET, what, &asked, known));
        return None;
    };
    let shown = format!("{}!{}", on_disk.display(), found.name);
    cells(found, &shown, problems)
}

fn cells(sheet: &Sheet, shown: &str, problems: &Problems) -> Option<Vec<Vec<Said<String>>>> {
    let before = problems.len();
    let used = |row: u32| sheet.row(row).next().is_some();
    let top = (0..sheet.height()).find(|row| used(*row))?;
    let width = sheet.row(top).map(|(column, _)| column + 1).max()?;
    let mut text = String::new();
    let mut spans = Vec::new();
    for row in 0..sheet.height() {
        let mut line = Vec::new();
        for column in 0..width {
            let start = text.len();
            if row >= top && used(row) {
                let place = format!("{shown}!{}", Sheet::place(row, column));
                let odd = sheet.odd.get(&(row, column));
                text += &cell_text(sheet.cell(row, column), odd, &place, problems);
            }
            line.push(start..text.len());
            text.push_str(if column + 1 < width { ", " } else { "\n" });
        }
        if row >= top && used(row) {
            spans.push(line);
        }
    }
    if problems.len() > before {
        return None;
    }
    let source = Arc::new(Source::new(shown.to_owned(), &text));
    let said = |span: &std::ops::Range<usize>| Said {
        value: source.text[span.clone()].to_owned(),
        at: place_in(&source, span.clone()),
    };
    let lines = spans.iter().map(|line| line.iter().map(said).collect());
    Some(lines.collect())
}

/// A cell as it was typed.
fn cell_text(cell: Option<&Cell>, odd: Option<&Odd>, place: &str, problems: &Problems) -> String {
    let wrong = match (cell, odd) {
        (_, Some(Odd::Formula)) => Some((
            codes::BAD_TABLE,
            both!(
                "这一格是公式, 应是值",
                "a formula stands where a value belongs"
            ),
            both!(
                "改成值: 复制, 选择性粘贴为数值",
                "copy the cell and paste it as a value"
            ),
        )),
        (_, Some(Odd::Merged)) => Some((
            codes::BAD_TABLE,
            both!(
                "合并的单元格: 只有其中一格有值",
                "merged cells: only one of them has the value"
            ),
            both!("取消合并, 每格写上", "unmerge them and fill in each"),
        )),
        (Some(Cell::Number { inexact: true, .. }), None) => Some((
            codes::SPREADSHEET_NUMBER,
            both!(
                "编号存成了数字, 超过 15 位, 末几位已丢失",
                "an id kept as a number of more than 15 digits has lost its last digits"
            ),
            both!(
                "把该列设为文本后重新填写",
                "make the column text and fill it in again"
            ),
        )),
        _ => None,
    };
    if let Some((code, message, help)) = wrong {
        problems.push(Problem::whole_file(code, place.to_owned(), message).help(help));
        return String::new();
    }
    match cell {
        None => String::new(),
        Some(Cell::Text(text)) => text.trim().replace(['\n', '\r'], " "),
        Some(Cell::Number { text, .. }) => text.clone(),
        Some(Cell::Time(moment)) => crate::phases::shown(*moment),
    }
}
