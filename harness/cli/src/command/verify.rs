//! 核验 · `crosswipe verify RUN`: judges a run again, offline, from its journal and exports alone.
//!
//! The certificate is computed again and compared byte for byte, `SHA256SUMS` covers bytes that carry
//! no meaning. A run in progress or killed half-way is judged as far as it came, never clean.

use std::fs;
use std::path::Path;

use crosswipe_domain::{FindingClass, Moment, Nature, Rule, Severity};
use crosswipe_journal::{CaseResult, Cert, History, JournalError, Payload};
use crosswipe_reports::{Source, Story, json, terminal};
use crosswipe_verify::{
    Evidence, Finding, Judgement, Review, Verdict, certificate, certificate_core_sha256, judge,
};

use crate::anchor::Anchor;
use crate::args::Verify;
use crate::complain::{Trouble, to_stdout};
use crate::conclude::leave_a_report;
use crate::exit::{Came, Exit, of_run};
use crate::rundir;
use crate::seal::{self, Broken};

/// Reads, judges, prints.
pub(crate) fn verify(args: &Verify) -> Result<Exit, Trouble> {
    let history = read_sealed(&args.run)?;
    let faults = faults_met(&history);
    let anchor = anchor_of(&args.anchor)?;
    let mut judged = judged(&args.run, &history, &faults)?;
    if let Some(anchor) = &anchor {
        hold_against(anchor, &history, &faults, &mut judged);
    }
    let story = story(&args.run, &history, &judged, &faults)?;
    if !is_certified(&history) {
        leave_a_report(&args.run, &story, args.common.lang());
    }
    to_stdout(&if args.json {
        json(&story)
    } else {
        terminal(&story, args.common.lang(), WIDTH)
    })?;
    Ok(judged.exit)
}

/// Reads a journal. One that cannot be relied on is a corrupt journal before it was sealed, and tampered evidence
/// after it.
pub(crate) fn read_sealed(dir: &Path) -> Result<History, Trouble> {
    match crosswipe_journal::read(dir) {
        Err(source @ JournalError::Corrupt { .. }) => match seal::first_broken(dir)? {
            Some(Broken::Changed(what) | Broken::Gone(what)) => {
                Err(Trouble::Tampered { what, source })
            }
            None => Err(source.into()),
        },
        read => Ok(read?),
    }
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
fn hold_against(anchor: &Anchor, history: &History, faults: &[(String, u64)], judged: &mut Judged) {
    match anchor.compare(history) {
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
    /// Journal and exports do not amount to what was certified, or a sealed file is not as it was.
    pub(crate) evidence_was_changed: bool,
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
    let mut judgement = judge(evidence);
    let certificate = certificate(evidence, &judgement);
    let changed = if is_reviewed(evidence) {
        changed_since_certified(dir, history, evidence)?
    } else {
        changed_since(dir, history, &certificate)?
    };
    let changed = changed.or(changed_since_reviewed(dir, evidence, &certificate)?);
    let evidence_was_changed = matches!(changed, Some(Broken::Changed(_)));
    match changed {
        Some(Broken::Changed(what)) => put_first(&mut judgement, 0, tampered(&what)),
        Some(Broken::Gone(what)) => put_first(&mut judgement, 0, gone(&what)),
        None => {}
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
        evidence_was_changed,
    })
}

fn is_reviewed(evidence: &Evidence) -> bool {
    evidence.review != Review::default()
}

/// First file that is not what it was when the run was certified: the first certificate speaks of no review.
pub(crate) fn changed_since_certified(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
) -> Result<Option<Broken>, Trouble> {
    let bare = Evidence {
        review: Review::default(),
        ..evidence.clone()
    };
    changed_since(dir, history, &certificate(&bare, &judge(&bare)))
}

/// Whether the certificate of the review says what the review says now.
fn changed_since_reviewed(
    dir: &Path,
    evidence: &Evidence,
    certificate: &str,
) -> Result<Option<Broken>, Trouble> {
    let path = dir.join(rundir::REVIEWED);
    match fs::read(&path) {
        // Somebody took the review away, and its certificate is left.
        Ok(_) if !is_reviewed(evidence) => Ok(Some(Broken::Changed(rundir::REVIEW.to_owned()))),
        Ok(kept) if kept != certificate.as_bytes() => {
            Ok(Some(Broken::Changed(rundir::REVIEWED.to_owned())))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// First file that is not what it was when the run was certified.
fn changed_since(
    dir: &Path,
    history: &History,
    certificate: &str,
) -> Result<Option<Broken>, Trouble> {
    if let Some(broken) = seal::first_broken(dir)? {
        return Ok(Some(broken));
    }
    let Some((seq, cert)) = certified(history) else {
        return Ok(None);
    };
    if !cert.sha256.is_empty()
        && certificate_core_sha256(certificate).as_ref() != Some(&cert.sha256)
    {
        return Ok(Some(Broken::Changed(format!("journal #{seq}"))));
    }
    let path = dir.join(rundir::CERTIFICATE);
    match fs::read(&path) {
        Ok(kept) if kept != certificate.as_bytes() => {
            Ok(Some(Broken::Changed(rundir::CERTIFICATE.to_owned())))
        }
        Ok(_) if !dir.join(seal::SUMS).exists() => Ok(Some(Broken::Gone(seal::SUMS.to_owned()))),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Some(Broken::Gone(rundir::CERTIFICATE.to_owned())))
        }
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// Whether the run came to its certificate.
pub(crate) fn is_certified(history: &History) -> bool {
    certified(history).is_some()
}

/// CERT, if the run was certified, and where it stands.
fn certified(history: &History) -> Option<(u64, &Cert)> {
    history
        .records
        .iter()
        .rev()
        .find_map(|record| match &record.payload {
            Payload::Cert(cert) => Some((record.seq, cert)),
            _ => None,
        })
}

/// Something that was sealed does not lie there any more.
fn gone(what: &str) -> Finding {
    Finding {
        class: FindingClass::new("evidence:missing"),
        actual: "absent".to_owned(),
        ..tampered(what)
    }
}

/// Something is not what it was when it was sealed.
pub(crate) fn tampered(what: &str) -> Finding {
    Finding {
        class: FindingClass::new("evidence:tampered"),
        severity: Severity::S1,
        rule: Rule::R2,
        uncertain: false,
        party: None,
        answered_by: None,
        txid: None,
        case: None,
        person: None,
        location: what.to_owned(),
        unit: None,
        expected: "as certified".to_owned(),
        actual: "changed".to_owned(),
        witness: Vec::new(),
        follows_from: None,
    }
}

fn came(history: &History, judgement: &Judgement, faults: &[(String, u64)]) -> Came {
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
        checked: finished(history).any(|(_, checks)| checks > 0) || undone_by_a_successor(history),
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
        matched_faults: faults,
        exit: i32::from(judged.exit.code()),
    };
    Story::build(&source).map_err(|_| Trouble::Usage {
        code: "cli::no_run",
        what: "the journal does not begin with a run".to_owned(),
        help: "crosswipe explain journal:not_a_run".to_owned(),
    })
}
