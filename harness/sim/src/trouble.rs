//! 变故 · What may go wrong without any party being at fault: links, processes, clocks.
//!
//! Each trouble names its place by counting (the nth leg of a kind, the nth point of the harness's life), so that one
//! can be left out and the others stay what they are. All of them pass: a run must come clean through them.
//! Not here: faults of parties (`mocks::fault`), who draws them (`recipe`), who carries them out (`air`, `scene`).

use crosswipe_domain::Role;

/// 一段 · A leg of a message's way, named by where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hop {
    /// To a party.
    To(Role),
    /// An answer, back to a party that waits.
    BackTo(Role),
    /// An answer, back to the harness.
    Home,
}

impl Hop {
    /// Every leg of a message across cities, in order.
    pub const ALL: [Hop; 8] = [
        Hop::To(Role::His),
        Hop::To(Role::Treatment),
        Hop::To(Role::Hub),
        Hop::To(Role::Insured),
        Hop::BackTo(Role::Hub),
        Hop::BackTo(Role::Treatment),
        Hop::BackTo(Role::His),
        Hop::Home,
    ];

    /// The same leg the other way round: a link that is cut carries nothing either way.
    pub(crate) fn link(self) -> Hop {
        match self {
            Hop::BackTo(Role::Hub) => Hop::To(Role::Insured),
            Hop::BackTo(Role::Treatment) => Hop::To(Role::Hub),
            Hop::BackTo(Role::His) => Hop::To(Role::Treatment),
            Hop::Home | Hop::BackTo(Role::Insured) => Hop::To(Role::His),
            out => out,
        }
    }

    /// True on the way there.
    pub fn is_out(self) -> bool {
        matches!(self, Hop::To(_))
    }
}

/// 何事 · What happens to a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It is lost; whoever waits sees the connection close.
    Lost,
    /// Nobody waits any longer, and it goes on after so many milliseconds of business time.
    Late {
        /// How much later.
        ms: i64,
        /// Only the harness gave up; parties on the way still wait.
        harness_alone: bool,
    },
    /// It arrives, and once more so many milliseconds later.
    Twice {
        /// How much later.
        ms: i64,
    },
    /// From here on its link carries nothing for so many milliseconds, either way.
    Cut {
        /// How long.
        ms: i64,
    },
    /// The party at its end is started again right before it takes it.
    Restart,
}

/// 身后 · What becomes of messages that the harness had under way when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aftermath {
    /// They are lost.
    Lost,
    /// They go on to their end.
    Delivered,
    /// They go on so many milliseconds later.
    Late(i64),
}

/// 变故 · One trouble, and where it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// On the nth leg of a kind, from 1.
    OnLeg {
        /// Which legs count.
        hop: Hop,
        /// Which of them.
        nth: u32,
        /// What happens.
        what: What,
    },
    /// The harness is killed at a point of its life, and resumed.
    Killed {
        /// Which point of that life, from 0.
        point: u64,
        /// What becomes of its messages.
        after: Aftermath,
        /// Milliseconds until it is resumed, business time.
        gap_ms: i64,
    },
    /// A party's clock goes wrong by so many milliseconds, all the time.
    Skewed {
        /// Which party, by its place in the plan's list of machines.
        party: u32,
        /// Before (or, below 0, behind) the others.
        ms: i64,
    },
}

/// 类 · The kinds of trouble, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A request was lost.
    RequestLost,
    /// An answer was lost.
    AnswerLost,
    /// A request came late.
    Late,
    /// A request came twice.
    Twice,
    /// A link was cut for a while.
    Cut,
    /// A party was started again.
    Restart,
    /// The harness was killed and resumed.
    Killed,
    /// A clock went wrong.
    Skewed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::RequestLost,
        Kind::AnswerLost,
        Kind::Late,
        Kind::Twice,
        Kind::Cut,
        Kind::Restart,
        Kind::Killed,
        Kind::Skewed,
    ];

    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RequestLost => "request-lost",
            Kind::AnswerLost => "answer-lost",
            Kind::Late => "request-late",
            Kind::Twice => "request-twice",
            Kind::Cut => "link-cut",
            Kind::Restart => "party-restarted",
            Kind::Killed => "harness-killed",
            Kind::Skewed => "clock-skewed",
        }
    }
}

impl Trouble {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Trouble::OnLeg { hop, what, .. } => match what {
                What::Lost if hop.is_out() => Kind::RequestLost,
                What::Lost => Kind::AnswerLost,
                What::Late { .. } => Kind::Late,
                What::Twice { .. } => Kind::Twice,
                What::Cut { .. } => Kind::Cut,
                What::Restart => Kind::Restart,
            },
            Trouble::Killed { .. } => Kind::Killed,
            Trouble::Skewed { .. } => Kind::Skewed,
        }
    }
}
