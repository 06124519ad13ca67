//! 表 · Lines of cells out of a CSV file or a sheet, with their places.
//!
//! A CSV file is read line by line in UTF-8, GBK or UTF-16, with commas, tabs or semicolons. A sheet comes
//! from `calamine`; a number of more than 15 digits has lost some, because office programs keep no more,
//! and is marked so. Not here: what the cells mean (`value`, `list`).

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek as _};
use std::path::{Path, PathBuf};

use calamine::{Data, Range, Reader as _};
use crosswipe_domain::{Both, Moment, both};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::value::{Cell, CellRef};
use crate::{Flaw, workbook};

/// One line of a table; read into again and again, it keeps its memory.
#[derive(Debug, Default)]
pub struct Line {
    /// Line of the file or row of the sheet, from 1.
    pub number: u64,
    /// Of a CSV file: its cells, in one text.
    texts: csv::StringRecord,
    /// Of a sheet: its cells.
    cells: Vec<Cell>,
}

impl Line {
    /// The cell of this column, from 0, the first column of the table.
    pub fn cell(&self, column: usize) -> Option<CellRef<'_>> {
        let text = self.texts.get(column).map(CellRef::Text);
        text.or_else(|| self.cells.get(column).map(Cell::lent))
    }

    /// Its cells, from the first column of the table.
    pub fn cells(&self) -> impl Iterator<Item = CellRef<'_>> {
        let texts = self.texts.iter().map(CellRef::Text);
        texts.chain(self.cells.iter().map(Cell::lent))
    }
}

/// 表 · A list to be read from the top.
pub struct Table {
    path: PathBuf,
    sheet: Option<String>,
    from: From,
}

enum From {
    Csv {
        lines: Box<csv::Reader<Box<dyn Read>>>,
        /// In GBK: the bytes of a line, before they are text.
        gbk: Option<csv::ByteRecord>,
        /// Lines end in CR LF: the reader counts a line when it begins to read the next record.
        late: bool,
    },
    Sheet {
        range: Range<Data>,
        next: usize,
    },
}

const MEND_TEXT: Both = Both::new("另存为 UTF-8 的 CSV", "save it as CSV in UTF-8");

impl Table {
    /// A CSV file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn csv(path: &Path) -> Result<Table, Flaw> {
        let failed = |error: std::io::Error| {
            Flaw::of_file(
                path,
                both!("读不出: {error}", "could not be read: {error}"),
                both!("检查路径与权限", "check path and permissions"),
            )
        };
        let mut file = File::open(path).map_err(failed)?;
        let mut start = vec![0; 1 << 16];
        let read = fill(&mut file, &mut start).map_err(failed)?;
        start.truncate(read);
        file.rewind().map_err(failed)?;
        let utf16 = match start.as_slice() {
            [0xff, 0xfe, ..] => Some(UTF_16LE),
            [0xfe, 0xff, ..] => Some(UTF_16BE),
            _ => None,
        };
        let (from, gbk): (Box<dyn Read>, bool) = match utf16 {
            Some(encoding) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(failed)?;
                let (text, _, _) = encoding.decode(&bytes);
                start = text.bytes().take(1 << 16).collect();
                (Box::new(Cursor::new(text.into_owned().into_bytes())), false)
            }
            None => {
                let gbk = !is_utf8(&mut file).map_err(failed)?;
                file.rewind().map_err(failed)?;
                (Box::new(BufReader::with_capacity(1 << 18, file)), gbk)
            }
        };
        let lines = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&start))
            .from_reader(from);
        let from = From::Csv {
            lines: Box::new(lines),
            gbk: gbk.then(csv::ByteRecord::new),
            late: crlf(&start),
        };
        Ok(Table {
            path: path.to_owned(),
            sheet: None,
            from,
        })
    }

    /// All sheets of a workbook.
    ///
    /// # Errors
    /// It cannot be read, or unpacks to too much.
    pub fn sheets(path: &Path) -> Result<Vec<Table>, Flaw> {
        let mut book = workbook::open(path)?;
        let mut tables = Vec::new();
        for sheet in book.sheet_names() {
            let range = workbook::sheet(path, &mut book, &sheet)?;
            let from = From::Sheet { range, next: 0 };
            tables.push(Table {
                path: path.to_owned(),
                sheet: Some(sheet),
                from,
            });
        }
        Ok(tables)
    }

    /// `file`, `file!sheet`.
    pub fn name(&self) -> String {
        match &self.sheet {
            Some(sheet) => format!("{}!{sheet}", self.path.display()),
            None => self.path.display().to_string(),
        }
    }

    /// The sheet's name; `None` for a CSV file.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// True if it is a sheet of a workbook.
    pub fn is_sheet(&self) -> bool {
        self.sheet.is_some()
    }

    /// `file:line`, `file!sheet!C5`.
    pub fn place(&self, number: u64, column: Option<usize>) -> String {
        match (&self.from, column) {
            (From::Csv { .. }, None) => format!("{}:{number}", self.name()),
            (From::Csv { .. }, Some(column)) => {
                format!("{}:{number} 第 {1} 列 column {1}", self.name(), column + 1)
            }
            (From::Sheet { .. }, None) => format!("{}!{number}", self.name()),
            (From::Sheet { range, .. }, Some(column)) => {
                let first = range.start().map_or(0, |(_, column)| column as usize);
                format!("{}!{}{number}", self.name(), letters(first + column))
            }
        }
    }

    /// The next line.
    ///
    /// # Errors
    /// It cannot be read on.
    pub fn line(&mut self) -> Result<Option<Line>, Flaw> {
        let mut line = Line::default();
        Ok(self.read(&mut line)?.then_some(line))
    }

    /// The next line in place of this one; false at the end.
    ///
    /// # Errors
    /// It cannot be read on.
    pub fn read(&mut self, line: &mut Line) -> Result<bool, Flaw> {
        let (lines, gbk, late) = match &mut self.from {
            From::Sheet { range, next } => {
                let (height, width) = range.get_size();
                if *next >= height {
                    return Ok(false);
                }
                let first = range.start().map_or(0, |(row, _)| u64::from(row));
                line.number = first + *next as u64 + 1;
                let cells =
                    (0..width).map(|at| range.get((*next, at)).map_or_else(Cell::none, cell));
                line.cells.clear();
                line.cells.extend(cells);
                *next += 1;
                return Ok(true);
            }
            From::Csv { lines, gbk, late } => (lines, gbk, *late),
        };
        let read = match gbk {
            Some(bytes) => lines.read_byte_record(bytes).map_err(Unread::Rest),
            None => lines.read_record(&mut line.texts).map_err(Unread::of),
        };
        let position = match gbk {
            Some(bytes) => bytes.position(),
            None => line.texts.position(),
        };
        let first = position.is_none_or(|at| at.record() == 0);
        line.number = position.map_or(0, csv::Position::line) + u64::from(late && !first);
        let read = match (gbk, read) {
            (Some(bytes), Ok(true)) => decoded(bytes, &mut line.texts).map(|()| true),
            (_, read) => read,
        };
        read.map_err(|unread| match unread {
            Unread::Rest(error) => Flaw::new(
                self.name(),
                both!("读不下去: {error}", "could not be read on: {error}"),
                MEND_TEXT,
            ),
            Unread::Encoding => Flaw::new(
                self.place(line.number, None),
                both!("既不是 UTF-8 也不是 GBK", "neither UTF-8 nor GBK"),
                MEND_TEXT,
            ),
        })
    }
}

/// Why a line of a CSV file could not be read.
enum Unread {
    /// It is text of another encoding.
    Encoding,
    /// Nothing from here on can be read.
    Rest(csv::Error),
}

impl Unread {
    fn of(error: csv::Error) -> Unread {
        match error.kind() {
            csv::ErrorKind::Utf8 { .. } => Unread::Encoding,
            _ => Unread::Rest(error),
        }
    }
}

/// Cells in GBK as text.
fn decoded(bytes: &csv::ByteRecord, texts: &mut csv::StringRecord) -> Result<(), Unread> {
    texts.clear();
    for cell in bytes {
        match GB18030.decode_without_bom_handling(cell) {
            (text, false) => texts.push_field(&text),
            (_, true) => return Err(Unread::Encoding),
        }
    }
    Ok(())
}

fn fill(file: &mut File, into: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read(&mut into[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Looks at the whole file once; a text of another encoding fails early.
fn is_utf8(file: &mut File) -> std::io::Result<bool> {
    let mut buffer = vec![0; 1 << 18];
    let mut kept = 0;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        let end = kept + read;
        match std::str::from_utf8(&buffer[..end]) {
            Ok(_) => kept = 0,
            Err(error) if error.error_len().is_none() && read > 0 => {
                let valid = error.valid_up_to();
                buffer.copy_within(valid..end, 0);
                kept = end - valid;
            }
            Err(_) => return Ok(false),
        }
        if read == 0 {
            return Ok(kept == 0);
        }
    }
}

/// How the first line ends.
fn crlf(start: &[u8]) -> bool {
    let end = start.iter().position(|byte| *byte == b'\n');
    end.is_some_and(|at| at > 0 && start[at - 1] == b'\r')
}

/// What separates the cells: whatever stands most often in the first lines.
fn delimiter(start: &[u8]) -> u8 {
    let lines: Vec<&[u8]> = start.split(|byte| *byte == b'\n').take(5).collect();
    let count = |wanted: u8| {
        lines
            .iter()
            .flat_map(|line| line.iter())
            .filter(|byte| **byte == wanted)
            .count()
    };
    [b',', b'\t', b';']
        .into_iter()
        .rev()
        .max_by_key(|byte| count(*byte))
        .unwrap_or(b',')
}

pub(crate) fn cell(data: &Data) -> Cell {
    match data {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            Cell::Text(text.clone())
        }
        Data::Int(number) => number_cell(number.to_string()),
        Data::Float(number) => number_cell(exact(*number)),
        Data::Bool(flag) => Cell::Text(if *flag { "1" } else { "0" }.to_owned()),
        Data::DateTime(date) => {
            let (year, month, day, hour, minute, second, ms) = date.to_ymd_hms_milli();
            let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            // A second of a day is no decimal fraction: 17:59:59 may come back as 17:59:58.999.
            let carried = if ms >= 500 { 1_000 } else { 0 };
            Moment::parse_wire(&text).map_or(Cell::Text(text), |moment| {
                Cell::Time(moment.plus_ms(carried))
            })
        }
        Data::Error(error) => Cell::Text(format!("{error}")),
        Data::Empty => Cell::none(),
    }
}

fn number_cell(text: String) -> Cell {
    let whole = text
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_start_matches('-')
        .len();
    Cell::Number {
        inexact: whole > 15,
        text,
    }
}

/// The decimal text of a number of an office program, which keeps 15 digits: no arithmetic, only digits.
fn exact(number: f64) -> String {
    let shortest = format!("{number}");
    let digits = shortest.bytes().filter(u8::is_ascii_digit).count();
    if digits <= 15 || !number.is_finite() {
        return shortest;
    }
    let rounded = format!("{number:.14e}");
    let back: Option<f64> = rounded.parse().ok();
    back.map_or(shortest, |back| format!("{back}"))
}

/// 0 → A, 27 → AB.
pub fn letters(mut column: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            return text;
        }
        column = column / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_office_programs() {
        assert_eq!(
            [0, 25, 26, 27, 701, 702].map(letters),
            ["A", "Z", "AA", "AB", "ZZ", "AAA"]
        );
    }

    #[test]
    fn a_line_read_again_keeps_nothing_of_the_line_before() {
        let text = "结算号,金额\r\n\"一,\r\n二\",25.00,退\r\n三\r\n";
        let expected = [
            (1, vec!["结算号", "金额"]),
            (2, vec!["一,\r\n二", "25.00", "退"]),
            (4, vec!["三"]),
        ];
        let encodings = [encoding_rs::UTF_8, encoding_rs::GBK];
        for encoding in encodings {
            let path = std::env::temp_dir().join(format!(
                "crosswipe-sheets-{}-{}.csv",
                encoding.name(),
                std::process::id()
            ));
            std::fs::write(&path, encoding.encode(text).0).unwrap();
            let mut table = Table::csv(&path).unwrap();
            let (mut line, mut read) = (Line::default(), Vec::new());
            while table.read(&mut line).unwrap() {
                let cells: Vec<String> =
                    line.cells().map(|cell| cell.words().into_owned()).collect();
                assert_eq!(line.cell(cells.len()), None);
                read.push((line.number, cells));
            }
            std::fs::remove_file(&path).unwrap();
            assert_eq!(read.len(), expected.len());
            for ((number, cells), (at, texts)) in read.iter().zip(&expected) {
                assert_eq!(
                    (number, cells),
                    (at, &texts.iter().map(|text| (*text).to_owned()).collect())
                );
            }
        }
    }

    #[test]
    fn numbers_of_office_programs_are_read_to_their_fifteen_digits() {
        assert_eq!(
            [25.1, 1234.5, 0.1 + 0.2, 100.0, -3.25].map(exact),
            ["25.1", "1234.5", "0.3", "100", "-3.25"]
        );
        assert_eq!(
            number_cell(exact(123456789012345.0)),
            Cell::Number {
                text: "123456789012345".into(),
                inexact: false
            }
        );
        assert!(matches!(
            number_cell(exact(3.30100203003020e20)),
            Cell::Number { inexact: true, .. }
        ));
    }

    #[test]
    fn the_separator_is_what_stands_most_often() {
        assert_eq!(delimiter("结算号,金额\n1,2".as_bytes()), b',');
        assert_eq!(delimiter(b"a\tb,c\td\n"), b'\t');
        assert_eq!(delimiter(b"a;b;c\n"), b';');
    }
}
