//! 未回退 · What still stands, or may stand: the number that is read first.
//!
//! Why so: the judge counts transactions that are not shown closed; a transaction that every party
//! answered as undone while a book kept a residue is just as open. Both count, each once. A finding
//! about books that names no transaction counts as a place of its own, so that 0 means 0.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Money, TxId};
use crosswipe_verify::{Finding, Judgement, TxState};

use super::case::{Case, stands};

/// 未回退 · Transactions and places that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    /// Transactions that stand, may stand, or left something behind.
    pub(crate) transactions: Vec<TxId>,
    /// Total amount of the settlements among them.
    pub(crate) amount: Money,
    /// Differences in books that name no transaction, by party and place.
    pub(crate) places: usize,
}

impl Open {
    pub(crate) fn is_empty(&self) -> bool {
        self.transactions.is_empty() && self.places == 0
    }
}

pub(crate) fn open(judgement: &Judgement, cases: &[Case]) -> Open {
    let by_state = judgement
        .transactions
        .iter()
        .filter(|t| matches!(t.state, TxState::Open | TxState::Unknown))
        .map(|t| &t.txid);
    let of_books: Vec<&Finding> = judgement
        .findings
        .iter()
        .filter(|finding| stands(finding).is_some())
        .collect();
    let by_finding = of_books.iter().filter_map(|finding| finding.txid.as_ref());
    let txids: BTreeSet<&TxId> = by_state.chain(by_finding).collect();
    let roots: BTreeMap<_, _> = of_books
        .iter()
        .filter(|finding| finding.txid.is_none() && finding.follows_from.is_none())
        .map(|finding| ((&finding.party, &finding.location), ()))
        .collect();
    let chains = cases
        .iter()
        .flat_map(|case| &case.chains)
        .filter(|chain| txids.contains(&chain.transaction.txid));
    Open {
        amount: chains.filter_map(|chain| chain.amount()).sum(),
        transactions: judgement
            .transactions
            .iter()
            .map(|t| &t.txid)
            .filter(|txid| txids.contains(txid))
            .cloned()
            .collect(),
        places: roots.len(),
    }
}

/// The first cause of a finding. Causes that run in a circle share its smallest index, so that none is lost.
pub(crate) fn root(findings: &[Finding], index: usize) -> usize {
    let mut at = index;
    let mut seen = BTreeSet::from([index]);
    while let Some(next) = findings[at]
        .follows_from
        .filter(|next| *next < findings.len())
    {
        if !seen.insert(next) {
            return seen.into_iter().next().unwrap_or(index);
        }
        at = next;
    }
    at
}
