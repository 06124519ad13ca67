//! 路径 · Which transaction a path means, and where a transaction is sent to.
//!
//! Why so: one path for all, the number appended, one path per service with the platform's own misspellings, or the name
//! in a header: a client is sent on by whatever names the transaction, and the envelope has the last word.

use crosswipe_domain::InfNo;

use crate::catalogue;

/// 地址 · The path of a transaction by a profile's text, in which `{infno}` is the number and `{service}` the platform's
/// own path of it, misspellings included; `None` where no service of that name is known.
pub fn address(template: &str, infno: &InfNo) -> Option<String> {
    let path = template.replace("{infno}", infno.as_str());
    if !path.contains("{service}") {
        return Some(path);
    }
    let service = catalogue().transaction(infno)?.service_path?;
    // A number of another edition has a path of its own: `…UpA` of 2203A.
    let edition = &infno.as_str()[infno.base().len()..];
    Some(path.replace("{service}", &format!("{service}{edition}")))
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
