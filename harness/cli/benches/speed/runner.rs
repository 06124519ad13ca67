//! 执行器速度 · The runner against one fast server, beside a bare client that sends the same messages to the same server.
//!
//! Why so: with four parties behind it the runner's own price is a share among many. Here the other side is one bare
//! server (`answers`), so what is left is the runner: composing, gate, INTENT, exchange, reading, OUTCOME, and what it
//! decides from it. Its parties show empty books, which never leave this process: this row is of messages.
//!
//! The limit is a loop on hyper, [`IN_FLIGHT`] flows at a time: the messages of one case, in order, each with the ids that
//! answers before it gave, and before and after each message one record of the size that the runner wrote there, durable in
//! commits shared by all that wait. It reads from an answer the two ids and nothing else. It leaves out: whether the
//! window allows it, what an answer means, masking, hashes, the records besides INTENT and OUTCOME, probes' own bookkeeping.
//! Why no row without a journal: there is no such path. No byte leaves before its INTENT is on disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use crosswipe_domain::{CaseId, EXPORT_SCHEMA, Party, PseudonymKey};
use crosswipe_journal::{CaseResult, Journal, Payload};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Answer, Call, Http, Lost, Transport};
use crosswipe_runner::{MemoryShelf, Shelf, beginning};
use crosswipe_scenarios::Plan;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;

use crate::answers::{Answers, Frame, READ, Spoken, field, serve};
use crate::bare::Disk;
use crate::counted::{Counted, Counters};
use crate::inmemory::{InMemory, Trips};
use crate::measured::{Measured, Watch, threads};
use crate::table::{Asked, Row};
use crate::whole::{header, record_sizes, timed, world};

const PLAN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../scenarios/national-rehearsal"
);
/// Flows under way at a time on both sides.
const IN_FLIGHT: u32 = 64;
const DEADLINE: Duration = Duration::from_secs(10);

/// With the journal; and why there is no row without one.
pub(crate) fn rows(cases: usize, rounds: usize) -> Vec<Row> {
    let (spoken, reads) = spoken(cases);
    let mut last: Option<Ran> = None;
    let rounds = (0..rounds).map(|_| {
        let ran = ours(cases, &spoken, &reads);
        let flows = ran.messages.div_ceil(spoken.len());
        let (bare, sent) = bare(flows, &spoken, &reads, &ran.sizes);
        let ours = ran.took.per_second(ran.messages);
        let limit = bare.per_second(sent);
        last = Some(Ran {
            bare_us: bare.processor_us_per(sent),
            ..ran
        });
        (ours, limit)
    });
    let rounds: Vec<_> = rounds.collect();
    let ran = last.expect("a round at least");
    let tell = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let durable = Row::paired(
        "runner, one fast server, dependent steps, durable",
        "messages/s",
        rounds,
        Asked::Share(750),
    )
    .with("cases", cases)
    .with("messages of a case", spoken.len())
    .with("most in flight", ran.most_in_flight)
    .with(
        "syncs a case, hundredths",
        ran.written.commits * 100 / cases as u64,
    )
    .with(
        "records a message, hundredths",
        ran.written.records * 100 / ran.messages as u64,
    )
    .with(
        "bytes kept of a message",
        ran.written.bytes / ran.messages as u64,
    )
    .with(
        "processor, µs a message",
        ran.took.processor_us_per(ran.messages),
    )
    .with("of the limit", &ran.bare_us)
    .with("threads", tell(ran.threads));
    let without = Row::unmeasured(
        "the same without a journal",
        "there is no such path: no message leaves before its INTENT is on disk",
    );
    vec![durable, without]
}

struct Ran {
    messages: usize,
    took: Measured,
    most_in_flight: usize,
    written: crosswipe_journal::Counters,
    /// Bytes of payload and text of each INTENT and OUTCOME.
    sizes: Vec<(usize, usize)>,
    threads: Option<u64>,
    bare_us: String,
}

/// So many cells of the matrix, spread over persons and places.
fn plan(cases: usize) -> Plan {
    let mut plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the shipped plan is sound");
    let all = plan.cases;
    // A stride that shares no factor with the number of cells meets each of them once in a round.
    let chosen = (0..cases).map(|number| {
        let (round, place) = (number / all.len(), number * 37 % all.len());
        let id = CaseId::parse(&format!("{}+{round}", all[place].id)).expect("a short id");
        crosswipe_scenarios::Case {
            id,
            ..all[place].clone()
        }
    });
    plan.cases = chosen.collect();
    plan
}

/// Answers to reads, by number of certificate.
type Reads = BTreeMap<String, String>;

/// The messages of one case with what the mock parties answered, in order, before them the session's; and what they
/// answered to the read of each person.
fn spoken(cases: usize) -> (Vec<Spoken>, Reads) {
    let plan = plan(cases);
    let kept = Arc::new(Mutex::new(Vec::new()));
    let runtime = runtime();
    runtime.block_on(async {
        let begins = beginning(&plan).expect("the plan has a window");
        let clock = Clock::simulated(begins);
        let key = PseudonymKey::new([7; 32]);
        let journal = Journal::in_memory(header(&plan, &key), begins);
        let setup = world(&plan, &clock, None).setup();
        let network = Kept {
            network: InMemory::new(&setup, Arc::clone(&clock), Trips::default()),
            kept: Arc::clone(&kept),
        };
        timed(
            Shelf::Memory(MemoryShelf::default()),
            plan.clone(),
            key,
            clock,
            journal,
            network,
        )
        .await;
    });
    let all: Vec<Spoken> = std::mem::take(&mut kept.lock().unwrap_or_else(PoisonError::into_inner));
    let settled = all
        .iter()
        .find(|one| field(&one.request, "infno") == Some("2207"))
        .expect("a case settles");
    let visit = field(&settled.request, "mdtrt_id").expect("a settlement is of a visit");
    let of_case = |one: &&Spoken| {
        let number = field(&one.request, "infno");
        let session = number == Some("9001");
        let read = number == Some(READ);
        session || read || one.request.contains(visit) || one.answer.contains(visit)
    };
    let mut chosen: Vec<Spoken> = Vec::new();
    for one in all.iter().filter(of_case) {
        let number = field(&one.request, "infno");
        let again = |before: &Spoken| field(&before.request, "infno") == number;
        if !chosen.iter().any(again) {
            chosen.push(one.clone());
        }
    }
    let reads = all.iter().filter_map(|one| {
        let read = field(&one.request, "infno") == Some(READ);
        let number = field(&one.request, "certno").filter(|_| read)?;
        Some((number.to_owned(), one.answer.clone()))
    });
    (chosen, reads.collect())
}

/// Remembers what is said through it.
struct Kept {
    network: InMemory,
    kept: Arc<Mutex<Vec<Spoken>>>,
}

impl Transport for Kept {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let request = call.body.clone();
        let answer = self.network.exchange(to, call).await?;
        if let Some(request) = request {
            let text = std::str::from_utf8(&answer.body).expect("an answer is text");
            let spoken = Spoken {
                request,
                answer: text.to_owned(),
            };
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(spoken);
        }
        Ok(answer)
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

/// Messages go to the one server, looks see empty books.
struct OneServer {
    http: Http,
    clock: Arc<Clock>,
}

impl Transport for OneServer {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        if call.body.is_some() {
            return self.http.exchange(to, call).await;
        }
        let now = self.clock.now();
        let text = match call.path.split_once("?from=") {
            Some((_, from)) => format!(
                "{{\"party\":\"{to}\",\"case\":\"\",\"taken_at\":\"{now}\",\"from\":{from},\"lsn\":{from},\"rows\":[]}}"
            ),
            None => format!(
                "{{\"schema\":\"{EXPORT_SCHEMA}\",\"party\":\"{to}\",\"taken_at\":\"{now}\",\"lsn\":0,\"cells\":[],\"rows\":[],\"log\":[],\"queues\":[]}}"
            ),
        };
        Ok(Answer {
            status: 200,
            body: Bytes::from(text),
        })
    }

    fn name(&self) -> &'static str {
        "http"
    }
}

fn ours(cases: usize, spoken: &[Spoken], reads: &Reads) -> Ran {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for temporary files");
    let dir = folder.path();
    std::fs::create_dir(dir.join("exports")).expect("a folder that can be written");
    let plan = plan(cases);
    let runtime = runtime();
    let ran = runtime.block_on(async {
        let begins = beginning(&plan).expect("the plan has a window");
        let clock = Clock::simulated(begins);
        let key = PseudonymKey::new([7; 32]);
        let journal = Journal::create(dir, header(&plan, &key), begins).expect("an empty folder");
        let server = serve(Answers::of(spoken, reads.clone())).await;
        let addresses = plan.topology.parties().into_iter();
        let addresses: BTreeMap<Party, SocketAddr> =
            addresses.map(|party| (party, server)).collect();
        let counters = Arc::new(Counters::default());
        let network = Counted {
            network: OneServer {
                http: Http::new(addresses, DEADLINE),
                clock: Arc::clone(&clock),
            },
            counters: Arc::clone(&counters),
        };
        let shelf = Shelf::Folder(dir.to_owned());
        let (finished, took) = timed(shelf, plan, key, clock, journal, network).await;
        let (written, threads) = (finished.journal.counters(), threads());
        let history = finished.journal.history().expect("a sound journal");
        for record in &history.records {
            if let Payload::CaseFinished(case) = &record.payload {
                assert_eq!(case.result, CaseResult::Passed, "{case:?}");
            }
        }
        finished.close().expect("a healthy disk");
        let sent = counters.sent();
        Ran {
            messages: sent.messages,
            took,
            most_in_flight: sent.most_in_flight,
            written,
            sizes: record_sizes(dir, &["INTENT", "OUTCOME", "COMP_INTENT", "COMP_OUTCOME"]),
            threads,
            bare_us: String::new(),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    ran
}

/// The messages of a case with gaps for the ids that answers give.
struct Flow(Vec<Frame>);

impl Flow {
    fn of(spoken: &[Spoken]) -> Flow {
        let settled = spoken
            .iter()
            .find(|one| field(&one.request, "infno") == Some("2207"))
            .expect("a case settles");
        let ids = [
            ("mdtrt_id", field(&settled.request, "mdtrt_id")),
            ("setl_id", field(&settled.answer, "setl_id")),
        ];
        let ids: Vec<_> = ids
            .into_iter()
            .map(|(name, value)| (name, value.expect("it was given").to_owned()))
            .collect();
        let frames = spoken.iter().map(|one| Frame::of(&one.request, &ids));
        Flow(frames.collect())
    }

    async fn go(&self, client: &Client<HttpConnector, Full<Bytes>>, uri: &str, disk: &Disk) {
        let (mut visit, mut settlement) = (String::new(), String::new());
        for frame in &self.0 {
            let body = frame.filled(|name| match name {
                "mdtrt_id" => &visit,
                _ => &settlement,
            });
            disk.commit(1).await;
            let request = Request::post(uri)
                .header("content-type", "application/json;charset=utf-8")
                .header(
                    "x-crosswipe",
                    "run=bench;epoch=1;now=2017-06-02T09:00:00.000+08:00",
                )
                .body(Full::new(Bytes::from(body)))
                .expect("plain headers");
            let response = client.request(request).await.expect("the server answers");
            let answer = response.into_body().collect().await;
            let answer = answer.expect("a whole answer").to_bytes();
            let text = std::str::from_utf8(&answer).expect("an answer is text");
            assert!(text.contains("\"infcode\":0"), "{text}");
            for (name, id) in [("mdtrt_id", &mut visit), ("setl_id", &mut settlement)] {
                if let Some(given) = field(text, name).filter(|_| id.is_empty()) {
                    given.clone_into(id);
                }
            }
            disk.commit(1).await;
        }
    }
}

/// So many flows by the bare loop; what they took, and how many messages they were.
fn bare(
    flows: usize,
    spoken: &[Spoken],
    reads: &Reads,
    sizes: &[(usize, usize)],
) -> (Measured, usize) {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for temporary files");
    let disk = Disk::open(&folder.path().join("bare.db"), sizes.to_vec());
    let flow = Arc::new(Flow::of(spoken));
    let runtime = runtime();
    let took = runtime.block_on(async {
        let server = serve(Answers::of(spoken, reads.clone())).await;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
        let next = Arc::new(AtomicUsize::new(0));
        let watch = Watch::start();
        let mut senders = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (client, next, disk) = (client.clone(), Arc::clone(&next), disk.clone());
            let flow = Arc::clone(&flow);
            senders.spawn(async move {
                let uri = format!("http://{server}/");
                while next.fetch_add(1, Ordering::Relaxed) < flows {
                    flow.go(&client, &uri, &disk).await;
                }
            });
        }
        while let Some(ended) = senders.join_next().await {
            ended.expect("a flow that went well");
        }
        watch.stop()
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    (took, flows * spoken.len())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads")
}
