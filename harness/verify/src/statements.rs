//! 具名说明 · What named persons stand for, and whether the evidence bears it out: explanations, purges, late undo.
//!
//! Why so: three things may be done that no message of the run proves, and each needs somebody who can be asked.
//! They stand on the certificate by name. None of them makes a rule hold by itself: R1, R2, R11 and R14 decide.
//! Called by `judge`. Not here: what each is good for (`strangers`, `purge`, `rules::r14_deadline`).

use crate::context::Context;
use crate::evidence::Evidence;
use crate::judgement::Statement;
use crate::review::{Explained, ReviewAct};

/// All statements: purges in plan order, late undo, explanations as they were given.
pub(crate) fn statements(evidence: &Evidence, context: &Context<'_>) -> Vec<Statement> {
    let mut all = purges(context);
    all.extend(late(context));
    all.extend(explanations(evidence, context));
    all
}

fn purges(context: &Context<'_>) -> Vec<Statement> {
    let declared = context.plan().into_iter().flat_map(|plan| &plan.purge);
    declared
        .map(|declared| {
            let books = context
                .ledgers
                .get(&declared.party)
                .map(|ledger| &ledger.books);
            let gone = books.and_then(|books| {
                let purge = books.purge.as_ref()?;
                Some(purge.gone(&books.end()?.log))
            });
            Statement {
                kind: "purge".to_owned(),
                by: declared.by.clone(),
                reason: declared.order.clone(),
                at: declared.at,
                party: Some(declared.party.clone()),
                about: declared.method.name().to_owned(),
                rows: gone.unwrap_or(0),
                holds: gone.is_some(),
            }
        })
        .collect()
}

fn late(context: &Context<'_>) -> Vec<Statement> {
    let sent_since = |from| {
        let comps = &context.story.comps;
        comps.iter().filter(|comp| comp.last_sent >= from).count() as u64
    };
    let said = context.story.after_window.iter();
    said.map(|(at, allowed)| Statement {
        kind: "after-window".to_owned(),
        by: allowed.by.clone(),
        reason: allowed.reason.clone(),
        at: *at,
        party: None,
        about: allowed.ended.to_string(),
        rows: sent_since(*at),
        holds: true,
    })
    .collect()
}

fn explanations(evidence: &Evidence, context: &Context<'_>) -> Vec<Statement> {
    let lines = evidence.review.lines.iter();
    lines
        .filter_map(|line| {
            let ReviewAct::ExplainForeign(Explained {
                party,
                origin,
                msgid,
                infno,
                rows,
                ..
            }) = &line.act
            else {
                return None;
            };
            let found = context
                .strangers
                .get(party)
                .and_then(|found| found.get(&(origin.as_str(), msgid.as_str())));
            let covers = found
                .and_then(|foreign| foreign.explained)
                .is_some_and(|by| by == line);
            Some(Statement {
                kind: "explained-foreign".to_owned(),
                by: line.by.clone(),
                reason: line.reason.clone(),
                at: line.at,
                party: Some(party.clone()),
                about: format!("{infno} {origin} {msgid}"),
                rows: rows.len() as u64,
                holds: covers,
            })
        })
        .collect()
}
