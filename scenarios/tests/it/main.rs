//! 穿门测试 · What goes through the crate's public door: shipped plans, and slips planted in small ones.

mod shipped;
