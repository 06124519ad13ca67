//! R6 新旧两代 · A settlement that the new platforms booked is on no platform of before the cutover.
//!
//! Two generations that both know one swipe are two groups that nobody brings together again: each is migrated, paid
//! and cleared by itself, and an undo reaches one of them. Asked of every settlement at every old platform that is not on its path.
//! Not here: whether the old platform should have been open at all (`r12_old`).

use crosswipe_domain::{Party, Role, Rule};

use super::super::RuleOutcome;
use crate::context::{Context, Status};
use crate::draft::finding;

/// One finding per settlement and old platform.
pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    let taus = context.story.taus.iter().enumerate();
    for (index, tau) in taus.filter(|(_, tau)| tau.intent.infno.settles()) {
        for (party, ledger) in context.old_that_know(index) {
            outcome.compared += 1;
            let new: Vec<(&Party, Status)> = context
                .seen_on_path(tau)
                .map(|(party, ledger)| (party, context.status(index, ledger)))
                .filter(|(_, status)| *status != Status::Never)
                .collect();
            if new.is_empty() {
                continue;
            }
            let mut roles: Vec<Role> = new.iter().map(|(party, _)| party.role).collect();
            roles.sort();
            let letters: String = roles.into_iter().map(Role::letter).collect();
            let class = format!("split:{letters}|{}", party.role.letter());
            let words = new.iter().map(|(party, status)| word(party, *status));
            let words: Vec<String> = words.collect();
            let one = finding(Rule::R6, class)
                .about(tau)
                .location(format!(
                    "{} {} on both generations",
                    tau.intent.infno, tau.intent.msgid
                ))
                .values(words.join(", "), word(party, context.status(index, ledger)));
            let account = ledger.tally.account(index);
            let first = account.and_then(|account| account.applies.first());
            let first = first.map(|apply| apply.row);
            outcome.findings.push(one.witness(party, first));
        }
    }
}

fn word(party: &Party, status: Status) -> String {
    let status = match status {
        Status::Never => "none",
        Status::Stands => "applied",
        Status::Reversed => "reversed",
    };
    format!("{party} {status}")
}
