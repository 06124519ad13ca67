//! 接口验收清单 · What a HIS is to show, line by line, and how far it has come: 通过, 不通过, 未做, 不适用.
//!
//! Why so: whoever accepts an interface works through a list, and wants to see at any moment which lines are done,
//! which half, and which are open. A line is transactions in order, of one person at one institution or of anybody;
//! messages that fit move it on, one that was refused says why it stands still, and trying again is allowed. Pure:
//! exchanges in, marks out.
//! Filled by the door (`shell::hyper::front`). Not here: where lines come from (`cli`).

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, PersonNo};
use serde::Serialize;

/// 验收项 · One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the list, e.g. `1.3` or the id of a case.
    pub number: String,
    /// For people.
    pub title: String,
    /// All must be shown; more than one where several persons are swiped.
    pub parts: Vec<Part>,
    /// Why it is not to be shown here; empty = it is.
    pub not_applicable: String,
}

/// 环节 · Transactions in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which institution; empty = any.
    pub institution: String,
    /// Whom: number, and label for people; `None` = anybody.
    pub person: Option<(PersonNo, String)>,
    /// In order; `2203` stands for `2203A` too.
    pub transactions: Vec<InfNo>,
}

/// 结论 · How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 通过 · All of it was answered ok, in order, without a defect.
    Passed,
    /// 不通过 · Something of it was refused, unanswered, or against the interface.
    Failed,
    /// 未做 · Nothing of it, or not all.
    Open,
    /// 不适用 · With a reason.
    NotApplicable,
}

impl Mark {
    /// 通过, 不通过, 未做, 不适用.
    pub const fn zh(self) -> &'static str {
        match self {
            Mark::Passed => "通过",
            Mark::Failed => "不通过",
            Mark::Open => "未做",
            Mark::NotApplicable => "不适用",
        }
    }

    /// `passed`, `failed`, `open`, `n/a`.
    pub const fn en(self) -> &'static str {
        match self {
            Mark::Passed => "passed",
            Mark::Failed => "failed",
            Mark::Open => "open",
            Mark::NotApplicable => "n/a",
        }
    }
}

/// 进度 · A line as it stands; no personal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its number.
    pub number: String,
    /// For people.
    pub title: String,
    /// How it stands.
    pub mark: Mark,
    /// Transactions done, of all its parts.
    pub done: usize,
    /// Transactions in all.
    pub of: usize,
    /// What comes next in each part that is not done, e.g. `hangzhou-employee H33020000001: 2207 2208`.
    pub missing: Vec<String>,
    /// Why it failed, or does not apply; empty otherwise.
    pub why: String,
}

/// 一笔 · What the list wants to know of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// 定点医药机构编号
    pub institution: String,
    /// Whom it names, if anybody.
    pub person: Option<PersonNo>,
    /// 交易编号, without suffix.
    pub infno: String,
    /// It was answered ok.
    pub ok: bool,
    /// Why it was not, or what in it is against the interface; empty if nothing.
    pub trouble: String,
}

/// 接口验收清单 · The list and how far it has come.
#[derive(Debug, Default)]
pub struct Acceptance {
    lines: Vec<(Line, Vec<Progress>)>,
}

/// How far a part has come.
#[derive(Debug, Default)]
struct Progress {
    /// By institution and person; of nobody yet = messages before a person was named.
    threads: BTreeMap<(String, Option<PersonNo>), Thread>,
    /// Somebody came through without trouble.
    passed: bool,
    /// The last who came through, with trouble.
    flawed: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Thread {
    done: usize,
    /// Of what is done.
    flaw: Option<String>,
    /// What came instead of the next.
    stopped: Option<String>,
}

impl Acceptance {
    /// A list of which nothing is done.
    pub fn new(lines: Vec<Line>) -> Acceptance {
        let begun = lines.into_iter().map(|line| {
            let parts = line.parts.iter().map(|_| Progress::default()).collect();
            (line, parts)
        });
        Acceptance {
            lines: begun.collect(),
        }
    }

    /// Moves on every line that the exchange belongs to.
    pub fn take(&mut self, told: &Told) {
        for (line, parts) in &mut self.lines {
            if line.not_applicable.is_empty() {
                for (part, progress) in line.parts.iter().zip(parts) {
                    progress.take(part, told);
                }
            }
        }
    }

    /// All lines as they stand, in order.
    pub fn standings(&self) -> Vec<Standing> {
        self.lines
            .iter()
            .map(|(line, parts)| standing(line, parts))
            .collect()
    }
}

impl Progress {
    fn take(&mut self, part: &Part, told: &Told) {
        let elsewhere = !part.institution.is_empty() && part.institution != told.institution;
        let another =
            |person: &PersonNo| part.person.as_ref().is_some_and(|(own, _)| own != person);
        if elsewhere || told.person.as_ref().is_some_and(another) {
            return;
        }
        let nobody = (told.institution.clone(), None);
        match &told.person {
            // A sign-in is everybody's.
            None => {
                self.threads.entry(nobody).or_default();
                let here = self.threads.iter_mut();
                let here = here.filter(|((institution, _), _)| *institution == told.institution);
                for (_, thread) in here {
                    thread.take(part, told);
                }
            }
            Some(person) => {
                let begun = self.threads.get(&nobody).cloned().unwrap_or_default();
                let key = (told.institution.clone(), Some(person.clone()));
                self.threads.entry(key).or_insert(begun).take(part, told);
            }
        }
        let whole = part.transactions.len();
        for thread in self
            .threads
            .values_mut()
            .filter(|thread| thread.done == whole)
        {
            match thread.flaw.take() {
                None => self.passed = true,
                flaw => self.flawed = flaw,
            }
            // Whoever begins again begins at the beginning.
            *thread = Thread::default();
        }
    }

    /// How far the one came who came furthest.
    fn furthest(&self) -> usize {
        let all = self.threads.values().map(|thread| thread.done);
        all.max().unwrap_or(0)
    }
}

impl Thread {
    fn take(&mut self, part: &Part, told: &Told) {
        let is = |at: usize| {
            let named = part.transactions.get(at);
            named.is_some_and(|infno| infno.base() == told.infno)
        };
        if !is(self.done) {
            // The first again: a new attempt.
            if !(self.done > 0 && is(0) && told.ok) {
                return;
            }
            *self = Thread::default();
        }
        if !told.ok {
            self.stopped = Some(format!("{}: {}", told.infno, told.trouble));
            return;
        }
        self.done += 1;
        self.stopped = None;
        if self.flaw.is_none() && !told.trouble.is_empty() {
            self.flaw = Some(format!("{}: {}", told.infno, told.trouble));
        }
    }
}

fn standing(line: &Line, parts: &[Progress]) -> Standing {
    let pairs = || line.parts.iter().zip(parts);
    let of: usize = line.parts.iter().map(|part| part.transactions.len()).sum();
    let came_through = |one: &Progress| one.passed || one.flawed.is_some();
    let done: usize = pairs()
        .map(|(part, one)| match came_through(one) {
            true => part.transactions.len(),
            false => one.furthest(),
        })
        .sum();
    let missing: Vec<String> = pairs()
        .filter(|(_, one)| !came_through(one))
        .map(|(part, one)| missing(part, one.furthest()))
        .collect();
    let trouble = pairs().find_map(|(_, one)| match one.passed {
        true => None,
        false => {
            let stopped = one
                .threads
                .values()
                .find_map(|thread| thread.stopped.clone());
            one.flawed.clone().or(stopped)
        }
    });
    let (mark, why) = if !line.not_applicable.is_empty() {
        (Mark::NotApplicable, line.not_applicable.clone())
    } else if let Some(why) = trouble {
        (Mark::Failed, why)
    } else if !line.parts.is_empty() && parts.iter().all(|one| one.passed) && of > 0 {
        (Mark::Passed, String::new())
    } else {
        (Mark::Open, String::new())
    };
    Standing {
        number: line.number.clone(),
        title: line.title.clone(),
        missing: match mark {
            Mark::NotApplicable => Vec::new(),
            _ => missing,
        },
        mark,
        done,
        of,
        why,
    }
}

fn missing(part: &Part, done: usize) -> String {
    let names: Vec<&str> = part.transactions[done..]
        .iter()
        .map(InfNo::as_str)
        .collect();
    let label = part.person.as_ref().map(|(_, label)| label.as_str());
    let whom = [label.unwrap_or_default(), part.institution.as_str()];
    let whom: Vec<&str> = whom.into_iter().filter(|text| !text.is_empty()).collect();
    match whom.is_empty() {
        true => names.join(" "),
        false => format!("{}: {}", whom.join(" "), names.join(" ")),
    }
}

#[cfg(test)]
mod tests;
