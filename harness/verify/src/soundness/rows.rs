//! 行与流水 · Whether the rows of an export are what its own log says of them: each once, no other, and of that content.
//!
//! Why so: a row is a convenience, the log is what happened. A party that shows a row which its log never wrote, or
//! another amount in it, shows two things, and nobody can say which of them is true.
//! Not here: cells (`soundness`), what rows must end as (`rules::r07_closure`).

use std::collections::BTreeMap;

use crosswipe_domain::{Cause, Entry, Export, Party, Rule};

use crate::context::Context;
use crate::draft::finding;
use crate::evidence::Instant;
use crate::judgement::Finding;
use crate::story::Owner;

/// 一行 · What there is to know of a row.
#[derive(PartialEq, Eq)]
struct Said<'a> {
    status: &'a str,
    person: Option<&'a str>,
    cause: &'a Cause,
    facts: BTreeMap<&'a str, &'a str>,
    amounts: BTreeMap<&'a str, i64>,
}

type Rows<'a> = BTreeMap<(&'a str, &'a str), Said<'a>>;

/// Rows that are absent, shown twice, from nowhere, or of another content. Of a purged log only what it still tells.
pub(super) fn against_log(
    context: &Context<'_>,
    party: &Party,
    instant: Instant,
    export: &Export,
    purged: bool,
) -> Vec<Finding> {
    let logged = logged(export);
    let mut findings = Vec::new();
    let mut differs = |(kind, id): (&str, &str), cause: &Cause, log: String, row: String| {
        let one = finding(Rule::R1, "evidence:conflict").at(party).unsure();
        let one = one
            .location(format!("{kind} {id} @{}", instant.name()))
            .values(format!("log {log}"), format!("row {row}"));
        findings.push(match context.story.owner(&cause.origin, &cause.msgid) {
            Owner::Tau(tau) => one.about(&context.story.taus[tau]),
            _ => one,
        });
    };
    let mut shown: Rows<'_> = BTreeMap::new();
    for row in &export.rows {
        let key = (row.kind.as_str(), row.id.as_str());
        let facts = row.facts.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let amounts = row.amounts.iter().map(|(k, v)| (k.as_str(), *v));
        let said = Said {
            status: &row.status,
            person: row.person.as_deref(),
            cause: &row.cause,
            facts: facts.collect(),
            amounts: amounts.collect(),
        };
        match logged.get(&key) {
            None if !purged => differs(key, &row.cause, "nothing".into(), row.status.to_string()),
            Some(log) if *log != said && !purged => {
                let (log, row) = difference(log, &said);
                differs(key, said.cause, log, row);
            }
            _ => {}
        }
        if shown.insert(key, said).is_some() {
            differs(key, &row.cause, "once".into(), "twice".into());
        }
    }
    for (key, log) in logged.iter().filter(|(key, _)| !shown.contains_key(*key)) {
        differs(*key, log.cause, log.status.to_owned(), "absent".into());
    }
    findings
}

/// The rows as the log leaves them.
fn logged(export: &Export) -> Rows<'_> {
    let mut rows: Rows<'_> = BTreeMap::new();
    for row in &export.log {
        let Entry::Row {
            kind,
            id,
            status,
            facts,
            amounts,
            ..
        } = &row.entry
        else {
            continue;
        };
        let said = rows.entry((kind, id)).or_insert_with(|| Said {
            status,
            person: row.person.as_deref(),
            cause: &row.cause,
            facts: BTreeMap::new(),
            amounts: BTreeMap::new(),
        });
        said.status = status;
        let facts = facts.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        said.facts.extend(facts);
        let amounts = amounts.iter().map(|(k, v)| (k.as_str(), *v));
        said.amounts.extend(amounts);
    }
    rows
}

/// The first thing in which two tellings of a row differ.
fn difference(log: &Said<'_>, row: &Said<'_>) -> (String, String) {
    let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
    if log.status != row.status {
        return (log.status.to_owned(), row.status.to_owned());
    }
    if log.person != row.person {
        return (or_none(log.person), or_none(row.person));
    }
    let cause = |cause: &Cause| format!("{} {}", cause.infno, cause.msgid);
    if log.cause != row.cause {
        return (cause(log.cause), cause(row.cause));
    }
    let texts = |said: &Said<'_>| -> BTreeMap<String, String> {
        let facts = said.facts.iter();
        let facts = facts.map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let amounts = said.amounts.iter();
        let amounts = amounts.map(|(k, v)| ((*k).to_owned(), v.to_string()));
        facts.chain(amounts).collect()
    };
    let (log, row) = (texts(log), texts(row));
    let name = log.keys().chain(row.keys());
    let name = name.filter(|name| log.get(*name) != row.get(*name)).min();
    let said = |texts: &BTreeMap<String, String>, name: &String| {
        format!("{name} {}", or_none(texts.get(name).map(String::as_str)))
    };
    name.map_or_else(Default::default, |name| {
        (said(&log, name), said(&row, name))
    })
}
