//! 先后 · Which open τ of a person comes first.
//!
//! Settlements first, newest applied first, across all institutions; then discharges, fee lines and
//! visits, newest first (rollback §3: 2208 → 2205 → 2202; 2305 → 2405 → 2302 → 2404). A settlement is
//! taken before its discharge even where the discharge came later, since a settled stay cannot be
//! re-opened.

use std::cmp::Reverse;

use crosswipe_journal::UndoPlan;

use crate::fold::Tracked;

/// The τ to undo first; what merely goes with another τ is never asked for.
pub(crate) fn first<'a>(open: impl Iterator<Item = &'a Tracked>) -> Option<&'a Tracked> {
    open.filter(|tracked| !tracked.closed && !matches!(tracked.intent.undo, UndoPlan::With { .. }))
        .min_by_key(|tracked| rank(tracked))
}

fn rank(tracked: &Tracked) -> (u8, Reverse<u64>) {
    let kind = match tracked.intent.infno.base() {
        _ if tracked.intent.infno.settles() => 0,
        "2402" => 1,
        "2204" | "2301" => 2,
        "2201" | "2401" => 3,
        _ => 4, // registrations last, after the visits that used them
    };
    (kind, Reverse(tracked.applied_seq.unwrap_or(tracked.seq)))
}
