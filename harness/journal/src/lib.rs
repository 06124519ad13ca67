//! 日志 · The evidence: append-only, chained, durable records in one SQLite file per run.
//!
//! Why here: the journal is the only bridge between doing and judging, so its words and its
//! durability live together and know neither the doer nor the judge.
//! Not here: what to do about what is written (`rollback`), whether it is good (`verify`).

mod record;

pub use record::{
    CaseFinished, CaseResult, CaseStarted, Cert, Check, CompIntent, Ended, ExportDigest, Gated, Intent, Interrupted, Note, Payload, Played,
    Purpose, Queried, Record, RunHeader, Says, Snapshot, TailDigest, Tails, Takeover, UndoPlan, Unresolved, Verified,
};
