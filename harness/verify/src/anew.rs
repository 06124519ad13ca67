//! 换号再发 · A settlement that a hospital sent once more under a number of its own, while the first one stands.
//!
//! Why here: a business intent is a visit and a batch of its lines, not a number. A hospital that takes a time-out for
//! a failure settles the same lines again; its second message stands in no journal, and yet nobody but the run can
//! have meant it. Left a stranger, it would hide that one intent has two effects (R5). What is settled again after the
//! first was taken back stays a stranger's: that is no second effect, and somebody has to explain it.
//! Called by `context` before anything is added up. Not here: what follows from it (`rules`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Entry, InfNo, LogRow, Name, Party};

use crate::books::Books;
use crate::story::{MessageKey, Owner, Story};

const RECORD: &str = "settlement";
const STANDS: &str = "settled";
const LINE: &str = "fee-detail";
/// 药店结算 · The one call that opens, lists and settles.
const PURCHASE: &str = "2102";

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
    // Lines that were born with a purchase, by the message that brought them: the pharmacy's own serials.
    let mut bought: BTreeMap<MessageKey<'a>, BTreeSet<&str>> = BTreeMap::new();
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
        let message = (row.cause.origin.as_str(), row.cause.msgid.as_str());
        if kind == LINE && was.is_none() && is_purchase(row) {
            bought.entry(message).or_default().extend(serial(row));
        }
        if kind != RECORD {
            continue;
        }
        match story.owner(message.0, message.1) {
            Owner::Tau(tau) if was.is_none() => {
                standing.insert(id, tau);
            }
            Owner::Stranger if was.is_none() && status == STANDS => {
                let meant = standing
                    .values()
                    .copied()
                    .find(|tau| match is_purchase(row) {
                        true => buys(story, *tau, row, &bought),
                        false => settles(story, *tau, row),
                    });
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

fn is_purchase(row: &LogRow) -> bool {
    InfNo::new(&row.cause.infno).base() == PURCHASE
}

/// 费用明细流水号 · The institution's own serial of a fee line.
fn serial(row: &LogRow) -> Option<&str> {
    match &row.entry {
        Entry::Row { facts, .. } => facts.get("feedetl_sn").map(Name::as_str),
        _ => None,
    }
}

/// Whether a record is of a purchase of the very lines that a τ bought: same pharmacy, same person, same serials. Visit
/// and ids say nothing, since each purchase is given its own.
fn buys(
    story: &Story<'_>,
    tau: usize,
    row: &LogRow,
    bought: &BTreeMap<MessageKey<'_>, BTreeSet<&str>>,
) -> bool {
    let intent = story.taus[tau].intent;
    let lines_of = |origin: &str, msgid: &str| {
        let mut messages = bought.iter();
        let (_, lines) = messages.find(|(of, _)| **of == (origin, msgid))?;
        Some(lines).filter(|lines| !lines.is_empty())
    };
    let first = lines_of(&intent.origin, intent.msgid.as_str());
    intent.infno.base() == PURCHASE
        && intent.origin == row.cause.origin
        && intent.person.as_ref().map(|person| person.as_str()) == row.person.as_deref()
        && first.is_some()
        && first == lines_of(&row.cause.origin, &row.cause.msgid)
}

/// Whether a record is about the very lines that a τ settles: same hospital, same kind of settlement, same visit, and
/// the same batch where both name one.
fn settles(story: &Story<'_>, tau: usize, row: &LogRow) -> bool {
    let intent = story.taus[tau].intent;
    let Entry::Row { facts, .. } = &row.entry else {
        return false;
    };
    let (sent, booked) = (
        |name: &str| intent.ids.get(name).map(String::as_str),
        |name: &str| facts.get(name).map(Name::as_str),
    );
    let batches = (sent("chrg_bchno"), booked("chrg_bchno"));
    intent.origin == row.cause.origin
        && intent.infno.base() == InfNo::new(&row.cause.infno).base()
        && sent("mdtrt_id").is_some()
        && sent("mdtrt_id") == booked("mdtrt_id")
        && !matches!(batches, (Some(sent), Some(booked)) if sent != booked)
}
