//! 穿门测试 · What goes through the crate's public door: shipped plans, and slips planted in a small one.

mod fixture;
mod shipped;
mod slips;
mod whole;
