//! 清除 · The owner of a party has the rows of the tests taken out of its books.
//!
//! Why here: some platforms are rolled back by order and not by messages. What the order names is deleted, rows,
//! postings and fence entries alike, and the books are what the remaining log leads to; the numbers of what is gone
//! stay empty. Carried out when the party is next at work after the order's instant; a party that comes back from
//! its file carries it out anew. Not here: whether history may be gone (the judge's R2).

use std::collections::BTreeSet;
use std::sync::Arc;

use crosswipe_domain::{DeclaredPurge, LogRow, Moment, Registry};

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
    /// What an owner's order is to a mock party: the rows of the registered persons.
    pub(crate) fn of(purge: &DeclaredPurge, registry: &Registry) -> PurgeOrder {
        let registered = registry.personas.iter().filter(|person| person.registered);
        PurgeOrder {
            at: purge.at,
            persons: registered
                .map(|person| person.no.reveal().to_owned())
                .collect(),
        }
    }

    fn names(&self, row: &LogRow) -> bool {
        let person = row.person.as_ref();
        row.cause.infno != "open"
            && row.at < self.at
            && person.is_some_and(|person| self.persons.contains(person.as_str()))
    }
}

impl Ledger {
    /// 清除 · Carries out an order.
    pub fn purge(&mut self, order: &PurgeOrder) {
        self.relive(|row| (!order.names(row)).then(|| Arc::clone(row)));
    }

    /// 改史 · The books that the log would lead to if each row were what `as_if` says, or had never been: what a fault
    /// does to history. Numbers of rows that are gone are not used again.
    pub(crate) fn relive(&mut self, as_if: impl Fn(&Arc<LogRow>) -> Option<Arc<LogRow>>) {
        let mut rest = Ledger::new(self.party.clone());
        for row in self.kept_from(0) {
            if let Some(row) = as_if(&row) {
                rest.append(row);
            }
        }
        rest.next = self.next;
        rest.bends = std::mem::take(&mut self.bends);
        *self = rest;
    }

    /// 失尾 · The books as they were before a group: the log ends there, and its numbers are used again.
    pub(crate) fn lose_tail(&mut self, group: u64) {
        let Some(from) = self.group(group).first().map(|row| row.seq) else {
            return;
        };
        self.relive(|row| (row.seq < from).then(|| Arc::clone(row)));
        self.next = (from, group);
    }
}
