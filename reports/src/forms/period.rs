//! 日报、周报 · What was done from one cut-off to the next, over many runs, in figures that add up.
//!
//! Why so: each instant of business time belongs to exactly one interval, a transaction counts in the interval in which it was
//! sent and its undo in the one in which it was undone, so the days of a week add up to the week, and what is open at a
//! cut-off is what was open at the last one, plus what was begun, less what was undone.
//! Not here: what went wrong (`register`), which runs there are (`cli`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, Moment, TxId};
use crosswipe_journal::CaseResult;
use crosswipe_verify::Verdict;

use super::register::{self, Tally};
use super::{Form, Notes};
use crate::Lang;
use crate::story::{Case, Chain, Rollback, Story};
use crate::tables::{Cell, Table, Tone};
use crate::terminal::chain_groups;
use crate::wording::sentence::verdict_sentence;

/// 报送期间 · From one cut-off to the next: `from` belongs to it, `to` to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The last cut-off.
    pub from: Moment,
    /// This one.
    pub to: Moment,
}

impl Interval {
    pub(super) fn holds(&self, at: Moment) -> bool {
        self.from <= at && at < self.to
    }
}

/// 日报还是周报 · How often it is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// 日报
    Daily,
    /// 周报
    Weekly,
}

/// What was done in some stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Done {
    run: i64,
    by_result: BTreeMap<CaseResult, i64>,
    insured: BTreeSet<String>,
    treatment: BTreeSet<String>,
    institutions: BTreeSet<String>,
    begun: Sum,
    undone: Sum,
}

/// Transactions and their fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    number: i64,
    fen: i64,
}

impl Sum {
    fn add(&mut self, fen: i64) {
        self.number += 1;
        self.fen += fen;
    }

    fn less(self, other: Sum) -> Sum {
        Sum {
            number: self.number - other.number,
            fen: self.fen - other.fen,
        }
    }
}

impl Done {
    /// Of all runs, whatever `holds` takes.
    fn of(stories: &[&Story], holds: impl Fn(Moment) -> bool) -> Done {
        let mut done = Done::default();
        for story in stories {
            for case in story.cases.iter().filter(|case| case.planned) {
                if case.ended_at.is_some_and(&holds) {
                    done.take(case);
                }
            }
            let undone_at = undone_at(story);
            for chain in story.cases.iter().flat_map(|case| &case.chains) {
                // What never took effect is nobody's; what nobody knows may stand.
                if story.standing(chain) == Rollback::None {
                    continue;
                }
                let fen = chain.amount().map_or(0, crosswipe_domain::Money::fen);
                if holds(chain.transaction.at) {
                    done.begun.add(fen);
                }
                if undone_at
                    .get(&chain.transaction.txid)
                    .copied()
                    .is_some_and(&holds)
                {
                    done.undone.add(fen);
                }
            }
        }
        done
    }

    fn take(&mut self, case: &Case) {
        self.run += 1;
        *self.by_result.entry(case.ending.result()).or_default() += 1;
        let plan = &case.plan;
        self.insured
            .extend(plan.insured.as_ref().map(ToString::to_string));
        self.treatment
            .extend(plan.treatment.as_ref().map(ToString::to_string));
        self.institutions.extend(plan.institution.clone());
    }

    fn result(&self, result: CaseResult) -> i64 {
        self.by_result.get(&result).copied().unwrap_or(0)
    }
}

/// When each transaction that stands no more was undone; where it has no undo of its own, with what it was undone.
fn undone_at(story: &Story) -> BTreeMap<&TxId, Moment> {
    let chains: BTreeMap<&TxId, &Chain> = story
        .cases
        .iter()
        .flat_map(|case| &case.chains)
        .map(|chain| (&chain.transaction.txid, chain))
        .collect();
    let closed = chains
        .values()
        .filter(|chain| story.standing(chain) == Rollback::Closed);
    closed
        .map(|chain| {
            let mut of = *chain;
            // A chain of those that go with another is as long as the transactions are many, at most.
            for _ in 0..chains.len() {
                match of.undone_with.as_ref().and_then(|txid| chains.get(txid)) {
                    Some(with) => of = with,
                    None => break,
                }
            }
            let ended = of.undo.iter().filter_map(|message| message.ended_at).max();
            // Shown undone, but by no message of ours: not before the run's end.
            (&chain.transaction.txid, ended.unwrap_or(story.last_at))
        })
        .collect()
}

/// 日报、周报 · The form of one interval over these runs.
pub fn period(
    pace: Pace,
    interval: &Interval,
    stories: &[&Story],
    notes: &Notes,
    lang: Lang,
) -> Form {
    let mut problems = register::problems(stories, notes, Some(interval.to), lang);
    problems.retain(|problem| problem.first.is_none_or(|first| first < interval.to));
    let tally = Tally::of(&problems, interval);
    let title = match pace {
        Pace::Daily => lang.pick("交叉刷卡联调日报", "Cross-swipe rehearsal: day"),
        Pace::Weekly => lang.pick("交叉刷卡联调周报", "Cross-swipe rehearsal: week"),
    };
    let mut list = register::table(&problems, lang);
    list.about = vec![
        (lang.pick("本期新增", "new"), Cell::number(tally.new)),
        (lang.pick("累计", "all"), Cell::number(tally.all)),
        (
            lang.pick("遗留", "left"),
            Cell::number(tally.all - tally.solved),
        ),
    ];
    let mut form = Form {
        title: title.to_owned(),
        about: format!("{title} {} – {}", interval.from.wire(), interval.to.wire()),
        proof: String::new(),
        tables: vec![
            figures(pace, interval, stories, &tally, lang),
            list,
            runs(stories, lang),
        ],
        lang,
    };
    form.fill(notes);
    form
}

fn figures(
    pace: Pace,
    interval: &Interval,
    stories: &[&Story],
    tally: &Tally,
    lang: Lang,
) -> Table {
    let title = match pace {
        Pace::Daily => lang.pick("日报", "Day"),
        Pace::Weekly => lang.pick("周报", "Week"),
    };
    let mut table = Table::new("period", title).columns(
        &[
            ["项目", "what"],
            ["单位", "unit"],
            ["本期", "this interval"],
            ["累计", "until now"],
        ],
        lang,
    );
    table.identity = Some(0);
    table.about = vec![
        (
            lang.pick("填报单位（公章）", "reported by (stamp)"),
            Cell::Fill(String::new()),
        ),
        (lang.pick("期间起", "from"), Cell::At(interval.from)),
        (
            lang.pick("截至时间", "until (cut-off)"),
            Cell::At(interval.to),
        ),
    ];
    let now = Done::of(stories, |at| interval.holds(at));
    let all = Done::of(stories, |at| at < interval.to);
    let planned: BTreeSet<(&str, &CaseId)> = stories
        .iter()
        .flat_map(|story| {
            let plan = story.header.plan.plan.as_str();
            story
                .header
                .plan
                .cases
                .iter()
                .map(move |case| (plan, &case.case))
        })
        .collect();
    let count = |number: i64| Cell::Number(number);
    let size = |set: &BTreeSet<String>| Cell::number(set.len());
    let mut line = |[zh, en]: [&'static str; 2], [unit, unit_en]: [&'static str; 2], now, all| {
        let (what, unit) = (lang.pick(zh, en), lang.pick(unit, unit_en));
        table.row(vec![Cell::text(what), Cell::text(unit), now, all]);
    };
    let cases = ["个", "cases"];
    let problems = ["个", "problems"];
    let times = ["次", "times"];
    let pieces = ["笔", "transactions"];
    let yuan = ["元", "yuan"];
    line(
        ["计划用例", "cases planned"],
        cases,
        Cell::Blank,
        Cell::number(planned.len()),
    );
    line(["已执行", "run"], times, count(now.run), count(all.run));
    for (words, result) in [
        (["通过", "passed"], CaseResult::Passed),
        (["失败", "failed"], CaseResult::Failed),
        (["错误", "error"], CaseResult::Error),
        (["阻塞", "blocked"], CaseResult::Blocked),
        (["跳过", "skipped"], CaseResult::Skipped),
        (["豁免", "waived"], CaseResult::Waived),
    ] {
        line(
            words,
            times,
            count(now.result(result)),
            count(all.result(result)),
        );
    }
    let places = ["个", "places"];
    line(
        ["参保地", "insured at"],
        places,
        size(&now.insured),
        size(&all.insured),
    );
    line(
        ["就医地", "treated at"],
        places,
        size(&now.treatment),
        size(&all.treatment),
    );
    line(
        ["医疗机构", "institutions"],
        ["家", "places"],
        size(&now.institutions),
        size(&all.institutions),
    );
    let open = |done: &Done| done.begun.less(done.undone);
    for (words, amount, of) in [
        (
            ["测试交易", "transactions"],
            ["　测试交易金额", "  amount of transactions"],
            &(|done: &Done| done.begun) as &dyn Fn(&Done) -> Sum,
        ),
        (
            ["已回退", "undone"],
            ["　已回退金额", "  amount undone"],
            &|done| done.undone,
        ),
        (
            ["未回退（本期为增减）", "open (this interval: change)"],
            ["　未回退金额", "  amount open"],
            &open,
        ),
    ] {
        line(
            words,
            pieces,
            count(of(&now).number),
            count(of(&all).number),
        );
        line(
            amount,
            yuan,
            Cell::Money(of(&now).fen),
            Cell::Money(of(&all).fen),
        );
    }
    line(
        ["问题：新增", "problems: new"],
        problems,
        Cell::number(tally.new),
        Cell::number(tally.all),
    );
    line(
        ["问题：已解决", "problems: solved"],
        problems,
        Cell::Blank,
        Cell::number(tally.solved),
    );
    line(
        ["问题：遗留", "problems: left"],
        problems,
        Cell::Blank,
        Cell::number(tally.all - tally.solved),
    );
    table.below = vec![
        (
            lang.pick("风险与需协调事项", "risks, to be settled"),
            Cell::Fill(String::new()),
        ),
        (lang.pick("下一步计划", "next"), Cell::Fill(String::new())),
    ];
    table.signed = [
        ["填报人", "reported by"],
        ["审核人", "checked by"],
        ["电话", "telephone"],
    ]
    .map(|[zh, en]| lang.pick(zh, en))
    .to_vec();
    table
}

/// The runs that the figures come from, each with its verdict and the end of its chain.
fn runs(stories: &[&Story], lang: Lang) -> Table {
    let mut table = Table::new("runs", lang.pick("依据的运行", "Runs")).columns(
        &[
            ["运行", "run"],
            ["首条记录", "first record"],
            ["末条记录", "last record"],
            ["结论", "verdict"],
            ["链尾", "tail"],
        ],
        lang,
    );
    table.identity = Some(0);
    for story in stories {
        let tone = match story.judgement.verdict {
            Verdict::Clean => Tone::Good,
            Verdict::Indeterminate => Tone::Doubt,
            Verdict::Violated => Tone::Bad,
        };
        table.row(vec![
            Cell::text(&story.judgement.run_id),
            Cell::At(story.first_at),
            Cell::At(story.last_at),
            Cell::State(verdict_sentence(story, lang), tone),
            Cell::text(chain_groups(&story.tail)),
        ]);
    }
    table
}
