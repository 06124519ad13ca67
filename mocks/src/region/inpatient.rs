//! 住院 · 2401 to 2405 and 2301 to 2305: stay, fee lines, trial, settlement and their undo.
//!
//! 2402 may come before or after 2304: live clients discharge first, flow charts settle first.

use crosswipe_domain::{Moment, Span};
use crosswipe_wire::{Refusal, RefusalCode};

use super::outpatient::visit_facts;
use super::{Ask, Region, diagnoses, fees, must, window};
use crate::answer::fact;
use crate::deed::{Deed, Hop};
use crate::rules;

const STAY_FACTS: [&str; 10] = [
    "begntime",
    "mdtrt_cert_type",
    "med_type",
    "adm_dept_codg",
    "adm_dept_name",
    "adm_bed",
    "dscg_maindiag_code",
    "dscg_maindiag_name",
    "medrcdno",
    "psn_name",
];

impl Region {
    /// A stay at home that the notice wants settled, about to be cancelled.
    pub(super) fn kept_from_self_pay(&self, now: Moment, hop: &Hop) -> Option<Refusal> {
        let Deed::Cancel { mdtrt_id } = &hop.deed else {
            return None;
        };
        let held = self.treatment.row("visit", mdtrt_id)?;
        let stays = held.row.status == "admitted" && hop.span() == Span::Local;
        let began = Moment::parse_wire(fact(&held.row.facts, "begntime")).ok();
        window::past_self_pay(&self.read(now), began.filter(|_| stays)?, now)
    }

    pub(super) fn inpatient(&mut self, ask: &Ask<'_>, base: &str) -> Result<Deed, Refusal> {
        if base == "2401" {
            let insutype = must(&ask.node, "insutype")?.into_owned();
            let mut facts = visit_facts(ask, &STAY_FACTS);
            facts.extend(diagnoses::told(&self.setup, ask)?);
            return Ok(Deed::Register {
                mdtrt_id: self.issue(ask.now),
                insutype,
                facts,
            });
        }
        let mdtrt_id = must(&ask.node, "mdtrt_id")?.into_owned();
        rules::visit(&self.treatment, &ask.hop, &mdtrt_id)?;
        match base {
            "2402" => self.discharge(ask, mdtrt_id),
            "2403" => {
                let mut facts = visit_facts(ask, &STAY_FACTS);
                facts.extend(diagnoses::told(&self.setup, ask)?);
                Ok(Deed::Describe { mdtrt_id, facts })
            }
            "2404" => Ok(Deed::Cancel { mdtrt_id }),
            "2405" => Ok(Deed::Readmit { mdtrt_id }),
            "2301" => fees::charge(&self.setup, &self.treatment, ask, mdtrt_id),
            "2302" => fees::withdraw_lines(&self.treatment, ask, mdtrt_id),
            "2305" => self.unsettle(ask, mdtrt_id),
            _ => self.settle(ask, mdtrt_id),
        }
    }

    fn discharge(&self, ask: &Ask<'_>, mdtrt_id: String) -> Result<Deed, Refusal> {
        let bad = |why: &str| Refusal::new(RefusalCode::Field, why);
        let end = ask
            .node
            .moment("endtime")
            .map_err(|error| bad(&error.to_string()))?;
        let held = rules::visit(&self.treatment, &ask.hop, &mdtrt_id)?;
        let begin = held
            .row
            .facts
            .get("begntime")
            .and_then(|text| crosswipe_domain::Moment::parse_wire(text).ok());
        // A day alone is that whole day.
        let day_alone = ask
            .node
            .text("endtime")
            .is_some_and(|text| text.trim().len() <= 10);
        let before =
            |(begin, end): (crosswipe_domain::Moment, crosswipe_domain::Moment)| match day_alone {
                true => end.day() < begin.day(),
                false => end < begin,
            };
        if begin.zip(end).is_some_and(before) {
            return Err(bad("endtime 早于 begntime"));
        }
        let main = ask
            .request
            .nodes("diseinfo")
            .iter()
            .any(|node| node.text("maindiag_flag").as_deref() == Some("1"));
        if !main {
            return Err(bad("diseinfo.maindiag_flag: 无主诊断"));
        }
        let mut facts = visit_facts(
            ask,
            &["endtime", "dscg_dept_codg", "dscg_dept_name", "dscg_way"],
        );
        facts.extend(diagnoses::told(&self.setup, ask)?);
        Ok(Deed::Discharge { mdtrt_id, facts })
    }
}
