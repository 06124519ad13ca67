//! 接口字段 · Holds field names in scenarios against the interface catalogue.
//!
//! Why so: an expectation on a field that no answer has can never hold, and a slip in its name would
//! only show in the window. A field that is *sent* may be unknown on purpose (a negative test), so
//! there it is a warning. The catalogue is data of `wire`.

use crosswipe_domain::{Both, Business, InfNo, both};
use crosswipe_wire::{NodeSpec, catalogue};

use crate::Problem;
use crate::codes;
use crate::nearest::suggest;
use crate::problem::Said;

/// The settlement of a visit: the message whose answer its expectations speak of.
pub(crate) fn settlement(business: Business) -> InfNo {
    InfNo::new(match business {
        Business::Inpatient => "2304",
        Business::Pharmacy => "2102",
        _ => "2207",
    })
}

/// What is known of a field that is expected of an answer.
pub(crate) enum Expected {
    /// An amount of money.
    Amount,
    /// Anything else.
    Other,
}

/// The field `path` (`node.field`) of the answer to `infno`.
///
/// # Errors
/// There is no such node, or no such field in it.
pub(crate) fn expected(infno: &InfNo, path: &Said<String>) -> Result<Expected, Box<Problem>> {
    let nodes = catalogue()
        .transaction(infno)
        .map_or(&[][..], |transaction| &transaction.output.nodes);
    let (node, field) = path.value.split_once('.').unwrap_or(("", &path.value));
    let Some(spec) = nodes.iter().find(|spec| spec.id == node) else {
        return Err(Box::new(unknown(
            path,
            both!(
                "`{infno}` 的应答没有节点 `{node}`",
                "the answer to `{infno}` has no node `{node}`"
            ),
            all_paths(nodes),
        )));
    };
    match spec.field(field) {
        Some(field) if field.is_amount() => Ok(Expected::Amount),
        Some(_) => Ok(Expected::Other),
        None => {
            let message = both!(
                "`{infno}` 应答的节点 `{node}` 没有字段 `{field}`",
                "the node `{node}` of the answer to `{infno}` has no field `{field}`"
            );
            Err(Box::new(unknown(path, message, all_paths(nodes))))
        }
    }
}

/// A warning if the input of `infno` has no field `name`.
pub(crate) fn sent(infno: &InfNo, name: &Said<String>) -> Option<Problem> {
    let nodes = &catalogue().transaction(infno)?.input;
    if nodes.iter().any(|node| node.field(&name.value).is_some()) {
        return None;
    }
    let known = nodes
        .iter()
        .flat_map(|node| &node.fields)
        .map(|field| field.name.to_owned())
        .collect();
    Some(
        unknown(
            name,
            both!(
                "`{infno}` 的入参没有字段 `{}`",
                "the input of `{infno}` has no field `{}`",
                name.value
            ),
            known,
        )
        .into_warning(),
    )
}

fn unknown(path: &Said<String>, message: Both, known: Vec<String>) -> Problem {
    let help = suggest(&path.value, known.iter().map(String::as_str));
    let none = || both!("这里没有字段可写", "there is no field to write here");
    path.at
        .error(codes::UNKNOWN_FIELD, message)
        .help(help.unwrap_or_else(none))
}

fn all_paths(nodes: &[NodeSpec]) -> Vec<String> {
    nodes
        .iter()
        .flat_map(|node| {
            node.fields
                .iter()
                .map(move |field| format!("{}.{}", node.id, field.name))
        })
        .collect()
}
