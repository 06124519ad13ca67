//! 复核 · `crosswipe review RUN`: what named persons say of a certified run, and what of it holds.
//!
//! All of it stands in `review.jsonl`, a chain that hangs on the tail of the journal, so that the evidence itself is never
//! written to again. An explanation of a stranger's rows is heard by the judge, and what it comes to stands in a certificate
//! of its own beside the first one; comments, overrides and signatures are told beside the verdict and change nothing.
//! Not here: what may be said (`speak`), what an explanation is good for (`verify`).

mod foreign;
mod listed;
mod speak;

use std::path::Path;

use crosswipe_journal::{History, Payload};
use crosswipe_reports::json;
use crosswipe_runner::clock::real_now;
use crosswipe_verify::{Evidence, ReviewAct, ReviewLine};

use crate::args::Review;
use crate::args::review::Act;
use crate::command::report::write_all;
use crate::command::verify::{
    Sealed, changed_since_certified, faults_met, held_review, judged_on, story, untrue,
};
use crate::complain::{Trouble, to_stdout};
use crate::conclude::Telling;
use crate::exit::Exit;
use crate::seal::Broken;
use crate::{merged, rundir};

pub(crate) use self::foreign::{Said, act, chosen};

/// Lists what was said, or adds to it.
pub(crate) fn review(args: &Review) -> Result<Exit, Trouble> {
    if merged::is_merged(&args.run) {
        return Err(merged::name_a_part(&args.run));
    }
    let history = crosswipe_journal::read(&args.run)?;
    if !history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Cert(_)))
    {
        return Err(Trouble::Usage {
            code: "cli::review_unfinished",
            what: "这次运行还没有办完, 没有可复核的证书 · this run has not ended: there is no certificate to review yet".to_owned(),
            help: format!("crosswipe resume {}", args.run.display()),
        });
    }
    let telling = Telling {
        silent: false,
        json: args.json(),
        lang: args.common().lang(),
    };
    let said = Said::of(&args.explain_foreign, &args.by, &args.reason)?;
    match (&args.act, said) {
        (None, None) => listed(&args.run, &history, telling),
        (Some(_), Some(_)) => Err(Trouble::Usage {
            code: "cli::review_two",
            what: "一次只说一件事 · one thing is said at a time".to_owned(),
            help: "先说明来历, 再另说其余 · explain first, then say the rest".to_owned(),
        }),
        (Some(Act::Explain(explain)), None) => {
            let (by, reason) = (&explain.speaker.by, &explain.reason);
            let [by, reason] = [Some(by.clone()), Some(reason.clone())];
            let said = Said::of(&explain.rows, &by, &reason)?;
            said.map_or(Ok(Exit::Usage), |said| {
                add(args, &history, telling, |evidence| {
                    explained(evidence, &explain.rows, &said)
                })
            })
        }
        (None, Some(said)) => add(args, &history, telling, |evidence| {
            explained(evidence, &args.explain_foreign, &said)
        }),
        (Some(act), None) => add(args, &history, telling, |evidence| {
            speak::spoken(&args.run, &history, evidence, act)
        }),
    }
}

/// Lists what was said; a certificate that is missing because somebody died is computed again.
fn listed(dir: &Path, history: &History, telling: Telling) -> Result<Exit, Trouble> {
    let evidence = rundir::evidence(dir, history, None)?;
    let judged = judged_on(dir, history, &evidence, &faults_met(history))?;
    if judged.exit != Exit::Harness && judged.sealed != Sealed::Changed {
        certify_again(dir, &evidence)?;
    }
    to_stdout(&listed::listed(&evidence, &judged, telling))?;
    Ok(judged.exit)
}

/// Adds what somebody says; nothing is written where nothing is new.
fn add(
    args: &Review,
    history: &History,
    telling: Telling,
    say: impl FnOnce(&mut Evidence) -> Result<(), Trouble>,
) -> Result<Exit, Trouble> {
    let dir = &args.run;
    // Two at once would each write the other's line away.
    let _turn = rundir::turn(dir)?;
    let mut evidence = rundir::evidence(dir, history, None)?;
    untouched(dir, history, &evidence)?;
    let known = evidence.review.lines.len();
    say(&mut evidence)?;
    let new = &evidence.review.lines[known..];
    let heard = |line: &ReviewLine| matches!(line.act, ReviewAct::ExplainForeign(_));
    if !new.is_empty() {
        if new.iter().any(heard) {
            // The certificate follows from the review, and may be missing: whoever dies here leaves nothing that contradicts.
            rundir::remove(&dir.join(rundir::REVIEWED))?;
        }
        rundir::write_review(dir, &evidence.review)?;
    }
    certify_again(dir, &evidence)?;
    let faults = faults_met(history);
    let judged = judged_on(dir, history, &evidence, &faults)?;
    let story = story(dir, history, &judged, &faults)?;
    let recorded = judged.review.since(known);
    // Printed first: on a full disk it is all that a person gets.
    let printed = to_stdout(&match telling.json {
        true => json(&story),
        false => listed::recorded(&recorded, &story, telling.lang),
    });
    write_all(dir, &story, telling.lang)?;
    printed?;
    Ok(judged.exit)
}

/// Rows that were named and that nobody has explained yet.
fn explained(evidence: &mut Evidence, rows: &[String], said: &Said) -> Result<(), Trouble> {
    for pair in rows.chunks(2) {
        let [party, row] = pair else {
            return Err(Trouble::Usage {
                code: "cli::not_foreign",
                what: format!("`{}` 之后没有行号 · `{0}` has no row behind it", pair[0]),
                help: "一方与一行成对写 · a party and a row, in pairs".to_owned(),
            });
        };
        let chosen = chosen(&crosswipe_verify::foreign(evidence), party, row)?;
        for rows in chosen.into_iter().filter(|rows| !rows.explained) {
            let (lines, tail) = (&evidence.review.lines, &evidence.journal.tail);
            let line = ReviewLine::seal(
                lines,
                tail,
                (real_now(), said.by.as_str(), said.reason.as_str()),
                act(rows),
            );
            evidence.review.lines.push(line);
        }
    }
    Ok(())
}

/// The certificate that follows from explanations is written where it does not stand: it was taken away before they were
/// written, or whoever explained died before it.
fn certify_again(dir: &Path, evidence: &Evidence) -> Result<(), Trouble> {
    let path = dir.join(rundir::REVIEWED);
    if evidence.review.lines.is_empty() || !evidence.review.is_heard() || path.exists() {
        return Ok(());
    }
    let certificate = crosswipe_verify::certificate(evidence, &crosswipe_verify::judge(evidence));
    rundir::write_whole(&path, certificate.as_bytes())
}

/// Nobody explains evidence that was changed after it had been certified.
fn untouched(dir: &Path, history: &History, evidence: &Evidence) -> Result<(), Trouble> {
    let changed = changed_since_certified(dir, history, evidence)?.map(|broken| match broken {
        Broken::Changed(what) | Broken::Gone(what) => what,
    });
    let broken = evidence
        .review
        .defect
        .map(|(line, why)| format!("{} line {line}: {why}", rundir::REVIEW));
    let forged = forged(dir, history, evidence)?;
    match changed.or(broken).or(forged) {
        None => Ok(()),
        Some(what) => Err(Trouble::Usage {
            code: "cli::review_changed",
            what: format!(
                "`{what}` 与封存时不同, 什么也没有写 · `{what}` is not what it was when it was sealed: nothing was written"
            ),
            help: format!("crosswipe verify {}", dir.display()),
        }),
    }
}

/// A line that hangs in the chain and yet speaks of what is not in the run, or may not be said.
fn forged(dir: &Path, history: &History, evidence: &Evidence) -> Result<Option<String>, Trouble> {
    if evidence.review.lines.is_empty() {
        return Ok(None);
    }
    let judgement = crosswipe_verify::judge(evidence);
    let certificate = crosswipe_verify::certificate(evidence, &judgement);
    let review = held_review(dir, history, evidence, (&judgement, &certificate))?;
    Ok(untrue(&review))
}
