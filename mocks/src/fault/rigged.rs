//! 带故障的机器 · An honest machine inside the faults that were ordered for its world.

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, InfNo, Moment, Party, Role};
use crosswipe_wire::{Context, Request, write_ok};
use crosswipe_wire::{Infcode, Receipt, Response};

use super::Faults;
use crate::deed::Deed;
use crate::hub::read_hop;
use crate::machine::{Answer, HOP_PATH, Lost, Machine, Step, Ticket};

/// 动作 · What leaves a machine after faults have had their say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Motion {
    /// It answers.
    Reply(Answer),
    /// It asks the party behind it first.
    Forward {
        /// Whom.
        to: Party,
        /// With which message.
        body: String,
        /// To be handed in with the answer.
        ticket: Ticket,
    },
    /// The link is cut: whoever asked sees the connection close without an answer.
    Silence,
}

/// 带故障的机器 · What a shell carries.
pub struct Rigged {
    machine: Machine,
    faults: Faults,
    /// What the exchanges in flight are about, where an institution waits for the answer.
    open: BTreeMap<Ticket, InfNo>,
}

impl Rigged {
    /// Puts a machine inside the faults of its world.
    pub fn new(mut machine: Machine, faults: Faults) -> Rigged {
        if faults.has("accumulator-not-restored") {
            forget_accumulators(&mut machine, faults.clone());
        }
        Rigged {
            machine,
            faults,
            open: BTreeMap::new(),
        }
    }

    /// The machine inside.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The machine inside, e.g. to restore its books.
    pub fn machine_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Takes a message.
    pub fn begin(
        &mut self,
        now: Moment,
        context: Option<&Context>,
        path: &str,
        body: &[u8],
    ) -> Motion {
        // The mock world's own traffic names no run: faults are ordered for somebody's test.
        let of_the_world = context.is_some_and(|context| context.run.is_empty());
        let watched = path != HOP_PATH && !of_the_world && self.faults.has("response-lost");
        let asked = watched
            .then(|| Request::parse(body).ok().map(|request| request.infno))
            .flatten();
        let step = self.machine.begin(now, context, path, body);
        self.intercept(now, step, asked)
    }

    /// Takes the answer to what was forwarded.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Motion {
        let asked = self.open.remove(&ticket);
        let step = self.machine.resume(now, ticket, answer);
        self.intercept(now, step, asked)
    }

    fn intercept(&mut self, now: Moment, step: Step, asked: Option<InfNo>) -> Motion {
        match (&self.machine, step) {
            (Machine::Region(_), Step::Reply(answer)) => self.lose_reply(answer, asked),
            (Machine::Hub(_), Step::Forward { to, body, ticket }) => {
                match self.drop_reversal(now, &body) {
                    Some(echo) => self.resume(now, ticket, Ok(echo)),
                    None => Motion::Forward { to, body, ticket },
                }
            }
            (_, Step::Reply(answer)) => Motion::Reply(answer),
            (_, Step::Forward { to, body, ticket }) => {
                if let Some(infno) = asked {
                    self.open.insert(ticket, infno);
                }
                Motion::Forward { to, body, ticket }
            }
        }
    }

    /// `response-lost`: everything was applied, the answer to the institution never leaves.
    fn lose_reply(&self, answer: Answer, asked: Option<InfNo>) -> Motion {
        let applied = || {
            Response::parse(answer.body.as_bytes())
                .is_ok_and(|response| response.infcode == Infcode::Ok)
        };
        match asked {
            Some(infno) if applied() && self.faults.fires("response-lost", &infno) => {
                Motion::Silence
            }
            _ => Motion::Reply(answer),
        }
    }

    /// `hub-drops-forwarded-reversal`: the hub is given its own message back as if the insured place had
    /// done it; the undo amounts in it are those that the treatment place expects.
    fn drop_reversal(&self, now: Moment, body: &str) -> Option<Answer> {
        let hop = read_hop(body.as_bytes()).ok()?;
        let undoes_money = match &hop.deed {
            Deed::Unsettle(_) => true,
            Deed::Reverse { oinfno, .. } => InfNo::new(oinfno).settles(),
            _ => false,
        };
        if !undoes_money
            || !self
                .faults
                .fires("hub-drops-forwarded-reversal", &hop.infno())
        {
            return None;
        }
        let record = serde_json::to_string(&hop).expect("a hop record has text keys");
        let receipt = Receipt {
            division: hop.insured,
            at: now,
            serial: 0,
        };
        Some(Answer::ok(write_ok(&receipt, &[("hop", record)])))
    }
}

/// `accumulator-not-restored`: the undo's group loses its accumulator postings before it is booked.
fn forget_accumulators(machine: &mut Machine, faults: Faults) {
    let gives_back = |entry: &Entry| matches!(entry, Entry::Posting { cell, reverses: Some(_), .. } if cell.kind == "accumulator");
    machine.bend_with(
        Role::Insured,
        Box::new(move |_, draft| {
            let hit = draft.entries.iter().any(gives_back)
                && faults.fires("accumulator-not-restored", &InfNo::new(&draft.cause.infno));
            if hit {
                draft.entries.retain(|entry| !gives_back(entry));
            }
        }),
    );
}
