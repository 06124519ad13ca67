//! R6 各方一致 · All parties of a τ's path say the same of it: status, ids, person, amounts.
//!
//! Asked at tm for what was answered definitely (a definite answer that books contradict is a violation
//! even if they end equal), and at the end for every τ. One against all is `one-sided`, else `split`.
//! `answered_by` is the party whose definite answer the books contradict.

use std::collections::BTreeMap;

use crosswipe_domain::{Outcome, Party, Role, Rule, Severity};

use super::{RuleOutcome, lacking_end};
use crate::context::{Context, Status};
use crate::draft::finding;
use crate::judgement::Finding;
use crate::story::Tau;
use crosswipe_journal::Says;

#[path = "r06_carried.rs"]
mod carried;
#[path = "r06_clearing.rs"]
mod clearing;
#[path = "r06_generations.rs"]
mod generations;
#[path = "r06_migrated.rs"]
mod migrated;
#[path = "r06_numbers.rs"]
mod numbers;
#[path = "r06_tuple.rs"]
mod tuple;
#[path = "r06_undo.rs"]
mod undo;

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-transactions");
    outcome.lacking = lacking_end(context);
    let forward = forward_looks(context);
    let shares = clearing::Shares::of(context);
    for (index, tau) in context.story.taus.iter().enumerate() {
        let ended = at_end(context, index, tau, &mut outcome.compared);
        let midway = at_tm(context, index, tau, &forward, &mut outcome.compared);
        match (ended, midway) {
            // The end says it already, unless tm says something else.
            (Some(ended), Some(midway)) if ended.class == midway.class => {
                outcome.findings.push(ended)
            }
            (None, None) => {
                let later = undo::contradicted(context, index, tau, &mut outcome.compared);
                let later =
                    later.or_else(|| shares.disagreed(context, index, &mut outcome.compared));
                outcome.findings.extend(later);
            }
            (ended, midway) => outcome.findings.extend(ended.into_iter().chain(midway)),
        }
    }
    for one in &mut outcome.findings {
        one.witness.extend(elsewhere(context, one));
    }
    generations::check(context, &mut outcome);
    migrated::check(context, &mut outcome);
    outcome.findings.extend(unasked(context));
    tuple::check(context, &mut outcome);
    carried::check(context, &mut outcome);
    numbers::check(context, &mut outcome);
    outcome
}

/// Parties that a τ should never have come to, and what they keep of it: who disagrees may have been passed by.
fn elsewhere(context: &Context<'_>, one: &Finding) -> Vec<String> {
    let tau = one
        .txid
        .as_ref()
        .and_then(|txid| context.story.tau_of.get(txid));
    let Some((index, tau)) = tau.map(|index| (*index, &context.story.taus[*index])) else {
        return Vec::new();
    };
    let off_path = context
        .ledgers
        .iter()
        .filter(|(party, _)| !tau.intent.path.contains(*party));
    let traces = off_path.filter_map(|(party, ledger)| {
        let account = ledger.tally.account(index)?;
        let row = account
            .applies
            .first()
            .map(|apply| apply.row)
            .or(account.tombstone)
            .or(account.undo_seen)
            .or(account.flagged_reversed)
            .or(account.refused)?;
        Some(crate::draft::line(party, row))
    });
    traces.collect()
}

/// τ of which the party was asked last and gave no answer that could be read: what it would say of them is unknown.
fn unasked(context: &Context<'_>) -> Vec<Finding> {
    let unclear = |tau: &&Tau<'_>| tau.asked.is_some_and(|asked| asked.says == Says::Unclear);
    let silent = context.story.taus.iter().filter(unclear).map(|tau| {
        let seen = tau.asked.map(|asked| &asked.seen).into_iter().flatten();
        let seen: Vec<String> = seen.map(|(what, said)| format!("{what} {said}")).collect();
        let one = finding(Rule::R6, "evidence:missing")
            .about(tau)
            .location(format!("{} {} @query", tau.intent.infno, tau.intent.msgid))
            .values("an answer", seen.join(", "))
            .unsure();
        match tau.intent.path.get(1) {
            Some(asked) => one.at(asked),
            None => one,
        }
    });
    silent.collect()
}

/// One party's word on a τ.
struct Word<'a> {
    party: &'a Party,
    status: Status,
    /// Saw the message whose answer is in question.
    saw: bool,
}

fn at_end<'a>(
    context: &Context<'a>,
    index: usize,
    tau: &Tau<'a>,
    compared: &mut u64,
) -> Option<Finding> {
    if weightless_everywhere(context, index, tau) {
        // Nobody booked anything for it: they agree on that.
        *compared += context.seen_on_path(tau).count() as u64;
        return made_up(context, index, tau);
    }
    let confirmed = context
        .story
        .confirmed_undo(tau)
        .map(|comp| (comp.intent.origin.as_str(), comp.intent.msgid.as_str()));
    let own = (tau.intent.origin.as_str(), tau.intent.msgid.as_str());
    let message = confirmed.unwrap_or(own);
    let words: Vec<Word<'_>> = context
        .seen_on_path(tau)
        .map(|(party, ledger)| Word {
            party,
            status: context.status(index, ledger),
            saw: ledger.tally.seen.contains(&message),
        })
        .collect();
    if words.len() < 2 {
        return None;
    }
    *compared += words.len() as u64;
    let answer = context.story.outcome(tau).map(|(_, outcome)| outcome);
    let stands = |word: &Word<'_>| word.status == Status::Stands;
    let took = |word: &Word<'_>| word.status != Status::Never;
    if words.iter().any(stands) && !words.iter().all(stands) {
        let definite = confirmed.is_some()
            || matches!(answer, Some(Outcome::Ok { .. } | Outcome::Refused { .. }));
        let against = |word: &Word<'_>| match (confirmed, answer) {
            (None, Some(Outcome::Ok { .. })) => !took(word),
            _ => stands(word),
        };
        return Some(disagree(
            tau,
            &words,
            stands,
            definite.then_some(&against as &dyn Fn(&Word<'_>) -> bool),
            "@end",
        ));
    }
    contradicts(tau, &words, answer, "@end")
}

/// 无中生有 · A message that is answered as done and that nobody ever got: whoever answered has made the answer up. What
/// books nothing is still noted where messages are noted at all.
fn made_up(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> Option<Finding> {
    let answer = context.story.outcome(tau).map(|(_, outcome)| outcome);
    let notes = context
        .seen_on_path(tau)
        .filter(|(_, ledger)| !ledger.tally.seen.is_empty());
    let words: Vec<Word<'_>> = notes
        .map(|(party, ledger)| Word {
            party,
            status: context.status(index, ledger),
            saw: false,
        })
        .collect();
    let nobody = words.iter().all(|word| word.status == Status::Never);
    let ok = matches!(answer, Some(Outcome::Ok { .. }));
    if !ok || !nobody || words.len() < 2 {
        return None;
    }
    let one = contradicts(tau, &words, answer, "@end")?;
    let said = words.iter().map(|word| format!("{} none", word.party));
    Some(one.values(
        "a message that was answered as done",
        said.collect::<Vec<_>>().join(", "),
    ))
}

/// A definite answer against what the logs show ever took effect.
fn contradicts(
    tau: &Tau<'_>,
    words: &[Word<'_>],
    answer: Option<&Outcome>,
    when: &str,
) -> Option<Finding> {
    let took = |word: &Word<'_>| word.status != Status::Never;
    let never = |word: &Word<'_>| word.status == Status::Never;
    match answer? {
        Outcome::Ok { .. } if words.iter().any(never) => {
            Some(disagree(tau, words, took, Some(&never), when))
        }
        Outcome::Refused { .. } if words.iter().any(took) => {
            Some(disagree(tau, words, took, Some(&took), when))
        }
        _ => None,
    }
}

/// For each case its SNAPMs in order: place among the tails and number of the record.
fn forward_looks<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Vec<(usize, u64)>> {
    let mut looks: BTreeMap<&str, Vec<(usize, u64)>> = BTreeMap::new();
    for (place, (seq, tails)) in context.story.tails.iter().enumerate() {
        let of_case = looks.entry(tails.case.as_str()).or_default();
        of_case.push((place, *seq));
    }
    looks
}

fn at_tm<'a>(
    context: &Context<'a>,
    index: usize,
    tau: &Tau<'a>,
    forward: &BTreeMap<&str, Vec<(usize, u64)>>,
    compared: &mut u64,
) -> Option<Finding> {
    let looks = forward.get(tau.intent.case.as_str())?;
    let (answered, answer) = context.story.outcome(tau)?;
    // A case that undoes by itself is looked at more than once: the first look after the answer counts.
    let (place, _) = looks.iter().find(|(_, seq)| answered < *seq)?;
    if weightless_everywhere(context, index, tau) {
        return None;
    }
    let own = (tau.intent.origin.as_str(), tau.intent.msgid.as_str());
    let mut words = Vec::new();
    for party in &tau.intent.path {
        let Some(ledger) = context.ledgers.get(party) else {
            continue;
        };
        let looks = &ledger.books.looks;
        let Ok(look) = looks.binary_search_by_key(place, |(index, _)| *index) else {
            continue;
        };
        let lsn = looks[look].1.lsn;
        let early = ledger.early();
        let took = early
            .account(index)
            .is_some_and(|account| account.applies.iter().any(|apply| apply.row.seq < lsn));
        let status = if took { Status::Stands } else { Status::Never };
        words.push(Word {
            party,
            status,
            saw: early.seen.contains(&own),
        });
    }
    if words.len() < 2 {
        return None;
    }
    *compared += words.len() as u64;
    contradicts(tau, &words, Some(answer), "@tm")
}

/// Nobody booked a posting or a row for it: then there is nothing that could disagree.
fn weightless_everywhere(context: &Context<'_>, index: usize, tau: &Tau<'_>) -> bool {
    let acknowledged_settlement = tau.intent.infno.settles();
    let mut ledgers = tau
        .intent
        .path
        .iter()
        .filter_map(|party| context.ledgers.get(party));
    !acknowledged_settlement
        && ledgers.all(|ledger| {
            ledger
                .early()
                .account(index)
                .is_none_or(|account| account.is_weightless())
        })
}

fn disagree<'w>(
    tau: &Tau<'_>,
    words: &[Word<'w>],
    side: impl Fn(&Word<'w>) -> bool,
    against: Option<&dyn Fn(&Word<'w>) -> bool>,
    when: &str,
) -> Finding {
    let (mut these, mut those): (Vec<&Word<'_>>, Vec<&Word<'_>>) =
        words.iter().partition(|word| side(word));
    if these.is_empty() || those.is_empty() {
        // All parties agree and the answer alone stands against them: it is the HIS that believed it.
        let nearest = words.iter().take(1).collect();
        (these, those) = (nearest, words.iter().skip(1).collect());
    }
    let (class, odd) = match (these.len(), those.len()) {
        (1, n) if n > 1 => (
            format!("one-sided:{}", these[0].party.role.name()),
            Some(these[0]),
        ),
        (n, 1) if n > 1 => (
            format!("one-sided:{}", those[0].party.role.name()),
            Some(those[0]),
        ),
        _ => (split(&these, &those), None),
    };
    let said = |group: &[&Word<'_>]| {
        group
            .iter()
            .map(|word| format!("{} {}", word.party, name(word.status)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (expected, actual) = match odd {
        Some(odd) if std::ptr::eq(odd, these[0]) => (said(&those), said(&these)),
        _ => (said(&these), said(&those)),
    };
    let money =
        tau.intent.infno.settles() && words.iter().any(|word| word.status == Status::Stands);
    let mut one = finding(Rule::R6, class)
        .about(tau)
        .location(format!("{} {} {when}", tau.intent.infno, tau.intent.msgid));
    one = one
        .values(expected, actual)
        .severity(if money { Severity::S1 } else { Severity::S2 });
    one.witness = words
        .iter()
        .map(|word| format!("{} {} {}", word.party, tau.intent.msgid, name(word.status)))
        .collect();
    one = one.answered_by(against.and_then(|against| answerer(words, against)));
    match odd {
        Some(odd) => one.at(odd.party),
        None => one,
    }
}

/// The deepest party whose own answer is known to be wrong: the contradicting party itself if it saw the message
/// or handed it on; else the one before it that vouched for it, but never the HIS, which only hands answers on.
fn answerer<'w>(words: &[Word<'w>], against: &dyn Fn(&Word<'w>) -> bool) -> Option<&'w Party> {
    let first = words.iter().position(against)?;
    let handed_on = words[first + 1..].iter().any(|word| !against(word));
    if words[first].saw || handed_on || first == 0 {
        return Some(words[first].party);
    }
    let before = words[first - 1].party;
    Some(if before.role == Role::His {
        words[first].party
    } else {
        before
    })
}

/// `split:HT|NI`: letters in the order H T N I, the group of the first letter first.
fn split(these: &[&Word<'_>], those: &[&Word<'_>]) -> String {
    let letters = |group: &[&Word<'_>]| {
        let mut roles: Vec<Role> = group.iter().map(|word| word.party.role).collect();
        roles.sort();
        (
            roles.first().copied(),
            roles.into_iter().map(Role::letter).collect::<String>(),
        )
    };
    let (mut first, mut second) = (letters(these), letters(those));
    if second.0 < first.0 {
        std::mem::swap(&mut first, &mut second);
    }
    format!("split:{}|{}", first.1, second.1)
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Never => "none",
        Status::Stands => "applied",
        Status::Reversed => "reversed",
    }
}
