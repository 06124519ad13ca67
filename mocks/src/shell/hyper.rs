//! hyper 外壳 · Machines behind real HTTP on loopback, each with its own server and its own pooled client.
//!
//! A handler locks its machine for a step, never across a send: while one exchange waits for the party
//! behind, the machine serves others. Business time comes with the message (`x-crosswipe`), else from the
//! caller's time function. What strangers send is limited here: heads and their time, connections (`doors`), bodies
//! (`body`), two lengths in one head and answers that nobody reads (`line`); each ends with a status and a short text.
//! Not here: which machines there are (`world`), what they do, limits inside a message (`wire::json`).

mod adapter;
mod admin;
mod admit;
mod body;
mod doors;
mod front;
mod gate;
mod generation;
mod line;
mod spoiled;

use std::any::Any;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use crosswipe_domain::{Moment, Party, Role};
use crosswipe_wire::{Context, Refusal, context};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::service::{HttpService, service_fn};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use self::adapter::HIS_ADAPTER;
use self::admit::{Admitted, Head};
use self::body::{NotTaken, Room};
use self::doors::{Door, Doors, Handle};
pub use self::front::{
    Behind, Front, FrontConfig, Leap, PlanClock, Quiet, ROUTES, Reset, Seen, Taken, Token,
    Unwritten, Witness, Writing, tokens,
};
pub use self::gate::Gate;
use self::line::Line;
use self::spoiled::{Outgoing, spoiled};
use super::fired::FiredFile;
use super::keeper::Keeper;
use super::told::ToldFile;
use super::{HoldFn, TimeFn, carrier};
use crate::fault::{Books, Delivery, Motion, Rigged};
use crate::machine::{Answer, HOP_PATH, Lost, OLD_PATH, is_file};

/// Headers must be there after this long; hyper waits for ever without a timer.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that rest longer are not used again: the peer closes them after [`HEADER_TIMEOUT`], and what is sent
/// at that very moment is lost.
const POOL_IDLE: Duration = Duration::from_secs(2);
/// Headers of one message, and bytes of its head; hyper answers 431 beyond.
const HEADERS: usize = 100;
const HEAD_LIMIT: usize = 64 << 10;
/// Where the system has no room for one more connection and none rests.
const FULL_PAUSE: Duration = Duration::from_millis(20);
/// How long a party waits for the one behind it.
const HOP_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a message that a party has not taken yet waits before it comes again; real time.
const LATER: Duration = Duration::from_millis(5);
/// How long nobody listens at a party that is started again; real time.
const AWAY: Duration = Duration::from_millis(150);
/// Largest answer of the party behind.
const ANSWER_LIMIT: usize = 8 << 20;

type Addresses = Arc<OnceLock<std::collections::BTreeMap<Party, SocketAddr>>>;
/// Set once by whoever keeps the clock, if somebody does.
pub(crate) type Hold = Arc<OnceLock<HoldFn>>;
type Out = Response<Outgoing>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// 一台服务器 · A machine, its socket and its client.
pub(crate) struct Server {
    party: Party,
    listener: TcpListener,
    node: Arc<Node>,
    birth: Birth,
    deaths: mpsc::UnboundedReceiver<Death>,
    guards: Guards,
}

/// 门禁 · What all machines of a world share against a flood.
#[derive(Clone, Default)]
pub(crate) struct Guards {
    doors: Arc<Doors>,
    room: Arc<Room>,
}

/// 重启 · How a machine that died is stood up again.
struct Birth {
    /// The machine as it stands before anything has happened.
    machine: Box<dyn Fn() -> Option<Rigged> + Send + Sync>,
    dir: Option<PathBuf>,
}

/// A machine died; business time stands still as long as this lives.
struct Death {
    books: Books,
    _hold: Option<Box<dyn Any + Send>>,
}

/// What the handlers of one machine share.
struct Node {
    role: Role,
    /// Its code.
    code: String,
    carried: Mutex<Carried>,
    client: Client<HttpConnector, Full<Bytes>>,
    addresses: Addresses,
    time: TimeFn,
    hold: Hold,
    fired: Arc<FiredFile>,
    told: Arc<ToldFile>,
    deaths: mpsc::UnboundedSender<Death>,
    /// Messages that came in and are not answered yet.
    in_flight: AtomicUsize,
    room: Arc<Room>,
    /// Its own gateway, if its region has one.
    gate: Option<Arc<Gate>>,
    /// 外接 · Of a hospital that another world's run drives: that world's platform.
    platform: Mutex<Option<SocketAddr>>,
}

/// 在途 · Counts a message from its first byte to its answer, whether or not anybody still waits for it.
struct InFlight<'a>(&'a AtomicUsize);

impl<'a> InFlight<'a> {
    fn begin(count: &'a AtomicUsize) -> InFlight<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        InFlight(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Carried {
    rigged: Rigged,
    keeper: Keeper,
    /// It has died and nobody stands in its place yet.
    dead: bool,
}

/// Asks that the connection be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Silence;

impl Server {
    /// Binds a machine to an address of loopback (port 0: any free one); nothing is served yet.
    pub(crate) async fn bind(
        party: Party,
        machine: impl Fn() -> Option<Rigged> + Send + Sync + 'static,
        at: SocketAddr,
        addresses: Addresses,
        (time, hold): (TimeFn, Hold),
        (dir, fired, told): (Option<&Path>, Arc<FiredFile>, Arc<ToldFile>),
        (guards, gate): (Guards, Option<Arc<Gate>>),
    ) -> io::Result<Server> {
        let listener = listen(at).await?;
        let mut rigged = machine().ok_or_else(|| io::Error::other(format!("no party {party}")))?;
        let keeper = Keeper::open(dir, rigged.machine_mut())?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .retry_canceled_requests(false)
            .build(connector);
        let carried = Mutex::new(Carried {
            rigged,
            keeper,
            dead: false,
        });
        let (tell, deaths) = mpsc::unbounded_channel();
        let node = Arc::new(Node {
            role: party.role,
            code: party.code.clone(),
            carried,
            client,
            addresses,
            time,
            hold,
            fired,
            told,
            deaths: tell,
            in_flight: AtomicUsize::new(0),
            room: Arc::clone(&guards.room),
            gate,
            platform: Mutex::default(),
        });
        Ok(Server {
            party,
            listener,
            node,
            birth: Birth {
                machine: Box::new(machine),
                dir: dir.map(Path::to_owned),
            },
            deaths,
            guards,
        })
    }

    pub(crate) fn address(&self) -> io::Result<(Party, SocketAddr)> {
        Ok((self.party.clone(), self.listener.local_addr()?))
    }

    /// Serves until `stop` says so. A machine that dies takes its listener and its connections along; after a while a
    /// new one stands at the same address.
    pub(crate) async fn serve(mut self, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = stop.changed() => break,
                accepted = self.listener.accept() => {
                    let Ok((stream, peer)) = accepted else {
                        // No room for one more: somebody who rests goes, else we wait for one who ends.
                        if !self.guards.doors.make_room() {
                            tokio::time::sleep(FULL_PAUSE).await;
                        }
                        tokio::task::yield_now().await;
                        continue;
                    };
                    let Some(door) = self.guards.doors.admit(peer.ip()) else { continue };
                    if stream.set_nodelay(true).is_err() {
                        continue;
                    }
                    connections.spawn(attend(Arc::clone(&self.node), door, stream));
                }
                Some(_) = connections.join_next() => {}
                Some(death) = self.deaths.recv() => {
                    connections.shutdown().await;
                    match self.born_again(death).await {
                        Some(server) => self = server,
                        None => return,
                    }
                }
            }
        }
        connections.shutdown().await;
    }

    /// Nobody listens for a while; then a new machine does, at the same address. `None` if it cannot: then the party
    /// stays away, as a real one may.
    async fn born_again(self, death: Death) -> Option<Server> {
        let Server {
            party,
            listener,
            node,
            birth,
            deaths,
            guards,
        } = self;
        let at = listener.local_addr().ok()?;
        drop(listener);
        tokio::time::sleep(AWAY).await;
        let mut rigged = (birth.machine)()?;
        {
            let mut carried = node.lock();
            // What the dead one held of the disk is free before its successor takes hold.
            carried.keeper = Keeper::default();
            let dead = carried.rigged.machine();
            let dir = birth.dir.as_deref();
            let keeper = Keeper::reopen(dir, death.books, dead, rigged.machine_mut()).ok()?;
            *carried = Carried {
                rigged,
                keeper,
                dead: false,
            };
        }
        let listener = listen(at).await.ok()?;
        Some(Server {
            party,
            listener,
            node,
            birth,
            deaths,
            guards,
        })
    }
}

/// One connection, until its peer has had enough or it has to go for another.
async fn attend(node: Arc<Node>, door: Door, stream: TcpStream) {
    let (line, two_lengths) = Line::new(stream);
    let handle = door.handle();
    let service = service_fn(move |request| {
        answered(
            Arc::clone(&node),
            handle.clone(),
            Arc::clone(&two_lengths),
            request,
        )
    });
    converse(&door, line, service).await;
}

/// Serves a connection within the limits, until its peer has had enough or it has to go for another.
async fn converse<S, B>(door: &Door, line: Line, service: S)
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<BoxError>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_LIMIT);
    // hyper drops an exchange in the middle when its client goes away; no real party forgets what
    // it was about because a cable was pulled. So nobody looks at the line before the answer.
    http.half_close(true);
    tokio::select! {
        // A connection that ends badly is the peer's affair, or a fault that cut it.
        _ = http.serve_connection(TokioIo::new(line), service) => {}
        () = door.told_to_leave() => {}
    }
}

/// One message on a connection, which counts as being at work meanwhile.
async fn answered(
    node: Arc<Node>,
    door: Handle,
    two_lengths: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Out, Silence> {
    let _at_work = door.work();
    if two_lengths.load(Ordering::Relaxed) {
        return Ok(not_taken(&NotTaken::two_lengths()));
    }
    handle(node, request).await
}

/// Mock parties hold full person numbers: they are never shown beyond this machine.
async fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
    if !at.ip().is_loopback() {
        return Err(named(io::Error::new(
            io::ErrorKind::InvalidInput,
            "mock parties listen on loopback only",
        )));
    }
    TcpListener::bind(at).await.map_err(named)
}

async fn handle(node: Arc<Node>, request: Request<Incoming>) -> Result<Out, Silence> {
    let context = context_of(&request);
    if request.method() == Method::GET {
        node.deliver(node.now(context.as_ref())).await;
        return admin::answer(&node, request.uri(), context.as_ref());
    }
    if request.uri().path() == admin::FAULTS {
        return Ok(admin::arm_anew(&node));
    }
    if request.uri().path() == adapter::BEGIN {
        return adapter::begin(&node, request, context.as_ref()).await;
    }
    if let path @ (admin::AMEND | admin::SHIFT) = request.uri().path() {
        let path = path.to_owned();
        return Ok(admin::moved(&node, &path, request.into_body()).await);
    }
    let _in_flight = InFlight::begin(&node.in_flight);
    let mut head = Head::of(&request);
    let old = generation::is_old(&mut head);
    let body = match body::read(&node.room, request.into_body()).await {
        Ok(body) => body,
        Err(why) => return Ok(not_taken(&why)),
    };
    let now = node.now(context.as_ref());
    node.deliver(now).await;
    let gate = node.gate.as_ref();
    let (path, body, admitted) = match gate.and_then(|gate| gate.take(&head, old, &body, now)) {
        None if old => (OLD_PATH.to_owned(), body, None),
        None => (head.path, body, None),
        Some(Ok(admitted)) => {
            let path = if old { OLD_PATH } else { "/" };
            (path.to_owned(), admitted.body.clone(), Some(admitted))
        }
        Some(Err(refused)) => return Ok(respond(refused.status, Bytes::from(refused.body))),
    };
    let take = || node.step(|carried| carried.rigged.begin(now, context.as_ref(), &path, &body));
    let mut motion = take()?;
    while motion == Motion::Later {
        tokio::time::sleep(LATER).await;
        motion = take()?;
    }
    node.carry(now, context.as_ref(), motion, admitted.as_ref())
        .await
}

impl Node {
    /// Delivers what is due before anything else is done or shown, each to its end; nobody waits for the answers.
    async fn deliver(&self, now: Moment) {
        loop {
            let mut due = None;
            let motion = self.step(|carried| match carried.rigged.deliver(now) {
                Some(Delivery { motion, context }) => {
                    due = Some(context);
                    motion
                }
                None => Motion::Silence,
            });
            let (Some(context), Ok(motion)) = (due, motion) else {
                return;
            };
            drop(self.carry(now, context.as_ref(), motion, None).await);
        }
    }

    /// Carries a message on from a motion to its answer.
    async fn carry(
        &self,
        now: Moment,
        context: Option<&Context>,
        mut motion: Motion,
        admitted: Option<&Admitted>,
    ) -> Result<Out, Silence> {
        loop {
            match motion {
                Motion::Reply(answer) => {
                    let status = answer.status;
                    let body = Bytes::from(answer.into_bytes());
                    return Ok(match admitted {
                        Some(admitted) => admitted.dressed(status, body),
                        None => respond(status, body),
                    });
                }
                Motion::Spoiled(answer, spoil) => return spoiled(answer, spoil).await,
                Motion::Later | Motion::Silence => return Err(Silence),
                Motion::Forward { to, body, ticket } => {
                    let answer = self.send(&to, context, body).await;
                    motion = self.step(|carried| carried.rigged.resume(now, ticket, answer))?;
                }
            }
        }
    }

    fn now(&self, context: Option<&Context>) -> Moment {
        context
            .and_then(|context| context.now)
            .unwrap_or_else(|| (self.time)())
    }

    fn lock(&self) -> MutexGuard<'_, Carried> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step, and its log rows kept before anything leaves. Books that cannot be kept answer nothing.
    fn step(&self, take: impl FnOnce(&mut Carried) -> Motion) -> Result<Motion, Silence> {
        let mut carried = self.lock();
        if carried.dead {
            return Err(Silence);
        }
        let motion = take(&mut carried);
        let Carried {
            rigged,
            keeper,
            dead,
        } = &mut *carried;
        keeper.keep(rigged.machine()).map_err(|_| Silence)?;
        self.fired.keep(rigged.board());
        if let Some(books) = rigged.take_death() {
            *dead = true;
            let death = Death {
                books,
                _hold: self.hold.get().map(|hold| hold()),
            };
            // Nobody listens any more only where the whole world is being stopped.
            let _ = self.deaths.send(death);
            return Err(Silence);
        }
        Ok(motion)
    }

    /// A question in the name of a run: what it shows of epochs is kept before it is answered.
    fn hear(&self, context: Option<&Context>) -> Result<Result<(), Refusal>, Silence> {
        let now = self.now(context);
        let mut carried = self.lock();
        if carried.dead {
            return Err(Silence);
        }
        let Carried { rigged, keeper, .. } = &mut *carried;
        rigged.touch(now);
        let heard = rigged.machine_mut().hear(context);
        keeper.keep(rigged.machine()).map_err(|_| Silence)?;
        Ok(heard)
    }

    async fn send(
        &self,
        to: &Party,
        context: Option<&Context>,
        body: String,
    ) -> Result<Answer, Lost> {
        let driven = *self.platform.lock().unwrap_or_else(PoisonError::into_inner);
        let own = || self.addresses.get()?.get(&carrier(to)).copied();
        let address = driven
            .or_else(own)
            .ok_or_else(|| Lost::new(format!("no address of {to}")))?;
        let path = if self.role == Role::His {
            "/"
        } else {
            HOP_PATH
        };
        let mut request = Request::post(format!("http://{address}{path}"))
            .header(CONTENT_TYPE, "application/json;charset=utf-8");
        if let Some(context) = context {
            request = request.header(context::NAME, context.to_text());
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Lost::new(error.to_string()))?;
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| Lost::new(error.to_string()))?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT)
                .collect()
                .await
                .map_err(|error| Lost::new(error.to_string()))?;
            Answer::read(status, body.to_bytes().into())
                .ok_or_else(|| Lost::new("answer is no UTF-8"))
        };
        tokio::time::timeout(HOP_TIMEOUT, exchange)
            .await
            .unwrap_or_else(|_| Err(Lost::new("timed out")))
    }
}

fn context_of(request: &Request<Incoming>) -> Option<Context> {
    Context::parse(request.headers().get(context::NAME)?.to_str().ok()?).ok()
}

/// A message that was not read to its end: nothing of it is done, and nothing more is read on this connection.
fn not_taken(NotTaken(status, why): &NotTaken) -> Out {
    let said = serde_json::json!({"message": format!("报文未收 · not taken: {why}")});
    let mut response = respond(status.as_u16(), Bytes::from(said.to_string()));
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn respond(status: u16, body: Bytes) -> Out {
    let kind = match is_file(&body) {
        true => "application/octet-stream",
        false => "application/json;charset=UTF-8",
    };
    let mut response = Response::new(Outgoing::whole(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Handlers fail only by falling silent.
impl From<Infallible> for Silence {
    fn from(never: Infallible) -> Silence {
        match never {}
    }
}
