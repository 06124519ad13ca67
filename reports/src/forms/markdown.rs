//! Markdown of a form: for a chat, where nobody opens a workbook.

use std::fmt::Write as _;

use super::Form;
use crate::markdown::plain;
use crate::tables::{Cell, Table};

/// All tables of the form, one below the other.
pub(super) fn markdown(form: &Form) -> String {
    let mut text = format!("## {}\n\n", plain(&form.title));
    for table in &form.tables {
        write(table, &mut text);
    }
    for line in [&form.about, &form.proof] {
        if !line.is_empty() {
            let _ = writeln!(text, "{}  ", plain(line));
        }
    }
    text
}

fn write(table: &Table, text: &mut String) {
    let _ = writeln!(text, "### {}\n", plain(&table.title));
    lines(&table.about, text);
    if !table.columns.is_empty() {
        let titles: Vec<String> = table
            .columns
            .iter()
            .map(|column| plain(&column.title))
            .collect();
        let _ = writeln!(text, "| {} |", titles.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(titles.len()));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| plain(&cell.shown())).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    lines(&table.below, text);
}

fn lines(lines: &[(&'static str, Cell)], text: &mut String) {
    for (what, value) in lines {
        let _ = writeln!(text, "- {}: {}", plain(what), plain(&value.shown()));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}
