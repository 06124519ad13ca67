//! 选列 · `--columns FILE` and `--list-columns`: which columns an office wants in a form.
//!
//! Not here: what choosing does to a form (`reports::Columns`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crosswipe_domain::{Both, both};
use crosswipe_reports::{BadColumn, Columns, Form, Lang};
use crosswipe_sheets::{Flaw, Flaws};

use crate::command::select::nearest;
use crate::complain::Trouble;

/// What a file of columns holds.
pub(super) fn read(path: &Path) -> Result<Columns, Trouble> {
    let text = fs::read_to_string(path).map_err(|error| Trouble::file("read", path, error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_saphyr::from_str(text).map_err(|error| {
        let words = error.to_string();
        let mut lines = words.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty()).unwrap_or("");
        refused(vec![Flaw::of_file(
            path,
            format!("选列的文件读不懂: {first} · the file of columns cannot be read: {first}"),
            "先用 --list-columns 打出现有的列, 再改 · print the columns with --list-columns and change those",
        )])
    })
}

/// Leaves in the form what the file wants; all that cannot be followed is told.
pub(super) fn choose(form: &mut Form, columns: &Columns, path: &Path) -> Result<(), Trouble> {
    form.choose(columns).map_err(|bad| {
        let told = bad.iter().map(|one| {
            let (what, mend) = words(one);
            Flaw::of_file(path, what, mend)
        });
        refused(told.collect())
    })
}

fn refused(told: Vec<Flaw>) -> Trouble {
    Trouble::Columns(Flaws::from_all(told))
}

fn words(bad: &BadColumn) -> (Both, Both) {
    let near = |name: &String, known: &[String]| {
        let near = nearest(name, known.iter().map(String::as_str));
        (near.unwrap_or_default().to_owned(), known.join(", "))
    };
    match bad {
        BadColumn::NoTable(table, tables) => {
            let (near, all) = near(table, tables);
            (
                both!("没有表 `{table}`", "there is no table `{table}`"),
                both!(
                    "最接近的: {near}; 全部: {all}",
                    "nearest: {near}; all: {all}"
                ),
            )
        }
        BadColumn::NoColumn(table, column, columns) => {
            let (near, all) = near(column, columns);
            (
                both!(
                    "`{table}` 没有列 `{column}`",
                    "`{table}` has no column `{column}`"
                ),
                both!(
                    "最接近的: {near}; 全部: {all}; 要一列空的由人填, 写 {{fill: {column}}}",
                    "nearest: {near}; all: {all}; for an empty one filled by hand write {{fill: {column}}}"
                ),
            )
        }
        BadColumn::Twice(table, column) => (
            both!(
                "`{table}` 的列 `{column}` 写了两遍",
                "`{table}`: column `{column}` stands there twice"
            ),
            both!("只留一处", "leave one of them"),
        ),
        BadColumn::Taken(table, column) if column.is_empty() => (
            both!(
                "`{table}` 有一列没有名字",
                "`{table}`: a column has no name"
            ),
            both!("写 {{fill: 列名}}", "write {{fill: NAME}}"),
        ),
        BadColumn::Taken(table, column) => (
            both!(
                "`{table}` 自己就有列 `{column}`",
                "`{table}` has a column `{column}` of its own"
            ),
            both!(
                "要它就只写 {column}; 另要一列请换个名字",
                "for that one write {column} alone; another one needs another name"
            ),
        ),
        BadColumn::NoIdentity(table, column) => (
            both!(
                "`{table}` 有手填的列, 却没有 `{column}`: 重出时找不回哪一行是谁的",
                "`{table}` has columns that people fill in but not `{column}`: no row would be known again"
            ),
            both!("加上 `{column}`, 放在哪里都行", "add `{column}`, wherever"),
        ),
        BadColumn::Empty(table) => (
            both!("`{table}` 一列也没有留", "`{table}` has no column left"),
            both!(
                "删去这张表, 就用全部的列",
                "leave the table out to have all of its columns"
            ),
        ),
        BadColumn::Choices(table, column) => (
            both!(
                "`{table}` 的列 `{column}`: 选项有空的或带逗号, 或合起来超过 255 个字",
                "`{table}`: a choice of column `{column}` is empty or holds a comma, or all are longer than 255 signs together"
            ),
            both!("缩短选项, 不用逗号", "shorten the choices, without commas"),
        ),
    }
}

/// The columns of a form as a file to be changed.
pub(super) fn listed(form: &Form, lang: Lang) -> String {
    let mut text = lang
        .pick(
            "# 删去不要的列, 调换先后; 要一列空的由人填, 加 {fill: 列名} 或 {fill: 列名, choices: [甲, 乙]}\n",
            "# Take out what you do not want, change the order; for an empty column add {fill: NAME} or {fill: NAME, choices: [A, B]}\n",
        )
        .to_owned();
    for table in form.offered() {
        let _ = writeln!(text, "{}: # {}", table.table, table.title);
        for [zh, en] in &table.columns {
            let (name, other) = match lang {
                Lang::Zh => (zh, en),
                Lang::En => (en, zh),
            };
            let _ = writeln!(text, "  - {} # {other}", scalar(name));
        }
    }
    text
}

/// As YAML takes it for the text that it is.
fn scalar(name: &str) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || " /（）()._".contains(sign);
    let begins = name.chars().next().is_some_and(char::is_alphabetic);
    match begins && name.chars().all(plain) && name.trim() == name {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "''")),
    }
}
