//! 材料 · Everything that a report may look at, of a run or of a merged one, read from its folder and kept.
//!
//! Called by `compare`, which looks at two at a time. Not here: what is made of it (`reports`).

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_journal::Record;
use crosswipe_reports::{PartRun, Source};
use crosswipe_verify::Judgement;

use crate::command::verify::{faults_met, judged, read_sealed};
use crate::complain::Trouble;
use crate::exit::Exit;
use crate::merged;

/// 材料 · What [`Source`] borrows.
pub(crate) struct Told {
    pub(crate) records: Vec<Record>,
    pub(crate) messages: BTreeMap<u64, String>,
    pub(crate) judgement: Judgement,
    pub(crate) head: String,
    pub(crate) tail: String,
    pub(crate) dir: String,
    pub(crate) parts: Vec<PartRun>,
    pub(crate) faults: Vec<(String, u64)>,
    pub(crate) exit: Exit,
}

impl Told {
    /// Reads and judges a run folder, or a merged one.
    pub(crate) fn read(dir: &Path) -> Result<Told, Trouble> {
        if merged::is_merged(dir) {
            return Ok(merged::read(dir)?.told(dir));
        }
        let history = read_sealed(dir)?;
        let faults = faults_met(&history);
        let judged = judged(dir, &history, &faults)?;
        Ok(Told {
            head: history.records[0].sha256.clone(),
            tail: history.last().sha256.clone(),
            records: history.records,
            messages: history.messages,
            judgement: judged.judgement,
            dir: dir.display().to_string(),
            parts: Vec::new(),
            faults,
            exit: judged.exit,
        })
    }

    /// As reports take it.
    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            records: &self.records,
            messages: &self.messages,
            judgement: &self.judgement,
            certificate_sha256: None,
            journal_head: &self.head,
            journal_tail: &self.tail,
            dir: &self.dir,
            parts: &self.parts,
            matched_faults: &self.faults,
            exit: i32::from(self.exit.code()),
        }
    }
}
