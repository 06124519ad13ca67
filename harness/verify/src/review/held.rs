//! 复核核对 · Whether what stands in the review speaks of this run, and what of it still holds.
//!
//! Why so: a chain that hangs together may still speak of a case that is not there, take an open rollback for good, or
//! bear a signature of another certificate. Three values: what another version of the judge certified cannot be told to
//! the letter, and is not checked. Called by `cli` after judging. Not here: the chain itself (`review`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, RunId, canonical_json, sha256_hex};
use crosswipe_journal::{CaseResult, Payload, RunHeader};
use serde_json::json;

use super::{Review, ReviewAct, ReviewLine, Signature, Target};
use crate::evidence::Evidence;
use crate::judgement::{Finding, Held, Judgement, TxState, Verdict};
use crate::went::went;

/// Results that nobody asks about any more.
const GOOD: [&str; 3] = ["passed", "waived", "skipped"];
/// What a finding that is overridden is taken as.
const ACCEPTED: &str = "accepted";

/// 复核簿核对 · The review against the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewHeld {
    /// Held: the chain holds and all of it speaks of this run; not checked: nobody said anything, or another version
    /// certified.
    pub state: Held,
    /// Line by line, as far as the chain holds; of several runs put together, one run's after the other's.
    pub said: Vec<Said>,
    /// Where a chain does not hold: one run has one at most.
    pub defects: Vec<ReviewDefect>,
}

/// 断处 · Where a review's chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDefect {
    /// The run, where several were put together.
    pub part: Option<RunId>,
    /// First line (from 1) that does not hold.
    pub line: u64,
    /// Why.
    pub why: &'static str,
}

impl Default for ReviewHeld {
    fn default() -> ReviewHeld {
        ReviewHeld {
            state: Held::NotChecked,
            said: Vec::new(),
            defects: Vec::new(),
        }
    }
}

impl ReviewHeld {
    /// Reviews of several runs as they stand in one report: each line keeps its run, and the worst of them is the state.
    pub fn of_parts(parts: impl IntoIterator<Item = (RunId, ReviewHeld)>) -> ReviewHeld {
        let mut whole = ReviewHeld::default();
        let mut states = Vec::new();
        let mut parts: Vec<(RunId, ReviewHeld)> = parts.into_iter().collect();
        // However they were put together.
        parts.sort_by(|one, other| one.0.cmp(&other.0));
        for (run, review) in parts {
            if review == ReviewHeld::default() {
                continue;
            }
            states.push(review.state);
            whole.said.extend(review.said.into_iter().map(|said| Said {
                part: Some(run.clone()),
                ..said
            }));
            let defects = review.defects.into_iter().map(|defect| ReviewDefect {
                part: Some(run.clone()),
                ..defect
            });
            whole.defects.extend(defects);
        }
        whole.state = match states.as_slice() {
            [] => Held::NotChecked,
            all if all.contains(&Held::Violated) => Held::Violated,
            all if all.contains(&Held::NotChecked) => Held::NotChecked,
            _ => Held::Held,
        };
        whole
    }

    /// What was said after the first `known` lines.
    #[must_use]
    pub fn since(&self, known: usize) -> ReviewHeld {
        ReviewHeld {
            said: self.said.iter().skip(known).cloned().collect(),
            ..self.clone()
        }
    }

    /// Last hash of the chain, as a reviewer notes it on paper; several chains have no one end.
    pub fn tail(&self) -> Option<&str> {
        let last = self.said.last().filter(|said| said.part.is_none());
        last.map(|said| said.line.sha256.as_str())
    }

    /// The last override of a case or finding that speaks of this run.
    pub fn overridden(&self, kind: &str, id: &str) -> Option<(&ReviewLine, &str)> {
        self.overrides()
            .filter(|(on, ..)| (on.kind(), on.id()) == (kind, id))
            .last()
            .map(|(_, line, says)| (line, says))
    }

    /// Overrides that speak of this run, as they were given.
    fn overrides(&self) -> impl Iterator<Item = (&Target, &ReviewLine, &str)> {
        let good = self.said.iter().filter(|said| said.state != Held::Violated);
        good.filter_map(|said| match &said.line.act {
            ReviewAct::Override { on, says, .. } => Some((on, &said.line, says.as_str())),
            _ => None,
        })
    }
}

/// 所说 · One line of the review, and whether it speaks of this run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The line.
    pub line: ReviewLine,
    /// The run that it speaks of, where several were put together.
    pub part: Option<RunId>,
    /// Held: of this run as it stands; violated: of no such thing, or of what nobody may say; not checked: see `why`.
    pub state: Held,
    /// Why not, or what has come since, as a stable word: `no-such-case`, `no-such-transaction`, `no-such-finding`,
    /// `gone` (a finding that an explanation did away with), `covers-nothing`, `was-otherwise`, `may-not-be`,
    /// `other-certificate`, `superseded` (rows were explained after the signature), `said-since`, `another-judge`.
    pub why: Option<&'static str>,
    /// Comments, overrides and explanations after a signature.
    pub since: u64,
}

/// What the review is held against.
#[derive(Clone, Copy, Debug)]
pub struct ReviewNow<'a> {
    /// The judgement that heard the review, before anything else was put into it.
    pub judgement: &'a Judgement,
    /// SHA-256 of the certificate as it lies there.
    pub certificate_sha256: &'a str,
    /// True where another version of the judge certified: findings may read otherwise.
    pub by_another: bool,
}

/// 发现编号 · What a finding is called in the review: the same for the same evidence, e.g. `F-1a2b3c4d5e`.
pub fn finding_id(finding: &Finding) -> String {
    let what = json!([
        finding.class,
        finding.rule,
        finding.party,
        finding.answered_by,
        finding.txid,
        finding.case,
        finding.person,
        finding.location,
        finding.expected,
        finding.actual,
    ]);
    format!("F-{}", &sha256_hex(canonical_json(&what).as_bytes())[..10])
}

/// Holds a review against the run that it hangs on.
pub fn review_held(evidence: &Evidence, now: ReviewNow<'_>) -> ReviewHeld {
    let review = &evidence.review;
    let mut run = Run::of(evidence, now);
    let said: Vec<Said> = (0..review.lines.len()).map(|at| run.said(at)).collect();
    let violated = said.iter().any(|said| said.state == Held::Violated);
    let state = match review.defect {
        Some(_) => Held::Violated,
        None if violated => Held::Violated,
        None if said.is_empty() || now.by_another => Held::NotChecked,
        None => Held::Held,
    };
    let defects = review.defect.map(|(line, why)| ReviewDefect {
        part: None,
        line,
        why,
    });
    ReviewHeld {
        state,
        said,
        defects: defects.into_iter().collect(),
    }
}

/// 不能改判 · Why somebody may not take a case or finding otherwise, or what the run says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overridden {
    /// It may be; the run says this.
    May(String),
    /// There is no such case or finding.
    NoSuch,
    /// The run says that already.
    Same,
    /// It was never run: nothing shows how it went.
    NeverRun,
    /// Something of it is open, failed or unknown: what, as the finding's class or the transaction.
    Open(String),
    /// A stranger's row is explained and not overridden.
    Explained,
    /// It speaks of missing, changed or doubtful evidence.
    Evidence,
    /// Neither runs nor transactions are overridden.
    Never,
}

/// Whether a named person may take `on` as `says`: a rollback that is open, failed or unknown is never taken for good.
pub fn may_override(
    evidence: &Evidence,
    judgement: &Judgement,
    on: &Target,
    says: &str,
) -> Overridden {
    match on {
        Target::Case(case) => case_otherwise(evidence, judgement, case, says),
        Target::Finding { id, .. } => judgement
            .findings
            .iter()
            .find(|finding| finding_id(finding) == *id)
            .map_or(Overridden::NoSuch, |finding| {
                finding_otherwise(judgement, finding, says)
            }),
        Target::Run | Target::Transaction(_) => Overridden::Never,
    }
}

fn case_otherwise(
    evidence: &Evidence,
    judgement: &Judgement,
    case: &CaseId,
    says: &str,
) -> Overridden {
    let results = went(&evidence.records);
    let was = match results.get(case) {
        Some(result) => result_name(*result),
        None if is_planned(evidence, case) => result_name(CaseResult::Skipped),
        None => return Overridden::NoSuch,
    };
    let good = GOOD.contains(&says);
    let ran = results
        .get(case)
        .is_some_and(|result| *result != CaseResult::Skipped);
    match stands_of(judgement, case) {
        _ if says == was => Overridden::Same,
        Some(what) if good => Overridden::Open(what),
        _ if good && !ran => Overridden::NeverRun,
        _ => Overridden::May(was.to_owned()),
    }
}

fn finding_otherwise(judgement: &Judgement, finding: &Finding, says: &str) -> Overridden {
    let open = |txid| {
        let mut all = judgement.transactions.iter();
        all.any(|one| Some(&one.txid) == txid && is_open(one.state))
    };
    match finding.class.family() {
        _ if says != ACCEPTED => Overridden::Never,
        "foreign" => Overridden::Explained,
        "evidence" | "journal" => Overridden::Evidence,
        _ if finding.is_of_books() || finding.uncertain || open(finding.txid.as_ref()) => {
            Overridden::Open(finding.class.to_string())
        }
        _ => Overridden::May(format!("{:?}", finding.severity)),
    }
}

/// What of a case stands, or may stand.
fn stands_of(judgement: &Judgement, case: &CaseId) -> Option<String> {
    let own: BTreeMap<_, _> = judgement
        .transactions
        .iter()
        .filter(|one| one.case == *case)
        .map(|one| (&one.txid, one.state))
        .collect();
    let open = own.iter().find(|(_, state)| is_open(**state));
    let found = judgement.findings.iter().find(|finding| {
        let about = finding.case.as_ref() == Some(case)
            || finding
                .txid
                .as_ref()
                .is_some_and(|txid| own.contains_key(txid));
        about && finding.is_of_books()
    });
    let found = found.map(|finding| finding.class.to_string());
    found.or_else(|| open.map(|(txid, _)| txid.to_string()))
}

fn is_open(state: TxState) -> bool {
    matches!(state, TxState::Open | TxState::Unknown)
}

/// 未了事项 · What a signer of a run that is not clean has to name: a finding that follows from none, or a case that is
/// not good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// A finding: its id and class.
    Finding(String, String),
    /// A case and its result.
    Case(String, String),
}

impl Matter {
    /// Its name: id of the finding, or the case.
    pub fn name(&self) -> &str {
        match self {
            Matter::Finding(name, _) | Matter::Case(name, _) => name,
        }
    }
}

/// Open matters of a run, each once, without those that were overridden.
pub fn open_matters(
    evidence: &Evidence,
    judgement: &Judgement,
    review: &ReviewHeld,
) -> Vec<Matter> {
    let roots = judgement.findings.iter();
    let roots = roots.filter(|finding| finding.follows_from.is_none());
    let findings = roots.map(|finding| {
        let id = finding_id(finding);
        Matter::Finding(id, finding.class.to_string())
    });
    let open = findings.filter(|one| review.overridden("finding", one.name()).is_none());
    let mut seen = BTreeSet::new();
    let mut matters: Vec<Matter> = open.filter(|one| seen.insert(one.clone())).collect();
    for (case, result) in went(&evidence.records) {
        let taken = review.overridden("case", case.as_str());
        let taken = taken.map_or(result_name(result), |(_, says)| says);
        if !GOOD.contains(&taken) {
            matters.push(Matter::Case(case.to_string(), taken.to_owned()));
        }
    }
    matters
}

fn is_planned(evidence: &Evidence, case: &CaseId) -> bool {
    header(evidence).is_some_and(|header| header.plan.cases.iter().any(|one| one.case == *case))
}

fn header(evidence: &Evidence) -> Option<&RunHeader> {
    match &evidence.records.first()?.payload {
        Payload::Run(header) => Some(header),
        _ => None,
    }
}

/// `passed` …, as in `report.json`.
fn result_name(result: CaseResult) -> &'static str {
    match result {
        CaseResult::Passed => "passed",
        CaseResult::Failed => "failed",
        CaseResult::Error => "error",
        CaseResult::Blocked => "blocked",
        CaseResult::Skipped => "skipped",
        CaseResult::Waived => "waived",
    }
}

/// The run that a review is held against; what it was before a line was written is worked out where it is asked for.
struct Run<'a> {
    evidence: &'a Evidence,
    now: ReviewNow<'a>,
    /// By the number of explanations that were heard.
    before: BTreeMap<usize, (Judgement, String)>,
}

impl<'a> Run<'a> {
    fn of(evidence: &'a Evidence, now: ReviewNow<'a>) -> Run<'a> {
        Run {
            evidence,
            now,
            before: BTreeMap::new(),
        }
    }

    fn said(&mut self, at: usize) -> Said {
        let line = &self.evidence.review.lines[at];
        let after = &self.evidence.review.lines[at + 1..];
        let spoken = after
            .iter()
            .filter(|line| !matches!(line.act, ReviewAct::Sign(_)));
        let since = match line.act {
            ReviewAct::Sign(_) => spoken.count() as u64,
            _ => 0,
        };
        let (state, why) = match &line.act {
            ReviewAct::ExplainForeign(_) => self.explained(at),
            ReviewAct::Comment { on } => self.names(at, on),
            ReviewAct::Override { on, was, says } => self.otherwise(at, on, (was, says)),
            ReviewAct::Sign(signature) => self.signed(at, signature, since),
        };
        Said {
            line: line.clone(),
            part: None,
            state,
            why,
            since,
        }
    }

    /// The judge says of each explanation, in their order, whether it covers what it names.
    fn explained(&self, at: usize) -> (Held, Option<&'static str>) {
        let statements = self.now.judgement.statements.iter();
        let mut explained = statements.filter(|said| said.kind == "explained-foreign");
        match explained.nth(explanations(&self.evidence.review, at)) {
            Some(said) if said.holds => (Held::Held, None),
            _ => (Held::NotChecked, Some("covers-nothing")),
        }
    }

    /// Whether what is spoken of is in this run.
    fn names(&mut self, at: usize, on: &Target) -> (Held, Option<&'static str>) {
        let no = |why| (Held::Violated, Some(why));
        match on {
            Target::Run => (Held::Held, None),
            Target::Case(case) => {
                let known = went(&self.evidence.records).contains_key(case)
                    || is_planned(self.evidence, case);
                if known {
                    (Held::Held, None)
                } else {
                    no("no-such-case")
                }
            }
            Target::Transaction(txid) => {
                let mut all = self.now.judgement.transactions.iter();
                match all.any(|one| one.txid == *txid) {
                    true => (Held::Held, None),
                    false if self.now.by_another => (Held::NotChecked, Some("another-judge")),
                    false => no("no-such-transaction"),
                }
            }
            Target::Finding { id, class } => {
                let is = |finding: &Finding| finding_id(finding) == *id && finding.class == *class;
                if self.now.judgement.findings.iter().any(is) {
                    (Held::Held, None)
                } else if self.now.by_another {
                    (Held::NotChecked, Some("another-judge"))
                } else if self.then(at).0.findings.iter().any(is) {
                    (Held::NotChecked, Some("gone"))
                } else {
                    no("no-such-finding")
                }
            }
        }
    }

    /// An override that nobody may give was not written by this program.
    fn otherwise(
        &mut self,
        at: usize,
        on: &Target,
        (was, says): (&str, &str),
    ) -> (Held, Option<&'static str>) {
        let named = self.names(at, on);
        if named.0 != Held::Held {
            return named;
        }
        match may_override(self.evidence, self.now.judgement, on, says) {
            Overridden::May(now) if now == was => (Held::Held, None),
            _ if self.now.by_another => (Held::NotChecked, Some("another-judge")),
            Overridden::May(_) => (Held::Violated, Some("was-otherwise")),
            _ => (Held::Violated, Some("may-not-be")),
        }
    }

    fn signed(
        &mut self,
        at: usize,
        signature: &Signature,
        since: u64,
    ) -> (Held, Option<&'static str>) {
        let tail = self.evidence.journal.tail == signature.journal_tail;
        let as_signed = |verdict: Verdict| verdict == signature.verdict;
        if tail && self.now.certificate_sha256 == signature.certificate_sha256 {
            return match (as_signed(self.now.judgement.verdict), self.now.by_another) {
                (true, _) if since > 0 => (Held::Held, Some("said-since")),
                (true, _) => (Held::Held, None),
                (false, true) => (Held::NotChecked, Some("another-judge")),
                (false, false) => (Held::Violated, Some("other-certificate")),
            };
        }
        if tail && self.now.by_another {
            return (Held::NotChecked, Some("another-judge"));
        }
        let (judgement, certificate) = self.then(at);
        if tail && *certificate == signature.certificate_sha256 && as_signed(judgement.verdict) {
            (Held::NotChecked, Some("superseded"))
        } else {
            (Held::Violated, Some("other-certificate"))
        }
    }

    /// The judgement that heard the review up to this line, and the digest of its certificate.
    fn then(&mut self, at: usize) -> &(Judgement, String) {
        let heard = explanations(&self.evidence.review, at);
        let evidence = self.evidence;
        self.before.entry(heard).or_insert_with(|| {
            let mut before = evidence.clone();
            before.review.lines.truncate(at);
            before.review.defect = None;
            let judgement = crate::judge(&before);
            let certificate = crate::certificate(&before, &judgement);
            (judgement, sha256_hex(certificate.as_bytes()))
        })
    }
}

/// How many of the first `at` lines are explanations.
fn explanations(review: &Review, at: usize) -> usize {
    let before = review.lines.iter().take(at);
    before
        .filter(|line| matches!(line.act, ReviewAct::ExplainForeign(_)))
        .count()
}

#[cfg(test)]
mod tests;
