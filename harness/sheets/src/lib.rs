//! 表格 · Tables that strangers typed: CSV of any encoding and workbooks, read exactly, each cell with its place.
//!
//! Why a crate: plans, acceptance lists and parties' own lists all come out of office programs, and what those do to ids,
//! amounts and days must be met in one way. Called by `scenarios` and `cli`. Not here: what a table means.

mod book;
mod flaw;
mod table;
mod value;
mod workbook;

pub use book::{Odd, Sheet, read_book};
pub use flaw::{Flaw, Flaws, MOST_FLAWS};
pub use table::{Line, Table, letters};
pub use value::{Bad, Cell, CellRef, plain};
