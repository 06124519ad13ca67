//! 带故障的机器 · An honest machine inside the faults that were ordered for its world.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crosswipe_domain::{Export, Moment, Party, Role};
use crosswipe_wire::Context;

use super::Faults;
use super::catalogue::Seat;
use super::death::Books;
use super::trouble::{
    Arrival, Departure, Fitting, Message, Onward, Parcel, Place, Scene, Shown, Trouble, own_party,
};
use crate::ledger::PurgeOrder;
use crate::machine::{Answer, Lost, Machine, Step, Ticket};

/// 动作 · What leaves a machine after faults have had their say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Motion {
    /// It answers.
    Reply(Answer),
    /// It answers, and nobody can read it.
    Spoiled(Answer, Spoil),
    /// It asks the party behind it first.
    Forward {
        /// Whom.
        to: Party,
        /// With which message.
        body: String,
        /// To be handed in with the answer.
        ticket: Ticket,
    },
    /// It has not taken the message yet: whoever carries it comes again with it after others.
    Later,
    /// The link is cut: whoever asked sees the connection close without an answer.
    Silence,
}

/// 残答 · What becomes of an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// The connection is reset before a byte of it.
    Reset,
    /// So many of its bytes arrive, fewer than announced.
    Cut(usize),
    /// It comes byte by byte, slower than anybody waits.
    Dripped,
    /// It comes when nobody waits for it any more.
    Late,
}

impl Spoil {
    /// What whoever waits for the answer sees instead.
    pub fn why(self) -> &'static str {
        match self {
            Spoil::Reset => "connection reset",
            Spoil::Cut(_) => "answer cut short",
            Spoil::Dripped | Spoil::Late => "timed out",
        }
    }
}

/// 投递 · A parcel that the machine has taken: carried to its end like a message, and its answer goes to nobody.
pub struct Delivery {
    /// What the machine does with it.
    pub motion: Motion,
    /// In the name of which run and process it was sent, if of any.
    pub context: Option<Context>,
}

/// 带故障的机器 · What a shell carries.
pub struct Rigged {
    machine: Machine,
    board: Faults,
    /// One for each order that meddles with parties.
    troubles: Vec<(usize, Box<dyn Trouble>)>,
    /// Orders of the owner that are still to be carried out.
    orders: Vec<(Role, PurgeOrder)>,
    /// What the exchanges in flight are about.
    open: BTreeMap<Ticket, Message>,
    /// Whether what is booked now comes from somebody's test.
    watching: Arc<AtomicBool>,
    death: Option<Books>,
}

impl Rigged {
    /// Puts a machine inside the faults of its world.
    pub fn new(mut machine: Machine, board: Faults) -> Rigged {
        let watching = Arc::new(AtomicBool::new(false));
        let mut troubles = Vec::new();
        for (which, order) in board.orders() {
            let Seat::Party(make) = order.class.seat else {
                continue;
            };
            let mut trouble = make(&order);
            trouble.install(&mut Fitting {
                machine: &mut machine,
                board: &board,
                which,
                watching: &watching,
            });
            troubles.push((which, trouble));
        }
        Rigged {
            machine,
            board,
            troubles,
            orders: Vec::new(),
            open: BTreeMap::new(),
            watching,
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

    /// The orders of its world.
    pub fn board(&self) -> &Faults {
        &self.board
    }

    /// Takes the owner's orders, each about the book kept in a role.
    pub fn order_all(&mut self, orders: &[(Role, PurgeOrder)]) {
        self.orders.extend_from_slice(orders);
    }

    /// Books what is due by `now`, and carries out the owner's orders that are; asked before anything else is done or
    /// shown. A party that comes back with its books from a file carries them out anew.
    pub fn touch(&mut self, now: Moment) {
        let machine = &mut self.machine;
        self.orders.retain(|(role, order)| {
            let is_due = order.at <= now;
            if is_due {
                machine.purge(*role, order);
            }
            !is_due
        });
        self.watching.store(true, Ordering::SeqCst);
        for (which, trouble) in &mut self.troubles {
            trouble.touch(&mut Place {
                machine,
                board: &self.board,
                which: *which,
                now,
            });
        }
    }

    /// The next parcel that is due by `now`, taken by the machine; asked until there is none, before anything else is
    /// done or shown.
    pub fn deliver(&mut self, now: Moment) -> Option<Delivery> {
        let parcel = self.board.delivered(&own_party(&self.machine)?, now)?;
        self.watching.store(true, Ordering::SeqCst);
        let context = parcel.context;
        let step = self
            .machine
            .begin(now, context.as_ref(), &parcel.path, &parcel.body);
        let motion = self.intercept(now, step, None);
        self.touch(now);
        Some(Delivery { motion, context })
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
        let watched = !of_the_world && self.board.any();
        let message = watched
            .then(|| Message::read(&self.machine, now, path, body))
            .flatten();
        self.watching.store(message.is_some(), Ordering::SeqCst);
        let Some(message) = message else {
            let step = self.machine.begin(now, context, path, body);
            return self.intercept(now, step, None);
        };
        for (which, trouble) in &mut self.troubles {
            let mut scene = Scene {
                machine: &mut self.machine,
                message: &message,
                board: &self.board,
                which: *which,
            };
            if trouble.holds_back(&mut scene) {
                return Motion::Later;
            }
        }
        let mut carried = Parcel {
            due: now,
            context: context.cloned(),
            path: path.to_owned(),
            body: body.to_vec(),
        };
        for (which, trouble) in &mut self.troubles {
            let mut scene = Scene {
                machine: &mut self.machine,
                message: &message,
                board: &self.board,
                which: *which,
            };
            match trouble.arrive(&mut scene, &mut carried) {
                Arrival::Taken => {}
                Arrival::Lost => return Motion::Silence,
                Arrival::Answered(answer) => return Motion::Reply(answer),
            }
        }
        let step = self
            .machine
            .begin(now, context, &carried.path, &carried.body);
        let motion = self.intercept(now, step, Some(message));
        self.touch(now);
        motion
    }

    /// Takes the answer to what was forwarded.
    pub fn resume(
        &mut self,
        now: Moment,
        ticket: Ticket,
        mut answer: Result<Answer, Lost>,
    ) -> Motion {
        let message = self.open.remove(&ticket);
        self.watching.store(message.is_some(), Ordering::SeqCst);
        if let Some(message) = &message {
            for (which, trouble) in &mut self.troubles {
                let mut scene = Scene {
                    machine: &mut self.machine,
                    message,
                    board: &self.board,
                    which: *which,
                };
                trouble.back(&mut scene, &mut answer);
            }
        }
        let step = self.machine.resume(now, ticket, answer);
        self.intercept(now, step, message)
    }

    fn intercept(&mut self, now: Moment, step: Step, message: Option<Message>) -> Motion {
        match (step, message) {
            (Step::Reply(answer), None) => Motion::Reply(answer),
            (Step::Forward { to, body, ticket }, None) => Motion::Forward { to, body, ticket },
            (Step::Reply(answer), Some(message)) => self.answer(answer, &message),
            (Step::Forward { to, body, ticket }, Some(message)) => {
                self.forward(now, (to, body, ticket), message)
            }
        }
    }

    fn forward(
        &mut self,
        now: Moment,
        (mut to, mut body, ticket): (Party, String, Ticket),
        mut message: Message,
    ) -> Motion {
        message.forwarded = true;
        let mut instead = None;
        for (which, trouble) in &mut self.troubles {
            let mut scene = Scene {
                machine: &mut self.machine,
                message: &message,
                board: &self.board,
                which: *which,
            };
            match trouble.forward(&mut scene, &mut to, &mut body) {
                Onward::Sent => continue,
                Onward::Echoed(answer) => instead = Some(Ok(answer)),
                Onward::Cut => instead = Some(Err(Lost::new("connection closed"))),
            }
            break;
        }
        self.open.insert(ticket, message);
        match instead {
            Some(answer) => self.resume(now, ticket, answer),
            None => Motion::Forward { to, body, ticket },
        }
    }

    /// What becomes of an answer on its way out.
    fn answer(&mut self, mut answer: Answer, message: &Message) -> Motion {
        for (which, trouble) in &mut self.troubles {
            let mut scene = Scene {
                machine: &mut self.machine,
                message,
                board: &self.board,
                which: *which,
            };
            if let Some(books) = trouble.dies(&mut scene) {
                self.death = Some(books);
                return Motion::Silence;
            }
            let spoil = match trouble.depart(&mut scene, &mut answer) {
                Departure::Whole => continue,
                Departure::Never => return Motion::Silence,
                Departure::Reset => Spoil::Reset,
                Departure::Cut(kept) => Spoil::Cut(kept),
                Departure::Dripped => Spoil::Dripped,
                Departure::Late => Spoil::Late,
            };
            return Motion::Spoiled(answer, spoil);
        }
        Motion::Reply(answer)
    }

    /// 导出 · All of the book that it keeps in a role, as it shows it.
    pub fn export(&mut self, role: Role, now: Moment) -> Option<Export> {
        let mut export = self.machine.export(role, now)?;
        for (which, trouble) in &mut self.troubles {
            let shown = Shown {
                board: &self.board,
                which: *which,
                now,
            };
            trouble.show(&shown, &mut export);
        }
        Some(export)
    }
}
