//! 时间轴 · The window's phases, what was sent in each, and the instants that matter.

use crosswipe_domain::{Moment, Nature, Phase, Window};
use crosswipe_journal::{Payload, Purpose, Record};

/// 阶段 · A phase and the forward messages that were sent in it.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) phase: Phase,
    pub(crate) forward: usize,
    pub(crate) undo: usize,
}

/// 标记 · An instant that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: Moment,
    pub(crate) kind: MarkKind,
}

/// What happened at a mark; the order breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// Exports before the first message.
    T0,
    /// First message that may book.
    FirstForward,
    /// Last message that may book.
    LastForward,
    /// Last message that undid something.
    LastUndo,
    /// A new process took over.
    Takeover,
    /// The run was asked to stop.
    Interrupted(String),
    /// A bound moved: which, and where to.
    Amended(String, Moment),
    /// Latest instant for a forward test message: window end − margin.
    Deadline,
    /// Exports after everything was undone.
    T1,
    /// The window ends.
    WindowEnd,
    /// Second look, after a day roll.
    T2,
}

/// The window as it ended: what moved in mid-run stands in WINDOW.
pub(crate) fn ended(first: &Window, records: &[Record]) -> Window {
    let mut window = first.clone();
    for record in records {
        if let Payload::Window(moved) = &record.payload
            && !window.amended.contains(&moved.amendment)
        {
            window.amended.push(moved.amendment.clone());
        }
    }
    window.amended.sort_by_key(|one| one.known);
    window.latest().into_owned()
}

pub(crate) fn stretches(window: &Window, records: &[Record]) -> Vec<Stretch> {
    let within = |phase: &Phase, at: Moment| phase.from <= at && phase.to.is_none_or(|to| at < to);
    let count = |phase: &Phase, wanted: fn(&Record) -> bool| {
        records
            .iter()
            .filter(|r| wanted(r) && within(phase, r.at))
            .count()
    };
    let stretch = |phase: &Phase| Stretch {
        forward: count(phase, is_forward),
        undo: count(phase, is_undo),
        phase: phase.clone(),
    };
    window.phases.iter().map(stretch).collect()
}

pub(crate) fn marks(window: &Window, records: &[Record]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = records.iter().filter_map(mark).collect();
    let mut put = |at: Option<Moment>, kind: MarkKind| marks.extend(at.map(|at| Mark { at, kind }));
    put(
        records.iter().find(|r| is_forward(r)).map(|r| r.at),
        MarkKind::FirstForward,
    );
    put(
        records.iter().rev().find(|r| is_forward(r)).map(|r| r.at),
        MarkKind::LastForward,
    );
    put(
        records.iter().rev().find(|r| is_undo(r)).map(|r| r.at),
        MarkKind::LastUndo,
    );
    put(window.end(), MarkKind::WindowEnd);
    put(
        window.end().map(|end| end.plus_ms(-window.margin_ms)),
        MarkKind::Deadline,
    );
    marks.sort_by(|a, b| (a.at, &a.kind).cmp(&(b.at, &b.kind)));
    marks
}

fn mark(record: &Record) -> Option<Mark> {
    let kind = match &record.payload {
        Payload::Snap0(_) => MarkKind::T0,
        Payload::Snap1(_) => MarkKind::T1,
        Payload::Snap2(_) => MarkKind::T2,
        Payload::Takeover(_) => MarkKind::Takeover,
        Payload::Window(moved) => {
            let amendment = &moved.amendment;
            MarkKind::Amended(amendment.bound.clone(), amendment.to)
        }
        Payload::Interrupted(interrupted) => MarkKind::Interrupted(interrupted.by.clone()),
        _ => return None,
    };
    Some(Mark {
        at: record.at,
        kind,
    })
}

fn is_forward(record: &Record) -> bool {
    // Probes are exempt from the margin: counted here, the last of them would read like a breach of it.
    matches!(&record.payload, Payload::Intent(intent)
        if matches!(intent.nature, Nature::Forward | Nature::Trial)
            && !matches!(intent.purpose, Purpose::ProbeFirst | Purpose::ProbeLast))
}

fn is_undo(record: &Record) -> bool {
    matches!(record.payload, Payload::CompIntent(_))
}
