//! 复核所说 · What a line of the review can say, and of what.
//!
//! Why apart from the chain: only an explanation is evidence, which the judge hears. A comment, an override and a
//! signature stand beside the verdict and never change it, a rule or an exit code.

use crosswipe_domain::{CaseId, FindingClass, Level, Party, TxId};
use serde::{Deserialize, Serialize};

use crate::judgement::Verdict;

/// What a review can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReviewAct {
    /// 说明来历 · Where a stranger's rows come from, so that they enter `X_p(c)` of R1.
    ExplainForeign(Explained),
    /// 意见 · A remark; what is remarked is the line's reason.
    Comment {
        /// Of what.
        on: Target,
    },
    /// 改判 · A named person takes a case or a finding otherwise; what the run came to stays beside it.
    Override {
        /// Of what: a case or a finding.
        on: Target,
        /// What the run says: the case's result, the finding's severity.
        was: String,
        /// As what it is taken: a result for a case, `accepted` for a finding.
        says: String,
    },
    /// 签字
    Sign(Signature),
}

/// 来历 · A stranger's message in one party's books, by its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// In whose books.
    pub party: Party,
    /// Institution whose message caused the rows.
    pub origin: String,
    /// The message.
    pub msgid: String,
    /// Its transaction number.
    pub infno: String,
    /// `seq` of the rows.
    pub rows: Vec<u64>,
    /// SHA-256 over the canonical JSON of the list of these rows.
    pub rows_sha256: String,
}

/// 所指 · What a line of the review speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// 整次运行
    Run,
    /// 用例
    Case(CaseId),
    /// 交易
    Transaction(TxId),
    /// 发现
    Finding {
        /// Its id (`finding_id`).
        id: String,
        /// Its class, for people.
        class: FindingClass,
    },
}

impl Target {
    /// Its kind as a stable word: `run`, `case`, `transaction`, `finding`.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::Run => "run",
            Target::Case(_) => "case",
            Target::Transaction(_) => "transaction",
            Target::Finding { .. } => "finding",
        }
    }

    /// Its name; nothing for the run.
    pub fn id(&self) -> &str {
        match self {
            Target::Run => "",
            Target::Case(case) => case.as_str(),
            Target::Transaction(txid) => txid.as_str(),
            Target::Finding { id, .. } => id,
        }
    }
}

/// 签字 · What is signed: the run as it stood, to the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// As whom.
    pub role: SignedAs,
    /// Of which unit, if that was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// SHA-256 of the certificate file: `certificate.reviewed.json` where rows were explained, else `certificate.json`.
    pub certificate_sha256: String,
    /// Last hash of the journal.
    pub journal_tail: String,
    /// What the certificate says.
    pub verdict: Verdict,
    /// And on what level of evidence.
    pub level: Level,
    /// Findings and cases that stood open, overridden ones left out.
    pub open: u64,
    /// Those of them that the signer named: ids of findings, cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
    /// 带问题签字 · True where the signer signed with whatever stood open.
    pub with_findings: bool,
}

/// 角色 · As whom somebody signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedAs {
    /// 经办人
    Handler,
    /// 复核人
    Reviewer,
    /// 单位负责人
    Head,
}

impl SignedAs {
    /// In the order in which a form lists them.
    pub const ALL: [SignedAs; 3] = [SignedAs::Handler, SignedAs::Reviewer, SignedAs::Head];

    /// `handler`, `reviewer`, `head`.
    pub fn name(self) -> &'static str {
        match self {
            SignedAs::Handler => "handler",
            SignedAs::Reviewer => "reviewer",
            SignedAs::Head => "head",
        }
    }
}

impl ReviewAct {
    /// Its kind as a stable word: `explain`, `comment`, `override`, `sign`.
    pub fn kind(&self) -> &'static str {
        match self {
            ReviewAct::ExplainForeign(_) => "explain",
            ReviewAct::Comment { .. } => "comment",
            ReviewAct::Override { .. } => "override",
            ReviewAct::Sign(_) => "sign",
        }
    }

    /// What it speaks of; an explanation speaks of rows.
    pub fn target(&self) -> Option<&Target> {
        match self {
            ReviewAct::ExplainForeign(_) => None,
            ReviewAct::Comment { on } | ReviewAct::Override { on, .. } => Some(on),
            ReviewAct::Sign(_) => Some(&Target::Run),
        }
    }

    /// Whoever signs may say no more than that.
    pub(super) fn wants_a_reason(&self) -> bool {
        !matches!(self, ReviewAct::Sign(_))
    }
}

#[cfg(test)]
mod tests;
