//! 改期入场 · The window as it stands at this moment, and bounds that are moved while the run is under way.
//!
//! An amendment comes with the plan, dated, or from outside while the run goes on. Either way it is taken up right before
//! a message: written down first (WINDOW, durable), so that no message goes out by a bound of which the journal knows
//! nothing. Cases that expected the old bound are held to the new one from then on.
//! Not here: whether a bound may move so, which cases turn (`scenarios::amend`); who hears of it beside us (`cli`).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crosswipe_domain::{Amendment, CaseId, Moment, Window, canonical_json, sha256_hex};
use crosswipe_journal::{Moved, Note, Payload};
use crosswipe_scenarios::{Case, Expect, Plan, Step};

use crate::desk::{Desk, Halt};
use crate::transport::Transport;

/// 来文 · Asked right before each message: amendments that came since it was asked last. What is given is known from that
/// instant on.
pub type Bulletin = Box<dyn Fn(Moment) -> Vec<Amendment> + Send + Sync>;

/// 现行 · What holds now.
pub(crate) struct Notice {
    state: RwLock<State>,
    /// One takes up at a time: the others wait until it is written down.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    window: Arc<Window>,
    /// The plan with what came in mid-run, once something did.
    plan: Option<Plan>,
    /// Expectations that turned in mid-run.
    turned: BTreeMap<(CaseId, String), Expect>,
    /// What stands in the journal.
    written: Vec<Amendment>,
}

impl Notice {
    pub(crate) fn of(plan: &Plan) -> Notice {
        let state = State {
            window: Arc::new(plan.window.clone()),
            plan: None,
            turned: BTreeMap::new(),
            written: Vec::new(),
        };
        Notice {
            state: RwLock::new(state),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The window with all that is known of it.
    pub(crate) fn window(&self) -> Arc<Window> {
        Arc::clone(&self.read().window)
    }

    /// It stands in the journal already.
    pub(crate) fn is_written(&self, amendment: &Amendment) {
        self.write().written.push(amendment.clone());
    }

    /// What is known by then and does not stand in the journal yet.
    fn unwritten(&self, at: Moment) -> Vec<Amendment> {
        let state = self.read();
        let amended = state.window.amended.iter();
        amended
            .filter(|one| one.known <= at && !state.written.contains(one))
            .cloned()
            .collect()
    }

    /// Puts what came in mid-run upon the plan.
    fn take(&self, first: &Plan, amendment: Amendment) -> Result<(), String> {
        let mut state = self.write();
        let before = state.plan.as_ref().unwrap_or(first);
        let amended = before
            .amended(amendment)
            .map_err(|cannot| cannot.what.to_string())?;
        let cases = amended.plan.cases.iter();
        let turned = cases.filter(|case| amended.old.contains(&case.id));
        let turned: Vec<_> = turned.flat_map(expectations).collect();
        state.turned.extend(turned);
        state.window = Arc::new(amended.plan.window.clone());
        state.plan = Some(amended.plan);
        Ok(())
    }
}

fn expectations(case: &Case) -> Vec<((CaseId, String), Expect)> {
    let leaves = case.leaves().filter_map(|step| {
        let expect = match step {
            Step::Swipe(swipe) => &swipe.expect,
            Step::Play(play) => &play.expect,
            Step::Office(office) => &office.expect,
            Step::Call(_) | Step::Parallel(_) => return None,
        };
        Some(((case.id.clone(), step.name()?.to_owned()), expect.clone()))
    });
    leaves.collect()
}

impl<T: Transport> Desk<T> {
    /// Takes up what has come to be known by now, in the journal first.
    pub(crate) async fn take_up(&self, at: Moment) -> Result<(), Halt> {
        let came = |bulletin: &Bulletin| bulletin(at);
        let came = self.config.bulletin.as_ref().map_or_else(Vec::new, came);
        if came.is_empty() && self.notice.unwritten(at).is_empty() {
            return Ok(());
        }
        let _turn = self.notice.turn.lock().await;
        for amendment in came {
            let bound = amendment.bound.clone();
            if let Err(why) = self.notice.take(&self.config.plan, amendment) {
                let facts = [("bound", bound), ("why", why)];
                let facts = facts.map(|(name, value)| (name.to_owned(), value));
                let note = Note {
                    code: "amendment-not-taken".to_owned(),
                    txid: None,
                    facts: facts.into(),
                };
                self.record(Payload::Note(note), None).await?;
            }
        }
        for amendment in self.notice.unwritten(at) {
            let window = self.notice.window();
            let moved = Moved {
                window_sha256: sha256_hex(canonical_json(&*window).as_bytes()),
                amendment: amendment.clone(),
            };
            self.record(Payload::Window(moved), None).await?;
            self.notice.is_written(&amendment);
        }
        Ok(())
    }

    /// What a step is expected to give, now.
    pub(crate) fn expected(&self, case: &Case, step: &str, written: &Expect) -> Expect {
        let state = self.notice.read();
        let turned = state.turned.get(&(case.id.clone(), step.to_owned()));
        turned.unwrap_or(written).clone()
    }
}
