//! R12 经办 · What was answered, withdrawn, voided or collected is ended: nothing becomes of it any more (`HB10`).
//!
//! A contribution plan that was voided and is collected all the same takes money for what nobody owes; a push that was
//! withdrawn and is answered all the same counts twice once it is sent anew.
//! Not here: what was never ended (`r12_transit`), when the office is open (`r12_public`).

use crosswipe_domain::{Entry, OfficeAct, Party, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger};
use crate::draft::finding;
use crate::entered::case_of;

/// One finding per row that goes on after its end.
pub(crate) fn check(
    context: &Context<'_>,
    party: &Party,
    ledger: &Ledger<'_>,
    outcome: &mut RuleOutcome,
) {
    for row in &ledger.books.last {
        let Entry::Row {
            kind,
            id,
            status,
            was: Some(was),
            ..
        } = &row.entry
        else {
            continue;
        };
        if !OfficeAct::named(kind).is_some_and(OfficeAct::waits) {
            continue;
        }
        outcome.compared += 1;
        if !OfficeAct::is_ended(was) {
            continue;
        }
        let mut one = finding(Rule::R12, "gate:business")
            .at(party)
            .answered_by(Some(party))
            .of_person(row.person.as_deref())
            .location(format!("{kind} {id} after its end"))
            .values(was, status)
            .witness(party, [*row]);
        one.case = case_of(context, row).cloned();
        outcome.findings.push(one);
    }
}
