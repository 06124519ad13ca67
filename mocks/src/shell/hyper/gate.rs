//! 自家网关 · The gateway before one mock party: takes its region's dialect off what comes, and puts it on what goes back.
//!
//! Why so: whoever speaks to a party must be able to fail at its gateway, so a party that has one is strict: key,
//! signature, clock, nonce and seal as its profile says. What is refused here has reached nobody. Without a gateway of its
//! own a party takes plain messages, as parties behind the front door do. An institution whose region names a platform of
//! before the cutover has a second line to that one, with a gateway as that one's profile says.
//! Not here: how a dialect is taken off (`admit`), which line is meant (`generation`), what the party does (`machine`).

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crosswipe_domain::{Moment, Profile};
use crosswipe_wire::Mode;
use crosswipe_wire::gateway::{Key, Nonces};

use super::admit::{Admitted, Head, NotAdmitted, Terms, admit};

/// 自家网关 · Whom a party lets in, and how, by line.
#[derive(Debug)]
pub struct Gate {
    new: Option<Line>,
    old: Option<Line>,
}

#[derive(Debug)]
struct Line {
    profile: Arc<Profile>,
    keys: [Key; 1],
    nonces: Mutex<Nonces>,
}

impl Gate {
    /// The gateways of a region's platform, and of that of before the cutover, for one institution's key; `None` = plain.
    pub fn new(new: Option<(Arc<Profile>, Key)>, old: Option<(Arc<Profile>, Key)>) -> Gate {
        let line = |(profile, key)| Line {
            profile,
            keys: [key],
            nonces: Mutex::default(),
        };
        Gate {
            new: new.map(line),
            old: old.map(line),
        }
    }

    /// A message as its party takes it, or the gateway's refusal; `None` where that line is plain.
    pub(super) fn take(
        &self,
        head: &Head,
        old: bool,
        body: &Bytes,
        now: Moment,
    ) -> Option<Result<Admitted, NotAdmitted>> {
        let line = if old { &self.old } else { &self.new };
        let line = line.as_ref()?;
        let terms = Terms {
            dialect: Some(line.profile.gateway.dialect),
            mode: Mode::Strict,
            keys: &line.keys,
        };
        let mut nonces = line.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = |_: &crosswipe_wire::Request<'_>| Arc::clone(&line.profile);
        Some(admit(&terms, &mut nonces, head, body, now, profile))
    }
}
