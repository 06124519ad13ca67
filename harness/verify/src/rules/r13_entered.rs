//! R13 补录次序 · What was treated before go-live is entered in the order in which it happened.
//!
//! Deductible and accumulators are used up in the order of entry; entered out of turn, each split is another than it
//! would have been. One finding per entry that came behind something later.

use std::collections::BTreeMap;

use crosswipe_domain::Rule;

use super::RuleOutcome;
use crate::context::Context;
use crate::draft::finding;
use crate::entered::{Entered, case_of, entered, keepers};

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for (party, ledger) in keepers(context) {
        let entered = entered(context, ledger);
        let mut latest: BTreeMap<&str, &Entered<'_>> = BTreeMap::new();
        for entry in entered.iter().filter(|entry| entry.is_entry()) {
            outcome.compared += 1;
            let Some(before) = latest.get(entry.person) else {
                latest.insert(entry.person, entry);
                continue;
            };
            if before.treated <= entry.treated {
                latest.insert(entry.person, entry);
                continue;
            }
            let mut one = finding(Rule::R13, "gate:order")
                .at(party)
                .answered_by(Some(party))
                .of_person(Some(entry.person))
                .location(format!(
                    "{} {} entered",
                    entry.row.cause.infno, entry.row.cause.msgid
                ))
                .values(
                    format!("fee_ocur_time from {} on", before.treated),
                    entry.treated,
                )
                .witness(party, [before.row, entry.row]);
            one.case = case_of(context, entry.row).cloned();
            outcome.findings.push(one);
        }
    }
}
