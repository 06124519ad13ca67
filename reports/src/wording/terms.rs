//! 名词 · What roles, books, transactions, states and phases are called.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crosswipe_domain::{Allow, Business, Channel, InfNo, PhaseKind, Public, Role, Scope};
use crosswipe_journal::{CaseResult, Purpose, Says};
use crosswipe_verify::{BookTotal, Held, RuleState};
use crosswipe_wire::FieldSpec;

use super::Lang;
use crate::story::{CellState, Ending, MarkKind, Rollback};

pub(crate) fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::His => lang.pick("医院系统", "HIS"),
        Role::Treatment => lang.pick("就医地平台", "treatment place"),
        Role::Hub => lang.pick("省平台", "hub"),
        Role::Insured => lang.pick("参保地平台", "insured place"),
    }
}

/// The role of a book line; an unknown word stays as it is.
pub(crate) fn role_name(name: &str, lang: Lang) -> &str {
    let known = [Role::His, Role::Treatment, Role::Hub, Role::Insured]
        .into_iter()
        .find(|role| role.name() == name);
    known.map_or(name, |known| role(known, lang))
}

const BOOKS: [(&str, &str, &str); 24] = [
    ("equity", "期初对应", "equity"),
    ("pool-fund", "统筹基金", "pool fund"),
    ("personal-account", "个人账户", "account"),
    ("accumulator", "年度累计", "accumulator"),
    ("hold", "冻结", "hold"),
    ("visit", "就诊登记", "visit"),
    ("in-hospital", "在院标志", "in-hospital flag"),
    ("fee-detail", "费用明细", "fee detail"),
    ("settlement", "结算", "settlement"),
    ("filing", "备案", "filing"),
    ("clearing", "清分", "clearing"),
    ("prefund", "预付金", "prefund"),
    ("payable", "应付", "payable"),
    ("receivable", "应收", "receivable"),
    ("revenue", "收入", "revenue"),
    ("reconciliation", "对账", "reconciliation"),
    ("inventory", "库存", "stock"),
    ("trace-code", "追溯码", "trace code"),
    ("invoice", "票据", "invoice"),
    ("cash", "现金", "cash"),
    ("queue", "队列", "queue"),
    ("tax-push", "税务推送", "tax push"),
    ("special-payment", "特殊缴费", "special payment"),
    ("balance", "余额", "balance"),
];

/// 账 · A book; an unknown one stays as it is.
pub(crate) fn book(name: &str, lang: Lang) -> &str {
    BOOKS
        .iter()
        .find(|(key, ..)| *key == name)
        .map_or(name, |(_, zh, en)| lang.pick(zh, en))
}

/// A book as a line of the table: where it counts rather than keeps money, that is said.
pub(crate) fn book_line(line: &BookTotal, lang: Lang) -> String {
    let name = book(&line.book, lang);
    match line.unit.as_str() {
        "count" => format!("{name}{}", lang.pick("（数）", " (count)")),
        _ => name.to_owned(),
    }
}

/// `✓` where the run left nothing in the book's total, `✗` otherwise.
pub(crate) fn even(line: &BookTotal) -> char {
    if line.left() == 0 { '✓' } else { '✗' }
}

/// What stands behind the `:` or blank of a class and is no book: parties, gates, parts of a row, reasons.
const DETAILS: [(&str, &str, &str); 31] = [
    ("his", "医院系统", "HIS"),
    ("treatment", "就医地", "treatment place"),
    ("hub", "省平台", "hub"),
    ("insured", "参保地", "insured place"),
    ("window", "窗口", "window"),
    ("persona", "人员", "person"),
    ("amount", "金额", "amount"),
    ("id", "编号", "id"),
    ("person", "人员", "person"),
    ("split", "拆分", "split"),
    ("business", "业务", "business"),
    ("institution", "机构", "institution"),
    ("order", "次序", "order"),
    ("erased", "被删", "erased"),
    ("mutated", "被改", "mutated"),
    ("gap", "缺号", "gap"),
    ("stale", "过期", "stale"),
    ("conflict", "互相矛盾", "conflict"),
    ("missing", "缺失", "missing"),
    ("tampered", "被改过", "tampered"),
    ("corrupt", "损坏", "corrupt"),
    ("closed-period", "清算期已关", "period closed"),
    ("closed-year", "已跨年", "year closed"),
    (
        "later-settlement",
        "有之后的结算",
        "a later settlement stands",
    ),
    ("no-answer", "查询无果", "no clear answer"),
    ("id-unknown", "缺编号", "id missing"),
    ("stale-epoch", "已被接管", "taken over"),
    ("bytes-unknown", "原文无法复原", "bytes unknown"),
    ("window-over", "窗口已结束", "the window is over"),
    ("budget-spent", "重试用尽", "attempts used up"),
    ("cancel-refused", "撤销被拒", "cancel refused"),
];

/// The second half of a class; an unknown one stays as it is.
pub(crate) fn detail(name: &str, lang: Lang) -> &str {
    match DETAILS.iter().find(|(key, ..)| *key == name) {
        Some((_, zh, en)) => lang.pick(zh, en),
        None => book(name, lang),
    }
}

/// 交易名 · What the interface calls a transaction; empty where it is not known.
pub(crate) fn transaction(infno: &InfNo, lang: Lang) -> &'static str {
    match (crosswipe_wire::catalogue().transaction(infno), lang) {
        (Some(transaction), Lang::Zh) => transaction.zh,
        // Remarks in brackets are for readers of the catalogue.
        (Some(transaction), Lang::En) => transaction.en.split(" (").next().unwrap_or_default(),
        (None, _) => "",
    }
}

/// 字段名 · What the interface calls the fields of its messages, and the values of their codes, by field name.
pub(crate) fn field(name: &str) -> Option<&'static FieldSpec> {
    static FIELDS: LazyLock<BTreeMap<&'static str, &'static FieldSpec>> = LazyLock::new(|| {
        let catalogue = crosswipe_wire::catalogue();
        let nodes = catalogue
            .transactions()
            .flat_map(|one| one.input.iter().chain(&one.output.nodes));
        let envelopes = catalogue.request.iter().chain(&catalogue.response);
        let all = envelopes.chain(nodes.flat_map(|node| &node.fields));
        let mut fields = BTreeMap::new();
        for field in all {
            fields.entry(field.name).or_insert(field);
        }
        fields
    });
    FIELDS.get(name).copied()
}

/// Amounts of a settlement that are shown, by interface name.
pub(crate) const AMOUNTS: [(&str, &str, &str); 4] = [
    ("medfee_sumamt", "总额", "total"),
    ("fund_pay_sumamt", "基金", "fund"),
    ("acct_pay", "账户", "account"),
    ("psn_cash_pay", "现金", "cash"),
];

/// A business family in people's words.
pub fn business(business: Business, lang: Lang) -> &'static str {
    match business {
        Business::Outpatient => lang.pick("门诊", "outpatient"),
        Business::Inpatient => lang.pick("住院", "inpatient"),
        Business::Pharmacy => lang.pick("药店", "pharmacy"),
        Business::Filing => lang.pick("备案", "filing"),
    }
}

pub(crate) fn result(result: CaseResult, lang: Lang) -> &'static str {
    match result {
        CaseResult::Passed => lang.pick("✓ 通过", "✓ passed"),
        CaseResult::Failed => lang.pick("✗ 失败", "✗ failed"),
        CaseResult::Error => lang.pick("E 错误", "E error"),
        CaseResult::Blocked => lang.pick("= 阻塞", "= blocked"),
        CaseResult::Skipped => lang.pick("/ 跳过", "/ skipped"),
        CaseResult::Waived => lang.pick("~ 豁免", "~ waived"),
    }
}

/// How a case ended, with the reason where its result alone would hide it.
pub(crate) fn ending(ending: Ending, lang: Lang) -> &'static str {
    match ending {
        Ending::Finished(end) => result(end, lang),
        Ending::Unchecked => lang.pick("E 错误（没有检查）", "E error (nothing checked)"),
        Ending::CutOff => lang.pick("E 错误（中途停止）", "E error (cut off)"),
        Ending::NotStarted => lang.pick("/ 未执行", "/ not run"),
    }
}

pub(crate) fn rollback(rollback: Rollback, lang: Lang) -> &'static str {
    match rollback {
        Rollback::None => lang.pick("○ 无需回退", "o nothing to undo"),
        Rollback::Closed => lang.pick("✓ 已回退并核验", "✓ closed"),
        Rollback::Unknown => lang.pick("? 结果未知", "? unknown"),
        Rollback::Open => lang.pick("! 未回退", "! open"),
    }
}

pub(crate) fn held(held: Held, lang: Lang) -> &'static str {
    match held {
        Held::Held => lang.pick("✓ 成立", "✓ held"),
        Held::Violated => lang.pick("✗ 违反", "✗ violated"),
        Held::NotChecked => lang.pick("? 未核", "? not checked"),
    }
}

/// A rule's state, with how it holds where that is not all by itself.
pub(crate) fn rule_state(rule: &RuleState, lang: Lang) -> String {
    match rule.qualified.as_deref() {
        Some("purged") => lang
            .pick("✓ 成立（奉令清除）", "✓ held (purged)")
            .to_owned(),
        Some(other) => format!("{} ({other})", held(rule.state, lang)),
        None => held(rule.state, lang).to_owned(),
    }
}

pub(crate) fn outcome(name: &str, lang: Lang) -> &str {
    match name {
        "ok" => lang.pick("✓ 成功", "✓ ok"),
        "refused" => lang.pick("✗ 拒绝", "✗ refused"),
        "unknown" => lang.pick("? 未知", "? unknown"),
        "none" => lang.pick("? 无结果", "? no outcome"),
        other => other,
    }
}

pub(crate) fn cell(state: CellState, lang: Lang) -> &'static str {
    match state {
        CellState::Good => lang.pick("通过且已回退", "passed and rolled back"),
        CellState::Waived => lang.pick("豁免", "waived"),
        CellState::NotRun => lang.pick("未执行", "not run"),
        CellState::Blocked => lang.pick("阻塞", "blocked"),
        CellState::NotPlanned => lang.pick("未计划", "not planned"),
        CellState::Error => lang.pick("错误", "error"),
        CellState::Failed => lang.pick("失败", "failed"),
        CellState::Unknown => lang.pick("结果未知", "unknown"),
        CellState::Open => lang.pick("未回退", "not rolled back"),
    }
}

/// A kind of phase in people's words.
pub fn phase(kind: PhaseKind, lang: Lang) -> &'static str {
    match kind {
        PhaseKind::Prepare => lang.pick("准备", "prepare"),
        PhaseKind::Drain => lang.pick("清理在途", "drain"),
        PhaseKind::Frozen => lang.pick("停止", "frozen"),
        PhaseKind::Switch => lang.pick("切换", "switch"),
        PhaseKind::Joint => lang.pick("联调", "joint"),
        PhaseKind::Verify => lang.pick("验证", "verify"),
        PhaseKind::Live => lang.pick("上线", "live"),
        PhaseKind::Catchup => lang.pick("补录", "catch-up"),
    }
}

/// What a phase lets test swipes do, e.g. `门诊、住院：跨统筹区`; `禁止测试刷卡` where it allows none.
pub fn allows(allow: &[Allow], lang: Lang) -> String {
    if allow.is_empty() {
        return lang.pick("禁止测试刷卡", "no test swipes").to_owned();
    }
    let one = |allow: &Allow| {
        let any = lang.pick("各类业务", "any business").to_owned();
        let names: Vec<&str> = allow.business.iter().map(|b| business(*b, lang)).collect();
        let what = if names.is_empty() {
            any
        } else {
            names.join(lang.pick("、", ", "))
        };
        let channels: Vec<&str> = allow.channels.iter().map(|c| channel(*c, lang)).collect();
        let through = match channels.is_empty() {
            true => String::new(),
            false => format!(
                "{}{}",
                lang.pick("，", ", "),
                channels.join(lang.pick("、", ", "))
            ),
        };
        format!(
            "{what}{}{}{through}",
            lang.pick("：", ": "),
            scope(allow.scope, lang)
        )
    };
    allow
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(lang.pick("；", "; "))
}

/// A channel by its name on the floor.
pub fn channel(channel: Channel, lang: Lang) -> &'static str {
    match channel {
        Channel::Counter => lang.pick("窗口", "counter"),
        Channel::SelfService => lang.pick("自助机", "self-service"),
        Channel::Mobile => lang.pick("移动端", "mobile"),
        Channel::Unknown => lang.pick("渠道不明", "unknown channel"),
    }
}

fn scope(scope: Scope, lang: Lang) -> &'static str {
    match scope {
        Scope::Any => lang.pick("不限地域", "anywhere"),
        Scope::CrossRegion => lang.pick("跨统筹区", "across regions"),
        Scope::Local => lang.pick("本地", "local"),
        Scope::Arranged => lang.pick("仅约定对", "arranged pairs only"),
    }
}

pub(crate) fn public(public: Public, lang: Lang) -> &'static str {
    match public {
        Public::Open => lang.pick("公众可刷", "public open"),
        Public::Closed => lang.pick("公众停刷", "public closed"),
    }
}

pub(crate) fn mark(kind: &MarkKind, lang: Lang) -> String {
    match kind {
        MarkKind::T0 => lang.pick("t0 各方账册已取", "t0 books taken"),
        MarkKind::FirstForward => lang.pick("首笔正向报文", "first forward message"),
        MarkKind::LastForward => lang.pick("末笔正向报文", "last forward message"),
        MarkKind::LastUndo => lang.pick("末笔回退报文", "last undo"),
        MarkKind::Takeover => lang.pick("新进程接管", "taken over by a new process"),
        MarkKind::Interrupted(by) => {
            return format!("{} ({by})", lang.pick("要求停止", "asked to stop"));
        }
        MarkKind::Amended(bound, to) => {
            let said = lang.pick("改期", "amended");
            return format!("{said} {bound} → {}", to.short());
        }
        MarkKind::Deadline => lang.pick(
            "正向截止（窗口止－安全边际）",
            "forward deadline (window end − margin)",
        ),
        MarkKind::T1 => lang.pick("t1 回退后取账", "t1 books taken after rollback"),
        MarkKind::WindowEnd => lang.pick("窗口止", "window ends"),
        MarkKind::T2 => lang.pick("t2 日切后再取账", "t2 books taken after a day roll"),
    }
    .to_owned()
}

/// A stable note code in words; an unknown one stays as it is.
pub(crate) fn note(code: &str, lang: Lang) -> &str {
    match code {
        "response-lost" => lang.pick("答复丢失，已查询并冲正", "reply lost; queried and reversed"),
        "never-applied" => lang.pick("从未生效", "never took effect"),
        "already-reversed" => lang.pick("此前已冲正", "was reversed already"),
        "late-reply" => lang.pick("答复迟到", "reply came late"),
        "window-over" => lang.pick(
            "窗口结束时还有未回退的，未获许可，停止发送",
            "the window ended with something open and no permit: nothing more was sent",
        ),
        "amendment-not-taken" => lang.pick(
            "改期与窗口不合，未采用",
            "a bound was to be moved and does not fit the window",
        ),
        "late-apply" => lang.pick("迟到入账", "took effect late"),
        "fault-not-carried-over" => lang.pick(
            "续跑不再注入的故障",
            "a fault that ended with the process before",
        ),
        "clock-set" => lang.pick(
            "计划时间被拨到以后，或换了快慢",
            "plan time was set forward, or goes on at another speed",
        ),
        "clock-step" => lang.pick(
            "本机时钟被拨回，业务时间照常往前",
            "this computer's clock was set back; business time went on",
        ),
        "answer-signature" => lang.pick(
            "应答验签不过，不予采信，按结果未知处理",
            "an answer was not signed by its platform: not believed, its outcome unknown",
        ),
        "query-flap" => lang.pick(
            "查询答复曾经反复，后来一致",
            "queries wavered and agreed in the end",
        ),
        "torn-tail" => lang.pick(
            "上次死在提交中间，丢掉了没确认的日志尾巴",
            "the process before died in a commit; its unacknowledged tail was dropped",
        ),
        "runs-overlap" => lang.pick("两次运行同时进行", "two runs at the same time"),
        "probe-failed" => lang.pick("待遇试算没有做成", "a probe could not be carried out"),
        "judged-by-another" => lang.pick(
            "由另一版本出证，本版本重新判定",
            "certified by another version, judged anew by this one",
        ),
        "anchor-agrees" => lang.pick("链首链尾与抄件相符", "the chain agrees with the note"),
        "import-read" => lang.pick("读入一份件", "a paper was read in"),
        "import-adopted" => lang.pick(
            "清单里有、任务单没有的结算，已认领",
            "settlements that only lists knew were taken in",
        ),
        "import-not-judged" => lang.pick(
            "填了的单条报文不是结算，这里不判",
            "single messages that were filled in are no settlements and are not judged here",
        ),
        "cross-day" => lang.pick("跨日回退（净额为零）", "undone on another day (net zero)"),
        other => other,
    }
}

/// What a rule expected or saw, or where, its own words said in the language; names, ids and figures stay as they are.
pub(crate) fn seen(text: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return text.to_owned();
    }
    let whole = match text {
        "as certified" => "与出证时相同",
        "in transit" => "在途业务",
        "changed" => "已变动",
        "absent" => "不在",
        "nothing" => "无",
        "never applied" => "从未入账",
        "undone or never applied" => "已冲回或从未入账",
        "no answer" => "无答复",
        "no effect" => "无影响",
        "no row" => "无此行",
        "a row" => "有此行",
        "no file" => "无此文件",
        "1 effective reversal" => "有效冲回 1 次",
        "0 effective reversals" => "有效冲回 0 次",
        "in the list as on the sheet" => "清单与任务单一致",
        "in no list" => "清单里没有",
        "in all lists" => "各方清单都有",
        "undone in all lists" => "各方清单都已撤销",
        "a row of the settlement" => "这笔结算的行",
        "its refund alone" => "只有退费的行",
        "the settlement that it undoes" => "所冲的结算",
        "a row of the run" => "本次的行",
        "no difference" => "无差异",
        "a phase that allows test swipes" => "允许测试刷卡的阶段",
        "no list" => "没有清单",
        "undone" => "已撤销",
        "settled" => "未撤销",
        "none" => "没有",
        "000101" => "中心多（000101）",
        "000102" => "机构多（000102）",
        "000103" => "金额不一致（000103）",
        _ => "",
    };
    if !whole.is_empty() {
        return whole.to_owned();
    }
    if let Some(drained) = text.strip_prefix("nothing open since ") {
        return format!("{drained} 起无在途");
    }
    for (prefix, said) in [
        ("not in ", "清单里没有的："),
        ("stands in ", "未撤销的："),
        ("no list of ", "没有这一天的清单："),
    ] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return format!("{said}{rest}");
        }
    }
    if let Some(count) = text.strip_suffix(" settlements in a list") {
        return format!("清单里有这 {count} 笔");
    }
    if let Some(count) = text.strip_suffix(" rows that fit several") {
        return format!("{count} 行都像，分不清是哪笔");
    }
    if let Some(count) = text.strip_suffix(" open") {
        return format!("{count} 笔未了结");
    }
    let mut words: Vec<String> = Vec::new();
    let mut after_a_party = false;
    for word in text.split(' ') {
        let bare = word.trim_end_matches(',');
        let state = match bare {
            "reversed" => "已冲回",
            "applied" => "已入账",
            "refused" => "已拒绝",
            "absent" => "无记录",
            _ => bare,
        };
        let said = match bare {
            "@end" => "（结束时）",
            // `insured:330200 applied, hub:330000 reversed`: a state behind its party, and nowhere else.
            _ if after_a_party => state,
            _ => bare,
        };
        after_a_party = bare.contains(':');
        words.push(said.to_owned() + &word[bare.len()..]);
    }
    words.join(" ")
}

/// Why the gate stopped a message; an unknown reason stays as it is.
pub(crate) fn gate(reason: &str, lang: Lang) -> &str {
    match reason {
        "window" => lang.pick("不在窗口内", "outside the window"),
        "persona" => lang.pick("人员不在名册", "person not registered"),
        "business" => lang.pick("业务不允许", "business not allowed"),
        "institution" => lang.pick("机构不允许", "institution not allowed"),
        "margin" => lang.pick("过了正向截止", "past the forward deadline"),
        other => other,
    }
}

/// What a message is sent for, where it is more than a step of its case.
pub(crate) fn purpose(purpose: Purpose, lang: Lang) -> &'static str {
    match purpose {
        Purpose::Business => "",
        Purpose::ProbeFirst => lang.pick("待遇试算（前）", "probe (first)"),
        Purpose::ProbeLast => lang.pick("待遇试算（后）", "probe (last)"),
        Purpose::Query => lang.pick("查证", "query"),
        Purpose::Forced => lang.pick("故意越界", "forced past the gate"),
    }
}

/// What queries say of a transaction.
pub(crate) fn says(says: Says, lang: Lang) -> &'static str {
    match says {
        Says::Applied => lang.pick("查得已入账", "stands"),
        Says::NotApplied => lang.pick("查无此笔", "no trace"),
        Says::Reversed => lang.pick("查得已冲回", "stood and was undone"),
        Says::Unclear => lang.pick("查询不明", "unclear"),
    }
}

/// Why a pair of the matrix is not covered.
pub(crate) fn why(word: &str, lang: Lang) -> &str {
    match word {
        "not_planned" => lang.pick("未计划", "not planned"),
        "not_selected" => lang.pick("未选中", "not selected"),
        "not_started" => lang.pick("未开始", "not started"),
        "interrupted" => lang.pick("运行中断，未做", "run interrupted"),
        "failed" => lang.pick("失败", "failed"),
        "error" => lang.pick("错误", "error"),
        "blocked" => lang.pick("阻塞", "blocked"),
        "open" => lang.pick("未通过且未回退", "not passed, not rolled back"),
        "unknown" => lang.pick("未通过且结果未知", "not passed, outcome unknown"),
        other => other,
    }
}
