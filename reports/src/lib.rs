//! 报告 · Findings → terminal, HTML, JSON, JUnit; wording zh and en.
