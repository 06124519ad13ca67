//! JUnit · One suite per business with one test case per case, one with a test case per transaction and its rollback, one with a
//! test case per rule.
//!
//! Why so: a CI server shows this file and nothing else. The last test case of all is the verdict itself, so that rules
//! which were merely not checked (skipped) can never look like success. Names do not change with the language: a CI
//! server keys its history on them.

use std::collections::BTreeMap;
use std::time::Duration;

use crosswipe_domain::Business;
use crosswipe_journal::CaseResult;
use crosswipe_verify::{Finding, Held, RuleState, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::Lang;
use crate::json::{result_name, rollback_name};
use crate::story::{Case, Ending, Known, Rollback, Story};
use crate::wording::sentence::verdict_sentence;

/// JUnit · A suite per business, the transactions, the rules with the verdict last.
pub fn junit(story: &Story) -> String {
    let mut report = Report::new(format!("crosswipe {}", story.judgement.run_id));
    report.add_test_suites(cases(story));
    report.add_test_suites([transactions(story), rollback(story)]);
    report
        .to_string()
        .expect("text without control characters is XML")
}

/// Suites in the order of businesses; cases of none stand in one called `other`.
fn cases(story: &Story) -> Vec<TestSuite> {
    let plan = &story.header.plan.plan;
    let mut suites: BTreeMap<Option<Business>, TestSuite> = BTreeMap::new();
    for case in story.cases.iter().filter(|case| case.planned) {
        let business = case.plan.business.map_or("other", Business::name);
        let suite = suites.entry(case.plan.business).or_insert_with(|| {
            let mut suite = TestSuite::new(format!("{plan} {business}"));
            suite.add_property(("run_id", story.judgement.run_id.as_str()));
            suite.add_property(("journal_tail", story.tail.as_str()));
            suite
        });
        let mut test = TestCase::new(case.plan.case.as_str(), status(story, case));
        test.set_classname(format!("{plan}.{business}"));
        test.set_time(Duration::from_millis(case.took_ms()));
        test.set_assertions(case.checks.len());
        test.add_property(("title", case.plan.title.as_str()));
        test.add_property(("rollback", rollback_name(case.rollback)));
        suite.add_test_case(test);
    }
    suites.into_values().collect()
}

/// Each τ, and whether it stands no more.
fn transactions(story: &Story) -> TestSuite {
    let plan = &story.header.plan.plan;
    let mut suite = TestSuite::new(format!("{plan} transactions"));
    for chain in story.cases.iter().flat_map(|case| &case.chains) {
        let one = &chain.transaction;
        let standing = story.standing(chain);
        let told = || {
            let about = story.judgement.findings.iter();
            let about = about.filter(|finding| finding.txid.as_ref() == Some(&one.txid));
            let lines: Vec<String> = about.map(line).collect();
            match lines.is_empty() {
                true => format!("{} {} is not shown to be undone", one.infno, one.msgid),
                false => lines.join("\n"),
            }
        };
        let kind = format!("rollback:{}", rollback_name(standing));
        let status = match standing {
            Rollback::None | Rollback::Closed => TestCaseStatus::success(),
            Rollback::Open => failure(&kind, &told(), NonSuccessKind::Failure),
            Rollback::Unknown => failure(&kind, &told(), NonSuccessKind::Error),
        };
        let mut test = TestCase::new(one.txid.as_str(), status);
        test.set_classname(format!("{plan}.transactions.{}", one.infno));
        test.add_property(("msgid", one.msgid.as_str()));
        for (name, id) in &one.ids {
            test.add_property((name.as_str(), id.as_str()));
        }
        if let Some(undo) = &one.reversed_by {
            test.add_property(("reversed_by", undo.as_str()));
        }
        suite.add_test_case(test);
    }
    suite
}

/// A case is a success only if both of its columns are good.
fn status(story: &Story, case: &Case) -> TestCaseStatus {
    let result = case.ending.result();
    let name = result_name(result);
    match result {
        CaseResult::Failed => failure(name, &failed_checks(case), NonSuccessKind::Failure),
        CaseResult::Error => failure(name, &why_error(case), NonSuccessKind::Error),
        _ if !case.is_undone() || !case.findings.is_empty() => {
            let kind = format!("rollback:{}", rollback_name(case.rollback));
            failure(&kind, &findings(story, case), NonSuccessKind::Failure)
        }
        CaseResult::Passed => TestCaseStatus::success(),
        CaseResult::Waived => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type(name)
                .set_message(waived_for(story, case))
                .set_description(failed_checks(case));
            status
        }
        CaseResult::Blocked | CaseResult::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(name).set_message(name);
            status
        }
    }
}

/// `waived: KI-7 (owner, due …) text`.
fn waived_for(story: &Story, case: &Case) -> String {
    let of = |known: &&Known| known.waived.contains(&case.plan.case);
    let told = story.known.iter().filter(of).map(|known| {
        let issue = &known.issue;
        let (id, owner, due, text) = (&issue.id, &issue.owner, issue.due, &issue.text);
        format!("{id} ({owner}, due {due}) {text}")
    });
    format!("waived: {}", told.collect::<Vec<_>>().join("; "))
}

fn failure(kind: &str, text: &str, status: NonSuccessKind) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(status);
    let message = text.lines().next().unwrap_or(kind);
    status
        .set_type(kind)
        .set_message(message)
        .set_description(text);
    status
}

fn failed_checks(case: &Case) -> String {
    let failed = case.checks.iter().filter(|check| !check.held);
    let lines: Vec<String> = failed
        .map(|check| {
            format!(
                "{} {}: expected {}, actual {}",
                check.step, check.what, check.expected, check.actual
            )
        })
        .collect();
    lines.join("\n")
}

fn why_error(case: &Case) -> String {
    match case.ending {
        Ending::CutOff => "the case began and never ended".to_owned(),
        Ending::Unchecked => "the case checked nothing".to_owned(),
        Ending::Finished(_) | Ending::NotStarted => {
            let checks = failed_checks(case);
            if checks.is_empty() {
                "the case could not be carried out".to_owned()
            } else {
                checks
            }
        }
    }
}

fn findings(story: &Story, case: &Case) -> String {
    let lines: Vec<String> = case
        .findings
        .iter()
        .map(|&index| line(&story.judgement.findings[index]))
        .collect();
    if !lines.is_empty() {
        return lines.join("\n");
    }
    let open = case
        .chains
        .iter()
        .filter(|chain| story.open.transactions.contains(&chain.transaction.txid));
    open.map(|chain| {
        format!(
            "{} {} is not shown to be undone",
            chain.transaction.txid, chain.transaction.infno
        )
    })
    .collect::<Vec<_>>()
    .join("\n")
}

fn line(finding: &Finding) -> String {
    let party = finding
        .party
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!(
        "{} {} {}: expected {}, actual {}",
        finding.class, party, finding.location, finding.expected, finding.actual
    )
}

fn rollback(story: &Story) -> TestSuite {
    let plan = &story.header.plan.plan;
    let mut suite = TestSuite::new(format!("{plan} rollback"));
    suite.add_property(("level", story.judgement.level.to_string().as_str()));
    suite.add_property(("verdict", story.judgement.verdict.name()));
    let rules = story.judgement.rules.iter().map(|rule| {
        (
            format!("{} {}", rule.rule, rule.rule.zh()),
            rule_status(story, rule),
        )
    });
    let verdict = (
        format!("verdict {}", story.header.plan.plan),
        verdict_status(story),
    );
    for (name, status) in rules.chain([verdict]) {
        let mut test = TestCase::new(name, status);
        test.set_classname(format!("{plan}.rollback"));
        suite.add_test_case(test);
    }
    suite
}

fn rule_status(story: &Story, rule: &RuleState) -> TestCaseStatus {
    match rule.state {
        Held::Held => TestCaseStatus::success(),
        Held::Violated => {
            let about: Vec<String> = story
                .judgement
                .findings
                .iter()
                .filter(|f| f.rule == rule.rule)
                .map(line)
                .collect();
            failure("violated", &about.join("\n"), NonSuccessKind::Failure)
        }
        Held::NotChecked => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_type("not_checked")
                .set_message(rule.why_not.as_deref().unwrap_or("not checked").to_owned());
            status
        }
    }
}

fn verdict_status(story: &Story) -> TestCaseStatus {
    let sentence = verdict_sentence(story, Lang::En);
    match story.judgement.verdict {
        Verdict::Clean => TestCaseStatus::success(),
        Verdict::Violated => failure("violated", &sentence, NonSuccessKind::Failure),
        Verdict::Indeterminate => failure("indeterminate", &sentence, NonSuccessKind::Error),
    }
}
