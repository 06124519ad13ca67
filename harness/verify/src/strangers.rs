//! 来历不明 · Rows born in the window, where the public is suspended, that belong to no run: whose, and explained or not.
//!
//! Why apart from R11: two rules ask. R11 finds them; R1 lets what they moved enter `X_p(c)` only once a named
//! person has explained them. An explanation covers the very rows it was given for: by message, numbers and
//! digest, and never a row of the run, because rows of the run are no strangers.
//! Called by `context`. Not here: public traffic that the plan plays (`r12_gate`), the verdict (`r11_bystanders`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{
    Entry, LogRow, Moment, Party, PersonClass, Public, Window, canonical_json, sha256_hex,
};

use crate::books::Books;
use crate::bounds::Bounds;
use crate::context::is_terminal;
use crate::draft::person_of;
use crate::evidence::Evidence;
use crate::review::{Review, ReviewAct, ReviewLine};
use crate::story::MessageKey;
use crate::tally::Tally;

/// One stranger's message in one party's books.
pub(crate) struct Foreign<'a> {
    pub(crate) rows: Vec<&'a LogRow>,
    /// The registered person that it is about, if any.
    pub(crate) person: Option<&'a str>,
    /// Not undone by the window's end.
    pub(crate) stands: bool,
    /// Who explained exactly these rows.
    pub(crate) explained: Option<&'a ReviewLine>,
}

/// All strangers of one party, by message.
pub(crate) type Strangers<'a> = BTreeMap<MessageKey<'a>, Foreign<'a>>;

/// 来历不明的一组行 · One stranger's message, as a person who explains it has to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignRows {
    /// In whose books.
    pub party: Party,
    /// Institution whose message it is.
    pub origin: String,
    /// The message.
    pub msgid: String,
    /// Its transaction number.
    pub infno: String,
    /// Whom it is about, in evidence.
    pub person: Option<String>,
    /// When the first row was booked.
    pub at: Moment,
    /// `seq` of its rows.
    pub rows: Vec<u64>,
    /// Digest of its rows.
    pub rows_sha256: String,
    /// Somebody has explained it.
    pub explained: bool,
}

/// 来历不明 · What nobody knows in a run's evidence, explained or not, oldest first.
pub fn foreign(evidence: &Evidence) -> Vec<ForeignRows> {
    let context = crate::context::Context::join(evidence);
    let mut found = Vec::new();
    for (party, strangers) in &context.strangers {
        for (message, foreign) in strangers {
            found.push(ForeignRows {
                party: (*party).clone(),
                origin: message.0.to_owned(),
                msgid: message.1.to_owned(),
                infno: foreign.rows[0].cause.infno.clone(),
                person: foreign
                    .person
                    .or(foreign.rows[0].person.as_deref())
                    .map(str::to_owned),
                at: foreign.rows[0].at,
                rows: foreign.rows.iter().map(|row| row.seq).collect(),
                rows_sha256: digest(&foreign.rows),
                explained: foreign.explained.is_some(),
            });
        }
    }
    found.sort_by(|a, b| (a.at, &a.msgid, &a.party).cmp(&(b.at, &b.msgid, &b.party)));
    found
}

/// Who is registered and which institutions are listed.
pub(crate) struct Known<'c, 'a> {
    pub(crate) registered: &'c BTreeMap<&'a str, PersonClass>,
    pub(crate) institutions: &'c BTreeSet<&'a str>,
}

/// The strangers of one party that R11 speaks of.
pub(crate) fn strangers<'a>(
    bounds: &Bounds,
    known: &Known<'_, 'a>,
    review: &'a Review,
    books: &Books<'a>,
    tally: &Tally<'a>,
) -> Strangers<'a> {
    let mut found = Strangers::new();
    if tally.strangers.is_empty() {
        return found;
    }
    let end = bounds.last().end();
    let statuses = statuses(end, books);
    for (message, rows) in &tally.strangers {
        let suspended: Vec<&LogRow> = rows
            .iter()
            .copied()
            .filter(|row| suspended(bounds.at(row.at), row.at))
            .collect();
        let person = suspended
            .iter()
            .find_map(|row| registered_person(known, row));
        let listed = !suspended.is_empty() && known.institutions.contains(message.0);
        if person.is_none() && !listed {
            continue;
        }
        let foreign = Foreign {
            person,
            stands: stands_at(end, &statuses, tally, rows),
            explained: explanation(review, books.party, *message, rows),
            rows: rows.clone(),
        };
        found.insert(*message, foreign);
    }
    found
}

/// In the window, and nobody but the tests is to be served.
fn suspended(window: &Window, at: Moment) -> bool {
    window.start().is_some_and(|start| start <= at)
        && window.end().is_none_or(|end| at < end)
        && window.public_at(at) == Public::Closed
}

fn registered_person<'a>(known: &Known<'_, 'a>, row: &'a LogRow) -> Option<&'a str> {
    let of_cell = match &row.entry {
        Entry::Posting { cell, .. } => person_of(cell),
        _ => None,
    };
    row.person
        .as_deref()
        .into_iter()
        .chain(of_cell)
        .find(|person| known.registered.contains_key(person))
}

/// The last status of each row of other books before `end`.
fn statuses<'a>(end: Option<Moment>, books: &Books<'a>) -> BTreeMap<(&'a str, &'a str), &'a str> {
    let mut statuses = BTreeMap::new();
    for row in books.last.iter().filter(|row| in_time(end, row)) {
        if let Entry::Row {
            kind, id, status, ..
        } = &row.entry
        {
            statuses.insert((kind.as_str(), id.as_str()), status.as_str());
        }
    }
    statuses
}

fn in_time(end: Option<Moment>, row: &LogRow) -> bool {
    end.is_none_or(|end| row.at < end)
}

/// True if by `end` a posting of these had no counter-posting that names it, or a row of these was not closed.
fn stands_at(
    end: Option<Moment>,
    statuses: &BTreeMap<(&str, &str), &str>,
    tally: &Tally<'_>,
    rows: &[&LogRow],
) -> bool {
    let stands = |row: &&&LogRow| match &row.entry {
        Entry::Posting {
            cell,
            amount,
            reverses: None,
            ..
        } => {
            let moves = tally.moves.get(cell).map(Vec::as_slice).unwrap_or_default();
            let undone = moves.iter().any(|step| {
                let names = matches!(&step.row.entry, Entry::Posting { reverses: Some(seq), .. } if *seq == row.seq);
                names && in_time(end, step.row)
            });
            *amount != 0 && !undone
        }
        Entry::Row { kind, id, .. } => statuses
            .get(&(kind.as_str(), id.as_str()))
            .is_some_and(|status| !is_terminal(status)),
        _ => false,
    };
    rows.iter()
        .filter(|row| in_time(end, row))
        .any(|row| stands(&row))
}

/// The first explanation that names this message at this party with exactly these rows.
fn explanation<'a>(
    review: &'a Review,
    at: &Party,
    message: MessageKey<'_>,
    found: &[&LogRow],
) -> Option<&'a ReviewLine> {
    let names = |line: &&ReviewLine| {
        let ReviewAct::ExplainForeign(said) = &line.act else {
            return false;
        };
        said.party == *at
            && (said.origin.as_str(), said.msgid.as_str()) == message
            && said.rows_sha256 == digest(found)
    };
    review.lines.iter().find(names)
}

fn digest(rows: &[&LogRow]) -> String {
    sha256_hex(canonical_json(&rows).as_bytes())
}
