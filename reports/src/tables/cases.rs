//! 用例明细、接口耗时 · One row per planned case; one per transaction number.

use std::collections::BTreeMap;

use crosswipe_domain::InfNo;

use super::{Cell, Table, Tone};
use crate::story::{Case, Chain, Ending, Message, Rollback, Story};
use crate::wording::{Lang, review, terms};

/// Amounts of its settlements are added up over the case.
pub(super) fn cases(story: &Story, lang: Lang) -> Table {
    let table = Table::new("cases", lang.pick("用例明细", "Cases")).columns(
        &[
            ["用例", "case"],
            ["标题", "title"],
            ["业务", "business"],
            ["参保地", "insured at"],
            ["就医地", "treated at"],
            ["机构", "institution"],
            ["结果", "result"],
            ["回退", "rollback"],
            ["总额", "total"],
            ["结算ID", "settlement id"],
            ["未通过的检查", "checks that do not hold"],
        ],
        lang,
    );
    let mut table = table.beside_the_paper().columns(
        &[
            ["发现", "findings"],
            ["已知问题", "known issue"],
            ["基金", "fund"],
            ["账户", "account"],
            ["现金", "cash"],
            ["就诊ID", "visit id"],
            ["机构编号", "institution code"],
            ["人员（化名）", "person (pseudonym)"],
            ["条款", "covers"],
            ["首笔报文", "first message"],
            ["用时（毫秒）", "took (ms)"],
            ["复核", "review"],
        ],
        lang,
    );
    for case in story.cases.iter().filter(|case| case.planned) {
        let plan = &case.plan;
        let region = |code: Option<&crosswipe_domain::AdmDivision>| {
            Cell::text(code.map_or("", |code| story.names.region(code.as_str())))
        };
        let code = plan.institution.as_deref().unwrap_or_default();
        let sum = |name| Cell::money(summed(case, name));
        let findings = case.findings.iter();
        let mut classes: Vec<&str> = findings
            .map(|index| story.judgement.findings[*index].class.as_str())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        let first = case.messages().map(|message| message.at).min();
        table.row(vec![
            Cell::text(&plan.case),
            Cell::text(&plan.title),
            Cell::text(plan.business.map_or("", |one| terms::business(one, lang))),
            region(plan.insured.as_ref()),
            region(plan.treatment.as_ref()),
            Cell::text(story.names.institution(code)),
            Cell::State(terms::ending(case.ending, lang).to_owned(), of_ending(case)),
            Cell::State(
                terms::rollback(case.rollback, lang).to_owned(),
                of_rollback(case.rollback),
            ),
            sum("medfee_sumamt"),
            ids(case, "setl_id"),
            Cell::text(failed(case, lang)),
            Cell::text(classes.join(" ")),
            Cell::text(waived_for(story, case)),
            sum("fund_pay_sumamt"),
            sum("acct_pay"),
            sum("psn_cash_pay"),
            ids(case, "mdtrt_id"),
            Cell::text(code),
            Cell::text(
                plan.person
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
            ),
            Cell::text(plan.covers.join(" ")),
            first.map_or(Cell::Blank, Cell::At),
            Cell::Number(i64::try_from(case.took_ms()).unwrap_or(i64::MAX)),
            Cell::text(review::about(
                &story.review,
                "case",
                plan.case.as_str(),
                lang,
            )),
        ]);
    }
    table
}

/// Ids of the known issues for which a case was waived.
fn waived_for(story: &Story, case: &Case) -> String {
    let known = story.known.iter();
    let known = known.filter(|known| known.waived.contains(&case.plan.case));
    let ids: Vec<&str> = known.map(|known| known.issue.id.as_str()).collect();
    ids.join(" ")
}

fn of_ending(case: &Case) -> Tone {
    match case.ending {
        Ending::NotStarted => Tone::Idle,
        ending => match ending.result() {
            crosswipe_journal::CaseResult::Passed => Tone::Good,
            crosswipe_journal::CaseResult::Skipped | crosswipe_journal::CaseResult::Blocked => {
                Tone::Idle
            }
            crosswipe_journal::CaseResult::Waived => Tone::Doubt,
            _ => Tone::Bad,
        },
    }
}

/// How a state of the rollback is to be taken.
pub(crate) fn of_rollback(rollback: Rollback) -> Tone {
    match rollback {
        Rollback::Closed => Tone::Good,
        Rollback::None => Tone::Idle,
        Rollback::Unknown => Tone::Doubt,
        Rollback::Open => Tone::Bad,
    }
}

/// Of all settlements of a case; nothing where no settlement says it.
fn summed(case: &Case, name: &str) -> Option<i64> {
    let settled = case
        .chains
        .iter()
        .filter(|chain| chain.transaction.infno.settles());
    let amounts: Vec<i64> = settled.filter_map(|chain| amount(chain, name)).collect();
    (!amounts.is_empty()).then(|| amounts.iter().sum())
}

/// One amount of a settlement, as answered or as sent.
pub(crate) fn amount(chain: &Chain, name: &str) -> Option<i64> {
    if !chain.transaction.infno.settles() {
        return None;
    }
    let mut sent = chain.forward.iter();
    sent.find_map(|message| message.amount(name))
        .map(crosswipe_domain::Money::fen)
}

fn ids(case: &Case, name: &str) -> Cell {
    let of = |chain: &Chain| chain.transaction.ids.get(name).cloned();
    let mut ids: Vec<String> = case.chains.iter().filter_map(of).collect();
    ids.dedup();
    ids.sort();
    ids.dedup();
    Cell::text(ids.join(" "))
}

fn failed(case: &Case, lang: Lang) -> String {
    let failed = case.checks.iter().filter(|check| !check.held);
    let told: Vec<String> = failed
        .map(|check| {
            format!(
                "{} {}{}{}{}{}",
                check.step,
                check.what,
                lang.pick(" 应为 ", " expected "),
                check.expected,
                lang.pick("，实为 ", ", actual "),
                check.actual
            )
        })
        .collect();
    told.join(lang.pick("；", "; "))
}

/// What was sent under one number.
#[derive(Default)]
struct Sent {
    ok: usize,
    refused: usize,
    unknown: usize,
    took: Vec<u64>,
}

/// Real milliseconds, of answered messages; a run in memory has none.
pub(super) fn timing(story: &Story, lang: Lang) -> Table {
    let mut by_number: BTreeMap<&InfNo, Sent> = BTreeMap::new();
    let all = story.cases.iter().flat_map(Case::messages);
    for message in all {
        by_number.entry(&message.infno).or_default().take(message);
    }
    let mut table = Table::new("timing", lang.pick("接口耗时", "Timing")).columns(
        &[
            ["交易", "number"],
            ["名称", "transaction"],
            ["报文数", "messages"],
            ["成功", "ok"],
            ["拒绝", "refused"],
            ["未知", "unknown"],
            ["中位（毫秒）", "median (ms)"],
            ["95%（毫秒）", "95% (ms)"],
            ["最长（毫秒）", "longest (ms)"],
        ],
        lang,
    );
    for (number, mut sent) in by_number {
        sent.took.sort_unstable();
        let at = |percent: usize| {
            let last = sent.took.len().saturating_sub(1);
            let place = (sent.took.len() * percent).div_ceil(100).saturating_sub(1);
            let took = sent.took.get(place.min(last)).copied();
            took.map_or(Cell::Blank, |ms| {
                Cell::Number(i64::try_from(ms).unwrap_or(i64::MAX))
            })
        };
        let all = sent.ok + sent.refused + sent.unknown;
        let (median, most, longest) = (at(50), at(95), at(100));
        table.row(vec![
            Cell::text(number),
            Cell::text(terms::transaction(number, lang)),
            Cell::number(all),
            Cell::number(sent.ok),
            Cell::number(sent.refused),
            Cell::number(sent.unknown),
            median,
            most,
            longest,
        ]);
    }
    table
}

impl Sent {
    fn take(&mut self, message: &Message) {
        match message.outcome_name() {
            "ok" => self.ok += 1,
            "refused" => self.refused += 1,
            _ => {
                self.unknown += 1;
                return;
            }
        }
        self.took.push(message.took_ms);
    }
}
