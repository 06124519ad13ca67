//! 日志 · Messages of a run of ours, as its journal keeps them: masked, with how each ended.

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_domain::{Moment, MsgId, Outcome};
use crosswipe_journal::{Ended, Payload, read};

use super::{Around, Recorded};
use crate::complain::Trouble;

/// All exchanges of a run, oldest first.
///
/// # Errors
/// A journal that cannot be read or relied on.
pub(super) fn exchanges(dir: &Path) -> Result<Vec<Recorded>, Trouble> {
    let history = read(dir)?;
    let mut all: Vec<Recorded> = Vec::new();
    let mut open: BTreeMap<&MsgId, usize> = BTreeMap::new();
    for record in &history.records {
        let text = history.messages.get(&record.seq);
        match (&record.payload, text) {
            (Payload::Intent(intent), Some(text)) => {
                open.insert(&intent.msgid, all.len());
                all.push(sent(dir, record.seq, record.at, text));
            }
            (Payload::CompIntent(intent), Some(text)) => {
                open.insert(&intent.msgid, all.len());
                all.push(sent(dir, record.seq, record.at, text));
            }
            (Payload::Outcome(ended) | Payload::CompOutcome(ended), Some(text)) => {
                if let Some(at) = open.remove(&ended.msgid) {
                    all[at].answer = Some((status(ended), text.clone()));
                }
            }
            _ => {}
        }
    }
    Ok(all)
}

fn sent(dir: &Path, seq: u64, at: Moment, text: &str) -> Recorded {
    Recorded {
        place: format!("{}#{seq}", dir.display()),
        around: Around {
            at: Some(at),
            masked: true,
            ..Around::default()
        },
        request: text.to_owned(),
        answer: None,
    }
}

/// The journal keeps no status; where it mattered the outcome names it.
fn status(ended: &Ended) -> u16 {
    match &ended.outcome {
        Outcome::Unknown { why } => {
            let named = why.strip_prefix("HTTP ").and_then(|rest| rest.get(..3));
            named.and_then(|digits| digits.parse().ok()).unwrap_or(200)
        }
        _ => 200,
    }
}
