//! 窗口结论 · The worst of what the runs say of themselves, what they come to as one, and their seams.
//!
//! Why so: a window is clean only if each of its runs is, and all of them together. A run that broke a rule stays in the
//! window for ever: what was put right afterwards by other means needs a person's word, not a later clean run.
//! Rows that belong to nobody in one run may belong to another: of these alone the judgement over all runs decides.
//! Called by `window`. Not here: exit codes (`cli`).

use std::collections::BTreeMap;

use crosswipe_domain::Rule;

use super::{Member, WindowFinding, World};
use crate::draft::finding;
use crate::judgement::{Finding, Held, Judgement, RuleState, Verdict};
use crate::verdict::{may_have_no_occasion, merge as merge_run};

/// One finding for each run that is not clean; its own report has the rest.
pub(super) fn of_each_run(members: &[Member<'_>]) -> Vec<WindowFinding> {
    let mut findings = Vec::new();
    for member in members {
        let judgement = member.papers.judgement;
        let verdict = in_company(judgement);
        let class = match verdict {
            Verdict::Clean => continue,
            Verdict::Violated => "window:run-violated",
            Verdict::Indeterminate => "window:run-indeterminate",
        };
        let roots: Vec<&Finding> = judgement
            .findings
            .iter()
            .filter(|one| one.follows_from.is_none())
            .collect();
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &roots {
            *classes.entry(one.class.as_str()).or_default() += 1;
        }
        let mut told: Vec<String> = classes
            .into_iter()
            .map(|(class, times)| format!("{class} ×{times}"))
            .collect();
        if told.is_empty() {
            told = judgement.not_checked.clone();
        }
        let worst = roots.iter().min_by_key(|one| (one.uncertain, one.severity));
        let mut one = finding(worst.map_or(Rule::R7, |one| one.rule), class)
            .location(member.papers.dir)
            .values("clean", told.join(", "));
        if let Some(worst) = worst {
            one = one.severity(worst.severity);
        }
        findings.push(WindowFinding {
            runs: vec![member.place],
            finding: one.unsure_if(verdict == Verdict::Indeterminate),
        });
    }
    findings
}

/// A run's verdict but for rows that belong to nobody in it: with all journals at hand these are asked about anew.
fn in_company(judgement: &Judgement) -> Verdict {
    let foreign = |one: &Finding| one.class.family() == "foreign";
    if !judgement.findings.iter().any(foreign) {
        return judgement.verdict;
    }
    let rest: Vec<Finding> = judgement
        .findings
        .iter()
        .filter(|one| !foreign(one))
        .cloned()
        .collect();
    let left_open = |state: &&RuleState| {
        let why = state.why_not.as_deref().unwrap_or_default();
        state.state != Held::NotChecked || !why.starts_with("foreign")
    };
    let rules: Vec<RuleState> = judgement.rules.iter().filter(left_open).cloned().collect();
    merge_run(&rest, &rules, &judgement.transactions)
}

/// Violated over indeterminate over clean.
pub(super) fn merge(
    members: &[Member<'_>],
    worlds: &[World],
    findings: &[WindowFinding],
) -> Verdict {
    if members.is_empty() {
        return Verdict::Indeterminate;
    }
    let found = findings.iter().map(|one| {
        if one.finding.uncertain {
            Verdict::Indeterminate
        } else {
            Verdict::Violated
        }
    });
    let whole = worlds.iter().map(|world| world.verdict);
    found.chain(whole).max().unwrap_or(Verdict::Clean)
}

/// R1–R14 over all worlds: violated in one is violated, and what one could not check is not checked, unless it had no
/// occasion and another had.
pub(super) fn rules(worlds: &[&[RuleState]]) -> Vec<RuleState> {
    Rule::ALL
        .into_iter()
        .filter_map(|rule| {
            let states = || {
                let all = worlds.iter().flat_map(|states| states.iter());
                all.filter(|state| state.rule == rule)
            };
            let rank = |state: &&RuleState| match state.state {
                Held::Violated => 3,
                Held::NotChecked if !may_have_no_occasion(state) => 2,
                Held::Held => 1,
                Held::NotChecked => 0,
            };
            let mut worst = states().max_by_key(rank)?.clone();
            worst.compared = states().map(|state| state.compared).sum();
            worst.level = states().map(|state| state.level).min()?;
            Some(worst)
        })
        .collect()
}

/// Certain before uncertain, severe first, the window's own words before those of single runs.
pub(super) fn arrange(findings: &mut [WindowFinding]) {
    findings.sort_by(|a, b| {
        let key = |one: &WindowFinding| {
            (
                one.finding.uncertain,
                one.finding.severity,
                one.finding.class.family() != "window",
                one.runs.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
}
