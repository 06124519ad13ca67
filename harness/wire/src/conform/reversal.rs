//! 撤销与冲正 · Whether an undo names what it may undo, and whether 2601 was the right tool.

use crosswipe_domain::Outcome;

use super::{Conform, Look, Scope};
use crate::check::Found;
use crate::finding::Said;

impl Conform {
    /// 2208, 2305, 2103: the settlement must be one of this institution, visit and person, and stand.
    pub(super) fn undo(&mut self, look: &Look<'_, '_>, found: &mut Found) {
        if matches!(look.base(), "2202" | "2404")
            && look.is_ok()
            && let Some(visit) = look.text("mdtrt_id")
        {
            self.visits.remove(&visit);
        }
        if !matches!(look.base(), "2208" | "2305" | "2103") {
            return;
        }
        let Some(setl_id) = look.text("setl_id") else {
            return;
        };
        let Some(settlement) = self.settled.get(&setl_id) else {
            if self.scope == Scope::Whole {
                let at = look.field("setl_id");
                let expected = Said::words("应答给过的结算", "a settlement that was answered");
                found.add("undo-of-unknown", at, expected, setl_id);
            }
            return;
        };
        if settlement.origin != look.origin() {
            found.add(
                "undo-of-other-institution",
                look.field("setl_id"),
                settlement.origin.as_str(),
                look.origin(),
            );
        }
        if let Some(visit) = look.text("mdtrt_id")
            && visit != settlement.mdtrt_id
        {
            let at = look.field("mdtrt_id");
            found.add(
                "undo-of-other-visit",
                at,
                settlement.mdtrt_id.as_str(),
                visit,
            );
        }
        if let (Some(person), Some(own)) = (look.text("psn_no"), &settlement.person)
            && person != *own
        {
            let at = look.field("psn_no");
            found.add("undo-of-other-person", at, its_person(), another());
        }
        let (visit, msgid) = (settlement.mdtrt_id.clone(), settlement.msgid.clone());
        let origin = settlement.origin.clone();
        match look.outcome {
            Outcome::Refused { .. } => {}
            Outcome::Unknown { .. } => self.doubt(&visit),
            Outcome::Ok { .. } => {
                self.unsettle(&visit, &setl_id);
                if let Some(settlement) = self.settled.get_mut(&setl_id) {
                    settlement.undone = true;
                }
                if let Some(sent) = self.sent.get_mut(&(origin, msgid)) {
                    sent.undone = true;
                }
            }
        }
    }

    /// 2601: for what was sent, by its person, where nobody knows how it ended, once.
    pub(super) fn reverse(&mut self, look: &Look<'_, '_>, found: &mut Found) {
        if look.base() != "2601" {
            return;
        }
        let Some(original) = look.text("omsgid") else {
            return;
        };
        let key = (look.origin(), original.clone());
        let named = look.text("oinfno");
        let Some(sent) = self.sent.get(&key) else {
            if self.scope == Scope::Whole {
                let at = look.field("omsgid");
                found.add(
                    "reversal-of-unknown",
                    at,
                    Said::words("发过的 msgid", "a msgid that was sent"),
                    original,
                );
            }
            return;
        };
        // What may not be named at all names no other transaction.
        let from = found.findings.len();
        let barred = found
            .findings
            .iter()
            .any(|one| one.code == "reversal-not-allowed");
        if let Some(named) = named.as_ref().filter(|_| !barred)
            && named.trim_end_matches(|c: char| c.is_ascii_alphabetic()) != sent.infno
        {
            found.add(
                "reversal-infno",
                look.field("oinfno"),
                sent.infno.as_str(),
                named,
            );
        }
        if let (Some(person), Some(own)) = (look.text("psn_no"), &sent.person)
            && person != *own
        {
            let at = look.field("psn_no");
            found.add("reversal-psn-no", at, its_person(), another());
        }
        // Whoever names the wrong thing is told that, and not what would be said of the right one.
        let names_another = barred || found.findings.len() > from;
        if names_another {
        } else if sent.undone {
            let at = look.field("omsgid");
            found.add(
                "reversal-repeated",
                at,
                Said::words("还没撤的", "what stands"),
                Said::words("已经撤了", "undone already"),
            );
        } else if sent.known {
            found.add(
                "reversal-of-known",
                look.field("omsgid"),
                Said::words("结果未知的报文", "a message of unknown outcome"),
                Said::words("它已有应答", "it was answered"),
            );
        }
        let mine = |settlement: &super::Settlement| {
            settlement.origin == key.0 && settlement.msgid == key.1
        };
        let settled = self.settled.iter().find(|(_, one)| mine(one));
        let settled = settled.map(|(id, one)| (id.clone(), one.mdtrt_id.clone()));
        if !look.is_ok() {
            return;
        }
        if let Some(sent) = self.sent.get_mut(&key) {
            sent.undone = true;
        }
        if let Some((setl_id, visit)) = settled {
            self.unsettle(&visit, &setl_id);
            if let Some(settlement) = self.settled.get_mut(&setl_id) {
                settlement.undone = true;
            }
        }
    }
}

fn its_person() -> Said {
    Said::words("原来的人", "its person")
}

fn another() -> Said {
    Said::words("另一个人", "another person")
}
