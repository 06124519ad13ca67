//! 药店购药 · Inputs of 2101 and 2102: the whole purchase in one message.

use crosswipe_domain::VoucherUse;
use crosswipe_wire::{ObjectText, list_text};

use super::{Nodes, Visit};

/// 2101 预结算
pub(crate) fn price(visit: &Visit<'_>) -> Nodes {
    purchase(visit)
}

/// 2102 结算
pub(crate) fn settle(visit: &Visit<'_>) -> Nodes {
    purchase(visit)
}

/// A trial says what its settlement will say.
fn purchase(visit: &Visit<'_>) -> Nodes {
    let node = ObjectText::new().text("psn_no", visit.persona.no.reveal());
    let node = visit
        .credential(node, VoucherUse::Pharmacy)
        .text("begntime", &visit.began.wire())
        .money("medfee_sumamt", visit.total())
        .text("insutype", &visit.insutype)
        .text("acct_used_flag", if visit.account { "1" } else { "0" })
        .text("med_type", "41");
    let lines = visit.basket.iter().enumerate().map(|(index, line)| {
        ObjectText::new()
            .text("feedetl_sn", &visit.serial(index + 1))
            .text("rx_circ_flag", "0")
            .text("fee_ocur_time", &visit.began.wire())
            .text("med_list_codg", &line.code)
            .text("medins_list_codg", &line.code)
            .money("det_item_fee_sumamt", line.amount())
            .number("cnt", line.count)
            .number("pric", line.price)
            .finish()
    });
    vec![
        ("druginfo", node.finish()),
        ("drugdetail", list_text(lines)),
    ]
}
