//! 收体 · The body of a message, within time, size and what all bodies together may hold.
//!
//! Why so: a stranger may send without end, or very slowly, or with a thousand hands. Sizes are looked at before and
//! while bytes arrive, never after; and the more is held in all, the smaller a body may still be, so that a flood
//! of large ones does not take the room of the small ones that honest clients send.
//! Not here: what stands in a body (`machine`), how many connections there are (`doors`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::{Body as _, Incoming};

/// What is left to the body of the fifteen seconds that a whole request may take, of which its head takes five.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest body; fee line batches and files may be larger.
const BODY_LIMIT: usize = 2 << 20;
const BATCH_LIMIT: usize = 8 << 20;
/// Messages that may be larger.
const BATCHES: [&str; 2] = ["2301", "9101"];
/// While all bodies together hold less than the first number of bytes, one of them may hold the second.
const ROOM: [(usize, usize); 4] = [
    (8 << 20, BATCH_LIMIT),
    (12 << 20, 64 << 10),
    (16 << 20, 16 << 10),
    (usize::MAX, 4 << 10),
];

/// A message begins with its object; so many blanks before it are none.
const BLANKS: usize = 4 << 10;

/// 在收 · Bytes of bodies that a world holds at this moment.
#[derive(Default)]
pub(crate) struct Room(AtomicUsize);

/// What one body holds of it; given back when it is dropped.
struct Share {
    room: Arc<Room>,
    held: usize,
}

impl Share {
    /// Takes more; false if a body of that size finds no room.
    fn take(&mut self, more: usize) -> bool {
        let before = self.room.0.fetch_add(more, Ordering::Relaxed);
        self.held += more;
        let (_, largest) = ROOM
            .into_iter()
            .find(|(held, _)| before < *held)
            .unwrap_or(ROOM[ROOM.len() - 1]);
        self.held <= largest
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.0.fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// Why a body was not taken: status and a short text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotTaken(pub(super) StatusCode, pub(super) &'static str);

impl NotTaken {
    /// A head that announces two lengths.
    pub(super) const fn two_lengths() -> NotTaken {
        let why = "both Content-Length and Transfer-Encoding";
        NotTaken(StatusCode::BAD_REQUEST, why)
    }
}

const TOO_LARGE: NotTaken = NotTaken(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body above 2 MiB (8 MiB for 2301 and 9101)",
);

/// Reads a body whole.
///
/// # Errors
/// 408 too slow, 413 too large, 429 too many large ones at this moment, 400 broken framing.
pub(super) async fn read(room: &Arc<Room>, body: Incoming) -> Result<Bytes, NotTaken> {
    let announced = body.size_hint().lower();
    if announced > BATCH_LIMIT as u64 {
        return Err(TOO_LARGE);
    }
    let no_message = match announced > BODY_LIMIT as u64 {
        true => TOO_LARGE,
        false => NotTaken(StatusCode::BAD_REQUEST, "the body is no JSON object"),
    };
    tokio::time::timeout(BODY_TIMEOUT, gather(room, body, no_message))
        .await
        .unwrap_or(Err(NotTaken(
            StatusCode::REQUEST_TIMEOUT,
            "the request took longer than 15 s",
        )))
}

async fn gather(
    room: &Arc<Room>,
    mut body: Incoming,
    no_message: NotTaken,
) -> Result<Bytes, NotTaken> {
    let mut share = Share {
        room: Arc::clone(room),
        held: 0,
    };
    let mut whole = BytesMut::new();
    let mut batch = Batch::Unasked;
    while let Some(frame) = body.frame().await {
        let broken = |_| NotTaken(StatusCode::BAD_REQUEST, "the body broke off");
        // Trailers say nothing to anybody here.
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        let size = whole.len() + data.len();
        if !share.take(data.len()) {
            return Err(NotTaken(
                StatusCode::TOO_MANY_REQUESTS,
                "too many large bodies at this moment",
            ));
        }
        let begun = begins(&whole);
        whole.extend_from_slice(&data);
        if !begun && !begins(&whole) && whole.len() > BLANKS {
            return Err(no_message);
        }
        if size > BODY_LIMIT && batch == Batch::Unasked {
            batch = Batch::said_in(&whole);
        }
        if size > BATCH_LIMIT || size > BODY_LIMIT && batch == Batch::No {
            return Err(TOO_LARGE);
        }
    }
    if whole.len() > BODY_LIMIT && Batch::said_in(&whole) != Batch::Yes {
        return Err(TOO_LARGE);
    }
    Ok(whole.freeze())
}

/// True once an object has begun: behind a byte order mark, or blanks that are not too many.
fn begins(start: &[u8]) -> bool {
    let blank = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf);
    start.iter().take(BLANKS).find(|byte| !blank(byte)) == Some(&b'{')
}

/// Whether a message that is not whole yet says that it is a batch or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batch {
    /// It is not so large that it matters.
    Unasked,
    /// It has not said its number so far, and may do so at its end.
    Unknown,
    Yes,
    No,
}

impl Batch {
    fn said_in(start: &[u8]) -> Batch {
        const KEY: &[u8] = b"\"infno\"";
        let mut rest = start;
        while let Some(at) = rest.iter().position(|byte| *byte == KEY[0]) {
            rest = &rest[at..];
            if rest.starts_with(KEY) {
                return Batch::of_number(&rest[KEY.len()..]);
            }
            rest = &rest[1..];
        }
        Batch::Unknown
    }

    fn of_number(after: &[u8]) -> Batch {
        let mut number = after
            .iter()
            .copied()
            .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b':' | b'"'));
        let number: Vec<u8> = number.by_ref().take(4).collect();
        match BATCHES.iter().any(|batch| batch.as_bytes() == number) {
            true => Batch::Yes,
            false => Batch::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_the_room_the_smaller_a_body_may_be() {
        let room = Arc::new(Room::default());
        let share = || Share {
            room: Arc::clone(&room),
            held: 0,
        };
        let (mut first, mut second, mut third) = (share(), share(), share());
        assert!(first.take(BATCH_LIMIT), "one file alone");
        assert!(!share().take(BATCH_LIMIT + 1));
        assert!(!second.take(1 << 20), "a large one beside it is not");
        assert!(!third.take(65 << 10), "a large one finds no room");
        drop(third);
        assert!(share().take(64 << 10), "a smaller one does");
        let flood: Vec<_> = (0..8_000)
            .map(|_| {
                let mut share = share();
                share.take(4 << 10);
                share
            })
            .collect();
        assert!(!share().take(5 << 10));
        assert!(share().take(4 << 10), "the smallest always do");
        drop((flood, first, second));
        assert_eq!(room.0.load(Ordering::Relaxed), 0);
        assert!(share().take(BATCH_LIMIT));
    }

    #[test]
    fn a_large_message_says_early_whether_it_may_be() {
        let said = |text: &str| Batch::said_in(text.as_bytes());
        assert_eq!(said(r#"{"msgid":"1","infno" : "2301","#), Batch::Yes);
        assert_eq!(said(r#"{"infno":9101,"#), Batch::Yes);
        assert_eq!(said(r#"{"infno":"2207","#), Batch::No);
        assert_eq!(said(r#"{"input":{"#), Batch::Unknown);
    }

    #[test]
    fn what_does_not_begin_like_a_message_is_not_read_on() {
        assert!(begins(b" \r\n{") && begins("\u{feff}{".as_bytes()));
        assert!(!begins(b"x{") && !begins(b"[{") && !begins(b"") && !begins(&[b' '; BLANKS + 1]));
    }
}
