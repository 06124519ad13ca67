//! 行之谎 · Rows of business tables that say something else than the log that made them: what differs, and whose it is.

use std::sync::Arc;

use crosswipe_domain::{Cause, Export, Row};
use rstest::rstest;

use super::lies_of_proof::retold;
use crate::judgement::{Judgement, Verdict};
use crate::testkit::{OTHER, PERSON, insured};
use crate::tests::{judged, told};

const SETTLEMENT: &str = "settlement S-a";

/// Expected, actual and τ of what contradicts itself there, at t1 and at t2 alike.
#[track_caller]
fn conflicts(judgement: &Judgement, place: &str) -> Vec<(String, String, String)> {
    let at = |instant: &str| -> Vec<(String, String, String)> {
        let place = format!("{place} @{instant}");
        let here = judgement
            .findings
            .iter()
            .filter(|one| one.location == place);
        here.map(|one| {
            assert_eq!(one.class.as_str(), "evidence:conflict");
            assert_eq!(one.party, Some(insured()));
            assert!(one.uncertain, "nobody can say which of the two is true");
            let txid = one.txid.as_ref().map(ToString::to_string);
            let said = (one.expected.clone(), one.actual.clone());
            (said.0, said.1, txid.unwrap_or_default())
        })
        .collect()
    };
    assert_eq!(at("t1"), at("t2"), "{}", told(judgement));
    assert_ne!(judgement.verdict, Verdict::Clean);
    at("t1")
}

fn settlement(export: &mut Export) -> &mut Row {
    let mut rows = export.rows.iter_mut();
    rows.find(|row| row.kind == "settlement")
        .expect("it was settled")
}

/// Status, person, cause, then what is said of it by name: the first that differs is shown, on both sides.
#[rstest]
#[case::status(|row: &mut Row| row.status = "settled".into(), "reversed", "settled")]
#[case::another_person(|row: &mut Row| row.person = Some(OTHER.into()), PERSON, OTHER)]
#[case::no_person(|row: &mut Row| row.person = None, PERSON, "none")]
#[case::fact(|row: &mut Row| { row.facts.insert("mdtrt_id", "M-b"); }, "mdtrt_id M-a", "mdtrt_id M-b")]
#[case::fact_left_out(|row: &mut Row| { row.facts.remove("insutype"); }, "insutype 310", "insutype none")]
#[case::fact_never_booked(|row: &mut Row| { row.facts.insert("remark", "1"); }, "remark none", "remark 1")]
#[case::amount(|row: &mut Row| { row.amounts.insert("psn_cash_pay", 2_501); }, "psn_cash_pay 2500", "psn_cash_pay 2501")]
#[case::amount_left_out(|row: &mut Row| { row.amounts.remove("acct_pay"); }, "acct_pay 1500", "acct_pay none")]
#[case::several(|row: &mut Row| { row.facts.insert("setl_id", "S-b"); row.amounts.insert("medfee_sumamt", 1); row.facts.insert("mdtrt_id", "M-b"); }, "mdtrt_id M-a", "mdtrt_id M-b")]
#[case::status_before_person(|row: &mut Row| { row.status = "settled".into(); row.person = None; }, "reversed", "settled")]
#[case::person_before_facts(|row: &mut Row| { row.person = None; row.amounts = Default::default(); }, PERSON, "none")]
fn a_row_that_says_something_else_than_its_log_is_told_by_what_differs(
    #[case] change: fn(&mut Row),
    #[case] log: &str,
    #[case] row: &str,
) {
    let judgement = judged(&retold(&insured(), |export| change(settlement(export))));
    let told = conflicts(&judgement, SETTLEMENT);
    let said = (
        format!("log {log}"),
        format!("row {row}"),
        "a/2207".to_owned(),
    );
    assert_eq!(told, [said]);
}

/// A row that claims to come from another message is told of the message that it names.
#[test]
fn a_row_with_another_cause_is_told_by_both_messages() {
    let (mut own, mut other) = (String::new(), String::new());
    let judgement = judged(&retold(&insured(), |export| {
        let mut lines = export.rows.iter().filter(|row| row.kind == "fee-detail");
        let line = Arc::clone(&lines.next().expect("a line was charged").cause);
        let row = settlement(export);
        own = row.cause.msgid.to_string();
        other = line.msgid.to_string();
        row.cause = line;
        row.amounts = Default::default();
    }));
    let said = (
        format!("log 2207 {own}"),
        format!("row 2204 {other}"),
        "a/2204".to_owned(),
    );
    assert_eq!(conflicts(&judgement, SETTLEMENT), [said]);
}

fn copied(export: &mut Export, change: impl Fn(&mut Row)) {
    let mut copy = settlement(export).clone();
    change(&mut copy);
    export.rows.push(copy);
}

#[rstest]
#[case::absent(
    |export: &mut Export| export.rows.retain(|row| row.kind != "settlement"),
    SETTLEMENT, ("log reversed", "row absent", "a/2207")
)]
#[case::twice(
    |export: &mut Export| copied(export, |_| {}),
    SETTLEMENT, ("log once", "row twice", "a/2207")
)]
#[case::from_nowhere(
    |export: &mut Export| copied(export, |row| row.id = "S-b".into()),
    "settlement S-b", ("log nothing", "row reversed", "a/2207")
)]
#[case::of_another_table(
    |export: &mut Export| copied(export, |row| row.kind = "voucher".into()),
    "voucher S-a", ("log nothing", "row reversed", "a/2207")
)]
#[case::from_nobody(
    |export: &mut Export| copied(export, |row| {
        row.id = "S-b".into();
        row.cause = Arc::new(Cause { msgid: "by-hand".into(), ..Cause::clone(&row.cause) });
    }),
    "settlement S-b", ("log nothing", "row reversed", "")
)]
fn each_row_of_the_log_is_shown_once_and_no_other(
    #[case] change: fn(&mut Export),
    #[case] place: &str,
    #[case] (log, row, txid): (&str, &str, &str),
) {
    let judgement = judged(&retold(&insured(), change));
    let said = (log.to_owned(), row.to_owned(), txid.to_owned());
    assert_eq!(conflicts(&judgement, place), [said]);
    let all = judgement.findings.iter();
    let all = all.filter(|one| one.location.contains(" @") && one.expected.starts_with("log "));
    assert_eq!(all.count(), 2, "nothing else is told: {}", told(&judgement));
}
