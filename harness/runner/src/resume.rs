//! 续跑 · Finishes an interrupted run: compensation and verification only, never new business.
//!
//! Why so: after any death the journal says what may stand, and the same fold that steered the run
//! steers its end: intents without outcome are unknown, undos without outcome are asked about first.
//! Idempotent; may itself die at any point and be called again.
//! Called by `cli resume`. Not here: taking the journal over (`journal`), standing parties up (`cli`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{CaseId, Channel, Export, InstitutionCode, Party, Pseudonym, Role};
use crosswipe_journal::{CaseFinished, CaseResult, History, Intent, Journal, Payload, Purpose};

use crosswipe_rollback::{Fold, LATE, Patience};

use crate::clock::{Busy, Clock, Patient, Stopwatch};
use crate::desk::{Desk, Halt, Probed, RunConfig};
use crate::evidence::Instant;
use crate::relay::Relay;
use crate::run::{Finished, Interrupt, second_look, steered};
use crate::transport::Transport;

/// Finishes the run whose journal was taken over; `history` is what stood in it, TAKEOVER included.
///
/// # Errors
/// As [`run`](crate::run).
pub async fn resume<T: Transport>(
    config: RunConfig,
    clock: Arc<Clock>,
    journal: Journal,
    history: &History,
    transport: T,
    interrupt: Arc<Interrupt>,
) -> Result<Finished, Halt> {
    let desk = Desk::new(config, clock, journal, transport);
    desk.recall(history).await;
    desk.config.shelf.end_lines()?;
    heed_others(&desk)?;
    desk.begin_driven().await?;
    desk.announce().await;
    let left = Left::of(history);
    let desk = Arc::new(desk);
    let finishing = {
        let desk = Arc::clone(&desk);
        async move { finish(&desk, left).await }
    };
    steered(desk, finishing, interrupt).await
}

/// 未了之数 · How many people have something open in a journal, as the fold sees it: with what a run would go on.
pub fn people_with_open(history: &History) -> usize {
    let mut fold = Fold::new(Patience::default());
    history.records.iter().for_each(|record| fold.apply(record));
    fold.people_with_open().len()
}

/// What the journal shows as not done.
#[derive(Default)]
struct Left {
    /// The run had taken its first look, so something may have been sent.
    begun: bool,
    /// Cases that began and never ended.
    cases: BTreeSet<CaseId>,
    /// t1 was taken, and nothing was sent since.
    t1: bool,
    /// t2 was taken, and nothing was sent since.
    t2: bool,
    /// Everybody who had a first probe, and where.
    probed: BTreeMap<Pseudonym, (InstitutionCode, Channel)>,
}

impl Left {
    fn of(history: &History) -> Left {
        let mut left = Left::default();
        for record in &history.records {
            match &record.payload {
                Payload::Snap0(_) => left.begun = true,
                Payload::Snap1(_) => left.t1 = true,
                Payload::Snap2(_) => left.t2 = true,
                Payload::Intent(intent) => left.sent(intent),
                Payload::CompIntent(_) => (left.t1, left.t2) = (false, false),
                Payload::Note(note) if note.code == LATE => (left.t1, left.t2) = (false, false),
                Payload::CaseStarted(started) => {
                    left.cases.insert(started.case.clone());
                }
                Payload::CaseFinished(finished) => {
                    left.cases.remove(&finished.case);
                }
                _ => {}
            }
        }
        left
    }

    fn sent(&mut self, intent: &Intent) {
        (self.t1, self.t2) = (false, false);
        if intent.purpose == Purpose::ProbeFirst
            && let (Some(person), Ok(code)) =
                (&intent.person, InstitutionCode::parse(&intent.origin))
        {
            self.probed.insert(person.clone(), (code, intent.channel));
        }
    }
}

async fn finish<T: Transport>(desk: &Arc<Desk<T>>, left: Left) -> Result<(), Halt> {
    if !left.begun {
        return Ok(());
    }
    let busy = desk.clock.enter();
    let people: Vec<Option<Pseudonym>> = desk.people_with_open().into_iter().collect();
    let chains = Relay::start(&desk.clock, people, |person, busy| {
        let desk = Arc::clone(desk);
        async move {
            let ended = desk.compensate(&busy, person.as_ref()).await.map(drop);
            desk.stop_all_if_failed(ended)
        }
    });
    let mut busy = chains.finish(busy).await?;
    for case in left.cases {
        let finished = CaseFinished {
            case,
            result: CaseResult::Skipped,
            checks: Vec::new(),
        };
        desk.record(Payload::CaseFinished(finished), None).await?;
    }
    if !left.t1 {
        busy = last_look(desk, busy, &left.probed).await?;
    }
    if !left.t2 {
        desk.sign_off().await?;
        desk.wait(&busy, second_look(desk), Patient::Yes).await;
        desk.last_look(&busy, Instant::T2).await?;
    }
    Ok(())
}

/// The last probes, where the window still allows them, the quiet period, and t1.
async fn last_look<T: Transport>(
    desk: &Arc<Desk<T>>,
    busy: Busy,
    probed: &BTreeMap<Pseudonym, (InstitutionCode, Channel)>,
) -> Result<Busy, Halt> {
    let probed = probed
        .iter()
        .filter_map(|(person, (institution, channel))| {
            let persona = desk.persona(person)?;
            Some(Probed {
                label: persona.label.clone(),
                institution: institution.clone(),
                channel: *channel,
            })
        });
    let probes = Relay::start(&desk.clock, probed.collect(), |probed, busy| {
        let desk = Arc::clone(desk);
        async move { desk.stop_all_if_failed(desk.probe_last(&busy, &probed).await) }
    });
    let busy = probes.finish(busy).await?;
    let quiet = desk.clock.now().plus_ms(desk.config.patience.quiet_ms);
    busy.sleep_until(quiet, Patient::Yes).await;
    desk.last_look(&busy, Instant::T1).await?;
    Ok(busy)
}

/// How long to wait for what the process before this one had under way, real time.
const IN_FLIGHT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

impl<T: Transport> Desk<T> {
    /// 宣告 · Every party hears of the new epoch before anything else, so that nothing of the old process begins any
    /// more; then what it had begun is waited for. A party that does not answer, or keeps no epochs, is found out
    /// about in the course of things.
    async fn announce(&self) {
        let watch = Stopwatch::start();
        let parties = self.config.plan.topology.parties();
        // Both books of a region are at one address.
        let doors = || parties.iter().filter(|party| party.role != Role::Insured);
        for party in doors() {
            let _ = self.in_flight(party).await;
        }
        for party in doors() {
            while self.in_flight(party).await.is_some_and(|count| count > 0)
                && watch.elapsed() < IN_FLIGHT
            {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// How many messages a party has not answered yet, if it says so.
    async fn in_flight(&self, party: &Party) -> Option<u64> {
        let body = self.get(party, "/__admin/health".to_owned()).await.ok()?;
        let health: serde_json::Value = serde_json::from_slice(&body).ok()?;
        health.get("in_flight")?.as_u64()
    }
}

/// Msgids that stood in the books at t0 are others': none of them is used again.
fn heed_others<T: Transport>(desk: &Desk<T>) -> Result<(), Halt> {
    desk.config.shelf.each(".t0.json", |bytes| {
        // One that cannot be read is the judge's affair.
        if let Ok(export) = serde_json::from_slice::<Export>(bytes) {
            for row in &export.log {
                desk.msgids.is_taken(&row.cause.origin, &row.cause.msgid);
            }
        }
    })
}
