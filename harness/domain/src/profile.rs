//! 地方规则 · One region's edition of the interface: how it is spoken to, what it answers, what it takes back, what it pays.
//!
//! Why so: every province issues an edition of its own, and none of the differences belongs into code. So all of them are
//! values of one type, read from a data file (`scenarios/profiles/`) or from a plan; `default` is the national edition.
//! A knob stands here only if somebody reads it. Used by `wire` (speaks and checks by it), `mocks` (answer by it),
//! `runner` (sends by it). Not here: how a file is read (`scenarios::profile`).

use crate::{AdmDivision, InfNo, Moment, Policy, Span};

/// 地方规则 · What one region's platform does in its own way. The default is the national edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, e.g. `zhejiang`.
    pub id: String,
    /// Chinese title.
    pub title_zh: String,
    /// English title.
    pub title_en: String,
    /// 网关 · How a message is carried to it.
    pub gateway: Gateway,
    /// 报文头
    pub envelope: EnvelopeForm,
    /// 应答
    pub answers: AnswerForm,
    /// 节点与字段名
    pub names: Names,
    /// 对账
    pub reconciliation: Reconciliation,
    /// 存在之后的结算 · True: a settlement is not undone while a later one of the person stands (E-LATER).
    pub refuses_older: bool,
    /// 跨年 · True: a settlement of an earlier year is not undone (E-YEAR).
    pub refuses_last_year: bool,
    /// 清算 · When what was settled is cleared; afterwards it is not undone (E-CLEARED). `None` = never.
    pub clearing: Option<Clearing>,
    /// 冻结 · True: what a settlement takes from a personal account is held there as long as the settlement stands.
    pub holds_account: bool,
    /// 可冲正 · What 2601 may name as `oinfno`, without suffixes (E-REVTYPE).
    pub reversible: Vec<InfNo>,
    /// 先出院后结算 · True: 2304 before 2402 is refused (E-NOTDISCH), but for a settlement in the midst of a stay.
    pub discharge_first: bool,
    /// 上传拆分 · True: a settlement whose four sent split amounts differ from the computed ones is refused (E-SPLIT).
    pub split_must_agree: bool,
    /// 电子凭证 · For how many minutes a token of an e-voucher is good.
    pub voucher_min: u32,
    /// 卡识别码 · What is asked of the `card_sn` of a card from another region.
    pub card_sn: CardSn,
    /// 明细条数 · Fee lines or mapped items of one message at most.
    pub lines: u32,
    /// 仅接收 · Transactions beyond the catalogue that move no money: taken, and nothing is checked.
    pub recorded: Vec<InfNo>,
    /// 待遇政策
    pub policy: Policy,
}

/// 网关 · How a message is carried to a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// How it is signed.
    pub dialect: Dialect,
    /// 路径 · Where it is sent: text in which `{infno}` is the number and `{service}` the platform's own path of it.
    pub path: String,
    /// 编码 · Of the body.
    pub encoding: Encoding,
    /// 时间窗 · How many minutes a timestamp may be off.
    pub clock_min: u32,
    /// 检查项 · What is refused at the door, in this order; what is not named is noted.
    pub checks: Vec<GatewayCheck>,
}

/// 方言 · How a gateway wants to be spoken to (interface §3.2, conformance §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// `x-tif-*`: SHA-256 over timestamp, secret, nonce, timestamp; the body is not covered. Guangdong and others.
    XTif,
    /// `_api_*`: HMAC-SHA1 over the four parameters; the body is not covered. Hunan, Jiangsu, Guangxi.
    Csb,
    /// `x-ca-*`: HMAC-SM3 over timestamp and body. Zhejiang.
    Zhejiang,
    /// `apikey`, a constant.
    ApiKey,
    /// No signature: a front-end machine on the hospital's side signs.
    Bare,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 5] = [
        Dialect::XTif,
        Dialect::Csb,
        Dialect::Zhejiang,
        Dialect::ApiKey,
        Dialect::Bare,
    ];

    /// `x-tif csb zhejiang apikey bare`, as plans write it.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::XTif => "x-tif",
            Dialect::Csb => "csb",
            Dialect::Zhejiang => "zhejiang",
            Dialect::ApiKey => "apikey",
            Dialect::Bare => "bare",
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// 编码 · Of the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GBK, as far as it goes; what it lacks goes as GB18030.
    Gbk,
}

/// 检查项 · What a gateway may refuse for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayCheck {
    /// An unknown key.
    Key,
    /// A wrong or missing signature.
    Signature,
    /// A timestamp outside its window.
    Timestamp,
    /// A nonce that was used before.
    Nonce,
    /// A `cainfo` that does not sign the input, where the region wants one.
    Cainfo,
}

/// 报文头 · What the envelope of a request says in this region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeForm {
    /// `infver` · The forms that are regular; the first is what the harness sends.
    pub infver: Vec<String>,
    /// `recer_sys_code` · What the harness sends and what a HIS is told to send.
    pub receiver: String,
    /// 签到
    pub sign_in: SignIn,
    /// True: `cainfo` carries an SM2 signature of the input.
    pub signed: bool,
    /// 卡密码 · True: `cainfo` carries the card's PIN, sealed by the reader, where a person settles at home (interface §3.2, §11).
    pub pin: bool,
    /// True: `input` is sent as JSON text.
    pub input_as_text: bool,
}

impl EnvelopeForm {
    /// Whether this message carries a PIN: a settlement of somebody who is insured where he is treated. Of visitors none is
    /// asked, and of whom it is not said where he is insured neither.
    pub fn wants_pin(
        &self,
        infno: &str,
        treatment: AdmDivision,
        insured: Option<AdmDivision>,
    ) -> bool {
        let at_home = insured.is_some_and(|insured| insured.span_to(treatment) == Span::Local);
        self.pin && matches!(infno, "2102" | "2207" | "2304") && at_home
    }
}

/// 签到 · What a platform demands of `sign_no` (interface §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Nothing.
    Ignored,
    /// A number that 9001 gave and 9002 has not ended (E-SIGN).
    Required,
    /// The same, and no second 9001 of an operator while one is open.
    Single,
    /// As required, of the same calendar day.
    Daily,
}

/// 卡识别码 · What is asked of `card_sn` where a card (03) of another region is read (interface §10.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardSn {
    /// It is the one on record, where one is.
    Current,
    /// There is one.
    Present,
    /// Nothing.
    Ignored,
}

/// 应答 · The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerForm {
    /// True: `infcode` is text.
    pub infcode_as_text: bool,
    /// True: `output` is an object as JSON text.
    pub output_as_text: bool,
    /// True: `output` is Base64 of its text under SM4-ECB.
    pub output_sealed: bool,
    /// True: `cainfo` carries an SM2 signature of the answer by the platform.
    pub signed: bool,
    /// True: the parts of person and hospital are null in the answer to an undo.
    pub undo_without_parts: bool,
    /// True: `fund_pay_sumamt` holds what the personal account pays, too.
    pub account_in_fund: bool,
}

/// 节点与字段名 · What a region calls what the tables call otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The node of 2207 and 2304: `data`, or `mdtrtinfo`.
    pub settlement_node: String,
    /// The node of 3301: `data`, or `catalogcompin`.
    pub mapping_node: String,
    /// The stay number of 2401: `ipt_no`, or `ipt_otp_no`.
    pub stay_number: String,
    /// 就诊信息上传 · The numbers that are regular for it, `2203A` or `2203`; the first is what the harness sends.
    pub diagnosis_numbers: Vec<String>,
    /// 一站式结算 · Outpatient settlement in one call and its undo, beside the step-wise flow; empty = there is none.
    pub one_call: Vec<InfNo>,
    /// What restricts 3201 and 3202 to ordinary or refund records: `refd_setl_flag`, `REFD_SETL_FLAG`; empty = nothing.
    pub refund_flag: String,
}

/// 对账 · What 3201 answers and takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// `stmt_rslt` where both agree.
    pub balanced: String,
    /// Where the platform has more records.
    pub platform_more: String,
    /// Where the institution has more records.
    pub institution_more: String,
    /// Where the amounts differ.
    pub amounts_differ: String,
}

/// 清算 · How often a platform clears, and at what time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// True: on the last day of each month; false: every day.
    pub monthly: bool,
    /// Minutes after midnight, 1 to 1440 (24:00).
    pub minute: u16,
}

impl Clearing {
    /// The first instant after `settled` at which the platform clears; from then on it does not take it back.
    pub fn after(self, settled: Moment) -> Moment {
        let mut day = settled.day();
        loop {
            let at = day.start().plus_ms(i64::from(self.minute) * 60_000);
            let due = !self.monthly || day.month() != day.next().month();
            if due && at > settled {
                return at;
            }
            day = day.next();
        }
    }
}

/// 全国版 · The national edition; a test holds it and its data file to each other.
impl Default for Profile {
    fn default() -> Profile {
        let text = str::to_owned;
        let reversible = ["2102", "2103", "2207", "2208", "2304", "2305", "2401"];
        Profile {
            id: text("national"),
            title_zh: text("全国版"),
            title_en: text("national edition"),
            gateway: Gateway {
                dialect: Dialect::Bare,
                path: text("/fsi/api/rsfComIfsService/callService"),
                encoding: Encoding::Utf8,
                clock_min: 30,
                checks: vec![
                    GatewayCheck::Key,
                    GatewayCheck::Signature,
                    GatewayCheck::Timestamp,
                    GatewayCheck::Nonce,
                    GatewayCheck::Cainfo,
                ],
            },
            envelope: EnvelopeForm {
                infver: ["V1.0", "1.0", "1.0.0"].map(text).into(),
                receiver: text("FSI_LOCAL"),
                sign_in: SignIn::Ignored,
                signed: false,
                pin: false,
                input_as_text: false,
            },
            answers: AnswerForm {
                infcode_as_text: false,
                output_as_text: false,
                output_sealed: false,
                signed: false,
                undo_without_parts: false,
                account_in_fund: false,
            },
            names: Names {
                settlement_node: text("data"),
                mapping_node: text("data"),
                stay_number: text("ipt_no"),
                diagnosis_numbers: ["2203A", "2203"].map(text).into(),
                one_call: Vec::new(),
                refund_flag: text("refd_setl_flag"),
            },
            reconciliation: Reconciliation {
                balanced: text("000000"),
                platform_more: text("000101"),
                institution_more: text("000102"),
                amounts_differ: text("000103"),
            },
            refuses_older: false,
            refuses_last_year: false,
            clearing: None,
            holds_account: false,
            reversible: reversible.map(InfNo::new).into(),
            discharge_first: false,
            split_must_agree: false,
            voucher_min: 30,
            card_sn: CardSn::Current,
            lines: 100,
            recorded: Vec::new(),
            policy: Policy::default(),
        }
    }
}

impl Profile {
    /// True where a message may go as it is: no gateway of its own, no signature, no seal.
    pub fn is_plain(&self) -> bool {
        let sealed = self.envelope.signed || self.envelope.input_as_text;
        let answered = self.answers.output_sealed || self.answers.signed;
        !sealed && !answered && self.gateway == Profile::default().gateway
    }

    /// True for the one-call settlement of this region, or its undo.
    pub fn settles_in_one_call(&self, infno: &InfNo) -> bool {
        let mut all = self.names.one_call.iter();
        all.any(|one| one.base() == infno.base())
    }

    /// True if 2601 may name a transaction here, whatever its suffix.
    pub fn reverses(&self, infno: &InfNo) -> bool {
        let mut all = self.reversible.iter();
        all.any(|one| one.base() == infno.base())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_cleared_at_the_next_bell() {
        let at = |text: &str| Moment::parse(text).unwrap();
        let daily = |minute| Clearing {
            monthly: false,
            minute,
        };
        let monthly = Clearing {
            monthly: true,
            minute: 1_440,
        };
        let noon = at("2030-02-27T12:00+08:00");
        assert_eq!(daily(1_440).after(noon), at("2030-02-28T00:00+08:00"));
        assert_eq!(daily(721).after(noon), at("2030-02-27T12:01+08:00"));
        assert_eq!(daily(720).after(noon), at("2030-02-28T12:00+08:00"));
        assert_eq!(monthly.after(noon), at("2030-03-01T00:00+08:00"));
        let last_day = at("2030-02-28T23:59+08:00");
        assert_eq!(monthly.after(last_day), at("2030-03-01T00:00+08:00"));
        let new_month = at("2030-03-01T00:00+08:00");
        assert_eq!(monthly.after(new_month), at("2030-04-01T00:00+08:00"));
    }

    #[test]
    fn what_2601_may_name_is_the_profile_s_affair_and_a_suffix_does_not_matter() {
        let mut profile = Profile::default();
        assert!(profile.reverses(&InfNo::new("2207A")));
        assert!(!profile.reverses(&InfNo::new("2204")));
        profile.reversible.retain(|one| one.as_str() != "2207");
        assert!(!profile.reverses(&InfNo::new("2207")));
    }
}
