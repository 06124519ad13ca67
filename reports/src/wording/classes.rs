//! 类别释义 · What each family of findings means, and what to do next, in one sentence each.
//!
//! Why here: `residue:accumulator` is exact and says nothing to the person at the counter.

use crosswipe_domain::{FindingClass, Rule};
use crosswipe_verify::Finding;

use super::{Lang, terms};

/// Name, meaning and next step of a family, Chinese and English.
struct Family {
    key: &'static str,
    name: [&'static str; 2],
    meaning: [&'static str; 2],
    next: [&'static str; 2],
}

/// 类名 · `残留：年度累计`.
pub(crate) fn name(class: &FindingClass, lang: Lang) -> String {
    let family = family(class).name[lang as usize];
    match class.as_str().split_once([':', ' ']) {
        Some((_, detail)) => format!(
            "{family}{}{}",
            lang.pick("：", ": "),
            terms::detail(detail, lang)
        ),
        None => family.to_owned(),
    }
}

/// 含义 · One sentence.
pub(crate) fn meaning(finding: &Finding, lang: Lang) -> &'static str {
    match finding.rule {
        Rule::R13 => lang.pick(
            "同一人的回退没有按后结先退的次序。",
            "A person's settlements were not undone newest first.",
        ),
        Rule::R14 => lang.pick(
            "没有在窗口结束前收口：末笔报文或回退后的取账太晚。",
            "Not closed in time: the last message or the books after the rollback came too late.",
        ),
        _ => family(&finding.class).meaning[lang as usize],
    }
}

/// 下一步 · One sentence.
pub(crate) fn next(finding: &Finding, lang: Lang) -> &'static str {
    match finding.rule {
        Rule::R13 => lang.pick(
            "核对该人各笔的拆分；按次序重做一次回退演练。",
            "Check that person's splits; rehearse the undo in order.",
        ),
        Rule::R14 => lang.pick(
            "提前末批用例，或由有权者书面延长窗口。",
            "Send the last cases earlier, or have the window extended in writing.",
        ),
        _ => family(&finding.class).next[lang as usize],
    }
}

fn family(class: &FindingClass) -> &'static Family {
    let key = class.family().split_whitespace().next().unwrap_or_default();
    FAMILIES
        .iter()
        .find(|family| family.key == key)
        .unwrap_or(&UNKNOWN)
}

const UNKNOWN: Family = Family {
    key: "",
    name: ["发现", "finding"],
    meaning: ["与回退规则不符。", "It breaks a rule of the rollback."],
    next: [
        "看见证，与该方核对。",
        "Read the witness and settle it with that party.",
    ],
};

const FAMILIES: [Family; 21] = [
    Family {
        key: "residue",
        name: ["残留", "residue"],
        meaning: [
            "回退之后，这本账没有回到起点。",
            "After the rollback this book is not back where it began.",
        ],
        next: [
            "请该方按见证的流水补记冲回，再重新取账核验。",
            "Ask that party to book the missing reversal shown by the witness, then take its books again.",
        ],
    },
    Family {
        key: "one-sided",
        name: ["单方不一致", "one-sided"],
        meaning: [
            "同一笔交易，只有这一方的状态与其他各方不同。",
            "This party alone disagrees with all others about the transaction.",
        ],
        next: [
            "请该方查这笔报文是否收到、是否入账；未冲回的补冲。",
            "Ask that party whether the message arrived and was booked; reverse what still stands.",
        ],
    },
    Family {
        key: "split",
        name: ["各方分裂", "split"],
        meaning: [
            "各方分成两派，对同一笔交易说法不同。",
            "The parties fall into two groups about the transaction.",
        ],
        next: [
            "从报文断开的那一跳查起，各方对齐后再核。",
            "Begin at the hop where the message broke off; verify again once they agree.",
        ],
    },
    Family {
        key: "duplicate-settle",
        name: ["重复结算", "settled twice"],
        meaning: [
            "同一业务意图被结算了不止一次。",
            "One business intent was settled more than once.",
        ],
        next: [
            "请该方按报文ID查重，并撤销多出的结算。",
            "Ask that party to check its duplicate guard by msgid and cancel the extra settlement.",
        ],
    },
    Family {
        key: "double-reversal",
        name: ["重复冲回", "reversed twice"],
        meaning: [
            "同一笔交易被冲回了不止一次。",
            "One transaction was reversed more than once.",
        ],
        next: [
            "请该方补记多冲的部分，并查冲正的幂等。",
            "Ask that party to book back the surplus and to check that reversals are idempotent.",
        ],
    },
    Family {
        key: "over-reversal",
        name: ["多冲", "reversed too much"],
        meaning: ["冲回金额大于原金额。", "More was reversed than was booked."],
        next: [
            "请该方按原分录逐笔负向冲回，补记差额。",
            "Ask that party to negate each posting exactly and to book back the difference.",
        ],
    },
    Family {
        key: "under-reversal",
        name: ["少冲", "reversed too little"],
        meaning: [
            "冲回金额小于原金额，或漏了一条分录。",
            "Less was reversed than was booked, or a leg is missing.",
        ],
        next: [
            "请该方补冲漏掉的分录。",
            "Ask that party to reverse the missing leg.",
        ],
    },
    Family {
        key: "empty-reversal",
        name: ["空冲", "empty reversal"],
        meaning: [
            "原交易从未生效，冲正却动了账。",
            "The original never took effect, yet its reversal moved books.",
        ],
        next: [
            "请该方撤回这次冲正的分录，并为未知原交易只记墓碑。",
            "Ask that party to undo those postings and to write only a tombstone for an unknown original.",
        ],
    },
    Family {
        key: "late-apply",
        name: ["迟到入账", "late apply"],
        meaning: [
            "原交易在被冲正之后又入了账。",
            "The original took effect after it had been reversed.",
        ],
        next: [
            "请该方拒绝已冲正的迟到报文；本笔已再冲，核对结果。",
            "Ask that party to refuse late originals; check that this one was reversed again.",
        ],
    },
    Family {
        key: "wrong-target",
        name: ["冲错对象", "wrong target"],
        meaning: [
            "冲正落在了另一笔交易上，或冲了不属于本次测试的交易。",
            "A reversal hit another transaction, or one that this run does not own.",
        ],
        next: [
            "立即通知该方恢复被误冲的交易。",
            "Tell that party at once to restore the transaction that was hit.",
        ],
    },
    Family {
        key: "mismatch",
        name: ["内容不一致", "mismatch"],
        meaning: [
            "各方都有这笔交易，但金额、编号、人员或拆分不同。",
            "All parties have the transaction, but amounts, ids, person or split differ.",
        ],
        next: [
            "按见证逐字段比对，找出改写字段的一跳。",
            "Compare field by field along the witness and find the hop that changed it.",
        ],
    },
    Family {
        key: "gate",
        name: ["越界", "gate"],
        meaning: [
            "有记账落在窗口、人员、业务、机构或次序不允许之处。",
            "Something was booked where window, person, business, institution or order forbid it.",
        ],
        next: [
            "核对窗口与名册；平台应自行拒绝这类报文。",
            "Check window and registry; the platform should refuse such a message itself.",
        ],
    },
    Family {
        key: "audit",
        name: ["流水被动", "audit"],
        meaning: [
            "以前见过的流水被删、被改，或序号有缺口。",
            "Log rows seen earlier are gone or changed, or the sequence has a hole.",
        ],
        next: [
            "请该方说明谁在何时动了流水；以较早的取账为准。",
            "Ask that party who touched the log and when; the earlier export stands.",
        ],
    },
    Family {
        key: "cross-day",
        name: ["跨日", "cross-day"],
        meaning: [
            "结算与回退不在同一天，某日测试净额不为零。",
            "Settlement and undo lie on different days, so a day's test net is not zero.",
        ],
        next: [
            "请双方就这两天的对账单说明测试交易。",
            "Have both sides explain the test transactions on those two days' statements.",
        ],
    },
    Family {
        key: "evidence",
        name: ["证据不足", "evidence"],
        meaning: [
            "坏的是证明而不是账：缺失、过期、互相矛盾或被改过。",
            "The proof is bad, not the books: missing, stale, in conflict or tampered with.",
        ],
        next: [
            "重新取该方账册后再核验；被改过的证书作废。",
            "Take that party's books again and verify; a tampered certificate is void.",
        ],
    },
    Family {
        key: "journal",
        name: ["日志损坏", "journal"],
        meaning: ["本工具的证据日志不完整。", "Our own journal is not intact."],
        next: [
            "保留现场文件，换健康的磁盘用 resume 收尾。",
            "Keep the files as they are and finish with resume on a healthy disk.",
        ],
    },
    Family {
        key: "secret-leak",
        name: ["泄密", "secret leak"],
        meaning: [
            "密钥或个人数据出现在输出里。",
            "A secret or personal data stands in an output.",
        ],
        next: [
            "停止分发该文件，更换密钥。",
            "Stop passing that file on and replace the secret.",
        ],
    },
    Family {
        key: "resource",
        name: ["超限", "resource"],
        meaning: [
            "超过了大小、深度或连接数的上限。",
            "A limit of size, depth or connections was exceeded.",
        ],
        next: [
            "查对方为何发出超限内容。",
            "Find out why the peer sent that much.",
        ],
    },
    Family {
        key: "foreign",
        name: ["来历不明", "foreign"],
        meaning: [
            "窗口内有一笔记录不属于任何一次运行，也无人说明。",
            "A row born in the window belongs to no run and nobody has explained it.",
        ],
        next: [
            "找到刷卡的人，请他自行撤销；再用 crosswipe review 具名说明来历。",
            "Find who swiped and have it undone; then explain it by name with crosswipe review.",
        ],
    },
    Family {
        key: "unresolved",
        name: ["未了结", "unresolved"],
        meaning: [
            "回退被拒或无法确认，需要人工处理。",
            "The undo was refused or cannot be confirmed; a person has to act.",
        ],
        next: [
            "按未回退清单联系责任方，处理后重新核验。",
            "Call the owner named in the open list and verify again afterwards.",
        ],
    },
    Family {
        key: "probe",
        name: ["待遇变化", "benefit changed"],
        meaning: [
            "同一人同一篮子，前后两次预结算结果不同。",
            "The same person and basket gave two different trial settlements.",
        ],
        next: [
            "请参保地比对两次预结算时的累计与政策。",
            "Ask the insured place to compare accumulators and policy at both trials.",
        ],
    },
];
