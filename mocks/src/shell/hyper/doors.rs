//! 门 · How many connections a world keeps open, and which one goes when there are too many.
//!
//! Why so: whoever opens connections and says nothing must not keep others out. The one that has rested longest goes
//! first; one with a message under way never goes for another's sake, so if all are at work the newcomer is turned
//! away. Rest is counted in steps of the world, not in time: only the order matters.
//! Called by the accept loops of `hyper`. Not here: what a connection may say (`body`, `line`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Connections of one world.
const ALL: usize = 4_096;
/// Connections of one peer that is not this machine.
const OF_ONE_PEER: usize = 32;

/// 门 · All open connections of a world.
pub(crate) struct Doors {
    open: Mutex<BTreeMap<u64, Arc<Entry>>>,
    steps: AtomicU64,
    all: usize,
    of_one_peer: usize,
}

struct Entry {
    peer: IpAddr,
    /// Step at which it last began or ended something.
    last: AtomicU64,
    /// Messages under way on it.
    at_work: AtomicUsize,
    leave: Notify,
}

/// 一扇门 · One open connection; closed when it is dropped.
pub(super) struct Door {
    doors: Arc<Doors>,
    id: u64,
    entry: Arc<Entry>,
}

/// A message under way on a connection, which is not closed for another's sake meanwhile.
pub(super) struct AtWork(Arc<Doors>, Arc<Entry>);

impl Default for Doors {
    fn default() -> Doors {
        Doors::with(ALL, OF_ONE_PEER)
    }
}

impl Doors {
    fn with(all: usize, of_one_peer: usize) -> Doors {
        Doors {
            open: Mutex::default(),
            steps: AtomicU64::new(0),
            all,
            of_one_peer,
        }
    }

    /// Lets a connection in, for which another may have to go; `None` if all others are at work.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Door> {
        let mut open = self.lock();
        let theirs = open.values().filter(|entry| entry.peer == peer).count();
        if !peer.is_loopback() && theirs >= self.of_one_peer {
            send_away(&mut open, |entry| entry.peer == peer)?;
        }
        if open.len() >= self.all {
            send_away(&mut open, |_| true)?;
        }
        let id = self.step();
        let entry = Arc::new(Entry {
            peer,
            last: AtomicU64::new(id),
            at_work: AtomicUsize::new(0),
            leave: Notify::new(),
        });
        open.insert(id, Arc::clone(&entry));
        Some(Door {
            doors: Arc::clone(self),
            id,
            entry,
        })
    }

    /// The system has no room for one more: the one that has rested longest goes. False if none rests.
    pub(super) fn make_room(&self) -> bool {
        send_away(&mut self.lock(), |_| true).is_some()
    }

    fn step(&self) -> u64 {
        self.steps.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Entry>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the one that has rested longest of those in question.
fn send_away(
    open: &mut BTreeMap<u64, Arc<Entry>>,
    in_question: impl Fn(&Entry) -> bool,
) -> Option<()> {
    let resting = open
        .iter()
        .filter(|(_, entry)| in_question(entry) && entry.at_work.load(Ordering::Relaxed) == 0);
    let longest = resting.min_by_key(|(_, entry)| entry.last.load(Ordering::Relaxed));
    let id = *longest?.0;
    open.remove(&id)?.leave.notify_one();
    Some(())
}

impl Door {
    /// Ends when this connection has to go.
    pub(super) async fn told_to_leave(&self) {
        self.entry.leave.notified().await;
    }

    /// What its handlers say when a message begins.
    pub(super) fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.doors), Arc::clone(&self.entry))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.doors.lock().remove(&self.id);
    }
}

/// Held by the handlers of one connection.
#[derive(Clone)]
pub(super) struct Handle(Arc<Doors>, Arc<Entry>);

impl Handle {
    /// A message begins; it ends when what is given back is dropped.
    pub(super) fn work(&self) -> AtWork {
        self.1.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(Arc::clone(&self.0), Arc::clone(&self.1))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.1.last.store(self.0.step(), Ordering::Relaxed);
        self.1.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    async fn must_leave(door: &Door) -> bool {
        tokio::time::timeout(Duration::from_millis(20), door.told_to_leave())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn the_one_that_rested_longest_goes_first_and_none_at_work() {
        let doors = Arc::new(Doors::with(3, 9));
        let (first, second, third) = (
            doors.admit(HERE).unwrap(),
            doors.admit(HERE).unwrap(),
            doors.admit(HERE).unwrap(),
        );
        drop(first.handle().work());
        let work = third.handle().work();
        let fourth = doors.admit(HERE).unwrap();
        assert!(must_leave(&second).await, "it never said a word");
        let fifth = doors.admit(HERE).unwrap();
        assert!(must_leave(&first).await);
        let works = (fourth.handle().work(), fifth.handle().work());
        assert!(doors.admit(HERE).is_none(), "all are at work");
        assert!(!doors.make_room());
        drop((works, work));
        assert!(doors.make_room());
        assert!(
            must_leave(&fourth).await,
            "first to end its work of those that end together"
        );
        assert!(!must_leave(&third).await);
    }

    #[tokio::test]
    async fn a_peer_elsewhere_has_few_and_loses_its_own() {
        let doors = Arc::new(Doors::with(100, 2));
        let other = doors.admit(ELSEWHERE).unwrap();
        let theirs = [doors.admit(THERE).unwrap(), doors.admit(THERE).unwrap()];
        let third = doors.admit(THERE).unwrap();
        assert!(must_leave(&theirs[0]).await);
        assert!(!must_leave(&other).await && !must_leave(&theirs[1]).await);
        let work = (theirs[1].handle().work(), third.handle().work());
        assert!(doors.admit(THERE).is_none());
        drop(work);
        let here: Vec<_> = (0..50).map(|_| doors.admit(HERE).unwrap()).collect();
        assert_eq!(doors.lock().len(), 53);
        drop(here);
        assert_eq!(doors.lock().len(), 3, "a closed connection is forgotten");
    }

    #[test]
    fn the_limits_are_those_that_the_documents_name() {
        let doors = Doors::default();
        assert_eq!((doors.all, doors.of_one_peer), (4_096, 32));
    }
}
