//! 清除令 · Reads `purge:`: by whose order a party's owner takes the rows of the tests out of its books.
//!
//! Why strict: a declared purge is the one case in which history may be gone, so who ordered it, how, and from
//! which instant on are never a default. Called by `load`. Not here: what may be missing (`verify`).

use crosswipe_domain::{DeclaredPurge, Party, PurgeMethod, Topology, Window, both};

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{Problems, Said, noun};
use crate::words;

const METHODS: [(&str, PurgeMethod); 2] = [
    ("delete", PurgeMethod::Delete),
    ("restore", PurgeMethod::Restore),
];

/// The purges that the plan declares; `None` where one of them could not be read.
pub(crate) fn read_purge(
    plan: &Fields<'_>,
    topology: Option<&Topology>,
    window: Option<&Window>,
    problems: &Problems,
) -> Option<Vec<DeclaredPurge>> {
    let Some(node) = plan.optional("purge") else {
        return Some(Vec::new());
    };
    let read: Vec<Option<(Said<String>, DeclaredPurge)>> = items(node, problems)
        .iter()
        .map(|node| entry(node, topology, window, problems))
        .collect();
    let parties = read.iter().flatten().map(|(party, _)| party);
    words::report_duplicates(noun("清除", "purge of"), parties, problems);
    read.into_iter()
        .map(|entry| entry.map(|(_, purge)| purge))
        .collect()
}

fn entry(
    node: &Node,
    topology: Option<&Topology>,
    window: Option<&Window>,
    problems: &Problems,
) -> Option<(Said<String>, DeclaredPurge)> {
    let fields = Fields::of(node, noun("清除", "purge"), problems)?;
    let said = fields
        .required(
            "party",
            both!(
                "写上哪一方, 如 insured:330100",
                "name the party, e.g. insured:330100"
            ),
        )
        .and_then(|node| words::word(node, problems));
    let party = said
        .as_ref()
        .and_then(|said| party(said, topology, problems));
    let method = fields
        .required(
            "method",
            both!("写 delete 或 restore", "write delete or restore"),
        )
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::one_of(&said, noun("清除方式", "method"), &METHODS, problems));
    let by = fields
        .required("by", both!("写上下令的人", "name who ordered it"))
        .and_then(|node| words::prose(node, problems));
    let order = fields
        .required(
            "order",
            both!("写上文号或命令原文", "give the order's number or words"),
        )
        .and_then(|node| words::prose(node, problems));
    let at = fields
        .required(
            "at",
            both!("写上清除的时刻", "give the instant of the purge"),
        )
        .and_then(|node| words::instant(node, problems));
    fields.done();
    if let (Some(at), Some(opens)) = (&at, window.and_then(Window::start))
        && at.value < opens
    {
        let message = both!(
            "窗口开始之前的清除, 清不到测试数据",
            "a purge before the window opens can purge nothing of the tests"
        );
        let help = both!(
            "写窗口开始之后的时刻",
            "give an instant after the window opens"
        );
        problems.push(at.at.error(codes::OUTSIDE_WINDOW, message).help(help));
    }
    let purge = DeclaredPurge {
        party: party?,
        method: method?,
        by: by?.value,
        order: order?.value,
        at: at?.value,
    };
    Some((said?, purge))
}

fn party(said: &Said<String>, topology: Option<&Topology>, problems: &Problems) -> Option<Party> {
    let known: Vec<Party> = topology.map(Topology::parties).unwrap_or_default();
    let found = known.iter().find(|party| party.to_string() == said.value);
    if found.is_none() && topology.is_some() {
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        problems.push(words::unknown(
            codes::UNKNOWN_PARTY,
            noun("一方", "party"),
            said,
            names.iter().map(String::as_str),
        ));
    }
    found.cloned()
}
