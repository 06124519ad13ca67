//! 医疗机构 · A hospital's information system as a plain value: a station between its counter and its platform.
//!
//! It sends each message on unchanged over its own connection and books visit, till, invoice and lines
//! once a definite success comes back. If the platform's answer is lost it answers 504 with a body that is
//! no envelope, and books nothing: whoever asked must find out. It computes no benefit; amounts are the
//! platform's. Not here: what a booking consists of (`books`).

mod deed;
mod shelf;

use std::collections::BTreeSet;
use std::sync::Arc;

use crosswipe_domain::{Cause, Institution, InstitutionCode, Moment, Nature, Party, Role};
use crosswipe_wire::{Context, Refusal, RefusalCode, Request, Response};

use crate::books;
use crate::deed::{Deed, Hop};
use crate::desk::{self, Desk, Heard, Passage, hear, passage};
use crate::epochs::Epochs;
use crate::ledger::Ledger;
use crate::machine::{Answer, Lost, OLD_PATH, Step, Ticket};
use crate::setup::Setup;
use crate::shell::carrier;

pub(crate) use shelf::dispense;

/// 医疗机构 · One hospital's HIS with its till, invoices and lines.
pub struct His {
    institution: Institution,
    setup: Arc<Setup>,
    ledger: Ledger,
    desk: Desk<Pending>,
    /// Undos that were sent on and never answered; no book hangs on it.
    unheard: BTreeSet<String>,
    /// Visits that were cancelled before the answer that opened them came here; no book hangs on it.
    gone: BTreeSet<String>,
}

struct Pending {
    body: Vec<u8>,
    cause: Cause,
    keeps: bool,
    digest: String,
    /// It was undone while its answer was under way; no book hangs on it.
    overtaken: bool,
}

impl His {
    /// Newest epoch seen of each run.
    pub fn epochs(&self) -> &Epochs {
        &self.desk.epochs
    }

    pub(crate) fn epochs_mut(&mut self) -> &mut Epochs {
        &mut self.desk.epochs
    }

    /// A HIS with empty books, if the topology has the institution.
    pub fn new(code: &InstitutionCode, setup: Arc<Setup>) -> Option<His> {
        let institution = setup.topology.institution(code)?.clone();
        let ledger = Ledger::new(Party::new(Role::His, code.as_str()));
        let desk = Desk::new(institution.region);
        Some(His {
            institution,
            setup,
            ledger,
            desk,
            unheard: BTreeSet::new(),
            gone: BTreeSet::new(),
        })
    }

    /// Takes a message of the counter; on [`OLD_PATH`] it goes to the platform of before the cutover.
    pub fn begin(
        &mut self,
        now: Moment,
        context: Option<&Context>,
        path: &str,
        body: &[u8],
    ) -> Step {
        if let Err(refusal) = self.desk.epochs.check(context) {
            return self.desk.refuse(now, &refusal);
        }
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(error) => return self.desk.unread(now, &error),
        };
        if request.fixmedins_code != self.institution.code.as_str() {
            let why = format!("本机构为 {}", self.institution.code);
            return self
                .desk
                .refuse(now, &Refusal::new(RefusalCode::Window, why));
        }
        let cause = Cause {
            origin: self.institution.code.as_str().to_owned(),
            msgid: request.msgid.clone().into_owned(),
            infno: request.infno.as_str().to_owned(),
        };
        let keeps = matches!(request.infno.nature(), Nature::Forward | Nature::Undo);
        // Of no use to a read, and not cheap for a file.
        let digest = match keeps {
            true => desk::digest(body),
            false => String::new(),
        };
        if keeps {
            match passage(&self.ledger, &cause, Some(&digest), self.setup.msgid_mode) {
                Passage::Free => {}
                Passage::Answered(reply) => return Step::Reply(Answer::ok(reply)),
                Passage::Barred(refusal) => return self.desk.refuse(now, &refusal),
            }
        }
        let region = self.institution.region;
        let to = match path {
            OLD_PATH if !self.setup.keeps_old(region) => {
                let why = format!("{region} 没有旧平台");
                return self
                    .desk
                    .refuse(now, &Refusal::new(RefusalCode::Region, why));
            }
            OLD_PATH => carrier(&Party::old_platform(region)),
            _ => Party::new(Role::Treatment, region.as_str()),
        };
        let text = String::from_utf8_lossy(body).into_owned();
        let ticket = self.desk.wait(Pending {
            body: body.to_vec(),
            cause,
            keeps,
            digest,
            overtaken: false,
        });
        Step::Forward {
            to,
            body: text,
            ticket,
        }
    }

    /// Takes the platform's answer.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Step {
        let pending = self.desk.take(ticket);
        let answer = match (&pending, answer) {
            (Some(pending), Ok(answer)) if is_of_another(pending, &answer) => {
                Err(Lost::new("the answer belongs to another message"))
            }
            (_, answer) => answer,
        };
        if let (Some(pending), true) = (&pending, matches!(hear(answer.clone()), Heard::Nothing)) {
            let request = Request::parse(&pending.body).ok();
            self.unheard.extend(request.as_ref().and_then(deed::target));
        }
        let (Some(pending), Ok(answer)) = (pending, answer) else {
            let said = r#"{"message":"no answer from the platform"}"#;
            return Step::Reply(Answer::of(504, said.to_owned()));
        };
        if pending.keeps {
            self.book(now, &pending, &answer);
        }
        Step::Reply(answer)
    }

    /// Books what a definite answer means; nothing if the answer leaves a doubt.
    fn book(&mut self, now: Moment, pending: &Pending, answer: &Answer) {
        if !matches!(
            passage(
                &self.ledger,
                &pending.cause,
                Some(&pending.digest),
                self.setup.msgid_mode
            ),
            Passage::Free
        ) {
            return;
        }
        let heard = hear(Ok(answer.clone()));
        if let Heard::Refused {
            code: Some(code),
            body,
            ..
        } = &heard
            && let Some(hop) = self.done_already(pending, *code)
        {
            books::book(&mut self.ledger, &hop, now, Some(body.clone()));
            return;
        }
        match heard {
            Heard::Nothing => {}
            Heard::Refused { binding: false, .. } => {}
            Heard::Refused { body, .. } => {
                books::book_refusal(&mut self.ledger, &pending.cause, None, now, body);
                self.ledger
                    .remember_digest(&pending.cause, pending.digest.clone());
            }
            Heard::Done { body, .. } => {
                let (Ok(request), Ok(response)) = (
                    Request::parse(&pending.body),
                    Response::parse(body.as_bytes()),
                ) else {
                    return;
                };
                let Some(mut hop) = deed::read(
                    &self.ledger,
                    &pending.cause,
                    self.institution.region,
                    &request,
                    &response,
                    now,
                    &self.setup.profile(self.institution.region).answers,
                ) else {
                    return;
                };
                if pending.overtaken || self.comes_too_late(&hop) {
                    return;
                }
                self.overtake(&hop, &request);
                if let Deed::Settle(bill) = &mut hop.deed {
                    bill.dispensed = shelf::dispensed(&self.ledger, &self.setup, bill);
                }
                books::book(&mut self.ledger, &hop, now, Some(body.clone()));
                self.ledger
                    .remember_digest(&pending.cause, pending.digest.clone());
            }
        }
    }

    /// An answer that comes back after its visit was cancelled: what it speaks of is over, here too.
    fn comes_too_late(&mut self, hop: &Hop) -> bool {
        let held = |id: &str| self.ledger.row("visit", id);
        match &hop.deed {
            Deed::Cancel { mdtrt_id } if held(mdtrt_id).is_none() => {
                self.gone.insert(mdtrt_id.clone());
                false
            }
            Deed::Register { mdtrt_id, .. } => self.gone.contains(mdtrt_id),
            _ => false,
        }
    }

    /// An undo of what has not come here yet: the platform had booked it, so the answer that says so is still under way,
    /// and what it speaks of is over when it comes.
    fn overtake(&mut self, hop: &Hop, undo: &Request<'_>) {
        let is_held = match &hop.deed {
            Deed::Withdraw { lines, .. } => !lines.is_empty(),
            Deed::Readmit { mdtrt_id } => {
                let visit = self.ledger.row("visit", mdtrt_id);
                visit.is_some_and(|held| held.row.status == "discharged")
            }
            _ => return,
        };
        if is_held {
            return;
        }
        for pending in self.desk.under_way().filter(|pending| pending.keeps) {
            let undone = Request::parse(&pending.body).ok();
            pending.overtaken |= undone.is_some_and(|undone| deed::undoes(undo, &undone));
        }
    }

    /// What a refused undo is to be booked as where the refusal says that the platform has long done it, and
    /// the answer that said so never came here: the hospital must not be left alone with what is undone.
    fn done_already(&self, pending: &Pending, code: RefusalCode) -> Option<Hop> {
        let request = Request::parse(&pending.body).ok()?;
        if !self.unheard.contains(&deed::target(&request)?) {
            return None;
        }
        deed::done_already(
            &self.ledger,
            &pending.cause,
            self.institution.region,
            &request,
            code,
        )
    }

    /// The name of a patient, as the counter reads it from the card.
    pub(crate) fn patient(&self, person: &str) -> Option<&str> {
        self.setup
            .person(person)
            .map(|persona| persona.name.as_str())
    }

    /// Its books.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

/// Whether an answer to a message that books says that it answers another one.
fn is_of_another(pending: &Pending, answer: &Answer) -> bool {
    let named = Response::parse(answer.body.as_bytes())
        .ok()
        .and_then(|response| {
            let named = response
                .node("setlinfo")?
                .text("medins_setl_id")?
                .into_owned();
            Some(named)
        });
    pending.keeps && named.is_some_and(|named| named != pending.cause.msgid)
}
