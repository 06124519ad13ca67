//! 问题 · One thing that is wrong with a plan: what, where, and how to mend it.
//!
//! Why so: a tester mends a file once, so everything wrong is told at once, each with the place in the
//! text. The span counts bytes of `source`; who draws it counts characters ([`Problem::line_column`]).
//! Not here: drawing (`cli`), the pages of `explain` (`cli`).

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use crosswipe_domain::{AdmDivision, Both};

use crate::codes;
use crate::folder::PLAN_FILE;
use crate::source::Source;

/// 问题 · One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable word, e.g. `scenario::unknown_division`; never reused.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop, values in backticks.
    pub message: Both,
    /// The file as the caller may open it.
    pub file: String,
    /// The file's text as shown (personal data masked, byte for byte as long); empty where it could not be read.
    pub source: Arc<str>,
    /// Where in `source`, in bytes; `None` = the file as a whole.
    pub span: Option<Range<usize>>,
    /// How to mend it.
    pub help: Option<Both>,
    /// Whether the plan can be used all the same.
    pub severity: Severity,
    /// 改法 · How to mend it where only one thing can have been meant.
    pub fix: Option<Fix>,
}

/// 改法 · What to put in the place of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Where in the file's text, in bytes, behind a byte order mark.
    pub span: Range<usize>,
    /// What stands there.
    pub was: String,
    /// What belongs there.
    pub text: String,
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

    pub(crate) fn whole_file(code: &'static str, file: String, message: Both) -> Problem {
        Problem {
            code,
            message,
            file,
            source: Arc::from(""),
            span: None,
            help: None,
            severity: Severity::Error,
            fix: None,
        }
    }

    pub(crate) fn help(mut self, help: Both) -> Problem {
        self.help = Some(help);
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<Both>) -> Problem {
        self.help = help;
        self
    }

    /// How to mend it, if there is one way only.
    pub(crate) fn fix(mut self, fix: Option<Fix>) -> Problem {
        self.fix = fix;
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
    /// `text` in the place of `was`, which stands here once.
    pub(crate) fn mend(&self, was: &str, text: impl Into<String>) -> Option<Fix> {
        let written = self.source.text.get(self.span.clone())?;
        let (at, _) = written
            .match_indices(was)
            .next()
            .filter(|_| !was.is_empty())?;
        let start = self.span.start + at;
        Some(Fix {
            span: start..start + was.len(),
            was: was.to_owned(),
            text: text.into(),
        })
    }

    pub(crate) fn error(&self, code: &'static str, message: Both) -> Problem {
        Problem {
            code,
            message,
            file: self.source.shown_path.clone(),
            source: self.source.shown(),
            span: Some(self.span.clone()),
            help: None,
            severity: Severity::Error,
            fix: None,
        }
    }
}

/// 名词 · What a thing is called in both languages; the English name is also that of its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Noun {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

/// `noun("人员", "person")`.
pub(crate) const fn noun(zh: &'static str, en: &'static str) -> Noun {
    Noun { zh, en }
}

/// 如其所写 · A value and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) at: At,
}

/// 问题集 · Collects problems while reading goes on, and knows which of them merely follow from another: an entry
/// that could not be read was told, so who names it makes no slip of his own.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: RefCell<Vec<Problem>>,
    lost: RefCell<Vec<Lost>>,
}

/// What could not be read, and how many problems there were by then.
#[derive(Debug)]
struct Lost {
    what: Name,
    mark: usize,
}

#[derive(Debug)]
enum Name {
    /// An entry that goes by this name.
    Known(String),
    /// Entries whose names nobody knows; who names them gets a problem of this code.
    Unknown(&'static str),
}

impl Problems {
    pub(crate) fn push(&self, problem: Problem) {
        self.list.borrow_mut().push(problem);
    }

    pub(crate) fn len(&self) -> usize {
        self.list.borrow().len()
    }

    /// An entry called `name` could not be read, which was told.
    pub(crate) fn lost(&self, name: &str) {
        let mark = self.len();
        self.lost.borrow_mut().push(Lost {
            what: Name::Known(name.to_owned()),
            mark,
        });
    }

    /// Entries of unknown name could not be read, which was told; naming one gives `code`.
    pub(crate) fn lost_some(&self, code: &'static str) {
        let mark = self.len();
        self.lost.borrow_mut().push(Lost {
            what: Name::Unknown(code),
            mark,
        });
    }

    /// The same of those told from `mark` on.
    pub(crate) fn lost_since(&self, mark: usize, code: &'static str) {
        self.lost.borrow_mut().push(Lost {
            what: Name::Unknown(code),
            mark,
        });
    }

    /// Whether a problem of one of these codes was told from `mark` on.
    pub(crate) fn has_since(&self, mark: usize, codes: &[&str]) -> bool {
        let list = self.list.borrow();
        list.iter().skip(mark).any(|one| codes.contains(&one.code))
    }

    /// Whether anything could not be read that others may name.
    pub(crate) fn lost_anything(&self) -> bool {
        !self.lost.borrow().is_empty()
    }

    /// All problems but those that follow from what was lost: the plan's own file first, the others as they were read,
    /// each from its top to its end.
    pub(crate) fn into_list(self) -> Vec<Problem> {
        let lost = self.lost.into_inner();
        let problems = self.list.into_inner().into_iter().enumerate();
        let mut told: Vec<Problem> = problems
            .filter(|(index, problem)| !lost.iter().any(|lost| lost.explains(*index, problem)))
            .map(|(_, problem)| problem)
            .collect();
        let mut files: Vec<String> = told.iter().map(|problem| problem.file.clone()).collect();
        files.sort_by_key(|file| !file.ends_with(PLAN_FILE));
        let place = |file: &str| files.iter().position(|other| other == file);
        told.sort_by_cached_key(|one| (place(&one.file), one.span.as_ref().map(|at| at.start)));
        // A slip in a fragment is one slip, however often the fragment is used.
        told.dedup();
        told
    }
}

impl Lost {
    fn explains(&self, index: usize, problem: &Problem) -> bool {
        let names = [
            codes::UNKNOWN_DIVISION,
            codes::UNKNOWN_INSTITUTION,
            codes::UNKNOWN_PERSON,
            codes::UNKNOWN_ITEM,
        ];
        let written = problem
            .span
            .clone()
            .and_then(|span| problem.source.get(span))
            .unwrap_or_default();
        let name = written.trim_matches(['"', '\'']);
        // A division with a slip in itself was never the name of anything.
        let slip = problem.code == codes::UNKNOWN_DIVISION && AdmDivision::parse(name).is_err();
        index >= self.mark
            && !slip
            && match &self.what {
                Name::Known(lost) => names.contains(&problem.code) && lost == name,
                Name::Unknown(code) => problem.code == *code,
            }
    }
}
