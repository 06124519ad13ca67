//! 矩阵表 · The cross matrix as a table that aligns with Chinese city names.
//!
//! Why blocks: 11 cities fit 100 columns, 31 provinces do not. What does not fit goes into a further
//! table below with the same rows, rather than off the edge.

use std::collections::BTreeMap;

use crosswipe_domain::AdmDivision;
use crosswipe_journal::CaseResult;
use tabled::builder::Builder;
use tabled::settings::{Alignment, Style};
use unicode_width::UnicodeWidthStr;

use crate::json::why;
use crate::names::short;
use crate::story::{Case, CellState, Ending, Matrix, Rollback};
use crate::terminal::Page;
use crate::wording::{Word, terms};

/// Pairs that are named when they are not covered; the rest is counted.
const NAMED: usize = 12;

pub(crate) fn section(page: &Page<'_>) -> String {
    let Some(matrix) = &page.story.matrix else {
        return String::new();
    };
    let mut text = format!("■ {}\n", page.say(Word::matrix));
    for table in tables(page, matrix) {
        for line in table.lines() {
            text += line.trim_end();
            text.push('\n');
        }
    }
    text += &super::wrapped(&legend(page, matrix), page.width, 2, 6);
    text += &super::wrapped(&coverage(page, matrix), page.width, 2, 6);
    text += &super::wrapped(&beside(page), page.width, 2, 6);
    for line in missing(page, matrix) {
        text += &super::wrapped(&line, page.width, 4, 8);
    }
    text
}

/// The matrix in as many tables as the width asks for; every line of a table has one width.
fn tables(page: &Page<'_>, matrix: &Matrix) -> Vec<String> {
    let corner = page.say(Word::corner);
    let label = matrix
        .regions
        .iter()
        .map(|(_, name)| short(name).width())
        .chain([corner.width()])
        .max()
        .unwrap_or(0);
    let mut blocks: Vec<Vec<&(AdmDivision, String)>> = vec![Vec::new()];
    let mut used = label + 3;
    for region in &matrix.regions {
        let column = column_width(matrix, region) + 3;
        if used + column > page.width && blocks.last().is_some_and(|block| !block.is_empty()) {
            blocks.push(Vec::new());
            used = label + 3;
        }
        used += column;
        blocks.last_mut().expect("starts with one").push(region);
    }
    blocks
        .iter()
        .map(|block| table(corner, matrix, block))
        .collect()
}

fn column_width(matrix: &Matrix, (treatment, name): &(AdmDivision, String)) -> usize {
    let cells = matrix
        .regions
        .iter()
        .map(|(insured, _)| cell_text(matrix, *insured, *treatment).width());
    cells.chain([short(name).width()]).max().unwrap_or(0)
}

fn table(corner: &str, matrix: &Matrix, columns: &[&(AdmDivision, String)]) -> String {
    let mut builder = Builder::default();
    builder.push_record(
        [corner]
            .into_iter()
            .chain(columns.iter().map(|(_, name)| short(name))),
    );
    for (insured, name) in &matrix.regions {
        let cells = columns
            .iter()
            .map(|(treatment, _)| cell_text(matrix, *insured, *treatment));
        builder.push_record([short(name).to_owned()].into_iter().chain(cells));
    }
    builder
        .build()
        .with(Style::psql())
        .with(Alignment::center())
        .to_string()
}

/// Symbol and number of cases; a dot on the diagonal, where a local swipe never leaves its city.
fn cell_text(matrix: &Matrix, insured: AdmDivision, treatment: AdmDivision) -> String {
    match matrix.cell(insured, treatment) {
        None => ".".to_owned(),
        Some(cell) if cell.cases() == 0 && cell.left.is_none() => "0".to_owned(),
        Some(cell) => format!("{}{}", cell.state().symbol(), cell.cases()),
    }
}

fn legend(page: &Page<'_>, matrix: &Matrix) -> String {
    let mut numbers: BTreeMap<CellState, usize> = BTreeMap::new();
    for cell in &matrix.cells {
        *numbers.entry(cell.state()).or_insert(0) += 1;
    }
    let one = |(state, number): (&CellState, &usize)| {
        let symbol = if *state == CellState::NotPlanned {
            '0'
        } else {
            state.symbol()
        };
        format!("{symbol} {} {number}", terms::cell(*state, page.lang))
    };
    format!(
        "{}  {}",
        page.say(Word::legend),
        numbers.iter().map(one).collect::<Vec<_>>().join(" · ")
    )
}

/// Cases that no cell shows (bounds, arranged pairs): how many, and by name those that are not good.
fn beside(page: &Page<'_>) -> String {
    let ran = |case: &&Case| case.planned && !case.plan.matrix && case.ending != Ending::NotStarted;
    let beside: Vec<&Case> = page.story.cases.iter().filter(ran).collect();
    if beside.is_empty() {
        return String::new();
    }
    let left = |case: &Case| matches!(case.rollback, Rollback::Open | Rollback::Unknown);
    let passed = beside
        .iter()
        .filter(|case| case.ending.result() == CaseResult::Passed)
        .count();
    let mut text = format!(
        "{}  {} {passed} / {}",
        page.say(Word::beside),
        page.say(Word::passed),
        beside.len()
    );
    for case in beside.iter().filter(|case| left(case)) {
        text += &format!("  ! {} {}", page.say(Word::open), case.plan.case);
    }
    text
}

fn coverage(page: &Page<'_>, matrix: &Matrix) -> String {
    let businesses: Vec<&str> = page
        .story
        .header
        .plan
        .matrix
        .iter()
        .map(|b| terms::business(*b, page.lang))
        .collect();
    format!(
        "{} {} / {} {} ({})",
        page.say(Word::covered),
        matrix.covered(),
        matrix.cells.len(),
        page.say(Word::pairs),
        businesses.join(" + ")
    )
}

fn missing(page: &Page<'_>, matrix: &Matrix) -> Vec<String> {
    let names = &page.story.names;
    let bare: Vec<_> = matrix.cells.iter().filter(|cell| !cell.covered()).collect();
    let line = |cell: &&crate::story::Cell| {
        let parts = cell.parts.iter().filter(|part| !part.covered);
        let whys: Vec<String> = parts
            .map(|part| {
                format!(
                    "{} {}",
                    terms::business(part.business, page.lang),
                    terms::why(why(page.story, part), page.lang)
                )
            })
            .collect();
        let (insured, treatment) = (cell.insured, cell.treatment);
        format!(
            "{} {} → {}  {}",
            page.say(Word::missing),
            names.region(insured.as_str()),
            names.region(treatment.as_str()),
            whys.join(page.lang.pick("，", ", "))
        )
    };
    let mut lines: Vec<String> = bare.iter().take(NAMED).map(line).collect();
    if bare.len() > NAMED {
        lines.push(format!(
            "{} {} {} report.json",
            page.say(Word::more),
            bare.len() - NAMED,
            page.say(Word::more_in)
        ));
    }
    lines
}
