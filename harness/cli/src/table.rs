//! 表 · A table whose Chinese text lines up, for a terminal.

use tabled::builder::Builder;
use tabled::settings::Style;

/// Head and rows as lines, each ended.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut builder = Builder::default();
    builder.push_record(head);
    rows.iter().for_each(|row| builder.push_record(row));
    let table = builder.build().with(Style::psql()).to_string();
    let lines = table.lines().map(str::trim_end);
    lines.map(|line| format!("{line}\n")).collect()
}
