//! 模拟 · Whole runs in memory: no socket, no disk, no sleep; one seed says all that happens.
//!
//! Why so: the same runner, rollback, machines and judge as in earnest, thousands of times, over a network that loses,
//! delays, doubles and overtakes, with parties that restart, clocks that go wrong and a harness that is killed. What
//! must come of it is known: without a fault of a party every book comes back and the judge says clean.
//! Called by `cli sim`, `cli run --transport memory` and the tests of `cli`. Not here: words for people (`cli`).

mod air;
mod campaign;
mod dice;
mod digest;
mod disk;
mod fate;
mod network;
mod rare;
mod recipe;
mod scene;
mod shard;
mod shrink;
mod stage;
mod trace;
mod trouble;
mod truth;
mod verdict;

pub use air::{Air, Met};
pub use campaign::{Campaign, GROUPS, Line, Sometimes, Sums, VERDICTS, campaign};
pub use dice::Dice;
pub use digest::Digest;
pub use disk::Disk;
pub use fate::{Fate, Point, Witness};
pub use network::{Memory, answer_of, lost_of};
pub use rare::{Rare, rare};
pub use recipe::{Mix, Recipe};
pub use scene::{Ended, Played, play};
pub use shard::Shard;
pub use shrink::{Shrunk, shrink};
pub use stage::{NothingToDraw, Stage};
pub use trace::{Event, Happened, Trace};
pub use trouble::{Aftermath, Hop, Kind, Trouble, What};
pub use truth::{Found, look_through};
pub use verdict::{Failure, Judged};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks whatever happened before: one thread plays a seed, and a seed that panicked is told of.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
