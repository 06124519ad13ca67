//! Clearing: a settlement that every other party has taken out of clearing and one has not, or the other way round,
//! is no settlement that all parties agree on, whatever its record says.

use std::collections::BTreeMap;

use crosswipe_domain::Party;

use super::{Word, disagree};
use crate::context::{Context, Status};
use crate::judgement::Finding;

/// What parties' clearing cells hold of each τ that ever moved one of them.
pub(super) struct Shares<'a>(BTreeMap<usize, BTreeMap<&'a Party, Share>>);

/// What one party put in, and what is left of it.
#[derive(Clone, Copy, Default)]
struct Share {
    put_in: i64,
    left: i64,
}

impl Share {
    /// All that was put in is still there.
    fn stands(self) -> bool {
        self.left != 0 && self.left == self.put_in
    }
}

impl<'a> Shares<'a> {
    pub(super) fn of(context: &Context<'a>) -> Shares<'a> {
        let mut shares: BTreeMap<usize, BTreeMap<&Party, Share>> = BTreeMap::new();
        for (party, ledger) in &context.ledgers {
            let moves = ledger.tally.moves.iter();
            for step in moves
                .filter(|(key, _)| key.kind == "clearing")
                .flat_map(|(_, steps)| steps)
            {
                if let Some(tau) = step.tau {
                    let share = shares.entry(tau).or_default().entry(party).or_default();
                    share.left += step.amount;
                    if !step.undo {
                        share.put_in += step.amount;
                    }
                }
            }
        }
        Shares(shares)
    }

    /// The τ's own share stands at one party and at none of the others, of three at least.
    pub(super) fn disagreed(
        &self,
        context: &Context<'a>,
        index: usize,
        compared: &mut u64,
    ) -> Option<Finding> {
        let tau = &context.story.taus[index];
        let shares = self.0.get(&index)?;
        let words: Vec<Word<'_>> = context
            .seen_on_path(tau)
            .filter_map(|(party, ledger)| {
                let message = (tau.intent.origin.as_str(), tau.intent.msgid.as_str());
                let share = shares.get(party)?;
                Some(Word {
                    party,
                    status: if share.stands() {
                        Status::Stands
                    } else {
                        Status::Reversed
                    },
                    saw: ledger.tally.seen.contains(&message),
                })
            })
            .collect();
        if words.len() < 3 {
            return None;
        }
        *compared += words.len() as u64;
        let stands = |word: &Word<'_>| word.status == Status::Stands;
        let left = words.iter().filter(|word| stands(word)).count();
        (left == 1).then(|| disagree(tau, &words, stands, Some(&stands), "@clearing"))
    }
}
