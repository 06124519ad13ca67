//! 贯标 · What has no national code is paid by nobody but the person: no fund pays an item, no personal account pays goods.
//!
//! The national codes are those of the 15 business code sets; which items have none is said by the treatment place's
//! catalogue. Asked of every trial and settlement, by the lines as they were split: an item that is wholly the person's
//! own anyway may be paid in cash. Institutions without a code are shut out by the notice itself (`window`).

use crosswipe_wire::{Refusal, RefusalCode};

use crate::settlement::Split;
use crate::setup::Setup;

/// Asks of the lines of a bill, item by item.
///
/// # Errors
/// E-UNCODED, naming the item and who does not pay it.
pub(super) fn check<'l>(
    setup: &Setup,
    lines: impl Iterator<Item = (&'l str, Split)>,
    account_used: bool,
) -> Result<(), Refusal> {
    for (item, split) in lines {
        let Some(tariff) = setup.tariff(item).filter(|tariff| !tariff.coded) else {
            continue;
        };
        let own = split.full == split.amount;
        let why = match (own, account_used) {
            (false, _) => "不进统筹; 可按自费上传 (hosp_appr_flag 2), 用现金",
            (true, true) => "不能刷个人账户; 请付现金 (acct_used_flag 0)",
            (true, false) => continue,
        };
        let why = format!("{item} {}: {why}", tariff.name);
        return Err(Refusal::new(RefusalCode::Uncoded, why));
    }
    Ok(())
}
