//! 拒办 · A platform that refuses to undo what it has booked, and queries that it does not answer.

use crosswipe_domain::AdmDivision;
use crosswipe_wire::{Receipt, RefusalCode, write_refusal};

use super::FaultOrder;
use super::trouble::{Arrival, Leg, Parcel, Scene, Trouble};
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

/// `persona-frozen-mid-run`: the person's benefit is frozen.
pub(super) fn frozen(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Refusing {
        at: Where::Insured,
        code: RefusalCode::Status,
    })
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
    let ledgers = scene.machine.ledgers();
    let code_of = ledgers.first().map(|ledger| ledger.party().code.as_str());
    let division = code_of.and_then(|code| AdmDivision::parse(code).ok());
    let receipt = Receipt {
        division: division.expect("a city's platform has a division"),
        at: scene.now(),
        serial: 0,
    };
    Answer::ok(write_refusal(&receipt, &code.into()))
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
        self.undone |= matches!(scene.message.infno.base(), "2202" | "2404");
        if !self.undone || !(scene.hits() || scene.goes_on()) {
            return Arrival::Taken;
        }
        Arrival::Answered(Answer {
            status: 503,
            body: "<html>503</html>".to_owned(),
        })
    }
}
