//! 工作簿 · The sheets as .xlsx: ids as text, frozen heads, print titles, A4 across one page, empty cells to be filled in.
//!
//! Called by `sheets`. The head row of 任务单 is a contract with whoever reads it back.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};

use crosswipe_scenarios::Plan;

use super::HEADINGS;
use super::rows::{Named, Sheet, minute};
use crate::served::digest;

/// Width of each column of 任务单, in characters of half width.
const WIDTHS: [u16; 20] = [
    4, 11, 16, 6, 12, 11, 7, 5, 8, 7, 9, 9, 12, 12, 10, 9, 12, 10, 7, 12,
];

struct Styles {
    head: Format,
    fill: Format,
    known: Format,
    label: Format,
    plain: Format,
    title: Format,
}

impl Styles {
    fn new() -> Styles {
        let cell = || {
            Format::new()
                .set_num_format("@")
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap()
        };
        Styles {
            head: cell()
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_background_color(Color::RGB(0x00DC_E6F1)),
            // What is to be filled in is white, what is known is grey: so it is in black and white too.
            known: cell().set_background_color(Color::RGB(0x00F2_F2F2)),
            fill: cell(),
            label: Format::new().set_bold(),
            plain: Format::new().set_num_format("@"),
            title: Format::new().set_bold().set_font_size(14),
        }
    }
}

fn book() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    // The same sheets give the same bytes.
    let made = ExcelDateTime::from_ymd(2020, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    Ok(book)
}

fn on_a4(sheet: &mut Worksheet, head_row: u32) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(head_row + 1, 0)?;
    sheet.set_repeat_rows(head_row, head_row)?;
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
        .set_print_fit_to_pages(1, 0);
    sheet.set_footer("&L&A&C&P / &N");
    Ok(())
}

/// `计划`, `机构` and what belongs to them, above every table.
fn above(
    sheet: &mut Worksheet,
    plan: &Plan,
    more: &[[&str; 4]],
    styles: &Styles,
) -> Result<u32, XlsxError> {
    let digest = digest(plan);
    let rows = [["计划", &plan.id, "摘要", &digest]];
    let mut row = 0;
    for cells in rows.iter().chain(more) {
        // A long code runs on into the empty column beside it.
        for ((at, text), style) in [0, 1, 3, 4]
            .into_iter()
            .zip(cells)
            .zip([&styles.label, &styles.plain].into_iter().cycle())
        {
            sheet.write_string_with_format(row, at, *text, style)?;
        }
        row += 1;
    }
    Ok(row + 1)
}

/// 刷卡任务单 · The workbook of one institution: 任务单, and 费用清单 with what is to be charged.
pub(super) fn tasks(plan: &Plan, of: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles::new();
    let mut book = book()?;
    let sheet = book.add_worksheet();
    sheet.set_name("任务单")?;
    for (at, width) in (0u16..).zip(WIDTHS) {
        sheet.set_column_width(at, width)?;
    }
    let hand = if of.manual { "人工" } else { "自动" };
    let head = above(
        sheet,
        plan,
        &[
            ["机构", &of.code, "名称", &of.name],
            ["统筹区", &of.place, "经手", hand],
        ],
        &styles,
    )?;
    for (at, name) in (0u16..).zip(HEADINGS) {
        sheet.write_string_with_format(head, at, name, &styles.head)?;
    }
    sheet.set_row_height(head, 30)?;
    for (row, (number, task)) in (head + 1..).zip((1usize..).zip(&of.tasks)) {
        sheet.set_row_height(row, 32)?;
        let known = task.cells(number);
        for (at, text) in (0u16..).zip(&known) {
            sheet.write_string_with_format(row, at, text, &styles.known)?;
        }
        let last = HEADINGS.len() as u16 - 1;
        for at in known.len() as u16..last {
            sheet.write_blank(row, at, &styles.fill)?;
        }
        sheet.write_string_with_format(row, last, &task.note, &styles.fill)?;
    }
    // Whoever types more rows keeps his digits.
    for at in 0..HEADINGS.len() as u16 {
        sheet.set_column_format(at, &styles.plain)?;
    }
    on_a4(sheet, head)?;
    bills(book.add_worksheet(), of, &styles)?;
    book.save_to_buffer()
}

fn bills(sheet: &mut Worksheet, of: &Sheet, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name("费用清单")?;
    for (at, width) in (0u16..).zip([16, 6, 18, 34, 12, 10, 12]) {
        sheet.set_column_width(at, width)?;
    }
    let head = ["清单", "行", "项目编码", "项目名称", "单价", "数量", "金额"];
    for (at, name) in (0u16..).zip(head) {
        sheet.write_string_with_format(0, at, name, &styles.head)?;
    }
    let mut row = 1;
    for (bill, lines) in &of.bills {
        for (number, line) in (1usize..).zip(lines) {
            let cells = [
                bill.clone(),
                number.to_string(),
                line.code.clone(),
                line.name.clone(),
                line.price.to_string(),
                line.count.to_string(),
                line.amount().to_string(),
            ];
            for (at, text) in (0u16..).zip(&cells) {
                sheet.write_string_with_format(row, at, text, &styles.known)?;
            }
            row += 1;
        }
    }
    on_a4(sheet, 0)
}

/// 刷卡排班表 · Hour by hour who is where.
pub(super) fn rota(plan: &Plan, all: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles::new();
    let mut book = book()?;
    let sheet = book.add_worksheet();
    sheet.set_name("排班表")?;
    for (at, width) in (0u16..).zip([18, 16, 26, 8, 6, 64]) {
        sheet.set_column_width(at, width)?;
    }
    sheet.write_string_with_format(0, 5, format!("刷卡排班表 {}", plan.title_zh), &styles.title)?;
    let head = above(sheet, plan, &[], &styles)?;
    for (at, name) in (0u16..).zip(super::page::ROTA) {
        sheet.write_string_with_format(head, at, name, &styles.head)?;
    }
    for (row, line) in (head + 1..).zip(super::page::rota_rows(all)) {
        for (at, text) in (0u16..).zip(&line) {
            sheet.write_string_with_format(row, at, text, &styles.known)?;
        }
        let lines = line[5]
            .chars()
            .map(|c| if c.is_ascii() { 1_usize } else { 2 })
            .sum::<usize>();
        sheet.set_row_height(row, 16 * lines.div_ceil(62).clamp(1, 20) as u32)?;
    }
    on_a4(sheet, head)?;
    book.save_to_buffer()
}

/// 测试人员名单 · Who is needed where, with the full numbers: only where that was asked for.
pub(super) fn roster(plan: &Plan, people: &[Named<'_>]) -> Result<Vec<u8>, XlsxError> {
    let styles = Styles::new();
    let mut book = book()?;
    let sheet = book.add_worksheet();
    sheet.set_name("名单")?;
    for (at, width) in (0u16..).zip([20, 14, 30, 22, 10, 8, 60]) {
        sheet.set_column_width(at, width)?;
    }
    let head = above(
        sheet,
        plan,
        &[["须知", "未脱敏, 用毕收回", "", ""]],
        &styles,
    )?;
    let names = [
        "标识",
        "姓名",
        "人员编号",
        "证件号码",
        "参保地",
        "险种",
        "刷卡机构",
    ];
    for (at, name) in (0u16..).zip(names) {
        sheet.write_string_with_format(head, at, name, &styles.head)?;
    }
    for (row, named) in (head + 1..).zip(people) {
        let persona = named.persona;
        let cells = [
            persona.label.as_str(),
            persona.name.as_str(),
            persona.no.reveal(),
            persona.id_number.reveal(),
            named.insured.as_str(),
            persona.class.insutype(),
            &named.at.join(" "),
        ];
        for (at, text) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, at, text, &styles.known)?;
        }
    }
    on_a4(sheet, head)?;
    book.save_to_buffer()
}

/// When a row of the rota begins.
pub(super) fn hour(at: crosswipe_domain::Moment) -> String {
    let mut text = minute(at);
    text.truncate(13);
    text
}
