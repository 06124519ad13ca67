//! R5 重复补录 · One treatment of before go-live is entered, and paid, once.
//!
//! Entered by the hospital and claimed by hand, it stands twice: two paid rows of one person, institution and date. A stay
//! is known by the day on which it began, for nobody is twice in one hospital; any other visit by its instant.

use crosswipe_domain::Rule;

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;
use crate::entered::{Entered, case_of, entered, keepers};

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for (party, ledger) in keepers(context) {
        let entered = entered(context, ledger);
        for (place, entry) in entered.iter().enumerate() {
            outcome.compared += 1;
            let before = entered[..place].iter();
            let Some(first) = before.rev().find(|other| is_the_same(other, entry)) else {
                continue;
            };
            let mut one = finding(Rule::R5, "duplicate-settle")
                .at(party)
                .answered_by(Some(party))
                .of_person(Some(entry.person))
                .location(format!(
                    "{} {} entered",
                    entry.row.cause.infno, entry.row.cause.msgid
                ))
                .values(
                    format!("1 of {} at {}", entry.treated, entry.institution),
                    2,
                )
                .witness(party, [first.row, entry.row]);
            one.case = case_of(context, entry.row).cloned();
            outcome.findings.push(one);
        }
    }
}

fn is_the_same(one: &Entered<'_>, other: &Entered<'_>) -> bool {
    (one.person, one.institution, one.is_stay) == (other.person, other.institution, other.is_stay)
        && (one.visit.is_none() || one.visit != other.visit)
        && match one.is_stay {
            true => one.treated.day() == other.treated.day(),
            false => one.treated == other.treated,
        }
}
