//! 毛病 · What keeps a file from being used: place, what is wrong, how to mend it.

use std::path::Path;

use crosswipe_domain::Both;

/// 毛病 · Something in a file that keeps it from being used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// `file:line`, `file!sheet!cell`, or the file alone.
    pub place: String,
    /// What is wrong.
    pub what: Both,
    /// How to mend it.
    pub mend: Both,
}

impl Flaw {
    /// A flaw at a place.
    pub fn new(place: impl Into<String>, what: impl Into<Both>, mend: impl Into<Both>) -> Flaw {
        Flaw {
            place: place.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// A flaw of a file as a whole.
    pub fn of_file(path: &Path, what: impl Into<Both>, mend: impl Into<Both>) -> Flaw {
        Flaw::new(path.display().to_string(), what, mend)
    }
}

/// More are counted and not kept.
pub const MOST_FLAWS: usize = 50;

/// 毛病簿 · Flaws found so far; the first fifty with their words.
#[derive(Debug, Default)]
pub struct Flaws {
    /// The first of them.
    pub told: Vec<Flaw>,
    /// How many more there are.
    pub more: usize,
}

impl Flaws {
    /// All of them; the first fifty with their words.
    pub fn from_all(mut told: Vec<Flaw>) -> Flaws {
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
    /// One more.
    pub fn push(&mut self, flaw: Flaw) {
        if self.told.len() < MOST_FLAWS {
            self.told.push(flaw);
        } else {
            self.more += 1;
        }
    }

    /// True if nothing was found.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Takes over what another reader found.
    pub fn append(&mut self, other: Flaws) {
        self.more += other.more;
        other.told.into_iter().for_each(|flaw| self.push(flaw));
    }
}
