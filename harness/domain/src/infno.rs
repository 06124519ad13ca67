//! 交易编号 · Transaction numbers, what they do to books, and the business families.
//!
//! Why here: gate, journal, rollback and judge all ask «does this message book anything, and what
//! undoes it?». The field tables are in `wire`; only the nature of a number is said here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::OfficeAct;

/// 交易编号 · A transaction number such as `2207`; suffix letters (`2203A`) are kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InfNo(String);

impl InfNo {
    /// Any text; unknown numbers have [`Nature::Unknown`].
    pub fn new(text: &str) -> InfNo {
        InfNo(text.to_owned())
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number without a version suffix: `2203A` → `2203`; the word of an office's act stays whole.
    pub fn base(&self) -> &str {
        match self.0.starts_with(|c: char| c.is_ascii_digit()) {
            true => self.0.trim_end_matches(|c: char| c.is_ascii_alphabetic()),
            false => &self.0,
        }
    }

    /// What a message with this number does to books.
    pub fn nature(&self) -> Nature {
        match self.base() {
            "9001" | "9002" => Nature::Session,
            "2206" | "2303" | "2101" => Nature::Trial,
            "2208" | "2205" | "2202" | "2305" | "2405" | "2302" | "2404" | "2103" | "2502"
            | "2504" | "2506" | "2601" | "3302" | "3262" => Nature::Undo,
            "2201" | "2203" | "2204" | "2207" | "2401" | "2403" | "2301" | "2402" | "2304"
            | "2102" | "2501" | "2503" | "2505" | "3301" | "3261" => Nature::Forward,
            base if base.starts_with("11")
                || base.starts_with("12")
                || base.starts_with("13")
                || base.starts_with("19") =>
            {
                Nature::Read
            }
            base if base.starts_with("52") || base.starts_with("53") => Nature::Read,
            "3201" | "3202" | "3260" | "9101" | "9102" | "2001" => Nature::Read,
            _ => match OfficeAct::of(self) {
                Some(act) if act.takes_back() => Nature::Undo,
                Some(OfficeAct::Declaration) => Nature::Read,
                Some(_) => Nature::Forward,
                None => Nature::Unknown,
            },
        }
    }

    /// The message that cancels what this one booked, if it has one of its own.
    pub fn cancelled_by(&self) -> Option<InfNo> {
        let undo = match self.base() {
            "2201" => "2202",
            "2204" => "2205",
            "2207" => "2208",
            "2401" => "2404",
            "2301" => "2302",
            "2402" => "2405",
            "2304" => "2305",
            "2102" => "2103",
            "2501" => "2502",
            "2503" => "2504",
            "2505" => "2506",
            "3301" => "3302",
            "3261" => "3262",
            _ => return None,
        };
        Some(InfNo::new(undo))
    }

    /// True for the settlements 2207, 2304, 2102: the messages that move money.
    pub fn settles(&self) -> bool {
        matches!(self.base(), "2207" | "2304" | "2102")
    }

    /// 机构自身业务 · True for what an institution keeps of its own and no person is in: the mapping of its items, and the
    /// confirmation of what is cleared. No phase says anything of it.
    pub fn is_upkeep(&self) -> bool {
        matches!(self.base(), "3301" | "3302" | "3261" | "3262")
    }

    /// True if 2601 may name it as `oinfno` (published list, interface §8.1).
    pub fn reversible(&self) -> bool {
        matches!(
            self.base(),
            "2102" | "2103" | "2207" | "2208" | "2304" | "2305" | "2401"
        )
    }

    /// The family this number belongs to, where it has one.
    pub fn business(&self) -> Option<Business> {
        match self.base() {
            "2201" | "2202" | "2203" | "2204" | "2205" | "2206" | "2207" | "2208" => {
                Some(Business::Outpatient)
            }
            "2301" | "2302" | "2303" | "2304" | "2305" | "2401" | "2402" | "2403" | "2404"
            | "2405" => Some(Business::Inpatient),
            "2101" | "2102" | "2103" => Some(Business::Pharmacy),
            "2501" | "2502" | "2503" | "2504" | "2505" | "2506" => Some(Business::Filing),
            _ => None,
        }
    }
}

impl fmt::Display for InfNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InfNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a message does to books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Sign-in and sign-out: no cells.
    Session,
    /// 读 · Queries; a class of its own at the gate.
    Read,
    /// 预结算 · 2206, 2303: a forward message for the gate, but it books nothing.
    Trial,
    /// Books something that has to be undone.
    Forward,
    /// Undoes something; never refused by a phase.
    Undo,
    /// A number this project does not know.
    Unknown,
}

/// 业务 · A business family; the same names in `wire`, `mocks` and `rollback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Business {
    /// 门诊
    Outpatient,
    /// 住院
    Inpatient,
    /// 药店购药
    Pharmacy,
    /// 备案
    Filing,
}

impl Business {
    /// All of them, in reading order.
    pub const ALL: [Business; 4] = [
        Business::Outpatient,
        Business::Inpatient,
        Business::Pharmacy,
        Business::Filing,
    ];

    /// The name used in plan files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Business::Outpatient => "outpatient",
            Business::Inpatient => "inpatient",
            Business::Pharmacy => "pharmacy",
            Business::Filing => "filing",
        }
    }

    /// 清算类别 · The clearing type that settlements of this family carry (`clr_type`).
    pub fn clearing_type(self) -> &'static str {
        match self {
            Business::Outpatient => "11",
            Business::Inpatient => "21",
            Business::Pharmacy => "41",
            Business::Filing => "",
        }
    }
}

impl fmt::Display for Business {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_books_and_is_no_amendment_has_an_undo_of_its_own() {
        for infno in ["2201", "2204", "2207", "2401", "2301", "2402", "2304"] {
            let infno = InfNo::new(infno);
            assert_eq!(infno.nature(), Nature::Forward);
            assert_eq!(
                infno.cancelled_by().unwrap().nature(),
                Nature::Undo,
                "{infno}"
            );
        }
        assert_eq!(InfNo::new("2203A").nature(), Nature::Forward);
        assert_eq!(
            InfNo::new("2203A").cancelled_by(),
            None,
            "a diagnosis goes with its visit"
        );
    }
}
