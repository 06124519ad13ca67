//! 回退 · The fold through its public door: hand-made journals in, next actions out.

#![expect(
    clippy::unwrap_used,
    reason = "tests may unwrap; clippy sees only functions marked as tests"
)]

mod by_case;
mod history;
mod late;
mod order;
mod outcomes;
mod patience;
mod property;
mod told;
