//! 用例结果 · How the cases of a run went, by its records alone.
//!
//! Why so: a case that was begun and never finished, or checked nothing, could not be carried out, whatever it says.
//! Called by `window::coverage` and `review::held`. Not here: whether it was undone (`judge`).

use std::collections::BTreeMap;

use crosswipe_domain::CaseId;
use crosswipe_journal::{CaseResult, Payload, Record};

/// Cases that began, each with what it came to.
pub(crate) fn went(records: &[Record]) -> BTreeMap<&CaseId, CaseResult> {
    let mut results = BTreeMap::new();
    for record in records {
        match &record.payload {
            Payload::CaseStarted(started) => {
                results.insert(&started.case, CaseResult::Error);
            }
            Payload::CaseFinished(finished) => {
                let result = match finished.result {
                    CaseResult::Passed if finished.checks.is_empty() => CaseResult::Error,
                    other => other,
                };
                results.insert(&finished.case, result);
            }
            _ => {}
        }
    }
    results
}
