//! 路径 · Which transaction a path means, and where a transaction is sent to.
//!
//! Why so: one path for all, the number appended, one path per service with the platform's own misspellings, or the name
//! in a header: a client is sent on by whatever names the transaction, and the envelope has the last word.

use crosswipe_domain::InfNo;

use crate::catalogue;

/// 路径样式 · How a client finds a transaction's address (interface §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStyle {
    /// One path for every transaction, e.g. `/fsi/api/rsfComIfsService/callService`.
    One(String),
    /// The number behind a base that ends with `/` or `-`, e.g. `/ebus/gdyb_api/fsprd/hsa/hgs/`.
    Appended(String),
    /// One path per service below a base, e.g. `/fsi/api/outpatientSettleService/saveSettletmentV2`.
    PerService(String),
}

impl PathStyle {
    /// The path of a transaction; `None` where no service of that name is known.
    pub fn path(&self, infno: &InfNo) -> Option<String> {
        match self {
            PathStyle::One(path) => Some(path.clone()),
            PathStyle::Appended(base) => Some(format!("{base}{infno}")),
            PathStyle::PerService(base) => {
                let service = catalogue().transaction(infno)?.service_path?;
                Some(format!("{}/{service}", base.trim_end_matches('/')))
            }
        }
    }
}

/// 路由 · What the address of a message says of its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routed {
    /// It names this one.
    To(InfNo),
    /// It names none: the envelope must.
    Open,
}

/// Reads the transaction from a path, or from `_api_name` where there is one.
pub fn route(path: &str, api_name: Option<&str>) -> Routed {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let by_name = api_name.and_then(named);
    let last = path.rsplit('/').next().unwrap_or_default();
    let found = by_name.or_else(|| named(last)).or_else(|| service(path));
    found.map_or(Routed::Open, Routed::To)
}

/// `2207`, `2207A`, `api_2207`, `hgs-2207`.
fn named(word: &str) -> Option<InfNo> {
    let tail = word.rsplit(['_', '-']).next().unwrap_or_default();
    let number = InfNo::new(&tail.to_ascii_uppercase());
    catalogue().transaction(&number).map(|_| number)
}

/// A service by its own path, whatever stands before it; `A` and `V2` variants are the same service.
fn service(path: &str) -> Option<InfNo> {
    let parts = |path: &str| -> Option<(String, String)> {
        let mut parts = path.rsplit('/');
        let (method, service) = (parts.next()?, parts.next()?);
        Some((service.to_ascii_lowercase(), plain(method)))
    };
    let wanted = parts(path)?;
    let all = catalogue().transactions();
    let mut found = all.filter(|one| one.service_path.and_then(parts).as_ref() == Some(&wanted));
    found.next().map(|one| InfNo::new(one.infno))
}

/// A method without its variant.
fn plain(method: &str) -> String {
    let method = method
        .strip_suffix("V2")
        .or(method.strip_suffix("V3"))
        .unwrap_or(method);
    let method = method.strip_suffix('A').unwrap_or(method);
    method.to_ascii_lowercase()
}
