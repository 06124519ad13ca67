//! 账册合计 · Each book at t0, at its furthest, and at t1, summed over all parties of a role.
//!
//! For the reader alone: a total proves nothing (R1 compares cell by cell), but shows how much money was
//! on the move. Called by `judge`.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, Entry, LogRow, Role, Unit};

use crate::context::Context;
use crate::evidence::Instant;
use crate::judgement::BookTotal;
use crate::rules::r01_state::foreign_movement;

type Book<'a> = (Role, &'a str, Unit);

struct Course<'a> {
    t0: i64,
    now: i64,
    peak: i64,
    t1: Option<i64>,
    others: i64,
    cells: BTreeSet<(&'a str, &'a CellKey)>,
}

/// One line per role, kind and unit.
pub(crate) fn books(context: &Context<'_>) -> Vec<BookTotal> {
    let mut courses: BTreeMap<Book<'_>, Course<'_>> = BTreeMap::new();
    let mut walk: Vec<(&LogRow, Role, &str, bool)> = Vec::new();
    for (party, ledger) in &context.ledgers {
        let Some(t0) = ledger.books.at(Instant::T0) else {
            continue;
        };
        for cell in &t0.cells {
            let course = course(&mut courses, (party.role, &cell.key.kind, cell.unit));
            course.t0 = course.t0.saturating_add(cell.value);
            course.cells.insert((&party.code, &cell.key));
        }
        for cell in ledger
            .books
            .at(Instant::T1)
            .iter()
            .flat_map(|export| &export.cells)
        {
            let course = course(&mut courses, (party.role, &cell.key.kind, cell.unit));
            course.t1 = Some(course.t1.unwrap_or(0).saturating_add(cell.value));
            course.cells.insert((&party.code, &cell.key));
        }
        if let Some(t1) = ledger.books.at(Instant::T1) {
            for (key, moves) in &ledger.tally.moves {
                let Some(Entry::Posting { unit, .. }) = moves.first().map(|step| &step.row.entry)
                else {
                    continue;
                };
                let course = course(&mut courses, (party.role, &key.kind, *unit));
                let others = foreign_movement(context, ledger, key, t1);
                course.others = course
                    .others
                    .saturating_add(others.known)
                    .saturating_add(others.unexplained);
            }
        }
        let end = ledger
            .books
            .at(Instant::T1)
            .map_or(u64::MAX, |export| export.lsn);
        let within = |row: &LogRow| row.seq >= t0.lsn && row.seq < end;
        let moved = ledger.tally.moves.values().flatten();
        let moved = moved.map(|step| step.row).filter(|row| within(row));
        for (unit, key) in cells_of(moved) {
            let course = course(&mut courses, (party.role, &key.kind, unit));
            course.cells.insert((&party.code, key));
        }
        let counted = ledger.books.born_from().unwrap_or(u64::MAX);
        let born = ledger.books.last.iter().filter(|row| within(row));
        let born = born.map(|row| (*row, party.role, party.code.as_str(), row.seq >= counted));
        walk.extend(born);
    }
    // Parties' clocks may differ; between rows of one instant the order of the parties decides.
    walk.sort_by_key(|(row, role, code, _)| (row.at, *role, *code, row.seq));
    courses.values_mut().for_each(|course| {
        course.now = course.t0;
        course.peak = course.t0;
    });
    for (row, role, code, counted) in walk {
        if let Entry::Posting {
            cell, unit, amount, ..
        } = &row.entry
        {
            let course = course(&mut courses, (role, &cell.kind, *unit));
            if !counted {
                course.cells.insert((code, cell));
            }
            course.now = course.now.saturating_add(*amount);
            if course.now.abs_diff(course.t0) > course.peak.abs_diff(course.t0) {
                course.peak = course.now;
            }
        }
    }
    courses
        .into_iter()
        .map(|((role, book, unit), course)| total(role, book, unit, &course))
        .collect()
}

/// The cell of each posting with its unit; of postings that follow one another on one cell the first alone.
fn cells_of<'a>(rows: impl Iterator<Item = &'a LogRow>) -> Vec<(Unit, &'a CellKey)> {
    let mut cells: Vec<(Unit, &CellKey)> = Vec::new();
    for row in rows {
        if let Entry::Posting { cell, unit, .. } = &row.entry
            && cells.last() != Some(&(*unit, cell))
        {
            cells.push((*unit, cell));
        }
    }
    cells
}

fn course<'m, 'a>(
    courses: &'m mut BTreeMap<Book<'a>, Course<'a>>,
    book: Book<'a>,
) -> &'m mut Course<'a> {
    courses.entry(book).or_insert(Course {
        t0: 0,
        now: 0,
        peak: 0,
        t1: None,
        others: 0,
        cells: BTreeSet::new(),
    })
}

/// `fen`, `memo_fen`, `count`.
pub(crate) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Fen => "fen",
        Unit::MemoFen => "memo_fen",
        Unit::Count => "count",
    }
}

fn total(role: Role, book: &str, unit: Unit, course: &Course<'_>) -> BookTotal {
    BookTotal {
        role: role.name().to_owned(),
        book: book.to_owned(),
        unit: unit_name(unit).to_owned(),
        t0: course.t0,
        peak: course.peak,
        // A cell of value 0 may be absent: without a t1 cell, the log says where the book ended.
        t1: course.t1.unwrap_or(course.now),
        others: course.others,
        cells: course.cells.len() as u64,
    }
}
