//! 件 · Files of parties as rows with their cells, for whoever takes them in as evidence: lists, 3202 results, task sheets.
//!
//! Why beside `gather`: the audit keeps fingerprints of a million rows; here rows are few, and each must be told by its cell.
//! A formula or a merged cell where something is read is a flaw: its value is whatever a program computed last.
//! Called by `intake`. Not here: which rows matter and to which τ they belong.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crosswipe_domain::{Day, Moment, Party, both, sha256_hex};
use crosswipe_sheets::{Cell, Odd, Sheet, Table, letters, read_book};
use crosswipe_verify::audit::State;

use super::gather::{Sort, found, sort};
use super::list;
use super::mapping::{Entry, Field, Mapping, party_of};
use super::{Flaw, Flaws};

/// 件 · One list, or the lines of one 3202 result.
pub(crate) struct Paper {
    /// File and sheet without the folder.
    pub(crate) name: String,
    /// Of the whole file.
    pub(crate) sha256: String,
    /// As typed or found; of a 3202 result whoever was typed.
    pub(crate) party: Option<Party>,
    /// Of a 3202 result, as mapped or as its file's name begins.
    pub(crate) institution: Option<String>,
    /// As declared.
    pub(crate) days: Option<(Day, Day)>,
    pub(crate) names_persons: bool,
    pub(crate) rows: Vec<PaperRow>,
    /// Where to tell what is wrong with it as a whole.
    pub(crate) place: String,
    /// A 3202 result.
    pub(crate) is_detail: bool,
}

/// 行 · One row with its cells.
#[derive(Clone)]
pub(crate) struct PaperRow {
    pub(crate) place: String,
    pub(crate) cells: BTreeMap<String, String>,
    pub(crate) id: String,
    pub(crate) original: String,
    pub(crate) visit: String,
    pub(crate) msgid: String,
    pub(crate) person: String,
    pub(crate) institution: String,
    pub(crate) time: Option<Moment>,
    /// Fen: total, fund, account, cash.
    pub(crate) sums: [Option<i64>; 4],
    pub(crate) state: State,
    /// Of a 3202 result: `000101`, `000102`, `000103`.
    pub(crate) result: Option<String>,
}

/// What a workbook or text may be beside a list.
pub(crate) trait Sorted {
    /// Takes a whole sheet, if it is one of its own kind; false leaves it to the lists.
    fn takes(&mut self, page: &Page<'_>, flaws: &mut Flaws) -> bool;
}

/// 页 · A sheet of a workbook, or a text with columns, as a whole.
pub(crate) struct Page<'a> {
    pub(crate) path: &'a Path,
    pub(crate) sha256: &'a str,
    /// Its name; `None` of a text.
    pub(crate) sheet: Option<&'a str>,
    /// Cells by row and column, from 0.
    pub(crate) cells: BTreeMap<(u32, u32), Cell>,
    pub(crate) odd: BTreeMap<(u32, u32), Odd>,
}

impl Page<'_> {
    /// `file!sheet!C7`, without the folder.
    pub(crate) fn place(&self, row: u32, column: u32) -> String {
        let file = file_name(self.path);
        match self.sheet {
            Some(sheet) => format!("{file}!{sheet}!{}", Sheet::place(row, column)),
            None => format!("{file}!{}", Sheet::place(row, column)),
        }
    }

    /// Rows that hold something, by number.
    pub(crate) fn rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.cells.keys().map(|(row, _)| *row).collect();
        rows.dedup();
        rows
    }

    /// The cell; blank where nothing stands.
    pub(crate) fn cell(&self, row: u32, column: u32) -> Cell {
        self.cells
            .get(&(row, column))
            .cloned()
            .unwrap_or_else(Cell::none)
    }

    /// The words of a cell.
    pub(crate) fn words(&self, row: u32, column: u32) -> String {
        self.cell(row, column).words()
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    crosswipe_wire::without_strangers(&name.to_string_lossy()).into_owned()
}

/// Reads all files that were typed: sheets that `other` knows go there, the rest are lists and 3202 results.
///
/// # Errors
/// All flaws of all files.
pub(crate) fn papers(
    typed: &[PathBuf],
    map: Option<&Path>,
    other: &mut dyn Sorted,
) -> Result<Vec<Paper>, Flaws> {
    let mut flaws = Flaws::default();
    let mut files = Vec::new();
    let mapping = map.map(Mapping::read).transpose().map_err(Flaws::from)?;
    let mapping = mapping.unwrap_or_default();
    for path in typed {
        match found(path) {
            Ok(more) => files.extend(more),
            Err(flaw) => flaws.push(flaw),
        }
    }
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    let mut papers = Vec::new();
    for file in &files {
        let bytes = match fs::read(&file.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                flaws.push(Flaw::of_file(
                    &file.path,
                    both!("读不出: {error}", "could not be read: {error}"),
                    both!("检查路径与权限", "check path and permissions"),
                ));
                continue;
            }
        };
        let sha256 = sha256_hex(&bytes);
        let entry = |sheet: &str| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let mut entry = mapping.entry(&name, sheet);
            if file.party.is_some() {
                entry.party.clone_from(&file.party);
            }
            entry
        };
        match one(&file.path, &bytes, &sha256, &entry, other) {
            Ok(more) => papers.extend(more),
            Err(more) => flaws.append(more),
        }
    }
    match flaws.is_empty() {
        true => Ok(papers),
        false => Err(flaws),
    }
}

fn one(
    path: &Path,
    bytes: &[u8],
    sha256: &str,
    entry: &dyn Fn(&str) -> Entry,
    other: &mut dyn Sorted,
) -> Result<Vec<Paper>, Flaws> {
    if let Some(text) = detail_text(path, bytes, &entry(""))? {
        return Ok(vec![detail(path, sha256, &entry(""), &text)?]);
    }
    let mut flaws = Flaws::default();
    let mut papers = Vec::new();
    let (tables, pages) = match sort(path) {
        Sort::Csv => (vec![Table::csv(path)?], vec![text_page(path, sha256)?]),
        Sort::Workbook => (Table::sheets(path)?, Vec::new()),
        Sort::Export | Sort::Unknown => {
            return Err(Flaw::of_file(
                path,
                both!(
                    "不是任务单、清单或 3202 结果文件",
                    "no task sheet, list or result of a 3202"
                ),
                both!(
                    "交 .xlsx .xls .ods .csv .txt .zip; 账册导出用 crosswipe audit",
                    "give .xlsx, .xls, .ods, .csv, .txt or .zip; exports of books go to crosswipe audit"
                ),
            )
            .into());
        }
    };
    let books = match sort(path) {
        Sort::Workbook => read_book(path)?,
        _ => Vec::new(),
    };
    let mut taken = false;
    for (place, mut table) in tables.into_iter().enumerate() {
        let sheet = table.sheet().map(str::to_owned);
        let entry = entry(sheet.as_deref().unwrap_or_default());
        if entry.skip {
            continue;
        }
        let book = sheet
            .as_ref()
            .and_then(|name| books.iter().find(|book| book.name == *name));
        let page = match book {
            Some(book) => sheet_page(path, sha256, book),
            None => match pages.get(place) {
                Some(page) => Page {
                    cells: page.cells.clone(),
                    odd: BTreeMap::new(),
                    ..*page
                },
                None => continue,
            },
        };
        if other.takes(&page, &mut flaws) {
            taken = true;
            continue;
        }
        match list::rows(path, &mut table, &entry) {
            Ok(Some(list)) if list.is_of_settlements() => {
                let paper = listed(path, sha256, &table, list, &entry);
                odd_cells(&paper, &page, &mut flaws);
                papers.push(paper);
            }
            Ok(Some(_)) => flaws.push(Flaw::new(
                table.name(),
                both!("不是逐笔的结算清单", "no list of single settlements"),
                both!(
                    "合计与就诊清单用 crosswipe audit 核; 这里要一笔一行, 不读的表在 --map 里写 skip: true",
                    "totals and visits are for crosswipe audit; here a row per settlement is needed, and what is not to be read is told by skip: true in --map"
                ),
            )),
            Ok(None) => {}
            Err(more) => flaws.append(more),
        }
    }
    if flaws.is_empty() && papers.is_empty() && !taken {
        flaws.push(Flaw::of_file(
            path,
            both!(
                "里面没有任务单, 也没有清单",
                "there is no task sheet and no list in it"
            ),
            both!(
                "看是不是交错了文件, 或忘了填",
                "see whether it is the right file, and filled in"
            ),
        ));
    }
    match flaws.is_empty() {
        true => Ok(papers),
        false => Err(flaws),
    }
}

fn text_page<'a>(path: &'a Path, sha256: &'a str) -> Result<Page<'a>, Flaws> {
    let mut table = Table::csv(path)?;
    let mut cells = BTreeMap::new();
    while let Some(line) = table.line()? {
        let row = u32::try_from(line.number)
            .unwrap_or(u32::MAX)
            .saturating_sub(1);
        for (column, cell) in (0u32..).zip(line.cells()) {
            if !cell.is_blank() {
                cells.insert((row, column), cell.kept());
            }
        }
    }
    Ok(Page {
        path,
        sha256,
        sheet: None,
        cells,
        odd: BTreeMap::new(),
    })
}

fn sheet_page<'a>(path: &'a Path, sha256: &'a str, book: &'a Sheet) -> Page<'a> {
    let mut cells = BTreeMap::new();
    for row in 0..book.height() {
        cells.extend(
            book.row(row)
                .map(|(column, cell)| ((row, column), cell.clone())),
        );
    }
    Page {
        path,
        sha256,
        sheet: Some(&book.name),
        cells,
        odd: book.odd.clone(),
    }
}

/// What a formula shows, or the corner of a merged area, was typed by nobody.
fn odd_cells(paper: &Paper, page: &Page<'_>, flaws: &mut Flaws) {
    let read: BTreeMap<&str, ()> = paper
        .rows
        .iter()
        .flat_map(|row| row.cells.values())
        .map(|place| (place.as_str(), ()))
        .collect();
    for ((row, column), odd) in &page.odd {
        let place = page.place(*row, *column);
        if read.contains_key(place.as_str()) {
            flaws.push(odd_flaw(place, *odd));
        }
    }
}

/// A formula or a merged cell where a value is read.
pub(crate) fn odd_flaw(place: String, odd: Odd) -> Flaw {
    match odd {
        Odd::Formula => Flaw::new(
            place,
            both!(
                "是公式, 看到的值没有人写过",
                "a formula: nobody typed the value that is seen"
            ),
            both!("复制后选择性粘贴为数值", "paste it as a value"),
        ),
        Odd::Merged => Flaw::new(
            place,
            both!(
                "是合并单元格, 只有左上角有值",
                "a merged cell: only its corner holds a value"
            ),
            both!(
                "取消合并, 每行各写各的",
                "take the merge apart, and fill in each row"
            ),
        ),
    }
}

fn listed(path: &Path, sha256: &str, table: &Table, list: list::List, entry: &Entry) -> Paper {
    let fields = [
        Field::Id,
        Field::Original,
        Field::Visit,
        Field::Msgid,
        Field::Person,
        Field::Institution,
        Field::Time,
        Field::Total,
        Field::Fund,
        Field::Account,
        Field::Cash,
        Field::Status,
    ];
    let short = |place: String| place.replace(&path.display().to_string(), &file_name(path));
    // A text has no sheet; its cells are named as an office program shows them.
    let cell = |at: u64, column: usize| match table.is_sheet() {
        true => short(table.place(at, Some(column))),
        false => format!("{}!{}{at}", file_name(path), letters(column)),
    };
    let columns: Vec<(&str, usize)> = fields
        .into_iter()
        .filter_map(|field| Some((field.name(), list.columns.place(field)?)))
        .collect();
    let rows = list
        .rows
        .unwrap_or_default()
        .into_iter()
        .map(|held| PaperRow {
            place: short(table.place(held.at, None)),
            cells: columns
                .iter()
                .map(|(name, column)| ((*name).to_owned(), cell(held.at, *column)))
                .collect(),
            id: held.id.into_owned(),
            original: held.original.into_owned(),
            visit: held.visit.into_owned(),
            msgid: held.msgid.into_owned(),
            person: held.person.into_owned(),
            institution: held.institution.into_owned(),
            time: held.time,
            // A negative amount is a refund, whatever the state column says.
            state: match held.sums.iter().flatten().any(|fen| *fen < 0) {
                true => State::Mirror,
                false => held.state,
            },
            sums: held.sums,
            result: None,
        });
    Paper {
        name: short(table.name()),
        sha256: sha256.to_owned(),
        party: Some(list.take.party.clone()),
        institution: None,
        days: entry.days(),
        names_persons: list.columns.place(Field::Person).is_some(),
        rows: rows.collect(),
        place: table.name(),
        is_detail: false,
    }
}

/// Results of a line of 3202.
const RESULTS: [&str; 3] = ["000101", "000102", "000103"];

/// The text of a 3202 result, as it comes out of 9102: a zip with one text, or the text.
fn detail_text(path: &Path, bytes: &[u8], entry: &Entry) -> Result<Option<String>, Flaws> {
    let declared = entry.kind.as_deref() == Some("detail");
    let ends = path
        .extension()
        .map(|end| end.to_string_lossy().to_lowercase());
    let unreadable = |why: String| {
        Flaw::of_file(
            path,
            both!("不是 3202 结果文件: {why}", "no result of a 3202: {why}"),
            both!(
                "交 9102 下载的 zip 或其中的 txt",
                "give the zip that 9102 gave, or the text in it"
            ),
        )
    };
    let text = match ends.as_deref() {
        Some("zip") => {
            let cursor = std::io::Cursor::new(bytes);
            let read = zip::ZipArchive::new(cursor).and_then(|mut zip| {
                let mut text = Vec::new();
                zip.by_index(0)?.take(64 << 20).read_to_end(&mut text)?;
                Ok(text)
            });
            read.map_err(|error| unreadable(error.to_string()))?
        }
        Some("txt") => bytes.to_vec(),
        _ => return Ok(None),
    };
    let text = match String::from_utf8(text) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) if !declared && ends.as_deref() == Some("txt") => return Ok(None),
        Err(_) => return Err(unreadable("UTF-8?".to_owned()).into()),
    };
    let first = text.lines().find(|line| !line.trim().is_empty());
    let is_one = first.is_some_and(|line| {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        cells.len() >= 10 && RESULTS.contains(&cells[4])
    });
    Ok((declared || is_one || ends.as_deref() == Some("zip")).then_some(text))
}

/// `psn_no mdtrt_id setl_id msgid stmt_rslt refd_setl_flag memo medfee_sumamt fund_pay_sumamt acct_pay` between TABs; a
/// region's memo may end with the insurance type in a column of its own.
fn detail(path: &Path, sha256: &str, entry: &Entry, text: &str) -> Result<Paper, Flaws> {
    let mut flaws = Flaws::default();
    let name = file_name(path);
    let mut rows = Vec::new();
    for (number, line) in (1u64..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let place = |column: usize| format!("{name}:{number} 第 {0} 列 column {0}", column + 1);
        if !(10..=11).contains(&cells.len()) || !RESULTS.contains(&cells[4]) {
            flaws.push(Flaw::new(
                format!("{name}:{number}"),
                both!(
                    "不是 3202 结果的一行: 应有 10 列, 第 5 列为 000101、000102 或 000103",
                    "no line of a 3202 result: 10 columns, the fifth 000101, 000102 or 000103"
                ),
                both!("交 9102 下载的原文件", "give the file as 9102 gave it"),
            ));
            continue;
        }
        let last = cells.len();
        let mut amount = |column: usize| {
            let read = Cell::Text(cells[column].to_owned()).fen(false);
            read.unwrap_or_else(|bad| {
                flaws.push(Flaw::new(place(column), bad.what, bad.mend));
                None
            })
        };
        let sums = [amount(last - 3), amount(last - 2), amount(last - 1), None];
        let of = |column: usize| (cells[column].to_owned(), place(column));
        let fields = [
            ("person", of(0)),
            ("visit", of(1)),
            ("id", of(2)),
            ("msgid", of(3)),
            ("status", of(4)),
            ("total", of(last - 3)),
        ];
        rows.push(PaperRow {
            place: format!("{name}:{number}"),
            cells: fields
                .iter()
                .map(|(field, (_, place))| ((*field).to_owned(), place.clone()))
                .collect(),
            id: cells[2].to_owned(),
            original: String::new(),
            visit: cells[1].to_owned(),
            msgid: cells[3].to_owned(),
            person: cells[0].to_owned(),
            institution: String::new(),
            time: None,
            sums,
            state: State::Stands,
            result: Some(cells[4].to_owned()),
        });
    }
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let begins = name.get(..12).filter(|code| {
        code.starts_with(['H', 'P']) && code[1..].bytes().all(|byte| byte.is_ascii_digit())
    });
    Ok(Paper {
        place: path.display().to_string(),
        sha256: sha256.to_owned(),
        party: entry.party.as_deref().and_then(party_of),
        institution: entry.institution.clone().or(begins.map(str::to_owned)),
        days: entry.days(),
        names_persons: true,
        rows,
        is_detail: true,
        name,
    })
}
