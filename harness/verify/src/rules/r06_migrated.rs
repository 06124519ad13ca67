//! R6 迁移相符 · What the old platform's books said of each person when it stopped, the new platform's books begin with.
//!
//! Balance and yearly sums are what a person takes along: a cell that was migrated as another amount is wrong before the
//! first swipe, and stays so however well the run's own business is undone. Compared cell by cell, person by person, the
//! old books at the stop against the new ones at t0 and what was taken over since (数据迁移, a message of the new platform's
//! office). Rows that were booked at the old platform meanwhile are compared one by one too: each stands on the new one with
//! the same facts and amounts, and every settlement as audited (`QJ15`).
//! Where the old books moved between a t0 that came before the stop and the stop itself, and nobody was told of a
//! migration, t0 does not show what was migrated, and nothing is said of it.
//! Not here: whether both generations know one swipe (`r06_generations`), what is open at the cut (`r12_transit`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{
    CellKey, Entry, LogRow, Moment, Name, OfficeAct, Outcome, Party, PhaseKind, Role, Rule, Unit,
};

use super::super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::evidence::Instant;
use crate::story::Owner;

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
        let (Some(before), Some(after)) = (AtStop::of(ledger, stops), begins.books.at(Instant::T0))
        else {
            outcome.lacking = Some("t0");
            continue;
        };
        let taken = Taken::over(context, region.as_str(), begins);
        if taken.is_none() && before.has_moved() {
            outcome.lacking = Some("t0");
        }
        let mut found: Cells<'_> = after
            .cells
            .iter()
            .filter(|cell| is_taken_along(&cell.key))
            .map(|cell| (&cell.key, (cell.unit, cell.value)))
            .collect();
        for (key, (unit, moved)) in taken.iter().flat_map(|taken| &taken.cells) {
            found.entry(key).or_insert((*unit, 0)).1 += moved;
        }
        let keys: BTreeSet<&CellKey> = before.cells.keys().chain(found.keys()).copied().collect();
        for key in keys {
            if taken.is_none() && before.moved.contains(key) {
                continue;
            }
            outcome.compared += 1;
            let (was, now) = (before.cells.get(key), found.get(key));
            let unit = was.or(now).map_or(Unit::Fen, |(unit, _)| *unit);
            let value = |cell: Option<&(Unit, i64)>| cell.map_or(0, |(_, value)| *value);
            let (value, migrated) = (value(was), value(now));
            if value == migrated {
                continue;
            }
            let one = finding(Rule::R6, "mismatch:amount")
                .at(new)
                .answered_by(Some(new))
                .of_person(key.dims.get("person").map(Name::as_str))
                .location(format!("{key} migrated from {old}"));
            outcome.findings.push(one.figures(unit, value, migrated));
        }
        if let Some(taken) = &taken {
            compare(&before.rows, &taken.rows, (old, new), outcome);
        }
    }
}

/// Rows of both books, one by one.
fn compare(
    before: &Rows<'_>,
    after: &Rows<'_>,
    (old, new): (&Party, &Party),
    outcome: &mut RuleOutcome,
) {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    for key @ (kind, id) in keys {
        outcome.compared += 1;
        let (was, now) = (before.get(&key), after.get(&key));
        let total = |row: Option<&Standing<'_>>| {
            let amounts = row.map(|row| &row.amounts);
            amounts
                .and_then(|amounts| {
                    amounts
                        .get("medfee_sumamt")
                        .or_else(|| amounts.values().next())
                })
                .map_or(0, |amount| **amount)
        };
        let standing = was.or(now);
        let one = |class: &'static str| {
            finding(Rule::R6, class)
                .at(new)
                .answered_by(Some(new))
                .of_person(standing.and_then(|row| row.person))
                .location(format!("{kind} {id} migrated from {old}"))
        };
        let (Some(was), Some(now)) = (was, now) else {
            let missing = one("mismatch:amount");
            let told = missing.figures(Unit::Fen, total(was), total(now));
            outcome.findings.push(told);
            continue;
        };
        let amounts: BTreeSet<_> = was.amounts.keys().chain(now.amounts.keys()).collect();
        let other = amounts
            .into_iter()
            .find(|name| was.amounts.get(*name) != now.amounts.get(*name));
        if let Some(name) = other {
            let of = |row: &Standing<'_>| row.amounts.get(name).map_or(0, |amount| **amount);
            let told =
                one("mismatch:amount").location(format!("{kind} {id} {name} migrated from {old}"));
            outcome
                .findings
                .push(told.figures(Unit::Fen, of(was), of(now)));
            continue;
        }
        let mut expected = was.facts.clone();
        if kind == "settlement" {
            expected.insert(OfficeAct::AUDIT, OfficeAct::AUDITED);
        }
        expected.insert("status", was.status);
        let mut actual = now.facts.clone();
        actual.insert("status", now.status);
        let names: BTreeSet<&str> = expected.keys().chain(actual.keys()).copied().collect();
        let other = names
            .into_iter()
            .find(|name| expected.get(name) != actual.get(name));
        if let Some(name) = other {
            let class = match name {
                OfficeAct::AUDIT => "mismatch:audit",
                _ => "mismatch:id",
            };
            let said =
                |facts: &BTreeMap<&str, &str>| facts.get(name).copied().unwrap_or("-").to_owned();
            let told = one(class).location(format!("{kind} {id} {name} migrated from {old}"));
            outcome
                .findings
                .push(told.values(said(&expected), said(&actual)));
        }
    }
}

fn is_taken_along(key: &CellKey) -> bool {
    TAKEN_ALONG.contains(&key.kind.as_str()) && key.dims.contains_key("person")
}

/// Cells with what they hold, or by how much they moved.
type Cells<'a> = BTreeMap<&'a CellKey, (Unit, i64)>;

/// Rows by kind and id.
type Rows<'a> = BTreeMap<(&'a str, &'a str), Standing<'a>>;

/// A row as it stands.
#[derive(Default)]
struct Standing<'a> {
    status: &'a str,
    person: Option<&'a str>,
    facts: BTreeMap<&'a str, &'a str>,
    amounts: BTreeMap<&'a str, &'a i64>,
}

/// What becomes of a row by a log row.
fn turn<'a>(rows: &mut Rows<'a>, row: &'a LogRow) {
    let Entry::Row {
        kind,
        id,
        status,
        facts,
        amounts,
        ..
    } = &row.entry
    else {
        return;
    };
    let held = rows.entry((kind, id)).or_default();
    held.status = status;
    held.person = held.person.or(row.person.as_deref());
    let texts = facts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    held.facts.extend(texts);
    let figures = amounts.iter().map(|(name, amount)| (name.as_str(), amount));
    held.amounts.extend(figures);
}

/// The old books as they were when that platform stopped.
struct AtStop<'a> {
    cells: Cells<'a>,
    /// Cells that moved between t0 and the stop.
    moved: BTreeSet<&'a CellKey>,
    /// Rows that were begun or turned in that time.
    rows: Rows<'a>,
}

impl<'a> AtStop<'a> {
    fn of(ledger: &Ledger<'a>, stops: Moment) -> Option<AtStop<'a>> {
        let start = ledger.books.at(Instant::T0)?;
        let cells = start.cells.iter().filter(|cell| is_taken_along(&cell.key));
        let mut found = AtStop {
            cells: cells
                .map(|cell| (&cell.key, (cell.unit, cell.value)))
                .collect(),
            moved: BTreeSet::new(),
            rows: Rows::new(),
        };
        for row in &ledger.books.last {
            let row: &'a LogRow = row;
            // Books that open at the very instant have migrated whole.
            let (shown, early) = (row.seq < start.lsn, row.at <= stops);
            if !shown && early {
                turn(&mut found.rows, row);
            }
            let Entry::Posting {
                cell, unit, amount, ..
            } = &row.entry
            else {
                continue;
            };
            if !is_taken_along(cell) {
                continue;
            }
            let held = found.cells.entry(cell).or_insert((*unit, 0));
            match (shown, early) {
                // Booked after the stop, and in t0 already.
                (true, false) => held.1 -= amount,
                // Booked between t0 and the stop.
                (false, true) => {
                    held.1 += amount;
                    found.moved.insert(cell);
                }
                _ => {}
            }
        }
        Some(found)
    }

    fn has_moved(&self) -> bool {
        !self.moved.is_empty() || !self.rows.is_empty()
    }
}

/// What the new platform's books took over after t0.
struct Taken<'a> {
    cells: Cells<'a>,
    rows: Rows<'a>,
}

impl<'a> Taken<'a> {
    /// By messages of its office that were answered as done; `None` if there was none.
    fn over(context: &Context<'a>, region: &str, new: &Ledger<'a>) -> Option<Taken<'a>> {
        let played = context.story.played.iter().enumerate();
        let done: BTreeSet<usize> = played
            .filter(|(_, (_, one))| OfficeAct::of(&one.infno) == Some(OfficeAct::Migration))
            .filter(|(_, (_, one))| one.insured.is_some_and(|place| place.as_str() == region))
            .filter(|(_, (_, one))| matches!(one.outcome, Outcome::Ok { .. }))
            .map(|(index, _)| index)
            .collect();
        done.first()?;
        let start = new.books.at(Instant::T0)?;
        let mut taken = Taken {
            cells: Cells::new(),
            rows: Rows::new(),
        };
        for row in &new.books.last {
            let row: &'a LogRow = row;
            let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
            let theirs = matches!(owner, Owner::Played(index) if done.contains(&index));
            if !theirs || row.seq < start.lsn {
                continue;
            }
            match &row.entry {
                Entry::Posting {
                    cell, unit, amount, ..
                } if is_taken_along(cell) => {
                    taken.cells.entry(cell).or_insert((*unit, 0)).1 += amount;
                }
                // The migration's own row is none of the old books'.
                Entry::Row { kind, .. } if kind == OfficeAct::Migration.row_kind() => {}
                _ => turn(&mut taken.rows, row),
            }
        }
        Some(taken)
    }
}
