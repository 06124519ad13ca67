//! 命数 · Counts the points that a life of the harness passes, and says at which it ends.

use std::sync::Mutex;

use tokio::sync::Notify;

/// 点 · What is about to happen, or has just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    /// A journal commit is asked for.
    BeforeWrite,
    /// It is durable.
    AfterWrite,
    /// A message or a look at the books is about to leave.
    BeforeSend,
    /// A party is about to take a message.
    BeforeApply,
    /// A party is about to take the answer of the one behind, which has applied.
    AfterApply,
    /// An answer is about to reach the harness.
    BeforeReply,
}

/// 命数 · One life.
pub(super) struct Fate {
    state: Mutex<State>,
    died: Notify,
    stopped: Notify,
    revived: Notify,
    witness: Option<Witness>,
}

/// Called at every point, with what is about to happen there.
pub(super) type Witness = Box<dyn Fn(Point) + Send + Sync>;

#[derive(Default)]
struct State {
    ends_at: Option<u64>,
    /// Stands still there until it is revived.
    stops_at: Option<u64>,
    passed: u64,
    dead: bool,
}

impl Fate {
    /// A life that ends at the point with this number, or at its natural end.
    pub(super) fn new(ends_at: Option<u64>) -> Fate {
        Fate {
            state: Mutex::new(State {
                ends_at,
                ..State::default()
            }),
            died: Notify::new(),
            stopped: Notify::new(),
            revived: Notify::new(),
            witness: None,
        }
    }

    /// A life that goes on to its natural end, with somebody who looks at the world at every point.
    pub(super) fn witnessed(witness: Witness) -> Fate {
        Fate {
            witness: Some(witness),
            ..Fate::new(None)
        }
    }

    /// A life that stands still at the point with this number, as under SIGSTOP, until it is revived. A point within
    /// a journal write is none to stop at: its answer is not waited for.
    pub(super) fn stopping_at(point: u64) -> Fate {
        let fate = Fate::new(None);
        fate.state.lock().unwrap().stops_at = Some(point);
        fate
    }

    /// Ends when life stands still.
    pub(super) async fn standstill(&self) {
        self.stopped.notified().await;
    }

    /// SIGCONT.
    pub(super) fn revive(&self) {
        self.state.lock().unwrap().stops_at = None;
        self.revived.notify_waiters();
    }

    /// Comes to a point; false if life ends here, or has ended.
    pub(super) fn passes(&self, point: Point) -> bool {
        if let Some(witness) = &self.witness {
            witness(point);
        }
        let mut state = self.state.lock().unwrap();
        if state.dead {
            return false;
        }
        let number = state.passed;
        state.passed += 1;
        if state.ends_at == Some(number) {
            state.dead = true;
            self.died.notify_one();
        }
        !state.dead
    }

    /// Comes to a point and never gets past it where life ends.
    pub(super) async fn pass(&self, point: Point) {
        loop {
            let revived = self.revived.notified();
            {
                let state = self.state.lock().unwrap();
                if state.stops_at != Some(state.passed) {
                    break;
                }
            }
            self.stopped.notify_one();
            revived.await;
        }
        if !self.passes(point) {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.state.lock().unwrap().dead
    }

    /// Ends when life does.
    pub(super) async fn death(&self) {
        while !self.is_dead() {
            self.died.notified().await;
        }
    }

    /// How many points were passed.
    pub(super) fn passed(&self) -> u64 {
        self.state.lock().unwrap().passed
    }
}
