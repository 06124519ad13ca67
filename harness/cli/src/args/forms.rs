//! 报告与表单的参数 · What is typed to `report` and `form`. Nothing of it is sent.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Common, Format};

/// 报告 Write the reports of a run again
#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example · 例:\n  crosswipe report RUN --format xlsx\n  crosswipe report RUN --read FILLED.xlsx --format xlsx\n  crosswipe report daily runs/* --cutoff 15:00 --out day.xlsx"
)]
pub(crate) struct Report {
    /// Run folder
    #[arg(required = true)]
    pub(crate) run: Option<PathBuf>,
    /// Which report; text goes to stdout, the others become files in the run folder
    #[arg(long, value_enum, default_values_t = [Format::Text])]
    pub(crate) format: Vec<Format>,
    /// The page of this one case with all its messages, instead of that of the run; goes with --format html
    #[arg(long, value_name = "ID")]
    pub(crate) case: Option<String>,
    /// A workbook of this run that people wrote into: what they wrote is kept in the run folder and stands in the next one; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) read: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) interval: Option<Interval>,
}

/// 报送期间 The report of an interval over many runs
#[derive(Debug, Subcommand)]
pub(crate) enum Interval {
    /// 日报 From one cut-off to the next day's
    Daily(PeriodForm),
    /// 周报 From one cut-off to the next week's
    Weekly(PeriodForm),
}

/// 表单 Forms that people fill in and sign
#[derive(Debug, ClapArgs)]
pub(crate) struct FormArgs {
    #[command(subcommand)]
    pub(crate) kind: FormKind,
}

/// 哪张表 Which form.
#[derive(Debug, Subcommand)]
pub(crate) enum FormKind {
    /// 日报 From one cut-off to the next day's, over many runs
    Daily(PeriodForm),
    /// 周报 From one cut-off to the next week's, over many runs
    Weekly(PeriodForm),
    /// 回退确认单 One per institution and per region, to be signed
    Confirm(ConfirmForm),
    /// 接口改造验收记录表 What each institution's own system was seen to do, number by number, to be signed
    Acceptance(ConfirmForm),
    /// 三目确认表 Which national code each item of an institution stands on, from 3301/3302 of runs or from tables, to be signed
    Catalogue(CatalogueForm),
    /// 问题清单 The register of problems of many runs, or of many sheets put together
    Problems(ProblemsForm),
    /// 联系人表 Whom to call, of a plan
    Contacts(PlanForm),
    /// 测试人员备案表 Registered test persons in full, of a plan; to a file only
    Persons(PlanForm),
    /// 倒排表 What happens and is due until go-live, of a plan
    Countdown(PlanForm),
}

/// Where a form goes, and where the words of people come from.
#[derive(Debug, ClapArgs)]
pub(crate) struct Into {
    /// Where it is written: .xlsx, .html or .md; repeatable [default: Markdown on stdout]. What people wrote into a workbook that stands there is kept
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Vec<PathBuf>,
    /// A workbook of this form that people wrote into; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) read: Vec<PathBuf>,
    /// Where the words of people are kept [default: beside the first --out, or the first --read]
    #[arg(long, value_name = "FILE")]
    pub(crate) notes: Option<PathBuf>,
    /// Which columns, in which order, and empty ones to be filled by hand: YAML, begin with --list-columns
    #[arg(long, value_name = "FILE")]
    pub(crate) columns: Option<PathBuf>,
    /// Print the form's columns as a file for --columns, and make nothing
    #[arg(long, conflicts_with_all = ["columns", "out", "read"])]
    pub(crate) list_columns: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 日报、周报
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe report daily runs/* --cutoff 15:00 --out day.xlsx\n  crosswipe report weekly runs/* --cutoff \"Fri 12:00\" --out week.html"
)]
pub(crate) struct PeriodForm {
    /// Run folders
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Time of day, of the week for a week: 15:00, "Fri 12:00", "周五 12:00" [default: 15:00; Fri 12:00]
    #[arg(long, value_name = "TIME")]
    pub(crate) cutoff: Option<String>,
    /// The day whose cut-off ends the interval, e.g. 2021-07-28 [default: the first cut-off after the last message of the runs]
    #[arg(long, value_name = "DAY")]
    pub(crate) date: Option<String>,
    #[command(flatten)]
    pub(crate) into: Into,
}

/// 回退确认单、接口改造验收记录表
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe form confirm RUN --out confirm.html\n  crosswipe form confirm RUN --of 330300 --out wenzhou.xlsx\n  crosswipe form acceptance RUN… --of H33030000001 --out acceptance.xlsx"
)]
pub(crate) struct ConfirmForm {
    /// Run folders
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Only that of this institution or region
    #[arg(long, value_name = "CODE")]
    pub(crate) of: Option<String>,
    #[command(flatten)]
    pub(crate) into: Into,
}

/// 三目确认表
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe form catalogue RUN… --of H33010000001 --out catalogue.xlsx\n  crosswipe form catalogue --table items.csv --of H33010000001 --out catalogue.html"
)]
pub(crate) struct CatalogueForm {
    /// Run folders
    #[arg(value_name = "RUN", required_unless_present = "table")]
    pub(crate) runs: Vec<PathBuf>,
    /// A table of items, .csv or .xlsx, with headings 机构目录编码, 目录类别, 医疗目录编码 (own code, kind, national code), also 机构编码, 机构目录名称, 开始日期, 结束日期; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Vec<PathBuf>,
    /// Only that of this institution; also whose a table is that names none
    #[arg(long, value_name = "CODE")]
    pub(crate) of: Option<String>,
    #[command(flatten)]
    pub(crate) into: Into,
}

/// 问题清单
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe form problems runs/* --out problems.xlsx\n  crosswipe form problems --merge a.xlsx b.xlsx --plan PLAN --until \"2021-07-28 15:00\" --out all.xlsx"
)]
pub(crate) struct ProblemsForm {
    /// Run folders
    #[arg(value_name = "RUN", required_unless_present = "merge")]
    pub(crate) runs: Vec<PathBuf>,
    /// Sheets of institutions, put together instead: a problem that stands in two of them counts once
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "runs")]
    pub(crate) merge: Vec<PathBuf>,
    /// The plan whose institutions have to report
    #[arg(long, value_name = "PLAN", requires = "merge")]
    pub(crate) plan: Option<PathBuf>,
    /// Cut-off: what was met later does not count, and who has not reported until then is named, e.g. "2021-07-28 15:00"
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) into: Into,
}

/// 由计划来的表
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe form countdown scenarios/qianjiang-2021 --out countdown.html"
)]
pub(crate) struct PlanForm {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) into: Into,
}

impl Report {
    /// What every command has.
    pub(crate) fn common(&self) -> &Common {
        match &self.interval {
            None => &self.common,
            Some(Interval::Daily(form) | Interval::Weekly(form)) => &form.into.common,
        }
    }
}

impl FormArgs {
    /// What every command has.
    pub(crate) fn common(&self) -> &Common {
        let into = match &self.kind {
            FormKind::Daily(form) | FormKind::Weekly(form) => &form.into,
            FormKind::Confirm(form) | FormKind::Acceptance(form) => &form.into,
            FormKind::Catalogue(form) => &form.into,
            FormKind::Problems(form) => &form.into,
            FormKind::Contacts(form) | FormKind::Persons(form) | FormKind::Countdown(form) => {
                &form.into
            }
        };
        &into.common
    }
}
