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

/// How often a probe is tried, for each time that an undo is: it has several messages, and each may meet a trouble of its
/// own.
const TRIES_PER_UNDO: u32 = 2;

/// Messages of a probe: a trial, and nothing is settled. A pharmacy's stores nothing at all.
fn trial(institution: &Institution) -> (Business, &'static [&'static str]) {
    match institution.code.is_pharmacy() {
        true => (Business::Pharmacy, &["2101"]),
        false => (Business::Outpatient, &["2201", "2203", "2204", "2206"]),
    }
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
        let tries = patience.budget * TRIES_PER_UNDO;
        let agains: Vec<String> = (1..tries)
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
        // What was lost on the way says nothing of the benefit: it is cleared up and asked once more, more often than any
        // undo is tried, since without its answer the whole run proves nothing of the person. A link that is down is still
        // down a millisecond later, so waits grow, as far as those of an undo and not beyond.
        let mut delay_ms = patience.delay_ms;
        for (tried, again) in (1..).zip(&agains) {
            if !matches!(walked.end, End::Unknown { .. }) || chain == Chain::Blocked {
                break;
            }
            busy.sleep_until(self.clock.now().plus_ms(delay_ms), Patient::Yes)
                .await;
            plan.name = again;
            walked = self.walk(&plan, None).await?.0;
            chain = self.unwind(busy, &plan).await?;
            if tried + 1 < patience.budget {
                delay_ms = delay_ms.saturating_mul(2).min(patience.delay_max_ms);
            }
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
