//! 业务动作 · What a message does, in words that every party on its way can book.
//!
//! Why so: the message between platforms is not public. Ours is the institution's own envelope plus one
//! member `hop`, and this is that member: who caused it, about whom, between which places, and the deed.
//! The treatment place writes it (ids, split lines); the insured place completes it (what is paid) and
//! sends it back in its answer; each party on the way back books the completed deed with `books`.
//! A HIS reads the same deed out of an ordinary request and answer (`his::deed`).

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Business, Cause, Channel, InfNo, LogRow, Name, Span};
use serde::{Deserialize, Serialize};

use crate::ledger::{Amounts, Facts};
use crate::settlement::{Split, Sums};

/// 转发记录 · The member `hop` of a message between platforms.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The institution's message.
    pub cause: Cause,
    /// 人员编号; empty only while a person is still being looked for.
    pub person: String,
    /// 参保地
    pub insured: AdmDivision,
    /// 就医地
    pub treatment: AdmDivision,
    /// 渠道 · Through which the institution sends it.
    #[serde(default, skip_serializing_if = "Channel::is_counter")]
    pub channel: Channel,
    /// Digest of the institution's bytes, so that every party can tell a repetition from another message under its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What it does.
    pub deed: Deed,
}

impl Hop {
    /// How far apart the two places are.
    pub fn span(&self) -> Span {
        self.insured.span_to(self.treatment)
    }

    /// The same envelope with one member more: this record.
    pub(crate) fn written_into(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let open = text.strip_suffix('}').expect("it was read as an object");
        let hop = serde_json::to_string(self).expect("a hop record has text keys");
        format!("{open},\"hop\":{hop}}}")
    }

    /// The transaction number.
    pub fn infno(&self) -> InfNo {
        InfNo::new(&self.cause.infno)
    }
}

/// 业务动作 · One variant per kind of booking.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// 挂号/入院 · 2201, 2401: a visit is opened.
    Register {
        /// 就诊ID, issued by the treatment place.
        mdtrt_id: String,
        /// 险种类型
        insutype: String,
        /// What the visit row keeps.
        facts: Facts,
    },
    /// 就诊信息 · 2203, 2403: facts of a visit are replaced.
    Describe {
        /// 就诊ID
        mdtrt_id: String,
        /// New facts.
        facts: Facts,
    },
    /// 费用上传 · 2204, 2301: fee lines, split.
    Charge {
        /// 就诊ID
        mdtrt_id: String,
        /// The lines.
        lines: Vec<Line>,
    },
    /// 费用撤销 · 2205, 2302: fee lines are withdrawn.
    Withdraw {
        /// 就诊ID
        mdtrt_id: String,
        /// Row ids of the lines.
        lines: Vec<Name>,
    },
    /// 出院 · 2402.
    Discharge {
        /// 就诊ID
        mdtrt_id: String,
        /// New facts.
        facts: Facts,
    },
    /// 出院撤销 · 2405.
    Readmit {
        /// 就诊ID
        mdtrt_id: String,
    },
    /// 挂号/入院撤销 · 2202, 2404.
    Cancel {
        /// 就诊ID
        mdtrt_id: String,
    },
    /// 结算与预结算 · 2207, 2304, 2102 and their trials.
    Settle(Box<Bill>),
    /// 结算撤销 · 2208, 2305, 2103.
    Unsettle(Box<Unbill>),
    /// 冲正 · 2601.
    Reverse {
        /// 原报文ID
        omsgid: String,
        /// 原交易编号
        oinfno: String,
    },
    /// 备案 · 2501, 2503, 2505: a registration is opened.
    File {
        /// 待遇申报明细流水号 · `trt_dcla_detl_sn`, issued by the treatment place.
        filing: String,
        /// What the row keeps.
        facts: Facts,
    },
    /// 备案撤销 · 2502, 2504, 2506.
    Unfile {
        /// `trt_dcla_detl_sn`
        filing: String,
    },
    /// 目录对照 · 3301: the institution's own items stand for items of the catalogue.
    Map {
        /// The rows, each with its id.
        rows: Vec<(String, Facts)>,
    },
    /// 目录对照撤销 · 3302.
    Unmap {
        /// Row id.
        mapping: Name,
    },
    /// 清分确认 · 3261: the institution agrees to what is cleared for visitors.
    Confirm {
        /// Row id, facts and amounts of each line.
        lines: Vec<(String, Facts, Amounts)>,
    },
    /// 清分确认回退 · 3262.
    Unconfirm {
        /// 原报文ID of the confirmation.
        otransid: String,
    },
    /// 数据迁移 · The new platform asks the one of before the cutover for its books, and is given them group by group.
    Migrate {
        /// All that was booked since the opening, in its order; empty while it is asked for.
        groups: Vec<Vec<LogRow>>,
    },
    /// 查询 · 1101, 2001, 5206: answered by the insured place, books nothing.
    Ask,
    /// 寻找 · 1101 where nobody knows the insured place yet: the hub asks its regions.
    Seek,
}

/// 费用明细 · One fee line after the split.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Row id.
    pub id: Name,
    /// What the row keeps: `feedetl_sn chrg_bchno med_list_codg pric cnt chrgitm_lv …`.
    pub facts: Facts,
    /// The split.
    pub split: Split,
}

/// 账单 · What is to be paid, and once paid, how.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// 就诊ID
    pub mdtrt_id: String,
    /// 结算ID, issued by the treatment place; empty on a trial.
    pub setl_id: String,
    /// 险种类型
    pub insutype: String,
    /// Row ids of the lines that it covers.
    pub lines: Vec<Name>,
    /// Sums of the lines.
    pub sums: Sums,
    /// Tier of the institution.
    pub tier: u8,
    /// Family.
    pub business: Business,
    /// `acct_used_flag`
    pub account_used: bool,
    /// 慢特病 · The disease that it is for, of chronic and special outpatient care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease: Option<Disease>,
    /// True for 2206, 2303 and 2101: nothing is booked.
    pub trial: bool,
    /// What the settlement row keeps.
    pub facts: Facts,
    /// 发药 · Boxes that leave the hospital's shelf, by item; known to the hospital alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dispensed: BTreeMap<String, i64>,
    /// 购药 · What a pharmacy's one call opens and lists besides; `None` where visit and lines came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Sale>,
    /// Filled in by the insured place.
    pub settled: Option<Settled>,
}

/// 慢特病 · Kind of care (14 or 16) and disease of a bill.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disease {
    /// `med_type`
    pub kind: String,
    /// `dise_codg`
    pub code: String,
}

/// 购药 · Visit and lines that are born with their settlement (2101, 2102), and go with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// What the visit row keeps.
    pub visit: Facts,
    /// The lines, split.
    pub lines: Vec<Line>,
}

/// 待遇 · What the insured place paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// All amounts by interface name, fund lines as `fund:310100`.
    pub amounts: Amounts,
    /// 余额 · Account balance after, in fen.
    pub balance: i64,
    /// 年度累计 · What it adds to the yearly accumulators: code, and count or fen.
    pub accumulators: Amounts,
    /// 冻结 · What is held on the person's account as long as this stands, in fen.
    #[serde(default)]
    pub held: i64,
    /// Who the person is, for the answer.
    pub person: PersonFacts,
}

/// 结算撤销 · A settlement taken back as a negative mirror record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbill {
    /// 就诊ID
    pub mdtrt_id: String,
    /// The settlement.
    pub setl_id: String,
    /// The mirror's own 结算ID.
    pub mirror: String,
    /// The negative amounts.
    pub amounts: Amounts,
    /// Account balance after.
    pub balance: i64,
    /// Facts of the settlement that the mirror shares.
    pub facts: Facts,
}

/// 人员信息 · What answers say of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// `psn_name`
    pub name: String,
    /// `certno`
    pub certno: String,
    /// `psn_cert_type`
    pub certificate: String,
    /// `gend`: 1 male, 2 female.
    pub gender: String,
    /// `brdy`
    pub birthday: String,
    /// `age` in whole years.
    pub age: i64,
    /// `psn_type`
    pub kind: String,
}

/// Amounts of a settlement by interface name, in the order in which answers carry them.
pub const AMOUNT_FIELDS: [&str; 20] = [
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "act_pay_dedc",
    "hifp_pay",
    "pool_prop_selfpay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "maf_pay",
    "oth_pay",
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "psn_cash_pay",
    "hosp_part_amt",
    "acct_mulaid_pay",
];

/// 个人账户 · `fund_pay_type` of the line that shows the personal account; it is no fund.
pub const ACCOUNT_LINE: &str = "310200";

/// The amounts of a mirror record.
pub fn negated(amounts: &Amounts) -> Amounts {
    amounts
        .iter()
        .map(|(name, fen)| (name.clone(), -fen))
        .collect()
}
