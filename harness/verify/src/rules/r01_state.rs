//! R1 余额复原 · Every cell is back where it was, but for movements that are not the run's.
//!
//! Cell by cell at the finest grain exported, at t1 and again at t2, kinds that nobody has heard of
//! included; an absent number counts as 0. Sums are never compared: two errors may cancel in a sum.
//! Rows known at t0 are unchanged. Rows born in the run are R7's. What a stranger moved that nobody has explained
//! is no movement that R1 may count with: a cell that differs by that alone leaves the rule unchecked.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Cell, CellKey, Export, Row, Rule, Unit};

use super::{RuleOutcome, lacking_end};
use crate::context::{Context, Ledger};
use crate::draft::{finding, person_of, residue};
use crate::evidence::Instant;
use crate::judgement::Finding;
use crate::soundness::conflicting_cells;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-cells");
    outcome.lacking = lacking_end(context);
    let net_zero = context.plan().is_some_and(|plan| !plan.same_day);
    for ledger in context.ledgers.values() {
        let Some(t0) = ledger.books.at(Instant::T0) else {
            continue;
        };
        let mut told = BTreeSet::new();
        for instant in [Instant::T1, Instant::T2] {
            let Some(later) = ledger.books.at(instant) else {
                continue;
            };
            let mut differing = Vec::new();
            let mut open = false;
            outcome.compared += cells(
                context,
                ledger,
                t0,
                later,
                net_zero,
                &mut open,
                &mut differing,
            );
            outcome.compared += rows(context, ledger, t0, later, &mut open, &mut differing);
            if open {
                outcome.lacking = outcome.lacking.or(Some("foreign"));
            }
            // What t2 says as t1 said it is one finding, not two.
            differing.retain(|found| told.insert((found.location.clone(), found.actual.clone())));
            if instant == Instant::T2 {
                differing
                    .iter_mut()
                    .for_each(|found| found.location.push_str(" @t2"));
            }
            outcome.findings.append(&mut differing);
        }
    }
    outcome
}

fn cells(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    t0: &Export,
    later: &Export,
    net_zero: bool,
    open: &mut bool,
    found: &mut Vec<Finding>,
) -> u64 {
    let (before, after) = (by_key(&t0.cells), by_key(&later.cells));
    // A cell that moved and is 0 again is in neither export, and is compared all the same.
    let moved = ledger.tally.moves.keys();
    let keys: BTreeSet<&CellKey> = before
        .keys()
        .chain(after.keys())
        .chain(moved)
        .copied()
        .collect();
    let doubtful = conflicting_cells(later);
    let days = if net_zero {
        moved_days(&keys, &before, &after)
    } else {
        BTreeMap::new()
    };
    for key in &keys {
        let (v0, unit0) = before
            .get(key)
            .map_or((0, None), |cell| (cell.value, Some(cell.unit)));
        let (v1, unit1) = after
            .get(key)
            .map_or((0, None), |cell| (cell.value, Some(cell.unit)));
        let foreign = foreign_movement(context, ledger, key, later);
        let expected = v0
            .saturating_add(foreign.known)
            .saturating_add(foreign.unexplained);
        let unit_changed = unit0.is_some() && unit1.is_some() && unit0 != unit1;
        *open |= foreign.unexplained != 0;
        if v1 == expected && !unit_changed || days.get(&without_day(key)) == Some(&0) {
            continue;
        }
        let mut one = finding(Rule::R1, residue(&key.kind))
            .at(ledger.books.party)
            .of_person(person_of(key))
            .location(key.to_string());
        one = if unit_changed {
            one.values(unit_name(unit0), unit_name(unit1))
        } else {
            one.figures(unit0.or(unit1).unwrap_or(Unit::Count), expected, v1)
        };
        found.push(explain(context, ledger, key, one).unsure_if(doubtful.contains(key)));
    }
    keys.len() as u64
}

/// Names the τ whose movement of the cell does not add up to zero, and shows its postings.
fn explain(context: &Context<'_>, ledger: &Ledger<'_>, key: &CellKey, one: Finding) -> Finding {
    let Some(moves) = ledger.tally.moves.get(key) else {
        return one;
    };
    let mut net: BTreeMap<usize, i64> = BTreeMap::new();
    for step in moves {
        if let Some(tau) = step.tau {
            *net.entry(tau).or_default() += step.amount;
        }
    }
    net.retain(|_, sum| *sum != 0);
    let Some(first) = net.keys().next() else {
        return one.witness(
            ledger.books.party,
            moves
                .iter()
                .filter(|step| step.tau.is_none())
                .map(|step| step.row),
        );
    };
    let rows = moves
        .iter()
        .filter(|step| step.tau.is_some_and(|tau| net.contains_key(&tau)))
        .map(|step| step.row);
    one.about(&context.story.taus[*first])
        .witness(ledger.books.party, rows)
}

/// What messages outside the run moved, up to an export.
#[derive(Default)]
pub(crate) struct Movement {
    /// X: public traffic, and what somebody has explained.
    pub(crate) known: i64,
    /// By strangers whom nobody has explained.
    pub(crate) unexplained: i64,
}

pub(crate) fn foreign_movement(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &CellKey,
    later: &Export,
) -> Movement {
    let moves = ledger
        .tally
        .moves
        .get(key)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut movement = Movement::default();
    for step in moves
        .iter()
        .filter(|step| !step.by_run && step.tau.is_none() && ledger.books.stood_in(step.row, later))
    {
        let cause = &step.row.cause;
        let sum = if context.is_unexplained(ledger.books.party, (&cause.origin, &cause.msgid)) {
            &mut movement.unexplained
        } else {
            &mut movement.known
        };
        *sum = sum.saturating_add(step.amount);
    }
    movement
}

fn rows(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    t0: &Export,
    later: &Export,
    open: &mut bool,
    found: &mut Vec<Finding>,
) -> u64 {
    let after: BTreeMap<(&str, &str), &Row> = later
        .rows
        .iter()
        .map(|row| ((row.kind.as_str(), row.id.as_str()), row))
        .collect();
    for row in &t0.rows {
        let key = (row.kind.as_str(), row.id.as_str());
        let trail = ledger.tally.rows.get(&key);
        if after.get(&key) == Some(&row) {
            continue;
        }
        if let Some(trail) = trail.filter(|trail| trail.touched_by_others) {
            let unexplained = |message| context.is_unexplained(ledger.books.party, message);
            *open |= trail.strange.iter().any(|message| unexplained(*message));
            continue;
        }
        let actual = match after.get(&key) {
            None => "absent".to_owned(),
            Some(now) if now.status != row.status => now.status.to_string(),
            Some(_) => "changed".to_owned(),
        };
        let mut one = finding(Rule::R1, residue(&row.kind))
            .at(ledger.books.party)
            .of_person(row.person.as_deref());
        one = one
            .location(format!("{} {}", row.kind, row.id))
            .values(&row.status, actual);
        let touched = trail.and_then(|trail| context.tau_of_row(trail.last));
        if let Some(tau) = touched {
            one = one.about(&context.story.taus[tau]);
        }
        found.push(one.witness(ledger.books.party, trail.map(|trail| trail.last)));
    }
    t0.rows.len() as u64
}

fn by_key(cells: &[Cell]) -> BTreeMap<&CellKey, &Cell> {
    cells.iter().map(|cell| (&cell.key, cell)).collect()
}

pub(crate) fn unit_name(unit: Option<Unit>) -> &'static str {
    match unit {
        Some(Unit::Fen) => "fen",
        Some(Unit::MemoFen) => "memo_fen",
        Some(Unit::Count) => "count",
        None => "absent",
    }
}

/// A reconciliation cell without its day; `None` for any other cell.
fn without_day(key: &CellKey) -> Option<CellKey> {
    (key.kind == "reconciliation" && key.dims.contains_key("day")).then(|| {
        let mut key = key.clone();
        key.dims.remove("day");
        key
    })
}

/// Under `net-zero` a day total may move if the days together do not: the sums over all days.
fn moved_days(
    keys: &BTreeSet<&CellKey>,
    before: &BTreeMap<&CellKey, &Cell>,
    after: &BTreeMap<&CellKey, &Cell>,
) -> BTreeMap<Option<CellKey>, i64> {
    let mut sums = BTreeMap::new();
    for key in keys {
        let Some(short) = without_day(key) else {
            continue;
        };
        let value =
            |cells: &BTreeMap<&CellKey, &Cell>| cells.get(*key).map_or(0, |cell| cell.value);
        *sums.entry(Some(short)).or_default() += value(after) - value(before);
    }
    sums
}
