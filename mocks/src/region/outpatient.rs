//! 门诊 · 2201 to 2208: registration, diagnoses, fee lines, trial, settlement and their undo.

use crosswipe_wire::Refusal;

use super::credential::voucher_fact;
use super::{Ask, Region, diagnoses, fees, must};
use crate::deed::Deed;
use crate::ledger::Facts;
use crate::rules;

impl Region {
    pub(super) fn outpatient(&mut self, ask: &Ask<'_>, base: &str) -> Result<Deed, Refusal> {
        if base == "2201" {
            let insutype = must(&ask.node, "insutype")?.into_owned();
            let facts = visit_facts(
                ask,
                &[
                    "begntime",
                    "mdtrt_cert_type",
                    "psn_name",
                    "dept_code",
                    "dept_name",
                    "caty",
                ],
            );
            return Ok(Deed::Register {
                mdtrt_id: self.issue(ask.now),
                insutype,
                facts,
            });
        }
        let mdtrt_id = must(&ask.node, "mdtrt_id")?.into_owned();
        rules::visit(&self.treatment, &ask.hop, &mdtrt_id)?;
        match base {
            "2202" => Ok(Deed::Cancel { mdtrt_id }),
            "2203" => {
                let mut facts = visit_facts(ask, &["med_type", "dise_codg", "dise_name"]);
                facts.extend(diagnoses::told(&self.setup, ask)?);
                Ok(Deed::Describe { mdtrt_id, facts })
            }
            "2204" => fees::charge(&self.setup, &self.treatment, ask, mdtrt_id),
            "2205" => fees::withdraw_batch(&self.treatment, ask, mdtrt_id),
            "2208" => self.unsettle(ask, mdtrt_id),
            _ => self.settle(ask, mdtrt_id),
        }
    }
}

/// The named texts of a message's first node, and the institution's own number of the visit.
pub(super) fn visit_facts(ask: &Ask<'_>, names: &[&str]) -> Facts {
    let number = ask
        .node
        .text("ipt_otp_no")
        .or_else(|| ask.node.text("ipt_no"));
    let number = number.map(|text| ("ipt_otp_no", text.into_owned()));
    names
        .iter()
        .filter_map(|name| Some((*name, ask.node.text(name)?.into_owned())))
        .chain(number)
        .chain(voucher_fact(&ask.node))
        .collect()
}
