//! 预检项 · Reads `preflight:` of a plan: what must answer before a window opens, party by party.
//!
//! Why so: the notices have every site try by hand whether names resolve, ports are open and pages answer, and write it
//! down in a table; the plan says once what there is to try, and each site tries the same.
//! Only hosts and ports stand here, nothing that signs in: secrets have no place in a plan.
//! Called by `load`. Not here: the trying (`cli`).

use std::net::{IpAddr, SocketAddr};

use crosswipe_domain::{Party, Topology};

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::Problems;
use crate::words;

/// 预检项 · What is tried of one party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// Of whom.
    pub party: Party,
    /// 域名解析 · Name, server and expected answers.
    pub dns: Option<Lookup>,
    /// Ports that must take a connection.
    pub tcp: Vec<SocketAddr>,
    /// A host that must answer an echo.
    pub ping: Option<IpAddr>,
    /// A page that must answer.
    pub http: Option<WebPage>,
    /// How far its clock may be from ours, by the date of the page; ms.
    pub clock_ms: Option<i64>,
}

/// 解析 · A name that must resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The name.
    pub name: String,
    /// The server that is asked, UDP.
    pub server: SocketAddr,
    /// Addresses of which each must be answered; empty = any answer will do.
    pub answers: Vec<IpAddr>,
}

/// 网页 · A page and what must stand on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPage {
    /// Where it is.
    pub at: SocketAddr,
    /// Its path, from `/` on.
    pub path: String,
    /// Words that must stand on it.
    pub words: Vec<String>,
}

/// All of the plan, in its order; `None` if one could not be read.
pub(crate) fn read_preflight(
    plan: &Fields<'_>,
    topology: Option<&Topology>,
    problems: &Problems,
) -> Option<Vec<Preflight>> {
    let Some(node) = plan.optional("preflight") else {
        return Some(Vec::new());
    };
    let listed = items(node, problems);
    let read: Vec<Preflight> = listed
        .iter()
        .filter_map(|node| one(node, topology, problems))
        .collect();
    (read.len() == listed.len()).then_some(read)
}

fn one(node: &Node, topology: Option<&Topology>, problems: &Problems) -> Option<Preflight> {
    let fields = Fields::of(node, "preflight", problems)?;
    let party = fields
        .required("party", "写上哪一方, 如 treatment:500114 · name the party")
        .and_then(|node| party(node, topology, problems));
    let dns = optional(&fields, "dns", |node| lookup(node, problems));
    let tcp = optional(&fields, "tcp", |node| {
        let said = words::words(node, problems);
        let read: Vec<SocketAddr> = said
            .iter()
            .filter_map(|said| place(said, problems))
            .collect();
        (read.len() == said.len()).then_some(read)
    });
    let ping = optional(&fields, "ping", |node| {
        address(&words::word(node, problems)?, problems)
    });
    let http = optional(&fields, "http", |node| page(node, problems));
    let clock = optional(&fields, "clock", |node| {
        words::duration_ms(node, problems).map(|said| said.value)
    });
    fields.done();
    let (dns, tcp, ping, http, clock_ms) = (dns?, tcp?, ping?, http?, clock?);
    if clock_ms.is_some() && http.is_none() {
        let message = "`clock` reads the date of a page, and there is no `http`";
        let help = "补上 http: {at: …} · add `http: {at: …}`";
        problems.push(node.at.error(codes::MISSING_KEY, message).help(help));
        return None;
    }
    let tcp = tcp.unwrap_or_default();
    if dns.is_none() && tcp.is_empty() && ping.is_none() && http.is_none() {
        let help = "至少写 dns、tcp、ping、http 之一 · write one of dns, tcp, ping, http";
        let message = "a preflight that tries nothing";
        problems.push(node.at.error(codes::NOTHING_CHECKED, message).help(help));
        return None;
    }
    Some(Preflight {
        party: party?,
        dns,
        tcp,
        ping,
        http,
        clock_ms,
    })
}

/// `Some(None)` where nothing is written, `None` where it could not be read.
fn optional<T>(
    fields: &Fields<'_>,
    key: &'static str,
    read: impl Fn(&Node) -> Option<T>,
) -> Option<Option<T>> {
    match fields.optional(key) {
        Some(node) => read(node).map(Some),
        None => Some(None),
    }
}

fn party(node: &Node, topology: Option<&Topology>, problems: &Problems) -> Option<Party> {
    let said = words::word(node, problems)?;
    let parties = topology?.parties();
    let found = parties.iter().find(|party| party.to_string() == said.value);
    if found.is_none() {
        let known: Vec<String> = parties.iter().map(ToString::to_string).collect();
        let known = known.iter().map(String::as_str);
        problems.push(words::unknown(codes::UNKNOWN_PARTY, "party", &said, known));
    }
    found.cloned()
}

fn lookup(node: &Node, problems: &Problems) -> Option<Lookup> {
    let fields = Fields::of(node, "dns", problems)?;
    let name = fields
        .required("name", "写上域名 · write the name")
        .and_then(|node| words::word(node, problems));
    let server = fields
        .required(
            "server",
            "写上 DNS 服务器, 如 10.0.0.1:53 · write the server",
        )
        .and_then(|node| place(&words::word(node, problems)?, problems));
    let answers = optional(&fields, "answers", |node| {
        let said = words::words(node, problems);
        let read: Vec<IpAddr> = said
            .iter()
            .filter_map(|said| address(said, problems))
            .collect();
        (read.len() == said.len()).then_some(read)
    });
    fields.done();
    Some(Lookup {
        name: name?.value,
        server: server?,
        answers: answers?.unwrap_or_default(),
    })
}

fn page(node: &Node, problems: &Problems) -> Option<WebPage> {
    let fields = Fields::of(node, "http", problems)?;
    let at = fields
        .required(
            "at",
            "写上地址和端口, 如 10.0.0.1:80 · write address and port",
        )
        .and_then(|node| place(&words::word(node, problems)?, problems));
    let path = optional(&fields, "path", |node| words::word(node, problems));
    let expected = optional(&fields, "words", |node| match &node.value {
        crate::node::Value::Text(_) => words::prose(node, problems).map(|said| vec![said.value]),
        _ => {
            let listed = items(node, problems);
            let read = listed
                .iter()
                .filter_map(|node| words::prose(node, problems));
            let read: Vec<String> = read.map(|said| said.value).collect();
            (read.len() == listed.len()).then_some(read)
        }
    });
    fields.done();
    let path = path?.map_or_else(|| "/".to_owned(), |said| said.value);
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        let help = "形如 /index.html · write it like /index.html";
        let message = format!("`{path}` is no path of a page");
        problems.push(node.at.error(codes::UNKNOWN_WORD, message).help(help));
        return None;
    }
    Some(WebPage {
        at: at?,
        path,
        words: expected?.unwrap_or_default(),
    })
}

fn place(said: &crate::problem::Said<String>, problems: &Problems) -> Option<SocketAddr> {
    let help = "地址和端口, 如 10.0.0.1:80 · an address and a port, e.g. 10.0.0.1:80";
    let parse = |text: &str| text.parse::<SocketAddr>();
    words::parsed(said, codes::UNKNOWN_WORD, help, parse, problems).map(|said| said.value)
}

fn address(said: &crate::problem::Said<String>, problems: &Problems) -> Option<IpAddr> {
    let help = "地址, 如 10.0.0.1 · an address, e.g. 10.0.0.1";
    let parse = |text: &str| text.parse::<IpAddr>();
    words::parsed(said, codes::UNKNOWN_WORD, help, parse, problems).map(|said| said.value)
}
