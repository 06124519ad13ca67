//! 撤销与冲正 · Inputs of the messages that undo: 2208 2205 2202, 2305 2405 2302 2404, 2103,
//! 2502 2504 2506, and 2601.

use crosswipe_domain::{InfNo, MsgId, Persona};
use crosswipe_wire::{ObjectText, list_text};

use super::Nodes;

/// Withdraws every unsettled fee line of a stay (2302) at once.
pub(crate) const ALL_LINES: &str = "0000";

/// Why a registration is withdrawn.
const WHY: &str = "测试回退";

/// The input of an undo; `id` looks up what is known of the τ by interface name. `None` if the number is no undo of
/// ours or an id that it needs is not known.
pub(crate) fn compose(
    infno: &InfNo,
    persona: &Persona,
    undoes: (&MsgId, &InfNo),
    id: impl Fn(&str) -> Option<String>,
) -> Option<(Nodes, Vec<(&'static str, String)>)> {
    compose_in(ObjectText::new(), infno, persona, undoes, id)
}

/// As [`compose`], in an object that may hold something else instead of single fields.
pub(crate) fn compose_in(
    node: ObjectText,
    infno: &InfNo,
    persona: &Persona,
    undoes: (&MsgId, &InfNo),
    id: impl Fn(&str) -> Option<String>,
) -> Option<(Nodes, Vec<(&'static str, String)>)> {
    let names: &[&'static str] = match infno.base() {
        "2208" | "2305" | "2103" => &["setl_id", "mdtrt_id"],
        "2205" => &["mdtrt_id", "chrg_bchno"],
        "2202" => &["mdtrt_id", "ipt_otp_no"],
        "2405" | "2404" | "2302" => &["mdtrt_id"],
        "2502" | "2504" | "2506" => &["trt_dcla_detl_sn"],
        "2601" => &[],
        _ => return None,
    };
    let mut ids = Vec::new();
    let mut node = node.text("psn_no", persona.no.reveal());
    if infno.base() == "2302" {
        node = node.text("feedetl_sn", ALL_LINES);
    }
    if matches!(infno.base(), "2502" | "2504" | "2506") {
        node = node.text("memo", WHY);
    }
    if infno.base() == "2601" {
        node = node
            .text("omsgid", undoes.0.as_str())
            .text("oinfno", undoes.1.base());
        ids.push(("omsgid", undoes.0.to_string()));
    }
    for name in names {
        let value = id(name)?;
        node = node.text(name, &value);
        ids.push((*name, value));
    }
    let text = if infno.base() == "2302" {
        list_text([node.finish()])
    } else {
        node.finish()
    };
    Some((vec![("data", text)], ids))
}
