//! 对账 · Settlements that were answered, and the totals of 3201 that must count them.
//!
//! Regions count what was undone differently: as two records, or as none. Whoever agrees with either has counted.

use std::collections::BTreeMap;

use crosswipe_domain::{Day, Moment, Money, Outcome};

use super::{Conform, Look, Scope};
use crate::check::Found;

/// 结算 · A settlement that its sender was told of.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) origin: String,
    pub(super) msgid: String,
    pub(super) mdtrt_id: String,
    pub(super) person: Option<String>,
    pub(super) undone: bool,
    pub(super) amounts: BTreeMap<String, Money>,
    insutype: Option<String>,
    clr_type: Option<String>,
    day: Option<Day>,
}

impl Conform {
    pub(super) fn totals(&mut self, look: &Look<'_, '_>, found: &mut Found) {
        match look.base() {
            "2207" | "2304" | "2102" => self.keep(look),
            "3201" if self.scope == Scope::Whole => self.count(look, found),
            _ => {}
        }
    }

    fn keep(&mut self, look: &Look<'_, '_>) {
        let Outcome::Ok { ids, amounts } = look.outcome else {
            return;
        };
        let Some(setl_id) = ids.get("setl_id") else {
            return;
        };
        let told = look.response.and_then(|response| response.node("setlinfo"));
        let told = |name: &str| Some(told.as_ref()?.text(name)?.into_owned());
        let at = told("setl_time").and_then(|time| Moment::parse_wire(&time).ok());
        let visit = ids.get("mdtrt_id").cloned();
        let settlement = Settlement {
            origin: look.origin(),
            msgid: look.request.msgid.trim().to_owned(),
            mdtrt_id: visit.or_else(|| look.text("mdtrt_id")).unwrap_or_default(),
            person: look.text("psn_no"),
            undone: false,
            amounts: amounts.clone(),
            insutype: told("insutype").or_else(|| look.text("insutype")),
            clr_type: told("clr_type"),
            day: at.map(Moment::day),
        };
        self.settled.insert(setl_id.clone(), settlement);
    }

    /// How many settlements the institution counts, against those that it was told of.
    fn count(&self, look: &Look<'_, '_>, found: &mut Found) {
        if found.findings.iter().any(|one| one.code == "period-form") {
            return;
        }
        let day = |name: &str| Day::parse(&look.text(name)?).ok();
        let (Some(from), Some(to)) = (day("stmt_begndate"), day("stmt_enddate")) else {
            return;
        };
        let counted = look.text("fixmedins_setl_cnt");
        let Some(counted) = counted.and_then(|text| text.parse::<u64>().ok()) else {
            return;
        };
        // Ordinary or refund records alone is a regional call of its own.
        if look.text(&look.profile.names.refund_flag).is_some() {
            return;
        }
        let same = |asked: Option<String>, is: &Option<String>| match (asked, is) {
            (Some(asked), Some(is)) => asked == *is,
            _ => true,
        };
        let origin = look.origin();
        let own = self.settled.values().filter(|one| {
            one.origin == origin
                && one.day.is_some_and(|day| from <= day && day <= to)
                && same(look.text("insutype"), &one.insutype)
                && same(look.text("clr_type"), &one.clr_type)
        });
        let (mut stand, mut undone) = (0, 0);
        for one in own {
            if one.undone {
                undone += 1;
            } else {
                stand += 1;
            }
        }
        if counted != stand && counted != stand + 2 * undone {
            let at = look.field("fixmedins_setl_cnt");
            let expected = match undone {
                0 => stand.to_string(),
                _ => format!("{stand} / {}", stand + 2 * undone),
            };
            found.add("counts-differ", at, expected, counted.to_string());
        }
    }
}
