//! 几次运行 · Run folders that are read and judged to be looked at together.
//!
//! Each is judged by itself as `verify` does, changed files and notes of its chain included; nothing in it is written.
//! Called by `close` and `merge`. Not here: what they come to together (`verify::window`).

use std::path::Path;

use crosswipe_domain::PseudonymKey;
use crosswipe_journal::{History, RunHeader};
use crosswipe_verify::{Evidence, Review, RunPapers, Unfit, WindowPlan};

use crate::command::verify::{Judged, faults_met, judged_on};
use crate::complain::Trouble;
use crate::rundir;

/// One run as read and judged.
pub(crate) struct Read {
    /// Its folder as it is shown to people.
    pub(crate) dir: String,
    pub(crate) history: History,
    pub(crate) evidence: Evidence,
    pub(crate) judged: Judged,
}

impl Read {
    /// What was run.
    pub(crate) fn header(&self) -> &RunHeader {
        self.history.header()
    }
}

/// Reads and judges one.
pub(crate) fn read(dir: &Path) -> Result<Read, Trouble> {
    let history = crosswipe_journal::read(dir)?;
    let evidence = rundir::evidence(dir, &history, None)?;
    let judged = judged_on(dir, &history, &evidence, &faults_met(&history))?;
    Ok(Read {
        dir: dir.display().to_string(),
        history,
        evidence,
        judged,
    })
}

/// As the judge takes them.
pub(crate) fn papers(runs: &[Read]) -> Vec<RunPapers<'_>> {
    runs.iter()
        .map(|run| RunPapers {
            dir: &run.dir,
            evidence: &run.evidence,
            judgement: &run.judged.judgement,
        })
        .collect()
}

/// The plan as a run knew it, where nobody asks what its files say today.
pub(crate) fn plan_of(header: &RunHeader) -> WindowPlan {
    WindowPlan {
        plan: header.plan.clone(),
        files: header.files.clone(),
        last_begun: Vec::new(),
        review: Review::default(),
    }
}

/// The plan as it stands today.
pub(crate) fn plan_of_today(
    plan: &crosswipe_scenarios::Plan,
    last_begun: Vec<String>,
) -> WindowPlan {
    WindowPlan {
        plan: plan.resolved(&PseudonymKey::new([0; 32])),
        files: plan
            .files
            .iter()
            .map(|(name, bytes)| (name.clone(), crosswipe_domain::sha256_hex(bytes)))
            .collect(),
        last_begun,
        review: Review::default(),
    }
}

/// Runs that cannot be judged together are named, all of them.
pub(crate) fn fitting(window: &WindowPlan, papers: &[RunPapers<'_>]) -> Result<(), Trouble> {
    let problems = crosswipe_verify::unfit(window, papers);
    let Some(first) = problems.first() else {
        return Ok(());
    };
    let (code, help) = match first {
        Unfit::NoRun { .. } => ("cli::no_run", "crosswipe explain journal:not_a_run"),
        Unfit::OtherPlan { .. } => (
            "cli::other_plan",
            "只给出这个计划的运行 · give only runs of this plan",
        ),
        Unfit::Twice { .. } => (
            "cli::run_twice",
            "每次运行只给一次, 留下完整的那一份 · give each run once, the complete copy of it",
        ),
    };
    let told: Vec<String> = problems.iter().map(Unfit::to_string).collect();
    Err(Trouble::Usage {
        code,
        what: told.join("; "),
        help: help.to_owned(),
    })
}
