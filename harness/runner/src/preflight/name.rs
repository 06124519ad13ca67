//! 域名解析 · What a name leads to: asked of a server over UDP, or of the computer's own resolver.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, Question, RCODE, TYPE};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::{Found, NO_ADDRESS};

pub(super) const SILENT: &str = "preflight:dns-silent";
pub(super) const NO_NAME: &str = "preflight:dns-no-name";
pub(super) const OTHER: &str = "preflight:dns-other";
pub(super) const UNREADABLE: &str = "preflight:dns-unreadable";

/// Why a name led nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nobody answered; what the system said, if anything.
    Silent(String),
    /// The answer: there is no such name, or it has no address.
    NoName(String),
    /// An answer that is none.
    Unreadable(String),
}

pub(super) type LookedUp = Result<Vec<IpAddr>, Lost>;

/// Datagrams get lost: a server is asked so often within the patience.
const TRIES: u32 = 2;
/// Answers over UDP are no longer.
const DATAGRAM: usize = 4096;

/// Asks the computer's own resolver.
pub(super) async fn by_system(host: &str, patience: Duration) -> LookedUp {
    match timeout(patience, tokio::net::lookup_host((host, 0))).await {
        Ok(Ok(found)) => {
            let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            found.sort_unstable();
            found.dedup();
            Ok(found)
        }
        Ok(Err(error)) => Err(Lost::NoName(error.to_string())),
        Err(_) => Err(Lost::Silent(String::new())),
    }
}

/// Asks one server for the IPv4 addresses of a name.
pub(super) async fn by_server(host: &str, server: SocketAddr, patience: Duration) -> LookedUp {
    for number in 1..=TRIES {
        let id = 0x4357 + u16::try_from(number).unwrap_or_default();
        match timeout(patience / TRIES, once(host, server, id)).await {
            Ok(Ok(found)) => return found,
            Ok(Err(error)) if number == TRIES => return Err(Lost::Silent(error.to_string())),
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Err(Lost::Silent(String::new()))
}

async fn once(host: &str, server: SocketAddr, id: u16) -> io::Result<LookedUp> {
    let Ok(name) = Name::new(host) else {
        return Ok(Err(Lost::NoName("not a name".to_owned())));
    };
    let mut query = Packet::new_query(id);
    query.set_flags(simple_dns::PacketFlag::RECURSION_DESIRED);
    let question = Question::new(name, TYPE::A.into(), CLASS::IN.into(), false);
    query.questions.push(question);
    let query = query.build_bytes_vec().map_err(io::Error::other)?;
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    // Only this server's datagrams are taken from here on.
    socket.connect(server).await?;
    socket.send(&query).await?;
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match Packet::parse(&buffer[..length]) {
            Ok(packet) if packet.id() != id => {}
            Ok(packet) => return Ok(read(&packet)),
            Err(error) => return Ok(Err(Lost::Unreadable(error.to_string()))),
        }
    }
}

fn read(packet: &Packet<'_>) -> LookedUp {
    if packet.rcode() != RCODE::NoError {
        return Err(Lost::NoName(format!("{:?}", packet.rcode())));
    }
    let mut found: Vec<IpAddr> = packet
        .answers
        .iter()
        .filter_map(|record| match &record.rdata {
            RData::A(a) => Some(IpAddr::V4(a.address.into())),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.is_empty() {
        true => Err(Lost::NoName("no address".to_owned())),
        false => Ok(found),
    }
}

/// UDP: whether the server was heard at all.
pub(super) fn heard(looked_up: &LookedUp) -> Found {
    match looked_up {
        Err(Lost::Silent(why)) => Found::failed(SILENT, why.as_str(), ""),
        _ => Found::passed(""),
    }
}

/// Whether the name leads where it must.
pub(super) fn judged(looked_up: &LookedUp, wanted: &[IpAddr]) -> Found {
    let listed = |addresses: &[IpAddr]| {
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        texts.join(" ")
    };
    let found = match looked_up {
        Ok(found) => found,
        Err(Lost::Silent(_)) => return Found::unchecked(NO_ADDRESS, ""),
        Err(Lost::NoName(why)) => return Found::failed(NO_NAME, why.as_str(), listed(wanted)),
        Err(Lost::Unreadable(why)) => {
            return Found::failed(UNREADABLE, why.as_str(), listed(wanted));
        }
    };
    if wanted.is_empty() || found.iter().all(|address| wanted.contains(address)) {
        Found::passed(listed(found))
    } else {
        Found::failed(OTHER, listed(found), listed(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_foreign_address_among_the_good_ones_is_too_many() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let wanted = [ip("10.8.0.1"), ip("10.8.0.2")];
        let one = Ok(vec![ip("10.8.0.2")]);
        assert!(judged(&one, &wanted).is_passed());
        let both = Ok(vec![ip("10.8.0.2"), ip("203.0.113.9")]);
        assert_eq!(judged(&both, &wanted).code(), Some(OTHER));
        assert!(judged(&both, &[]).is_passed());
        let silent = Err(Lost::Silent(String::new()));
        assert_eq!(judged(&silent, &wanted).code(), Some(NO_ADDRESS));
        assert_eq!(heard(&silent).code(), Some(SILENT));
        assert!(heard(&Err(Lost::NoName("NameError".to_owned()))).is_passed());
    }
}
