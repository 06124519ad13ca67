//! 起停 · All parties of a country up on loopback, beside as many bare hyper servers.
//!
//! Timed from nothing to the last socket that listens; taking them down is not. A bare server is a socket with a task that
//! accepts. Memory is what the process grew by when the first world of its size came up.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use crosswipe_domain::{Role, Topology};
use crosswipe_mocks::{World, WorldConfig};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::measured::{Watch, resident_kb};
use crate::table::{Asked, Row};

const PLAN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../scenarios/national-rehearsal"
);
const PARTIES: [usize; 2] = [97, 132];

/// Time and memory at each size.
pub(crate) fn rows(rounds: usize) -> Vec<Row> {
    let plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the shipped plan is sound");
    let runtime = Runtime::new().expect("threads");
    let mut rows = Vec::new();
    for parties in PARTIES {
        let Some(topology) = cut(&plan.topology, parties) else {
            rows.push(Row::unmeasured(
                format!("{parties} parties listening"),
                "the national plan has fewer",
            ));
            continue;
        };
        let config = || WorldConfig {
            topology: topology.clone(),
            registry: plan.registry.clone(),
            window: plan.window.clone(),
            arranged: plan.arranged.clone(),
            msgid_mode: Default::default(),
            purge: Vec::new(),
            faults: Vec::new(),
            gates: Default::default(),
            elsewhere: Default::default(),
            parties_dir: None,
            time: Arc::new(|| crosswipe_domain::Moment::from_epoch_ms(0)),
        };
        let mut memory = Vec::new();
        let rounds = (0..rounds).map(|_| {
            let before = resident_kb();
            let (config, watch) = (config(), Watch::start());
            let world = runtime.block_on(World::start(config)).expect("free ports");
            let ours = watch.stop().real_us();
            memory.push(
                resident_kb()
                    .zip(before)
                    .map(|(after, before)| after.saturating_sub(before)),
            );
            runtime.block_on(world.stop());
            let watch = Watch::start();
            let servers = runtime.block_on(bare(parties));
            let limit = watch.stop().real_us();
            drop(servers);
            (ours, limit)
        });
        let rounds: Vec<_> = rounds.collect();
        rows.push(Row::paired(
            format!("{parties} parties listening"),
            "µs",
            rounds,
            Asked::Times(5_000),
        ));
        let name = format!("{parties} parties, memory");
        rows.push(match memory.into_iter().flatten().max() {
            Some(kb) => Row::alone(name, "kB", vec![u128::from(kb)], Asked::AtMost(40_000)),
            None => Row::unmeasured(name, "the system tells no resident memory"),
        });
    }
    rows
}

/// The hub with so many machines in all; institutions go first, those of one region last.
fn cut(topology: &Topology, parties: usize) -> Option<Topology> {
    let mut cut = topology.clone();
    let places = 1 + cut.regions.len();
    let wanted = parties.checked_sub(places)?;
    if cut.institutions.len() < wanted {
        // More institutions of the same regions: sockets do not care what they are called.
        let more =
            (0..).flat_map(|round| topology.institutions.iter().map(move |one| (round, one)));
        let more = more.map(|(round, one)| {
            let mut one = one.clone();
            let code = one.code.as_str();
            let code = format!("{}{:02}{}", &code[..7], 90 - round, &code[9..]);
            one.code = crosswipe_domain::InstitutionCode::parse(&code).ok()?;
            Some(one)
        });
        let missing = wanted - cut.institutions.len();
        cut.institutions
            .extend(more.take(missing).collect::<Option<Vec<_>>>()?);
    }
    cut.institutions.truncate(wanted);
    let roles = cut.parties();
    let machines = roles
        .iter()
        .filter(|party| party.role != Role::Insured)
        .count();
    (machines == parties).then_some(cut)
}

/// So many sockets that accept.
async fn bare(many: usize) -> JoinSet<()> {
    let mut servers = JoinSet::new();
    for _ in 0..many {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        servers.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let service = service_fn(|_: Request<hyper::body::Incoming>| async {
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
                    });
                    let http = hyper::server::conn::http1::Builder::new();
                    // A connection that the client closes is over.
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    }
    servers
}
