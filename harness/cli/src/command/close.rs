//! 收口 · `crosswipe close PLAN RUN…`: judges all runs of a plan together: may we go live?
//!
//! Each run is judged by itself as `verify` does, changed files and notes of its chain included; then all together.
//! Rows born between two runs belong to none of them: whoever explains them is kept in `review.jsonl` beside
//! `window.json`, a chain that hangs on the head of the window's first run.
//! Nothing in a run folder is written. The order in which the runs are given does not matter.
//! Not here: what is right or wrong between runs (`verify::close`), words (`reports::window`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_journal::Payload;
use crosswipe_reports::{WindowSource, go_live, window_json, window_terminal};
use crosswipe_runner::clock::real_now;
use crosswipe_verify::{
    Remark, ReviewLine, RunPapers, Verdict, WindowFinding, WindowJudgement, WindowPlan,
    window_anchor, window_foreign,
};

use crate::anchor::Anchor;
use crate::args::Close;
use crate::command::review::{Said, act, chosen};
use crate::command::verify::{WIDTH, put_first};
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::several::{Read, fitting, papers, plan_of_today, read};
use crate::shift::Shift;
use crate::{merged, private, rundir, shift};

/// Names of the files that closing a window makes.
const JSON: &str = "window.json";
const STATEMENT: &str = "go-live.html";

/// Reads, judges, prints, writes.
pub(crate) fn close(args: &Close) -> Result<Exit, Trouble> {
    let anchors: Vec<Anchor> = args
        .anchor
        .iter()
        .map(|text| Anchor::parse(text))
        .collect::<Result<_, _>>()?;
    let plan = shift::load(&args.plan, args.shift.as_ref())?;
    let folders = merged::parted(&args.runs)?;
    let mut runs = folders
        .iter()
        .map(|dir| read(dir))
        .collect::<Result<Vec<Read>, Trouble>>()?;
    let last_begun = folders.iter();
    let last_begun = last_begun.filter_map(|dir| private::last_begun(dir, &plan.id));
    let mut window = plan_of_today(&plan, last_begun.collect());
    moved_alike(args, &runs)?;
    fitting(&window, &papers(&runs))?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("windows").join(&plan.id));
    explained(args, &out, &mut window, &papers(&runs))?;
    let noted = hold_against(&anchors, &mut runs);
    let papers = papers(&runs);
    let mut judgement = crosswipe_verify::close(&window, &papers);
    judgement.notes.extend(noted.agree);
    if !noted.unknown.is_empty() {
        judgement.verdict = Verdict::Violated;
        judgement.findings.splice(0..0, noted.unknown);
    }
    let exit = of_window(&judgement, &runs);
    let shown = out.display().to_string();
    let source = WindowSource {
        judgement: &judgement,
        plan: &window.plan,
        exit: i32::from(exit.code()),
        tool_version: env!("CARGO_PKG_VERSION"),
        out: Some(&shown),
    };
    let lang = args.common.lang();
    // Printed first: on a full disk it is all that a person gets.
    let printed = to_stdout(&if args.json {
        window_json(&source)
    } else {
        window_terminal(&source, lang, WIDTH)
    });
    prepare(&out)?;
    rundir::write(&out.join(JSON), window_json(&source).as_bytes())?;
    rundir::write(&out.join(STATEMENT), go_live(&source, lang).as_bytes())?;
    printed?;
    Ok(exit)
}

/// Reads what was said of rows between runs, and adds what is said now; nothing is explained after the fact was changed.
fn explained(
    args: &Close,
    out: &Path,
    window: &mut WindowPlan,
    papers: &[RunPapers<'_>],
) -> Result<(), Trouble> {
    let path = out.join(rundir::REVIEW);
    let anchor = window_anchor(papers);
    window.review = rundir::review(out, &anchor)?;
    let Some(said) = Said::of(&args.explain_foreign, &args.by, &args.reason)? else {
        return Ok(());
    };
    if let Some((line, why)) = window.review.defect {
        return Err(Trouble::Usage {
            code: "cli::review_changed",
            what: format!(
                "`{0}` 第 {line} 行不对, 什么也没有写: {why} · `{0}` line {line}: {why}: nothing was written",
                path.display()
            ),
            help:
                "另给 --out 一个目录, 重新说明 · name another folder with --out and explain again"
                    .to_owned(),
        });
    }
    prepare(out)?;
    for pair in args.explain_foreign.chunks(2) {
        let [party, row] = pair else { continue };
        let found = chosen(&window_foreign(window, papers), party, row)?;
        for rows in found.into_iter().filter(|rows| !rows.explained) {
            let by = (real_now(), said.by.as_str(), said.reason.as_str());
            let line = ReviewLine::seal(&window.review.lines, &anchor, by, act(rows));
            window.review.lines.push(line);
        }
    }
    rundir::write_review(out, &window.review)
}

/// Runs of a plan that was moved, and of one that was not, had other windows.
fn moved_alike(args: &Close, runs: &[Read]) -> Result<(), Trouble> {
    let typed = args.shift.as_ref().map(Shift::text);
    for run in runs {
        let header = run.history.header();
        let moved = header.switches.get(shift::SHIFT).map(String::as_str);
        if moved != typed {
            let by = |text: Option<&str>| text.unwrap_or("0").to_owned();
            return Err(Trouble::Usage {
                code: "cli::other_plan",
                what: format!(
                    "运行 `{0}` 的计划平移了 {1}, 要收口的窗口平移了 {2} · the plan of run `{0}` was moved by {1}, and the window that is closed by {2}",
                    header.run_id,
                    by(moved),
                    by(typed)
                ),
                help: "写上当时的 --shift; 平移不同的运行分开收口 · write the --shift of that run; close runs that were moved otherwise apart".to_owned(),
            });
        }
    }
    Ok(())
}

/// What the notes of chains come to.
#[derive(Default)]
struct Noted {
    agree: Vec<Remark>,
    unknown: Vec<WindowFinding>,
}

/// Each note belongs to the run that it fits best; one that fits none is a finding of the window.
fn hold_against(anchors: &[Anchor], runs: &mut [Read]) -> Noted {
    let mut noted = Noted::default();
    for anchor in anchors {
        let compared: Vec<_> = runs
            .iter()
            .map(|run| anchor.compare(&run.history, &run.evidence.review))
            .collect();
        let agrees = compared
            .iter()
            .zip(runs.iter())
            .find_map(|(compared, run)| Some((compared.as_ref().ok()?, run)));
        if let Some((remark, run)) = agrees {
            let mut remark = remark.clone();
            let run = run.history.header().run_id.to_string();
            remark.facts.insert("run".to_owned(), run);
            noted.agree.push(remark);
            continue;
        }
        let ends = anchor.ends();
        let differing = compared
            .into_iter()
            .enumerate()
            .filter_map(|(place, compared)| Some((place, compared.err()?)))
            .min_by_key(|(_, findings)| findings.len());
        let Some((place, findings)) = differing else {
            continue;
        };
        if findings.len() < ends {
            for finding in findings {
                put_first(&mut runs[place].judged.judgement, 0, finding);
            }
        } else {
            noted
                .unknown
                .extend(findings.into_iter().map(|mut finding| {
                    finding.location = format!("{} of every run", finding.location);
                    finding.actual = "no run has it".to_owned();
                    WindowFinding {
                        runs: Vec::new(),
                        finding,
                    }
                }));
        }
    }
    noted
}

/// As for a run; a case that no run had is an answer that nobody has: 2.
fn of_window(judgement: &WindowJudgement, runs: &[Read]) -> Exit {
    let coverage = &judgement.coverage;
    let records = || runs.iter().flat_map(|run| &run.history.records);
    let checked = records().any(
        |record| matches!(&record.payload, Payload::CaseFinished(case) if !case.checks.is_empty()),
    );
    let sent = judgement.runs.iter().any(|run| run.counts.intended > 0);
    match judgement.verdict {
        Verdict::Violated => Exit::Violated,
        _ if !coverage.failed.is_empty() => Exit::Violated,
        Verdict::Indeterminate if checked || sent => Exit::Indeterminate,
        Verdict::Indeterminate => Exit::Nothing,
        Verdict::Clean if !checked => Exit::Nothing,
        Verdict::Clean if !coverage.never_run.is_empty() => Exit::Indeterminate,
        Verdict::Clean => Exit::Clean,
    }
}

/// A folder that is empty or holds what closing made before; nothing of anybody else's is written over.
fn prepare(out: &Path) -> Result<(), Trouble> {
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return fs::create_dir_all(out).map_err(|error| Trouble::file("create", out, error));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(Trouble::OutputBusy {
                dir: out.to_owned(),
            });
        }
        Err(error) => return Err(Trouble::file("open", out, error)),
    };
    let names: BTreeMap<PathBuf, bool> = entries
        .map(|entry| {
            let path = entry
                .map_err(|error| Trouble::file("read", out, error))?
                .path();
            let ours = path.file_name().is_some_and(|name| {
                [JSON, STATEMENT, rundir::REVIEW, rundir::REVIEW_HEAD]
                    .iter()
                    .any(|ours| name == *ours)
            });
            Ok((path, ours))
        })
        .collect::<Result<_, Trouble>>()?;
    if names.values().all(|ours| *ours) {
        Ok(())
    } else {
        Err(Trouble::OutputBusy {
            dir: out.to_owned(),
        })
    }
}
