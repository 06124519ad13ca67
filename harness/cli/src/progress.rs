//! 进度 · How far a run has come: bars on a terminal, now and then a plain line elsewhere.
//!
//! Why so: what a tester fears is money that stays out, so beside the cases stands what is open, region by region, from
//! the moment a settlement leaves. Everything shown is counted from durable records (`tally`), so it can say nothing
//! that the journal does not. Called by `run` and `resume`. Not here: what the verdict is.

mod lines;
mod tally;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crosswipe_domain::CaseId;
use crosswipe_journal::{Record, RunHeader};
use crosswipe_reports::Lang;
use crosswipe_runner::{Progress, Watcher};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::tally::Tally;
use crate::complain::to_stderr;

/// Between two pictures on a terminal.
const FRAME: Duration = Duration::from_millis(100);
/// Between two lines where stderr is no terminal: a short run says nothing at all.
const LINE: Duration = Duration::from_secs(10);
/// Regions that get a lane of their own; what the others came to is one lane.
const LANES: usize = 8;

/// 看板 · What is shown of one run; a copy is the same board.
#[derive(Clone)]
pub(crate) struct Board(Arc<Inner>);

struct Inner {
    lang: Lang,
    shown: Shown,
    state: Mutex<State>,
}

/// Where it is shown.
enum Shown {
    /// Nowhere but for waits: `--quiet` says not even those.
    Nowhere { quiet: bool },
    /// One bar per line on a terminal.
    Bars(MultiProgress, Vec<ProgressBar>),
    /// A line now and then.
    Lines(ProgressBar),
}

struct State {
    tally: Tally,
    /// When something is shown next, since the start.
    next: Duration,
}

impl Board {
    /// A board for these cases of a run; none of them where nothing new is played. Nothing is shown for `quiet`, nor for
    /// programs that read JSON.
    pub(crate) fn new(
        header: &RunHeader,
        cases: impl IntoIterator<Item = CaseId>,
        lang: Lang,
        (quiet, json): (bool, bool),
    ) -> Board {
        let terminal = std::io::stderr().is_terminal();
        let shown = match (quiet, terminal) {
            (true, _) => Shown::Nowhere { quiet },
            (false, true) => bars(),
            (false, false) if json => Shown::Nowhere { quiet },
            (false, false) => Shown::Lines(ProgressBar::hidden()),
        };
        let next = match shown {
            Shown::Lines(_) => LINE,
            _ => Duration::ZERO,
        };
        let plan = &header.plan;
        let treated = plan.cases.iter().map(|case| (&case.case, &case.treatment));
        let treated: BTreeMap<_, _> = treated.collect();
        let place = |case: CaseId| {
            let place = treated.get(&case).copied().copied().flatten();
            (case, place)
        };
        let names = plan.regions.iter().cloned().collect();
        let tally = Tally::new(names, cases.into_iter().map(place).collect());
        Board(Arc::new(Inner {
            lang,
            shown,
            state: Mutex::new(State { tally, next }),
        }))
    }

    /// What the run is given to tell.
    pub(crate) fn watcher(&self) -> Watcher {
        let board = self.clone();
        Arc::new(move |progress| board.told(progress))
    }

    /// Takes in what a journal held before.
    pub(crate) fn recall(&self, records: &[Record]) {
        let mut state = self.state();
        records.iter().for_each(|record| state.tally.apply(record));
    }

    /// A case that nobody's run plays has ended: one in a world of its own.
    pub(crate) fn ended(&self, case: &CaseId, good: bool) {
        self.state().tally.ended(case, good);
        self.draw();
    }

    /// Takes everything off the terminal.
    pub(crate) fn clear(&self) {
        if let Shown::Bars(all, bars) = &self.0.shown {
            bars.iter().for_each(ProgressBar::finish_and_clear);
            // A terminal that is gone needs no cleaning.
            let _ = all.clear();
        }
    }

    fn told(&self, progress: Progress<'_>) {
        match progress {
            Progress::Durable(_) if matches!(self.0.shown, Shown::Nowhere { .. }) => {}
            Progress::Durable(record) => {
                self.state().tally.apply(record);
                self.draw();
            }
            Progress::WaitsUntil(until) => {
                let told = match self.0.lang {
                    Lang::Zh => format!("等到 {until}\n"),
                    Lang::En => format!("waiting until {until}\n"),
                };
                match &self.0.shown {
                    Shown::Nowhere { quiet: true } => {}
                    Shown::Bars(all, _) => all.suspend(|| to_stderr(&told)),
                    Shown::Nowhere { .. } | Shown::Lines(_) => to_stderr(&told),
                }
            }
        }
    }

    /// Shows how it stands, if it is time.
    fn draw(&self) {
        match &self.0.shown {
            Shown::Nowhere { .. } => {}
            Shown::Bars(_, bars) => {
                let Some(lanes) = self.due(bars[0].elapsed(), FRAME, |tally| {
                    lines::bars(tally, LANES, self.0.lang)
                }) else {
                    return;
                };
                let blank = std::iter::repeat(String::new());
                for (bar, text) in bars.iter().zip(lanes.into_iter().chain(blank)) {
                    bar.set_message(text);
                }
            }
            Shown::Lines(since) => {
                let elapsed = since.elapsed();
                let line = self.due(elapsed, LINE, |tally| {
                    lines::plain(tally, elapsed, self.0.lang)
                });
                if let Some(line) = line {
                    to_stderr(&(line + "\n"));
                }
            }
        }
    }

    /// What is to be shown now, if enough time has passed since something was.
    fn due<T>(&self, elapsed: Duration, pace: Duration, made: impl Fn(&Tally) -> T) -> Option<T> {
        let mut state = self.state();
        if elapsed < state.next {
            return None;
        }
        state.next = elapsed + pace;
        Some(made(&state.tally))
    }

    /// Whoever panicked while counting does not stop a run.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar for the whole, one for each lane, one for what has none.
fn bars() -> Shown {
    let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{wide_msg}").expect("the template is ours");
    let bar = |_| all.add(ProgressBar::new_spinner().with_style(style.clone()));
    let bars = (0..LANES + 2).map(bar).collect();
    Shown::Bars(all, bars)
}
