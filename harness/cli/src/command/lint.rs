//! 检查 · `crosswipe lint`: all problems of plans, nothing sent.

use crate::args::Lint;
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;

/// Loads each plan and prints what is wrong with it.
pub(crate) fn lint(args: &Lint) -> Result<Exit, Trouble> {
    let mut found = Vec::new();
    for plan in &args.plans {
        match crosswipe_scenarios::load(plan) {
            Ok(plan) => to_stdout(&format!("{}: {} 个用例 cases\n", plan.id, plan.cases.len()))?,
            Err(wrong) => found.extend(wrong),
        }
    }
    if found.is_empty() {
        return Ok(Exit::Clean);
    }
    problems(&found);
    Ok(Exit::Usage)
}
