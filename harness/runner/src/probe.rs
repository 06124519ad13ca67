//! 探针 · R8: a pre-settlement of a fixed basket before a person's other business and right before t1.
//!
//! Why so: books may look restored while the rules that read them do not; the same trial must give
//! the same answer. A probe needs its own visit and fee lines, so it is business like any other:
//! journaled, unwound, judged. It settles nothing.

use crosswipe_domain::{Business, CaseId, Channel, InfNo, Institution, Persona};
use crosswipe_journal::Purpose;
use crosswipe_rollback::Next;
use crosswipe_scenarios::Credential;

use crate::clock::{Busy, Patient};
use crate::compensate::Chain;
use crate::desk::{Desk, Halt, Probed, lock};
use crate::swipe::{End, Plan};
use crate::transport::Transport;

/// Messages of a probe: a trial, and nothing is settled. A pharmacy's stores nothing at all.
fn trial(institution: &Institution) -> (Business, &'static [&'static str]) {
    match institution.code.is_pharmacy() {
        true => (Business::Pharmacy, &["2101"]),
        false => (Business::Outpatient, &["2201", "2203", "2204", "2206"]),
    }
}

/// How far a trial came that ended in nobody's knowing how a message ended; the read of the person comes before all.
fn stopped_at(messages: &[&str], end: &End) -> Option<usize> {
    let End::Unknown { infno, .. } = end else {
        return None;
    };
    let message = messages.iter().position(|number| *number == infno.as_str());
    Some(message.map_or(0, |before| before + 1))
}

impl<T: Transport> Desk<T> {
    /// The first probe of a person, if it has none yet and the gate lets it through.
    pub(crate) async fn probe_first(
        &self,
        busy: &Busy,
        persona: &Persona,
        (institution, channel): (&Institution, Channel),
    ) -> Result<(), Halt> {
        let pseudonym = self.pseudonym(&persona.no);
        let (business, messages) = trial(institution);
        let infno = InfNo::new(messages.last().copied().unwrap_or_default());
        let now = self.clock.now();
        let known = lock(&self.first_probes).contains_key(&pseudonym);
        let passes = self
            .ask_gate(
                &infno,
                Some(business),
                Some(persona),
                (institution, channel),
                now,
                Purpose::ProbeFirst,
            )
            .is_ok();
        if known || !passes {
            return Ok(());
        }
        let probed = Probed {
            label: persona.label.clone(),
            institution: institution.code.clone(),
            channel,
        };
        lock(&self.first_probes).insert(pseudonym, probed);
        self.probe(busy, persona, (institution, channel), Purpose::ProbeFirst)
            .await
    }

    /// The last probe of everybody who had a first one. One after the other per person, all persons at once.
    pub(crate) async fn probe_last(&self, busy: &Busy, probed: &Probed) -> Result<(), Halt> {
        let plan = &self.config.plan;
        let persona = plan.registry.persona(&probed.label);
        let institution = plan.topology.institution(&probed.institution);
        match (persona, institution) {
            (Some(persona), Some(institution)) => {
                self.probe(
                    busy,
                    persona,
                    (institution, probed.channel),
                    Purpose::ProbeLast,
                )
                .await
            }
            _ => Err(Halt::Bug(format!(
                "the probe of {} has no place",
                probed.label
            ))),
        }
    }

    async fn probe(
        &self,
        busy: &Busy,
        persona: &Persona,
        (institution, channel): (&Institution, Channel),
        purpose: Purpose,
    ) -> Result<(), Halt> {
        let which = if purpose == Purpose::ProbeFirst {
            "first"
        } else {
            "last"
        };
        let case = CaseId::parse(&format!("probe-{which}/{}", persona.label))
            .map_err(|e| Halt::Bug(e.to_string()))?;
        let Some(basket) = self
            .config
            .plan
            .registry
            .baskets
            .get(&self.config.plan.probe_basket)
        else {
            return Err(Halt::Bug("the plan has no probe basket".to_owned()));
        };
        let person = self.pseudonym(&persona.no);
        let facts = [
            ("person".to_owned(), person.to_string()),
            ("which".to_owned(), which.to_owned()),
        ];
        let stands = self.fold(|fold| fold.next(Some(&person), self.clock.now()));
        if matches!(stands, Next::Blocked { .. }) {
            // What cannot be undone stops the person's chain: a visit opened now would stand behind it.
            return self.note("probe-failed", None, facts.into()).await;
        }
        // A run that was taken over may have tried before: the same step again has another name.
        let name = match self.journal.epoch() {
            1 => "probe".to_owned(),
            epoch => format!("probe~{epoch}"),
        };
        let patience = &self.config.patience;
        let (business, messages) = trial(institution);
        let most = patience.budget as usize * (messages.len() + 1);
        let agains: Vec<String> = (1..most)
            .map(|again| match again {
                1 => format!("{name}~again"),
                more => format!("{name}~again{more}"),
            })
            .collect();
        let credential = Credential::default();
        let mut plan = Plan {
            case: &case,
            name: &name,
            purpose,
            business,
            persona,
            institution,
            channel,
            basket,
            account: true,
            disease: None,
            credential: &credential,
            mid_stay: false,
            messages,
        };
        let mut walked = self.walk(&plan, None).await?.0;
        let mut chain = self.unwind(busy, &plan).await?;
        // What was lost on the way says nothing of the benefit: it is cleared up and asked once more, as often and as
        // patiently as any undo is tried; a link that is down is still down a millisecond later. A try that comes
        // further than those before it has left their trouble behind: what stops it is another, with patience anew.
        let mut stopped = stopped_at(messages, &walked.end);
        let (mut tries, mut delay_ms, mut furthest) = (1, patience.delay_ms, stopped);
        for again in &agains {
            if stopped.is_none() || chain == Chain::Blocked || tries == patience.budget {
                break;
            }
            busy.sleep_until(self.clock.now().plus_ms(delay_ms), Patient::Yes)
                .await;
            plan.name = again;
            walked = self.walk(&plan, None).await?.0;
            chain = self.unwind(busy, &plan).await?;
            stopped = stopped_at(messages, &walked.end);
            (tries, delay_ms) = match stopped > furthest {
                true => (1, patience.delay_ms),
                false => (
                    tries + 1,
                    delay_ms.saturating_mul(2).min(patience.delay_max_ms),
                ),
            };
            furthest = furthest.max(stopped);
        }
        if walked.end != End::Ok || chain == Chain::Blocked {
            self.note("probe-failed", None, facts.into()).await?;
        }
        Ok(())
    }

    /// tm, then the undo of what a probe has booked.
    async fn unwind(&self, busy: &Busy, plan: &Plan<'_, '_>) -> Result<Chain, Halt> {
        let path = self.path(plan.institution, Some(plan.persona.insured));
        self.look(plan.case, &path).await?;
        let person = self.pseudonym(&plan.persona.no);
        self.compensate(busy, Some(&person)).await
    }
}
