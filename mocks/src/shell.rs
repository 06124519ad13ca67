//! 外壳 · What carries machines: an in-memory network, hyper servers, a wiremock responder.
//!
//! No decision is made here: parse the carriage, lock, call the machine, send what it says.

pub mod hyper;
mod keeper;
pub mod memory;
#[cfg(feature = "wiremock")]
pub mod wiremock;

use std::sync::Arc;

use crosswipe_domain::{Moment, Party, Role};

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

/// All machines of a world, each inside the faults that were ordered.
pub fn machines(setup: &Arc<Setup>, faults: &Faults) -> Vec<(Party, Rigged)> {
    let rig = |machine| Rigged::new(machine, faults.clone());
    let topology = &setup.topology;
    let mut all = vec![(
        setup.hub(),
        rig(Machine::Hub(Box::new(Hub::new(Arc::clone(setup))))),
    )];
    for region in &topology.regions {
        let machine = Machine::Region(Box::new(Region::new(region.code, Arc::clone(setup))));
        all.push((
            Party::new(Role::Treatment, region.code.as_str()),
            rig(machine),
        ));
    }
    for institution in &topology.institutions {
        if let Some(his) = His::new(&institution.code, Arc::clone(setup)) {
            all.push((
                Party::new(Role::His, institution.code.as_str()),
                rig(Machine::His(Box::new(his))),
            ));
        }
    }
    all
}
