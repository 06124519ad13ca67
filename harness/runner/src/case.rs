//! 用例 · Carries out one case: its steps, the look between forward and undo, the undo, the expectations.
//!
//! Why so: a swipe whose outcome nobody knew is cleared up first (query, reversal, proof) and then
//! swiped once more, as a tester at the counter would; with it the steps that build upon it. Every other
//! end is judged as it is.
//! Not here: which cases run side by side (`lanes`), how a visit becomes messages (`swipe`), single
//! messages (`call`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::{InstitutionCode, Moment, Party, Persona, Pseudonym, all_known};
use crosswipe_journal::{CaseFinished, CaseResult, CaseStarted, Check, Payload, Purpose};
use crosswipe_scenarios::{Case, Expect, Expected, Step, Swipe};

use crate::captures::Captures;
use crate::clock::{Busy, Patient};
use crate::compensate::Chain;
use crate::desk::{Desk, Halt, lock};
use crate::expect;
use crate::swipe::{End, Plan, Walked};
use crate::transport::Transport;

/// What the steps of a case have gathered so far.
#[derive(Default)]
pub(crate) struct Gathered<'d> {
    pub(crate) checks: Vec<Check>,
    /// A step could not be carried out.
    pub(crate) error: bool,
    /// Nobody knows how a step ended.
    unknown: bool,
    /// The run was asked to stop before all its steps had begun.
    stopped: bool,
    /// What later steps may build upon.
    pub(crate) captures: Captures<'d>,
    /// Parties whose log tails are looked at before the undo.
    parties: BTreeSet<Party>,
    people: BTreeSet<Option<Pseudonym>>,
    undo_at: Option<Moment>,
}

impl<T: Transport> Desk<T> {
    /// Runs a case from its start instant to its undo; records how it went.
    pub(crate) async fn run_case(self: &Arc<Self>, busy: &Busy, case: &Case) -> Result<(), Halt> {
        if let Some(start) = case.start {
            self.wait(busy, start, Patient::No).await;
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
        Ok(())
    }

    /// Whether every check that failed is explained by a known issue that is not overdue.
    fn is_known(&self, case: &Case, checks: &[Check]) -> bool {
        let failed = checks.iter().filter(|check| !check.held);
        let failed = failed.map(|check| (&*check.what, &*check.actual));
        all_known(&self.config.plan.known_of(case), failed, self.clock.now())
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

    async fn steps(
        self: &Arc<Self>,
        busy: &Busy,
        case: &Case,
    ) -> Result<(CaseResult, Vec<Check>), Halt> {
        let mut gathered = Gathered::default();
        for group in Step::groups(&case.steps) {
            self.group(busy, case, group, &mut gathered).await?;
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
            false if self.is_known(case, &gathered.checks) => CaseResult::Waived,
            false => CaseResult::Failed,
            true if gathered.stopped => CaseResult::Skipped,
            true => CaseResult::Passed,
        };
        Ok((result, gathered.checks))
    }

    /// Steps that build upon each other: where nobody knows how one of them ended, all that the group has booked is
    /// undone, and it begins once more.
    async fn group<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        steps: &[Step],
        gathered: &mut Gathered<'d>,
    ) -> Result<(), Halt> {
        let mut own = self.pass(busy, case, steps, "", gathered).await?;
        let repeats = steps.iter().any(|step| as_swipe(step).is_some())
            && !steps.iter().any(|step| matches!(step, Step::Parallel(_)));
        if own.unknown && repeats && !self.clock.is_interrupted() {
            let parties: Vec<Party> = own.parties.iter().cloned().collect();
            self.look(&case.id, &parties).await?;
            let mut closed = true;
            for person in &own.people {
                closed &= self.compensate(busy, person.as_ref()).await? == Chain::Closed;
            }
            if closed {
                own = self.pass(busy, case, steps, "~2", gathered).await?;
            }
        }
        gathered.take(own);
        Ok(())
    }

    /// One pass over a group; it ends where nobody knows how a step ended. `again` is added to the steps' names.
    async fn pass<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        steps: &[Step],
        again: &str,
        before: &Gathered<'d>,
    ) -> Result<Gathered<'d>, Halt> {
        let mut own = Gathered {
            captures: before.captures.clone(),
            ..Gathered::default()
        };
        for step in steps {
            if let Some(at) = step.at() {
                self.wait(busy, at, Patient::No).await;
            }
            if self.clock.is_interrupted() {
                own.stopped = true;
                break;
            }
            let name = format!("{}{again}", step.name().unwrap_or_default());
            match step {
                Step::Swipe(swipe) => self.swipe(busy, case, swipe, &name, &mut own).await?,
                Step::Call(call) => self.call(busy, case, call, &name, &mut own).await?,
                Step::Play(play) => self.play(busy, case, play, &mut own).await?,
                Step::Office(office) => self.office(case, office, &mut own).await?,
                Step::Parallel(branches) => self.branches(busy, case, branches, &mut own).await?,
            }
            if own.unknown {
                break;
            }
        }
        Ok(own)
    }

    /// Branches begin at the same instant; the undo waits until all have walked.
    async fn branches<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        branches: &[Vec<Step>],
        gathered: &mut Gathered<'d>,
    ) -> Result<(), Halt> {
        // Probes first and one by one, so that the branches themselves begin together.
        for swipe in branches.iter().flatten().filter_map(as_swipe) {
            self.prepare(busy, case, swipe).await?;
        }
        let left = AtomicUsize::new(branches.len());
        let places: Vec<Busy> = branches.iter().map(|_| busy.another()).collect();
        if !places.is_empty() {
            busy.step_aside();
        }
        let before = &*gathered;
        let walks = branches.iter().zip(places).map(|(branch, place)| {
            let left = &left;
            async move {
                let walked = self.branch(&place, case, branch, before).await;
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
    async fn branch<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        steps: &[Step],
        before: &Gathered<'d>,
    ) -> Result<Gathered<'d>, Halt> {
        let mut own = Gathered {
            captures: before.captures.clone(),
            ..Gathered::default()
        };
        for group in Step::groups(steps) {
            Box::pin(self.group(busy, case, group, &mut own)).await?;
        }
        Ok(own)
    }

    /// Waits for the swipe's instant and makes the person's first probe if it has none.
    async fn prepare(&self, busy: &Busy, case: &Case, swipe: &Swipe) -> Result<(), Halt> {
        if let Some(at) = swipe.at {
            self.wait(busy, at, Patient::No).await;
        }
        self.take_up(self.clock.now()).await?;
        let expect = self.expected(case, &swipe.name, &swipe.expect);
        if matches!(expect.outcome, Expected::Gate { .. }) {
            return Ok(());
        }
        let (persona, institution) = self.place(&swipe.persona, &swipe.institution)?;
        self.probe_first(busy, persona, (institution, swipe.channel))
            .await
    }

    async fn swipe<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        swipe: &Swipe,
        name: &str,
        gathered: &mut Gathered<'d>,
    ) -> Result<(), Halt> {
        self.prepare(busy, case, swipe).await?;
        let (persona, institution) = self.place(&swipe.persona, &swipe.institution)?;
        let from = match &swipe.continues {
            None => None,
            Some(root) => match gathered.captures.visits.get(root) {
                Some(way) => Some(way.clone()),
                None => {
                    let what = format!("continue: {root}");
                    let walked = Walked::nowhere(End::Lacking { what });
                    gathered.judge(&swipe.name, &swipe.expect, walked);
                    return Ok(());
                }
            },
        };
        let basket = self.config.plan.registry.baskets.get(&swipe.basket);
        let basket = basket.ok_or_else(|| Halt::Bug(format!("no basket {}", swipe.basket)))?;
        let messages = swipe.messages();
        let until = swipe.until.as_ref();
        let last = messages
            .iter()
            .position(|number| until.is_some_and(|until| until.base() == *number));
        let plan = Plan {
            case: &case.id,
            name,
            purpose: if swipe.forced {
                Purpose::Forced
            } else {
                Purpose::Business
            },
            business: swipe.business,
            persona,
            institution,
            channel: swipe.channel,
            basket,
            account: swipe.account,
            disease: swipe.disease.as_deref(),
            credential: &swipe.credential,
            mid_stay: swipe.is_mid_stay(),
            messages: &messages[..last.map_or(messages.len(), |last| last + 1)],
        };
        let (walked, way) = self.walk(&plan, from).await?;
        let root = swipe.continues.as_ref().unwrap_or(&swipe.name);
        gathered.captures.walked(self, root, &swipe.name, way);
        let expect = self.expected(case, &swipe.name, &swipe.expect);
        gathered.judge(&swipe.name, &expect, walked);
        let path = self.path(institution, Some(persona.insured));
        gathered.parties.extend(path);
        gathered.people.insert(Some(self.pseudonym(&persona.no)));
        gathered.undo_at = gathered.undo_at.max(swipe.undo_at);
        Ok(())
    }

    /// tm, the instant of the undo, then the undo of everybody the case has touched.
    async fn undo_all(
        self: &Arc<Self>,
        busy: &Busy,
        case: &Case,
        gathered: &mut Gathered<'_>,
    ) -> Result<(), Halt> {
        let people = std::mem::take(&mut gathered.people);
        let parties: Vec<Party> = std::mem::take(&mut gathered.parties).into_iter().collect();
        let open = self.people_with_open();
        if people.is_disjoint(&open) {
            return Ok(());
        }
        self.first_look().await?;
        self.look(&case.id, &parties).await?;
        if let Some(undo_at) = gathered.undo_at.take() {
            self.wait(busy, undo_at, Patient::No).await;
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
        gathered: &mut Gathered<'_>,
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

impl<'d> Gathered<'d> {
    /// Holds a visit against what was expected of it.
    pub(crate) fn judge(&mut self, step: &str, expect: &Expect, walked: Walked) {
        self.unknown |= matches!(walked.end, End::Unknown { .. });
        self.error |= matches!(walked.end, End::Unknown { .. } | End::NoRoom);
        self.checks
            .push(expect::outcome(step, &expect.outcome, &walked.end));
        if walked.end == End::Ok {
            let body = walked.last.clone().unwrap_or_default();
            let answers = |of: Option<&str>| match of {
                None => Some(&*body),
                Some(step) => self.captures.answers.get(step).map(|body| &**body),
            };
            let fields = expect.fields.iter();
            let checks = fields.map(|field| expect::field(step, field, answers));
            self.checks.extend(checks);
            self.captures.answers.insert(step.to_owned(), body);
        }
        self.checks.extend(walked.checks);
    }

    fn take(&mut self, other: Gathered<'d>) {
        self.unknown |= other.unknown;
        self.stopped |= other.stopped;
        self.captures.extend(other.captures);
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
