//! 药架 · Drugs that leave the hospital's shelf with a settlement, box by box.
//!
//! Each box has a trace code of its own: a code that is sold cannot be sold again. The shelf is counted from the opening
//! of the books on: what lay there before is nobody's concern, so a cell says how many boxes have left. The undo of the
//! settlement negates its group and with it both books.
//! Not here: the messages by which movements and sales are uploaded (3501–3506).

use std::collections::BTreeMap;

use crosswipe_domain::{CellKey, Quantity};

use crate::deed::Bill;
use crate::ledger::{Amounts, Draft, Facts, Ledger};
use crate::setup::Setup;

/// One box in the scale of quantities.
const BOX: i64 = 10_000;

/// Boxes of each drug among the lines of a settlement; a box that is broken open has left the shelf.
pub(super) fn dispensed(ledger: &Ledger, setup: &Setup, bill: &Bill) -> BTreeMap<String, i64> {
    let charged = bill.lines.iter();
    let charged = charged.filter_map(|id| Some(&ledger.row("fee-detail", id)?.row.facts));
    let sold = bill.sale.iter().flat_map(|sale| &sale.lines);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for facts in charged.chain(sold.map(|line| &line.facts)) {
        let fact = |name: &str| facts.get(name);
        let count = fact("cnt").and_then(|text| Quantity::parse(text).ok());
        if let (Some(item), Some(count)) = (fact("med_list_codg"), count)
            && setup.tariff(item).is_some_and(|tariff| tariff.drug)
        {
            *sums.entry(item.to_string()).or_default() += count.scaled();
        }
    }
    sums.retain(|_, sum| *sum > 0);
    sums.values_mut()
        .for_each(|sum| *sum = (*sum + BOX - 1) / BOX);
    sums
}

/// Takes the boxes of a settlement off the shelf.
pub(crate) fn dispense(ledger: &Ledger, bill: &Bill, draft: &mut Draft) {
    for (item, boxes) in &bill.dispensed {
        let shelf = CellKey::new("inventory", [("item", item.as_str())]);
        draft.move_count(shelf, -boxes);
        let sold = ledger
            .rows_of_kind("trace-code")
            .filter(|held| {
                held.row
                    .facts
                    .get("med_list_codg")
                    .is_some_and(|sold| sold == item)
            })
            .count();
        for number in (sold + 1..).take(usize::try_from(*boxes).unwrap_or(0)) {
            let code = format!("{item}{number:010}");
            let facts = Facts::from([
                ("med_list_codg", item.clone()),
                ("mdtrt_id", bill.mdtrt_id.clone()),
                ("setl_id", bill.setl_id.clone()),
            ]);
            draft.born("trace-code", &code, "sold", facts, Amounts::new());
            let cell = CellKey::new("trace-code", [("drug_trac_codg", code.as_str())]);
            draft.move_count(cell, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_box_has_left_the_shelf_and_each_box_has_a_code_of_its_own() {
        let whole = |scaled: i64| (scaled + BOX - 1) / BOX;
        assert_eq!((whole(1), whole(BOX), whole(BOX + 1)), (1, 1, 2));
    }
}
