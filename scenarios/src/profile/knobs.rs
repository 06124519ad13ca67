//! 规则项 · The table of all knobs: key, what it says in both languages, kind, place.
//!
//! Why a table: the reader, the schema, what `serve` and `schema` print, and the test that each knob does something all
//! walk over it, so none of them can forget one.

use crosswipe_domain::{AccountRule, Both, CardSn, Dialect, Encoding, Filing, SignIn, both};

use super::kind::{Kind, often, set_clearing};

/// 规则项 · One knob.
pub(super) struct Knob {
    /// Dotted: `gateway.dialect` stands under `gateway:`.
    pub(super) key: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) kind: Kind,
}

const fn knob(key: &'static str, zh: &'static str, en: &'static str, kind: Kind) -> Knob {
    Knob { key, zh, en, kind }
}

const DIALECTS: &[&str] = &["x-tif", "csb", "zhejiang", "apikey", "bare"];
const SIGN_INS: [SignIn; 4] = [
    SignIn::Ignored,
    SignIn::Required,
    SignIn::Single,
    SignIn::Daily,
];
const CARD_SNS: [CardSn; 3] = [CardSn::Current, CardSn::Present, CardSn::Ignored];
const FILINGS: [Filing; 3] = [Filing::Registered, Filing::Unregistered, Filing::Refused];
const ACCOUNTS: [AccountRule; 3] = [
    AccountRule::Everything,
    AccountRule::NotClassC,
    AccountRule::OnlyInScope,
];

fn number_of<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|known| *known == one).unwrap_or(0)
}

/// All of them, those of one group together.
pub(super) const KNOBS: &[Knob] = &[
    knob(
        "gateway.dialect",
        "网关方言: 请求头与签名",
        "headers and signature of the gateway",
        Kind::Choice(
            DIALECTS,
            |p, at| p.gateway.dialect = Dialect::ALL[at],
            |p| number_of(&Dialect::ALL, p.gateway.dialect),
        ),
    ),
    knob(
        "gateway.path",
        "请求地址; {infno} 为交易编号, {service} 为平台的服务路径",
        "path of a message; {infno} is its number, {service} the platform's path of the service",
        Kind::Text(path, |p| &mut p.gateway.path),
    ),
    knob(
        "gateway.encoding",
        "报文编码",
        "encoding of the body",
        Kind::Choice(
            &["utf-8", "gbk"],
            |p, at| p.gateway.encoding = [Encoding::Utf8, Encoding::Gbk][at],
            |p| usize::from(p.gateway.encoding == Encoding::Gbk),
        ),
    ),
    knob(
        "gateway.clock_window",
        "时间戳可差多久",
        "how far off a timestamp may be",
        Kind::Minutes(|p| &mut p.gateway.clock_min),
    ),
    knob(
        "gateway.checks",
        "网关拒绝的检查项, 其余只提示",
        "what the gateway refuses for; the rest is noted",
        Kind::Checks(|p| &mut p.gateway.checks),
    ),
    knob(
        "envelope.infver",
        "接口版本号的写法, 第一个为本工具所发",
        "forms of infver; the first is what the harness sends",
        Kind::Texts(version, |p| &mut p.envelope.infver),
    ),
    knob(
        "envelope.receiver",
        "接收方系统代码 recer_sys_code",
        "recer_sys_code",
        Kind::Text(receiver, |p| &mut p.envelope.receiver),
    ),
    knob(
        "envelope.sign_in",
        "签到要求",
        "what is demanded of sign_no",
        Kind::Choice(
            &["ignore", "require", "single", "daily"],
            |p, at| p.envelope.sign_in = SIGN_INS[at],
            |p| number_of(&SIGN_INS, p.envelope.sign_in),
        ),
    ),
    knob(
        "envelope.cainfo",
        "cainfo: 空, 对 input 的 SM2 签名, 或本地参保人结算 (2102 2207 2304) 时加密的卡密码",
        "cainfo: nothing, an SM2 signature of input, or the sealed PIN where a local person settles (2102, 2207, 2304)",
        Kind::Choice(
            &["none", "sm2", "pin"],
            |p, at| (p.envelope.signed, p.envelope.pin) = (at == 1, at == 2),
            |p| usize::from(p.envelope.signed) + 2 * usize::from(p.envelope.pin),
        ),
    ),
    knob(
        "envelope.input",
        "input 的类型",
        "type of input",
        Kind::Choice(
            &["object", "text"],
            |p, at| p.envelope.input_as_text = at == 1,
            |p| usize::from(p.envelope.input_as_text),
        ),
    ),
    knob(
        "answers.infcode",
        "应答 infcode 的类型",
        "type of infcode in answers",
        Kind::Choice(
            &["number", "text"],
            |p, at| p.answers.infcode_as_text = at == 1,
            |p| usize::from(p.answers.infcode_as_text),
        ),
    ),
    knob(
        "answers.output",
        "应答 output 的类型",
        "type of output in answers",
        Kind::Choice(
            &["object", "text", "sm4"],
            |p, at| (p.answers.output_as_text, p.answers.output_sealed) = (at == 1, at == 2),
            |p| usize::from(p.answers.output_as_text) + 2 * usize::from(p.answers.output_sealed),
        ),
    ),
    knob(
        "answers.cainfo",
        "应答的 cainfo: 不签名, 或平台对 infcode、inf_refmsgid、output 的 SM2 签名",
        "cainfo of answers: nothing, or the platform's SM2 signature of infcode, inf_refmsgid and output",
        Kind::Choice(
            &["none", "sm2"],
            |p, at| p.answers.signed = at == 1,
            |p| usize::from(p.answers.signed),
        ),
    ),
    knob(
        "answers.undo_parts",
        "撤销应答中个人负担与医院负担: 给出或为空",
        "parts of person and hospital in the answer to an undo",
        Kind::Choice(
            &["shown", "empty"],
            |p, at| p.answers.undo_without_parts = at == 1,
            |p| usize::from(p.answers.undo_without_parts),
        ),
    ),
    knob(
        "answers.fund_pay_sumamt",
        "基金支付总额是否含个人账户",
        "whether fund_pay_sumamt holds the personal account",
        Kind::Choice(
            &["without-account", "with-account"],
            |p, at| p.answers.account_in_fund = at == 1,
            |p| usize::from(p.answers.account_in_fund),
        ),
    ),
    knob(
        "names.settlement_node",
        "2207、2304 的入参节点",
        "input node of 2207 and 2304",
        Kind::Choice(
            &["data", "mdtrtinfo"],
            |p, at| p.names.settlement_node = ["data", "mdtrtinfo"][at].to_owned(),
            |p| usize::from(p.names.settlement_node == "mdtrtinfo"),
        ),
    ),
    knob(
        "names.mapping_node",
        "3301 的入参节点",
        "input node of 3301",
        Kind::Choice(
            &["data", "catalogcompin"],
            |p, at| p.names.mapping_node = ["data", "catalogcompin"][at].to_owned(),
            |p| usize::from(p.names.mapping_node == "catalogcompin"),
        ),
    ),
    knob(
        "names.stay_number",
        "2401 的住院号字段",
        "stay number of 2401",
        Kind::Choice(
            &["ipt_no", "ipt_otp_no"],
            |p, at| p.names.stay_number = ["ipt_no", "ipt_otp_no"][at].to_owned(),
            |p| usize::from(p.names.stay_number == "ipt_otp_no"),
        ),
    ),
    knob(
        "names.diagnosis_numbers",
        "门诊就诊信息上传的交易编号: 2203A 或 2203, 第一个为本工具所发",
        "numbers of the upload of a visit's diagnoses, 2203A or 2203; the first is what the harness sends",
        Kind::Texts(diagnosis_number, |p| &mut p.names.diagnosis_numbers),
    ),
    knob(
        "names.one_call",
        "一站式门诊结算及其撤销的交易编号 (2260, 2261); 空为没有",
        "one-call outpatient settlement and its undo (2260, 2261); empty = there is none",
        Kind::OneCall(|p| &mut p.names.one_call),
    ),
    knob(
        "names.refund_flag",
        "3201、3202 限定退费记录的字段, none 为没有",
        "what restricts 3201 and 3202 to refund records; none = nothing does",
        Kind::Choice(
            &["none", "refd_setl_flag", "REFD_SETL_FLAG"],
            |p, at| p.names.refund_flag = ["", "refd_setl_flag", "REFD_SETL_FLAG"][at].to_owned(),
            |p| match p.names.refund_flag.as_str() {
                "" => 0,
                "refd_setl_flag" => 1,
                _ => 2,
            },
        ),
    ),
    knob(
        "reconciliation.balanced",
        "3201 对平的 stmt_rslt",
        "stmt_rslt of 3201: balanced",
        Kind::Text(result, |p| &mut p.reconciliation.balanced),
    ),
    knob(
        "reconciliation.platform_more",
        "中心多的 stmt_rslt",
        "stmt_rslt: the platform has more",
        Kind::Text(result, |p| &mut p.reconciliation.platform_more),
    ),
    knob(
        "reconciliation.institution_more",
        "机构多的 stmt_rslt",
        "stmt_rslt: the institution has more",
        Kind::Text(result, |p| &mut p.reconciliation.institution_more),
    ),
    knob(
        "reconciliation.amounts_differ",
        "金额不一致的 stmt_rslt",
        "stmt_rslt: amounts differ",
        Kind::Text(result, |p| &mut p.reconciliation.amounts_differ),
    ),
    knob(
        "later_settlement",
        "有之后的结算时撤销",
        "undo while a later settlement stands",
        Kind::Choice(
            MAY,
            |p, at| p.refuses_older = at == 1,
            |p| usize::from(p.refuses_older),
        ),
    ),
    knob(
        "cross_year",
        "跨年撤销",
        "undo of a settlement of last year",
        Kind::Choice(
            MAY,
            |p, at| p.refuses_last_year = at == 1,
            |p| usize::from(p.refuses_last_year),
        ),
    ),
    knob(
        "cleared",
        "多久清算一次, 清算后不撤",
        "how often it clears; what is cleared is not undone",
        Kind::Choice(&["never", "day", "month"], set_clearing, often),
    ),
    knob(
        "cleared_at",
        "几点清算",
        "at what time it clears",
        Kind::TimeOfDay,
    ),
    knob(
        "account",
        "个人账户支付方式: 直接扣或先冻结",
        "how the account pays: at once, or held first",
        Kind::Choice(
            &["direct", "hold"],
            |p, at| p.holds_account = at == 1,
            |p| usize::from(p.holds_account),
        ),
    ),
    knob(
        "reversible",
        "2601 可冲正的交易",
        "what 2601 may reverse",
        Kind::Reversible(|p| &mut p.reversible),
    ),
    knob(
        "settle_in_hospital",
        "未办出院先结算 (2304)",
        "2304 before 2402",
        Kind::Choice(
            MAY,
            |p, at| p.discharge_first = at == 1,
            |p| usize::from(p.discharge_first),
        ),
    ),
    knob(
        "sent_split",
        "上传的四项拆分: 平台重算或须一致",
        "the four sent split amounts: computed anew, or they must agree",
        Kind::Choice(
            &["computed", "must-agree"],
            |p, at| p.split_must_agree = at == 1,
            |p| usize::from(p.split_must_agree),
        ),
    ),
    knob(
        "voucher_valid",
        "电子凭证令牌多久有效",
        "how long a token of an e-voucher is good",
        Kind::Minutes(|p| &mut p.voucher_min),
    ),
    knob(
        "card_sn",
        "外地社保卡 (03) 的卡识别码: 须与登记一致、须有、不看",
        "card_sn of a card of another region: the one on record, any, or not asked",
        Kind::Choice(
            &["current", "present", "ignore"],
            |p, at| p.card_sn = CARD_SNS[at],
            |p| number_of(&CARD_SNS, p.card_sn),
        ),
    ),
    knob(
        "lines",
        "一次上传的明细或对照最多几条",
        "lines of one message at most",
        Kind::Whole(1, 10_000, |p| &mut p.lines),
    ),
    knob(
        "recorded",
        "仅接收、不核验的交易",
        "transactions that are taken and not looked into",
        Kind::Recorded(|p| &mut p.recorded),
    ),
    knob(
        "policy.filing",
        "参保人的异地备案",
        "how its people are registered for care elsewhere",
        Kind::Choice(
            &["registered", "unregistered", "refuse"],
            |p, at| p.policy.filing = FILINGS[at],
            |p| number_of(&FILINGS, p.policy.filing),
        ),
    ),
    knob(
        "policy.away_registered",
        "已备案的异地系数",
        "change of ratio elsewhere, registered",
        Kind::Change(|p| &mut p.policy.away_registered),
    ),
    knob(
        "policy.away_unregistered",
        "未备案的异地系数",
        "change of ratio elsewhere, not registered",
        Kind::Change(|p| &mut p.policy.away_unregistered),
    ),
    knob(
        "policy.account",
        "个人账户可付范围",
        "what the account may pay",
        Kind::Choice(
            &["everything", "not-class-c", "only-in-scope"],
            |p, at| p.policy.account = ACCOUNTS[at],
            |p| number_of(&ACCOUNTS, p.policy.account),
        ),
    ),
    knob(
        "policy.civil_servant",
        "公务员补助比例",
        "share of the civil servant subsidy",
        Kind::MaybeRatio(|p| &mut p.policy.subsidies.civil_servant),
    ),
    knob(
        "policy.enterprise",
        "企业补充比例",
        "share of the enterprise supplement",
        Kind::MaybeRatio(|p| &mut p.policy.subsidies.enterprise),
    ),
    knob(
        "policy.medical_aid",
        "医疗救助比例",
        "share of medical aid",
        Kind::MaybeRatio(|p| &mut p.policy.subsidies.medical_aid),
    ),
    knob(
        "policy.chronic_filing",
        "慢特病须先备案 (2503)",
        "whether chronic care needs a registration (2503)",
        Kind::Choice(
            &["required", "ignore"],
            |p, at| p.policy.chronic_filed = at == 0,
            |p| usize::from(!p.policy.chronic_filed),
        ),
    ),
    knob(
        "policy.chronic",
        "慢特病目录: 病种、年度限额、用药; 空为不限病种",
        "chronic diseases with yearly quota and drugs; empty = any disease",
        Kind::Chronic(|p| &mut p.policy.chronic),
    ),
    knob(
        "policy.stay_deductible.tier1",
        "一级医院住院起付线: 首次、二次、三次及以后",
        "deductible of a stay, tier 1: first, second, later",
        Kind::Amounts(|p| &mut p.policy.stay_deductibles[0]),
    ),
    knob(
        "policy.stay_deductible.tier2",
        "二级医院住院起付线",
        "deductible of a stay, tier 2",
        Kind::Amounts(|p| &mut p.policy.stay_deductibles[1]),
    ),
    knob(
        "policy.stay_deductible.tier3",
        "三级医院住院起付线",
        "deductible of a stay, tier 3",
        Kind::Amounts(|p| &mut p.policy.stay_deductibles[2]),
    ),
    knob(
        "policy.employee.deductible",
        "职工门诊年度起付线",
        "yearly deductible, employees",
        Kind::Amount(|p| &mut p.policy.employee.deductible),
    ),
    knob(
        "policy.employee.cap",
        "职工统筹年度封顶线",
        "yearly cap of the pooled fund, employees",
        Kind::Amount(|p| &mut p.policy.employee.cap),
    ),
    knob(
        "policy.employee.above.after",
        "职工封顶线以上先自付",
        "borne above the cap before the next fund pays, employees",
        Kind::Amount(|p| &mut p.policy.employee.above_after),
    ),
    knob(
        "policy.employee.above.ratio",
        "职工大额补助比例",
        "ratio of the large-amount fund",
        Kind::Ratio(|p| &mut p.policy.employee.above_ratio),
    ),
    knob(
        "policy.employee.above.cap",
        "职工大额补助封顶",
        "yearly cap of the large-amount fund",
        Kind::MaybeAmount(|p| &mut p.policy.employee.above_cap),
    ),
    knob(
        "policy.employee.outpatient.tier1",
        "职工一级门诊统筹比例",
        "pooled fund, outpatient, tier 1, employees",
        Kind::Segments(|p| &mut p.policy.employee.outpatient[0]),
    ),
    knob(
        "policy.employee.outpatient.tier2",
        "职工二级门诊统筹比例",
        "pooled fund, outpatient, tier 2, employees",
        Kind::Segments(|p| &mut p.policy.employee.outpatient[1]),
    ),
    knob(
        "policy.employee.outpatient.tier3",
        "职工三级门诊统筹比例",
        "pooled fund, outpatient, tier 3, employees",
        Kind::Segments(|p| &mut p.policy.employee.outpatient[2]),
    ),
    knob(
        "policy.employee.inpatient.tier1",
        "职工一级住院统筹比例",
        "pooled fund, inpatient, tier 1, employees",
        Kind::Segments(|p| &mut p.policy.employee.inpatient[0]),
    ),
    knob(
        "policy.employee.inpatient.tier2",
        "职工二级住院统筹比例",
        "pooled fund, inpatient, tier 2, employees",
        Kind::Segments(|p| &mut p.policy.employee.inpatient[1]),
    ),
    knob(
        "policy.employee.inpatient.tier3",
        "职工三级住院统筹比例",
        "pooled fund, inpatient, tier 3, employees",
        Kind::Segments(|p| &mut p.policy.employee.inpatient[2]),
    ),
    knob(
        "policy.resident.deductible",
        "居民门诊年度起付线",
        "yearly deductible, residents",
        Kind::Amount(|p| &mut p.policy.resident.deductible),
    ),
    knob(
        "policy.resident.cap",
        "居民统筹年度封顶线",
        "yearly cap of the pooled fund, residents",
        Kind::Amount(|p| &mut p.policy.resident.cap),
    ),
    knob(
        "policy.resident.above.after",
        "居民大病起付",
        "borne above the cap before critical illness pays",
        Kind::Amount(|p| &mut p.policy.resident.above_after),
    ),
    knob(
        "policy.resident.above.ratio",
        "居民大病比例",
        "ratio of critical illness",
        Kind::Ratio(|p| &mut p.policy.resident.above_ratio),
    ),
    knob(
        "policy.resident.above.cap",
        "居民大病封顶",
        "yearly cap of critical illness",
        Kind::MaybeAmount(|p| &mut p.policy.resident.above_cap),
    ),
    knob(
        "policy.resident.outpatient.tier1",
        "居民一级门诊统筹比例",
        "pooled fund, outpatient, tier 1, residents",
        Kind::Segments(|p| &mut p.policy.resident.outpatient[0]),
    ),
    knob(
        "policy.resident.outpatient.tier2",
        "居民二级门诊统筹比例",
        "pooled fund, outpatient, tier 2, residents",
        Kind::Segments(|p| &mut p.policy.resident.outpatient[1]),
    ),
    knob(
        "policy.resident.outpatient.tier3",
        "居民三级门诊统筹比例",
        "pooled fund, outpatient, tier 3, residents",
        Kind::Segments(|p| &mut p.policy.resident.outpatient[2]),
    ),
    knob(
        "policy.resident.inpatient.tier1",
        "居民一级住院统筹比例",
        "pooled fund, inpatient, tier 1, residents",
        Kind::Segments(|p| &mut p.policy.resident.inpatient[0]),
    ),
    knob(
        "policy.resident.inpatient.tier2",
        "居民二级住院统筹比例",
        "pooled fund, inpatient, tier 2, residents",
        Kind::Segments(|p| &mut p.policy.resident.inpatient[1]),
    ),
    knob(
        "policy.resident.inpatient.tier3",
        "居民三级住院统筹比例",
        "pooled fund, inpatient, tier 3, residents",
        Kind::Segments(|p| &mut p.policy.resident.inpatient[2]),
    ),
];

const MAY: &[&str] = &["allow", "refuse"];

fn path(text: &str) -> Option<Both> {
    let plain = text.replace("{infno}", "").replace("{service}", "");
    let formed = text.starts_with('/')
        && plain
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"{}?#\"<>\\^`|".contains(&b));
    (!formed).then_some(both!(
        "以 / 开头, 占位只有 {{infno}} 和 {{service}}",
        "begins with /, and has no other placeholders than {{infno}} and {{service}}"
    ))
}

fn version(text: &str) -> Option<Both> {
    (text.chars().count() > 6).then_some(both!(
        "不超过 6 字, 如 V1.0",
        "at most 6 characters, e.g. V1.0"
    ))
}

fn diagnosis_number(text: &str) -> Option<Both> {
    (!matches!(text, "2203" | "2203A")).then_some(both!("2203A 或 2203", "2203A or 2203"))
}

fn receiver(text: &str) -> Option<Both> {
    (text.chars().count() > 10).then_some(both!(
        "不超过 10 字, 如 FSI_LOCAL",
        "at most 10 characters, e.g. FSI_LOCAL"
    ))
}

fn result(text: &str) -> Option<Both> {
    let formed = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    (!formed).then_some(both!(
        "最多 6 位数字, 如 000000 或 99",
        "at most six digits, e.g. 000000 or 99"
    ))
}
