//! 台 · A plan made ready for thousands of seeds: read once, shared by all threads.
//!
//! Why so: a seed plays a few cases; books that nobody touches cost time and prove nothing more, so each seed's world has
//! only those who take part. Not here: which cases a seed plays (`recipe`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crosswipe_domain::{CaseId, Export, Moment, Party};
use crosswipe_mocks::{FaultOrder, MemoryWorld, MsgidMode, Setup};
use crosswipe_runner::beginning;
use crosswipe_scenarios::{Case, Expected, Plan, Step, Swipe};

use crate::lock;

/// 台 · What all seeds of a campaign share.
pub struct Stage {
    plan: Plan,
    begins: Moment,
    faults: Vec<FaultOrder>,
    /// Cases that a seed may draw.
    drawable: Vec<usize>,
    /// Those of them that settle something.
    settling: Vec<usize>,
    /// Cases of the public: drawn where a party is at fault and no link is, so that what they moved is known.
    public: Vec<usize>,
    ready: Mutex<BTreeMap<Drawn, Arc<Set>>>,
}

/// Cases, and whether the platforms of before the cutover stand beside the new ones.
type Drawn = (Vec<usize>, bool);

/// 布景 · The world of some cases.
pub(crate) struct Set {
    /// The plan with these cases, in this order, and who takes part in them.
    pub(crate) plan: Plan,
    pub(crate) setup: Arc<Setup>,
    /// Every party's books before anything happens.
    pub(crate) opening: Vec<(Party, Export)>,
}

/// Worlds kept ready; more cost memory, and a plan with that many draws rarely meets the same again.
const READY: usize = 512;

/// A plan that no seed can draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NothingToDraw {
    /// It has no window and no case with an instant.
    #[error("the plan has no instant to begin at")]
    NoInstant,
    /// No case swipes a test person and expects it to succeed.
    #[error("no case of the plan swipes and expects success")]
    NoSwipe,
}

impl Stage {
    /// Makes a plan ready, with faults of parties that are armed in every seed.
    ///
    /// # Errors
    /// Nothing in the plan can be drawn.
    pub fn new(mut plan: Plan, faults: Vec<FaultOrder>) -> Result<Stage, NothingToDraw> {
        plan.files.clear();
        let begins = beginning(&plan).ok_or(NothingToDraw::NoInstant)?;
        // Strangers move books and nobody writes it down: what must come of a seed would not be known. What the public
        // does is written down when it is answered, and lost with the process that waits for it.
        let played = |index: &usize| {
            let plays = plan.cases[*index].leaves();
            plays.filter_map(|step| match step {
                Step::Play(play) => Some(play.stranger.is_some()),
                Step::Office(_) => Some(false),
                _ => None,
            })
        };
        let all = 0..plan.cases.len();
        let drawable: Vec<usize> = all
            .clone()
            .filter(|index| played(index).next().is_none())
            .collect();
        let public: Vec<usize> = all
            .filter(|index| played(index).next().is_some() && !played(index).any(|strange| strange))
            .collect();
        let settling = drawable.iter().copied();
        let settling: Vec<usize> = settling
            .filter(|index| plan.cases[*index].leaves().any(settles))
            .collect();
        if settling.is_empty() {
            return Err(NothingToDraw::NoSwipe);
        }
        Ok(Stage {
            plan,
            begins,
            faults,
            drawable,
            settling,
            public,
            ready: Mutex::default(),
        })
    }

    /// The whole plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Faults of parties, armed in every seed.
    pub fn faults(&self) -> &[FaultOrder] {
        &self.faults
    }

    /// Swipes of the cases that a seed may draw.
    pub(crate) fn swipes(&self) -> impl Iterator<Item = &Swipe> {
        let cases = self.drawable.iter().map(|index| &self.plan.cases[*index]);
        cases.flat_map(Case::leaves).filter_map(|step| match step {
            Step::Swipe(swipe) => Some(swipe),
            _ => None,
        })
    }

    /// True for a case with an instant of its own in it.
    pub(crate) fn is_timed(&self, case: usize) -> bool {
        timed(&self.plan.cases[case])
    }

    pub(crate) fn begins(&self) -> Moment {
        self.begins
    }

    pub(crate) fn drawable(&self) -> &[usize] {
        &self.drawable
    }

    pub(crate) fn settling(&self) -> &[usize] {
        &self.settling
    }

    /// Cases of the public.
    pub(crate) fn public(&self) -> &[usize] {
        &self.public
    }

    /// So many cases that settle something at any time, in the plan's order and then again from the first.
    pub(crate) fn crowd(&self, cases: usize) -> Vec<usize> {
        let any_time = self.settling.iter().filter(|case| !self.is_timed(**case));
        let any_time: Vec<usize> = any_time.copied().collect();
        let of = match any_time.is_empty() {
            true => &self.settling,
            false => &any_time,
        };
        of.iter().cycle().take(cases).copied().collect()
    }

    /// Swipes that a case settles where nothing goes wrong.
    pub fn swipes_of(&self, case: usize) -> u64 {
        let leaves = self.plan.cases[case].leaves();
        leaves.filter(|step| settles(step)).count() as u64
    }

    /// The world of these cases, with the platforms of before the cutover where a fault of the seed needs them.
    pub(crate) fn set(&self, cases: &[usize], old_platforms: bool) -> Arc<Set> {
        let key = (cases.to_vec(), old_platforms);
        if let Some(set) = lock(&self.ready).get(&key) {
            return Arc::clone(set);
        }
        let set = Arc::new(self.build(cases, old_platforms));
        let mut ready = lock(&self.ready);
        if ready.len() < READY {
            ready.insert(key, Arc::clone(&set));
        }
        set
    }

    fn build(&self, cases: &[usize], old_platforms: bool) -> Set {
        let mut plan = self.plan.with_only(self.named_apart(cases));
        plan.topology.old_platforms |= old_platforms;
        let setup = Setup::new(
            plan.topology.clone(),
            &plan.registry,
            plan.window.clone(),
            plan.arranged.clone(),
            MsgidMode::default(),
        );
        let world = MemoryWorld::new(&setup, Vec::new());
        let opening = plan.topology.parties().into_iter();
        let opening = opening
            .filter_map(|party| Some((party.clone(), world.export(&party, self.begins)?)))
            .collect();
        Set {
            plan,
            setup,
            opening,
        }
    }

    /// The cases, each with a name of its own: one that is played again says the how-manieth time it is.
    fn named_apart(&self, cases: &[usize]) -> Vec<Case> {
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        let again = |index: &usize| {
            let times = times.entry(*index).or_default();
            *times += 1;
            let mut case = self.plan.cases[*index].clone();
            if *times > 1 {
                let named = CaseId::parse(&format!("{}~{times}", case.id));
                let numbered = || CaseId::parse(&format!("{index}~{times}"));
                case.id = named.or_else(|_| numbered()).expect("numbers are short");
            }
            case
        };
        cases.iter().map(again).collect()
    }
}

/// True for a swipe that is to succeed.
fn settles(step: &Step) -> bool {
    matches!(step, Step::Swipe(swipe) if swipe.expect.outcome == Expected::Ok)
}

/// True for a case with an instant of its own in it.
pub(crate) fn timed(case: &Case) -> bool {
    case.leaves().any(|step| match step {
        Step::Swipe(swipe) => swipe.at.or(swipe.undo_at).is_some(),
        Step::Call(call) => call.at.is_some(),
        Step::Play(play) => play.at.is_some(),
        Step::Office(office) => office.at.is_some(),
        Step::Parallel(_) => false,
    })
}
