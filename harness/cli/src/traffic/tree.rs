//! 文档 · Finds messages and answers in a JSON document, whatever it is otherwise.
//!
//! A message is an object with `infno` and `input` or `msgid`, an answer one with `infcode`; both stay the text that
//! they are, since a repeated key or a number in quotes is what will be told. What surrounds them by name (time, address,
//! headers, status, transaction) holds for what is inside. Text that holds a document is opened too.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswipe_domain::{InfNo, Moment};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Around, Form, Piece, decode, text};
use crate::books::Flaw;

/// Deeper than this nothing is looked for.
const DEEPEST: usize = 48;
const REQUEST_KEYS: [&str; 16] = [
    "request",
    "req",
    "requestbody",
    "reqbody",
    "requestdata",
    "requestmessage",
    "inparam",
    "inputdata",
    "postdata",
    "sent",
    "send",
    "入参",
    "请求",
    "请求报文",
    "请求参数",
    "发送报文",
];
const ANSWER_KEYS: [&str; 20] = [
    "response",
    "resp",
    "res",
    "rsp",
    "responsebody",
    "respbody",
    "responsedata",
    "responsemessage",
    "outparam",
    "outputdata",
    "answer",
    "received",
    "reply",
    "出参",
    "应答",
    "响应",
    "响应报文",
    "返回",
    "返回报文",
    "应答报文",
];
const TIME_KEYS: [&str; 8] = [
    "starteddatetime",
    "at",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "datetime",
    "logtime",
];
const BODY_KEYS: [&str; 8] = [
    "body", "bodyraw", "text", "payload", "data", "content", "postdata", "raw",
];

/// Members that an envelope has and hardly anything else.
const ENVELOPE: [&str; 7] = [
    "msgid",
    "mdtrtareaadmvs",
    "recersyscode",
    "infver",
    "optername",
    "inftime",
    "fixmedinscode",
];

/// 侧 · Whose words stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Sent,
    Answered,
}

/// Where in a document we are.
#[derive(Clone, Debug, Default)]
struct Here {
    around: Around,
    side: Option<Side>,
    base64: bool,
    depth: usize,
}

/// Every message and answer of a document in its order, in one group, or in one for each element of a list.
pub(super) fn walk(raw: &str, place: &str, around: &Around) -> Vec<Vec<Piece>> {
    let here = Here {
        around: around.clone(),
        ..Here::default()
    };
    let elements: Vec<&RawValue> = match raw.starts_with('[') {
        true => serde_json::from_str(raw).unwrap_or_default(),
        false => serde_json::from_str(raw).into_iter().collect(),
    };
    let groups = elements.into_iter().map(|element| {
        let mut found = Vec::new();
        value(element.get(), place, &here, &mut found);
        found
    });
    groups.filter(|group| !group.is_empty()).collect()
}

/// The exchanges of a document that keeps a list of them: an HTTP archive, or what a door has seen.
pub(super) fn entries(words: &str, form: Form) -> Option<Vec<&str>> {
    let document: Entries<'_> = serde_json::from_str(words.trim_start_matches('\u{feff}')).ok()?;
    let list = match form {
        Form::Har => {
            let log: Entries<'_> = serde_json::from_str(document.get("log")?).ok()?;
            log.get("entries")?
        }
        _ => document.get("seen")?,
    };
    let list: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    Some(list.into_iter().map(RawValue::get).collect())
}

fn value(raw: &str, place: &str, here: &Here, found: &mut Vec<Piece>) {
    if here.depth > DEEPEST {
        return;
    }
    match raw.as_bytes().first() {
        Some(b'{') => object(raw, place, here, found),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            // Bytes and numbers are no messages.
            for item in items.into_iter().filter(|item| is_container(item.get())) {
                value(item.get(), place, &deeper(here), found);
            }
        }
        Some(b'"') => {
            let text: Result<Cow<'_, str>, _> = serde_json::from_str::<String>(raw).map(Cow::Owned);
            if let Ok(text) = text {
                quoted(&text, place, here, found);
            }
        }
        _ => {}
    }
}

fn is_container(raw: &str) -> bool {
    raw.starts_with(['{', '[', '"'])
}

fn deeper(here: &Here) -> Here {
    Here {
        depth: here.depth + 1,
        ..here.clone()
    }
}

fn object(raw: &str, place: &str, here: &Here, found: &mut Vec<Piece>) {
    let Ok(Entries(entries)) = serde_json::from_str(raw) else {
        return;
    };
    let names: Vec<String> = entries.iter().map(|(key, _)| plain(key)).collect();
    let has = |name: &str| names.iter().any(|key| key == name);
    if is_envelope(&names) {
        return found.push(Piece::Message {
            place: place.to_owned(),
            around: here.around.clone(),
            body: raw.to_owned(),
        });
    }
    if has("infcode") {
        return found.push(answer(raw, place, here));
    }
    let mut inside = deeper(here);
    for (key, raw) in &entries {
        note(&plain(key), raw.get(), &mut inside);
    }
    let before = found.len();
    for (key, member) in &entries {
        let raw = member.get();
        if !is_container(raw) {
            continue;
        }
        let key = plain(key);
        let mut there = inside.clone();
        if REQUEST_KEYS.contains(&key.as_str()) {
            there.side = Some(Side::Sent);
        } else if ANSWER_KEYS.contains(&key.as_str()) {
            there.side = Some(Side::Answered);
        }
        // A line that was cut says nothing whole.
        if raw.starts_with('"') && !BODY_KEYS.contains(&key.as_str()) && there.side == inside.side {
            there.side = None;
        }
        value(raw, place, &there, found);
    }
    // `{"code":401,"message":…}`: a gateway's word, known only by where it stands.
    if found.len() == before && here.side == Some(Side::Answered) && (has("code") || has("message"))
    {
        found.push(answer(raw, place, here));
    }
}

/// A transaction and its input, or so much of an envelope that only the input was forgotten. Names as [`plain`] has them.
fn is_envelope(names: &[String]) -> bool {
    let has = |name: &&str| names.iter().any(|key| key == name);
    let others = ENVELOPE.iter().filter(|name| has(name)).count();
    has(&"infno") && (has(&"input") && others > 0 || others > 2)
}

fn answer(raw: &str, place: &str, here: &Here) -> Piece {
    Piece::Answer {
        place: place.to_owned(),
        around: here.around.clone(),
        body: raw.to_owned(),
    }
}

/// Takes what a member says of what surrounds it.
fn note(key: &str, raw: &str, here: &mut Here) {
    let around = &mut here.around;
    let scalar = || match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(raw).ok(),
        Some(b'{' | b'[') | None => None,
        _ => Some(raw.to_owned()),
    };
    match key {
        _ if TIME_KEYS.contains(&key) => {
            if let Some(at) = scalar().as_deref().and_then(instant) {
                around.at = Some(at);
            }
        }
        "url" | "uri" | "path" | "requesturl" | "requesturi" => {
            if let Some(url) = scalar() {
                around.path = Some(path_of(&url).to_owned());
            }
        }
        "headers" | "header" | "requestheaders" => headers(raw, around),
        "status" | "statuscode" | "httpstatus" => {
            let status = scalar().and_then(|text| text.parse::<u16>().ok());
            around.status = status.filter(|status| (100..600).contains(status));
        }
        "infno" => around.infno = scalar().map(|text| InfNo::new(text.trim())),
        "direction" => {
            here.side = match scalar().as_deref() {
                Some("request") => Some(Side::Sent),
                Some("response" | "answer") => Some(Side::Answered),
                _ => here.side,
            };
        }
        "encoding" => here.base64 = scalar().as_deref() == Some("base64"),
        _ => {}
    }
}

/// Headers as an object, or as a list of names and values.
fn headers(raw: &str, around: &mut Around) {
    let mut add = |name: &str, value: String| {
        around
            .headers
            .insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    };
    let text = |raw: &RawValue| {
        serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
    };
    if let Ok(Entries(entries)) = serde_json::from_str(raw) {
        for (name, value) in entries {
            add(&name, text(value));
        }
    } else if let Ok(list) = serde_json::from_str::<Vec<Entries<'_>>>(raw) {
        for Entries(entries) in list {
            let member = |name: &str| {
                let (_, value) = entries
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
                Some(text(value))
            };
            if let (Some(name), Some(value)) =
                (member("name").or_else(|| member("key")), member("value"))
            {
                add(&name, value);
            }
        }
    }
}

/// Text inside a document: a document itself, or words with one in them.
fn quoted(text: &str, place: &str, here: &Here, found: &mut Vec<Piece>) {
    let decoded = here
        .base64
        .then(|| STANDARD.decode(text.trim()).ok())
        .flatten();
    let decoded = decoded.and_then(|bytes| Some(decode::text(&bytes)?.into_owned()));
    let text = decoded.as_deref().unwrap_or(text);
    let trimmed = text.trim();
    let speaks = trimmed.contains("infno") || trimmed.contains("infcode");
    if !speaks {
        if here.side == Some(Side::Answered) && !trimmed.is_empty() && here.around.status.is_some()
        {
            found.push(answer(text, place, here));
        }
        return;
    }
    if serde_json::from_str::<&RawValue>(trimmed).is_ok() {
        return value(trimmed, place, &deeper(here), found);
    }
    if trimmed.ends_with('…') || trimmed.ends_with("(cut)") {
        return found.push(Piece::Unread(Flaw::new(
            place,
            "录制时截断的报文 · a message that was cut when it was kept",
            "换一份完整的录制 · record it whole",
        )));
    }
    match here.side {
        Some(Side::Sent) if trimmed.starts_with('{') => found.push(Piece::Message {
            place: place.to_owned(),
            around: here.around.clone(),
            body: text.to_owned(),
        }),
        Some(Side::Answered) if trimmed.starts_with('{') => found.push(answer(text, place, here)),
        _ => found.extend(
            text::scan(text, place, &here.around)
                .groups
                .into_iter()
                .flatten(),
        ),
    }
}

/// A name without case, underscores and hyphens.
fn plain(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// `http://host:8080/hgs/2207?x=1` → `/hgs/2207`.
pub(super) fn path_of(url: &str) -> &str {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    };
    path.split(['?', '#']).next().unwrap_or_default()
}

/// An instant as logs and archives write it; without a zone it is China's.
pub(super) fn instant(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return match text.len() {
            10 => Some(Moment::from_epoch_ms(number * 1_000)),
            13 => Some(Moment::from_epoch_ms(number)),
            _ => None,
        };
    }
    if let Ok(at) = Moment::parse(text) {
        return Some(at);
    }
    let head = text.get(..19)?.replace(['T', '/'], " ");
    let head = match head.as_bytes()[4] {
        b' ' => head.replacen(' ', "-", 2),
        _ => head,
    };
    let at = Moment::parse_wire(&head).ok()?;
    let rest = &text[19..];
    let digits: String = rest
        .strip_prefix(['.', ','])
        .unwrap_or("")
        .chars()
        .take_while(char::is_ascii_digit)
        .take(3)
        .collect();
    let ms = if digits.len() == 3 {
        digits.parse().unwrap_or(0)
    } else {
        0
    };
    let zulu = rest.trim_end().ends_with('Z');
    let shift = if zulu { 8 * 3_600_000 } else { 0 };
    Some(at.plus_ms(ms + shift))
}

/// Members in their order, repeated ones too.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Entries<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let (_, raw) = self.0.iter().find(|(key, _)| key == name)?;
        Some(raw.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Reader).map(Entries)
    }
}
