//! 带故障的机器 · An honest machine inside the faults that were ordered for its world.

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Cause, Entry, InfNo, Moment, Party, Role};
use crosswipe_wire::{
    Context, Infcode, Receipt, RefusalCode, Request, Response, write_ok, write_refusal,
};

use super::late::Late;
use super::{Books, Faults};
use crate::deed::Deed;
use crate::hub::read_hop;
use crate::ledger::PurgeOrder;
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
    /// Orders of the owner that are still to be carried out.
    orders: Vec<(Role, PurgeOrder)>,
    /// What the exchanges in flight are about.
    open: BTreeMap<Ticket, Asked>,
    late: Option<Late>,
    death: Option<Books>,
}

/// 来文 · What faults ask of a message.
#[derive(Clone)]
struct Asked {
    infno: InfNo,
    /// It came from another platform.
    hop: bool,
    /// It was sent on.
    forwarded: bool,
}

impl Rigged {
    /// Puts a machine inside the faults of its world.
    pub fn new(mut machine: Machine, faults: Faults) -> Rigged {
        if faults.has("accumulator-not-restored") {
            forget_accumulators(&mut machine, faults.clone());
        }
        let holds_back = faults.has("hub-reversal-overtakes") && machine.insured_mut().is_some();
        let late = holds_back.then(Late::default);
        if let Some(late) = &late {
            machine.bend_with(Role::Insured, late.bend());
        }
        Rigged {
            machine,
            faults,
            orders: Vec::new(),
            open: BTreeMap::new(),
            late,
            death: None,
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

    /// Takes the owner's orders, each about the book kept in a role.
    pub fn order_all(&mut self, orders: &[(Role, PurgeOrder)]) {
        self.orders.extend_from_slice(orders);
    }

    /// Books what is due by `now`, and carries out the owner's orders that are; asked before anything else is done or
    /// shown. A party that comes back with its books from a file carries them out anew.
    pub fn touch(&mut self, now: Moment) {
        while let Some(due) = self.orders.iter().position(|(_, order)| order.at <= now) {
            let (role, order) = self.orders.remove(due);
            self.machine.purge(role, &order);
        }
        if let (Some(late), Some(ledger)) = (&self.late, self.machine.insured_mut()) {
            late.touch(ledger, now);
        }
    }

    /// `party-restarts`: the machine has died in the middle of the step that fell silent. Whoever carries it cuts its
    /// connections and stands a new one up, with what is said here of its books.
    pub fn take_death(&mut self) -> Option<Books> {
        self.death.take()
    }

    /// Takes a message.
    pub fn begin(
        &mut self,
        now: Moment,
        context: Option<&Context>,
        path: &str,
        body: &[u8],
    ) -> Motion {
        self.touch(now);
        // The mock world's own traffic names no run: faults are ordered for somebody's test.
        let of_the_world = context.is_some_and(|context| context.run.is_empty());
        let watched = !of_the_world && self.faults.any();
        let request = watched.then(|| Request::parse(body).ok()).flatten();
        let Some(request) = request else {
            let step = self.machine.begin(now, context, path, body);
            return self.intercept(now, step, None);
        };
        let asked = Asked {
            infno: request.infno.clone(),
            hop: path == HOP_PATH,
            forwarded: false,
        };
        if self.is_lost_on_the_way(&asked) {
            return Motion::Silence;
        }
        let held_back = self.hold_back(&asked);
        let step = self.machine.begin(now, context, path, body);
        if let (true, Some(late)) = (held_back, &self.late) {
            let cause = Cause {
                origin: request.fixmedins_code.clone().into_owned(),
                msgid: request.msgid.clone().into_owned(),
                infno: request.infno.as_str().to_owned(),
            };
            if late.took(&cause) {
                return Motion::Silence;
            }
        }
        let motion = self.intercept(now, step, Some(asked));
        self.touch(now);
        motion
    }

    /// Takes the answer to what was forwarded.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Motion {
        let asked = self.open.remove(&ticket);
        let step = self.machine.resume(now, ticket, answer);
        self.intercept(now, step, asked)
    }

    fn intercept(&mut self, now: Moment, step: Step, asked: Option<Asked>) -> Motion {
        match (&self.machine, step) {
            (_, Step::Reply(answer)) => match asked {
                Some(asked) => self.answer(now, answer, &asked),
                None => Motion::Reply(answer),
            },
            (Machine::Hub(_), Step::Forward { to, body, ticket }) => {
                match self.drop_reversal(now, &body) {
                    Some(echo) => self.resume(now, ticket, Ok(echo)),
                    None => self.forward(to, body, ticket, asked),
                }
            }
            (_, Step::Forward { to, body, ticket }) => self.forward(to, body, ticket, asked),
        }
    }

    fn forward(&mut self, to: Party, body: String, ticket: Ticket, asked: Option<Asked>) -> Motion {
        if let Some(mut asked) = asked {
            asked.forwarded = true;
            self.open.insert(ticket, asked);
        }
        Motion::Forward { to, body, ticket }
    }

    /// What becomes of an answer on its way out.
    fn answer(&mut self, now: Moment, answer: Answer, asked: &Asked) -> Motion {
        let here = |party: &Party| self.is_at(party, asked);
        if let Some(order) = self.faults.hit("party-restarts", &asked.infno, here) {
            self.death = Some(order.books);
            return Motion::Silence;
        }
        let to_institution = matches!(self.machine, Machine::Region(_)) && !asked.hop;
        let applied = || {
            Response::parse(answer.body.as_bytes())
                .is_ok_and(|response| response.infcode == Infcode::Ok)
        };
        if !to_institution || !applied() {
            return Motion::Reply(answer);
        }
        // Everything was applied, and the answer to the institution never leaves, or lies.
        for id in ["response-lost", "reversal-response-lost"] {
            if self.faults.fires(id, &asked.infno) {
                return Motion::Silence;
            }
        }
        if self.faults.fires("refusal-lied", &asked.infno) {
            return Motion::Reply(Answer::ok(self.lie(now)));
        }
        Motion::Reply(answer)
    }

    /// Whether a message is at the party that an order names. A city's two books are one machine: its insured place
    /// sees what other platforms send on, and what its own institutions send of its own people.
    fn is_at(&self, party: &Party, asked: &Asked) -> bool {
        let own = self
            .machine
            .ledgers()
            .iter()
            .any(|ledger| ledger.party() == party);
        own && match party.role {
            Role::Insured => asked.hop || !asked.forwarded,
            Role::Treatment => !asked.hop,
            Role::Hub | Role::His => true,
        }
    }

    /// `request-lost`, `reversal-lost`: not a byte of it reaches the treatment place.
    fn is_lost_on_the_way(&self, asked: &Asked) -> bool {
        let from_institution = matches!(self.machine, Machine::Region(_)) && !asked.hop;
        from_institution
            && ["request-lost", "reversal-lost"]
                .iter()
                .any(|id| self.faults.fires(id, &asked.infno))
    }

    /// `hub-reversal-overtakes`: the insured place takes it in and books it later.
    fn hold_back(&self, asked: &Asked) -> bool {
        let Some(late) = self.late.as_ref().filter(|_| asked.hop) else {
            return false;
        };
        let order = self
            .faults
            .hit("hub-reversal-overtakes", &asked.infno, |_| true);
        match order {
            Some(order) => {
                late.arm(order);
                true
            }
            None => false,
        }
    }

    /// `refusal-lied`: everything was applied, and the institution is told that it was refused.
    fn lie(&self, now: Moment) -> String {
        let division = match self.machine.ledgers().first() {
            Some(ledger) => AdmDivision::parse(&ledger.party().code).ok(),
            None => None,
        };
        let receipt = Receipt {
            division: division.expect("a city's platform has a division"),
            at: now,
            serial: 0,
        };
        write_refusal(&receipt, &RefusalCode::Status.into())
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
