//! 药店购药 · 2101 to 2103: trial, settlement and its undo, each in one call.
//!
//! One message opens the visit, lists the drugs and settles them, so all of it is booked as one group: whoever takes the
//! settlement back (2103, or 2601 by message id) takes visit and lines back with it, and nothing is left to clean up.
//! Only a designated pharmacy (`P…`) sells so. Not here: what is paid (`settlement`), boxes and trace codes (`his::shelf`).

use crosswipe_domain::{Business, Money};
use crosswipe_wire::{Refusal, RefusalCode};

use super::outpatient::visit_facts;
use super::settle::settlement_facts;
use super::{Ask, Region, chronic, coded, fees, must};
use crate::answer::fact;
use crate::deed::{Bill, Deed, Sale};

/// What the visit of a sale keeps of its message.
const VISIT: [&str; 6] = [
    "begntime",
    "mdtrt_cert_type",
    "med_type",
    "dise_codg",
    "dise_name",
    "psn_name",
];

impl Region {
    pub(super) fn pharmacy(&mut self, ask: &Ask<'_>, base: &str) -> Result<Deed, Refusal> {
        if !ask.institution.code.is_pharmacy() {
            let why = format!("fixmedins_code {}: 不是定点零售药店", ask.institution.code);
            return Err(Refusal::new(RefusalCode::Field, why));
        }
        match base {
            "2103" => {
                let mdtrt_id = must(&ask.node, "mdtrt_id")?.into_owned();
                self.unsettle(ask, mdtrt_id)
            }
            _ => self.sell(ask, base == "2101"),
        }
    }

    fn sell(&mut self, ask: &Ask<'_>, trial: bool) -> Result<Deed, Refusal> {
        let insutype = must(&ask.node, "insutype")?.into_owned();
        let mdtrt_id = self.issue(ask.now);
        let lines = fees::sold(&self.setup, &self.treatment, ask, &mdtrt_id)?;
        let sums = lines.iter().map(|line| line.split).sum();
        super::settle::check_total(&ask.node, sums)?;
        if sums.amount == Money::ZERO {
            return Err(Refusal::new(RefusalCode::Split, "没有要结算的费用"));
        }
        let visit = visit_facts(ask, &VISIT);
        let account_used = ask.node.text("acct_used_flag").as_deref() == Some("1");
        let items = lines
            .iter()
            .map(|line| (fact(&line.facts, "med_list_codg"), line.split));
        coded::check(&self.setup, items, account_used)?;
        let of_lines = lines.iter().map(|line| &line.facts);
        let disease = chronic::disease_of(&ask.node, &visit, of_lines)?;
        let facts = settlement_facts(&ask.node, &visit, &ask.now.wire());
        let setl_id = match trial {
            true => String::new(),
            false => self.issue(ask.now),
        };
        Ok(Deed::Settle(Box::new(Bill {
            mdtrt_id,
            setl_id,
            insutype,
            lines: lines.iter().map(|line| line.id.clone()).collect(),
            sums,
            tier: ask.institution.tier,
            business: Business::Pharmacy,
            account_used,
            disease,
            trial,
            facts,
            dispensed: Default::default(),
            sale: Some(Sale { visit, lines }),
            settled: None,
        })))
    }
}
