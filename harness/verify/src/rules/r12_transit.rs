//! R12 在途 · A plan that drains all business leaves nothing open behind its last drain phase.
//!
//! An open visit or unsettled line that a party had from before is one that was carried over: later settlements and
//! admissions will stumble over it. So is what its office sent to the tax office and nobody answered or withdrew
//! (税务推送、特殊缴费), and a plan that was neither collected nor voided (征缴计划): rows of kinds of their own, which no message
//! of an institution ever moves, the mock world's own office's among them. Asked of the last look, where that was taken after the phase had ended.
//! Not here: what the run itself left open (R7), what the public does meanwhile (`r12_gate`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Entry, Moment, Name, OfficeAct, Party, PhaseKind, ResolvedPlan, Row, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::story::Owner;

/// Whether a party's cutover is not this one: nobody asked it to drain anything.
fn is_outside(plan: &ResolvedPlan, party: &Party) -> bool {
    let mut institutions = plan.institutions.iter();
    let of_institution = institutions.find(|(code, ..)| *code == party.code);
    let region = party
        .region()
        .or(of_institution.map(|(.., region)| *region));
    region.is_some_and(|region| plan.outside.contains(&region))
}

/// One finding per party, with the list of what is open.
pub(crate) fn check(
    context: &Context<'_>,
    plan: &ResolvedPlan,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    if is_outside(plan, party) {
        return;
    }
    let Some(window) = context.last_window() else {
        return;
    };
    let phases = window.phases.iter();
    let drains = phases.filter(|phase| phase.kind == PhaseKind::Drain);
    let Some(drained) = drains.filter_map(|phase| phase.to).max() else {
        return;
    };
    let Some(export) = ledger
        .books
        .end()
        .filter(|export| export.taken_at >= drained)
    else {
        return;
    };
    let born = births(ledger);
    let settled: BTreeSet<&str> = export
        .rows
        .iter()
        .filter(|row| row.kind == "settlement" && row.status == "settled")
        .filter_map(|row| row.facts.get("mdtrt_id").map(Name::as_str))
        .collect();
    let (mut open, mut waiting) = (Vec::new(), Vec::new());
    for row in &export.rows {
        let at = born.get(&(row.kind.as_str(), row.id.as_str()));
        let waits = OfficeAct::named(&row.kind).is_some_and(OfficeAct::waits);
        if at.is_none_or(|at| *at >= drained) || of_the_run(context, row, waits) {
            continue;
        }
        outcome.compared += 1;
        let told = || format!("{party} {} {} {}", row.kind, row.id, row.status);
        if is_in_transit(row, &settled) {
            open.push(told());
        }
        if waits && awaits_an_answer(row) {
            waiting.push(told());
        }
    }
    for (class, place, rows) in [
        ("gate:business", "in transit", open),
        ("residue:queue", "sent and not answered", waiting),
    ] {
        if rows.is_empty() {
            continue;
        }
        let mut one = finding(Rule::R12, class).at(party).location(place).values(
            format!("nothing open since {drained}"),
            format!("{} open", rows.len()),
        );
        one.witness = rows;
        outcome.findings.push(one);
    }
}

/// When each row was born.
fn births<'a>(ledger: &Ledger<'a>) -> BTreeMap<(&'a str, &'a str), Moment> {
    let born = ledger.books.last.iter().filter_map(|row| match &row.entry {
        Entry::Row {
            kind,
            id,
            was: None,
            ..
        } => Some(((kind.as_str(), id.as_str()), row.at)),
        _ => None,
    });
    born.collect()
}

/// Of the run, or of the public, which comes and goes; what waits for another office waits, whoever began it.
fn of_the_run(context: &Context<'_>, row: &Row, waits: bool) -> bool {
    let owner = context.story.owner(&row.cause.origin, &row.cause.msgid);
    owner.is_run() || (!waits && matches!(owner, Owner::Played(_)))
}

/// A visit that was neither settled nor cancelled, a line that was neither.
fn is_in_transit(row: &Row, settled: &BTreeSet<&str>) -> bool {
    match row.kind.as_str() {
        "visit" => !row.is_terminal() && !settled.contains(row.id.as_str()),
        "fee-detail" => row.status == "charged",
        _ => false,
    }
}

/// 待回应 · What was sent to another office, and neither ended there nor taken back here.
fn awaits_an_answer(row: &Row) -> bool {
    !OfficeAct::is_ended(&row.status) && !row.is_terminal()
}
