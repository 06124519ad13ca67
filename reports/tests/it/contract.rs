//! 约定 · What other programs read: the keys of `crosswipe.run/1`, the counts of JUnit, the verdict sentence.

use rstest::rstest;
use serde_json::Value;

use crosswipe_domain::{CaseId, FindingClass, Rule};
use crosswipe_journal::{CaseResult, Payload};
use crosswipe_reports::{Lang, NoRun, Source, Story, json, junit, terminal, verdict_sentence};
use crosswipe_verify::{Held, ReviewHeld, TxState};

use crate::runs::{self, Run};

fn document(run: &Run) -> Value {
    serde_json::from_str(&json(&run.story())).unwrap()
}

#[rstest]
#[case(runs::clean(), "clean", 0)]
#[case(runs::violated(), "violated", 1)]
#[case(runs::indeterminate(), "indeterminate", 2)]
fn every_key_of_the_contract_is_there(#[case] run: Run, #[case] verdict: &str, #[case] exit: i64) {
    let document = document(&run);
    assert_eq!(document["schema"], "crosswipe.run/1");
    assert_eq!(
        (document["verdict"].as_str(), document["exit"].as_i64()),
        (Some(verdict), Some(exit))
    );
    assert_eq!(
        (document["run_id"].as_str(), document["dir"].as_str()),
        (Some("zj2017-0001"), Some("runs/zj2017-0001"))
    );
    for (group, keys) in [
        (
            "cases",
            "planned run passed failed error blocked skipped waived",
        ),
        ("matrix", "pairs covered"),
        (
            "transactions",
            "intended ok refused unknown reversed unresolved",
        ),
    ] {
        for key in keys.split(' ') {
            assert!(document[group][key].is_u64(), "{group}.{key} is no count");
        }
    }
    let rules = document["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 14);
    assert!(rules.iter().all(|rule| {
        ["held", "violated", "not_checked"].contains(&rule["state"].as_str().unwrap())
    }));
    assert!(rules.iter().all(|rule| rule["level"] == "L4"));
    for finding in document["findings"].as_array().unwrap() {
        for key in [
            "class", "severity", "party", "txid", "where", "expected", "actual",
        ] {
            assert!(finding.get(key).is_some(), "a finding without {key}");
        }
    }
}

#[rstest]
#[case(runs::clean())]
#[case(runs::violated())]
#[case(runs::indeterminate())]
fn the_ends_of_all_cases_add_up(#[case] run: Run) {
    let cases = &document(&run)["cases"];
    let ends = ["passed", "failed", "error", "blocked", "skipped", "waived"];
    let sum: u64 = ends.iter().map(|end| cases[end].as_u64().unwrap()).sum();
    assert_eq!(Some(sum), cases["planned"].as_u64());
}

fn end_case(run: &mut Run, index: usize, result: CaseResult, keep_checks: bool) {
    let case = run.case(index).case;
    for record in &mut run.records {
        if let Payload::CaseFinished(finished) = &mut record.payload
            && finished.case == case
        {
            finished.result = result;
            if !keep_checks {
                finished.checks.clear();
            }
        }
    }
}

#[rstest]
#[case::an_expectation_failed(CaseResult::Failed, true, "outpatient: failed")]
#[case::could_not_be_carried_out(CaseResult::Error, true, "outpatient: error")]
#[case::another_region_not_ready(CaseResult::Blocked, true, "outpatient: blocked")]
#[case::filtered_out(CaseResult::Skipped, true, "outpatient: not_selected")]
#[case::passed_without_checking_anything(CaseResult::Passed, false, "outpatient: error")]
fn a_pair_that_is_not_covered_says_why(
    #[case] result: CaseResult,
    #[case] checked: bool,
    #[case] why: &str,
) {
    let mut run = runs::clean();
    end_case(&mut run, 1, result, checked);
    let matrix = &document(&run)["matrix"];
    assert_eq!(
        (matrix["pairs"].as_u64(), matrix["covered"].as_u64()),
        (Some(6), Some(5))
    );
    let missing = &matrix["missing"];
    assert_eq!(missing.as_array().unwrap().len(), 1);
    assert_eq!(
        missing[0],
        serde_json::json!({"insured": "330100", "treatment": "330300", "why": why})
    );
}

#[test]
fn a_business_that_nobody_planned_leaves_every_pair_bare() {
    let mut run = runs::clean();
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header
        .plan
        .matrix
        .push(crosswipe_domain::Business::Inpatient);
    let matrix = &document(&run)["matrix"];
    assert_eq!(matrix["covered"], 0);
    assert_eq!(matrix["missing"][0]["why"], "inpatient: not_planned");
}

#[test]
fn a_plan_without_matrix_has_no_pairs() {
    let mut run = runs::clean();
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.matrix.clear();
    assert_eq!(
        document(&run)["matrix"],
        serde_json::json!({"pairs": 0, "covered": 0, "missing": []})
    );
}

#[test]
fn what_a_book_kept_back_is_open_even_if_every_answer_said_undone() {
    let run = runs::violated();
    assert!(
        run.judgement
            .transactions
            .iter()
            .all(|transaction| transaction.state == TxState::Closed)
    );
    let open = &document(&run)["open"];
    // The cause's 319.74; what follows from it is not added again.
    assert_eq!(
        (open["transactions"].as_u64(), open["amount_fen"].as_i64()),
        (Some(1), Some(31_974))
    );
}

#[test]
fn a_difference_that_names_no_transaction_is_counted_as_a_place() {
    let mut run = runs::violated();
    run.judgement.findings.truncate(1);
    run.judgement.findings[0].txid = None;
    run.judgement.findings[0].case = None;
    let open = &document(&run)["open"];
    assert_eq!(
        (open["transactions"].as_u64(), open["places"].as_u64()),
        (Some(0), Some(1))
    );
    assert!(verdict_sentence(&run.story(), Lang::Zh).contains("另有账册差异 1 处"));
}

#[test]
fn a_broken_gate_leaves_nothing_in_the_books() {
    let mut run = runs::violated();
    run.judgement.findings.truncate(1);
    run.judgement.findings[0].class = FindingClass::new("gate:window");
    assert_eq!(document(&run)["open"]["transactions"], 0);
}

#[test]
fn the_sentence_tells_verdict_level_what_was_not_checked_and_who_looked() {
    let story = runs::indeterminate().story();
    let sentence = verdict_sentence(&story, Lang::Zh);
    for part in [
        "不能判定",
        "最低证据级别 L4",
        "未核：",
        "日切后的第二次取账",
        "R8 待遇如初",
        "宁波市 参保地平台",
        "取证：crosswipe 0.1.0 向 10 方取账",
    ] {
        assert!(sentence.contains(part), "{part} is missing in {sentence}");
    }
    let sentence = verdict_sentence(&runs::clean().story(), Lang::En);
    for part in [
        "rolled back, clean",
        "lowest evidence level L4",
        "not checked: nothing",
        "evidence taken by crosswipe",
    ] {
        assert!(sentence.contains(part), "{part} is missing in {sentence}");
    }
}

#[test]
fn a_continuous_integration_server_sees_red_where_nothing_was_proven() {
    let mut run = runs::clean();
    for rule in Rule::ALL {
        run.rule(rule, Held::NotChecked, Some("t1"));
    }
    run.judgement.verdict = crosswipe_verify::Verdict::Indeterminate;
    let xml = junit(&run.story());
    assert_eq!(xml.matches("<skipped").count(), 14);
    assert!(xml.contains(r#"<error message="indeterminate"#), "{xml}");
}

#[test]
fn cases_transactions_and_rules_have_one_test_case_each() {
    let run = runs::violated();
    let xml = junit(&run.story());
    let transactions = run.judgement.transactions.len();
    assert_eq!(xml.matches("<testcase").count(), 7 + transactions + 14 + 1);
    assert!(xml.contains(r#"<testcase name="R14 按时收口""#));
    for suite in ["outpatient", "transactions", "rollback"] {
        let name = format!(r#"<testsuite name="zhejiang-2017 {suite}""#);
        assert_eq!(xml.matches(&name).count(), 1, "{name}");
    }
    for transaction in &run.judgement.transactions {
        let name = format!(r#"<testcase name="{}""#, transaction.txid);
        assert_eq!(xml.matches(&name).count(), 1, "{name}");
    }
    // One expectation, one residue, the transaction that left it, three rules, the verdict.
    assert_eq!(xml.matches("<failure").count(), 7);
    assert_eq!(xml.matches(r#"type="rollback:open""#).count(), 2);
    // What nobody knows is an error, never a success.
    let unknown = junit(&runs::indeterminate().story());
    assert!(
        unknown.contains(r#"<error message="#) && unknown.contains(r#"type="rollback:unknown""#),
        "{unknown}"
    );
}

#[test]
fn findings_that_blame_each_other_in_a_circle_are_still_told() {
    let mut run = runs::violated();
    run.judgement.findings[0].follows_from = Some(2);
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(told.contains("Findings  3 (causes 1)"), "{told}");
}

#[test]
fn one_slip_at_many_parties_is_told_once() {
    let mut run = runs::violated();
    let first = run.judgement.findings[0].clone();
    for city in ["330100", "330200", "330400", "330500", "330600"] {
        let party = Some(crosswipe_domain::Party::new(
            crosswipe_domain::Role::Insured,
            city,
        ));
        run.judgement.findings.push(crosswipe_verify::Finding {
            party,
            txid: None,
            case: None,
            ..first.clone()
        });
    }
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(told.contains("Findings  8 (causes 1)"), "{told}");
    assert_eq!(told.matches("next step").count(), 1);
    assert_eq!(
        told.matches("      alike  ").count(),
        3 + 1,
        "three are named, the rest is counted"
    );
}

#[test]
fn what_the_public_moved_is_no_residue_and_what_nobody_explains_is() {
    let mut run = runs::clean();
    run.judgement.books[0].t1 += 4_550;
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(told.contains("✗ 45.50"), "nobody has explained it: {told}");
    run.judgement.books[0].others = 4_500;
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(
        told.contains("✗ 0.50") && told.contains("business outside the tests"),
        "{told}"
    );
    run.judgement.books[0].others = 4_550;
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(!told.contains('✗'), "{told}");
}

#[rstest]
#[case::money("600000.00", "1000519.74", "应为  600,000.00    实为  1,000,519.74")]
#[case::a_count("0", "12000", "应为  0    实为  12000")]
#[case::words("cancelled", "charged", "应为  cancelled    实为  charged")]
fn only_money_is_written_as_money(
    #[case] expected: &str,
    #[case] actual: &str,
    #[case] told: &str,
) {
    let mut run = runs::violated();
    run.judgement.findings[0].expected = expected.into();
    run.judgement.findings[0].actual = actual.into();
    let all = terminal(&run.story(), Lang::Zh, 100);
    assert!(all.contains(told), "{all}");
}

#[test]
fn one_forgotten_posting_that_shows_in_three_books_is_counted_once() {
    let mut run = runs::violated();
    for finding in &mut run.judgement.findings {
        (finding.expected, finding.actual) = ("0.00".into(), "-319.74".into());
        finding.txid =
            Some(crosswipe_domain::TxId::parse("outpatient/330300-330100/1.settle").unwrap());
    }
    assert_eq!(document(&run)["open"]["amount_fen"], 31_974);
}

#[test]
fn of_the_cells_of_one_book_the_one_with_money_is_told_in_full() {
    // The judge may name a count as the cause and let the amounts follow from it.
    let mut run = runs::violated();
    let amount = run.judgement.findings[0].clone();
    let count = crosswipe_verify::Finding {
        expected: "0".into(),
        actual: "1".into(),
        location: "accumulator[code=times]".into(),
        ..amount.clone()
    };
    run.judgement.findings = vec![
        count,
        crosswipe_verify::Finding {
            follows_from: Some(0),
            ..amount
        },
    ];
    let told = terminal(&run.story(), Lang::En, 100);
    let (full, brief) = told.split_once("alike").unwrap();
    assert!(
        full.contains("expected  200.00    actual  519.74"),
        "{told}"
    );
    assert!(
        brief.contains("accumulator[code=times]  expected 0  actual 1"),
        "{told}"
    );
    assert_eq!(document(&run)["open"]["amount_fen"], 31_974);
}

#[test]
fn messages_of_no_planned_case_are_told_but_not_counted() {
    let mut run = runs::clean();
    let case = CaseId::parse("probe/330100").unwrap();
    for record in &mut run.records {
        if let Payload::Intent(intent) = &mut record.payload
            && intent.infno.as_str() == "1101"
        {
            intent.case = case.clone();
        }
    }
    assert_eq!(document(&run)["cases"]["planned"], 7);
    let page = crosswipe_reports::html(&run.story(), Lang::Zh);
    let ids = crate::page::data(&page)["columns"]["id"].to_string();
    assert!(ids.contains("\"probe/330100\""), "{ids}");
}

#[test]
fn a_journal_without_its_first_record_tells_no_story() {
    let run = runs::clean();
    let source = Source {
        records: &run.records[1..],
        messages: &run.messages,
        judgement: &run.judgement,
        certificate_sha256: None,
        journal_head: "",
        journal_tail: "",
        dir: "",
        parts: &[],
        matched_faults: &[],
        review: &ReviewHeld::default(),
        contacts: &[],
        courses: &[],
        exit: 4,
    };
    assert_eq!(Story::build(&source).unwrap_err(), NoRun);
}
