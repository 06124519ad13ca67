//! 日志 · The evidence: append-only, chained, durable records in one SQLite file per run.
//!
//! Why here: the journal is the only bridge between doing and judging, so its words and its
//! durability live together and know neither the doer nor the judge.
//! Not here: what to do about what is written (`rollback`), whether it is good (`verify`).

mod chain;
mod clerk;
mod draft;
mod error;
mod head;
mod journal;
mod lock;
mod open;
mod read;
mod record;
mod records;
mod reserve;
mod seize;
mod store;
mod torn;
mod tray;
mod walk;

pub use clerk::Counters;
pub use draft::Draft;
pub use error::{JournalError, Owner, StoreFault};
pub use journal::{Closed, Journal, Wrap};
pub use lock::holder;
pub use read::{History, read};
pub use record::{
    AfterWindow, CaseFinished, CaseResult, CaseStarted, Cert, Check, CompIntent, Ended,
    ExportDigest, Gated, Intent, Interrupted, Listed, Moved, Note, PaperDigest, Payload, Played,
    Purpose, Queried, Record, RunHeader, Says, Snapshot, TailDigest, Tails, Takeover, UndoPlan,
    Unresolved, Verified,
};
pub use records::Records;
pub use store::{Row, Store};
pub use torn::torn_tail;
