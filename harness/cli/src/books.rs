//! 取账 · Reads what parties deliver: exports as JSON, lists as CSV or workbooks, into takes for the audit.
//!
//! Why a room of its own: files of strangers are big, cut, mangled by office programs, and hold names. A
//! file is read once, row by row, and never held whole; the few rows that a finding shows are read again
//! by their place. Nothing is guessed about an amount or an id: what is not certain is a problem with its
//! place and how to mend it, and all problems of all files come at once.
//! Called by `command::audit`, and by `intake` for rows as they are (`papers`). Not here: what the rows mean together (`verify::audit`).

mod export;
#[cfg(test)]
mod fuzz;
mod gather;
mod left;
mod list;
mod mapping;
mod meaning;
mod papers;
mod window;
mod words;

pub(crate) use gather::gather;
pub(crate) use papers::{Page, Paper, PaperRow, Sorted, odd_flaw, papers};
pub(crate) use words::{Lines, Words, lines};

pub(crate) use crosswipe_sheets::{Flaw, Flaws};
