//! 联通检查 · Reads `preflight:` of a plan: what each site must be able to reach before the window, and its machine.
//!
//! Why so: whether a workstation gets through is found out by hand in every notice (DNS, TCP 80, UDP 53, ping, a page
//! that opens). Written down once, every site asks the same questions and the answers can be laid side by side. A name
//! that stands here is declared: nothing else is ever reached.
//! Called by `load`. Not here: the asking (`runner::preflight`), what to do about an answer (`cli`).

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crosswipe_domain::{Both, InstitutionCode, Topology, both};

use crate::codes;
use crate::duties::Audience;
use crate::fields::{Fields, items};
use crate::folder::Folder;
use crate::node::Node;
use crate::problem::{Problems, Said, noun};
use crate::words;

/// 联通检查 · What a plan wants to be reached, and from what kind of machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preflight {
    /// In the plan's order.
    pub targets: Vec<Target>,
    /// The least that a workstation must have.
    pub station: Station,
    /// The notice's own advice, asked before the built-in one.
    pub advice: Vec<Advice>,
}

/// 目标 · One peer and all that is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id in tables and files.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Who must reach it; empty = everybody.
    pub who: Vec<Audience>,
    /// A name or an address.
    pub host: String,
    /// DNS servers to be asked over UDP; empty = the computer's own resolver.
    pub servers: Vec<SocketAddr>,
    /// What the name must lead to; empty = to anything.
    pub answers: Vec<IpAddr>,
    /// Ports that must take a connection.
    pub tcp: Vec<u16>,
    /// Whether it must answer a ping.
    pub ping: bool,
    /// The network from which this computer must speak to it.
    pub from: Option<Network>,
    /// A port with TLS, and who signs its certificate.
    pub tls: Option<Tls>,
    /// A page that must open.
    pub page: Option<Page>,
    /// A platform that must take a sign-in.
    pub sign_in: Option<SignIn>,
    /// How far its clock may be from this computer's, in ms.
    pub clock_ms: Option<i64>,
}

/// 网段 · Addresses with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// 证书 · TLS at a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Where.
    pub port: u16,
    /// PEM of those who may sign; `None` = the public ones.
    pub ca: Option<Vec<u8>>,
}

/// 网页 · A page and what must stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where; over TLS if this is the TLS port.
    pub port: u16,
    /// Path, from `/` on.
    pub path: String,
    /// Expected HTTP status.
    pub status: u16,
    /// Texts that must all stand in it.
    pub words: Vec<String>,
}

/// 签到 · 9001 of an institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Where; over TLS if this is the TLS port.
    pub port: u16,
    /// Path of 9001.
    pub path: String,
    /// Whose sign-in.
    pub institution: InstitutionCode,
}

/// 工作站 · The least that a site's machine must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Station {
    /// Processors.
    pub processors: Option<u64>,
    /// Memory, in MiB.
    pub memory_mib: Option<u64>,
    /// Free room on the disk, in MiB.
    pub disk_mib: Option<u64>,
    /// Operating systems that will do; empty = any.
    pub systems: Vec<String>,
}

/// 项目 · What is asked of a target, in the order of the tree: what comes later can only work if the earlier does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// 网卡与路由 · From which network this computer speaks.
    Route,
    /// UDP 53
    Udp,
    /// 域名解析
    Dns,
    /// ICMP
    Ping,
    /// TCP port
    Tcp,
    /// 证书
    Tls,
    /// 网页
    Page,
    /// 9001
    SignIn,
    /// 时钟
    Clock,
}

/// 处置 · What to do where these probes came out so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Which must have passed (true) or failed (false).
    pub when: Vec<(Probe, bool)>,
    /// What to do, in the notice's words.
    pub say: String,
}

impl Probe {
    /// All of them, with their names in plan files and JSON.
    pub const ALL: [(&'static str, Probe); 9] = [
        ("route", Probe::Route),
        ("udp", Probe::Udp),
        ("dns", Probe::Dns),
        ("ping", Probe::Ping),
        ("tcp", Probe::Tcp),
        ("tls", Probe::Tls),
        ("page", Probe::Page),
        ("sign-in", Probe::SignIn),
        ("clock", Probe::Clock),
    ];

    /// The name in plan files and JSON.
    pub fn name(self) -> &'static str {
        let found = Probe::ALL.iter().find(|(_, probe)| *probe == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Network {
    /// Reads `10.8.0.0/16`, or one address.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = text.split_once('/').unzip();
        let address: IpAddr = address.unwrap_or(text).parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |bits: &str| bits.parse().ok())?;
        (bits <= width).then_some(Network { address, bits })
    }

    /// Whether `address` lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let numbers = |address: IpAddr| match address {
            IpAddr::V4(four) => (32, u128::from(u32::from(four))),
            IpAddr::V6(six) => (128, u128::from(six)),
        };
        let ((width, own), (other_width, other)) = (numbers(self.address), numbers(address));
        let rest = u32::from(width - self.bits);
        width == other_width && own.checked_shr(rest) == other.checked_shr(rest)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl Target {
    /// Whether asking it sends anything beyond this computer.
    pub fn is_far(&self) -> bool {
        let host_is_near = match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host == "localhost",
        };
        let servers_are_near = self.servers.iter().all(|server| server.ip().is_loopback());
        // A name that is asked of a server nearby leads only where the plan says.
        let leads_near = !self.servers.is_empty()
            && !self.answers.is_empty()
            && self.answers.iter().all(IpAddr::is_loopback);
        !(servers_are_near && (host_is_near || leads_near))
    }
}

/// Reads the whole file.
pub(crate) fn read_preflight(
    node: &Node,
    folder: &Folder,
    topology: Option<&Topology>,
    problems: &Problems,
) -> Option<Preflight> {
    let fields = Fields::of(node, noun("开窗前检查", "preflight"), problems)?;
    let reading = Reading {
        folder,
        topology,
        problems,
    };
    let listed = fields.required(
        "targets",
        both!("列出要通的对端", "list the peers to be reached"),
    );
    let listed = listed.map_or(&[][..], |node| items(node, problems));
    let read: Vec<(Said<String>, Target)> = listed
        .iter()
        .filter_map(|node| reading.target(node))
        .collect();
    words::report_duplicates(
        noun("对端", "target"),
        read.iter().map(|(id, _)| id),
        problems,
    );
    let station = fields
        .optional("station")
        .map(|node| reading.station(node))
        .unwrap_or_default();
    let advice = fields
        .optional("advice")
        .map_or(&[][..], |node| items(node, problems));
    let advice = advice
        .iter()
        .filter_map(|node| reading.advice(node))
        .collect();
    fields.done();
    Some(Preflight {
        targets: read.into_iter().map(|(_, target)| target).collect(),
        station,
        advice,
    })
}

struct Reading<'a> {
    folder: &'a Folder,
    topology: Option<&'a Topology>,
    problems: &'a Problems,
}

impl Reading<'_> {
    fn target(&self, node: &Node) -> Option<(Said<String>, Target)> {
        let problems = self.problems;
        let before = problems.len();
        let fields = Fields::of(node, noun("对端", "target"), problems)?;
        let id = fields
            .required("id", both!("给对端起个短名", "give the peer a short name"))
            .and_then(|node| words::id(node, problems));
        let title = fields
            .optional("title")
            .and_then(|node| words::told(node, problems));
        let who = fields
            .optional("who")
            .map_or(Vec::new(), |node| words::words(node, problems));
        let who = who
            .iter()
            .filter_map(|said| {
                words::one_of(said, noun("角色", "audience"), &Audience::ALL, problems)
            })
            .collect();
        let host_help = both!("写上域名或地址", "give its name or address");
        let host = fields
            .required("host", host_help)
            .and_then(|node| words::word(node, problems))
            .filter(|said| self.is_host(said));
        let (servers, answers) = fields
            .optional("dns")
            .and_then(|node| self.dns(node, host.as_ref()))
            .unwrap_or_default();
        let tcp = fields
            .optional("tcp")
            .map_or(Vec::new(), |node| self.ports(node));
        let ping = fields
            .optional("ping")
            .and_then(|node| words::yes_no(node, problems))
            .unwrap_or_default();
        let from = fields
            .optional("from")
            .and_then(|node| words::word(node, problems));
        let network_help = both!(
            "写网段, 如 10.8.0.0/16",
            "write a network, e.g. 10.8.0.0/16"
        );
        let from = from.and_then(|said| self.read(&said, network_help, Network::parse));
        let tls = fields.optional("tls").and_then(|node| self.tls(node));
        let page = fields.optional("page").and_then(|node| self.page(node));
        let sign_in = fields
            .optional("sign_in")
            .and_then(|node| self.sign_in(node));
        let clock = fields
            .optional("clock")
            .and_then(|node| words::duration_ms(node, problems));
        let at = fields.at.clone();
        fields.done();
        let (id, host) = (id?, host?);
        let target = Target {
            title: title.map_or_else(|| id.value.clone(), |said| said.value),
            id: id.value.clone(),
            who,
            host: host.value,
            servers,
            answers,
            tcp,
            ping,
            from,
            tls,
            page,
            sign_in,
            clock_ms: clock.as_ref().map(|said| said.value),
        };
        if let Some(clock) = clock.filter(|_| target.page.is_none() && target.sign_in.is_none()) {
            let help = both!(
                "对端的时间从 page 或 sign_in 的应答里读, 写上其中之一",
                "the peer's time is read from an answer to `page` or `sign_in`: give one of them"
            );
            let problem = clock.at.error(
                codes::BAD_PREFLIGHT,
                both!(
                    "这里没有一项能读出对端的时间",
                    "nothing here tells the peer's time"
                ),
            );
            problems.push(problem.help(help));
        }
        // Where something in it could not be read, that was told.
        if target.checks_nothing() && problems.len() == before {
            let help = both!(
                "写上 dns、tcp、ping、from、tls、page 或 sign_in",
                "give dns, tcp, ping, from, tls, page or sign_in"
            );
            let message = both!(
                "没有写要查 `{}` 的什么",
                "nothing is asked of `{}`",
                target.id
            );
            problems.push(at.error(codes::BAD_PREFLIGHT, message).help(help));
        }
        Some((id, target))
    }

    fn is_host(&self, said: &Said<String>) -> bool {
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let good = said.value.parse::<IpAddr>().is_ok()
            || (said.value.chars().all(named) && !said.value.starts_with(['-', '.']));
        if !good {
            let help = both!(
                "只写域名或地址, 不带 http:// 和端口",
                "only the name or address, without http:// and port"
            );
            let message = both!(
                "`{}` 既不是域名也不是地址",
                "`{}` is neither a name nor an address",
                said.value
            );
            self.problems
                .push(said.at.error(codes::BAD_PREFLIGHT, message).help(help));
        }
        good
    }

    fn dns(
        &self,
        node: &Node,
        host: Option<&Said<String>>,
    ) -> Option<(Vec<SocketAddr>, Vec<IpAddr>)> {
        let fields = Fields::of(node, noun("dns", "dns"), self.problems)?;
        let listed = |key: &'static str| {
            let node = fields.optional(key);
            node.map_or(Vec::new(), |node| words::words(node, self.problems))
        };
        let (servers, answers) = (listed("servers"), listed("answers"));
        fields.done();
        if let Some(host) = host.filter(|host| host.value.parse::<IpAddr>().is_ok()) {
            let help = both!(
                "host 写域名, 或删去 dns",
                "let `host` be a name, or drop `dns`"
            );
            let message = both!(
                "`{}` 是地址, 没有域名可解析",
                "`{}` is an address and has no name to look up",
                host.value
            );
            self.problems
                .push(node.at.error(codes::BAD_PREFLIGHT, message).help(help));
        }
        let help = both!(
            "写 IP 地址, 端口可省",
            "write an IP address, with a port if it is not 53"
        );
        let server = |text: &str| {
            let plain = text.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, 53));
            plain.or_else(|| text.parse().ok())
        };
        let servers = servers.iter();
        let servers = servers.filter_map(|said| self.read(said, help.clone(), server));
        let answers = answers.iter();
        let answers =
            answers.filter_map(|said| self.read(said, help.clone(), |text| text.parse().ok()));
        Some((servers.collect(), answers.collect()))
    }

    fn ports(&self, node: &Node) -> Vec<u16> {
        let said = words::words(node, self.problems);
        words::report_duplicates(noun("端口", "port"), &said, self.problems);
        said.iter().filter_map(|said| self.port(said)).collect()
    }

    fn port(&self, said: &Said<String>) -> Option<u16> {
        let help = both!("端口是 1 至 65535", "a port is 1 to 65535");
        self.read(said, help, |text| {
            text.parse().ok().filter(|port| *port > 0)
        })
    }

    fn a_port(&self, fields: &Fields<'_>) -> Option<u16> {
        let node = fields.required("port", both!("写上端口", "give the port"))?;
        self.port(&words::word(node, self.problems)?)
    }

    fn a_path(&self, fields: &Fields<'_>) -> Option<String> {
        let node = fields.required(
            "path",
            both!(
                "写上路径, 如 /index.html",
                "give the path, e.g. /index.html"
            ),
        )?;
        let said = words::word(node, self.problems)?;
        let help = both!(
            "路径以 / 开头, 不含空格",
            "a path begins with / and has no blanks"
        );
        self.read(&said, help, |text| {
            let fits = text.starts_with('/') && text.chars().all(|c| c.is_ascii_graphic());
            fits.then(|| text.to_owned())
        })
    }

    fn tls(&self, node: &Node) -> Option<Tls> {
        let fields = Fields::of(node, noun("tls", "tls"), self.problems)?;
        let port = self.a_port(&fields);
        let ca = fields
            .optional("ca")
            .and_then(|node| words::prose(node, self.problems));
        fields.done();
        let ca = match ca {
            Some(said) => {
                let path = self.folder.inside(&said, self.problems)?;
                let source = self.folder.open(&path, Some(&said.at), self.problems)?;
                Some(source.text.as_bytes().to_vec())
            }
            None => None,
        };
        Some(Tls { port: port?, ca })
    }

    fn page(&self, node: &Node) -> Option<Page> {
        let fields = Fields::of(node, noun("page", "page"), self.problems)?;
        let (port, path) = (self.a_port(&fields), self.a_path(&fields));
        let status = fields
            .optional("status")
            .and_then(|node| words::word(node, self.problems));
        let help = both!("HTTP 状态是 100 至 599", "an HTTP status is 100 to 599");
        let status = status.map_or(Some(200), |said| {
            let valid = |text: &str| text.parse().ok().filter(|s| (100..600).contains(s));
            self.read(&said, help, valid)
        });
        let words = fields
            .optional("words")
            .map_or(&[][..], |node| items(node, self.problems));
        let words = words
            .iter()
            .filter_map(|node| words::prose(node, self.problems))
            .map(|said| said.value)
            .collect();
        fields.done();
        Some(Page {
            port: port?,
            path: path?,
            status: status?,
            words,
        })
    }

    fn sign_in(&self, node: &Node) -> Option<SignIn> {
        let fields = Fields::of(node, noun("签到", "sign_in"), self.problems)?;
        let (port, path) = (self.a_port(&fields), self.a_path(&fields));
        let help = both!("写上用哪家机构签到", "say whose sign-in");
        let said = fields
            .required("institution", help)
            .and_then(|node| words::word(node, self.problems));
        fields.done();
        let said = said?;
        let all = self.topology.map_or(&[][..], |known| &known.institutions);
        let found = all.iter().find(|one| one.code.as_str() == said.value);
        if found.is_none() && self.topology.is_some() {
            let known: BTreeSet<&str> = all.iter().map(|one| one.code.as_str()).collect();
            let problem = words::unknown(
                codes::UNKNOWN_INSTITUTION,
                noun("机构", "institution"),
                &said,
                known,
            );
            self.problems.push(problem);
        }
        Some(SignIn {
            port: port?,
            path: path?,
            institution: found?.code.clone(),
        })
    }

    fn station(&self, node: &Node) -> Station {
        let Some(fields) = Fields::of(node, noun("工作站", "station"), self.problems) else {
            return Station::default();
        };
        let number = |key: &'static str, help: Both, parse: fn(&str) -> Option<u64>| {
            let said = words::word(fields.optional(key)?, self.problems)?;
            self.read(&said, help, parse)
        };
        let count = both!("写个数, 如 4", "write a number, e.g. 4");
        let size = both!("写容量, 如 8GB 或 512MB", "write a size, e.g. 8GB or 512MB");
        let station = Station {
            processors: number("processors", count, |text| text.parse().ok()),
            memory_mib: number("memory", size.clone(), mebibytes),
            disk_mib: number("disk", size, mebibytes),
            systems: fields.optional("systems").map_or(Vec::new(), |node| {
                let said = words::words(node, self.problems);
                let known = |said: &Said<String>| {
                    const SYSTEMS: [(&str, &str); 3] = [
                        ("linux", "linux"),
                        ("windows", "windows"),
                        ("macos", "macos"),
                    ];
                    words::one_of(said, noun("操作系统", "system"), &SYSTEMS, self.problems)
                        .map(str::to_owned)
                };
                said.iter().filter_map(known).collect()
            }),
        };
        fields.done();
        station
    }

    fn advice(&self, node: &Node) -> Option<Advice> {
        const ENDS: [(&str, bool); 2] = [("passed", true), ("failed", false)];
        let fields = Fields::of(node, noun("处置", "advice"), self.problems)?;
        let when = fields.required(
            "when",
            both!(
                "写上各项的结果, 如 {{tcp: failed}}",
                "say how the probes came out, e.g. {{tcp: failed}}"
            ),
        );
        let when = when.and_then(|node| Fields::of(node, noun("when", "when"), self.problems));
        let mut conditions = Vec::new();
        if let Some(when) = when {
            for (name, probe) in Probe::ALL {
                let Some(node) = when.optional(name) else {
                    continue;
                };
                let said = words::word(node, self.problems)?;
                conditions.push((
                    probe,
                    words::one_of(&said, noun("结束方式", "end"), &ENDS, self.problems)?,
                ));
            }
            let at = when.at.clone();
            let before = self.problems.len();
            when.done();
            if conditions.is_empty() && self.problems.len() == before {
                let help = both!("至少写一项", "name at least one probe");
                let problem = at.error(
                    codes::BAD_PREFLIGHT,
                    both!("这条处置没有写条件, 时时成立", "advice that always holds"),
                );
                self.problems.push(problem.help(help));
            }
        }
        let say = fields
            .required("say", both!("写上怎么办", "say what to do"))
            .and_then(|node| words::told(node, self.problems));
        fields.done();
        Some(Advice {
            when: conditions,
            say: say?.value,
        })
    }

    fn read<T>(
        &self,
        said: &Said<String>,
        help: Both,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let read = parse(&said.value);
        if read.is_none() {
            let message = both!("`{}` 这里读不懂", "`{}` cannot be read here", said.value);
            self.problems
                .push(said.at.error(codes::BAD_PREFLIGHT, message).help(help));
        }
        read
    }
}

impl Target {
    fn checks_nothing(&self) -> bool {
        let no_name = self.servers.is_empty() && self.answers.is_empty();
        let no_port = self.tcp.is_empty() && !self.ping && self.from.is_none();
        let no_answer = self.tls.is_none() && self.page.is_none() && self.sign_in.is_none();
        no_name && no_port && no_answer
    }
}

/// `512MB`, `8GB`, in MiB; binary units, whatever people write.
fn mebibytes(text: &str) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let upper = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, times) = match upper.strip_suffix('G') {
        Some(number) => (number, 1024),
        None => (upper.strip_suffix('M')?, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_like_it() {
        let network = Network::parse("10.8.0.0/16").unwrap();
        for (address, held) in [
            ("10.8.0.0", true),
            ("10.8.255.255", true),
            ("10.9.0.0", false),
            ("10.7.255.255", false),
            ("::ffff:10.8.0.1", false),
        ] {
            assert_eq!(network.holds(address.parse().unwrap()), held, "{address}");
        }
        let any = Network::parse("0.0.0.0/0").unwrap();
        assert!(any.holds("255.255.255.255".parse().unwrap()));
        let one = Network::parse("127.0.0.1").unwrap();
        assert!(one.holds("127.0.0.1".parse().unwrap()));
        assert!(!one.holds("127.0.0.2".parse().unwrap()));
        let six = Network::parse("fd00::/8").unwrap();
        assert!(six.holds("fdff::1".parse().unwrap()) && !six.holds("fe00::".parse().unwrap()));
        for bad in ["10.8.0.0/33", "10.8/16", "", "/8", "10.8.0.0/"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_in_binary_units() {
        assert_eq!(mebibytes("8GB"), Some(8192));
        assert_eq!(mebibytes("8gib"), Some(8192));
        assert_eq!(mebibytes("512M"), Some(512));
        for bad in ["8", "GB", "-1GB", "1.5GB", "99999999999999999999GB"] {
            assert_eq!(mebibytes(bad), None, "{bad}");
        }
    }
}
