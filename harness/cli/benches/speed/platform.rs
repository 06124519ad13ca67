//! 平台 · One mock platform over HTTP, settling local bills (2207), beside a bare server that is asked the same bytes.
//!
//! The bare server is hyper as plain as can be: it reads the whole body, has serde_json read the envelope and the bill into
//! borrowed fields, changes a balance and keeps the settlement under one lock, and has serde_json write an answer of the
//! same members. It knows no catalogue, no window, no tariff, no fence of numbers, no log, and it bounds nothing.
//! Both run on one thread, their common client on another.
//! Also here: what the same costs on full books, and what a row takes of memory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crosswipe_mocks::World;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::client::{Line, ask_all, count_all, post};
use crate::counter::{Counter, place};
use crate::measured::{Watch, resident_kb};
use crate::table::{Asked, Row, median};

/// How much is asked.
pub(crate) struct Size {
    /// Settlements of one round.
    pub(crate) requests: usize,
    pub(crate) rounds: usize,
    /// People of the small place.
    pub(crate) few: usize,
    /// People of the large one.
    pub(crate) many: usize,
    /// Visits that are settled there before anything is measured.
    pub(crate) filled: usize,
}

/// Connections at a time.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// All rows of this file.
pub(crate) fn rows(size: &Size) -> Vec<Row> {
    let mut small = Platform::stand_up(size.few);
    let answer = small.settle_one();
    let bare = Bare::stand_up(&answer);
    let mut rows = Vec::new();
    let mut small_rate = 0;
    for connections in CONNECTIONS {
        let rounds = (0..size.rounds).map(|_| {
            let requests = small.ready(size.requests);
            let limit = bare
                .server
                .rate(bare.address, requests.clone(), connections);
            (
                small.server.rate(small.address, requests, connections),
                limit,
            )
        });
        let rounds: Vec<_> = rounds.collect();
        small_rate = median(&rounds.iter().map(|(ours, _)| *ours).collect::<Vec<_>>()).unwrap_or(0);
        let plural = if connections == 1 { "" } else { "s" };
        rows.push(
            Row::paired(
                format!("mock platform, 2207, {connections} connection{plural}"),
                "requests/s",
                rounds,
                Asked::Share(900),
            )
            .with("bytes there", small.sizes.0)
            .with("back", small.sizes.1),
        );
    }
    drop(bare);
    rows.extend(full(size, small, small_rate));
    rows
}

/// The same on full books; memory of a row, and of requests that book nothing.
fn full(size: &Size, mut small: Platform, small_rate: u128) -> [Row; 3] {
    let before = resident_kb();
    let mut large = Platform::stand_up(size.many);
    large.settle_one();
    let empty_lsn = large.lsn();
    let empty = resident_kb();
    large.fill(size.filled);
    let rows = large.lsn() - empty_lsn;
    let filled = resident_kb();
    let kb = |from: Option<u64>, to: Option<u64>| Some(to?.saturating_sub(from?));
    let rounds = (0..size.rounds).map(|_| {
        let (ours, limit) = (large.ready(size.requests), small.ready(size.requests));
        let limit = small.server.rate(small.address, limit, 64);
        (large.server.rate(large.address, ours, 64), limit)
    });
    let rounds: Vec<_> = rounds.collect();
    let name = format!("the same on {rows} rows, {} persons", size.many);
    let same = Row::paired(name, "requests/s", rounds, Asked::Share(900))
        .with(
            "persons alone, kB",
            kb(before, empty).map_or_else(|| "-".to_owned(), |kb| kb.to_string()),
        )
        .with("alone, requests/s", small_rate);
    let per_row = match kb(empty, filled) {
        Some(kb) => Row::alone(
            "memory of a booked row",
            "bytes",
            vec![u128::from(kb) * 1_024 / u128::from(rows.max(1))],
            Asked::AtMost(1_000),
        ),
        None => Row::unmeasured(
            "memory of a booked row",
            "the system tells no resident memory",
        ),
    };
    let reads = size.filled.max(10_000);
    let warm = large.reads(reads / 4);
    large.server.rate(large.address, warm, 64);
    let asked = large.reads(reads);
    let (at_rest, at_rest_lsn) = (resident_kb(), large.lsn());
    let bytes: usize = asked.iter().map(Vec::len).sum();
    large.server.rate(large.address, asked, 64);
    let after = resident_kb();
    assert_eq!(at_rest_lsn, large.lsn(), "1101 books nothing");
    let growth = match kb(at_rest, after) {
        Some(kb) => Row::alone(
            "memory kept per request that books nothing",
            "bytes",
            vec![u128::from(kb) * 1_024 / reads as u128],
            Asked::AtMost(64),
        )
        .with("requests", reads)
        .with("bytes asked, kB", bytes / 1_024),
        None => Row::unmeasured(
            "memory kept per request that books nothing",
            "the system tells no resident memory",
        ),
    };
    [same, per_row, growth]
}

/// A thread that serves and one that asks.
struct Server {
    serving: Runtime,
    asking: Runtime,
}

impl Server {
    fn new() -> Server {
        let one = || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a thread")
        };
        Server {
            serving: one(),
            asking: one(),
        }
    }

    /// Requests per second.
    fn rate(&self, address: SocketAddr, requests: Vec<Vec<u8>>, connections: usize) -> u128 {
        let many = requests.len();
        let watch = Watch::start();
        let answers =
            self.asking
                .block_on(self.asking.spawn(count_all(address, requests, connections)));
        let took = watch.stop();
        assert_eq!(answers.expect("an asker that went well"), many);
        took.per_second(many)
    }
}

struct Platform {
    server: Server,
    _world: World,
    address: SocketAddr,
    counter: Counter,
    people: usize,
    next: usize,
    /// Bytes of a settlement there and back.
    sizes: (usize, usize),
}

impl Platform {
    fn stand_up(people: usize) -> Platform {
        let server = Server::new();
        let (config, counter) = place(people);
        let world = server
            .serving
            .block_on(World::start(config))
            .expect("free ports");
        let address = world
            .address(&counter.platform())
            .expect("the platform listens");
        Platform {
            server,
            _world: world,
            address,
            counter,
            people,
            next: 0,
            sizes: (0, 0),
        }
    }

    /// One settlement, told apart from refusals; its answer.
    fn settle_one(&mut self) -> Vec<u8> {
        let request = self.ready(1).remove(0);
        let there = request.len();
        let answer = self.ask(vec![request]).remove(0);
        assert!(is_ok(&answer), "{}", String::from_utf8_lossy(&answer));
        self.sizes = (there, answer.len());
        answer
    }

    fn ask(&self, requests: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let asked = self
            .server
            .asking
            .spawn(ask_all(self.address, requests, 64));
        self.server
            .asking
            .block_on(asked)
            .expect("an asker that went well")
    }

    /// So many 2207 of visits that are open and charged.
    fn ready(&mut self, many: usize) -> Vec<Vec<u8>> {
        let people: Vec<usize> = (self.next..self.next + many)
            .map(|number| number % self.people)
            .collect();
        self.next += many;
        let opened = people
            .iter()
            .map(|who| post("/", &self.counter.visit(*who)));
        let opened = opened.collect();
        let visits: Vec<String> = self
            .ask(opened)
            .iter()
            .map(|answer| visit_of(answer))
            .collect();
        for write in [Counter::diagnosed, Counter::charged] {
            let pairs = people.iter().zip(&visits);
            let requests =
                pairs.map(|(who, visit)| post("/", &write(&mut self.counter, *who, visit)));
            let requests = requests.collect();
            for answer in self.ask(requests) {
                assert!(is_ok(&answer), "{}", String::from_utf8_lossy(&answer));
            }
        }
        let pairs = people.iter().zip(&visits);
        pairs
            .map(|(who, visit)| post("/", &self.counter.settled(*who, visit)))
            .collect()
    }

    /// So many visits, settled, a few thousand at a time.
    fn fill(&mut self, visits: usize) {
        for first in (0..visits).step_by(2_000) {
            let requests = self.ready((visits - first).min(2_000));
            for answer in self.ask(requests) {
                assert!(is_ok(&answer), "{}", String::from_utf8_lossy(&answer));
            }
        }
    }

    fn reads(&mut self, many: usize) -> Vec<Vec<u8>> {
        let people = (0..many).map(|number| number % self.people);
        people
            .map(|who| post("/", &self.counter.read(who)))
            .collect()
    }

    /// How many rows its logs have: a swipe at home is booked at the treatment place and at the insured place, which are
    /// two parties of the one platform.
    fn lsn(&self) -> u64 {
        #[derive(Deserialize)]
        struct Told {
            lsn: u64,
        }
        let of_book = |book: &str| {
            let address = self.address;
            let path = format!("/__admin/log/{book}?from=999999999");
            let asked = self.server.asking.spawn(async move {
                let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
                Line::to(address)
                    .await
                    .ask(request.as_bytes())
                    .await
                    .to_vec()
            });
            let answer = self.server.asking.block_on(asked).expect("an answer");
            serde_json::from_slice::<Told>(&answer)
                .expect("a look at the log's tail")
                .lsn
        };
        of_book("treatment") + of_book("insured")
    }
}

fn is_ok(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.contains("\"infcode\":0")
}

fn visit_of(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let id = text
        .split_once("\"mdtrt_id\":\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    id.unwrap_or_else(|| panic!("no visit in {text}"))
        .0
        .to_owned()
}

/// 裸服务器 · The limit.
struct Bare {
    server: Server,
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Request2207<'a> {
    infno: &'a str,
    msgid: &'a str,
    fixmedins_code: &'a str,
    #[serde(borrow)]
    input: Input<'a>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    data: Bill<'a>,
}

#[derive(Deserialize)]
struct Bill<'a> {
    psn_no: &'a str,
    mdtrt_id: &'a str,
    #[serde(borrow)]
    medfee_sumamt: &'a RawValue,
}

#[derive(Serialize)]
struct Reply<'a> {
    infcode: u8,
    inf_refmsgid: &'a str,
    setl_id: String,
    output: &'a Value,
}

#[derive(Default)]
struct Book {
    counts: BTreeMap<String, u64>,
    settlements: Vec<(String, String, String)>,
}

impl Bare {
    /// Answers with the members of this answer.
    fn stand_up(like: &[u8]) -> Bare {
        let server = Server::new();
        let like: Value = serde_json::from_slice(like).expect("an answer of the interface");
        let output = Arc::new(like["output"].clone());
        let listener = server
            .serving
            .block_on(TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let book = Arc::new(Mutex::new(Book::default()));
        server.serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a live socket");
                let (book, output) = (Arc::clone(&book), Arc::clone(&output));
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        bare(request, Arc::clone(&book), Arc::clone(&output))
                    });
                    let http = hyper::server::conn::http1::Builder::new();
                    // A connection that the client closes is over.
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Bare { server, address }
    }
}

async fn bare(
    request: Request<Incoming>,
    book: Arc<Mutex<Book>>,
    output: Arc<Value>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request
        .into_body()
        .collect()
        .await
        .expect("a whole request")
        .to_bytes();
    let read: Request2207<'_> = serde_json::from_slice(&body).expect("a settlement");
    assert_eq!(
        (read.infno, read.fixmedins_code.is_empty()),
        ("2207", false)
    );
    let setl_id = {
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        *book
            .counts
            .entry(read.input.data.psn_no.to_owned())
            .or_default() += 1;
        let setl_id = format!("S{:013}", book.settlements.len());
        let bill = &read.input.data;
        book.settlements.push((
            setl_id.clone(),
            bill.mdtrt_id.to_owned(),
            bill.medfee_sumamt.get().to_owned(),
        ));
        setl_id
    };
    let reply = Reply {
        infcode: 0,
        inf_refmsgid: read.msgid,
        setl_id,
        output: &output,
    };
    let text = serde_json::to_vec(&reply).expect("text keys");
    Ok(Response::new(Full::new(Bytes::from(text))))
}
