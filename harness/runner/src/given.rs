//! 所给编号 · The ids that answers gave to this run's messages, each to one of them.
//!
//! Why so: an undo names an id. Had an answer of another message been believed, the undo would take back what somebody
//! else settled. So an answer that speaks of another visit than the message does, or that gives an id a second time,
//! belongs to another message, and nobody knows how this one ended. Asked by `deliver`; lives in memory only, since
//! nobody who takes a run over begins new business. Not here: what the interface promises of an answer (`wire::classify`).

use std::collections::BTreeMap;
use std::sync::Mutex;

use crosswipe_domain::{Outcome, TxId};

use crate::desk::lock;

/// Ids that a party issues for what a message begins.
const ISSUED: [&str; 3] = ["mdtrt_id", "setl_id", "trt_dcla_detl_sn"];

/// 所给编号 · Which business intent each id was given to.
#[derive(Default)]
pub(crate) struct Given(Mutex<BTreeMap<(&'static str, String), TxId>>);

impl Given {
    /// The outcome of a message that carries `ids`, as far as its answer can be its own.
    pub(crate) fn weigh(
        &self,
        txid: &TxId,
        carried: &BTreeMap<String, String>,
        outcome: Outcome,
    ) -> Outcome {
        let Outcome::Ok { ids, .. } = &outcome else {
            return outcome;
        };
        let mut given = lock(&self.0);
        for name in ISSUED {
            let Some(id) = ids.get(name) else {
                continue;
            };
            let own = match carried.get(name) {
                Some(sent) => sent == id,
                None => {
                    given
                        .entry((name, id.clone()))
                        .or_insert_with(|| txid.clone())
                        == txid
                }
            };
            if !own {
                let why = "the answer belongs to another message".to_owned();
                return Outcome::Unknown { why };
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ids: [(&str, &str); 2]) -> Outcome {
        Outcome::Ok {
            ids: ids
                .map(|(name, id)| (name.to_owned(), id.to_owned()))
                .into(),
            amounts: BTreeMap::new(),
        }
    }

    #[test]
    fn an_id_is_given_to_one_message_and_an_answer_speaks_of_the_visit_that_was_sent() {
        let given = Given::default();
        let (first, second) = (
            TxId::parse("a/1.2207").unwrap(),
            TxId::parse("a/2.2207").unwrap(),
        );
        let sent = |visit: &str| BTreeMap::from([("mdtrt_id".to_owned(), visit.to_owned())]);
        let settled = answer([("mdtrt_id", "v1"), ("setl_id", "s1")]);
        assert!(given.weigh(&first, &sent("v1"), settled.clone()).is_ok());
        assert!(
            given.weigh(&first, &sent("v1"), settled.clone()).is_ok(),
            "the same once more"
        );
        let of_first = given.weigh(&second, &sent("v1"), settled.clone());
        assert!(
            matches!(of_first, Outcome::Unknown { .. }),
            "an id of another settlement"
        );
        let other_visit = answer([("mdtrt_id", "v1"), ("setl_id", "s2")]);
        let of_other = given.weigh(&second, &sent("v2"), other_visit);
        assert!(matches!(of_other, Outcome::Unknown { .. }), "another visit");
        let own = answer([("mdtrt_id", "v2"), ("setl_id", "s2")]);
        assert!(given.weigh(&second, &sent("v2"), own).is_ok());
    }
}
