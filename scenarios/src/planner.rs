//! 排程 · An order of all cases that fits into the phases' hours, the staffed hours, the agreed number at a time, and the
//! cards; and what does not fit, each with its reason.
//!
//! Why here: the plan alone decides it, and nothing is sent for it; `cli` shows it, prints it for people with real cards,
//! and gives its starts to a run. The same plan with the same seed gives the same timetable.
//! Not here: whether a message may leave (`runner::gate` asks again), how a timetable is printed (`cli`).

mod job;
mod place;
mod spans;

use crosswipe_domain::Moment;

use self::job::{Job, job};
use self::place::place;
use crate::schedule::Schedule;
use crate::timing::{minute_down, minute_up, moment};
use crate::{Case, Plan};

/// 时间表 · Which case goes when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timetable {
    /// In the order of their beginning, then of the plan.
    pub slots: Vec<Slot>,
    /// What does not fit, in plan order.
    pub unplaced: Vec<Unplaced>,
    /// Cases of which nobody sends anything, so that they take nobody's time: the public's, and what the gate stops.
    pub idle: Vec<usize>,
}

/// 一格 · One case and its time, `from ≤ t < to`, in whole minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Index into the plan's cases.
    pub case: usize,
    /// When it begins.
    pub from: Moment,
    /// When the desk is free again.
    pub to: Moment,
    /// When nothing of it is open any more; later than `to` where the plan undoes it later.
    pub open_until: Moment,
    /// True: the plan itself says when.
    pub fixed: bool,
    /// True: people swipe, so a run sends nothing of it.
    pub by_hand: bool,
}

/// 排不下 · A case without a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// Index into the plan's cases.
    pub case: usize,
    /// Why not.
    pub why: Why,
}

/// 原因 · Why a case has no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// 窗口 · No phase allows it for so long before the margin.
    Window {
        /// What it takes.
        minutes: i64,
    },
    /// 时段 · Where it may be, nobody is there for so long.
    Hours {
        /// Codes.
        institutions: Vec<String>,
        /// What it takes.
        minutes: i64,
    },
    /// 并发 · All that was agreed upon is taken.
    Concurrency {
        /// Code of the institution or region.
        place: String,
        /// How many cases it has.
        taken: usize,
    },
    /// 人 · The person has a swipe open all the time.
    Person {
        /// Labels.
        persons: Vec<String>,
    },
    /// 卡 · The card is elsewhere when it could be.
    CardElsewhere {
        /// Labels.
        persons: Vec<String>,
    },
    /// 路 · The card cannot get there, or nobody knows how long that takes.
    CardWay {
        /// Labels.
        persons: Vec<String>,
    },
}

impl Why {
    /// `window`, `hours`, `concurrency`, `person` or `card`, in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Why::Window { .. } => "window",
            Why::Hours { .. } => "hours",
            Why::Concurrency { .. } => "concurrency",
            Why::Person { .. } => "person",
            Why::CardElsewhere { .. } | Why::CardWay { .. } => "card",
        }
    }
}

/// Orders all cases of the plan.
pub fn timetable(plan: &Plan) -> Timetable {
    let window = plan.window.latest();
    let schedule = Schedule {
        window: &window,
        topology: &plan.topology,
        arranged: &plan.arranged,
    };
    let bounds = bounds(plan);
    let mut table = Timetable::default();
    let mut jobs: Vec<Job> = Vec::new();
    for index in 0..plan.cases.len() {
        match job(plan, &schedule, &bounds, index) {
            Some(job) => jobs.push(job),
            None => table.idle.push(index),
        }
    }
    let ends = jobs.iter().filter_map(|job| Some(job.fixed? + job.length));
    let begins = jobs.iter().filter_map(|job| job.fixed);
    let from = begins
        .chain(bounds.first().map(|first| minute_up(*first)))
        .min();
    let to = ends
        .chain(bounds.last().map(|last| minute_down(*last)))
        .max();
    let placed = place(plan, &jobs, (from.unwrap_or(0), to.unwrap_or(0)));
    for (index, start) in placed.starts {
        let job = &jobs[index];
        table.slots.push(Slot {
            case: job.case,
            from: moment(start),
            to: moment(start + job.length),
            open_until: moment(start + job.length + job.open),
            fixed: job.fixed.is_some(),
            by_hand: job.by_hand,
        });
    }
    table.unplaced = placed.left;
    table.slots.sort_by_key(|slot| (slot.from, slot.case));
    table.unplaced.sort_by_key(|one| one.case);
    table
}

/// All instants at which what the gate says may change, in order, each once.
fn bounds(plan: &Plan) -> Vec<Moment> {
    let window = plan.window.latest();
    let phases = window.phases.iter();
    let mut bounds: Vec<Moment> = phases
        .flat_map(|phase| [Some(phase.from), phase.to])
        .flatten()
        .chain(window.end().map(|end| end.plus_ms(-window.margin_ms)))
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    bounds
}

impl Plan {
    /// 人工 · Whether people swipe in this case, so that a run sends nothing of it. What the gate stops nobody swipes.
    pub fn by_hand(&self, case: &Case) -> bool {
        job::institutions(case).any(|code| self.timing.is_manual(code))
    }
}
