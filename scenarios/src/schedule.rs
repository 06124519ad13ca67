//! 时刻表 · What the window says of a visit at an instant, and when it says yes for the first time.
//!
//! Why here and again in `runner` and `verify`: a plan whose expectations contradict its own window is
//! a slip in the plan, and is told before anything is sent; the gate and rule R12 then ask on their
//! own, each with its own code. Called by `cases`.

use crosswipe_domain::{
    AdmDivision, Allow, Business, Channel, InfNo, Institution, Moment, OfficeAct, Persona, Public,
    Scope, Span, Suspension, Topology, Window,
};

use crate::{Play, Visit};

/// 时刻表 · Everything that decides whether a visit may take place at an instant.
#[derive(Clone, Copy)]
pub(crate) struct Schedule<'a> {
    pub(crate) window: &'a Window,
    pub(crate) topology: &'a Topology,
    pub(crate) arranged: &'a [(AdmDivision, String)],
}

/// A visit with its names resolved.
#[derive(Clone, Copy)]
pub(crate) struct Swiped<'a> {
    pub(crate) persona: &'a Persona,
    pub(crate) institution: &'a Institution,
    pub(crate) business: Business,
    pub(crate) channel: Channel,
}

impl<'a> Schedule<'a> {
    /// The visit with its names resolved; `None` if a name is unknown.
    pub(crate) fn swiped(&self, visit: Visit<'_>, persona: &'a Persona) -> Option<Swiped<'a>> {
        Some(Swiped {
            persona,
            institution: self.topology.institution(visit.institution)?,
            business: visit.business,
            channel: visit.channel,
        })
    }

    /// Why the gate would refuse the visit at `at`; `None` = it would let it pass.
    pub(crate) fn refusal(&self, swiped: &Swiped<'_>, at: Moment) -> Option<&'static str> {
        if !swiped.persona.registered {
            return Some("persona");
        }
        let window = self.holds(at);
        let Some(phase) = window.phase_at(at) else {
            return Some("window");
        };
        if phase.allow.is_empty() {
            return Some("window");
        }
        if !phase.allow.iter().any(|allow| self.allows(allow, swiped)) {
            return Some("business, place or person");
        }
        let closing = window.end()?.plus_ms(-window.margin_ms);
        (at >= closing).then_some("margin")
    }

    fn allows(&self, allow: &Allow, swiped: &Swiped<'_>) -> bool {
        let (insured, institution) = (swiped.persona.insured, swiped.institution);
        let place = match allow.scope {
            Scope::Any => true,
            Scope::CrossRegion => insured.span_to(institution.region) != Span::Local,
            Scope::Local => insured.span_to(institution.region) == Span::Local,
            Scope::Arranged => self
                .arranged
                .iter()
                .any(|(from, to)| *from == insured && to == institution.code.as_str()),
        };
        let listed = allow.institutions.is_empty()
            || allow
                .institutions
                .iter()
                .any(|code| code == institution.code.as_str());
        let class = allow.classes.is_empty() || allow.classes.contains(&swiped.persona.class);
        let business = allow.business.is_empty() || allow.business.contains(&swiped.business);
        let channel = allow.channels.is_empty() || allow.channels.contains(&swiped.channel);
        place && listed && class && business && channel
    }

    /// Whether any phase allows a business at all.
    pub(crate) fn allows_ever(&self, business: Business) -> bool {
        let latest = self.window.latest();
        let mut phases = self.window.phases.iter().chain(&latest.phases);
        let names = |allow: &Allow| allow.business.is_empty() || allow.business.contains(&business);
        phases.any(|phase| phase.allow.iter().any(names))
    }

    /// The first instant at which all of these visits may take place, whoever is registered.
    pub(crate) fn earliest(&self, visits: &[Swiped<'_>]) -> Option<Moment> {
        let latest = self.window.latest();
        let phases = self.window.phases.iter().chain(&latest.phases);
        let openings = phases
            .filter(|phase| !phase.allow.is_empty())
            .map(|phase| phase.from);
        let mut openings: Vec<Moment> = openings.collect();
        openings.sort();
        openings.into_iter().find(|opening| {
            visits
                .iter()
                .all(|visit| matches!(self.refusal(visit, *opening), None | Some("persona")))
        })
    }

    /// Whether a message of the public is served at `at`.
    pub(crate) fn serves_public(&self, swiped: &Swiped<'_>, number: &str, at: Moment) -> bool {
        let (insured, treatment) = (swiped.persona.insured, swiped.institution.region);
        let outside = |code| {
            self.topology
                .region(code)
                .is_some_and(|region| region.outside)
        };
        if outside(insured) && outside(treatment) {
            return true;
        }
        let names = |listed: &[AdmDivision], code| listed.is_empty() || listed.contains(&code);
        let holds = |one: &Suspension| {
            if one.entries {
                return false;
            }
            let listed = |numbers: &[String]| numbers.iter().any(|listed| listed == number);
            one.from <= at
                && one.to.is_none_or(|to| at < to)
                && (one.messages.is_empty() || listed(&one.messages))
                && !listed(&one.except)
                && (one.business.is_empty() || one.business.contains(&swiped.business))
                && (one.channels.is_empty() || one.channels.contains(&swiped.channel))
                && (one.span.is_empty() || one.span.contains(&insured.span_to(treatment)))
                && (one.institutions.is_empty()
                    || one
                        .institutions
                        .iter()
                        .any(|code| code == swiped.institution.code.as_str()))
                && names(&one.insured, insured)
                && names(&one.treatment, treatment)
        };
        let window = self.holds(at);
        window.public_at(at) == Public::Open && !window.suspended.iter().any(holds)
    }

    /// 补录 · Whether a suspension keeps an institution from entering at `at` what was treated before go-live.
    pub(crate) fn bars_entry(&self, swiped: &Swiped<'_>, treated: Moment, at: Moment) -> bool {
        let window = self.holds(at);
        let is_entry = window
            .end()
            .is_some_and(|live| treated < live && live <= at);
        let region = swiped.persona.insured;
        let outside = self.topology.region(region).is_some_and(|one| one.outside);
        let mut bars = window.suspended.iter().filter(|one| one.entries);
        is_entry
            && !outside
            && bars.any(|one| {
                let plain = Suspension {
                    entries: false,
                    ..one.clone()
                };
                let number = crate::interface::settlement(swiped.business);
                let alone = Window {
                    suspended: vec![plain],
                    amended: Vec::new(),
                    ..window.clone().into_owned()
                };
                let schedule = Schedule {
                    window: &alone,
                    ..*self
                };
                !schedule.serves_public(swiped, number.as_str(), at)
            })
    }

    /// 退费与转自费 · Whether what a play did, at `at`, may be taken back at `refund_at`.
    pub(crate) fn takes_back(&self, play: &Play, insured: AdmDivision, refund_at: Moment) -> bool {
        let window = self.holds(refund_at);
        let settles = play
            .messages
            .iter()
            .any(|number| InfNo::new(number).settles());
        let began = play.treated.or(play.at);
        if settles {
            let cut = window.no_refund;
            return !cut.is_some_and(|cut| {
                play.at.is_some_and(|at| at < cut.settled_before) && cut.from <= refund_at
            });
        }
        let treatment = self.topology.institution(&play.institution);
        let local = treatment.is_some_and(|one| one.region.span_to(insured) == Span::Local);
        let admitted = play.messages.contains(&"2401");
        !window.no_self_pay.is_some_and(|rule| {
            let early = began.is_some_and(|began| began < rule.admitted_before);
            local && admitted && early && rule.from <= refund_at
        })
    }

    /// 经办 · Whether the office of an insured place may do this at `at`; on an `old` platform nothing is booked after it
    /// stops, and nothing is migrated from one before.
    pub(crate) fn opens_office(
        &self,
        insured: AdmDivision,
        (act, old): (OfficeAct, bool),
        at: Moment,
    ) -> bool {
        let region = self.topology.region(insured);
        if region.is_some_and(|region| region.outside) || act.takes_back() {
            return true;
        }
        let window = self.holds(at);
        let shuts = |one: &Suspension| {
            let names = |listed: &[String]| listed.iter().any(|word| word == act.name());
            let of_visits = !one.business.is_empty()
                || !one.span.is_empty()
                || !one.treatment.is_empty()
                || !one.institutions.is_empty()
                || one.entries;
            one.from <= at
                && one.to.is_none_or(|to| at < to)
                && (names(&one.messages) || (one.messages.is_empty() && !act.is_in_house()))
                && !names(&one.except)
                && !of_visits
                && (one.channels.is_empty() || one.channels.contains(&Channel::Counter))
                && (one.insured.is_empty() || one.insured.contains(&insured))
        };
        let stopped = window.old_stops().is_some_and(|stops| stops <= at);
        match act {
            OfficeAct::Migration if !stopped => return false,
            OfficeAct::Declaration | OfficeAct::Migration => {}
            _ if old && stopped => return false,
            _ => {}
        }
        (act.is_in_house() || window.public_at(at) == Public::Open)
            && !window.suspended.iter().any(shuts)
    }
}
