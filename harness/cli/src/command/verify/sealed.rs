//! 封存核对 · Whether what was certified still lies there as it was, and who certified it.
//!
//! Why so: this judge computes its own certificate again, byte for byte. One that another version wrote cannot be
//! computed again: it is held against its digest in the journal, and the evidence is judged anew.
//! Not here: the list of sums (`seal`), the judging (`verify` the crate).

use std::fs;
use std::path::Path;

use crosswipe_domain::{FindingClass, Rule, Severity, canonical_json, sha256_hex};
use crosswipe_journal::{Cert, History, JournalError, Payload};
use crosswipe_verify::{
    Evidence, Finding, Held, JUDGE, Judgement, Remark, Review, ReviewHeld, ReviewNow, Verdict,
    certificate, certificate_core_sha256, judge, review_held,
};

use super::put_first;
use crate::complain::Trouble;
use crate::rundir;
use crate::seal::{self, Broken};

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

/// 封存 · Whether what was certified lies there as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// As this judge certified it, or not certified yet.
    Whole,
    /// As another judge certified it.
    ByAnother,
    /// Something that was sealed is gone.
    Incomplete,
    /// Journal and exports do not amount to what was certified, or a sealed file is not as it was.
    Changed,
}

/// Holds a judged run against what was certified; what does not agree is said in the judgement.
pub(super) fn hold(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
    certificate: &str,
    judgement: &mut Judgement,
) -> Result<Sealed, Trouble> {
    let changed = if evidence.review.is_heard() {
        changed_since_certified(dir, history, evidence)?
    } else {
        changed_since(dir, history, evidence, certificate)?
    };
    let reviewed = changed_since_reviewed(dir, evidence, certificate)?;
    let another = by_another_judge(history);
    // A review may be of the other judge's time too, and its certificate has no digest anywhere.
    let changed = changed.or(reviewed.filter(|_| another.is_none()));
    Ok(match (changed, another) {
        (Some(Broken::Changed(what)), _) => {
            put_first(judgement, 0, tampered(&what));
            Sealed::Changed
        }
        (Some(Broken::Gone(what)), _) => {
            put_first(judgement, 0, gone(&what));
            Sealed::Incomplete
        }
        (None, Some(cert)) => {
            judged_anew(judgement, cert, evidence);
            Sealed::ByAnother
        }
        (None, None) => Sealed::Whole,
    })
}

/// Holds the review against the run: the certificate that people sign is the file that lies there.
pub(crate) fn held_review(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
    (judgement, certificate): (&Judgement, &str),
) -> Result<ReviewHeld, Trouble> {
    if evidence.review == Review::default() {
        return Ok(ReviewHeld::default());
    }
    let now = ReviewNow {
        judgement,
        certificate_sha256: &signed_digest(dir, evidence, certificate)?,
        by_another: by_another_judge(history).is_some(),
    };
    Ok(review_held(evidence, now))
}

/// SHA-256 of the certificate that a signature names: the file, and where it is gone what it must read.
pub(crate) fn signed_digest(
    dir: &Path,
    evidence: &Evidence,
    certificate: &str,
) -> Result<String, Trouble> {
    let path = dir.join(match evidence.review.is_heard() {
        true => rundir::REVIEWED,
        false => rundir::CERTIFICATE,
    });
    match fs::read(&path) {
        Ok(kept) => Ok(sha256_hex(&kept)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(sha256_hex(certificate.as_bytes()))
        }
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// The first line of a review that nobody could have written with this program, though the chain holds.
pub(crate) fn untrue(review: &ReviewHeld) -> Option<String> {
    let said = review.said.iter();
    let mut untrue = said.filter(|said| said.state == Held::Violated);
    let said = untrue.next()?;
    let (line, why) = (said.line.seq + 1, said.why.unwrap_or_default());
    Some(format!("{} line {line}: {why}", rundir::REVIEW))
}

/// First file that is not what it was when the run was certified: the first certificate speaks of no review.
pub(crate) fn changed_since_certified(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
) -> Result<Option<Broken>, Trouble> {
    let bare = without_review(evidence);
    changed_since(dir, history, evidence, &certificate(&bare, &judge(&bare)))
}

fn without_review(evidence: &Evidence) -> Evidence {
    Evidence {
        review: Review::default(),
        ..evidence.clone()
    }
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
        Ok(_) if !evidence.review.is_heard() => {
            Ok(Some(Broken::Changed(rundir::REVIEW.to_owned())))
        }
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
    evidence: &Evidence,
    certificate: &str,
) -> Result<Option<Broken>, Trouble> {
    if let Some(broken) = seal::first_broken_of(dir, &rundir::digests_of(evidence))? {
        return Ok(Some(broken));
    }
    let Some((seq, cert)) = certified(history) else {
        return Ok(None);
    };
    if by_another_judge(history).is_some() {
        return changed_since_digest(dir, history, cert);
    }
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

/// First file that is not what it was when another judge certified the run: what it wrote cannot be computed again,
/// and is held against its digest in the journal.
fn changed_since_digest(
    dir: &Path,
    history: &History,
    cert: &Cert,
) -> Result<Option<Broken>, Trouble> {
    let path = dir.join(rundir::CERTIFICATE);
    let kept = match fs::read_to_string(&path) {
        Ok(kept) => kept,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some(Broken::Gone(rundir::CERTIFICATE.to_owned())));
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(Trouble::file("read", &path, error)),
    };
    let value: serde_json::Value = serde_json::from_str(&kept).unwrap_or_default();
    let as_written = format!("{}\n", canonical_json(&value)) == kept
        && certificate_core_sha256(&kept).as_ref() == Some(&cert.sha256)
        // The two members that the digest leaves out.
        && value["journal"]["tail"] == history.last().sha256.as_str()
        && value["journal"]["length"] == history.records.len();
    Ok(if !as_written {
        Some(Broken::Changed(rundir::CERTIFICATE.to_owned()))
    } else if !dir.join(seal::SUMS).exists() {
        Some(Broken::Gone(seal::SUMS.to_owned()))
    } else {
        None
    })
}

/// CERT of a judge that is not this one, e.g. of an earlier version of the tool.
pub(crate) fn by_another_judge(history: &History) -> Option<&Cert> {
    let (_, cert) = certified(history)?;
    (cert.judge != JUDGE).then_some(cert)
}

/// Says who certified and who judges now; where the two come to different ends, nothing is clean.
fn judged_anew(judgement: &mut Judgement, cert: &Cert, evidence: &Evidence) {
    let now = if evidence.review.is_heard() {
        judge(&without_review(evidence)).verdict
    } else {
        judgement.verdict
    };
    let certified_by = match cert.judge.as_str() {
        "" => "unnamed",
        named => named,
    };
    let facts = [
        ("certified", cert.verdict.as_str()),
        ("certified_by", certified_by),
        ("judged", now.name()),
        ("judged_by", JUDGE),
    ];
    judgement.notes.push(Remark {
        code: "judged-by-another".to_owned(),
        txid: None,
        facts: facts
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    });
    if cert.verdict == now.name() {
        return;
    }
    judgement.findings.push(Finding {
        class: FindingClass::new("evidence:conflict"),
        rule: Rule::R11,
        uncertain: true,
        expected: cert.verdict.clone(),
        actual: now.name().to_owned(),
        ..tampered(rundir::CERTIFICATE)
    });
    if judgement.verdict == Verdict::Clean {
        judgement.verdict = Verdict::Indeterminate;
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
