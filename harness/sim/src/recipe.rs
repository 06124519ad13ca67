//! 配方 · All that a seed says: which cases, in which order, and which troubles on the way.
//!
//! «Swarm»: each seed draws first which kinds of trouble it knows at all, and how many; so some seeds meet one kind again
//! and again, others all kinds at once. Drawn before anything runs, so that a part can be left out and the rest stays.
//! Not here: how strong a trouble may be before nobody could come clean through it: that is what the bounds below say.

use crosswipe_domain::Role;
use crosswipe_mocks::{FaultClass, FaultOrder};

use crate::dice::Dice;
use crate::stage::Stage;
use crate::trouble::{Aftermath, Hop, Kind, Trouble, What};

/// 花色 · What a campaign lets happen, beside another order of things and the faults that it arms in every seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mix {
    /// Links, processes and clocks.
    pub transport: bool,
    /// In each seed one fault of a party, of those that a party can have.
    pub parties: bool,
    /// 大场 · So many cases in each seed, all of them swipes that succeed; the same in every seed, played in another order
    /// of messages. One to three of all kinds where this is not said.
    pub crowd: Option<usize>,
}

/// 配方 · What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// Indices into the plan's cases, in the order of their lanes, each with its number as drawn, from 1.
    pub cases: Vec<(usize, usize)>,
    /// Milliseconds by which a case begins later than the plan says, by its number; what has an instant of its own keeps it.
    pub delays_ms: Vec<i64>,
    /// Troubles, each with its number as drawn, from 1.
    pub troubles: Vec<(usize, Trouble)>,
    /// A fault of a party.
    pub fault: Option<FaultOrder>,
}

/// Cases of one seed, at most.
const CASES: i64 = 3;
/// Legs of a kind that one case and its probes take, about.
const LEGS: i64 = 24;
/// Points that the harness passes in one case and its probes, about.
const POINTS: i64 = 420;
/// Shorter than the quiet period, so that what is late comes before the last look.
const LATEST_MS: i64 = 20_000;
/// Shorter than the patience of any undo.
const LONGEST_CUT_MS: i64 = 12_000;
/// What a clock may be wrong by; nobody begins so near the opening bell that his phase would be another one there.
const SKEW_MS: i64 = 2_000;
/// How long after the opening bell a case begins.
const BEGINS_MS: (i64, i64) = (3_000, 60_000);

impl Recipe {
    /// What a seed says.
    pub fn draw(stage: &Stage, mix: Mix, seed: u64) -> Recipe {
        let mut dice = Dice::of(seed, "cases");
        let chosen = match mix.crowd {
            Some(cases) => stage.crowd(cases),
            None => {
                let mut chosen = match mix.parties && !mix.transport {
                    true => in_turn(stage, seed),
                    false => by_lot(stage, &mut dice),
                };
                dice.shuffle(&mut chosen);
                chosen
            }
        };
        let mut troubles = match mix.transport {
            true => troubles(&mut Dice::of(seed, "troubles"), chosen.len() as i64),
            false => Vec::new(),
        };
        if chosen.iter().any(|case| stage.is_timed(*case)) {
            // A case that stands at the edge of a phase is refused, and rightly, by whoever's clock is wrong.
            troubles.retain(|trouble| trouble.kind() != Kind::Skewed);
        }
        let delays = chosen
            .iter()
            .map(|_| dice.between(BEGINS_MS.0, BEGINS_MS.1));
        let delays_ms = delays.collect();
        let numbered = |at: usize| at + 1;
        Recipe {
            seed,
            delays_ms,
            fault: match mix.parties {
                true => fault(seed),
                false => None,
            },
            cases: chosen
                .into_iter()
                .enumerate()
                .map(|(at, case)| (numbered(at), case))
                .collect(),
            troubles: troubles
                .into_iter()
                .enumerate()
                .map(|(at, trouble)| (numbered(at), trouble))
                .collect(),
        }
    }

    /// The same recipe with these cases and troubles only, by number.
    pub fn keeping(&self, cases: Option<&[usize]>, troubles: Option<&[usize]>) -> Recipe {
        let kept = |of: Option<&[usize]>, number: &usize| of.is_none_or(|of| of.contains(number));
        Recipe {
            seed: self.seed,
            delays_ms: self.delays_ms.clone(),
            fault: self.fault.clone(),
            cases: self
                .cases
                .iter()
                .filter(|(number, _)| kept(cases, number))
                .copied()
                .collect(),
            troubles: self
                .troubles
                .iter()
                .filter(|(number, _)| kept(troubles, number))
                .copied()
                .collect(),
        }
    }

    /// The plan's cases, in the order of their lanes.
    pub(crate) fn case_indices(&self) -> Vec<usize> {
        self.cases.iter().map(|(_, case)| *case).collect()
    }

    /// Kills of the harness, in the order of its lives.
    pub(crate) fn kills(&self) -> impl Iterator<Item = (usize, u64, Aftermath, i64)> {
        self.troubles
            .iter()
            .filter_map(|(number, trouble)| match trouble {
                Trouble::Killed {
                    point,
                    after,
                    gap_ms,
                } => Some((*number, *point, *after, *gap_ms)),
                _ => None,
            })
    }
}

/// 可画的故障 · Every fault that a party can be ordered to have by its name alone; those that must be told more, e.g.
/// whose clock, are ordered for a whole campaign.
pub(crate) fn faults_by_name() -> impl Iterator<Item = FaultOrder> {
    let orders = FaultClass::all().iter();
    orders
        .filter(|class| !class.is_of_harness())
        .filter_map(|class| class.id.parse().ok())
}

/// Each in its turn, so that none is met less often than another because the dice would have it so.
fn fault(seed: u64) -> Option<FaultOrder> {
    let place = seed.checked_rem(faults_by_name().count() as u64)?;
    faults_by_name().nth(usize::try_from(place).ok()?)
}

/// Cases as the dice have it.
fn by_lot(stage: &Stage, dice: &mut Dice) -> Vec<usize> {
    let mut chosen = vec![stage.settling()[dice.below(stage.settling().len())]];
    let more = if dice.one_in(3) {
        dice.between(1, CASES - 1)
    } else {
        0
    };
    for _ in 0..more {
        let another = stage.drawable()[dice.below(stage.drawable().len())];
        if !chosen.contains(&another) {
            chosen.push(another);
        }
    }
    chosen
}

/// Every so many rounds of all faults, cases that settle nothing are played too.
const LIGHT_EVERY: u64 = 3;

/// A fault of a party waits for one kind of business: two cases that settle, every pair of them in its turn with every
/// fault, and now and then beside them all that settle nothing of the run's own.
fn in_turn(stage: &Stage, seed: u64) -> Vec<usize> {
    let settling = stage.settling();
    let of = settling.len() as u64;
    let round = seed / (faults_by_name().count() as u64).max(1);
    let further = 1 + (round / of) % (of - 1).max(1);
    let mut chosen = Vec::new();
    for place in [round % of, (round + further) % of] {
        let case = usize::try_from(place).map_or(settling[0], |place| settling[place]);
        if !chosen.contains(&case) {
            chosen.push(case);
        }
    }
    if round.is_multiple_of(LIGHT_EVERY) {
        let light = stage.drawable().iter().chain(stage.public());
        chosen.extend(light.filter(|case| !settling.contains(*case)));
    }
    chosen
}

fn troubles(dice: &mut Dice, cases: i64) -> Vec<Trouble> {
    let mut kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|_| dice.one_in(2)).collect();
    if kinds.is_empty() {
        kinds.push(Kind::ALL[dice.below(Kind::ALL.len())]);
    }
    let most = if dice.one_in(8) { 8 } else { 4 };
    let count = dice.between(1, most);
    let mut drawn: Vec<Trouble> = Vec::new();
    for _ in 0..count {
        let kind = kinds[dice.below(kinds.len())];
        let trouble = one(dice, kind, cases);
        let alike = drawn.iter().filter(|other| other.kind() == kind).count();
        // Twice as many cuts, deaths or wrong clocks are no more recoverable than a harness without end.
        let rare = matches!(kind, Kind::Cut | Kind::Killed | Kind::Skewed);
        if !rare || alike < 2 {
            drawn.push(trouble);
        }
    }
    drawn
}

fn one(dice: &mut Dice, kind: Kind, cases: i64) -> Trouble {
    let out = [
        Hop::To(Role::His),
        Hop::To(Role::Treatment),
        Hop::To(Role::Hub),
        Hop::To(Role::Insured),
    ];
    let back = [
        Hop::BackTo(Role::Hub),
        Hop::BackTo(Role::Treatment),
        Hop::BackTo(Role::His),
        Hop::Home,
    ];
    let nth = dice.between(1, LEGS * cases) as u32;
    let (hop, what) = match kind {
        Kind::RequestLost => (out[dice.below(4)], What::Lost),
        Kind::AnswerLost => (back[dice.below(4)], What::Lost),
        Kind::Late => {
            let (hop, ms) = (out[dice.below(4)], dice.between(1, LATEST_MS));
            let harness_alone = dice.one_in(2);
            (hop, What::Late { ms, harness_alone })
        }
        Kind::Twice => {
            let hop = out[dice.below(4)];
            let ms = if dice.one_in(3) {
                0
            } else {
                dice.between(1, LATEST_MS)
            };
            (hop, What::Twice { ms })
        }
        Kind::Cut => (
            out[dice.below(4)],
            What::Cut {
                ms: dice.between(500, LONGEST_CUT_MS),
            },
        ),
        // The answer's way home ends at no party.
        Kind::Restart => (Hop::ALL[dice.below(7)], What::Restart),
        Kind::Killed => {
            let after = match dice.below(3) {
                0 => Aftermath::Lost,
                1 => Aftermath::Delivered,
                _ => Aftermath::Late(dice.between(1, LATEST_MS)),
            };
            return Trouble::Killed {
                point: dice.between(0, POINTS * cases) as u64,
                after,
                gap_ms: dice.between(1_000, 60_000),
            };
        }
        Kind::Skewed => {
            let (party, ms) = (dice.below(64) as u32, dice.between(1, SKEW_MS));
            let ms = if dice.one_in(2) { ms } else { -ms };
            return Trouble::Skewed { party, ms };
        }
    };
    Trouble::OnLeg { hop, nth, what }
}
