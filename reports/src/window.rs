//! 窗口 · The judgement over all runs of a plan, told: terminal, `window.json`, the one-page go-live statement.
//!
//! Why so: who decides to go live reads one page, and signs it. It answers «may we», says how strong the proof is and
//! what nobody looked at, and names every run by the ends of its chain, so that the signature anchors them.
//! Called by `cli` (`close`). Not here: what is right or wrong (`verify::close`), exit codes (`cli`).

mod json;
mod statement;
mod terminal;
mod words;

use crosswipe_domain::ResolvedPlan;
use crosswipe_verify::{Verdict, WindowJudgement};

pub use json::window_json;
pub use statement::go_live;
pub use terminal::window_terminal;

use crate::names::Names;
use crate::wording::Lang;
use crate::wording::sentence::statements;

/// 材料 · What the reports of a window are made of.
#[derive(Clone, Copy, Debug)]
pub struct WindowSource<'a> {
    /// What the judge says.
    pub judgement: &'a WindowJudgement,
    /// The plan; pseudonyms in it are not looked at.
    pub plan: &'a ResolvedPlan,
    /// The exit code of the command.
    pub exit: i32,
    /// Version of the program that judged.
    pub tool_version: &'a str,
    /// Where `window.json` and `go-live.html` lie, if they were written.
    pub out: Option<&'a str>,
}

impl WindowSource<'_> {
    fn names(&self) -> Names {
        Names::of(self.plan)
    }

    /// What named persons stand for, one sentence each.
    fn statements(&self, lang: Lang) -> Vec<String> {
        statements(&self.judgement.statements, &self.names(), lang)
    }

    fn answer(&self) -> Answer {
        let coverage = &self.judgement.coverage;
        match self.judgement.verdict {
            Verdict::Violated => Answer::No,
            _ if !coverage.failed.is_empty() => Answer::No,
            Verdict::Clean if self.exit == 0 => Answer::Yes,
            Verdict::Clean | Verdict::Indeterminate => Answer::NotYet,
        }
    }
}

/// May we go live?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    NotYet,
}

impl Answer {
    /// `yes`, `no`, `not_yet`.
    fn name(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::NotYet => "not_yet",
        }
    }
}
