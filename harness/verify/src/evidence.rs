//! 证据 · All that the judge is given: journal records, exports, looks, and what the store says of its file.
//!
//! Why so: whoever reads files (`cli`) does nothing else, and whoever judges reads no file. Digests are of
//! the bytes as they lay on disk, taken by the reader; the judge compares them with those in the journal.
//! Not here: what any of it means (`story`, `books`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{Export, Listing, LogRow, Look, Moment, Party};
use crosswipe_journal::Records;

use crate::review::Review;

/// 证据 · Everything that one judgement is made from.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The journal, by `seq`. Nothing from the first CERT record on is looked at.
    pub records: Records,
    /// What the store says of the chain as a whole.
    pub journal: JournalFacts,
    /// Export files by instant and party.
    pub exports: BTreeMap<Instant, BTreeMap<Party, ExportFile>>,
    /// Lines of `exports/<party>.tm.jsonl`, in file order.
    pub looks: BTreeMap<Party, Vec<LookLine>>,
    /// Papers that parties delivered in place of books, by the name of their file in `exports/`.
    pub papers: BTreeMap<String, PaperFile>,
    /// What named persons said of the run afterwards.
    pub review: Review,
    /// Of a window: whole logs that its runs saw, in order of the runs. A single run's are in `exports`; nothing here.
    pub within: BTreeMap<Party, Vec<Whole>>,
    /// Business time at which the question is asked; `None` = when the last record was written.
    pub as_of: Option<Moment>,
}

/// 链 · Ends and length of the journal chain, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFacts {
    /// Hash of the first record.
    pub head: String,
    /// Hash of the last record.
    pub tail: String,
    /// Number of records.
    pub length: u64,
    /// A defect that the scan found, beginning with its class, e.g. `journal:corrupt seq 41: hash differs`.
    pub defect: Option<String>,
}

/// 时点 · The three instants at which whole books are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instant {
    /// Before the first intent.
    T0,
    /// After the last compensation and the quiet period.
    T1,
    /// After the next day roll.
    T2,
}

impl Instant {
    /// `t0`, `t1`, `t2`: also part of the file name.
    pub const fn name(self) -> &'static str {
        match self {
            Instant::T0 => "t0",
            Instant::T1 => "t1",
            Instant::T2 => "t2",
        }
    }
}

/// 整本流水 · One party's whole log as a run of a window saw it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Which run; 0 where there is but one.
    pub run: usize,
    /// At which of its instants.
    pub instant: Instant,
    /// By the party's clock.
    pub taken_at: Moment,
    /// Number of the next row.
    pub lsn: u64,
    /// All rows.
    pub log: Vec<Arc<LogRow>>,
}

/// One export file.
#[derive(Clone, Debug)]
pub struct ExportFile {
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// The export, or why it cannot be read.
    pub export: Result<Export, String>,
}

/// One file of papers.
#[derive(Clone, Debug)]
pub struct PaperFile {
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// What it holds, or why it cannot be read.
    pub listing: Result<Listing, String>,
}

/// One line of a party's looks.
#[derive(Clone, Debug)]
pub struct LookLine {
    /// SHA-256 of the line without its line feed.
    pub sha256: String,
    /// The look, or why it cannot be read.
    pub look: Result<Look, String>,
}
