//! 矩阵图 · Where each cell of the matrix is drawn.
//!
//! Why own numbers: an inline SVG needs no script, prints, and grows to 32 × 32.

use serde::Serialize;

use crate::json::why;
use crate::names::short;
use crate::story::{Cell, Matrix, Story};
use crate::wording::{Lang, Word, terms};

/// Room for the names of the rows, and above the columns.
const LEFT: usize = 76;
const TOP: usize = 30;

/// 矩阵图 · Ready to draw.
#[derive(Serialize)]
pub(super) struct Drawing {
    /// More than fits a portrait page.
    wide: bool,
    width: usize,
    height: usize,
    cell_width: usize,
    cell_height: usize,
    middle: usize,
    columns: Vec<Label>,
    rows: Vec<Label>,
    cells: Vec<Square>,
    covered: usize,
    pairs: usize,
    legend: Vec<Legend>,
    missing: Vec<String>,
}

#[derive(Serialize)]
struct Label {
    x: usize,
    y: usize,
    text: String,
}

#[derive(Serialize)]
struct Square {
    x: usize,
    y: usize,
    class: &'static str,
    text: String,
    tip: String,
    find: String,
}

#[derive(Serialize)]
struct Legend {
    class: &'static str,
    symbol: char,
    text: &'static str,
    number: usize,
}

pub(super) fn drawing(story: &Story, matrix: &Matrix, lang: Lang) -> Drawing {
    let (cell_width, cell_height) = if matrix.regions.len() > 16 {
        (30, 22)
    } else {
        (56, 28)
    };
    let at = |place: usize| (LEFT + place * cell_width, TOP + place * cell_height);
    let place = |code| {
        matrix
            .regions
            .iter()
            .position(|(region, _)| *region == code)
            .unwrap_or_default()
    };
    let names = || {
        matrix
            .regions
            .iter()
            .map(|(_, name)| short(name).to_owned())
            .enumerate()
    };
    let square = |cell: &Cell| Square {
        x: at(place(cell.treatment)).0,
        y: at(place(cell.insured)).1,
        class: cell.state().name(),
        text: if cell.cases() == 0 {
            "0".to_owned()
        } else {
            format!("{}{}", cell.state().symbol(), cell.cases())
        },
        tip: tip(story, cell, lang),
        find: format!("{}-{}", cell.insured, cell.treatment),
    };
    Drawing {
        wide: matrix.regions.len() > 8,
        width: LEFT + matrix.regions.len() * cell_width + 2,
        height: TOP + matrix.regions.len() * cell_height + 2,
        cell_width,
        cell_height,
        middle: cell_height / 2 + 5,
        columns: names()
            .map(|(place, text)| Label {
                x: at(place).0 + cell_width / 2,
                y: TOP - 8,
                text,
            })
            .collect(),
        rows: names()
            .map(|(place, text)| Label {
                x: LEFT - 8,
                y: at(place).1 + cell_height / 2 + 5,
                text,
            })
            .collect(),
        cells: matrix.cells.iter().map(square).collect(),
        covered: matrix.covered(),
        pairs: matrix.cells.len(),
        legend: legend(matrix, lang),
        missing: matrix
            .cells
            .iter()
            .filter(|cell| !cell.covered())
            .map(|cell| tip(story, cell, lang))
            .collect(),
    }
}

/// `杭州市 → 温州市：门诊 失败，住院 通过且已回退`.
fn tip(story: &Story, cell: &Cell, lang: Lang) -> String {
    let part = |part: &crate::story::Part| {
        let state = if part.covered {
            terms::cell(part.state, lang)
        } else {
            terms::why(why(story, part), lang)
        };
        format!("{} {state}", terms::business(part.business, lang))
    };
    let parts: Vec<String> = cell.parts.iter().map(part).collect();
    let name = |code: &crosswipe_domain::AdmDivision| story.names.region(code.as_str()).to_owned();
    format!(
        "{} → {}{}{}",
        name(&cell.insured),
        name(&cell.treatment),
        lang.pick("：", ": "),
        parts.join(lang.pick("，", ", "))
    )
}

fn legend(matrix: &Matrix, lang: Lang) -> Vec<Legend> {
    let number = |state| {
        matrix
            .cells
            .iter()
            .filter(|cell| cell.state() == state)
            .count()
    };
    let line = |state: crate::story::CellState| Legend {
        class: state.name(),
        symbol: if state == crate::story::CellState::NotPlanned {
            '0'
        } else {
            state.symbol()
        },
        text: terms::cell(state, lang),
        number: number(state),
    };
    crate::story::CellState::ALL
        .into_iter()
        .map(line)
        .filter(|line| line.number > 0)
        .collect()
}

/// What the axes are.
pub(super) fn axes(lang: Lang) -> String {
    format!(
        "{} ↓  {} →",
        Word::insured.say(lang),
        Word::treatment.say(lang)
    )
}
