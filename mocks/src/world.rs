//! 世界 · All mock parties of a plan, up on loopback and down again.
//!
//! Every socket is bound before anything is served, so that no party meets a neighbour that is not there
//! yet. Used by `cli`. Not here: what a party does (`machine`), how it is carried (`shell`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crosswipe_domain::{AdmDivision, DeclaredPurge, Party, Registry, Role, Topology, Window};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fault::{FaultOrder, Faults};
use crate::ledger::PurgeOrder;
use crate::setup::{MsgidMode, Setup};
use crate::shell::fired::FiredFile;
use crate::shell::hyper::{Gate, Guards, Hold, Server};
use crate::shell::told::ToldFile;
use crate::shell::{HoldFn, TimeFn, carrier, machine_of, machines};

/// 世界布置 · What a world is made of.
pub struct WorldConfig {
    /// Hub, regions, institutions, tariffs.
    pub topology: Topology,
    /// Test persons and the world's public.
    pub registry: Registry,
    /// Phases.
    pub window: Window,
    /// 约定对 · Insured place and institution code.
    pub arranged: Vec<(AdmDivision, String)>,
    /// What a repeated msgid meets.
    pub msgid_mode: MsgidMode,
    /// Orders of the parties' owners: the rows of registered persons go out of these books.
    pub purge: Vec<DeclaredPurge>,
    /// What is to go wrong.
    pub faults: Vec<FaultOrder>,
    /// Where each party's log is kept; `None` = nowhere. Books found there are taken over.
    pub parties_dir: Option<PathBuf>,
    /// 网关 · The own gateways of parties that speak a dialect; whoever has none takes plain messages.
    pub gates: BTreeMap<Party, Arc<Gate>>,
    /// 外接 HIS · Institutions of which no mock is stood up, since their own systems speak to these platforms.
    pub elsewhere: BTreeSet<Party>,
    /// What time it is where a message does not say.
    pub time: TimeFn,
}

impl WorldConfig {
    /// The same world as plain tables, e.g. for [`MemoryWorld`](crate::MemoryWorld).
    pub fn setup(&self) -> Arc<Setup> {
        let (topology, window, arranged) = (
            self.topology.clone(),
            self.window.clone(),
            self.arranged.clone(),
        );
        Setup::new(topology, &self.registry, window, arranged, self.msgid_mode)
    }
}

/// Any free port of loopback.
pub const FREE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// 世界 · Running mock parties.
pub struct World {
    setup: Arc<Setup>,
    addresses: BTreeMap<Party, SocketAddr>,
    faults: Faults,
    fired: Arc<FiredFile>,
    hold: Hold,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

impl World {
    /// Binds all sockets to free ports of loopback, then serves.
    ///
    /// # Errors
    /// No free port, or a log in `parties_dir` that cannot be read or kept.
    pub async fn start(config: WorldConfig) -> io::Result<World> {
        World::start_at(config, |_| FREE).await
    }

    /// As [`World::start`], each machine at the address that `place` names for its party, in the order hub, regions,
    /// institutions; port 0 is any free one.
    ///
    /// # Errors
    /// An address that is taken or not on loopback, or a log in `parties_dir` that cannot be read or kept.
    pub async fn start_at(
        config: WorldConfig,
        mut place: impl FnMut(&Party) -> SocketAddr,
    ) -> io::Result<World> {
        let faults = Faults::new(config.faults.iter().cloned());
        let book: Arc<OnceLock<BTreeMap<Party, SocketAddr>>> = Arc::default();
        let mut bound = Vec::new();
        let (setup, hold) = (config.setup(), Hold::default());
        let fired = Arc::new(FiredFile::of(config.parties_dir.as_deref()));
        let told = Arc::new(ToldFile::of(config.parties_dir.as_deref(), &setup)?);
        let guards = Guards::default();
        for (party, _) in machines(&setup, &Faults::new([])) {
            if config.elsewhere.contains(&party) {
                continue;
            }
            let dir = config.parties_dir.as_deref();
            let at = place(&party);
            let (setup, faults, named) = (Arc::clone(&setup), faults.clone(), party.clone());
            let orders: Vec<(Role, PurgeOrder)> = config
                .purge
                .iter()
                .filter(|purge| carrier(&purge.party) == party)
                .map(|purge| (purge.party.role, PurgeOrder::of(purge, &config.registry)))
                .collect();
            let machine = move || {
                let mut rigged = machine_of(&named, &setup, &faults);
                let rig = rigged.as_mut().into_iter();
                rig.for_each(|rigged| rigged.order_all(&orders));
                rigged
            };
            let gate = config.gates.get(&party).cloned();
            bound.push(
                Server::bind(
                    party,
                    machine,
                    at,
                    Arc::clone(&book),
                    (Arc::clone(&config.time), Arc::clone(&hold)),
                    (dir, Arc::clone(&fired), Arc::clone(&told)),
                    (guards.clone(), gate),
                )
                .await?,
            );
        }
        let addresses = bound
            .iter()
            .map(Server::address)
            .collect::<io::Result<BTreeMap<_, _>>>()?;
        let addresses = book.get_or_init(|| addresses).clone();
        let (stop, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        for server in bound {
            servers.spawn(server.serve(stopped.clone()));
        }
        Ok(World {
            setup,
            addresses,
            faults,
            fired,
            hold,
            stop,
            servers,
        })
    }

    /// Business time of whoever calls stands still while a party is being started again: nobody's patience runs out
    /// in a moment that has no length.
    pub fn hold_with(&self, hold: HoldFn) {
        // The first keeper of the clock stays.
        let _ = self.hold.set(hold);
    }

    /// Where a party listens. Both books of a region are at its one address.
    pub fn address(&self, party: &Party) -> Option<SocketAddr> {
        self.addresses.get(&carrier(party)).copied()
    }

    /// The orders of this world, those of the harness among them: whoever carries those out counts there.
    pub fn board(&self) -> &Faults {
        &self.faults
    }

    /// Writes down beside the books how often each fault has fired so far, for who has no time to do it later.
    pub fn keeper(&self) -> impl Fn() + Send + Sync + use<> {
        let (file, faults) = (Arc::clone(&self.fired), self.faults.clone());
        move || file.keep(&faults)
    }

    /// What all parties were told.
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.setup)
    }

    /// How often each fault fired.
    pub fn fired(&self) -> Vec<(FaultOrder, u64)> {
        self.faults.fired()
    }

    /// Closes every connection and socket.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.servers.join_next().await.is_some() {}
    }
}
