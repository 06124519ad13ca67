//! 舞台 · What a run and its resumption stand on: mock parties, their addresses, the stop signal.
//!
//! Called by `command::run` and `command::resume`. Not here: what is run (`runner`), how it ends (`conclude`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::Party;
use crosswipe_mocks::{FaultOrder, MsgidMode, World, WorldConfig};
use crosswipe_runner::Interrupt;
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::Http;
use crosswipe_scenarios::Plan;

use crate::complain::{Trouble, to_stderr};
use crate::exit::Exit;

/// Whole-exchange deadline between the harness and mock parties, longer than their own hops together.
const DEADLINE: Duration = Duration::from_secs(10);

/// The switch of RUN that keeps what the command line said of repeated message numbers.
pub(crate) const MSGID_MODE: &str = "msgid-mode";

/// A network that reaches the parties of a world.
pub(crate) fn network(plan: &Plan, world: &World) -> Http {
    Http::new(addresses(plan, world), DEADLINE)
}

/// Stands the mock parties up, with their logs kept in the run folder; books found there are taken over.
pub(crate) async fn stand_up(
    plan: &Plan,
    faults: &[FaultOrder],
    msgid_mode: Option<MsgidMode>,
    dir: &Path,
    clock: &Arc<Clock>,
) -> Result<World, Trouble> {
    let (clock, held) = (Arc::clone(clock), Arc::clone(clock));
    let config = WorldConfig {
        topology: plan.topology.clone(),
        registry: plan.registry.clone(),
        window: plan.window.clone(),
        arranged: plan.arranged.clone(),
        policy: Default::default(),
        msgid_mode: msgid_mode.unwrap_or_default(),
        faults: faults.to_vec(),
        parties_dir: Some(dir.join("parties")),
        time: Arc::new(move || clock.now()),
    };
    let world = World::start(config).await.map_err(Trouble::World)?;
    world.hold_with(Arc::new(move || Box::new(held.enter())));
    Ok(world)
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

/// Ctrl-C once: no new swipes, undo, report. Twice: stop now and say how to go on.
pub(crate) async fn ctrl_c(interrupt: Arc<Interrupt>, dir: PathBuf) {
    if stop_signal().await.is_err() {
        return;
    }
    interrupt.ask();
    to_stderr(
        "\n已停止新刷卡, 正在回退; 再按一次立即退出 · no new swipes, undoing; press again to stop now\n",
    );
    if stop_signal().await.is_ok() {
        to_stderr(&format!(
            "已退出, 未完成回退 · stopped; go on with: crosswipe resume {}\n",
            dir.display()
        ));
        std::process::exit(i32::from(Exit::Indeterminate.code()));
    }
}

#[cfg(unix)]
async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
