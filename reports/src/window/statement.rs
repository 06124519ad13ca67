//! 上线声明 · The one page that is signed: answer, verdict, runs with the ends of their chains, coverage, what is open.
//!
//! Why one page: it is printed, signed and filed. What does not fit is counted and named with the file that has it; the
//! page never grows a second one. No script, no network, nothing newer than Chromium 86.

use minijinja::Environment;
use serde::Serialize;

use super::{Answer, WindowSource, terminal, words};
use crate::html::policy_of_style;
use crate::terminal::chain_groups;
use crate::wording::{Lang, Word};

const PAGE: &str = include_str!("statement.html");
const STYLE: &str = include_str!("statement.css");

/// Lines of each list that fit on the page.
const RUNS: usize = 12;
const FINDINGS: usize = 5;
const CASES: usize = 6;
const OPEN: usize = 4;

#[derive(Serialize)]
struct Page<'a> {
    tag: &'static str,
    policy: String,
    style: &'static str,
    title: &'static str,
    plan_title: &'a str,
    plan: &'a str,
    source: &'a str,
    answer: &'static str,
    class: &'static str,
    sentence: String,
    labels: Labels,
    runs: Vec<Run>,
    findings: Vec<Line>,
    cases: Vec<Line>,
    open: Vec<String>,
    open_note: &'static str,
    statements: Vec<String>,
    not_checked: Vec<String>,
    cannot_undo: &'a [String],
    notice: &'static str,
    signatures: Vec<&'static str>,
}

#[derive(Serialize)]
struct Labels {
    source: &'static str,
    runs: &'static str,
    run: &'static str,
    time: &'static str,
    verdict: &'static str,
    transactions: &'static str,
    chain: &'static str,
    findings: &'static str,
    coverage: String,
    open: &'static str,
    statements: &'static str,
    not_checked: &'static str,
    cannot_undo: &'static str,
}

#[derive(Serialize)]
struct Run {
    place: usize,
    run_id: String,
    time: String,
    verdict: String,
    class: &'static str,
    transactions: String,
    head: String,
    tail: String,
}

#[derive(Serialize)]
struct Line {
    head: String,
    text: String,
}

/// 上线声明 · One self-contained page of A4.
pub fn go_live(source: &WindowSource<'_>, lang: Lang) -> String {
    let mut environment = Environment::new();
    environment
        .add_template("statement.html", PAGE)
        .expect("a shipped template parses");
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let template = environment
        .get_template("statement.html")
        .expect("added above");
    template
        .render(minijinja::value::Serde(page(source, lang)))
        .expect("the view has every name of the template")
}

fn page<'a>(source: &WindowSource<'a>, lang: Lang) -> Page<'a> {
    let answer = source.answer();
    Page {
        tag: lang.tag(),
        policy: policy_of_style(STYLE),
        style: STYLE,
        title: lang.pick("上线声明", "Go-live statement"),
        plan_title: lang.pick(&source.plan.title_zh, &source.plan.title_en),
        plan: &source.plan.plan,
        source: &source.plan.source,
        answer: words::answer(answer, lang),
        class: match answer {
            Answer::Yes => "good",
            Answer::No => "bad",
            Answer::NotYet => "unsure",
        },
        sentence: words::sentence(source, lang),
        labels: labels(source, lang),
        runs: runs(source, lang),
        findings: findings(source, lang),
        cases: cases(source, lang),
        open: open(source, lang),
        open_note: if source.judgement.verdict == crosswipe_verify::Verdict::Clean {
            Word::open_none.say(lang)
        } else {
            Word::open_none_seen.say(lang)
        },
        statements: source.statements(lang),
        not_checked: words::not_checked(source, lang),
        cannot_undo: &source.plan.cannot_undo,
        notice: Word::anchor.say(lang),
        signatures: match lang {
            Lang::Zh => vec!["经办人", "复核人", "单位负责人", "单位（公章）", "日期"],
            Lang::En => vec![
                "prepared by",
                "reviewed by",
                "head of the office",
                "office (seal)",
                "date",
            ],
        },
    }
}

fn labels(source: &WindowSource<'_>, lang: Lang) -> Labels {
    Labels {
        source: Word::source.say(lang),
        runs: lang.pick("运行（按时间）", "Runs (in order of time)"),
        run: Word::run.say(lang),
        time: lang.pick("业务时间", "business time"),
        verdict: Word::verdict.say(lang),
        transactions: Word::transactions.say(lang),
        chain: lang.pick("链首 / 链尾", "chain head / tail"),
        findings: Word::findings.say(lang),
        coverage: format!(
            "{}  {}",
            lang.pick("覆盖", "Coverage"),
            words::coverage(source, lang)
        ),
        open: Word::open_list.say(lang),
        statements: Word::statements.say(lang),
        not_checked: Word::not_checked.say(lang),
        cannot_undo: Word::cannot_undo.say(lang),
    }
}

fn runs(source: &WindowSource<'_>, lang: Lang) -> Vec<Run> {
    let all = &source.judgement.runs;
    let mut lines: Vec<Run> = all
        .iter()
        .take(RUNS)
        .map(|run| Run {
            place: run.place,
            run_id: run.run_id.clone(),
            time: format!("{} → {}", run.began.short(), run.ended.short()),
            verdict: if run.finished {
                words::verdict(run.verdict, run.level, lang).to_owned()
            } else {
                format!(
                    "{}{}",
                    words::verdict(run.verdict, run.level, lang),
                    lang.pick("，未收尾", ", not finished")
                )
            },
            class: match run.verdict {
                crosswipe_verify::Verdict::Clean if run.level < crosswipe_domain::Level::L3 => {
                    "partial"
                }
                crosswipe_verify::Verdict::Clean => "good",
                crosswipe_verify::Verdict::Indeterminate => "unsure",
                crosswipe_verify::Verdict::Violated => "bad",
            },
            transactions: words::number(run.counts.intended),
            head: chain_groups(&run.head),
            tail: chain_groups(&run.tail),
        })
        .collect();
    if all.len() > RUNS {
        lines.push(Run {
            place: all.len(),
            run_id: more(all.len() - RUNS, lang),
            time: String::new(),
            verdict: String::new(),
            class: "",
            transactions: String::new(),
            head: String::new(),
            tail: String::new(),
        });
    }
    lines
}

fn findings(source: &WindowSource<'_>, lang: Lang) -> Vec<Line> {
    let names = source.names();
    let all = &source.judgement.findings;
    let mut lines: Vec<Line> = all
        .iter()
        .take(FINDINGS)
        .map(|one| Line {
            head: format!(
                "{} {}（{}）",
                if one.finding.uncertain { '?' } else { '✗' },
                words::class_name(&one.finding, lang),
                one.finding.class
            ),
            text: format!(
                "{}：{} → {}",
                words::about(one, &names, lang),
                words::said(&one.finding, &one.finding.expected, lang),
                words::said(&one.finding, &one.finding.actual, lang)
            ),
        })
        .map(|line| match lang {
            Lang::Zh => line,
            Lang::En => Line {
                head: line.head.replace('（', " (").replace('）', ")"),
                text: line.text.replace('：', ": "),
            },
        })
        .collect();
    if all.len() > FINDINGS {
        lines.push(Line {
            head: more(all.len() - FINDINGS, lang),
            text: String::new(),
        });
    }
    lines
}

fn cases(source: &WindowSource<'_>, lang: Lang) -> Vec<Line> {
    let coverage = &source.judgement.coverage;
    let lists = [
        (lang.pick("未通过", "not passed"), &coverage.failed),
        (lang.pick("未做", "never run"), &coverage.never_run),
        (
            lang.pick("先败后过", "failed first"),
            &coverage.passed_later,
        ),
        (lang.pick("豁免", "waived"), &coverage.waived),
    ];
    let all: Vec<Line> = lists
        .iter()
        .flat_map(|(what, cases)| {
            cases.iter().map(|case| Line {
                head: (*what).to_owned(),
                text: terminal::case_line(case, lang),
            })
        })
        .collect();
    let left = all.len().saturating_sub(CASES);
    let mut lines: Vec<Line> = all.into_iter().take(CASES).collect();
    if left > 0 {
        lines.push(Line {
            head: more(left, lang),
            text: String::new(),
        });
    }
    lines
}

fn open(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let all = &source.judgement.open;
    let mut lines: Vec<String> = all
        .iter()
        .take(OPEN)
        .map(|one| {
            format!(
                "{}. {} {}",
                one.run, one.transaction.txid, one.transaction.infno
            )
        })
        .collect();
    if all.len() > OPEN {
        lines.push(more(all.len() - OPEN, lang));
    }
    lines
}

fn more(number: usize, lang: Lang) -> String {
    format!(
        "{} {number} {} window.json",
        Word::more.say(lang),
        Word::more_in.say(lang)
    )
}
