//! 花招 · What strangers do to a platform, and how each must end.
//!
//! A trick is played once on a connection of its own; whatever it meets is an end: a status, an envelope, a closed line.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_runner::clock::Stopwatch;
use serde_json::{Value, json};

use super::honest::{head, message};

/// A trick that is still going on after this is an end of its own: the wrong one.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two bytes of the slow ones.
const DRIP: Duration = Duration::from_millis(150);

/// 花招
pub(super) struct Trick {
    pub(super) name: &'static str,
    pub(super) play: fn(SocketAddr) -> Seen,
    pub(super) must: Must,
}

/// How it must end.
#[derive(Debug)]
pub(super) enum Must {
    /// Closed, or one of these statuses, whichever comes first.
    Close(&'static [u16]),
    /// One of these statuses, with a short text.
    Refuse(&'static [u16]),
    /// An envelope whose `err_msg` holds this.
    Answer(&'static str),
}

/// How it ended.
#[derive(Debug)]
pub(super) enum Seen {
    Closed,
    Status { status: u16, text: String },
    Infcode { err_msg: String },
    Endless,
}

impl Must {
    pub(super) fn allows(&self, seen: &Seen) -> bool {
        match (self, seen) {
            (Must::Close(_), Seen::Closed) => true,
            (Must::Close(statuses), Seen::Status { status, .. }) => statuses.contains(status),
            (Must::Refuse(must), Seen::Status { status, text }) => {
                must.contains(status) && text.chars().count() < 200
            }
            (Must::Answer(part), Seen::Infcode { err_msg }) => {
                err_msg.contains(part) && err_msg.chars().count() <= 200
            }
            _ => false,
        }
    }
}

impl Seen {
    pub(super) fn word(&self) -> String {
        match self {
            Seen::Closed => "closed".to_owned(),
            Seen::Status { status, .. } => status.to_string(),
            Seen::Infcode { err_msg } => {
                err_msg.split_whitespace().next().unwrap_or("ok").to_owned()
            }
            Seen::Endless => "endless".to_owned(),
        }
    }

    fn of(answer: &[u8]) -> Seen {
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return Seen::Closed;
        };
        let status = head
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let envelope: Value = serde_json::from_str(body).unwrap_or_default();
        match envelope.get("infcode") {
            Some(_) => Seen::Infcode {
                err_msg: envelope["err_msg"].as_str().unwrap_or_default().to_owned(),
            },
            None => Seen::Status {
                status,
                text: body.to_owned(),
            },
        }
    }
}

/// How many of them, at the beginning of the list, take their time.
pub(super) const SLOW: usize = 4;

pub(super) const TRICKS: [Trick; 27] = [
    Trick {
        name: "slow headers",
        play: slow_headers,
        must: Must::Close(&[408]),
    },
    Trick {
        name: "slow body",
        play: slow_body,
        must: Must::Refuse(&[408]),
    },
    Trick {
        name: "half a large body",
        play: half_a_body,
        must: Must::Close(&[408, 429]),
    },
    Trick {
        name: "unread answers",
        play: unread_answers,
        must: Must::Close(&[]),
    },
    Trick {
        name: "endless chunks",
        play: endless_chunks,
        must: Must::Close(&[400]),
    },
    Trick {
        name: "endless blanks",
        play: endless_blanks,
        must: Must::Close(&[400]),
    },
    Trick {
        name: "endless members",
        play: endless_members,
        must: Must::Close(&[413, 429]),
    },
    Trick {
        name: "1 GiB announced",
        play: gibibyte,
        must: Must::Close(&[413]),
    },
    Trick {
        name: "2 MiB and a byte",
        play: two_mebibytes,
        must: Must::Close(&[413, 429]),
    },
    Trick {
        name: "depth 10 000",
        play: deep,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "depth in a text",
        play: deep_text,
        must: Must::Answer("[E-"),
    },
    Trick {
        name: "a million keys",
        play: million_keys,
        must: Must::Close(&[413, 429]),
    },
    Trick {
        name: "100 000 keys",
        play: many_keys,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "10 001 members",
        play: members_in_all,
        must: Must::Answer("[E-FIELD]"),
    },
    Trick {
        name: "duplicate keys",
        play: duplicate_keys,
        must: Must::Answer(""),
    },
    Trick {
        name: "20 digits",
        play: digits,
        must: Must::Answer("[E-"),
    },
    Trick {
        name: "1e999",
        play: exponent,
        must: Must::Answer("[E-"),
    },
    Trick {
        name: "NaN",
        play: nan,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "a long text",
        play: long_text,
        must: Must::Answer("[E-FIELD]"),
    },
    Trick {
        name: "not UTF-8",
        play: not_utf8,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "GBK",
        play: gbk,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "BOM",
        play: byte_order_mark,
        must: Must::Answer(""),
    },
    Trick {
        name: "a raw NUL",
        play: raw_nul,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "an escaped NUL",
        play: escaped_nul,
        must: Must::Answer("[E-FIELD]"),
    },
    Trick {
        name: "10 000 headers",
        play: many_headers,
        must: Must::Close(&[431]),
    },
    Trick {
        name: "CL and TE",
        play: two_lengths,
        must: Must::Refuse(&[400]),
    },
    Trick {
        name: "zip bomb in 9101",
        play: zip_bomb,
        must: Must::Answer("[E-"),
    },
];

fn now() -> Moment {
    Moment::parse("2030-03-02T14:00:00+08:00").unwrap()
}

/// A message that would be in order but for what is done to it.
fn envelope() -> String {
    message("2201", now(), 9_999, json!({}))
}

/// Sends all of it, as far as anybody takes it, and reads how it ends.
fn send(at: SocketAddr, parts: impl Iterator<Item = Vec<u8>>, pause: Duration) -> Seen {
    let begun = Stopwatch::start();
    let Ok(mut line) = TcpStream::connect(at) else {
        return Seen::Closed;
    };
    line.set_nodelay(true).unwrap();
    let mut answer = Vec::new();
    for part in parts {
        if begun.elapsed() > PATIENCE {
            return Seen::Endless;
        }
        line.set_write_timeout(Some(PATIENCE)).unwrap();
        if line.write_all(&part).is_err() {
            break;
        }
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        // An answer before the end of the question is an answer.
        line.set_nonblocking(true).unwrap();
        let mut piece = [0; 4_096];
        let read = line.read(&mut piece);
        line.set_nonblocking(false).unwrap();
        match read {
            Ok(0) => return Seen::of(&answer),
            Ok(read) => {
                answer.extend_from_slice(&piece[..read]);
                break;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return Seen::of(&answer),
        }
    }
    end(&mut line, answer, begun)
}

/// Reads until one answer is whole or the line is closed.
fn end(line: &mut TcpStream, mut answer: Vec<u8>, begun: Stopwatch) -> Seen {
    line.set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let mut piece = [0; 4_096];
    while begun.elapsed() < PATIENCE {
        if is_whole(&answer) {
            return Seen::of(&answer);
        }
        match line.read(&mut piece) {
            Ok(0) => return Seen::of(&answer),
            Ok(read) => answer.extend_from_slice(&piece[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Seen::of(&answer),
        }
    }
    Seen::Endless
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let length: usize = value.trim().parse().ok()?;
        name.eq_ignore_ascii_case("content-length")
            .then_some(length)
    });
    length.is_some_and(|length| body.len() >= length)
}

/// One message, sent at once.
fn body(at: SocketAddr, body: impl Into<Vec<u8>>) -> Seen {
    let body = body.into();
    let whole = [head(now(), "stranger", body.len()).into_bytes(), body].concat();
    send(
        at,
        whole.chunks(1 << 16).map(<[u8]>::to_vec),
        Duration::ZERO,
    )
}

/// One message with a piece of it replaced.
fn changed(at: SocketAddr, from: &str, to: &str) -> Seen {
    let whole = envelope();
    assert!(whole.contains(from), "{whole}");
    body(at, whole.replacen(from, to, 1))
}

fn start(more: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nhost: x\r\n{more}").into_bytes()
}

fn slow_headers(at: SocketAddr) -> Seen {
    let drips = std::iter::repeat_with(|| b"a".to_vec());
    send(at, std::iter::once(start("x: ")).chain(drips), DRIP)
}

fn slow_body(at: SocketAddr) -> Seen {
    let drips = std::iter::repeat_with(|| b" ".to_vec());
    send(
        at,
        std::iter::once(start("content-length: 5000\r\n\r\n")).chain(drips),
        DRIP,
    )
}

fn half_a_body(at: SocketAddr) -> Seen {
    let half = [b"{".to_vec(), vec![b' '; 1_900_000]].concat();
    let drips = std::iter::repeat_with(|| b" ".to_vec());
    let head = start("content-length: 2000000\r\n\r\n");
    send(at, [head, half].into_iter().chain(drips), DRIP)
}

/// Questions for whole books, one after the other, and never a look at an answer.
fn unread_answers(at: SocketAddr) -> Seen {
    let begun = Stopwatch::start();
    let Ok(mut line) = TcpStream::connect(at) else {
        return Seen::Closed;
    };
    line.set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let ask = "GET /__admin/export/his HTTP/1.1\r\nhost: x\r\n\r\nGET /__admin/export/hub HTTP/1.1\r\nhost: x\r\n\r\nGET /__admin/export/treatment HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    while begun.elapsed() < PATIENCE {
        match line.write_all(ask.as_bytes()) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return Seen::Closed,
        }
    }
    Seen::Endless
}

/// A GiB in chunks: this much first, then the same again and again.
fn endless(at: SocketAddr, first: &str, again: &str) -> Seen {
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len()).into_bytes();
    let head = start("transfer-encoding: chunked\r\n\r\n");
    let again = again.repeat((1 << 16) / again.len());
    let parts = [head, chunk(first)].into_iter();
    send(
        at,
        parts.chain(std::iter::repeat_n(chunk(&again), 1 << 14)),
        Duration::ZERO,
    )
}

fn endless_chunks(at: SocketAddr) -> Seen {
    endless(at, "x", "x")
}

fn endless_blanks(at: SocketAddr) -> Seen {
    endless(at, " ", " ")
}

fn endless_members(at: SocketAddr) -> Seen {
    endless(at, "{", "\"k\":1,")
}

fn gibibyte(at: SocketAddr) -> Seen {
    let parts = std::iter::repeat_n(vec![b' '; 1 << 16], 1 << 14);
    let head = start("content-length: 1073741824\r\n\r\n");
    send(at, std::iter::once(head).chain(parts), Duration::ZERO)
}

fn two_mebibytes(at: SocketAddr) -> Seen {
    let whole = envelope();
    let blanks = " ".repeat((2 << 20) + 1 - whole.len());
    body(at, whole + &blanks)
}

fn deep(at: SocketAddr) -> Seen {
    let bomb = format!("\"x\":{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    changed(at, "\"infver\":\"1.0\"", &bomb)
}

fn deep_text(at: SocketAddr) -> Seen {
    let bomb = format!("\"input\":\"{}\",\"old\":", "[".repeat(3_000));
    changed(at, "\"input\":", &bomb)
}

fn keys(at: SocketAddr, count: usize) -> Seen {
    let many: String = (0..count).map(|key| format!("\"k{key}\":1,")).collect();
    changed(at, "\"infver\"", &format!("{many}\"infver\""))
}

fn million_keys(at: SocketAddr) -> Seen {
    keys(at, 1_000_000)
}

fn many_keys(at: SocketAddr) -> Seen {
    keys(at, 100_000)
}

fn members_in_all(at: SocketAddr) -> Seen {
    let many: Vec<String> = (0..100)
        .map(|_| format!("{{{}\"z\":1}}", "\"a\":1,".repeat(99)))
        .collect();
    changed(
        at,
        "\"infver\"",
        &format!("\"x\":[{}],\"infver\"", many.join(",")),
    )
}

fn duplicate_keys(at: SocketAddr) -> Seen {
    changed(
        at,
        "\"opter\":\"01\"",
        "\"opter\":\"01\",".repeat(5_000).trim_end_matches(','),
    )
}

fn digits(at: SocketAddr) -> Seen {
    let bill = json!({"medfee_sumamt": 1, "mdtrt_id": "1", "chrg_bchno": "1"});
    let whole = message("2207", now(), 9_998, bill);
    body(
        at,
        whole.replacen(
            "\"medfee_sumamt\":1",
            "\"medfee_sumamt\":99999999999999999999.00",
            1,
        ),
    )
}

fn exponent(at: SocketAddr) -> Seen {
    let bill = json!({"medfee_sumamt": 1, "mdtrt_id": "1", "chrg_bchno": "1"});
    let whole = message("2207", now(), 9_997, bill);
    body(
        at,
        whole.replacen("\"medfee_sumamt\":1", "\"medfee_sumamt\":1e999", 1),
    )
}

fn nan(at: SocketAddr) -> Seen {
    changed(at, "\"infver\":\"1.0\"", "\"infver\":NaN")
}

fn long_text(at: SocketAddr) -> Seen {
    changed(
        at,
        "\"opter_name\":\"t\"",
        &format!("\"opter_name\":\"{}\"", "长".repeat(4_001)),
    )
}

fn with_bytes(at: SocketAddr, bytes: &[u8]) -> Seen {
    let whole = envelope();
    let (before, after) = whole.split_once("\"opter_name\":\"t").unwrap();
    body(
        at,
        [
            before.as_bytes(),
            b"\"opter_name\":\"",
            bytes,
            after.as_bytes(),
        ]
        .concat(),
    )
}

fn not_utf8(at: SocketAddr) -> Seen {
    with_bytes(at, &[0xff, 0xc0, 0x80])
}

fn gbk(at: SocketAddr) -> Seen {
    with_bytes(at, &[0xb2, 0xe2, 0xca, 0xd4])
}

fn raw_nul(at: SocketAddr) -> Seen {
    with_bytes(at, &[0])
}

fn escaped_nul(at: SocketAddr) -> Seen {
    with_bytes(at, b"a\\u0000b")
}

fn byte_order_mark(at: SocketAddr) -> Seen {
    body(at, format!("\u{feff}{}", envelope()))
}

fn many_headers(at: SocketAddr) -> Seen {
    let headers: String = (0..10_000).map(|at| format!("x-{at}: 1\r\n")).collect();
    let whole = start(&format!("{headers}content-length: 2\r\n\r\n{{}}"));
    send(
        at,
        whole.chunks(1 << 14).map(<[u8]>::to_vec),
        Duration::ZERO,
    )
}

fn two_lengths(at: SocketAddr) -> Seen {
    let text = envelope();
    let both = format!(
        "content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n0\r\n\r\n",
        text.len(),
        text.len()
    );
    send(at, std::iter::once(start(&both)), Duration::ZERO)
}

/// A workbook of nothing but noughts, packed a thousandfold: no platform here unpacks files, and it says so.
fn zip_bomb(at: SocketAddr) -> Seen {
    let packed: Vec<String> = (0..1_000_000u32)
        .map(|byte| (byte % 7).to_string())
        .collect();
    let file = json!({"filename": "bomb.zip"});
    let whole = message("9101", now(), 9_996, file);
    body(
        at,
        whole.replacen("\"in\":\"1\"", &format!("\"in\":[{}]", packed.join(",")), 1),
    )
}

/// Connections that say nothing until they are closed.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) opened: usize,
    pub(super) closed: usize,
    pub(super) took: Duration,
}

/// As many as this process may open, up to `many`, shared out among the targets.
pub(super) fn rest(targets: &[SocketAddr], many: usize) -> Rest {
    let begun = Stopwatch::start();
    let lines: Vec<TcpStream> = (0..many)
        .map_while(|at| TcpStream::connect(targets[at % targets.len()]).ok())
        .collect();
    let opened = lines.len();
    let mut closed = 0;
    for mut line in lines {
        let left = PATIENCE
            .saturating_sub(begun.elapsed())
            .max(Duration::from_millis(1));
        line.set_read_timeout(Some(left)).unwrap();
        let end = line.read(&mut [0; 16]);
        let reset = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionReset;
        closed += usize::from(matches!(&end, Ok(0)) || end.is_err_and(|error| reset(&error)));
    }
    Rest {
        opened,
        closed,
        took: begun.elapsed(),
    }
}
