//! R5 重复补录 · One treatment of before go-live is entered, and paid, once; and never both by institution and by hand.
//!
//! Entered by the hospital and claimed by hand, it stands twice: two paid rows of one person, institution and date. A stay
//! is known by the day on which it began, for nobody is twice in one hospital; any other visit by its instant. A premium is
//! taken from a personal account once a year and scheme.

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, LogRow, Name, Party, Rule};

use super::RuleOutcome;
use crate::context::{Context, Ledger, is_terminal};
use crate::draft::finding;
use crate::entered::{Entered, case_of, entered, keepers};

pub(super) fn check(context: &Context<'_>, outcome: &mut RuleOutcome) {
    for (party, ledger) in keepers(context) {
        let entered = entered(context, ledger);
        premiums(context, party, ledger, outcome);
        for (place, entry) in entered.iter().enumerate() {
            if entry.late || entry.by_hand {
                outcome.compared += 1;
            }
            let both =
                |other: &Entered<'_>| (other.late && entry.late) || other.by_hand || entry.by_hand;
            let before = entered[..place].iter();
            let same = |other: &&Entered<'_>| both(other) && other.is_the_same(entry);
            let Some(first) = before.rev().find(same) else {
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

/// 代缴 · Of one person, scheme and year, one premium stands.
fn premiums(context: &Context<'_>, party: &Party, ledger: &Ledger<'_>, outcome: &mut RuleOutcome) {
    let mut first: BTreeMap<(&str, Option<&str>, Option<&str>), &LogRow> = BTreeMap::new();
    for row in &ledger.books.last {
        let Entry::Row {
            kind,
            id,
            was: None,
            facts,
            ..
        } = &row.entry
        else {
            continue;
        };
        let stands = kind == "premium" && {
            let trail = ledger.tally.rows.get(&("premium", id.as_str()));
            trail.is_some_and(|trail| !is_terminal(trail.status))
        };
        let (Some(person), true) = (row.person.as_deref(), stands) else {
            continue;
        };
        outcome.compared += 1;
        let of = |name: &str| facts.get(name).map(Name::as_str);
        let whose = (person, of("scheme"), of("year"));
        let Some(before) = first.get(&whose) else {
            first.insert(whose, row);
            continue;
        };
        let (scheme, year) = (whose.1.unwrap_or("-"), whose.2.unwrap_or("-"));
        let mut one = finding(Rule::R5, "duplicate-settle")
            .at(party)
            .answered_by(Some(party))
            .of_person(Some(person))
            .location(format!("premium {} taken", row.cause.msgid))
            .values(format!("1 of {scheme} in {year}"), 2)
            .witness(party, [*before, row]);
        one.case = case_of(context, row).cloned();
        outcome.findings.push(one);
    }
}
