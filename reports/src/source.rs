//! 材料 · What a report is made of: records, masked messages, the judgement, and where they lie.
//!
//! Why so: record = replay. A report of the run just ended and of last week's run directory get the
//! same input, so they are the same report. Whoever needs more than this has found a hole in the journal.
//! Filled by `cli` (`run`, `verify`, `report`). Not here: what is made of it (`story`).

use std::collections::BTreeMap;

use crosswipe_journal::Record;
use crosswipe_verify::{Course, Judgement, ReviewHeld};

use crate::Leads;

/// 材料 · Everything that a report may look at.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The journal, from record 0.
    pub records: &'a [Record],
    /// Masked texts of what was sent and received, by the `seq` of their record.
    pub messages: &'a BTreeMap<u64, String>,
    /// What the judge says.
    pub judgement: &'a Judgement,
    /// SHA-256 of `certificate.json`, if there is one.
    pub certificate_sha256: Option<&'a str>,
    /// Hash of the chain's first record.
    pub journal_head: &'a str,
    /// Hash of its last record.
    pub journal_tail: &'a str,
    /// The run directory as it is shown to the user.
    pub dir: &'a str,
    /// The runs that were put together into this one, each with its chain; none for a run that stands by itself.
    pub parts: &'a [PartRun],
    /// Faults that were asked for, and how often each met a message.
    pub matched_faults: &'a [(String, u64)],
    /// What named persons said of the run afterwards, and what of it holds.
    pub review: &'a ReviewHeld,
    /// Whom to call at each place, where it is known; they lie beside the run and are no part of its evidence.
    pub contacts: &'a [Leads],
    /// Every cell of every party over the run, and its books, each before its cells; none where nobody added them up.
    pub courses: &'a [Course],
    /// The exit code of the command (`UX.md` §1.2 is kept by `cli`).
    pub exit: i32,
}

/// 一份 · One of the runs that were put together: where its evidence lies, and the ends of its chain.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PartRun {
    /// Its folder as it is shown to the user.
    pub dir: String,
    /// Its id.
    pub run_id: String,
    /// Hash of the chain's first record.
    pub head: String,
    /// Hash of its last record.
    pub tail: String,
    /// Number of records.
    pub records: usize,
}
