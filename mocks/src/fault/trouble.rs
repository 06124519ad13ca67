//! 麻烦 · What a fault does at one machine: one method per place at which it may meddle.
//!
//! A trouble sees each message of somebody's test (never the mock world's own traffic), asks the board whether it is
//! hit, and says what becomes of it. What it wants to happen later it keeps as a parcel; whoever carries the machine
//! delivers what is due before anything else is taken or shown, for nothing wakes a machine by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crosswipe_domain::{Cause, CellKey, Export, InfNo, Moment, Name, Party, Role};
use crosswipe_wire::{Context, Request};

use super::Faults;
use super::death::Books;
use crate::hub::read_hop;
use crate::ledger::Draft;
use crate::machine::{Answer, HOP_PATH, Lost, Machine};
use crate::region::Knock;
use crate::shell::carrier;

/// 一程 · From whom to whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// From the counter to the hospital's system.
    Counter,
    /// 医院 → 就医地
    HisTreatment,
    /// 就医地 → 省平台
    TreatmentHub,
    /// 省平台 → 参保地
    HubInsured,
}

impl Leg {
    /// All names.
    pub(super) const NAMES: [&str; 4] = ["CH", "HT", "TN", "NI"];

    /// `CH`, `HT`, `TN` or `NI`.
    pub fn name(self) -> &'static str {
        Leg::NAMES[self as usize]
    }

    /// The leg of this name.
    pub fn named(name: &str) -> Option<Leg> {
        let all = [
            Leg::Counter,
            Leg::HisTreatment,
            Leg::TreatmentHub,
            Leg::HubInsured,
        ];
        all.into_iter().find(|leg| leg.name() == name)
    }
}

/// 来文 · What faults ask of a message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) cause: Cause,
    pub(super) infno: InfNo,
    /// `oinfno` of a 2601.
    pub(super) of: Option<InfNo>,
    /// `omsgid` of a 2601.
    pub(super) omsgid: Option<String>,
    pub(super) person: Option<String>,
    pub(super) leg: Leg,
    /// It was sent on to the party behind.
    pub(super) forwarded: bool,
    pub(super) now: Moment,
}

impl Message {
    /// What a machine is about to take; `None` if it is no envelope.
    pub(super) fn read(machine: &Machine, now: Moment, path: &str, body: &[u8]) -> Option<Message> {
        let request = Request::parse(body).ok()?;
        let leg = match (machine, path) {
            (Machine::His(_), _) => Leg::Counter,
            (Machine::Hub(_), _) => Leg::TreatmentHub,
            (Machine::Region(_), HOP_PATH) => Leg::HubInsured,
            (Machine::Region(_), _) => Leg::HisTreatment,
        };
        let node = first_node(&request);
        let text = |name: &str| Some(node.as_ref()?.text(name)?.into_owned());
        let person = match leg {
            Leg::TreatmentHub | Leg::HubInsured => Some(read_hop(body).ok()?.person),
            Leg::Counter | Leg::HisTreatment => text("psn_no"),
        };
        Some(Message {
            cause: Cause {
                origin: request.fixmedins_code.clone().into_owned(),
                msgid: request.msgid.clone().into_owned(),
                infno: request.infno.as_str().to_owned(),
            },
            of: text("oinfno").map(|oinfno| InfNo::new(&oinfno)),
            omsgid: text("omsgid"),
            infno: request.infno.clone(),
            person: person.filter(|person| !person.is_empty()),
            leg,
            forwarded: false,
            now,
        })
    }
}

fn first_node<'a>(request: &Request<'a>) -> Option<crosswipe_wire::Members<'a>> {
    let input = &crosswipe_wire::catalogue()
        .transaction(&request.infno)?
        .input;
    request.node(input.first()?.id)
}

/// 场面 · What a trouble sees of the moment at which it is asked.
pub(super) struct Scene<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) message: &'a Message,
    pub(super) board: &'a Faults,
    pub(super) which: usize,
}

impl Scene<'_> {
    /// Whether the order hits the message now; counts it.
    pub(super) fn hits(&self) -> bool {
        self.board.hits(self.which, self.message)
    }

    /// Whether a state that the order brought about lasts, and the message meets it.
    pub(super) fn goes_on(&self) -> bool {
        self.board.goes_on(self.which, self.message.now)
            && self.board.fits(self.which, self.message)
    }

    /// Has a message delivered to this machine later, as if it came then.
    pub(super) fn post(&self, parcel: Parcel) {
        if let Some(party) = own_party(self.machine) {
            self.board.post(party, parcel);
        }
    }

    /// When.
    pub(super) fn now(&self) -> Moment {
        self.message.now
    }

    /// An institution's message at its own treatment place.
    pub(super) fn is_from_institution(&self) -> bool {
        self.message.leg == Leg::HisTreatment
    }

    /// Where this machine keeps the book of the insured place of the message: it came from the hub, or was not sent on.
    pub(super) fn is_insured_place(&self) -> bool {
        let message = self.message;
        message.leg == Leg::HubInsured || (message.leg == Leg::HisTreatment && !message.forwarded)
    }

    /// Whether an institution's message is about a person whose books are kept right here.
    pub(super) fn is_at_home(&self) -> bool {
        let (Some(ledger), Some(person)) = (
            self.machine.ledger(Role::Insured),
            self.message.person.as_deref(),
        ) else {
            return false;
        };
        let of_person = |key: &CellKey| key.dims.get("person").map(Name::as_str) == Some(person);
        self.is_from_institution() && ledger.cells().any(|(key, ..)| of_person(key))
    }

    /// Whether the message is at this party.
    pub(super) fn is_at(&self, party: &Party) -> bool {
        let own = self
            .machine
            .ledgers()
            .iter()
            .any(|ledger| ledger.party() == party);
        own && match party.role {
            Role::Insured => self.is_insured_place(),
            Role::Treatment => self.is_from_institution(),
            Role::Hub | Role::His => true,
        }
    }
}

/// The party as whose machine a machine is known.
pub(super) fn own_party(machine: &Machine) -> Option<Party> {
    Some(carrier(machine.ledgers().first()?.party()))
}

/// 处所 · A machine at an instant at which nothing comes in.
pub(super) struct Place<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) board: &'a Faults,
    pub(super) which: usize,
    pub(super) now: Moment,
}

impl Place<'_> {
    /// Whether a state that the order brought about lasts.
    pub(super) fn goes_on(&self) -> bool {
        self.board.goes_on(self.which, self.now)
    }
}

/// What becomes of a message that comes in.
pub(super) enum Arrival {
    /// The machine takes it.
    Taken,
    /// It never arrives: whoever sent it hears nothing.
    Lost,
    /// The sender is told this in the machine's stead, which never hears of it.
    Answered(Answer),
}

/// What becomes of a message that is sent on.
pub(super) enum Onward {
    /// The party behind gets it.
    Sent,
    /// It gets nothing; the machine is given this as its answer.
    Echoed(Answer),
    /// It gets nothing, and the machine hears nothing.
    Cut,
}

/// How an answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// As it is.
    Whole,
    /// Not at all: the connection is closed.
    Never,
    /// Not at all: the connection is reset.
    Reset,
    /// So many of its bytes, then the connection is closed.
    Cut(usize),
    /// One byte at a time, slower than anybody waits.
    Dripped,
    /// After nobody waits for it any more.
    Late,
}

/// 包裹 · A message as it is carried: the one that comes in, or one that is delivered later as if it came then.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) due: Moment,
    pub(super) context: Option<Context>,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// 麻烦 · A fault at one machine. Every method has a default that does nothing.
pub(super) trait Trouble: Send {
    /// The machine stands up; the place to bend its groups.
    fn install(&mut self, _rig: &mut Fitting<'_>) {}

    /// Whether a message that comes in is to wait: it comes again soon, as if for the first time.
    fn holds_back(&mut self, _scene: &mut Scene<'_>) -> bool {
        false
    }

    /// A message comes in; its text may be changed.
    fn arrive(&mut self, _scene: &mut Scene<'_>, _carried: &mut Parcel) -> Arrival {
        Arrival::Taken
    }

    /// A message is sent on; its text and addressee may be changed.
    fn forward(&mut self, _scene: &mut Scene<'_>, _to: &mut Party, _body: &mut String) -> Onward {
        Onward::Sent
    }

    /// The party behind has answered, or has not.
    fn back(&mut self, _scene: &mut Scene<'_>, _answer: &mut Result<Answer, Lost>) {}

    /// The machine's answer leaves; its text may be changed.
    fn depart(&mut self, _scene: &mut Scene<'_>, _answer: &mut Answer) -> Departure {
        Departure::Whole
    }

    /// The machine dies with the step that it has taken.
    fn dies(&mut self, _scene: &mut Scene<'_>) -> Option<Books> {
        None
    }

    /// Time has passed.
    fn touch(&mut self, _place: &mut Place<'_>) {}

    /// Books are shown to whoever runs the party; they may be changed.
    fn show(&mut self, _shown: &Shown<'_>, _export: &mut Export) {}
}

/// 示账 · The instant at which books are shown, and whom to ask about the order.
pub(super) struct Shown<'a> {
    pub(super) board: &'a Faults,
    pub(super) which: usize,
    pub(super) now: Moment,
}

/// 装配 · A machine that stands up, and the order that meddles with it.
pub(super) struct Fitting<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) board: &'a Faults,
    pub(super) which: usize,
    /// False while the mock world's own traffic is served.
    pub(super) watching: &'a Arc<AtomicBool>,
}

impl Fitting<'_> {
    /// `bend` sees each group of the book kept in `role` before it is booked, and how to ask whether it is hit.
    pub(super) fn bend(
        &mut self,
        role: Role,
        mut bend: impl FnMut(&Group<'_>, &mut Draft) + Send + 'static,
    ) {
        let (board, which) = (self.board.clone(), self.which);
        let watching = Arc::clone(self.watching);
        let seen = move |party: &Party, draft: &mut Draft| {
            if watching.load(Ordering::SeqCst) {
                bend(
                    &Group {
                        board: &board,
                        which,
                        party,
                    },
                    draft,
                );
            }
        };
        self.machine.bend_with(role, Box::new(seen));
    }

    /// Whether the order hits something that is there from the beginning, as if this message had brought it about.
    pub(super) fn hits(&self, cause: Cause, infno: InfNo, now: Moment) -> bool {
        let message = Message {
            cause,
            infno,
            of: None,
            omsgid: None,
            person: None,
            leg: Leg::HisTreatment,
            forwarded: false,
            now,
        };
        self.board.hits(self.which, &message)
    }

    /// `doorman` is asked about whomever the window shuts out.
    pub(super) fn guard(&mut self, mut doorman: impl FnMut(&Door<'_>) -> bool + Send + 'static) {
        let (board, which) = (self.board.clone(), self.which);
        let watching = Arc::clone(self.watching);
        self.machine.guard_with(Box::new(move |knock| {
            doorman(&Door {
                board: &board,
                which,
                knock,
                of_the_world: !watching.load(Ordering::SeqCst),
            })
        }));
    }
}

/// 门前 · A message that the window shuts out, as a trouble sees it.
pub(super) struct Door<'a> {
    pub(super) board: &'a Faults,
    pub(super) which: usize,
    pub(super) knock: &'a Knock<'a>,
    /// It comes from the mock world itself, and from nobody's test.
    pub(super) of_the_world: bool,
}

impl Door<'_> {
    /// Whether the order hits; `by` is the transaction number that stands for the whole business.
    pub(super) fn hits(&self, by: InfNo) -> bool {
        let message = Message {
            cause: self.knock.cause.clone(),
            infno: by,
            of: None,
            omsgid: None,
            person: Some(self.knock.person.to_owned()),
            leg: Leg::HisTreatment,
            forwarded: false,
            now: self.knock.now,
        };
        self.board.hits(self.which, &message)
    }
}

/// 待记的一组 · A group that is about to be booked, as its trouble sees it.
pub(super) struct Group<'a> {
    board: &'a Faults,
    which: usize,
    party: &'a Party,
}

impl Group<'_> {
    /// Whether the order hits the message that causes the group; counts it.
    pub(super) fn hits(&self, draft: &Draft) -> bool {
        let leg = match self.party.role {
            Role::His => Leg::Counter,
            Role::Treatment => Leg::HisTreatment,
            Role::Hub => Leg::TreatmentHub,
            Role::Insured => Leg::HubInsured,
        };
        let message = Message {
            cause: draft.cause.clone(),
            infno: InfNo::new(&draft.cause.infno),
            of: None,
            omsgid: None,
            person: draft.person.as_ref().map(Name::to_string),
            leg,
            forwarded: false,
            now: draft.at,
        };
        self.board.hits(self.which, &message)
    }

    /// In whose book.
    pub(super) fn party(&self) -> &Party {
        self.party
    }

    /// Whether a state that the order brought about lasts.
    pub(super) fn goes_on(&self, now: Moment) -> bool {
        self.board.goes_on(self.which, now)
    }

    /// Leaves word for the order's troubles elsewhere.
    pub(super) fn mark(&self, mark: String) {
        self.board.mark(self.which, mark);
    }

    /// Whether the order's trouble at another machine has left word.
    pub(super) fn is_marked(&self, mark: &str) -> bool {
        self.board.is_marked(self.which, mark)
    }
}
