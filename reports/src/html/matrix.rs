//! 矩阵图 · Where each cell of the matrix is drawn.
//!
//! Why own numbers: an inline SVG needs no script, prints, and grows to 32 × 32.

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::scope::Scope;
use crate::json::why;
use crate::names::short;
use crate::story::{Cell, Matrix, Story};
use crate::wording::{Lang, Word, terms};

/// Room for the names of the rows, and above the columns where each name lies in one line.
const LEFT: usize = 76;
const TOP: usize = 30;
/// Signs of a name that are shown.
const LONGEST: usize = 8;
/// A letter of a name: as wide as half a Chinese one; one below the other.
const LETTER_WIDTH: usize = 7;
const LETTER_HEIGHT: usize = 14;

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
    /// One label each, or where names are wider than their columns, one for each letter, upright.
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
    link: String,
}

#[derive(Serialize)]
struct Legend {
    class: &'static str,
    symbol: char,
    text: &'static str,
    number: usize,
}

pub(super) fn drawing(story: &Story, matrix: &Matrix, scope: Scope<'_>, lang: Lang) -> Drawing {
    let (cell_width, cell_height) = if matrix.regions.len() > 16 {
        (30, 22)
    } else {
        (56, 28)
    };
    let names: Vec<String> = (matrix.regions.iter())
        .map(|(_, name)| label(short(name)))
        .collect();
    let widest = |names: &[String]| names.iter().map(|name| name.width()).max().unwrap_or(0);
    let upright = widest(&names) * LETTER_WIDTH > cell_width;
    let longest = names.iter().map(|name| name.chars().count()).max();
    let top = match longest.filter(|_| upright) {
        Some(longest) => TOP.max(longest * LETTER_HEIGHT + 10),
        None => TOP,
    };
    let left = LEFT.max(widest(&names) * LETTER_WIDTH + 20);
    let at = |place: usize| (left + place * cell_width, top + place * cell_height);
    let place = |code| {
        matrix
            .regions
            .iter()
            .position(|(region, _)| *region == code)
            .unwrap_or_default()
    };
    let square = |cell: &Cell| Square {
        x: at(place(cell.treatment)).0,
        y: at(place(cell.insured)).1,
        class: cell.state().name(),
        text: if cell.cases() == 0 && cell.left.is_none() {
            "0".to_owned()
        } else {
            format!("{}{}", cell.state().symbol(), cell.cases())
        },
        tip: tip(story, cell, lang),
        link: scope.link_of_pair(story, [cell.insured, cell.treatment]),
    };
    Drawing {
        wide: matrix.regions.len() > 8,
        width: left + matrix.regions.len() * cell_width + 2,
        height: top + matrix.regions.len() * cell_height + 2,
        cell_width,
        cell_height,
        middle: cell_height / 2 + 5,
        columns: (names.iter().enumerate())
            .flat_map(|(place, name)| column(at(place).0 + cell_width / 2, top - 8, name, upright))
            .collect(),
        rows: (names.iter().enumerate())
            .map(|(place, name)| Label {
                x: left - 8,
                y: at(place).1 + cell_height / 2 + 5,
                text: name.clone(),
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

/// A name with room beside the matrix; the whole one stands in the tip of each cell.
fn label(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        None => name.to_owned(),
        Some(_) => name.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

/// The name of a column above its foot: in one piece, or upright, letter by letter.
fn column(x: usize, foot: usize, name: &str, upright: bool) -> Vec<Label> {
    let pieces: Vec<String> = match upright {
        true => name.chars().map(String::from).collect(),
        false => vec![name.to_owned()],
    };
    let above = |place: usize| (pieces.len() - 1 - place) * LETTER_HEIGHT;
    let label = |(place, text): (usize, &String)| Label {
        x,
        y: foot - above(place),
        text: text.clone(),
    };
    pieces.iter().enumerate().map(label).collect()
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
    let left = cell.left.map(|state| {
        let others = lang.pick("其他用例", "other cases");
        format!("{others} {}", terms::cell(state, lang))
    });
    let parts: Vec<String> = cell.parts.iter().map(part).chain(left).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::in_one_piece("杭州", false, &[("杭州", 92)])]
    #[case::upright("呼和浩特", true, &[("呼", 50), ("和", 64), ("浩", 78), ("特", 92)])]
    #[case::upright_ends_at_the_foot("兵团", true, &[("兵", 78), ("团", 92)])]
    fn a_name_stands_above_its_column(
        #[case] name: &str,
        #[case] upright: bool,
        #[case] drawn: &[(&str, usize)],
    ) {
        let labels = column(100, 92, name, upright);
        let told: Vec<(&str, usize)> = labels.iter().map(|one| (&*one.text, one.y)).collect();
        assert_eq!(told, drawn);
        assert!(labels.iter().all(|label| label.x == 100));
    }
}
