//! R2 流水只增 · What was once in a log is there for ever, byte for byte.
//!
//! Every earlier look (t0, tm, t1) must be a prefix of every later one. A row seen earlier that is gone
//! while later rows stand is erased; other bytes are mutated; an end before an earlier row, or a hole in
//! `seq`, is a gap. Equal values have equal canonical bytes, so values are compared.
//! A purge that the plan declares may take exactly the rows of the run and their undo, if an export from before
//! shows them: the rule then holds `purged`. One row more is erased, one row less is a residue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{Entry, Export, LogRow, Party, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger, Status};
use crate::draft::{finding, residue};
use crate::evidence::Instant;
use crate::judgement::Finding;
use crate::purge::Purge;
use crate::story::Owner;

/// The first finding of each class and τ: what else of a τ is gone goes with it.
type Worst = BTreeMap<(&'static str, Option<usize>), Finding>;

/// One look at a log.
struct Seen<'a> {
    name: String,
    /// On this side of a purge.
    purged: bool,
    from: u64,
    rows: &'a [Arc<LogRow>],
    /// The whole log.
    whole: bool,
}

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-log");
    outcome.lacking = super::lacking_end(context);
    for (party, ledger) in &context.ledgers {
        let looks = looks(context, ledger);
        let mut worst: Worst = BTreeMap::new();
        // Each look against the next whole log: prefixes of prefixes are prefixes.
        for (place, look) in looks.iter().enumerate() {
            let later = looks[place + 1..]
                .iter()
                .find(|later| later.whole && later.name != "t0");
            outcome.compared += look.rows.len() as u64;
            if let Some(hole) = hole(ledger, look) {
                let class = if acknowledged_but_absent(context, party, ledger) {
                    "audit:erased"
                } else {
                    "audit:gap"
                };
                worst.entry((class, None)).or_insert_with(|| {
                    finding(Rule::R2, class)
                        .at(party)
                        .location(format!("log #{hole} @{}", look.name))
                        .values("a row", "no row")
                        .witness(party, beside(look, hole))
                });
            }
            if let Some(later) = later {
                compare(context, (*party, ledger), look, later, &mut worst);
            }
        }
        outcome.findings.extend(worst.into_values());
        if let Some(purge) = &ledger.books.purge {
            outcome.qualified = Some("purged");
            outcome
                .findings
                .extend(purged(context, party, ledger, purge));
        }
    }
    outcome
}

/// t0, the looks at tm in journal order, t1, t2.
fn looks<'c>(context: &Context<'c>, ledger: &Ledger<'c>) -> Vec<Seen<'c>> {
    let purge = ledger.books.purge.as_ref();
    let whole = |instant: Instant| {
        ledger.books.at(instant).map(|export| Seen {
            name: instant.name().to_owned(),
            purged: ledger.books.is_purged(export),
            from: 0,
            rows: export.log.as_slice(),
            whole: true,
        })
    };
    let tails = ledger.books.looks.iter().map(|(place, look)| Seen {
        name: format!("tm {}", look.case),
        purged: purge
            .is_some_and(|purge| purge.is_after(context.story.run_of_tail(*place), look.taken_at)),
        from: look.from,
        rows: look.rows.as_slice(),
        whole: false,
    });
    let mut looks: Vec<Seen<'_>> = whole(Instant::T0).into_iter().collect();
    looks.extend(tails);
    looks.extend(whole(Instant::T1));
    looks.extend(whole(Instant::T2));
    looks
}

/// What a purge by order must have left: proof of what was there, and not one row of the run.
fn purged(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    purge: &Purge<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !purge.known_in_full {
        // No look at the whole books shows what a run had done by then, its undo included.
        let one = finding(Rule::R2, "evidence:missing").at(party);
        findings.push(
            one.location("export before the purge")
                .values(format!("before {}", purge.declared.at), "absent")
                .unsure(),
        );
    }
    let mut told = BTreeSet::new();
    for export in [Instant::T1, Instant::T2]
        .into_iter()
        .filter_map(|instant| ledger.books.at(instant))
        .filter(|export| ledger.books.is_purged(export))
    {
        for row in &export.log {
            let seen = purge.before.get(&row.seq);
            let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
            let left = purge.ours.contains(&row.seq) && seen == Some(&row.as_ref())
                || purge.names(context.story.run_of(owner), row.at);
            if !left {
                continue;
            }
            let tau = context.tau_of_row(row);
            let kind = kind(&row.entry);
            if told.insert((tau, kind.to_owned())) {
                findings.push(left_over(context, party, row, tau, kind));
            }
        }
        for row in &export.rows {
            let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
            let Owner::Tau(tau) = owner else { continue };
            if !purge.names(context.story.run_of(owner), context.story.taus[tau].at) {
                continue;
            }
            if told.insert((Some(tau), row.kind.to_string())) {
                let one = finding(Rule::R2, residue(&row.kind))
                    .at(party)
                    .about(&context.story.taus[tau]);
                findings.push(
                    one.location(format!("{} {}", row.kind, row.id))
                        .values("purged", &row.status),
                );
            }
        }
    }
    findings
}

fn left_over(
    context: &Context<'_>,
    party: &Party,
    row: &LogRow,
    tau: Option<usize>,
    kind: &str,
) -> Finding {
    let one = finding(Rule::R2, residue(kind))
        .at(party)
        .of_person(row.person.as_deref())
        .location(format!("log #{}", row.seq))
        .values("purged", "a row")
        .witness(party, [row]);
    match tau {
        Some(tau) => one.about(&context.story.taus[tau]),
        None => one,
    }
}

/// The book that a log row is about.
fn kind(entry: &Entry) -> &str {
    match entry {
        Entry::Posting { cell, .. } => &cell.kind,
        Entry::Row { kind, .. } => kind,
        Entry::Fence { .. } => "fence",
    }
}

/// First `seq` that a look should show and does not. Numbers of purged rows stay empty; what stood under a number
/// that no look shows cannot be told apart where the log before the purge is not known in full.
fn hole(ledger: &Ledger<'_>, look: &Seen<'_>) -> Option<u64> {
    let purge = ledger.books.purge.as_ref().filter(|_| look.purged);
    // A row that was seen and is not ours is missed by `compare`, with its values.
    let t0 = ledger.books.at(Instant::T0);
    let may_miss = |seq: &u64| {
        let taken = |purge: &Purge<'_>| purge.before.contains_key(seq) || !purge.known_in_full;
        let stood = |t0: &Export| t0.log.binary_search_by_key(seq, |row| row.seq).is_ok();
        purge.is_some_and(taken) || *seq < ledger.books.purged_before && !t0.is_some_and(stood)
    };
    let mut next = look.from;
    for row in look.rows {
        if let Some(hole) = (next..row.seq).find(|seq| !may_miss(seq)) {
            return Some(hole);
        }
        if row.seq < next {
            return Some(next);
        }
        next = row.seq + 1;
    }
    None
}

/// The rows on both sides of a hole.
fn beside<'c>(look: &'c Seen<'_>, hole: u64) -> impl Iterator<Item = &'c LogRow> {
    let after = look.rows.partition_point(|row| row.seq < hole);
    let before = after
        .checked_sub(1)
        .and_then(|before| look.rows.get(before));
    let after = look.rows[after..].iter().find(|row| row.seq > hole);
    before.into_iter().chain(after).map(Arc::as_ref)
}

fn compare(
    context: &Context<'_>,
    (party, ledger): (&Party, &Ledger<'_>),
    earlier: &Seen<'_>,
    later: &Seen<'_>,
    worst: &mut Worst,
) {
    let (Some(first), Some(last)) = (
        earlier.rows.first(),
        later.rows.last().map(|row| row.seq).or(Some(0)),
    ) else {
        return;
    };
    let purge = ledger
        .books
        .purge
        .as_ref()
        .filter(|_| !earlier.purged && later.purged);
    // Both rise by `seq`; one walk over the two is enough.
    let start = later.rows.partition_point(|row| row.seq < first.seq);
    let mut rest = later.rows[start..].iter().peekable();
    for row in earlier.rows {
        while rest.next_if(|other| other.seq < row.seq).is_some() {}
        let now = rest.next_if(|other| other.seq == row.seq);
        if purge.is_some_and(|purge| purge.took(row, now.map(Arc::as_ref))) {
            continue;
        }
        let (class, actual): (&'static str, String) = match now {
            Some(now) if now == row => continue,
            Some(now) if now.cause == row.cause => {
                ("audit:mutated", crate::draft::line(party, now))
            }
            Some(now) => ("audit:erased", crate::draft::line(party, now)),
            None if row.seq < last || purge.is_some() => ("audit:erased", "no row".into()),
            None => ("audit:gap", "log ends before".into()),
        };
        let tau = context.tau_of_row(row);
        worst.entry((class, tau)).or_insert_with(|| {
            let one = finding(Rule::R2, class)
                .at(party)
                .of_person(row.person.as_deref())
                .location(format!("log #{} @{}", row.seq, later.name));
            let one = one
                .values(crate::draft::line(party, row), actual)
                .witness(party, [row].into_iter().chain(now).map(Arc::as_ref));
            match tau {
                Some(tau) => one.about(&context.story.taus[tau]),
                None => one,
            }
        });
    }
}

/// A τ that was answered ok and of which this log shows nothing: then a hole has swallowed a row.
fn acknowledged_but_absent(context: &Context<'_>, party: &Party, ledger: &Ledger<'_>) -> bool {
    ledger.books.end().is_some()
        && context.story.taus.iter().enumerate().any(|(index, tau)| {
            let acknowledged = context
                .story
                .outcome(tau)
                .is_some_and(|(_, outcome)| outcome.is_ok());
            acknowledged
                && tau.intent.path.contains(party)
                && context.status(index, ledger) == Status::Never
        })
}
