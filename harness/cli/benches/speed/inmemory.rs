//! 内存网络 · The same parties without sockets; writes down the size of every exchange, with those behind it.
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

/// What the harness exchanged, in the order in which it ended.
pub(crate) type Trips = Arc<Mutex<Vec<Trip>>>;

/// 往返 · One exchange, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Trip {
    /// Nothing for a look at books.
    pub(crate) there: usize,
    pub(crate) back: usize,
    /// What the party that was asked exchanged with others before it answered.
    pub(crate) behind: Vec<Trip>,
}

impl Trip {
    /// With all behind it.
    pub(crate) fn exchanges(&self) -> usize {
        1 + self.behind.iter().map(Trip::exchanges).sum::<usize>()
    }

    /// Bytes there and back, with all behind it.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let behind = self.behind.iter().map(Trip::bytes);
        behind.fold((self.there, self.back), |sum, one| {
            (sum.0 + one.0, sum.1 + one.1)
        })
    }
}

/// All parties of a plan.
pub(crate) struct InMemory {
    machines: BTreeMap<Party, Mutex<Rigged>>,
    clock: Arc<Clock>,
    trips: Trips,
}

impl InMemory {
    pub(crate) fn new(setup: &Arc<Setup>, clock: Arc<Clock>, trips: Trips) -> InMemory {
        let machines = machines(setup, &Faults::new([]))
            .into_iter()
            .map(|(party, rigged)| (party, Mutex::new(rigged)));
        InMemory {
            machines: machines.collect(),
            clock,
            trips,
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
    ) -> Result<(String, Trip), crosswipe_mocks::Lost> {
        let mut behind_it = Vec::new();
        let mut motion = self.lock(to).begin(now, context, path, body.as_bytes());
        loop {
            match motion {
                Motion::Reply(answer) => {
                    let trip = Trip {
                        there: body.len(),
                        back: answer.body.len(),
                        behind: behind_it,
                    };
                    return Ok((answer.body, trip));
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
                    let answer = self.ask(now, &behind, context, path, &body);
                    let answer = answer.map(|(answer, trip)| {
                        behind_it.push(trip);
                        crosswipe_mocks::Answer::ok(answer)
                    });
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
        lock(&self.trips).push(Trip {
            there: 0,
            back: shown.len(),
            behind: Vec::new(),
        });
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
                let (answer, trip) = answer.map_err(|lost| Lost::Broken(lost.to_string()))?;
                lock(&self.trips).push(trip);
                Bytes::from(answer)
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
