//! 片段与逐行用例 · What is written once, or in a table, is read as if each case were written out; a slip in it is told where
//! it stands.

use std::path::Path;

use crosswipe_scenarios::{Severity, load};
use rstest::rstest;
use rust_xlsxwriter::{Formula, Workbook};
use tempfile::TempDir;

use super::fixture::{planted, read, told};

const FRAGMENTS: &str = "fragments:
  visit:
    needs: [who, where, until]
    steps:
      - {swipe: outpatient, name: visit, person: $(who), institution: $(where), items: basket/cold.yaml, undo_at: $(until), expect: {outcome: ok}}
      - {call: \"2208\", of: visit, expect: {outcome: ok}}
cases:
";
const ROWS: &str = "  - case: of-$(编号)
    title: $(人员)在$(机构)
    rows: TABLE
    steps:
      - {use: visit, with: {who: $(人员), where: $(机构), until: $(回退)}}
";
const WRITTEN: &str = "  - case: of-01
    title: jia在H33020000001
    steps:
      - {swipe: outpatient, name: visit, person: jia, institution: H33020000001, items: basket/cold.yaml, undo_at: \"2030-03-02T16:00+08:00\", expect: {outcome: ok}}
      - {call: \"2208\", of: visit, expect: {outcome: ok}}
  - case: of-02
    title: yi在H33010000001
    steps:
      - {swipe: outpatient, name: visit, person: yi, institution: H33010000001, items: basket/cold.yaml, expect: {outcome: ok}}
      - {call: \"2208\", of: visit, expect: {outcome: ok}}
";
const TABLE: [[&str; 4]; 3] = [
    ["编号", "人员", "机构", "回退"],
    ["01", "jia", "H33020000001", "2030-03-02T16:00+08:00"],
    ["02", "yi", "H33010000001", ""],
];

/// The small plan with these lines before its cases.
fn plan_with(lines: &str) -> TempDir {
    planted(&[("day.yaml", "cases:\n", lines)])
}

fn csv(table: &[[&str; 4]]) -> String {
    let lines: Vec<String> = table.iter().map(|row| row.join(",")).collect();
    lines.join("\n")
}

fn xlsx(path: &Path, table: &[[&str; 4]]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("刷卡").unwrap();
    for (row, cells) in (1..).zip(table) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    book.save(path).unwrap();
}

#[rstest]
#[case::csv("table.csv")]
#[case::workbook("table.xlsx")]
#[case::named_sheet("table.xlsx!刷卡")]
fn a_row_is_a_case_and_a_fragment_its_steps(#[case] named: &str) {
    let written = plan_with(&format!("cases:\n{WRITTEN}"));
    let of_rows = plan_with(&format!("{FRAGMENTS}{}", ROWS.replace("TABLE", named)));
    std::fs::write(of_rows.path().join("table.csv"), csv(&TABLE)).unwrap();
    xlsx(&of_rows.path().join("table.xlsx"), &TABLE);
    let cases = |folder: &TempDir| {
        let plan = load(folder.path());
        plan.unwrap_or_else(|problems| panic!("{}", told(&problems)))
            .cases
    };
    assert_eq!(cases(&of_rows), cases(&written));
    assert_eq!(cases(&of_rows)[0].id.as_str(), "day/of-01");
}

/// The same fragments in a file that scenarios share; the cases are numbered where their name has no blank.
#[test]
fn fragments_may_stand_in_a_file_and_cases_be_numbered() {
    let lines = format!(
        "fragments: common.yaml\ncases:\n{}",
        ROWS.replace("TABLE", "table.csv")
    )
    .replace("of-$(编号)", "of");
    let folder = plan_with(&lines);
    let inner = FRAGMENTS
        .trim_start_matches("fragments:\n")
        .trim_end_matches("cases:\n");
    std::fs::write(
        folder.path().join("common.yaml"),
        inner.replace("\n  ", "\n").trim_start(),
    )
    .unwrap();
    std::fs::write(folder.path().join("table.csv"), csv(&TABLE)).unwrap();
    let (plan, problems) = read(folder.path());
    let plan = plan.unwrap_or_else(|| panic!("{}", told(&problems)));
    assert_eq!(plan.cases[1].id.as_str(), "day/of-2");
    assert!(plan.files.contains_key("common.yaml") && plan.files.contains_key("table.csv"));
    assert_eq!(
        told(&problems),
        "table.csv:1:1 scenario::bad_fragment: no step makes use of the column `编号`\n"
    );
}

#[rstest]
#[case::another_fragment(
    "use: visit",
    "use: vist",
    "day.yaml:13:15 scenario::unknown_fragment: unknown fragment `vist`"
)]
#[case::an_argument_too_few(
    ", until: $(回退)}",
    "}",
    "day.yaml:13:15 scenario::missing_argument: fragment `visit` lacks arguments: until"
)]
#[case::an_argument_misspelt(
    "with: {who:",
    "with: {whom:",
    "day.yaml:13:29 scenario::unknown_argument: no argument is called `whom`"
)]
#[case::a_blank_of_nobody(
    "person: $(who)",
    "person: $(hwo)",
    "day.yaml:6:50 scenario::unknown_argument: no argument is called `hwo`"
)]
#[case::an_idle_argument(
    "undo_at: $(until), ",
    "",
    "day.yaml:4:25 scenario::bad_fragment: fragment `visit` makes no use of its argument `until`"
)]
#[case::a_fragment_in_a_fragment(
    "- {call: \"2208\", of: visit, expect: {outcome: ok}}",
    "- {use: visit}",
    "day.yaml:7:10 scenario::bad_fragment: a fragment that uses a fragment"
)]
#[case::no_such_column(
    "where: $(机构)",
    "where: $(医院)",
    "day.yaml:13:48 scenario::unknown_argument: no argument is called `医院`"
)]
#[case::no_such_table(
    "rows: table.csv",
    "rows: tabel.csv",
    "day.yaml:11:11 scenario::unreadable_file: the file `tabel.csv` does not exist"
)]
#[case::a_slip_in_a_shared_step(
    "outcome: ok}}",
    "outcome: okay}}",
    "day.yaml:6:143 scenario::unknown_word: unknown outcome `okay`"
)]
fn a_slip_is_told_once_where_it_stands(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let lines = format!("{FRAGMENTS}{}", ROWS.replace("TABLE", "table.csv"));
    assert!(lines.contains(from));
    let folder = plan_with(&lines.replacen(from, to, 1));
    std::fs::write(folder.path().join("table.csv"), csv(&TABLE)).unwrap();
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let errors: Vec<_> = problems
        .into_iter()
        .filter(|one| one.severity == Severity::Error)
        .collect();
    assert_eq!(told(&errors).trim_end(), expected);
}

#[rstest]
#[case::nobody(
    "jia",
    "jai",
    "table.csv:2:4 scenario::unknown_person: unknown person `jai`"
)]
#[case::hour_24(
    "2030-03-02T16:00",
    "2030-03-02T24:00",
    "table.csv:2:21 scenario::hour_24: `2030-03-02T24:00+08:00` says hour 24, which reads both as this day and as the next"
)]
#[case::one_name_for_two(
    "\n02,",
    "\n01,",
    "table.csv:3:1 scenario::duplicate_id: case `of-01` stands twice, first in line 2"
)]
fn a_slip_in_a_cell_is_told_at_the_cell(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let folder = plan_with(&format!(
        "{FRAGMENTS}{}",
        ROWS.replace("TABLE", "table.csv")
    ));
    std::fs::write(
        folder.path().join("table.csv"),
        csv(&TABLE).replacen(from, to, 1),
    )
    .unwrap();
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    assert_eq!(told(&problems).trim_end(), expected);
}

/// What an office program did to a cell is not believed: each is named at its cell, and no row is half read.
#[test]
fn a_cell_that_an_office_program_changed_is_named() {
    let folder = plan_with(&format!(
        "{FRAGMENTS}{}",
        ROWS.replace("TABLE", "table.xlsx")
    ));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0..).zip(TABLE[0]) {
        sheet.write_string(0, column, head).unwrap();
    }
    sheet.write_number(1, 0, 123_456_789_012_345_678.0).unwrap();
    sheet
        .write_formula(1, 1, Formula::new("=A1").set_result("jia"))
        .unwrap();
    sheet.write_string(1, 2, "H33020000001").unwrap();
    book.save(folder.path().join("table.xlsx")).unwrap();
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let places: Vec<(&str, &str)> = problems
        .iter()
        .map(|one| (one.code, one.file.rsplit('!').next().unwrap()))
        .collect();
    assert_eq!(
        places,
        [
            ("scenario::spreadsheet_number", "A2"),
            ("scenario::bad_table", "B2")
        ]
    );
}
