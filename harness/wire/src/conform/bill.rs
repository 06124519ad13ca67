//! 账单 · Fee lines, trial and settlement of a visit: they must agree with each other and with the platform's split.
//!
//! Only a visit whose beginning was seen is measured, and only as long as every upload has a known outcome: of the rest
//! nobody can say which lines the platform holds.

use std::collections::BTreeMap;

use crosswipe_domain::{Money, Outcome};

use super::{Conform, Look};
use crate::catalogue::{FieldKind, catalogue};
use crate::check::Found;
use crate::finding::Finding;

/// The amounts of a bill, and those of its lines that add up to them.
const SPLIT: [(&str, &str); 4] = [
    ("fulamt_ownpay_amt", "fulamt_ownpay_amt"),
    ("overlmt_selfpay", "overlmt_amt"),
    ("preselfpay_amt", "preselfpay_amt"),
    ("inscp_scp_amt", "inscp_scp_amt"),
];
/// A token may be a new one for each message.
const MAY_DIFFER: [&str; 1] = ["mdtrt_cert_no"];

/// 就诊 · What is known of a visit.
#[derive(Debug, Default)]
pub(super) struct Visit {
    /// A message whose outcome nobody knows, or that a part of it undid, left its lines uncertain.
    unsure: bool,
    lines: Vec<Line>,
    /// Fields of the last trial by batch (empty for a stay), since the lines last changed.
    trials: BTreeMap<String, BTreeMap<&'static str, String>>,
}

#[derive(Debug)]
struct Line {
    number: String,
    batch: String,
    fee: Money,
    /// As the platform split it; `None` where it did not say.
    split: Option<[Money; 4]>,
    /// The settlement that took it.
    setl_id: Option<String>,
}

impl Conform {
    pub(super) fn bill(&mut self, look: &Look<'_, '_>, found: &mut Found) {
        match look.base() {
            "2201" | "2401" => self.begin(look),
            "2204" => self.upload(look, "feedetail"),
            "2301" => self.upload(look, "feedetail"),
            "2205" | "2302" => self.withdraw(look),
            "2206" | "2303" => {
                self.measure(look, found);
                self.keep_trial(look);
            }
            "2207" | "2304" => {
                self.measure(look, found);
                self.against_trial(look, found);
                self.settle(look);
            }
            _ => {}
        }
    }

    fn begin(&mut self, look: &Look<'_, '_>) {
        if let Outcome::Ok { ids, .. } = look.outcome
            && let Some(id) = ids.get("mdtrt_id")
        {
            self.visits.insert(id.clone(), Visit::default());
        }
    }

    fn upload(&mut self, look: &Look<'_, '_>, node: &str) {
        let results = look.response.map(|response| response.nodes("result"));
        let results = results.unwrap_or_default();
        for line in look.request.nodes(node) {
            let text = |name: &str| line.text(name).map(|text| text.into_owned());
            let Some(visit) = text("mdtrt_id").and_then(|id| self.visits.get_mut(&id)) else {
                continue;
            };
            visit.trials.clear();
            match look.outcome {
                Outcome::Ok { .. } => {}
                Outcome::Refused { .. } => continue,
                Outcome::Unknown { .. } => {
                    visit.unsure = true;
                    continue;
                }
            }
            let (Some(number), Ok(Some(fee))) =
                (text("feedetl_sn"), line.money("det_item_fee_sumamt"))
            else {
                visit.unsure = true;
                continue;
            };
            let told = results
                .iter()
                .find(|told| told.text("feedetl_sn").as_deref() == Some(number.as_str()));
            let amount = |name: &str| told?.money(name).ok().flatten();
            let split = SPLIT.map(|(_, name)| amount(name));
            visit.lines.push(Line {
                number,
                batch: text("chrg_bchno").unwrap_or_default(),
                fee,
                split: split
                    .iter()
                    .all(Option::is_some)
                    .then(|| split.map(Option::unwrap_or_default)),
                setl_id: None,
            });
        }
    }

    /// One batch, one line, or with `0000` whatever is not settled.
    fn withdraw(&mut self, look: &Look<'_, '_>) {
        for node in look.request.nodes("data") {
            let text = |name: &str| node.text(name).map(|text| text.into_owned());
            let Some(visit) = text("mdtrt_id").and_then(|id| self.visits.get_mut(&id)) else {
                continue;
            };
            visit.trials.clear();
            match look.outcome {
                Outcome::Refused { .. } => continue,
                Outcome::Unknown { .. } => visit.unsure = true,
                Outcome::Ok { .. } => {
                    let batch = text("chrg_bchno").unwrap_or_default();
                    let number = text("feedetl_sn").unwrap_or_default();
                    let all = batch == "0000" || number == "0000";
                    let named = |line: &Line| {
                        let own = |asked: &str, is: &str| !asked.is_empty() && asked == is;
                        all || own(&number, &line.number) || own(&batch, &line.batch)
                    };
                    visit
                        .lines
                        .retain(|line| line.setl_id.is_some() || !named(line));
                }
            }
        }
    }

    /// Sum and split of a bill against the lines that it settles.
    fn measure(&self, look: &Look<'_, '_>, found: &mut Found) {
        let Some((visit, batch)) = self.visit_of(look) else {
            return;
        };
        let part_of_a_stay = look.text("mid_setl_flag").as_deref() == Some("1");
        let lines: Vec<&Line> = visit.lines_of(&batch).collect();
        if visit.unsure || lines.is_empty() || part_of_a_stay {
            return;
        }
        let Some(data) = look.request.node("data") else {
            return;
        };
        let sum = |each: &dyn Fn(&Line) -> Option<Money>| {
            let mut sum = Money::ZERO;
            for line in &lines {
                sum = sum.plus(each(line)?)?;
            }
            Some(sum)
        };
        let fees = sum(&|line| Some(line.fee));
        if let (Ok(Some(total)), Some(fees)) = (data.money("medfee_sumamt"), fees)
            && total != fees
        {
            found.add(
                "lines-sum",
                look.field("medfee_sumamt"),
                fees.to_string(),
                total.to_string(),
            );
        }
        for (at, (name, _)) in SPLIT.into_iter().enumerate() {
            let told = sum(&|line| Some(line.split?[at]));
            if let (Ok(Some(sent)), Some(told)) = (data.money(name), told)
                && sent != told
            {
                found.add(
                    "split-differs",
                    look.field(name),
                    told.to_string(),
                    sent.to_string(),
                );
            }
        }
    }

    fn visit_of(&self, look: &Look<'_, '_>) -> Option<(&Visit, String)> {
        let visit = self.visits.get(&look.text("mdtrt_id")?)?;
        Some((visit, look.text("chrg_bchno").unwrap_or_default()))
    }

    fn keep_trial(&mut self, look: &Look<'_, '_>) {
        let batch = look.text("chrg_bchno").unwrap_or_default();
        let visit = look.text("mdtrt_id");
        if let Some(visit) = visit.and_then(|id| self.visits.get_mut(&id))
            && look.is_ok()
        {
            visit.trials.insert(batch, fields(look));
        }
    }

    /// What the trial was asked with must be what is settled.
    fn against_trial(&self, look: &Look<'_, '_>, found: &mut Found) {
        let Some((visit, batch)) = self.visit_of(look) else {
            return;
        };
        let Some(trial) = visit.trials.get(&batch) else {
            return;
        };
        for (name, settled) in fields(look) {
            // A sum that is not that of its lines was told already.
            let told = |one: &Finding| one.code == "lines-sum" && one.path.field == name;
            if let Some(tried) = trial.get(name)
                && *tried != settled
                && !found.findings.iter().any(told)
            {
                found.add("trial-differs", look.field(name), tried, settled);
            }
        }
    }

    fn settle(&mut self, look: &Look<'_, '_>) {
        let batch = look.text("chrg_bchno").unwrap_or_default();
        let Some(visit) = look
            .text("mdtrt_id")
            .and_then(|id| self.visits.get_mut(&id))
        else {
            return;
        };
        match look.outcome {
            Outcome::Refused { .. } => {}
            Outcome::Unknown { .. } => visit.unsure = true,
            Outcome::Ok { ids, .. } => {
                visit.trials.remove(&batch);
                let setl_id = ids.get("setl_id").cloned().unwrap_or_default();
                for line in &mut visit.lines {
                    if line.setl_id.is_none() && (batch.is_empty() || line.batch == batch) {
                        line.setl_id = Some(setl_id.clone());
                    }
                }
            }
        }
    }

    /// A settlement was taken back: its lines may be settled again.
    pub(super) fn unsettle(&mut self, mdtrt_id: &str, setl_id: &str) {
        if let Some(visit) = self.visits.get_mut(mdtrt_id) {
            for line in &mut visit.lines {
                if line.setl_id.as_deref() == Some(setl_id) {
                    line.setl_id = None;
                }
            }
        }
    }

    /// Nobody can say any more what of a visit stands.
    pub(super) fn doubt(&mut self, mdtrt_id: &str) {
        if let Some(visit) = self.visits.get_mut(mdtrt_id) {
            visit.unsure = true;
        }
    }
}

impl Visit {
    /// Lines that are not settled: of a batch, or all of a stay.
    fn lines_of<'v>(&'v self, batch: &str) -> impl Iterator<Item = &'v Line> {
        let batch = batch.to_owned();
        self.lines
            .iter()
            .filter(move |line| line.setl_id.is_none() && (batch.is_empty() || line.batch == batch))
    }
}

/// Fields of the bill by name, each in one form; what names a person is left out.
fn fields(look: &Look<'_, '_>) -> BTreeMap<&'static str, String> {
    let (Some(data), Some(transaction)) = (
        look.request.node("data"),
        catalogue().transaction(&look.request.infno),
    ) else {
        return BTreeMap::new();
    };
    let specs = transaction.input.iter().flat_map(|node| &node.fields);
    let kept = specs.filter(|field| !field.personal && !MAY_DIFFER.contains(&field.name));
    let is_split = |name: &str| SPLIT.iter().any(|(split, _)| *split == name);
    kept.filter(|field| !is_split(field.name))
        .filter_map(|field| {
            let value = match field.kind {
                FieldKind::Number { .. } => data.money(field.name).ok()??.to_string(),
                _ => data.text(field.name)?.into_owned(),
            };
            Some((field.name, value))
        })
        .collect()
}
