//! 未回退 · What still stands, or may stand: the number that is read first.
//!
//! Why so: the judge counts transactions that are not shown closed; a transaction that every party
//! answered as undone while a book kept a residue is just as open. Both count, each once. A finding
//! about books that names no transaction counts as a place of its own, so that 0 means 0.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Money, TxId};
use crosswipe_verify::{Finding, Judgement, TxState};

use super::case::{Case, stands};
use super::chain::Chain;
use super::figures;

/// 未回退 · Transactions and places that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    /// Transactions that stand, may stand, or left something behind, in journal order.
    pub(crate) transactions: Vec<TxId>,
    /// Money at stake in each: the settlement that stands, or what it left behind.
    pub(crate) amounts: BTreeMap<TxId, Money>,
    /// Total of `amounts`.
    pub(crate) amount: Money,
    /// Settlements among them of which no amount is known.
    pub(crate) unpriced: usize,
    /// Differences in books that name no transaction, by party and place.
    pub(crate) places: usize,
}

impl Open {
    /// The part of it that these cases left; what names no transaction is of no case.
    pub(crate) fn within(whole: &Open, cases: &[&Case]) -> Open {
        let of_whole: BTreeSet<&TxId> = whole.transactions.iter().collect();
        let mut open = Open::default();
        for chain in cases.iter().flat_map(|case| &case.chains) {
            let transaction = &chain.transaction;
            if !of_whole.contains(&transaction.txid) {
                continue;
            }
            open.transactions.push(transaction.txid.clone());
            if let Some(amount) = whole.amounts.get(&transaction.txid) {
                open.amounts.insert(transaction.txid.clone(), *amount);
            } else if transaction.infno.settles() && chain.amount().is_none() {
                open.unpriced += 1;
            }
        }
        open.amount = open.amounts.values().copied().sum();
        open
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.transactions.is_empty() && self.places == 0
    }
}

pub(crate) fn open(judgement: &Judgement, cases: &[Case]) -> Open {
    let of_books: Vec<&Finding> = judgement
        .findings
        .iter()
        .filter(|finding| stands(finding).is_some())
        .collect();
    let mut open = Open {
        places: places(&of_books),
        ..Open::default()
    };
    let chains: BTreeMap<&TxId, &Chain> = cases
        .iter()
        .flat_map(|case| &case.chains)
        .map(|chain| (&chain.transaction.txid, chain))
        .collect();
    let mut by_txid: BTreeMap<&TxId, Vec<&Finding>> = BTreeMap::new();
    for finding in &of_books {
        if let Some(txid) = &finding.txid {
            by_txid.entry(txid).or_default().push(finding);
        }
    }
    for transaction in &judgement.transactions {
        let left = || by_txid.get(&transaction.txid).into_iter().flatten();
        let stands = matches!(transaction.state, TxState::Open | TxState::Unknown);
        if !stands && left().next().is_none() {
            continue;
        }
        open.transactions.push(transaction.txid.clone());
        let whole = chains
            .get(&transaction.txid)
            .and_then(|chain| chain.amount());
        let amount = if stands {
            whole
        } else {
            Some(
                left()
                    .filter_map(|finding| residue(finding))
                    .max()
                    .unwrap_or_default(),
            )
        };
        match amount {
            Some(amount) if !amount.is_zero() => {
                open.amounts.insert(transaction.txid.clone(), amount);
            }
            Some(_) => {}
            None => open.unpriced += usize::from(transaction.infno.settles()),
        }
    }
    open.amount = open.amounts.values().copied().sum();
    open
}

/// Money by which a book is off. The largest is what is at stake: one forgotten posting shows in several books and
/// rules, and adding them up would count it again.
pub(crate) fn residue(finding: &Finding) -> Option<Money> {
    let (expected, actual) = figures::fen(finding)?;
    Some(Money::from_fen(actual.checked_sub(expected)?).abs())
}

fn places(of_books: &[&Finding]) -> usize {
    let nameless = of_books
        .iter()
        .filter(|finding| finding.txid.is_none() && finding.follows_from.is_none());
    nameless
        .map(|finding| (&finding.party, &finding.location))
        .collect::<BTreeSet<_>>()
        .len()
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
