//! 应答 · A page that must open, a platform that must take a sign-in, and what time both say it is.
//!
//! Why so: one exchange over a connection of its own, bounded in size and time like every answer of a stranger.
//! A sign-in moves no money and names nobody; how it ended is classified as for any message (`wire::classify`).

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use crosswipe_domain::{Channel, InfNo, Institution, Moment, MsgId, Outcome, Profile};
use crosswipe_scenarios::{Operator, Page, SignIn, Target};
use crosswipe_wire::{Envelope, Response as Answer, Sent, classify, write_request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{CONTENT_TYPE, DATE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::{Found, NO_CONNECTION, port, tls};
use crate::clock::real_now;
use crate::message::query;

pub(super) const BROKEN: &str = "preflight:answer-broken";
pub(super) const STATUS: &str = "preflight:page-status";
pub(super) const WORDS: &str = "preflight:page-words";
pub(super) const REFUSED: &str = "preflight:sign-in-refused";
pub(super) const UNCLEAR: &str = "preflight:sign-in-unclear";
pub(super) const SKEW: &str = "preflight:clock-skew";
pub(super) const NO_TIME: &str = "preflight:clock-untold";

/// 时差 · By how many ms the peer's clock is ahead of ours (behind, if negative).
pub(super) type Skew = i64;

/// Bytes of a page that are read.
const MOST: usize = 2 << 20;
/// Most characters of an answer that are shown.
const SHOWN: usize = 120;

struct Heard {
    status: u16,
    body: Bytes,
    charset: Option<String>,
    date: Option<Moment>,
    at: Moment,
}

/// Whether the page opens and says what it must.
pub(super) async fn page(
    to: IpAddr,
    target: &Target,
    page: &Page,
    patience: Duration,
) -> (Found, Option<Skew>) {
    let request = Request::builder()
        .uri(&page.path)
        .header(HOST, host_header(target, page.port));
    let request = request.body(Full::new(Bytes::new()));
    let heard = match request {
        Ok(request) => exchange(to, target, page.port, request, patience).await,
        Err(error) => Err(Found::failed(BROKEN, error.to_string(), "")),
    };
    let heard = match heard {
        Ok(heard) => heard,
        Err(found) => return (found, None),
    };
    let skew = heard.date.map(|date| date.ms_since(heard.at));
    if heard.status != page.status {
        let found = Found::failed(STATUS, heard.status.to_string(), page.status.to_string());
        return (found, skew);
    }
    let text = text(&heard);
    let missing: Vec<&str> = page
        .words
        .iter()
        .map(String::as_str)
        .filter(|word| !text.contains(word))
        .collect();
    let found = match missing.is_empty() {
        true => Found::passed(heard.status.to_string()),
        false => Found::failed(WORDS, title(&text), missing.join(" ")),
    };
    (found, skew)
}

/// Whether the platform takes 9001 of this institution.
pub(super) async fn sign_in(
    to: IpAddr,
    target: &Target,
    sign_in: &SignIn,
    (institution, profile, operator): (&Institution, &Profile, &Operator),
    patience: Duration,
) -> (Found, Option<Skew>) {
    let infno = InfNo::new("9001");
    let at = real_now();
    let number = format!("{}{}0001", institution.code, at.compact());
    let Ok(msgid) = MsgId::parse(&number) else {
        return (Found::failed(BROKEN, number, ""), None);
    };
    let envelope = Envelope {
        infno: infno.clone(),
        msgid: msgid.clone(),
        mdtrtarea_admvs: institution.region,
        insuplc_admdvs: None,
        recer_sys_code: profile.envelope.receiver.clone(),
        infver: profile.envelope.infver.first().cloned().unwrap_or_default(),
        opter: operator.no.clone(),
        opter_name: operator.name.clone(),
        inf_time: at,
        fixmedins_code: institution.code.clone(),
        fixmedins_name: institution.name.clone(),
        channel: Channel::Counter,
        sign_no: None,
        cainfo: "",
    };
    let body = write_request(&envelope, &query::sign_in(operator), None);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&sign_in.path)
        .header(HOST, host_header(target, sign_in.port))
        .header(CONTENT_TYPE, "application/json;charset=utf-8")
        .body(Full::new(Bytes::from(body)));
    let heard = match request {
        Ok(request) => exchange(to, target, sign_in.port, request, patience).await,
        Err(error) => Err(Found::failed(BROKEN, error.to_string(), "")),
    };
    let heard = match heard {
        Ok(heard) => heard,
        Err(found) => return (found, None),
    };
    let told = Answer::parse(&heard.body).ok();
    let told = told.and_then(|answer| answer.respond_time.as_deref().and_then(moment_of));
    let skew = told.or(heard.date).map(|time| time.ms_since(heard.at));
    let sent = Sent {
        infno: &infno,
        msgid: msgid.as_str(),
    };
    let found = match classify(&sent, heard.status, &heard.body) {
        Outcome::Ok { .. } => Found::passed(""),
        Outcome::Refused { code, text, .. } => {
            Found::failed(REFUSED, cut(&format!("{code} {text}")), "")
        }
        Outcome::Unknown { why, .. } => Found::failed(UNCLEAR, cut(&why), ""),
    };
    (found, skew)
}

/// Whether two clocks are near enough.
pub(super) fn clock(skew: Skew, most_ms: i64) -> Found {
    let seen = format!("{:+} s", skew / 1_000);
    // A peer tells whole seconds.
    if skew.abs() < most_ms + 1_000 {
        Found::passed(seen)
    } else {
        Found::failed(SKEW, seen, format!("±{} s", most_ms / 1_000))
    }
}

async fn exchange(
    to: IpAddr,
    target: &Target,
    at_port: u16,
    request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<Heard, Found> {
    if target.tls.as_ref().is_some_and(|tls| tls.port == at_port) {
        let (stream, _) = tls::open(to, &target.host, at_port, patience).await?;
        return over(stream, request, patience).await;
    }
    match port::connect(to, at_port, patience).await {
        Ok(stream) => over(stream, request, patience).await,
        Err(found) => {
            let why = found.code().unwrap_or_default();
            Err(Found::unchecked(NO_CONNECTION, why))
        }
    }
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<Heard, Found> {
    let exchange = async {
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
        let charset = header(CONTENT_TYPE).and_then(charset_of);
        let date = header(DATE).and_then(Moment::parse_http);
        let at = real_now();
        let body = Limited::new(response.into_body(), MOST).collect().await;
        connection.abort();
        let body = body?.to_bytes();
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Heard {
            status,
            body,
            charset,
            date,
            at,
        })
    };
    match timeout(patience, exchange).await {
        Ok(Ok(heard)) => Ok(heard),
        Ok(Err(error)) => Err(Found::failed(BROKEN, cut(&error.to_string()), "")),
        Err(_) => Err(Found::failed(BROKEN, "no answer in time", "")),
    }
}

fn host_header(target: &Target, port: u16) -> String {
    format!("{}:{port}", target.host)
}

fn charset_of(content_type: &str) -> Option<String> {
    let (_, rest) = content_type.split_once("charset=")?;
    let word = rest.split(';').next().unwrap_or_default();
    Some(word.trim_matches([' ', '"']).to_owned())
}

/// The page in the encoding that it names, else as UTF-8, else as GBK: many pages name none.
fn text(heard: &Heard) -> String {
    let named = heard.charset.as_deref();
    let named = named.and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
    if let Some(encoding) = named {
        return encoding.decode(&heard.body).0.into_owned();
    }
    match std::str::from_utf8(&heard.body) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(&heard.body).0.into_owned(),
    }
}

/// What a page calls itself, so that one sees which page it was.
fn title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let between = lower.find("<title>").zip(lower.find("</title>"));
    let title = between.and_then(|(from, to)| text.get(from + "<title>".len()..to));
    cut(title.unwrap_or(text).trim())
}

fn cut(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(SHOWN).collect()
}

/// `respond_time`, with or without ms.
fn moment_of(text: &str) -> Option<Moment> {
    let digits = text.get(..14)?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let wire = format!(
        "{}-{}-{} {}:{}:{}",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    Moment::parse_wire(&wire).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_off_by_what_the_plan_says_and_a_second() {
        assert!(clock(0, 300_000).is_passed());
        assert!(clock(-300_999, 300_000).is_passed());
        assert_eq!(clock(301_000, 300_000).code(), Some(SKEW));
        assert_eq!(clock(-28_800_000, 300_000).code(), Some(SKEW));
    }

    #[test]
    fn pages_are_read_in_the_encoding_that_they_have() {
        let heard = |body: &[u8], charset: Option<&str>| Heard {
            status: 200,
            body: Bytes::copy_from_slice(body),
            charset: charset.map(str::to_owned),
            date: None,
            at: real_now(),
        };
        let (gbk, _, _) = encoding_rs::GBK.encode("医疗保障");
        assert_eq!(text(&heard(&gbk, None)), "医疗保障");
        assert_eq!(text(&heard(&gbk, Some("GB2312"))), "医疗保障");
        assert_eq!(text(&heard("医疗保障".as_bytes(), None)), "医疗保障");
        assert_eq!(title("<html><TITLE> 登录\n页 </TITLE>"), "登录 页");
    }

    #[test]
    fn the_time_of_an_answer_is_china_time() {
        let at = moment_of("20170602090000123").unwrap();
        assert_eq!(at.wire(), "2017-06-02 09:00:00");
        assert_eq!(moment_of("2017"), None);
    }
}
