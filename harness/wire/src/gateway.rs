//! 网关 · The five dialects in which gateways carry the interface: headers, signatures, paths.
//!
//! Why so: the envelope is one for the whole country, the gateway before it is each region's own. Whether a message
//! comes from whom it says, and which transaction a path means, are pure questions about a head and some bytes, so they
//! are answered here, once, for the harness as client and for the mock platforms as server. Signatures of x-tif and CSB
//! do not cover the body; only Zhejiang's does.
//! Used by `runner` (as client) and `mocks` (as server). Not here: sockets, which keys a plan has, the envelope itself.

mod check;
mod path;
mod seal;
mod sign;

use std::fmt;

pub use check::{GatewayNote, GatewayRefusal, Nonces, Presented, Rules, check, head_alone};
pub use crosswipe_domain::Dialect;
pub use path::{Routed, address, route};
pub use seal::{
    is_signature, is_signed_answer, opened_answer, sealed, sealed_answer, sealed_request,
    signature, signed_answer, signs_its_input, unsealed,
};
pub use sign::{Outbound, sign};

/// The dialect that a head speaks, by the headers that only it has.
pub fn spoken(header: impl Fn(&str) -> Option<String>) -> Dialect {
    let has = |names: &[&str]| names.iter().any(|name| header(name).is_some());
    if has(&["x-tif-paasid", "x-tif-signature"]) {
        Dialect::XTif
    } else if has(&["_api_access_key", "_api_signature"]) {
        Dialect::Csb
    } else if has(&["x-ca-key", "x-ca-signature"]) {
        Dialect::Zhejiang
    } else if has(&["apikey"]) {
        Dialect::ApiKey
    } else {
        Dialect::Bare
    }
}

/// The header that names the key.
const fn key_header(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::XTif => Some("x-tif-paasid"),
        Dialect::Csb => Some("_api_access_key"),
        Dialect::Zhejiang => Some("x-ca-key"),
        Dialect::ApiKey => Some("apikey"),
        Dialect::Bare => None,
    }
}

/// 密钥 · The key of an institution at a gateway and its secret, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Public name, e.g. the `paasid` or access key.
    pub id: String,
    /// Whose it is: an institution's code; its own name where nothing else is said.
    pub owner: String,
    secret: String,
    /// 平台公钥 · What signatures of answers are checked with, uncompressed; `None` = that of a mock platform.
    platform: Option<Vec<u8>>,
}

impl Key {
    /// A key with its secret.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Key {
        let id = id.into();
        Key {
            owner: id.clone(),
            id,
            secret: secret.into(),
            platform: None,
        }
    }

    /// The same key as this institution's.
    pub fn of(self, institution: &str) -> Key {
        Key {
            owner: institution.to_owned(),
            ..self
        }
    }

    /// What a HIS engineer has to type; for whoever hands a key out.
    pub fn reveal_secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ***)", self.id)
    }
}
