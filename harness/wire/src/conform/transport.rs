//! 传输 · What head and address of a message say against it: signature, clock, nonce, path.

use crosswipe_domain::{Gateway, InfNo};

use super::{Carried, Exchange};
use crate::check::{Found, path};
use crate::finding::{FieldPath, Said};
use crate::gateway::{GatewayNote, address};

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
    if let Some(carried) = &exchange.carried {
        carried_so(carried, &exchange.profile.gateway, infno, found);
    }
}

/// Whether it would have come to the region's gateway at all.
fn carried_so(carried: &Carried<'_>, gateway: &Gateway, infno: &InfNo, found: &mut Found) {
    if carried.dialect != gateway.dialect {
        let at = head("dialect", "网关方言");
        let (expected, actual) = (gateway.dialect.name(), carried.dialect.name());
        found.add("dialect-differs", at, expected, actual);
    }
    let Some(expected) = address(&gateway.path, infno) else {
        return;
    };
    // What stands before it is each network's own.
    let tail = |path: &str| match gateway.path.contains("{service}") {
        true => path
            .rsplit('/')
            .nth(1)
            .unwrap_or_default()
            .to_ascii_lowercase(),
        false => path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase(),
    };
    if !carried.path.is_empty() && tail(carried.path) != tail(&expected) {
        let at = head("path", "请求地址");
        found.add("address-differs", at, expected, carried.path);
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
        GatewayNote::UnknownKey => found.add(
            "key-unknown",
            key(),
            Said::words("平台发的密钥", "a key of the platform"),
            "",
        ),
        GatewayNote::Signature => {
            let expected = Said::words("按这一笔算出的签名", "that of this message");
            found.add("signature-wrong", signature(), expected, "")
        }
        GatewayNote::OtherEncoding => {
            let expected = Said::words("按发出的字节", "over the bytes sent");
            let actual = Said::words("按另一种编码", "over another encoding");
            found.add("signed-in-other-encoding", signature(), expected, actual);
        }
        GatewayNote::NoTimestamp => {
            let expected = Said::words("10 位秒或 13 位毫秒", "10 or 13 digits");
            found.add("timestamp-missing", timestamp(), expected, "");
        }
        GatewayNote::Skew(ms) => {
            let minutes = ms / MINUTE_MS;
            let actual = Said::words(format!("{minutes} 分钟"), format!("{minutes} min"));
            let expected = Said::words("30 分钟以内", "within 30 min");
            found.add("timestamp-outside", timestamp(), expected, actual);
        }
        GatewayNote::Nonce => found.add(
            "nonce",
            nonce(),
            Said::words("每笔一个新的", "a new one"),
            Said::words("用过", "used before"),
        ),
        GatewayNote::NonceForm => found.add(
            "nonce",
            nonce(),
            Said::words("1–36 个字符", "1 to 36 characters"),
            "",
        ),
        // One that has not even the form of a signature was told already.
        GatewayNote::Cainfo if found.has("cainfo-unverifiable") => {}
        GatewayNote::Cainfo => found.add(
            "cainfo-unverifiable",
            path("", None, "cainfo", "数字签名信息"),
            Said::words("对 input 的 SM2 签名", "an SM2 signature of input"),
            "",
        ),
    }
}

fn head(name: &str, zh: &'static str) -> FieldPath {
    path("http", None, name, zh)
}
