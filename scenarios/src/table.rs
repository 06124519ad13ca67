//! 表格 · A CSV file as rows of cells that know their place.
//!
//! Why so: a cell must be pointed at like any value of a YAML file, so the text is cut here instead of
//! by a reader that forgets where it stood. Column names are Chinese or English, in any order. What
//! spreadsheets do to long numbers, and full-width commas, have messages of their own.

use std::ops::Range;
use std::sync::Arc;

use crosswipe_domain::both;

use crate::codes;
use crate::nearest::suggest;
use crate::problem::{At, Problems, Said, noun};
use crate::source::Source;

/// 列 · A column: its English and its Chinese name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) en: &'static str,
    pub(crate) zh: &'static str,
}

/// A row, its cells in the order of the columns asked for.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) at: At,
    pub(crate) cells: Vec<Said<String>>,
}

/// The rows of a table with exactly these columns; what is wrong with its form is reported.
pub(crate) fn read_table(
    source: &Arc<Source>,
    columns: &[Column],
    problems: &Problems,
) -> Vec<Row> {
    let mut lines = lines_of(source, problems).into_iter();
    let Some(head) = lines.next() else {
        let at = At {
            source: Arc::clone(source),
            span: 0..0,
        };
        let names: Vec<&str> = columns.iter().map(|column| column.zh).collect();
        problems.push(
            at.error(codes::BAD_TABLE, both!("表是空的", "the table is empty"))
                .help(both!(
                    "首行写列名: {}",
                    "write the head line: {}",
                    names.join(",")
                )),
        );
        return Vec::new();
    };
    let Some(order) = column_order(&head, columns, problems) else {
        return Vec::new();
    };
    lines
        .filter_map(|cells| row(cells, &head, &order, problems))
        .collect()
}

/// For each column asked for, its place in the file.
fn column_order(
    head: &[Said<String>],
    columns: &[Column],
    problems: &Problems,
) -> Option<Vec<usize>> {
    let before = problems.len();
    let is =
        |column: &Column, cell: &Said<String>| cell.value == column.en || cell.value == column.zh;
    for (index, cell) in head.iter().enumerate() {
        match columns.iter().find(|column| is(column, cell)) {
            None if cell.value.contains('\t') => {
                let help = both!("另存为逗号分隔的 CSV", "save as comma-separated CSV");
                problems.push(
                    cell.at
                        .error(
                            codes::TAB,
                            both!("表是用制表符分隔的", "the table is separated by tabs"),
                        )
                        .help(help),
                );
                return None;
            }
            None if cell.value.contains('，') => problems.push(full_width_comma(cell)),
            None => {
                let message = both!("不认得的列 `{}`", "unknown column `{}`", cell.value);
                let known = columns.iter().flat_map(|column| [column.zh, column.en]);
                problems.push(
                    cell.at
                        .error(codes::UNKNOWN_KEY, message)
                        .maybe_help(suggest(&cell.value, known)),
                );
            }
            Some(column) => {
                if let Some(first) = head[..index].iter().find(|earlier| is(column, earlier)) {
                    problems.push(crate::words::duplicate(
                        noun("列", "column"),
                        &cell.value,
                        &cell.at,
                        &first.at,
                    ));
                }
            }
        }
    }
    let order: Vec<Option<usize>> = columns
        .iter()
        .map(|column| head.iter().position(|cell| is(column, cell)))
        .collect();
    if problems.len() == before {
        for (column, place) in columns.iter().zip(&order) {
            if place.is_none() {
                let message = both!(
                    "缺少列 `{}` ({})",
                    "column `{}` ({}) is missing",
                    column.zh,
                    column.en
                );
                problems.push(
                    head[0]
                        .at
                        .error(codes::MISSING_KEY, message)
                        .help(both!("在首行补上这一列", "add the column to the head line")),
                );
            }
        }
    }
    order.into_iter().collect()
}

fn row(
    cells: Vec<Said<String>>,
    head: &[Said<String>],
    order: &[usize],
    problems: &Problems,
) -> Option<Row> {
    let first = cells.first()?.at.clone();
    let end = cells.last()?.at.span.end;
    let at = At {
        source: first.source,
        span: first.span.start..end,
    };
    if cells.len() != head.len() {
        match cells.iter().find(|cell| cell.value.contains('，')) {
            Some(cell) => problems.push(full_width_comma(cell)),
            None => {
                let message = both!(
                    "这一行有 {} 格, 首行有 {} 格",
                    "this row has {} cells, the head line has {}",
                    cells.len(),
                    head.len()
                );
                problems.push(
                    at.error(codes::BAD_TABLE, message)
                        .help(both!("补齐或删去多余的逗号", "add or drop commas")),
                );
            }
        }
        return None;
    }
    for cell in &cells {
        if is_spreadsheet_number(&cell.value) {
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
            return None;
        }
    }
    Some(Row {
        at,
        cells: order.iter().map(|place| cells[*place].clone()).collect(),
    })
}

fn full_width_comma(cell: &Said<String>) -> crate::Problem {
    let offset = cell.at.source.text[cell.at.span.clone()]
        .find('，')
        .unwrap_or(0);
    let start = cell.at.span.start + offset;
    let at = At {
        source: Arc::clone(&cell.at.source),
        span: start..start + '，'.len_utf8(),
    };
    at.error(
        codes::FULL_WIDTH,
        both!(
            "这里应是半角 `,`, 写成了全角 `，`",
            "full-width `，` stands where `,` belongs"
        ),
    )
    .help(both!(
        "切换到半角输入: 把 `，` 改成 `,`",
        "switch to half-width input: write `,` for `，`"
    ))
    .fix(at.mend("，", ","))
}

/// `9.99999E+17`: what a spreadsheet makes of an 18-digit number.
pub(crate) fn is_spreadsheet_number(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+") else {
        return false;
    };
    let digits =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits(mantissa) && digits(exponent)
}

/// Whether the head line of a table's text has this column.
pub(crate) fn has_column(text: &str, column: &Column) -> bool {
    let mut lines = text.lines();
    let head = lines.find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let mut names = head.unwrap_or_default().split(',').map(str::trim);
    names.any(|name| [column.en, column.zh].contains(&name))
}

/// 原样 · The cells of a table's text, headings included, without their places.
pub(crate) fn cells_of(text: &str) -> Vec<Vec<String>> {
    let source = Arc::new(Source::new(String::new(), text));
    let lines = lines_of(&source, &Problems::default()).into_iter();
    lines
        .map(|cells| cells.into_iter().map(|cell| cell.value).collect())
        .collect()
}

/// The text cut into lines of cells; empty lines and lines that begin with `#` are left out.
pub(crate) fn lines_of(source: &Arc<Source>, problems: &Problems) -> Vec<Vec<Said<String>>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        if !text.trim().is_empty() && !text.starts_with('#') && !text.bytes().all(|b| b == b',') {
            lines.extend(cut_line(text, start, source, problems));
        }
        start += line.len();
    }
    lines
}

fn cut_line(
    line: &str,
    start: usize,
    source: &Arc<Source>,
    problems: &Problems,
) -> Option<Vec<Said<String>>> {
    let mut cells = Vec::new();
    let mut begin = 0;
    let mut quoted = false;
    for (offset, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                cells.push(cell(line, begin..offset, start, source));
                begin = offset + 1;
            }
            _ => {}
        }
    }
    cells.push(cell(line, begin..line.len(), start, source));
    if quoted {
        let at = At {
            source: Arc::clone(source),
            span: start + begin..start + line.len(),
        };
        problems.push(
            at.error(
                codes::BAD_TABLE,
                both!("这里的引号没有结尾", "a quote begins here and never ends"),
            )
            .help(both!("补上结尾的引号", "close the quote")),
        );
        return None;
    }
    Some(cells)
}

/// One cell without its blanks and quotes; its place covers the text inside.
fn cell(line: &str, range: Range<usize>, start: usize, source: &Arc<Source>) -> Said<String> {
    let raw = &line[range.clone()];
    let trimmed = raw.trim();
    let mut begin = range.start + (raw.len() - raw.trim_start().len());
    let inner = trimmed
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if inner.is_some() {
        begin += 1;
    }
    let text = inner.unwrap_or(trimmed);
    let span = start + begin..start + begin + text.len();
    Said {
        value: text.replace("\"\"", "\"").trim().to_owned(),
        at: At {
            source: Arc::clone(source),
            span,
        },
    }
}
