//! 检查 · `crosswipe lint`: all problems of plans and of profile files, nothing sent; `--fix` mends what has one meaning.

mod fix;

use std::path::Path;

use crosswipe_scenarios::{check_profile, is_profile, is_workbook};

use crosswipe_scenarios::Plan;

use crate::args::Lint;
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;
use crate::proofs;

/// Reads each plan and prints what is wrong with it, and what is probably not what was meant.
pub(crate) fn lint(args: &Lint) -> Result<Exit, Trouble> {
    let mut found = Vec::new();
    let mut usable = true;
    for path in &args.plans {
        if is_profile(path) {
            let (profile, told) = check_profile(&path.display().to_string());
            match &profile {
                Some(profile) => to_stdout(&format!("{}: 地方规则 profile\n", profile.id))?,
                None => usable = false,
            }
            found.extend(told);
            continue;
        }
        if args.fix {
            if is_workbook(path) {
                return Err(by_hand(path));
            }
            for mended in fix::fix(path)? {
                to_stdout(&format!("{}: {}\n", mended.place, mended.what))?;
            }
        }
        let (plan, told) = crosswipe_scenarios::check(path);
        match &plan {
            Some(plan) => {
                // What a proof orders is known here, and to no crate that reads plans.
                proofs::ordered(plan, &(0..plan.proofs.len()).collect(), plan.seed)?;
                to_stdout(&told_of(plan))?;
            }
            None => usable = false,
        }
        found.extend(told);
    }
    problems(&found);
    Ok(if usable { Exit::Clean } else { Exit::Usage })
}

fn told_of(plan: &Plan) -> String {
    let cases = format!("{}: {} 个用例 cases", plan.id, plan.cases.len());
    let some = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!(", {count} 个{what}"),
    };
    let proofs = some(plan.proofs.len(), "反证 proofs");
    let attended = some(plan.attended.len(), "候办 attended");
    format!("{cases}{proofs}{attended}\n")
}

fn by_hand(path: &Path) -> Trouble {
    Trouble::Usage {
        code: "cli::fix",
        what: format!("cells of `{}` are mended by hand", path.display()),
        help: format!(
            "去掉 --fix, 按格子改 · without --fix each slip is told at its cell: crosswipe lint {}",
            path.display()
        ),
    }
}
