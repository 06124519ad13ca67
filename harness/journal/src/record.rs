//! 记录 · What can stand in a journal: one variant per thing that happened, facts and no sentences.
//!
//! Why so: the journal is the only bridge between doing and judging. Whatever a report or a rule
//! needs about a run is a field here, or the report shows a hole. Persons appear as pseudonyms only.
//! Written by `runner`; folded by `rollback`; judged by `verify`; told by `reports`.
//! Not here: how records are chained and kept (`store`, `chain`).

use std::collections::BTreeMap;

use crosswipe_domain::{
    AdmDivision, Amendment, Business, CaseId, Channel, FindingClass, InfNo, Level, Moment, Money,
    MsgId, Nature, Outcome, Party, Pseudonym, ResolvedPlan, RunId, TxId,
};
use serde::{Deserialize, Serialize};

/// 记录 · One record of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 0, no gap.
    pub seq: u64,
    /// Epoch of the process that wrote it.
    pub epoch: u64,
    /// Business time.
    pub at: Moment,
    /// What happened.
    pub payload: Payload,
    /// `sha256` of the record before; 64 zeros for the first.
    pub prev_sha256: String,
    /// SHA-256 over all other columns and `prev_sha256`.
    pub sha256: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Payload {
    /// The run began; always record 0.
    Run(Box<RunHeader>),
    /// t0 exports taken.
    Snap0(Snapshot),
    /// A message is about to be sent.
    Intent(Box<Intent>),
    /// How it ended.
    Outcome(Ended),
    /// tm: log tails of a case's parties, between its last forward step and its first undo.
    Snapm(Tails),
    /// A compensation is about to be sent.
    CompIntent(Box<CompIntent>),
    /// How it ended.
    CompOutcome(Ended),
    /// A new process took the run over.
    Takeover(Takeover),
    /// What queries at the parties said about a τ.
    Queried(Queried),
    /// A τ was compensated (or found never applied), and queries showed it.
    Verified(Verified),
    /// A τ that the harness cannot bring back by itself.
    Unresolved(Unresolved),
    /// The gate refused a message; nothing was sent.
    Gated(Gated),
    /// Public traffic played by the mock world: outside 𝒯, never compensated.
    Played(Played),
    /// A case began.
    CaseStarted(CaseStarted),
    /// A case ended.
    CaseFinished(CaseFinished),
    /// Something worth a line that never changes a verdict.
    Note(Note),
    /// The run was asked to stop: no new swipes after this, only compensation.
    Interrupted(Interrupted),
    /// A named person allowed what is still open to be undone after the window's end.
    AfterWindow(AfterWindow),
    /// 改期 · A bound of the window was moved, and is so from now on.
    Window(Moved),
    /// 清单 · Papers of parties were read in: what the run is judged by, since nothing of it was sent by us.
    Listed(Listed),
    /// t1 exports taken, after the last compensation and the quiet period.
    Snap1(Snapshot),
    /// t2 exports taken, after the next day roll.
    Snap2(Snapshot),
    /// The certificate was made.
    Cert(Cert),
}

impl Payload {
    /// The kind as it stands in the `kind` column, e.g. `COMP_INTENT`.
    pub fn kind(&self) -> &'static str {
        match self {
            Payload::Run(_) => "RUN",
            Payload::Snap0(_) => "SNAP0",
            Payload::Intent(_) => "INTENT",
            Payload::Outcome(_) => "OUTCOME",
            Payload::Snapm(_) => "SNAPM",
            Payload::CompIntent(_) => "COMP_INTENT",
            Payload::CompOutcome(_) => "COMP_OUTCOME",
            Payload::Takeover(_) => "TAKEOVER",
            Payload::Queried(_) => "QUERIED",
            Payload::Verified(_) => "VERIFIED",
            Payload::Unresolved(_) => "UNRESOLVED",
            Payload::Gated(_) => "GATED",
            Payload::Played(_) => "PLAYED",
            Payload::CaseStarted(_) => "CASE_STARTED",
            Payload::CaseFinished(_) => "CASE_FINISHED",
            Payload::Note(_) => "NOTE",
            Payload::Interrupted(_) => "INTERRUPTED",
            Payload::AfterWindow(_) => "AFTER_WINDOW",
            Payload::Window(_) => "WINDOW",
            Payload::Listed(_) => "LISTED",
            Payload::Snap1(_) => "SNAP1",
            Payload::Snap2(_) => "SNAP2",
            Payload::Cert(_) => "CERT",
        }
    }
}

/// RUN: what was run, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHeader {
    /// The run.
    pub run_id: RunId,
    /// Version of crosswipe.
    pub tool_version: String,
    /// The plan after all its files were read.
    pub plan: ResolvedPlan,
    /// SHA-256 of each source file, by its path inside the plan.
    pub files: BTreeMap<String, String>,
    /// Seed of every choice.
    pub seed: u64,
    /// `simulated`, `wall` or `offset`.
    pub clock: String,
    /// `http` or `memory`.
    pub transport: String,
    /// Parties that keep books in this run, with the level of evidence each can give.
    pub parties: BTreeMap<Party, Level>,
    /// Faults asked for on the command line, as written.
    pub faults: Vec<String>,
    /// Switches of the mock platforms given on the command line, by flag, e.g. `msgid-mode` → `refuse`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub switches: BTreeMap<String, String>,
    /// The run that was begun before it at this site, if there was one: its tail hash once it had ended, a hash of
    /// its chain where it was still open (a killed run is named too).
    pub previous_tail: Option<String>,
    /// 世界 · Id of the mock world whose books it worked on; `None` where the parties are real. Runs of two worlds
    /// share no books, whatever their parties are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
}

/// WINDOW: a bound that was moved alone, by which notice and who brought it. What was sent before `known` stays judged by
/// the old bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What moved.
    pub amendment: Amendment,
    /// SHA-256 of the canonical window with all that was amended by then.
    pub window_sha256: String,
}

/// LISTED: digests of the papers as they stand in `exports/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// One per file of `exports/`, by its name, e.g. `his-H33010000001.list.json`.
    pub papers: BTreeMap<String, PaperDigest>,
}

/// Digest of one party's papers of one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperDigest {
    /// SHA-256 of the file's bytes (canonical JSON).
    pub sha256: String,
    /// Rows in it.
    pub rows: u64,
    /// The files it was read from, by name → SHA-256.
    pub sources: BTreeMap<String, String>,
}

/// SNAP0, SNAP1, SNAP2: digests of the exports as they stand in `exports/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// One per party that answered.
    pub exports: BTreeMap<Party, ExportDigest>,
    /// Parties that did not answer, with what was seen instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<Party, String>,
}

/// Digest of one export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportDigest {
    /// SHA-256 of the file's bytes (canonical JSON).
    pub sha256: String,
    /// Its `lsn`.
    pub lsn: u64,
    /// Its `taken_at`.
    pub taken_at: Moment,
}

/// INTENT: everything needed to know, and to undo, what a message may have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The business intent; every message has one, reads and trials too.
    pub txid: TxId,
    /// The message.
    pub msgid: MsgId,
    /// Institution that sends it.
    pub origin: String,
    /// Transaction number.
    pub infno: InfNo,
    /// What it does to books.
    pub nature: Nature,
    /// What it is sent for.
    pub purpose: Purpose,
    /// The case it belongs to.
    pub case: CaseId,
    /// Step of the case, e.g. `1.settle`.
    pub step: String,
    /// Whom it is about.
    pub person: Option<Pseudonym>,
    /// 参保地 of the person.
    pub insured: Option<AdmDivision>,
    /// 就医地
    pub treatment: AdmDivision,
    /// Business family.
    pub business: Option<Business>,
    /// 险种类型
    pub insutype: Option<String>,
    /// 渠道 · Through which it is sent.
    #[serde(default, skip_serializing_if = "Channel::is_counter")]
    pub channel: Channel,
    /// Parties that book it if it succeeds, in the order it passes them.
    pub path: Vec<Party>,
    /// How it is undone.
    pub undo: UndoPlan,
    /// Ids it carries, by interface name: `mdtrt_id chrg_bchno ipt_otp_no setl_id omsgid …`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Amounts it carries, by interface name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<String, Money>,
    /// Keyed digest of the exact bytes.
    pub digest: String,
    /// SHA-256 of the masked text kept beside this record.
    pub message: String,
}

/// What a message is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A step of a case.
    Business,
    /// R8: part of the probe before the person's other business.
    ProbeFirst,
    /// R8: part of the probe right before t1.
    ProbeLast,
    /// A query that proves or clears up something.
    Query,
    /// Sent past the gate on purpose; the platform is expected to refuse.
    Forced,
}

/// How an intent is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum UndoPlan {
    /// It books nothing.
    Nothing,
    /// By a message of its own; by 2601 where its outcome is unknown and 2601 may name it.
    Cancel {
        /// The cancelling transaction.
        infno: InfNo,
    },
    /// It goes with the cancellation of another intent (a diagnosis with its visit).
    With {
        /// That intent.
        txid: TxId,
    },
}

/// OUTCOME and COMP_OUTCOME: how a message ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The business intent (for a compensation: the τ it undoes).
    pub txid: TxId,
    /// The message.
    pub msgid: MsgId,
    /// Three values.
    pub outcome: Outcome,
    /// How long the exchange took, real milliseconds; 0 in the memory transport.
    pub took_ms: u64,
    /// SHA-256 of the masked reply kept beside this record; absent where nothing was read.
    pub reply: Option<String>,
}

/// SNAPM: digests of the looks as they stand in `exports/<party>.tm.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tails {
    /// The case.
    pub case: CaseId,
    /// One per party of the case that answered.
    pub looks: BTreeMap<Party, TailDigest>,
    /// Parties that did not answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<Party, String>,
}

/// Digest of one look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailDigest {
    /// First `seq` of the look.
    pub from: u64,
    /// Rows in the log at that instant.
    pub lsn: u64,
    /// SHA-256 of the look's line (canonical JSON, without the line feed).
    pub sha256: String,
}

/// COMP_INTENT: one attempt to undo a τ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompIntent {
    /// The τ to undo.
    pub txid: TxId,
    /// The undo's own message.
    pub msgid: MsgId,
    /// Institution that sends it.
    pub origin: String,
    /// `2208`, `2205`, `2202`, `2601`, …
    pub infno: InfNo,
    /// The message that it undoes.
    pub undoes_msgid: MsgId,
    /// That message's transaction number.
    pub undoes_infno: InfNo,
    /// From 1; a resend of the same message keeps its msgid and raises this.
    pub attempt: u32,
    /// The case.
    pub case: CaseId,
    /// Step of the case that asked for it, e.g. `2.2208`; `None` where it is the rollback's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// True: it takes a part of the τ only (2302 with one line), so that the τ stands after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub part: bool,
    /// Whom it is about.
    pub person: Option<Pseudonym>,
    /// Parties that book it.
    pub path: Vec<Party>,
    /// Ids it carries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Keyed digest of the exact bytes.
    pub digest: String,
    /// SHA-256 of the masked text kept beside this record.
    pub message: String,
}

/// TAKEOVER: a new process owns the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeover {
    /// Its epoch.
    pub epoch: u64,
    /// Tail hash that it found.
    pub old_tail: String,
}

/// QUERIED: what a round of queries about one τ showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queried {
    /// The τ.
    pub txid: TxId,
    /// What they say together.
    pub says: Says,
    /// Ids that were not known before, by interface name (an unread `setl_id`, `mdtrt_id`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, String>,
    /// What was seen, e.g. `5203 refd_setl_flag` → `1`.
    pub seen: BTreeMap<String, String>,
}

/// What queries say about a τ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// It stands.
    Applied,
    /// There is no trace of it.
    NotApplied,
    /// It stood and was undone.
    Reversed,
    /// The answers are missing or disagree.
    Unclear,
}

/// VERIFIED: the harness has seen that a τ stands no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The τ.
    pub txid: TxId,
    /// True: it never took effect; false: it was undone.
    pub never_applied: bool,
    /// What queries showed, e.g. `5203 refd_setl_flag` → `1`.
    pub seen: BTreeMap<String, String>,
}

/// UNRESOLVED: a person has to act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// The τ.
    pub txid: TxId,
    /// Why, e.g. `closed-period`, `budget-spent`, `cancel-refused`.
    pub reason: String,
    /// Who has to act.
    pub owner: Party,
    /// What was tried and seen, oldest first.
    pub evidence: Vec<String>,
}

/// GATED: a message that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gated {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: String,
    /// What would have been sent.
    pub infno: InfNo,
    /// About whom.
    pub person: Option<Pseudonym>,
    /// From which institution.
    pub institution: String,
    /// `window`, `persona`, `business`, `institution` or `margin`.
    pub reason: String,
    /// The phase that held, if any.
    pub phase: Option<String>,
}

/// PLAYED: what the mock world sent, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// The case that asked for it.
    pub case: CaseId,
    /// The message.
    pub msgid: MsgId,
    /// Institution.
    pub origin: String,
    /// Transaction number.
    pub infno: InfNo,
    /// Whom it is about.
    pub person: Option<Pseudonym>,
    /// 参保地 · Where he is insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured: Option<AdmDivision>,
    /// 渠道 · Through which it is sent.
    #[serde(default, skip_serializing_if = "Channel::is_counter")]
    pub channel: Channel,
    /// Three values.
    pub outcome: Outcome,
}

/// CASE_STARTED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseStarted {
    /// The case.
    pub case: CaseId,
}

/// CASE_FINISHED: how a case went, apart from its rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFinished {
    /// The case.
    pub case: CaseId,
    /// How it went.
    pub result: CaseResult,
    /// What was checked; empty is not a pass.
    pub checks: Vec<Check>,
}

/// 用例结果 · How a case went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseResult {
    /// 通过 · Every expectation held.
    Passed,
    /// 失败 · An expectation did not hold.
    Failed,
    /// 错误 · It could not be carried out.
    Error,
    /// 阻塞 · A precondition of another region is missing.
    Blocked,
    /// 跳过 · Not selected, or stopped before it began.
    Skipped,
    /// 豁免 · A known issue with an owner.
    Waived,
}

/// 检查 · One expectation and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which step, e.g. `1.settle`.
    pub step: String,
    /// What was looked at, e.g. `outcome`, `setlinfo.psn_cash_pay`.
    pub what: String,
    /// Expected, as the scenario says it.
    pub expected: String,
    /// Actual.
    pub actual: String,
    /// Whether it held.
    pub held: bool,
}

/// NOTE: never changes a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Stable word, e.g. `response-lost`, `never-applied`, `already-reversed`, `late-reply`.
    pub code: String,
    /// About which τ.
    pub txid: Option<TxId>,
    /// Facts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// INTERRUPTED: from now on only compensation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupted {
    /// `ctrl-c`, `sigterm` or `disk-full`.
    pub by: String,
}

/// AFTER_WINDOW: written before the first undo that is sent once the window has ended. It lets the books be brought
/// back, and makes nothing clean: what was undone too late stays a breach of R14.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterWindow {
    /// Who allowed it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When the window had ended.
    pub ended: Moment,
}

/// CERT: what was certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cert {
    /// `clean`, `violated` or `indeterminate`.
    pub verdict: String,
    /// Faults asked for, and how many messages each met.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, u64>,
    /// Classes found, sorted, without repetition.
    pub classes: Vec<FindingClass>,
    /// SHA-256 of the certificate's core: the certificate without the journal's tail, which this record moves.
    pub sha256: String,
    /// Who judged: version of the tool and digest of its rules; empty in runs from before this was noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub judge: String,
}
