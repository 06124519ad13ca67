//! 目录对照 · 3301 and 3302: an institution says which item of the catalogue each of its own items is, and takes it back.
//!
//! The treatment place and the institution keep it, nobody behind them. What is no item of the catalogue cannot be
//! mapped: without a national code nothing is paid for it, by fund or account. A mapping is changed by taking the old
//! one back first. Not here: whether a fee line's item is in the catalogue (`fees`).

use crosswipe_wire::{Members, Refusal, RefusalCode};

use super::{Ask, Region, fees, must};
use crate::answer::fact;
use crate::books::MAPPING;
use crate::deed::Deed;
use crate::ledger::{Facts, Held, Ledger};
use crate::machine::Step;

use super::fees::fresh_id;

/// What a row keeps of its message; the first three say which mapping it is.
const KEPT: [&str; 6] = [
    "fixmedins_hilist_id",
    "list_type",
    "med_list_codg",
    "fixmedins_hilist_name",
    "begndate",
    "enddate",
];

impl Region {
    /// 3301, 3302: nothing goes on to another place.
    pub(super) fn map(&mut self, ask: Ask<'_>, digest: String) -> Step {
        let deed = match ask.request.infno.base() {
            "3301" => self.mapped(&ask),
            _ => self.unmapped(&ask),
        };
        self.done_here(ask, digest, deed)
    }

    fn mapped(&self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        let nodes = ask.request.nodes("data");
        fees::within_lines(&self.setup, ask, nodes.len())?;
        let mut before: Vec<String> = Vec::new();
        for node in &nodes {
            let code = must(node, "med_list_codg")?;
            let bad = |why: &str| {
                let why = format!("med_list_codg {code} {why}");
                Err(Refusal::new(RefusalCode::Field, why))
            };
            if self.setup.tariff(&code).is_none() {
                return bad("不在医保目录内, 无国家编码不予支付");
            }
            let name = name_of(&ask.hop.cause.origin, node);
            let stands = found(&self.treatment, &ask.hop.cause.origin, node)
                .is_some_and(|held| !held.row.is_terminal());
            if stands || before.contains(&name) {
                return bad("已对照, 请先撤销原对照");
            }
            before.push(name);
        }
        let rows = rows(&self.treatment, &ask.hop.cause.origin, &nodes);
        Ok(Deed::Map { rows })
    }

    fn unmapped(&self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        let held = found(&self.treatment, &ask.hop.cause.origin, &ask.node);
        let which = || fact_of(&ask.node, "fixmedins_hilist_id");
        match held {
            None => Err(Refusal::new(
                RefusalCode::NoVisit,
                format!("目录对照 {}", which()),
            )),
            Some(held) if held.row.is_terminal() => Err(Refusal::new(
                RefusalCode::Undone,
                format!("目录对照 {}", which()),
            )),
            Some(held) => Ok(Deed::Unmap {
                mapping: held.row.id.clone(),
            }),
        }
    }
}

fn fact_of(node: &Members<'_>, name: &str) -> String {
    node.text(name).unwrap_or_default().into_owned()
}

/// What a mapping is called as long as nothing else is.
fn name_of(origin: &str, node: &Members<'_>) -> String {
    let of = |name: &str| fact_of(node, name);
    let (own, kind, code) = (of(KEPT[0]), of(KEPT[1]), of(KEPT[2]));
    format!("{origin}/{kind}/{own}/{code}")
}

/// The rows of an upload, as treatment place and institution keep them.
pub(crate) fn rows(ledger: &Ledger, origin: &str, nodes: &[Members<'_>]) -> Vec<(String, Facts)> {
    let kept = |node: &Members<'_>| {
        let texts = KEPT.iter();
        let texts = texts.filter_map(|name| Some((*name, node.text(name)?.into_owned())));
        texts.collect()
    };
    let nodes = nodes.iter();
    nodes
        .map(|node| (fresh_id(ledger, MAPPING, name_of(origin, node)), kept(node)))
        .collect()
}

/// The mapping that a message is about: the one that stands, else the last that stood.
pub(crate) fn found<'l>(ledger: &'l Ledger, origin: &str, node: &Members<'_>) -> Option<&'l Held> {
    let same = |held: &&Held| {
        let row = &held.row;
        let named = KEPT[..3].iter();
        row.cause.origin == origin
            && named
                .clone()
                .all(|name| fact(&row.facts, name) == fact_of(node, name))
    };
    let all: Vec<&Held> = ledger.rows_of_kind(MAPPING).filter(same).collect();
    let stands = all.iter().find(|held| !held.row.is_terminal());
    stands.or_else(|| all.last()).copied()
}
