//! 内存网络 · The same parties without sockets; writes down the size of every exchange on every hop.
//!
//! Why so: the hops behind an institution are the parties' own affair and nobody counts them there. The
//! machines are the same and so are their messages, so what is counted here holds for the run over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crosswipe_domain::{Moment, Party, Role};
use crosswipe_mocks::fault::{Motion, Rigged};
use crosswipe_mocks::setup::Setup;
use crosswipe_mocks::shell::{carrier, machines};
use crosswipe_mocks::{Faults, HOP_PATH};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_wire::Context;

/// Bytes there and back of each exchange, in the order in which they ended.
pub(crate) type Exchanges = Arc<Mutex<Vec<(usize, usize)>>>;

/// All parties of a plan.
pub(crate) struct InMemory {
    machines: BTreeMap<Party, Mutex<Rigged>>,
    clock: Arc<Clock>,
    exchanges: Exchanges,
}

impl InMemory {
    pub(crate) fn new(setup: &Arc<Setup>, clock: Arc<Clock>, exchanges: Exchanges) -> InMemory {
        let machines = machines(setup, &Faults::new([]))
            .into_iter()
            .map(|(party, rigged)| (party, Mutex::new(rigged)));
        InMemory {
            machines: machines.collect(),
            clock,
            exchanges,
        }
    }

    fn lock(&self, party: &Party) -> MutexGuard<'_, Rigged> {
        lock(&self.machines[&carrier(party)])
    }

    fn ask(
        &self,
        now: Moment,
        to: &Party,
        context: Option<&Context>,
        path: &str,
        body: &str,
    ) -> Result<String, crosswipe_mocks::Lost> {
        let mut motion = self.lock(to).begin(now, context, path, body.as_bytes());
        loop {
            match motion {
                Motion::Reply(answer) => {
                    lock(&self.exchanges).push((body.len(), answer.body.len()));
                    return Ok(answer.body);
                }
                Motion::Spoiled(..) | Motion::Later | Motion::Silence => {
                    return Err(crosswipe_mocks::Lost::new("connection closed"));
                }
                Motion::Forward {
                    to: behind,
                    body,
                    ticket,
                } => {
                    let path = if to.role == Role::His { "/" } else { HOP_PATH };
                    let answer = self
                        .ask(now, &behind, context, path, &body)
                        .map(crosswipe_mocks::Answer::ok);
                    motion = self.lock(to).resume(now, ticket, answer);
                }
            }
        }
    }

    /// What a party shows of its books under this path.
    fn show(&self, now: Moment, party: &Party, path: &str) -> Vec<u8> {
        let rigged = self.lock(party);
        let shown = match path.split_once("?from=") {
            None => serde_json::to_vec(&rigged.machine().export(party.role, now)),
            Some((_, from)) => {
                let from = from.parse().expect("the harness asks from a number on");
                serde_json::to_vec(&rigged.machine().look(party.role, from, now))
            }
        };
        let shown = shown.expect("books have text keys");
        lock(&self.exchanges).push((0, shown.len()));
        shown
    }
}

impl Transport for InMemory {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let context = call.context.and_then(|text| Context::parse(&text).ok());
        let now = context
            .as_ref()
            .and_then(|context| context.now)
            .unwrap_or_else(|| self.clock.now());
        let body = match call.body {
            None => Bytes::from(self.show(now, to, &call.path)),
            Some(body) => {
                let answer = self.ask(now, to, context.as_ref(), &call.path, &body);
                Bytes::from(answer.map_err(|lost| Lost::Broken(lost.to_string()))?)
            }
        };
        Ok(Answer { status: 200, body })
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
