//! 表 · The facts of a run as tables of typed cells: what a workbook and CSV files are made of.
//!
//! Why so: both are the same tables, and a figure that stands in two of them is taken from one place. An id is text, an
//! amount is fen, an instant is an instant; how that looks is for `xlsx` and `csv`. Columns that people fill in are part of a
//! table, empty.
//! Not here: facts (`story`), words (`wording`), bytes of a format.

pub(crate) mod cases;
pub(crate) mod chains;
mod problems;
mod run;

use std::borrow::Cow;

use crosswipe_domain::Moment;

use crate::amount::{count, yuan};
use crate::story::Story;
use crate::wording::Lang;

/// 格 · One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing, or for people to fill in.
    Blank,
    /// Words and ids: never a number, whatever it looks like.
    Text(String),
    /// Fen.
    Money(i64),
    /// A count.
    Number(i64),
    /// An instant of business time.
    At(Moment),
    /// A state in words, with how it is to be taken.
    State(String, Tone),
    /// What people write; empty until they did.
    Fill(String),
}

impl Cell {
    pub(crate) fn text(text: impl ToString) -> Cell {
        match text.to_string() {
            text if text.is_empty() => Cell::Blank,
            text => Cell::Text(text),
        }
    }

    pub(crate) fn number(number: usize) -> Cell {
        Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub(crate) fn money(fen: Option<i64>) -> Cell {
        fen.map_or(Cell::Blank, Cell::Money)
    }

    /// As people read it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Cell::Blank => String::new(),
            Cell::Text(text) | Cell::State(text, _) | Cell::Fill(text) => text.clone(),
            Cell::Money(fen) => yuan(*fen),
            Cell::Number(number) => count(*number),
            Cell::At(at) => at.wire(),
        }
    }
}

/// How a state is to be taken; colour follows, the word always stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Doubt,
    Idle,
}

/// 列 · One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its Chinese title: its name in notes, whatever the language.
    pub(crate) key: Cow<'static, str>,
    /// Its English title.
    pub(crate) en: Cow<'static, str>,
    /// Its title in the language of the table.
    pub(crate) title: Cow<'static, str>,
    /// What may be chosen, where people fill it in; empty: anything.
    pub(crate) choices: Vec<Cow<'static, str>>,
    /// Whether people fill it in.
    pub(crate) filled: bool,
}

/// 表 · One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Name in files, the same in every language.
    pub(crate) key: &'static str,
    pub(crate) title: String,
    /// Lines above the table: what, and its value.
    pub(crate) about: Vec<(&'static str, Cell)>,
    pub(crate) columns: Vec<Column>,
    /// How many of the columns are printed: a sheet of paper has no room for all; 0 = all of them.
    pub(crate) printed: usize,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// The column that says which row is which, where what people wrote is to be found again.
    pub(crate) identity: Option<usize>,
    /// True where people add rows of their own.
    pub(crate) grows: bool,
    /// Lines below the rows: what, and its value.
    pub(crate) below: Vec<(&'static str, Cell)>,
    /// Boxes for names, signatures and stamps.
    pub(crate) signed: Vec<&'static str>,
}

impl Table {
    pub(crate) fn new(key: &'static str, title: impl Into<String>) -> Table {
        Table {
            key,
            title: title.into(),
            about: Vec::new(),
            columns: Vec::new(),
            printed: 0,
            rows: Vec::new(),
            identity: None,
            grows: false,
            below: Vec::new(),
            signed: Vec::new(),
        }
    }

    pub(crate) fn columns(mut self, titles: &[[&'static str; 2]], lang: Lang) -> Table {
        self.columns.extend(titles.iter().map(|[zh, en]| Column {
            key: Cow::Borrowed(*zh),
            en: Cow::Borrowed(*en),
            title: Cow::Borrowed(lang.pick(zh, en)),
            choices: Vec::new(),
            filled: false,
        }));
        self
    }

    /// What follows is for the screen: for filters and for whoever looks closely.
    pub(crate) fn beside_the_paper(mut self) -> Table {
        self.printed = self.columns.len();
        self
    }

    /// A column for people.
    pub(crate) fn filled(
        mut self,
        [zh, en]: [&'static str; 2],
        choices: [&'static [&'static str]; 2],
        lang: Lang,
    ) -> Table {
        self.columns.push(Column {
            key: Cow::Borrowed(zh),
            en: Cow::Borrowed(en),
            title: Cow::Borrowed(lang.pick(zh, en)),
            choices: choices[lang as usize]
                .iter()
                .copied()
                .map(Cow::Borrowed)
                .collect(),
            filled: true,
        });
        self
    }

    /// Where the column of this name is.
    pub(crate) fn place(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }

    /// A column that people thought of, under their own words in any language: after what is printed, so that it is printed too.
    pub(crate) fn by_hand(&mut self, name: &str, choices: &[String]) {
        let at = match self.printed {
            0 => self.columns.len(),
            printed => {
                self.printed += 1;
                printed
            }
        };
        let name = || Cow::Owned(name.to_owned());
        let column = Column {
            key: name(),
            en: name(),
            title: name(),
            choices: choices.iter().cloned().map(Cow::Owned).collect(),
            filled: true,
        };
        self.columns.insert(at, column);
        for row in &mut self.rows {
            row.insert(at, Cell::Blank);
        }
        if let Some(identity) = self.identity.as_mut().filter(|identity| **identity >= at) {
            *identity += 1;
        }
    }

    /// A row; what is left are columns for people.
    pub(crate) fn row(&mut self, mut cells: Vec<Cell>) {
        cells.resize(self.columns.len(), Cell::Blank);
        self.rows.push(cells);
    }
}

/// 责任单位 · Who may have to act.
pub(crate) const OWNERS: [&[&str]; 2] = [
    &["平台", "HIS 厂商", "网络", "院内"],
    &["platform", "HIS vendor", "network", "hospital"],
];

/// 处理状态 · How far a problem is.
pub(crate) const STATES: [&[&str]; 2] = [
    &["新增", "处理中（厂商）", "处理中（医保）", "已解决", "复发"],
    &[
        "new",
        "with the vendor",
        "with the agency",
        "solved",
        "again",
    ],
];

/// The columns that people fill in beside something that is to be mended.
fn to_be_mended(table: Table, lang: Lang) -> Table {
    table
        .filled(["责任单位", "owner"], OWNERS, lang)
        .filled(["处理状态", "progress"], STATES, lang)
        .filled(["计划解决时间", "due"], [&[], &[]], lang)
        .filled(["备注", "remark"], [&[], &[]], lang)
}

/// All tables of a run, in reading order.
pub(crate) fn tables(story: &Story, lang: Lang) -> Vec<Table> {
    let mut tables = vec![
        run::summary(story, lang),
        cases::cases(story, lang),
        chains::chains(story, lang),
        chains::open(story, lang),
        problems::problems(story, lang),
    ];
    if !story.known.is_empty() {
        tables.push(problems::known(story, lang));
    }
    if story.review != crosswipe_verify::ReviewHeld::default() {
        tables.push(run::reviewed(story, lang));
    }
    tables.extend([
        cases::timing(story, lang),
        run::setting(story, lang),
        run::signatures(story, lang),
    ]);
    tables
}
