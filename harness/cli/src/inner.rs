//! 自家故障 · Faults of the harness itself, carried out by order: at its disk, its process, its rivals, its evidence.
//!
//! Why so: a tool that proves that others come back must come back itself, and whoever trusts it wants to see that on
//! his own computer. What happens is real: the process kills itself, bytes of the database change, a second process
//! really takes the run over. Runner, journal and judge know nothing of it: a store and a network are put round theirs.
//! The world's board counts, so that an order that never met its moment ends like any other idle fault.
//! Called by `command::run`. Not here: faults of parties (`mocks::fault`), which orders there are (their catalogue).

mod disk;
mod network;
mod rival;
mod scar;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosswipe_domain::{InfNo, Moment, Window};
use crosswipe_journal::Store;
use crosswipe_mocks::{FaultOrder, Faults};
use crosswipe_runner::clock::Clock;

use crate::args::TransportKind;
use crate::complain::{Trouble, to_stderr};

pub(crate) use network::Round;
pub(crate) use scar::edit_evidence;

/// Orders that leave a run which somebody has to go on with: its parties must outlive the process.
const NEED_BOOKS: [&str; 4] = [
    "harness-killed",
    "journal-torn-tail",
    "two-harnesses",
    "zombie-harness",
];

/// The fault that is brought about by the runner itself: nobody round it can make it look later.
const LATE_LOOK: &str = "snapshot-after-first-swipe";

/// 自家故障 · What was ordered of the harness, and where.
#[derive(Clone)]
pub(crate) struct Inner(Arc<State>);

struct State {
    board: Faults,
    orders: Vec<(usize, FaultOrder)>,
    dir: PathBuf,
    seed: u64,
    clock: Arc<Clock>,
    /// When the window takes no more swipes, and when it ends.
    closes: Option<(Moment, Moment)>,
    /// Writes the counts down beside the books, for whoever goes on after a death.
    keep: Box<dyn Fn() + Send + Sync>,
    after: Mutex<After>,
}

/// What the next commit meets.
#[derive(Default)]
struct After {
    /// Hash of the acknowledged record in which a bit is to be flipped.
    flip: Option<String>,
    /// The message whose outcome is the last thing that becomes durable.
    last_outcome: Option<String>,
}

/// 场合 · The run in which the harness is to go wrong.
pub(crate) struct Setting<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) seed: u64,
    pub(crate) clock: &'a Arc<Clock>,
    pub(crate) window: &'a Window,
}

impl Inner {
    /// The harness's own orders of a world's board.
    pub(crate) fn of(
        board: Faults,
        setting: Setting<'_>,
        keep: Box<dyn Fn() + Send + Sync>,
    ) -> Inner {
        let window = setting.window;
        let end = window.end();
        Inner(Arc::new(State {
            orders: board.of_harness(),
            board,
            dir: setting.dir.to_owned(),
            seed: setting.seed,
            clock: Arc::clone(setting.clock),
            closes: end.map(|end| (end.plus_ms(-window.margin_ms), end)),
            keep,
            after: Mutex::default(),
        }))
    }

    /// Puts the ordered faults of the disk round a store.
    pub(crate) fn round_store(&self) -> impl Fn(Box<dyn Store>) -> Box<dyn Store> + use<> {
        let inner = self.clone();
        move |store| match inner.0.orders.is_empty() {
            true => store,
            false => Box::new(disk::Troubled::new(store, inner.clone())),
        }
    }

    /// Puts the ordered faults of the process round a network.
    pub(crate) fn round_network<T>(&self, network: T) -> Round<T> {
        Round::new(network, self.clone())
    }

    /// The order of this class that a message hits here and now, if it wants this place.
    fn met(
        &self,
        id: &str,
        wants: impl Fn(&FaultOrder) -> bool,
        infno: &InfNo,
        now: Moment,
    ) -> Option<&FaultOrder> {
        let state = &self.0;
        let orders = state.orders.iter().filter(|(_, order)| order.id() == id);
        // Every order of the class counts the message, also where another one is hit.
        let hit = orders
            .filter(|(_, order)| wants(order))
            .filter(|(which, _)| state.board.hits_harness(*which, Some(infno), now))
            .map(|(_, order)| order)
            .fold(None, |first, order| first.or(Some(order)));
        if hit.is_some() {
            // Whatever comes of it, this process may not live to say that it happened.
            (state.keep)();
        }
        hit
    }

    /// `snapshot-after-first-swipe`: whether the run is to take its first look at the books late.
    pub(crate) fn looks_late(&self) -> bool {
        let mut orders = self.0.orders.iter();
        orders.any(|(_, order)| order.id() == LATE_LOOK)
    }

    /// The order of this class that is met by no message, now that its moment has come; counts it.
    pub(crate) fn met_at_the_end(&self, id: &str, now: Moment) -> Option<&FaultOrder> {
        let state = &self.0;
        let mut orders = state.orders.iter().filter(|(_, order)| order.id() == id);
        orders
            .find(|(which, _)| state.board.hits_harness(*which, None, now))
            .map(|(_, order)| order)
    }

    fn after(&self) -> MutexGuard<'_, After> {
        self.0.after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Dies here and now, as under SIGKILL: no word, no flush.
    fn die(&self, order: &str) -> ! {
        to_stderr(&format!(
            "\n按令 SIGKILL ({order}), 接着 · killed by order, go on with: crosswipe resume {}\n",
            self.0.dir.display()
        ));
        rival::kill_own_process()
    }
}

/// Says before the run which orders cannot be carried out in it.
pub(crate) fn must_be_possible(
    faults: &[FaultOrder],
    transport: TransportKind,
) -> Result<(), Trouble> {
    let needs = |order: &&FaultOrder| NEED_BOOKS.contains(&order.id());
    match faults.iter().find(needs) {
        Some(order) if transport == TransportKind::Memory => Err(Trouble::Usage {
            code: "cli::fault",
            what: format!(
                "`{0}` 要留下一次可接着办的运行, 而内存里的各方随进程消失 · `{0}` leaves a run to go on with, and parties in memory die with their process",
                order.id()
            ),
            help: "去掉 --transport memory · leave out --transport memory".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Where there is no run there is no harness at whose disk or process anything could go wrong.
pub(crate) fn must_be_of_parties(faults: &[FaultOrder], here: &str) -> Result<(), Trouble> {
    match faults.iter().find(|order| order.is_of_harness()) {
        None => Ok(()),
        Some(order) => Err(Trouble::Usage {
            code: "cli::fault",
            what: format!(
                "`{0}` 是工具自身的故障, `{here}` 做不出来 · `{0}` is a fault of the harness itself, which `{here}` cannot bring about",
                order.id()
            ),
            help: format!(
                "只能在 run 时真做: crosswipe run PLAN --fault {0} · it is done in earnest, by: crosswipe run PLAN --fault {0}",
                order.id()
            ),
        }),
    }
}
