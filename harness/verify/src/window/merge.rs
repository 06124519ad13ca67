//! 合并 · The shards of one plan as one run: what each says of its own books, added up.
//!
//! Why so: a plan is run on several machines at once, each with the cases of its own persons, and the reader wants one
//! answer. Shards on books of their own have nothing in common but the plan, so what is said of one is said of the whole,
//! and the worst of it is the verdict. Shards on the same books are judged as one, as a window is (`join`, `seam`): else
//! each would take the rows of the others for strangers'.
//! Whoever calls has seen to it that no case and no transaction is in two of them.
//! Called by `cli` (`merge`, and `verify`, `report` of what it made). Not here: may the window be closed (`close`).

use crosswipe_domain::{Level, RunId};

use super::{Member, RunPapers, WindowPlan, group, join, purges, seam, verdict};
use crate::causes::in_order;
use crate::judge::judge;
use crate::judgement::{BookTotal, Counts, Finding, Judgement, RuleState, Statement, Verdict};

/// 合并判定 · What the shards come to as one run of that name; the order in which they are given does not matter.
///
/// None at all come to nothing checked, which is indeterminate.
pub fn merge(run_id: RunId, plan: &WindowPlan, papers: &[RunPapers<'_>]) -> Judgement {
    let members = group::in_order(papers);
    let worlds: Vec<Judgement> = group::groups(&members)
        .iter()
        .map(|group| {
            let runs: Vec<&Member<'_>> = group.iter().map(|index| &members[*index]).collect();
            match runs.as_slice() {
                [alone] => alone.papers.judgement.clone(),
                _ => as_one(plan, &runs),
            }
        })
        .collect();
    added_up(run_id, worlds)
}

/// Shards that stood on the same books.
fn as_one(plan: &WindowPlan, runs: &[&Member<'_>]) -> Judgement {
    let purges = purges(plan, runs);
    let mut whole = judge(&join::joined(runs, &purges, &plan.review));
    let transactions = whole.transactions.into_iter();
    whole.transactions = transactions.map(join::unnumbered).collect();
    let notes = whole.notes.into_iter();
    whole.notes = notes.map(join::unnumbered_note).collect();
    let findings = whole.findings.into_iter();
    whole.findings = findings
        .map(|finding| join::denumbered(finding, &[]).finding)
        .collect();
    let seams = seam::check(runs, &purges);
    whole.notes.extend(seams.notes);
    whole.not_checked.extend(seams.not_checked);
    let more = seams.findings.into_iter().map(|one| one.finding);
    let of_files = runs.iter().flat_map(|run| of_files(run));
    for finding in more.chain(of_files) {
        whole.verdict = whole.verdict.max(match finding.uncertain {
            true => Verdict::Indeterminate,
            false => Verdict::Violated,
        });
        let known = |other: &Finding| {
            (&other.class, &other.location, &other.party)
                == (&finding.class, &finding.location, &finding.party)
        };
        if !whole.findings.iter().any(known) {
            whole.findings.push(finding);
        }
    }
    whole
}

/// What is wrong with the files of a run: its joined records do not show it.
fn of_files(run: &Member<'_>) -> Vec<Finding> {
    let findings = &run.papers.judgement.findings;
    findings
        .iter()
        .filter(|one| matches!(one.class.family(), "evidence" | "journal"))
        .map(|one| Finding {
            follows_from: None,
            ..one.clone()
        })
        .collect()
}

fn added_up(run_id: RunId, worlds: Vec<Judgement>) -> Judgement {
    let rules: Vec<&[RuleState]> = worlds.iter().map(|one| &*one.rules).collect();
    let mut whole = Judgement {
        run_id,
        verdict: worlds
            .iter()
            .map(|one| one.verdict)
            .max()
            .unwrap_or(Verdict::Indeterminate),
        level: worlds
            .iter()
            .map(|one| one.level)
            .min()
            .unwrap_or(Level::L0),
        rules: verdict::rules(&rules),
        findings: Vec::new(),
        transactions: Vec::new(),
        counts: Counts::default(),
        books: Vec::new(),
        notes: Vec::new(),
        statements: Vec::new(),
        not_checked: Vec::new(),
    };
    let mut linked: Vec<Option<usize>> = Vec::new();
    for one in worlds {
        let before = whole.findings.len();
        let causes = one.findings.iter();
        linked.extend(causes.map(|finding| finding.follows_from.map(|place| place + before)));
        whole.findings.extend(one.findings);
        whole.transactions.extend(one.transactions);
        whole.counts = counted(whole.counts, one.counts);
        for book in one.books {
            let same = |known: &&mut BookTotal| {
                (&known.role, &known.book, &known.unit) == (&book.role, &book.book, &book.unit)
            };
            match whole.books.iter_mut().find(same) {
                Some(known) => grown(known, &book),
                None => whole.books.push(book),
            }
        }
        whole.notes.extend(one.notes);
        let news = one.statements.into_iter();
        let news: Vec<Statement> = news
            .filter(|said| !whole.statements.contains(said))
            .collect();
        whole.statements.extend(news);
        whole.not_checked.extend(one.not_checked);
    }
    whole.findings = in_order(whole.findings, &linked);
    whole.not_checked.sort();
    whole.not_checked.dedup();
    whole
}

fn counted(one: Counts, other: Counts) -> Counts {
    Counts {
        intended: one.intended + other.intended,
        ok: one.ok + other.ok,
        refused: one.refused + other.refused,
        unknown: one.unknown + other.unknown,
        never_applied: one.never_applied + other.never_applied,
        reversed: one.reversed + other.reversed,
        unresolved: one.unresolved + other.unresolved,
    }
}

/// Books of two worlds are two books; their sums are those of both.
fn grown(known: &mut BookTotal, other: &BookTotal) {
    let BookTotal {
        t0,
        peak,
        t1,
        others,
        cells,
        ..
    } = other;
    known.t0 = known.t0.saturating_add(*t0);
    known.peak = known.peak.saturating_add(*peak);
    known.t1 = known.t1.saturating_add(*t1);
    known.others = known.others.saturating_add(*others);
    known.cells += cells;
}
