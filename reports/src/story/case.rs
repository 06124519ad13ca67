//! 用例 · Each case with its two columns: how it went, and whether it was undone.
//!
//! Why so: a case counts as good only if both columns are good. A case that began and never ended,
//! and one that checked nothing, are errors here: nothing becomes a pass by default.

use std::collections::BTreeMap;

use crosswipe_domain::{CaseId, Moment};
use crosswipe_journal::{CaseResult, Check, Gated, Payload, Record, RunHeader};
use crosswipe_verify::{Finding, Judgement, TxState};

use super::chain::{self, Chain, Message};

/// 用例 · A planned case, or another owner of messages (a probe) with `planned` false.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) plan: crosswipe_domain::PlannedCase,
    pub(crate) planned: bool,
    pub(crate) ending: Ending,
    /// When it ended, or began where it never did; `None` where it never began.
    pub(crate) ended_at: Option<Moment>,
    pub(crate) checks: Vec<Check>,
    pub(crate) rollback: Rollback,
    pub(crate) gated: Vec<(Moment, Gated)>,
    pub(crate) chains: Vec<Chain>,
    /// Messages that book nothing, in the order sent.
    pub(crate) others: Vec<Message>,
    /// Indices of the judge's findings about it.
    pub(crate) findings: Vec<usize>,
    /// True: its messages are kept in full.
    pub(crate) full: bool,
}

/// 如何结束 · How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As its last record says, and something was checked or nothing had to be.
    Finished(CaseResult),
    /// It says passed, but checked nothing.
    Unchecked,
    /// It began and never ended.
    CutOff,
    /// It never began.
    NotStarted,
}

impl Ending {
    /// The result it counts as.
    pub(crate) fn result(self) -> CaseResult {
        match self {
            Ending::Finished(result) => result,
            Ending::Unchecked | Ending::CutOff => CaseResult::Error,
            Ending::NotStarted => CaseResult::Skipped,
        }
    }
}

/// 回退状态 · Whether what a case booked stands no more; worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rollback {
    /// 无需回退 · It booked nothing.
    None,
    /// 已回退并核验
    Closed,
    /// 结果未知
    Unknown,
    /// 未回退
    Open,
}

impl Rollback {
    pub(crate) fn of_state(state: TxState) -> Rollback {
        match state {
            TxState::Nothing => Rollback::None,
            TxState::Closed => Rollback::Closed,
            TxState::Unknown => Rollback::Unknown,
            TxState::Open => Rollback::Open,
        }
    }
}

impl Case {
    fn new(plan: crosswipe_domain::PlannedCase, planned: bool) -> Case {
        Case {
            plan,
            planned,
            ending: Ending::NotStarted,
            ended_at: None,
            checks: Vec::new(),
            rollback: Rollback::None,
            gated: Vec::new(),
            chains: Vec::new(),
            others: Vec::new(),
            findings: Vec::new(),
            full: false,
        }
    }

    /// Both columns are good. What is not planned has no result of its own.
    pub(crate) fn is_good(&self) -> bool {
        let went_well = !self.planned
            || matches!(
                self.ending.result(),
                CaseResult::Passed | CaseResult::Waived
            );
        went_well && self.is_undone() && self.findings.is_empty()
    }

    /// The second column alone.
    pub(crate) fn is_undone(&self) -> bool {
        matches!(self.rollback, Rollback::None | Rollback::Closed)
    }

    /// All of its messages, chain by chain, then those that book nothing.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        let chained = self
            .chains
            .iter()
            .flat_map(|chain| chain.forward.iter().chain(&chain.undo));
        chained.chain(&self.others)
    }

    /// Time spent in its exchanges, real milliseconds.
    pub(crate) fn took_ms(&self) -> u64 {
        self.messages().map(|message| message.took_ms).sum()
    }
}

/// Every planned case in file order, then whatever else sent messages.
pub(crate) fn cases(header: &RunHeader, records: &[Record], judgement: &Judgement) -> Vec<Case> {
    let mut cases = Cases {
        list: Vec::new(),
        places: BTreeMap::new(),
    };
    for plan in &header.plan.cases {
        cases.places.insert(plan.case.clone(), cases.list.len());
        cases.list.push(Case::new(plan.clone(), true));
    }
    for record in records {
        cases.take(record);
    }
    let traffic = chain::traffic(records, &judgement.transactions);
    for chain in traffic.chains {
        chain::push(&mut cases.of(&chain.transaction.case.clone()).chains, chain);
    }
    for (case, message) in traffic.others {
        if let Ok(case) = CaseId::parse(&case) {
            chain::push(&mut cases.of(&case).others, message);
        }
    }
    cases.judge(judgement);
    cases.list
}

struct Cases {
    list: Vec<Case>,
    places: BTreeMap<CaseId, usize>,
}

impl Cases {
    fn of(&mut self, case: &CaseId) -> &mut Case {
        let place = *self.places.entry(case.clone()).or_insert_with(|| {
            self.list.push(Case::new(unplanned(case), false));
            self.list.len() - 1
        });
        &mut self.list[place]
    }

    fn take(&mut self, record: &Record) {
        match &record.payload {
            Payload::CaseStarted(started) => {
                let case = self.of(&started.case);
                case.ending = Ending::CutOff;
                case.ended_at = Some(record.at);
            }
            Payload::CaseFinished(finished) => {
                let case = self.of(&finished.case);
                case.ended_at = Some(record.at);
                let unchecked = finished.result == CaseResult::Passed && finished.checks.is_empty();
                case.ending = if unchecked {
                    Ending::Unchecked
                } else {
                    Ending::Finished(finished.result)
                };
                case.checks = finished.checks.clone();
            }
            Payload::Gated(gated) => self.of(&gated.case).gated.push((record.at, gated.clone())),
            _ => {}
        }
    }

    fn judge(&mut self, judgement: &Judgement) {
        let by_txid: BTreeMap<_, _> = judgement
            .transactions
            .iter()
            .map(|t| (&t.txid, &t.case))
            .collect();
        for (index, finding) in judgement.findings.iter().enumerate() {
            let about = finding.txid.as_ref();
            let case = finding.case.as_ref();
            let case = case.or_else(|| by_txid.get(about?).copied());
            if let Some(place) = case.and_then(|case| self.places.get(case)) {
                self.list[*place].findings.push(index);
            }
        }
        for case in &mut self.list {
            let by_state = case
                .chains
                .iter()
                .map(|chain| Rollback::of_state(chain.transaction.state));
            let by_finding = case
                .findings
                .iter()
                .filter_map(|&index| stands(&judgement.findings[index]));
            case.rollback = by_state.chain(by_finding).max().unwrap_or(Rollback::None);
        }
    }
}

/// What a finding says of the rollback: some classes speak of books that are not as before, others of time or proof.
pub(crate) fn stands(finding: &Finding) -> Option<Rollback> {
    match (finding.is_of_books(), finding.uncertain) {
        (true, false) => Some(Rollback::Open),
        (true, true) => Some(Rollback::Unknown),
        (false, _) => None,
    }
}

fn unplanned(case: &CaseId) -> crosswipe_domain::PlannedCase {
    crosswipe_domain::PlannedCase {
        case: case.clone(),
        title: String::new(),
        covers: Vec::new(),
        business: None,
        insured: None,
        treatment: None,
        institution: None,
        person: None,
        matrix: false,
    }
}

/// 用例计数 · How many planned cases ended how; the ends add up to `planned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CaseCounts {
    pub(crate) planned: usize,
    pub(crate) run: usize,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) error: usize,
    pub(crate) blocked: usize,
    pub(crate) skipped: usize,
    pub(crate) waived: usize,
}

impl CaseCounts {
    pub(crate) fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> CaseCounts {
        let mut counts = CaseCounts::default();
        for case in cases.filter(|case| case.planned) {
            counts.planned += 1;
            let result = case.ending.result();
            counts.run += usize::from(!matches!(result, CaseResult::Skipped | CaseResult::Blocked));
            *match result {
                CaseResult::Passed => &mut counts.passed,
                CaseResult::Failed => &mut counts.failed,
                CaseResult::Error => &mut counts.error,
                CaseResult::Blocked => &mut counts.blocked,
                CaseResult::Skipped => &mut counts.skipped,
                CaseResult::Waived => &mut counts.waived,
            } += 1;
        }
        counts
    }
}
