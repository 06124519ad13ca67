//! 已知问题 · What the plan's known issues came to: which cases they waived, which they would have, and which did not occur.
//!
//! Why so: a waived case must never hide, an issue that is overdue fails again, and one that occurs no more is to be
//! taken off the plan: each is told in every report, from the journal alone.
//! Not here: whether a case was waived (`runner` wrote that down), what is found in books (never waived).

use std::collections::BTreeMap;

use crosswipe_domain::{CaseId, KnownIssue, Moment};
use crosswipe_journal::{CaseResult, Payload, Record};

use super::Case;

/// 已知问题 · One issue and what it came to.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) issue: KnownIssue,
    /// Cases that were waived for it.
    pub(crate) waived: Vec<CaseId>,
    /// Cases in which it occurred and which did not pass: it was overdue, or something else failed too.
    pub(crate) not_waived: Vec<CaseId>,
    /// Some of these ended at or after its due instant.
    pub(crate) overdue: bool,
    /// Cases that it speaks of and that ended.
    pub(crate) ran: usize,
}

impl Known {
    /// It could have occurred and did not.
    pub(crate) fn is_gone(&self) -> bool {
        self.ran > 0 && self.waived.is_empty() && self.not_waived.is_empty()
    }
}

/// Every issue of the plan, in its order.
pub(crate) fn known(issues: &[KnownIssue], cases: &[Case], records: &[Record]) -> Vec<Known> {
    if issues.is_empty() {
        return Vec::new();
    }
    let ended: BTreeMap<&CaseId, Moment> = records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::CaseFinished(finished) => Some((&finished.case, record.at)),
            _ => None,
        })
        .collect();
    let of = |issue: &KnownIssue| {
        let mut known = Known {
            issue: issue.clone(),
            waived: Vec::new(),
            not_waived: Vec::new(),
            overdue: false,
            ran: 0,
        };
        for case in cases.iter().filter(|case| issue.covers(&case.plan)) {
            let (Some(at), true) = (
                ended.get(&case.plan.case),
                case.planned && case.ending.result() != CaseResult::Skipped,
            ) else {
                continue;
            };
            known.ran += 1;
            let mut failed = case.checks.iter().filter(|check| !check.held);
            if !failed.any(|check| issue.explains(&check.what, &check.actual)) {
                continue;
            }
            if case.ending.result() == CaseResult::Waived {
                known.waived.push(case.plan.case.clone());
            } else {
                known.overdue |= issue.is_overdue(*at);
                known.not_waived.push(case.plan.case.clone());
            }
        }
        known
    };
    issues.iter().map(of).collect()
}

/// Cases that met an issue, each with the places of those that it met.
pub(crate) fn met(known: &[Known]) -> BTreeMap<CaseId, Vec<usize>> {
    let mut met: BTreeMap<CaseId, Vec<usize>> = BTreeMap::new();
    for (place, one) in known.iter().enumerate() {
        for case in one.waived.iter().chain(&one.not_waived) {
            met.entry(case.clone()).or_default().push(place);
        }
    }
    met
}
