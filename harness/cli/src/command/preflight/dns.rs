//! 解析 · One question to one DNS server over UDP, and the addresses of its answer.
//!
//! Why by hand: the system's own resolver asks whom it likes, and the notice wants to know whether *this* server answers.
//! A strange answer is an error, never a panic: names may be compressed, and may point in circles.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// The question's number: nobody guesses it from outside, for nothing here is worth it.
const ID: u16 = 0x5a17;

/// Asks for addresses of a name.
pub(super) fn ask(server: SocketAddr, name: &str, patience: Duration) -> io::Result<Vec<IpAddr>> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.set_read_timeout(Some(patience))?;
    socket.connect(server)?;
    socket.send(&question(name)?)?;
    let mut buffer = [0; 1_500];
    let length = socket.recv(&mut buffer)?;
    addresses(&buffer[..length]).ok_or_else(|| {
        let why = "no answer of a DNS server";
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

fn question(name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(ID.to_be_bytes());
    // Recursion desired; one question.
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..64).contains(length));
        let Some(length) = length else {
            let why = format!("`{name}` is no name");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        };
        bytes.push(length);
        bytes.extend(label.bytes());
    }
    // The end of the name; A; IN.
    bytes.extend([0, 0, 1, 0, 1]);
    Ok(bytes)
}

/// The addresses of an answer; `None` where it is none. A name that the server does not know has no address.
fn addresses(bytes: &[u8]) -> Option<Vec<IpAddr>> {
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let is_answer = word(0)? == ID && bytes.get(2)? & 0x80 != 0;
    if !is_answer {
        return None;
    }
    match bytes.get(3)? & 0x0f {
        0 => {}
        3 => return Some(Vec::new()),
        _ => return None,
    }
    let (questions, answers) = (word(4)?, word(6)?);
    let mut at = 12;
    for _ in 0..questions {
        at = behind_name(bytes, at)? + 4;
    }
    let mut found = Vec::new();
    for _ in 0..answers {
        at = behind_name(bytes, at)?;
        let (kind, length) = (word(at)?, usize::from(word(at + 8)?));
        let data = bytes.get(at + 10..at + 10 + length)?;
        match kind {
            1 => found.push(IpAddr::from(Ipv4Addr::from(
                <[u8; 4]>::try_from(data).ok()?,
            ))),
            28 => found.push(IpAddr::from(Ipv6Addr::from(
                <[u8; 16]>::try_from(data).ok()?,
            ))),
            _ => {}
        }
        at += 10 + length;
    }
    Some(found)
}

/// Where a name ends: a pointer is its last part and is not followed.
fn behind_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(data: &[u8], kind: u8) -> Vec<u8> {
        let mut bytes = question("hub.test").unwrap();
        bytes[2] = 0x81;
        bytes[7] = 1;
        bytes.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0]);
        bytes.push(u8::try_from(data.len()).unwrap());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn an_answer_gives_its_addresses() {
        let read = addresses(&answer(&[10, 1, 2, 3], 1));
        assert_eq!(read, Some(vec!["10.1.2.3".parse().unwrap()]));
        let read = addresses(&answer(&[0; 16], 28));
        assert_eq!(read, Some(vec!["::".parse().unwrap()]));
        // Another kind of record is no address.
        assert_eq!(addresses(&answer(b"x", 5)), Some(vec![]));
        let mut unknown = answer(&[], 1);
        unknown[3] = 3;
        assert_eq!(addresses(&unknown), Some(vec![]));
    }

    #[test]
    fn whatever_comes_is_read_to_its_end_and_no_farther() {
        let whole = answer(&[10, 1, 2, 3], 1);
        for length in 0..whole.len() {
            assert_eq!(addresses(&whole[..length]), None, "{length}");
        }
        let mut flipped = 0;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                // Whatever it is, it ends.
                flipped += usize::from(addresses(&bytes) != addresses(&whole));
            }
        }
        assert!(flipped > 50, "{flipped}");
        // Somebody else's question, and a question that comes back unanswered.
        let mut other = whole.clone();
        other[0] = 0;
        assert_eq!(addresses(&other), None);
        assert_eq!(addresses(&question("hub.test").unwrap()), None);
    }

    #[test]
    fn a_name_has_labels() {
        for name in ["", ".", "a..b", &"a".repeat(64)] {
            assert!(question(name).is_err(), "{name}");
        }
        assert!(question("a.b.").is_ok());
    }
}
