//! 恶意平台 · Stands in front of honest parties, lets every message pass, and answers some in his own way.
//!
//! So whatever the harness makes of the answer, the message was carried out: what it does not undo stays.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::super::world::World;

/// 应答花招 · What is answered instead of an honest answer.
pub(super) struct Reply {
    pub(super) name: &'static str,
    /// Whether the outcome must be unknown; what is merely odd is understood.
    pub(super) unknown: bool,
    write: fn(&mut TcpStream, &str) -> std::io::Result<()>,
}

const DRIP: Duration = Duration::from_millis(150);
/// Longer than any deadline of the harness.
const TOO_LONG: Duration = Duration::from_secs(40);

pub(super) const QUICK: &[Reply] = &[
    Reply {
        name: "endless x",
        unknown: true,
        write: |line, _| endless(line, "", "x"),
    },
    Reply {
        name: "endless members",
        unknown: true,
        write: |line, _| endless(line, "{", "\"k\":1,"),
    },
    Reply {
        name: "endless text",
        unknown: true,
        write: |line, _| endless(line, "{\"infcode\":0,\"err_msg\":\"", "成功"),
    },
    Reply {
        name: "1 GiB",
        unknown: true,
        write: |line, _| gibibyte(line),
    },
    Reply {
        name: "depth 10 000",
        unknown: true,
        write: |line, _| {
            whole(
                line,
                format!(
                    "{{\"infcode\":0,\"output\":{}1{}}}",
                    "[".repeat(10_000),
                    "]".repeat(10_000)
                )
                .as_bytes(),
            )
        },
    },
    Reply {
        name: "a million keys",
        unknown: true,
        write: |line, _| {
            whole(
                line,
                format!("{{{}\"infcode\":0}}", "\"k\":1,".repeat(1_000_000)).as_bytes(),
            )
        },
    },
    Reply {
        name: "duplicate keys",
        unknown: true,
        write: |line, _| {
            whole(line, br#"{"infcode":-1,"err_msg":"[E-WINDOW] no","infcode":0,"err_msg":"","output":null}"#)
        },
    },
    Reply {
        name: "20 digits",
        unknown: true,
        write: |line, honest| whole(line, amount(honest, "99999999999999999999.99").as_bytes()),
    },
    Reply {
        name: "1e999",
        unknown: true,
        write: |line, honest| whole(line, amount(honest, "1e999").as_bytes()),
    },
    Reply {
        name: "NaN",
        unknown: true,
        write: |line, honest| whole(line, amount(honest, "NaN").as_bytes()),
    },
    Reply {
        name: "GBK",
        unknown: true,
        write: |line, honest| whole(line, &spliced(honest, &[0xb2, 0xe2, 0xca, 0xd4])),
    },
    Reply {
        name: "a raw NUL",
        unknown: true,
        write: |line, honest| whole(line, &spliced(honest, &[0])),
    },
    Reply {
        name: "BOM",
        unknown: false,
        write: |line, honest| whole(line, format!("\u{feff}{honest}").as_bytes()),
    },
    Reply {
        name: "10 000 headers",
        unknown: true,
        write: |line, honest| headers(line, honest),
    },
    Reply {
        name: "CL and TE",
        unknown: true,
        write: |line, honest| two_lengths(line, honest),
    },
];

pub(super) const SLOW: &[Reply] = &[
    Reply {
        name: "silence",
        unknown: true,
        write: |_, _| {
            thread::sleep(TOO_LONG);
            Ok(())
        },
    },
    Reply {
        name: "slow headers",
        unknown: true,
        write: |line, _| drip(line, "HTTP/1.1 200 OK\r\nx: ", "a"),
    },
    Reply {
        name: "slow body",
        unknown: true,
        write: |line, honest| {
            drip(
                line,
                &format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{",
                    honest.len() + 5_000
                ),
                " ",
            )
        },
    },
];

pub(super) const BOOKS: &[Reply] = &[
    Reply {
        name: "books without end",
        unknown: true,
        write: |line, _| endless(line, "", "x"),
    },
    Reply {
        name: "books of 1 GiB",
        unknown: true,
        write: |line, _| gibibyte(line),
    },
    Reply {
        name: "books in GBK",
        unknown: true,
        write: |line, honest| whole(line, &spliced(honest, &[0xb2, 0xe2])),
    },
    Reply {
        name: "books in drips",
        unknown: true,
        write: |line, _| {
            drip(
                line,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
                "1\r\n \r\n",
            )
        },
    },
];

/// 闲话 · Values that a platform repeats where it should not: each where its second word says.
pub(in crate::binary) struct Gossip {
    err_msg: String,
    members: String,
    headers: String,
    page: String,
    heard: Mutex<u64>,
}

impl Gossip {
    pub(in crate::binary) fn new(said: &[(&str, &str)]) -> Gossip {
        let mut gossip = Gossip {
            err_msg: String::new(),
            members: String::new(),
            headers: String::new(),
            page: String::new(),
            heard: Mutex::new(0),
        };
        for (value, place) in said {
            match place.split_once(": ").unwrap_or((place, "")) {
                ("err_msg", text) => gossip.err_msg += &format!("{} ", text.replace("{}", value)),
                ("member", name) => gossip.members += &format!("\"{name}\":\"{value}\","),
                ("header", name) => gossip.headers += &format!("{name}: {value}\r\n"),
                ("page", _) => gossip.page += &format!("<td>{value}</td>"),
                ("page-url", _) => {
                    gossip.page += &format!("<a href=\"http://{value}@10.1.1.1/x\">")
                }
                other => panic!("{other:?}"),
            }
        }
        gossip
    }

    /// What is sent instead of an honest answer, and how that is called.
    fn told(&self, head: &str, body: &[u8], honest: &str) -> Option<(&'static str, Vec<u8>)> {
        if head.starts_with("GET /__admin/export/") {
            let facts = format!("\"facts\":{{\"remark\":{},{}", self.said(), self.members);
            return Some((
                "books",
                self.whole("200 OK", &honest.replace("\"facts\":{", &facts)),
            ));
        }
        let message: Value = serde_json::from_slice(body).ok()?;
        let infno = message["infno"].as_str()?;
        let heard = {
            let mut heard = self.heard.lock().unwrap();
            *heard += 1;
            *heard
        };
        if heard.is_multiple_of(11) {
            let page = format!("<html><title>502</title>{}</html>", self.page);
            return Some(("page", self.whole("502 Bad Gateway", &page)));
        }
        if heard.is_multiple_of(3) && infno.starts_with("52") {
            let refusal = format!(
                "{{\"infcode\":-1,\"output\":null,\"err_msg\":{}}}",
                self.said()
            );
            return Some(("refusal", self.whole("200 OK", &refusal)));
        }
        let more = format!(
            "{{{}\"warn_msg\":{},\"remark\":{},\"phone_book\":[13912345678],",
            self.members,
            self.said(),
            self.said()
        );
        let told = honest.replacen('{', &more, 1);
        let told = told.replacen(
            "\"setlinfo\":{",
            &format!("\"setlinfo\":{{{}", self.members),
            1,
        );
        heard
            .is_multiple_of(2)
            .then(|| ("members", self.whole("200 OK", &told)))
    }

    fn said(&self) -> String {
        Value::String(self.err_msg.clone()).to_string()
    }

    fn whole(&self, status: &str, body: &str) -> Vec<u8> {
        let headers = &self.headers;
        format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// Which answers are not honest.
enum Meant {
    /// Gossip in as many as possible.
    Gossip(Gossip),
    /// The first settlement of each person; what is left to be played.
    Settlements(
        Mutex<Vec<&'static Reply>>,
        Mutex<BTreeSet<(String, String)>>,
    ),
    /// All books but the first.
    Books(&'static [Reply], Mutex<BTreeMap<usize, u32>>),
}

/// 恶意平台 · Listeners that stand where parties stood.
pub(in crate::binary) struct Hostile {
    played: Arc<Mutex<BTreeMap<&'static str, u32>>>,
    meant: Arc<Meant>,
    over: Arc<AtomicBool>,
    ours: Vec<SocketAddr>,
}

impl Hostile {
    /// In front of each hospital, until all is played.
    pub(super) fn before_hospitals(world: &World, replies: &'static [Reply]) -> Hostile {
        let left = replies.iter().rev().collect();
        Hostile::stand(
            world,
            Meant::Settlements(Mutex::new(left), Mutex::default()),
        )
    }

    /// In front of each hospital, for its books; each plays one.
    pub(super) fn before_books(world: &World, replies: &'static [Reply]) -> Hostile {
        Hostile::stand(world, Meant::Books(replies, Mutex::default()))
    }

    /// In front of each hospital, for as long as the test wants.
    pub(in crate::binary) fn gossip(world: &World, gossip: Gossip) -> Hostile {
        Hostile::stand(world, Meant::Gossip(gossip))
    }

    fn stand(world: &World, meant: Meant) -> Hostile {
        let mut hostile = Hostile {
            played: Arc::default(),
            meant: Arc::new(meant),
            over: Arc::default(),
            ours: Vec::new(),
        };
        let mut instead = BTreeMap::new();
        for (party, behind) in &world.parties {
            let name = party.to_string();
            if !name.starts_with("his:") {
                continue;
            }
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let at = listener.local_addr().unwrap();
            hostile.ours.push(at);
            instead.insert(name, at);
            let (played, meant, over) = (
                Arc::clone(&hostile.played),
                Arc::clone(&hostile.meant),
                Arc::clone(&hostile.over),
            );
            let (behind, place) = (*behind, hostile.ours.len() - 1);
            thread::spawn(move || {
                for line in listener.incoming().map_while(Result::ok) {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let (played, meant) = (Arc::clone(&played), Arc::clone(&meant));
                    // A line that breaks is what this is about.
                    thread::spawn(move || drop(serve(line, (behind, place), &meant, &played)));
                }
            });
        }
        announce(world, &instead);
        hostile
    }

    pub(super) fn is_done(&self) -> bool {
        match &*self.meant {
            Meant::Settlements(left, _) => left.lock().unwrap().is_empty(),
            Meant::Books(..) | Meant::Gossip(_) => true,
        }
    }

    pub(in crate::binary) fn played(&self) -> BTreeMap<&'static str, u32> {
        self.played.lock().unwrap().clone()
    }

    /// A new run: each person's first settlement is meant again.
    pub(super) fn again(&self) {
        if let Meant::Settlements(_, met) = &*self.meant {
            met.lock().unwrap().clear();
        }
    }

    /// The parties stand again where they stood.
    pub(in crate::binary) fn stop(self, world: &World) {
        self.over.store(true, Ordering::Relaxed);
        self.ours.iter().for_each(|at| drop(TcpStream::connect(at)));
        let own = world
            .parties
            .iter()
            .map(|(party, at)| (party.to_string(), *at));
        announce(world, &own.collect());
    }
}

/// Says in the world's own notice where parties are to be found.
fn announce(world: &World, instead: &BTreeMap<String, SocketAddr>) {
    let path = world.books.join("served.json");
    let mut notice: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (party, at) in instead {
        notice["parties"][party] = Value::String(at.to_string());
    }
    std::fs::write(path, notice.to_string()).unwrap();
}

/// Messages of one connection, each carried to the party behind on a connection of its own.
fn serve(
    line: TcpStream,
    (behind, place): (SocketAddr, usize),
    meant: &Meant,
    played: &Mutex<BTreeMap<&'static str, u32>>,
) -> std::io::Result<()> {
    let mut line = BufReader::new(line);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let start = head.len();
            if line.read_line(&mut head)? == 0 {
                return Ok(());
            }
            let text = head[start..].trim_end();
            if text.is_empty() {
                break;
            }
            if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        line.read_exact(&mut body)?;
        let mut next = TcpStream::connect(behind)?;
        let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        next.write_all(&[closing.as_bytes(), &body].concat())?;
        let mut answer = Vec::new();
        next.read_to_end(&mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        let (_, honest) = text.split_once("\r\n\r\n").unwrap_or_default();
        if let Meant::Gossip(gossip) = meant
            && let Some((name, told)) = gossip.told(&head, &body, honest)
        {
            *played.lock().unwrap().entry(name).or_default() += 1;
            line.get_mut().write_all(&told)?;
            continue;
        }
        match meant.reply(place, &head, &body) {
            Some(reply) => {
                *played.lock().unwrap().entry(reply.name).or_default() += 1;
                return (reply.write)(line.get_mut(), honest);
            }
            None => whole(line.get_mut(), honest.as_bytes())?,
        }
    }
}

impl Meant {
    fn reply(&self, place: usize, head: &str, body: &[u8]) -> Option<&'static Reply> {
        match self {
            Meant::Gossip(_) => None,
            Meant::Books(replies, looks) => {
                if !head.starts_with("GET /__admin/export/") {
                    return None;
                }
                let mut looks = looks.lock().unwrap();
                let looks = looks.entry(place).or_default();
                *looks += 1;
                // The first look is t0.
                (*looks > 1).then(|| replies.get(place)).flatten()
            }
            Meant::Settlements(left, met) => {
                let message: Value = serde_json::from_slice(body).ok()?;
                let infno = message["infno"].as_str()?;
                let person = message["input"]["data"]["psn_no"].as_str()?;
                let settles = matches!(infno, "2207" | "2304");
                let first = settles
                    && met
                        .lock()
                        .unwrap()
                        .insert((person.to_owned(), infno.to_owned()));
                first.then(|| left.lock().unwrap().pop()).flatten()
            }
        }
    }
}

fn whole(line: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    line.write_all(&[head.as_bytes(), body].concat())
}

/// In chunks, until nobody takes them.
fn endless(line: &mut TcpStream, first: &str, again: &str) -> std::io::Result<()> {
    line.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    if !first.is_empty() {
        line.write_all(chunk(first).as_bytes())?;
    }
    let chunk = chunk(&again.repeat((1 << 16) / again.len()));
    (0..1 << 14).try_for_each(|_| line.write_all(chunk.as_bytes()))
}

fn gibibyte(line: &mut TcpStream) -> std::io::Result<()> {
    line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n{")?;
    (0..1 << 14).try_for_each(|_| line.write_all(&[b' '; 1 << 16]))
}

/// One piece after the other, until nobody waits any more.
fn drip(line: &mut TcpStream, first: &str, again: &str) -> std::io::Result<()> {
    line.set_nodelay(true)?;
    line.write_all(first.as_bytes())?;
    let times = TOO_LONG.as_millis() / DRIP.as_millis();
    (0..times).try_for_each(|_| {
        thread::sleep(DRIP);
        line.write_all(again.as_bytes())
    })
}

fn headers(line: &mut TcpStream, honest: &str) -> std::io::Result<()> {
    let many: String = (0..10_000).map(|at| format!("x-{at}: 1\r\n")).collect();
    let head = format!(
        "HTTP/1.1 200 OK\r\n{many}content-length: {}\r\n\r\n",
        honest.len()
    );
    line.write_all((head + honest).as_bytes())
}

fn two_lengths(line: &mut TcpStream, honest: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{honest}\r\n0\r\n\r\n",
        honest.len(),
        honest.len()
    );
    line.write_all(head.as_bytes())
}

/// The honest answer with another total.
fn amount(honest: &str, text: &str) -> String {
    let (before, after) = honest.split_once("\"medfee_sumamt\":").unwrap();
    let rest = after.find([',', '}']).unwrap();
    format!("{before}\"medfee_sumamt\":{text}{}", &after[rest..])
}

/// The honest answer with bytes put into its first text.
fn spliced(honest: &str, bytes: &[u8]) -> Vec<u8> {
    let at = honest.find(":\"").unwrap() + 2;
    let honest = honest.as_bytes();
    [&honest[..at], bytes, &honest[at..]].concat()
}
