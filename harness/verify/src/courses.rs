//! 账格经过 · Each cell of each party at t0, at its furthest, at t1 and at t2, and the same for each party's books.
//!
//! For the reader alone, like `totals`, of which these are the rows: they add up to it at t0, t1 and t2 and in what others
//! moved. A furthest point is each line's own, so these do not add up. Apart from `judge`, which has no need of them and is
//! played millions of times. Called by `cli` for reports. Not here: what is right or wrong (`r01_state`).

use std::collections::BTreeMap;

use crosswipe_domain::{CellKey, Entry, LogRow, Party, Unit};
use serde::Serialize;

use crate::context::{Context, Ledger};
use crate::evidence::Instant;
use crate::rules::r01_state::foreign_movement;
use crate::totals::unit_name;

/// 账格经过 · One cell, or all of a kind in one party's books, over the run; in fen or counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Whose books.
    pub party: Party,
    /// Kind of the cell.
    pub book: String,
    /// `fen`, `memo_fen`, `count`.
    pub unit: String,
    /// The cell, e.g. `accumulator[code=D310101 person=P-… year=2017]`; `None` for all of its kind together.
    pub cell: Option<String>,
    /// At t0; a cell that is not shown counts as 0.
    pub t0: i64,
    /// Furthest from t0 at any point of the log up to t1.
    pub peak: i64,
    /// At t1; `None` where the party showed no books then.
    pub t1: Option<i64>,
    /// At t2, after the day roll; `None` where the party showed no books then.
    pub t2: Option<i64>,
    /// Moved between t0 and t1 by people and messages outside the run, as R1 counts them.
    pub others: i64,
}

impl Course {
    /// 测试余差 · What the run itself left at t1; `None` where nobody saw.
    pub fn left(&self) -> Option<i64> {
        let seen = self.t1?.saturating_sub(self.t0);
        Some(seen.saturating_sub(self.others))
    }
}

/// Courses of all cells and books of every party that showed books at t0, by party and book, each book before its cells.
pub(crate) fn courses(context: &Context<'_>) -> Vec<Course> {
    let mut all = Vec::new();
    for (party, ledger) in &context.ledgers {
        if ledger.books.at(Instant::T0).is_some() {
            of_party(context, party, ledger, &mut all);
        }
    }
    all
}

/// A line that walks along the log.
#[derive(Default)]
struct Walk {
    t0: i64,
    t1: i64,
    t2: i64,
    others: i64,
    now: i64,
    peak: i64,
}

impl Walk {
    fn step(&mut self, amount: i64) {
        self.now = self.now.saturating_add(amount);
        if self.now.unsigned_abs() > self.peak.unsigned_abs() {
            self.peak = self.now;
        }
    }

    fn add(&mut self, other: &Walk) {
        for (sum, part) in [
            (&mut self.t0, other.t0),
            (&mut self.t1, other.t1),
            (&mut self.t2, other.t2),
            (&mut self.others, other.others),
        ] {
            *sum = sum.saturating_add(part);
        }
    }
}

type Book<'a> = (&'a str, Unit);

fn of_party(context: &Context<'_>, party: &Party, ledger: &Ledger<'_>, all: &mut Vec<Course>) {
    let books = &ledger.books;
    let mut cells: BTreeMap<(Book<'_>, &CellKey), Walk> = BTreeMap::new();
    let mut wholes: BTreeMap<Book<'_>, Walk> = BTreeMap::new();
    for (instant, at) in [
        (
            Instant::T0,
            (|walk| &mut walk.t0) as fn(&mut Walk) -> &mut i64,
        ),
        (Instant::T1, |walk| &mut walk.t1),
        (Instant::T2, |walk| &mut walk.t2),
    ] {
        for cell in books.at(instant).iter().flat_map(|export| &export.cells) {
            let book = (cell.key.kind.as_str(), cell.unit);
            let value = at(cells.entry((book, &cell.key)).or_default());
            *value = value.saturating_add(cell.value);
        }
    }
    for row in born(ledger) {
        if let Entry::Posting {
            cell, unit, amount, ..
        } = &row.entry
        {
            let book = (cell.kind.as_str(), *unit);
            cells.entry((book, cell)).or_default().step(*amount);
            wholes.entry(book).or_default().step(*amount);
        }
    }
    if let Some(t1) = books.at(Instant::T1) {
        for (key, moves) in &ledger.tally.moves {
            let Some(Entry::Posting { unit, .. }) = moves.first().map(|step| &step.row.entry)
            else {
                continue;
            };
            let others = foreign_movement(context, ledger, key, t1);
            let walk = cells.entry(((key.kind.as_str(), *unit), key)).or_default();
            walk.others = others.known.saturating_add(others.unexplained);
        }
    }
    for ((book, _), walk) in &cells {
        wholes.entry(*book).or_default().add(walk);
    }
    let seen = |instant| books.at(instant).is_some();
    let course = |(kind, unit): Book<'_>, cell: Option<&CellKey>, walk: &Walk| Course {
        party: party.clone(),
        book: kind.to_owned(),
        unit: unit_name(unit).to_owned(),
        cell: cell.map(ToString::to_string),
        t0: walk.t0,
        peak: walk.t0.saturating_add(walk.peak),
        t1: seen(Instant::T1).then_some(walk.t1),
        t2: seen(Instant::T2).then_some(walk.t2),
        others: walk.others,
    };
    for (book, whole) in &wholes {
        all.push(course(*book, None, whole));
        let own = cells.iter().filter(|((of, _), _)| of == book);
        all.extend(own.map(|((of, key), walk)| course(*of, Some(key), walk)));
    }
}

/// Rows that were written between t0 and t1.
fn born<'l>(ledger: &'l Ledger<'_>) -> impl Iterator<Item = &'l LogRow> {
    let books = &ledger.books;
    let lsn = |instant| books.at(instant).map(|export| export.lsn);
    let (from, end) = (
        lsn(Instant::T0).unwrap_or(0),
        lsn(Instant::T1).unwrap_or(u64::MAX),
    );
    let rows = books.last.iter().copied();
    rows.filter(move |row| row.seq >= from && row.seq < end)
}
