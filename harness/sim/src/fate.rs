//! 命数 · Counts the points that a life of the harness passes, and says at which it ends.

use std::sync::Mutex;

use tokio::sync::Notify;

use crate::lock;

/// 点 · What is about to happen, or has just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
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
pub struct Fate {
    state: Mutex<State>,
    died: Notify,
    stopped: Notify,
    revived: Notify,
    witness: Option<Witness>,
}

/// Called at every point, with what is about to happen there.
pub type Witness = Box<dyn Fn(Point) + Send + Sync>;

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
    pub fn new(ends_at: Option<u64>) -> Fate {
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

    /// As [`Fate::new`], with somebody who looks at every point.
    pub(crate) fn watched(ends_at: Option<u64>, witness: Option<Witness>) -> Fate {
        Fate {
            witness,
            ..Fate::new(ends_at)
        }
    }

    /// A life that goes on to its natural end, with somebody who looks at the world at every point.
    pub fn witnessed(witness: Witness) -> Fate {
        Fate {
            witness: Some(witness),
            ..Fate::new(None)
        }
    }

    /// A life that stands still at the point with this number, as under SIGSTOP, until it is revived. A point within
    /// a journal write is none to stop at: its answer is not waited for.
    pub fn stopping_at(point: u64) -> Fate {
        let fate = Fate::new(None);
        lock(&fate.state).stops_at = Some(point);
        fate
    }

    /// Ends when life stands still.
    pub async fn standstill(&self) {
        self.stopped.notified().await;
    }

    /// SIGCONT.
    pub fn revive(&self) {
        lock(&self.state).stops_at = None;
        self.revived.notify_waiters();
    }

    /// Comes to a point; false if life ends here, or has ended.
    pub fn passes(&self, point: Point) -> bool {
        if let Some(witness) = &self.witness {
            witness(point);
        }
        let mut state = lock(&self.state);
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
    pub async fn pass(&self, point: Point) {
        loop {
            let revived = self.revived.notified();
            {
                let state = lock(&self.state);
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

    /// Ends it here and now.
    pub fn end(&self) {
        lock(&self.state).dead = true;
        self.died.notify_one();
    }

    /// True if it has ended.
    pub fn is_dead(&self) -> bool {
        lock(&self.state).dead
    }

    /// Ends when life does.
    pub async fn death(&self) {
        while !self.is_dead() {
            self.died.notified().await;
        }
    }

    /// How many points were passed.
    pub fn passed(&self) -> u64 {
        lock(&self.state).passed
    }
}
