//! 判官 · From evidence to judgement: join, check the proof, ask fourteen rules, rank, conclude.
//!
//! A pure function of the records before the first CERT, the exports and the looks: judged again next
//! year, it says the same. Called by `cli` after a run and by `crosswipe verify`.
//! Not here: the certificate's form (`certificate`).

use crosswipe_domain::{Rule, RunId};

use crate::causes::{Bearings, arrange};
use crate::context::Context;
use crate::courses::{Course, courses};
use crate::evidence::Evidence;
use crate::judgement::{Finding, Judgement, Transaction};
use crate::rules::RuleOutcome;
use crate::{listed, rules, soundness, statements, totals, verdict};

/// 判定 · Judges a run, finished or not.
///
/// # Panics
/// Never for evidence made by this project's types.
pub fn judge(evidence: &Evidence) -> Judgement {
    judge_on(evidence, &Context::join(evidence))
}

/// 判定并列账 · The same judgement, and the courses of all cells for whoever reads a report.
///
/// # Panics
/// Never for evidence made by this project's types.
pub fn judge_told(evidence: &Evidence) -> (Judgement, Vec<Course>) {
    let context = Context::join(evidence);
    (judge_on(evidence, &context), courses(&context))
}

fn judge_on(evidence: &Evidence, context: &Context<'_>) -> Judgement {
    if listed::is_listed(context.story.header) {
        return listed::judge(evidence, context);
    }
    let drafts = Drafts::of(evidence, context);
    conclude(evidence, context, drafts)
}

/// 草稿 · What was found, before anything is concluded from it.
struct Drafts {
    /// What is wrong with the proof.
    proof: Vec<Finding>,
    rules: Vec<(Rule, RuleOutcome)>,
    transactions: Vec<Transaction>,
    unresolved: Vec<Finding>,
}

impl Drafts {
    fn of(evidence: &Evidence, context: &Context<'_>) -> Drafts {
        let transactions = verdict::transactions(context);
        Drafts {
            proof: soundness::check(evidence, context),
            rules: Rule::ALL
                .map(|rule| (rule, rules::check(rule, context)))
                .into(),
            unresolved: verdict::unresolved(context, &transactions),
            transactions,
        }
    }
}

fn conclude(evidence: &Evidence, context: &Context<'_>, drafts: Drafts) -> Judgement {
    let Drafts {
        proof: mut findings,
        rules,
        transactions,
        unresolved,
    } = drafts;
    let level = context.level();
    let mut states = Vec::new();
    let mut notes = Vec::new();
    for (rule, mut outcome) in rules {
        states.push(outcome.state(rule, level));
        findings.append(&mut outcome.findings);
        notes.append(&mut outcome.notes);
    }
    findings.extend(unresolved);
    let findings = arrange(findings, &Bearings::of(context));
    Judgement {
        run_id: run_id(context),
        verdict: verdict::merge(&findings, &states, &transactions),
        level,
        counts: verdict::counts(&transactions),
        books: totals::books(context),
        notes: verdict::notes(context, &transactions, notes),
        statements: statements::statements(evidence, context),
        not_checked: verdict::not_checked(context, &states, &transactions),
        rules: states,
        findings,
        transactions,
    }
}

/// Judges without the findings that `struck` names, as if nothing in the judge could draft them: tests show by this that
/// nothing in the judge is idle. Not in the product, where nothing can be struck.
#[cfg(test)]
pub(crate) fn judge_struck(evidence: &Evidence, struck: &dyn Fn(&Finding) -> bool) -> Judgement {
    let context = Context::join(evidence);
    let mut drafts = Drafts::of(evidence, &context);
    let stays = |finding: &Finding| !struck(finding);
    drafts.proof.retain(stays);
    drafts.unresolved.retain(stays);
    for (_, outcome) in &mut drafts.rules {
        outcome.findings.retain(stays);
    }
    conclude(evidence, &context, drafts)
}

pub(crate) fn run_id(context: &Context<'_>) -> RunId {
    let unnamed = || RunId::parse("unknown").expect("a plain word");
    context
        .story
        .header
        .map_or_else(unnamed, |header| header.run_id.clone())
}
