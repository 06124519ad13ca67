//! 判语 · Whether a seed ended as it must: held against what is known, and against the parties' own logs.
//!
//! Why so: links, processes and clocks can be recovered from, so without a fault of a party the end must be clean; and
//! whatever a fault did, a judge that says clean over books that are not back has missed it.

use crosswipe_domain::Nature;
use crosswipe_journal::{CaseResult, History, Payload};
use crosswipe_verify::Verdict;

use crate::scene::{Ended, Played};

/// 失败 · What a seed did that it must not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No party was at fault, and the verdict is not clean.
    FalseAlarm,
    /// The books are not back, and the verdict is clean.
    Missed,
    /// No party was at fault, and a case failed its expectations.
    CaseFailed,
    /// It came to no end; why.
    Restless(String),
    /// The harness gave up; why.
    Halted(String),
}

impl Failure {
    /// All names.
    pub const NAMES: [&str; 5] = ["false-alarm", "missed", "case-failed", "restless", "halted"];

    /// A stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::FalseAlarm => "false-alarm",
            Failure::Missed => "missed",
            Failure::CaseFailed => "case-failed",
            Failure::Restless(_) => "restless",
            Failure::Halted(_) => "halted",
        }
    }
}

/// 判语 · One seed, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The judge's verdict; `None` where the seed did not come to it.
    pub verdict: Option<Verdict>,
    /// Classes of its findings, sorted.
    pub classes: Vec<String>,
    /// What it did that it must not, if anything.
    pub failure: Option<Failure>,
    /// A fault of a party fired.
    pub fired: bool,
}

impl Judged {
    /// Holds a seed against what must be.
    pub fn of(played: &Played) -> Judged {
        let fired = played.fired.iter().any(|(_, times)| *times > 0);
        let mut classes: Vec<String> = Vec::new();
        if let Some(judgement) = &played.judgement {
            let of = |finding: &crosswipe_verify::Finding| finding.class.to_string();
            classes.extend(judgement.findings.iter().map(of));
            classes.sort();
            classes.dedup();
        }
        let verdict = played.judgement.as_ref().map(|judgement| judgement.verdict);
        Judged {
            verdict,
            failure: failure(played, verdict, fired, classes.is_empty()),
            classes,
            fired,
        }
    }

    /// True if another seed failed in the same way.
    pub fn fails_like(&self, other: &Judged) -> bool {
        match (&self.failure, &other.failure) {
            (Some(own), Some(theirs)) => {
                own.name() == theirs.name() && self.classes.first() == other.classes.first()
            }
            _ => false,
        }
    }
}

fn failure(
    played: &Played,
    verdict: Option<Verdict>,
    fired: bool,
    no_findings: bool,
) -> Option<Failure> {
    let is_back = played
        .truth
        .is_none_or(|truth| truth.residues == 0 && truth.reversals == truth.settlements);
    match &played.ended {
        Ended::Restless(why) => return Some(Failure::Restless(why.clone())),
        // A fault may make a party so that the harness must give up; by itself it never does.
        Ended::Halted(why) if !fired => return Some(Failure::Halted(why.clone())),
        _ => {}
    }
    if verdict == Some(Verdict::Clean) && !is_back {
        return Some(Failure::Missed);
    }
    if fired {
        return None;
    }
    let history = played.history.as_ref()?;
    match verdict {
        Some(Verdict::Clean) => {}
        // Where nothing was ever to be booked there is nothing to be clean about, and nothing may be called so.
        Some(Verdict::Indeterminate) if no_findings && is_back && !booked(history) => {}
        _ => return Some(Failure::FalseAlarm),
    }
    let failed = |result: CaseResult| matches!(result, CaseResult::Failed | CaseResult::Blocked);
    let untroubled = played.met.is_empty();
    let not_carried_out = |result| failed(result) || (untroubled && result == CaseResult::Error);
    results(history)
        .any(not_carried_out)
        .then_some(Failure::CaseFailed)
}

/// Whether anything that books was ever about to be sent.
fn booked(history: &History) -> bool {
    history.records.iter().any(
        |record| matches!(&record.payload, Payload::Intent(intent) if intent.nature == Nature::Forward),
    )
}

/// How the cases of a journal ended.
pub(crate) fn results(history: &History) -> impl Iterator<Item = CaseResult> {
    history
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::CaseFinished(finished) => Some(finished.result),
            _ => None,
        })
}
