//! 判定 · What the judge says: rules, findings, the state of each τ, totals, verdict.
//!
//! Plain data without words of any language; `reports` tells it. Nothing in here becomes clean by
//! default: a rule that was not looked at is `NotChecked`, and the verdict needs positive evidence.

use std::collections::BTreeMap;

use crosswipe_domain::{
    CaseId, FindingClass, InfNo, Level, Moment, MsgId, Party, Pseudonym, Rule, RunId, Severity,
    TxId, Unit,
};
use serde::{Deserialize, Serialize};

/// 判定 · The whole judgement of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The run.
    pub run_id: RunId,
    /// Three values.
    pub verdict: Verdict,
    /// Lowest level of evidence of any party on a τ's path.
    pub level: Level,
    /// R1–R14, all of them, in order.
    pub rules: Vec<RuleState>,
    /// Most severe first; consequences name their cause.
    pub findings: Vec<Finding>,
    /// One per τ (every intent that books something), in journal order.
    pub transactions: Vec<Transaction>,
    /// Counts over transactions.
    pub counts: Counts,
    /// Books at t0, peak and t1, one line per role and book.
    pub books: Vec<BookTotal>,
    /// Recoverable trouble and the like; never changes the verdict.
    pub notes: Vec<Remark>,
    /// What named persons stand for: explanations, orders to purge, undo after the window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// What was not looked at, as stable words: `t2`, `R8`, `export:insured:330100`, …
    pub not_checked: Vec<String>,
}

/// 结论 · Three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 已回退干净
    Clean,
    /// 不能判定
    Indeterminate,
    /// 违反
    Violated,
}

impl Verdict {
    /// `clean`, `indeterminate`, `violated`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Indeterminate => "indeterminate",
            Verdict::Violated => "violated",
        }
    }
}

/// 规则状态 · One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// Which rule.
    pub rule: Rule,
    /// Three values.
    pub state: Held,
    /// Lowest level of the evidence it was judged on.
    pub level: Level,
    /// How many things were compared: cells, rows, postings, transactions. 0 is never held.
    pub compared: u64,
    /// How it holds, where that is not all by itself: `purged`, by order of a party's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified: Option<String>,
    /// Why it was not checked, as a stable word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Three values of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// 成立
    Held,
    /// 违反
    Violated,
    /// 未核
    NotChecked,
}

/// 发现 · One thing that is wrong, with its smallest witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Class of the verdict vocabulary.
    pub class: FindingClass,
    /// How bad.
    pub severity: Severity,
    /// The rule that sees it.
    pub rule: Rule,
    /// True where it makes the run indeterminate rather than violated.
    pub uncertain: bool,
    /// Whose books.
    pub party: Option<Party>,
    /// The party whose definite answer the books contradict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<Party>,
    /// About which τ.
    pub txid: Option<TxId>,
    /// The case.
    pub case: Option<CaseId>,
    /// About whom.
    pub person: Option<Pseudonym>,
    /// Cell, row or posting, e.g. `accumulator[code=D310101 person=P-… year=2017]`.
    pub location: String,
    /// What `expected` and `actual` count, where both are figures: money is then written as yuan (`12.34`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub actual: String,
    /// The smallest witness: log rows or cells, one line each, e.g. `insured:330300 #41 2207 …`.
    pub witness: Vec<String>,
    /// Index (in `findings`) of the finding this one follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows_from: Option<usize>,
}

impl Finding {
    /// Whether it says that books are not as before, or may not be; others speak of time, of proof or of somebody else.
    pub fn is_of_books(&self) -> bool {
        !matches!(
            self.class.family(),
            "gate" | "audit" | "journal" | "secret-leak" | "resource" | "foreign" | "evidence"
        )
    }
}

/// 交易 · One τ and where it stands at each party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The τ.
    pub txid: TxId,
    /// Its case.
    pub case: CaseId,
    /// Its message.
    pub msgid: MsgId,
    /// Its transaction number.
    pub infno: InfNo,
    /// When it was sent.
    pub at: Moment,
    /// Whom it is about.
    pub person: Option<Pseudonym>,
    /// `mdtrt_id`, `setl_id` as answered.
    pub ids: BTreeMap<String, String>,
    /// `ok`, `refused`, `unknown`, or `none` where no outcome was written.
    pub outcome: String,
    /// Message that undid it, if one succeeded.
    pub reversed_by: Option<MsgId>,
    /// 1-based place among the parties of its path: party → `applied+1 reversed+1` style counts.
    pub at_parties: BTreeMap<Party, Standing>,
    /// Where it stands in the end.
    pub state: TxState,
}

/// What one party's log shows of one τ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Posting groups that applied it.
    pub applied: u32,
    /// Effective reversals of it.
    pub reversed: u32,
    /// A tombstone stands for it.
    pub tombstone: bool,
}

/// 交易状态 · Where a τ stands in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TxState {
    /// 已回退并核验
    Closed,
    /// 无需回退 (refused or never applied)
    Nothing,
    /// 未回退
    Open,
    /// 结果未知
    Unknown,
}

/// Counts over all τ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// With an intent in the journal.
    pub intended: u64,
    /// Ended ok.
    pub ok: u64,
    /// Ended refused.
    pub refused: u64,
    /// Ended unknown, or without an outcome.
    pub unknown: u64,
    /// Never took effect anywhere.
    pub never_applied: u64,
    /// Reversed at every party that had applied it.
    pub reversed: u64,
    /// Not shown to be closed.
    pub unresolved: u64,
}

/// 账册合计 · Movement of one book over the run, in fen or counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookTotal {
    /// `his`, `treatment`, `hub`, `insured`.
    pub role: String,
    /// Kind of cell.
    pub book: String,
    /// `fen`, `memo_fen`, `count`.
    pub unit: String,
    /// Sum at t0.
    pub t0: i64,
    /// Sum furthest from t0 at any point of the logs.
    pub peak: i64,
    /// Sum at t1.
    pub t1: i64,
    /// Moved between t0 and t1 by people and messages outside the run, as R1 counts them.
    pub others: i64,
    /// Cells compared.
    pub cells: u64,
}

impl BookTotal {
    /// 测试余差 · What the run itself left: the difference of t1 and t0 without what others moved.
    pub fn left(&self) -> i64 {
        self.t1.saturating_sub(self.t0).saturating_sub(self.others)
    }
}

/// 具名说明 · What a named person stands for, and whether the evidence bears it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// `explained-foreign`, `purge` or `after-window`.
    pub kind: String,
    /// Who.
    pub by: String,
    /// Why, or the order.
    pub reason: String,
    /// When it was said; of a purge: from when on it holds.
    pub at: Moment,
    /// In whose books.
    pub party: Option<Party>,
    /// What about: a stranger's message, a way to purge, the end of a window.
    pub about: String,
    /// Log rows that it covers; of `after-window`: undos sent.
    pub rows: u64,
    /// True where the evidence shows what it speaks of.
    pub holds: bool,
}

impl Statement {
    /// Whether two say the same of the same, whether or not the books bear it out.
    pub(crate) fn same_but_for_books(&self, other: &Statement) -> bool {
        (&self.kind, &self.by, &self.at, &self.party, &self.about)
            == (
                &other.kind,
                &other.by,
                &other.at,
                &other.party,
                &other.about,
            )
    }
}

/// A note with a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Stable word, e.g. `response-lost`.
    pub code: String,
    /// About which τ.
    pub txid: Option<TxId>,
    /// Facts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}
