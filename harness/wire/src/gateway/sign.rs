//! 签名 · What each dialect signs, and the headers that carry it.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswipe_domain::{InfNo, Moment};

use super::{Dialect, Key};

/// 待签 · What a signature may be about.
#[derive(Clone, Copy, Debug)]
pub struct Outbound<'a> {
    /// Transaction number; CSB signs it.
    pub infno: &'a InfNo,
    /// When it leaves.
    pub at: Moment,
    /// Never used before; x-tif signs it. 1–36 characters.
    pub nonce: &'a str,
    /// The bytes of the body as they leave; Zhejiang signs them.
    pub body: &'a [u8],
}

/// The version that CSB clients send.
const API_VERSION: &str = "1.0.0";

/// Headers of a message in a dialect, its signature among them; none where a dialect has none.
pub fn sign(dialect: Dialect, key: &Key, out: &Outbound<'_>) -> Vec<(&'static str, String)> {
    let seconds = (out.at.epoch_ms() / 1_000).to_string();
    match dialect {
        Dialect::XTif => vec![
            ("x-tif-paasid", key.id.clone()),
            ("x-tif-timestamp", seconds.clone()),
            ("x-tif-nonce", out.nonce.to_owned()),
            ("x-tif-signature", x_tif(key, &seconds, out.nonce)),
        ],
        Dialect::Csb => {
            let stamp = out.at.epoch_ms().to_string();
            let name = out.infno.as_str();
            let parameters = [
                ("_api_access_key", key.id.as_str()),
                ("_api_name", name),
                ("_api_timestamp", &stamp),
                ("_api_version", API_VERSION),
            ];
            let signature = csb(key, parameters);
            let mut headers: Vec<_> = parameters
                .map(|(name, value)| (name, value.to_owned()))
                .into();
            headers.push(("_api_signature", signature));
            headers
        }
        Dialect::Zhejiang => {
            let signature = zhejiang(key, &seconds, out.body);
            vec![
                ("x-ca-key", key.id.clone()),
                ("x-ca-signature", format!("{seconds}:{signature}")),
            ]
        }
        Dialect::ApiKey => vec![("apikey", key.secret.clone())],
        Dialect::Bare => Vec::new(),
    }
}

/// SHA-256 of timestamp, secret, nonce and timestamp, hex in small letters.
pub(super) fn x_tif(key: &Key, stamp: &str, nonce: &str) -> String {
    let signed = [stamp, &key.secret, nonce, stamp].concat();
    hex(&Sha256::digest(signed))
}

/// HMAC-SHA1 of the parameters by name, Base64.
pub(super) fn csb(key: &Key, mut parameters: [(&str, &str); 4]) -> String {
    parameters.sort_unstable();
    let joined = parameters.map(|(name, value)| format!("{name}={value}"));
    STANDARD.encode(mac::<Hmac<Sha1>>(key, &[joined.join("&").as_bytes()]))
}

/// HMAC-SM3 of timestamp, newline and body, hex in capitals.
pub(super) fn zhejiang(key: &Key, stamp: &str, body: &[u8]) -> String {
    hex(&mac::<Hmac<Sm3>>(key, &[stamp.as_bytes(), b"\n", body])).to_ascii_uppercase()
}

fn mac<M: Mac + KeyInit>(key: &Key, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key.secret.as_bytes())
        .expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
