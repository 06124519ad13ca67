//! 时期 · Which process of a run a party listens to: the newest it has heard of.
//!
//! Why so: a harness that was paused and superseded does not know it; its late messages must book nothing
//! anywhere. This is no book: nothing of it is exported. It is kept beside the books all the same, so that a
//! party that was restarted does not listen to the old process again.

use std::collections::BTreeMap;

use crosswipe_wire::{Context, Refusal, RefusalCode};
use serde::{Deserialize, Serialize};

/// 时期 · Newest epoch by run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epochs(BTreeMap<String, u64>);

impl Epochs {
    /// Refuses a process of an older epoch of the same run; remembers a newer one.
    ///
    /// # Errors
    /// E-STALE-EPOCH.
    pub(crate) fn check(&mut self, context: Option<&Context>) -> Result<(), Refusal> {
        let Some(context) = context else {
            return Ok(());
        };
        let known = self.0.get(&context.run).copied();
        if let Some(newest) = known.filter(|newest| context.epoch < *newest) {
            return Err(Refusal::new(
                RefusalCode::StaleEpoch,
                format!("{} < {newest}", context.epoch),
            ));
        }
        if known != Some(context.epoch) {
            self.0.insert(context.run.clone(), context.epoch);
        }
        Ok(())
    }
}
