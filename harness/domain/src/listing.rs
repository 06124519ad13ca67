//! 清单 · What a party, or the person at its counter, has written down of settlements, without showing its books.
//!
//! Why so: real platforms show lists and no ledger. A list proves what its rows say and nothing else, so it is evidence of a
//! form and a level of its own beside [`crate::Export`]; persons are pseudonyms and rows of others are left out when it is
//! read. Made by `cli` from files of strangers, kept in `exports/<party>.<form>.json`, judged by `verify`.
//! Not here: how files are read (`cli::books`), what the rows amount to (`verify::listed`).

use serde::{Deserialize, Serialize};

use crate::{Day, Level, Moment, Party, Pseudonym, Role, TxId};

/// The `schema` of a [`Listing`].
pub const LISTING_SCHEMA: &str = "crosswipe.listing/1";

/// 来源 · What kind of paper it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListForm {
    /// 刷卡任务单 · Typed by hand at the counter: L0.
    Sheet,
    /// 结算清单 · A party's own list: L1.
    List,
    /// 对明细账结果 · The result file of a 3202: only what differs stands in it: L2.
    Detail,
}

impl ListForm {
    /// All of them, weakest first.
    pub const ALL: [ListForm; 3] = [ListForm::Sheet, ListForm::List, ListForm::Detail];

    /// `sheet`, `list`, `detail`: also part of the file's name.
    pub const fn name(self) -> &'static str {
        match self {
            ListForm::Sheet => "sheet",
            ListForm::List => "list",
            ListForm::Detail => "detail",
        }
    }

    /// How much of the books it shows.
    pub const fn level(self) -> Level {
        match self {
            ListForm::Sheet => Level::L0,
            ListForm::List => Level::L1,
            ListForm::Detail => Level::L2,
        }
    }

    /// The file in `exports/` that holds a party's papers of this form: `his-H33010000001.list.json`.
    pub fn file_of(self, party: &Party) -> String {
        format!("{}.{}.json", party.file_stem(), self.name())
    }

    /// Whose papers of which form a file of this name holds; `None` for a name that is none of these.
    pub fn of_file(name: &str) -> Option<(Party, ListForm)> {
        let (stem, form) = name.strip_suffix(".json")?.rsplit_once('.')?;
        let form = ListForm::ALL.into_iter().find(|one| one.name() == form)?;
        let (role, code) = stem.split_once('-')?;
        let roles = [Role::His, Role::Treatment, Role::Hub, Role::Insured];
        let role = roles.into_iter().find(|one| one.name() == role)?;
        let party = Party::new(role, code);
        (form.file_of(&party) == name).then_some((party, form))
    }
}

/// 清单 · All papers of one form that a party delivered, as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// [`LISTING_SCHEMA`].
    pub schema: String,
    /// Whose.
    pub party: Party,
    /// What they are.
    pub form: ListForm,
    /// The files they were read from, in the order of their names.
    pub sources: Vec<ListSource>,
    /// Rows about the plan's test persons, and what was asked for by id; in the order of the files.
    pub rows: Vec<ListRow>,
}

/// 文件 · One file, or one sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSource {
    /// File and sheet, without the folder.
    pub name: String,
    /// SHA-256 of the whole file.
    pub sha256: String,
    /// Rows with business in it, those of others included.
    pub rows: u64,
    /// Days that it covers, both included: as it was declared, else those on which it has a row.
    pub days: Vec<(Day, Day)>,
    /// It says of each row whose it is; without this nobody can say that a test person has no other rows.
    pub names_persons: bool,
    /// Of a 3202 result: whose lines it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<String>,
}

/// 行 · One row: a settlement, or what undid one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// Where it stands: `file!sheet!row` or `file:line`.
    pub place: String,
    /// Cells that findings name, by field: `id total time undone …` → `file!sheet!F231`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub cells: std::collections::BTreeMap<String, String>,
    /// What it says.
    pub says: RowSays,
    /// Of a task sheet: the τ of the plan that its row stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<TxId>,
    /// 结算ID; of a mirror record its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub setl_id: String,
    /// Of a mirror record: the settlement that it undoes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub original: String,
    /// 就诊ID
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mdtrt_id: String,
    /// 发送方报文ID
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub msgid: String,
    /// A test person of the plan; `None` where the row names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Pseudonym>,
    /// Institution code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub institution: String,
    /// When it was booked; midnight sharp = the day alone is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Moment>,
    /// Of a sheet: when it was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Moment>,
    /// Of a sheet: the id of what undid it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub undone_by: String,
    /// 医疗费总额, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// 基金支付总额, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fund: Option<i64>,
    /// 个人账户支出, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<i64>,
    /// 个人现金支出, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash: Option<i64>,
}

/// What a row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowSays {
    /// A settlement that stands, as far as this row says.
    #[default]
    Settled,
    /// A settlement that was undone.
    Undone,
    /// 冲销记录 · What undid one: negative amounts.
    Mirror,
    /// 3202 `000101`: the platform has it, the institution's lines have not.
    PlatformOnly,
    /// 3202 `000102`: the institution's lines have it, the platform has not.
    InstitutionOnly,
    /// 3202 `000103`: both have it and say otherwise.
    Differs,
}

impl RowSays {
    /// A line of a 3202 result.
    pub const fn is_difference(self) -> bool {
        matches!(
            self,
            RowSays::PlatformOnly | RowSays::InstitutionOnly | RowSays::Differs
        )
    }
}

impl ListRow {
    /// The cell that holds a field, else the row.
    pub fn cell(&self, field: &str) -> &str {
        self.cells.get(field).unwrap_or(&self.place)
    }

    /// Amounts with their interface names, as far as the row says them.
    pub fn amounts(&self) -> [(&'static str, Option<i64>); 4] {
        [
            ("medfee_sumamt", self.total),
            ("fund_pay_sumamt", self.fund),
            ("acct_pay", self.account),
            ("psn_cash_pay", self.cash),
        ]
    }
}

impl Listing {
    /// Whether a source of it covers the day, for this institution if it answers one alone.
    pub fn covers(&self, day: Day, institution: &str) -> bool {
        self.sources.iter().any(|source| {
            let whose = source.institution.as_deref();
            whose.is_none_or(|code| code == institution)
                && source
                    .days
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&day))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_known_by_the_name_of_its_file() {
        let party = Party::new(Role::His, "H33010000001");
        for form in ListForm::ALL {
            let name = form.file_of(&party);
            assert_eq!(
                ListForm::of_file(&name),
                Some((party.clone(), form)),
                "{name}"
            );
        }
        for other in [
            "his-H1.t0.json",
            "his.list.json",
            "list.json",
            "his-H1.list.json.bak",
        ] {
            assert_eq!(ListForm::of_file(other), None, "{other}");
        }
    }
}
