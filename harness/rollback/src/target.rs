//! 所撤 · Which open τ an undo names, when a case asks for one.
//!
//! Why so: what a tester undoes at the counter and what the rollback undoes by itself are one thing, so that nothing is
//! undone twice: the ids that the undo carries say which τ it is, whoever wrote them. 2302 with a single line takes a
//! part of its upload: all parties must end with the same rest, and the rest is undone in the end.
//! Called by `runner` before it sends an undo of a case. Not here: whether it may be sent (`runner`).

use crosswipe_domain::{InfNo, TxId};

use crate::fold::{Fold, Tracked};

/// All fee lines of a visit.
const ALL: &str = "0000";

/// 所撤 · What an undo takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The τ.
    pub txid: TxId,
    /// True: only a part of it.
    pub part: bool,
}

impl Fold {
    /// The newest open τ of this institution that an undo with these fields names.
    pub fn named(
        &self,
        origin: &str,
        infno: &InfNo,
        field: impl Fn(&str) -> Option<String>,
    ) -> Option<Named> {
        let line = field("feedetl_sn");
        let part = infno.base() == "2302" && line.is_some_and(|line| line != ALL);
        let same = |txid: &TxId, name: &str| {
            let named = field(name);
            named.is_some() && named.as_deref() == self.id(txid, name)
        };
        let is_it = |txid: &TxId, tracked: &Tracked| match infno.base() {
            "2601" => {
                let (omsgid, oinfno) = (field("omsgid"), field("oinfno"));
                omsgid.as_deref() == Some(tracked.intent.msgid.as_str())
                    && oinfno.as_deref() == Some(tracked.intent.infno.base())
            }
            _ if tracked.intent.infno.cancelled_by().as_ref() != Some(infno) => false,
            "2208" | "2305" | "2103" => same(txid, "setl_id"),
            "2205" => {
                let all = field("chrg_bchno").as_deref() == Some(ALL);
                same(txid, "mdtrt_id") && (all || same(txid, "chrg_bchno"))
            }
            "2502" | "2504" | "2506" => same(txid, "trt_dcla_detl_sn"),
            "3262" => field("otransid").as_deref() == Some(tracked.intent.msgid.as_str()),
            "3302" => same(txid, "fixmedins_hilist_id") && same(txid, "med_list_codg"),
            _ => same(txid, "mdtrt_id"),
        };
        self.open()
            .filter(|(txid, tracked)| tracked.intent.origin == origin && is_it(txid, tracked))
            .max_by_key(|(_, tracked)| tracked.applied_seq.unwrap_or(tracked.seq))
            .map(|(txid, _)| Named {
                txid: txid.clone(),
                part,
            })
    }

    /// The open visit of this institution with this id: what merely describes it goes when it goes.
    pub fn visit(&self, origin: &str, mdtrt_id: &str) -> Option<TxId> {
        let opened = |txid: &TxId, tracked: &Tracked| {
            tracked.intent.origin == origin
                && matches!(tracked.intent.infno.base(), "2201" | "2401")
                && self.id(txid, "mdtrt_id") == Some(mdtrt_id)
        };
        self.open()
            .find(|(txid, tracked)| opened(txid, tracked))
            .map(|(txid, _)| txid.clone())
    }
}
