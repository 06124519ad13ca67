//! 在途 · A platform to which something open was migrated from the old one, though the plan drains all business first.
//!
//! It stands in the opening books, as a migration would bring it: an admission with a line that nobody settled.
//! Only where the plan has such a phase: elsewhere nothing forbids it, and the order is never met.

use crosswipe_domain::{Cause, InfNo, PhaseKind, Role};

use super::trouble::{Fitting, Trouble};
use crate::ledger::{Amounts, Draft, Facts};
use crate::machine::Machine;

/// `in-transit-carried-over`.
struct CarriedOver;

pub(super) fn carried_over(_: &super::FaultOrder) -> Box<dyn Trouble> {
    Box::new(CarriedOver)
}

impl Trouble for CarriedOver {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let Machine::Region(region) = &*rig.machine else {
            return;
        };
        let setup = region.setup();
        let window = setup.window(setup.opened_at);
        let phases = window.phases.iter();
        let drained = phases.filter(|phase| phase.kind == PhaseKind::Drain);
        let (code, at) = (region.code(), setup.opened_at);
        let treats = setup.topology.institutions.iter();
        let origin = treats
            .filter(|institution| institution.region == code)
            .map(|institution| institution.code.to_string())
            .next();
        let (Some(origin), true) = (origin, drained.count() > 0) else {
            return;
        };
        let cause = Cause {
            origin,
            msgid: "migrated".to_owned(),
            infno: "2401".to_owned(),
        };
        if !rig.hits(cause.clone(), InfNo::new("2401"), at) {
            return;
        }
        let id = format!("{code}-OLD-1");
        let facts = || Facts::from([("mdtrt_id".to_owned(), id.clone())]);
        let mut draft = Draft::new(at, cause, None);
        draft.born("visit", &id, "admitted", facts(), Amounts::new());
        let amounts = Amounts::from([("det_item_fee_sumamt".to_owned(), 12_300)]);
        draft.born(
            "fee-detail",
            &format!("{id}/1"),
            "charged",
            facts(),
            amounts,
        );
        if let Some(ledger) = rig.machine.ledger_mut(Role::Treatment) {
            ledger.commit(draft);
        }
    }
}
