//! 取账 · Reads what parties deliver: exports as JSON, lists as CSV or workbooks, into takes for the audit.
//!
//! Why a room of its own: files of strangers are big, cut, mangled by office programs, and hold names. A
//! file is read once, row by row, and never held whole; the few rows that a finding shows are read again
//! by their place. Nothing is guessed about an amount or an id: what is not certain is a problem with its
//! place and how to mend it, and all problems of all files come at once.
//! Called by `command::audit`. Not here: what the rows mean together (`verify::audit`).

mod export;
#[cfg(test)]
mod fuzz;
mod gather;
mod left;
mod list;
mod mapping;
mod table;
mod value;
mod window;
mod words;
mod workbook;

pub(crate) use gather::gather;
pub(crate) use words::{Lines, Words, lines};

use std::path::Path;

/// 毛病 · Something in a file that keeps it from being used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flaw {
    /// `file:line`, `file!sheet!cell`, or the file alone.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// How to mend it.
    pub(crate) mend: String,
}

impl Flaw {
    pub(crate) fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Flaw {
        Flaw {
            place: place.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }

    fn of_file(path: &Path, what: impl Into<String>, mend: impl Into<String>) -> Flaw {
        Flaw::new(path.display().to_string(), what, mend)
    }
}

/// More are counted and not kept.
pub(crate) const MOST_FLAWS: usize = 50;

/// 毛病簿 · Flaws found so far; the first fifty with their words.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    pub(crate) told: Vec<Flaw>,
    pub(crate) more: usize,
}

impl Flaws {
    /// All of them; the first fifty with their words.
    pub(crate) fn from_all(mut told: Vec<Flaw>) -> Flaws {
        let more = told.len().saturating_sub(MOST_FLAWS);
        told.truncate(MOST_FLAWS);
        Flaws { told, more }
    }
}

impl From<Flaw> for Flaws {
    fn from(flaw: Flaw) -> Flaws {
        Flaws {
            told: vec![flaw],
            more: 0,
        }
    }
}

impl Flaws {
    pub(crate) fn push(&mut self, flaw: Flaw) {
        if self.told.len() < MOST_FLAWS {
            self.told.push(flaw);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    fn append(&mut self, other: Flaws) {
        self.more += other.more;
        other.told.into_iter().for_each(|flaw| self.push(flaw));
    }
}
