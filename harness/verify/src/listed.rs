//! 凭清单判定 · The judge where parties showed lists and no books: L0 what was typed, L1 a party's own list, L2 a 3202 result.
//!
//! Why apart: R1–R14 are asked of cells and logs, and a list has neither. What its rows can say is R5 (once), R6 (all parties
//! the same) and R7 (nothing left) of each τ, with 3202 also R9; everything else is not checked at this level, and that is part
//! of the verdict. What a person typed proves nothing by itself: without a list of each party on a τ's path nothing is clean.
//! Called by `judge` for runs that were read in (`IMPORTED`). Not here: reading files (`cli`).

mod bounds;
mod found;
mod pair;
mod papers;
mod views;

use crosswipe_domain::{Level, Rule};
use crosswipe_journal::RunHeader;

use crate::context::Context;
use crate::evidence::Evidence;
use crate::judgement::{Finding, Held, Judgement, RuleState, Standing, Transaction, TxState};
use crate::{statements, verdict};

use self::found::Found;
use self::views::{Seen, Views};
pub use pair::{Claim, Paired, near, pair};

/// The `transport` of a run that nobody sent: it was read in from papers.
pub const IMPORTED: &str = "import";

/// Why a rule was not asked: the papers do not go that far.
const LEVEL: &str = "level";

/// What no list shows, in the words of the verdict's sentence.
const UNSEEN: [&str; 5] = [
    "level:funds",
    "level:clearing",
    "level:log",
    "level:bystanders",
    "level:benefit",
];

/// Whether the run was read in from papers.
pub(crate) fn is_listed(header: Option<&RunHeader>) -> bool {
    header.is_some_and(|header| header.transport == IMPORTED)
}

/// Judges a run that was read in.
pub(crate) fn judge(evidence: &Evidence, context: &Context<'_>) -> Judgement {
    let (papers, mut findings) = papers::vouched(evidence);
    let views = Views::of(context, &papers);
    let Found {
        findings: of_rows,
        compared,
    } = found::check(context, &views);
    findings.extend(of_rows);
    findings.extend(bounds::check(context, &views));
    findings.sort_by_key(|one| (one.uncertain, one.severity, one.rule));
    link(&mut findings);
    let level = views.level(context);
    let rules: Vec<RuleState> = Rule::ALL
        .into_iter()
        .map(|rule| state(rule, level, &findings, &compared))
        .collect();
    let transactions: Vec<Transaction> = (0..context.story.taus.len())
        .map(|tau| transaction(context, &views, tau))
        .collect();
    let notes = context
        .story
        .notes
        .iter()
        .map(|note| crate::judgement::Remark {
            code: note.code.clone(),
            txid: note.txid.clone(),
            facts: note.facts.clone(),
        });
    let mut not_checked: Vec<String> = rules
        .iter()
        .filter(|rule| rule.state == Held::NotChecked && rule.why_not.as_deref() != Some(LEVEL))
        .map(|rule| rule.rule.code().to_owned())
        .collect();
    if transactions.is_empty() {
        not_checked.push("no-transactions".to_owned());
    }
    not_checked.extend(UNSEEN.map(str::to_owned));
    not_checked.extend(views.nameless().map(|party| format!("persons:{party}")));
    Judgement {
        run_id: crate::judge::run_id(context),
        verdict: concluded(level, &findings, &rules, &transactions),
        level,
        counts: verdict::counts(&transactions),
        books: Vec::new(),
        notes: notes.collect(),
        statements: statements::statements(evidence, context),
        not_checked,
        rules,
        findings,
        transactions,
    }
}

/// As for any run, but what the level does not reach lowers nothing where some level was reached at all.
fn concluded(
    level: Level,
    findings: &[Finding],
    rules: &[RuleState],
    transactions: &[Transaction],
) -> crate::Verdict {
    let asked: Vec<RuleState> = rules
        .iter()
        .filter(|rule| level == Level::L0 || rule.why_not.as_deref() != Some(LEVEL))
        .cloned()
        .collect();
    verdict::merge(findings, &asked, transactions)
}

fn state(
    rule: Rule,
    level: Level,
    findings: &[Finding],
    compared: &std::collections::BTreeMap<Rule, (u64, Level)>,
) -> RuleState {
    let of_rule = || findings.iter().filter(|one| one.rule == rule);
    let (number, own) = compared.get(&rule).copied().unwrap_or((0, level));
    let (state, why_not) = match of_rule().find(|one| one.uncertain) {
        _ if of_rule().any(|one| !one.uncertain) => (Held::Violated, None),
        Some(unsure) => (Held::NotChecked, Some(unsure.class.as_str().to_owned())),
        None if number == 0 => (Held::NotChecked, Some(LEVEL.to_owned())),
        None => (Held::Held, None),
    };
    RuleState {
        rule,
        state,
        level: own,
        compared: number,
        qualified: None,
        why_not,
    }
}

/// What stands at a party is told once where the parties disagree about it, and a slip of a sheet once for all lists.
fn link(findings: &mut [Finding]) {
    let typed = |one: &Finding| {
        let (sheet, _) = one.location.split_once(" | ")?;
        (one.class.as_str() == "evidence:conflict").then(|| (one.txid.clone(), sheet.to_owned()))
    };
    for place in 0..findings.len() {
        let one = &findings[place];
        if let Some(same) = typed(one) {
            let mut before = findings[..place].iter();
            findings[place].follows_from =
                before.position(|other| typed(other).as_ref() == Some(&same));
            continue;
        }
        if one.class.as_str() != "residue:settlement" || one.txid.is_none() {
            continue;
        }
        let cause = findings.iter().position(|other| {
            other.txid == one.txid
                && !other.uncertain
                && matches!(other.class.family(), "one-sided" | "split")
                && other.location == "reversal"
        });
        findings[place].follows_from = cause;
    }
}

/// The τ and what the papers of each party say of it.
fn transaction(context: &Context<'_>, views: &Views<'_>, index: usize) -> Transaction {
    let tau = &context.story.taus[index];
    let outcome = context.story.outcome(tau).map(|(_, outcome)| outcome);
    let mut at_parties = std::collections::BTreeMap::new();
    let mut seen = Vec::new();
    for party in &tau.intent.path {
        let standing = views.seen(index, party);
        if let Seen::Rows { settled, undone } = standing {
            at_parties.insert(
                party.clone(),
                Standing {
                    applied: settled,
                    reversed: undone,
                    tombstone: false,
                },
            );
        }
        seen.push(standing);
    }
    let state = if seen.iter().any(|one| one.stands()) {
        TxState::Open
    } else if !seen.is_empty() && seen.iter().all(|one| one.is_undone()) {
        TxState::Closed
    } else {
        TxState::Unknown
    };
    Transaction {
        txid: tau.txid.clone(),
        case: tau.intent.case.clone(),
        msgid: tau.intent.msgid.clone(),
        infno: tau.intent.infno.clone(),
        at: tau.at,
        person: tau.intent.person.clone(),
        ids: ["mdtrt_id", "setl_id"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), tau.intent.ids.get(name)?.clone())))
            .collect(),
        outcome: outcome
            .map_or("none", crosswipe_domain::Outcome::name)
            .to_owned(),
        reversed_by: context
            .story
            .confirmed_undo(tau)
            .map(|comp| comp.intent.msgid.clone()),
        at_parties,
        state,
    }
}
