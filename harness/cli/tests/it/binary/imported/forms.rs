//! 各种形式 · The same papers as workbooks, in GBK, with words for states, as a 3202 result, ten thousand rows long.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use rstest::rstest;
use rust_xlsxwriter::{Format, Workbook};

use super::*;

/// The task sheets as `plan --sheets` makes workbooks, filled in; `spoil` changes the first one before it is saved.
fn as_workbooks(papers: &Papers, dir: &Path, spoil: fn(&mut rust_xlsxwriter::Worksheet)) {
    for (code, rows) in &papers.sheets {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        // Somebody gave it another name.
        sheet.set_name("六月二日").unwrap();
        for (row, cells) in (0u32..).zip(rows) {
            for (column, text) in (0u16..).zip(cells).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(row, column, text).unwrap();
            }
        }
        if code == SHEET {
            spoil(sheet);
        }
        let bytes = book.save_to_buffer().unwrap();
        fs::write(dir.join(format!("刷卡任务单_{code}.xlsx")), bytes).unwrap();
    }
}

/// Sheets as workbooks in one folder, lists as texts in another.
fn folders(
    bench: &Bench,
    papers: &Papers,
    spoil: fn(&mut rust_xlsxwriter::Worksheet),
) -> Vec<String> {
    for name in ["任务单", "清单"] {
        fs::create_dir_all(bench.path(name)).unwrap();
    }
    as_workbooks(papers, &bench.path("任务单"), spoil);
    for (party, rows) in &papers.lists {
        fs::write(
            bench.path(&format!("清单/{party}.csv")),
            listed(party, rows),
        )
        .unwrap();
    }
    vec![bench.text("任务单"), bench.text("清单")]
}

#[test]
fn a_renamed_sheet_of_a_workbook_is_known_by_its_headings() {
    let bench = Bench::new();
    let files = folders(&bench, &honest(), |_| {});
    let report = import(&bench, &files, &["--json"]).must_end(0).json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["cases"]["passed"], 6);
}

#[rstest]
#[case::formula(|sheet: &mut rust_xlsxwriter::Worksheet| { sheet.write_formula(5, 15, "=1+1").unwrap(); }, &["六月二日!P6", "公式"])]
#[case::merged(|sheet: &mut rust_xlsxwriter::Worksheet| { sheet.merge_range(5, 13, 6, 13, "X", &Format::new()).unwrap(); }, &["六月二日!N6", "合并单元格"])]
#[case::lost_digits(|sheet: &mut rust_xlsxwriter::Worksheet| { sheet.write_number(5, 13, 330100203003020900000000000003.0).unwrap(); }, &["六月二日!N6", "末位已丢失"])]
#[case::error_value(|sheet: &mut rust_xlsxwriter::Worksheet| { sheet.write_string(5, 15, "#REF!").unwrap(); }, &["六月二日!P6", "不是金额"])]
fn what_office_programs_do_to_a_cell_is_named(
    #[case] spoil: fn(&mut rust_xlsxwriter::Worksheet),
    #[case] said: &[&str],
) {
    let bench = Bench::new();
    let files = folders(&bench, &honest(), spoil);
    import(&bench, &files, &[]).must_end(64).must_say(said);
    assert!(!bench.path("runs").exists());
}

/// A list that a program of the nineties wrote: GBK, full-width digits, thousands, a word for the state and no refund rows.
#[test]
fn a_list_in_other_words_says_the_same() {
    let bench = Bench::new();
    let mut papers = honest();
    let rows = papers.lists.remove(INSURED).unwrap();
    let mut lines = "结算编号,就诊号,身份证号,结算日期,费用总额,状态\n".to_owned();
    let mut registry = Table::csv(&Path::new(&plan("pair-demo")).join("persons.csv")).unwrap();
    let mut certificates = BTreeMap::new();
    while let Some(line) = registry.line().unwrap() {
        let words = |column| line.cell(column).unwrap().words().into_owned();
        certificates.insert(words(1), words(2));
    }
    for row in rows.iter().filter(|row| row[ORIGINAL].is_empty()) {
        let yuan: String = row[TOTAL]
            .replace("21915.06", "￥21,915.06")
            .chars()
            .map(wide)
            .collect();
        let time = &row[TIME][..16];
        lines += &format!(
            "{},{},{},{time},\"{yuan}\",已撤销\n",
            row[ID], row[VISIT], certificates[&row[PERSON]]
        );
    }
    let (bytes, ..) = encoding_rs::GBK.encode(&lines);
    fs::write(bench.path("参保地330200.csv"), bytes).unwrap();
    let mut files = papers.write(&bench);
    files.push(bench.text("参保地330200.csv"));
    let report = import(&bench, &files, &["--json"]).must_end(0).json();
    assert_eq!(report["verdict"], "clean", "{report:#}");
}

fn wide(one: char) -> char {
    match one {
        '0'..='9' => char::from_u32(one as u32 - 0x30 + 0xff10).unwrap(),
        other => other,
    }
}

/// Masked numbers name nobody: rows are found by their ids, and that there are no others is not said.
#[test]
fn a_list_with_masked_persons_is_read_and_says_less() {
    let bench = Bench::new();
    let mut papers = honest();
    for row in papers.list(HUB) {
        row[PERSON] = "99****46".into();
    }
    let report = papers.import(&bench, &["--json"]).must_end(0).json();
    let words = report["not_checked"].to_string();
    assert!(
        words.contains("persons:hub:330000") || words.contains("人员列"),
        "{words}"
    );
}

/// A 3202 result in place of the treatment place's list: what is not named in it is there as the hospital has it.
#[rstest]
#[case::nothing_differs("", 0, "clean", "")]
#[case::amount(
    "P\tV\tS\tM\t000103\t\t金额不一致\t21915.06\t8869.28\t0.00\n",
    1,
    "violated",
    "mismatch:amount"
)]
#[case::only_there(
    "P\tV\tX\tM\t000101\t\t中心多\t99.00\t50.00\t0.00\n",
    1,
    "violated",
    "one-sided:treatment"
)]
#[case::only_here(
    "P\tV\tS\tM\t000102\t\t机构多\t21915.06\t8869.28\t0.00\n",
    1,
    "violated",
    "one-sided:his"
)]
fn a_result_of_3202_speaks_for_the_treatment_place(
    #[case] line: &str,
    #[case] code: i32,
    #[case] verdict: &str,
    #[case] class: &str,
) {
    let bench = Bench::new();
    let mut papers = honest();
    papers.lists.remove(TREATMENT);
    let first = &papers.lists[HIS][0];
    let line = line
        .replace("P\t", &format!("{}\t", first[PERSON]))
        .replace("V\t", &format!("{}\t", first[VISIT]))
        .replace("S\t", &format!("{}\t", first[ID]))
        .replace("X\t", "330100203003029900000000000042\t");
    let mut zip =
        zip::ZipWriter::new(fs::File::create(bench.path("H33010000001_20300303.zip")).unwrap());
    zip.start_file("H33010000001.txt", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(line.as_bytes()).unwrap();
    zip.finish().unwrap();
    let mut files = papers.write(&bench);
    files.push(bench.text("H33010000001_20300303.zip"));
    // A day without difference leaves no line: which days it is about has to be said.
    import(&bench, &files, &[])
        .must_end(64)
        .must_say(&["period"]);
    let map =
        "lists: [{file: '*.zip', kind: detail, period: {from: 2030-03-02, to: 2030-03-02}}]\n";
    fs::write(bench.path("map.yaml"), map).unwrap();
    let ended = import(
        &bench,
        &files,
        &["--json", "--map", &bench.text("map.yaml")],
    )
    .must_end(code);
    let (said, found) = judged(&ended);
    assert_eq!(said, verdict, "{found:?}");
    assert!(
        class.is_empty() || found.iter().any(|(known, _)| known == class),
        "{found:?}"
    );
    let report = ended.json();
    let rule = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["rule"] == "R9")
        .unwrap()
        .clone();
    match line.is_empty() {
        // The other hospital's platform gave a list, and no result of 3202.
        true => assert_eq!(rule["state"], "not_checked", "{rule}"),
        false => assert_eq!(rule["state"], "violated", "{rule}"),
    }
}

#[rstest]
#[case::before_the_tests("2030-03-01 20:00:00", "R12")]
#[case::after_the_end("2030-03-02 20:30:00", "R14")]
fn times_outside_the_window_are_breaches(#[case] time: &str, #[case] rule: &str) {
    let bench = Bench::new();
    let mut papers = honest();
    for party in [HIS, TREATMENT, HUB, INSURED] {
        let at = if rule == "R14" { papers.undo(party) } else { 0 };
        papers.list(party)[at][TIME] = time.to_owned();
    }
    let typed = papers.typed();
    typed[if rule == "R14" { S_UNDONE } else { S_TIME }] = time.to_owned();
    let ended = papers.import(&bench, &["--json"]).must_end(1);
    let report = ended.json();
    let found = report["findings"].as_array().unwrap();
    assert!(
        found
            .iter()
            .all(|one| one["class"] == "gate:window" && one["rule"] == rule),
        "{found:#?}"
    );
    assert_eq!(found.len(), 4, "each list shows it");
}

/// Ten thousand rows of the public's around those of the tests: these are found, and of the others nothing is kept.
#[test]
fn a_list_of_ten_thousand_rows_keeps_those_of_the_tests() {
    let bench = Bench::new();
    let mut papers = honest();
    for number in 0..10_000 {
        let mut row = papers.list(HIS)[0].clone();
        row[ID] = format!("3301002030030299{number:014}");
        row[VISIT] = format!("3301002030030298{number:014}");
        row[PERSON] = format!("33010000000000000000{number:06}");
        papers.list(HIS).push(row);
    }
    papers.import(&bench, &["-q"]).must_end(0);
    let kept =
        fs::read_to_string(bench.path("runs/in/exports/his-H33010000001.list.json")).unwrap();
    assert_eq!(
        kept.matches("\"setl_id\"").count(),
        8,
        "four settlements and their refunds"
    );
    assert!(kept.contains("\"rows\":10008"), "the others are counted");
}

/// The commands of the section 导入 in `scenarios/README.md`, on sheets that a person has filled in between them.
#[test]
fn the_worked_example_is_run() {
    let bench = Bench::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    super::super::copy(
        &root.join("scenarios/pair-demo"),
        &bench.path("scenarios/pair-demo"),
    );
    let text = fs::read_to_string(root.join("scenarios/README.md")).unwrap();
    let section = text
        .split("## 导入")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let blocks: Vec<&str> = section.split("```console\n").skip(1).collect();
    assert_eq!(blocks.len(), 4, "plan, import, verify, close");
    for block in blocks {
        let block = block.split("```").next().unwrap();
        let (typed, shown) = block.split_once('\n').unwrap();
        let typed = typed.strip_prefix("$ crosswipe ").unwrap();
        let (code, shown) = match shown
            .strip_prefix("? ")
            .and_then(|rest| rest.split_once('\n'))
        {
            Some((code, rest)) => (code.parse().unwrap(), rest),
            None => (0, shown),
        };
        let output = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
            .args(typed.split_whitespace())
            .current_dir(bench.path(""))
            .env_remove("CROSSWIPE_LANG")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{typed}\n{printed}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for line in shown.lines().filter(|line| *line != "...") {
            assert!(
                printed.lines().any(|one| one == line),
                "{typed} prints no `{line}`:\n{printed}"
            );
        }
        if typed.starts_with("plan") {
            // Now somebody fills them in, and the parties' lists come.
            folders(&bench, &honest(), |_| {});
        }
    }
}

#[test]
fn the_recipe_of_the_lists_finds_the_same() {
    let bench = Bench::new();
    honest().import(&bench, &["-q"]).must_end(0);
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/recheck/papers.py");
    let rechecked = |run: &Path| Command::new("python3").arg(&recipe).arg(run).output();
    let Ok(output) = rechecked(&bench.path("runs/in")) else {
        assert!(std::env::var_os("CI").is_none(), "no python3 in CI");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for step in ["28 compared, 0 wrong", "56 compared, 0 wrong"] {
        assert!(said.contains(step), "{said}");
    }
    // What a list says otherwise is found, and a list that was changed afterwards.
    let mut papers = honest();
    undo_gone(&mut papers, INSURED);
    let other = Bench::new();
    papers.import(&other, &["-q"]).must_end(1);
    let output = rechecked(&other.path("runs/in")).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("insured:330200: undone 0 times"), "{said}");
    let path = bench.path("runs/in/exports/hub-330000.list.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("2191506", "2191507", 1)).unwrap();
    let output = rechecked(&bench.path("runs/in")).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.code() == Some(1) && said.contains("not as LISTED digested it"),
        "{said}"
    );
}
