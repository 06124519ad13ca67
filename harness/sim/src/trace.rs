//! 经过 · What happened in one seed, in order: facts for whoever tells them, no words.
//!
//! Why apart: a campaign keeps nothing of this; a replay of one seed is told line by line.

use std::sync::{Arc, Mutex};

use crosswipe_domain::{Moment, Party};

use crate::lock;
use crate::trouble::{Hop, Trouble};

/// 一事 · What happened, and when by business time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Business time.
    pub at: Moment,
    /// What.
    pub happened: Happened,
}

/// 何事 · One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A leg of a message was carried.
    Carried {
        /// Whence; `None` = the harness.
        from: Option<Party>,
        /// Whither; `None` = the harness.
        to: Option<Party>,
        /// Transaction number, if it could be read.
        infno: String,
        /// An answer, in short: its code, or that none came.
        answer: Option<String>,
        /// Nobody waits for it: it comes late or once more.
        orphan: bool,
    },
    /// A trouble came true on a leg.
    Met {
        /// Its number in the recipe, from 1.
        number: usize,
        /// Which.
        trouble: Trouble,
        /// Where.
        hop: Option<Hop>,
    },
    /// A link that is cut swallowed a leg.
    Swallowed {
        /// Which.
        hop: Hop,
    },
    /// The harness was resumed.
    Resumed {
        /// Its new epoch.
        epoch: u64,
    },
    /// A journal record became durable.
    Recorded {
        /// Its number.
        seq: u64,
        /// Its kind.
        kind: String,
        /// What it is about, in short.
        about: String,
    },
}

/// 经过 · Gathers events, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<Arc<Mutex<Vec<Event>>>>);

impl Trace {
    /// One that gathers.
    pub fn kept() -> Trace {
        Trace(Some(Arc::default()))
    }

    /// What was gathered.
    pub fn events(&self) -> Vec<Event> {
        self.0
            .as_ref()
            .map(|events| lock(events).clone())
            .unwrap_or_default()
    }

    /// Adds what happened; it is not even put together where nobody wants it.
    pub(crate) fn tell(&self, at: Moment, happened: impl FnOnce() -> Happened) {
        if let Some(events) = &self.0 {
            let happened = happened();
            lock(events).push(Event { at, happened });
        }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_some()
    }
}
