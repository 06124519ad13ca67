//! 稽核用语 · What each cause means and who does what next, Chinese and English beside each other.

use crosswipe_verify::audit::{Cause, Said};

use crate::Lang;
use crate::amount::yuan;

/// Likely cause and next step of one cause.
struct Words {
    likely: [&'static str; 2],
    next: [&'static str; 2],
}

/// 可能原因 · One sentence.
pub(super) fn likely(cause: Cause, lang: Lang) -> &'static str {
    words(cause).likely[lang as usize]
}

/// 下一步 · One sentence.
pub(super) fn next(cause: Cause, lang: Lang) -> &'static str {
    words(cause).next[lang as usize]
}

/// 说法 · What a party says, in a word or two.
pub(super) fn said(said: Said, count: bool, lang: Lang) -> String {
    match said {
        Said::Nothing => lang.pick("无此记录", "no record").to_owned(),
        Said::Stands => lang.pick("在账", "stands").to_owned(),
        Said::PartRefunded(fen) => format!(
            "{} {}",
            lang.pick("在账，已退", "stands, refunded"),
            yuan(fen)
        ),
        Said::Undone => lang.pick("已冲", "undone").to_owned(),
        Said::RefundAlone(fen) => {
            format!("{} {}", lang.pick("只有退费", "refund alone"), yuan(fen))
        }
        Said::InHospital => lang.pick("在院", "in hospital").to_owned(),
        Said::Value(value) if count => crate::amount::count(value),
        Said::Value(fen) => yuan(fen),
        Said::LogSum(sum) => {
            let sum = if count {
                crate::amount::count(sum)
            } else {
                yuan(sum)
            };
            format!("{} {sum}", lang.pick("流水合计", "its log adds up to"))
        }
        Said::On(day) => day.to_string(),
        Said::Text(_) => lang.pick("另一值", "another value").to_owned(),
    }
}

/// The word of the contract, never translated.
pub(super) fn said_name(said: Said) -> &'static str {
    match said {
        Said::Nothing => "nothing",
        Said::Stands => "stands",
        Said::PartRefunded(_) => "part_refunded",
        Said::Undone => "undone",
        Said::RefundAlone(_) => "refund_alone",
        Said::InHospital => "in_hospital",
        Said::Value(_) => "value",
        Said::LogSum(_) => "log_sum",
        Said::On(_) => "day",
        Said::Text(_) => "text",
    }
}

fn words(cause: Cause) -> &'static Words {
    &WORDS[cause as usize]
}

/// In the order of [`Cause::ALL`].
const WORDS: [Words; 23] = [
    Words {
        likely: [
            "退费到这一段为止：前面各方已冲，后面没有收到或没有入账。",
            "The refund stopped at this hop: parties before it booked it, parties behind never got or never booked it.",
        ],
        next: [
            "由停下处前一方按原报文重发退费；重发前先查后一方是否已收到。",
            "The party before the hop sends the same refund message again, after asking the next one whether it has it.",
        ],
    },
    Words {
        likely: [
            "退费在后面已入账，前面各方没有记：多半是应答在途中丢失，被当作失败。",
            "The refund was booked further down and not before: its answer was probably lost and taken for a failure.",
        ],
        next: [
            "先查询该笔在后一方的状态，再由前面各方补记退费；不要再退一次。",
            "Ask for the state at the party behind, then book the refund at the parties before it; do not refund again.",
        ],
    },
    Words {
        likely: [
            "退费不是由医疗机构发来的，是在该方系统里直接办的，别人无从得知。",
            "No institution sent this refund: it was made by hand in that party's own system, so nobody else could know.",
        ],
        next: [
            "该方说明经办人和依据；其他各方按同一金额补记，或由该方撤销后走正常退费。",
            "That party names who did it and why; the others book the same, or it is taken back and refunded the regular way.",
        ],
    },
    Words {
        likely: [
            "结算到这一段为止：前面各方有，后面没有入账。",
            "The settlement stopped at this hop: parties before it have it, parties behind never booked it.",
        ],
        next: [
            "查前一方是否真正发出、后一方是否拒收；按原报文补送，或由前面各方冲正。",
            "Ask whether it was sent and whether it was refused; send the same message again, or undo it at the parties before.",
        ],
    },
    Words {
        likely: [
            "前面一方丢了记录，或没有等到应答、以为没有成功；后面各方有账。",
            "The party in front lost its record, or never got the answer and took it for a failure; parties behind have it.",
        ],
        next: [
            "丢记录的一方按对方明细补记；若患者并未付费，则由它发起冲正。",
            "The party without the record books it from the others' list; if the patient never paid, it starts the undo.",
        ],
    },
    Words {
        likely: [
            "只有中间这一方与前后两边都不同：自身处理出了差错。",
            "Only this party in the middle differs from those on both its sides: its own processing went wrong.",
        ],
        next: [
            "该方比照前后两边改正本方账目，并查日志说明原因。",
            "That party corrects its book after the two beside it and explains from its log what happened.",
        ],
    },
    Words {
        likely: [
            "同一次就诊、同一金额结算了两次：多半是超时后换了新报文又收一次。",
            "The same visit and amount was settled twice: probably charged once more under a new message after a timeout.",
        ],
        next: [
            "核实患者实付几次；多出的一笔按结算号冲正，一笔只冲一次。",
            "Find out how often the patient paid; undo the second one by its settlement id, once.",
        ],
    },
    Words {
        likely: [
            "退费没有对应的原结算：原单号写错、原单属于更早的时期，或空退。",
            "The refund undoes nothing that is on the books: a wrong reference, a settlement of an earlier time, or an empty undo.",
        ],
        next: [
            "找出原结算；若确无原单，撤销这笔退费。",
            "Find the settlement it refers to; if there is none, take the refund back.",
        ],
    },
    Words {
        likely: [
            "退的次数或金额超过原结算：重复退费。",
            "Refunded more often or by more than was paid: a repeated refund.",
        ],
        next: [
            "追回多退的金额，或撤销重复的一笔；查去重是否按报文号。",
            "Take the surplus back, or cancel the repeated one; check that repeats are recognised by message id.",
        ],
    },
    Words {
        likely: [
            "标为已退，但退费金额小于原结算：漏退一项或改错金额。",
            "Marked as undone, yet the refund is smaller than what was paid: a leg is missing or an amount is wrong.",
        ],
        next: [
            "补退差额，或改正状态。",
            "Refund the rest, or correct the state.",
        ],
    },
    Words {
        likely: [
            "这里还开着，别处已撤销或从未登记：撤销没有到达，或撤销失败后没有重做。",
            "Still open here, cancelled or never known elsewhere: the cancel did not arrive, or was not repeated after it failed.",
        ],
        next: [
            "由仍开着的一方撤销（门诊 2202、住院 2404、明细 2205/2302），再查一次。",
            "The party that keeps it open cancels it (2202, 2404, lines 2205/2302), then look again.",
        ],
    },
    Words {
        likely: [
            "这里的人还算在院，别处已不是：下一次入院登记会被拒。",
            "Here the person still counts as lying in hospital, elsewhere not: the next admission will be refused.",
        ],
        next: [
            "仍算在院的一方撤销入院登记或补办出院（2404、2402），并用 5303 复核。",
            "The party with the flag cancels the admission or books the discharge (2404, 2402) and checks with 5303.",
        ],
    },
    Words {
        likely: [
            "同一笔交易，各方总额不同：有一方改过、漏行或取错了列。",
            "The same transaction with different totals: somebody changed it, dropped a line or delivered another column.",
        ],
        next: [
            "逐行比对费用明细，以医疗机构与参保地的回执为准改正。",
            "Compare the fee lines one by one; correct after the receipts of institution and insured place.",
        ],
    },
    Words {
        likely: [
            "总额相同而分项不同：基金、账户、现金的拆分在途中变了。",
            "Equal totals cut into other parts: the split into fund, account and cash changed on the way.",
        ],
        next: [
            "以参保地的拆分为准，其他各方改正；查四舍五入与共济账户。",
            "The insured place's split counts; the others correct theirs. Look at rounding and the family account.",
        ],
    },
    Words {
        likely: [
            "同一笔业务，各方的编号不同：应答张冠李戴，或编号被改写。",
            "One business under different ids: answers were mixed up, or an id was rewritten.",
        ],
        next: [
            "核对两边编号与报文；在改正之前不要按编号退费。",
            "Compare ids and messages on both sides; refund nothing by id before that is settled.",
        ],
    },
    Words {
        likely: [
            "同一笔交易记在不同的人名下。",
            "The same transaction stands on different persons.",
        ],
        next: [
            "立即停办该人的业务，查读卡与 1101 应答；记错的一方冲正重记。",
            "Stop business on these persons, check the card reading and 1101; the party that is wrong undoes and books again.",
        ],
    },
    Words {
        likely: [
            "同一笔交易记在不同的日期：跨零点，或有一方按 UTC（差 8 小时）分日。",
            "The same transaction on different days: across midnight, or a party that cuts days in UTC (8 hours off).",
        ],
        next: [
            "统一按北京时间和结算时间分日；两天的合计一并重对。",
            "Cut days by China time and by the time of settlement everywhere; reconcile both days again.",
        ],
    },
    Words {
        likely: [
            "合计不等，而交来的数据没有明细，说不出是哪一笔。",
            "Totals differ and no rows were delivered that would say which transaction it is.",
        ],
        next: [
            "请双方交这几天的明细（3202 对账明细或 HIS 导出），再稽核一次。",
            "Ask both sides for the rows of these days (3202 or the HIS list) and audit again.",
        ],
    },
    Words {
        likely: [
            "该方自己的合计不等于自己的明细：已冲的笔没有扣除，或统计口径不同。",
            "The party's own totals are not the sum of its own rows: undone ones still count, or it counts by another rule.",
        ],
        next: [
            "该方改正统计口径后重出合计。",
            "That party corrects how it counts and delivers its totals again.",
        ],
    },
    Words {
        likely: [
            "报文还在排队，没有送达。",
            "A message still waits and was not delivered.",
        ],
        next: [
            "等队列清空或由该方补送，再稽核一次。",
            "Wait until the queue is empty or have it delivered, then audit again.",
        ],
    },
    Words {
        likely: [
            "结算已冲，挂在它上面的这一条没有一起冲。",
            "The settlement was undone and what hangs on it was not.",
        ],
        next: [
            "该方补冲这一条（红冲发票、退回清分或付款）。",
            "That party undoes it too (red-letter invoice, clearing entry, payment).",
        ],
    },
    Words {
        likely: [
            "账上余额不是这方自己流水的合计：余额被直接改过，或流水少了、多了行。",
            "The balance is not what that party's own log adds up to: it was set by hand, or rows of the log are lost or too many.",
        ],
        next: [
            "该方逐笔核对这个余额的流水，说明差额从何而来，按流水更正余额或补齐流水。",
            "That party goes through the postings on this balance, says where the difference comes from, and mends balance or log.",
        ],
    },
    Words {
        likely: [
            "结算已标为冲销，它在这本账上记的没有全部冲回：多半是累计、账户或基金漏冲，或冲了两次。",
            "The settlement is called undone and what it booked here was not all taken back: an accumulator, account or fund forgotten, or taken back twice.",
        ],
        next: [
            "该方按原结算逐行补冲剩下的部分，再查此人的余额与年度累计。",
            "That party takes back what is left of the settlement, line by line, then looks at the person's balances and yearly sums again.",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_own_words_in_both_languages() {
        assert_eq!(Cause::ALL.len(), WORDS.len());
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place);
            for text in [likely(cause, Lang::En), next(cause, Lang::En)] {
                assert!(text.is_ascii() && text.len() > 20, "{cause:?}: {text}");
            }
            assert!(!likely(cause, Lang::Zh).is_ascii() && !next(cause, Lang::Zh).is_ascii());
        }
    }
}
