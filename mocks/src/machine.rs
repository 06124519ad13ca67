//! 机器 · A party as a plain value: a message in, a step out.
//!
//! Why so: no socket, clock, thread or file is in here, so the same party runs behind hyper, inside
//! somebody's `cargo test` and in an in-memory network. A machine that needs an answer from the party
//! behind it says [`Step::Forward`] and is given the answer later with the same ticket; between the two
//! it may serve others. Carried by `shell`; faults are wrapped round it by `fault`.

use std::sync::Arc;

use crosswipe_domain::{Export, LogRow, Look, Moment, Party, Role};
use crosswipe_wire::{Context, Refusal};

use crate::epochs::Epochs;
use crate::his::His;
use crate::hub::Hub;
use crate::ledger::{Bend, Ledger, PurgeOrder};
use crate::region::{Doorman, Region};

/// Path of the leg between platforms; any other path is an institution's message.
pub const HOP_PATH: &str = "/hop";

/// Path of what the office of an insured place does at its own platform.
pub const OFFICE_PATH: &str = "/office";

/// 旧线 · Path of an institution's line to the platform of before the cutover; what follows it is that platform's own.
pub const OLD_PATH: &str = "/old";

/// 一步 · What a machine does with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
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
}

/// 应答 · HTTP status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body text; empty where a file is sent.
    pub body: String,
    /// 文件 · Bytes that are sent instead: 9102 answers with the file itself.
    pub file: Option<Vec<u8>>,
}

impl Answer {
    /// An answer with status 200, as business refusals have too.
    pub fn ok(body: String) -> Answer {
        Answer::of(200, body)
    }

    /// An answer with this status.
    pub fn of(status: u16, body: String) -> Answer {
        Answer {
            status,
            body,
            file: None,
        }
    }

    /// A file.
    pub fn file(bytes: Vec<u8>) -> Answer {
        Answer {
            file: Some(bytes),
            ..Answer::ok(String::new())
        }
    }

    /// What came over a line: a file if it begins as a zip does, else text; `None` if it is neither.
    pub fn read(status: u16, bytes: Vec<u8>) -> Option<Answer> {
        if is_file(&bytes) {
            return Some(Answer {
                status,
                ..Answer::file(bytes)
            });
        }
        Some(Answer::of(status, String::from_utf8(bytes).ok()?))
    }

    /// What is sent.
    pub fn into_bytes(self) -> Vec<u8> {
        self.file.unwrap_or_else(|| self.body.into_bytes())
    }

    /// What is answered to bytes in which no envelope could be read: nobody can be answered in one.
    pub fn unread(why: &str) -> Answer {
        let said = serde_json::json!({"message": format!("报文无法读取 · not read: {why}")});
        Answer::of(400, said.to_string())
    }
}

/// 压缩文件 · Whether bytes begin as a zip does; no message of the interface does.
pub(crate) fn is_file(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// No answer came, or none that was whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {why}")]
pub struct Lost {
    /// What was seen instead, e.g. `connection closed`.
    pub why: String,
}

impl Lost {
    /// Seen instead of an answer.
    pub fn new(why: impl Into<String>) -> Lost {
        Lost { why: why.into() }
    }
}

/// 票 · Names an exchange that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// 机器 · One of the three kinds of parties.
pub enum Machine {
    /// 医疗机构
    His(Box<His>),
    /// 市平台: treatment place and insured place, two ledgers.
    Region(Box<Region>),
    /// 省平台/部平台
    Hub(Box<Hub>),
}

impl Machine {
    /// Takes a message.
    pub fn begin(
        &mut self,
        now: Moment,
        context: Option<&Context>,
        path: &str,
        body: &[u8],
    ) -> Step {
        match self {
            Machine::His(his) => his.begin(now, context, path, body),
            Machine::Region(region) => region.begin(now, context, path, body),
            Machine::Hub(hub) => hub.begin(now, context, body),
        }
    }

    /// Takes the answer to what it had forwarded.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Step {
        match self {
            Machine::His(his) => his.resume(now, ticket, answer),
            Machine::Region(region) => region.resume(now, ticket, answer),
            Machine::Hub(hub) => hub.resume(now, ticket, answer),
        }
    }

    /// 时期 · Takes notice of who asks, without a message: a run's older process is refused from now on.
    ///
    /// # Errors
    /// E-STALE-EPOCH: whoever asks was superseded.
    pub fn hear(&mut self, context: Option<&Context>) -> Result<(), Refusal> {
        match self {
            Machine::His(his) => his.epochs_mut().check(context),
            Machine::Region(region) => region.epochs_mut().check(context),
            Machine::Hub(hub) => hub.epochs_mut().check(context),
        }
    }

    /// Newest epoch seen of each run.
    pub fn epochs(&self) -> &Epochs {
        match self {
            Machine::His(his) => his.epochs(),
            Machine::Region(region) => region.epochs(),
            Machine::Hub(hub) => hub.epochs(),
        }
    }

    /// Puts back what was known of epochs, e.g. after the death of the process that kept it.
    pub fn restore_epochs(&mut self, epochs: Epochs) {
        match self {
            Machine::His(his) => *his.epochs_mut() = epochs,
            Machine::Region(region) => *region.epochs_mut() = epochs,
            Machine::Hub(hub) => *hub.epochs_mut() = epochs,
        }
    }

    /// Its books, one or two.
    pub fn ledgers(&self) -> Vec<&Ledger> {
        match self {
            Machine::His(his) => vec![his.ledger()],
            Machine::Region(region) => region.ledgers().to_vec(),
            Machine::Hub(hub) => vec![hub.ledger()],
        }
    }

    /// The book that it keeps in a role.
    pub fn ledger(&self, role: Role) -> Option<&Ledger> {
        self.ledgers()
            .into_iter()
            .find(|ledger| ledger.party().role == role)
    }

    /// 导出 · All of the book that it keeps in a role.
    pub fn export(&self, role: Role, now: Moment) -> Option<Export> {
        self.ledger(role).map(|ledger| ledger.export(now))
    }

    /// 中途查看 · The tail of the log that it keeps in a role.
    pub fn look(&self, role: Role, from: u64, now: Moment) -> Option<Look> {
        self.ledger(role).map(|ledger| ledger.look("", from, now))
    }

    /// Log rows from `from` on of the book that it keeps in a role.
    pub fn log_from(&self, role: Role, from: u64) -> &[Arc<LogRow>] {
        self.ledger(role)
            .map_or(&[], |ledger| ledger.log_from(from))
    }

    /// From now on `bend` sees each group of the book kept in `role` before it is booked.
    pub fn bend_with(&mut self, role: Role, bend: Bend) {
        if let Some(ledger) = self.ledger_mut(role) {
            ledger.bend_with(bend);
        }
    }

    /// From now on `doorman` is asked about whomever a region's window shuts out.
    pub(crate) fn guard_with(&mut self, doorman: Doorman) {
        if let Machine::Region(region) = self {
            region.guard_with(doorman);
        }
    }

    /// The book that it keeps in a role, to be written to by a fault.
    pub(crate) fn ledger_mut(&mut self, role: Role) -> Option<&mut Ledger> {
        match (self, role) {
            (Machine::His(his), Role::His) => Some(his.ledger_mut()),
            (Machine::Hub(hub), Role::Hub) => Some(hub.ledger_mut()),
            (Machine::Region(region), Role::Treatment | Role::Insured) => {
                Some(region.ledger_mut(role))
            }
            _ => None,
        }
    }

    /// Carries out an order of the owner of the book kept in `role`.
    pub fn purge(&mut self, role: Role, order: &PurgeOrder) {
        if let Some(ledger) = self.ledger_mut(role) {
            ledger.purge(order);
        }
    }

    /// Goes on with numbers that a process which died, and is known, gave to nobody.
    pub(crate) fn number_behind(&mut self, dead: &Machine) {
        if let (Machine::Region(region), Machine::Region(dead)) = (self, dead) {
            region.number_behind(dead);
        }
    }

    /// Puts a book back as its log says, e.g. after the death of the process that kept it.
    pub fn restore(&mut self, ledger: Ledger) {
        match self {
            Machine::His(his) => his.ledger_mut().take_over(ledger),
            Machine::Hub(hub) => hub.ledger_mut().take_over(ledger),
            Machine::Region(region) => region.restore(ledger),
        }
    }
}
