//! 词表 · A list of words as people keep them: the first sheet of a workbook, or a CSV file, line by line.

use std::path::Path;

use super::Flaw;
use crosswipe_sheets::Table;

/// 词表 · All lines of a list.
pub(crate) struct Lines {
    /// `file`, `file!sheet`.
    pub(crate) place: String,
    pub(crate) rows: Vec<Words>,
}

/// One line, and where it stands.
pub(crate) struct Words {
    pub(crate) place: String,
    pub(crate) cells: Vec<String>,
}

/// Most lines of such a list.
const MOST: usize = 10_000;

/// Reads a CSV file, or the first sheet that is not empty.
pub(crate) fn lines(path: &Path) -> Result<Lines, Flaw> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let tables = match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("xlsx" | "xls" | "xlsm" | "xlsb" | "ods") => Table::sheets(path)?,
        _ => vec![Table::csv(path)?],
    };
    let mut empty = None;
    for mut table in tables {
        let mut rows = Vec::new();
        while let Some(line) = table.line()? {
            if rows.len() == MOST {
                let what = format!("超过 {MOST} 行 · more than {MOST} lines");
                return Err(Flaw::of_file(path, what, "分成几个清单 · split the list"));
            }
            rows.push(Words {
                place: table.place(line.number, None),
                cells: line.cells().map(|cell| cell.words().into_owned()).collect(),
            });
        }
        let place = table.name();
        if rows.is_empty() {
            empty.get_or_insert(place);
            continue;
        }
        return Ok(Lines { place, rows });
    }
    Ok(Lines {
        place: empty.unwrap_or_else(|| path.display().to_string()),
        rows: Vec::new(),
    })
}
