//! 计划实录 · The plan as it was run: what the RUN record keeps, with pseudonyms for persons.
//!
//! Why so: the judge and the reports work from journal and exports alone, so the journal must carry
//! the window, the arranged pairs, the persons' classes and the cases. Plan files may change later.

use serde::{Deserialize, Serialize};

use crate::{
    AdmDivision, Business, CaseId, KnownIssue, Moment, Money, Party, PersonClass, Pseudonym, Window,
};

/// 计划实录 · A plan after all its files were read, checked and expanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedPlan {
    /// Its id, e.g. `zhejiang-2017`.
    pub plan: String,
    /// Chinese title.
    pub title_zh: String,
    /// English title.
    pub title_en: String,
    /// The notice it comes from.
    pub source: String,
    /// 同日政策 · True (`same-day`, default): a day with a non-zero test net is a violation. False (`net-zero`): a note.
    pub same_day: bool,
    /// Phases and margin.
    pub window: Window,
    /// The hub's code.
    pub hub: AdmDivision,
    /// Regions with names, sorted by code.
    pub regions: Vec<(AdmDivision, String)>,
    /// 窗口外 · Those of them whose cutover it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<AdmDivision>,
    /// Institutions: code, name, region.
    pub institutions: Vec<(String, String, AdmDivision)>,
    /// 约定对 · Arranged pairs: insured place, institution code.
    pub arranged: Vec<(AdmDivision, String)>,
    /// Registered test persons.
    pub personas: Vec<PlannedPersona>,
    /// The mock world's public that the plan plays; pseudonyms.
    pub public: Vec<Pseudonym>,
    /// Cases in file order.
    pub cases: Vec<PlannedCase>,
    /// Businesses that the cross matrix demands for every ordered pair of regions; empty = no matrix.
    pub matrix: Vec<Business>,
    /// True: one of these businesses is enough for a pair.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub matrix_in_turn: bool,
    /// What no ledger undoes (text messages, printed slips), in the plan's words.
    pub cannot_undo: Vec<String>,
    /// 清除令 · Roll-back by order of a party's owner, at most one per party.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purge: Vec<DeclaredPurge>,
    /// 上限 · What a run against real systems may settle; `None` where the plan declares none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// 已知问题 · What is waived, for whom and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_issues: Vec<KnownIssue>,
}

/// 上限 · What one run against real systems may settle at most, whatever its cases say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// 笔数 · Settlements that are sent, however they end.
    pub settlements: u32,
    /// 金额 · Their sums of fees together, fen.
    pub amount: Money,
}

/// 清除令 · A party's owner has the rows of the tests taken out of its books: by whose order, when, and how (R2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPurge {
    /// Whose books.
    pub party: Party,
    /// How.
    pub method: PurgeMethod,
    /// Who ordered it.
    pub by: String,
    /// The order: its number or its words.
    pub order: String,
    /// From when on the rows may be missing. What was seen before is compared as ever.
    pub at: Moment,
}

/// How rows are taken out of books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurgeMethod {
    /// 删除 · Rows are deleted; their numbers stay empty for ever.
    Delete,
    /// 恢复备份 · A backup from before the tests is put back; the numbers may be used again.
    Restore,
}

impl PurgeMethod {
    /// `delete`, `restore`.
    pub const fn name(self) -> &'static str {
        match self {
            PurgeMethod::Delete => "delete",
            PurgeMethod::Restore => "restore",
        }
    }
}

/// A registered test person without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPersona {
    /// Name in evidence.
    pub pseudonym: Pseudonym,
    /// Label in the plan.
    pub label: String,
    /// Employee or resident.
    pub class: PersonClass,
    /// 参保地
    pub insured: AdmDivision,
}

/// A case as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// Its id.
    pub case: CaseId,
    /// For people.
    pub title: String,
    /// Rules and scenarios of the notice it covers, e.g. `ZJ8`, `zj-01`.
    pub covers: Vec<String>,
    /// Business family of its swipe.
    pub business: Option<Business>,
    /// 参保地
    pub insured: Option<AdmDivision>,
    /// 就医地
    pub treatment: Option<AdmDivision>,
    /// Institution code.
    pub institution: Option<String>,
    /// Person in evidence.
    pub person: Option<Pseudonym>,
    /// True: a cell of the cross matrix.
    pub matrix: bool,
}
