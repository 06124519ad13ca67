//! R2 流水只增 · What was once in a log is there for ever, byte for byte.
//!
//! Every earlier look (t0, tm, t1) must be a prefix of every later one. A row seen earlier that is gone
//! while later rows stand is erased; other bytes are mutated; an end before an earlier row, or a hole in
//! `seq`, is a gap. Equal values have equal canonical bytes, so values are compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{LogRow, Party, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger, Status};
use crate::draft::finding;
use crate::evidence::Instant;
use crate::judgement::Finding;

/// The first finding of each class and τ: what else of a τ is gone goes with it.
type Worst = BTreeMap<(&'static str, Option<usize>), Finding>;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-log");
    outcome.lacking = super::lacking_end(context);
    for (party, ledger) in &context.ledgers {
        let mut looks: Vec<(String, u64, &[Arc<LogRow>])> = Vec::new();
        let whole = |instant: Instant| {
            ledger
                .books
                .at(instant)
                .map(|export| (instant.name().to_owned(), 0, export.log.as_slice()))
        };
        looks.extend(whole(Instant::T0));
        looks.extend(
            ledger
                .books
                .looks
                .iter()
                .map(|(_, look)| (format!("tm {}", look.case), look.from, look.rows.as_slice())),
        );
        looks.extend(whole(Instant::T1));
        looks.extend(whole(Instant::T2));
        let mut worst: Worst = BTreeMap::new();
        // Each look against the next whole log: prefixes of prefixes are prefixes.
        for (place, (name, from, rows)) in looks.iter().enumerate() {
            let later = looks[place + 1..]
                .iter()
                .find(|(later, _, _)| later == "t1" || later == "t2");
            outcome.compared += rows.len() as u64;
            if let Some(hole) = hole(*from, rows) {
                let class = if acknowledged_but_absent(context, party, ledger) {
                    "audit:erased"
                } else {
                    "audit:gap"
                };
                worst.entry((class, None)).or_insert_with(|| {
                    finding(Rule::R2, class)
                        .at(party)
                        .location(format!("log #{hole} @{name}"))
                        .values("a row", "no row")
                });
            }
            if let Some((later_name, _, later_rows)) = later {
                compare(context, party, rows, later_rows, later_name, &mut worst);
            }
        }
        outcome.findings.extend(worst.into_values());
    }
    outcome
}

/// First `seq` that a look should show and does not.
fn hole(from: u64, rows: &[Arc<LogRow>]) -> Option<u64> {
    (from..)
        .zip(rows)
        .find(|(seq, row)| row.seq != *seq)
        .map(|(seq, _)| seq)
}

fn compare(
    context: &Context<'_>,
    party: &Party,
    earlier: &[Arc<LogRow>],
    later: &[Arc<LogRow>],
    name: &str,
    worst: &mut Worst,
) {
    let (Some(first), Some(last)) = (earlier.first(), later.last().map(|row| row.seq).or(Some(0)))
    else {
        return;
    };
    // Both rise by `seq`; one walk over the two is enough.
    let start = later.partition_point(|row| row.seq < first.seq);
    let mut rest = later[start..].iter().peekable();
    for row in earlier {
        while rest.next_if(|other| other.seq < row.seq).is_some() {}
        let now = rest.next_if(|other| other.seq == row.seq);
        let (class, actual): (&'static str, String) = match now {
            Some(now) if now == row => continue,
            Some(now) if now.cause == row.cause => {
                ("audit:mutated", crate::draft::line(party, now))
            }
            Some(now) => ("audit:erased", crate::draft::line(party, now)),
            None if row.seq < last => ("audit:erased", "no row".into()),
            None => ("audit:gap", "log ends before".into()),
        };
        let tau = context.tau_of_row(row);
        worst.entry((class, tau)).or_insert_with(|| {
            let one = finding(Rule::R2, class)
                .at(party)
                .of_person(row.person.as_deref())
                .location(format!("log #{} @{name}", row.seq));
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
