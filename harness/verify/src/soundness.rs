//! 证据可信 · Whether the proof itself can be trusted: fresh, complete, untouched, in agreement with itself.
//!
//! Why apart from the rules: a bad proof says nothing about the books. Its findings make a run
//! indeterminate, except where somebody changed what had been sealed.
//! Called by `judge`; `rules::r01_state` asks which cells are in doubt. Not here: digests (`books`).

mod looks;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, Entry, Export, Level, Party, Role, Rule, TxId};
use crosswipe_journal::{Payload, Says};

use crate::context::{Context, Ledger, Status, is_terminal};
use crate::draft::finding;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Finding;

/// All that is wrong with the proof.
pub(crate) fn check(evidence: &Evidence, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.unvouched.clone();
    if let Some(defect) = &evidence.journal.defect {
        let class = defect
            .split_whitespace()
            .next()
            .filter(|word| word.starts_with("journal:"))
            .unwrap_or("journal:corrupt");
        findings.push(
            finding(Rule::R2, class)
                .location("journal")
                .values("intact", defect)
                .unsure(),
        );
    }
    if let Some(seq) = context.story.forked {
        findings.push(
            finding(Rule::R2, "journal:forked")
                .location(format!("journal #{seq}"))
                .values("rising epochs", "an older epoch"),
        );
    }
    findings.extend(clock_set_back(evidence));
    findings.extend(wavering(evidence, context));
    if let Some((line, why)) = evidence.review.defect {
        findings.push(
            finding(Rule::R11, "evidence:tampered")
                .location(format!("review.jsonl line {line}"))
                .values("as sealed", why),
        );
    }
    findings.extend(stale(context));
    for (party, ledger) in &context.ledgers {
        for instant in [Instant::T0, Instant::T1, Instant::T2] {
            if let Some(export) = ledger.books.at(instant) {
                let purged = ledger.books.is_purged(export)
                    || instant == Instant::T0 && ledger.books.purged_before > 0;
                findings.extend(conflict(party, instant, export, purged));
                findings.extend(rows::against_log(context, party, instant, export, purged));
            }
        }
        findings.extend(looks::unfinished(party, ledger));
        findings.extend(looks::not_taken_anew(party, ledger));
        findings.extend(contradicting_flags(context, party, ledger));
    }
    findings
}

/// How many equal answers in a row settle what answers disagreed about.
const AGREEING: usize = 3;

/// Two answers to one question while nothing was sent about it, and no agreement in the end: not a choice.
fn wavering(evidence: &Evidence, context: &Context<'_>) -> Vec<Finding> {
    let mut last: BTreeMap<&TxId, (Says, usize)> = BTreeMap::new();
    let mut disagreed: BTreeSet<&TxId> = BTreeSet::new();
    for record in &evidence.records {
        match &record.payload {
            Payload::CompIntent(comp) => drop(last.remove(&comp.txid)),
            Payload::Queried(queried) if queried.says != Says::Unclear => {
                let says = queried.says;
                let before = last.get(&queried.txid).copied();
                let alike = match before {
                    Some((same, times)) if same == says => times + 1,
                    _ => 1,
                };
                let both = [before.map(|(says, _)| says), Some(says)];
                if both.contains(&Some(Says::Applied)) && both.contains(&Some(Says::Reversed)) {
                    disagreed.insert(&queried.txid);
                } else if alike >= AGREEING {
                    disagreed.remove(&queried.txid);
                }
                last.insert(&queried.txid, (says, alike));
            }
            _ => {}
        }
    }
    let told = disagreed.into_iter().filter_map(|txid| {
        let tau = &context.story.taus[*context.story.tau_of.get(txid)?];
        let mut path = tau.intent.path.iter();
        let treatment = path.find(|party| party.role == Role::Treatment);
        let one = finding(Rule::R5, "evidence:conflict").about(tau);
        let one = match treatment {
            Some(party) => one.at(party),
            None => one,
        };
        let one = one.location("query");
        Some(one.values("one answer", "applied, reversed").unsure())
    });
    told.collect()
}

/// Within one process time only goes on; where it did not, nobody knows in which phase what came after was sent.
fn clock_set_back(evidence: &Evidence) -> Option<Finding> {
    let pairs = evidence.records.iter().zip(evidence.records.iter().skip(1));
    let (before, after) = pairs
        .filter(|(before, after)| before.epoch == after.epoch)
        .find(|(before, after)| after.at < before.at)?;
    let one = finding(Rule::R12, "journal:clock").location(format!("journal #{}", after.seq));
    Some(
        one.values(format!("{} or later", before.at), after.at)
            .unsure(),
    )
}

/// t0 must be older than everything that could have moved a book, and whole.
fn stale(context: &Context<'_>) -> Vec<Finding> {
    let Some(first) = context.story.first_booking else {
        return Vec::new();
    };
    let make = || {
        finding(Rule::R1, "evidence:stale")
            .location("export t0")
            .unsure()
    };
    match context.story.snapshots.get(&Instant::T0) {
        None => vec![make().values(format!("before #{first}"), "absent")],
        Some((seq, _)) if *seq > first => {
            vec![make().values(format!("before #{first}"), format!("#{seq}"))]
        }
        Some((_, snapshot)) => {
            let lacking = context
                .ledgers
                .values()
                .filter(|ledger| ledger.books.level >= Level::L3);
            let lacking =
                lacking.filter(|ledger| !snapshot.exports.contains_key(ledger.books.party));
            lacking
                .map(|ledger| make().at(ledger.books.party).values("export", "absent"))
                .collect()
        }
    }
}

/// Cells whose value is not the sum of the log's postings.
pub(crate) fn conflicting_cells(export: &Export) -> BTreeSet<&CellKey> {
    sums(export)
        .into_iter()
        .filter(|(_, (cell, log))| cell != log)
        .map(|(key, _)| key)
        .collect()
}

fn sums(export: &Export) -> BTreeMap<&CellKey, (i64, i64)> {
    let mut sums: BTreeMap<&CellKey, (i64, i64)> = BTreeMap::new();
    for cell in &export.cells {
        let sum = sums.entry(&cell.key).or_default();
        sum.0 = sum.0.saturating_add(cell.value);
    }
    for row in &export.log {
        if let Entry::Posting { cell, amount, .. } = &row.entry {
            let sum = sums.entry(cell).or_default();
            sum.1 = sum.1.saturating_add(*amount);
        }
    }
    sums
}

/// An export that disagrees with itself: cells ≠ Σ log, lsn ≠ length (rows: `rows`).
/// Of a purged log the last numbers may be empty.
fn conflict(party: &Party, instant: Instant, export: &Export, purged: bool) -> Vec<Finding> {
    let make = |location: String| {
        finding(Rule::R1, "evidence:conflict")
            .at(party)
            .location(format!("{location} @{}", instant.name()))
            .unsure()
    };
    let mut findings: Vec<Finding> = sums(export)
        .into_iter()
        .filter(|(_, (cell, log))| cell != log)
        .map(|(key, (cell, log))| {
            make(key.to_string()).values(format!("Σ log {log}"), format!("cell {cell}"))
        })
        .collect();
    let mut seen = BTreeSet::new();
    findings.extend(
        export
            .cells
            .iter()
            .filter(|cell| !seen.insert(&cell.key))
            .map(|cell| make(cell.key.to_string()).values("once", "twice")),
    );
    let next = export.log.last().map_or(0, |row| row.seq + 1);
    if export.lsn < next || export.lsn > next && !purged {
        findings.push(make("log".into()).values(
            format!("lsn {}", export.lsn),
            format!("{} rows", export.log.len()),
        ));
    }
    findings
}

/// A row that is called reversed while not one posting of its τ was negated.
fn contradicting_flags(context: &Context<'_>, party: &Party, ledger: &Ledger<'_>) -> Vec<Finding> {
    if ledger.books.end().is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (tau, account) in &ledger.tally.accounts {
        let stands = account.postings().next().is_some()
            && account.negations.is_empty()
            && context.status(*tau, ledger) == Status::Stands;
        if !stands {
            continue;
        }
        let closed_row = account.births.iter().find_map(|birth| match &birth.entry {
            Entry::Row { kind, id, .. } => ledger
                .tally
                .rows
                .get(&(kind.as_str(), id.as_str()))
                .filter(|trail| is_terminal(trail.status)),
            _ => None,
        });
        if let Some(said) = closed_row.map(|trail| trail.last) {
            let first = account.postings().next().expect("postings were just seen");
            let one = finding(Rule::R1, "evidence:conflict")
                .at(party)
                .about(&context.story.taus[*tau]);
            findings.push(
                one.location("reversal")
                    .values("negated postings", "none")
                    .witness(party, [first, said])
                    .unsure(),
            );
        }
    }
    findings
}
