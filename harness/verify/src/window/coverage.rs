//! 覆盖 · Which cases of the plan were shown to work over all runs: passed, failed first, never run.
//!
//! Why so: nobody runs a window in one go. What counts for a case is the last run that had it; that it failed before is
//! told all the same, and what no run ever had is no success.
//! Called by `window`. Not here: whether anything was left behind.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, Business, CaseId};
use crosswipe_journal::CaseResult;

use super::{CaseLine, Coverage, Member, WindowPlan};
use crate::went::went;

/// Place of a run and result, in order of the runs.
type History = Vec<(usize, CaseResult)>;

/// Adds up all runs.
pub(super) fn of(plan: &WindowPlan, members: &[Member<'_>]) -> Coverage {
    let mut histories: BTreeMap<&CaseId, History> = BTreeMap::new();
    for member in members {
        for (case, result) in results(member) {
            histories
                .entry(case)
                .or_default()
                .push((member.place, result));
        }
    }
    let plan = &plan.plan;
    let planned: BTreeSet<&CaseId> = plan.cases.iter().map(|case| &case.case).collect();
    let mut coverage = Coverage {
        planned: plan.cases.len() as u64,
        not_in_plan: histories
            .keys()
            .filter(|case| !planned.contains(*case))
            .map(|case| (*case).clone())
            .collect(),
        ..Coverage::default()
    };
    let mut good: BTreeSet<(AdmDivision, AdmDivision, Business)> = BTreeSet::new();
    for case in &plan.cases {
        let history = histories.get(&case.case).cloned().unwrap_or_default();
        let last = history.last().map(|(_, result)| *result);
        let stumbled = history.iter().any(|(_, result)| is_bad(*result));
        if matches!(last, Some(CaseResult::Passed))
            && let (true, Some(insured), Some(treatment), Some(business)) =
                (case.matrix, case.insured, case.treatment, case.business)
        {
            good.insert((insured, treatment, business));
        }
        let line = CaseLine {
            case: case.case.clone(),
            title: case.title.clone(),
            history,
        };
        match last {
            Some(CaseResult::Passed) if stumbled => coverage.passed_later.push(line),
            Some(CaseResult::Passed) => coverage.passed += 1,
            Some(CaseResult::Waived) => coverage.waived.push(line),
            Some(_) => coverage.failed.push(line),
            None => coverage.never_run.push(line),
        }
    }
    if !plan.matrix.is_empty() {
        let codes: Vec<AdmDivision> = plan.regions.iter().map(|(code, _)| *code).collect();
        let pairs = codes.iter().flat_map(|insured| {
            let others = codes.iter().filter(move |treatment| *treatment != insured);
            others.map(move |treatment| (*insured, *treatment))
        });
        for (insured, treatment) in pairs {
            coverage.pairs += 1;
            let passed = |business: &Business| good.contains(&(insured, treatment, *business));
            let covered = match plan.matrix_in_turn {
                true => plan.matrix.iter().any(passed),
                false => plan.matrix.iter().all(passed),
            };
            coverage.pairs_covered += u64::from(covered);
        }
    }
    coverage
}

fn is_bad(result: CaseResult) -> bool {
    matches!(
        result,
        CaseResult::Failed | CaseResult::Error | CaseResult::Blocked
    )
}

/// How the cases of one run went; one that was skipped was not run.
fn results<'a>(member: &Member<'a>) -> BTreeMap<&'a CaseId, CaseResult> {
    let mut results = went(&member.papers.evidence.records);
    results.retain(|_, result| *result != CaseResult::Skipped);
    results
}
