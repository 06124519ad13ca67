//! 清除 · The owner of a party has the rows of the tests taken out of its books.
//!
//! Why here: some platforms are rolled back by order and not by messages. What the order names is deleted, rows,
//! postings and fence entries alike, and the books are what the remaining log leads to; the numbers of what is gone
//! stay empty. Carried out when the party is next at work after the order's instant; a party that comes back from
//! its file carries it out anew. Not here: whether history may be gone (the judge's R2).

use std::collections::BTreeSet;

use crosswipe_domain::{LogRow, Moment};

use super::Ledger;

/// 清除令 · Which rows go, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeOrder {
    /// From when on it is carried out; only rows booked before go.
    pub at: Moment,
    /// Whose rows go, by person number; opening balances stay.
    pub persons: BTreeSet<String>,
}

impl PurgeOrder {
    fn names(&self, row: &LogRow) -> bool {
        let person = row.person.as_ref();
        row.cause.infno != "open"
            && row.at < self.at
            && person.is_some_and(|person| self.persons.contains(person))
    }
}

impl Ledger {
    /// 清除 · Carries out an order.
    pub fn purge(&mut self, order: &PurgeOrder) {
        let mut rest = Ledger::new(self.party.clone());
        for row in std::mem::take(&mut self.log) {
            if !order.names(&row) {
                rest.append(row);
            }
        }
        rest.next = self.next;
        rest.bends = std::mem::take(&mut self.bends);
        *self = rest;
    }
}
