//! An undo that was answered «done», held against what it did: a definite answer that the books contradict is a
//! violation of the platform that gave it, even where a later undo brings the books to where they were.

use crosswipe_domain::{LogRow, Outcome};

use super::{Word, disagree};
use crate::context::{Context, Ledger, Status};
use crate::judgement::Finding;
use crate::story::{Comp, Owner, Tau};
use crate::tally::{Account, Apply};

/// The first undo of a τ whose answer the books contradict.
pub(super) fn contradicted<'a>(
    context: &Context<'a>,
    index: usize,
    tau: &Tau<'a>,
    compared: &mut u64,
) -> Option<Finding> {
    tau.comps.iter().find_map(|place| {
        let comp = &context.story.comps[*place];
        let (_, Outcome::Ok { .. }) = comp.ended? else {
            return None;
        };
        let words: Vec<Word<'_>> = context
            .seen_on_path(tau)
            .filter_map(|(party, ledger)| {
                let account = ledger.tally.account(index)?;
                let message = (comp.intent.origin.as_str(), comp.intent.msgid.as_str());
                Some(Word {
                    party,
                    status: status_after(context, *place, comp, ledger, account)?,
                    saw: ledger.tally.seen.contains(&message),
                })
            })
            .collect();
        if words.len() < 2 {
            return None;
        }
        *compared += words.len() as u64;
        let stands = |word: &Word<'_>| word.status == Status::Stands;
        if !words.iter().any(stands) {
            return None;
        }
        Some(disagree(tau, &words, stands, Some(&stands), "@undo"))
    })
}

/// Where a τ that had taken effect at a party stood once this undo was answered; `None` where it had not.
fn status_after<'a>(
    context: &Context<'a>,
    place: usize,
    comp: &Comp<'a>,
    ledger: &Ledger<'a>,
    account: &Account<'a>,
) -> Option<Status> {
    let apply = account
        .applies
        .iter()
        .find(|apply| !apply.postings.is_empty())?;
    let by_then = |row: &LogRow| match context.story.owner(&row.cause.origin, &row.cause.msgid) {
        Owner::Comp(other) => other <= place,
        _ => true,
    };
    let negation = account.first_negation(apply);
    if negation.is_some_and(by_then) {
        return Some(Status::Reversed);
    }
    came_before(ledger, apply, comp).then_some(Status::Stands)
}

/// Whether it was applied before this undo came: by the order of the log if the undo left a row, else by time.
fn came_before(ledger: &Ledger<'_>, apply: &Apply<'_>, comp: &Comp<'_>) -> bool {
    let intent = comp.intent;
    let log = ledger.books.end().map_or(&[][..], |export| &export.log);
    let of_undo = log.iter().find(|row| {
        row.cause.msgid == intent.msgid.as_str() && row.cause.origin == intent.origin.as_str()
    });
    match of_undo {
        Some(row) => apply.row.seq < row.seq,
        None => apply.row.at < comp.last_sent,
    }
}
