//! 关账 · What a platform does not take back any more: an older settlement, last year's, a cleared one.
//!
//! Why here: treatment place and insured place ask this of their own books, by 2208, 2305 and 2601 alike, each by
//! the profile that the plan gives to its platform. What they never booked they have nothing to close.
//! Not here: whether a settlement stands at all (`rules`).

use crosswipe_domain::{FenceState, Moment, Name, Profile};
use crosswipe_wire::{Refusal, RefusalCode};

use crate::books::CLEARED;
use crate::deed::{Deed, Hop};
use crate::ledger::{Held, Ledger};

/// Asks whether an undo may still be booked.
///
/// # Errors
/// E-CLEARED, E-YEAR or E-LATER, in this order: the first two are for good, but for a clearing that the institution has
/// confirmed and can take back (3262).
pub(crate) fn check(
    ledger: &Ledger,
    profile: &Profile,
    now: Moment,
    hop: &Hop,
) -> Result<(), Refusal> {
    let Some((held, settled)) = undone(ledger, hop) else {
        return Ok(());
    };
    let refuse = |code, detail: String| Err(Refusal::new(code, detail));
    let mdtrt_id = held.row.facts.get("mdtrt_id").map_or("", Name::as_str);
    let confirmed = |cleared: &&Held| {
        cleared.row.status == "confirmed" && cleared.row.facts.get("setl_id") == Some(&held.row.id)
    };
    if let Some(cleared) = ledger.rows_of_visit(CLEARED, mdtrt_id).find(confirmed) {
        let by = &cleared.row.cause.msgid;
        return refuse(
            RefusalCode::Cleared,
            format!("清分已确认, 请先回退 (3262) {by}"),
        );
    }
    if let Some(clearing) = profile.clearing
        && clearing.after(settled) <= now
    {
        let since = clearing.after(settled);
        return refuse(RefusalCode::Cleared, format!("清算时间 {}", since.wire()));
    }
    if profile.refuses_last_year && settled.day().year() != now.day().year() {
        let year = settled.day().year();
        return refuse(RefusalCode::Year, format!("结算年度 {year}"));
    }
    if profile.refuses_older {
        let person = held.row.person.as_deref().unwrap_or_default();
        let later = ledger
            .standing_of_person("settlement", person)
            .find(|other| other.row.status == "settled" && other.turned > held.turned);
        if let Some(later) = later {
            return refuse(RefusalCode::Later, format!("setl_id {}", later.row.id));
        }
    }
    Ok(())
}

/// The settlement that an undo is about, if it stands here, and when it was made.
pub(crate) fn undone<'a>(ledger: &'a Ledger, hop: &Hop) -> Option<(&'a Held, Moment)> {
    let held = settlement(ledger, hop)?;
    let settled = ledger.group(held.born).first()?.at;
    Some((held, settled))
}

/// The settlement that an undo is about, if it stands here.
fn settlement<'a>(ledger: &'a Ledger, hop: &Hop) -> Option<&'a Held> {
    let held = match &hop.deed {
        Deed::Unsettle(unbill) => ledger.row("settlement", &unbill.setl_id),
        Deed::Reverse { omsgid, oinfno } => {
            let known = ledger
                .original(&hop.cause.origin, omsgid, oinfno)
                .one()
                .filter(|known| known.state == FenceState::Applied)?;
            ledger
                .rows_born_in(known.group, "settlement")
                .find(|held| held.row.person.as_deref() == Some(&hop.person))
        }
        _ => None,
    };
    held.filter(|held| held.row.status == "settled")
}
