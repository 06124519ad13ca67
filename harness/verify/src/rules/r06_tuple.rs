//! R6, second half · The identity and the amounts of one message, as each party wrote them down.
//!
//! Compared where at least two parties (or a party and the answer) have the field; the value that most
//! hold is taken as meant. Mirror records of undo messages are compared like any other row.

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, LogRow, Outcome, Party, Rule, Unit};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::{finding, person_of};
use crate::story::Tau;

/// Text fields of the tuple, with the class of a difference.
const IDENTITY: [(&str, &str); 5] = [
    ("mdtrt_id", "id"),
    ("setl_id", "id"),
    ("insutype", "id"),
    ("psn_no", "person"),
    ("psn_name", "person"),
];

/// Records that say who somebody is and what the business is called, the main one of a message first.
const RECORDS: [&str; 2] = ["settlement", "visit"];

/// Field → value → who says so; `None` is the answer that the run read.
type Sayings<'c> = BTreeMap<
    (&'static str, String),
    BTreeMap<String, Vec<(Option<&'c Party>, Option<&'c LogRow>)>>,
>;

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let births: BTreeMap<&Party, BTreeMap<(&str, &str), &LogRow>> = context
        .ledgers
        .iter()
        .map(|(party, ledger)| (*party, births(ledger)))
        .collect();
    booked_on_another(context, outcome);
    for tau in &context.story.taus {
        for index in &tau.messages {
            let intent = context.story.sent[*index].intent;
            let answer = context.story.sent[*index].ended.map(|(_, outcome)| outcome);
            one_message(
                tau,
                &tau.intent.path,
                (&intent.origin, intent.msgid.as_str()),
                answer,
                &births,
                outcome,
            );
        }
        for index in &tau.comps {
            let comp = &context.story.comps[*index];
            let answer = comp.ended.map(|(_, outcome)| outcome);
            // A resolved original may have no mirror id in the answer of 2601: the parties still have to agree.
            one_message(
                tau,
                &tau.intent.path,
                (&comp.intent.origin, comp.intent.msgid.as_str()),
                answer,
                &births,
                outcome,
            );
        }
    }
}

/// A τ booked in a cell of another registered person: it may be taken back to the fen, and it was still the wrong person.
///
/// Family accounts pay for others by the books' own word (`acct_mulaid_pay`); who is not registered is R11's.
fn booked_on_another(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for (party, ledger) in &context.ledgers {
        for (index, account) in &ledger.tally.accounts {
            let tau = &context.story.taus[*index];
            let Some(meant) = &tau.intent.person else {
                continue;
            };
            let family_pays = account.births.iter().any(|birth| match &birth.entry {
                Entry::Row { amounts, .. } => amounts
                    .get("acct_mulaid_pay")
                    .is_some_and(|paid| *paid != 0),
                _ => false,
            });
            let another = account.postings().find_map(|posting| match &posting.entry {
                Entry::Posting { cell, .. } => {
                    let person = person_of(cell).filter(|person| {
                        *person != meant.as_str() && context.registered.contains_key(person)
                    })?;
                    let lent = family_pays && cell.kind == "personal-account";
                    (!lent).then_some((posting, cell, person))
                }
                _ => None,
            });
            outcome.compared += 1;
            if let Some((posting, cell, person)) = another {
                let one = finding(Rule::R6, "mismatch:person").at(party).about(tau);
                outcome.findings.push(
                    one.location(cell.to_string())
                        .values(meant, person)
                        .witness(party, [posting]),
                );
            }
        }
    }
}

/// The row by which each message wrote its settlement or visit down, in the log as first seen.
fn births<'c>(ledger: &'c Ledger<'_>) -> BTreeMap<(&'c str, &'c str), &'c LogRow> {
    let mut births = BTreeMap::new();
    for record in RECORDS {
        for row in &ledger.books.early {
            if let Entry::Row {
                kind, was: None, ..
            } = &row.entry
                && kind == record
            {
                births
                    .entry((row.cause.origin.as_str(), row.cause.msgid.as_str()))
                    .or_insert(*row);
            }
        }
    }
    births
}

/// What a record is called where it is told.
fn record(row: &LogRow) -> &str {
    match &row.entry {
        Entry::Row { kind, .. } => kind,
        Entry::Posting { .. } | Entry::Fence { .. } => "record",
    }
}

fn one_message<'c>(
    tau: &'c Tau<'_>,
    path: &'c [Party],
    message: (&str, &str),
    answer: Option<&'c Outcome>,
    births: &BTreeMap<&Party, BTreeMap<(&'c str, &'c str), &'c LogRow>>,
    outcome: &mut RuleOutcome,
) {
    let mut sayings: Sayings<'c> = BTreeMap::new();
    let mut booked = false;
    for party in path {
        let Some(row) = births.get(party).and_then(|rows| rows.get(&message)) else {
            continue;
        };
        let Entry::Row { facts, amounts, .. } = &row.entry else {
            continue;
        };
        booked = true;
        for (field, class) in IDENTITY {
            let value = facts
                .get(field)
                .or_else(|| row.person.as_ref().filter(|_| field == "psn_no"));
            if let Some(value) = value {
                sayings
                    .entry((class, field.to_owned()))
                    .or_default()
                    .entry(value.to_string())
                    .or_default()
                    .push((Some(party), Some(row)));
            }
        }
        for (name, amount) in amounts {
            sayings
                .entry(("amount", name.to_string()))
                .or_default()
                .entry(amount.to_string())
                .or_default()
                .push((Some(party), Some(row)));
        }
    }
    if let (true, Some(Outcome::Ok { ids, amounts })) = (booked, answer) {
        let texts = ids.iter().map(|(name, value)| (name, value.clone()));
        for (name, value) in texts.chain(
            amounts
                .iter()
                .map(|(name, amount)| (name, amount.fen().to_string())),
        ) {
            // The answer speaks only of fields that a book has: no book, nothing to agree with.
            if let Some((_, values)) = sayings.iter_mut().find(|((_, field), _)| field == name) {
                values.entry(value).or_default().push((None, None));
            }
        }
    }
    if let Some(person) = tau.intent.person.as_ref().filter(|_| booked) {
        sayings
            .entry(("person", "psn_no".to_owned()))
            .or_default()
            .entry(person.as_str().to_owned())
            .or_default()
            .push((None, None));
    }
    judge(tau, &sayings, outcome);
}

fn judge(tau: &Tau<'_>, sayings: &Sayings<'_>, outcome: &mut RuleOutcome) {
    for ((class, field), values) in sayings {
        let voices: usize = values.values().map(Vec::len).sum();
        outcome.compared += u64::from(voices > 1);
        if values.len() < 2 {
            continue;
        }
        let kind = values
            .values()
            .flatten()
            .find_map(|(_, row)| *row)
            .map_or("record", record);
        let (meant, _) = values
            .iter()
            .max_by_key(|(_, who)| who.len())
            .expect("two values are not none");
        for (value, who) in values.iter().filter(|(value, _)| *value != meant) {
            let party = who.iter().find_map(|(party, _)| *party);
            let mut one = finding(Rule::R6, format!("mismatch:{class}"))
                .about(tau)
                .location(format!("{kind} {} {field}", tau.intent.msgid));
            one = match (*class, meant.parse(), value.parse()) {
                ("amount", Ok(meant), Ok(value)) => one.figures(Unit::Fen, meant, value),
                _ => one.values(meant, value),
            };
            if let Some(party) = party {
                one = one
                    .at(party)
                    .witness(party, who.iter().filter_map(|(_, row)| *row));
            } else {
                one = one.answered_by(values[meant].iter().find_map(|(party, _)| *party));
            }
            outcome.findings.push(one);
        }
    }
}
