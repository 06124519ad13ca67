//! 回退 · The fold through its public door: hand-made journals in, next actions out.

mod history;
mod order;
mod outcomes;
mod property;
