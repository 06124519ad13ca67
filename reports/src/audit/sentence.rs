//! 稽核结论 · The verdict, the notes, and what an audit cannot compare, one sentence each.

use crosswipe_verify::Verdict;
use crosswipe_verify::audit::{Audit, Orphan, Remarked};

use crate::Lang;
use crate::amount::{count, yuan};

pub(super) fn number(value: u64) -> String {
    count(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(super) fn not_compared(lang: Lang) -> &'static str {
    lang.pick(
        "余额与年度累计只同该方自己的流水核，流水不逐行与别方比；一次运行的这些由 verify 核。",
        "Balances and yearly sums are held against the party's own log, and logs are not compared row by row; verify asks that of a run.",
    )
}

pub(super) fn remarked(remark: Remarked, lang: Lang) -> String {
    match (remark, lang) {
        (Remarked::UndoneUnknownToOthers(n), Lang::Zh) => format!("{n} 笔已在有账的各方冲平，其余方从未记过：没有留下什么。"),
        (Remarked::UndoneUnknownToOthers(n), Lang::En) => format!("{n} transactions were undone wherever they were booked, and others never booked them: nothing is left."),
        (Remarked::WithoutCounterpart(n), Lang::Zh) => format!("{n} 笔的对方机构或参保地没有交账，未比对。"),
        (Remarked::WithoutCounterpart(n), Lang::En) => format!("{n} transactions of institutions or insured places whose books are not here: not compared."),
        (Remarked::RefundsWithoutReference(n), Lang::Zh) => format!("{n} 笔退费没有写明原单，各方金额一致。"),
        (Remarked::RefundsWithoutReference(n), Lang::En) => format!("{n} refunds do not say what they refund; all parties agree on them."),
        (Remarked::Superseded(n), Lang::Zh) => format!("{n} 份账册有更新的一份，不计。"),
        (Remarked::Superseded(n), Lang::En) => format!("{n} exports have a newer one of the same party and do not count."),
        (Remarked::BalancesWithoutLog(n), Lang::Zh) => format!("{n} 个余额所在的账册没有流水：该是多少无从核起。"),
        (Remarked::BalancesWithoutLog(n), Lang::En) => format!("{n} balances stand in exports without a log: nothing says what they should be."),
        (Remarked::NoIdShared, Lang::Zh) => "没有一个编号在两方同时出现：多半取错了编号列，请检查映射。".to_owned(),
        (Remarked::NoIdShared, Lang::En) => "Not one id stands at two parties: probably another column holds the id; check the mapping.".to_owned(),
    }
}

/// 结论 · One sentence.
pub(super) fn sentence(audit: &Audit, lang: Lang) -> String {
    let transactions: u64 = audit.compared.iter().map(|(_, how_many)| how_many).sum();
    let totals = audit.totals_compared;
    let parties = audit.parties.len();
    let heads: Vec<&Orphan> = audit
        .orphans
        .iter()
        .filter(|one| one.follows_from.is_none())
        .collect();
    let stake: i64 = heads.iter().filter_map(|one| one.amount).sum();
    let compared = match lang {
        Lang::Zh => format!(
            "比对了 {parties} 方的 {} 条记录、{} 项合计",
            number(transactions),
            number(totals)
        ),
        Lang::En => format!(
            "compared {} records and {} totals of {parties} parties",
            number(transactions),
            number(totals)
        ),
    };
    if audit.nothing_compared() && audit.verdict != Verdict::Violated {
        let why = if parties < 2 {
            lang.pick("只有一方的账册", "there are books of one party only")
        } else {
            lang.pick(
                "各方账册没有共同的交易或日期",
                "the parties' books share neither transactions nor days",
            )
        };
        return match lang {
            Lang::Zh => format!("什么也没有核：{why}。"),
            Lang::En => format!("nothing was checked: {why}"),
        };
    }
    match (audit.verdict, lang) {
        (Verdict::Clean, Lang::Zh) => format!("各方一致，没有孤行；{compared}。"),
        (Verdict::Clean, Lang::En) => format!("clean: all parties agree, no orphans; {compared}"),
        (Verdict::Violated, Lang::Zh) => format!(
            "各方不一致：{} 个起因，涉及 {} 元；{compared}。",
            heads.len(),
            yuan(stake)
        ),
        (Verdict::Violated, Lang::En) => format!(
            "violated: {} causes, {} yuan; {compared}",
            heads.len(),
            yuan(stake)
        ),
        (Verdict::Indeterminate, Lang::Zh) => {
            format!("不能判定：比对到的一致，但有的日子或记录无从比对；{compared}。")
        }
        (Verdict::Indeterminate, Lang::En) => format!(
            "indeterminate: what could be compared agrees, some days or records could not be; {compared}"
        ),
    }
}
