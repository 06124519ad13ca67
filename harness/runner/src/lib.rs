//! 执行 · The only crate that waits: gate → intent → send → outcome.
