//! 工作簿 · Opens a workbook that a stranger packed: a small file may hold far more than it looks.
//!
//! Why so: a workbook is a zip archive, which may unpack a thousandfold; and one cell in the last corner of a sheet
//! makes a table of seventeen thousand million cells. Both are looked at before memory is given to them.
//! Called by `table`. Not here: what the cells mean.

use std::fs::File;
use std::io::{BufReader, Read as _, Write};
use std::path::Path;

use calamine::{Cell, Data, DataRef, Range, Reader as _, Sheets, XlsxError, open_workbook_auto};
use crosswipe_domain::{Both, both};
use zip::ZipArchive;

use crate::Flaw;

/// Bytes of all parts together, unpacked: a workbook of a million rows has half of it.
const UNPACKED: u64 = 1 << 30;
/// How much larger a part may be than its packed bytes, once it is no trifle any more.
const RATIO: u64 = 100;
const TRIFLE: u64 = 1 << 20;
const PARTS: usize = 10_000;
/// Cells of a table, empty ones included, per cell that holds something; beyond what is no trifle either.
const SPARSE: u64 = 64;
const FEW_CELLS: u64 = 4_000_000;

const MEND_PACK: Both = Both::new(
    "用办公软件打开后另存为 .xlsx 或 CSV",
    "open it in an office program and save it anew",
);
const MEND_CORNER: Both = Both::new(
    "删去表格最右、最下方无关的内容后另存",
    "delete what stands far outside the table, save it anew",
);

pub(crate) type Book = Sheets<BufReader<File>>;

/// Opens a workbook, if what it unpacks to is within bounds.
pub(crate) fn open(path: &Path) -> Result<Book, Flaw> {
    bounded(path)?;
    open_workbook_auto(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> Flaw {
    Flaw::of_file(
        path,
        both!(
            "不是能读的工作簿: {error}",
            "no workbook that can be read: {error}"
        ),
        both!(
            "另存为 .xlsx, 去掉密码",
            "save it as .xlsx without a password"
        ),
    )
}

/// Of a zip archive: what its parts unpack to, counted and not believed. Other files are left to their reader.
fn bounded(path: &Path) -> Result<(), Flaw> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let Ok(mut parts) = ZipArchive::new(BufReader::new(file)) else {
        return Ok(());
    };
    let bomb = |what: Both| {
        let Both { zh, en } = what;
        let words = both!("解包后过大, 不予读取: {zh}", "it unpacks to too much: {en}");
        Flaw::of_file(path, words, MEND_PACK)
    };
    if parts.len() > PARTS {
        return Err(bomb(both!("共 {} 个部件", "{} parts", parts.len())));
    }
    let mut whole = 0;
    for place in 0..parts.len() {
        let part = parts
            .by_index(place)
            .map_err(|error| unreadable(path, error))?;
        let name = part
            .name()
            .map_or_else(|_| place.to_string(), |name| name.into_owned());
        let packed = part.compressed_size();
        let most = (packed.saturating_mul(RATIO))
            .max(TRIFLE)
            .min(UNPACKED - whole);
        let mut seen = Seen::default();
        // A part that breaks off is its reader's affair; here it is but counted.
        let unpacked = match std::io::copy(&mut part.take(most + 1), &mut seen) {
            Ok(unpacked) => unpacked,
            Err(_) => continue,
        };
        if unpacked > most {
            return Err(bomb(both!(
                "`{name}` 压缩后 {packed} 字节, 解开超过 {most} 字节",
                "`{name}`, {packed} bytes packed, more than {most} unpacked"
            )));
        }
        if seen.beyond {
            let words = both!("单元格编号超出表格", "a cell stands where no sheet reaches");
            return Err(Flaw::new(
                format!("{}!{name}", path.display()),
                words,
                MEND_PACK,
            ));
        }
        whole += unpacked;
    }
    Ok(())
}

/// 所见 · Places of cells (`r="B7"`, `ref="A1:C9"`) as they go by: one beyond all sheets is reckoned wrong by readers.
#[derive(Default)]
struct Seen {
    beyond: bool,
    /// Bytes of the word that ended last, from its end.
    word: Vec<u8>,
    /// The quote that ends the place under way.
    place: Option<u8>,
    digits: usize,
    letters: usize,
}

impl Seen {
    fn byte(&mut self, byte: u8) {
        match self.place {
            Some(quote) if byte == quote => self.place = None,
            Some(_) => {
                self.digits = if byte.is_ascii_digit() {
                    self.digits + 1
                } else {
                    0
                };
                self.letters = if byte.is_ascii_alphabetic() {
                    self.letters + 1
                } else {
                    0
                };
                self.beyond |= self.digits > 7 || self.letters > 3;
            }
            None if matches!(byte, b'"' | b'\'') => {
                if matches!(self.word.as_slice(), b"r=" | b"ref=") {
                    (self.place, self.digits, self.letters) = (Some(byte), 0, 0);
                }
                self.word.clear();
            }
            None if byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>') => self.word.clear(),
            None if self.word.len() < 8 => self.word.push(byte),
            None => {}
        }
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        bytes.iter().for_each(|byte| self.byte(*byte));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One sheet as a table.
pub(crate) fn sheet(path: &Path, book: &mut Book, name: &str) -> Result<Range<Data>, Flaw> {
    let broken = |error: &dyn std::fmt::Display| unreadable(path, error);
    let cells = match book {
        Sheets::Xlsx(book) => match book.worksheet_cells_reader(name) {
            Ok(mut reader) => gathered(|| reader.next_cell()),
            Err(XlsxError::NotAWorksheet(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
        .map_err(|error| broken(&error))?,
        Sheets::Xlsb(book) => match book.worksheet_cells_reader(name) {
            Ok(mut reader) => gathered(|| reader.next_cell()),
            Err(error) => Err(error),
        }
        .map_err(|error| broken(&error))?,
        other => return other.worksheet_range(name).map_err(|error| broken(&error)),
    };
    let area = area(&cells);
    if area > FEW_CELLS && area / SPARSE > cells.len() as u64 {
        return Err(Flaw::new(
            format!("{}!{name}", path.display()),
            both!(
                "{} 个单元格铺成 {area} 格的表",
                "{} cells lie in a table of {area}",
                cells.len()
            ),
            MEND_CORNER,
        ));
    }
    Ok(Range::from_sparse(cells))
}

fn gathered<'a, E>(
    mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, E>,
) -> Result<Vec<Cell<Data>>, E> {
    let mut cells = Vec::new();
    while let Some(cell) = next()? {
        if *cell.get_value() != DataRef::Empty {
            cells.push(Cell::new(
                cell.get_position(),
                Data::from(cell.get_value().clone()),
            ));
        }
    }
    Ok(cells)
}

/// Cells of the smallest table that holds them all.
fn area(cells: &[Cell<Data>]) -> u64 {
    let side = |of: fn(&Cell<Data>) -> u32| {
        let places = || cells.iter().map(of);
        let from = places().min().unwrap_or_default();
        u64::from(places().max().unwrap_or_default() - from) + 1
    };
    side(|cell| cell.get_position().0) * side(|cell| cell.get_position().1)
}
