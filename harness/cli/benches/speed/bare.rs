//! 极限 · The same exchanges with nothing behind them: a bare hyper client and bare hyper servers, and a bare database.
//!
//! Why so: the network's and the disk's own price on this machine, at this moment, under whatever else runs on it.
//! A request says in its path which exchange it is; the server that takes it reads it whole, has the exchanges behind it
//! with the next server, as many and as large as the mock parties had, and answers with as many bytes. Nobody reads what is
//! in them. Before each message and after it as many records as the run wrote per message, of the sizes that they had there,
//! go to one SQLite file (WAL, FULL), and all that arrive while one commit is under way share the next. Of what a run does, this
//! leaves out what a message says, the chain of hashes, the books and the files of exports.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::inmemory::Trip;
use crate::measured::{Measured, Watch};

const JSON: &str = "application/json;charset=UTF-8";
/// HIS, treatment place, hub, insured place.
const SERVERS: usize = 4;

type Plain = Client<HttpConnector, Full<Bytes>>;

/// All trips as a list, each with the places of those behind it.
#[derive(Default)]
struct Legs {
    legs: Vec<Leg>,
    /// Those that the client asks for.
    first: Vec<usize>,
    filler: Bytes,
    servers: OnceLock<Vec<SocketAddr>>,
}

struct Leg {
    there: usize,
    back: usize,
    behind: Vec<usize>,
}

impl Legs {
    fn of(trips: &[Trip]) -> Legs {
        let mut legs = Legs::default();
        for trip in trips {
            let first = legs.add(trip);
            legs.first.push(first);
        }
        let longest = legs.legs.iter().map(|leg| leg.there.max(leg.back)).max();
        legs.filler = Bytes::from(vec![b'x'; longest.unwrap_or(0)]);
        legs
    }

    fn add(&mut self, trip: &Trip) -> usize {
        let behind = trip.behind.iter().map(|trip| self.add(trip)).collect();
        self.legs.push(Leg {
            there: trip.there,
            back: trip.back,
            behind,
        });
        self.legs.len() - 1
    }

    /// One exchange with the server of this depth.
    async fn exchange(&self, client: &Plain, depth: usize, number: usize) {
        let (leg, servers) = (&self.legs[number], self.servers.get().expect("they listen"));
        let uri = format!("http://{}/{depth}/{number}", servers[depth % SERVERS]);
        // With the headers that the harness sends.
        let request = Request::post(uri)
            .header(CONTENT_TYPE, JSON)
            .header(
                "x-crosswipe",
                "run=bench;epoch=1;now=2017-06-02T09:00:00.000+08:00",
            )
            .body(Full::new(self.filler.slice(..leg.there)))
            .expect("plain headers");
        let response = client
            .request(request)
            .await
            .expect("a bare server answers");
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a whole answer")
            .to_bytes();
        assert_eq!(body.len(), leg.back);
    }
}

/// Exchanges all this, so much at a time, and commits records of these sizes to a file of this folder.
///
/// # Panics
/// If an exchange fails.
pub(crate) fn exchange(
    trips: &[Trip],
    records: &[(usize, usize)],
    in_flight: usize,
    dir: &Path,
) -> Measured {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads");
    let disk = Disk::open(&dir.join("bare.db"), records.to_vec());
    let measured = runtime.block_on(all(
        Arc::new(Legs::of(trips)),
        records.len(),
        in_flight,
        disk,
    ));
    runtime.shutdown_timeout(Duration::from_secs(2));
    measured
}

async fn all(legs: Arc<Legs>, records: usize, in_flight: usize, disk: Disk) -> Measured {
    let mut servers = Vec::new();
    let mut serving = JoinSet::new();
    for _ in 0..SERVERS {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        servers.push(
            listener
                .local_addr()
                .expect("a bound socket has an address"),
        );
        serving.spawn(serve(listener, Arc::clone(&legs), client()));
    }
    legs.servers.set(servers).expect("nobody has set them");
    let messages = legs
        .first
        .iter()
        .filter(|first| legs.legs[**first].there > 0)
        .count();
    let (next, client) = (Arc::new(AtomicUsize::new(0)), client());
    // Spread evenly over all that a message waits for: once before it and once after it.
    let per_commit = records.div_ceil((messages * 2).max(1));
    let watch = Watch::start();
    let mut senders = JoinSet::new();
    for _ in 0..in_flight.max(1) {
        let (legs, next, client, disk) = (
            Arc::clone(&legs),
            Arc::clone(&next),
            client.clone(),
            disk.clone(),
        );
        senders.spawn(async move {
            while let Some(first) = legs.first.get(next.fetch_add(1, Ordering::Relaxed)) {
                let books = legs.legs[*first].there > 0;
                if books {
                    disk.commit(per_commit).await;
                }
                legs.exchange(&client, 0, *first).await;
                if books {
                    disk.commit(per_commit).await;
                }
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.expect("an exchange that went well");
    }
    watch.stop()
}

fn client() -> Plain {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn serve(listener: TcpListener, legs: Arc<Legs>, client: Plain) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a live socket");
        let (legs, client) = (Arc::clone(&legs), client.clone());
        connections.spawn(async move {
            let service =
                service_fn(move |request| answer(request, Arc::clone(&legs), client.clone()));
            let http = hyper::server::conn::http1::Builder::new();
            // A connection that the client closes is over.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    legs: Arc<Legs>,
    client: Plain,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().trim_start_matches('/').split_once('/');
    let path = path.and_then(|(depth, number)| Some((depth.parse().ok()?, number.parse().ok()?)));
    let (depth, number): (usize, usize) = path.expect("which exchange it is");
    // The request is read whole before it is answered, as every party does.
    let _ = request.into_body().collect().await;
    for behind in &legs.legs[number].behind {
        legs.exchange(&client, depth + 1, *behind).await;
    }
    let mut response = Response::new(Full::new(legs.filler.slice(..legs.legs[number].back)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
    Ok(response)
}

/// 盘 · One writer of one file.
#[derive(Clone)]
pub(crate) struct Disk(mpsc::Sender<(usize, oneshot::Sender<()>)>);

impl Disk {
    /// Rows of these sizes in turn.
    pub(crate) fn open(path: &Path, sizes: Vec<(usize, usize)>) -> Disk {
        let database = rusqlite::Connection::open(path).expect("a fresh file");
        let schema = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE record(seq INTEGER PRIMARY KEY, epoch, at, kind, payload, prev_sha256, sha256);
            CREATE TABLE message(seq INTEGER PRIMARY KEY, text);";
        database
            .execute_batch(schema)
            .expect("an empty database takes tables");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || write(&database, &sizes, &receiver).expect("a healthy disk"));
        Disk(sender)
    }

    /// Returns when so many more rows are durable.
    pub(crate) async fn commit(&self, rows: usize) {
        let (done, durable) = oneshot::channel();
        self.0.send((rows, done)).expect("the writer lives");
        durable.await.expect("a healthy disk");
    }
}

fn write(
    database: &rusqlite::Connection,
    sizes: &[(usize, usize)],
    asked: &mpsc::Receiver<(usize, oneshot::Sender<()>)>,
) -> rusqlite::Result<()> {
    let longest = sizes
        .iter()
        .map(|(payload, text)| *payload.max(text))
        .max()
        .unwrap_or(0);
    let (filler, hash) = ("x".repeat(longest), "0".repeat(64));
    let sql =
        "INSERT INTO record VALUES (?1, 1, '2017-06-02T09:00:00.000+08:00', 'NOTE', ?2, ?3, ?3)";
    let mut record = database.prepare(sql)?;
    let mut message = database.prepare("INSERT INTO message VALUES (?1, ?2)")?;
    let mut seq = 0;
    while let Ok(first) = asked.recv() {
        let all: Vec<_> = std::iter::once(first).chain(asked.try_iter()).collect();
        database.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..all.iter().map(|(rows, _)| rows).sum() {
            let (payload, text) = sizes[seq % sizes.len()];
            record.execute((seq as i64, &filler[..payload], &hash))?;
            if text > 0 {
                message.execute((seq as i64, &filler[..text]))?;
            }
            seq += 1;
        }
        database.execute_batch("COMMIT")?;
        for (_, done) in all {
            // Who waits no longer is not told.
            let _ = done.send(());
        }
    }
    Ok(())
}
