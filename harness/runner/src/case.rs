//! 用例 · Carries out one case: its steps, the look between forward and undo, the undo, the expectations.
//!
//! Why so: a swipe whose outcome nobody knew is cleared up first (query, reversal, proof) and then
//! swiped once more, as a tester at the counter would; every other end is judged as it is.
//! Not here: which cases run side by side (`lanes`), how a visit becomes messages (`swipe`).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::{InstitutionCode, Moment, Party, Persona, Pseudonym};
use crosswipe_journal::{CaseFinished, CaseResult, CaseStarted, Check, Payload, Purpose};
use crosswipe_scenarios::{Case, Expect, Expected, Step, Swipe};

use crate::clock::{Busy, Patient};
use crate::compensate::Chain;
use crate::desk::{Desk, Halt, lock};
use crate::expect;
use crate::swipe::{End, Plan, Walked};
use crate::transport::Transport;

/// What the steps of a case have gathered so far.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) checks: Vec<Check>,
    /// A step could not be carried out.
    pub(crate) error: bool,
    /// Parties whose log tails are looked at before the undo.
    parties: BTreeSet<Party>,
    people: BTreeSet<Option<Pseudonym>>,
    undo_at: Option<Moment>,
}

impl<T: Transport> Desk<T> {
    /// Runs a case from its start instant to its undo; records how it went.
    pub(crate) async fn run_case(&self, busy: &Busy, case: &Case) -> Result<(), Halt> {
        if let Some(start) = case.start {
            busy.sleep_until(start, Patient::No).await;
        }
        let result = if self.clock.is_interrupted() {
            (CaseResult::Skipped, Vec::new())
        } else if self.is_blocked(case) {
            (CaseResult::Blocked, Vec::new())
        } else {
            self.record(
                Payload::CaseStarted(CaseStarted {
                    case: case.id.clone(),
                }),
                None,
            )
            .await?;
            self.steps(busy, case).await?
        };
        let finished = CaseFinished {
            case: case.id.clone(),
            result: result.0,
            checks: result.1,
        };
        self.record(Payload::CaseFinished(finished), None).await?;
        self.case_ended();
        Ok(())
    }

    /// A person whose chain stands still is swiped no more.
    fn is_blocked(&self, case: &Case) -> bool {
        let now = self.clock.now();
        case.leaves().filter_map(Step::visit).any(|visit| {
            let persona = self.config.plan.registry.persona(visit.persona);
            persona.is_some_and(|persona| {
                let person = self.pseudonym(&persona.no);
                self.fold(|fold| {
                    matches!(
                        fold.next(Some(&person), now),
                        crosswipe_rollback::Next::Blocked { .. }
                    )
                })
            })
        })
    }

    async fn steps(&self, busy: &Busy, case: &Case) -> Result<(CaseResult, Vec<Check>), Halt> {
        let mut gathered = Gathered::default();
        for step in &case.steps {
            match step {
                Step::Parallel(branches) => {
                    self.branches(busy, case, branches, &mut gathered).await?
                }
                leaf => self.leaf(busy, case, leaf, &mut gathered).await?,
            }
            if !case.several_open {
                self.undo_all(busy, case, &mut gathered).await?;
            }
        }
        self.undo_all(busy, case, &mut gathered).await?;
        gathered
            .checks
            .extend(lock(&self.undo_checks).remove(&case.id).unwrap_or_default());
        let result = match gathered.checks.iter().all(|check| check.held) {
            _ if gathered.error => CaseResult::Error,
            true => CaseResult::Passed,
            false => CaseResult::Failed,
        };
        Ok((result, gathered.checks))
    }

    /// Branches begin at the same instant; the undo waits until all have walked.
    async fn branches(
        &self,
        busy: &Busy,
        case: &Case,
        branches: &[Vec<Step>],
        gathered: &mut Gathered,
    ) -> Result<(), Halt> {
        // Probes first and one by one, so that the branches themselves begin together.
        for swipe in branches.iter().flatten().filter_map(as_swipe) {
            self.prepare(busy, swipe).await?;
        }
        let left = AtomicUsize::new(branches.len());
        let places: Vec<Busy> = branches.iter().map(|_| busy.another()).collect();
        if !places.is_empty() {
            busy.step_aside();
        }
        let walks = branches.iter().zip(places).map(|(branch, place)| {
            let left = &left;
            async move {
                let walked = self.branch(&place, case, branch).await;
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    busy.step_back();
                }
                walked
            }
        });
        for own in join_all(walks).await {
            gathered.take(own?);
        }
        Ok(())
    }

    /// One branch; it has a place on the clock of its own, so that it can wait while others go on.
    async fn branch(&self, busy: &Busy, case: &Case, steps: &[Step]) -> Result<Gathered, Halt> {
        let mut own = Gathered::default();
        for step in steps {
            self.leaf(busy, case, step, &mut own).await?;
        }
        Ok(own)
    }

    async fn leaf(
        &self,
        busy: &Busy,
        case: &Case,
        step: &Step,
        gathered: &mut Gathered,
    ) -> Result<(), Halt> {
        match step {
            Step::Swipe(swipe) => self.swipe(busy, case, swipe, gathered).await,
            Step::Call(call) => self.call(busy, case, call, gathered).await,
            Step::Play(play) => self.play(busy, case, play, gathered).await,
            Step::Parallel(_) => Err(Halt::Bug("branches inside branches".to_owned())),
        }
    }

    /// Waits for the swipe's instant and makes the person's first probe if it has none.
    async fn prepare(&self, busy: &Busy, swipe: &Swipe) -> Result<(), Halt> {
        if let Some(at) = swipe.at {
            busy.sleep_until(at, Patient::No).await;
        }
        if matches!(swipe.expect.outcome, Expected::Gate { .. }) {
            return Ok(());
        }
        let (persona, institution) = self.place(&swipe.persona, &swipe.institution)?;
        self.probe_first(busy, persona, institution).await
    }

    async fn swipe(
        &self,
        busy: &Busy,
        case: &Case,
        swipe: &Swipe,
        gathered: &mut Gathered,
    ) -> Result<(), Halt> {
        self.prepare(busy, swipe).await?;
        let (persona, institution) = self.place(&swipe.persona, &swipe.institution)?;
        let person = Some(self.pseudonym(&persona.no));
        let path = self.path(institution, Some(persona.insured));
        let basket = self.config.plan.registry.baskets.get(&swipe.basket);
        let basket = basket.ok_or_else(|| Halt::Bug(format!("no basket {}", swipe.basket)))?;
        let mut plan = Plan {
            case: &case.id,
            name: &swipe.name,
            purpose: if swipe.forced {
                Purpose::Forced
            } else {
                Purpose::Business
            },
            business: swipe.business,
            persona,
            institution,
            basket,
            account: swipe.account,
            discharge_last: swipe.discharge_last,
            trial_only: false,
        };
        let mut walked = self.walk(&plan).await?;
        let again = format!("{}~2", swipe.name);
        if matches!(walked.end, End::Unknown { .. }) && !self.clock.is_interrupted() {
            self.look(&case.id, &path).await?;
            if self.compensate(busy, person.as_ref()).await? == Chain::Closed {
                plan.name = &again;
                walked = self.walk(&plan).await?;
            }
        }
        gathered.judge(&swipe.name, &swipe.expect, walked);
        gathered.parties.extend(path);
        gathered.people.insert(person);
        gathered.undo_at = gathered.undo_at.max(swipe.undo_at);
        Ok(())
    }

    /// tm, the instant of the undo, then the undo of everybody the case has touched.
    async fn undo_all(
        &self,
        busy: &Busy,
        case: &Case,
        gathered: &mut Gathered,
    ) -> Result<(), Halt> {
        let people = std::mem::take(&mut gathered.people);
        let parties: Vec<Party> = std::mem::take(&mut gathered.parties).into_iter().collect();
        let open = self.people_with_open();
        if people.is_disjoint(&open) {
            return Ok(());
        }
        self.look(&case.id, &parties).await?;
        if let Some(undo_at) = gathered.undo_at.take() {
            busy.sleep_until(undo_at, Patient::No).await;
        }
        for person in people {
            if self.compensate(busy, person.as_ref()).await? == Chain::Blocked {
                gathered.error = true;
            }
        }
        Ok(())
    }

    /// Adds what a raw message about a person leaves to undo.
    pub(crate) fn touched(
        &self,
        gathered: &mut Gathered,
        persona: Option<&Persona>,
        parties: Vec<Party>,
    ) {
        gathered
            .people
            .insert(persona.map(|persona| self.pseudonym(&persona.no)));
        gathered.parties.extend(parties);
    }

    /// The persona and institution that a step names.
    pub(crate) fn place(
        &self,
        persona: &str,
        institution: &InstitutionCode,
    ) -> Result<(&Persona, &crosswipe_domain::Institution), Halt> {
        let plan = &self.config.plan;
        let persona = plan
            .registry
            .persona(persona)
            .ok_or_else(|| Halt::Bug(format!("no persona {persona}")))?;
        let found = plan.topology.institution(institution);
        Ok((
            persona,
            found.ok_or_else(|| Halt::Bug(format!("no institution {institution}")))?,
        ))
    }
}

impl Gathered {
    /// Holds a visit against what was expected of it.
    pub(crate) fn judge(&mut self, step: &str, expect: &Expect, walked: Walked) {
        self.error |= matches!(walked.end, End::Unknown { .. } | End::NoRoom);
        self.checks
            .push(expect::outcome(step, &expect.outcome, &walked.end));
        if walked.end == End::Ok {
            let body = walked.last.as_deref().unwrap_or_default();
            self.checks.extend(
                expect
                    .fields
                    .iter()
                    .map(|field| expect::field(step, field, body)),
            );
        }
        self.checks.extend(walked.checks);
    }

    fn take(&mut self, other: Gathered) {
        self.checks.extend(other.checks);
        self.error |= other.error;
        self.parties.extend(other.parties);
        self.people.extend(other.people);
        self.undo_at = self.undo_at.max(other.undo_at);
    }
}

fn as_swipe(step: &Step) -> Option<&Swipe> {
    match step {
        Step::Swipe(swipe) => Some(swipe),
        _ => None,
    }
}

/// Polls all futures in one task until each is done; their answers in order.
async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures
        .into_iter()
        .map(|future| Some(Box::pin(future)))
        .collect();
    let mut answers: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, answer) in waiting.iter_mut().zip(&mut answers) {
            if let Some(future) = slot
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *answer = Some(done);
                *slot = None;
            }
        }
        if waiting.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}
