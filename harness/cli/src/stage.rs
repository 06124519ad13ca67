//! 舞台 · What a run and its resumption stand on: mock parties, their addresses, the stop signal.
//!
//! Called by `command::run`, `command::resume` and `command::serve`. Not here: what is run (`runner`), how it ends (`conclude`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::Party;
use crosswipe_mocks::{FaultOrder, Faults, MemoryWorld, MsgidMode, TimeFn, World, WorldConfig};
use crosswipe_runner::Interrupt;
use crosswipe_runner::clock::{Clock, real_now};
use crosswipe_runner::transport::{Answer, Call, Http, Lost, Transport};
use crosswipe_scenarios::Plan;
use crosswipe_sim::Memory;

use crate::bulletin::Hearers;
use crate::complain::{Trouble, besides, to_stderr};
use crate::driven::Hospitals;
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::inner::{Inner, Setting};
use crate::live;
use crate::served::Served;

/// Where parties keep their books, in a run folder or in a folder of served parties.
pub(crate) const BOOKS: &str = "parties";

/// Whole-exchange deadline between the harness and mock parties, longer than their own hops together.
const DEADLINE: Duration = Duration::from_secs(10);

/// Real platforms take their time: what has not answered by then may still be carried out.
const LIVE_DEADLINE: Duration = Duration::from_secs(60);

/// The switch of RUN that keeps what the command line said of repeated message numbers.
pub(crate) const MSGID_MODE: &str = "msgid-mode";

/// 各方 · The parties of a run: mock parties that live and die with it, or those of another process.
pub(crate) enum Parties {
    /// Stood up by this process; their books lie in the run folder.
    Own(World),
    /// Called without a socket; their books die with this process.
    Memory(Arc<MemoryWorld>),
    /// Kept by `crosswipe serve`.
    Served(Served),
    /// 真实系统 · Those that the plan declares.
    Live,
}

impl Parties {
    /// A network that reaches them.
    ///
    /// # Errors
    /// A key file that cannot be used.
    pub(crate) fn network(
        &self,
        plan: &Plan,
        keys: &GatewayKeys,
        driven: &Hospitals,
    ) -> Result<Network, Trouble> {
        let mut addresses = match self {
            Parties::Own(world) => addresses(plan, world),
            Parties::Memory(world) => return Ok(Network::Memory(Memory::calm(Arc::clone(world)))),
            Parties::Served(served) => served.parties.clone(),
            Parties::Live => return live_network(plan, keys),
        };
        addresses.extend(driven.addresses());
        let mut speeches = keys.speeches(plan)?;
        // Their adapters take the interface's own words.
        speeches.retain(|party, _| !driven.has(party));
        let http = Http::new(addresses, DEADLINE);
        let mut old = keys.old_speeches(plan)?;
        old.retain(|party, _| !driven.has(party));
        let http = http.speaking(speeches).speaking_of_old(old);
        Ok(Network::Http(Box::new(http)))
    }

    /// Where a mock party of this run listens, if it does.
    pub(crate) fn address(&self, party: &Party) -> Option<SocketAddr> {
        match self {
            Parties::Own(world) => world.address(party),
            Parties::Served(served) => served.parties.get(party).copied(),
            Parties::Memory(_) | Parties::Live => None,
        }
    }

    /// Who hears of bounds that move while the run goes on.
    pub(crate) fn hearers(&self) -> Hearers {
        match self {
            Parties::Own(world) => Hearers::Own(world.setup()),
            Parties::Memory(world) => Hearers::Own(world.setup()),
            Parties::Served(served) => Hearers::Served(served.clone()),
            Parties::Live => Hearers::Nobody,
        }
    }

    /// Faults of served parties wait for the first message of the run that begins now; those of its own do anyway.
    ///
    /// # Errors
    /// The parties do not answer.
    pub(crate) async fn arm_anew(&self) -> Result<(), Trouble> {
        match self {
            Parties::Served(served) if !served.faults.is_empty() => {
                of_faults(served, Some(String::new())).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// The faults of the harness itself that were ordered for a run.
    pub(crate) fn inner(&self, setting: Setting<'_>) -> Inner {
        match self {
            Parties::Own(world) => {
                Inner::of(world.board().clone(), setting, Box::new(world.keeper()))
            }
            Parties::Memory(world) => Inner::of(world.board().clone(), setting, Box::new(|| ())),
            // Those of served parties were named where they are served, and are none of the harness.
            Parties::Served(_) | Parties::Live => {
                Inner::of(Faults::default(), setting, Box::new(|| ()))
            }
        }
    }

    /// How often each fault that is `asked` for was met, in the same order; 0 where nobody can say any more, which
    /// passes for nothing.
    pub(crate) async fn fired(&self, asked: &[String]) -> Vec<(String, u64)> {
        let counts = match self {
            Parties::Own(world) => world.fired().into_iter().map(|(_, times)| times).collect(),
            Parties::Memory(world) => world.fired().into_iter().map(|(_, times)| times).collect(),
            Parties::Served(served) if served.faults == asked && !asked.is_empty() => {
                counts(served).await.unwrap_or_else(|trouble| {
                    besides(&trouble);
                    Vec::new()
                })
            }
            Parties::Served(_) | Parties::Live => Vec::new(),
        };
        counted(asked, counts)
    }

    /// Takes down what this process stood up.
    pub(crate) async fn stop(self) {
        if let Parties::Own(world) = self {
            world.stop().await;
        }
    }
}

/// The targets that the plan declares, and nobody else: a party without a declared address cannot be reached.
fn live_network(plan: &Plan, keys: &GatewayKeys) -> Result<Network, Trouble> {
    let Some(live) = &plan.live else {
        let nowhere = Http::new(BTreeMap::new(), LIVE_DEADLINE);
        return Ok(Network::Http(Box::new(nowhere)));
    };
    let http = Http::new(live::addresses(live), LIVE_DEADLINE);
    let mut speeches = keys.speeches(plan)?;
    speeches.retain(|party, _| !live::is_driven(plan, party));
    let http = http.speaking(speeches).looking_at(live.books.clone());
    Ok(Network::Http(Box::new(match live.context {
        true => http,
        false => http.without_context(),
    })))
}

/// Faults with their counts; those that nobody counted were never met.
pub(crate) fn counted(asked: &[String], counts: Vec<u64>) -> Vec<(String, u64)> {
    let counts = counts.into_iter().chain(std::iter::repeat(0));
    asked.iter().cloned().zip(counts).collect()
}

async fn counts(served: &Served) -> Result<Vec<u64>, Trouble> {
    #[derive(serde::Deserialize)]
    struct Told {
        fired: Vec<u64>,
    }
    let answer = of_faults(served, None).await?;
    let told: Told = serde_json::from_slice(&answer.body)
        .map_err(|error| Trouble::World(std::io::Error::other(error)))?;
    Ok(told.fired)
}

/// Faults are the world's: any of its parties can be asked.
async fn of_faults(served: &Served, body: Option<String>) -> Result<Answer, Trouble> {
    let failed = |why| Trouble::World(std::io::Error::other(why));
    let Some(party) = served.parties.keys().next() else {
        return Err(failed("nobody is served".to_owned()));
    };
    let call = Call {
        path: "/__admin/faults".to_owned(),
        context: None,
        body,
    };
    let network = Http::new(served.parties.clone(), DEADLINE);
    match network.exchange(party, call).await {
        Ok(answer) if answer.status == 200 => Ok(answer),
        Ok(answer) => Err(failed(format!("{party}: status {}", answer.status))),
        Err(lost) => Err(failed(format!("{party}: {lost}"))),
    }
}

/// 网络 · How messages of a run travel.
pub(crate) enum Network {
    /// Real HTTP.
    Http(Box<Http>),
    /// Plain calls.
    Memory(Memory),
}

impl Transport for Network {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        match self {
            Network::Http(http) => http.exchange(to, call).await,
            Network::Memory(memory) => memory.exchange(to, call).await,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Network::Http(http) => http.name(),
            Network::Memory(memory) => memory.name(),
        }
    }

    fn takes_time(&self) -> bool {
        match self {
            Network::Http(http) => http.takes_time(),
            Network::Memory(memory) => memory.takes_time(),
        }
    }
}

/// 弯曲 · How the command line wants mock parties to differ from honest ones.
#[derive(Default)]
pub(crate) struct Bent<'a> {
    /// What is to go wrong.
    pub(crate) faults: &'a [FaultOrder],
    /// What a repeated msgid meets.
    pub(crate) msgid_mode: Option<MsgidMode>,
}

/// The folder in which the parties of a run keep their books.
pub(crate) fn books(run_dir: &Path, served: Option<&Served>) -> PathBuf {
    served.map_or(run_dir, |served| &served.books).join(BOOKS)
}

/// The parties of a run: those served, else mock parties of its own with their logs in the run folder; books found
/// there are taken over.
pub(crate) async fn parties(
    plan: &Plan,
    bent: &Bent<'_>,
    dir: &Path,
    served: Option<Served>,
    driven: &Hospitals,
    (clock, keys): (&Arc<Clock>, &GatewayKeys),
) -> Result<Parties, Trouble> {
    if let Some(served) = served {
        return Ok(Parties::Served(served));
    }
    let (clock, held) = (Arc::clone(clock), Arc::clone(clock));
    let config = WorldConfig {
        gates: keys.gates(plan),
        elsewhere: driven.parties().cloned().collect(),
        ..world(plan, bent, dir, Arc::new(move || clock.now()))
    };
    let world = World::start(config).await.map_err(Trouble::World)?;
    world.hold_with(Arc::new(move || Box::new(held.enter())));
    Ok(Parties::Own(world))
}

/// Mock parties without sockets, and without files: nothing of them is left when this process ends.
pub(crate) fn parties_in_memory(plan: &Plan, bent: &Bent<'_>, dir: &Path) -> Parties {
    // Every message of a run says what time it is.
    let config = world(plan, bent, dir, Arc::new(real_now));
    let mut world = MemoryWorld::new(&config.setup(), config.faults.clone());
    world.order_purges(&config.purge, &config.registry);
    Parties::Memory(Arc::new(world))
}

/// Mock parties for others, each at its place; where a message does not say the time, it is real time.
pub(crate) async fn serve(
    plan: &Plan,
    bent: &Bent<'_>,
    (dir, keys): (&Path, &GatewayKeys),
    place: impl FnMut(&Party) -> SocketAddr,
) -> Result<World, Trouble> {
    let config = WorldConfig {
        gates: keys.gates(plan),
        ..world(plan, bent, dir, Arc::new(real_now))
    };
    World::start_at(config, place).await.map_err(Trouble::World)
}

/// As [`serve`], at any free ports, with books that are nowhere else.
pub(crate) async fn serve_in_memory(
    plan: &Plan,
    bent: &Bent<'_>,
    time: TimeFn,
) -> Result<World, Trouble> {
    let config = WorldConfig {
        parties_dir: None,
        ..world(plan, bent, Path::new(""), time)
    };
    World::start(config).await.map_err(Trouble::World)
}

fn world(plan: &Plan, bent: &Bent<'_>, dir: &Path, time: TimeFn) -> WorldConfig {
    WorldConfig {
        topology: plan.topology.clone(),
        registry: plan.registry.clone(),
        window: plan.window.clone(),
        arranged: plan.arranged.clone(),
        msgid_mode: bent.msgid_mode.unwrap_or_default(),
        purge: plan.purge.clone(),
        faults: bent.faults.to_vec(),
        parties_dir: Some(dir.join(BOOKS)),
        gates: BTreeMap::new(),
        elsewhere: BTreeSet::new(),
        time,
    }
}

/// The books that a process has open become copies of their own: whatever it writes on, nobody reads. For a run that
/// is taken over from a process that carried its parties and may still live.
pub(crate) fn part_books(books: &Path) -> Result<(), Trouble> {
    let failed = |error| Trouble::file("copy", books, error);
    for entry in std::fs::read_dir(books).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let beside = path.with_extension("copy");
        std::fs::copy(&path, &beside).map_err(failed)?;
        std::fs::rename(&beside, &path).map_err(failed)?;
    }
    Ok(())
}

/// The id of the mock world that keeps its books in this folder; made at the first call. It lies with the books, so
/// that all runs on them name one world, and a world stood up anew another.
pub(crate) fn world_id(books: &Path) -> Result<String, Trouble> {
    let path = books.join("world.id");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0u8; 16];
            getrandom::fill(&mut bytes)
                .map_err(|error| Trouble::file("make", &path, std::io::Error::other(error)))?;
            let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            crate::rundir::write(&path, format!("{id}\n").as_bytes())?;
            Ok(id)
        }
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

fn addresses(plan: &Plan, world: &World) -> BTreeMap<Party, SocketAddr> {
    plan.topology
        .parties()
        .into_iter()
        .filter_map(|party| Some((party.clone(), world.address(&party)?)))
        .collect()
}

/// Ctrl-C once: no new swipes, undo, report. Twice: stop now and say how to go on. Listens from the call on.
pub(crate) fn ctrl_c(interrupt: Arc<Interrupt>, dir: PathBuf) -> impl Future<Output = ()> {
    let first = stop_signal();
    async move {
        if let Ok(pressed) = first {
            pressed.await;
            asked_to_stop(&interrupt, &dir).await;
        }
    }
}

async fn asked_to_stop(interrupt: &Interrupt, dir: &Path) {
    interrupt.ask();
    to_stderr(
        "\n已停止新刷卡, 正在回退; 再按一次立即退出 · no new swipes, undoing; press again to stop now\n",
    );
    if let Ok(pressed) = stop_signal() {
        pressed.await;
        to_stderr(&format!(
            "已退出, 未完成回退 · stopped; go on with: crosswipe resume {}\n",
            dir.display()
        ));
        std::process::exit(i32::from(Exit::Indeterminate.code()));
    }
}

/// Ends with the next Ctrl-C or SIGTERM; listens from the call on.
#[cfg(unix)]
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with the next Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
