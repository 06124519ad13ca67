//! 结论用语 · The words of a verdict: rules R1–R14, finding classes, severity, evidence level.
//!
//! Why here: scenarios expect them, the judge finds them, reports translate them. What makes one of
//! them true is known to `verify` alone.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 规则 · R1–R14 of «rolled back».
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// 余额复原
    R1,
    /// 流水只增
    R2,
    /// 收支平衡
    R3,
    /// 逐笔冲回
    R4,
    /// 恰好一次
    R5,
    /// 各方一致
    R6,
    /// 无一遗留
    R7,
    /// 待遇如初
    R8,
    /// 对账相符
    R9,
    /// 清分归零
    R10,
    /// 不涉他人
    R11,
    /// 窗口合规
    R12,
    /// 先后有序
    R13,
    /// 按时收口
    R14,
}

impl Rule {
    /// All rules in order.
    pub const ALL: [Rule; 14] = [
        Rule::R1,
        Rule::R2,
        Rule::R3,
        Rule::R4,
        Rule::R5,
        Rule::R6,
        Rule::R7,
        Rule::R8,
        Rule::R9,
        Rule::R10,
        Rule::R11,
        Rule::R12,
        Rule::R13,
        Rule::R14,
    ];

    /// `R1` … `R14`, never translated.
    pub fn code(self) -> &'static str {
        const CODES: [&str; 14] = [
            "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14",
        ];
        CODES[self as usize]
    }

    /// The rule's plain Chinese name.
    pub fn zh(self) -> &'static str {
        const NAMES: [&str; 14] = [
            "余额复原",
            "流水只增",
            "收支平衡",
            "逐笔冲回",
            "恰好一次",
            "各方一致",
            "无一遗留",
            "待遇如初",
            "对账相符",
            "清分归零",
            "不涉他人",
            "窗口合规",
            "先后有序",
            "按时收口",
        ];
        NAMES[self as usize]
    }

    /// The rule's plain English name.
    pub fn en(self) -> &'static str {
        const NAMES: [&str; 14] = [
            "balances restored",
            "log only grows",
            "conservation",
            "each posting negated",
            "exactly once",
            "all parties agree",
            "nothing left open",
            "benefit as before",
            "reconciled",
            "clearing at zero",
            "nobody else touched",
            "inside the window",
            "newest first",
            "closed in time",
        ];
        NAMES[self as usize]
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// 类别 · A finding class of the verdict vocabulary, e.g. `residue:accumulator`, `one-sided:insured`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingClass(String);

impl FindingClass {
    /// A class by its name; the part after `:` may be any book or party.
    pub fn new(name: impl Into<String>) -> FindingClass {
        FindingClass(name.into())
    }

    /// The class as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before `:`.
    pub fn family(&self) -> &str {
        self.0.split(':').next().unwrap_or(&self.0)
    }

    /// True for classes that may merely follow from another fault: `residue`, `one-sided`, `split`, `mismatch`.
    pub fn may_be_consequence(&self) -> bool {
        matches!(
            self.family(),
            "residue" | "one-sided" | "split" | "mismatch"
        )
    }
}

impl fmt::Display for FindingClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for FindingClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 严重程度 · How bad a finding is; the order is worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// A person's benefit, an account or a fund is wrong, or history is gone.
    S1,
    /// A party keeps a residue or extra work, but no benefit is wrong.
    S2,
    /// Only evidence, time or a recoverable exchange suffers.
    S3,
}

/// 证据级别 · How much of the books was seen: L0 replies only … L4 mock ledgers in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Replies only; never certify.
    L0,
    /// Queries.
    L1,
    /// Queries, difference file, clearing detail, probe.
    L2,
    /// Exports of the parties before and after.
    L3,
    /// Mock ledgers in full.
    L4,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", *self as u8)
    }
}
