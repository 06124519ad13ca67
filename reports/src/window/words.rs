//! 窗口用语 · Words of the window alone: the answer, its sentence, what its own findings mean and ask for.
//!
//! Findings of the fourteen rules keep the words they have in a run (`wording::classes`).

use crosswipe_domain::Level;
use crosswipe_verify::{Finding, Verdict, WindowFinding};

use super::{Answer, WindowSource};
use crate::amount::count;
use crate::names::Names;
use crate::wording::sentence::{level_words, plain_word};
use crate::wording::{Lang, classes};

pub(super) fn answer(answer: Answer, lang: Lang) -> &'static str {
    match answer {
        Answer::Yes => lang.pick("可以上线", "may go live"),
        Answer::No => lang.pick("不可上线", "may not go live"),
        Answer::NotYet => lang.pick("尚不能上线", "may not go live yet"),
    }
}

/// What is clean by lists alone is said to be so as far as these go.
pub(super) fn verdict(verdict: Verdict, level: Level, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Clean if level < Level::L3 => {
            lang.pick("可核验部分全部回退", "rolled back as far as can be checked")
        }
        Verdict::Clean => lang.pick("已回退干净", "rolled back, clean"),
        Verdict::Indeterminate => lang.pick("不能判定", "indeterminate"),
        Verdict::Violated => lang.pick("违反", "violated"),
    }
}

/// Answer, verdict with runs and transactions, coverage, lowest level, what was not checked, who judged.
pub(super) fn sentence(source: &WindowSource<'_>, lang: Lang) -> String {
    let judgement = source.judgement;
    let intended: u64 = judgement.runs.iter().map(|run| run.counts.intended).sum();
    let runs = judgement.runs.len();
    let what = verdict(judgement.verdict, judgement.level, lang);
    let answer = answer(source.answer(), lang);
    let level = judgement.level;
    let unchecked = not_checked(source, lang);
    let unchecked = if unchecked.is_empty() {
        lang.pick("无", "nothing").to_owned()
    } else {
        unchecked.join(lang.pick("、", ", "))
    };
    match lang {
        Lang::Zh => format!(
            "{answer}：{what}（{runs} 次运行，{} 笔交易，未回退 {} 笔）；{}；最低证据级别 {level}（{}）；未核：{unchecked}；判定：crosswipe {}。",
            number(intended),
            judgement.open.len(),
            coverage(source, lang),
            level_words(level, lang),
            source.tool_version
        ),
        Lang::En => format!(
            "{answer}: {what} ({} run{}, {} transactions, {} open); {}; lowest evidence level {level} ({}); not checked: {unchecked}; judged by crosswipe {}.",
            runs,
            if runs == 1 { "" } else { "s" },
            number(intended),
            judgement.open.len(),
            coverage(source, lang),
            level_words(level, lang),
            source.tool_version
        ),
    }
}

/// `用例 8/8 通过（先败后过 1，未通过 0，未做 0）`.
pub(super) fn coverage(source: &WindowSource<'_>, lang: Lang) -> String {
    let coverage = &source.judgement.coverage;
    let later = coverage.passed_later.len();
    let passed = coverage.passed + later as u64;
    let (failed, never, waived) = (
        coverage.failed.len(),
        coverage.never_run.len(),
        coverage.waived.len(),
    );
    let planned = coverage.planned;
    let mut text = match lang {
        Lang::Zh => format!(
            "用例 {passed}/{planned} 通过（先败后过 {later}，未通过 {failed}，豁免 {waived}，未做 {never}）"
        ),
        Lang::En => format!(
            "cases passed {passed} of {planned} (failed first {later}, not passed {failed}, waived {waived}, never run {never})"
        ),
    };
    if coverage.pairs > 0 {
        text += &match lang {
            Lang::Zh => format!("，矩阵 {}/{} 对", coverage.pairs_covered, coverage.pairs),
            Lang::En => format!(
                ", matrix {} of {} pairs",
                coverage.pairs_covered, coverage.pairs
            ),
        };
    }
    text
}

/// What was not looked at, in plain words, each once; many of one kind are counted.
pub(super) fn not_checked(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let names = source.names();
    let (many, few): (Vec<&String>, Vec<&String>) =
        source.judgement.not_checked.iter().partition(|word| {
            word.contains(':') && !word.starts_with("level:") && !word.starts_with("persons:")
        });
    let mut list: Vec<String> = few
        .iter()
        .map(|word| plain_word(&names, word, lang))
        .collect();
    for (kind, zh, en) in [
        ("export:", "份账册没有取到", "exports were not taken"),
        ("tm:", "处回退前的查看", "looks before the undo"),
        ("seam:", "处相邻两次运行的衔接", "seams between two runs"),
    ] {
        let of_kind: Vec<&&String> = many.iter().filter(|word| word.starts_with(kind)).collect();
        if !of_kind.is_empty() {
            list.push(format!("{} {}", of_kind.len(), lang.pick(zh, en)));
        }
    }
    list
}

/// Name of the class in words.
pub(super) fn class_name(finding: &Finding, lang: Lang) -> String {
    match own(finding.class.as_str()) {
        Some(own) => own.name[lang as usize].to_owned(),
        None => classes::name(&finding.class, lang),
    }
}

pub(super) fn meaning(finding: &Finding, lang: Lang) -> &'static str {
    own(finding.class.as_str()).map_or_else(
        || classes::meaning(finding, lang),
        |own| own.meaning[lang as usize],
    )
}

pub(super) fn next(finding: &Finding, lang: Lang) -> &'static str {
    own(finding.class.as_str()).map_or_else(
        || classes::next(finding, lang),
        |own| own.next[lang as usize],
    )
}

/// Which runs, party and place a finding speaks of.
pub(super) fn about(one: &WindowFinding, names: &Names, lang: Lang) -> String {
    let mut parts = Vec::new();
    if !one.runs.is_empty() {
        let runs: Vec<String> = one.runs.iter().map(ToString::to_string).collect();
        parts.push(match lang {
            Lang::Zh => format!("第 {} 次运行", runs.join("、")),
            Lang::En => format!("run {}", runs.join(", ")),
        });
    }
    if let Some(party) = &one.finding.party {
        parts.push(names.party(party, lang));
    }
    if let Some(txid) = &one.finding.txid {
        parts.push(txid.to_string());
    }
    if !one.finding.location.is_empty() {
        parts.push(said(&one.finding, &one.finding.location, lang));
    }
    parts.join(" · ")
}

/// What the window's own findings expect, see and point at, in the reader's language; what a rule wrote stays.
pub(super) fn said(finding: &Finding, text: &str, lang: Lang) -> String {
    let own = own(finding.class.as_str()).is_some_and(|own| own.class.starts_with("window:"))
        || finding.location == "go-live";
    if !own || lang == Lang::En {
        return text.to_owned();
    }
    let whole = [
        ("one set of books", "同一套账册"),
        ("not given", "没有给出"),
        ("finished", "已收尾"),
        ("clean", "已回退干净"),
        ("absent", "没有"),
        ("books", "账册"),
        ("last at its site", "该站点的最后一次"),
        ("go-live", "上线时刻"),
    ];
    if let Some((_, zh)) = whole.iter().find(|(en, _)| *en == text) {
        return (*zh).to_owned();
    }
    if let Some(sets) = text.strip_suffix(" sets") {
        return format!("{sets} 套");
    }
    if let Some(open) = text.strip_suffix(" transactions open") {
        return format!("{open} 笔未了结");
    }
    if let Some(end) = text.strip_prefix("nothing open at ") {
        return format!("{end} 无未了结");
    }
    if let Some(hash) = text.strip_prefix("the run with record ") {
        return format!("含记录 {hash}… 的那次运行");
    }
    if let Some(run) = text.strip_prefix("before ") {
        return format!("{run} 之前");
    }
    if let Some(label) = text.strip_prefix("person ") {
        return format!("人员 {label}");
    }
    text.to_owned()
}

pub(super) fn number(value: u64) -> String {
    count(i64::try_from(value).unwrap_or(i64::MAX))
}

/// A class that only windows have.
struct Own {
    class: &'static str,
    name: [&'static str; 2],
    meaning: [&'static str; 2],
    next: [&'static str; 2],
}

fn own(class: &str) -> Option<&'static Own> {
    if class == "evidence:stale" {
        return Some(&STALE);
    }
    OWN.iter().find(|own| own.class == class)
}

const STALE: Own = Own {
    class: "evidence:stale",
    name: ["两次运行之间账被动过", "books moved between two runs"],
    meaning: [
        "后一次运行的起点，不等于前一次结束时的账，也没有别人的流水能说明。",
        "The later run's starting books are not those that the earlier run ended with, and no log row of others says why.",
    ],
    next: [
        "请该方说明两次取账之间谁动了这一格；先前一次留下的，先补冲再重跑。",
        "Ask that party who moved this cell between the two looks; what the earlier run left is reversed first.",
    ],
};

const OWN: [Own; 7] = [
    Own {
        class: "window:missing-run",
        name: ["缺一次运行", "a run is missing"],
        meaning: [
            "本站点在它之前（或最后）开始过的一次运行没有给出；它做了什么、留下什么，无从得知。",
            "A run that was begun at this site is not among those given; what it did and left is not known.",
        ],
        next: [
            "在 runs/ 下找到那次运行的目录，一并给出；已删除的，窗口不能判定为干净。",
            "Find that run's folder under runs/ and give it too; if it was deleted, the window cannot be clean.",
        ],
    },
    Own {
        class: "window:unfinished",
        name: ["有一次运行没有收尾", "a run was not finished"],
        meaning: [
            "运行中断后没有续跑，没有出证；未了结的交易可能还在各方账上。",
            "It was interrupted and never resumed or certified; what it opened may stand on the parties' books.",
        ],
        next: [
            "crosswipe resume 该目录，然后再 close。",
            "Run crosswipe resume on its folder, then close again.",
        ],
    },
    Own {
        class: "window:worlds",
        name: ["不在同一套账上", "not on the same books"],
        meaning: [
            "这些运行站在互不相干的模拟账册上：各自可以干净，合起来证明不了一个窗口。",
            "These runs stood on mock books that have nothing in common: each may be clean, together they prove no window.",
        ],
        next: [
            "演练整个窗口时，让各次运行用同一套模拟平台；否则逐次看各自的报告。",
            "To rehearse a whole window let all runs use one set of mock parties; otherwise read each run's own report.",
        ],
    },
    Own {
        class: "window:names",
        name: ["同一人化名不同", "one person, two names"],
        meaning: [
            "两个站点的化名密钥不同，同一个人在两处叫两个名字，跨站点的次序与未了结看不出来。",
            "Two sites used different pseudonym keys, so a person has two names and nothing can be seen across them.",
        ],
        next: [
            "把第一个站点 private/ 下的 <计划>.key 在首次运行之前拷到其他站点同名位置。",
            "Copy <plan>.key from private/ of the first site to the same place at the others, before their first run.",
        ],
    },
    Own {
        class: "window:plan-changed",
        name: ["计划文件变过", "the plan's files changed"],
        meaning: [
            "这次运行所用的计划文件与现在给出的不同。",
            "This run was made with files of the plan that differ from those given now.",
        ],
        next: [
            "给出当时的计划，或说明改动后重跑受影响的用例。",
            "Give the plan as it was, or run again what the change touches.",
        ],
    },
    Own {
        class: "window:run-violated",
        name: ["有一次运行违反规则", "a run is violated"],
        meaning: [
            "这次运行自己的判定是「违反」；之后的运行再干净，也不能抵消。",
            "This run's own verdict is violated; no later clean run takes that back.",
        ],
        next: [
            "看该目录下的 report.html，按未回退清单处理。",
            "Read report.html in its folder and work off its open list.",
        ],
    },
    Own {
        class: "window:run-indeterminate",
        name: ["有一次运行不能判定", "a run is indeterminate"],
        meaning: [
            "这次运行自己的判定是「不能判定」：有一笔不知结果，或缺少证据。",
            "This run's own verdict is indeterminate: an outcome is unknown, or evidence is missing.",
        ],
        next: [
            "看该目录下的 report.html，补齐证据或了结那一笔。",
            "Read report.html in its folder; supply the evidence or settle the transaction.",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_window_is_said_in_both_languages() {
        for own in OWN.iter().chain([&STALE]) {
            for [zh, en] in [own.name, own.meaning, own.next] {
                assert!(
                    !zh.is_ascii() && en.is_ascii(),
                    "{}: {zh} / {en}",
                    own.class
                );
            }
        }
    }
}
