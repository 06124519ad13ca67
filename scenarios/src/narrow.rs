//! 缩小 · A plan with some cases only, and those who take part in them.
//!
//! Why so: books that nobody touches cost time and prove nothing more; a world of its own for one case, or for one seed,
//! needs the parties on the way of that case and no others. Called by `cli` for proofs. Not here: which cases (`cli`).

use crate::{Case, Plan, Step};

impl Plan {
    /// The plan with these cases, and the persons, institutions and regions that they name; no matrix is demanded of it,
    /// and nothing further is to be proven.
    pub fn with_only(&self, cases: Vec<Case>) -> Plan {
        let mut plan = Plan {
            cases,
            proofs: Vec::new(),
            attended: Vec::new(),
            matrix: Vec::new(),
            in_turn: false,
            design: None,
            ..self.clone()
        };
        let (mut people, mut places, mut regions) = (Vec::new(), Vec::new(), Vec::new());
        for step in plan.cases.iter().flat_map(Case::leaves) {
            if let Step::Call(call) = step {
                people.extend(call.persona.clone());
                places.push(call.institution.clone());
            }
            if let Step::Office(office) = step {
                people.extend(office.persona.clone());
                places.extend(office.claim.as_ref().map(|claim| claim.institution.clone()));
                places.extend(office.declares.as_ref().map(|(place, _)| place.clone()));
                regions.push(office.region);
            }
            if let Some(visit) = step.visit() {
                people.push(visit.persona.to_owned());
                places.push(visit.institution.clone());
            }
        }
        let personas = &mut plan.registry.personas;
        personas.retain(|persona| people.contains(&persona.label));
        let topology = &mut plan.topology;
        let listed = |code: &String| places.iter().any(|place| place.as_str() == code);
        topology
            .institutions
            .retain(|kept| places.contains(&kept.code));
        topology.regions.retain(|region| {
            let treats = topology.institutions.iter();
            let mut insures = plan.registry.personas.iter();
            treats.clone().any(|place| place.region == region.code)
                || insures.any(|persona| persona.insured == region.code)
                || regions.contains(&region.code)
        });
        plan.timing.narrowed(&plan.topology, &people);
        plan.arranged.retain(|(_, code)| listed(code));
        let parties = plan.topology.parties();
        plan.purge.retain(|purge| parties.contains(&purge.party));
        plan
    }
}
