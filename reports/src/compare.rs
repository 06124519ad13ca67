//! 比较 · Two runs beside each other: what went otherwise, case by case, field by field, fen by fen.
//!
//! Why so: a vendor changes an interface and runs the plan again, a province runs it on the new platform; both ask what is
//! different, and whether it is worse. Cases are paired by their id, messages by case, step and transaction number. Ids and
//! times are new in every run, so of these only the presence is compared; everything else also by value. A case that failed
//! and passes now is told as well: whoever expected the failure must hear of it.
//! Called by `cli`. Not here: whether either run is clean (its own report says so).

mod fields;
mod json;
mod page;
mod terminal;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, InfNo};
use crosswipe_journal::CaseResult;
use crosswipe_verify::{Judgement, Verdict};

use crate::source::Source;
use crate::story::{Case, Message, NoRun, Rollback, Story};

pub use json::comparison_json;
pub use page::comparison_html;
pub use terminal::comparison_terminal;

pub(crate) use fields::{FieldChange, FieldHow};

/// 比较 · What is otherwise in the second run.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub(crate) before: Side,
    pub(crate) after: Side,
    /// Cases of both runs that did not go alike, and cases of one alone; in plan order.
    pub(crate) cases: Vec<CaseChange>,
    /// Cases that went alike.
    pub(crate) alike: usize,
    pub(crate) amounts: Vec<AmountChange>,
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) findings: Vec<FindingChange>,
    /// Causes in all, those of classes that did not change included.
    pub(crate) causes: Causes,
    pub(crate) timings: Vec<Timing>,
}

/// One of the two runs.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) run_id: String,
    pub(crate) plan: String,
    pub(crate) dir: String,
    pub(crate) verdict: Verdict,
    /// True: it rests on lists, so that only a part could be checked.
    pub(crate) partly: bool,
    pub(crate) exit: i32,
    pub(crate) passed: usize,
    pub(crate) planned: usize,
    /// Source files of the plan, by their digests.
    pub(crate) files: BTreeMap<String, String>,
}

/// 变化 · Which way a case went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// It was good and is not.
    Worse,
    /// It was not good and is.
    Better,
    /// A known issue waived it, and it passes now: the failure that was expected is gone.
    Vanished,
    /// It passed, and a known issue waives it now.
    Waived,
    /// Neither was good, and not in the same way.
    Other,
    /// In the first run alone.
    Gone,
    /// In the second run alone.
    New,
}

/// Both columns of a case.
pub(crate) type Ended = (CaseResult, Rollback);

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaseChange {
    pub(crate) case: CaseId,
    pub(crate) title: String,
    pub(crate) turn: Turn,
    pub(crate) before: Option<Ended>,
    pub(crate) after: Option<Ended>,
    /// Checks that do not hold in the run in which it is not good.
    pub(crate) checks: Vec<String>,
}

/// One amount of one settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AmountChange {
    pub(crate) case: CaseId,
    pub(crate) step: String,
    pub(crate) infno: InfNo,
    /// By its interface name.
    pub(crate) name: String,
    /// Fen.
    pub(crate) before: Option<i64>,
    /// Fen.
    pub(crate) after: Option<i64>,
}

/// Findings of one class at one party: how many causes there were, and how many of them are the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FindingChange {
    pub(crate) class: String,
    pub(crate) party: String,
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) causes: Causes,
}

/// 起因 · Causes of two runs: one is the same where class, party and transaction (or case) are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes {
    /// In the second run alone.
    pub(crate) new: usize,
    /// In the first run alone.
    pub(crate) gone: usize,
    /// In both.
    pub(crate) same: usize,
}

impl Causes {
    fn add(&mut self, [before, after]: [usize; 2]) {
        self.new += after.saturating_sub(before);
        self.gone += before.saturating_sub(after);
        self.same += before.min(after);
    }
}

/// Median of real milliseconds by transaction number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) infno: InfNo,
    pub(crate) messages: [usize; 2],
    pub(crate) median_ms: [Option<u64>; 2],
}

impl Comparison {
    /// Lays two runs beside each other.
    ///
    /// # Errors
    /// [`NoRun`] where one of the journals does not begin with RUN.
    pub fn of(before: &Source<'_>, after: &Source<'_>) -> Result<Comparison, NoRun> {
        let (first, second) = (Story::build(before)?, Story::build(after)?);
        let (cases, alike) = cases(&first, &second);
        let (findings, causes) = findings(&first.judgement, &second.judgement);
        Ok(Comparison {
            cases,
            alike,
            amounts: amounts(&first, &second),
            fields: fields::compare((&first, before.messages), (&second, after.messages)),
            findings,
            causes,
            timings: timings(&first, &second),
            before: side(&first),
            after: side(&second),
        })
    }

    /// True where the second run is worse in anything: a case that was good and is not or is missing, a finding more, an amount that is
    /// another, a field that is gone or says something else.
    pub fn is_worse(&self) -> bool {
        let case = |one: &CaseChange| match one.turn {
            Turn::Worse => true,
            Turn::Gone => one.before.is_some_and(is_good),
            Turn::New => one.after.is_some_and(|ended| !is_good(ended)),
            Turn::Better | Turn::Vanished | Turn::Waived | Turn::Other => false,
        };
        self.cases.iter().any(case)
            || self.after.verdict > self.before.verdict
            || self.causes.new > 0
            || !self.amounts.is_empty()
            || self.fields.iter().any(|one| one.how != FieldHow::Added)
    }

    /// True where no case stands in both runs, so that nothing was compared.
    pub fn is_empty(&self) -> bool {
        let both = |one: &CaseChange| !matches!(one.turn, Turn::Gone | Turn::New);
        self.alike == 0 && !self.cases.iter().any(both)
    }
}

fn side(story: &Story) -> Side {
    let counts = story.case_counts();
    Side {
        run_id: story.judgement.run_id.to_string(),
        plan: story.header.plan.plan.clone(),
        dir: story.dir.clone(),
        verdict: story.judgement.verdict,
        partly: story.is_read_in(),
        exit: story.exit,
        passed: counts.passed,
        planned: counts.planned,
        files: story.header.files.clone(),
    }
}

fn is_good((result, rollback): Ended) -> bool {
    matches!(result, CaseResult::Passed | CaseResult::Waived)
        && matches!(rollback, Rollback::None | Rollback::Closed)
}

/// Cases that were run, by id; what was not run is not there.
fn ran(story: &Story) -> BTreeMap<&CaseId, &Case> {
    let planned = story.cases.iter().filter(|case| case.planned);
    planned
        .filter(|case| case.ending.result() != CaseResult::Skipped)
        .map(|case| (&case.plan.case, case))
        .collect()
}

fn cases(first: &Story, second: &Story) -> (Vec<CaseChange>, usize) {
    let (before, after) = (ran(first), ran(second));
    let mut alike = 0;
    let mut changes = Vec::new();
    let mut told = BTreeSet::new();
    for case in first.cases.iter().chain(&second.cases) {
        let id = &case.plan.case;
        if !told.insert(id) {
            continue;
        }
        let (was, is) = (before.get(id).copied(), after.get(id).copied());
        let ended = |case: &Case| (case.ending.result(), case.rollback);
        let (was_so, is_so) = (was.map(ended), is.map(ended));
        let turn = match (was_so, is_so) {
            (None, None) => continue,
            (Some(_), None) => Turn::Gone,
            (None, Some(_)) => Turn::New,
            (Some(was), Some(is)) if was == is => {
                alike += 1;
                continue;
            }
            (Some(was), Some(is)) => match (is_good(was), is_good(is)) {
                (true, false) => Turn::Worse,
                (false, true) => Turn::Better,
                (true, true) if was.0 != is.0 && is.0 == CaseResult::Passed => Turn::Vanished,
                (true, true) if was.0 != is.0 => Turn::Waived,
                // «nothing to undo» and «undone» are both good.
                (true, true) => {
                    alike += 1;
                    continue;
                }
                (false, false) => Turn::Other,
            },
        };
        let shown = match turn {
            Turn::Better | Turn::Vanished | Turn::Gone => was,
            _ => is,
        };
        let failed = shown
            .iter()
            .flat_map(|case| &case.checks)
            .filter(|check| !check.held);
        changes.push(CaseChange {
            case: id.clone(),
            title: case.plan.title.clone(),
            turn,
            before: was_so,
            after: is_so,
            checks: failed
                .map(|check| {
                    format!(
                        "{} {} {} ≠ {}",
                        check.step, check.what, check.expected, check.actual
                    )
                })
                .collect(),
        });
    }
    changes.sort_by_key(|one| one.turn);
    (changes, alike)
}

/// Which message of a run: case, step, transaction number, and which of several such.
pub(super) type Place<'a> = (&'a CaseId, &'a str, &'a InfNo, usize);

/// The forward messages of the cases that both runs had.
pub(super) fn messages(story: &Story) -> BTreeMap<Place<'_>, &Message> {
    let mut placed = BTreeMap::new();
    let mut times: BTreeMap<(&CaseId, &str, &InfNo), usize> = BTreeMap::new();
    for case in story.cases.iter().filter(|case| case.planned) {
        let forward = case.chains.iter().flat_map(|chain| &chain.forward);
        for message in forward.chain(&case.others) {
            let key = (&case.plan.case, message.step.as_str(), &message.infno);
            let time = times.entry(key).or_default();
            placed.insert((key.0, key.1, key.2, *time), message);
            *time += 1;
        }
    }
    placed
}

/// Of settlements alone: trials and queries repeat them, and stand among the fields.
fn amounts(first: &Story, second: &Story) -> Vec<AmountChange> {
    let (before, after) = (messages(first), messages(second));
    let mut changes = Vec::new();
    for (place, was) in before.iter().filter(|(place, _)| place.2.settles()) {
        let Some(is) = after.get(place) else { continue };
        let names = was.amounts().keys().chain(is.amounts().keys());
        let names: BTreeSet<&str> = names.map(|name| name.as_str()).collect();
        for name in names {
            let of = |message: &Message| message.amounts().get(name).map(|amount| amount.fen());
            let (was, is) = (of(was), of(is));
            if was != is {
                changes.push(AmountChange {
                    case: place.0.clone(),
                    step: place.1.to_owned(),
                    infno: place.2.clone(),
                    name: name.to_owned(),
                    before: was,
                    after: is,
                });
            }
        }
    }
    changes
}

fn findings(first: &Judgement, second: &Judgement) -> (Vec<FindingChange>, Causes) {
    // By class and party, then by what is spoken of: ids of both runs' own would never meet.
    let mut counts: BTreeMap<(String, String), BTreeMap<String, [usize; 2]>> = BTreeMap::new();
    for (side, judgement) in [first, second].into_iter().enumerate() {
        let roots = judgement
            .findings
            .iter()
            .filter(|one| one.follows_from.is_none());
        for finding in roots {
            let party = finding
                .party
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            let case = finding.case.as_ref().map(ToString::to_string);
            let about = finding.txid.as_ref().map(ToString::to_string).or(case);
            counts
                .entry((finding.class.to_string(), party))
                .or_default()
                .entry(about.unwrap_or_default())
                .or_default()[side] += 1;
        }
    }
    let mut all = Causes::default();
    let mut changes = Vec::new();
    for ((class, party), counts) in counts {
        let mut causes = Causes::default();
        counts.values().for_each(|both| {
            causes.add(*both);
            all.add(*both);
        });
        if causes.new + causes.gone > 0 {
            changes.push(FindingChange {
                class,
                party,
                before: causes.same + causes.gone,
                after: causes.same + causes.new,
                causes,
            });
        }
    }
    (changes, all)
}

fn timings(first: &Story, second: &Story) -> Vec<Timing> {
    let mut took: BTreeMap<&InfNo, [Vec<u64>; 2]> = BTreeMap::new();
    for (side, story) in [first, second].into_iter().enumerate() {
        let messages = story.cases.iter().flat_map(Case::messages);
        for message in messages.filter(|message| message.outcome.is_some()) {
            took.entry(&message.infno).or_default()[side].push(message.took_ms);
        }
    }
    let median = |times: &mut Vec<u64>| {
        times.sort_unstable();
        times.get(times.len().saturating_sub(1) / 2).copied()
    };
    took.into_iter()
        .map(|(infno, [mut before, mut after])| Timing {
            infno: infno.clone(),
            messages: [before.len(), after.len()],
            median_ms: [median(&mut before), median(&mut after)],
        })
        .collect()
}
