//! 模拟的测试 · The simulation, held against what is known of it: the same seed the same bytes, every seed its right end.

#![expect(
    clippy::unwrap_used,
    reason = "tests may unwrap; clippy sees only functions marked as tests"
)]

mod swarm;
