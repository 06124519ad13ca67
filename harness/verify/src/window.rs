//! 窗口 · The judge over many runs: may the window of this plan be closed?
//!
//! Why so: a window is more than a run. What one run left must not become the next one's starting point, and a
//! run that nobody shows must not be missed. Three questions: did each run end clean (its own judgement); do the
//! runs, taken as one from the first t0 to the last look, keep R1–R14 (`join`); do they fit together without a
//! seam (`seam`, `lineage`). The worst answer is the window's.
//! Runs are taken as one only where they share books and names of persons (`group`): two mock worlds have nothing in
//! common, and no comparison of theirs means anything. Called by `cli`. Not here: reading folders, words for people.

mod coverage;
mod golive;
mod group;
mod join;
mod lineage;
mod merge;
mod seam;
mod verdict;

use std::collections::BTreeMap;

use crosswipe_domain::{CaseId, DeclaredPurge, Level, Moment, ResolvedPlan};
use crosswipe_journal::{CaseResult, Payload, RunHeader};
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::judgement::{
    BookTotal, Counts, Finding, Judgement, Remark, RuleState, Statement, Transaction, Verdict,
};
use crate::review::Review;
use crate::strangers::ForeignRows;

pub use lineage::{Unfit, unfit};
pub use merge::merge;

/// 计划 · The plan that is to be closed, as its files stand today.
#[derive(Clone, Debug)]
pub struct WindowPlan {
    /// Its content; pseudonyms in it are not looked at.
    pub plan: ResolvedPlan,
    /// SHA-256 of each source file, by its path inside the plan.
    pub files: BTreeMap<String, String>,
    /// Hashes by which the sites of the runs remember the run that was begun last, where their folders are at hand.
    pub last_begun: Vec<String>,
    /// What named persons said of rows that belong to no run, not even to one of the runs' own time.
    pub review: Review,
}

/// 一次运行 · The papers of one run.
#[derive(Clone, Copy, Debug)]
pub struct RunPapers<'a> {
    /// The folder as it is shown to people.
    pub dir: &'a str,
    /// Journal, exports, looks.
    pub evidence: &'a Evidence,
    /// What the judge says of this run alone, changed files and anchors included.
    pub judgement: &'a Judgement,
}

/// 窗口判定 · The judgement over all runs of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowJudgement {
    /// Three values; the worst of the runs, of the runs as one, and of their seams.
    pub verdict: Verdict,
    /// Lowest level of any run.
    pub level: Level,
    /// The runs in order of time; other members name them by `place`.
    pub runs: Vec<RunLine>,
    /// Books that share nothing, each with what its runs come to as one.
    pub worlds: Vec<World>,
    /// R1–R14 over all worlds.
    pub rules: Vec<RuleState>,
    /// What is wrong, most severe first.
    pub findings: Vec<WindowFinding>,
    /// Transactions that are not shown to be closed.
    pub open: Vec<OpenSwipe>,
    /// What named persons stand for, over all worlds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Which cases of the plan were shown to work.
    pub coverage: Coverage,
    /// What was not looked at, as stable words.
    pub not_checked: Vec<String>,
    /// Never changes the verdict.
    pub notes: Vec<Remark>,
}

/// One run of the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// 1-based, in order of time.
    pub place: usize,
    /// Its id.
    pub run_id: String,
    /// Its folder.
    pub dir: String,
    /// When its first record was written, business time.
    pub began: Moment,
    /// When its last record was written.
    pub ended: Moment,
    /// True where it was certified; a killed run that nobody resumed is not.
    pub finished: bool,
    /// Its own verdict.
    pub verdict: Verdict,
    /// Its lowest level of evidence.
    pub level: Level,
    /// Counts over its transactions.
    pub counts: Counts,
    /// Hash of the first record.
    pub head: String,
    /// Hash of the last record.
    pub tail: String,
    /// Number of records.
    pub records: u64,
    /// The run begun before it at its site, where that one is among those given.
    pub after: Option<usize>,
    /// Faults asked for: a run that was a drill says so.
    pub faults: Vec<String>,
    /// Mock world; `None` where the parties are real.
    pub world: Option<String>,
}

/// Runs on one set of books, taken as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Mock world; `None` where the parties are real.
    pub world: Option<String>,
    /// Its runs.
    pub runs: Vec<usize>,
    /// What they come to as one.
    pub verdict: Verdict,
    /// R1–R14 from the first t0 to the last look.
    pub rules: Vec<RuleState>,
    /// Books at the first t0, at their peak, at the last t1.
    pub books: Vec<BookTotal>,
    /// How many cells and log rows were compared where one run ends and the next begins.
    pub compared: SeamCount,
}

/// What was compared at the seams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeamCount {
    /// Pairs of books: the end of one run and the start of the next at one party.
    pub seams: u64,
    /// Cells.
    pub cells: u64,
    /// Log rows.
    pub rows: u64,
}

/// A finding and the runs that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowFinding {
    /// Places of runs, rising.
    pub runs: Vec<usize>,
    /// What is wrong.
    #[serde(flatten)]
    pub finding: Finding,
}

/// A transaction that is not shown to be closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSwipe {
    /// Its run.
    pub run: usize,
    /// The transaction.
    #[serde(flatten)]
    pub transaction: Transaction,
}

/// 覆盖 · The cases of the plan over all runs; each case stands in one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Cases of the plan.
    pub planned: u64,
    /// Passed whenever they were run.
    pub passed: u64,
    /// Failed first and passed in the last run that had them.
    pub passed_later: Vec<CaseLine>,
    /// Not passed in the last run that had them.
    pub failed: Vec<CaseLine>,
    /// A known issue with an owner in the last run that had them.
    pub waived: Vec<CaseLine>,
    /// In no run.
    pub never_run: Vec<CaseLine>,
    /// Pairs of the cross matrix with a passed case for every business that the plan demands.
    pub pairs_covered: u64,
    /// Pairs of the cross matrix.
    pub pairs: u64,
    /// Cases that were run and are no longer in the plan.
    pub not_in_plan: Vec<CaseId>,
}

/// One case and how it went in each run that had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    /// The case.
    pub case: CaseId,
    /// For people.
    pub title: String,
    /// Place of the run and result.
    pub history: Vec<(usize, CaseResult)>,
}

/// A run with what every question needs of it.
pub(crate) struct Member<'a> {
    pub(crate) place: usize,
    pub(crate) papers: RunPapers<'a>,
    pub(crate) header: &'a RunHeader,
    pub(crate) began: Moment,
}

/// 收口判定 · Judges all runs of a plan together; the order in which they are given does not matter.
///
/// Runs that are [`unfit`] must have been refused before: without a header they are passed over.
pub fn close(plan: &WindowPlan, papers: &[RunPapers<'_>]) -> WindowJudgement {
    let members = group::in_order(papers);
    let lineage = lineage::trace(&members, plan);
    let mut findings = lineage.findings;
    findings.extend(lineage::plan_changed(&members, plan));
    findings.extend(lineage::unfinished(&members));
    findings.extend(verdict::of_each_run(&members));
    let groups = group::groups(&members);
    findings.extend(group::apart(&members, &groups));
    let mut worlds = Vec::new();
    let mut open = Vec::new();
    let mut notes = Vec::new();
    let mut not_checked = Vec::new();
    let mut statements: Vec<Statement> = Vec::new();
    for group in &groups {
        let runs: Vec<&Member<'_>> = group.iter().map(|index| &members[*index]).collect();
        let purges = purges(plan, &runs);
        let whole = join::judged(&runs, &purges, &plan.review);
        let seams = seam::check(&runs, &purges);
        findings.extend(whole.findings);
        findings.extend(seams.findings);
        open.extend(whole.open);
        notes.extend(whole.notes);
        statements.extend(whole.statements);
        notes.extend(seams.notes);
        not_checked.extend(whole.not_checked);
        not_checked.extend(seams.not_checked);
        worlds.push(World {
            world: runs[0].header.world.clone(),
            runs: runs.iter().map(|run| run.place).collect(),
            verdict: whole.verdict,
            rules: whole.rules,
            books: whole.books,
            compared: seams.compared,
        });
    }
    findings.extend(golive::check(&members, &open));
    let said: Vec<Statement> = statements.iter().filter(|one| one.holds).cloned().collect();
    // What fits in one world need not fit in another.
    let elsewhere = |one: &Statement| said.iter().any(|fits| fits.same_but_for_books(one));
    statements.retain(|one| one.holds || !elsewhere(one));
    verdict::arrange(&mut findings);
    not_checked.sort();
    not_checked.dedup();
    WindowJudgement {
        verdict: verdict::merge(&members, &worlds, &findings),
        level: papers
            .iter()
            .map(|one| one.judgement.level)
            .min()
            .unwrap_or(Level::L0),
        coverage: coverage::of(plan, &members),
        rules: verdict::rules(&rules_of(&worlds)),
        runs: members
            .iter()
            .map(|member| line(member, lineage.after.get(&member.place).copied()))
            .collect(),
        worlds,
        findings,
        open,
        statements,
        not_checked,
        notes,
    }
}

fn rules_of(worlds: &[World]) -> Vec<&[RuleState]> {
    worlds.iter().map(|world| &*world.rules).collect()
}

/// 来历不明 · The strangers' rows of a whole window, also those born between two runs.
pub fn window_foreign(plan: &WindowPlan, papers: &[RunPapers<'_>]) -> Vec<ForeignRows> {
    let members = group::in_order(papers);
    let mut found = Vec::new();
    for group in group::groups(&members) {
        let runs: Vec<&Member<'_>> = group.iter().map(|index| &members[*index]).collect();
        let joined = join::joined(&runs, &purges(plan, &runs), &plan.review);
        found.extend(crate::strangers::foreign(&joined));
    }
    found
}

/// What the review of a window hangs on: the head of its first run's chain, so that it stays as runs are added.
pub fn window_anchor(papers: &[RunPapers<'_>]) -> String {
    let members = group::in_order(papers);
    let head = members
        .first()
        .map(|first| &first.papers.evidence.journal.head);
    head.cloned().unwrap_or_default()
}

/// Of each party the purge that the plan declares as it stands today, else as the newest run knew it: an order may
/// come when some runs are over.
fn purges(plan: &WindowPlan, runs: &[&Member<'_>]) -> Vec<DeclaredPurge> {
    let mut purges: Vec<DeclaredPurge> = Vec::new();
    let by_runs = runs.iter().rev().map(|run| &run.header.plan.purge);
    for declared in std::iter::once(&plan.plan.purge).chain(by_runs).flatten() {
        if purges.iter().all(|known| known.party != declared.party) {
            purges.push(declared.clone());
        }
    }
    purges
}

fn line(member: &Member<'_>, after: Option<usize>) -> RunLine {
    let records = &member.papers.evidence.records;
    RunLine {
        place: member.place,
        run_id: member.header.run_id.to_string(),
        dir: member.papers.dir.to_owned(),
        began: member.began,
        ended: records.last().map_or(member.began, |record| record.at),
        finished: member.is_finished(),
        verdict: member.papers.judgement.verdict,
        level: member.papers.judgement.level,
        counts: member.papers.judgement.counts,
        head: member.papers.evidence.journal.head.clone(),
        tail: member.papers.evidence.journal.tail.clone(),
        records: member.papers.evidence.journal.length,
        after,
        faults: member.header.faults.clone(),
        world: member.header.world.clone(),
    }
}

impl Member<'_> {
    /// Read in from papers: it has no books, so there is nothing of it to lay beside another run's.
    pub(crate) fn is_listed(&self) -> bool {
        crate::listed::is_listed(Some(self.header))
    }

    /// Certified, so that nothing was going on in it any more.
    pub(crate) fn is_finished(&self) -> bool {
        let mut records = self.papers.evidence.records.iter().rev();
        records.any(|record| matches!(record.payload, Payload::Cert(_)))
    }
}
