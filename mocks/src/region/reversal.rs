//! 冲正 · 2601: undo of a message whose outcome the institution does not know.
//!
//! Always sent on along the whole path, also where this platform never saw the original: the insured
//! place may have applied what never came back here. Every party that never saw it keeps a tombstone.

use crosswipe_domain::{AdmDivision, Entry, FenceState, InfNo};
use crosswipe_wire::{Refusal, RefusalCode};

use super::{Ask, Region, must};
use crate::deed::Deed;

impl Region {
    pub(super) fn reversal(&self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        let (omsgid, oinfno) = (
            must(&ask.node, "omsgid")?.into_owned(),
            must(&ask.node, "oinfno")?.into_owned(),
        );
        if !self.profile().reverses(&InfNo::new(&oinfno)) {
            return Err(Refusal::new(RefusalCode::RevType, oinfno));
        }
        let origin = &ask.hop.cause.origin;
        let known = self.treatment.original(origin, &omsgid, &oinfno).one();
        if known.is_some_and(|known| known.state == FenceState::Reversed) {
            return Err(Refusal::new(
                RefusalCode::Undone,
                format!("omsgid {omsgid}"),
            ));
        }
        Ok(Deed::Reverse { omsgid, oinfno })
    }

    /// 参保地 of the original, if this platform booked it: clients send their own division here by mistake.
    pub(super) fn place_of_original(&self, ask: &Ask<'_>) -> Option<AdmDivision> {
        let (omsgid, oinfno) = (ask.node.text("omsgid")?, ask.node.text("oinfno"));
        let oinfno = oinfno.unwrap_or_default();
        let origin = &ask.hop.cause.origin;
        let known = self.treatment.original(origin, &omsgid, &oinfno).one()?;
        let rows = self
            .treatment
            .group(known.group)
            .iter()
            .filter_map(|row| match &row.entry {
                Entry::Row { kind, id, .. } => self.treatment.row(kind, id),
                _ => None,
            });
        rows.filter_map(|held| AdmDivision::parse(held.row.facts.get("insuplc_admdvs")?).ok())
            .next()
    }
}
