//! 传输 · How bytes reach a party and come back.
//!
//! The trait belongs to its caller: `cli` fits other networks to it. [`Http`] is the real one: pooled
//! keep-alive connections, one deadline for the whole exchange, no silent resend (hyper-util's retry
//! of cancelled requests is off: a message whose fate is unknown must not be sent twice unseen).
//! Not here: what an answer means (`wire::classify`), how much of one is read (`answer`).

mod answer;
mod speech;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use crosswipe_domain::{Moment, Party};
use crosswipe_wire::{Context, context};
use http_body_util::Full;
use hyper::{Method, Request, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use self::answer::Bounds;
pub use self::speech::Speech;
use crate::clock::{Stopwatch, real_now};

/// 旧线 · Path under which an institution takes what goes to its region's platform of before the cutover.
pub const OLD_LINE: &str = "/old";

/// What is asked of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Path and query, e.g. `/__admin/export/hub`.
    pub path: String,
    /// The value of the context header, for parties that declare it.
    pub context: Option<String>,
    /// Body of a message; `None` asks by GET.
    pub body: Option<String>,
}

/// What came back, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Bytes,
}

/// No whole answer came back. Whether the message was executed is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The plan or the wiring names no address for this party.
    #[error("no address for {0}")]
    NoAddress(Party),
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke before the answer was whole.
    #[error("connection broke: {0}")]
    Broken(String),
    /// The answer was given up while it came: too long, or nothing that a party would write.
    #[error("the answer was given up: {0}")]
    Beyond(String),
    /// 应答验签不过 · The answer is not signed by the platform that answers here: nobody knows whose word it is.
    #[error("answer-signature: the answer is not signed by its platform")]
    NotSigned,
    /// The deadline for the whole exchange passed.
    #[error("no answer within {0} ms")]
    Timeout(u64),
}

/// A network that reaches parties.
pub trait Transport: Send + Sync + 'static {
    /// One exchange; a deadline applies to the whole of it.
    fn exchange(&self, to: &Party, call: Call)
    -> impl Future<Output = Result<Answer, Lost>> + Send;

    /// `http` or `memory`, for the journal.
    fn name(&self) -> &'static str;

    /// Whether an exchange takes real time that is worth writing down; where it does not, 0 ms are written, so that
    /// two runs of one seed give the same bytes.
    fn takes_time(&self) -> bool {
        true
    }
}

/// 真实网络 · HTTP/1.1 to the addresses of a topology.
#[derive(Debug)]
pub struct Http {
    addresses: BTreeMap<Party, SocketAddr>,
    /// Where books are shown, if elsewhere.
    shown: BTreeMap<Party, SocketAddr>,
    /// How those are spoken to that have a dialect.
    speeches: BTreeMap<Party, Speech>,
    /// The same of their lines to the old platforms.
    old_speeches: BTreeMap<Party, Speech>,
    /// Whether they are told run, epoch and business time: real systems are not.
    context: bool,
    client: Client<HttpConnector, Full<Bytes>>,
    deadline: Duration,
}

/// Connections that rest longer are not used again; mock parties close them after five seconds.
const IDLE: Duration = Duration::from_secs(2);
/// A party that is being started again takes no connection for a while. Nothing was sent then, so trying again is
/// no second message; nor is asking for books again that broke off on the way.
const CONNECT_PATIENCE: Duration = Duration::from_secs(8);
const CONNECT_PAUSE: Duration = Duration::from_millis(50);
/// Books of a long run on a busy machine take their time; nothing hangs on how fast they come.
const EXPORT_DEADLINE: Duration = Duration::from_secs(120);
/// Books whose first byte takes longer do not come.
const EXPORT_HEAD: Duration = Duration::from_secs(30);
/// Headers of an answer, and bytes of its head.
const HEADERS: usize = 100;
const HEAD_LIMIT: usize = 64 << 10;

impl Http {
    /// A client for these addresses; `deadline` bounds each whole exchange.
    pub fn new(addresses: BTreeMap<Party, SocketAddr>, deadline: Duration) -> Http {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(deadline));
        let client = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .pool_max_idle_per_host(64)
            .http1_max_headers(HEADERS)
            .http1_max_buf_size(HEAD_LIMIT)
            // Parties close connections that rest; what is sent at that very moment is lost.
            .pool_idle_timeout(IDLE)
            .build(connector);
        Http {
            addresses,
            shown: BTreeMap::new(),
            speeches: BTreeMap::new(),
            old_speeches: BTreeMap::new(),
            context: true,
            client,
            deadline,
        }
    }

    /// The same, speaking to these parties in their dialects.
    pub fn speaking(self, speeches: BTreeMap<Party, Speech>) -> Http {
        Http { speeches, ..self }
    }

    /// The same, speaking to these in these dialects where the old platform is meant.
    pub fn speaking_of_old(self, old_speeches: BTreeMap<Party, Speech>) -> Http {
        Http {
            old_speeches,
            ..self
        }
    }

    /// How a party is spoken to on the line that a call takes.
    fn speech(&self, to: &Party, call: &Call) -> Option<&Speech> {
        match call.path == OLD_LINE {
            true => self.old_speeches.get(to),
            false => self.speeches.get(to),
        }
    }

    /// The same, asking these for books where they show them.
    pub fn looking_at(self, shown: BTreeMap<Party, SocketAddr>) -> Http {
        Http { shown, ..self }
    }

    /// The same, without the header that only parties of ours understand.
    pub fn without_context(self) -> Http {
        Http {
            context: false,
            ..self
        }
    }

    fn request(&self, to: &Party, call: &Call) -> Result<Request<Full<Bytes>>, Lost> {
        let shown = self.shown.get(to).filter(|_| call.body.is_none());
        let address = shown
            .or_else(|| self.addresses.get(to))
            .ok_or_else(|| Lost::NoAddress(to.clone()))?;
        let said = call.body.as_ref().zip(self.speech(to, call));
        let said = said.map(|(body, speech)| speech.dressed(body, now_of(call)));
        let path = match (&said, call.path == OLD_LINE) {
            (Some(said), true) => format!("{OLD_LINE}{}", said.path),
            (Some(said), false) => said.path.clone(),
            (None, _) => call.path.clone(),
        };
        let mut request = Request::builder().uri(format!("http://{address}{path}"));
        if let Some(value) = call.context.as_ref().filter(|_| self.context) {
            request = request.header(context::NAME, value);
        }
        if let Some(said) = said {
            request = request.method(Method::POST);
            for (name, value) in said.headers {
                request = request.header(name, value);
            }
            let request = request.body(Full::new(said.body));
            return request.map_err(|error| Lost::Connect(error.to_string()));
        }
        let request = match &call.body {
            Some(body) => request
                .method(Method::POST)
                .header(header::CONTENT_TYPE, "application/json;charset=utf-8")
                .body(Full::new(Bytes::from(body.clone()))),
            None => request.body(Full::new(Bytes::new())),
        };
        request.map_err(|error| Lost::Connect(error.to_string()))
    }

    /// One attempt.
    async fn once(&self, to: &Party, call: &Call) -> Result<Answer, Lost> {
        let request = self.request(to, call)?;
        let (head, bounds) = match &call.body {
            Some(_) => (self.deadline, Bounds::MESSAGE),
            None => (self.deadline.max(EXPORT_HEAD), Bounds::BOOKS),
        };
        let response = match tokio::time::timeout(head, self.client.request(request)).await {
            Ok(response) => response,
            Err(_) => return Err(Lost::Timeout(millis(head))),
        };
        let response = response.map_err(|error| {
            let why = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            if error.is_connect() {
                Lost::Connect(why)
            } else {
                Lost::Broken(why)
            }
        })?;
        let status = response.status().as_u16();
        let body = answer::read(response, bounds).await?;
        let said = call.body.as_ref().and_then(|_| self.speech(to, call));
        let body = match said {
            Some(speech) => {
                let plain = speech.plain(body);
                if !speech.trusts(&plain) {
                    return Err(Lost::NotSigned);
                }
                plain
            }
            None => body,
        };
        Ok(Answer { status, body })
    }
}

impl Transport for Http {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let deadline = match &call.body {
            Some(_) => self.deadline,
            None => self.deadline.max(EXPORT_DEADLINE),
        };
        let watch = Stopwatch::start();
        let whole = async {
            loop {
                let ended = self.once(to, &call).await;
                let nothing_done = match &ended {
                    Err(Lost::Connect(_)) => true,
                    Err(Lost::Broken(_)) => call.body.is_none(),
                    _ => false,
                };
                if !nothing_done || watch.elapsed() > CONNECT_PATIENCE {
                    return ended;
                }
                tokio::time::sleep(CONNECT_PAUSE).await;
            }
        };
        match tokio::time::timeout(deadline, whole).await {
            Ok(answer) => answer,
            Err(_) => Err(Lost::Timeout(millis(deadline))),
        }
    }

    fn name(&self) -> &'static str {
        "http"
    }
}

/// What time it is where a message goes: business time where that is told, else real time.
fn now_of(call: &Call) -> Moment {
    let context = call
        .context
        .as_deref()
        .and_then(|text| Context::parse(text).ok());
    context
        .and_then(|context| context.now)
        .unwrap_or_else(real_now)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
