//! 结论 · Where each τ stands in the end, and the three-valued verdict over everything.
//!
//! Why so: clean is the only value that has to be earned. Every τ needs positive evidence at every party
//! of its path, every rule must hold, and the only rules that may stay unasked are those of which the
//! run had no occasion.
//! Called by `judge`. Not here: the rules themselves.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{MsgId, Outcome, Party, Rule, TxId};

use crate::context::{Context, Status};
use crate::draft::finding;
use crate::evidence::Instant;
use crate::judgement::{
    Counts, Finding, Held, Remark, RuleState, Standing, Transaction, TxState, Verdict,
};
use crate::story::{Tau, is_probe};

/// One line per τ, in journal order.
pub(crate) fn transactions(context: &Context<'_>) -> Vec<Transaction> {
    context
        .story
        .taus
        .iter()
        .enumerate()
        .map(|(index, tau)| transaction(context, index, tau))
        .collect()
}

fn transaction(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> Transaction {
    let outcome = context.story.outcome(tau).map(|(_, outcome)| outcome);
    let mut at_parties = BTreeMap::new();
    for party in &tau.intent.path {
        if let Some(ledger) = context
            .ledgers
            .get(party)
            .filter(|ledger| !ledger.books.last.is_empty())
        {
            at_parties.insert(party.clone(), standing(context, index, ledger));
        }
    }
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for name in ["mdtrt_id", "setl_id"] {
        let answered = outcome
            .and_then(|outcome| outcome.id(name))
            .map(str::to_owned);
        if let Some(id) = answered.or_else(|| tau.intent.ids.get(name).cloned()) {
            ids.insert(name.to_owned(), id);
        }
    }
    Transaction {
        txid: tau.txid.clone(),
        case: tau.intent.case.clone(),
        msgid: tau.intent.msgid.clone(),
        infno: tau.intent.infno.clone(),
        at: tau.at,
        person: tau.intent.person.clone(),
        ids,
        outcome: outcome.map_or("none", Outcome::name).to_owned(),
        reversed_by: reversed_by(context, index, tau),
        at_parties,
        state: state(context, index, tau, outcome),
    }
}

fn standing(context: &Context<'_>, index: usize, ledger: &crate::context::Ledger<'_>) -> Standing {
    let Some(account) = ledger.tally.account(index) else {
        return Standing::default();
    };
    let mut reversed: u32 = account
        .applies
        .iter()
        .map(|apply| account.reversals_of(apply))
        .sum();
    if reversed == 0 && context.status(index, ledger) == Status::Reversed {
        reversed = 1;
    }
    Standing {
        applied: u32::try_from(account.applies.len()).unwrap_or(u32::MAX),
        reversed,
        tombstone: account.tombstone.is_some(),
    }
}

/// The compensation that was answered ok, else the message that the logs show to have negated it.
fn reversed_by(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> Option<MsgId> {
    if let Some(comp) = context.story.confirmed_undo(tau) {
        return Some(comp.intent.msgid.clone());
    }
    let negations = |party: &Party| {
        context
            .ledgers
            .get(party)?
            .tally
            .account(index)?
            .negations
            .values()
            .flatten()
            .next()
            .copied()
    };
    let row = tau.intent.path.iter().find_map(negations)?;
    MsgId::parse(&row.cause.msgid).ok()
}

/// What every party of the path shows, or `Unknown` where one of them shows nothing.
fn state(context: &Context<'_>, index: usize, tau: &Tau<'_>, outcome: Option<&Outcome>) -> TxState {
    let ended = |party: &Party| {
        context
            .ledgers
            .get(party)
            .filter(|ledger| ledger.books.end().is_some())
    };
    let all_seen =
        !tau.intent.path.is_empty() && tau.intent.path.iter().all(|party| ended(party).is_some());
    let statuses: Vec<Status> = tau
        .intent
        .path
        .iter()
        .filter_map(|party| context.ledgers.get(party))
        .map(|ledger| context.status(index, ledger))
        .collect();
    let stands = statuses.contains(&Status::Stands);
    let never = statuses.iter().all(|status| *status == Status::Never);
    let lies_open = match outcome {
        Some(Outcome::Ok { .. }) => TxState::Open,
        _ => TxState::Unknown,
    };
    if stands {
        TxState::Open
    } else if !all_seen {
        let all_reversed = !statuses.is_empty()
            && statuses.len() == tau.intent.path.len()
            && statuses.iter().all(|s| *s == Status::Reversed);
        if all_reversed {
            TxState::Closed
        } else {
            lies_open
        }
    } else if !never {
        TxState::Closed
    // Answered ok and found nowhere: R6 says whose answer that contradicts; nothing is left to undo.
    } else if matches!(outcome, Some(Outcome::Ok { .. } | Outcome::Refused { .. }))
        || absence_is_shown(context, index, tau)
    {
        TxState::Nothing
    } else {
        TxState::Unknown
    }
}

/// Never applied: a tombstone or refusal at each party that keeps a fence, else absence at t1 and at t2.
fn absence_is_shown(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> bool {
    tau.intent
        .path
        .iter()
        .filter_map(|party| context.ledgers.get(party))
        .all(|ledger| {
            let fenced = ledger
                .tally
                .account(index)
                .is_some_and(|account| account.tombstone.is_some() || account.refused.is_some());
            fenced
                || ledger.books.at(Instant::T1).is_some() && ledger.books.at(Instant::T2).is_some()
        })
}

/// Counts over all τ.
pub(crate) fn counts(transactions: &[Transaction]) -> Counts {
    let mut counts = Counts::default();
    for one in transactions {
        counts.intended += 1;
        *match one.outcome.as_str() {
            "ok" => &mut counts.ok,
            "refused" => &mut counts.refused,
            _ => &mut counts.unknown,
        } += 1;
        match one.state {
            TxState::Closed => counts.reversed += 1,
            TxState::Nothing => counts.never_applied += 1,
            TxState::Open | TxState::Unknown => counts.unresolved += 1,
        }
    }
    counts
}

/// `unresolved <reason>` for what a person has to act on and the books do not show closed.
pub(crate) fn unresolved(context: &Context<'_>, transactions: &[Transaction]) -> Vec<Finding> {
    let pairs = context.story.taus.iter().zip(transactions);
    let open = pairs.filter(|(_, one)| matches!(one.state, TxState::Open | TxState::Unknown));
    open.filter_map(|(tau, _)| tau.unresolved.map(|unresolved| (tau, unresolved)))
        .map(|(tau, unresolved)| {
            let mut one = finding(Rule::R5, format!("unresolved {}", unresolved.reason))
                .about(tau)
                .at(&unresolved.owner)
                .unsure();
            one = one
                .location(format!("{} {}", tau.intent.infno, tau.intent.msgid))
                .values("closed", "open");
            one.witness = unresolved.evidence.clone();
            one
        })
        .collect()
}

/// Notes of the journal and what the judge sees of recovered trouble; each once.
pub(crate) fn notes(
    context: &Context<'_>,
    transactions: &[Transaction],
    of_rules: Vec<Remark>,
) -> Vec<Remark> {
    let written = context.story.notes.iter().map(|note| Remark {
        code: note.code.clone(),
        txid: note.txid.clone(),
        facts: note.facts.clone(),
    });
    let mut notes: Vec<Remark> = written.chain(of_rules).collect();
    let mut said: BTreeSet<(String, Option<TxId>)> = notes
        .iter()
        .map(|note| (note.code.clone(), note.txid.clone()))
        .collect();
    for (index, (tau, one)) in context.story.taus.iter().zip(transactions).enumerate() {
        let unknown = !matches!(one.outcome.as_str(), "ok" | "refused");
        let code = match one.state {
            TxState::Nothing if unknown && unfenced(context, index, tau) => {
                "never-applied:no-fence"
            }
            TxState::Nothing if unknown => "never-applied",
            TxState::Closed if unknown => "response-lost",
            _ => continue,
        };
        if said.insert((code.to_owned(), Some(tau.txid.clone()))) {
            notes.push(Remark {
                code: code.to_owned(),
                txid: Some(tau.txid.clone()),
                facts: BTreeMap::new(),
            });
        }
    }
    notes
}

fn unfenced(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> bool {
    tau.intent
        .path
        .iter()
        .filter_map(|party| context.ledgers.get(party))
        .any(|ledger| {
            ledger.tally.account(index).is_none_or(|account| {
                account.tombstone.is_none()
                    && account.refused.is_none()
                    && account.applies.is_empty()
            })
        })
}

/// Rules that a run may have no occasion for; for these «nothing of that kind» lowers nothing.
pub(crate) fn may_have_no_occasion(state: &RuleState) -> bool {
    let word = state.why_not.as_deref().unwrap_or_default();
    matches!(
        word,
        "no-probe"
            | "no-settlement"
            | "no-clearing"
            | "nothing-reversed"
            | "nothing-booked"
            | "nothing-created"
            | "open-end"
    )
}

/// Violated over indeterminate over clean.
pub(crate) fn merge(
    findings: &[Finding],
    rules: &[RuleState],
    transactions: &[Transaction],
) -> Verdict {
    let not_closed = |one: &Transaction| matches!(one.state, TxState::Open | TxState::Unknown);
    let undecided =
        |state: &RuleState| state.state == Held::NotChecked && !may_have_no_occasion(state);
    if findings.iter().any(|finding| !finding.uncertain) {
        Verdict::Violated
    } else if transactions.is_empty()
        || !findings.is_empty()
        || transactions.iter().any(not_closed)
        || rules.iter().any(undecided)
    {
        Verdict::Indeterminate
    } else {
        Verdict::Clean
    }
}

/// What was not looked at, as stable words.
pub(crate) fn not_checked(
    context: &Context<'_>,
    rules: &[RuleState],
    transactions: &[Transaction],
) -> Vec<String> {
    let mut words = BTreeSet::new();
    words.extend(
        rules
            .iter()
            .filter(|state| state.state == Held::NotChecked)
            .map(|state| state.rule.code().to_owned()),
    );
    if transactions.is_empty() {
        words.insert("no-transactions".to_owned());
    }
    for instant in [Instant::T0, Instant::T1, Instant::T2] {
        if !context.has(instant) {
            words.insert(instant.name().to_owned());
            continue;
        }
        let lacking = context
            .ledgers
            .values()
            .filter(|ledger| ledger.books.at(instant).is_none());
        words.extend(
            lacking.map(|ledger| format!("export:{}:{}", ledger.books.party, instant.name())),
        );
    }
    let looked: BTreeSet<&str> = context
        .story
        .tails
        .iter()
        .map(|(_, tails)| tails.case.as_str())
        .collect();
    // A probe is no case of the plan and has no forward checkpoint; its end is compared like any other.
    let business = context.story.comps.iter().filter(|comp| {
        let probe = comp
            .tau
            .is_some_and(|tau| is_probe(context.story.taus[tau].intent));
        !probe
    });
    let undone = business
        .map(|comp| comp.intent.case.as_str())
        .filter(|case| !looked.contains(case));
    words.extend(undone.map(|case| format!("tm:{case}")));
    for (_, tails) in &context.story.tails {
        words.extend(
            tails
                .missing
                .keys()
                .map(|party| format!("tm:{}:{party}", tails.case)),
        );
    }
    let mut words: Vec<String> = words.into_iter().collect();
    words.sort_by_key(|word| rule_number(word));
    words
}

/// Rules come first and by number, R2 before R10; the other words keep their order behind them.
fn rule_number(word: &str) -> u8 {
    let number = word
        .strip_prefix('R')
        .and_then(|number| number.parse().ok());
    number.unwrap_or(u8::MAX)
}
