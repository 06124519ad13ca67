//! 内存网络 · A whole world in one value: machines call each other directly, no socket, no task.
//!
//! For tests and simulation: the same machines, faults and books as behind hyper, and the same order for
//! the same messages. Each machine has its own lock, held only while it takes a step.
//! A message on its way is a value of its own ([`Journey`]): whoever carries it may stop before any party,
//! lose it on any link, or carry others first, so that every order of things can be played.
//! Not here: who sends, when, and what dies (`cli`'s simulation).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Export, LogRow, Look, Moment, Party, Role};
use crosswipe_wire::Context;

use super::keeper::Keeper;
use super::{carrier, machine_of, machines};
use crate::fault::{Delivery, FaultOrder, Faults, Motion, Rigged};
use crate::ledger::{BadLog, Ledger};
use crate::machine::{Answer, HOP_PATH, Lost, Ticket};
use crate::setup::Setup;

/// 内存世界 · All parties of a topology.
pub struct MemoryWorld {
    machines: BTreeMap<Party, Mutex<Rigged>>,
    faults: Faults,
    setup: Arc<Setup>,
}

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
                        let motion =
                            lock(machine).begin(self.now, self.context.as_ref(), &path, &body);
                        (to, motion)
                    }
                    None => {
                        self.stage = Stage::Back(Err(Lost::new(format!("no party {to}"))));
                        return;
                    }
                }
            }
            (Stage::Back(answer), Some((party, ticket))) => {
                let motion =
                    lock(&world.machines[&carrier(&party)]).resume(self.now, ticket, answer);
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
    fn carry(&mut self, world: &MemoryWorld, party: Party, motion: Motion) {
        self.stage = match motion {
            Motion::Reply(answer) => Stage::Back(Ok(answer)),
            Motion::Spoiled(_, spoil) => Stage::Back(Err(Lost::new(spoil.why()))),
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

impl MemoryWorld {
    /// Stands up every party of the setup.
    pub fn new(setup: &Arc<Setup>, orders: Vec<FaultOrder>) -> MemoryWorld {
        let faults = Faults::new(orders);
        let machines = machines(setup, &faults)
            .into_iter()
            .map(|(party, rigged)| (party, Mutex::new(rigged)))
            .collect();
        MemoryWorld {
            machines,
            faults,
            setup: Arc::clone(setup),
        }
    }

    /// Stands up every party of the setup with the books that its log leads to, as after the death of the process
    /// that kept it: nothing else is remembered. A party without a log begins anew.
    ///
    /// # Errors
    /// A log that no party can have written.
    pub fn restored(
        setup: &Arc<Setup>,
        orders: Vec<FaultOrder>,
        logs: impl IntoIterator<Item = (Party, Vec<Arc<LogRow>>)>,
    ) -> Result<MemoryWorld, BadLog> {
        let world = MemoryWorld::new(setup, orders);
        for (party, rows) in logs {
            if let Some(machine) = world.machines.get(&carrier(&party)) {
                let ledger = Ledger::replay(party, rows)?;
                lock(machine).machine_mut().restore(ledger);
            }
        }
        Ok(world)
    }

    /// Sends a message to a party and waits for its answer.
    ///
    /// # Errors
    /// No such party, or a fault that cut the link: the outcome is unknown.
    pub fn exchange(
        &self,
        now: Moment,
        party: &Party,
        path: &str,
        context: Option<&Context>,
        body: &[u8],
    ) -> Result<Answer, Lost> {
        Journey::new(now, party, path, context, body).finish(self)
    }

    /// Delivers what is due to a party before anything else is done there, each to its end.
    fn deliver(&self, party: &Party, now: Moment) {
        while let Some(Delivery { motion, context }) = self
            .machines
            .get(party)
            .and_then(|machine| lock(machine).deliver(now))
        {
            let mut journey = Journey::new(now, party, HOP_PATH, context.as_ref(), &[]);
            journey.carry(self, party.clone(), motion);
            // Nobody waits for the answer.
            drop(journey.finish(self));
        }
    }

    /// A machine that died in silence has a successor at once: there is no time between messages here.
    fn born_again(&self, party: &Party) {
        let mut dead = lock(&self.machines[party]);
        let Some(books) = dead.take_death() else {
            return;
        };
        if let Some(mut rigged) = machine_of(party, &self.setup, &self.faults)
            && Keeper::reopen(None, books, dead.machine(), rigged.machine_mut()).is_ok()
        {
            *dead = rigged;
        }
    }

    /// What a party shows at its admin door (`/__admin/export/<role>`, `/__admin/log/<role>?from=N`), as over HTTP: who
    /// asks in the name of a run is held to its epoch. `None` if there is no such party.
    pub fn show(
        &self,
        now: Moment,
        party: &Party,
        path: &str,
        context: Option<&Context>,
    ) -> Option<Answer> {
        self.deliver(&carrier(party), now);
        let mut machine = lock(self.machines.get(&carrier(party))?);
        if let Err(refusal) = machine.machine_mut().hear(context) {
            let body = serde_json::json!({"message": refusal.err_msg()}).to_string();
            return Some(Answer { status: 409, body });
        }
        machine.touch(now);
        let shown = shown(&mut machine, now, path);
        Some(shown.map_or_else(
            || Answer {
                status: 404,
                body: r#"{"message":"not found"}"#.to_owned(),
            },
            Answer::ok,
        ))
    }

    /// 导出 · All of a party's books.
    pub fn export(&self, party: &Party, now: Moment) -> Option<Export> {
        self.deliver(&carrier(party), now);
        let mut rigged = lock(self.machines.get(&carrier(party))?);
        rigged.touch(now);
        rigged.export(party.role, now)
    }

    /// 中途查看 · The tail of a party's log.
    pub fn look(&self, party: &Party, from: u64, now: Moment) -> Option<Look> {
        self.deliver(&carrier(party), now);
        let mut rigged = lock(self.machines.get(&carrier(party))?);
        rigged.touch(now);
        rigged.machine().look(party.role, from, now)
    }

    /// A party's log from `from` on.
    pub fn log_from(&self, party: &Party, from: u64) -> Vec<Arc<LogRow>> {
        self.machines
            .get(&carrier(party))
            .map(|machine| lock(machine).machine().log_from(party.role, from).to_vec())
            .unwrap_or_default()
    }

    /// The whole log of every party, as it would lie on disk.
    pub fn logs(&self) -> Vec<(Party, Vec<Arc<LogRow>>)> {
        let mut logs = Vec::new();
        for machine in self.machines.values() {
            let machine = lock(machine);
            for ledger in machine.machine().ledgers() {
                logs.push((ledger.party().clone(), ledger.log_from(0).to_vec()));
            }
        }
        logs
    }

    /// How often each fault fired.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        self.faults.fired()
    }
}

fn shown(rigged: &mut Rigged, now: Moment, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let role = |name: &str| {
        [Role::His, Role::Treatment, Role::Hub, Role::Insured]
            .into_iter()
            .find(|role| role.name() == name)
    };
    match parts.as_slice() {
        ["__admin", "health"] => Some(r#"{"status":"ok"}"#.to_owned()),
        ["__admin", "export", name] => {
            serde_json::to_string(&rigged.export(role(name)?, now)?).ok()
        }
        ["__admin", "log", name] => {
            let from = query.strip_prefix("from=").map_or(Ok(0), str::parse).ok()?;
            serde_json::to_string(&rigged.machine().look(role(name)?, from, now)?).ok()
        }
        _ => None,
    }
}

fn lock(machine: &Mutex<Rigged>) -> MutexGuard<'_, Rigged> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
