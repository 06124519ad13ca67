//! 判官 · From evidence to judgement: join, check the proof, ask fourteen rules, rank, conclude.
//!
//! A pure function of the records before the first CERT, the exports and the looks: judged again next
//! year, it says the same. Called by `cli` after a run and by `crosswipe verify`.
//! Not here: the certificate's form (`certificate`).

use crosswipe_domain::{Rule, RunId};

use crate::causes::arrange;
use crate::context::Context;
use crate::evidence::Evidence;
use crate::judgement::Judgement;
use crate::{rules, soundness, statements, totals, verdict};

/// 判定 · Judges a run, finished or not.
///
/// # Panics
/// Never for evidence made by this project's types.
pub fn judge(evidence: &Evidence) -> Judgement {
    judge_without(evidence, None)
}

/// Judges with one rule struck out: tests show by this that no rule is idle.
pub(crate) fn judge_without(evidence: &Evidence, struck: Option<Rule>) -> Judgement {
    let context = Context::join(evidence);
    let level = context.level();
    let mut findings = soundness::check(evidence, &context);
    let mut states = Vec::new();
    let mut notes = Vec::new();
    for rule in Rule::ALL {
        let mut outcome = rules::check(rule, &context);
        if struck == Some(rule) {
            outcome.findings.clear();
        }
        states.push(outcome.state(rule, level));
        findings.append(&mut outcome.findings);
        notes.append(&mut outcome.notes);
    }
    let transactions = verdict::transactions(&context);
    findings.extend(verdict::unresolved(&context, &transactions));
    let findings = arrange(findings, &verdict::left_behind(&context));
    Judgement {
        run_id: run_id(&context),
        verdict: verdict::merge(&findings, &states, &transactions),
        level,
        counts: verdict::counts(&transactions),
        books: totals::books(&context),
        notes: verdict::notes(&context, &transactions, notes),
        statements: statements::statements(evidence, &context),
        not_checked: verdict::not_checked(&context, &states, &transactions),
        rules: states,
        findings,
        transactions,
    }
}

fn run_id(context: &Context<'_>) -> RunId {
    let unnamed = || RunId::parse("unknown").expect("a plain word");
    context
        .story
        .header
        .map_or_else(unnamed, |header| header.run_id.clone())
}
