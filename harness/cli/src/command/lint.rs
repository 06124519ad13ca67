//! 检查 · `crosswipe lint`: all problems of plans, nothing sent.

use crate::args::Lint;
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;

/// Reads each plan and prints what is wrong with it, and what is probably not what was meant.
pub(crate) fn lint(args: &Lint) -> Result<Exit, Trouble> {
    let mut found = Vec::new();
    let mut usable = true;
    for path in &args.plans {
        let (plan, told) = crosswipe_scenarios::check(path);
        match &plan {
            Some(plan) => to_stdout(&format!("{}: {} 个用例 cases\n", plan.id, plan.cases.len()))?,
            None => usable = false,
        }
        found.extend(told);
    }
    if !found.is_empty() {
        problems(&found);
    }
    Ok(if usable { Exit::Clean } else { Exit::Usage })
}
