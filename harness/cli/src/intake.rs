//! 取件 · From filled task sheets, lists and 3202 results to what a run folder holds: claims (τ), papers of parties, a journal.
//!
//! Why so: swipes that people made were sent by nobody of ours, so what is known of them is paper. Reading is all or nothing;
//! pairing is the judge's own function (`verify::pair`), so that both ends agree on which row is whose.
//! Called by `command::import`. Not here: what cells mean (`books::papers`), what the papers amount to (`verify::listed`).

mod adopt;
mod keep;
mod people;
mod sheet;

pub(crate) use adopt::adopt;
pub(crate) use keep::{header, write};
pub(crate) use people::People;
pub(crate) use sheet::Sheets;
