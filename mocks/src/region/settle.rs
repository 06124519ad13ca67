//! 结算 · What the families share of trial, settlement and its undo, at the treatment place.
//!
//! Sums come from the lines as this place split them. A sent total that differs is refused (E-SPLIT);
//! the four sent split amounts are not compared, as many clients send 0 there.

use crosswipe_domain::{Business, Money, Name, Nature};
use crosswipe_wire::{Members, Refusal, RefusalCode};

use super::credential::voucher_fact;
use super::{Ask, Region, chronic, coded, must};
use crate::answer::{fact, money};
use crate::deed::{Bill, Deed, Unbill, negated};
use crate::ledger::{Facts, Held};
use crate::rules;
use crate::settlement::{Split, Sums};

/// Facts of the message that the settlement row keeps.
const KEPT: [&str; 6] = [
    "chrg_bchno",
    "med_type",
    "mdtrt_cert_type",
    "psn_setlway",
    "mid_setl_flag",
    "invono",
];

impl Region {
    /// 2206, 2207, 2303, 2304.
    pub(super) fn settle(&mut self, ask: &Ask<'_>, mdtrt_id: String) -> Result<Deed, Refusal> {
        let infno = ask.hop.infno();
        let business = infno.business().unwrap_or(Business::Outpatient);
        let trial = infno.nature() == Nature::Trial;
        let insutype = must(&ask.node, "insutype")?.into_owned();
        let (lines, sums) = self.unsettled(ask, &mdtrt_id, business)?;
        check_total(&ask.node, sums)?;
        if !trial && self.profile().split_must_agree {
            check_split(&ask.node, sums)?;
        }
        let account_used = ask.node.text("acct_used_flag").as_deref() == Some("1");
        let visit = rules::visit(&self.treatment, &ask.hop, &mdtrt_id)?;
        let mid_stay = ask.node.text("mid_setl_flag").as_deref() == Some("1");
        let in_hospital = business == Business::Inpatient && visit.row.status != "discharged";
        if !trial && !mid_stay && in_hospital && self.profile().discharge_first {
            return Err(RefusalCode::NotDisch.into());
        }
        let of_bill = || {
            lines
                .iter()
                .filter_map(|id| self.treatment.row("fee-detail", id))
        };
        let items = of_bill().map(|held| (fact(&held.row.facts, "med_list_codg"), split_of(held)));
        coded::check(&self.setup, items, account_used)?;
        let disease = match business {
            Business::Inpatient => None,
            _ => {
                let of_lines = of_bill().map(|held| &held.row.facts);
                chronic::disease_of(&ask.node, &visit.row.facts, of_lines)?
            }
        };
        let facts = settlement_facts(&ask.node, &visit.row.facts, &ask.now.wire());
        let setl_id = if trial {
            String::new()
        } else {
            self.issue(ask.now)
        };
        let tier = ask.institution.tier;
        Ok(Deed::Settle(Box::new(Bill {
            mdtrt_id,
            setl_id,
            insutype,
            lines,
            sums,
            tier,
            business,
            account_used,
            disease,
            trial,
            facts,
            dispensed: Default::default(),
            sale: None,
            settled: None,
        })))
    }

    /// The lines that a settlement would cover, and their sums: of the batch, or of the whole stay.
    fn unsettled(
        &self,
        ask: &Ask<'_>,
        mdtrt_id: &str,
        business: Business,
    ) -> Result<(Vec<Name>, Sums), Refusal> {
        let batch = match business {
            Business::Inpatient => None,
            _ => Some(must(&ask.node, "chrg_bchno")?),
        };
        let covered = |held: &&Held| {
            batch
                .as_deref()
                .is_none_or(|batch| fact(&held.row.facts, "chrg_bchno") == batch)
        };
        let (mut lines, mut sums, mut settled) = (Vec::new(), Sums::default(), false);
        for held in self
            .treatment
            .rows_of_visit("fee-detail", mdtrt_id)
            .filter(covered)
        {
            settled |= held.row.status == "settled";
            if held.row.status == "charged" {
                lines.push(held.row.id.clone());
                sums = sums + split_of(held);
            }
        }
        match (lines.is_empty(), settled) {
            (false, _) => Ok((lines, sums)),
            (true, true) => Err(Refusal::from(RefusalCode::Settled)),
            (true, false) => Err(Refusal::new(RefusalCode::Split, "没有未结算的费用明细")),
        }
    }

    /// 2208, 2305, 2103.
    pub(super) fn unsettle(&mut self, ask: &Ask<'_>, mdtrt_id: String) -> Result<Deed, Refusal> {
        let setl_id = must(&ask.node, "setl_id")?.into_owned();
        let row = &rules::settlement(&self.treatment, &ask.hop, &mdtrt_id, &setl_id)?.row;
        let (amounts, mut facts) = (negated(&row.amounts), row.facts.clone());
        let balance = Money::parse(fact(&facts, "balc")).unwrap_or_default()
            + money(&row.amounts, "acct_pay");
        facts.insert("setl_time", ask.now.wire());
        let mirror = self.issue(ask.now);
        Ok(Deed::Unsettle(Box::new(Unbill {
            mdtrt_id,
            setl_id,
            mirror,
            amounts,
            balance: balance.fen(),
            facts,
        })))
    }
}

/// A sent total is that of the lines, and nobody is settled for less than nothing.
pub(super) fn check_total(node: &Members<'_>, sums: Sums) -> Result<(), Refusal> {
    let sent = node
        .money("medfee_sumamt")
        .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))?;
    if sent != Some(sums.amount) || sums.amount < Money::ZERO {
        return Err(Refusal::new(
            RefusalCode::Split,
            format!("medfee_sumamt: 应为 {}", sums.amount),
        ));
    }
    Ok(())
}

/// The four sent split amounts are those of the lines.
fn check_split(node: &Members<'_>, sums: Sums) -> Result<(), Refusal> {
    let computed = [
        ("fulamt_ownpay_amt", sums.full),
        ("overlmt_selfpay", sums.over),
        ("preselfpay_amt", sums.upfront),
        ("inscp_scp_amt", sums.scope),
    ];
    for (name, amount) in computed {
        let sent = node
            .money(name)
            .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))?;
        if sent != Some(amount) {
            let why = format!("{name}: 应为 {amount}");
            return Err(Refusal::new(RefusalCode::Split, why));
        }
    }
    Ok(())
}

/// What a settlement row keeps of the message and of its visit.
pub(crate) fn settlement_facts(node: &Members<'_>, visit: &Facts, setl_time: &str) -> Facts {
    let mut facts: Facts = ["med_type", "mdtrt_cert_type", "begntime"]
        .iter()
        .filter_map(|name| Some((*name, visit.get(*name)?.clone())))
        .collect();
    facts.extend(
        KEPT.iter()
            .filter_map(|name| Some((*name, node.text(name)?.into_owned()))),
    );
    facts.insert("setl_time", setl_time.to_owned());
    facts.extend(voucher_fact(node));
    facts
}

fn split_of(held: &Held) -> Split {
    let amount = |name| money(&held.row.amounts, name);
    Split {
        amount: amount("det_item_fee_sumamt"),
        full: amount("fulamt_ownpay_amt"),
        over: amount("overlmt_amt"),
        upfront: amount("preselfpay_amt"),
        scope: amount("inscp_scp_amt"),
    }
}
