//! 时刻 · What the times in parties' own lists say of the window: settled where no test may be (R12), undone too late (R14).
//!
//! A list shows when, and neither sender nor business class: what it shows is a breach, what it does not show is no proof that
//! the rule holds. A day without a time says nothing, and what a person typed proves nothing.

use crosswipe_domain::{ListForm, RowSays, Rule};

use super::views::Views;
use crate::context::Context;
use crate::draft::finding;
use crate::judgement::Finding;

/// Breaches of the window, one per row.
pub(super) fn check(context: &Context<'_>, views: &Views<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(window) = context.last_window() else {
        return findings;
    };
    for (index, tau) in context.story.taus.iter().enumerate() {
        for party in &tau.intent.path {
            for row in views.rows(index, party, ListForm::List) {
                let Some(at) = row.time.filter(|at| at.day().start() != *at) else {
                    continue;
                };
                let about = |rule: Rule| {
                    finding(rule, "gate:window")
                        .about(tau)
                        .at(party)
                        .location(row.cell("time"))
                };
                let allowed = window
                    .phase_at(at)
                    .is_some_and(|phase| !phase.allow.is_empty());
                match (row.says, window.end()) {
                    (RowSays::Mirror, Some(end)) if end <= at => {
                        findings.push(about(Rule::R14).values(format!("before {end}"), at));
                    }
                    (RowSays::Settled | RowSays::Undone, _) if !allowed => {
                        let one = about(Rule::R12);
                        findings.push(one.values("a phase that allows test swipes", at));
                    }
                    _ => {}
                }
            }
        }
    }
    findings
}
