//! 写工作簿 · Sheets as one .xlsx file: drop-downs where a word is chosen, ids as text, an example row in grey, ready for A4.
//!
//! Why so: who fills it in has Excel or WPS and no manual. Columns of codes are text before anybody types, so that no digit is
//! lost; what may be chosen is offered. The same sheets give the same bytes. Called by `lib` and tests.

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Workbook, Worksheet, XlsxError,
};

use super::form::{Column, EXAMPLE, Form, HEAD, Kind, OPEN};

/// 页 · One sheet to be written.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) form: &'static Form,
    /// Lines above the table: what, and its value.
    pub(crate) head: Vec<[String; 2]>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Page {
    /// The sheet, still empty.
    pub(crate) fn of(form: &'static Form) -> Page {
        let columns = form.columns.iter().map(|column| column.zh.to_owned());
        Page {
            form,
            head: Vec::new(),
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    fn column(&self, at: usize) -> Option<&'static Column> {
        let name = self.columns.get(at)?;
        let mut columns = self.form.columns.iter();
        columns.find(|column| column.zh == name || column.key == name)
    }
}

/// How far drop-downs and text columns reach below what is filled in.
const ROOM: u32 = 500;
/// Rows of one sheet of a plan: 10 000 and some.
const MOST_ROWS: u32 = 1_048_000;

struct Styles {
    text: Format,
    head: Format,
    example: Format,
    about: Format,
    label: Format,
}

impl Styles {
    fn new() -> Styles {
        let text = || {
            Format::new()
                .set_num_format("@")
                .set_align(FormatAlign::Top)
                .set_text_wrap()
        };
        Styles {
            text: text(),
            head: Format::new()
                .set_bold()
                .set_background_color(Color::RGB(0x00DC_E6F1))
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter),
            example: text().set_italic().set_font_color(Color::RGB(0x0080_8080)),
            about: Format::new().set_font_color(Color::RGB(0x0059_5959)),
            label: Format::new().set_bold(),
        }
    }
}

/// The workbook's bytes.
///
/// # Errors
/// A cell or a sheet is too large for the format.
pub(crate) fn bytes(pages: &[Page]) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles::new();
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for page in pages {
        let sheet = book.add_worksheet();
        sheet.set_name(page.form.name)?;
        write_page(sheet, page, &styles)?;
    }
    book.save_to_buffer()
}

fn write_page(sheet: &mut Worksheet, page: &Page, styles: &Styles) -> Result<(), XlsxError> {
    let mut row = 0;
    sheet.write_string_with_format(row, 0, format!("# {}", page.form.about), &styles.about)?;
    row += 1;
    for [what, value] in &page.head {
        sheet.write_string_with_format(row, 0, what, &styles.label)?;
        sheet.write_string_with_format(row, 1, value, &styles.text)?;
        if let Some(column) = HEAD.iter().find(|column| column.zh == what) {
            offer(sheet, column, (row, 1, row))?;
        }
        row += 1;
    }
    if !page.head.is_empty() {
        row += 1;
    }
    let head_row = row;
    let widths: Vec<u16> = (0..page.columns.len()).map(|at| width(page, at)).collect();
    for (at, name) in (0u16..).zip(&page.columns) {
        sheet.set_column_width(at, widths.get(usize::from(at)).copied().unwrap_or(8))?;
        sheet.set_column_format(at, &styles.text)?;
        sheet.write_string_with_format(row, at, name, &styles.head)?;
    }
    row += 1;
    for (at, _) in (0u16..).zip(&page.columns) {
        let shown = page
            .column(usize::from(at))
            .map_or("", |column| column.example);
        let shown = if at == 0 {
            format!("{EXAMPLE}: {shown}")
        } else {
            shown.to_owned()
        };
        sheet.write_string_with_format(row, at, shown, &styles.example)?;
    }
    row += 1;
    for cells in &page.rows {
        let lines = cells
            .iter()
            .zip(&widths)
            .map(|(text, width)| lines(text, *width));
        if let Some(lines) = lines.max().filter(|lines| *lines > 1) {
            sheet.set_row_height(row, u32::from(lines.min(20)) * 15)?;
        }
        for (at, text) in (0u16..).zip(cells) {
            if !text.is_empty() {
                sheet.write_string_with_format(row, at, text, &styles.text)?;
            }
        }
        row += 1;
    }
    let last = (row + ROOM).min(MOST_ROWS);
    for (at, _) in (0u16..).zip(&page.columns) {
        if let Some(column) = page.column(usize::from(at)) {
            offer(sheet, column, (head_row + 2, at, last))?;
        }
    }
    sheet.set_freeze_panes(head_row + 1, u16::from(!OPEN.contains(&page.form.name)))?;
    sheet.set_repeat_rows(head_row, head_row)?;
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0);
    sheet.set_footer("&C&A  &P/&N");
    Ok(())
}

/// A drop-down where one word is chosen; where several may be, it only hints.
fn offer(
    sheet: &mut Worksheet,
    column: &Column,
    (from, at, to): (u32, u16, u32),
) -> Result<(), XlsxError> {
    let validation = match column.kind {
        Kind::One(words) => {
            let words: Vec<&str> = words.iter().map(|(zh, _)| *zh).collect();
            DataValidation::new()
                .allow_list_strings(&words)?
                .set_error_title("只能选")?
                .set_error_message(words.join("、"))?
        }
        Kind::Some(words) => {
            let words: Vec<&str> = words.iter().map(|(zh, _)| *zh).collect();
            DataValidation::new()
                .set_input_title("可写几个")?
                .set_input_message(words.join("、"))?
        }
        Kind::Instant => DataValidation::new()
            .set_input_title("时刻")?
            .set_input_message("2017-06-02 09:00; 「24时」写次日 00:00")?,
        Kind::Pairs => DataValidation::new()
            .set_input_title("其他")?
            .set_input_message("没有列的写在这里: 键: 值, 键: 值")?,
        Kind::Plain | Kind::List | Kind::Basket => return Ok(()),
    };
    sheet.add_data_validation(from, at, to, at, &validation)?;
    Ok(())
}

/// How many lines a text takes in a column so wide.
fn lines(text: &str, width: u16) -> u16 {
    let of = |line: &str| half_widths(line).div_ceil(width.max(1)).max(1);
    text.lines().map(of).sum()
}

/// In characters of half width.
fn half_widths(line: &str) -> u16 {
    line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// In characters of half width, from what stands in the column.
fn width(page: &Page, at: usize) -> u16 {
    let of = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum());
        lines.max().unwrap_or(0_u16)
    };
    let example = page
        .column(at)
        .map_or(0, |column| of(column.example) + if at == 0 { 4 } else { 0 });
    let head = page
        .head
        .iter()
        .filter_map(|line| line.get(at))
        .map(|text| of(text));
    let cells = page
        .rows
        .iter()
        .filter_map(|row| row.get(at))
        .take(200)
        .map(|text| of(text));
    let named = page.columns.get(at).map_or(0, |name| of(name));
    let widest = cells.chain(head).chain([example, named]).max().unwrap_or(8);
    (widest + 2).clamp(8, 48)
}
