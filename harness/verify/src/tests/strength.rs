//! 判官之强 · Strike out each rule and each class in turn: some history must then be called by another name.
//!
//! Goal: nothing in the judge is idle, and nothing of it could be lost without a test failing. Method: every lie of
//! `faults` is judged once as the product judges it and once with all findings of one rule, of one class, or of one
//! class of one rule struck out in the drafting, before anything is concluded. A lie notices if what must be found, or
//! the verdict, is no longer the same: then its own test would fail. Who strikes is this test alone: the product has no
//! way to (`judge::judge_struck` is not in it).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::Rule;

use super::faults::LIES;
use crate::judge::judge_struck;
use crate::judgement::{Finding, Verdict};
use crate::tests::classes;

/// Every class that the judge has a word for. Books nobody has heard of, and groups of parties, may be added by evidence.
const CLASSES: &[&str] = &[
    "residue:pool-fund",
    "residue:personal-account",
    "residue:accumulator",
    "residue:hold",
    "residue:visit",
    "residue:in-hospital",
    "residue:fee-detail",
    "residue:settlement",
    "residue:filing",
    "residue:clearing",
    "residue:prefund",
    "residue:reconciliation",
    "residue:queue",
    "residue:inventory",
    "residue:trace-code",
    "residue:invoice",
    "residue:cash",
    "one-sided:his",
    "one-sided:treatment",
    "one-sided:hub",
    "one-sided:insured",
    "split:HT|NI",
    "duplicate-settle",
    "double-reversal",
    "over-reversal",
    "under-reversal",
    "empty-reversal",
    "late-apply",
    "wrong-target",
    "mismatch:amount",
    "mismatch:id",
    "mismatch:person",
    "mismatch:split",
    "gate:window",
    "gate:persona",
    "gate:business",
    "gate:institution",
    "gate:order",
    "audit:erased",
    "audit:mutated",
    "audit:gap",
    "evidence:stale",
    "evidence:conflict",
    "evidence:missing",
    "evidence:tampered",
    "journal:corrupt",
    "journal:forked",
    "journal:clock",
    "foreign:his",
    "foreign:treatment",
    "foreign:hub",
    "foreign:insured",
    "unresolved closed-period",
];

/// What can be struck out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Struck {
    Rule(Rule),
    Class(String),
    ClassOfRule(Rule, String),
}

impl Struck {
    fn hits(&self, finding: &Finding) -> bool {
        match self {
            Struck::Rule(rule) => finding.rule == *rule,
            Struck::Class(class) => finding.class.as_str() == class,
            Struck::ClassOfRule(rule, class) => {
                finding.rule == *rule && finding.class.as_str() == class
            }
        }
    }
}

impl std::fmt::Display for Struck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Struck::Rule(rule) => write!(f, "{rule}"),
            Struck::Class(class) => f.write_str(class),
            Struck::ClassOfRule(rule, class) => write!(f, "{rule} {class}"),
        }
    }
}

/// How many lies say each thing, and how many would be called by another name without it.
#[derive(Default)]
struct Noticed {
    said: usize,
    missed: usize,
}

fn strength() -> BTreeMap<Struck, Noticed> {
    let mut table: BTreeMap<Struck, Noticed> = BTreeMap::new();
    for rule in Rule::ALL {
        table.entry(Struck::Rule(rule)).or_default();
    }
    for class in CLASSES {
        table.entry(Struck::Class((*class).to_owned())).or_default();
    }
    for lie in LIES {
        let evidence = (lie.told)();
        let whole = judge_struck(&evidence, &|_| false);
        let mut all: BTreeSet<Struck> = BTreeSet::new();
        for finding in &whole.findings {
            let class = finding.class.to_string();
            all.insert(Struck::Rule(finding.rule));
            all.insert(Struck::Class(class.clone()));
            all.insert(Struck::ClassOfRule(finding.rule, class));
        }
        for struck in all {
            let without = judge_struck(&evidence, &|one| struck.hits(one));
            let noticed = table.entry(struck).or_default();
            noticed.said += 1;
            noticed.missed += usize::from(
                without.verdict != whole.verdict || classes(&without) != classes(&whole),
            );
        }
    }
    table
}

#[test]
fn without_any_rule_or_class_some_lie_is_believed() {
    let table = strength();
    let (mut survivors, mut rules, mut told) = (Vec::new(), 0, 0);
    println!("struck out · lies that say it · lies that would be called otherwise");
    for (struck, noticed) in &table {
        println!(
            "{:<40} {:>4} {:>4}",
            struck.to_string(),
            noticed.said,
            noticed.missed
        );
        match struck {
            Struck::Rule(_) => rules += 1,
            Struck::Class(_) => told += 1,
            // One thing that two rules say is needed of neither alone: shown, and no survivor.
            Struck::ClassOfRule(..) => continue,
        }
        if noticed.missed == 0 {
            survivors.push(struck.to_string());
        }
    }
    println!(
        "{} lies; {rules} rules and {told} classes struck out one by one, {} survivors",
        LIES.len(),
        survivors.len()
    );
    assert!(
        rules == 14 && told >= CLASSES.len(),
        "{rules} rules, {told} classes"
    );
    assert!(survivors.is_empty(), "nothing needs {survivors:?}");
}

/// Each rule has a lie that nobody else sees: without the rule a violated run goes through as clean.
#[test]
fn each_rule_struck_out_lets_a_violated_run_through_as_clean() {
    let mut alone: BTreeMap<Rule, usize> = BTreeMap::new();
    for lie in LIES.iter().filter(|lie| lie.verdict == Verdict::Violated) {
        let evidence = (lie.told)();
        for rule in Rule::ALL {
            let without = judge_struck(&evidence, &|one| one.rule == rule);
            if without.verdict == Verdict::Clean {
                *alone.entry(rule).or_default() += 1;
            }
        }
    }
    println!("violated by one rule alone: {alone:?}");
    assert_eq!(alone.len(), Rule::ALL.len(), "{alone:?}");
}
