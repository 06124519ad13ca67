//! 日志 · The evidence: append-only, chained, durable records in SQLite.
