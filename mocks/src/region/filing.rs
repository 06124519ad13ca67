//! 备案 · 2501 to 2506: a transfer, a chronic disease, an institution registered for a person, and their undo.
//!
//! The registration is a record at every party of the way, active until it is withdrawn. One for a chronic disease (2503)
//! entitles to its care (`chronic`), the others to nothing here that a person would not have anyway. Queries show the
//! active ones with their number, as platforms do beyond the published fields.
//! Not here: what a registration changes in the benefit (`settlement`).

use crosswipe_wire::{ObjectText, Refusal, list_text};

use super::{Ask, Region, must};
use crate::answer::fact;
use crate::deed::Deed;

/// What a registration keeps of its message.
const KEPT: [&str; 10] = [
    "insutype",
    "begndate",
    "enddate",
    "opsp_dise_code",
    "opsp_dise_name",
    "reflin_medins_no",
    "refl_date",
    "biz_appy_type",
    "fix_srt_no",
    "memo",
];

impl Region {
    pub(super) fn filing(&mut self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        if matches!(ask.hop.infno().base(), "2502" | "2504" | "2506") {
            let filing = must(&ask.node, "trt_dcla_detl_sn")?.into_owned();
            return Ok(Deed::Unfile { filing });
        }
        let kept = KEPT
            .iter()
            .filter_map(|name| Some((*name, ask.node.text(name)?.into_owned())));
        let facts = kept.collect();
        Ok(Deed::File {
            filing: self.issue(ask.now),
            facts,
        })
    }

    /// 5301, 5302, 5304: the person's active registrations of the kind that the query is about.
    pub(super) fn filings(&self, ask: &Ask<'_>) -> (&'static str, String) {
        let (node, by) = match ask.request.infno.base() {
            "5301" => ("feedetail", "2503"),
            "5302" => ("psnfixmedin", "2505"),
            _ => ("refmedin", "2501"),
        };
        let rows = self.treatment.rows_of_person("filing", &ask.hop.person);
        let active = rows
            .map(|held| &held.row)
            .filter(|row| !row.is_terminal() && row.cause.infno.starts_with(by));
        let shown = active.map(|row| {
            let text = ObjectText::new()
                .text("trt_dcla_detl_sn", &row.id)
                .text("psn_no", &ask.hop.person)
                .text("fixmedins_code", &row.cause.origin);
            KEPT.iter()
                .filter(|name| row.facts.contains_key(**name))
                .fold(text, |text, name| text.text(name, fact(&row.facts, name)))
                .finish()
        });
        (node, list_text(shown))
    }
}
