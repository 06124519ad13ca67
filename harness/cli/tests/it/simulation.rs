//! 模拟 · Whole runs in memory, killed anywhere: no socket, no sleep, no fsync, the same order every time.
//!
//! Why here: runner and mocks must not know each other, so what needs both stands in `cli`. A life of the
//! harness passes numbered points (before and after every journal write, before every send, before every
//! party takes a message or an answer, before every reply); a kill is a point that it never gets past:
//! its futures are dropped, and only what was durable by then is left.
//! Life, disk and the count of the books are the product's own (`crosswipe_sim`).
//! Not here: real processes and real disks (`binary`), random troubles (`sim`).

mod catalogue;
mod fencing;
mod flows;
mod gate_cells;
mod honest;
mod network;
mod points;
mod scene;
mod stopped;
mod twice;
mod wall;
