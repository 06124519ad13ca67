//! 前置门 · One address before all platforms of a world, for a HIS that knows nothing of us.
//!
//! Why so: a hospital types one address into its HIS; which platform is meant stands in the message. Here the dialect is
//! taken off (signature, path, encoding), the message goes to its platform as every platform takes it, and the answer
//! goes back in the encoding in which was asked. A message whose exchange with the platform breaks gets no answer
//! either: whoever tests wants to see what its own HIS does then.
//! Behind it stands one run at a time: a message keeps it while it is under way, and whoever moves the clock or begins
//! another run waits until none is (`Front::quiet`).
//! Not here: what a platform does with a message (`region`), whose keys there are (`cli`).

mod admin;
mod clock;
mod diary;
mod near;
mod page;
mod vouchers;
mod witness;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use crosswipe_domain::{AdmDivision, Party, PersonNo, Persona, Profile, Region, Role, Topology};
use crosswipe_wire::conform::{Carried, Conform, Exchange, Scope};
use crosswipe_wire::gateway::{Dialect, Key, Nonces};
use crosswipe_wire::{
    Finding, Mode, Refusal, RefusalCode, Request as Message, Response as Reply, Weight, catalogue,
};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, RwLockWriteGuard, mpsc, oneshot, watch};
use tokio::task::JoinSet;

pub use self::admin::ROUTES;
pub use self::clock::{Leap, PlanClock};
use self::diary::Diary;
pub use self::diary::Seen;
use self::page::Events;
pub use self::vouchers::{Token, tokens};
pub use self::witness::{Taken, Unwritten, Witness, Writing};
use super::admit::{Admitted, Head, NotAdmitted, Terms, admit};
use super::doors::{Door, Handle};
use super::generation;
use super::line::Line as Wire;
use super::{
    ANSWER_LIMIT, FULL_PAUSE, Guards, HOP_TIMEOUT, NotTaken, Out, Outgoing, POOL_IDLE, Silence,
    body, converse, listen, not_taken, respond,
};
use crate::acceptance::{Acceptance, Cue, Line, Standing, Told};
use crate::setup::Setup;
use crate::shell::TimeFn;

/// What goes back through the door: an answer, or a page's events.
type Shown = Response<Either<Outgoing, Events>>;

/// Behind the front door a message passes three parties at most.
const LEGS: u32 = 3;

/// 前置门设置 · Whom it lets in, and how strictly.
#[derive(Clone, Debug)]
pub struct FrontConfig {
    /// The one dialect that is spoken; `None` = whichever a message speaks.
    pub dialect: Option<Dialect>,
    /// How strictly messages are held against the interface, and their heads against what their region's gateway checks.
    pub mode: Mode,
    /// Whom it knows.
    pub keys: Vec<Key>,
    /// 测试人员 · Whose e-vouchers it shows to whoever asks.
    pub persons: Vec<Persona>,
    /// Whoever looks at page and books must know it; without one the door stands on loopback only.
    pub token: Option<String>,
}

/// 门后 · One run behind the door: its platforms, its time, its list, and who writes down what comes.
pub struct Behind {
    /// Where each platform stands.
    pub platforms: BTreeMap<Party, SocketAddr>,
    /// Plan time.
    pub clock: PlanClock,
    /// What the platforms were told, the phases among it.
    pub setup: Arc<Setup>,
    /// What a HIS is to show.
    pub acceptance: Vec<Line>,
    /// Who writes down what comes.
    pub witness: Arc<dyn Witness>,
}

/// 重开 · Somebody at the door asks that the run be ended and another begun.
pub struct Reset {
    answer: oneshot::Sender<Value>,
}

impl Reset {
    /// It is done, and this is what came of it.
    pub fn done(self, told: Value) {
        // Who asked may have gone meanwhile.
        let _ = self.answer.send(told);
    }
}

/// 静 · A door at which no message is under way, and none begins as long as this is held.
pub struct Quiet<'a> {
    node: &'a Node,
    run: RwLockWriteGuard<'a, Run>,
}

impl Quiet<'_> {
    /// How many messages a platform took.
    pub fn count(&self) -> u64 {
        lock(&self.node.diary).taken()
    }

    /// The acceptance list as it stands.
    pub fn acceptance(&self) -> Vec<Standing> {
        lock(&self.run.acceptance).standings((self.node.time)())
    }

    /// Another run stands behind the door from now on; `notice` is for the page.
    pub fn open_again(mut self, behind: Behind, notice: String) {
        let number = self.run.number + 1;
        *self.run = Run::of(behind, self.node.config.mode, number, notice);
        *lock(&self.node.nonces) = Nonces::default();
        lock(&self.node.diary).begin_anew();
        self.node.resetting.store(false, Ordering::SeqCst);
    }
}

/// 门后 · The run that stands behind the door.
struct Run {
    /// From 0.
    number: u64,
    platforms: BTreeMap<Party, SocketAddr>,
    clock: PlanClock,
    setup: Arc<Setup>,
    /// What every institution has sent so far, held against the interface.
    conform: Mutex<Conform>,
    acceptance: Mutex<Acceptance>,
    witness: Arc<dyn Witness>,
    /// What a HIS engineer has to type, for the page.
    notice: OnceLock<String>,
}

impl Run {
    fn of(behind: Behind, mode: Mode, number: u64, notice: String) -> Run {
        Run {
            number,
            platforms: behind.platforms,
            clock: behind.clock,
            setup: behind.setup,
            conform: Mutex::new(Conform::new(mode, Scope::Whole)),
            acceptance: Mutex::new(Acceptance::new(behind.acceptance)),
            witness: behind.witness,
            notice: match notice.as_str() {
                "" => OnceLock::new(),
                _ => OnceLock::from(notice),
            },
        }
    }
}

/// 前置门 · A running front door.
pub struct Front {
    address: SocketAddr,
    node: Arc<Node>,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
    resets: tokio::sync::Mutex<mpsc::Receiver<Reset>>,
}

struct Node {
    config: FrontConfig,
    topology: Topology,
    /// For messages that name no region.
    national: Arc<Profile>,
    /// Held by each message as long as it is under way.
    run: RwLock<Run>,
    client: Client<HttpConnector, Full<Bytes>>,
    time: TimeFn,
    guards: Guards,
    nonces: Mutex<Nonces>,
    diary: Mutex<Diary>,
    /// How many exchanges the diary has had.
    news: watch::Sender<u64>,
    /// Where a reset is asked for, and whether one is under way.
    resets: mpsc::Sender<Reset>,
    resetting: AtomicBool,
    /// How often tokens were asked for.
    rounds: AtomicU64,
}

impl Front {
    /// Opens the door at an address, before the platforms of a run: of loopback, unless a token guards what shows persons.
    ///
    /// # Errors
    /// An address that is taken, or not on loopback without a token.
    pub async fn open(
        config: FrontConfig,
        topology: Topology,
        behind: Behind,
        time: TimeFn,
        at: SocketAddr,
    ) -> io::Result<Front> {
        let listener = match config.token {
            Some(_) => TcpListener::bind(at).await?,
            None => listen(at).await?,
        };
        let address = listener.local_addr()?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .retry_canceled_requests(false)
            .build(connector);
        let run = RwLock::new(Run::of(behind, config.mode, 0, String::new()));
        let (ask, resets) = mpsc::channel(1);
        let node = Arc::new(Node {
            config,
            topology,
            national: Arc::default(),
            run,
            client,
            time,
            guards: Guards::default(),
            nonces: Mutex::default(),
            diary: Mutex::default(),
            news: watch::Sender::default(),
            resets: ask,
            resetting: AtomicBool::new(false),
            rounds: AtomicU64::new(1),
        });
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, Arc::clone(&node), stopped));
        Ok(Front {
            address,
            node,
            stop,
            server,
            resets: tokio::sync::Mutex::new(resets),
        })
    }

    /// Where it stands.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts up what a HIS engineer has to type, for whoever opens the page.
    pub async fn put_up(&self, notice: String) {
        // The first one stays.
        let _ = self.node.run.read().await.notice.set(notice);
    }

    /// Somebody asks for another run; never where nobody does.
    pub async fn asked_to_reset(&self) -> Reset {
        match self.resets.lock().await.recv().await {
            Some(reset) => reset,
            None => std::future::pending().await,
        }
    }

    /// Waits until no message is under way; none begins as long as what is given is held.
    pub async fn quiet(&self) -> Quiet<'_> {
        Quiet {
            node: &self.node,
            run: self.node.run.write().await,
        }
    }

    /// What its scripts ask for now: number of the line, title, step.
    pub async fn asks(&self) -> Vec<(String, String, Cue)> {
        let run = self.node.run.read().await;
        lock(&run.acceptance).asks((self.node.time)())
    }

    /// Somebody at the terminal says that what a person was told is done.
    pub async fn confirm(&self, by: &str) -> Option<String> {
        self.node.confirm(None, by).await
    }

    /// Closes the door; messages under way are cut off.
    pub async fn close(self) {
        self.stop.send_replace(true);
        // It ends by itself; a panic in it has been told where it happened.
        let _ = self.server.await;
    }
}

async fn serve(listener: TcpListener, node: Arc<Node>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => {
                let Ok((stream, peer)) = accepted else {
                    if !node.guards.doors.make_room() {
                        tokio::time::sleep(FULL_PAUSE).await;
                    }
                    continue;
                };
                let Some(door) = node.guards.doors.admit(peer.ip()) else { continue };
                if stream.set_nodelay(true).is_ok() {
                    connections.spawn(attend(Arc::clone(&node), door, Wire::new(stream)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn attend(node: Arc<Node>, door: Door, (line, two_lengths): (Wire, Arc<AtomicBool>)) {
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

async fn answered(
    node: Arc<Node>,
    door: Handle,
    two_lengths: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Shown, Silence> {
    let _at_work = door.work();
    if two_lengths.load(Ordering::Relaxed) {
        return Ok(not_taken(&NotTaken::two_lengths()).map(Either::Left));
    }
    if request.method() == Method::GET || request.uri().path().starts_with(admin::ROOT) {
        return Ok(admin::answer(&node, request).await);
    }
    let mut head = Head::of(&request);
    let old = generation::is_old(&mut head);
    let body = match body::read(&node.guards.room, request.into_body()).await {
        Ok(body) => body,
        Err(why) => return Ok(not_taken(&why).map(Either::Left)),
    };
    Ok(node.take(&head, old, body).await?.map(Either::Left))
}

impl Node {
    async fn take(&self, head: &Head, old: bool, body: Bytes) -> Result<Out, Silence> {
        let run = self.run.read().await;
        let now = (self.time)();
        let mut seen = Seen::at(now, head);
        let profile_of = |message: &Message<'_>| self.profile(message, old);
        if let Some(refusal) = self.wrong_door(head, old, &body) {
            seen.refused(&refusal);
            self.note(seen);
            return Ok(respond(refusal.status, Bytes::from(refusal.body)));
        }
        let admitted = {
            let mut nonces = lock(&self.nonces);
            let terms = Terms {
                dialect: self.config.dialect,
                mode: self.config.mode,
                keys: &self.config.keys,
            };
            admit(&terms, &mut nonces, head, &body, now, profile_of)
        };
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                seen.refused(&refusal);
                self.note(seen);
                return Ok(respond(refusal.status, Bytes::from(refusal.body)));
            }
        };
        seen.admitted(&admitted);
        let answer = match self.platform(&run, &admitted, old) {
            Ok((party, address)) => {
                seen.platform = party.to_string();
                self.witnessed(&*run.witness, address, &admitted).await
            }
            Err(refusal) => Some((200, Bytes::from(admitted.refuse(&refusal, now)))),
        };
        match &answer {
            Some((status, body)) => seen.answered(*status, Reply::parse(body).ok().as_ref()),
            None => seen.unanswered(),
        }
        seen.told(&admitted.body, answer.as_ref().map(|(_, body)| &body[..]));
        let judged = lock(&run.conform).judge(&Exchange {
            at: now,
            named: admitted.other_path.as_ref(),
            gateway: &admitted.notes,
            request: &admitted.body,
            profile: &admitted.profile,
            answer: answer.as_ref().map(|(status, body)| (*status, &body[..])),
            carried: self.carried(head, &admitted.profile),
            masked: false,
        });
        if let Some(told) = told(&admitted, &seen, &judged.request, answer.as_ref()) {
            lock(&run.acceptance).take(now, &told);
        }
        seen.find(judged.request);
        self.note(seen);
        let (status, body) = answer.ok_or(Silence)?;
        Ok(admitted.dressed(status, body))
    }

    async fn vouchers(&self) -> Vec<Token> {
        let round = self.rounds.fetch_add(1, Ordering::Relaxed);
        let now = self.run.read().await.clock.now();
        tokens(&self.config.persons, &self.topology, now, round)
    }

    /// What a person was told is done, as `by` says; the number of its line.
    async fn confirm(&self, number: Option<&str>, by: &str) -> Option<String> {
        let run = self.run.read().await;
        lock(&run.acceptance).confirm((self.time)(), number, by)
    }

    /// What a message of a region with a gateway of its own says of the gateway that its sender had in mind; its address
    /// is this door's. Nothing where the door was told to speak one dialect to all.
    fn carried(&self, head: &Head, profile: &Profile) -> Option<Carried<'static>> {
        let own = self.config.dialect.is_none() && profile.gateway.dialect != Dialect::Bare;
        own.then(|| Carried {
            dialect: head.dialect(),
            path: "",
        })
    }

    fn note(&self, seen: Seen) {
        let count = lock(&self.diary).add(seen);
        self.news.send_replace(count);
    }

    /// The platform of the place where the person is treated: as the message says, else that of its institution.
    fn platform(
        &self,
        run: &Run,
        admitted: &Admitted,
        old: bool,
    ) -> Result<(Party, SocketAddr), Refusal> {
        let Ok(message) = Message::parse(&admitted.body) else {
            // It is the platform's business to say so; any will.
            let is_city = |(party, _): &(&Party, &SocketAddr)| party.role == Role::Treatment;
            let first = run.platforms.iter().find(is_city);
            let (party, address) = first.ok_or_else(|| unknown("没有平台"))?;
            return Ok((party.clone(), *address));
        };
        let region = self.region(&message)?;
        let party = match old {
            true => Party::old_platform(region),
            false => Party::new(Role::Treatment, region.as_str()),
        };
        let address = run.platforms.get(&party);
        let address = address.ok_or_else(|| unknown(&format!("没有平台 {party}")))?;
        Ok((party, *address))
    }

    /// 地方规则 · By which a message is taken.
    fn profile(&self, message: &Message<'_>, old: bool) -> Arc<Profile> {
        let region = self.region(message).ok();
        let region = region.and_then(|code| self.topology.region(code));
        let of = |region: &Region| match &region.old {
            Some(profile) if old => Arc::clone(profile),
            _ => Arc::clone(&region.profile),
        };
        region.map_or_else(|| Arc::clone(&self.national), of)
    }

    /// 走错门 · Whether a message wears the dialect of its region's other platform.
    fn wrong_door(&self, head: &Head, old: bool, body: &Bytes) -> Option<NotAdmitted> {
        // What names a region is ASCII in every encoding.
        let text = String::from_utf8_lossy(body);
        let message = Message::parse(text.as_bytes()).ok()?;
        let region = self.topology.region(self.region(&message).ok()?)?;
        let (new, before) = (&region.profile, region.old.as_ref()?);
        let doors = match old {
            true => (&**before, &**new),
            false => (&**new, &**before),
        };
        generation::wrong_door(head, old, doors)
    }

    /// The city that the message names, or the one of its institution where it names none or a whole province.
    fn region(&self, message: &Message<'_>) -> Result<AdmDivision, Refusal> {
        let place = message.mdtrtarea_admvs.trim();
        let code = message.fixmedins_code.trim();
        let regions = &self.topology.regions;
        let same = |digits: usize| {
            let of = move |text: &str| text.get(..digits).map(str::to_owned);
            let asked = of(place).filter(|_| place.len() == 6);
            let mut all = regions.iter();
            all.find(|region| asked.is_some() && of(region.code.as_str()) == asked)
        };
        if let Some(region) = same(6).or_else(|| same(4)) {
            return Ok(region.code);
        }
        let vague = place.is_empty() || place.ends_with("0000") && same(2).is_some();
        let institutions = &self.topology.institutions;
        let own = institutions.iter().find(|one| one.code.as_str() == code);
        match own {
            Some(own) if vague => Ok(own.region),
            _ => {
                let known: Vec<String> = regions
                    .iter()
                    .map(|region| format!("{} {}", region.code, region.name))
                    .collect();
                let what = match vague {
                    true => format!("fixmedins_code `{code}`"),
                    false => format!("mdtrtarea_admvs `{place}`"),
                };
                Err(unknown(&format!(
                    "{what} 不在计划里; 就医地有 (places): {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// The exchange with a platform, written down before it begins and when it has ended. What cannot be written down
    /// goes no further, and whose end cannot be is not answered.
    async fn witnessed(
        &self,
        witness: &dyn Witness,
        address: SocketAddr,
        admitted: &Admitted,
    ) -> Option<(u16, Bytes)> {
        let number = witness.arrives(admitted.body.clone()).await.ok()?;
        let answer = self.ask(address, admitted).await;
        let written = witness.answered(number, answer.clone()).await;
        answer.filter(|_| written.is_ok())
    }

    /// Status and body, or nothing where no whole answer came.
    async fn ask(&self, address: SocketAddr, admitted: &Admitted) -> Option<(u16, Bytes)> {
        let request = Request::post(format!("http://{address}/"))
            .header(CONTENT_TYPE, "application/json;charset=utf-8")
            .body(Full::new(admitted.body.clone()))
            .ok()?;
        let exchange = async {
            let response = self.client.request(request).await.ok()?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT)
                .collect()
                .await;
            Some((status, body.ok()?.to_bytes()))
        };
        tokio::time::timeout(HOP_TIMEOUT * LEGS, exchange)
            .await
            .ok()?
    }
}

/// What the acceptance list wants to know; nothing of what no platform took.
fn told(
    admitted: &Admitted,
    seen: &Seen,
    findings: &[Finding],
    answer: Option<&(u16, Bytes)>,
) -> Option<Told> {
    let message = Message::parse(&admitted.body).ok()?;
    if seen.platform.is_empty() {
        return None;
    }
    let node = catalogue().transaction(&message.infno)?.input.first()?;
    let first = message.nodes(node.id).into_iter().next();
    let named = |field: &str| {
        let text = first.as_ref()?.text(field)?;
        (!text.is_empty()).then(|| PersonNo::new(&text))
    };
    let person = named("psn_no");
    let names = ["psn_no", "certno", "mdtrt_cert_no"];
    let names = names.into_iter().filter_map(named).collect();
    let mut defects = findings.iter().filter(|one| one.weight == Weight::Defect);
    let ok = seen.outcome == "ok";
    Some(Told {
        institution: seen.institution.clone(),
        person,
        names,
        msgid: message.msgid.to_string(),
        answer: answer.cloned(),
        infno: message.infno.base().to_owned(),
        ok,
        trouble: match (ok, defects.next()) {
            (true, None) => String::new(),
            (true, Some(defect)) => format!("{} {}", defect.code, defect.path),
            (false, _) if seen.said.is_empty() => seen.outcome.to_owned(),
            (false, _) => seen.said.clone(),
        },
    })
}

fn unknown(what: &str) -> Refusal {
    Refusal::new(RefusalCode::Field, what.to_owned())
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
