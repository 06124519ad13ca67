//! 太少 · What a campaign met too seldom: silence about what hardly ever occurred proves nothing.
//!
//! Why so: a campaign that is clean because half of what it is there for never happened looks like one that is clean.
//! So each fault, trouble, outcome, record kind, gate, finding class and verdict that the plan and the mix should bring
//! about is counted, and named if it stays below a floor. Not here: how they are counted (`campaign`).

use crosswipe_domain::Business;
use crosswipe_scenarios::{Expected, Swipe};

use crate::campaign::Sums;
use crate::recipe::{Mix, faults_by_name};
use crate::stage::Stage;
use crate::trouble::Kind;

/// 太少 · One thing that occurred less often than it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rare {
    /// As in [`crate::Sometimes`], and `verdict`.
    pub group: &'static str,
    /// What.
    pub name: String,
    /// How often it did occur.
    pub times: u64,
}

/// In every campaign.
const ALWAYS: &[(&str, &[&str])] = &[
    ("case", &["passed"]),
    ("outcome", &["ok"]),
    (
        "record",
        &[
            "RUN",
            "SNAP0",
            "CASE_STARTED",
            "INTENT",
            "OUTCOME",
            "SNAPM",
            "COMP_INTENT",
            "COMP_OUTCOME",
            "QUERIED",
            "VERIFIED",
            "CASE_FINISHED",
            "SNAP1",
            "SNAP2",
        ],
    ),
    // Of every probe.
    ("undo", &["2202", "2205"]),
    ("verdict", &["clean"]),
];

/// Where links, processes and clocks go wrong.
const TRANSPORT: &[(&str, &[&str])] = &[
    ("outcome", &["unknown"]),
    ("record", &["TAKEOVER", "NOTE"]),
    ("undo", &["2601"]),
];

/// Where parties are at fault.
const PARTIES: &[(&str, &[&str])] = &[
    ("case", &["failed", "error"]),
    ("outcome", &["refused", "unknown"]),
    ("record", &["NOTE", "UNRESOLVED"]),
    ("undo", &["2601"]),
    ("verdict", &["violated", "indeterminate"]),
    ("finding", FINDINGS),
];

/// What the faults that a party can have, ordered by their names alone, must be found as.
const FINDINGS: &[&str] = &[
    "audit:erased",
    "audit:gap",
    "audit:mutated",
    "double-reversal",
    "duplicate-settle",
    "evidence:conflict",
    "evidence:missing",
    "late-apply",
    "one-sided:his",
    "one-sided:hub",
    "one-sided:insured",
    "one-sided:treatment",
    "over-reversal",
    "residue:accumulator",
    "residue:clearing",
    "residue:fee-detail",
    "residue:in-hospital",
    "residue:invoice",
    "residue:personal-account",
    "residue:pool-fund",
    "residue:prefund",
    "residue:queue",
    "residue:settlement",
    "residue:visit",
    "split:HT|NI",
    "under-reversal",
];

/// What a swipe brings about wherever its case is drawn.
fn of_swipe(swipe: &Swipe) -> Vec<(&'static str, String)> {
    let whole: &[&str] = match (&swipe.business, &swipe.until, &swipe.continues) {
        (Business::Outpatient, None, None) => &["2208"],
        (Business::Inpatient, None, None) => &["2305", "2405", "2302", "2404"],
        (Business::Pharmacy, None, None) => &["2103"],
        _ => &[],
    };
    match &swipe.expect.outcome {
        Expected::Ok => whole
            .iter()
            .map(|undo| ("undo", (*undo).to_owned()))
            .collect(),
        Expected::Gate { reason } => reason
            .iter()
            .map(|reason| ("gate", reason.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

/// What occurred less often than `at_least` times, in a fixed order.
pub fn rare(stage: &Stage, mix: Mix, sums: &Sums, at_least: u64) -> Vec<Rare> {
    let mut expected: Vec<(&'static str, String)> = Vec::new();
    let lists = [
        (true, ALWAYS),
        (mix.transport, TRANSPORT),
        (mix.parties, PARTIES),
    ];
    for (_, list) in lists.into_iter().filter(|(is_played, _)| *is_played) {
        for (group, names) in list {
            expected.extend(names.iter().map(|name| (*group, (*name).to_owned())));
        }
    }
    for swipe in stage.swipes() {
        expected.extend(of_swipe(swipe));
    }
    if mix.transport {
        let kinds = Kind::ALL.into_iter();
        expected.extend(kinds.map(|kind| ("trouble", kind.name().to_owned())));
    }
    if mix.parties {
        expected.extend(faults_by_name().map(|order| ("fault", order.id().to_owned())));
    }
    expected.extend(
        stage
            .faults()
            .iter()
            .map(|order| ("fault", order.id().to_owned())),
    );
    expected.sort();
    expected.dedup();
    let times = |key: &(&'static str, String)| match key.0 {
        "verdict" => sums.verdicts.get(key.1.as_str()).copied(),
        _ => sums.sometimes.get(key).copied(),
    };
    expected
        .into_iter()
        .map(|key| (times(&key).unwrap_or(0), key))
        .filter(|(times, _)| *times < at_least)
        .map(|(times, (group, name))| Rare { group, name, times })
        .collect()
}
