//! 问题 · One thing that is wrong with a plan: what, where, and how to mend it.
//!
//! Why so: a tester mends a file once, so everything wrong is told at once, each with the place in the
//! text. The span counts bytes of `source`; who draws it counts characters ([`Problem::line_column`]).
//! Not here: drawing (`cli`), the pages of `explain` (`cli`).

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use crate::source::Source;

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
    /// How to mend it, Chinese · English.
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

    pub(crate) fn whole_file(code: &'static str, file: String, message: String) -> Problem {
        Problem {
            code,
            message,
            file,
            source: Arc::from(""),
            span: None,
            help: None,
            severity: Severity::Error,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Problem {
        self.help = help;
        self
    }

    /// The same problem when it leaves the plan usable.
    pub(crate) fn into_warning(mut self) -> Problem {
        self.severity = Severity::Warning;
        self
    }
}

/// 位置 · A place in a source text.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

impl At {
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            code,
            message: message.into(),
            file: self.source.shown_path.clone(),
            source: self.source.shown(),
            span: Some(self.span.clone()),
            help: None,
            severity: Severity::Error,
        }
    }
}

/// 如其所写 · A value and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) at: At,
}

/// 问题集 · Collects problems while reading goes on.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(crate) fn push(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Drops problems of these codes found after the first `mark`: they follow from something told before.
    pub(crate) fn forgive(&self, mark: usize, codes: &[&str]) {
        let mut index = 0;
        self.0.borrow_mut().retain(|problem| {
            index += 1;
            index <= mark || !codes.contains(&problem.code)
        });
    }

    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}
