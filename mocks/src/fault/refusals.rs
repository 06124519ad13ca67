//! 拒办 · A platform that refuses to undo what it has booked, and queries that it does not answer.

use crosswipe_domain::{AdmDivision, Role};
use crosswipe_wire::{Receipt, Refusal, RefusalCode, Request, write_refusal};

use super::FaultOrder;
use super::trouble::{Arrival, Leg, Message, Parcel, Scene, Trouble};
use crate::ledger::{Held, Ledger};
use crate::machine::Answer;

/// Where it is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Treatment,
    Insured,
}

/// From the message that is hit on, every one that fits is refused, until it heals.
struct Refusing {
    at: Where,
    code: RefusalCode,
}

/// `closed-day-refusal`: the day has gone into clearing.
pub(super) fn closed_day(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Refusing {
        at: Where::Treatment,
        code: RefusalCode::Cleared,
    })
}

/// `closed-year-refusal`: the year is closed.
pub(super) fn closed_year(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Refusing {
        at: Where::Insured,
        code: RefusalCode::Year,
    })
}

/// `test-data-survives-go-live`: of one person every undo is refused whatever is asked, until the window has ended and
/// long after; others come back.
struct Surviving {
    person: Option<String>,
}

pub(super) fn never_undone(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Surviving { person: None })
}

impl Trouble for Surviving {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let person = &scene.message.person;
        if !scene.is_from_institution() || person.is_none() {
            return Arrival::Taken;
        }
        let survives = match &self.person {
            known @ Some(_) => known == person && scene.goes_on(),
            None => scene.hits(),
        };
        if !survives {
            return Arrival::Taken;
        }
        self.person.clone_from(person);
        Arrival::Answered(refused(scene, RefusalCode::Unsupported))
    }
}

/// `persona-frozen-mid-run`: the person's benefit is frozen.
pub(super) fn frozen(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Refusing {
        at: Where::Insured,
        code: RefusalCode::Status,
    })
}

/// `empty-rollback-refused-forever`: 2601 of what this place never booked finds no message, each time, and no trace
/// of it is kept. `older-first-refused`: 2208, 2305 or 2601 while the person has a later settlement.
struct Unwilling {
    role: Role,
    why: fn(&Ledger, &Message, &[u8]) -> Option<RefusalCode>,
}

pub(super) fn empty_refused(order: &FaultOrder) -> Box<dyn Trouble> {
    let role = if order.choice("at") == "treatment" {
        Role::Treatment
    } else {
        Role::Insured
    };
    Box::new(Unwilling {
        role,
        why: |ledger, message, _| {
            let omsgid = message.omsgid.as_ref()?;
            let unknown = ledger.fenced(&message.cause.origin, omsgid).is_none();
            unknown.then_some(RefusalCode::RevNone)
        },
    })
}

pub(super) fn older_first(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Unwilling {
        role: Role::Insured,
        why: |ledger, message, body| {
            let named = named_settlement(ledger, message, body)?;
            let person = named.row.person.as_deref()?;
            let later = ledger
                .rows_of_person("settlement", person)
                .any(|other| other.row.status == "settled" && other.turned > named.turned);
            later.then_some(RefusalCode::Later)
        },
    })
}

/// The settlement that an undo names, if it stands here.
fn named_settlement<'l>(ledger: &'l Ledger, message: &Message, body: &[u8]) -> Option<&'l Held> {
    let held = match &message.omsgid {
        Some(omsgid) => {
            let group = ledger.fenced(&message.cause.origin, omsgid)?.group;
            let of_group = |held: &&Held| held.born == group;
            ledger
                .rows_of_person("settlement", message.person.as_deref()?)
                .find(of_group)?
        }
        None => {
            let request = Request::parse(body).ok()?;
            let id = request.node("data")?.text("setl_id")?;
            ledger.row("settlement", &id)?
        }
    };
    (held.row.status == "settled").then_some(held)
}

impl Trouble for Unwilling {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        let asked = match self.role {
            Role::Treatment => scene.is_from_institution(),
            // Across cities the treatment place has an insured place's book too, which knows nobody's settlement.
            _ => scene.message.leg == Leg::HubInsured || scene.is_at_home(),
        };
        let code = scene
            .machine
            .ledger(self.role)
            .filter(|_| asked)
            .and_then(|ledger| (self.why)(ledger, scene.message, &carried.body));
        match code {
            Some(code) if scene.hits() || scene.goes_on() => {
                Arrival::Answered(refused(scene, code))
            }
            _ => Arrival::Taken,
        }
    }
}

impl Trouble for Refusing {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let here = match self.at {
            Where::Treatment => scene.is_from_institution(),
            Where::Insured => scene.message.leg == Leg::HubInsured,
        };
        if !here || !(scene.hits() || scene.goes_on()) {
            return Arrival::Taken;
        }
        Arrival::Answered(refused(scene, self.code))
    }
}

fn refused(scene: &Scene<'_>, code: RefusalCode) -> Answer {
    Answer::ok(write_refusal(&receipt(scene), &code.into()))
}

fn receipt(scene: &Scene<'_>) -> Receipt {
    let ledgers = scene.machine.ledgers();
    let code_of = ledgers.first().map(|ledger| ledger.party().code.as_str());
    let division = code_of.and_then(|code| AdmDivision::parse(code).ok());
    Receipt {
        division: division.expect("a city's platform has a division"),
        at: scene.now(),
        serial: 0,
    }
}

/// `secret-echoed`: refused with the person's own numbers in the words of the refusal; nothing is booked anywhere.
struct Echo;

/// What a message says of a person that no report may show.
const SECRETS: [&str; 4] = ["psn_no", "mdtrt_cert_no", "certno", "psn_name"];

pub(super) fn echoed(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Echo)
}

impl Trouble for Echo {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if !scene.is_from_institution() || !scene.hits() {
            return Arrival::Taken;
        }
        let request = Request::parse(&carried.body).ok();
        let node = request.as_ref().and_then(|request| request.node("data"));
        let said = SECRETS.into_iter().filter_map(|name| {
            let text = node.as_ref()?.text(name)?;
            Some(format!("{name}={text}"))
        });
        let words = said.collect::<Vec<_>>().join(" ");
        let refusal = Refusal::new(RefusalCode::Status, words);
        Arrival::Answered(Answer::ok(write_refusal(&receipt(scene), &refusal)))
    }
}

/// `query-unavailable`: once a visit is cancelled no query is answered any more.
struct Unavailable {
    undone: bool,
}

pub(super) fn query_unavailable(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Unavailable { undone: false })
}

impl Trouble for Unavailable {
    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        if !scene.is_from_institution() {
            return Arrival::Taken;
        }
        self.undone |= matches!(scene.message.infno.base(), "2202" | "2404" | "2103");
        if !self.undone || !(scene.hits() || scene.goes_on()) {
            return Arrival::Taken;
        }
        Arrival::Answered(Answer::of(503, "<html>503</html>".to_owned()))
    }
}
