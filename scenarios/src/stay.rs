//! 住院 · Where the discharge of a stay comes: before its settlement, after it, or not yet (a settlement in mid-stay).
//!
//! Why so: `discharge_last` and `mid_stay` are two answers to one question, so they are read as one value and cannot
//! contradict each other; on any visit but a stay they would say something that nobody carries out, so they are refused.
//! Called by `steps` and `captures`. Not here: what a stay that was settled in its midst goes on with (`scope`).

use crosswipe_domain::{Both, Business, InfNo, both};

use crate::Discharge;
use crate::codes;
use crate::fields::Fields;
use crate::steps::Reader;

/// What a step can say of the discharge.
const KEYS: [&str; 2] = ["discharge_last", "mid_stay"];

impl Reader<'_, '_> {
    /// `discharge_last` and `mid_stay`; `unless` = what holds where neither is written.
    pub(crate) fn discharge(
        &self,
        fields: &Fields<'_>,
        business: Option<Business>,
        until: Option<&InfNo>,
        unless: Discharge,
    ) -> Option<Discharge> {
        let written = fields.has("discharge_last");
        let last = self.yes_no(fields, "discharge_last", unless == Discharge::Last);
        let mid_stay = self.yes_no(fields, "mid_stay", unless == Discharge::NotYet);
        let said = KEYS.into_iter().find(|key| fields.has(key));
        let (last, mid_stay) = (last?, mid_stay?);
        let wrong = |key: &str, message: Both, help: Both| {
            let at = fields.key_at(key).unwrap_or(&fields.at);
            let problem = at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
            None
        };
        match (said, business?) {
            (Some(key), business) if business != Business::Inpatient => wrong(
                key,
                both!(
                    "不是住院, 却写了 `{key}`",
                    "`{key}` on a visit that is no stay"
                ),
                both!("只用于 swipe: inpatient", "only for `swipe: inpatient`"),
            ),
            _ if mid_stay && last && written => wrong(
                "mid_stay",
                both!(
                    "`mid_stay` 与 `discharge_last` 同时写了",
                    "`mid_stay` and `discharge_last` at once"
                ),
                both!(
                    "中途结算不出院, 两者只写其一",
                    "a stay settled in its midst is not discharged: write one of them"
                ),
            ),
            _ if mid_stay && until.is_some_and(|until| until.base() == "2402") => wrong(
                "until",
                both!(
                    "`until` 写到出院, 而中途结算不办出院",
                    "`until` the discharge, but a settlement in mid-stay has none"
                ),
                both!(
                    "删去 mid_stay, 或把 until 改为 2301、2303、2304",
                    "drop `mid_stay`, or stop at 2301, 2303 or 2304"
                ),
            ),
            _ => Some(match (mid_stay, last) {
                (true, _) => Discharge::NotYet,
                (false, true) => Discharge::Last,
                (false, false) => Discharge::First,
            }),
        }
    }
}
