//! 对账稽核 · The judge without a journal: parties' exports against each other, and nothing else.
//!
//! Why so: a leftover of last week's test, or a refund somebody made by hand, stands in no journal of ours.
//! What is left to ask is agreement: every transaction that one party has, each other party on its way
//! has too and says the same of it; every refund has its original; every total is that of the others; and each book
//! agrees with itself: balances are what its log adds up to, and of what it calls undone nothing is left (`own`).
//! Rows come in one by one and only a fingerprint of each is kept ([`Take`]), so a million rows fit into
//! an office PC; the texts of the few that disagree are read a second time by whoever reads files (`cli`).
//! Not here: reading files (`cli::books`), words for people (`reports`), what a run of ours owed (`rules`).

mod arrange;
mod clearing;
mod compare;
mod join;
mod orphan;
mod other;
mod own;
mod route;
mod settlement;
mod take;
mod totals;

pub use orphan::{Audit, Cause, Coverage, Orphan, Remarked, RowRef, Said, Source, Witness};
pub use own::{CellPrint, LeftIn, PostingIn, message};
pub use take::{Rest, RowIn, State, Sum, Take, TotalIn, WaitingIn};

use join::Join;

/// 稽核 · Compares what the parties show. Rows of one party may come in several takes (parts of one list);
/// of several whole books of one party the newest counts.
///
/// The verdict is three-valued as everywhere: a certain finding violates, an uncertain one or a row that
/// nobody could compare is no proof, and where nothing was compared nothing is clean.
pub fn audit(takes: Vec<Take>) -> Audit {
    let mut join = Join::of(takes);
    let mut found = Vec::new();
    settlement::check(&mut join, &mut found);
    other::check(&mut join, &mut found);
    other::queues(&mut join, &mut found);
    clearing::check(&mut join, &mut found);
    totals::check(&mut join, &mut found);
    own::check(&mut join, &mut found);
    let found = arrange::arrange(found);
    join.conclude(found)
}

#[cfg(test)]
mod tests;
