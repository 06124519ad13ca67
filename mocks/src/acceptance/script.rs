//! 候办 · A line that a person and a HIS carry out step by step: told what to do, awaited, judged, in bounded time.
//!
//! Why so: a line of transactions fills up whenever they come; a script asks for one thing at a time, says what it waits
//! for and for how long, and what came too late is still said to have come. Scripts follow each other: the clock of the
//! first that is not over runs, and that of any whose first message came early. A person's step is over when somebody
//! says so, or when the message comes that was to follow from it. Pure: the caller says what time it is.
//! Driven by the list (`acceptance`). Not here: what is expected of an answer (`cli` brings a [`Judge`]).

use std::sync::Arc;

use crosswipe_domain::{InfNo, Moment, PersonNo};
use serde::Serialize;

use super::{Mark, Told};

/// 候办步骤 · One step of a script.
#[derive(Clone, Debug)]
pub enum Cue {
    /// A person is told what to do.
    Tell {
        /// Unique in its line.
        step: String,
        /// Chinese.
        zh: String,
        /// English.
        en: String,
        /// Real time in ms; `None` = as long as it takes.
        within_ms: Option<i64>,
    },
    /// A message has to come.
    Await {
        /// Unique in its line.
        step: String,
        /// Which; `2203` stands for `2203A` too.
        infno: InfNo,
        /// Who sends it; empty = any institution.
        institution: String,
        /// Whom it names, by any of these numbers, and the label for people; `None` = anybody.
        person: Option<(Vec<PersonNo>, String)>,
        /// Real time in ms from the end of the step before.
        within_ms: i64,
        /// What is expected of it.
        judge: Judge,
    },
}

/// 判定 · Holds an answer against what is expected of it.
#[derive(Clone)]
pub struct Judge(pub Arc<Judging>);

/// What a [`Judge`] is made of: a message with its answer in, comparisons out.
pub type Judging = dyn Fn(&Told) -> Vec<Held> + Send + Sync;

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

/// 比对 · One thing that was expected of a step, and what there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Of which step.
    pub step: String,
    /// `came`, `done`, `outcome`, or node and field.
    pub what: String,
    /// As asked for.
    pub expected: String,
    /// As it was.
    pub actual: String,
    /// Whether they agree.
    pub held: bool,
}

/// How far a script has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// Steps that are over.
    at: usize,
    /// When the current one began to wait.
    since: Option<Moment>,
    /// The current one ran out of time.
    late: bool,
    /// What is known of the steps, in their order.
    held: Vec<Held>,
    /// What the last message that fitted the current step was not.
    stopped: Vec<Held>,
    /// What in an accepted message is against the interface.
    flaw: Option<String>,
}

impl Run {
    /// True if it waits no more.
    pub(super) fn is_over(&self, cues: &[Cue]) -> bool {
        self.late || self.at == cues.len()
    }

    /// Begins, unless it has.
    pub(super) fn begin(&mut self, now: Moment) {
        self.since.get_or_insert(now);
    }

    /// Looks at the clock.
    pub(super) fn tick(&mut self, cues: &[Cue], now: Moment) {
        self.late |= self.is_late(cues, now);
    }

    /// True if what it waits for should have come by now.
    pub(super) fn is_late(&self, cues: &[Cue], now: Moment) -> bool {
        self.deadline(cues).is_some_and(|until| until < now)
    }

    fn deadline(&self, cues: &[Cue]) -> Option<Moment> {
        let within = match cues.get(self.at)? {
            Cue::Tell { within_ms, .. } => (*within_ms)?,
            Cue::Await { within_ms, .. } => *within_ms,
        };
        Some(self.since?.plus_ms(within))
    }

    /// True if the message was meant: it moves the script on, or says why it stands still. `now` is when it came.
    pub(super) fn take(&mut self, cues: &[Cue], now: Moment, told: &Told) -> bool {
        let ahead = cues.get(self.at..).unwrap_or_default();
        let Some(skipped) = (ahead.iter()).position(|cue| matches!(cue, Cue::Await { .. })) else {
            return false;
        };
        let Cue::Await {
            step,
            infno,
            judge,
            within_ms,
            ..
        } = &ahead[skipped]
        else {
            return false;
        };
        if !ahead[skipped].fits(told) {
            return false;
        }
        // What a person is to do first was not even said yet.
        if self.since.is_none() && skipped > 0 {
            return false;
        }
        let begun = *self.since.get_or_insert(now);
        if self.is_late(cues, now) {
            self.late = true;
            let after = now.epoch_ms() - begun.epoch_ms();
            self.stopped = vec![Held {
                step: step.clone(),
                what: "came".to_owned(),
                expected: format!("{infno} ≤ {}", length(*within_ms)),
                actual: format!("{infno} {}", length(after)),
                held: false,
            }];
            return true;
        }
        // It came in time, and only its answer took longer.
        self.late = false;
        for _ in 0..skipped {
            self.confirm(cues, now, &format!("{infno}"));
        }
        let judged = (judge.0)(told);
        if judged.iter().any(|one| !one.held) {
            self.stopped = judged;
            return true;
        }
        let came = Held {
            step: step.clone(),
            what: "came".to_owned(),
            expected: format!("{infno} ≤ {}", length(*within_ms)),
            actual: format!(
                "{infno} {}",
                length(now.epoch_ms() - self.since.map_or(now, |since| since).epoch_ms())
            ),
            held: true,
        };
        if told.ok && !told.trouble.is_empty() && self.flaw.is_none() {
            self.flaw = Some(format!("{}: {}", told.infno, told.trouble));
        }
        self.held.push(came);
        self.held.extend(judged);
        self.go_on(now);
        true
    }

    /// A person's step is done, as `by` says; false if the script waits for something else.
    pub(super) fn confirm(&mut self, cues: &[Cue], now: Moment, by: &str) -> bool {
        let Some(Cue::Tell { step, .. }) = cues.get(self.at).filter(|_| !self.late) else {
            return false;
        };
        self.held.push(Held {
            step: step.clone(),
            what: "done".to_owned(),
            expected: "-".to_owned(),
            actual: by.to_owned(),
            held: true,
        });
        self.go_on(now);
        true
    }

    fn go_on(&mut self, now: Moment) {
        self.at += 1;
        self.since = Some(now);
        self.late = false;
        self.stopped.clear();
    }

    /// How many steps are done.
    pub(super) fn done(&self) -> usize {
        self.at
    }

    /// Everything that is known of its steps, for the record.
    pub(super) fn held(&self, cues: &[Cue]) -> Vec<Held> {
        let mut all = self.held.clone();
        all.extend(self.stopped.iter().cloned());
        let silent = self.stopped.is_empty();
        if let Some(cue) = cues.get(self.at).filter(|_| self.late && silent) {
            all.push(Held {
                step: cue.step().to_owned(),
                what: cue.what().to_owned(),
                expected: cue.wanted(),
                actual: "-".to_owned(),
                held: false,
            });
        }
        all
    }

    /// How it stands, and why it failed.
    pub(super) fn mark(&self, cues: &[Cue]) -> (Mark, String) {
        let broken = self.stopped.iter().find(|one| !one.held);
        let text = |one: &Held| {
            format!(
                "{}: {} {}, 应为 expected {}",
                one.step, one.what, one.actual, one.expected
            )
        };
        match (broken, &self.flaw) {
            (Some(one), _) => (Mark::Failed, text(one)),
            (None, _) if self.late => {
                let cue = cues.get(self.at).map(Cue::wanted).unwrap_or_default();
                (Mark::Failed, format!("到时没有 · not in time: {cue}"))
            }
            (None, Some(flaw)) => (Mark::Failed, flaw.clone()),
            (None, None) if self.at == cues.len() && self.at > 0 => (Mark::Passed, String::new()),
            (None, None) => (Mark::Open, String::new()),
        }
    }

    /// What is still to come; the first says how long there is.
    pub(super) fn missing(&self, cues: &[Cue], now: Moment) -> Vec<String> {
        let ahead = cues.get(self.at..).unwrap_or_default();
        let mut missing: Vec<String> = ahead.iter().map(Cue::wanted).collect();
        let left = self
            .deadline(cues)
            .map(|until| until.epoch_ms() - now.epoch_ms());
        if let (Some(first), Some(left @ 0..)) = (missing.first_mut(), left) {
            first.push_str(&format!(" (还有 left {})", length(left)));
        }
        missing
    }

    /// What it asks for now; nothing before it began and after it is over.
    pub(super) fn asks<'c>(&self, cues: &'c [Cue]) -> Option<&'c Cue> {
        let begun = self.since.is_some() && !self.late;
        cues.get(self.at).filter(|_| begun)
    }
}

impl Cue {
    /// Its name.
    pub fn step(&self) -> &str {
        match self {
            Cue::Tell { step, .. } | Cue::Await { step, .. } => step,
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Cue::Tell { .. } => "done",
            Cue::Await { .. } => "came",
        }
    }

    fn fits(&self, told: &Told) -> bool {
        let Cue::Await {
            infno,
            institution,
            person,
            ..
        } = self
        else {
            return false;
        };
        let named = |(numbers, _): &(Vec<PersonNo>, String)| {
            (told.names.iter()).any(|name| numbers.contains(name))
        };
        infno.base() == told.infno
            && (institution.is_empty() || *institution == told.institution)
            && person.as_ref().is_none_or(named)
    }

    /// What it asks for, for people.
    pub fn wanted(&self) -> String {
        match self {
            Cue::Tell { zh, en, .. } if zh == en => format!("人工 person: {zh}"),
            Cue::Tell { zh, en, .. } => format!("人工 person: {zh} · {en}"),
            Cue::Await {
                infno,
                institution,
                person,
                within_ms,
                ..
            } => {
                let label = person.as_ref().map_or("", |(_, label)| label.as_str());
                let whom = [label, institution.as_str()];
                let whom: Vec<&str> = whom.into_iter().filter(|text| !text.is_empty()).collect();
                let whom = match whom.is_empty() {
                    true => String::new(),
                    false => format!(" {}", whom.join(" ")),
                };
                format!("{infno}{whom} ≤ {}", length(*within_ms))
            }
        }
    }
}

/// `0 s`, `12 s`, `3 min 5 s`.
fn length(ms: i64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 60, seconds % 60) {
        (0, 0) if ms > 0 => format!("{ms} ms"),
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests;
