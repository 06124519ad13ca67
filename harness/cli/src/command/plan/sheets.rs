//! 刷卡的表 · Sheets for people with real cards: 刷卡排班表 by hour over all institutions, one 刷卡任务单 per institution.
//!
//! Why both forms: the page is printed on A4 and filled in with a pen; the workbook is filled in at a desk and read back, so
//! its headings are a contract ([`HEADINGS`]). Neither shows a number that names somebody: whose card it is stands there by
//! label and masked name, the full numbers in a file of their own that has to be asked for.
//! Called by `plan`. Not here: which case goes when (`scenarios::planner`), how a filled sheet is read.

mod expected;
mod page;
mod rows;
mod workbook;

use std::path::Path;

use crosswipe_reports::Lang;
use crosswipe_scenarios::{Plan, Timetable};

use crate::command::select::nearest;
use crate::complain::{Trouble, to_stderr};
use crate::rundir;

use self::rows::{Sheet, roster, sheets};

/// 任务单的列 · The head row of 任务单, one row per settlement; whoever reads a filled sheet looks for exactly these.
pub(crate) const HEADINGS: [&str; 20] = [
    "序号",
    "时间",
    "用例",
    "步骤",
    "人员",
    "姓名",
    "参保地",
    "业务",
    "凭证",
    "费用清单",
    "总额预期",
    "现金预期",
    "就诊ID",
    "结算ID",
    "结算时间",
    "总额实际",
    "撤销结算ID",
    "撤销时间",
    "经办人",
    "备注",
];

/// What was asked for.
pub(super) struct Order<'a> {
    pub(super) dir: &'a Path,
    /// Only the sheets of this institution or region.
    pub(super) site: Option<&'a str>,
    /// The list with full numbers too.
    pub(super) numbers: bool,
    pub(super) quiet: bool,
    pub(super) lang: Lang,
}

/// Writes all sheets into a folder of their own.
///
/// # Errors
/// A site that the plan has not, nothing to be swiped there, a file that cannot be written.
pub(super) fn write(plan: &Plan, table: &Timetable, order: &Order<'_>) -> Result<(), Trouble> {
    let mut all = sheets(plan, table);
    if let Some(site) = order.site {
        must_be_known(plan, site)?;
        all.retain(|sheet| sheet.code == site || sheet.region == site);
    }
    if all.is_empty() {
        return Err(Trouble::Nothing {
            what: "没有要刷的卡, 不出表 · nothing is swiped there, so there is no sheet".to_owned(),
            help: format!(
                "看排程: crosswipe plan {0} --order · see the timetable: crosswipe plan {0} --order",
                plan.id
            ),
        });
    }
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let book = |made: Result<Vec<u8>, _>| {
        made.map_err(|error: rust_xlsxwriter::XlsxError| Trouble::Usage {
            code: "cli::sheets",
            what: format!(
                "表太大, 写不成工作簿: {error} · the sheets are too large for a workbook: {error}"
            ),
            help: "用 --site 分开出 · one site at a time: --site".to_owned(),
        })
    };
    let list = format!("刷卡排班表_{}", named(plan, order.site));
    files.push((
        format!("{list}.html"),
        page::rota(plan, &all, order.site, order.lang).into_bytes(),
    ));
    files.push((format!("{list}.xlsx"), book(workbook::rota(plan, &all))?));
    for sheet in &all {
        let name = format!("刷卡任务单_{}", sheet.code);
        files.push((
            format!("{name}.html"),
            page::tasks(plan, sheet, order.lang).into_bytes(),
        ));
        files.push((format!("{name}.xlsx"), book(workbook::tasks(plan, sheet))?));
    }
    if order.numbers {
        let people = roster(plan, &all);
        let name = format!("测试人员名单_未脱敏_{}.xlsx", named(plan, order.site));
        files.push((name, book(workbook::roster(plan, &people))?));
    }
    std::fs::create_dir_all(order.dir).map_err(|error| Trouble::file("make", order.dir, error))?;
    for (name, bytes) in &files {
        let path = order.dir.join(name);
        if path.exists() {
            return Err(Trouble::Usage {
                code: "cli::sheets",
                what: format!(
                    "`{0}` 已经在那里, 可能有人填过 · `{0}` stands there already, and somebody may have filled it in",
                    path.display()
                ),
                help: "换一个目录, 或先挪走它 · name another folder, or move it away first"
                    .to_owned(),
            });
        }
        rundir::write(&path, bytes)?;
    }
    if !order.quiet {
        to_stderr(&told(order, &all, files.len()));
    }
    Ok(())
}

fn told(order: &Order<'_>, all: &[Sheet], files: usize) -> String {
    let rows: usize = all.iter().map(|sheet| sheet.tasks.len()).sum();
    let by_hand = all.iter().filter(|sheet| sheet.manual).count();
    match order.lang {
        Lang::Zh => format!(
            "{}：{files} 个文件，{} 家机构（人工 {by_hand}）的任务单，{rows} 笔\n",
            order.dir.display(),
            all.len()
        ),
        Lang::En => format!(
            "{}: {files} files, sheets of {} institutions ({by_hand} by hand), {rows} swipes\n",
            order.dir.display(),
            all.len()
        ),
    }
}

/// Part of a file's name.
fn named(plan: &Plan, site: Option<&str>) -> String {
    let text = site.unwrap_or(&plan.id);
    text.chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// A site is an institution or a region of the plan.
pub(super) fn must_be_known(plan: &Plan, site: &str) -> Result<(), Trouble> {
    let institutions = plan
        .topology
        .institutions
        .iter()
        .map(|one| one.code.as_str());
    let mut all = institutions.chain(plan.topology.regions.iter().map(|one| one.code.as_str()));
    if all.clone().any(|code| code == site) {
        return Ok(());
    }
    let near = nearest(site, &mut all);
    Err(Trouble::Usage {
        code: "cli::sheets",
        what: format!(
            "计划里没有 `{site}` 这个机构或统筹区 · the plan has no institution or region `{site}`"
        ),
        help: near.map_or_else(String::new, |near| {
            format!("最接近的: `{near}` · did you mean `{near}`?")
        }),
    })
}
