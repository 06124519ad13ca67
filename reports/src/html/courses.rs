//! 账格 · Every cell of every party over the run, packed as columns, of which the script shows one party at a time.
//!
//! Why packed: a province has tens of thousands of cells, and a reviewer looks at those of one party.
//! Not here: the totals, which stand on the page without script (`view`).

use serde::Serialize;

use super::data::Strings;
use super::visible::visible;
use crate::story::Story;
use crate::wording::terms;

/// 账格 · Columns of equal length, books before their cells; words are numbers into `strings`.
#[derive(Default, Serialize)]
pub(super) struct Cells {
    party: Vec<usize>,
    book: Vec<usize>,
    /// The cell; nothing for a book as a whole.
    cell: Vec<String>,
    /// 1 where it counts, 0 where it is whole fen.
    counts: Vec<u8>,
    t0: Vec<i64>,
    peak: Vec<i64>,
    t1: Vec<Option<i64>>,
    t2: Vec<Option<i64>>,
    others: Vec<i64>,
    left: Vec<Option<i64>>,
}

pub(super) fn cells(story: &Story, strings: &mut Strings) -> Cells {
    let mut cells = Cells::default();
    for one in &story.courses {
        let party = one.party.to_string();
        cells
            .party
            .push(strings.keyed(&party, |lang| story.names.party(&one.party, lang)));
        cells
            .book
            .push(strings.keyed(&one.book, |lang| terms::book(&one.book, lang).to_owned()));
        let cell = one.cell.as_deref().unwrap_or_default();
        cells.cell.push(visible(cell).into_owned());
        cells.counts.push(u8::from(one.unit == "count"));
        cells.t0.push(one.t0);
        cells.peak.push(one.peak);
        cells.t1.push(one.t1);
        cells.t2.push(one.t2);
        cells.others.push(one.others);
        cells.left.push(one.left());
    }
    cells
}
