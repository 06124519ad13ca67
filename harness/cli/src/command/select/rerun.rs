//! 再跑 · Which cases of an earlier run are run again: those that did not pass, or those that never came to an end.
//!
//! Why so: in the last hours nobody types case numbers from a report. But a case whose swipe still stands somewhere must not be
//! swiped once more on top of it: as long as anything of its persons is open in that run, all of it is refused, and what to
//! do first is said. Called by `select`. Not here: undoing what is open (`resume`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_journal::{CaseResult, History, Payload};
use crosswipe_scenarios::{Case, Plan};
use crosswipe_verify::{Finding, Judgement, Transaction, TxState};

use super::Selected;
use crate::args::Rerun;
use crate::command::verify::{faults_met, judged, read_sealed};
use crate::complain::{Trouble, to_stderr};
use crate::merged;

/// Keeps of a selection what an earlier run left to do.
///
/// # Errors
/// No such run, a run of another plan, or something that it did not roll back.
pub(super) fn keep(
    plan: &Plan,
    selected: &mut Selected,
    which: Rerun,
    of: Option<&Path>,
) -> Result<(), Trouble> {
    let dir = match of {
        Some(dir) => dir.to_owned(),
        None => newest(plan)?,
    };
    if merged::is_merged(&dir) {
        return Err(merged::name_a_part(&dir));
    }
    let history = read_sealed(&dir)?;
    let ran = &history.header().plan.plan;
    if *ran != plan.id {
        return Err(Trouble::Usage {
            code: "cli::other_plan",
            what: format!(
                "`{0}` 是计划 `{ran}` 的运行, 不是 `{1}` 的 · `{0}` is a run of plan `{ran}`, not of `{1}`",
                dir.display(),
                plan.id
            ),
            help: "用 --of 给出这个计划的一次运行 · name a run of this plan with --of".to_owned(),
        });
    }
    if of.is_none() {
        to_stderr(&format!("再跑 · again of {}\n", dir.display()));
    }
    let endings = endings(&history);
    let wanted = |case: &Case| {
        let ending = endings.get(case.id.as_str()).copied();
        match which {
            Rerun::Failed => ending == Some(Ending::Failed),
            Rerun::Open => ending.unwrap_or(Ending::Open) == Ending::Open,
        }
    };
    selected.cases.retain(|index| wanted(&plan.cases[*index]));
    selected
        .proofs
        .retain(|index| wanted(&plan.proofs[*index].case));
    let judgement = judged(&dir, &history, &faults_met(&history))?.judgement;
    let cases = selected.cases.iter().map(|index| &plan.cases[*index]);
    all_rolled_back(plan, cases, &judgement, &dir)
}

/// How a case ended in the earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed,
    Open,
}

fn endings(history: &History) -> BTreeMap<&str, Ending> {
    let mut endings = BTreeMap::new();
    for record in &history.records {
        match &record.payload {
            Payload::CaseStarted(started) => {
                endings.insert(started.case.as_str(), Ending::Open);
            }
            Payload::CaseFinished(finished) => {
                let ending = match finished.result {
                    CaseResult::Passed if finished.checks.is_empty() => Ending::Failed,
                    CaseResult::Passed | CaseResult::Waived => Ending::Passed,
                    CaseResult::Failed | CaseResult::Error | CaseResult::Blocked => Ending::Failed,
                    CaseResult::Skipped => Ending::Open,
                };
                endings.insert(finished.case.as_str(), ending);
            }
            _ => {}
        }
    }
    endings
}

/// Nothing of the persons of these cases may stand, whichever case of the run swiped it.
fn all_rolled_back<'a>(
    plan: &Plan,
    cases: impl Iterator<Item = &'a Case>,
    judgement: &Judgement,
    dir: &Path,
) -> Result<(), Trouble> {
    let people: BTreeSet<&str> = cases.flat_map(Case::people).collect();
    let shared: BTreeSet<&str> = plan
        .cases
        .iter()
        .filter(|case| case.people().any(|person| people.contains(person)))
        .map(|case| case.id.as_str())
        .collect();
    let stands = |state: TxState| matches!(state, TxState::Open | TxState::Unknown);
    // What one party kept is no state of the transaction and stands all the same.
    let told = |one: &&Transaction| {
        let of_books = |finding: &&Finding| {
            finding.txid.as_ref() == Some(&one.txid) && finding.class.family() != "gate"
        };
        judgement.findings.iter().any(|finding| of_books(&finding))
    };
    let transactions = judgement.transactions.iter();
    let standing: BTreeSet<&str> = transactions
        .filter(|one| shared.contains(one.case.as_str()))
        .filter(|one| stands(one.state) || told(one))
        .map(|one| one.case.as_str())
        .collect();
    if standing.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = standing.into_iter().collect();
    Err(Trouble::Refused {
        code: "cli::rerun",
        what: format!(
            "`{0}` 里还没有撤清: {1}; 什么都没有发 · not rolled back in `{0}`: {1}; nothing was sent",
            dir.display(),
            named.join(", ")
        ),
        help: format!(
            "先撤清再跑: crosswipe resume {0} · roll it back first: crosswipe resume {0}",
            dir.display()
        ),
    })
}

/// The run of the plan that was begun last among those under `runs/`: their names end with the time.
fn newest(plan: &Plan) -> Result<PathBuf, Trouble> {
    let prefix = format!("{}-", plan.id);
    let is_time = |name: &str| {
        let rest = name.strip_prefix(&prefix).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_digit())
    };
    let entries = fs::read_dir("runs").ok().into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let newest = paths
        .filter(|path| path.join("journal.db").exists())
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(is_time)
        })
        .max();
    newest.ok_or_else(|| Trouble::Usage {
        code: "cli::rerun",
        what: format!(
            "`runs` 下没有计划 `{0}` 的运行 · no run of plan `{0}` under `runs`",
            plan.id
        ),
        help: "用 --of 给出那次运行的目录 · name the run with --of RUN".to_owned(),
    })
}
