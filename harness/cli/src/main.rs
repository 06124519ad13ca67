//! 交叉刷卡联调验证台 · The binary `crosswipe`.
fn main() {}
