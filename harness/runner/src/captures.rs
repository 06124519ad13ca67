//! 引用 · What the steps of a case were given, by the names under which later steps ask for it.
//!
//! Why so: whoever cancels at the counter names the settlement as its answer named it, so the ids of a step are kept
//! as they came; which of them a step may ask for was settled when the plan was read. Nothing here outlives the
//! process: a case that was cut short is undone from the journal alone, and no step of it is ever sent again.
//! Called by `case` and `play`. Not here: which ids a plan may name (`scenarios::captures`).

use std::collections::BTreeMap;

use bytes::Bytes;
use crosswipe_domain::{MsgId, Outcome};
use crosswipe_scenarios::{Capture, Given};

use crate::desk::Desk;
use crate::play::OnTheWay;
use crate::transport::Transport;
use crate::underway::Underway;

/// 引用 · Ids by step and name, and visits that later steps may go on with.
#[derive(Clone, Default)]
pub(crate) struct Captures<'d> {
    given: BTreeMap<String, BTreeMap<String, String>>,
    /// 应答 · Answers of steps that ended well, by step: amounts in them may be named.
    pub(crate) answers: BTreeMap<String, Bytes>,
    /// By the step that opened it.
    pub(crate) visits: BTreeMap<String, Underway<'d>>,
    /// Visits of the public, by the step that last took them on.
    pub(crate) played: BTreeMap<String, OnTheWay<'d>>,
    /// 经办事项 · Ids of what an office has begun, by the step that last touched it.
    pub(crate) items: BTreeMap<String, String>,
}

impl<'d> Captures<'d> {
    /// Takes in what a single message was answered.
    pub(crate) fn answered(&mut self, step: &str, msgid: &MsgId, outcome: &Outcome) {
        let given = self.given.entry(step.to_owned()).or_default();
        if let Outcome::Ok { ids, .. } = outcome {
            given.extend(ids.clone());
        }
        given.insert("msgid".to_owned(), msgid.to_string());
    }

    /// Takes in how far a visit was walked by a step; `root` opened it.
    pub(crate) fn walked<T: Transport>(
        &mut self,
        desk: &Desk<T>,
        root: &str,
        step: &str,
        way: Underway<'d>,
    ) {
        self.given.insert(step.to_owned(), ids(desk, &way));
        self.visits.insert(root.to_owned(), way);
    }

    /// A single line of a visit was withdrawn by a message with these fields.
    pub(crate) fn withdraw(&mut self, fields: &BTreeMap<String, String>) {
        let (visit, line) = (fields.get("mdtrt_id"), fields.get("feedetl_sn"));
        let of_visit = |way: &&mut Underway<'_>| Some(&way.visit.mdtrt_id) == visit;
        if let (Some(way), Some(line)) = (self.visits.values_mut().find(of_visit), line) {
            way.withdraw(line);
        }
    }

    /// Takes in what a branch has gathered.
    pub(crate) fn extend(&mut self, other: Captures<'d>) {
        self.given.extend(other.given);
        self.answers.extend(other.answers);
        self.visits.extend(other.visits);
        self.played.extend(other.played);
        self.items.extend(other.items);
    }

    /// The fields of a message with every capture looked up.
    ///
    /// # Errors
    /// The first capture that was never given.
    pub(crate) fn resolve(
        &self,
        with: &BTreeMap<String, Given>,
    ) -> Result<BTreeMap<String, String>, Capture> {
        let value = |given: &Given| match given {
            Given::Text(text) => Ok(text.clone()),
            Given::Captured(capture) => {
                let of_step = self.given.get(&capture.step);
                let id = of_step.and_then(|of_step| of_step.get(&capture.id));
                id.cloned().ok_or_else(|| capture.clone())
            }
        };
        let fields = with.iter();
        fields
            .map(|(name, given)| Ok((name.clone(), value(given)?)))
            .collect()
    }
}

/// What a visit gives as it stands.
fn ids<T: Transport>(desk: &Desk<T>, way: &Underway<'_>) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for name in ["mdtrt_id", "ipt_otp_no", "chrg_bchno", "setl_id"] {
        ids.extend(way.id(desk, name).map(|id| (name.to_owned(), id)));
    }
    let lines = 1..=way.visit.basket.len();
    ids.extend(lines.map(|line| (format!("feedetl_sn.{line}"), way.visit.serial(line))));
    let sent = way.sent.iter();
    ids.extend(sent.map(|(number, (_, msgid))| (format!("msgid.{number}"), msgid.to_string())));
    ids
}
