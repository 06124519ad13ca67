//! 必填项 · Whether a message carries what the interface catalogue demands, and numbers that are numbers.
//!
//! The tables are data of the interface crate; nothing is listed here but what tolerance forgives:
//! the four split amounts, which this platform computes itself, and the second name of the stay number.
//! A number of any field, used here or not, has at most 14 digits before the point, an amount at most 2 after it.

use crosswipe_domain::{Money, Quantity, UnitPrice};
use crosswipe_wire::{
    BadField, FieldKind, FieldSpec, Members, Need, NodeKind, NodeSpec, Refusal, RefusalCode,
    Request, catalogue,
};

/// Computed here, so that a missing or different sent value does no harm.
const COMPUTED: [&str; 4] = [
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
];
/// Names of the same field in different editions.
const ALIASES: [(&str, &str); 2] = [("ipt_no", "ipt_otp_no"), ("ipt_otp_no", "ipt_no")];

/// The bytes of a file (9101): one text, or a list of numbers.
const FILE: &str = "in";

/// Asks the catalogue.
///
/// # Errors
/// E-FIELD, naming node and field.
pub(super) fn check(request: &Request<'_>) -> Result<(), Refusal> {
    if request.msgid.is_empty() {
        return Err(Refusal::new(RefusalCode::Field, "msgid"));
    }
    let nodes = catalogue()
        .transaction(&request.infno)
        .map_or(&[][..], |transaction| &transaction.input);
    nodes.iter().try_for_each(|spec| check_node(request, spec))
}

fn check_node(request: &Request<'_>, spec: &NodeSpec) -> Result<(), Refusal> {
    let found = match spec.kind {
        NodeKind::Flat => vec![request.input.clone()],
        _ => request.nodes(spec.id),
    };
    if found.is_empty() && spec.required {
        return Err(Refusal::new(RefusalCode::Field, spec.id));
    }
    for node in &found {
        let missing = spec
            .fields
            .iter()
            .filter(|field| field.need == Need::Yes)
            .find(|field| !has(node, field.name));
        if let Some(field) = missing {
            return Err(Refusal::new(
                RefusalCode::Field,
                format!("{}.{}", spec.id, field.name),
            ));
        }
        if let Err(bad) = spec.fields.iter().try_for_each(|field| number(node, field)) {
            return Err(Refusal::new(
                RefusalCode::Field,
                format!("{}.{bad}", spec.id),
            ));
        }
    }
    Ok(())
}

/// A number as exact as its field is.
fn number(node: &Members<'_>, field: &FieldSpec) -> Result<(), BadField> {
    let FieldKind::Number { scale, .. } = field.kind else {
        return Ok(());
    };
    let name = field.name;
    match scale {
        0..=2 => node.money(name).map(|_: Option<Money>| ()),
        3..=4 => node.quantity(name).map(|_: Option<Quantity>| ()),
        _ => node.price(name).map(|_: Option<UnitPrice>| ()),
    }
}

fn has(node: &Members<'_>, name: &str) -> bool {
    let alias = ALIASES
        .iter()
        .find(|(one, _)| *one == name)
        .map(|(_, other)| *other);
    COMPUTED.contains(&name)
        || node.text(name).is_some()
        || name == FILE && node.raw(name).is_some_and(|raw| raw.starts_with('['))
        || alias.is_some_and(|alias| node.text(alias).is_some())
}

/// The first node that the catalogue names; the first element if it is a list.
pub(super) fn first_node<'a>(request: &Request<'a>) -> Members<'a> {
    let id = catalogue()
        .transaction(&request.infno)
        .and_then(|transaction| transaction.input.first())
        .map_or("data", |node| node.id);
    request.node(id).unwrap_or_default()
}

/// A mandatory text of a node.
pub(super) fn must<'a>(
    node: &Members<'a>,
    name: &str,
) -> Result<std::borrow::Cow<'a, str>, Refusal> {
    node.text(name)
        .ok_or_else(|| Refusal::new(RefusalCode::Field, name))
}
