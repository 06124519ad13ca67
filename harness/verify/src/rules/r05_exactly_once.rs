//! R5 恰好一次 · Settled: undone once at every party. Never applied or refused: no effect at all.
//!
//! Walks each party's log of each τ: a second apply while one stands is `duplicate-settle`, one after a
//! tombstone or reversal is `late-apply` (also if a further reversal restores the books), an undo with
//! effect of what never had one is `empty-reversal`, one of another transaction is `wrong-target`.

use crosswipe_domain::{Entry, LogRow, Party, Rule};

use super::{RuleOutcome, lacking_end, r05_entered};
use crate::context::{Context, Ledger, Status};
use crate::draft::{finding, line, residue};
use crate::judgement::{Finding, Remark};
use crate::story::Tau;
use crate::tally::{Account, Apply};

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("no-transactions");
    outcome.lacking = lacking_end(context);
    for (party, ledger) in &context.ledgers {
        for (index, account) in &ledger.tally.accounts {
            let tau = &context.story.taus[*index];
            outcome.compared += 1;
            outcome.findings.extend(repeated(party, tau, account));
            outcome
                .findings
                .extend(not_undone(context, party, ledger, *index, account));
            if account.applies.is_empty() && !account.strays.is_empty() {
                let one = finding(Rule::R5, "empty-reversal")
                    .at(party)
                    .about(tau)
                    .location(format!("{} {}", tau.intent.infno, tau.intent.msgid));
                outcome.findings.push(
                    one.values("no effect", "postings")
                        .witness(party, account.strays.iter().copied()),
                );
            }
            if let (Some(refused), Some(tombstone)) = (account.refused, account.tombstone)
                && refused.seq > tombstone.seq
            {
                outcome.notes.push(remark("late-refused", tau, party));
            }
        }
        outcome.findings.extend(misdirected(context, party, ledger));
    }
    outcome.compared += absent(context);
    r05_entered::check(context, &mut outcome);
    outcome
}

/// τ that no log on their path knows: compared as «0 effects».
fn absent(context: &Context<'_>) -> u64 {
    let unknown_to = |index: usize, tau| {
        context
            .seen_on_path(tau)
            .filter(|(_, ledger)| ledger.tally.account(index).is_none())
            .count() as u64
    };
    context
        .story
        .taus
        .iter()
        .enumerate()
        .map(|(index, tau)| unknown_to(index, tau))
        .sum()
}

fn repeated(party: &Party, tau: &Tau<'_>, account: &Account<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let make = |class: &str| {
        finding(Rule::R5, class)
            .at(party)
            .about(tau)
            .location(format!("{} {}", tau.intent.infno, tau.intent.msgid))
    };
    let weighty: Vec<&Apply<'_>> = account
        .applies
        .iter()
        .filter(|apply| has_effect(apply, account))
        .collect();
    for (place, apply) in weighty.iter().enumerate() {
        let earlier = &weighty[..place];
        let before = |row: &Option<&LogRow>| {
            row.is_some_and(|row| row.seq < apply.row.seq && row.group != apply.group)
        };
        let undone_before = earlier
            .iter()
            .any(|other| before(&account.first_negation(other)));
        let was_undone = undone_before
            || before(&account.tombstone)
            || before(&account.flagged_reversed)
            || before(&account.undo_seen);
        if was_undone {
            let sign = account
                .tombstone
                .or(account.undo_seen)
                .or(account.flagged_reversed);
            let one = make("late-apply")
                .values("refused after its reversal", "applied")
                .witness(party, sign.into_iter().chain([apply.row]));
            findings.push(one);
            break;
        }
        let standing = earlier.iter().any(|other| {
            account
                .first_negation(other)
                .is_none_or(|row| row.seq > apply.row.seq)
        });
        if standing && tau.intent.infno.settles() {
            let rows = weighty.iter().map(|apply| apply.row);
            findings.push(
                make("duplicate-settle")
                    .values("1 effective", format!("{} effective", weighty.len()))
                    .witness(party, rows),
            );
            break;
        }
    }
    if let Some(apply) = weighty.iter().find(|apply| account.reversals_of(apply) > 1) {
        let rows = apply
            .postings
            .iter()
            .filter_map(|posting| account.negations.get(&posting.seq))
            .find(|rows| rows.len() > 1);
        let one = make("double-reversal").values(1, account.reversals_of(apply));
        findings.push(one.witness(party, rows.into_iter().flatten().copied()));
    }
    findings
}

/// A repeated fence entry alone moves nothing.
fn has_effect(apply: &Apply<'_>, account: &Account<'_>) -> bool {
    !apply.postings.is_empty()
        || account
            .births
            .iter()
            .any(|birth| birth.group == apply.group)
}

/// What was applied and of which no posting was negated, once the run is over.
fn not_undone(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    index: usize,
    account: &Account<'_>,
) -> Option<Finding> {
    let tau = &context.story.taus[index];
    if ledger.books.end().is_none()
        || account.is_weightless()
        || context.status(index, ledger) != Status::Stands
    {
        return None;
    }
    let applies = account
        .applies
        .iter()
        .filter(|apply| has_effect(apply, account));
    let standing: Vec<&LogRow> = applies
        .filter(|apply| account.first_negation(apply).is_none())
        .map(|apply| apply.row)
        .collect();
    let one = finding(Rule::R5, residue(main_book(account)))
        .at(party)
        .about(tau);
    let one = one
        .location(format!("{} {}", tau.intent.infno, tau.intent.msgid))
        .values("1 effective reversal", "0 effective reversals");
    Some(one.witness(party, standing))
}

/// The book a message is about: the kind of row it gave birth to, else of the first cell it moved.
fn main_book<'c>(account: &'c Account<'_>) -> &'c str {
    let born = account.births.iter().find_map(|birth| match &birth.entry {
        Entry::Row { kind, .. } => Some(kind.as_str()),
        _ => None,
    });
    let moved = || {
        account.postings().find_map(|posting| match &posting.entry {
            Entry::Posting { cell, .. } => Some(cell.kind.as_str()),
            _ => None,
        })
    };
    // A settlement bears several rows; the settlement itself is what the message is about.
    let settled = account
        .births
        .iter()
        .any(|birth| matches!(&birth.entry, Entry::Row { kind, .. } if kind == "settlement"));
    if settled {
        "settlement"
    } else {
        born.or_else(moved).unwrap_or("unknown")
    }
}

fn misdirected(context: &Context<'_>, party: &Party, ledger: &Ledger<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut told = std::collections::BTreeSet::new();
    for one in &ledger.tally.misdirected {
        let mut taus: Vec<Option<usize>> = vec![one.meant, one.hit];
        taus.dedup();
        if taus.len() > 1 {
            taus.retain(Option::is_some);
        }
        for tau in taus {
            if !told.insert((one.row.group, tau)) {
                continue;
            }
            let named = one.meant.map_or("nothing".to_owned(), |tau| {
                context.story.taus[tau].txid.to_string()
            });
            let hit = match (one.hit, one.target) {
                (Some(tau), _) => context.story.taus[tau].txid.to_string(),
                (None, Some(row)) => line(party, row),
                (None, None) => "no such posting".to_owned(),
            };
            let made = finding(Rule::R5, "wrong-target")
                .at(party)
                .of_person(one.row.person.as_deref());
            let made = made
                .location(format!("log #{}", one.row.seq))
                .values(named, hit)
                .witness(party, one.target.into_iter().chain([one.row]));
            findings.push(match tau {
                Some(tau) => made.about(&context.story.taus[tau]),
                None => made,
            });
        }
    }
    findings
}

fn remark(code: &str, tau: &Tau<'_>, party: &Party) -> Remark {
    Remark {
        code: code.into(),
        txid: Some(tau.txid.clone()),
        facts: [("party".to_owned(), party.to_string())].into(),
    }
}
