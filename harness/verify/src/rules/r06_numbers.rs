//! R6, third part · One number, one message: whoever names two bodies alike cannot be agreed with.
//!
//! A treatment place takes the second for a repetition and answers with the first one's result, or books over it;
//! either way nobody can say any more what a log row of that number is about. Told from the journal alone, by the
//! keyed digests of what was sent; only of messages that book, since all others leave nothing that could be mistaken.
//! A party that books a message which never went its way has mistaken it for another: told from the logs.

use crosswipe_domain::Rule;

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;

/// As many digits of a digest as a person compares.
const DIGITS: usize = 16;

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let short = |digest: &str| digest.get(..DIGITS).unwrap_or(digest).to_owned();
    for reuse in &context.story.reused {
        let (origin, msgid) = reuse.number;
        let one = finding(Rule::R6, "mismatch:id")
            .location(format!("message {origin} {msgid}"))
            .values(short(reuse.first), short(reuse.second));
        let tau = context.story.tau_of.get(reuse.txid);
        outcome.findings.push(match tau {
            Some(tau) => one.about(&context.story.taus[*tau]),
            None => one,
        });
    }
    for (party, ledger) in &context.ledgers {
        for (index, account) in &ledger.tally.accounts {
            let tau = &context.story.taus[*index];
            let Some(first) = account
                .births
                .first()
                .copied()
                .or(account.postings().next())
            else {
                continue;
            };
            outcome.compared += 1;
            if tau.intent.path.contains(*party) {
                continue;
            }
            let one = finding(Rule::R6, "mismatch:id")
                .at(party)
                .about(tau)
                .answered_by(Some(party));
            outcome.findings.push(
                one.location(format!(
                    "message {} {}",
                    tau.intent.origin, tau.intent.msgid
                ))
                .values("nothing: it never came this way", "booked")
                .witness(party, [first]),
            );
        }
    }
}
