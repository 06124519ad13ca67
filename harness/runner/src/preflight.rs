//! 联通检查 · Asks everything that a plan's `preflight` wants to be reached, and says what was seen.
//!
//! Why so: each answer is one of three: passed, failed, or not checked, with a code and the values that were seen; a
//! question that could not be put is never a pass. What comes later on the way (a page) is not asked where what it
//! needs (an address) is not there, so that one cause reads as one failure.
//! Nothing is sent to a name that the plan does not declare, nor to an address other than the plan's own answers.
//! Called by `cli`. Not here: what the plan says (`scenarios`), words, tables and files (`cli`).

mod advice;
mod answer;
mod name;
mod port;
mod station;
mod tls;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosswipe_domain::{Moment, Topology};
use crosswipe_scenarios::{Operator, Preflight, Probe, Target};

use crate::Halt;
use crate::clock::{Stopwatch, real_now};

pub use advice::{Cause, advise};
pub use station::{Part, stationed};

/// 所见 · What a question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it must be; what was seen.
    Passed {
        /// In figures and names, no sentence.
        seen: String,
    },
    /// Not as it must be.
    Failed {
        /// Stable, e.g. `preflight:tcp-refused`; has its `explain` page.
        code: &'static str,
        /// What was seen.
        seen: String,
        /// What must be seen, where the plan says.
        wanted: String,
    },
    /// It could not be asked.
    Unchecked {
        /// Stable; has its `explain` page.
        code: &'static str,
        /// Why, as far as is known.
        why: String,
    },
}

/// 一问 · One question to one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Id of the target.
    pub target: String,
    /// What was asked.
    pub probe: Probe,
    /// Of what: a port, a server, a path.
    pub of: String,
    /// What it came to.
    pub found: Found,
    /// How long it took, in ms.
    pub took_ms: u64,
}

/// 问法 · How long to wait, and what is not in the plan's file.
#[derive(Clone, Debug)]
pub struct Asking {
    /// For each answer.
    pub patience: Duration,
    /// When the window ends: certificates must hold until then.
    pub until: Option<Moment>,
    /// The plan's institutions and their regions' profiles, for sign-ins.
    pub topology: Arc<Topology>,
    /// Who signs in: the one that `live` declares, if the plan has one.
    pub operator: Operator,
}

impl Found {
    /// True where it is as it must be.
    pub fn is_passed(&self) -> bool {
        matches!(self, Found::Passed { .. })
    }

    /// True where it is not as it must be.
    pub fn is_failed(&self) -> bool {
        matches!(self, Found::Failed { .. })
    }

    /// The code of what is not as it must be, or was not asked.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Found::Passed { .. } => None,
            Found::Failed { code, .. } | Found::Unchecked { code, .. } => Some(code),
        }
    }

    fn passed(seen: impl Into<String>) -> Found {
        Found::Passed { seen: seen.into() }
    }

    fn failed(code: &'static str, seen: impl Into<String>, wanted: impl Into<String>) -> Found {
        Found::Failed {
            code,
            seen: seen.into(),
            wanted: wanted.into(),
        }
    }

    fn unchecked(code: &'static str, why: impl Into<String>) -> Found {
        Found::Unchecked {
            code,
            why: why.into(),
        }
    }
}

/// All codes that [`Found`] can carry.
pub const CODES: &[&str] = &[
    name::SILENT,
    name::NO_NAME,
    name::OTHER,
    name::UNREADABLE,
    port::OTHER_NETWORK,
    port::NO_WAY,
    port::NO_PING,
    port::PING_SILENT,
    port::REFUSED,
    port::TCP_SILENT,
    NO_ADDRESS,
    NO_CONNECTION,
    tls::BROKEN,
    tls::UNTRUSTED,
    tls::EXPIRED,
    tls::EXPIRES,
    tls::BAD_CA,
    answer::BROKEN,
    answer::STATUS,
    answer::WORDS,
    answer::REFUSED,
    answer::UNCLEAR,
    answer::SKEW,
    answer::NO_TIME,
    station::TOO_FEW,
    station::TOO_LITTLE_MEMORY,
    station::TOO_LITTLE_ROOM,
    station::OTHER_SYSTEM,
    station::UNKNOWN,
];

const NO_ADDRESS: &str = "preflight:no-address";
const NO_CONNECTION: &str = "preflight:no-connection";

/// Asks all of these targets at once, each in the order of its way; told by target, then in that order.
///
/// # Errors
/// A task of ours broke.
pub async fn ask(targets: &[&Target], asking: &Asking) -> Result<Vec<Checked>, Halt> {
    let asked: Vec<_> = targets
        .iter()
        .map(|target| {
            let mut asked = Asked {
                target: (*target).clone(),
                asking: asking.clone(),
                checked: Vec::new(),
            };
            tokio::spawn(async move {
                asked.everything().await;
                asked.checked
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in asked {
        let checked = task.await.map_err(|error| Halt::Bug(error.to_string()))?;
        all.extend(checked);
    }
    Ok(all)
}

/// One target while it is asked.
struct Asked {
    target: Target,
    asking: Asking,
    checked: Vec<Checked>,
}

impl Asked {
    async fn everything(&mut self) {
        let target = self.target.clone();
        let address = self.address(&target).await;
        if let Some(network) = &target.from {
            let found = match address {
                Some(address) => port::route(address, network),
                None => no_address(),
            };
            self.tell(Probe::Route, network.to_string(), found, 0);
        }
        if target.ping {
            let watch = Stopwatch::start();
            let found = match address {
                Some(address) => port::ping(address, self.asking.patience).await,
                None => no_address(),
            };
            self.tell(Probe::Ping, target.host.clone(), found, watch.elapsed_ms());
        }
        for number in &target.tcp {
            let watch = Stopwatch::start();
            let found = match address {
                Some(address) => port::tcp(address, *number, self.asking.patience).await,
                None => no_address(),
            };
            self.tell(Probe::Tcp, number.to_string(), found, watch.elapsed_ms());
        }
        if let Some(tls) = &target.tls {
            let watch = Stopwatch::start();
            let found = match address {
                Some(address) => {
                    tls::check(
                        address,
                        &target.host,
                        tls,
                        self.asking.until,
                        self.asking.patience,
                    )
                    .await
                }
                None => no_address(),
            };
            self.tell(Probe::Tls, tls.port.to_string(), found, watch.elapsed_ms());
        }
        let mut skews = Vec::new();
        if let Some(page) = &target.page {
            let watch = Stopwatch::start();
            let (found, skew) = match address {
                Some(address) => answer::page(address, &target, page, self.asking.patience).await,
                None => (no_address(), None),
            };
            skews.extend(skew);
            let of = format!("{}{}", page.port, page.path);
            self.tell(Probe::Page, of, found, watch.elapsed_ms());
        }
        if let Some(sign_in) = &target.sign_in {
            let watch = Stopwatch::start();
            let topology = Arc::clone(&self.asking.topology);
            let institution = topology.institution(&sign_in.institution);
            let signer = institution.and_then(|institution| {
                let region = topology.region(institution.region)?;
                Some((institution, &*region.profile))
            });
            let (found, skew) = match (address, signer) {
                (Some(address), Some((institution, profile))) => {
                    let patience = self.asking.patience;
                    let operator = self.asking.operator.clone();
                    let signer = (institution, profile, &operator);
                    answer::sign_in(address, &target, sign_in, signer, patience).await
                }
                _ => (no_address(), None),
            };
            // The platform's own word counts before that of whatever serves its pages.
            skews.splice(0..0, skew);
            let of = format!("{} {}", sign_in.institution, sign_in.path);
            self.tell(Probe::SignIn, of, found, watch.elapsed_ms());
        }
        if let Some(most) = target.clock_ms {
            let found = match skews.first() {
                Some(skew) => answer::clock(*skew, most),
                None => Found::unchecked(answer::NO_TIME, String::new()),
            };
            self.tell(Probe::Clock, target.host.clone(), found, 0);
        }
    }

    /// The address to be spoken to: the host's own, or the first that its name leads to and the plan does not gainsay.
    async fn address(&mut self, target: &Target) -> Option<IpAddr> {
        if let Ok(address) = target.host.parse() {
            return Some(address);
        }
        let patience = self.asking.patience;
        let mut good = Vec::new();
        if target.servers.is_empty() {
            let watch = Stopwatch::start();
            let looked_up = name::by_system(&target.host, patience).await;
            let told = !target.answers.is_empty();
            let found = name::judged(&looked_up, &target.answers);
            if found.is_passed() {
                good.extend(looked_up.unwrap_or_default());
            }
            if told || !good.is_empty() || !found.is_passed() {
                self.tell(Probe::Dns, target.host.clone(), found, watch.elapsed_ms());
            }
        }
        for server in &target.servers {
            let watch = Stopwatch::start();
            let looked_up = name::by_server(&target.host, *server, patience).await;
            let took_ms = watch.elapsed_ms();
            let of = server.to_string();
            self.tell(Probe::Udp, of.clone(), name::heard(&looked_up), took_ms);
            let found = name::judged(&looked_up, &target.answers);
            if found.is_passed() {
                good.extend(looked_up.unwrap_or_default());
            }
            self.tell(Probe::Dns, of, found, took_ms);
        }
        good.into_iter().next()
    }

    fn tell(&mut self, probe: Probe, of: String, found: Found, took_ms: u64) {
        self.checked.push(Checked {
            target: self.target.id.clone(),
            probe,
            of,
            found,
            took_ms,
        });
    }
}

fn no_address() -> Found {
    Found::unchecked(NO_ADDRESS, String::new())
}

/// 可否发问 · Whether targets beyond this computer may be asked now: from the first phase to a day after the last began.
///
/// # Errors
/// Since when, or until when, they may.
pub fn may_ask(plan: &crosswipe_scenarios::Plan, now: Moment) -> Result<(), Closed> {
    const DAY_MS: i64 = 24 * 3_600_000;
    let phases = &plan.window.phases;
    let (Some(first), Some(last)) = (phases.first(), phases.last()) else {
        return Ok(());
    };
    let until = last.to.unwrap_or(last.from).plus_ms(DAY_MS);
    if now < first.from || now > until {
        return Err(Closed {
            from: first.from,
            until,
        });
    }
    Ok(())
}

/// 未到时候 · The window that does not hold now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// First instant at which peers may be asked.
    pub from: Moment,
    /// Last one.
    pub until: Moment,
}

/// All that is asked of the machine itself; `at` is where a run would be kept.
pub fn station(preflight: &Preflight, at: &Path) -> Vec<(Part, Found)> {
    stationed(&preflight.station, at)
}

/// Real time, for what is told.
pub fn now() -> Moment {
    real_now()
}

#[cfg(test)]
mod tests;
