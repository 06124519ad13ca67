//! 模拟 · Mock parties: ledger, platform, hub, HIS, faults and shells.
//!
//! A party is a pure machine with books; shells carry it. For the reader of this crate: `README.md`.

pub mod ledger;
pub mod settlement;
