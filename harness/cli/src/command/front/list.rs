//! 接口验收清单 · The lines of the acceptance list: from the plan's cases, or from a table that somebody brought.
//!
//! A case of the plan is what it makes a HIS send: each visit with its undo. What the plan does to the tool itself (gate,
//! public traffic, refusals that are expected, another phase) is not for a HIS, and says so.
//! Not here: how lines move on (`mocks::Acceptance`).

use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{Business, InfNo, PersonNo, Phase};
use crosswipe_mocks::{Cue, Held, Judge, Line, Mark, Part, Standing, Told, Work};
use crosswipe_reports::Lang;
use crosswipe_runner::judge_answer;
use crosswipe_scenarios::{Attended, Await, Case, Expected, Plan, Step, Swipe};
use crosswipe_wire::Sent;
use serde_json::json;

use super::table;
use crate::books::{Flaw, Flaws, Lines, Words};
use crate::complain::Trouble;

/// Lines that were read from a table: number, title, transactions in order, and why a line does not apply.
const NUMBER: [&str; 5] = ["编号", "序号", "number", "no", "id"];
const TITLE: [&str; 6] = ["标题", "名称", "验收项", "用例", "title", "name"];
const TRANSACTIONS: [&str; 5] = ["交易", "交易编号", "接口", "transactions", "infno"];
const NOT_APPLICABLE: [&str; 5] = ["不适用", "不适用原因", "原因", "not applicable", "n/a"];

/// The plan's cases, in its order; `phase` is the one that holds now.
pub(super) fn of_plan(plan: &Plan, phase: &Phase) -> Vec<Line> {
    let of_cases = plan.cases.iter().map(|case| {
        let parts = parts(plan, case);
        Line {
            number: case.id.to_string(),
            title: case.title.clone(),
            not_applicable: why_not(plan, case, phase, &parts),
            work: Work::Visits(parts),
        }
    });
    let attended = plan.attended.iter().map(|case| script(plan, case, phase));
    of_cases.chain(attended).collect()
}

/// A case that a person and the HIS carry out.
fn script(plan: &Plan, case: &Attended, phase: &Phase) -> Line {
    let cues = case.cues.iter().map(|cue| match cue {
        crosswipe_scenarios::Cue::Human(human) => Cue::Tell {
            step: human.name.clone(),
            zh: human.zh.clone(),
            en: human.en.clone(),
            within_ms: human.within_ms,
        },
        crosswipe_scenarios::Cue::Await(awaited) => awaits(plan, awaited),
    });
    let at = case.start.and_then(|at| plan.window.phase_at(at));
    let elsewhere = case.start.is_some() && at.is_none_or(|at| at.id != phase.id);
    Line {
        number: case.id.to_string(),
        title: case.title.clone(),
        work: Work::Script(cues.collect()),
        not_applicable: match elsewhere {
            true => of_another(at, phase),
            false => String::new(),
        },
    }
}

fn awaits(plan: &Plan, awaited: &Await) -> Cue {
    let persona = awaited.persona.as_ref();
    let persona = persona.and_then(|label| plan.registry.persona(label));
    let (step, expect) = (awaited.name.clone(), awaited.expect.clone());
    let infno = awaited.infno.clone();
    let judge = move |told: &Told| {
        let sent = Sent {
            infno: &infno,
            msgid: &told.msgid,
        };
        let answer = told.answer.as_ref();
        let answer = answer.map(|(status, body)| (*status, &body[..]));
        let checks = judge_answer(&step, &expect, &sent, answer).into_iter();
        checks
            .map(|check| Held {
                step: check.step,
                what: check.what,
                expected: check.expected,
                actual: check.actual,
                held: check.held,
            })
            .collect()
    };
    Cue::Await {
        step: awaited.name.clone(),
        infno: awaited.infno.clone(),
        institution: awaited
            .institution
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        person: persona.map(|one| {
            (
                vec![one.no.clone(), PersonNo::new(one.id_number.reveal())],
                one.label.clone(),
            )
        }),
        within_ms: awaited.within_ms,
        judge: Judge(Arc::new(judge)),
    }
}

fn of_another(at: Option<&Phase>, now: &Phase) -> String {
    let name = at.map_or("-", |at| at.id.as_str());
    format!("属于阶段 {name}, 现在是 {} · of another phase", now.id)
}

/// Why a case is nothing for a HIS now; empty if it is.
fn why_not(plan: &Plan, case: &Case, phase: &Phase, parts: &[Part]) -> String {
    let leaves = || case.leaves();
    if leaves().all(Step::is_of_the_world) {
        return "公众业务, 由模拟方演 · public traffic, played by the mocks".to_owned();
    }
    let expects = |step: &Step| match step {
        Step::Swipe(swipe) => Some(swipe.expect.outcome.clone()),
        Step::Call(call) => Some(call.expect.outcome.clone()),
        _ => None,
    };
    if leaves().filter_map(expects).any(|one| one != Expected::Ok) {
        return "预期被拦或被拒, 不由 HIS 演示 · expects to be stopped or refused".to_owned();
    }
    let at = case.start.and_then(|at| plan.window.phase_at(at));
    if at.is_none_or(|at| at.id != phase.id) {
        return of_another(at, phase);
    }
    match parts.is_empty() {
        true => "没有要 HIS 发的报文 · nothing for a HIS to send".to_owned(),
        false => String::new(),
    }
}

/// One part per person and institution: what its steps send, in order.
fn parts(plan: &Plan, case: &Case) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for step in case.leaves() {
        let (label, institution, sent) = match step {
            Step::Swipe(swipe) => (Some(&swipe.persona), &swipe.institution, visit(swipe)),
            Step::Call(call) => (
                call.persona.as_ref(),
                &call.institution,
                vec![call.infno.as_str()],
            ),
            _ => continue,
        };
        let persona = label.and_then(|label| plan.registry.persona(label));
        let person = persona.map(|one| (one.no.clone(), one.label.clone()));
        let sent = sent.into_iter().map(InfNo::new);
        let same = parts
            .iter_mut()
            .find(|part| part.person == person && part.institution == institution.as_str());
        match same {
            Some(part) => part.transactions.extend(sent),
            None => parts.push(Part {
                institution: institution.to_string(),
                person,
                transactions: sent.collect(),
            }),
        }
    }
    parts
}

/// A visit and its undo. Whether the discharge comes before the settlement is the hospital's own custom, and a trial
/// may be asked for as often as wanted, so neither is a step of the list.
fn visit(swipe: &Swipe) -> Vec<&'static str> {
    let undo: &[&str] = match swipe.business {
        Business::Inpatient => &["2305", "2302", "2404"],
        Business::Pharmacy => &["2103"],
        _ => &["2208", "2205", "2202"],
    };
    let sent = swipe.messages().iter().copied();
    let goal = swipe.until.as_ref().map(|until| until.base().to_owned());
    let mut steps: Vec<&str> = sent
        .filter(|infno| !matches!(*infno, "2402" | "2206" | "2303" | "2101"))
        .collect();
    if let Some(at) = goal.and_then(|goal| steps.iter().position(|one| *one == goal)) {
        steps.truncate(at + 1);
    }
    let settles = steps.iter().any(|one| InfNo::new(one).settles());
    let charges = steps.iter().any(|one| matches!(*one, "2204" | "2301"));
    let taken_back = undo.iter().copied().filter(|one| match *one {
        "2305" | "2208" | "2103" => settles,
        "2302" | "2205" => charges,
        _ => true,
    });
    steps.extend(taken_back);
    steps
}

/// A list that somebody brought: CSV or workbook.
pub(super) fn of_table(path: &Path) -> Result<Vec<Line>, Trouble> {
    let Lines { place, rows } = crate::books::lines(path).map_err(books)?;
    let mut rows = rows.into_iter();
    let head = rows
        .by_ref()
        .find(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    let column = |names: &[&str]| {
        let head = head.as_ref()?;
        let is = |cell: &String| names.contains(&cell.to_lowercase().as_str());
        head.cells.iter().position(is)
    };
    let (number, title) = (column(&NUMBER), column(&TITLE));
    let (sent, reason) = (column(&TRANSACTIONS), column(&NOT_APPLICABLE));
    let (Some(number), Some(sent)) = (number, sent) else {
        return Err(books(Flaw::new(
            place,
            "表头里没有「编号」或「交易」列 · no column of numbers or of transactions",
            "表头写: 编号, 名称, 交易, 不适用原因 · write: number, title, transactions, not applicable",
        )));
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut flaws = Vec::new();
    for Words { place, cells } in rows {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).cloned().unwrap_or_default();
        let (number, words) = (cell(Some(number)), cell(Some(sent)));
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let reason = cell(reason);
        let transactions: Vec<&str> = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let unknown = transactions.iter().find(|word| {
            let catalogue = crosswipe_wire::catalogue();
            catalogue.transaction(&InfNo::new(word)).is_none()
        });
        let wrong = if number.is_empty() {
            Some("没有编号 · no number".to_owned())
        } else if lines.iter().any(|line| line.number == number) {
            Some(format!(
                "编号 `{number}` 重复 · the number `{number}` stands twice"
            ))
        } else if let Some(unknown) = unknown {
            Some(format!("没有交易 `{unknown}` · no transaction `{unknown}`"))
        } else if transactions.is_empty() && reason.is_empty() {
            Some("没有交易, 也没写不适用原因 · neither transactions nor a reason".to_owned())
        } else {
            None
        };
        if let Some(what) = wrong {
            let mend = "交易写编号, 用空格或逗号隔开, 如 2201 2204 2207 · numbers with blanks or commas between them";
            flaws.push(Flaw::new(place, what, mend));
            continue;
        }
        let transactions: Vec<InfNo> = transactions.into_iter().map(InfNo::new).collect();
        lines.push(Line {
            number,
            title: cell(title),
            work: Work::Visits(match transactions.is_empty() {
                true => Vec::new(),
                false => vec![Part {
                    institution: String::new(),
                    person: None,
                    transactions,
                }],
            }),
            not_applicable: reason,
        });
    }
    if lines.is_empty() && flaws.is_empty() {
        flaws.push(Flaw::new(
            place,
            "清单是空的 · the list is empty",
            "表头之下每行一项 · one line per item below the heading",
        ));
    }
    match flaws.is_empty() {
        true => Ok(lines),
        false => Err(Trouble::Books(Flaws::from_all(flaws))),
    }
}

fn books(flaw: Flaw) -> Trouble {
    Trouble::Books(Flaws::from(flaw))
}

/// How many lines stand how: 通过, 不通过, 未做, 不适用.
pub(super) fn counts(lines: &[Standing]) -> [usize; 4] {
    [Mark::Passed, Mark::Failed, Mark::Open, Mark::NotApplicable]
        .map(|mark| lines.iter().filter(|line| line.mark == mark).count())
}

/// The list as a table; empty where there is none.
pub(super) fn told(lines: &[Standing], lang: Lang) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let [passed, failed, open, no] = counts(lines);
    let head = match lang {
        Lang::Zh => {
            format!("接口验收清单: 通过 {passed}, 不通过 {failed}, 未做 {open}, 不适用 {no}")
        }
        Lang::En => format!(
            "acceptance list: {passed} passed, {failed} failed, {open} open, {no} not applicable"
        ),
    };
    let rows: Vec<[String; 5]> = lines
        .iter()
        .map(|line| {
            let mark = match lang {
                Lang::Zh => line.mark.zh(),
                Lang::En => line.mark.en(),
            };
            let rest = match line.why.as_str() {
                "" => line.missing.join("; "),
                why => why.to_owned(),
            };
            [
                line.number.clone(),
                line.title.clone(),
                mark.to_owned(),
                match line.mark {
                    Mark::NotApplicable => "-".to_owned(),
                    _ => format!("{}/{}", line.done, line.of),
                },
                rest.chars().take(80).collect(),
            ]
        })
        .collect();
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let head_row = [
        say("编号", "number"),
        say("名称", "title"),
        say("结论", "result"),
        say("已做", "done"),
        say("还差, 或原因", "what is missing, or why"),
    ];
    format!("{head}\n{}", table(head_row, &rows))
}

pub(super) fn json(lines: &[Standing]) -> serde_json::Value {
    let [passed, failed, open, no] = counts(lines);
    json!({
        "passed": passed, "failed": failed, "open": open, "not_applicable": no, "lines": lines,
    })
}
