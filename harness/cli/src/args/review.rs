//! 复核的参数 · What is typed to `review`. Nothing of it is sent.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use crosswipe_verify::SignedAs;

use super::Common;

/// 复核 Review a certified run
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe review runs/RUN\n  crosswipe review runs/RUN comment --case zj/1 --by 张三 --text \"与窗口电话核对过\"\n  crosswipe review runs/RUN override --case zj/1 --as passed --by 张三 --reason \"期望写错, 见公告第三条\"\n  crosswipe review runs/RUN sign --by 李四 --role 复核人\n  crosswipe review runs/RUN explain all P-12a9bff2a622 --by 张三 --reason 急诊病人"
)]
pub(crate) struct Review {
    /// Run folder
    pub(crate) run: PathBuf,
    /// A stranger's row: its party and its number, its msgid, or the person it is about; `all` names every party; repeatable
    #[arg(long, num_args = 2, value_names = ["PARTY", "ROW"], requires_all = ["by", "reason"])]
    pub(crate) explain_foreign: Vec<String>,
    /// Who explains it
    #[arg(long, value_name = "NAME", requires = "explain_foreign")]
    pub(crate) by: Option<String>,
    /// Where it comes from
    #[arg(long, value_name = "TEXT", requires = "explain_foreign")]
    pub(crate) reason: Option<String>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) act: Option<Act>,
}

/// 复核所说 What somebody says; without it the review is listed.
#[derive(Debug, Subcommand)]
pub(crate) enum Act {
    /// 意见 Remark something on a case, a transaction, a finding, or the run; it changes nothing
    Comment(Comment),
    /// 改判 Take a case or a finding otherwise, by name and reason; the original stays beside it, and so does the verdict
    Override(Override),
    /// 签字 Sign the run as it stands
    Sign(Sign),
    /// 说明来历 Say where a stranger's rows come from
    Explain(Explain),
}

/// Who speaks, and how he is answered.
#[derive(Debug, ClapArgs)]
pub(crate) struct Speaker {
    /// Who says it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Of what.
#[derive(Debug, ClapArgs)]
pub(crate) struct On {
    /// A case
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
    /// A finding: its id (F-…) as listed, or its class where one finding alone has it
    #[arg(long, value_name = "FINDING", conflicts_with = "case")]
    pub(crate) finding: Option<String>,
}

/// 意见
#[derive(Debug, ClapArgs)]
pub(crate) struct Comment {
    #[command(flatten)]
    pub(crate) on: On,
    /// A transaction
    #[arg(long, value_name = "TRANSACTION", conflicts_with_all = ["case", "finding"])]
    pub(crate) transaction: Option<String>,
    /// What is remarked
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) speaker: Speaker,
}

/// 改判
#[derive(Debug, ClapArgs)]
pub(crate) struct Override {
    #[command(flatten)]
    pub(crate) on: On,
    /// As what a case is taken; a finding is accepted
    #[arg(
        long = "as",
        value_enum,
        value_name = "RESULT",
        conflicts_with = "finding"
    )]
    pub(crate) says: Option<Result>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) speaker: Speaker,
}

/// As what a case is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Result {
    /// 通过
    #[value(alias = "通过")]
    Passed,
    /// 失败
    #[value(alias = "失败")]
    Failed,
    /// 错误
    #[value(alias = "错误")]
    Error,
    /// 阻塞
    #[value(alias = "阻塞")]
    Blocked,
    /// 跳过
    #[value(alias = "跳过")]
    Skipped,
    /// 豁免
    #[value(alias = "豁免")]
    Waived,
}

impl Result {
    /// As it stands in the review and in `report.json`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Result::Passed => "passed",
            Result::Failed => "failed",
            Result::Error => "error",
            Result::Blocked => "blocked",
            Result::Skipped => "skipped",
            Result::Waived => "waived",
        }
    }
}

/// 签字
#[derive(Debug, ClapArgs)]
pub(crate) struct Sign {
    /// As whom: 经办人 handler, 复核人 reviewer, 单位负责人 head
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(crate) role: SignedAs,
    /// Of which unit
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) unit: String,
    /// A finding that is open and that the signer knows of: its id, or its class for all of it; repeatable
    #[arg(long, value_name = "FINDING")]
    pub(crate) finding: Vec<String>,
    /// A case that is not good and that the signer knows of; repeatable
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Vec<String>,
    /// 带问题签字 Sign with whatever is open
    #[arg(long)]
    pub(crate) with_findings: bool,
    /// What the signer adds
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) speaker: Speaker,
}

/// 说明来历
#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// The party and its row's number, its msgid, or the person it is about; `all` names every party
    #[arg(required = true, num_args = 2.., value_names = ["PARTY", "ROW"])]
    pub(crate) rows: Vec<String>,
    /// Where they come from
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) speaker: Speaker,
}

fn role(name: &str) -> std::result::Result<SignedAs, String> {
    match name {
        "经办人" | "handler" => Ok(SignedAs::Handler),
        "复核人" | "reviewer" => Ok(SignedAs::Reviewer),
        "单位负责人" | "head" => Ok(SignedAs::Head),
        _ => Err("经办人 handler, 复核人 reviewer, 单位负责人 head".to_owned()),
    }
}

impl Act {
    pub(crate) fn speaker(&self) -> &Speaker {
        match self {
            Act::Comment(comment) => &comment.speaker,
            Act::Override(otherwise) => &otherwise.speaker,
            Act::Sign(sign) => &sign.speaker,
            Act::Explain(explain) => &explain.speaker,
        }
    }
}

impl Review {
    /// What every command has.
    pub(crate) fn common(&self) -> &Common {
        self.act
            .as_ref()
            .map_or(&self.common, |act| &act.speaker().common)
    }

    /// Whether one JSON document is asked for.
    pub(crate) fn json(&self) -> bool {
        self.json || self.act.as_ref().is_some_and(|act| act.speaker().json)
    }
}
