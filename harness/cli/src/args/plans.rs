//! 计划的参数 · What is typed to commands that only read and write plans: `init`, `plan`, `lint`. Nothing of it is sent.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use crosswipe_scenarios::Audience;

use super::Common;
use crate::shift::Shift;

/// 起步 Write a plan to start from
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe init demo && crosswipe run demo\n  crosswipe init demo --workbook && crosswipe lint demo/plan.xlsx"
)]
pub(crate) struct Init {
    /// Folder to be made; it must not hold anything yet
    pub(crate) dir: PathBuf,
    /// One workbook plan.xlsx for Excel or WPS instead of the files
    #[arg(long)]
    pub(crate) workbook: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 导入 Make a run folder of papers
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe import scenarios/pair-demo sheets/刷卡任务单_H33010000001.xlsx his:H33010000001=his.csv insured:330200=city.xlsx"
)]
pub(crate) struct Import {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// Filled task sheets, lists of settlements (XLSX, ODS, CSV) and 3202 results (zip, txt); ROLE:CODE=FILE says whose it is
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Which column of a list holds what, whose it is, which days it covers; as for `crosswipe audit`
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Where the run is kept [default: a folder of its own under runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The plan was moved by this, as at `plan --sheets`
    #[arg(long, value_name = "+N[dhms]", allow_hyphen_values = true)]
    pub(crate) shift: Option<Shift>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 一览 Timeline of a plan, and the card of a role
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe plan scenarios/zhejiang-2017\n  crosswipe plan scenarios/zhejiang-2017 --role hospital --at now --html card.html\n  crosswipe plan scenarios/zhejiang-2017 --sheets sheets --site H33010000001"
)]
pub(crate) struct PlanArgs {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// What is allowed then: `now`, or an instant such as 2017-06-02T09:00+08:00 [default with --role: now]
    #[arg(long, value_name = "now|INSTANT")]
    pub(crate) at: Option<String>,
    /// The card of this role: allowed, forbidden, next bounds, duties, whom to call
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// The same plan in the other form: FILE.xlsx from a folder, a folder from a workbook
    #[arg(long, value_name = "FILE.xlsx|DIR", conflicts_with_all = ["at", "role", "html", "json", "shift"])]
    pub(crate) convert: Option<PathBuf>,
    /// Print the order of all cases too, not only how many begin in each hour
    #[arg(long)]
    pub(crate) order: bool,
    /// Write the sheets for people with real cards into a folder, for print (A4) and as workbooks: the rota by hour, one task sheet per institution
    #[arg(long, value_name = "DIR", conflicts_with_all = ["at", "role", "html", "json", "convert"])]
    pub(crate) sheets: Option<PathBuf>,
    /// One folder per institution and per region of the insured, each a plan of its own with nothing of others
    #[arg(long, value_name = "DIR", conflicts_with_all = ["at", "role", "html", "json", "convert", "sheets", "shift"])]
    pub(crate) by_site: Option<PathBuf>,
    /// Only the sheets of this institution, or of a region's institutions
    #[arg(long, value_name = "CODE", requires = "sheets")]
    pub(crate) site: Option<String>,
    /// A list of the persons too, with their full numbers, in a file of its own
    #[arg(long, requires = "sheets")]
    pub(crate) with_numbers: bool,
    /// Write the card as one page for print (A4)
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Move the whole plan: every bound later or earlier by this, e.g. +2d, -3h
    #[arg(long, value_name = "+N[dhms]", allow_hyphen_values = true)]
    pub(crate) shift: Option<Shift>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 角色 Whom a card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// 医院
    Hospital,
    /// 药店
    Pharmacy,
    /// 医保经办
    Agency,
    /// 省平台
    Province,
}

impl RoleArg {
    /// The same in a plan's words.
    pub(crate) fn audience(self) -> Audience {
        match self {
            RoleArg::Hospital => Audience::Hospital,
            RoleArg::Pharmacy => Audience::Pharmacy,
            RoleArg::Agency => Audience::Agency,
            RoleArg::Province => Audience::Province,
        }
    }
}

/// 检查 Find all problems of plans
#[derive(Debug, ClapArgs)]
pub(crate) struct Lint {
    /// Plan folders, workbooks, and files of profiles
    #[arg(required = true)]
    pub(crate) plans: Vec<PathBuf>,
    /// Mend what can have one meaning only (full-width signs, tabs, offsets, hour 24, GBK) and the layout, and tell each
    #[arg(long)]
    pub(crate) fix: bool,
    /// All problems as one JSON document on stdout, each in both languages
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}
