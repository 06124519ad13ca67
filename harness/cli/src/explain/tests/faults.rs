//! 故障词条测试 · Every class of the fault catalogue has a page of one form, in both languages, saying the same.
//!
//! A page that names a class, a note or another fault names one that can be looked up; what it says to type can
//! be typed. Not here: whether a fault does what its page says (the tests of the catalogue).

use std::collections::BTreeSet;

use crosswipe_mocks::{FaultClass, FaultOrder};
use rstest::rstest;

use super::super::*;

/// 故障类 · All classes of the catalogue, sorted.
const CATALOGUE: [&str; 99] = [
    "account-not-restored",
    "accumulator-not-restored",
    "ack-before-durable",
    "cash-not-refunded",
    "catch-up-out-of-order",
    "catch-up-twice",
    "certificate-edited",
    "clock-skew-party",
    "clock-step-back",
    "closed-day-refusal",
    "closed-year-refusal",
    "cross-day-reversal",
    "cutoff-refund-accepted",
    "discharge-state-left",
    "disk-full",
    "double-credit-on-retry",
    "double-visit-id",
    "empty-rollback-refused-forever",
    "empty-rollback-with-effect",
    "fault-storm",
    "fee-details-left",
    "filing-left",
    "flag-only-reversal",
    "gateway-error-after-apply",
    "harness-killed",
    "heal-with-backlog",
    "his-counts-reversed",
    "his-double-cancel",
    "his-msgid-reused",
    "his-resettles-after-timeout",
    "his-rolls-back-after-remote",
    "history-deleted",
    "history-mutated",
    "hold-left",
    "hostile-body",
    "hub-clearing-residue",
    "hub-drops-forwarded-reversal",
    "hub-duplicates-settle",
    "hub-insured-partition",
    "hub-msgid-collision",
    "hub-period-confirmed",
    "hub-prefund-left",
    "hub-reversal-overtakes",
    "hub-routes-to-old-platform",
    "hub-stuck-queue",
    "in-transit-carried-over",
    "invoice-not-offset",
    "journal-bit-flip",
    "journal-fsync-error",
    "journal-torn-tail",
    "midnight-24h",
    "name-mojibake",
    "old-platform-still-open",
    "older-first-refused",
    "over-reversal",
    "partial-reversal",
    "persona-class-wrong",
    "persona-frozen-mid-run",
    "persona-not-registered",
    "pool-not-restored",
    "postings-only-reversal",
    "query-flaps",
    "query-unavailable",
    "real-traffic-in-window",
    "refusal-lied",
    "reply-cut",
    "reply-of-another-request",
    "request-duplicated",
    "request-lost",
    "reset-mid-request",
    "response-late",
    "response-lost",
    "resurrected-after-restart",
    "reversal-duplicated",
    "reversal-local-only",
    "reversal-lost",
    "reversal-noop-success",
    "reversal-response-lost",
    "reversal-wrong-original",
    "secret-echoed",
    "settle-arrives-after-reversal",
    "slow-drip-reply",
    "snapshot-after-first-swipe",
    "snapshot-not-atomic",
    "stale-catalogue-mix",
    "stock-not-returned",
    "success-never-applied",
    "suspended-business-accepted",
    "test-data-survives-go-live",
    "trace-code-left",
    "try-failed-cancel-skipped",
    "two-harnesses",
    "two-settles-reordered",
    "unready-peer-accepted",
    "utc-day-bucket",
    "visit-left-open",
    "window-closes-mid-flow",
    "wrong-psn-no-returned",
    "zombie-harness",
];

/// Has a page beside the catalogue's: it is no class of its own, but may be ordered.
const BESIDE: [&str; 1] = ["party-restarts"];

/// Words in backticks that look like codes and are policies of a plan.
const POLICIES: [&str; 2] = ["same-day", "net-zero"];

/// Keys that every fault has: a page may show one, and the overview tells them all.
const COMMON: [&str; 7] = ["on", "leg", "person", "nth", "times", "prob", "heal_after"];

/// Classes that are one plain word.
const PLAIN: [&str; 2] = ["resource", "split"];

/// Lines of a page in their order, with what each begins with.
const LINES: [[&str; 8]; 2] = [
    [
        "何处: ",
        "做法: ",
        "键: ",
        "账: ",
        "应看到: ",
        "结局: ",
        "例: ",
        "办法: ",
    ],
    [
        "Where: ",
        "Does: ",
        "Keys: ",
        "Books: ",
        "Must be seen: ",
        "Ends: ",
        "Example: ",
        "Remedy: ",
    ],
];

/// Pages of the folder of faults, without the overview.
fn fault_pages() -> Vec<Page> {
    let pages: Vec<Page> = FILES[5..]
        .iter()
        .flat_map(|file| file.split("\n## ").skip(1))
        .filter_map(parse)
        .collect();
    assert!(pages.len() >= CATALOGUE.len(), "the files were read");
    pages
}

fn lines(page: &Page, lang: Lang) -> Vec<&'static str> {
    page.body(lang).lines().collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Codes that a text sends its reader to: kebab words in backticks, with or without a family.
fn codes(text: &str) -> BTreeSet<&str> {
    quoted(text)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter(|word| word.contains(['-', ':']) || PLAIN.contains(word))
        .filter(|word| !word.contains([' ', '=', '/', '.']))
        .filter(|word| !POLICIES.contains(word))
        .collect()
}

/// Rules that a text names, a range counting as its ends.
fn rules(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('R') {
        let number: String = text[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if !number.is_empty() {
            found.insert(format!("R{number}"));
        }
    }
    found
}

/// Orders that a text says to type after `--fault`.
fn orders(text: &str) -> Vec<&str> {
    text.split("--fault ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', '`']).next())
        .collect()
}

#[test]
fn every_class_of_the_catalogue_has_a_page_and_no_other_has() {
    assert!(CATALOGUE.is_sorted(), "sorted, so that a reader finds one");
    let pages: BTreeSet<&str> = fault_pages().iter().map(|page| page.code).collect();
    let wanted: BTreeSet<&str> = CATALOGUE.into_iter().chain(BESIDE).collect();
    assert_eq!(pages, wanted);
    println!("{} classes of faults have their page", CATALOGUE.len());
}

#[test]
fn the_catalogue_of_the_mocks_holds_the_same_classes() {
    let held: BTreeSet<&str> = FaultClass::all().iter().map(|class| class.id).collect();
    assert_eq!(held, CATALOGUE.into_iter().chain(BESIDE).collect());
}

#[test]
fn a_fault_page_says_what_the_catalogue_says_of_keys_and_severity() {
    let mut keys = 0;
    for page in fault_pages() {
        let class = FaultClass::named(page.code).expect("a page of a class");
        let wanted: BTreeSet<&str> = class.keys().collect();
        keys += wanted.len();
        let takes_common = format!("{}:nth=1", page.code).parse::<FaultOrder>().is_ok();
        let none = match takes_common || !wanted.is_empty() {
            true => [
                (Lang::Zh, "键: 只有公共键"),
                (Lang::En, "Keys: the common ones only"),
            ],
            false => [(Lang::Zh, "键: 没有"), (Lang::En, "Keys: none")],
        };
        for (lang, none) in none {
            let found = lines(&page, lang);
            let told: BTreeSet<&str> = quoted(found[2])
                .filter_map(|word| Some(word.split_once('=')?.0))
                .filter(|key| !COMMON.contains(key))
                .collect();
            assert_eq!(told, wanted, "keys of `{}`", page.code);
            assert_eq!(
                found[2].starts_with(none),
                wanted.is_empty(),
                "`{}`",
                page.code
            );
            let level = format!("{:?}", class.severity);
            let told = found[0].split("· ").nth(1).and_then(|rest| rest.get(..2));
            assert_eq!(told, Some(level.as_str()), "`{}`", page.code);
        }
    }
    assert!(keys >= 15, "keys were compared: {keys}");
    println!("{keys} keys were compared");
}

#[test]
fn the_overview_names_every_fault_once_in_each_language() {
    let overview = page("faults").expect("there is an overview");
    for (lang, [.., example, _]) in [(Lang::Zh, LINES[0]), (Lang::En, LINES[1])] {
        let words: Vec<&str> = overview
            .body(lang)
            .lines()
            .filter(|line| !line.starts_with(example))
            .flat_map(|line| line.split([' ', ',', '。', '.']))
            .collect();
        for key in COMMON {
            let shown = format!("`{key}`");
            assert!(overview.body(lang).contains(&shown), "`{key}`");
        }
        for id in CATALOGUE.into_iter().chain(BESIDE) {
            let times = words.iter().filter(|word| **word == id).count();
            assert_eq!(times, 1, "`{id}`");
        }
    }
}

#[rstest]
#[case::chinese(Lang::Zh, LINES[0])]
#[case::english(Lang::En, LINES[1])]
fn every_fault_page_has_its_lines_in_order(#[case] lang: Lang, #[case] wanted: [&str; 8]) {
    for page in fault_pages() {
        let found = lines(&page, lang);
        assert_eq!(found.len(), wanted.len(), "`{}`", page.code);
        for (line, begin) in found.iter().zip(wanted) {
            assert!(line.starts_with(begin), "`{}`: «{begin}» {line}", page.code);
            assert!(line.len() > begin.len() + 6, "`{}`: {line}", page.code);
        }
    }
}

#[test]
fn every_fault_page_says_how_bad_it_is_and_what_must_be_seen() {
    for page in fault_pages() {
        for (lang, stop) in [(Lang::Zh, '。'), (Lang::En, ',')] {
            let found = lines(&page, lang);
            let levels = ["S1", "S2", "S3"].map(|level| found[0].contains(level));
            assert!(levels.contains(&true), "`{}`: {}", page.code, found[0]);
            assert!(found[0].contains(stop), "`{}`: {}", page.code, found[0]);
            let told = format!("{}{}", found[4], found[5]);
            assert!(
                !rules(&told).is_empty() || !codes(&told).is_empty(),
                "`{}` names neither a rule nor a class",
                page.code
            );
        }
    }
}

#[test]
fn both_languages_of_a_fault_page_name_the_same() {
    for page in fault_pages() {
        let both = lines(&page, Lang::Zh)
            .into_iter()
            .zip(lines(&page, Lang::En));
        for (begin, (zh, en)) in LINES[1].into_iter().zip(both) {
            let what = format!("`{}`, «{begin}»", page.code);
            let neutral = |text: &'static str| -> BTreeSet<String> {
                codes(text)
                    .into_iter()
                    .map(|code| code.replace("<方>", "<party>"))
                    .collect()
            };
            assert_eq!(neutral(zh), neutral(en), "{what}");
            assert_eq!(rules(zh), rules(en), "{what}");
            assert_eq!(orders(zh), orders(en), "{what}");
        }
    }
}

#[test]
fn every_code_that_a_fault_page_sends_its_reader_to_can_be_looked_up() {
    let mut seen = 0;
    for one in fault_pages() {
        for lang in [Lang::Zh, Lang::En] {
            for code in codes(one.body(lang)) {
                seen += 1;
                assert!(page(code).is_some(), "`{}` names `{code}`", one.code);
            }
        }
    }
    assert!(seen >= 250, "codes were looked up: {seen}");
    println!("{seen} codes were looked up");
}

#[test]
fn what_a_fault_page_says_to_type_is_an_order() {
    let known: BTreeSet<&str> = FaultOrder::known().collect();
    let mut read = 0;
    for page in fault_pages() {
        let typed = orders(lines(&page, Lang::En)[6]);
        assert!(
            typed
                .iter()
                .any(|order| order.split(':').next() == Some(page.code)),
            "`{}` shows how it is ordered",
            page.code
        );
        for order in typed {
            let id = order.split(':').next().unwrap_or_default();
            if known.contains(id) {
                read += 1;
                let order = order.parse::<FaultOrder>();
                assert!(order.is_ok(), "`{}`: {order:?}", page.code);
            }
        }
    }
    assert!(read >= known.len(), "{read} orders of {}", known.len());
    println!("{read} orders were read");
}
