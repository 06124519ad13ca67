//! 对总账 · 3201: the institution's sums against this platform's.
//!
//! Records and their negative mirrors both count, so a day that was wholly undone sums to zero. What
//! 2601 undid has no mirror and does not count at all. Institutions differ in whether they count records
//! or what is left of them; either number balances.

use std::collections::BTreeSet;

use crosswipe_domain::{Day, Money, Row};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, write_ok};

use super::{Ask, Region, must};
use crate::answer::{fact, money, sum};
use crate::machine::{Answer, Step};

#[derive(Default)]
struct Totals {
    medfee: Money,
    fund: Money,
    account: Money,
    records: i64,
    net: i64,
}

impl Region {
    pub(super) fn reconcile(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let day = |name: &str| {
            Day::parse(&must(&ask.node, name)?)
                .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))
        };
        let (from, to) = (day("stmt_begndate")?, day("stmt_enddate")?);
        self.ours_to_reconcile(ask, from)?;
        let ours = self.totals(ask, from, to)?;
        let amount = |name: &str| {
            ask.node
                .money(name)
                .map(Option::unwrap_or_default)
                .map_err(|e| Refusal::new(RefusalCode::Field, e.to_string()))
        };
        let theirs = (
            amount("medfee_sumamt")?,
            amount("fund_pay_sumamt")?,
            amount("acct_pay")?,
        );
        let count: i64 = must(&ask.node, "fixmedins_setl_cnt")?
            .parse()
            .map_err(|_| Refusal::new(RefusalCode::Field, "fixmedins_setl_cnt"))?;
        let counted = count == ours.records || count == ours.net;
        let codes = &self.profile().reconciliation;
        let (result, words) = match (theirs == (ours.medfee, ours.fund, ours.account), counted) {
            (true, true) => (&codes.balanced, "平"),
            (_, false) if count < ours.records => (&codes.platform_more, "中心多"),
            (_, false) => (&codes.institution_more, "机构多"),
            (false, true) => (&codes.amounts_differ, "金额不一致"),
        };
        let text = ObjectText::new()
            .text("setl_optins", self.code.as_str())
            .text("stmt_rslt", result);
        let words = format!(
            "{words} 中心: {} {} {} {}",
            ours.medfee, ours.fund, ours.account, ours.records
        );
        let node = ("stmtinfo", text.text("stmt_rslt_dscr", &words).finish());
        Ok(Step::Reply(Answer::ok(write_ok(
            &self.desk.receipt(ask.now),
            &[node],
        ))))
    }

    /// 只在原系统 · What was before the old platform stopped is reconciled there (`QJ8`), where the plan names one; the day
    /// of the stop has business of both.
    fn ours_to_reconcile(&self, ask: &Ask<'_>, from: Day) -> Result<(), Refusal> {
        let region = self.setup.topology.region(self.code);
        let named = region.is_some_and(|region| region.old.is_some());
        let stops = self.read(ask.now).old_stops().map(|stops| stops.day());
        match stops.filter(|stops| named && !self.is_old() && from < *stops) {
            Some(stops) => {
                let why = format!("stmt_begndate {from}, 新平台自 {stops} 起");
                Err(Refusal::new(RefusalCode::OldBooks, why))
            }
            None => Ok(()),
        }
    }

    fn totals(&self, ask: &Ask<'_>, from: Day, to: Day) -> Result<Totals, Refusal> {
        let (insutype, clr_type) = (must(&ask.node, "insutype")?, must(&ask.node, "clr_type")?);
        let profile = self.profile();
        let flag = match profile.names.refund_flag.as_str() {
            "" => None,
            name => ask.node.text(name),
        };
        let rows: Vec<&Row> = self
            .treatment
            .rows_of_kind("settlement")
            .map(|held| &held.row)
            .collect();
        let mirrored: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.status == "reversal")
            .map(|row| fact(&row.facts, "original"))
            .collect();
        let mut totals = Totals::default();
        for row in rows {
            let counts = matches!(row.status.as_str(), "settled" | "reversal")
                || mirrored.contains(row.id.as_str());
            let asked = row.cause.origin == ask.hop.cause.origin
                && fact(&row.facts, "insutype") == insutype
                && fact(&row.facts, "clr_type") == clr_type
                && flag
                    .as_deref()
                    .is_none_or(|flag| fact(&row.facts, "refd_setl_flag") == flag)
                && fact(&row.facts, "setl_time")
                    .get(..10)
                    .and_then(|text| Day::parse(text).ok())
                    .is_some_and(|day| from <= day && day <= to);
            if counts && asked {
                totals.medfee += money(&row.amounts, "medfee_sumamt");
                totals.fund += sum(&row.amounts, "fund_pay_sumamt", &profile.answers);
                totals.account += money(&row.amounts, "acct_pay");
                totals.records += 1;
                totals.net += if row.status == "reversal" { -1 } else { 1 };
            }
        }
        Ok(totals)
    }
}
