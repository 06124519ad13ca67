//! 端口 · Route, ping and TCP: whether this computer gets to an address at all, and from which card.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Stdio;
use std::time::Duration;

use crosswipe_scenarios::Network;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::Found;

pub(super) const OTHER_NETWORK: &str = "preflight:other-network";
pub(super) const NO_WAY: &str = "preflight:no-way";
pub(super) const NO_PING: &str = "preflight:no-ping";
pub(super) const PING_SILENT: &str = "preflight:ping-silent";
pub(super) const REFUSED: &str = "preflight:tcp-refused";
pub(super) const TCP_SILENT: &str = "preflight:tcp-silent";

/// Which of this computer's addresses, and which card, speaks to `to`. Nothing is sent for it.
pub(super) fn route(to: IpAddr, network: &Network) -> Found {
    let any: IpAddr = match to {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0));
    // A datagram socket that is connected knows its own side, without a byte on the wire.
    let own = socket.and_then(|socket| socket.connect((to, 9)).and_then(|()| socket.local_addr()));
    let own = match own {
        Ok(own) => own.ip(),
        Err(error) => return Found::failed(NO_WAY, error.to_string(), network.to_string()),
    };
    let cards = if_addrs::get_if_addrs().unwrap_or_default();
    let card = cards.iter().find(|card| card.ip() == own);
    let seen = card.map_or_else(|| own.to_string(), |card| format!("{own} ({})", card.name));
    if network.holds(own) {
        Found::passed(seen)
    } else {
        Found::failed(OTHER_NETWORK, seen, network.to_string())
    }
}

/// One echo, by the computer's own `ping`: raw sockets are not for everybody.
pub(super) async fn ping(to: IpAddr, patience: Duration) -> Found {
    let mut command = Command::new("ping");
    if cfg!(windows) {
        let ms = patience.as_millis().to_string();
        command.args(["-n", "1", "-w", &ms]);
    } else {
        command.args(["-c", "1"]);
    }
    command
        .arg(to.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Found::unchecked(NO_PING, error.to_string()),
    };
    match timeout(patience, child.wait()).await {
        Ok(Ok(status)) if status.success() => Found::passed(""),
        // 1 is «nobody answered» on Linux and Windows; anything else may be ping's own trouble, e.g. that it may not.
        Ok(Ok(status)) if status.code() == Some(1) => Found::failed(PING_SILENT, "", ""),
        Ok(Ok(status)) => Found::unchecked(NO_PING, status.to_string()),
        Ok(Err(error)) => Found::unchecked(NO_PING, error.to_string()),
        Err(_) => Found::failed(PING_SILENT, "", ""),
    }
}

/// Whether the port takes a connection; it is closed at once.
pub(super) async fn tcp(to: IpAddr, port: u16, patience: Duration) -> Found {
    match connect(to, port, patience).await {
        Ok(_) => Found::passed(""),
        Err(found) => found,
    }
}

/// A connection, or why there is none.
pub(super) async fn connect(to: IpAddr, port: u16, patience: Duration) -> Result<TcpStream, Found> {
    let to = SocketAddr::new(to, port);
    match timeout(patience, TcpStream::connect(to)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(match error.kind() {
            ErrorKind::ConnectionRefused => Found::failed(REFUSED, to.to_string(), ""),
            ErrorKind::TimedOut => Found::failed(TCP_SILENT, to.to_string(), ""),
            _ => Found::failed(NO_WAY, format!("{to}: {error}"), ""),
        }),
        Err(_) => Err(Found::failed(TCP_SILENT, to.to_string(), "")),
    }
}
