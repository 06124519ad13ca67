//! 验签 · Whether a message comes from whom it says, as a gateway would decide it.
//!
//! Why so: each check can be switched on its own, since a HIS engineer wants to get through first and be told later.
//! What a check that is off would have refused is a note. A refusal at the gateway is no business answer: nothing behind
//! it has seen the message, so it was definitely not executed.
//! A wrong signature is told apart from an unknown key, never what the right one would have been.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Gateway, GatewayCheck, Moment};

use super::{Dialect, Key, key_header, sign};

const MINUTE_MS: i64 = 60 * 1_000;

/// 检查项 · Which checks refuse; one that does not is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whoever is unknown is refused.
    pub key: bool,
    /// A wrong or missing signature is refused.
    pub signature: bool,
    /// A timestamp further off than this is refused, in ms.
    pub skew_ms: i64,
    /// A timestamp further off than this is noted, in ms.
    pub noted_skew_ms: i64,
    /// A nonce that was used before is refused.
    pub nonce: bool,
}

/// Further off than any clock: a timestamp that nobody refuses.
const NEVER_MS: i64 = 100 * 366 * 24 * 60 * MINUTE_MS;

impl Rules {
    /// Those of a region, to the letter: what its profile names is refused, the rest noted.
    pub fn strict(gateway: &Gateway) -> Rules {
        let refuses = |check| gateway.checks.contains(&check);
        let window = i64::from(gateway.clock_min) * MINUTE_MS;
        Rules {
            key: refuses(GatewayCheck::Key),
            signature: refuses(GatewayCheck::Signature),
            skew_ms: match refuses(GatewayCheck::Timestamp) {
                true => window,
                false => NEVER_MS,
            },
            noted_skew_ms: window,
            nonce: refuses(GatewayCheck::Nonce),
        }
    }

    /// Those of a region for a HIS that is new to it: clocks may be eight hours off, nonces be repeated.
    pub fn tolerant(gateway: &Gateway) -> Rules {
        let strict = Rules::strict(gateway);
        Rules {
            skew_ms: strict.skew_ms.max(Rules::TOLERANT.skew_ms),
            nonce: false,
            ..strict
        }
    }

    /// Lets clocks be eight hours off and nonces be repeated.
    pub const TOLERANT: Rules = Rules {
        key: true,
        signature: true,
        skew_ms: 8 * 60 * MINUTE_MS,
        noted_skew_ms: 30 * MINUTE_MS,
        nonce: false,
    };

    /// As gateways do it: half an hour, and no nonce twice.
    pub const STRICT: Rules = Rules {
        key: true,
        signature: true,
        skew_ms: 30 * MINUTE_MS,
        noted_skew_ms: 30 * MINUTE_MS,
        nonce: true,
    };
}

/// 来文 · A head and its bytes, as they came.
pub struct Presented<'a> {
    /// A header by its name in small letters.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body as it came.
    pub body: &'a [u8],
    /// The other bytes that its sender may have signed instead: the same text in GBK, where it came in UTF-8, or the
    /// other way round.
    pub other_body: Option<&'a [u8]>,
    /// When it came.
    pub now: Moment,
}

/// 提示 · What was let pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GatewayNote {
    /// Nobody knows the key.
    UnknownKey,
    /// The signature is wrong or missing.
    Signature,
    /// The signature is right for the same text in the other encoding.
    OtherEncoding,
    /// No timestamp can be read.
    NoTimestamp,
    /// The sender's clock is off by so many ms (positive: it is ahead).
    Skew(i64),
    /// The nonce was used before.
    Nonce,
    /// The nonce is missing or longer than 36 characters.
    NonceForm,
    /// `cainfo` is missing, or no signature of the input.
    Cainfo,
}

/// 网关拒绝 · The message goes no further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GatewayRefusal {
    /// What the gateway calls it.
    pub code: u16,
    /// In its own words.
    pub message: &'static str,
    /// What would have been noted, had the check been off.
    pub note: GatewayNote,
}

impl GatewayRefusal {
    const fn new(message: &'static str, note: GatewayNote) -> GatewayRefusal {
        GatewayRefusal {
            code: 401,
            message,
            note,
        }
    }

    /// That of a message whose `cainfo` does not sign its input.
    pub const fn unsigned() -> GatewayRefusal {
        let words = "cainfo 验签不通过 (cainfo does not sign the input)";
        GatewayRefusal::new(words, GatewayNote::Cainfo)
    }

    /// `{"code":401,"message":…}`: not the business envelope.
    pub fn body(&self) -> String {
        serde_json::json!({"code": self.code, "message": self.message}).to_string()
    }
}

/// 随机串 · Nonces that were used, as long as their timestamps would still pass; at most so many.
#[derive(Debug, Default)]
pub struct Nonces {
    seen: BTreeSet<(String, String)>,
    by_time: BTreeMap<(Moment, u64), (String, String)>,
    count: u64,
}

impl Nonces {
    /// Whoever floods us with new ones pushes out the oldest.
    const MOST: usize = 100_000;

    /// True if this key has not used it before.
    fn is_new(&mut self, key: &str, nonce: &str, now: Moment, keep_ms: i64) -> bool {
        let horizon = now.plus_ms(-keep_ms);
        while let Some(entry) = self.by_time.first_entry() {
            if entry.key().0 >= horizon && self.seen.len() < Nonces::MOST {
                break;
            }
            let name = entry.remove();
            self.seen.remove(&name);
        }
        let name = (key.to_owned(), nonce.to_owned());
        let new = self.seen.insert(name.clone());
        if new {
            self.count += 1;
            self.by_time.insert((now, self.count), name);
        }
        new
    }
}

/// Whether a gateway lets a message through; what it let pass, told.
///
/// # Errors
/// The refusal of a check that is on: an unknown key, a wrong or missing signature, a stale timestamp, a repeated nonce.
pub fn check(
    dialect: Dialect,
    rules: &Rules,
    keys: &[Key],
    nonces: &mut Nonces,
    message: &Presented<'_>,
) -> Result<Vec<GatewayNote>, GatewayRefusal> {
    let mut notes = Vec::new();
    let Some(name) = key_header(dialect) else {
        return Ok(notes);
    };
    let header = |name: &str| (message.header)(name).filter(|value| !value.is_empty());
    let mut off = |refuse: bool, note: GatewayNote, words: &'static str| {
        if refuse {
            return Err(GatewayRefusal::new(words, note));
        }
        notes.push(note);
        Ok(())
    };
    let presented = header(name);
    let key = match dialect {
        Dialect::ApiKey => keys
            .iter()
            .find(|key| Some(&key.secret) == presented.as_ref()),
        _ => keys.iter().find(|key| Some(&key.id) == presented.as_ref()),
    };
    let Some(key) = key else {
        let words = match presented {
            None => "缺少访问密钥 (access key missing)",
            Some(_) => "访问密钥不存在 (unknown access key)",
        };
        off(rules.key, GatewayNote::UnknownKey, words)?;
        return Ok(notes);
    };
    let stamp = match dialect {
        Dialect::XTif => header("x-tif-timestamp"),
        Dialect::Csb => header("_api_timestamp"),
        Dialect::Zhejiang => header("x-ca-signature")
            .and_then(|value| Some(value.split_once(':')?.0.trim().to_owned())),
        Dialect::ApiKey | Dialect::Bare => return Ok(notes),
    };
    let untold = match dialect {
        Dialect::Zhejiang if stamp.is_none() => untold_stamp(key, message),
        _ => None,
    };
    if untold.is_some() {
        off(
            rules.skew_ms < Rules::TOLERANT.skew_ms,
            GatewayNote::NoTimestamp,
            "时间戳缺失或无法读取 (no timestamp)",
        )?;
    }
    let stamp = stamp.or(untold);
    let nonce = header("x-tif-nonce").unwrap_or_default();
    match is_signed(
        dialect,
        key,
        &stamp.clone().unwrap_or_default(),
        &nonce,
        message,
    ) {
        Signed::Right => {}
        Signed::OtherEncoding => off(false, GatewayNote::OtherEncoding, "")?,
        Signed::Wrong => off(
            rules.signature,
            GatewayNote::Signature,
            "签名不一致 (wrong signature)",
        )?,
    }
    match stamp.as_deref().and_then(instant) {
        None => off(
            rules.signature,
            GatewayNote::NoTimestamp,
            "时间戳缺失或无法读取 (no timestamp)",
        )?,
        Some(at) => {
            let ahead = at.epoch_ms() - message.now.epoch_ms();
            if ahead.abs() > rules.noted_skew_ms.min(rules.skew_ms) {
                let stale = ahead.abs() > rules.skew_ms;
                off(
                    stale,
                    GatewayNote::Skew(ahead),
                    "时间戳超出有效期 (timestamp expired)",
                )?;
            }
        }
    }
    if dialect == Dialect::XTif {
        if nonce.is_empty() || nonce.chars().count() > 36 {
            off(
                rules.nonce,
                GatewayNote::NonceForm,
                "随机串格式不符 (bad nonce)",
            )?;
        }
        if !nonces.is_new(&key.id, &nonce, message.now, 2 * rules.skew_ms) {
            off(
                rules.nonce,
                GatewayNote::Nonce,
                "随机串重复 (nonce used before)",
            )?;
        }
    }
    Ok(notes)
}

/// What a head says against itself where nobody has its secret, as in a recording: no timestamp, one far off `now`
/// (where it is known when it was sent), a nonce of no form or used twice.
pub fn head_alone(
    dialect: Dialect,
    nonces: &mut Nonces,
    header: &dyn Fn(&str) -> Option<String>,
    sent: Option<Moment>,
) -> Vec<GatewayNote> {
    let value = |name: &str| header(name).filter(|value| !value.is_empty());
    let stamp = match dialect {
        Dialect::XTif => value("x-tif-timestamp"),
        Dialect::Csb => value("_api_timestamp"),
        Dialect::Zhejiang => value("x-ca-signature")
            .and_then(|value| Some(value.split_once(':')?.0.trim().to_owned())),
        _ => return Vec::new(),
    };
    let mut notes = Vec::new();
    match (stamp.as_deref().and_then(instant), sent) {
        (None, _) => notes.push(GatewayNote::NoTimestamp),
        (Some(at), Some(sent)) => {
            let ahead = at.epoch_ms() - sent.epoch_ms();
            if ahead.abs() > Rules::STRICT.skew_ms {
                notes.push(GatewayNote::Skew(ahead));
            }
        }
        (Some(_), None) => {}
    }
    if dialect == Dialect::XTif {
        let key = value("x-tif-paasid").unwrap_or_default();
        let nonce = value("x-tif-nonce").unwrap_or_default();
        let formed = (1..=36).contains(&nonce.chars().count());
        if !formed {
            notes.push(GatewayNote::NonceForm);
        } else if !nonces.is_new(&key, &nonce, Moment::from_epoch_ms(0), 0) {
            notes.push(GatewayNote::Nonce);
        }
    }
    notes
}

enum Signed {
    Right,
    /// As the same text in the other encoding.
    OtherEncoding,
    Wrong,
}

fn is_signed(
    dialect: Dialect,
    key: &Key,
    stamp: &str,
    nonce: &str,
    message: &Presented<'_>,
) -> Signed {
    let header = |name: &str| (message.header)(name).unwrap_or_default();
    let said = |right: bool| if right { Signed::Right } else { Signed::Wrong };
    match dialect {
        Dialect::XTif => {
            let right = sign::x_tif(key, stamp, nonce);
            said(same(
                &right,
                &header("x-tif-signature").to_ascii_lowercase(),
            ))
        }
        Dialect::Csb => {
            let (name, version) = (header("_api_name"), header("_api_version"));
            let right = sign::csb(
                key,
                [
                    ("_api_access_key", &key.id),
                    ("_api_name", &name),
                    ("_api_timestamp", stamp),
                    ("_api_version", &version),
                ],
            );
            said(same(&right, header("_api_signature").trim()))
        }
        Dialect::Zhejiang => {
            let value = header("x-ca-signature").to_ascii_uppercase();
            let given = value
                .split_once(':')
                .map_or(value.as_str(), |(_, given)| given);
            let right = |body: &[u8]| same(&sign::zhejiang(key, stamp, body), given.trim());
            match message.other_body {
                _ if right(message.body) => Signed::Right,
                Some(other) if right(other) => Signed::OtherEncoding,
                _ => Signed::Wrong,
            }
        }
        Dialect::ApiKey | Dialect::Bare => Signed::Right,
    }
}

/// How far from now a timestamp is looked for that was signed and not sent, and in how large a body.
const UNTOLD_S: i64 = 120;
const UNTOLD_BODY: usize = 32 << 10;

/// 未写的时间戳 · One of Zhejiang's clients signs a timestamp and sends the signature alone (interface §3.2 c): the second
/// of which it is the signature.
fn untold_stamp(key: &Key, message: &Presented<'_>) -> Option<String> {
    let given = (message.header)("x-ca-signature")?.to_ascii_uppercase();
    if given.contains(':') || message.body.len() > UNTOLD_BODY {
        return None;
    }
    let now = message.now.epoch_ms() / 1_000;
    let bodies = [Some(message.body), message.other_body];
    let right = |stamp: &String| {
        let mut bodies = bodies.iter().flatten();
        bodies.any(|body| same(&sign::zhejiang(key, stamp, body), given.trim()))
    };
    let around = (0..=UNTOLD_S).flat_map(|off| [now - off, now + off]);
    around.map(|second| second.to_string()).find(right)
}

/// Takes the same time however many characters agree.
fn same(right: &str, given: &str) -> bool {
    let differ = right.bytes().zip(given.bytes());
    let differ = differ.fold(0, |differ, (a, b)| differ | (a ^ b));
    right.len() == given.len() && differ == 0
}

/// Seconds (10 digits) or milliseconds (13 digits).
fn instant(stamp: &str) -> Option<Moment> {
    let digits = stamp.trim();
    let number: i64 = digits.parse().ok().filter(|number| *number > 0)?;
    match digits.len() {
        9..=11 => Some(Moment::from_epoch_ms(number * 1_000)),
        12..=14 => Some(Moment::from_epoch_ms(number)),
        _ => None,
    }
}
