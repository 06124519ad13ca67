//! JUnit · One test case per case, and the rollback as a suite of its own with one test case per rule.
//!
//! Why so: a CI server shows this file and nothing else. The last test case of the rollback suite is
//! the verdict itself, so that rules which were merely not checked (skipped) can never look like success.
//! Names do not change with the language: a CI server keys its history on them.

use std::time::Duration;

use crosswipe_journal::CaseResult;
use crosswipe_verify::{Finding, Held, RuleState, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::Lang;
use crate::json::{result_name, rollback_name};
use crate::story::{Case, Ending, Story};
use crate::wording::sentence::verdict_sentence;

/// JUnit · One test case per case, the rollback as a suite of its own.
pub fn junit(story: &Story) -> String {
    let mut report = Report::new(format!("crosswipe {}", story.judgement.run_id));
    report.add_test_suites([cases(story), rollback(story)]);
    report
        .to_string()
        .expect("text without control characters is XML")
}

fn cases(story: &Story) -> TestSuite {
    let plan = &story.header.plan.plan;
    let mut suite = TestSuite::new(format!("{plan} cases"));
    suite.add_property(("run_id", story.judgement.run_id.as_str()));
    suite.add_property(("journal_tail", story.tail.as_str()));
    for case in story.cases.iter().filter(|case| case.planned) {
        let mut test = TestCase::new(case.plan.case.as_str(), status(story, case));
        test.set_classname(format!(
            "{plan}.{}",
            case.plan
                .business
                .map_or("other", |business| business.name())
        ));
        test.set_time(Duration::from_millis(case.took_ms()));
        test.set_assertions(case.checks.len());
        test.add_property(("title", case.plan.title.as_str()));
        test.add_property(("rollback", rollback_name(case.rollback)));
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
        CaseResult::Blocked | CaseResult::Skipped | CaseResult::Waived => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(name).set_message(name);
            status
        }
    }
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
