//! 打印页 · A form as one page for A4: no script, no network, lines to write on, boxes to sign in.

use minijinja::Environment;
use serde::Serialize;

use super::Form;
use crate::html::policy_of_style;
use crate::tables::{Cell, Table, Tone};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

#[derive(Serialize)]
struct Page<'a> {
    tag: &'static str,
    policy: String,
    style: &'static str,
    title: &'a str,
    about: &'a str,
    proof: &'a str,
    papers: Vec<Paper<'a>>,
}

#[derive(Serialize)]
struct Paper<'a> {
    title: &'a str,
    wide: bool,
    about: Vec<Line>,
    titles: Vec<&'a str>,
    rows: Vec<Vec<Shown>>,
    below: Vec<Line>,
    signed: &'a [&'static str],
}

#[derive(Serialize)]
struct Line {
    what: &'static str,
    value: Shown,
}

#[derive(Serialize)]
struct Shown {
    text: String,
    class: &'static str,
}

/// The bytes of the page.
pub(super) fn page(form: &Form) -> String {
    let mut environment = Environment::new();
    environment
        .add_template("page.html", PAGE)
        .expect("a shipped template parses");
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let page = environment.get_template("page.html").expect("added above");
    page.render(minijinja::value::Serde(Page {
        tag: form.lang.tag(),
        policy: policy_of_style(STYLE),
        style: STYLE,
        title: &form.title,
        about: &form.about,
        proof: &form.proof,
        papers: form.tables.iter().map(paper).collect(),
    }))
    .expect("the view has every name of the template")
}

fn paper(table: &Table) -> Paper<'_> {
    let lines = |lines: &[(&'static str, Cell)]| {
        lines
            .iter()
            .map(|(what, value)| Line {
                what,
                value: shown(value),
            })
            .collect()
    };
    let printed = match table.printed {
        0 => table.columns.len(),
        printed => printed,
    };
    Paper {
        title: &table.title,
        wide: printed > 6,
        about: lines(&table.about),
        titles: table
            .columns
            .iter()
            .take(printed)
            .map(|column| &*column.title)
            .collect(),
        rows: table
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().take(printed).enumerate();
                cells.map(in_place(table)).collect()
            })
            .collect(),
        below: lines(&table.below),
        signed: &table.signed,
    }
}

/// The cell that names its row is read as one word.
fn in_place(table: &Table) -> impl Fn((usize, &Cell)) -> Shown {
    |(place, cell)| {
        let mut shown = shown(cell);
        if table.identity == Some(place) && shown.class.is_empty() {
            shown.class = "id";
        }
        shown
    }
}

fn shown(cell: &Cell) -> Shown {
    let class = match cell {
        Cell::Blank | Cell::Text(_) => "",
        Cell::Money(_) | Cell::Number(_) => "n",
        Cell::At(_) => "t",
        Cell::Fill(_) => "f",
        Cell::State(_, Tone::Good) => "good",
        Cell::State(_, Tone::Bad) => "bad",
        Cell::State(_, Tone::Doubt) => "doubt",
        Cell::State(_, Tone::Idle) => "idle",
    };
    Shown {
        text: cell.shown(),
        class,
    }
}
