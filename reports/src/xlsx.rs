//! 工作簿 · The tables of a run as one .xlsx file for Excel and WPS, ready for A4.
//!
//! Why so: who reads it filters, adds up and fills in, and prints it for a signature. Ids are text, so that no digit is lost;
//! amounts and instants are what the program takes them for; a state is a word and a colour. The same run gives the same
//! bytes, so the file bears no time of its own.
//! Not here: what stands in the tables (`tables`).

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Workbook, Worksheet, XlsxError,
};

use crosswipe_domain::Moment;

use crate::amount::yuan;
use crate::story::Story;
use crate::tables::{Cell, Column, Table, Tone};

/// Rows below a table in which something may still be chosen.
const ROOM: u32 = 50;
/// Signs of one cell, some below what the form takes.
const MOST_SIGNS: usize = 32_000;
/// A column of a table with few of them, in characters of half width.
const WIDE: u16 = 60;
/// A column of any other.
const NARROW: u16 = 22;
/// Rows of a table that widths are measured on.
const MEASURED: usize = 300;

/// 文件名 · `交叉刷卡_330000_20170528T0959_zhejiang-2017.xlsx`: provinces, first instant, run; no sign that a file name may
/// not hold.
pub fn xlsx_name(story: &Story) -> String {
    let mut provinces: Vec<String> = story
        .header
        .plan
        .regions
        .iter()
        .map(|(code, _)| format!("{}0000", &code.as_str()[..2]))
        .collect();
    provinces.sort();
    provinces.dedup();
    let places = match provinces.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one}-{other}"),
        [one, rest @ ..] => format!("{one}-等{}", rest.len()),
    };
    let began = story.marks.first().map(|mark| mark.at.wire());
    let began: String = began
        .unwrap_or_default()
        .chars()
        .take(16)
        .filter(|c| *c != '-' && *c != ':')
        .map(|c| if c == ' ' { 'T' } else { c })
        .collect();
    format!("交叉刷卡_{places}_{began}_{}.xlsx", story.judgement.run_id)
}

/// A sheet per table; on paper, both texts stand at the head of every page.
pub(crate) fn book(tables: &[Table], head: [&str; 2]) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles::new();
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let [left, right] = head.map(|text| text.replace('&', "&&"));
    let header = format!("&L{left}&R{right}");
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(table))?;
        write(sheet, table, &styles)?;
        sheet.set_header(&header).set_footer("&C&A  &P/&N");
    }
    book.save_to_buffer()
}

struct Styles {
    text: Format,
    money: Format,
    number: Format,
    at: Format,
    head: Format,
    label: Format,
    fill: Format,
    tones: [Format; 4],
}

impl Styles {
    fn new() -> Styles {
        let cell = || {
            Format::new()
                .set_align(FormatAlign::Top)
                .set_border(FormatBorder::Hair)
        };
        let text = || cell().set_num_format("@").set_text_wrap();
        let tone = |rgb| text().set_background_color(Color::RGB(rgb));
        Styles {
            text: text(),
            money: cell().set_num_format("#,##0.00"),
            number: cell().set_num_format("#,##0"),
            at: cell().set_num_format("yyyy-mm-dd hh:mm:ss"),
            head: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_background_color(Color::RGB(0x00DC_E6F1))
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter),
            label: Format::new().set_bold().set_align(FormatAlign::Top),
            fill: text().set_background_color(Color::RGB(0x00FF_FBE6)),
            tones: [
                tone(0x00E2_F0D9),
                tone(0x00F8_CBAD),
                tone(0x00FF_E699),
                tone(0x00ED_EDED),
            ],
        }
    }

    fn tone(&self, tone: Tone) -> &Format {
        match tone {
            Tone::Good => &self.tones[0],
            Tone::Bad => &self.tones[1],
            Tone::Doubt => &self.tones[2],
            Tone::Idle => &self.tones[3],
        }
    }
}

fn write(sheet: &mut Worksheet, table: &Table, styles: &Styles) -> Result<(), XlsxError> {
    let widths = widths(table);
    for (at, width) in (0u16..).zip(&widths) {
        sheet.set_column_width(at, *width)?;
    }
    let last_column = u16::try_from(table.columns.len().saturating_sub(1)).unwrap_or(0);
    // The last column on paper.
    let printed = match table.printed {
        0 => last_column,
        printed => u16::try_from(printed - 1).unwrap_or(last_column),
    };
    let mut row = 0;
    for (what, value) in &table.about {
        sheet.write_string_with_format(row, 0, *what, &styles.label)?;
        said(sheet, row, value, (printed, &widths), styles)?;
        row += 1;
    }
    if !table.about.is_empty() {
        row += 1;
    }
    let head = row;
    for (at, column) in (0u16..).zip(&table.columns) {
        sheet.write_string_with_format(head, at, &*column.title, &styles.head)?;
    }
    for cells in &table.rows {
        row += 1;
        let on_paper = cells.iter().zip(&widths).take(usize::from(printed) + 1);
        let texts = on_paper.filter_map(|(cell, width)| match cell {
            Cell::Text(text) | Cell::State(text, _) | Cell::Fill(text) => Some(lines(text, *width)),
            _ => None,
        });
        let tall = if table.key == "signatures" { 3 } else { 1 };
        let needed = texts.max().unwrap_or(1).clamp(tall, 12);
        if needed > 1 {
            sheet.set_row_height(row, u32::from(needed) * 15)?;
        }
        for ((at, cell), column) in (0u16..).zip(cells).zip(&table.columns) {
            let blank = if column.filled {
                &styles.fill
            } else {
                &styles.text
            };
            write_cell(sheet, (row, at), cell, blank, styles)?;
        }
    }
    for (at, column) in (0u16..).zip(&table.columns) {
        offer(sheet, column, (head + 1, at, row + ROOM))?;
    }
    if table.key != "signatures" {
        sheet.set_freeze_panes(head + 1, 1)?;
        sheet.set_repeat_rows(head, head)?;
        sheet.autofilter(head, 0, row.max(head + 1), last_column)?;
    }
    let row = close(sheet, table, row, (printed, &widths), styles)?;
    if printed < last_column {
        sheet.set_print_area(0, 0, row, printed)?;
    }
    if printed > 5 {
        sheet.set_landscape();
    }
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The value of a line above or below a table: a sentence has the width of the paper.
fn said(
    sheet: &mut Worksheet,
    row: u32,
    value: &Cell,
    (printed, widths): (u16, &[u16]),
    styles: &Styles,
) -> Result<(), XlsxError> {
    let wide = match value {
        Cell::Text(text) => Some((text, &styles.text)),
        Cell::State(text, tone) => Some((text, styles.tone(*tone))),
        Cell::Fill(text) => Some((text, &styles.fill)),
        _ => None,
    };
    let Some((text, format)) = wide.filter(|_| printed > 1) else {
        return write_cell(sheet, (row, 1), value, &styles.text, styles);
    };
    sheet.merge_range(row, 1, row, printed, &cut(text), format)?;
    let room: u16 = widths.iter().take(usize::from(printed) + 1).skip(1).sum();
    sheet.set_row_height(row, u32::from(lines(text, room)) * 15)?;
    Ok(())
}

/// Lines below a table, then the boxes that are signed in; returns the last row.
fn close(
    sheet: &mut Worksheet,
    table: &Table,
    mut row: u32,
    paper: (u16, &[u16]),
    styles: &Styles,
) -> Result<u32, XlsxError> {
    if !table.below.is_empty() {
        row += 1;
    }
    for (what, value) in &table.below {
        row += 1;
        sheet.write_string_with_format(row, 0, *what, &styles.label)?;
        said(sheet, row, value, paper, styles)?;
        if matches!(value, Cell::Fill(text) if lines(text, NARROW) < 3) {
            sheet.set_row_height(row, 45)?;
        }
    }
    if !table.signed.is_empty() {
        row += 1;
    }
    for what in &table.signed {
        row += 1;
        sheet.write_string_with_format(row, 0, *what, &styles.label)?;
        said(sheet, row, &Cell::Fill(String::new()), paper, styles)?;
        sheet.set_row_height(row, 36)?;
    }
    Ok(row)
}

/// What a sheet may be called: no sign that the form refuses, and no more than 31 of them.
pub(crate) fn sheet_name(table: &Table) -> String {
    let fit = table.title.chars().filter(|c| !"[]:*?/\\".contains(*c));
    fit.take(31).collect()
}

/// As an office program names a cell: row from 1, column from 0.
pub(crate) fn cell_name(row: usize, column: usize) -> String {
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    format!(
        "{}{row}",
        rust_xlsxwriter::utility::column_number_to_name(column)
    )
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, at): (u32, u16),
    cell: &Cell,
    blank: &Format,
    styles: &Styles,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => sheet.write_blank(row, at, blank)?,
        Cell::Text(text) => sheet.write_string_with_format(row, at, cut(text), &styles.text)?,
        Cell::Fill(text) => sheet.write_string_with_format(row, at, cut(text), &styles.fill)?,
        Cell::State(text, tone) => {
            sheet.write_string_with_format(row, at, text, styles.tone(*tone))?
        }
        Cell::Money(fen) => {
            sheet.write_number_with_format(row, at, of_text(&yuan(*fen)), &styles.money)?
        }
        Cell::Number(number) => {
            sheet.write_number_with_format(row, at, of_text(&number.to_string()), &styles.number)?
        }
        Cell::At(moment) => {
            sheet.write_datetime_with_format(row, at, instant(*moment)?, &styles.at)?
        }
    };
    Ok(())
}

/// A cell holds no more.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_SIGNS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A workbook knows no other number; what is written is the one nearest to the decimal text, which reads back as the same.
fn of_text(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap_or_default()
}

fn instant(at: Moment) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::parse_from_str(&at.wire().replace(' ', "T"))
}

fn offer(
    sheet: &mut Worksheet,
    column: &Column,
    (from, at, to): (u32, u16, u32),
) -> Result<(), XlsxError> {
    if column.choices.is_empty() {
        return Ok(());
    }
    let choices = DataValidation::new().allow_list_strings(&column.choices)?;
    sheet.add_data_validation(from, at, to, at, &choices)?;
    Ok(())
}

/// In characters of half width, from what stands in each column.
fn widths(table: &Table) -> Vec<u16> {
    let paper = match table.printed {
        0 => table.columns.len(),
        printed => printed,
    };
    let widest = if paper <= 4 { WIDE } else { NARROW };
    let of = |at: usize| {
        let cells = table
            .rows
            .iter()
            .take(MEASURED)
            .filter_map(|row| row.get(at));
        let cells = cells.map(|cell| match cell {
            Cell::Blank => 0,
            Cell::Text(text) | Cell::State(text, _) | Cell::Fill(text) => half_widths(text),
            Cell::Money(fen) => half_widths(&yuan(*fen)),
            Cell::Number(number) => half_widths(&number.to_string()),
            Cell::At(_) => 19,
        });
        let column = &table.columns[at];
        let least = if column.filled {
            14
        } else {
            half_widths(&column.title)
        };
        let label = table.about.iter().map(|(what, _)| half_widths(what));
        let label = if at == 0 { label.max().unwrap_or(0) } else { 0 };
        // Figures and instants beside a label have this column alone; a text has the width of the paper.
        let beside = table.about.iter().chain(&table.below);
        let beside = beside.filter(|_| at == 1).map(|(_, cell)| match cell {
            Cell::At(_) => 19,
            Cell::Money(_) | Cell::Number(_) => half_widths(&cell.shown()),
            _ => 0,
        });
        let beside = beside.max().unwrap_or(0);
        (cells.chain([least, label, beside]).max().unwrap_or(0) + 2).clamp(6, widest)
    };
    (0..table.columns.len()).map(of).collect()
}

fn lines(text: &str, width: u16) -> u16 {
    let of = |line: &str| half_widths(line).div_ceil(width.max(1)).max(1);
    text.lines().map(of).sum::<u16>().max(1)
}

fn half_widths(text: &str) -> u16 {
    let widths = text.chars().map(|c| if c.is_ascii() { 1u16 } else { 2 });
    widths.fold(0, u16::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn an_instant_beside_a_label_has_room() {
        let mut table =
            Table::new("period", "日报").columns(&[["项目", "what"], ["单位", "unit"]], Lang::Zh);
        table.row(vec![Cell::text("通过"), Cell::text("次")]);
        assert!(widths(&table)[1] < 19);
        let at = Moment::from_epoch_ms(0);
        table.about = vec![("期间起", Cell::At(at))];
        assert!(widths(&table)[1] > 19);
        table.about = vec![("总额", Cell::Money(123_456_789_012))];
        assert!(widths(&table)[1] > 16);
    }
}
