//! R6 迁移相符 · What the old platform's books said of each person when it stopped, the new platform's books begin with.
//!
//! Balance and yearly sums are what a person takes along: a cell that was migrated as another amount is wrong before the
//! first swipe, and stays so however well the run's own business is undone. Compared cell by cell, person by person, the
//! old books at the stop against the new ones at t0. Where the old books moved between a t0 that came before the stop and
//! the stop itself, t0 does not show what was migrated, and nothing is said of that cell.
//! Not here: whether both generations know one swipe (`r06_generations`), what is open at the cut (`r12_transit`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CellKey, Entry, LogRow, Moment, Party, PhaseKind, Role, Rule, Unit};

use super::super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::evidence::Instant;

/// What a person takes along.
const TAKEN_ALONG: [&str; 2] = ["personal-account", "accumulator"];

/// One finding per cell that differs.
pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let mut phases = context
        .last_window()
        .into_iter()
        .flat_map(|window| &window.phases);
    let stopped = phases.find(|phase| !matches!(phase.kind, PhaseKind::Prepare | PhaseKind::Drain));
    let Some(stops) = stopped.map(|phase| phase.from) else {
        return;
    };
    for (old, ledger) in context
        .ledgers
        .iter()
        .filter(|(party, _)| party.is_old_platform())
    {
        let Some(region) = old.region() else { continue };
        let new = Party::new(Role::Insured, region.as_str());
        let Some((new, begins)) = context.ledgers.get_key_value(&new) else {
            outcome.lacking = Some("t0");
            continue;
        };
        let (Some(before), Some(after)) = (at_stop(ledger, stops), begins.books.at(Instant::T0))
        else {
            outcome.lacking = Some("t0");
            continue;
        };
        let after: BTreeMap<&CellKey, (Unit, i64)> = after
            .cells
            .iter()
            .filter(|cell| is_taken_along(&cell.key))
            .map(|cell| (&cell.key, (cell.unit, cell.value)))
            .collect();
        let keys: BTreeSet<&CellKey> = before.keys().chain(after.keys()).copied().collect();
        for key in keys {
            let was = before.get(key).copied();
            if let Some(None) = was.map(|(_, value)| value) {
                outcome.lacking = Some("t0");
                continue;
            }
            outcome.compared += 1;
            let (unit, value) =
                was.map_or((None, 0), |(unit, value)| (Some(unit), value.unwrap_or(0)));
            let (other, migrated) = after.get(key).copied().unzip();
            let (unit, migrated) = (unit.or(other).unwrap_or(Unit::Fen), migrated.unwrap_or(0));
            if value == migrated {
                continue;
            }
            let one = finding(Rule::R6, "mismatch:amount")
                .at(new)
                .answered_by(Some(new))
                .of_person(key.dims.get("person").map(String::as_str))
                .location(format!("{key} migrated from {old}"));
            outcome.findings.push(one.figures(unit, value, migrated));
        }
    }
}

fn is_taken_along(key: &CellKey) -> bool {
    TAKEN_ALONG.contains(&key.kind.as_str()) && key.dims.contains_key("person")
}

/// The cells as they were when the old platform stopped; without a value where t0 cannot show what was migrated.
type AtStop<'a> = BTreeMap<&'a CellKey, (Unit, Option<i64>)>;

fn at_stop<'a>(ledger: &Ledger<'a>, stops: Moment) -> Option<AtStop<'a>> {
    let start = ledger.books.at(Instant::T0)?;
    let cells = start.cells.iter().filter(|cell| is_taken_along(&cell.key));
    let mut found: AtStop<'a> = cells
        .map(|cell| (&cell.key, (cell.unit, Some(cell.value))))
        .collect();
    for row in &ledger.books.last {
        let row: &'a LogRow = row;
        let Entry::Posting {
            cell, unit, amount, ..
        } = &row.entry
        else {
            continue;
        };
        if !is_taken_along(cell) {
            continue;
        }
        // Books that open at the very instant have migrated whole.
        let (shown, early) = (row.seq < start.lsn, row.at <= stops);
        let held = found.entry(cell).or_insert((*unit, Some(0)));
        match (shown, early) {
            // Booked after the stop, and in t0 already.
            (true, false) => held.1 = held.1.map(|value| value - amount),
            // Booked between t0 and the stop.
            (false, true) => held.1 = None,
            _ => {}
        }
    }
    Some(found)
}
