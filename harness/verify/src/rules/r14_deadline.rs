//! R14 按时收口 · Swipes stop a margin before the window ends; undo and t1 lie inside it; t2 says the same.
//!
//! The probes of R8 are exempt from the margin, not from the window. Forced probes that nobody booked are
//! no business. t2 is always to be had from mock ledgers; from real parties only if the window still held it.

use crosswipe_domain::{Level, Moment, Nature, Party, Rule, Window};
use crosswipe_journal::Purpose;

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;
use crate::evidence::Instant;
use crate::judgement::Finding;
use crate::story::{Sent, is_probe};

pub(crate) fn check(context: &Context<'_>) -> RuleOutcome {
    let mut outcome = RuleOutcome::of("open-end");
    // By the bound in force when it was sent, and for t1 by the last one.
    let ends = |at| {
        let window = context.window_at(at)?;
        let end = window.end()?;
        Some((end, end.plus_ms(-window.margin_ms)))
    };
    let Some(last) = context.last_window().and_then(Window::end) else {
        return outcome;
    };
    let end_at = |at| ends(at).map_or(last, |(end, _)| end);
    for sent in context
        .story
        .sent
        .iter()
        .filter(|sent| counts(context, sent))
    {
        outcome.compared += 1;
        let (end, latest) = ends(sent.at).unwrap_or((last, last));
        let limit = if is_probe(sent.intent) { end } else { latest };
        if sent.at >= limit {
            let mut one = late(
                format!("{} {} sent", sent.intent.infno, sent.intent.msgid),
                limit,
                sent.at,
            );
            if let Some(tau) = context.story.tau_of.get(&sent.intent.txid) {
                one = one.about(&context.story.taus[*tau]);
            }
            outcome.findings.push(one);
        }
    }
    let undo_steps = context
        .story
        .sent
        .iter()
        .filter(|sent| sent.intent.nature == Nature::Undo);
    for sent in undo_steps {
        outcome.compared += 1;
        let end = end_at(sent.at);
        if sent.at >= end {
            let place = format!("{} {} sent", sent.intent.infno, sent.intent.msgid);
            let mut one = late(place, end, sent.at);
            one.case = Some(sent.intent.case.clone());
            one.person = sent.intent.person.clone();
            outcome.findings.push(one);
        }
    }
    for comp in &context.story.comps {
        outcome.compared += 1;
        let end = end_at(comp.last_sent);
        if comp.last_sent >= end {
            let one = late(
                format!("{} {} sent", comp.intent.infno, comp.intent.msgid),
                end,
                comp.last_sent,
            );
            outcome.findings.push(match comp.tau {
                Some(tau) => one.about(&context.story.taus[tau]),
                None => one,
            });
        }
    }
    looks(context, last, &mut outcome);
    outcome
}

/// Forward business and trials, but for what was forced and came to nothing.
fn counts(context: &Context<'_>, sent: &Sent<'_>) -> bool {
    let forward = matches!(
        sent.intent.nature,
        Nature::Forward | Nature::Trial | Nature::Unknown
    );
    let booked = || {
        let tau = context.story.tau_of.get(&sent.intent.txid);
        tau.is_some_and(|tau| {
            context.ledgers.values().any(|ledger| {
                ledger
                    .tally
                    .account(*tau)
                    .is_some_and(|account| !account.applies.is_empty())
            })
        })
    };
    forward && (sent.intent.purpose != Purpose::Forced || booked())
}

fn looks(context: &Context<'_>, end: Moment, outcome: &mut RuleOutcome) {
    if !context.has(Instant::T1) {
        outcome.lacking = Some("t1");
        return;
    }
    let mut latest: Option<(&Party, Moment)> = None;
    for (party, ledger) in &context.ledgers {
        if let Some(export) = ledger.books.at(Instant::T1) {
            outcome.compared += 1;
            // A party's stamp counts as far as the journal's instants before and after the look bear it out.
            let taken_at = match context.story.taken.get(&Instant::T1) {
                Some([from, to]) => export.taken_at.clamp(*from, *to),
                None => export.taken_at,
            };
            if latest.is_none_or(|(_, at)| taken_at > at) {
                latest = Some((party, taken_at));
            }
        } else {
            outcome.lacking = Some("export");
        }
        if ledger.books.level == Level::L4 && ledger.books.at(Instant::T2).is_none() {
            outcome.lacking = outcome.lacking.or(Some("t2"));
        }
    }
    // t1 is one look at all parties: it is as late as its last export.
    if let Some((party, taken_at)) = latest.filter(|(_, at)| *at > end) {
        outcome
            .findings
            .push(late("export t1".to_owned(), end, taken_at).at(party));
    }
}

fn late(location: String, limit: Moment, at: Moment) -> Finding {
    finding(Rule::R14, "gate:window")
        .location(location)
        .values(format!("before {limit}"), at)
}
