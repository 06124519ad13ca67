//! 回退 · What to compensate, in which order, and what to ask when nobody knows.
//!
//! Pure: records go in one by one ([`Fold::apply`]), the next action comes out ([`Fold::next`]). The same
//! fold serves a run in progress and a journal read after a crash, so both compensate alike.
//! Called by `runner`. Not here: how a message is built or sent (`runner`), whether the books are
//! good in the end (`verify`, which shares no code with this crate).

mod decide;
mod fold;
mod late;
mod order;
mod target;

pub use decide::DUPLICATE;
pub use fold::{Fold, LATE, Next, Patience, RESENT};
pub use target::Named;
