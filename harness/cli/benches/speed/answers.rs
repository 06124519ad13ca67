//! 快服务器 · One bare server that speaks for every institution: each answer is a frame, into which ids are cut.
//!
//! Why so: the runner's own price shows only where the other side costs next to nothing. The frames are the answers
//! that the mock parties gave to one case in memory, one per transaction number; what a request says of person, visit and
//! settlement is put in, a visit and a settlement get ids that nobody had before; who is read is answered as the mocks
//! answered about that person. It keeps no books and refuses nothing.
//! Called by `runner`, on both sides of its comparison. Not here: who asks.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A message and what was answered.
#[derive(Clone, Debug)]
pub(crate) struct Spoken {
    pub(crate) request: String,
    pub(crate) answer: String,
}

/// The value of a text field, wherever it stands first.
pub(crate) fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let key = format!("\"{name}\":\"");
    let (_, value) = text.split_once(&key)?;
    value.split_once('"').map(|(value, _)| value)
}

/// A text with gaps.
#[derive(Clone, Debug)]
pub(crate) struct Frame(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    /// The value of a field of this name.
    Gap(&'static str),
}

impl Frame {
    /// Cuts out the values of these fields, each name with the value that it has here.
    pub(crate) fn of(text: &str, values: &[(&'static str, String)]) -> Frame {
        let mut pieces = vec![Piece::Text(text.to_owned())];
        for (name, value) in values {
            let (before, after) = (format!("\"{name}\":\""), format!("{value}\""));
            let whole = format!("{before}{after}");
            pieces = pieces
                .into_iter()
                .flat_map(|piece| match piece {
                    Piece::Gap(_) => vec![piece],
                    Piece::Text(text) => {
                        let mut cut = Vec::new();
                        for (nth, part) in text.split(&whole).enumerate() {
                            if nth > 0 {
                                cut.extend([Piece::Gap(name), Piece::Text("\"".to_owned())]);
                            }
                            cut.push(Piece::Text(part.to_owned()));
                            cut.push(Piece::Text(before.clone()));
                        }
                        // Nothing follows the last part.
                        cut.pop();
                        cut
                    }
                })
                .collect();
        }
        Frame(pieces)
    }

    /// The text with these values.
    pub(crate) fn filled<'v>(&'v self, value: impl Fn(&'static str) -> &'v str) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Gap(name) => value(name),
            })
            .collect()
    }
}

/// Fields of an answer that are those of its request.
const ASKED: [&str; 6] = ["mdtrt_id", "setl_id", "psn_no", "certno", "psn_name", ECHO];
/// 医药机构结算号 · Says again which message settled.
const ECHO: &str = "medins_setl_id";
const VISIT: &str = "mdtrt_id";
const SETTLEMENT: &str = "setl_id";
/// 人员信息获取 · Reads a person.
pub(crate) const READ: &str = "1101";

/// What the server answers.
pub(crate) struct Answers {
    /// By transaction number.
    frames: BTreeMap<String, Frame>,
    /// What is answered to a read, by number of certificate.
    reads: BTreeMap<String, String>,
    next: AtomicU64,
}

impl Answers {
    /// Of one case, as it was spoken; the first answer to each transaction number is its frame.
    pub(crate) fn of(spoken: &[Spoken], reads: BTreeMap<String, String>) -> Answers {
        let mut frames = BTreeMap::new();
        for one in spoken {
            let infno = field(&one.request, "infno").expect("a message of the interface");
            let values = ASKED.map(|name| Some((name, field(&one.answer, name)?.to_owned())));
            let values: Vec<_> = values.into_iter().flatten().collect();
            frames
                .entry(infno.to_owned())
                .or_insert_with(|| Frame::of(&one.answer, &values));
        }
        Answers {
            frames,
            reads,
            next: AtomicU64::new(1),
        }
    }

    fn answer(&self, request: &str) -> String {
        let infno = field(request, "infno").unwrap_or_default();
        let read = field(request, "certno").and_then(|number| self.reads.get(number));
        if let Some(read) = read.filter(|_| infno == READ) {
            return read.clone();
        }
        let Some(frame) = self.frames.get(infno) else {
            return format!("{{\"infcode\":-1,\"err_msg\":\"no frame for {infno}\"}}");
        };
        let fresh = format!("{:030}", self.next.fetch_add(1, Ordering::Relaxed));
        frame.filled(|name| match (name, field(request, name)) {
            (ECHO, _) => field(request, "msgid").unwrap_or_default(),
            (_, Some(value)) => value,
            (VISIT | SETTLEMENT, None) => &fresh,
            _ => "",
        })
    }
}

/// Listens until its runtime ends.
pub(crate) async fn serve(answers: Answers) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("a live socket");
            let answers = Arc::clone(&answers);
            connections.spawn(async move {
                let service = service_fn(move |request| reply(request, Arc::clone(&answers)));
                let http = hyper::server::conn::http1::Builder::new();
                // A connection that the client closes is over.
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

async fn reply(
    request: Request<Incoming>,
    answers: Arc<Answers>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let body = body.expect("a whole request").to_bytes();
    let request = std::str::from_utf8(&body).expect("a message is text");
    let mut response = Response::new(Full::new(Bytes::from(answers.answer(request))));
    let json = HeaderValue::from_static("application/json;charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
