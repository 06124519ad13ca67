//! 草稿 · What a caller hands in, and the text it becomes before it reaches the writer.
//!
//! Why so: turning a payload into canonical JSON costs more than writing it, so each caller does it on
//! its own thread; the one writer only chains hashes. The digest of a kept text is put into the payload
//! here and nowhere else, so the two cannot disagree.

use crosswipe_domain::{Moment, canonical_json, sha256_hex};

use crate::record::Payload;

/// 草稿 · A record to be: what happened, when, and the text to keep beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Business time.
    pub at: Moment,
    /// What happened. The digest of `message` inside it is filled in by the journal.
    pub payload: Payload,
    /// Masked text of the message (INTENT, COMP_INTENT) or reply (OUTCOME, COMP_OUTCOME), kept in a table of its own.
    pub message: Option<String>,
}

impl Draft {
    /// A draft without a text.
    pub fn new(at: Moment, payload: Payload) -> Draft {
        Draft {
            at,
            payload,
            message: None,
        }
    }
}

/// A draft in its final words, lacking only its place in the chain.
pub(crate) struct Prepared {
    pub(crate) at: Moment,
    pub(crate) at_text: String,
    pub(crate) json: String,
    pub(crate) payload: Payload,
    pub(crate) message: Option<String>,
}

impl Prepared {
    pub(crate) fn from(draft: Draft) -> Prepared {
        let Draft {
            at,
            mut payload,
            mut message,
        } = draft;
        let digest = message.as_ref().map(|text| sha256_hex(text.as_bytes()));
        if !set_digest(&mut payload, digest) {
            debug_assert!(
                message.is_none(),
                "{} has no place for the digest of a text",
                payload.kind()
            );
            message = None;
        }
        Prepared {
            at,
            at_text: at.to_string(),
            json: canonical_json(&payload),
            payload,
            message,
        }
    }
}

/// Puts the digest of the kept text into the payload (empty or absent where none is kept); false for kinds that
/// keep no text.
fn set_digest(payload: &mut Payload, digest: Option<String>) -> bool {
    match payload {
        Payload::Intent(intent) => intent.message = digest.unwrap_or_default(),
        Payload::CompIntent(intent) => intent.message = digest.unwrap_or_default(),
        Payload::Outcome(ended) | Payload::CompOutcome(ended) => ended.reply = digest,
        _ => return false,
    }
    true
}

/// The digest of the text that must stand beside this record, if one must.
pub(crate) fn digest_of(payload: &Payload) -> Option<&str> {
    let digest = match payload {
        Payload::Intent(intent) => Some(intent.message.as_str()),
        Payload::CompIntent(intent) => Some(intent.message.as_str()),
        Payload::Outcome(ended) | Payload::CompOutcome(ended) => ended.reply.as_deref(),
        _ => None,
    };
    digest.filter(|digest| !digest.is_empty())
}
