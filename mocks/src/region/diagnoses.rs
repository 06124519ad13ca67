//! 诊断 · What 2203, 2401, 2403 and 2402 say of a visit's diagnoses, and 5202, which shows them.
//!
//! They are a fact of the visit: a diagnosis has no undo of its own and goes with its visit. What is sent again replaces
//! what was sent before; those of a discharge count as long as it stands. Not here: the visit itself (`outpatient`,
//! `inpatient`).

use crosswipe_domain::Row;
use crosswipe_wire::{Members, ObjectText, Refusal, RefusalCode, list_text};
use serde_json::{Map, Value};

use super::{Ask, Region, fees, must};
use crate::answer::fact;
use crate::setup::Setup;

/// 诊断 on registration or admission.
const ADMITTED: &str = "diagnoses";
/// 出院诊断
const DISCHARGED: &str = "diagnoses_discharge";

/// What a diagnosis keeps of its message.
const KEPT: [&str; 9] = [
    "diag_type",
    "maindiag_flag",
    "diag_srt_no",
    "diag_code",
    "diag_name",
    "adm_cond",
    "diag_dept",
    "dise_dor_no",
    "dise_dor_name",
];

/// The diagnoses of a message as a fact of its visit; those that are marked as no longer valid are left out.
///
/// # Errors
/// E-FIELD for more of them than the region takes in one message.
pub(super) fn told(setup: &Setup, ask: &Ask<'_>) -> Result<Option<(String, String)>, Refusal> {
    let nodes = ask.request.nodes("diseinfo");
    if nodes.is_empty() {
        return Ok(None);
    }
    fees::within_lines(setup, ask, nodes.len())?;
    let valid = |node: &&Members<'_>| node.text("vali_flag").as_deref() != Some("0");
    let all: Vec<Value> = nodes.iter().filter(valid).map(kept).collect();
    let name = match ask.hop.infno().base() {
        "2402" => DISCHARGED,
        _ => ADMITTED,
    };
    Ok(Some((name.to_owned(), Value::Array(all).to_string())))
}

fn kept(node: &Members<'_>) -> Value {
    let text = |name: &str| Some((name.to_owned(), node.text(name)?.into_owned().into()));
    let time = node.text("diag_time");
    let time = time.map(|time| ("diag_time".to_owned(), time.into_owned().into()));
    let all: Map<String, Value> = KEPT
        .iter()
        .filter_map(|name| text(name))
        .chain(time)
        .collect();
    Value::Object(all)
}

impl Region {
    /// 5202: the diagnoses of a visit of this person at this institution.
    pub(super) fn diagnoses(&self, ask: &Ask<'_>) -> Result<String, Refusal> {
        let mdtrt_id = must(&ask.node, "mdtrt_id")?;
        let own = self.treatment.row("visit", &mdtrt_id).filter(|held| {
            let row = &held.row;
            !row.is_terminal()
                && row.person.as_deref() == Some(&ask.hop.person)
                && row.cause.origin == ask.hop.cause.origin
        });
        let unknown = || Refusal::new(RefusalCode::NoVisit, format!("mdtrt_id {mdtrt_id}"));
        let row = &own.ok_or_else(unknown)?.row;
        let admitted = listed(row, ADMITTED).into_iter().map(|one| ("1", one));
        let left = match row.status.as_str() {
            "discharged" => listed(row, DISCHARGED),
            _ => Vec::new(),
        };
        let all = admitted.chain(left.into_iter().map(|one| ("2", one)));
        let person = ask.hop.person.as_str();
        Ok(list_text(all.enumerate().map(|(at, (kind, one))| {
            shown((&mdtrt_id, person), at + 1, kind, &one)
        })))
    }
}

fn listed(row: &Row, name: &str) -> Vec<Value> {
    serde_json::from_str(fact(&row.facts, name)).unwrap_or_default()
}

fn shown((mdtrt_id, person): (&str, &str), at: usize, kind: &str, one: &Value) -> String {
    let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
    let number: u32 = text("diag_srt_no").trim().parse().unwrap_or_default();
    // An outpatient's diagnoses have no main flag: the first in order is it.
    let main = match text("maindiag_flag") {
        "" if number == 1 => "1",
        "" => "0",
        flag => flag,
    };
    let serial = mdtrt_id.get(20..).unwrap_or(mdtrt_id);
    let own = ObjectText::new()
        .text("diag_info_id", &format!("{serial}-{at}"))
        .text("mdtrt_id", mdtrt_id)
        .text("psn_no", person)
        .text("inout_diag_type", kind)
        .text("diag_type", text("diag_type"))
        .text("maindiag_flag", main)
        .number("diag_srt_no", number)
        .text("diag_code", text("diag_code"))
        .text("diag_name", text("diag_name"));
    let cond = Some(text("adm_cond")).filter(|cond| !cond.is_empty());
    own.opt_text("adm_cond", cond)
        .text("diag_dept", text("diag_dept"))
        .text("dise_dor_no", text("dise_dor_no"))
        .text("dise_dor_name", text("dise_dor_name"))
        .text("diag_time", text("diag_time"))
        .finish()
}
