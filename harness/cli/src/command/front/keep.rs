//! 落笔 · The witness at the door: a run folder, a journal, and every message in it before a platform sees it.
//!
//! Why so: three settled and two undone is a verdict, and a verdict needs evidence that outlives the process. So the
//! door keeps a run like any other; the same judge decides and the same reports tell. What cannot be written is not
//! passed on, and the first such failure is what the end says.
//! Not here: which record a message becomes (`runner::seen`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use crosswipe_domain::{CaseId, Level, Moment, PseudonymKey, Role, RunId, sha256_hex};
use crosswipe_journal::{CaseFinished, CaseResult, Check, Journal, RunHeader};
use crosswipe_mocks::{Leap, Mark, Standing, Taken, Unwritten, Witness, World, Writing};
use crosswipe_reports::chain_groups;
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::Http;
use crosswipe_runner::{Finished, Halt, Patience, RunConfig, Shelf, Turn, Watch, Watched};
use crosswipe_scenarios::Plan;
use crosswipe_wire::Request;
use tokio::sync::RwLock;

use crate::bulletin::Hearers;
use crate::command::run::place;
use crate::complain::{Trouble, to_stderr};
use crate::{bulletin, private, rundir};

const PATIENCE: Duration = Duration::from_secs(10);

/// 运行目录 · Where a door keeps its run.
pub(super) struct Place {
    pub(super) dir: PathBuf,
    run_id: RunId,
    key: PseudonymKey,
}

/// Makes the run folder; `source` is the plan as it was read, before it was moved to now.
pub(super) fn prepare(
    out: Option<&Path>,
    source: &Plan,
    started: Moment,
) -> Result<Place, Trouble> {
    let (run_id, dir) = place(out, source, started)?;
    rundir::create(&dir)?;
    let key = private::plan_key(&dir, &source.id)?;
    rundir::keep_plan(&dir, &source.files, &key)?;
    Ok(Place { dir, run_id, key })
}

/// 落笔 · The run that is kept while the door is open.
pub(super) struct Keep {
    watch: RwLock<Option<Watch<Http>>>,
    numbers: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    underway: BTreeMap<u64, (String, Watched)>,
    /// By institution: messages that book or undo, written down, and those of them whose end was too.
    counts: BTreeMap<String, [u64; 2]>,
    failed: Option<Halt>,
}

impl Keep {
    /// The first look at the books, and the journal's first records.
    pub(super) async fn begin(
        at: &Place,
        plan: &Plan,
        world: &World,
        switches: BTreeMap<String, String>,
        faults: Vec<String>,
        time: impl Fn() -> Moment + Send + Sync + 'static,
    ) -> Result<Keep, Trouble> {
        let parties = plan.topology.parties().into_iter();
        let platforms: Vec<_> = parties.filter(|party| party.role != Role::His).collect();
        let addresses = platforms
            .iter()
            .filter_map(|party| Some((party.clone(), world.address(party)?)));
        let http = Http::new(addresses.collect(), PATIENCE);
        let mut resolved = plan.resolved(&at.key);
        resolved.cases.extend(plan.planned_attended(&at.key));
        let header = RunHeader {
            run_id: at.run_id.clone(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            plan: resolved,
            files: plan
                .files
                .iter()
                .map(|(name, bytes)| (name.clone(), sha256_hex(bytes)))
                .collect(),
            seed: plan.seed,
            clock: "offset".to_owned(),
            transport: "door".to_owned(),
            parties: platforms
                .into_iter()
                .map(|party| (party, Level::L4))
                .collect(),
            faults,
            switches,
            previous_tail: private::previous_tail(&at.dir, &plan.id)?,
            // Its books die with this process: no other run ever works on them.
            world: Some(format!("door/{}", at.run_id)),
        };
        let now = time();
        let journal = Journal::create(&at.dir, header, now)?;
        private::remember_head(&at.dir, &plan.id, &journal.head_of_chain())?;
        to_stderr(&format!(
            "{}  链首 chain head {}\n",
            at.run_id,
            chain_groups(&journal.head_of_chain())
        ));
        let config = RunConfig {
            shelf: Shelf::Folder(at.dir.clone()),
            run_id: at.run_id.clone(),
            plan: plan.clone(),
            selected: Default::default(),
            key: at.key.clone(),
            turn: Turn::last(),
            jobs: None,
            patience: Patience {
                seed: plan.seed,
                ..Patience::default()
            },
            after_window: None,
            live: None,
            driven: Default::default(),
            first_look_late: false,
            bulletin: Some(bulletin::of(&at.dir, Hearers::Own(world.setup()))),
            progress: Arc::new(|_| ()),
        };
        let clock = Clock::simulated(now);
        let watch = Watch::begin(config, clock, journal, http, Box::new(time)).await?;
        Ok(Keep {
            watch: RwLock::new(Some(watch)),
            numbers: AtomicU64::new(0),
            state: Mutex::default(),
        })
    }

    /// The last looks; what was to be done and how it went stands in the journal before them.
    pub(super) async fn end(&self, lines: &[Standing]) -> Result<Finished, Halt> {
        let watch = self.watch.write().await.take();
        let watch = watch.ok_or_else(|| Halt::Bug("a door is closed once".to_owned()))?;
        if let Some(failed) = self.lock().failed.take() {
            return Err(failed);
        }
        let cases = self.cases(lines);
        watch.end(cases).await
    }

    /// Lines of the list that were tried, and one case per institution: that all it sent is on record.
    fn cases(&self, lines: &[Standing]) -> Vec<CaseFinished> {
        let counts = self.lock().counts.clone();
        let sent = counts.into_iter().filter_map(|(code, [came, ended])| {
            Some(CaseFinished {
                case: CaseId::parse(&format!("his/{code}")).ok()?,
                result: CaseResult::Passed,
                checks: vec![Check {
                    step: "door".to_owned(),
                    what: "journaled".to_owned(),
                    expected: came.to_string(),
                    actual: ended.to_string(),
                    held: came == ended,
                }],
            })
        });
        let sent: Vec<_> = sent.collect();
        lines.iter().filter_map(finished).chain(sent).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure is the one that is told.
    fn failed(&self, halt: Halt) -> Unwritten {
        self.lock().failed.get_or_insert(halt);
        Unwritten
    }
}

/// A line as the case that it is; nothing of what does not apply.
fn finished(line: &Standing) -> Option<CaseFinished> {
    let result = match line.mark {
        Mark::Passed => CaseResult::Passed,
        Mark::Failed => CaseResult::Failed,
        Mark::Open => CaseResult::Skipped,
        Mark::NotApplicable => return None,
    };
    let check = Check {
        step: "acceptance".to_owned(),
        what: "transactions".to_owned(),
        expected: line.of.to_string(),
        actual: match line.why.as_str() {
            "" => line.done.to_string(),
            why => why.to_owned(),
        },
        held: line.mark == Mark::Passed,
    };
    // Of a script also what came of each step, and what it still waits for.
    let steps = line.held.iter().map(|one| Check {
        step: one.step.clone(),
        what: one.what.clone(),
        expected: one.expected.clone(),
        actual: one.actual.clone(),
        held: one.held,
    });
    let whole = (line.mark != Mark::Open).then_some(check);
    Some(CaseFinished {
        case: CaseId::parse(&line.number).ok()?,
        result,
        checks: steps.chain(whole).collect(),
    })
}

impl Witness for Keep {
    fn arrives(&self, message: Bytes) -> Writing<'_, Taken> {
        Box::pin(async move {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let watch = self.watch.read().await;
            let watch = watch.as_ref().ok_or(Unwritten)?;
            let watched = watch.arrives(&message).await;
            if let Some(watched) = watched.map_err(|halt| self.failed(halt))? {
                let origin = Request::parse(&message).map(|one| one.fixmedins_code.into_owned());
                let origin = origin.unwrap_or_default();
                let mut state = self.lock();
                if watched.books() {
                    state.counts.entry(origin.clone()).or_default()[0] += 1;
                }
                state.underway.insert(number, (origin, watched));
            }
            Ok(Taken(number))
        })
    }

    fn hears(&self) -> Writing<'_, ()> {
        Box::pin(async move {
            let watch = self.watch.read().await;
            let watch = watch.as_ref().ok_or(Unwritten)?;
            watch.hears().await.map_err(|halt| self.failed(halt))
        })
    }

    fn leaps(&self, leap: Leap) -> Writing<'_, ()> {
        Box::pin(async move {
            let watch = self.watch.read().await;
            let watch = watch.as_ref().ok_or(Unwritten)?;
            let written = watch.leaps(leap.to, leap.speed).await;
            written.map_err(|halt| self.failed(halt))?;
            let Leap { from, to, speed } = leap;
            to_stderr(&format!("计划时间 plan time {from} → {to}, {speed}×\n"));
            Ok(())
        })
    }

    fn answered(&self, message: Taken, answer: Option<(u16, Bytes)>) -> Writing<'_, ()> {
        Box::pin(async move {
            let Some((origin, watched)) = self.lock().underway.remove(&message.0) else {
                return Ok(());
            };
            let books = watched.books();
            let watch = self.watch.read().await;
            let watch = watch.as_ref().ok_or(Unwritten)?;
            let written = watch.answered(watched, answer).await;
            written.map_err(|halt| self.failed(halt))?;
            if books {
                self.lock().counts.entry(origin).or_default()[1] += 1;
            }
            Ok(())
        })
    }
}
