//! 省平台/部平台 · The hub between the regions, as a plain value.
//!
//! It passes messages on to the insured place and books a mirror, clearing and prefund once a definite
//! success comes back. If the answer is lost it books nothing and says so (E-DOWNSTREAM).
//! Where the insured place is not known yet (1101), it asks its regions one after the other.
//! Not here: faults of the hub (`fault`).

use std::sync::Arc;

use crosswipe_domain::{Cause, CellKey};
use crosswipe_domain::{Moment, Money, Nature, Party, Role};
use crosswipe_wire::{Context, Refusal, RefusalCode, Request};

use crate::books;
use crate::deed::{Deed, Hop};
use crate::desk::{Desk, Heard, Passage, hear, passage, remember};
use crate::epochs::Epochs;
use crate::ledger::{Draft, Ledger};
use crate::machine::{Answer, Lost, Step, Ticket};
use crate::setup::Setup;

/// 预付金 · What each region has paid in advance, at the start.
const PREFUND: Money = Money::from_fen(10_000_000_000);

/// 省平台/部平台 · The hub.
pub struct Hub {
    setup: Arc<Setup>,
    ledger: Ledger,
    desk: Desk<Pending>,
}

struct Pending {
    hop: Hop,
    body: String,
    /// Regions asked so far, where a person is looked for.
    asked: usize,
}

impl Hub {
    /// Newest epoch seen of each run.
    pub fn epochs(&self) -> &Epochs {
        &self.desk.epochs
    }

    pub(crate) fn epochs_mut(&mut self) -> &mut Epochs {
        &mut self.desk.epochs
    }

    /// A hub with its opening balances booked.
    pub fn new(setup: Arc<Setup>) -> Hub {
        let mut ledger = Ledger::new(setup.hub());
        ledger.commit(opening(&setup));
        let desk = Desk::new(setup.topology.hub);
        Hub {
            setup,
            ledger,
            desk,
        }
    }

    /// Takes a message of a treatment place.
    pub fn begin(&mut self, now: Moment, context: Option<&Context>, body: &[u8]) -> Step {
        if let Err(refusal) = self.desk.epochs.check(context) {
            return self.desk.refuse(now, &refusal);
        }
        let hop = match Request::parse(body) {
            Ok(request) => hop_of(&request),
            Err(error) => return self.desk.unread(now, &error),
        };
        let hop = match hop {
            Ok(hop) => hop,
            Err(refusal) => return self.desk.refuse(now, &refusal),
        };
        if books(&hop) {
            match passage(
                &self.ledger,
                &hop.cause,
                hop.digest.as_deref(),
                self.setup.msgid_mode,
            ) {
                Passage::Free => {}
                Passage::Answered(reply) => return Step::Reply(Answer::ok(reply)),
                Passage::Barred(refusal) => return self.desk.refuse(now, &refusal),
            }
        }
        let body = String::from_utf8_lossy(body).into_owned();
        self.ask(
            now,
            Pending {
                hop,
                body,
                asked: 0,
            },
        )
    }

    /// Passes the message on to the insured place, or to the next region that may be it.
    fn ask(&mut self, now: Moment, mut pending: Pending) -> Step {
        let insured = match pending.hop.deed {
            Deed::Seek => {
                let treatment = pending.hop.treatment;
                let mut others = self
                    .setup
                    .topology
                    .regions
                    .iter()
                    .map(|region| region.code)
                    .filter(|code| *code != treatment);
                match others.nth(pending.asked) {
                    Some(next) => next,
                    None => return self.desk.refuse(now, &RefusalCode::Person.into()),
                }
            }
            _ => match self.setup.topology.region(pending.hop.insured) {
                Some(region) => region.code,
                None => {
                    return self.desk.refuse(
                        now,
                        &Refusal::new(RefusalCode::Region, pending.hop.insured.as_str()),
                    );
                }
            },
        };
        pending.asked += 1;
        let body = pending.body.clone();
        let ticket = self.desk.wait(pending);
        Step::Forward {
            to: Party::new(Role::Insured, insured.as_str()),
            body,
            ticket,
        }
    }

    /// Takes the answer of the insured place.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Step {
        let Some(pending) = self.desk.take(ticket) else {
            return self.desk.refuse(now, &RefusalCode::Downstream.into());
        };
        match hear(answer) {
            Heard::Nothing => self
                .desk
                .refuse(now, &Refusal::new(RefusalCode::Downstream, "参保地")),
            Heard::Refused { .. } if matches!(pending.hop.deed, Deed::Seek) => {
                self.ask(now, pending)
            }
            Heard::Refused { body, binding, .. } => {
                if binding
                    && books(&pending.hop)
                    && self
                        .ledger
                        .fenced(&pending.hop.cause.origin, &pending.hop.cause.msgid)
                        .is_none()
                {
                    let person = Some(pending.hop.person.clone());
                    books::book_refusal(
                        &mut self.ledger,
                        &pending.hop.cause,
                        person,
                        now,
                        body.clone(),
                    );
                    remember(&mut self.ledger, &pending.hop);
                }
                Step::Reply(Answer::ok(body))
            }
            Heard::Done { body, hop, .. } => self.done(now, &pending.hop, hop.as_deref(), body),
        }
    }

    fn done(&mut self, now: Moment, asked: &Hop, done: Option<&Hop>, body: String) -> Step {
        if !books(asked) {
            return Step::Reply(Answer::ok(body));
        }
        let Some(done) = done else {
            return self.desk.refuse(
                now,
                &Refusal::new(RefusalCode::Downstream, "参保地应答缺转发记录"),
            );
        };
        match passage(
            &self.ledger,
            &asked.cause,
            asked.digest.as_deref(),
            self.setup.msgid_mode,
        ) {
            Passage::Free => {
                books::book(&mut self.ledger, done, now, Some(body.clone()));
                remember(&mut self.ledger, asked);
            }
            Passage::Answered(reply) => return Step::Reply(Answer::ok(reply)),
            Passage::Barred(refusal) => return self.desk.refuse(now, &refusal),
        }
        Step::Reply(Answer::ok(body))
    }

    /// Its books.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

/// The hop record of a message between platforms.
pub(crate) fn read_hop(body: &[u8]) -> Result<Hop, Refusal> {
    let request = Request::parse(body)
        .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))?;
    hop_of(&request)
}

/// The hop record of a message between platforms that was read.
pub(crate) fn hop_of(request: &Request<'_>) -> Result<Hop, Refusal> {
    let bad = |why: String| Refusal::new(RefusalCode::Field, why);
    let raw = request
        .envelope
        .raw("hop")
        .ok_or_else(|| bad("hop".to_owned()))?;
    serde_json::from_str(raw).map_err(|error| bad(format!("hop: {error}")))
}

/// True for messages that the fence keeps: all that book something.
pub(crate) fn books(hop: &Hop) -> bool {
    matches!(hop.infno().nature(), Nature::Forward | Nature::Undo)
}

fn opening(setup: &Setup) -> Draft {
    let cause = Cause {
        origin: setup.topology.hub.as_str().to_owned(),
        msgid: "opening".into(),
        infno: "open".into(),
    };
    let mut draft = Draft::new(setup.opened_at, cause, None);
    for region in &setup.topology.regions {
        draft.move_money(
            CellKey::new("prefund", [("insured", region.code.as_str())]),
            PREFUND.fen(),
        );
    }
    let total: i64 = draft.money().sum();
    draft.move_money(CellKey::new("equity", []), -total);
    draft
}
