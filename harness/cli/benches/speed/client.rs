//! 客户端 · The thinnest client there is: kept connections, ready bytes, answers read to their length and not understood.
//!
//! Why so: it stands on both sides of a comparison of servers, so the less it costs the more the servers' own difference
//! shows. Not a client for anything else: no chunked answers, no redirects, no patience.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A kept connection.
pub(crate) struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    pub(crate) async fn to(address: SocketAddr) -> Line {
        let stream = TcpStream::connect(address)
            .await
            .expect("a server that listens");
        stream.set_nodelay(true).expect("a live socket");
        Line {
            stream,
            read: Vec::with_capacity(16 << 10),
        }
    }

    /// Sends a whole request; the body of the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("a live socket");
        self.read.clear();
        loop {
            let read = self
                .stream
                .read_buf(&mut self.read)
                .await
                .expect("a live socket");
            assert!(read > 0, "the server closed the connection");
            if let Some(head) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let whole = head + 4 + length(&self.read[..head]);
                while self.read.len() < whole {
                    let read = self
                        .stream
                        .read_buf(&mut self.read)
                        .await
                        .expect("a live socket");
                    assert!(read > 0, "the server closed the connection");
                }
                return &self.read[head + 4..whole];
            }
        }
    }
}

/// What its `content-length` says.
fn length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("a head in ASCII");
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    line.and_then(|value| value.trim().parse().ok())
        .expect("an answer with a length")
}

/// A request with this body, whole.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Asks each request once over so many connections, each its own share in turn; answers in the order of the requests.
pub(crate) async fn ask_all(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
) -> Vec<Vec<u8>> {
    let kept = |number, answer: &[u8]| (number, answer.to_vec());
    let mut all = ask_each(address, requests, connections, kept).await;
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// The same for whoever wants to know only how many were answered: nothing of an answer is kept, so that the memory of
/// the process is that of whom it asks.
pub(crate) async fn count_all(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
) -> usize {
    ask_each(address, requests, connections, |_, _| ())
        .await
        .len()
}

/// What is kept of each answer, told the number of its request.
async fn ask_each<K: Send + 'static>(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
    kept: fn(usize, &[u8]) -> K,
) -> Vec<K> {
    let mut shares: Vec<Vec<(usize, Vec<u8>)>> = (0..connections).map(|_| Vec::new()).collect();
    for (number, request) in requests.into_iter().enumerate() {
        shares[number % connections].push((number, request));
    }
    let mut senders = JoinSet::new();
    for share in shares {
        senders.spawn(async move {
            let mut line = Line::to(address).await;
            let mut all = Vec::with_capacity(share.len());
            for (number, request) in share {
                all.push(kept(number, line.ask(&request).await));
            }
            all
        });
    }
    let mut all = Vec::new();
    while let Some(answers) = senders.join_next().await {
        all.extend(answers.expect("an exchange that went well"));
    }
    all
}
