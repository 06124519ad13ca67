//! 内存网络 · A whole world in one value: machines call each other directly, no socket, no task.
//!
//! For tests and simulation: the same machines, faults and books as behind hyper, and the same order for
//! the same messages. Each machine has its own lock, held only while it takes a step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{Export, LogRow, Look, Moment, Party};
use crosswipe_wire::Context;

use super::keeper::Keeper;
use super::{carrier, machine_of, machines};
use crate::fault::{FaultOrder, Faults, Motion, Rigged};
use crate::machine::{Answer, HOP_PATH, Lost};
use crate::setup::Setup;

/// 内存世界 · All parties of a topology.
pub struct MemoryWorld {
    machines: BTreeMap<Party, Mutex<Rigged>>,
    faults: Faults,
    setup: Arc<Setup>,
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
        let machine = self
            .machines
            .get(&carrier(party))
            .ok_or_else(|| Lost::new(format!("no party {party}")))?;
        let mut motion = lock(machine).begin(now, context, path, body);
        loop {
            match motion {
                Motion::Reply(answer) => return Ok(answer),
                Motion::Silence => {
                    self.born_again(&carrier(party), machine);
                    return Err(Lost::new("connection closed"));
                }
                Motion::Forward { to, body, ticket } => {
                    let path = if matches!(party.role, crosswipe_domain::Role::His) {
                        "/"
                    } else {
                        HOP_PATH
                    };
                    let answer = self.exchange(now, &to, path, context, body.as_bytes());
                    motion = lock(machine).resume(now, ticket, answer);
                }
            }
        }
    }

    /// A machine that died in silence has a successor at once: there is no time between messages here.
    fn born_again(&self, party: &Party, machine: &Mutex<Rigged>) {
        let mut dead = lock(machine);
        let Some(books) = dead.take_death() else {
            return;
        };
        if let Some(mut rigged) = machine_of(party, &self.setup, &self.faults)
            && Keeper::reopen(None, books, dead.machine(), rigged.machine_mut()).is_ok()
        {
            *dead = rigged;
        }
    }

    /// 导出 · All of a party's books.
    pub fn export(&self, party: &Party, now: Moment) -> Option<Export> {
        let mut rigged = lock(self.machines.get(&carrier(party))?);
        rigged.touch(now);
        rigged.machine().export(party.role, now)
    }

    /// 中途查看 · The tail of a party's log.
    pub fn look(&self, party: &Party, from: u64, now: Moment) -> Option<Look> {
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

    /// How often each fault fired.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        self.faults.fired()
    }
}

fn lock(machine: &Mutex<Rigged>) -> MutexGuard<'_, Rigged> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
