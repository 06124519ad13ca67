//! 对齐 · The matrix on a terminal: every line of one width, none wider than asked, also in Chinese.

use crosswipe_domain::CaseId;
use crosswipe_journal::Payload;
use crosswipe_reports::{Lang, html, terminal};
use rstest::rstest;
use unicode_width::UnicodeWidthStr;

use crate::runs;

/// The lines of the matrix' tables, with their ends.
fn tables(told: &str) -> Vec<Vec<&str>> {
    let section = told
        .split("■ ")
        .find(|section| section.starts_with("交叉矩阵") || section.starts_with("Cross matrix"))
        .unwrap();
    let lines: Vec<&str> = section
        .lines()
        .skip(1)
        .take_while(|line| line.contains(['|', '+']))
        .collect();
    // A further table begins with its own head, the line before a rule.
    let mut tables: Vec<Vec<&str>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if lines
            .get(index + 1)
            .is_some_and(|next| next.starts_with("--"))
        {
            tables.push(Vec::new());
        }
        tables.last_mut().unwrap().push(line);
    }
    tables
}

#[rstest]
#[case(Lang::Zh, 100, 1)]
#[case(Lang::En, 100, 1)]
#[case(Lang::Zh, 60, 2)]
fn eleven_cities_align_within_the_width(
    #[case] lang: Lang,
    #[case] width: usize,
    #[case] blocks: usize,
) {
    let told = terminal(&runs::eleven_cities().story(), lang, width);
    let tables = tables(&told);
    assert_eq!(tables.len(), blocks);
    for table in &tables {
        assert_eq!(table.len(), 13, "a head, a rule, eleven rows");
        let bars = |line: &str| -> Vec<usize> {
            line.char_indices()
                .filter(|(_, c)| matches!(c, '|' | '+'))
                .map(|(at, _)| line[..at].width())
                .collect()
        };
        assert!(
            table.iter().all(|line| bars(line) == bars(table[0])),
            "{told}"
        );
        assert!(table.iter().all(|line| line.width() <= width), "{told}");
    }
}

#[rstest]
#[case(Lang::Zh)]
#[case(Lang::En)]
fn no_line_of_a_report_runs_off_the_terminal(#[case] lang: Lang) {
    for run in [
        runs::clean(),
        runs::violated(),
        runs::indeterminate(),
        runs::eleven_cities(),
    ] {
        let told = terminal(&run.story(), lang, 100);
        let wide: Vec<&str> = told.lines().filter(|line| line.width() > 100).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn amounts_of_a_whole_nation_still_fit() {
    let mut run = runs::clean();
    run.judgement
        .books
        .iter_mut()
        .for_each(|book| book.peak = -99_999_999_999_999_999);
    let told = terminal(&run.story(), Lang::En, 100);
    assert!(told.contains("-999,999,999,999,999.99"), "{told}");
    assert!(told.lines().all(|line| line.width() <= 100), "{told}");
}

/// What stands open of a pair is in its cell, also where the matrix does not ask for that case.
#[rstest]
#[case::in_the_matrix(true)]
#[case::beside_it(false)]
fn no_cell_is_green_over_what_stands_open(#[case] asked_for: bool) {
    let mut run = runs::violated();
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    let open = header.plan.cases[4].case.clone();
    let mut beside = header.plan.cases[4].clone();
    header.plan.cases[4].matrix = asked_for;
    beside.case = CaseId::parse("outpatient/again").unwrap();
    header.plan.cases.push(beside);
    let told = terminal(&run.story(), Lang::Zh, 100);
    let cells: String = tables(&told).concat().concat();
    assert_eq!(cells.matches('!').count(), 1, "{open}: {told}");
    let page = html(&run.story(), Lang::Zh);
    // The cell, and the legend.
    assert_eq!(page.matches("<g class=\"open\">").count(), 2);
}
