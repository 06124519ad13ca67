//! 接口验收清单 · What a HIS is to show, line by line, and how far it has come: 通过, 不通过, 未做, 不适用.
//!
//! Why so: whoever accepts an interface works through a list, and wants to see at any moment which lines are done,
//! which half, and which are open. A line is transactions in order, of one person at one institution or of anybody;
//! messages that fit move it on, one that was refused says why it stands still, and trying again is allowed. Other lines
//! are scripts of a person and a HIS (`script`). Pure: exchanges and the time in, marks out.
//! Filled by the door (`shell::hyper::front`). Not here: where lines come from (`cli`).

mod script;

use std::collections::BTreeMap;

use bytes::Bytes;
use crosswipe_domain::{InfNo, Moment, PersonNo};
use serde::Serialize;

use self::script::Run;
pub use self::script::{Cue, Held, Judge, Judging};

/// 验收项 · One line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the list, e.g. `1.3` or the id of a case.
    pub number: String,
    /// For people.
    pub title: String,
    /// What is to be shown.
    pub work: Work,
    /// Why it is not to be shown here; empty = it is.
    pub not_applicable: String,
}

/// 内容 · What a line asks for.
#[derive(Clone, Debug)]
pub enum Work {
    /// Transactions in order, whenever they come; more than one part where several persons are swiped, all to be shown.
    Visits(Vec<Part>),
    /// One thing at a time, each in bounded time.
    Script(Vec<Cue>),
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
    /// What comes next in each part that is not done, e.g. `hangzhou-employee H33020000001: 2207 2208`; of a script its
    /// steps that are not done, and how long there is for the first.
    pub missing: Vec<String>,
    /// True where it waits for a person to say that something was done.
    pub confirm: bool,
    /// Of a script: what was expected of its steps so far, and what there was.
    pub held: Vec<Held>,
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
    /// Every number by which it names somebody: that one, and those of papers and cards.
    pub names: Vec<PersonNo>,
    /// 发送方报文ID
    pub msgid: String,
    /// HTTP status and body that came back, if any did.
    pub answer: Option<(u16, Bytes)>,
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
    lines: Vec<(Line, State)>,
}

/// How far a line has come.
#[derive(Debug)]
enum State {
    Visits(Vec<Progress>),
    Script(Run),
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
            let state = match &line.work {
                Work::Visits(parts) => {
                    State::Visits(parts.iter().map(|_| Progress::default()).collect())
                }
                Work::Script(_) => State::Script(Run::default()),
            };
            (line, state)
        });
        Acceptance {
            lines: begun.collect(),
        }
    }

    /// Moves on every line of transactions that the exchange belongs to, and of the scripts the first for which it was
    /// meant. `now` is when it came.
    pub fn take(&mut self, now: Moment, told: &Told) {
        self.tick(now);
        for (line, state) in &mut self.lines {
            if let (Work::Visits(parts), State::Visits(all)) = (&line.work, state)
                && line.not_applicable.is_empty()
            {
                for (part, progress) in parts.iter().zip(all) {
                    progress.take(part, told);
                }
            }
        }
        // Whoever still waits comes before whoever waited in vain.
        for in_vain in [false, true] {
            let mut scripts = self.scripts();
            if scripts
                .any(|(cues, run)| run.is_late(cues, now) == in_vain && run.take(cues, now, told))
            {
                break;
            }
        }
        self.tick(now);
    }

    /// Looks at the clock: what is out of time is over, and the next script begins.
    pub fn tick(&mut self, now: Moment) {
        let mut waits = false;
        for (cues, run) in self.scripts() {
            if !waits {
                run.begin(now);
            }
            run.tick(cues, now);
            waits |= !run.is_over(cues);
        }
    }

    /// Somebody says that what a person was told is done: in the line of that number, else in the first that asks.
    /// `by` is who or what says so. The number of the line; `None` where nobody was asked.
    pub fn confirm(&mut self, now: Moment, number: Option<&str>, by: &str) -> Option<String> {
        self.tick(now);
        let asked = |(line, state): &mut &mut (Line, State)| match (&line.work, state) {
            (Work::Script(cues), State::Script(run)) if line.not_applicable.is_empty() => {
                let asks = matches!(run.asks(cues), Some(Cue::Tell { .. }));
                let named = number.is_none_or(|number| number == line.number);
                asks && named && run.confirm(cues, now, by)
            }
            _ => false,
        };
        let (line, _) = self
            .lines
            .iter_mut()
            .find_map(|mut one| asked(&mut one).then_some(one))?;
        let number = line.number.clone();
        self.tick(now);
        Some(number)
    }

    /// What is asked for now: number of the line, its title, and its step.
    pub fn asks(&mut self, now: Moment) -> Vec<(String, String, Cue)> {
        self.tick(now);
        let asks = |(line, state): &(Line, State)| match (&line.work, state) {
            (Work::Script(cues), State::Script(run)) if line.not_applicable.is_empty() => {
                let cue = run.asks(cues)?.clone();
                Some((line.number.clone(), line.title.clone(), cue))
            }
            _ => None,
        };
        self.lines.iter().filter_map(asks).collect()
    }

    /// All lines as they stand, in order.
    pub fn standings(&mut self, now: Moment) -> Vec<Standing> {
        self.tick(now);
        self.lines
            .iter()
            .map(|(line, state)| match (&line.work, state) {
                (Work::Visits(parts), State::Visits(all)) => standing(line, parts, all),
                (Work::Script(cues), State::Script(run)) => scripted(line, cues, run, now),
                _ => unreachable!("a state is made for its line's work"),
            })
            .collect()
    }

    /// Scripts that apply, with what they ask for.
    fn scripts(&mut self) -> impl Iterator<Item = (&[Cue], &mut Run)> {
        let scripts = self
            .lines
            .iter_mut()
            .filter_map(|(line, state)| match (&line.work, state) {
                (Work::Script(cues), State::Script(run)) => {
                    Some((line.not_applicable.is_empty(), &cues[..], run))
                }
                _ => None,
            });
        scripts.filter_map(|(applies, cues, run)| applies.then_some((cues, run)))
    }
}

fn scripted(line: &Line, cues: &[Cue], run: &Run, now: Moment) -> Standing {
    let applies = line.not_applicable.is_empty();
    let (mark, why) = match applies {
        true => run.mark(cues),
        false => (Mark::NotApplicable, line.not_applicable.clone()),
    };
    Standing {
        number: line.number.clone(),
        title: line.title.clone(),
        mark,
        done: run.done(),
        of: cues.len(),
        missing: match applies {
            true => run.missing(cues, now),
            false => Vec::new(),
        },
        confirm: applies && matches!(run.asks(cues), Some(Cue::Tell { .. })),
        held: run.held(cues),
        why,
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

fn standing(line: &Line, asked: &[Part], parts: &[Progress]) -> Standing {
    let pairs = || asked.iter().zip(parts);
    let of: usize = asked.iter().map(|part| part.transactions.len()).sum();
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
    } else if !asked.is_empty() && parts.iter().all(|one| one.passed) && of > 0 {
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
        confirm: false,
        held: Vec::new(),
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
