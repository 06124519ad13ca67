//! 核验 · `crosswipe verify RUN`: judges a run again, offline, from its journal and exports alone.
//!
//! The certificate is computed again and compared byte for byte, `SHA256SUMS` covers bytes that carry
//! no meaning. A run in progress or killed half-way is judged as far as it came, never clean.

mod sealed;

use std::path::Path;

use crosswipe_domain::{Moment, Nature};
use crosswipe_journal::{CaseResult, History, Payload};
use crosswipe_reports::{Source, Story, json, terminal};
use crosswipe_verify::{
    Course, Evidence, Finding, Judgement, Review, ReviewHeld, Verdict, certificate, judge_told,
};

use crate::anchor::Anchor;
use crate::args::Verify;
use crate::bundle::{self, Unpacked};
use crate::complain::{Trouble, to_stdout};
use crate::conclude::leave_a_report;
use crate::contacts;
use crate::exit::{Came, Exit, of_run};
use crate::{merged, rundir};

use self::sealed::hold;
pub(crate) use self::sealed::{
    Sealed, by_another_judge, changed_since_certified, held_review, is_certified, read_sealed,
    signed_digest, tampered, untrue,
};

/// Reads, judges, prints.
pub(crate) fn verify(args: &Verify) -> Result<Exit, Trouble> {
    if merged::is_merged(&args.run) {
        return verify_merged(args);
    }
    let unpacked = bundle::unpack(&args.run)?;
    let run = unpacked.as_ref().map_or(&*args.run, Unpacked::dir);
    let history = read_sealed(run)?;
    let faults = faults_met(&history);
    let anchor = anchor_of(&args.anchor)?;
    let mut judged = judged(run, &history, &faults)?;
    if let Some(part) = unpacked.as_ref().and_then(|whole| whole.changed.as_ref())
        && judged.sealed != Sealed::Changed
    {
        put_first(&mut judged.judgement, 0, tampered(part));
        judged.exit = of_run(came(&history, &judged.judgement, &faults));
    }
    if let Some(anchor) = &anchor {
        let review = rundir::review(run, &history.last().sha256)?;
        hold_against(anchor, (&history, &review), &faults, &mut judged);
    }
    let story = story(&args.run, &history, &judged, &faults)?;
    if !is_certified(&history) {
        leave_a_report(run, &story, args.common.lang());
    }
    to_stdout(&if args.json {
        json(&story)
    } else {
        terminal(&story, args.common.lang(), WIDTH)
    })?;
    Ok(judged.exit)
}

/// Each part by itself, and all together as `merge` did.
fn verify_merged(args: &Verify) -> Result<Exit, Trouble> {
    if !args.anchor.is_empty() {
        return Err(merged::name_a_part(&args.run));
    }
    let whole = merged::read(&args.run)?;
    let story = whole.story(&args.run)?;
    to_stdout(&if args.json {
        json(&story)
    } else {
        terminal(&story, args.common.lang(), WIDTH)
    })?;
    Ok(whole.exit)
}

/// The note as typed, in one text or in several.
pub(crate) fn anchor_of(typed: &[String]) -> Result<Option<Anchor>, Trouble> {
    if typed.is_empty() {
        Ok(None)
    } else {
        Anchor::parse(&typed.join(" ")).map(Some)
    }
}

/// A note that agrees is told; one that does not means that the evidence was changed.
fn hold_against(
    anchor: &Anchor,
    (history, review): (&History, &Review),
    faults: &[(String, u64)],
    judged: &mut Judged,
) {
    match anchor.compare(history, review) {
        Ok(remark) => judged.judgement.notes.push(remark),
        Err(findings) => {
            for (place, finding) in findings.into_iter().enumerate() {
                put_first(&mut judged.judgement, place, finding);
            }
            judged.exit = of_run(came(history, &judged.judgement, faults));
        }
    }
}

/// Puts a certain finding before those that the judge wrote.
pub(crate) fn put_first(judgement: &mut Judgement, place: usize, finding: Finding) {
    judgement
        .findings
        .iter_mut()
        .for_each(|other| other.follows_from = other.follows_from.map(|at| at + 1));
    judgement.findings.insert(place, finding);
    judgement.verdict = Verdict::Violated;
}

/// Faults that were asked for and how many messages each met, as the certificate's record keeps them.
pub(crate) fn faults_met(history: &History) -> Vec<(String, u64)> {
    let met = history
        .records
        .iter()
        .rev()
        .find_map(|record| match &record.payload {
            Payload::Cert(cert) => Some(cert.faults.clone()),
            _ => None,
        });
    met.unwrap_or_default().into_iter().collect()
}

/// Columns of what is printed.
pub(crate) const WIDTH: usize = 100;

/// A run after judging.
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// The certificate as it must read.
    pub(crate) certificate: String,
    pub(crate) exit: Exit,
    /// Whether what was certified lies there as it was.
    pub(crate) sealed: Sealed,
    /// What named persons said of it afterwards, and what of that holds.
    pub(crate) review: ReviewHeld,
    /// Every cell of every party over the run.
    pub(crate) courses: Vec<Course>,
}

/// Judges a run folder; `faults` are those asked for, with how often each fired.
pub(crate) fn judged(
    dir: &Path,
    history: &History,
    faults: &[(String, u64)],
) -> Result<Judged, Trouble> {
    judged_on(
        dir,
        history,
        &rundir::evidence(dir, history, None::<Moment>)?,
        faults,
    )
}

/// Judges evidence that was read before.
pub(crate) fn judged_on(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
    faults: &[(String, u64)],
) -> Result<Judged, Trouble> {
    let (mut judgement, courses) = judge_told(evidence);
    let certificate = certificate(evidence, &judgement);
    let review = held_review(dir, history, evidence, (&judgement, &certificate))?;
    let sealed = hold(dir, history, evidence, &certificate, &mut judgement)?;
    if sealed != Sealed::Changed
        && let Some(line) = untrue(&review)
    {
        put_first(&mut judgement, 0, tampered(&line));
    }
    let exit = of_run(came(history, &judgement, faults));
    let exit = if judgement.verdict != Verdict::Violated && gated_before_anything(history) {
        Exit::Gate
    } else {
        exit
    };
    Ok(Judged {
        judgement,
        certificate,
        exit,
        sealed,
        review,
        courses,
    })
}

pub(crate) fn came(history: &History, judgement: &Judgement, faults: &[(String, u64)]) -> Came {
    let results: Vec<CaseResult> = finished(history).map(|(result, _)| result).collect();
    let failed = results.iter().filter(|result| {
        matches!(
            result,
            CaseResult::Failed | CaseResult::Error | CaseResult::Blocked
        )
    });
    Came {
        verdict: judgement.verdict,
        failed: failed.count() as u64,
        checked: finished(history).any(|(_, checks)| checks > 0)
            || undone_by_a_successor(history)
            || was_read_in(history),
        sent: history.records.iter().any(
            |record| matches!(&record.payload, Payload::Intent(intent) if books(intent.nature)),
        ),
        fault_idle: faults.iter().any(|(_, fired)| *fired == 0),
        interrupted: history
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Interrupted(_))),
    }
}

/// Of what was read in the papers are what is checked.
fn was_read_in(history: &History) -> bool {
    let mut records = history.records.iter();
    records.any(|record| matches!(record.payload, Payload::Listed(_)))
}

/// A resumed run has no expectations left to check; that what was open was undone, and shown to be, is what it is for.
fn undone_by_a_successor(history: &History) -> bool {
    let mut resumed = false;
    history.records.iter().any(|record| {
        resumed |= matches!(record.payload, Payload::Takeover(_));
        resumed && matches!(record.payload, Payload::Verified(_))
    })
}

/// Whether a message may leave something open.
fn books(nature: Nature) -> bool {
    matches!(nature, Nature::Forward | Nature::Undo | Nature::Unknown)
}

fn finished(history: &History) -> impl Iterator<Item = (CaseResult, usize)> {
    history
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::CaseFinished(finished) => Some((finished.result, finished.checks.len())),
            _ => None,
        })
}

/// The gate refused something, and no message about business was ever sent.
fn gated_before_anything(history: &History) -> bool {
    let gated = history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Gated(_)));
    let sent = history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Intent(_)));
    let played = history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Played(_)));
    gated && !sent && !played
}

/// The story of a judged run.
pub(crate) fn story(
    dir: &Path,
    history: &History,
    judged: &Judged,
    faults: &[(String, u64)],
) -> Result<Story, Trouble> {
    let certificate_sha256 = crosswipe_domain::sha256_hex(judged.certificate.as_bytes());
    let source = Source {
        records: &history.records,
        messages: &history.messages,
        judgement: &judged.judgement,
        certificate_sha256: Some(&certificate_sha256),
        journal_head: history
            .records
            .first()
            .map(|record| record.sha256.as_str())
            .unwrap_or_default(),
        journal_tail: &history.last().sha256,
        dir: &dir.display().to_string(),
        parts: &[],
        matched_faults: faults,
        review: &judged.review,
        courses: &judged.courses,
        contacts: &contacts::kept(dir),
        exit: i32::from(judged.exit.code()),
    };
    Story::build(&source).map_err(|_| Trouble::Usage {
        code: "cli::no_run",
        what: "日志开头不是一次运行 · the journal does not begin with a run".to_owned(),
        help: "crosswipe explain journal:not_a_run".to_owned(),
    })
}
