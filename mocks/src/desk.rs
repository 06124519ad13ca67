//! 前台 · What every party does at its door: epochs, receipts, tickets, the fence.
//!
//! Why here: the same few lines would stand in `his`, `hub` and `region`. None of it is a book: a serial
//! or an exchange in flight dies with the process, and no balance hangs on it.

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Cause, FenceState, Moment, sha256_hex};
use crosswipe_wire::{
    Infcode, Receipt, Refusal, RefusalCode, Response, WireError, write_ok, write_refusal,
};

use crate::answer;
use crate::deed::Hop;
use crate::epochs::Epochs;
use crate::ledger::Ledger;
use crate::machine::{Answer, Lost, Step, Ticket};
use crate::setup::MsgidMode;

/// 前台 · Counters of one party, and exchanges that wait for an answer.
pub(crate) struct Desk<P> {
    division: AdmDivision,
    pub(crate) epochs: Epochs,
    receipts: u64,
    tickets: u64,
    waiting: BTreeMap<Ticket, P>,
}

impl<P> Desk<P> {
    pub(crate) fn new(division: AdmDivision) -> Desk<P> {
        Desk {
            division,
            epochs: Epochs::default(),
            receipts: 0,
            tickets: 0,
            waiting: BTreeMap::new(),
        }
    }

    pub(crate) fn receipt(&mut self, now: Moment) -> Receipt {
        self.receipts += 1;
        Receipt {
            division: self.division,
            at: now,
            serial: self.receipts,
        }
    }

    pub(crate) fn refusal_text(&mut self, now: Moment, refusal: &Refusal) -> String {
        write_refusal(&self.receipt(now), refusal)
    }

    pub(crate) fn refuse(&mut self, now: Moment, refusal: &Refusal) -> Step {
        Step::Reply(Answer::ok(self.refusal_text(now, refusal)))
    }

    /// Bytes that are no message of ours: in an envelope if one could be read, else as an HTTP status.
    pub(crate) fn unread(&mut self, now: Moment, error: &WireError) -> Step {
        if error.is_unreadable() {
            return Step::Reply(Answer::unread(&error.to_string()));
        }
        self.refuse(now, &Refusal::new(RefusalCode::Field, error.to_string()))
    }

    pub(crate) fn wait(&mut self, pending: P) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.waiting.insert(ticket, pending);
        ticket
    }

    /// Exchanges that are under way.
    pub(crate) fn under_way(&mut self) -> impl Iterator<Item = &mut P> {
        self.waiting.values_mut()
    }

    /// The exchange that a ticket names; each ticket is good once.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<P> {
        self.waiting.remove(&ticket)
    }
}

/// What the fence says to a message that comes in, or back.
pub(crate) enum Passage {
    /// It may go on.
    Free,
    /// It was answered before: the same answer again.
    Answered(String),
    /// It may not.
    Barred(Refusal),
}

/// 栅 · Asks the fence about a message: the same one is not booked again. `digest` is compared where both are known.
pub(crate) fn passage(
    ledger: &Ledger,
    cause: &Cause,
    digest: Option<&str>,
    mode: MsgidMode,
) -> Passage {
    let barred = || {
        let detail = format!("msgid {}", cause.msgid);
        Passage::Barred(Refusal::new(RefusalCode::DupMsg, detail))
    };
    let used = ledger.fenced(&cause.origin, &cause.msgid).is_some();
    let Some(known) = ledger.known(cause, digest) else {
        // Another message under a used number is another message: whoever forgives at all carries it out.
        return match (used, mode) {
            (true, MsgidMode::Refuse) => barred(),
            _ => Passage::Free,
        };
    };
    if matches!(known.state, FenceState::Reversed | FenceState::Tombstone) {
        return Passage::Barred(Refusal::new(
            RefusalCode::Undone,
            format!("msgid {}", cause.msgid),
        ));
    }
    match (mode, ledger.reply(known)) {
        (MsgidMode::Process, _) => Passage::Free,
        (MsgidMode::Replay, Some(reply)) => Passage::Answered(reply.to_owned()),
        _ => barred(),
    }
}

/// Keeps with a message that was just booked what its bytes were, as they travelled here.
pub(crate) fn remember(ledger: &mut Ledger, hop: &Hop) {
    if let Some(digest) = &hop.digest {
        ledger.remember_digest(&hop.cause, digest.clone());
    }
}

/// 听到 · What an answer from the party behind means.
pub(crate) enum Heard {
    /// Nobody can say: nothing is booked.
    Nothing,
    /// A refusal; `binding` if it stands for this message for good.
    Refused {
        body: String,
        binding: bool,
        code: Option<RefusalCode>,
    },
    /// A success, its completed deed if it books something, and the other nodes of the output.
    Done {
        body: String,
        hop: Option<Box<Hop>>,
        nodes: Vec<(String, String)>,
    },
}

pub(crate) fn hear(answer: Result<Answer, Lost>) -> Heard {
    match answer {
        Ok(Answer {
            status: 200, body, ..
        }) => Given::read(body).heard(),
        _ => Heard::Nothing,
    }
}

/// 答 · An answer as text, with what it says as values: a party's other side needs no text to understand it.
pub(crate) struct Given {
    pub(crate) body: String,
    outcome: Result<Completed, Option<RefusalCode>>,
}

/// What a success carries: the completed deed if it books something, and the other nodes of the output.
type Completed = (Option<Box<Hop>>, Vec<(String, String)>);

impl Given {
    /// A success that hands a completed deed on.
    pub(crate) fn done(receipt: &Receipt, hop: Hop) -> Given {
        let record = serde_json::to_string(&hop).expect("a hop record has text keys");
        Given {
            body: write_ok(receipt, &[("hop", record)]),
            outcome: Ok((Some(Box::new(hop)), Vec::new())),
        }
    }

    /// A success that only tells something.
    pub(crate) fn told(receipt: &Receipt, nodes: Vec<answer::Node>) -> Given {
        let body = write_ok(receipt, &nodes);
        let nodes = nodes
            .into_iter()
            .map(|(name, raw)| (name.to_owned(), raw))
            .collect();
        Given {
            body,
            outcome: Ok((None, nodes)),
        }
    }

    /// A refusal.
    pub(crate) fn refused(receipt: &Receipt, refusal: &Refusal) -> Given {
        Given {
            body: write_refusal(receipt, refusal),
            outcome: Err(Some(refusal.code)),
        }
    }

    /// What came, or was kept, as text; of text that is no answer nobody can say anything.
    pub(crate) fn read(body: String) -> Given {
        let outcome = match Response::parse(body.as_bytes()) {
            Err(_) => Err(Some(RefusalCode::Downstream)),
            Ok(response) if response.infcode == Infcode::Ok => {
                let members = response.members();
                let hop = members
                    .and_then(|members| members.raw("hop"))
                    .and_then(|raw| serde_json::from_str(raw).ok())
                    .map(Box::new);
                let own = |(name, raw): (&str, &str)| {
                    (name != "hop").then(|| (name.to_owned(), raw.to_owned()))
                };
                let nodes = members.map(|members| members.iter().filter_map(own).collect());
                Ok((hop, nodes.unwrap_or_default()))
            }
            Ok(response) => Err(response
                .err_msg
                .as_deref()
                .and_then(RefusalCode::of_err_msg)),
        };
        Given { body, outcome }
    }

    /// The deed that it hands on.
    pub(crate) fn hop(&self) -> Option<&Hop> {
        self.outcome.as_ref().ok()?.0.as_deref()
    }

    /// What it means to whoever asked.
    pub(crate) fn heard(self) -> Heard {
        let Given { body, outcome } = self;
        match outcome {
            Ok((hop, nodes)) => Heard::Done { body, hop, nodes },
            Err(Some(RefusalCode::Downstream)) => Heard::Nothing,
            Err(code) => Heard::Refused {
                body,
                binding: code.is_none_or(binding),
                code,
            },
        }
    }
}

/// True for refusals that stand for a message for good; the others speak of the moment or of its id.
pub(crate) fn binding(code: RefusalCode) -> bool {
    use RefusalCode::{Downstream, DupMsg, Sign, StaleEpoch, Undone, Unsupported};
    !matches!(
        code,
        Downstream | DupMsg | Sign | StaleEpoch | Undone | Unsupported
    )
}

/// Digest of a message's bytes, to tell a repetition from a reuse of its id.
pub(crate) fn digest(body: &[u8]) -> String {
    sha256_hex(body)
}
