//! 选列 · Which columns an office wants in a form, in which order, and those that it fills in by hand under its own words.
//!
//! Why so: offices hand in forms of their own shape, and what people wrote stays under its heading whatever shape it was in.
//! A column that is left out is named above the table with what it adds up to, so that no sum goes without a word.
//! Called by `cli` (`--columns`, `--list-columns`). Not here: the file and the words of refusals (`cli`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Form, Notes};
use crate::Lang;
use crate::amount::yuan;
use crate::tables::{Cell, Column, Table};

/// Names of all tables of all forms: a file may speak of several forms at once.
const TABLES: [&str; 10] = [
    "period",
    "problems",
    "runs",
    "late",
    "confirmation",
    "acceptance",
    "catalogue",
    "contacts",
    "persons",
    "countdown",
];
/// Signs that a list of choices may have in all, commas between them included: a workbook takes no more.
const CHOICES: usize = 255;

/// 选列 · By table, its columns in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Columns(BTreeMap<String, Vec<Wanted>>);

/// 一列 · One column that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "a column is a name, or {fill: NAME}, or {fill: NAME, choices: [A, B]}"
)]
enum Wanted {
    /// One of the form's, by its Chinese or English title.
    Known(String),
    /// An empty one, filled by hand.
    Hand(Hand),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hand {
    fill: String,
    #[serde(default)]
    choices: Vec<String>,
}

/// A choice of columns that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadColumn {
    /// No form has a table of this name; these there are.
    NoTable(String, Vec<String>),
    /// The table has no column of this name; these it has.
    NoColumn(String, String, Vec<String>),
    /// The column stands there twice.
    Twice(String, String),
    /// A column to be filled by hand has no name, or that of one of the form's.
    Taken(String, String),
    /// The column by which rows are known is left out, so that what people write could not be found again.
    NoIdentity(String, String),
    /// The table has no column left.
    Empty(String),
    /// A choice is empty or holds a comma, or all together are longer than a workbook takes.
    Choices(String, String),
}

/// 可选的列 · What `--list-columns` tells of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Name of the table in a file of columns.
    pub table: String,
    /// What it is called in the form.
    pub title: String,
    /// Its columns, Chinese and English title each.
    pub columns: Vec<[String; 2]>,
}

impl Columns {
    fn of(&self, table: &str) -> Option<&[Wanted]> {
        self.0.get(table).map(Vec::as_slice)
    }
}

impl Form {
    /// The columns of each table as it stands, each table once.
    pub fn offered(&self) -> Vec<Offered> {
        let mut told = BTreeSet::new();
        let tables = self.tables.iter().filter(|table| told.insert(table.key));
        let offered = tables.map(|table| Offered {
            table: table.key.to_owned(),
            title: table.title.clone(),
            columns: table
                .columns
                .iter()
                .map(|column| [column.key.to_string(), column.en.to_string()])
                .collect(),
        });
        offered.collect()
    }

    /// Adds the columns that people thought of: those of a file, and those under which somebody wrote. With them a form reads
    /// and holds all that was ever written by hand.
    pub fn with_own_columns(mut self, columns: &Columns, notes: &Notes) -> Form {
        for table in &mut self.tables {
            for wanted in columns.of(table.key).into_iter().flatten() {
                let Wanted::Hand(hand) = wanted else { continue };
                let name = hand.fill.trim();
                if !name.is_empty() && named(table, name).is_none() {
                    table.by_hand(name, &hand.choices);
                }
            }
            let written: BTreeSet<&str> = match table.identity {
                Some(_) => notes
                    .rows(table.key)
                    .flat_map(|(_, cells)| cells.keys())
                    .map(String::as_str)
                    .collect(),
                None => BTreeSet::new(),
            };
            for name in written {
                if table.place(name).is_none() {
                    table.by_hand(name, &[]);
                }
            }
        }
        self
    }

    /// Leaves the columns that are wanted, in their order, and says above each table what is left out.
    ///
    /// # Errors
    /// All that cannot be followed; the form is as it was then.
    pub fn choose(&mut self, columns: &Columns) -> Result<(), Vec<BadColumn>> {
        let mut bad: Vec<BadColumn> = columns
            .0
            .keys()
            .filter(|name| !TABLES.contains(&name.as_str()))
            .map(|name| {
                let known = TABLES.map(str::to_owned);
                BadColumn::NoTable(name.clone(), known.to_vec())
            })
            .collect();
        let mut chosen = Vec::new();
        let mut told = BTreeSet::new();
        for (at, table) in self.tables.iter().enumerate() {
            let Some(wanted) = columns.of(table.key) else {
                continue;
            };
            match places(table, wanted) {
                Ok(places) => chosen.push((at, places)),
                // Tables of one name have the same columns.
                Err(found) if told.insert(table.key) => bad.extend(found),
                Err(_) => {}
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        for (at, places) in chosen {
            only(&mut self.tables[at], &places, self.lang);
        }
        Ok(())
    }
}

/// Where the column of this title is, in either language.
fn named(table: &Table, name: &str) -> Option<usize> {
    let is = |column: &Column| column.key == name || column.en == name;
    table.columns.iter().position(is)
}

/// The places of what is wanted, in its order.
fn places(table: &Table, wanted: &[Wanted]) -> Result<Vec<usize>, Vec<BadColumn>> {
    let key = || table.key.to_owned();
    let mut bad = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    let mut own = BTreeSet::new();
    for one in wanted {
        let (name, hand) = match one {
            Wanted::Known(name) => (name.trim(), None),
            Wanted::Hand(hand) => (hand.fill.trim(), Some(hand)),
        };
        let place = named(table, name);
        // What only people know of is theirs, named as one of the form's or not.
        let ours = place.is_some_and(|place| !is_own(&table.columns[place]));
        let name = || name.to_owned();
        match (place, hand) {
            (Some(place), _) if places.contains(&place) => {
                bad.push(BadColumn::Twice(key(), name()));
            }
            (Some(_), Some(_)) if ours => bad.push(BadColumn::Taken(key(), name())),
            (None, Some(_)) => bad.push(BadColumn::Taken(key(), name())),
            (None, None) => {
                let known = table.columns.iter();
                let known = known.map(|column| column.title.to_string()).collect();
                bad.push(BadColumn::NoColumn(key(), name(), known));
            }
            (Some(place), hand) => {
                if hand.is_some_and(|hand| !fit(&hand.choices)) {
                    bad.push(BadColumn::Choices(key(), name()));
                }
                own.extend((!ours).then_some(place));
                places.push(place);
            }
        }
    }
    if wanted.is_empty() {
        bad.push(BadColumn::Empty(key()));
    }
    let filled = places.iter().any(|place| table.columns[*place].filled);
    if let Some(identity) = table.identity.filter(|_| bad.is_empty() && filled)
        && !places.contains(&identity)
    {
        let title = table.columns[identity].title.to_string();
        bad.push(BadColumn::NoIdentity(key(), title));
    }
    match bad.is_empty() {
        true => Ok(places),
        false => Err(bad),
    }
}

/// One that no form has of itself.
fn is_own(column: &Column) -> bool {
    matches!(column.key, std::borrow::Cow::Owned(_))
}

fn fit(choices: &[String]) -> bool {
    let good = |one: &String| !one.trim().is_empty() && !one.contains([',', '，']);
    let signs: usize = choices.iter().map(|one| one.chars().count() + 1).sum();
    choices.iter().all(good) && signs <= CHOICES
}

fn only(table: &mut Table, places: &[usize], lang: Lang) {
    let left: Vec<usize> = (0..table.columns.len())
        .filter(|place| !places.contains(place))
        // What is beside the paper of itself is not missed on it.
        .filter(|place| table.printed == 0 || *place < table.printed)
        .collect();
    let told: Vec<String> = left.iter().map(|at| left_out(table, *at, lang)).collect();
    if !told.is_empty() {
        let told = told.join(lang.pick("、", ", "));
        let label = lang.pick("未列出的列", "columns left out");
        // Above: what stands below the rows is where a sheet's rows end.
        table.about.push((label, Cell::text(told)));
    }
    let identity = table.identity.map(|at| table.columns[at].key.clone());
    let pick = |at: &usize| table.columns[*at].clone();
    let columns: Vec<Column> = places.iter().map(pick).collect();
    for row in &mut table.rows {
        *row = places.iter().map(|at| row[*at].clone()).collect();
    }
    table.columns = columns;
    table.printed = 0;
    table.identity = identity.and_then(|key| table.place(&key));
}

/// Its title, with what its amounts come to, or how many cells somebody wrote into.
fn left_out(table: &Table, at: usize, lang: Lang) -> String {
    let column = &table.columns[at];
    let cells = || table.rows.iter().map(|row| &row[at]);
    let amounts: Vec<i64> = cells()
        .filter_map(|cell| match cell {
            Cell::Money(fen) => Some(*fen),
            _ => None,
        })
        .collect();
    let others = cells().any(|cell| !matches!(cell, Cell::Money(_) | Cell::Blank));
    let written = cells().filter(|cell| matches!(cell, Cell::Fill(_))).count();
    let title = &column.title;
    match (amounts.is_empty(), others, written) {
        (false, false, _) => {
            let sum = yuan(amounts.iter().fold(0, |sum, fen| sum.saturating_add(*fen)));
            match lang {
                Lang::Zh => format!("{title}（合计 {sum}）"),
                Lang::En => format!("{title} (in all {sum})"),
            }
        }
        (_, _, 1..) => match lang {
            Lang::Zh => format!("{title}（手填 {written} 格，留存）"),
            Lang::En => format!("{title} ({written} cells written by hand, kept)"),
        },
        _ => title.to_string(),
    }
}
