//! 外壳 · What carries machines: an in-memory network, hyper servers, a wiremock responder.
//!
//! No decision is made here: parse the carriage, lock, call the machine, send what it says.

pub(crate) mod fired;
pub mod hyper;
mod keeper;
pub mod memory;
pub(crate) mod told;
#[cfg(feature = "wiremock")]
pub mod wiremock;

pub use fired::fired_before;
pub use told::amended_before;

use std::sync::Arc;

use crosswipe_domain::{InstitutionCode, Moment, Party, Role};

use crate::fault::{Faults, Rigged};
use crate::his::His;
use crate::hub::Hub;
use crate::machine::Machine;
use crate::region::Region;
use crate::setup::Setup;

/// 时间函数 · What time it is where a message does not say.
pub type TimeFn = Arc<dyn Fn() -> Moment + Send + Sync>;

/// The party whose machine keeps this party's book: a region's insured place is carried by its platform.
pub fn carrier(party: &Party) -> Party {
    match party.role {
        Role::Insured => Party::new(Role::Treatment, party.code.clone()),
        _ => party.clone(),
    }
}

/// 停时 · While what it gives lives, business time stands still: a party is being started again meanwhile.
pub type HoldFn = Arc<dyn Fn() -> Box<dyn std::any::Any + Send> + Send + Sync>;

/// The machine of one party, inside the faults that were ordered: as it stands before anything has happened.
pub fn machine_of(party: &Party, setup: &Arc<Setup>, faults: &Faults) -> Option<Rigged> {
    let code = || party.region();
    let machine = match party.role {
        Role::Hub => Machine::Hub(Box::new(Hub::new(Arc::clone(setup)))),
        Role::Treatment | Role::Insured if party.is_old_platform() => {
            Machine::Region(Box::new(Region::old(code()?, Arc::clone(setup))))
        }
        Role::Treatment | Role::Insured => {
            Machine::Region(Box::new(Region::new(code()?, Arc::clone(setup))))
        }
        Role::His => {
            let institution = InstitutionCode::parse(&party.code).ok()?;
            Machine::His(Box::new(His::new(&institution, Arc::clone(setup))?))
        }
    };
    Some(Rigged::new(machine, faults.clone()))
}

/// All machines of a world, each inside the faults that were ordered.
pub fn machines(setup: &Arc<Setup>, faults: &Faults) -> Vec<(Party, Rigged)> {
    let topology = &setup.topology;
    let regions = topology
        .regions
        .iter()
        .map(|region| Party::new(Role::Treatment, region.code.as_str()));
    let institutions = topology
        .institutions
        .iter()
        .map(|institution| Party::new(Role::His, institution.code.as_str()));
    let parties = topology.parties();
    let old = parties.iter().filter(|party| party.is_old_platform());
    [setup.hub()]
        .into_iter()
        .chain(regions)
        .chain(old.map(carrier))
        .chain(institutions)
        .filter_map(|party| {
            let machine = machine_of(&party, setup, faults)?;
            Some((party, machine))
        })
        .collect()
}
