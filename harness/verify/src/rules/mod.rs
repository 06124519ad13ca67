//! 规则 · R1–R14, one file each, each one question.
//!
//! Why so: a reviewer who doubts one rule reads one file. A rule answers with what it compared, what it
//! found, and what it could not see; the state follows from these and from nothing else.
//! Called by `judge`. Not here: the verdict over all rules (`verdict`).

pub(crate) mod r01_state;
mod r02_log;
mod r03_conservation;
mod r04_negation;
mod r05_entered;
mod r05_exactly_once;
mod r06_agreement;
mod r07_closure;
mod r08_behaviour;
mod r09_reconciliation;
mod r10_clearing;
mod r11_bystanders;
mod r12_caps;
mod r12_gate;
mod r12_office;
mod r12_old;
mod r12_public;
mod r12_refund;
mod r12_self_pay;
mod r12_transit;
mod r13_entered;
mod r13_order;
mod r14_deadline;

use crosswipe_domain::{Level, Rule};

use crate::context::Context;
use crate::evidence::Instant;
use crate::judgement::{Finding, Held, Remark, RuleState};

/// What a rule saw.
#[derive(Default)]
pub(crate) struct RuleOutcome {
    /// Things compared.
    pub(crate) compared: u64,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<Remark>,
    /// How it holds, if it holds.
    pub(crate) qualified: Option<&'static str>,
    /// Evidence that the rule needed and did not have.
    pub(crate) lacking: Option<&'static str>,
    /// What the run would have had to contain for the rule to compare anything.
    pub(crate) nothing: &'static str,
}

impl RuleOutcome {
    /// An outcome that says what it would have compared.
    pub(crate) fn of(nothing: &'static str) -> RuleOutcome {
        RuleOutcome {
            nothing,
            ..RuleOutcome::default()
        }
    }

    /// Three values: a certain finding violates; lacking evidence or nothing compared is never held.
    pub(crate) fn state(&self, rule: Rule, level: Level) -> RuleState {
        let unsure = self.findings.iter().find(|finding| finding.uncertain);
        let (state, why_not) = if self.findings.iter().any(|finding| !finding.uncertain) {
            (Held::Violated, None)
        } else if let Some(finding) = unsure {
            (Held::NotChecked, Some(finding.class.as_str().to_owned()))
        } else if let Some(lacking) = self.lacking {
            (Held::NotChecked, Some(lacking.to_owned()))
        } else if self.compared == 0 {
            (Held::NotChecked, Some(self.nothing.to_owned()))
        } else {
            (Held::Held, None)
        };
        RuleState {
            rule,
            state,
            level,
            compared: self.compared,
            qualified: self
                .qualified
                .filter(|_| state == Held::Held)
                .map(str::to_owned),
            why_not,
        }
    }
}

/// What these find is a difference from t0.
const FROM_T0: [Rule; 3] = [Rule::R1, Rule::R9, Rule::R10];

/// Asks one rule.
pub(crate) fn check(rule: Rule, context: &Context<'_>) -> RuleOutcome {
    let mut outcome = asked(rule, context);
    if FROM_T0.contains(&rule) && context.began_late() {
        // What t0 shows is no beginning: whether a difference from it is one nobody knows.
        for finding in &mut outcome.findings {
            finding.uncertain = true;
        }
    }
    outcome
}

fn asked(rule: Rule, context: &Context<'_>) -> RuleOutcome {
    match rule {
        Rule::R1 => r01_state::check(context),
        Rule::R2 => r02_log::check(context),
        Rule::R3 => r03_conservation::check(context),
        Rule::R4 => r04_negation::check(context),
        Rule::R5 => r05_exactly_once::check(context),
        Rule::R6 => r06_agreement::check(context),
        Rule::R7 => r07_closure::check(context),
        Rule::R8 => r08_behaviour::check(context),
        Rule::R9 => r09_reconciliation::check(context),
        Rule::R10 => r10_clearing::check(context),
        Rule::R11 => r11_bystanders::check(context),
        Rule::R12 => r12_gate::check(context),
        Rule::R13 => r13_order::check(context),
        Rule::R14 => r14_deadline::check(context),
    }
}

/// What is lacking before a rule about the end of the run can hold.
pub(crate) fn lacking_end(context: &Context<'_>) -> Option<&'static str> {
    if !context.has(Instant::T0) {
        Some("t0")
    } else if !context.has(Instant::T1) {
        Some("t1")
    } else if context.ledgers.values().any(|ledger| {
        ledger.books.at(Instant::T0).is_none() || ledger.books.at(Instant::T1).is_none()
    }) {
        Some("export")
    } else {
        None
    }
}
