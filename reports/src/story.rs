//! 经过 · The facts of one run as all reports tell them, in no language.

use crosswipe_verify::Judgement;

use crate::Source;

/// 经过 · Built once, told in many formats.
#[derive(Clone, Debug)]
pub struct Story {
    pub(crate) judgement: Judgement,
}

impl Story {
    /// Gathers everything from records and judgement.
    pub fn build(source: &Source<'_>) -> Story {
        Story {
            judgement: source.judgement.clone(),
        }
    }
}
