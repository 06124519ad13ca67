//! R12 不得转自费 · A stay at home that the notice wants settled and re-admitted is not cancelled instead (`QJ9`).
//!
//! A stay over the turn of the year has two years' limits: cancelled, it is left to the patient's purse, and neither year
//! pays. Asked of every stay that any party's log shows cancelled, whoever cancelled it; whoever is insured elsewhere may
//! turn to self-pay.
//! Not here: refunds of what is settled for good (`r12_refund`), what is open at the cut (`r12_transit`).

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, LogRow, Moment, Name, Party, ResolvedPlan, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger, is_terminal};
use crate::draft::finding;
use crate::story::Owner;

/// One finding per stay and party.
pub(crate) fn check(
    context: &Context<'_>,
    plan: &ResolvedPlan,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    let mut stays: BTreeMap<&str, Stay<'_>> = BTreeMap::new();
    for row in &ledger.books.last {
        let Entry::Row {
            kind,
            id,
            status,
            was,
            facts,
            ..
        } = &row.entry
        else {
            continue;
        };
        if kind != "visit" {
            continue;
        }
        if let (None, "admitted") = (was, status.as_str()) {
            let began = facts.get("begntime");
            let began = began.and_then(|text| Moment::parse_wire(text).ok());
            let insured = facts.get("insuplc_admdvs").map(Name::as_str);
            if let Some(began) = began
                && is_local(plan, row, insured)
            {
                stays.insert(id, Stay { began, row });
            }
            continue;
        }
        let Some(stay) = stays.get(id.as_str()).filter(|_| is_terminal(status)) else {
            continue;
        };
        // By the bounds in force when it was cancelled.
        let window = context.window_at(row.at);
        let Some(rule) = window.and_then(|window| window.no_self_pay) else {
            continue;
        };
        outcome.compared += 1;
        if stay.began >= rule.admitted_before || row.at < rule.from {
            continue;
        }
        let mut one = finding(Rule::R12, "gate:business")
            .at(party)
            .answered_by(Some(party))
            .of_person(row.person.as_deref())
            .location(format!(
                "{} {} turns to self-pay",
                row.cause.infno, row.cause.msgid
            ))
            .values(
                format!("settled and re-admitted, from {} on", rule.from),
                format!("admitted {}, cancelled {}", stay.began, row.at),
            )
            .witness(party, [stay.row, *row]);
        if let Owner::Played(played) = context.story.owner(&row.cause.origin, &row.cause.msgid) {
            one.case = Some(context.story.played[played].1.case.clone());
        }
        outcome.findings.push(match context.tau_of_row(row) {
            Some(tau) => one.about(&context.story.taus[tau]),
            None => one,
        });
    }
}

/// A stay as it began.
struct Stay<'a> {
    began: Moment,
    row: &'a LogRow,
}

/// Insured where the institution stands.
fn is_local(plan: &ResolvedPlan, row: &LogRow, insured: Option<&str>) -> bool {
    let mut institutions = plan.institutions.iter();
    let here = institutions.find(|(code, ..)| *code == row.cause.origin);
    here.is_some_and(|(.., region)| insured == Some(region.as_str()))
}
