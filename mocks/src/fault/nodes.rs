//! 节点 · `stale-catalogue-mix`: a treatment place of several nodes, one of which still has the old catalogue.
//!
//! The old node does not know some lines of an upload and takes the rest; the settlement then goes on with what is
//! there, whatever total the hospital names. What it answers and books is right for the lines that it has.

use crosswipe_domain::{Money, Role};
use crosswipe_wire::{Members, Request};
use serde_json::value::RawValue;

use super::FaultOrder;
use super::trouble::{Arrival, Parcel, Scene, Trouble};

struct Stale {
    order: FaultOrder,
}

pub(super) fn stale(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Stale {
        order: order.clone(),
    })
}

impl Trouble for Stale {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if !scene.is_from_institution() {
            return Arrival::Taken;
        }
        let left_out = usize::try_from(self.order.number("lines")).unwrap_or(usize::MAX);
        if let Some((visit, body)) = without_lines(&carried.body, left_out)
            && scene.hits()
        {
            scene.board.mark(scene.which, visit);
            carried.body = body;
        } else if let Some(body) = with_own_total(scene, &carried.body) {
            carried.body = body;
        }
        Arrival::Taken
    }
}

/// An upload without its last lines, and its visit; `None` if none would be left, or it is no upload.
fn without_lines(body: &[u8], left_out: usize) -> Option<(String, Vec<u8>)> {
    let request = Request::parse(body).ok()?;
    let visit = request.node("feedetail")?.text("mdtrt_id")?.into_owned();
    let input = Members::parse(request.envelope.raw("input")?).ok()?;
    let list = input.raw("feedetail")?;
    let lines: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    let kept = lines.len().checked_sub(left_out).filter(|kept| *kept > 0)?;
    let kept: Vec<&str> = lines[..kept].iter().map(|line| line.get()).collect();
    let shorter = format!("[{}]", kept.join(","));
    let text = std::str::from_utf8(body).ok()?;
    Some((visit, text.replacen(list, &shorter, 1).into_bytes()))
}

/// A trial or settlement of a visit that lost lines, with the total of what is there.
fn with_own_total(scene: &Scene<'_>, body: &[u8]) -> Option<Vec<u8>> {
    let request = Request::parse(body).ok()?;
    let node = request.node("data")?;
    let visit = node.text("mdtrt_id")?;
    if !scene.board.is_marked(scene.which, &visit) {
        return None;
    }
    let sent = format!("\"medfee_sumamt\":{}", node.raw("medfee_sumamt")?);
    let ledger = scene.machine.ledger(Role::Treatment)?;
    let fen = ledger
        .rows_of_visit("fee-detail", &visit)
        .filter(|held| held.row.status == "charged")
        .filter_map(|held| held.row.amounts.get("det_item_fee_sumamt"))
        .sum();
    let own = format!("\"medfee_sumamt\":{}", Money::from_fen(fen));
    let text = std::str::from_utf8(body).ok()?;
    Some(text.replacen(&sent, &own, 1).into_bytes())
}
