//! R3 收支平衡 · Money splits without remainder, and every posting group balances.
//!
//! Per settlement and party: total = fund + account + cash + hospital's part + family account, and the
//! fund is the sum of its lines. Per group: fen postings add up to zero. Read from the log as written,
//! so that a later change of a row cannot hide an earlier split; the rows as they end are read too.

use std::collections::BTreeSet;

use crosswipe_domain::{Entry, Few, LogRow, Rule, Unit};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::judgement::Finding;
use crate::story::Owner;

/// Amounts of a settlement, fen by interface name.
type Amounts = Few<i64>;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("nothing-booked");
    for (party, ledger) in &context.ledgers {
        let settlements = settlements(context, ledger);
        // A party that shows fund lines anywhere shows them everywhere; one that never does is not asked.
        let shows_lines = settlements
            .iter()
            .any(|(_, _, amounts)| fund_lines(amounts).next().is_some());
        let mut told = BTreeSet::new();
        for (id, row, amounts) in &settlements {
            outcome.compared += 1;
            for (what, expected, actual) in broken(amounts, shows_lines) {
                if !told.insert((*id, what)) {
                    continue;
                }
                let one = finding(Rule::R3, "mismatch:split")
                    .at(party)
                    .location(format!("settlement {id} {what}"))
                    .figures(Unit::Fen, expected, actual);
                let one = about(context, one.witness(party, *row), *row);
                outcome.findings.push(one);
            }
        }
        for (row, sum) in ledger.tally.fen_by_group.values() {
            outcome.compared += 1;
            if *sum != 0 {
                let one = finding(Rule::R3, "mismatch:split")
                    .at(party)
                    .location(format!("group {} from #{}", row.group, row.seq));
                // Rows of a group stand together, so the witness is read from its first row on.
                let first = ledger
                    .books
                    .last
                    .partition_point(|other| other.seq < row.seq);
                let rows = ledger.books.last[first..]
                    .iter()
                    .copied()
                    .take_while(|other| other.group == row.group);
                outcome.findings.push(about(
                    context,
                    one.figures(Unit::Fen, 0, *sum).witness(party, rows),
                    Some(*row),
                ));
            }
        }
        if ledger.books.end().is_none() {
            outcome.lacking = Some("t1");
        }
    }
    outcome
}

fn about(context: &Context<'_>, one: Finding, row: Option<&LogRow>) -> Finding {
    let Some(row) = row else { return one };
    let tau = match context.story.owner(&row.cause.origin, &row.cause.msgid) {
        Owner::Tau(tau) => Some(tau),
        Owner::Comp(comp) => context.story.comps[comp].tau,
        _ => None,
    };
    let one = one.of_person(row.person.as_deref());
    match tau {
        Some(tau) => one.about(&context.story.taus[tau]),
        None => one,
    }
}

/// Settlements that the run gave birth to: as the log wrote them, and as the rows end.
fn settlements<'c>(
    context: &Context<'_>,
    ledger: &'c Ledger<'_>,
) -> Vec<(&'c str, Option<&'c LogRow>, &'c Amounts)> {
    let is_run = |origin: &str, msgid: &str| context.story.owner(origin, msgid).is_run();
    let mut found = Vec::new();
    for row in ledger
        .books
        .last
        .iter()
        .copied()
        .chain(ledger.books.early.iter().copied())
    {
        if let Entry::Row {
            kind, id, amounts, ..
        } = &row.entry
            && kind == "settlement"
            && amounts.contains_key("medfee_sumamt")
            && is_run(&row.cause.origin, &row.cause.msgid)
        {
            found.push((id.as_str(), Some(row), amounts));
        }
    }
    for row in ledger.books.end().iter().flat_map(|export| &export.rows) {
        if row.kind == "settlement"
            && row.amounts.contains_key("medfee_sumamt")
            && is_run(&row.cause.origin, &row.cause.msgid)
        {
            found.push((row.id.as_str(), None, &row.amounts));
        }
    }
    found
}

fn fund_lines(amounts: &Amounts) -> impl Iterator<Item = i64> {
    amounts
        .iter()
        .filter(|(name, _)| name.starts_with("fund:"))
        .map(|(_, amount)| *amount)
}

/// The identities that do not hold: name, expected, actual.
fn broken(amounts: &Amounts, shows_lines: bool) -> Vec<(&'static str, i64, i64)> {
    let of = |name: &str| amounts.get(name).copied().unwrap_or(0);
    let total = of("medfee_sumamt");
    let parts = of("fund_pay_sumamt")
        + of("acct_pay")
        + of("psn_cash_pay")
        + of("hosp_part_amt")
        + of("acct_mulaid_pay");
    let lines: i64 = fund_lines(amounts).sum();
    let mut broken = Vec::new();
    if total != parts {
        broken.push(("medfee_sumamt", total, parts));
    }
    if shows_lines && of("fund_pay_sumamt") != lines {
        broken.push(("fund_pay_sumamt", of("fund_pay_sumamt"), lines));
    }
    broken
}
