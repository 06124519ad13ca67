//! 谱系 · Whether these are the runs of the window, all of them: of this plan, finished, none twice, none left out.
//!
//! Why so: a failed run that nobody shows would make every window clean. Each run names the one begun before it at its
//! site by a hash of that one's chain, so that a gap shows between any two, and the site's own memory shows one at the end.
//! Called by `window`. Not here: what the runs did (`join`), whether their books fit (`seam`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, PersonClass, ResolvedPlan, Rule, Severity};
use crosswipe_journal::Payload;

use super::{Member, RunPapers, WindowFinding, WindowPlan};
use crate::draft::finding;
use crate::judgement::TxState;

/// 不合 · Why a set of runs cannot be judged together at all; nothing was compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A journal that does not begin with a run.
    #[error("`{dir}` is no run: its journal does not begin with one")]
    NoRun {
        /// Its folder.
        dir: String,
    },
    /// A run of another plan.
    #[error("`{dir}` is a run of plan `{ran}`, not of `{closing}`")]
    OtherPlan {
        /// Its folder.
        dir: String,
        /// Its plan.
        ran: String,
        /// The plan that is to be closed.
        closing: String,
    },
    /// The same run, or a copy of it.
    #[error("`{first}` and `{second}` are the same run: both chains begin with the same record")]
    Twice {
        /// One folder.
        first: String,
        /// The other.
        second: String,
    },
}

/// Everything that keeps these runs from being judged together; nothing if they may be.
pub fn unfit(plan: &WindowPlan, papers: &[RunPapers<'_>]) -> Vec<Unfit> {
    let mut problems = Vec::new();
    let mut heads: BTreeMap<&str, &str> = BTreeMap::new();
    for one in papers {
        let Some(Payload::Run(header)) = one.evidence.records.first().map(|first| &first.payload)
        else {
            problems.push(Unfit::NoRun {
                dir: one.dir.to_owned(),
            });
            continue;
        };
        if header.plan.plan != plan.plan.plan {
            problems.push(Unfit::OtherPlan {
                dir: one.dir.to_owned(),
                ran: header.plan.plan.clone(),
                closing: plan.plan.plan.clone(),
            });
        }
        match heads.get(one.evidence.journal.head.as_str()) {
            Some(first) => problems.push(Unfit::Twice {
                first: (*first).to_owned(),
                second: one.dir.to_owned(),
            }),
            None => {
                heads.insert(&one.evidence.journal.head, one.dir);
            }
        }
    }
    problems
}

/// Which run was begun after which, and where one is missing.
pub(super) struct Lineage {
    /// Place of a run → place of the run begun before it at its site.
    pub(super) after: BTreeMap<usize, usize>,
    pub(super) findings: Vec<WindowFinding>,
}

/// Follows every run to the one before it.
pub(super) fn trace(members: &[Member<'_>], plan: &WindowPlan) -> Lineage {
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members {
        for record in &member.papers.evidence.records {
            owner.insert(&record.sha256, member.place);
        }
    }
    let mut lineage = Lineage {
        after: BTreeMap::new(),
        findings: Vec::new(),
    };
    for member in members {
        let Some(hash) = &member.header.previous_tail else {
            continue;
        };
        match owner.get(hash.as_str()) {
            Some(before) => {
                lineage.after.insert(member.place, *before);
            }
            None => lineage.findings.push(missing(
                vec![member.place],
                format!("before {}", member.header.run_id),
                hash,
            )),
        }
    }
    let told: BTreeSet<&String> = plan.last_begun.iter().collect();
    for hash in told {
        if !owner.contains_key(hash.as_str()) {
            lineage
                .findings
                .push(missing(Vec::new(), "last at its site".to_owned(), hash));
        }
    }
    lineage
}

fn missing(runs: Vec<usize>, location: String, hash: &str) -> WindowFinding {
    let one = finding(Rule::R2, "window:missing-run")
        .severity(Severity::S1)
        .location(location)
        .values(format!("the run with record {}", short(hash)), "not given");
    WindowFinding {
        runs,
        finding: one.unsure(),
    }
}

/// Runs of the plan as its files no longer stand.
pub(super) fn plan_changed(members: &[Member<'_>], plan: &WindowPlan) -> Vec<WindowFinding> {
    let mut findings = Vec::new();
    for member in members {
        let names: BTreeSet<&String> = member
            .header
            .files
            .keys()
            .chain(plan.files.keys())
            .collect();
        let changed: Vec<&str> = names
            .into_iter()
            .filter(|name| member.header.files.get(*name) != plan.files.get(*name))
            .map(String::as_str)
            .collect();
        if changed == [PLAN_FILE] && is_later_order(member, plan) {
            continue;
        }
        if let Some(first) = changed.first() {
            let one = finding(Rule::R12, "window:plan-changed")
                .location(changed.join(" "))
                .values(
                    plan.files.get(*first).map_or("absent", |hash| short(hash)),
                    member
                        .header
                        .files
                        .get(*first)
                        .map_or("absent", |hash| short(hash)),
                );
            findings.push(WindowFinding {
                runs: vec![member.place],
                finding: one.unsure(),
            });
        }
    }
    findings
}

/// The file that declares a purge.
const PLAN_FILE: &str = "plan.yaml";

/// Whether the plan differs by nothing but purges that were ordered when the run was over, and bounds that moved then: the
/// order came later, and is told as what a named person stands for.
fn is_later_order(member: &Member<'_>, plan: &WindowPlan) -> bool {
    let (then, now) = (&member.header.plan, &plan.plan);
    let records = &member.papers.evidence.records;
    let ended = records.last().map_or(member.began, |record| record.at);
    let kept = then.purge.iter().all(|one| now.purge.contains(one));
    let added = || now.purge.iter().filter(|one| !then.purge.contains(one));
    let moved = &now.window.amended;
    let kept = kept && then.window.amended.iter().all(|one| moved.contains(one));
    let later = || {
        moved
            .iter()
            .filter(|one| !then.window.amended.contains(one))
    };
    kept && added().count() + later().count() > 0
        && later().all(|one| ended <= one.known)
        && added().all(|one| ended <= one.at)
        && without_names(then) == without_names(now)
}

/// A plan without purges and without the names of persons, which `close` does not know.
fn without_names(plan: &ResolvedPlan) -> (ResolvedPlan, Vec<(String, PersonClass, AdmDivision)>) {
    let mut rest = plan.clone();
    rest.purge.clear();
    rest.window.amended.clear();
    rest.public.clear();
    let personas = std::mem::take(&mut rest.personas).into_iter();
    let personas = personas.map(|one| (one.label, one.class, one.insured));
    (rest, personas.collect())
}

/// Runs that were never certified: what they opened and nobody shows to be closed is violated.
pub(super) fn unfinished(members: &[Member<'_>]) -> Vec<WindowFinding> {
    let died = members.iter().filter(|member| !member.is_finished());
    died.map(|member| {
        let open = member
            .papers
            .judgement
            .transactions
            .iter()
            .filter(|one| matches!(one.state, TxState::Open | TxState::Unknown))
            .count();
        let one = finding(Rule::R7, "window:unfinished")
            .severity(Severity::S1)
            .location(member.papers.dir)
            .values("finished", format!("{open} transactions open"));
        WindowFinding {
            runs: vec![member.place],
            finding: one.unsure_if(open == 0),
        }
    })
    .collect()
}

/// As many digits of a hash as a person compares.
fn short(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}
