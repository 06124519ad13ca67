//! 换号再发 · A settlement that a hospital sent once more under a number of its own, while the first one stands.
//!
//! Why here: a business intent is a visit and a batch of its lines, not a number. A hospital that takes a time-out for
//! a failure settles the same lines again; its second message stands in no journal, and yet nobody but the run can
//! have meant it. Left a stranger, it would hide that one intent has two effects (R5). What is settled again after the
//! first was taken back stays a stranger's: that is no second effect, and somebody has to explain it.
//! Called by `context` before anything is added up. Not here: what follows from it (`rules`).

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, InfNo, LogRow, Party};

use crate::books::Books;
use crate::story::{MessageKey, Owner, Story};

const RECORD: &str = "settlement";
const STANDS: &str = "settled";

/// Gives the journal's index the messages that hospitals sent anew, as the parties' books show them.
pub(crate) fn adopt<'a>(story: &mut Story<'a>, books: &BTreeMap<&'a Party, Books<'a>>) {
    let found: Vec<(MessageKey<'a>, usize)> = books
        .values()
        .flat_map(|books| sent_anew(story, books))
        .collect();
    for (message, tau) in found {
        story.owners.insert(message, Owner::Tau(tau));
    }
}

/// Messages of nobody we know that settle lines whose settlement by the run stands in these books.
fn sent_anew<'a>(story: &Story<'a>, books: &Books<'a>) -> Vec<(MessageKey<'a>, usize)> {
    let mut found = Vec::new();
    // Settlements of the run that stand, by row id.
    let mut standing: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &books.last {
        let Entry::Row {
            kind,
            id,
            status,
            was,
            ..
        } = &row.entry
        else {
            continue;
        };
        if kind != RECORD {
            continue;
        }
        let message = (row.cause.origin.as_str(), row.cause.msgid.as_str());
        match story.owner(message.0, message.1) {
            Owner::Tau(tau) if was.is_none() => {
                standing.insert(id, tau);
            }
            Owner::Stranger if was.is_none() && status == STANDS => {
                let meant = standing
                    .values()
                    .copied()
                    .find(|tau| settles(story, *tau, row));
                found.extend(meant.map(|tau| (message, tau)));
            }
            _ if status != STANDS => {
                standing.remove(id.as_str());
            }
            _ => {}
        }
    }
    found
}

/// Whether a record is about the very lines that a τ settles: same hospital, same kind of settlement, same visit, and
/// the same batch where both name one.
fn settles(story: &Story<'_>, tau: usize, row: &LogRow) -> bool {
    let intent = story.taus[tau].intent;
    let Entry::Row { facts, .. } = &row.entry else {
        return false;
    };
    let (sent, booked) = (
        |name: &str| intent.ids.get(name),
        |name: &str| facts.get(name),
    );
    let batches = (sent("chrg_bchno"), booked("chrg_bchno"));
    intent.origin == row.cause.origin
        && intent.infno.base() == InfNo::new(&row.cause.infno).base()
        && sent("mdtrt_id").is_some()
        && sent("mdtrt_id") == booked("mdtrt_id")
        && !matches!(batches, (Some(sent), Some(booked)) if sent != booked)
}
