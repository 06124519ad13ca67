//! 收件匣 · Where drafts gather while the writer commits those before them.
//!
//! Why so: a commit costs one wait for the disk whatever it holds, so what has gathered shares one. A
//! lone draft goes at once. Where the commit before had many waiting for it, they are likely to come
//! back together, so the writer lingers a moment for them: no longer than [`LINGER`], and not at all
//! once as many have come. Callers wake the writer only when it waits for them.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::clerk::Pending;
use crate::error::JournalError;

const LINGER: Duration = Duration::from_micros(300);
/// Lazy drafts alone wake the writer when so many have gathered, so that memory has a bound.
const MANY: usize = 4096;

/// How a journal ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Commit, bring into one file, free the run.
    Seal,
    /// Commit and leave the run open, to be resumed.
    Leave,
}

/// What the writer takes out.
pub(crate) struct Batch {
    pub(crate) pending: Vec<Pending>,
    /// How many of them somebody waits for.
    pub(crate) awaited: usize,
    /// Set when nothing will follow.
    pub(crate) ending: Option<Ending>,
}

/// The tray between callers and writer.
#[derive(Default)]
pub(crate) struct Tray {
    inner: Mutex<Inner>,
    bell: Condvar,
}

#[derive(Default)]
struct Inner {
    pending: Vec<Pending>,
    awaited: usize,
    /// Awaited drafts that the writer wants to see before it is woken; `None` while it is at work.
    wanted: Option<usize>,
    ending: Option<Ending>,
    stopped: Option<JournalError>,
}

impl Inner {
    fn worth_waking(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.awaited >= wanted)
            || self.pending.len() >= MANY
            || self.ending.is_some()
    }
}

impl Tray {
    /// Lays a draft in. Once nothing is accepted any more, tells whoever waits for it at once.
    pub(crate) fn put(&self, pending: Pending) {
        let mut inner = self.lock();
        if let Some(error) = inner.stopped.clone() {
            drop(inner);
            if let Some(done) = pending.done {
                done(Err(error));
            }
            return;
        }
        inner.awaited += usize::from(pending.done.is_some());
        inner.pending.push(pending);
        let wake = inner.wanted.is_some() && inner.worth_waking();
        drop(inner);
        if wake {
            self.bell.notify_one();
        }
    }

    /// Waits until there is something to commit, and takes all of it. `companions`: how many waited for the last one.
    pub(crate) fn take(&self, companions: usize) -> Batch {
        let mut inner = self.lock();
        inner.wanted = Some(1);
        let mut inner = self
            .bell
            .wait_while(inner, |inner| !inner.worth_waking())
            .expect(UNBROKEN);
        if inner.awaited < companions {
            inner.wanted = Some(companions);
            let lingered = self
                .bell
                .wait_timeout_while(inner, LINGER, |inner| !inner.worth_waking());
            inner = lingered.expect(UNBROKEN).0;
        }
        inner.wanted = None;
        let awaited = std::mem::take(&mut inner.awaited);
        Batch {
            pending: std::mem::take(&mut inner.pending),
            awaited,
            ending: inner.ending,
        }
    }

    /// Says that nothing will follow.
    pub(crate) fn end(&self, ending: Ending) {
        self.lock().ending = Some(ending);
        self.bell.notify_one();
    }

    /// From now on nothing is accepted; those who wait are told why.
    pub(crate) fn stop(&self, error: &JournalError) {
        let pending = {
            let mut inner = self.lock();
            inner.stopped = Some(error.clone());
            std::mem::take(&mut inner.pending)
        };
        for done in pending.into_iter().filter_map(|pending| pending.done) {
            done(Err(error.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect(UNBROKEN)
    }
}

const UNBROKEN: &str = "nobody panics while holding the tray";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::mpsc;

    use crosswipe_domain::Moment;

    use super::*;
    use crate::draft::{Draft, Prepared};
    use crate::error::StoreFault;
    use crate::record::{Note, Payload};

    fn lazy() -> Pending {
        let note = Payload::Note(Note {
            code: "late-reply".into(),
            txid: None,
            facts: BTreeMap::new(),
        });
        let at = Moment::parse("2017-06-02T09:00+08:00").unwrap();
        Pending {
            prepared: Prepared::from(Draft::new(at, note)),
            done: None,
        }
    }

    fn awaited() -> (Pending, mpsc::Receiver<String>) {
        let (sender, receiver) = mpsc::channel();
        let done = move |answer: Result<crate::record::Record, JournalError>| {
            sender.send(answer.unwrap_err().code().to_owned()).unwrap();
        };
        let pending = Pending {
            done: Some(Box::new(done)),
            ..lazy()
        };
        (pending, receiver)
    }

    /// A writer that is at work is woken for nobody; one that waits, for as many as it wants to see.
    #[test]
    fn what_is_worth_waking_the_writer_for() {
        let inner = |lazies: usize, awaited, wanted, ending| {
            Inner {
                pending: (0..lazies).map(|_| lazy()).collect(),
                awaited,
                wanted,
                ending,
                stopped: None,
            }
            .worth_waking()
        };
        assert!(!inner(0, 0, Some(1), None), "nobody waits");
        assert!(inner(1, 1, Some(1), None));
        assert!(!inner(2, 2, Some(3), None), "companions may come yet");
        assert!(inner(3, 3, Some(3), None) && inner(4, 4, Some(3), None));
        assert!(
            !inner(3, 3, None, None),
            "it is at work, and looks by itself"
        );
        assert!(!inner(MANY - 1, 0, Some(1), None), "nobody waits for these");
        assert!(inner(MANY, 0, Some(1), None), "memory has a bound");
        assert!(inner(0, 0, Some(1), Some(Ending::Leave)));
    }

    #[test]
    fn what_was_laid_in_is_taken_out_once_with_the_number_of_those_who_wait() {
        let tray = Tray::default();
        tray.put(lazy());
        tray.put(awaited().0);
        let batch = tray.take(1);
        assert_eq!((batch.pending.len(), batch.awaited), (2, 1));
        assert!(batch.ending.is_none());
        // Companions that do not come back hold the writer up for a moment only.
        tray.put(awaited().0);
        let batch = tray.take(64);
        assert_eq!((batch.pending.len(), batch.awaited), (1, 1));
        tray.end(Ending::Seal);
        let batch = tray.take(1);
        assert_eq!((batch.pending.len(), batch.awaited), (0, 0));
        assert!(batch.ending == Some(Ending::Seal));
    }

    #[test]
    fn once_it_is_over_everybody_is_told_why() {
        let tray = Tray::default();
        let (before, told_before) = awaited();
        tray.put(before);
        let source = StoreFault::Io { why: "EIO".into() };
        tray.stop(&JournalError::Unsynced { seq: 3, source });
        let (after, told_after) = awaited();
        tray.put(after);
        tray.put(lazy());
        for told in [told_before, told_after] {
            assert_eq!(told.try_recv().as_deref(), Ok("journal:unsynced"));
        }
        tray.end(Ending::Leave);
        assert_eq!(tray.take(1).pending.len(), 0, "nothing is left lying");
    }
}
