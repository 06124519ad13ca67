//! 在途 · A message on its way through a world in memory, leg by leg.
//!
//! Whoever carries it decides between any two legs: it may be lost, held back, doubled, cut off from who waits for it,
//! or overtaken. Not here: who decides that (`sim`), the machines (`memory`).

use crosswipe_domain::{Moment, Party, Role};
use crosswipe_wire::Context;

use super::{MemoryWorld, lock};
use crate::fault::Motion;
use crate::machine::{Answer, HOP_PATH, Lost, Ticket};
use crate::shell::carrier;

/// 在途 · A message on its way through the world, and the way its answer takes back.
///
/// What a party behind still owes an answer to stands in that party; a journey that is dropped is a
/// message that nobody will ever answer.
pub struct Journey {
    now: Moment,
    context: Option<Context>,
    /// Parties that wait for the one behind them, the nearest to the sender first.
    waiting: Vec<(Party, Ticket)>,
    stage: Stage,
}

/// 所到之处 · Where a message stands, right before the next thing happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts<'a> {
    /// A party is about to take it.
    Before(&'a Party),
    /// The answer is about to reach a party that waits for it.
    BackAt(&'a Party),
    /// The answer, or the news that none comes, is about to reach the sender.
    Home,
}

/// 所载 · What a message carries on its present leg.
#[derive(Clone, Copy, Debug)]
pub enum Leg<'a> {
    /// It is on its way to a party.
    Out {
        /// Which.
        to: &'a Party,
        /// Under which path.
        path: &'a str,
        /// With these bytes.
        body: &'a [u8],
    },
    /// An answer, or the news that none comes, is on its way back.
    Back(Result<&'a Answer, &'a Lost>),
}

enum Stage {
    Out {
        to: Party,
        path: String,
        body: Vec<u8>,
    },
    Back(Result<Answer, Lost>),
}

impl Journey {
    /// A message that is about to reach its first party.
    pub fn new(
        now: Moment,
        to: &Party,
        path: &str,
        context: Option<&Context>,
        body: &[u8],
    ) -> Journey {
        Journey {
            now,
            context: context.cloned(),
            waiting: Vec::new(),
            stage: Stage::Out {
                to: to.clone(),
                path: path.to_owned(),
                body: body.to_vec(),
            },
        }
    }

    /// Where it stands.
    pub fn whereabouts(&self) -> Whereabouts<'_> {
        match (&self.stage, self.waiting.last()) {
            (Stage::Out { to, .. }, _) => Whereabouts::Before(to),
            (Stage::Back(_), Some((party, _))) => Whereabouts::BackAt(party),
            (Stage::Back(_), None) => Whereabouts::Home,
        }
    }

    /// The party that waits for its answer first; `None` if that is its sender.
    pub fn nearest(&self) -> Option<&Party> {
        self.waiting.last().map(|(party, _)| party)
    }

    /// When it was sent.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// In the name of which run and process it was sent, if of any.
    pub fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// What it carries on its present leg.
    pub fn leg(&self) -> Leg<'_> {
        match &self.stage {
            Stage::Out { to, path, body } => Leg::Out { to, path, body },
            Stage::Back(answer) => Leg::Back(answer.as_ref()),
        }
    }

    /// From now on it is on its way at another instant: it was held back.
    pub fn go_on_at(&mut self, now: Moment) {
        self.now = now;
    }

    /// 另一份 · The message of its present leg once more, for nobody: the answer goes nowhere. `None` on its way back,
    /// since a connection carries one answer.
    pub fn copy(&self) -> Option<Journey> {
        let Stage::Out { to, path, body } = &self.stage else {
            return None;
        };
        Some(Journey {
            now: self.now,
            context: self.context.clone(),
            waiting: Vec::new(),
            stage: Stage::Out {
                to: to.clone(),
                path: path.clone(),
                body: body.clone(),
            },
        })
    }

    /// 断线 · The party that is down forgets whom it served: who waits for it sees the connection close, and what it
    /// waited for goes on for nobody. That second part, if there is one.
    pub fn sever(&mut self, down: &Party) -> Option<Journey> {
        let down = carrier(down);
        let at = self
            .waiting
            .iter()
            .position(|(party, _)| carrier(party) == down)?;
        let behind = self.waiting.split_off(at).split_off(1);
        let closed = Stage::Back(Err(Lost::new("connection closed")));
        let stage = std::mem::replace(&mut self.stage, closed);
        Some(Journey {
            now: self.now,
            context: self.context.clone(),
            waiting: behind,
            stage,
        })
    }

    /// What it carries reaches nobody: whoever waits sees the connection close.
    pub fn lose(&mut self) {
        self.stage = Stage::Back(Err(Lost::new("connection closed")));
    }

    /// Lets the next party take it, or its answer. Nothing happens to one that is home.
    pub fn step(&mut self, world: &MemoryWorld) {
        let home = Stage::Back(Err(Lost::new("on its way")));
        let (party, motion) = match (std::mem::replace(&mut self.stage, home), self.waiting.pop()) {
            (Stage::Out { to, path, body }, nearer) => {
                self.waiting.extend(nearer);
                world.deliver(&carrier(&to), self.now);
                match world.machines.get(&carrier(&to)) {
                    Some(machine) => {
                        let motion = lock(machine).begin(
                            world.now_at(&to, self.now),
                            self.context.as_ref(),
                            &path,
                            &body,
                        );
                        if motion == Motion::Later {
                            self.stage = Stage::Out { to, path, body };
                            return;
                        }
                        (to, motion)
                    }
                    None => {
                        self.stage = Stage::Back(Err(Lost::new(format!("no party {to}"))));
                        return;
                    }
                }
            }
            (Stage::Back(answer), Some((party, ticket))) => {
                let now = world.now_at(&party, self.now);
                let motion = lock(&world.machines[&carrier(&party)]).resume(now, ticket, answer);
                (party, motion)
            }
            (Stage::Back(answer), None) => {
                self.stage = Stage::Back(answer);
                return;
            }
        };
        self.carry(world, party, motion);
    }

    /// What a party's motion makes of it.
    pub(super) fn carry(&mut self, world: &MemoryWorld, party: Party, motion: Motion) {
        self.stage = match motion {
            Motion::Reply(answer) => Stage::Back(Ok(answer)),
            Motion::Spoiled(_, spoil) => Stage::Back(Err(Lost::new(spoil.why()))),
            // Nobody comes again for what a party gave up on: parcels are not held back.
            Motion::Later => Stage::Back(Err(Lost::new("not taken"))),
            Motion::Silence => {
                world.born_again(&carrier(&party));
                Stage::Back(Err(Lost::new("connection closed")))
            }
            Motion::Forward { to, body, ticket } => {
                let path = if party.role == Role::His {
                    "/"
                } else {
                    HOP_PATH
                };
                self.waiting.push((party, ticket));
                Stage::Out {
                    to,
                    path: path.to_owned(),
                    body: body.into_bytes(),
                }
            }
        };
    }

    /// Carries it to its end, whatever is in the way.
    ///
    /// # Errors
    /// No such party, or a fault that cut the link: the outcome is unknown.
    pub fn finish(mut self, world: &MemoryWorld) -> Result<Answer, Lost> {
        while self.whereabouts() != Whereabouts::Home {
            self.step(world);
        }
        self.answer()
    }

    /// What has come home.
    ///
    /// # Errors
    /// No answer came, or it is not home yet: the outcome is unknown.
    pub fn answer(self) -> Result<Answer, Lost> {
        match (self.stage, self.waiting.is_empty()) {
            (Stage::Back(answer), true) => answer,
            _ => Err(Lost::new("given up on its way")),
        }
    }
}
