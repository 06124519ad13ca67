//! 网页 · One GET over plain HTTP: its status, its words, its date. Bounded in bytes and in time.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_runner::clock::Stopwatch;

/// What a page may have at the most; words are looked for in no more.
const MOST: usize = 256 * 1024;
/// China's time is ahead of that of dates in HTTP by so many ms.
const AHEAD_MS: i64 = 8 * 3_600_000;

/// 应答 · What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// Epoch ms of its `Date`.
    pub(super) date_ms: Option<i64>,
}

/// Gets a page; all of it within four times the patience.
pub(super) fn get(at: SocketAddr, path: &str, patience: Duration) -> io::Result<Answer> {
    let begun = Stopwatch::start();
    let mut stream = TcpStream::connect_timeout(&at, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let ask = format!(
        "GET {path} HTTP/1.0\r\nHost: {at}\r\nConnection: close\r\nUser-Agent: crosswipe-preflight\r\n\r\n"
    );
    stream.write_all(ask.as_bytes())?;
    let mut bytes = Vec::new();
    let mut piece = [0; 8_192];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            // Whoever keeps the connection open has said what he has to say.
            Err(_) if head_of(&bytes).is_some() => break,
            Err(error) => return Err(error),
        }
        if bytes.len() >= MOST || begun.elapsed() > patience * 4 {
            break;
        }
    }
    read(&bytes).ok_or_else(|| {
        let why = match bytes.is_empty() {
            true => return io::Error::from(io::ErrorKind::UnexpectedEof),
            false => "no answer of a web server",
        };
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

fn head_of(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n")
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = head_of(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    if !first.next()?.starts_with("HTTP/1.") {
        return None;
    }
    let status = first.next()?.parse().ok()?;
    let date = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date")
            .then(|| value.trim().to_owned())
    });
    let raw = &bytes[end + 4..];
    Some(Answer {
        status,
        body: String::from_utf8_lossy(raw).into_owned(),
        date_ms: date.as_deref().and_then(date_ms),
    })
}

/// `Fri, 02 Jun 2017 01:00:00 GMT` as epoch ms.
fn date_ms(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let time = words.next()?;
    let as_if_here = Moment::parse(&format!("{year}-{month:02}-{day}T{time}+08:00")).ok()?;
    Some(as_if_here.plus_ms(AHEAD_MS).epoch_ms())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_the_web_is_an_instant() {
        let at = Moment::parse("2017-06-02T09:00:00+08:00").unwrap();
        assert_eq!(
            date_ms("Fri, 02 Jun 2017 01:00:00 GMT"),
            Some(at.epoch_ms())
        );
        for text in ["", "Fri", "Fri, 2 Jun", "Fri, 32 Jun 2017 01:00:00 GMT"] {
            assert_eq!(date_ms(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in ["", "HTTP/1.1 200", "SSH-2.0\r\n\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        let read = read(b"HTTP/1.1 404 Not Found\r\nX: y\r\n\r\nwords").unwrap();
        assert_eq!(
            (read.status, read.body.as_str(), read.date_ms),
            (404, "words", None)
        );
    }
}
