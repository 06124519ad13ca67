//! CSV · The tables of a run as files for a spreadsheet or a script: UTF-8 with a mark, one table a file.
//!
//! Why so: office programs take a file without the mark for GBK, and a text that begins with `=` for a formula. Such a text
//! is given a quote in front; figures are figures. File names do not change with the language.

use crate::Lang;
use crate::amount::yuan;
use crate::story::Story;
use crate::tables::{Cell, Table, tables};

/// What an office program looks for at the beginning of a file.
const MARK: &str = "\u{feff}";

/// CSV · Name and text of each file: `summary.csv` (what and its value), `rules.csv`, `cases.csv`, `rollback.csv`,
/// `open.csv`, `problems.csv`, `timing.csv`, `setting.csv`.
pub fn csv(story: &Story, lang: Lang) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for table in tables(story, lang) {
        match table.key {
            "signatures" => {}
            "summary" => {
                let pairs = table.about.iter();
                let pairs = pairs.map(|(what, value)| vec![Cell::text(what), value.clone()]);
                let titles = [lang.pick("项", "what"), lang.pick("内容", "value")];
                files.push(file("summary", &titles, pairs));
                files.push(of_table("rules", &table));
            }
            key => files.push(of_table(key, &table)),
        }
    }
    files
}

fn of_table(name: &str, table: &Table) -> (String, String) {
    let titles: Vec<&str> = table.columns.iter().map(|column| &*column.title).collect();
    file(name, &titles, table.rows.iter().cloned())
}

fn file(name: &str, titles: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> (String, String) {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(MARK.as_bytes().to_vec());
    let mut write = |cells: Vec<String>| {
        writer
            .write_record(cells)
            .expect("memory takes every row of a table, which are all as long");
    };
    write(titles.iter().map(|title| (*title).to_owned()).collect());
    for row in rows {
        write(row.iter().map(shown).collect());
    }
    let bytes = writer.into_inner().expect("memory takes every byte");
    let text = String::from_utf8(bytes).expect("texts stay texts");
    (format!("{name}.csv"), text)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) | Cell::State(text, _) | Cell::Fill(text) => harmless(text),
        // Without grouping: a comma is no part of a figure for whoever reads it.
        Cell::Money(fen) => yuan(*fen).replace(',', ""),
        Cell::Number(number) => number.to_string(),
        Cell::At(at) => at.wire(),
    }
}

/// A text that an office program would take for a formula, told not to.
fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Cell::text("=1+1"), "'=1+1")]
    #[case(Cell::text("@SUM(A1)"), "'@SUM(A1)")]
    #[case(Cell::text("-2+3"), "'-2+3")]
    #[case(Cell::text("+86"), "'+86")]
    #[case(Cell::text("\tx"), "'\tx")]
    #[case(Cell::text("0310"), "0310")]
    #[case(Cell::Money(-123_456_789), "-1234567.89")]
    #[case(Cell::Number(-5), "-5")]
    #[case(Cell::Blank, "")]
    fn a_text_is_no_formula_and_a_figure_stays_one(#[case] cell: Cell, #[case] text: &str) {
        assert_eq!(shown(&cell), text);
    }
}
