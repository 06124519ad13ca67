//! R12 上限 · A run against real systems settled no more than its plan caps: neither in number nor in fees.
//!
//! Counted anew from the journal, with none of the runner's count: every settlement that went out once, however it ended,
//! since an unknown outcome may have booked. One finding: the first settlement that passed a cap, with what had come up to
//! there; all after it are over the cap as well. A settlement that names no sum may have passed it, and nobody knows.
//! Not here: runs of mock parties, which no cap binds; runs of a window, each of which has caps of its own.

use std::collections::BTreeSet;

use crosswipe_domain::{Caps, Money, Nature, Rule, Unit};

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;
use crate::story::Sent;

/// What RUN calls the transport of a run against real systems.
const LIVE: &str = "live";

pub(crate) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let header = context.story.header.filter(|run| run.transport == LIVE);
    let Some(caps) = header.and_then(|run| run.plan.caps) else {
        return;
    };
    let mut counted = BTreeSet::new();
    let (mut many, mut fen) = (0_u64, 0_i64);
    let settles =
        |sent: &&Sent<'_>| sent.intent.infno.settles() && sent.intent.nature == Nature::Forward;
    for sent in context.story.sent.iter().filter(settles) {
        let intent = sent.intent;
        if !counted.insert((intent.origin.as_str(), intent.msgid.as_str())) {
            continue;
        }
        outcome.compared += 1;
        let total = intent.amounts.get("medfee_sumamt").copied();
        many += 1;
        fen = fen.saturating_add(total.map_or(0, Money::fen).max(0));
        let one = match over(&caps, many, fen, total) {
            Over::Neither => continue,
            Over::Number => finding(Rule::R12, "gate:cap")
                .values(format!("≤ {} settlements", caps.settlements), many),
            Over::Fees => finding(Rule::R12, "gate:cap").figures(Unit::Fen, caps.amount.fen(), fen),
            Over::Nobody => finding(Rule::R12, "gate:cap")
                .values("a settlement that names its sum", "none")
                .unsure_if(true),
        };
        let one = one.location(format!("{} {} sent", intent.infno, intent.msgid));
        let sure = !one.uncertain;
        outcome
            .findings
            .push(match context.story.tau_of.get(&intent.txid) {
                Some(tau) => one.about(&context.story.taus[*tau]),
                None => one,
            });
        if sure {
            return;
        }
    }
}

/// Which cap a settlement passes.
enum Over {
    Neither,
    Number,
    Fees,
    /// Its sum is unknown.
    Nobody,
}

fn over(caps: &Caps, many: u64, fen: i64, total: Option<Money>) -> Over {
    if many > u64::from(caps.settlements) {
        return Over::Number;
    }
    match total {
        _ if fen > caps.amount.fen() => Over::Fees,
        Some(_) => Over::Neither,
        None => Over::Nobody,
    }
}
