//! 终端 · A window as a terminal shows it: runs, coverage, what is wrong, what is open; the verdict stands at the bottom.

use crosswipe_verify::{CaseLine, RunLine};

use super::{WindowSource, words};
use crate::terminal::chain_groups;
use crate::terminal::wrap::wrapped;
use crate::wording::{Lang, Word, terms};

/// Findings and cases told in full; the rest is in `window.json`.
const IN_FULL: usize = 20;

/// 终端 · The whole judgement for a terminal of `width` columns, ending in a line feed.
pub fn window_terminal(source: &WindowSource<'_>, lang: Lang, width: usize) -> String {
    let judgement = source.judgement;
    let plan = source.plan;
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    sections.push((
        format!(
            "{}  {} ({})",
            lang.pick("窗口收口", "Closing the window"),
            lang.pick(&plan.title_zh, &plan.title_en),
            plan.plan
        ),
        vec![format!("{} {}", Word::source.say(lang), plan.source)],
    ));
    let mut runs = Vec::new();
    for run in &judgement.runs {
        runs.extend(run_lines(run, lang));
    }
    sections.push((
        format!(
            "{}  {}",
            lang.pick("运行（按时间）", "Runs (in order of time)"),
            judgement.runs.len()
        ),
        runs,
    ));
    sections.push((
        lang.pick("账册衔接", "Books from run to run").to_owned(),
        seams(source, lang),
    ));
    sections.push((
        lang.pick("覆盖", "Coverage").to_owned(),
        coverage(source, lang),
    ));
    sections.push((Word::findings.say(lang).to_owned(), findings(source, lang)));
    sections.push((Word::open_list.say(lang).to_owned(), open(source, lang)));
    sections.push((
        Word::statements.say(lang).to_owned(),
        source.statements(lang),
    ));
    sections.push((
        Word::not_checked.say(lang).to_owned(),
        words::not_checked(source, lang),
    ));
    sections.push((
        Word::cannot_undo.say(lang).to_owned(),
        plan.cannot_undo.clone(),
    ));
    sections.push((Word::notes.say(lang).to_owned(), notes(source, lang)));
    if let Some(out) = source.out {
        sections.push((
            Word::files.say(lang).to_owned(),
            vec![
                format!(
                    "{} {out}/go-live.html",
                    lang.pick("上线声明", "go-live statement")
                ),
                format!("{out}/window.json"),
            ],
        ));
    }
    sections.push((
        Word::verdict.say(lang).to_owned(),
        vec![words::sentence(source, lang)],
    ));
    let told: Vec<String> = sections
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(heading, lines)| {
            let lines: String = lines
                .iter()
                .map(|line| wrapped(line, width.max(60), 2, 6))
                .collect();
            format!("■ {heading}\n{lines}")
        })
        .collect();
    told.join("\n")
}

fn run_lines(run: &RunLine, lang: Lang) -> Vec<String> {
    let symbol = match run.verdict {
        crosswipe_verify::Verdict::Clean => '✓',
        crosswipe_verify::Verdict::Indeterminate => '?',
        crosswipe_verify::Verdict::Violated => '✗',
    };
    let unfinished = if run.finished {
        ""
    } else {
        lang.pick("  未收尾", "  not finished")
    };
    let mut first = format!(
        "{}. {symbol} {}  {} → {}  {}{unfinished}  {} {}  {}",
        run.place,
        run.run_id,
        run.began.short(),
        run.ended.short(),
        words::verdict(run.verdict, run.level, lang),
        words::number(run.counts.intended),
        lang.pick("笔", "transactions"),
        run.level,
    );
    if !run.faults.is_empty() {
        first += &format!("  {} {}", Word::faults.say(lang), run.faults.join(" "));
    }
    vec![
        first,
        format!("   {} {}", Word::head.say(lang), chain_groups(&run.head)),
        format!("   {} {}", Word::tail.say(lang), chain_groups(&run.tail)),
    ]
}

/// What was compared, world by world: 0 compared is no proof and is said.
fn seams(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    source
        .judgement
        .worlds
        .iter()
        .map(|world| {
            let runs: Vec<String> = world.runs.iter().map(ToString::to_string).collect();
            let (runs, count) = (runs.join(lang.pick("、", ", ")), &world.compared);
            let (seams, cells, rows) = (
                words::number(count.seams),
                words::number(count.cells),
                words::number(count.rows),
            );
            let all = source.judgement.runs.iter();
            let of_world = all.filter(|run| world.runs.contains(&run.place));
            let level = of_world.map(|run| run.level).min();
            let level = level.unwrap_or(source.judgement.level);
            let verdict = words::verdict(world.verdict, level, lang);
            match lang {
                // One run has no seam; what it comes to stands above.
                Lang::Zh if world.runs.len() == 1 => {
                    format!("第 {runs} 次运行的账册只有它一次，没有衔接可核")
                }
                Lang::En if world.runs.len() == 1 => {
                    format!("run {runs} stood on its books alone: no seam to compare")
                }
                Lang::Zh => format!(
                    "第 {runs} 次运行合为一次：{verdict}；衔接 {seams} 处，核对余额 {cells} 格、流水 {rows} 行"
                ),
                Lang::En => format!(
                    "runs {runs} taken as one: {verdict}; {seams} seams, {cells} cells and {rows} log rows compared"
                ),
            }
        })
        .collect()
}

fn coverage(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let coverage = &source.judgement.coverage;
    let mut lines = vec![words::coverage(source, lang)];
    let lists = [
        (lang.pick("未通过", "not passed"), &coverage.failed),
        (
            lang.pick("先败后过", "failed first, passed later"),
            &coverage.passed_later,
        ),
        (lang.pick("未做", "never run"), &coverage.never_run),
        (lang.pick("豁免", "waived"), &coverage.waived),
    ];
    for (what, cases) in lists {
        lines.extend(
            cases
                .iter()
                .take(IN_FULL)
                .map(|case| format!("{what}  {}", case_line(case, lang))),
        );
        if cases.len() > IN_FULL {
            lines.push(more(cases.len() - IN_FULL, lang));
        }
    }
    for case in coverage.not_in_plan.iter().take(IN_FULL) {
        lines.push(format!(
            "{}  {case}",
            lang.pick("已不在计划中", "no longer in the plan")
        ));
    }
    lines
}

/// `outpatient/330100-330200 标题  1 失败 → 3 通过`.
pub(super) fn case_line(line: &CaseLine, lang: Lang) -> String {
    let history: Vec<String> = line
        .history
        .iter()
        .map(|(run, result)| format!("{run} {}", terms::result(*result, lang)))
        .collect();
    format!("{} {}  {}", line.case, line.title, history.join(" → "))
}

fn findings(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let names = source.names();
    let mut lines = Vec::new();
    let all = &source.judgement.findings;
    for one in all.iter().take(IN_FULL) {
        let finding = &one.finding;
        let symbol = if finding.uncertain { '?' } else { '✗' };
        lines.push(format!(
            "{symbol} {} ({})  {}",
            words::class_name(finding, lang),
            finding.class,
            words::about(one, &names, lang)
        ));
        lines.push(format!(
            "    {} {}  {} {}",
            Word::expected.say(lang),
            words::said(finding, &finding.expected, lang),
            Word::actual.say(lang),
            words::said(finding, &finding.actual, lang)
        ));
        for line in finding.witness.iter().take(3) {
            lines.push(format!("    {} {line}", Word::witness.say(lang)));
        }
        lines.push(format!("    {}", words::meaning(finding, lang)));
        lines.push(format!(
            "    {} {}",
            Word::next.say(lang),
            words::next(finding, lang)
        ));
    }
    if all.len() > IN_FULL {
        lines.push(more(all.len() - IN_FULL, lang));
    }
    lines
}

fn open(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let open = &source.judgement.open;
    let mut lines: Vec<String> = open
        .iter()
        .take(IN_FULL)
        .map(|one| {
            let transaction = &one.transaction;
            let person = transaction
                .person
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!(
                "{}. {} {} {} {person}",
                one.run,
                transaction.txid,
                transaction.infno,
                terms::transaction(&transaction.infno, lang)
            )
        })
        .collect();
    if open.len() > IN_FULL {
        lines.push(more(open.len() - IN_FULL, lang));
    }
    lines
}

/// What only the window knows; the notes of each run are in its own report.
fn notes(source: &WindowSource<'_>, lang: Lang) -> Vec<String> {
    let of_window = source
        .judgement
        .notes
        .iter()
        .filter(|note| matches!(note.code.as_str(), "runs-overlap" | "anchor-agrees"));
    of_window
        .map(|note| {
            let facts: Vec<String> = note
                .facts
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            format!(
                "{} ({})  {}",
                terms::note(&note.code, lang),
                note.code,
                facts.join(" · ")
            )
        })
        .collect()
}

fn more(number: usize, lang: Lang) -> String {
    format!(
        "{} {number} {} window.json",
        Word::more.say(lang),
        Word::more_in.say(lang)
    )
}
