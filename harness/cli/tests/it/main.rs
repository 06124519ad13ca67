//! 总装测试 · What needs the whole: the real binary, the wiring, the tidiness of the repository.

#![expect(
    clippy::unwrap_used,
    reason = "tests may unwrap; clippy sees only functions marked as tests"
)]

mod binary;
mod growth;
mod journal_trouble;
mod readme;
mod simulation;
mod tidy;
