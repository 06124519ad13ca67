//! 分录组 · A group of entries before it is booked.
//!
//! Why here: machines write groups in the words of their business (`born`, `turned`, `move_money`);
//! nothing counts until [`Ledger::commit`](super::Ledger::commit) takes the whole group.

use crosswipe_domain::{Cause, CellKey, Entry, FenceState, Few, Moment, Name, Row, Unit};

/// Text facts of a row by interface name.
pub type Facts = Few<Name>;
/// Amounts of a row in fen by interface name.
pub type Amounts = Few<i64>;

/// 分录组 · What one message will book at one party.
#[derive(Clone)]
pub struct Draft {
    /// When it is booked.
    pub at: Moment,
    /// The message that causes it.
    pub cause: Cause,
    /// Whom it is about.
    pub person: Option<Name>,
    /// Entries in order. Postings belong to the row entry before them.
    pub entries: Vec<Entry>,
}

impl Draft {
    /// An empty group.
    pub fn new(at: Moment, cause: Cause, person: Option<&str>) -> Draft {
        Draft {
            at,
            cause,
            person: person.map(Name::new),
            entries: Vec::new(),
        }
    }

    /// Moves a money cell; an amount of zero is not booked.
    pub fn move_money(&mut self, cell: CellKey, fen: i64) {
        self.post(cell, Unit::Fen, fen);
    }

    /// Moves an amount kept beside double entry; zero is not booked.
    pub fn move_memo(&mut self, cell: CellKey, fen: i64) {
        self.post(cell, Unit::MemoFen, fen);
    }

    /// Moves a count; zero is not booked.
    pub fn move_count(&mut self, cell: CellKey, by: i64) {
        self.post(cell, Unit::Count, by);
    }

    fn post(&mut self, cell: CellKey, unit: Unit, amount: i64) {
        if amount != 0 {
            self.entries.push(Entry::Posting {
                cell,
                unit,
                amount,
                reverses: None,
            });
        }
    }

    /// A row is born.
    pub fn born(&mut self, kind: &str, id: &str, status: &str, facts: Facts, amounts: Amounts) {
        let (kind, id, status) = (kind.into(), id.into(), status.into());
        self.entries.push(Entry::Row {
            kind,
            id,
            status,
            was: None,
            facts,
            amounts,
        });
    }

    /// A row changes its status, or facts only if `status` is what it was.
    pub fn turned(&mut self, row: &Row, status: &str, facts: Facts) {
        self.entries.push(Entry::Row {
            kind: row.kind.clone(),
            id: row.id.clone(),
            status: status.into(),
            was: Some(row.status.clone()),
            facts,
            amounts: Amounts::new(),
        });
    }

    /// What became of this group's own message.
    pub fn fence(&mut self, state: FenceState, reply: Option<String>) {
        let Cause { origin, msgid, .. } = self.cause.clone();
        self.entries.push(Entry::Fence {
            origin: origin.into(),
            msgid: msgid.into(),
            state,
            reply,
        });
    }

    /// What became of another message.
    pub fn fence_other(&mut self, origin: &str, msgid: &str, state: FenceState) {
        self.entries.push(Entry::Fence {
            origin: origin.into(),
            msgid: msgid.into(),
            state,
            reply: None,
        });
    }

    /// Amounts of the money postings.
    pub fn money(&self) -> impl Iterator<Item = i64> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Posting {
                unit: Unit::Fen,
                amount,
                ..
            } => Some(*amount),
            _ => None,
        })
    }
}
