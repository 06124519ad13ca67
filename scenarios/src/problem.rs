//! 问题 · One thing that is wrong with a plan: what, where, and how to mend it.
//!
//! Why so: a tester mends a file once, so everything wrong is told at once, each with the place in the
//! text. The span counts bytes of `source`; who draws it counts characters ([`Problem::line_column`]).
//! Not here: drawing (`cli`), the pages of `explain` (`cli`).

use std::ops::Range;
use std::sync::Arc;

/// 问题 · One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable word, e.g. `scenario::unknown_division`; never reused.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: String,
    /// The file as the caller may open it.
    pub file: String,
    /// The file's text as shown (personal data masked, byte for byte as long); empty where it could not be read.
    pub source: Arc<str>,
    /// Where in `source`, in bytes; `None` = the file as a whole.
    pub span: Option<Range<usize>>,
    /// How to mend it.
    pub help: Option<String>,
    /// Whether the plan can be used all the same.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The plan cannot be used.
    Error,
    /// The plan can be used, but this is probably not what was meant.
    Warning,
}

impl Problem {
    /// Line and column where it begins, both from 1, columns in characters.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let start = self.span.as_ref()?.start;
        let before = self.source.get(..start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some((
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        ))
    }
}
