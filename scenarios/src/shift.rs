//! 平移 · A whole plan moved in time: phases, instants of cases and steps, purges.
//!
//! Why so: a hospital tries its HIS today, not on the weekend of the cutover, and must meet the window all the same.
//! Everything moves by the same length, so what lay between two instants lies between them still. What is no instant
//! (the hour at which a platform clears, an age) stays.

use crosswipe_domain::{Allow, Moment, Phase, Scope};

use crate::{Plan, Shows, Step};

impl Plan {
    /// The same plan so many ms later (earlier, if negative).
    pub fn shifted(&self, ms: i64) -> Plan {
        let mut plan = self.clone();
        plan.window = plan.window.shifted(ms);
        let shift = |at: &mut Option<Moment>| *at = at.map(|at| at.plus_ms(ms));
        let proofs = plan.proofs.iter_mut().map(|proof| &mut proof.case);
        for case in plan.cases.iter_mut().chain(proofs) {
            shift(&mut case.start);
            case.steps
                .iter_mut()
                .for_each(|step| each_instant(step, &shift));
        }
        plan.attended
            .iter_mut()
            .for_each(|case| shift(&mut case.start));
        plan.timing = plan.timing.shifted(ms);
        for purge in &mut plan.purge {
            purge.at = purge.at.plus_ms(ms);
        }
        for issue in &mut plan.known_issues {
            issue.due = issue.due.plus_ms(ms);
        }
        for duty in &mut plan.duties {
            *duty = duty.shifted(ms);
        }
        if let Some(start) = plan.window.start() {
            plan.year = start.day().year();
        }
        plan
    }

    /// The first phase in which persons may be swiped across regions without an arrangement; `None` if the window has
    /// none.
    pub fn first_cross_phase(&self) -> Option<&Phase> {
        let across = |allow: &Allow| matches!(allow.scope, Scope::Any | Scope::CrossRegion);
        let mut phases = self.window.phases.iter();
        phases.find(|phase| phase.allow.iter().any(across))
    }
}

fn each_instant(step: &mut Step, shift: &impl Fn(&mut Option<Moment>)) {
    match step {
        Step::Swipe(swipe) => {
            shift(&mut swipe.at);
            shift(&mut swipe.undo_at);
            if let Shows::Voucher { issued, .. } = &mut swipe.credential.shows {
                shift(issued);
            }
        }
        Step::Call(call) => shift(&mut call.at),
        Step::Play(play) => [&mut play.at, &mut play.treated, &mut play.refund_at]
            .into_iter()
            .for_each(shift),
        Step::Office(office) => {
            shift(&mut office.at);
            if let Some(claim) = &mut office.claim {
                let mut treated = Some(claim.treated);
                shift(&mut treated);
                claim.treated = treated.unwrap_or(claim.treated);
            }
        }
        Step::Parallel(branches) => {
            let steps = branches.iter_mut().flatten();
            steps.for_each(|step| each_instant(step, shift));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_instant_moves_and_comes_back() {
        const DAY_MS: i64 = 24 * 3_600_000;
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("pair-demo");
        let plan = crate::load(&shipped).unwrap();
        let later = plan.shifted(3 * DAY_MS);
        assert_eq!(later.shifted(-3 * DAY_MS), plan);
        // Nothing that speaks of an instant stays where it was.
        let told = |plan: &Plan| {
            let Plan {
                window,
                cases,
                purge,
                duties,
                ..
            } = plan;
            format!("{window:?} {cases:?} {purge:?} {duties:?}")
        };
        let digits = |day: &str| plan.window.start().unwrap().to_string().contains(day);
        assert!(digits("2030-03-01"), "{:?}", plan.window.start());
        assert!(!told(&later).contains("2030-03-01"));
        let cross = |plan: &Plan| plan.first_cross_phase().unwrap().clone();
        assert_eq!(cross(&plan).id, "cross");
        assert_eq!(cross(&later).from, cross(&plan).from.plus_ms(3 * DAY_MS));
    }
}
