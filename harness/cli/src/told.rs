//! 材料 · Everything that a report may look at, of a run or of a merged one, read from its folder and kept.
//!
//! Called by `report`, and by `compare`, which looks at two at a time. Not here: what is made of it (`reports`).

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_domain::{CaseId, sha256_hex};
use crosswipe_journal::Records;
use crosswipe_reports::{Leads, NoRun, PartRun, Source, Story};
use crosswipe_verify::{Course, Judgement, ReviewHeld};

use crate::command::verify::{faults_met, is_certified, judged, read_sealed};
use crate::complain::Trouble;
use crate::contacts;
use crate::exit::Exit;
use crate::merged;

/// 材料 · What [`Source`] borrows.
pub(crate) struct Told {
    pub(crate) records: Records,
    pub(crate) messages: BTreeMap<u64, String>,
    pub(crate) judgement: Judgement,
    pub(crate) head: String,
    pub(crate) tail: String,
    pub(crate) dir: String,
    pub(crate) parts: Vec<PartRun>,
    pub(crate) faults: Vec<(String, u64)>,
    /// What named persons said of it afterwards.
    pub(crate) review: ReviewHeld,
    pub(crate) contacts: Vec<Leads>,
    /// Every cell of every party over the run.
    pub(crate) courses: Vec<Course>,
    pub(crate) exit: Exit,
    /// SHA-256 of the certificate as it must read.
    pub(crate) certificate: Option<String>,
    /// Whether the run came to its certificate.
    pub(crate) finished: bool,
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
        let finished = is_certified(&history);
        Ok(Told {
            head: history.records[0].sha256.clone(),
            tail: history.last().sha256.clone(),
            records: history.records,
            messages: history.messages,
            judgement: judged.judgement,
            dir: dir.display().to_string(),
            parts: Vec::new(),
            faults,
            review: judged.review,
            courses: judged.courses,
            contacts: contacts::kept(dir),
            exit: judged.exit,
            certificate: Some(sha256_hex(judged.certificate.as_bytes())),
            finished,
        })
    }

    /// The facts as all reports tell them.
    pub(crate) fn story(&self) -> Result<Story, Trouble> {
        Story::build(&self.source()).map_err(no_run)
    }

    /// The same facts, the run named by its folder's name alone: what is mailed says nothing of where it lay.
    pub(crate) fn moved(&self, dir: &Path) -> Result<Story, Trouble> {
        let name = dir.canonicalize().ok();
        let name = name.as_deref().unwrap_or(dir).file_name();
        let name = name.map_or_else(|| ".".into(), |name| name.to_string_lossy());
        Story::build(&Source {
            dir: &name,
            ..self.source()
        })
        .map_err(no_run)
    }

    /// The facts for the page of one case.
    pub(crate) fn story_of(&self, case: &CaseId) -> Result<Story, Trouble> {
        Story::of_case(&self.source(), case).map_err(no_run)
    }

    /// As reports take it.
    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            records: &self.records,
            messages: &self.messages,
            judgement: &self.judgement,
            certificate_sha256: self.certificate.as_deref(),
            journal_head: &self.head,
            journal_tail: &self.tail,
            dir: &self.dir,
            parts: &self.parts,
            matched_faults: &self.faults,
            review: &self.review,
            courses: &self.courses,
            contacts: &self.contacts,
            exit: i32::from(self.exit.code()),
        }
    }
}

fn no_run(_: NoRun) -> Trouble {
    Trouble::Usage {
        code: "cli::no_run",
        what: "日志开头不是一次运行 · the journal does not begin with a run".to_owned(),
        help: "crosswipe explain journal:not_a_run".to_owned(),
    }
}
