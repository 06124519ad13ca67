//! 词条测试 · Every code that the program can show has its page, in both languages.
//!
//! Codes come from the types that own them where there is a list; else from the sources of the crates that
//! write them, so that a new one without a page fails here. Pages of faults have tests of their own beside these.
//! Not here: how a page is printed (`command::explain`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::{FindingClass, Rule};
use crosswipe_mocks::FaultOrder;
use crosswipe_wire::RefusalCode;
use rstest::rstest;

use super::*;

mod faults;

/// Classes of the verdict vocabulary with pages of their own.
const CLASSES: [&str; 61] = [
    "residue",
    "residue:accumulator",
    "residue:personal-account",
    "residue:pool-fund",
    "residue:clearing",
    "residue:prefund",
    "residue:reconciliation",
    "residue:visit",
    "residue:in-hospital",
    "residue:fee-detail",
    "residue:settlement",
    "residue:invoice",
    "residue:cash",
    "residue:queue",
    "residue:hold",
    "residue:filing",
    "residue:inventory",
    "residue:trace-code",
    "one-sided",
    "one-sided:his",
    "one-sided:treatment",
    "one-sided:hub",
    "one-sided:insured",
    "split",
    "duplicate-settle",
    "double-reversal",
    "over-reversal",
    "under-reversal",
    "empty-reversal",
    "late-apply",
    "wrong-target",
    "mismatch",
    "mismatch:amount",
    "mismatch:audit",
    "mismatch:id",
    "mismatch:person",
    "mismatch:split",
    "gate",
    "gate:window",
    "gate:persona",
    "gate:business",
    "gate:institution",
    "gate:order",
    "audit",
    "audit:erased",
    "audit:mutated",
    "audit:gap",
    "evidence:stale",
    "evidence:conflict",
    "evidence:missing",
    "evidence:tampered",
    "journal:corrupt",
    "journal:forked",
    "window",
    "window:missing-run",
    "window:unfinished",
    "window:worlds",
    "window:names",
    "window:plan-changed",
    "window:run-violated",
    "window:run-indeterminate",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Sources that reach a user, without their tests.
fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "tests" | "testkit" | "samples") {
            sources(&path, into);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            into.push(path);
        }
    }
}

/// Text literals of the program's own code; comments and inline tests are cut off first.
fn literals(crates: &[&str]) -> BTreeSet<String> {
    let mut files = Vec::new();
    crates
        .iter()
        .for_each(|name| sources(&root().join(name).join("src"), &mut files));
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let plain: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        found.extend(plain.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(
        found.len() > 20,
        "the walk found the literals of {crates:?}"
    );
    found
}

/// Lower or upper case letters and the given signs, and nothing else.
fn is_word(text: &str, signs: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

#[track_caller]
fn has_page_of_its_own(code: &str) {
    assert!(
        pages().any(|page| page.code == code),
        "`{code}` has no page"
    );
}

#[test]
fn every_page_has_both_languages_and_a_remedy() {
    let count = pages().count();
    let headings = FILES.iter().map(|file| file.matches("\n## ").count());
    assert_eq!(
        headings.sum::<usize>(),
        count,
        "a page that cannot be read is no page"
    );
    for page in pages() {
        for lang in [Lang::Zh, Lang::En] {
            assert!(
                !page.title(lang).is_empty() && page.body(lang).len() > 40,
                "{}",
                page.code
            );
        }
    }
}

#[test]
fn every_rule_has_its_page() {
    Rule::ALL
        .iter()
        .for_each(|rule| has_page_of_its_own(rule.code()));
}

#[test]
fn every_finding_class_of_the_vocabulary_has_its_page_and_every_other_its_family() {
    CLASSES.iter().for_each(|class| has_page_of_its_own(class));
    for class in [
        "residue:reserve",
        "one-sided:party",
        "split:HT|NI",
        "gate:margin",
        "foreign:his",
        "evidence",
        "journal:future",
    ] {
        assert!(page(class).is_some(), "`{class}` falls back to its family");
    }
    for class in ["secret-leak", "resource", "cross-day"] {
        has_page_of_its_own(class);
    }
}

#[test]
fn every_class_that_the_judge_writes_has_its_page() {
    let families = [
        "residue",
        "one-sided",
        "split",
        "mismatch",
        "gate",
        "audit",
        "evidence",
        "journal",
        "foreign",
        "unresolved",
        "window",
    ];
    let written = literals(&["harness/verify", "harness/cli", "harness/journal"]);
    let mut seen = 0;
    for text in &written {
        let class = FindingClass::new(
            text.replace("{}", "x")
                .split('{')
                .next()
                .unwrap_or_default(),
        );
        if text.contains(':')
            && is_word(text.trim_end_matches('x'), "-_:|{}.")
            && families.contains(&class.family())
        {
            seen += 1;
            assert!(page(class.as_str()).is_some(), "`{text}` has no page");
        }
    }
    assert!(seen >= 10, "the judge writes classes: {seen}");
}

#[test]
fn every_cause_that_an_audit_names_has_its_page() {
    has_page_of_its_own("orphan");
    for cause in crosswipe_verify::audit::Cause::ALL {
        has_page_of_its_own(cause.code());
    }
}

#[test]
fn every_fault_that_can_be_ordered_has_its_page() {
    assert!(FaultOrder::known().count() > 0);
    FaultOrder::known().for_each(has_page_of_its_own);
}

#[test]
fn every_refusal_code_has_its_page() {
    RefusalCode::ALL
        .iter()
        .for_each(|code| has_page_of_its_own(code.code()));
    for text in literals(&["harness/wire", "harness/runner"])
        .iter()
        .filter(|text| text.starts_with("E-") && text.len() > 2 && is_word(text, "-"))
    {
        has_page_of_its_own(text);
    }
}

/// And the page says the rule in the very words that stand beside the finding.
#[test]
fn every_finding_about_a_message_has_its_page() {
    assert!(crosswipe_wire::CODES.len() >= 60);
    for rule in crosswipe_wire::CODES {
        has_page_of_its_own(rule.code);
        let page = page(rule.code).unwrap();
        let told = [
            page.title(Lang::Zh) == rule.title_zh && page.title(Lang::En) == rule.title_en,
            page.body(Lang::Zh).contains(rule.zh) && page.body(Lang::En).contains(rule.en),
        ];
        assert_eq!(told, [true; 2], "{}", rule.code);
    }
}

#[test]
fn whatever_a_preflight_can_see_has_its_page() {
    assert!(crosswipe_runner::preflight::CODES.len() >= 25);
    for code in crosswipe_runner::preflight::CODES {
        has_page_of_its_own(code);
    }
    let told = literals(&["harness/runner"]);
    let written = told.iter().filter(|text| text.starts_with("preflight:"));
    for code in written {
        assert!(
            crosswipe_runner::preflight::CODES.contains(&code.as_str()),
            "{code}"
        );
    }
}

#[test]
fn every_problem_of_a_plan_has_its_page() {
    crosswipe_scenarios::CODES
        .iter()
        .for_each(|code| has_page_of_its_own(code));
    let words = literals(&["scenarios"]);
    for text in words
        .iter()
        .filter(|text| text.starts_with("scenario::") && text.len() > "scenario::".len())
    {
        has_page_of_its_own(text);
    }
}

#[rstest]
#[case::command_line("cli::", &["harness/cli"], 16)]
#[case::journal("journal:", &["harness/journal"], 9)]
fn every_code_written_in_the_sources_has_its_page(
    #[case] prefix: &str,
    #[case] crates: &[&str],
    #[case] at_least: usize,
) {
    let found = literals(crates);
    let codes: Vec<&String> = found
        .iter()
        .filter(|text| text.starts_with(prefix) && is_word(text, ":_") && text.len() > prefix.len())
        .collect();
    assert!(codes.len() >= at_least, "{prefix} codes: {codes:?}");
    codes.into_iter().for_each(|code| has_page_of_its_own(code));
}

#[test]
fn every_note_that_the_runner_and_the_judge_write_has_its_page() {
    let notes = [
        "response-lost",
        "never-applied",
        "never-applied:no-fence",
        "late-refused",
        "late-apply",
        "probe-failed",
        "cross-day",
        "order:applied≠sent",
        "skew",
        "query-flap",
        "clock-set",
        "clock-step",
    ];
    let written = literals(&["harness/runner", "harness/verify", "harness/rollback"]);
    for note in notes {
        has_page_of_its_own(note);
        assert!(written.contains(note), "nobody writes `{note}` any more");
    }
    let mut files = Vec::new();
    ["harness/runner", "harness/verify"]
        .iter()
        .for_each(|name| sources(&root().join(name).join("src"), &mut files));
    let text: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let beginnings = [".note(\"", "remark(\"", " code: \""];
    for code in beginnings
        .iter()
        .flat_map(|begin| text.split(begin).skip(1))
        .filter_map(|rest| rest.split('"').next())
    {
        has_page_of_its_own(code);
    }
}

#[test]
fn every_reason_to_leave_a_transaction_to_a_person_has_its_page() {
    let mut files = Vec::new();
    ["harness/runner", "harness/rollback"]
        .iter()
        .for_each(|name| sources(&root().join(name).join("src"), &mut files));
    let text: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let beginnings = ["give_up(tracked, \"", "=> Some(\"", "reason: \""];
    let reasons: BTreeSet<&str> = beginnings
        .iter()
        .flat_map(|begin| text.split(begin).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let reasons: Vec<&str> = reasons
        .into_iter()
        .filter(|word| word.contains('-') && is_word(word, "-"))
        .collect();
    assert!(reasons.len() >= 7, "reasons: {reasons:?}");
    for reason in reasons {
        has_page_of_its_own(&format!("unresolved {reason}"));
    }
}

#[test]
fn every_page_gives_an_example_and_a_remedy_in_both_languages() {
    for page in pages() {
        for (lang, marks) in [
            (Lang::Zh, ["例: ", "办法: "]),
            (Lang::En, ["Example: ", "Remedy: "]),
        ] {
            for mark in marks {
                let lines = page
                    .body(lang)
                    .lines()
                    .filter(|line| line.starts_with(mark))
                    .count();
                assert_eq!(lines, 1, "`{}` has one line «{mark}»", page.code);
            }
        }
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(
            chinese(page.title(Lang::Zh)) && chinese(page.body(Lang::Zh)),
            "`{}` is written in Chinese",
            page.code
        );
        assert!(
            !chinese(page.title(Lang::En)),
            "`{}` has an English title",
            page.code
        );
    }
}

#[test]
fn no_code_has_two_pages() {
    let codes: Vec<&str> = pages().map(|page| page.code).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}

#[test]
fn a_code_that_nobody_writes_has_no_page() {
    for code in ["residua", "R15", "cli::", "E-NOTHING", "unresolved because"] {
        assert!(page(code).is_none(), "`{code}`");
    }
}
