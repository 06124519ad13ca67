//! 内存网络 · A whole world in one value: machines call each other directly, no socket, no task.
//!
//! For tests and simulation: the same machines, faults and books as behind hyper, and the same order for
//! the same messages. Each machine has its own lock, held only while it takes a step.
//! A message on its way is a value of its own ([`Journey`]): whoever carries it may stop before any party,
//! lose it on any link, or carry others first, so that every order of things can be played.
//! Not here: who sends, when, and what dies (`cli`'s simulation).

mod journey;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{
    BookWriter, DeclaredPurge, Export, LogRow, Look, Moment, Party, Registry, Role,
};
use crosswipe_wire::Context;

pub use journey::{Journey, Leg, Whereabouts};

use super::keeper::Keeper;
use super::{carrier, machine_of, machines};
use crate::fault::{Books, Delivery, FaultOrder, Faults, Rigged};
use crate::ledger::{BadLog, Ledger, PurgeOrder};
use crate::machine::{Answer, HOP_PATH, Lost};
use crate::setup::Setup;

/// 内存世界 · All parties of a topology.
pub struct MemoryWorld {
    machines: BTreeMap<Party, Mutex<Rigged>>,
    faults: Faults,
    setup: Arc<Setup>,
    /// How far a party's clock goes wrong, milliseconds.
    skews: BTreeMap<Party, i64>,
    purges: Vec<(Party, PurgeOrder)>,
    /// What each party has shown of its log, so that it is written once.
    writers: Mutex<BTreeMap<Party, BookWriter>>,
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
            skews: BTreeMap::new(),
            purges: Vec::new(),
            writers: Mutex::default(),
        }
    }

    /// 时钟不准 · From now on a party's clock is so many milliseconds before (or, below 0, behind) everybody else's.
    pub fn skew(&mut self, party: &Party, ms: i64) {
        self.skews.insert(carrier(party), ms);
    }

    /// Orders of the parties' owners: each is carried out at its instant, by parties that were restarted too.
    pub fn order_purges(&mut self, purges: &[DeclaredPurge], registry: &Registry) {
        let orders = purges
            .iter()
            .map(|purge| (purge.party.clone(), PurgeOrder::of(purge, registry)));
        self.purges.extend(orders);
        for (party, machine) in &self.machines {
            lock(machine).order_all(&self.purges_of(party));
        }
    }

    fn purges_of(&self, party: &Party) -> Vec<(Role, PurgeOrder)> {
        let own = self.purges.iter().filter(|(of, _)| carrier(of) == *party);
        own.map(|(of, order)| (of.role, order.clone())).collect()
    }

    /// What time a party believes that it is.
    fn now_at(&self, party: &Party, now: Moment) -> Moment {
        self.skews
            .get(&carrier(party))
            .map_or(now, |ms| now.plus_ms(*ms))
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
            .and_then(|machine| lock(machine).deliver(self.now_at(party, now)))
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
        if let Some(books) = dead.take_death() {
            self.succeed(party, &mut dead, books);
        }
    }

    /// 重启 · A party is started again: its books and epochs are those of its log, whatever else it knew is gone.
    /// Whoever carries messages cuts those that it took part in ([`Journey::sever`]).
    pub fn restart(&self, party: &Party) {
        let party = carrier(party);
        if let Some(machine) = self.machines.get(&party) {
            self.succeed(&party, &mut lock(machine), Books::Kept);
        }
    }

    fn succeed(&self, party: &Party, dead: &mut Rigged, books: Books) {
        let Some(mut rigged) = machine_of(party, &self.setup, &self.faults) else {
            return;
        };
        rigged.order_all(&self.purges_of(party));
        let epochs = dead.machine().epochs().clone();
        rigged.machine_mut().restore_epochs(epochs);
        let opened = Keeper::reopen(None, books, dead.machine(), rigged.machine_mut());
        if opened.is_ok() {
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
            return Some(Answer::of(409, body));
        }
        let now = self.now_at(party, now);
        machine.touch(now);
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = writers.entry(party.clone()).or_default();
        let shown = shown(&mut machine, writer, now, path);
        Some(shown.map_or_else(
            || Answer::of(404, r#"{"message":"not found"}"#.to_owned()),
            Answer::ok,
        ))
    }

    /// 导出 · All of a party's books.
    pub fn export(&self, party: &Party, now: Moment) -> Option<Export> {
        self.deliver(&carrier(party), now);
        let mut rigged = lock(self.machines.get(&carrier(party))?);
        let now = self.now_at(party, now);
        rigged.touch(now);
        rigged.export(party.role, now)
    }

    /// 真账 · All of a party's books as they are, whatever a fault would show of them.
    pub fn true_books(&self, party: &Party, now: Moment) -> Option<Export> {
        let rigged = lock(self.machines.get(&carrier(party))?);
        rigged.machine().export(party.role, now)
    }

    /// 中途查看 · The tail of a party's log.
    pub fn look(&self, party: &Party, from: u64, now: Moment) -> Option<Look> {
        self.deliver(&carrier(party), now);
        let mut rigged = lock(self.machines.get(&carrier(party))?);
        let now = self.now_at(party, now);
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
                logs.push((ledger.party().clone(), ledger.kept_from(0).collect()));
            }
        }
        logs
    }

    /// The orders of this world, those of the harness among them: whoever carries those out counts there.
    pub fn board(&self) -> &Faults {
        &self.faults
    }

    /// What all parties were told.
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup)
    }

    /// How often each fault fired.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        self.faults.fired()
    }
}

fn shown(rigged: &mut Rigged, writer: &mut BookWriter, now: Moment, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let role = |name: &str| {
        [Role::His, Role::Treatment, Role::Hub, Role::Insured]
            .into_iter()
            .find(|role| role.name() == name)
    };
    match parts.as_slice() {
        ["__admin", "health"] => Some(r#"{"status":"ok"}"#.to_owned()),
        ["__admin", "export", name] => Some(writer.export(rigged.export(role(name)?, now)?)),
        ["__admin", "log", name] => {
            let from = query.strip_prefix("from=").map_or(Ok(0), str::parse).ok()?;
            Some(writer.look(rigged.machine().look(role(name)?, from, now)?))
        }
        _ => None,
    }
}

fn lock(machine: &Mutex<Rigged>) -> MutexGuard<'_, Rigged> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
