//! 工作簿 · A plan as one workbook is the same plan, and what is wrong in a cell is told at that cell.

use std::path::{Path, PathBuf};

use crosswipe_scenarios::{Problem, load, workbook_of};
use crosswipe_sheets::{Cell, Sheet, read_book};
use rstest::rstest;
use rust_xlsxwriter::{Format, Workbook};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every shipped plan says the same as a workbook: what has no column travels as it stands.
#[rstest]
fn a_converted_plan_is_the_same_plan(
    #[values(
        "pair-demo",
        "starter",
        "zhejiang-2017",
        "qianjiang-2021",
        "hengyang-2021",
        "wenzhou-2022",
        "harbin-2021",
        "tianmen-2021",
        "campaign",
        "credentials",
        "chronic",
        "language",
        "national-rehearsal"
    )]
    name: &str,
) {
    let plan = load(&shipped(name)).expect("a shipped plan");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.xlsx");
    let bytes = workbook_of(&plan.files).unwrap();
    assert_eq!(
        bytes,
        workbook_of(&plan.files).unwrap(),
        "the same bytes each time"
    );
    std::fs::write(&path, bytes).unwrap();
    let read = load(&path).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    assert_eq!(read.differs(&plan), Vec::<&str>::new());
}

/// What has columns stands in them, and is the same plan when it is read back.
#[test]
fn known_issues_and_desks_have_columns() {
    let dir = tempfile::tempdir().unwrap();
    let plan = load(&shipped("language")).unwrap();
    let folder = dir.path().join("folder");
    for (path, bytes) in &plan.files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let text = text.replace(
            "宁波虚构第一医院, tier: 3}",
            "宁波虚构第一医院, tier: 3, hands: manual, staffed: [\"08:30-11:30\", \"2030-03-02 09:00-20:00\"], minutes: {outpatient: 5}}",
        );
        std::fs::write(path, text).unwrap();
    }
    let plan = load(&folder).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let path = dir.path().join("plan.xlsx");
    std::fs::write(&path, workbook_of(&plan.files).unwrap()).unwrap();
    let sheets = read_book(&path).unwrap();
    let words = |name: &str| -> Vec<String> {
        let sheet = sheets.iter().find(|sheet| sheet.name == name).unwrap();
        let rows = (0..sheet.height()).flat_map(|row| sheet.row(row));
        rows.map(|(_, cell)| cell.words()).collect()
    };
    let known = words("已知问题");
    for word in [
        "KI-1",
        "宁波目录组",
        "setlinfo.overlmt_selfpay",
        "steps/known",
    ] {
        assert!(known.contains(&word.to_owned()), "{word}: {known:?}");
    }
    let parties = words("参与方");
    for word in ["人工", "08:30-11:30、2030-03-02 09:00-20:00"] {
        assert!(parties.contains(&word.to_owned()), "{word}: {parties:?}");
    }
    assert!(
        !words("附加")
            .iter()
            .any(|text| text.contains("known_issues"))
    );
    let read = load(&path).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    assert_eq!(read.differs(&plan), Vec::<&str>::new());
    assert_eq!(read.known_issues, plan.known_issues);
}

fn told(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| {
        format!(
            "{}: {} [{}] {:?}\n",
            problem.file,
            problem.message.en,
            problem.code,
            problem.help.as_ref().map(ToString::to_string)
        )
    });
    lines.collect()
}

/// What somebody does to one cell or sheet.
enum Slip {
    Text(&'static str),
    Number(&'static str),
    Formula(&'static str),
    /// Merged with the cell below.
    Merged,
    Renamed(&'static str),
    Gone,
}

/// The plan to start from as a workbook in which the cell that says `old` on a sheet was changed; gives its place too.
fn planted(sheet: &str, old: &str, slip: Slip) -> (String, Result<(), String>) {
    let plan = load(&shipped("starter")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.xlsx");
    std::fs::write(&path, workbook_of(&plan.files).unwrap()).unwrap();
    let sheets = read_book(&path).unwrap();
    let mut book = Workbook::new();
    let mut place = String::new();
    for read in &sheets {
        let here = read.name == sheet;
        if here && matches!(slip, Slip::Gone) {
            continue;
        }
        let page = book.add_worksheet();
        let renamed = match slip {
            Slip::Renamed(name) if here => name,
            _ => &read.name,
        };
        page.set_name(renamed).unwrap();
        for row in 0..read.height() {
            let mut words = read.row(row).map(|(_, cell)| cell.words());
            let example = words.next().is_some_and(|first| first.starts_with("例"));
            for (column, cell) in read.row(row) {
                let at = u16::try_from(column).unwrap();
                let words = match cell {
                    Cell::Text(text) => text.clone(),
                    other => panic!("{other:?} in a workbook of texts"),
                };
                if !here || example || words != old || !place.is_empty() {
                    page.write_string(row, at, words).unwrap();
                    continue;
                }
                place = format!("{sheet}!{}", Sheet::place(row, column));
                match slip {
                    Slip::Text(text) => page.write_string(row, at, text),
                    Slip::Number(number) => {
                        page.write_number(row, at, number.parse::<f64>().unwrap())
                    }
                    Slip::Formula(text) => page.write_formula(row, at, text),
                    Slip::Merged => page.merge_range(row, at, row + 1, at, &words, &Format::new()),
                    Slip::Renamed(_) | Slip::Gone => page.write_string(row, at, words),
                }
                .unwrap();
            }
        }
    }
    book.save(&path).unwrap();
    let read = load(&path).map(drop).map_err(|problems| {
        told(&problems)
            .replace(&format!("{}!", path.display()), "")
            .replace(&path.display().to_string(), "plan.xlsx")
    });
    (place, read)
}

#[rstest]
#[case::full_width_digit("参与方", "330100", Slip::Text("33０100"), "full-width `０`")]
#[case::letter_o("参与方", "330100", Slip::Text("33O100"), "letter O")]
#[case::unknown_word("窗口", "验证", Slip::Text("验正"), "did you mean `验证`?")]
#[case::word_of_a_list("窗口", "门诊、住院", Slip::Text("门诊、主院"), "did you mean `住院`?")]
#[case::hour_24("窗口", "2030-03-02 20:00", Slip::Text("2030-03-02 24:00"), "hour 24")]
#[case::formula("测试人员", "1200.00", Slip::Formula("=600*2"), "paste it as a value")]
#[case::merged("测试人员", "310", Slip::Merged, "unmerge")]
#[case::rounded_id(
    "测试人员",
    "99993301000000000000000039",
    Slip::Number("99993301000000000000000039"),
    "has lost its last digits"
)]
#[case::scientific(
    "测试人员",
    "99993301000000000000000039",
    Slip::Text("9.99933E+25"),
    "rounded"
)]
#[case::twice(
    "测试人员",
    "hangzhou-resident",
    Slip::Text("hangzhou-employee"),
    "stands twice"
)]
#[case::who_knows("测试人员", "330200", Slip::Text("330900"), "330900")]
#[case::no_item("费用", "CS0003", Slip::Text("CS9999"), "CS9999")]
#[case::too_fine("费用", "26.75", Slip::Text("26.1234567"), "six decimals")]
#[case::no_bill("矩阵", "cold", Slip::Text("cald"), "basket/cold.yaml")]
#[case::no_phase("矩阵", "cross", Slip::Text("corss"), "did you mean `cross`?")]
#[case::too_many_decimals("矩阵", "567.95", Slip::Text("567.951"), "two decimals")]
#[case::pairs("矩阵", "567.95", Slip::Text("一二"), "amount")]
#[case::unknown_column("窗口", "公告原文", Slip::Text("公告原交"), "did you mean `公告原文`?")]
#[case::unknown_line("窗口", "跨区业务", Slip::Text("跨区业物"), "did you mean `跨区业务`?")]
#[case::a_clause("待办", "C3", Slip::Text("C9"), "C9")]
#[case::a_place("联系人", "H33010000001", Slip::Text("H33010000009"), "H33010000009")]
fn a_slip_is_told_at_its_cell(
    #[case] sheet: &str,
    #[case] old: &str,
    #[case] slip: Slip,
    #[case] wanted: &str,
) {
    let (place, read) = planted(sheet, old, slip);
    assert!(!place.is_empty(), "`{old}` stands on {sheet}");
    let told = read.expect_err("a slip keeps the plan from being read");
    let line = told
        .lines()
        .find(|line| line.starts_with(&format!("{place}:")));
    let line = line.unwrap_or_else(|| panic!("nothing is told at {place}:\n{told}"));
    assert!(line.contains(wanted), "{line}");
}

#[rstest]
#[case::renamed(
    "测试人员",
    Slip::Renamed("测试人员(2)"),
    "rename `测试人员(2)` to `测试人员`"
)]
#[case::gone("参与方", Slip::Gone, "no sheet `参与方`")]
#[case::another_list("目录", Slip::Renamed("Sheet1"), "no sheet `目录`")]
fn a_sheet_that_is_missing_is_named(#[case] sheet: &str, #[case] slip: Slip, #[case] wanted: &str) {
    let (_, read) = planted(sheet, "", slip);
    let told = read.expect_err("a sheet is missing");
    assert!(told.contains(wanted), "{told}");
}

/// Without its headings a sheet says nothing, and that is one slip: nothing that would follow from it is told beside it.
#[rstest]
#[case("窗口", "阶段")]
#[case("测试人员", "标识")]
#[case("矩阵", "场景")]
fn a_sheet_without_its_headings_is_one_slip(#[case] sheet: &str, #[case] heading: &str) {
    let (_, read) = planted(sheet, heading, Slip::Text("别的"));
    let told = read.expect_err("its columns are unknown");
    assert_eq!(told.lines().count(), 1, "{told}");
    let wanted = format!("{sheet}!A1: the sheet has no head line with `{heading}`");
    assert!(told.starts_with(&wanted), "{told}");
}

#[test]
fn an_example_row_is_nobody() {
    let plan = load(&shipped("starter")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.xlsx");
    std::fs::write(&path, workbook_of(&plan.files).unwrap()).unwrap();
    let persons = read_book(&path).unwrap();
    let persons = persons
        .iter()
        .find(|sheet| sheet.name == "测试人员")
        .unwrap();
    let first = persons.cell(2, 0).map(Cell::words);
    assert_eq!(
        first.as_deref(),
        Some("例: hangzhou-1"),
        "the example stands there"
    );
    let read = load(&path).unwrap();
    assert!(
        read.registry
            .personas
            .iter()
            .all(|persona| !persona.label.contains("hangzhou-1"))
    );
}

/// Excel keeps instants as dates and codes as numbers; what loses nothing is taken.
#[rstest]
#[case::code_as_number("参与方", "330100", Slip::Number("330100"))]
#[case::amount_as_number("费用", "26.75", Slip::Number("26.75"))]
#[case::seconds_of_a_day("窗口", "2030-03-02 12:00", Slip::Text("2030-03-02 12:00:00"))]
#[case::words_of_the_files("窗口", "验证", Slip::Text("verify"))]
fn what_loses_nothing_is_taken(#[case] sheet: &str, #[case] old: &str, #[case] slip: Slip) {
    let (place, read) = planted(sheet, old, slip);
    assert!(!place.is_empty());
    assert_eq!(read, Ok(()));
}
