//! 自家网关 · The gateway before one mock party: takes its region's dialect off what comes, and puts it on what goes back.
//!
//! Why so: whoever speaks to a party must be able to fail at its gateway, so a party that has one is strict: key,
//! signature, clock, nonce and seal as its profile says. What is refused here has reached nobody. Without a gateway of its
//! own a party takes plain messages, as parties behind the front door do.
//! Not here: how a dialect is taken off (`admit`), what the party does with the message (`machine`).

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crosswipe_domain::{Moment, Profile};
use crosswipe_wire::Mode;
use crosswipe_wire::gateway::{Key, Nonces};

use super::admit::{Admitted, Head, NotAdmitted, Terms, admit};

/// 自家网关 · Whom a party lets in, and how.
#[derive(Debug)]
pub struct Gate {
    profile: Arc<Profile>,
    keys: [Key; 1],
    nonces: Mutex<Nonces>,
}

impl Gate {
    /// The gateway of a region for one institution's key.
    pub fn new(profile: Arc<Profile>, key: Key) -> Gate {
        Gate {
            profile,
            keys: [key],
            nonces: Mutex::default(),
        }
    }

    /// A message as its party takes it, or the gateway's refusal.
    pub(super) fn take(
        &self,
        head: &Head,
        body: &Bytes,
        now: Moment,
    ) -> Result<Admitted, NotAdmitted> {
        let terms = Terms {
            dialect: Some(self.profile.gateway.dialect),
            mode: Mode::Strict,
            keys: &self.keys,
        };
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = |_: &crosswipe_wire::Request<'_>| Arc::clone(&self.profile);
        admit(&terms, &mut nonces, head, body, now, profile)
    }
}
