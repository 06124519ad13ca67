//! 传输 · What head and address of a message say against it: signature, clock, nonce, path.

use crosswipe_domain::InfNo;

use super::Exchange;
use crate::check::{Found, path};
use crate::finding::FieldPath;
use crate::gateway::GatewayNote;

const MINUTE_MS: i64 = 60_000;

pub(super) fn check(exchange: &Exchange<'_>, infno: &InfNo, found: &mut Found) {
    if let Some(named) = exchange.named
        && named.base() != infno.base()
    {
        path_differs(named, infno, found);
    }
    for note in exchange.gateway {
        noted(note, found);
    }
}

pub(super) fn path_differs(named: &InfNo, infno: &InfNo, found: &mut Found) {
    let at = head("path", "请求地址");
    found.add("path-not-infno", at, infno.as_str(), named.as_str());
}

pub(super) fn noted(note: &GatewayNote, found: &mut Found) {
    let key = || head("key", "访问密钥");
    let signature = || head("signature", "签名");
    let timestamp = || head("timestamp", "时间戳");
    let nonce = || head("nonce", "随机串");
    match note {
        GatewayNote::UnknownKey => found.add("key-unknown", key(), "a key of ours", ""),
        GatewayNote::Signature => {
            found.add("signature-wrong", signature(), "that of this message", "")
        }
        GatewayNote::OtherEncoding => {
            let (expected, actual) = ("over the bytes sent", "over another encoding");
            found.add("signed-in-other-encoding", signature(), expected, actual);
        }
        GatewayNote::NoTimestamp => {
            found.add("timestamp-missing", timestamp(), "10 or 13 digits", "");
        }
        GatewayNote::Skew(ms) => {
            let actual = format!("{} min", ms / MINUTE_MS);
            found.add("timestamp-outside", timestamp(), "within 30 min", &actual);
        }
        GatewayNote::Nonce => found.add("nonce", nonce(), "a new one", "used before"),
        GatewayNote::NonceForm => found.add("nonce", nonce(), "1 to 36 characters", ""),
    }
}

fn head(name: &str, zh: &'static str) -> FieldPath {
    path("http", None, name, zh)
}
