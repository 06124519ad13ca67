//! 逐项 · Tries one party's items in the order of the notices' decision tree: route, name, port, echo, page, clock.
//!
//! What a failure most often means depends on what went well before it, so each try knows the ones before.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;

use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::{Lookup, Preflight, WebPage};

use super::{Saw, Try, dns, web};

/// All tries of one party.
pub(super) fn of(one: &Preflight, patience: Duration) -> Vec<Try> {
    let mut tries = Tries {
        party: one.party.to_string(),
        list: Vec::new(),
    };
    let first = one.tcp.first().copied();
    let first = first.or(one.http.as_ref().map(|page| page.at));
    if let Some(at) = first.or(one.dns.as_ref().map(|lookup| lookup.server)) {
        tries.route(at);
    }
    if let Some(lookup) = &one.dns {
        tries.name(lookup, patience);
    }
    for at in &one.tcp {
        tries.port(*at, patience);
    }
    if let Some(host) = one.ping {
        tries.echo(host, patience);
    }
    if let Some(page) = &one.http {
        tries.page(page, one.clock_ms, patience);
    }
    tries.list
}

struct Tries {
    party: String,
    list: Vec<Try>,
}

impl Tries {
    fn add(&mut self, check: &str, target: String, saw: Saw, found: String, advice: &str) {
        self.list.push(Try {
            party: self.party.clone(),
            check: check.to_owned(),
            target,
            saw,
            found,
            advice: advice.to_owned(),
        });
    }

    fn went_well(&self, check: &str) -> bool {
        let mut of = self.list.iter().filter(|one| one.check == check);
        of.any(|one| one.saw == Saw::Ok)
    }

    /// By which address of this computer the system would go there; no packet is sent.
    fn route(&mut self, at: SocketAddr) {
        let any: SocketAddr = match at {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0u16; 8], 0).into(),
        };
        let local = UdpSocket::bind(any).and_then(|socket| {
            socket.connect(at)?;
            socket.local_addr()
        });
        let target = at.ip().to_string();
        match local {
            Ok(local) => {
                let found = format!("本机 {}", local.ip());
                self.add("route", target, Saw::Ok, found, "");
            }
            Err(error) => self.add("route", target, Saw::Failed, error.to_string(), "no-route"),
        }
    }

    fn name(&mut self, lookup: &Lookup, patience: Duration) {
        let target = format!("{} @{}", lookup.name, lookup.server);
        let told = |answers: &[IpAddr]| {
            let texts: Vec<String> = answers.iter().map(ToString::to_string).collect();
            texts.join(" ")
        };
        match dns::ask(lookup.server, &lookup.name, patience) {
            Ok(answers) if answers.is_empty() => {
                self.add(
                    "dns",
                    target,
                    Saw::Failed,
                    "没有地址 no address".to_owned(),
                    "name-unknown",
                );
            }
            Ok(answers) if lookup.answers.iter().all(|one| answers.contains(one)) => {
                self.add("dns", target, Saw::Ok, told(&answers), "");
            }
            Ok(answers) => {
                let found = format!(
                    "{}, 应有 expected {}",
                    told(&answers),
                    told(&lookup.answers)
                );
                self.add("dns", target, Saw::Failed, found, "other-address");
            }
            Err(error) => self.add("dns", target, Saw::Failed, said(&error), "dns-silent"),
        }
    }

    fn port(&mut self, at: SocketAddr, patience: Duration) {
        match TcpStream::connect_timeout(&at, patience) {
            Ok(_) => self.add(
                "tcp",
                at.to_string(),
                Saw::Ok,
                "已连上 connected".to_owned(),
                "",
            ),
            Err(error) => {
                let advice = match error.kind() {
                    io::ErrorKind::ConnectionRefused => "port-closed",
                    _ => "port-silent",
                };
                self.add("tcp", at.to_string(), Saw::Failed, said(&error), advice);
            }
        }
    }

    /// By the system's own program: an echo of our own would need rights that nobody should give us.
    fn echo(&mut self, host: IpAddr, patience: Duration) {
        let seconds = patience.as_secs().max(1).to_string();
        let (count, wait) = if cfg!(windows) {
            ("-n", "-w")
        } else {
            ("-c", "-W")
        };
        let ran = Command::new("ping")
            .args([count, "1", wait, &seconds, &host.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let target = host.to_string();
        match ran {
            Ok(status) if status.success() => {
                self.add("ping", target, Saw::Ok, "有应答 answered".to_owned(), "");
            }
            Ok(_) => {
                // Firewalls drop echoes and let business through.
                let advice = match self.went_well("tcp") {
                    true => "echo-dropped",
                    false => "host-silent",
                };
                self.add(
                    "ping",
                    target,
                    Saw::Failed,
                    "没有应答 no answer".to_owned(),
                    advice,
                );
            }
            Err(error) => self.add("ping", target, Saw::NotTried, error.to_string(), "no-ping"),
        }
    }

    fn page(&mut self, page: &WebPage, clock_ms: Option<i64>, patience: Duration) {
        let target = format!("http://{}{}", page.at, page.path);
        let answer = match web::get(page.at, &page.path, patience) {
            Ok(answer) => answer,
            Err(error) => {
                self.add(
                    "http",
                    target.clone(),
                    Saw::Failed,
                    said(&error),
                    "page-silent",
                );
                if clock_ms.is_some() {
                    let found = "没有应答 no answer".to_owned();
                    self.add("clock", target, Saw::NotTried, found, "page-silent");
                }
                return;
            }
        };
        let well = (200..400).contains(&answer.status);
        let (saw, advice) = match well {
            true => (Saw::Ok, ""),
            false => (Saw::Failed, "page-refused"),
        };
        self.add(
            "http",
            target.clone(),
            saw,
            answer.status.to_string(),
            advice,
        );
        if !page.words.is_empty() {
            let lost = page
                .words
                .iter()
                .filter(|word| !answer.body.contains(*word));
            let lost: Vec<&str> = lost.map(String::as_str).collect();
            match lost.is_empty() {
                true => self.add("words", target.clone(), Saw::Ok, page.words.join(" "), ""),
                false => {
                    let found = format!("没有 missing {}", lost.join(" "));
                    self.add("words", target.clone(), Saw::Failed, found, "other-page");
                }
            }
        }
        if let Some(most) = clock_ms {
            self.clock(target, answer.date_ms, most);
        }
    }

    fn clock(&mut self, target: String, theirs_ms: Option<i64>, most: i64) {
        let Some(theirs) = theirs_ms else {
            let found = "应答没有时间 no date".to_owned();
            self.add("clock", target, Saw::NotTried, found, "no-date");
            return;
        };
        // The date of a page has no fractions of a second.
        let ahead = (theirs - real_now().epoch_ms()) / 1_000;
        let found = match ahead {
            0 => "一致 same".to_owned(),
            1.. => format!("对方快 ahead {ahead}s"),
            _ => format!("对方慢 behind {}s", -ahead),
        };
        match ahead.abs() * 1_000 <= most + 1_000 {
            true => self.add("clock", target, Saw::Ok, found, ""),
            false => self.add("clock", target, Saw::Failed, found, "clock-off"),
        }
    }
}

/// What an error of the system says, without names of Rust.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "拒绝连接 refused".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "没有应答 no answer".to_owned(),
        io::ErrorKind::InvalidData => format!("应答读不懂 unreadable: {error}"),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "中途断开 cut off".to_owned()
        }
        _ => error.to_string(),
    }
}
