//! 读计划 · Reads a plan folder: everything, or all that is wrong with it.

use std::path::Path;
use std::sync::Arc;

use crate::{Plan, Problem, Severity};

/// Reads the plan at `path` (a plan folder or its `plan.yaml`).
///
/// # Errors
/// All problems at once; nothing was sent.
pub fn load(path: &Path) -> Result<Plan, Vec<Problem>> {
    Err(vec![Problem {
        code: "scenario::no_such_plan",
        message: format!("no plan at `{}`", path.display()),
        file: path.display().to_string(),
        source: Arc::from(""),
        span: None,
        help: None,
        severity: Severity::Error,
    }])
}
