//! 拒绝码 · Stable codes for what a platform refuses, with our wording.
//!
//! Why so: every province words its refusals differently and no public list exists. The code is the
//! stable part and travels inside `err_msg`, so that a client on the far side of a hub still reads it.
//! Written by `mocks`, read by `classify`. Not here: when something is refused (`mocks::platform`).

use std::fmt;

/// `err_msg` is declared with 200 characters.
const ERR_MSG_MAX: usize = 200;

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)+) => {
        /// 拒绝码 · Why a platform refuses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode { $($(#[$doc])* $name,)+ }

        impl RefusalCode {
            /// All of them, in the order of the interface's table.
            pub const ALL: &[RefusalCode] = &[$(RefusalCode::$name,)+];

            /// The stable code, e.g. `E-WINDOW`.
            pub const fn code(self) -> &'static str {
                match self { $(RefusalCode::$name => $code,)+ }
            }

            /// Default wording, for the person at the counter.
            pub const fn text(self) -> &'static str {
                match self { $(RefusalCode::$name => $text,)+ }
            }
        }
    };
}

refusal_codes! {
    /// No sign-in, or a stale one, where it is required.
    Sign = "E-SIGN", "操作员未签到";
    /// Outside the window, or institution or person not listed.
    Window = "E-WINDOW", "系统切换期间暂停服务";
    /// The insured place is not connected.
    Region = "E-REGION", "参保地尚未接入新平台";
    /// Unknown credential.
    Person = "E-PERSON", "未查到该凭证的参保信息";
    /// Ours: an e-voucher's token was used by another message.
    VoucherUsed = "E-VOUCHERUSED", "电子凭证已使用, 请重新出示";
    /// Ours: an e-voucher's token is too old, or of a time that has not come.
    VoucherOld = "E-VOUCHEROLD", "电子凭证已过期, 请重新出示";
    /// Ours: an e-voucher's token was shown for another business.
    VoucherType = "E-VOUCHERTYPE", "电子凭证的业务类型不符";
    /// Enrolment is not normal.
    Status = "E-STATUS", "参保状态异常, 暂停享受待遇";
    /// Admission while a stay is open.
    OpenStay = "E-OPENSTAY", "该人员已在院, 不能重复办理入院";
    /// Out-of-area care without filing.
    NoReg = "E-NOREG", "无有效的异地就医备案";
    /// Ours: no registration for the chronic disease that holds.
    Chronic = "E-CHRONIC", "无有效的慢特病备案";
    /// Ours: a disease that the insured place does not pay as a chronic one.
    Disease = "E-DISEASE", "病种不在参保地的慢特病目录";
    /// Ours: a drug that is not paid for the disease.
    Drug = "E-DRUG", "药品不在该病种的用药范围";
    /// Ours: an item without a national code, paid by fund or account.
    Uncoded = "E-UNCODED", "没有国家标码, 不能用统筹和个人账户";
    /// Unknown or cancelled visit.
    NoVisit = "E-NOVISIT", "未查到就诊信息";
    /// A fee line sent twice.
    DupLine = "E-DUPLINE", "费用明细流水号重复";
    /// Refund above the original line.
    RefundQty = "E-REFUNDQTY", "退费数量大于原数量";
    /// A sent total differs from the computed one.
    Split = "E-SPLIT", "上传金额与明细汇总不一致";
    /// The visit is settled.
    Settled = "E-SETTLED", "已结算, 请先撤销结算";
    /// Fee lines exist.
    HasLines = "E-HASLINES", "存在费用明细, 请先撤销明细";
    /// The person is discharged.
    Discharged = "E-DISCHARGED", "已办理出院, 请先撤销出院";
    /// The person is not discharged.
    NotDisch = "E-NOTDISCH", "尚未办理出院";
    /// Ours: what an office would end was ended before: answered, withdrawn, voided or collected.
    Ended = "E-ENDED", "该事项已办结、撤回或作废";
    /// Ours: a personal account that holds less than is to be taken from it.
    Balance = "E-BALANCE", "个人账户余额不足";
    /// Ours: what is to be reconciled is from before the cutover, and stands on the old platform alone.
    OldBooks = "E-OLDBOOKS", "停机前的账只在原系统对账";
    /// A second undo.
    Undone = "E-UNDONE", "该结算已撤销";
    /// A later settlement exists.
    Later = "E-LATER", "存在之后的结算, 请先撤销之后的结算";
    /// Already cleared.
    Cleared = "E-CLEARED", "该结算已清算, 不能撤销";
    /// Across a year end.
    Year = "E-YEAR", "跨年度结算不能撤销";
    /// 2601 names a transaction that it may not reverse.
    RevType = "E-REVTYPE", "该交易不支持冲正";
    /// 2601 finds no message, on a platform without a fence.
    RevNone = "E-REVNONE", "未查到原交易报文";
    /// Ours: 2601 names a number under which several messages of that kind were sent.
    RevDup = "E-REVDUP", "原报文ID用于多笔报文, 冲正对象不明确";
    /// The message id was used before.
    DupMsg = "E-DUPMSG", "报文ID重复";
    /// Ours: a mandatory field is missing or unusable.
    Field = "E-FIELD", "必填项缺失或格式错误";
    /// Ours: a transaction this platform does not know.
    Unsupported = "E-UNSUPPORTED", "不支持的交易编号";
    /// Ours: a process of an older epoch of the run.
    StaleEpoch = "E-STALE-EPOCH", "该运行已由新进程接管";
    /// Ours: a party behind this one did not answer, so nobody can say yet.
    Downstream = "E-DOWNSTREAM", "下级平台未应答, 结果未知";
}

impl RefusalCode {
    /// Finds the code in a peer's text: the first `[E-…]` that is one of ours, wherever a hub put it.
    pub fn of_err_msg(text: &str) -> Option<RefusalCode> {
        text.split("[E-").skip(1).find_map(|rest| {
            let name = rest.split(']').next()?;
            RefusalCode::ALL
                .iter()
                .copied()
                .find(|code| code.code().strip_prefix("E-") == Some(name))
        })
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// 拒绝 · A refusal and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// About what, in words; empty if the code says it all.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a detail.
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Refusal {
        Refusal {
            code,
            detail: detail.into(),
        }
    }

    /// `[E-WINDOW] text: detail`, cut at the interface's 200 characters.
    pub fn err_msg(&self) -> String {
        let mut text = format!("[{}] {}", self.code.code(), self.code.text());
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        match text.char_indices().nth(ERR_MSG_MAX) {
            Some((cut, _)) => text[..cut].to_owned(),
            None => text,
        }
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Refusal {
        Refusal::new(code, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_again_in_its_own_text() {
        for &code in RefusalCode::ALL {
            let refusal = Refusal::new(code, "detail [with] brackets");
            assert_eq!(RefusalCode::of_err_msg(&refusal.err_msg()), Some(code));
        }
    }

    #[test]
    fn a_code_is_found_behind_the_words_of_a_hub() {
        assert_eq!(
            RefusalCode::of_err_msg("省平台: [E-9] 下级返回 [E-LATER] 存在"),
            Some(RefusalCode::Later)
        );
        assert_eq!(RefusalCode::of_err_msg("E-LATER without brackets"), None);
        assert_eq!(RefusalCode::of_err_msg("[E-LATERAL] another word"), None);
    }

    #[test]
    fn a_long_detail_is_cut_at_a_character() {
        let text = Refusal::new(RefusalCode::Field, "缺".repeat(500)).err_msg();
        assert_eq!(text.chars().count(), 200);
    }
}
