//! 分站点 · `crosswipe plan PLAN --by-site DIR`: one folder per site, each a plan of its own.
//!
//! Why each is read back: a folder that does not load would be found out at the site, in the window; so what was written is
//! read again, its cases are held against the whole plan's, and only then are sites told where theirs lies.
//! Called by `plan`. Not here: what is cut out (`scenarios::sites`).

use std::collections::BTreeSet;
use std::path::Path;

use crosswipe_reports::Lang;
use crosswipe_scenarios::{Plan, Site, check, sites, timetable};

use super::write_files;
use crate::args::Common;
use crate::complain::{Trouble, to_stderr};
use crate::exit::Exit;

/// Writes all sites' folders into `dir`, which must not hold anything yet.
///
/// # Errors
/// A folder that is taken, or one that does not read back as what it was cut from.
pub(super) fn by_site(plan: &Plan, dir: &Path, common: &Common) -> Result<Exit, Trouble> {
    let all = sites(plan, &timetable(plan));
    let busy = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if busy {
        return Err(Trouble::OutputBusy {
            dir: dir.to_owned(),
        });
    }
    for site in &all {
        let folder = dir.join(&site.code);
        write_files(&site.files, &folder)?;
        must_read_back(plan, site, &folder)?;
    }
    if !common.quiet {
        to_stderr(&told(plan, &all, dir, common.lang()));
    }
    Ok(Exit::Clean)
}

/// The folder holds the very cases that it was cut for, and nobody else's persons.
fn must_read_back(plan: &Plan, site: &Site, folder: &Path) -> Result<(), Trouble> {
    let (read, problems) = check(folder);
    let Some(read) = read else {
        return Err(Trouble::Plan(problems));
    };
    let wanted: Vec<&crosswipe_scenarios::Case> =
        site.cases.iter().map(|index| &plan.cases[*index]).collect();
    let same = wanted.iter().all(|case| {
        let found = read.cases.iter().find(|one| one.id == case.id);
        found.is_some_and(|found| found.steps == case.steps)
    });
    if same && read.cases.len() == wanted.len() {
        return Ok(());
    }
    Err(Trouble::Usage {
        code: "cli::sheets",
        what: format!(
            "`{0}` 读回来不是分给它的用例 · `{0}` does not hold the cases that it was cut for",
            folder.display()
        ),
        help: "请把计划发给我们 · send us the plan".to_owned(),
    })
}

fn told(plan: &Plan, all: &[Site], dir: &Path, lang: Lang) -> String {
    let institutions: Vec<&Site> = all
        .iter()
        .filter(|site| site.code.starts_with(['H', 'P']))
        .collect();
    let covered: BTreeSet<usize> = all.iter().flat_map(|site| site.cases.clone()).collect();
    let regions = all.len() - institutions.len();
    let apart = plan.proofs.len() + plan.attended.len();
    let mut text = match lang {
        Lang::Zh => format!(
            "{}：机构 {} 个（合计 {} / {} 例），统筹区 {regions} 个，每个文件夹都是一份能查能跑的计划\n",
            dir.display(),
            institutions.len(),
            covered.len(),
            plan.cases.len()
        ),
        Lang::En => format!(
            "{}: {} institutions ({} of {} cases in all) and {regions} regions, each folder a plan that lints and runs\n",
            dir.display(),
            institutions.len(),
            covered.len(),
            plan.cases.len()
        ),
    };
    if apart > 0 {
        text += &match lang {
            Lang::Zh => format!(
                "  反证 {} 例、由人和 HIS 来办的 {} 例不分，留在总计划里\n",
                plan.proofs.len(),
                plan.attended.len()
            ),
            Lang::En => format!(
                "  {} proofs and {} cases of a person and a HIS are not parted; they stay with the whole plan\n",
                plan.proofs.len(),
                plan.attended.len()
            ),
        };
    }
    text
}
