//! R4 逐笔冲回 · Each posting of a reversed τ has exactly one negation: same cell, same unit, amount turned.
//!
//! Says `under-reversal` for a leg left out or booked short, `over-reversal` for one booked too large or
//! twice in one group, `double-reversal` for one booked again by a further group. A τ of which nothing was
//! negated is not R4's: whether it had to be is asked by R5 and R6.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, Entry, LogRow, Party, Rule, Unit};

use super::{RuleOutcome, lacking_end};
use crate::context::{Context, Ledger};
use crate::draft::{figure, finding, person_of};
use crate::judgement::Finding;
use crate::story::Tau;
use crate::tally::{Account, Apply};

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-reversed");
    outcome.lacking = lacking_end(context);
    for (party, ledger) in &context.ledgers {
        for (tau, account) in &ledger.tally.accounts {
            let tau = &context.story.taus[*tau];
            let mut worst: BTreeMap<&'static str, Finding> = BTreeMap::new();
            for apply in &account.applies {
                outcome.compared += one_apply(party, ledger, tau, account, apply, &mut worst);
            }
            if !account.applies.is_empty() {
                carried_by_nothing(party, tau, account, &mut worst);
            }
            outcome.findings.extend(worst.into_values());
        }
    }
    outcome
}

fn one_apply(
    party: &Party,
    ledger: &Ledger<'_>,
    tau: &Tau<'_>,
    account: &Account<'_>,
    apply: &Apply<'_>,
    worst: &mut BTreeMap<&'static str, Finding>,
) -> u64 {
    // A run that is still being undone has no legs missing yet, only legs to come.
    let ended = ledger.books.end().is_some();
    if account.first_negation(apply).is_none() {
        return 0;
    }
    for posting in &apply.postings {
        let (cell, unit, amount) = parts(posting);
        let negations = account
            .negations
            .get(&posting.seq)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let fitting = |row: &&&LogRow| same_cell(parts(row).0, cell) && parts(row).1 == unit;
        let given_back: i64 = negations
            .iter()
            .filter(fitting)
            .map(|row| parts(row).2)
            .sum();
        let Some(class) = fault(amount, given_back, negations) else {
            continue;
        };
        if class == "under-reversal" && !ended {
            continue;
        }
        let shown = [*posting].into_iter().chain(negations.iter().copied());
        if let Some(known) = worst.remove(class) {
            worst.insert(class, known.witness(party, shown));
            continue;
        }
        let one = finding(Rule::R4, class)
            .at(party)
            .of_person(person_of(cell))
            .about(tau);
        worst.insert(
            class,
            one.location(format!("{cell} #{}", posting.seq))
                .figures(unit, -amount, given_back)
                .witness(party, shown),
        );
    }
    apply.postings.len() as u64
}

/// The same cell; a day total is given back on the day of the undo (whether it may be another is R9's).
fn same_cell(one: &CellKey, other: &CellKey) -> bool {
    let without_day = |key: &CellKey| {
        key.dims
            .iter()
            .filter(|(name, _)| *name != "day")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect::<Vec<_>>()
    };
    one == other
        || one.kind == "reconciliation"
            && other.kind == one.kind
            && without_day(one) == without_day(other)
}

fn fault(amount: i64, given_back: i64, negations: &[&LogRow]) -> Option<&'static str> {
    let groups: BTreeSet<u64> = negations.iter().map(|row| row.group).collect();
    if given_back == -amount && negations.len() == 1 {
        None
    } else if groups.len() > 1 {
        Some("double-reversal")
    } else if negations.len() > 1
        || given_back.signum() == -amount.signum() && given_back.abs() > amount.abs()
    {
        Some("over-reversal")
    } else {
        Some("under-reversal")
    }
}

/// «No other posting carries τ»: an undo of a τ that took effect must name what it negates.
fn carried_by_nothing(
    party: &Party,
    tau: &Tau<'_>,
    account: &Account<'_>,
    worst: &mut BTreeMap<&'static str, Finding>,
) {
    let Some(stray) = account.strays.first() else {
        return;
    };
    let (cell, unit, amount) = parts(stray);
    worst.entry("over-reversal").or_insert_with(|| {
        let one = finding(Rule::R4, "over-reversal")
            .at(party)
            .of_person(person_of(cell))
            .about(tau);
        one.location(format!("{cell} #{}", stray.seq))
            .values("names the posting it negates", figure(unit, amount))
            .witness(party, account.strays.iter().copied())
    });
}

fn parts(row: &LogRow) -> (&CellKey, Unit, i64) {
    match &row.entry {
        Entry::Posting {
            cell, unit, amount, ..
        } => (cell, *unit, *amount),
        _ => unreachable!("accounts hold postings only"),
    }
}
