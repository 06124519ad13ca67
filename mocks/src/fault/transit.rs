//! 在途 · A platform to which something open was migrated from the old one, though the plan drains all business first.
//!
//! It stands in the opening books, as a migration would bring it: at the treatment place an admission with a line that
//! nobody settled, or at the insured place what was sent to the tax office and neither answered nor withdrawn, or an
//! account or yearly sum that is another than on the old platform. Or it is what comes over in mid-run that is bent: a
//! settlement of another amount, lost, or still unaudited.
//! Only where the plan has such a phase: elsewhere nothing forbids it, and the order is never met.

use crosswipe_domain::{Cause, CellKey, Entry, InfNo, OfficeAct, Party, PhaseKind, Role, Unit};

use super::trouble::{Fitting, Trouble};
use crate::ledger::{Amounts, Draft, Facts};
use crate::machine::Machine;

/// `in-transit-carried-over`.
struct CarriedOver {
    what: What,
}

/// What is carried over.
enum What {
    Visit,
    /// 待税务回应 · A row of this kind.
    Sent(&'static str),
    /// 迁错 · One person's cell of this kind, by a yuan more than the old platform's books say.
    Amount(&'static str),
    /// 迁错一笔 · The first settlement that is taken over.
    Settlement(Bent),
}

/// What becomes of a settlement on its way.
#[derive(Clone, Copy)]
enum Bent {
    /// A yuan more.
    Dearer,
    /// It does not arrive, nor what was paid for it.
    Lost,
    /// It counts as unaudited, and so do those after it.
    Unaudited,
}

impl Bent {
    fn bend(self, entries: &mut Vec<Entry>) {
        let of_settlement =
            |entry: &Entry| matches!(entry, Entry::Row { kind, .. } if kind == "settlement");
        if let Bent::Lost = self {
            entries.clear();
        }
        for entry in entries.iter_mut().filter(|entry| of_settlement(entry)) {
            let Entry::Row { facts, amounts, .. } = entry else {
                continue;
            };
            match self {
                Bent::Dearer => {
                    *amounts.or_default("medfee_sumamt") += 100;
                }
                Bent::Unaudited => {
                    let unaudited = OfficeAct::UNAUDITED.to_owned();
                    facts.insert(OfficeAct::AUDIT.to_owned(), unaudited);
                }
                Bent::Lost => {}
            }
        }
    }
}

pub(super) fn carried_over(order: &super::FaultOrder) -> Box<dyn Trouble> {
    let what = match order.choice("what") {
        "tax-push" => What::Sent("tax-push"),
        "special-payment" => What::Sent("special-payment"),
        "account" => What::Amount("personal-account"),
        "accumulator" => What::Amount("accumulator"),
        "settlement" => What::Settlement(Bent::Dearer),
        "lost" => What::Settlement(Bent::Lost),
        "unaudited" => What::Settlement(Bent::Unaudited),
        _ => What::Visit,
    };
    Box::new(CarriedOver { what })
}

impl Trouble for CarriedOver {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let Machine::Region(region) = &*rig.machine else {
            return;
        };
        // What was migrated stands on the new platform.
        let is_old = region.ledgers()[1].party().is_old_platform();
        if is_old {
            return;
        }
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
        if let What::Settlement(bent) = self.what {
            let mut met = false;
            let bend = move |_: &Party, draft: &mut Draft| {
                let begins = |entry: &Entry| matches!(entry, Entry::Row { kind, was: None, .. } if kind == "settlement");
                let migrates = draft.cause.infno == OfficeAct::Migration.name();
                let again = met && !matches!(bent, Bent::Unaudited);
                if !again && migrates && draft.entries.iter().any(begins) {
                    met = true;
                    bent.bend(&mut draft.entries);
                }
            };
            if let Some(ledger) = rig.machine.ledger_mut(Role::Insured) {
                ledger.bend_with(Box::new(bend));
            }
            return;
        }
        let id = format!("{code}-OLD-1");
        let of_person = |kind: &str| {
            let mut cells = region.ledgers()[1].cells();
            let cell = cells.find(|(key, ..)| key.kind == kind && key.dims.contains_key("person"));
            cell.map(|(key, unit, _)| (key.clone(), unit))
        };
        let migrated = match self.what {
            What::Amount(kind) => of_person(kind),
            _ => None,
        };
        let mut draft = Draft::new(at, cause, None);
        let keeper = match self.what {
            What::Visit => {
                let facts = || Facts::from([("mdtrt_id", id.clone())]);
                draft.born("visit", &id, "admitted", facts(), Amounts::new());
                let amounts = Amounts::from([("det_item_fee_sumamt", 12_300)]);
                let line = format!("{id}/1");
                draft.born("fee-detail", &line, "charged", facts(), amounts);
                Role::Treatment
            }
            What::Sent(kind) => {
                draft.born(kind, &id, "sent", Facts::new(), Amounts::new());
                Role::Insured
            }
            What::Settlement(_) => return,
            What::Amount(_) => {
                let Some((cell, unit)) = migrated else { return };
                match unit {
                    Unit::Fen => {
                        draft.move_money(cell, 100);
                        draft.move_money(CellKey::new("equity", []), -100);
                    }
                    Unit::Count => draft.move_count(cell, 1),
                    _ => draft.move_memo(cell, 100),
                }
                Role::Insured
            }
        };
        if let Some(ledger) = rig.machine.ledger_mut(keeper) {
            ledger.commit(draft);
        }
    }
}
