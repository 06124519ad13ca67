//! 结果 · How a message ended: three values, never two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Money;

/// 结果 · `ok`, `refused` or `unknown`. Unknown covers timeout, reset, cut or unparsable answer, 5xx, an
/// answer to another message: only then may the effect be there or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The party answered success, with everything the interface promises.
    Ok {
        /// Ids that the answer gave, by interface name: `mdtrt_id`, `setl_id`, `sign_no`, …
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        ids: BTreeMap<String, String>,
        /// Amounts that the answer gave, by interface name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        amounts: BTreeMap<String, Money>,
    },
    /// The party answered a business refusal, or a gateway refused before execution.
    Refused {
        /// The stable code, e.g. `E-WINDOW`; `E-OTHER` where the peer's text names none.
        code: String,
        /// The peer's own words, masked.
        text: String,
    },
    /// Nobody can say yet.
    Unknown {
        /// What was seen instead of an answer, e.g. `connection reset`.
        why: String,
    },
}

impl Outcome {
    /// `ok`, `refused` or `unknown`.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Ok { .. } => "ok",
            Outcome::Refused { .. } => "refused",
            Outcome::Unknown { .. } => "unknown",
        }
    }

    /// True for `ok`.
    pub fn is_ok(&self) -> bool {
        matches!(self, Outcome::Ok { .. })
    }

    /// An id of an ok answer.
    pub fn id(&self, name: &str) -> Option<&str> {
        match self {
            Outcome::Ok { ids, .. } => ids.get(name).map(String::as_str),
            _ => None,
        }
    }
}
