//! 接口改造验收记录表 · What an institution's own system was seen to do, number by number of the interface: when it was tried,
//! how often it went well, what is still wrong. One table per institution, to be signed by it, its vendor and the agency.
//!
//! Why so: a vendor says «all changed», and what counts is which numbers of the interface this system has sent and how they
//! came back. A number that others of the same runs use and this one never sent is a row as well: not tried is no pass.
//! Whether it applies, what was changed and who confirms is for people. Not here: what is wrong (`verify`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{InfNo, Moment, Role};

use super::Form;
use crate::Lang;
use crate::story::{Case, Chain, Message, Story};
use crate::tables::{Cell, Table, Tone};
use crate::terminal::chain_groups;
use crate::wording::terms;

/// Whether a number concerns an institution at all: for people.
const APPLIES: [&[&str]; 2] = [&["适用", "不适用"], &["applies", "does not apply"]];
/// What people say in the end.
const ACCEPTED: [&[&str]; 2] = [
    &["验收通过", "有条件通过", "不通过"],
    &["accepted", "with conditions", "not accepted"],
];
/// Problems that are named in a cell; the rest is counted.
const NAMED: usize = 3;

/// 一个交易 · What one institution sent under one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tried {
    ok: usize,
    refused: usize,
    unknown: usize,
    first: Option<Moment>,
    last: Option<Moment>,
    /// When it was first answered well.
    passed: Option<Moment>,
    /// The latest of them came to no answer.
    left_unknown: bool,
    /// Classes of findings and checks that failed, each with its case and, of another party's books, that party.
    problems: BTreeSet<String>,
    /// One of them is this institution's own: a check of its answers, or a finding in its books or nobody's.
    own: bool,
}

/// 结果 · What it comes to; nothing is a pass by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// Answered well, and nothing is wrong with it.
    Passed,
    /// Something is wrong.
    Failed,
    /// Sent, and nobody knows, only ever refused, or wrong at another party.
    Unknown,
    /// Never sent.
    NotTried,
}

impl Tried {
    fn take(&mut self, message: &Message) {
        match message.outcome_name() {
            "ok" => {
                self.ok += 1;
                let at = message.ended_at.unwrap_or(message.at);
                self.passed = Some(self.passed.map_or(at, |known| known.min(at)));
            }
            "refused" => self.refused += 1,
            _ => self.unknown += 1,
        }
        if self.last.is_none_or(|last| last <= message.at) {
            self.last = Some(message.at);
            self.left_unknown = !matches!(message.outcome_name(), "ok" | "refused");
        }
        self.first = Some(self.first.map_or(message.at, |first| first.min(message.at)));
    }

    fn sent(&self) -> usize {
        self.ok + self.refused + self.unknown
    }

    fn came(&self) -> Came {
        match self.sent() {
            0 => Came::NotTried,
            _ if self.own => Came::Failed,
            // What went wrong with others is not this system's fault, and shows no success of it either.
            _ if !self.problems.is_empty() => Came::Unknown,
            _ if self.ok == 0 || self.left_unknown => Came::Unknown,
            _ => Came::Passed,
        }
    }
}

/// 接口改造验收记录表 · One per institution of the runs; `of` takes only the one with this code.
pub fn acceptance(stories: &[&Story], of: Option<&str>, lang: Lang) -> Form {
    let mut institutions: BTreeMap<&str, &Story> = BTreeMap::new();
    for story in stories {
        for (code, ..) in &story.header.plan.institutions {
            institutions.entry(code.as_str()).or_insert(story);
        }
    }
    let numbers: BTreeSet<InfNo> = institutions
        .keys()
        .flat_map(|code| tried(code, stories).into_keys())
        .collect();
    let wanted = |code: &&str| of.is_none_or(|of| of == *code);
    let tables = institutions
        .iter()
        .filter(|(code, _)| wanted(code))
        .filter(|_| !numbers.is_empty())
        .map(|(code, story)| {
            let named = story.names.institution(code);
            table(code, named, stories, &numbers, lang)
        })
        .collect();
    let runs: Vec<&str> = stories
        .iter()
        .map(|story| story.judgement.run_id.as_str())
        .collect();
    let tails: Vec<String> = stories
        .iter()
        .map(|story| chain_groups(&story.tail))
        .collect();
    Form {
        title: lang
            .pick("接口改造验收记录表", "Acceptance of interface changes")
            .to_owned(),
        about: format!("{} {}", lang.pick("运行", "run"), runs.join(" ")),
        proof: format!("{} {}", lang.pick("链尾", "tail"), tails.join(" / ")),
        tables,
        lang,
    }
}

/// Whose system sent a message: its number begins with the institution's code; of a message with another number it is the
/// case's.
fn sent_by(code: &str, case: &Case, message: &Message, all: &[&Story]) -> bool {
    let msgid = message.msgid.as_str();
    let names_somebody = all.iter().any(|story| {
        let institutions = story.header.plan.institutions.iter();
        institutions
            .into_iter()
            .any(|(known, ..)| msgid.starts_with(known.as_str()))
    });
    match names_somebody {
        true => msgid.starts_with(code),
        false => case.plan.institution.as_deref() == Some(code),
    }
}

/// What an institution sent, by number.
fn tried(code: &str, stories: &[&Story]) -> BTreeMap<InfNo, Tried> {
    let mut all: BTreeMap<InfNo, Tried> = BTreeMap::new();
    for story in stories {
        for case in &story.cases {
            let own = case
                .messages()
                .filter(|message| sent_by(code, case, message, stories));
            for message in own {
                let one = all.entry(message.infno.clone()).or_default();
                one.take(message);
                let failed = failed(case, message);
                one.own |= !failed.is_empty();
                one.problems.extend(failed);
            }
            for chain in &case.chains {
                let own = |message: &Message| sent_by(code, case, message, stories);
                if chain.forward.iter().any(own) {
                    let one = all.entry(chain.transaction.infno.clone()).or_default();
                    for (told, own) in found(code, story, case, chain) {
                        one.own |= own;
                        one.problems.insert(told);
                    }
                }
            }
        }
    }
    all
}

/// Checks of this message's step that failed, unless a known issue waived the case.
fn failed(case: &Case, message: &Message) -> Vec<String> {
    if case.is_good() || message.step.is_empty() {
        return Vec::new();
    }
    let failed = case.checks.iter().filter(|check| !check.held);
    failed
        .filter(|check| check.step == message.step)
        .map(|check| format!("{} {}", case.plan.case, check.what))
        .collect()
}

/// What is found about a transaction, and whether it is this institution's own.
fn found(code: &str, story: &Story, case: &Case, chain: &Chain) -> Vec<(String, bool)> {
    let txid = &chain.transaction.txid;
    let findings = story.judgement.findings.iter();
    let about = findings.filter(|finding| finding.txid.as_ref() == Some(txid));
    about
        .map(|finding| {
            let (case, class) = (&case.plan.case, &finding.class);
            match &finding.party {
                Some(party) if party.role != Role::His || party.code != code => {
                    (format!("{case} {class} {party}"), false)
                }
                _ => (format!("{case} {class}"), true),
            }
        })
        .collect()
}

fn table(
    code: &str,
    named: &str,
    stories: &[&Story],
    numbers: &BTreeSet<InfNo>,
    lang: Lang,
) -> Table {
    let mut table = Table::new("acceptance", format!("{code} {named}")).columns(
        &[
            ["编号", "id"],
            ["交易", "transaction"],
            ["首次测试", "first tried"],
            ["末次测试", "last tried"],
            ["成功", "ok"],
            ["拒绝", "refused"],
            ["未知", "unknown"],
            ["首次通过", "first passed"],
            ["未了问题", "open problems"],
            ["结果", "result"],
        ],
        lang,
    );
    table = table
        .filled(["是否适用", "applies"], APPLIES, lang)
        .filled(["改造内容", "what was changed"], [&[], &[]], lang)
        .filled(["验收意见", "accepted"], ACCEPTED, lang)
        .filled(["备注", "remark"], [&[], &[]], lang);
    table.identity = Some(0);
    let all = tried(code, stories);
    let at = |moment: Option<Moment>| moment.map_or(Cell::Blank, Cell::At);
    let mut came = BTreeMap::new();
    for number in numbers {
        let one = all.get(number).cloned().unwrap_or_default();
        *came.entry(one.came() as usize).or_insert(0) += 1;
        table.row(vec![
            Cell::text(format!("{code}-{number}")),
            Cell::text(format!("{number} {}", terms::transaction(number, lang))),
            at(one.first),
            at(one.last),
            Cell::number(one.ok),
            Cell::number(one.refused),
            Cell::number(one.unknown),
            at(one.passed),
            Cell::text(problems(&one.problems, lang)),
            state(one.came(), lang),
        ]);
    }
    table.about = vec![
        (
            lang.pick("单位", "unit"),
            Cell::text(format!("{named}（{code}）")),
        ),
        (
            lang.pick("说明", "note"),
            Cell::text(lang.pick(
                "只计本机构系统发出的报文；没有发过的交易列为未测，是否适用由人填写。",
                "Only what this institution's own system sent counts; a number that it never sent is not tried, and people say whether it applies.",
            )),
        ),
    ];
    let count = |came_to: Came| Cell::Number(came.get(&(came_to as usize)).copied().unwrap_or(0));
    table.below = vec![
        (lang.pick("交易数", "numbers"), Cell::number(numbers.len())),
        (lang.pick("通过", "passed"), count(Came::Passed)),
        (lang.pick("不通过", "failed"), count(Came::Failed)),
        (lang.pick("不明", "unknown"), count(Came::Unknown)),
        (lang.pick("未测", "not tried"), count(Came::NotTried)),
    ];
    table.signed = [
        ["医疗机构经办人", "institution"],
        ["HIS 厂商", "HIS vendor"],
        ["医保经办机构", "agency"],
        ["单位（公章）", "unit (stamp)"],
        ["日期", "date"],
    ]
    .map(|[zh, en]| lang.pick(zh, en))
    .to_vec();
    table
}

fn problems(all: &BTreeSet<String>, lang: Lang) -> String {
    let named: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    let mut text = named.join(lang.pick("；", "; "));
    if all.len() > NAMED {
        text += &format!(" +{}", all.len() - NAMED);
    }
    text
}

fn state(came: Came, lang: Lang) -> Cell {
    let (word, tone) = match came {
        Came::Passed => (lang.pick("✓ 通过", "✓ passed"), Tone::Good),
        Came::Failed => (lang.pick("✗ 不通过", "✗ failed"), Tone::Bad),
        Came::Unknown => (lang.pick("? 不明", "? unknown"), Tone::Doubt),
        Came::NotTried => (lang.pick("/ 未测", "/ not tried"), Tone::Idle),
    };
    Cell::State(word.to_owned(), tone)
}
