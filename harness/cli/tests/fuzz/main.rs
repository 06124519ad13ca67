//! 模糊测试 · What strangers hand us, bent in thousands of ways: whatever it is, it is read or refused, never a panic.
//!
//! On stable, by mutation of a kept corpus (`corpus/`, crashers of earlier days among it) and of what one real run
//! left behind. `cargo test` tries each a few hundred times; on demand as often as asked, each shard with a seed of
//! its own: `CROSSWIPE_FUZZ=10000000@7 cargo test --release -p crosswipe --test fuzz`.
//! Tables that people deliver (CSV, workbooks) are tried the same way where they are read: `src/books/fuzz.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "tests may unwrap; clippy sees only functions marked as tests"
)]

mod drive;
mod evidence;
mod messages;
mod mutate;
mod plans;
