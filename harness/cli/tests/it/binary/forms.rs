//! 表单 · Forms by the real binary: made of runs and plans, filled in, read back; what is not the form is refused and stays.

use std::fs;
use std::path::Path;

use crosswipe_sheets::{Cell, Sheet, read_book};

use super::{Bench, crosswipe, plan};

/// Types into the first cell of a heading's column, or beside a label, as a person would, and saves the workbook.
#[track_caller]
fn type_into(book: &Path, sheet: &str, at: &str, text: &str) {
    let mut made = rust_xlsxwriter::Workbook::new();
    let mut typed = false;
    for one in read_book(book).unwrap() {
        let page = made.add_worksheet();
        page.set_name(&one.name).unwrap();
        let mut target = None;
        for row in 0..one.height() {
            for (column, cell) in one.row(row) {
                let words = match cell {
                    Cell::Text(text) => text.clone(),
                    other => other.words(),
                };
                page.write_string(row, u16::try_from(column).unwrap(), &words)
                    .unwrap();
                if words == at && one.name == sheet && target.is_none() {
                    // A label has its value beside it, a heading below.
                    let label = column == 0;
                    target = Some(if label { (row, 1) } else { (row + 1, column) });
                }
            }
        }
        if let Some((row, column)) = target {
            page.write_string(row, u16::try_from(column).unwrap(), text)
                .unwrap();
            typed = true;
        }
    }
    assert!(typed, "no `{at}` in `{sheet}`");
    made.save(book).unwrap();
}

fn holds(book: &Path, text: &str) -> bool {
    let sheets = read_book(book).unwrap();
    let all = |sheet: &Sheet| {
        (0..sheet.height()).any(|row| sheet.row(row).any(|(_, cell)| cell.words() == text))
    };
    sheets.iter().any(all)
}

#[test]
fn forms_of_runs_keep_what_people_wrote() {
    let bench = Bench::new();
    bench.run("good", &["--quiet"]).must_end(0);
    bench
        .run(
            "bad",
            &["--quiet", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1);
    let [good, bad] = ["good", "bad"].map(|name| bench.text(name));
    let day = bench.text("day.xlsx");
    let daily = |more: &[&str]| {
        let mut args = vec![
            "report", "daily", &good, &bad, "--cutoff", "15:00", "--lang", "zh",
        ];
        args.extend(more);
        crosswipe(&args)
    };
    let told = daily(&[]).must_end(0).out;
    for line in [
        "| 已执行 | 次 | 16 | 16 |",
        "| 问题：新增 | 个 |",
        "21,915.06",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    daily(&["--date", "2030-03-04"]).must_end(0).must_say(&[]);

    daily(&["--out", &day]).must_end(0);
    let book = bench.path("day.xlsx");
    type_into(&book, "日报", "风险与需协调事项", "宁波专线不稳");
    type_into(&book, "问题清单", "进展", "已报省平台");
    // Made again over the filled one, and once more elsewhere from the notes that were kept beside it.
    daily(&["--out", &day]).must_end(0);
    assert!(holds(&book, "宁波专线不稳") && holds(&book, "已报省平台"));
    let notes = bench.text("day.notes.yaml");
    assert!(fs::read_to_string(&notes).unwrap().contains("宁波专线不稳"));
    let elsewhere = bench.text("elsewhere.html");
    daily(&["--out", &elsewhere, "--notes", &notes]).must_end(0);
    let page = fs::read_to_string(&elsewhere).unwrap();
    assert!(page.contains("宁波专线不稳") && page.contains("已报省平台"));

    // The workbook of a run.
    crosswipe(&["report", &bad, "--format", "xlsx", "--lang", "zh"]).must_end(1);
    let own = fs::read_dir(bench.path("bad")).unwrap();
    let mut own = own.map(|entry| entry.unwrap().path());
    let own = own.find(|path| path.extension().is_some_and(|end| end == "xlsx"));
    let own = own.expect("the workbook");
    type_into(&own, "未回退清单", "备注", "周一人工冲回");
    crosswipe(&["report", &bad, "--format", "xlsx", "--lang", "zh"]).must_end(1);
    assert!(
        holds(&own, "周一人工冲回"),
        "what was written is not overwritten"
    );
    crosswipe(&["verify", &bad, "--quiet"]).must_end(1);

    // Not this form: it is told, and stays as it was.
    let before = fs::read(&own).unwrap();
    let other = own.display().to_string();
    crosswipe(&["form", "confirm", &bad, "--out", &other])
        .must_end(64)
        .must_say(&["cli::other_form"]);
    assert_eq!(fs::read(&own).unwrap(), before);

    let signed = bench.text("confirm.html");
    crosswipe(&["form", "confirm", &bad, "--out", &signed, "--lang", "zh"]).must_end(0);
    let page = fs::read_to_string(&signed).unwrap();
    for words in [
        "单位（公章）",
        "相差（应为 0.00）",
        "21,915.06",
        "违反：没有回退干净",
    ] {
        assert!(page.contains(words), "{words}");
    }

    // Sheets put together: who has not reported is named.
    let [one, all] = ["one.xlsx", "all.xlsx"].map(|name| bench.text(name));
    crosswipe(&[
        "form",
        "problems",
        &bad,
        "--out",
        &one,
        "--until",
        "2030-03-02 15:00",
        "--lang",
        "zh",
    ])
    .must_end(0);
    type_into(
        &bench.path("one.xlsx"),
        "问题清单",
        "机构编号",
        "H33010000001",
    );
    crosswipe(&[
        "form",
        "problems",
        "--merge",
        &one,
        "--plan",
        &plan("pair-demo"),
        "--until",
        "2030-03-02 15:00",
        "--out",
        &all,
        "--lang",
        "zh",
    ])
    .must_end(0)
    .must_say(&["未报", "H33020000001"]);
    let all = bench.path("all.xlsx");
    assert!(holds(&all, "H33020000001") && !holds(&all, "H33010000001"));

    for (args, code) in [
        (vec!["report", "daily", &good, &good], "cli::run_twice"),
        (
            vec!["report", "daily", &good, "--cutoff", "24:00"],
            "cli::cutoff",
        ),
        (
            vec!["report", "daily", &good, "--out", "day.docx"],
            "cli::form_ending",
        ),
        (
            vec!["report", "daily", &good, "--notes", &signed],
            "cli::notes",
        ),
        (
            vec!["form", "problems", "--merge", &other],
            "cli::other_form",
        ),
    ] {
        crosswipe(&args).must_end(64).must_say(&[code]);
    }
    crosswipe(&["form", "confirm", &good, "--of", "H99999999999"])
        .must_end(5)
        .must_say(&["H99999999999"]);
}

#[test]
fn forms_of_a_plan() {
    let bench = Bench::new();
    let notice = plan("qianjiang-2021");
    let countdown = crosswipe(&["form", "countdown", &notice, "--lang", "zh"])
        .must_end(0)
        .out;
    for words in [
        "QJ9",
        "T-4天 06:00",
        "跨年在院病人必须按此方式处理",
        "| 2021-08-04 00:00:00 |",
    ] {
        assert!(countdown.contains(words), "{words} in {countdown}");
    }
    let english = crosswipe(&["form", "countdown", &notice, "--lang", "en"])
        .must_end(0)
        .out;
    assert!(english.contains("Countdown") && !english.contains("倒排"));

    let contacts = bench.text("contacts.xlsx");
    crosswipe(&[
        "form", "contacts", &notice, "--out", &contacts, "--lang", "zh",
    ])
    .must_end(0);
    let book = bench.path("contacts.xlsx");
    type_into(&book, "联系人表", "信息负责人", "虚构甲");
    crosswipe(&[
        "form", "contacts", &notice, "--out", &contacts, "--lang", "zh",
    ])
    .must_end(0);
    assert!(holds(&book, "虚构甲"));

    // Full numbers go to a file that nobody else reads, and to no terminal.
    let told = crosswipe(&["form", "persons", &notice]).must_end(64);
    let told = told.must_say(&["cli::form_ending"]);
    assert!(told.out.is_empty());
    let persons = bench.text("persons.xlsx");
    let told = crosswipe(&["form", "persons", &notice, "--out", &persons]).must_end(0);
    let sheets = read_book(&bench.path("persons.xlsx")).unwrap();
    let number = (0..sheets[0].height())
        .find_map(|row| {
            let id = sheets[0].cell(row, 2)?.words();
            (id.len() == 18).then_some(id)
        })
        .expect("a number in full");
    assert!(!told.out.contains(&number) && !told.err.contains(&number));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&persons).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn an_acceptance_record_keeps_what_people_wrote_and_names_nobody_unknown() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let (run, out) = (bench.text("run"), bench.text("acceptance.xlsx"));
    let args = ["form", "acceptance", &run, "--lang", "zh"];
    crosswipe(&[&args[..], &["--out", &out]].concat()).must_end(0);
    let book = bench.path("acceptance.xlsx");
    let sheets = read_book(&book).unwrap();
    let sheet = sheets
        .iter()
        .find(|sheet| sheet.name.starts_with("H33010000001"))
        .unwrap();
    type_into(&book, &sheet.name, "改造内容", "改了读卡");
    crosswipe(&[&args[..], &["--out", &out]].concat()).must_end(0);
    assert!(holds(&book, "改了读卡"));
    crosswipe(&[&args[..], &["--of", "H99"]].concat())
        .must_end(5)
        .must_say(&["H99"]);
}

#[test]
fn a_form_of_mappings_reads_tables_exactly_and_says_where_nothing_was_seen() {
    let bench = Bench::new();
    let rows = "机构目录编码,机构目录名称,目录类别,医疗目录编码\n0012,阿司匹林,101,001012345678901234567890\n0013,甘草,102,\n";
    let gbk = encoding_rs::GBK.encode(rows).0;
    let [table, out] = ["items.csv", "catalogue.xlsx"].map(|name| bench.text(name));
    fs::write(&table, gbk).unwrap();
    let of = ["--of", "H33010000001", "--lang", "zh"];
    let args = [&["form", "catalogue", "--table", &table], &of[..]].concat();
    crosswipe(&[&args[..], &["--out", &out]].concat()).must_end(0);
    let book = bench.path("catalogue.xlsx");
    assert!(holds(&book, "0012") && holds(&book, "001012345678901234567890"));
    type_into(&book, "H33010000001", "更正后编码", "T0013");
    crosswipe(&[&args[..], &["--out", &out]].concat()).must_end(0);
    assert!(holds(&book, "T0013"), "what people wrote stays");
    // The form itself is a table of items, ids and all.
    let again = [&["form", "catalogue", "--table", &out], &of[..]].concat();
    let told = crosswipe(&again).must_end(0).out;
    assert!(
        told.contains("001012345678901234567890 | ✓ 已对照"),
        "{told}"
    );

    fs::write(&table, "own code,kind,national code\n12,101,1.23E+17\n").unwrap();
    crosswipe(&args)
        .must_end(64)
        .must_say(&["cli::books", "items.csv:2", "column 3"]);
    fs::write(&table, "own code,kind,national code\n12,101,X1\n").unwrap();
    crosswipe(&["form", "catalogue", "--table", &table])
        .must_end(64)
        .must_say(&["items.csv:2", "--of"]);
    fs::write(&table, "number,name\n12,101\n").unwrap();
    crosswipe(&args).must_end(64).must_say(&["医疗目录编码"]);

    // What was charged in a run and never mapped is a row; an institution that nobody knows is none.
    bench.run("run", &["--quiet"]).must_end(0);
    let run = bench.text("run");
    let told = crosswipe(&["form", "catalogue", &run, "--lang", "zh"]).must_end(0);
    assert!(told.out.contains("✗ 未对照 | 没有见到上传；费用明细用过"));
    crosswipe(&["form", "catalogue", &run, "--of", "H99"])
        .must_end(5)
        .must_say(&["H99"]);
}

#[test]
fn an_office_chooses_its_columns_and_keeps_what_it_wrote_in_its_own() {
    let bench = Bench::new();
    bench
        .run(
            "bad",
            &["--quiet", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1);
    let [bad, out, page, file] =
        ["bad", "p.xlsx", "p.html", "columns.yaml"].map(|name| bench.text(name));
    let problems = |more: &[&str]| {
        let args = ["form", "problems", &bad, "--lang", "zh"];
        crosswipe(&[&args[..], more].concat())
    };
    // What is offered can be taken as it stands.
    let offered = problems(&["--list-columns"]).must_end(0).out;
    fs::write(&file, &offered).unwrap();
    let whole = problems(&[]).must_end(0).out;
    let same = problems(&["--columns", &file]).must_end(0).out;
    assert_eq!(same, whole);

    fs::write(
        &file,
        "\u{feff}problems:\n  - {fill: 院内工单号}\n  - 编号\n  - 现象\n  - {fill: 轻重, choices: [重, 轻]}\n",
    )
    .unwrap();
    let both = ["--columns", &file, "--out", &out, "--out", &page];
    problems(&both).must_end(0);
    let book = bench.path("p.xlsx");
    type_into(&book, "问题清单", "轻重", "重");
    problems(&both).must_end(0);
    assert!(holds(&book, "重"));
    let shown = fs::read_to_string(&page).unwrap();
    assert!(shown.contains("院内工单号") && shown.contains("未列出的列"));
    // Without the choice all columns are there, and the own ones with what was written.
    problems(&["--out", &out]).must_end(0);
    assert!(holds(&book, "重") && holds(&book, "责任单位"));

    let before = fs::read(&book).unwrap();
    fs::write(
        &file,
        "problem: [编号]\nproblems: [编号, 现像, {fill: 现象}]\n",
    )
    .unwrap();
    problems(&both).must_end(64).must_say(&[
        "cli::columns",
        "problem",
        "现像",
        "最接近的: 现象",
        "{fill: 现像}",
        "columns.yaml",
    ]);
    assert_eq!(fs::read(&book).unwrap(), before);
    fs::write(&file, "problems: {编号\n").unwrap();
    problems(&both).must_end(64).must_say(&["cli::columns"]);
}

/// What a tired clerk hands in: a CSV of another encoding, dates as text, blank rows, the same sheet twice, a sheet that is open.
#[test]
fn sheets_are_taken_as_people_hand_them_in() {
    let bench = Bench::new();
    let head = "编号,机构,业务环节,交易,错误码,现象,一方,位置,首次,末次,次数,用例,责任单位,处理状态,进展,计划解决时间";
    let sheet = |code: &str, when: &str, state: &str| {
        format!(
            "机构编号,{code}\n截至,2030/3/2 15:00\n\n{head}\n,,,,,,,,,,,,,,,\n,杭州一院,门诊,2207,,读卡慢,,,{when},{when},3,,院内,{state},,下周\n"
        )
    };
    let file = |name: &str, text: &str| {
        fs::write(bench.path(name), encoding_rs::GBK.encode(text).0).unwrap();
        bench.text(name)
    };
    let one = file("one.csv", &sheet("H33010000001", "2030/3/2 9:00", "新增"));
    let two = file("two.csv", &sheet("H33020000001", "2030年3月1日", "已解决"));
    let lock = bench.text("~$one.xlsx");
    fs::write(&lock, "x").unwrap();
    let out = bench.text("all.xlsx");
    let merge = |more: &[&str]| {
        let args = [
            "form", "problems", "--merge", &one, &two, &one, &lock, "--lang", "zh",
        ];
        crosswipe(&[&args[..], more].concat())
    };
    let until = ["--plan", &plan("pair-demo"), "--until", "2030-03-02 15:00"];
    let told = merge(&until).must_end(0);
    let rows = told.out.lines().filter(|line| line.contains("读卡慢"));
    let rows: Vec<&str> = rows.collect();
    assert_eq!(
        rows.len(),
        1,
        "the same problem, three times handed in: {}",
        told.out
    );
    assert!(
        rows[0].contains("| 2030-03-01 00:00:00 | 2030-03-02 09:00:00 | 3 |"),
        "{rows:?}"
    );
    assert!(told.err.contains("略过锁文件"), "{}", told.err);
    assert!(
        !told.err.contains("H33010000001"),
        "it has reported: {}",
        told.err
    );

    // Open in Excel: not written over, and nothing kept.
    merge(&["--out", &out]).must_end(0);
    let before = fs::read(&out).unwrap();
    let lock = bench.path("~$all.xlsx");
    fs::write(&lock, "x").unwrap();
    merge(&["--out", &out])
        .must_end(64)
        .must_say(&["cli::form_open", "~$all.xlsx"]);
    assert_eq!(fs::read(&out).unwrap(), before);
    fs::remove_file(&lock).unwrap();
    merge(&["--out", &out]).must_end(0);

    // Another sheet, a folder, nothing at all: each is told for what it is.
    let other = file("other.csv", "a,b\n1,2\n");
    for (file, code) in [
        (other, "cli::other_form"),
        (bench.text(""), "cli::books"),
        (bench.text("nothing.xlsx"), "cli::books"),
    ] {
        crosswipe(&["form", "problems", "--merge", &file])
            .must_end(64)
            .must_say(&[code]);
    }
}

/// Whom to call is collected in a workbook, and goes back to the plan as the file that the plan names.
#[test]
fn contacts_that_were_filled_in_become_the_plans() {
    let bench = Bench::new();
    super::copy(plan("qianjiang-2021").as_ref(), &bench.path("plan"));
    let (notice, book) = (bench.text("plan"), bench.text("contacts.xlsx"));
    let form = ["form", "contacts", &notice, "--lang", "zh"];
    crosswipe(&[&form[..], &["--out", &book]].concat()).must_end(0);
    type_into(
        &bench.path("contacts.xlsx"),
        "联系人表",
        "业务电话",
        "+86 23-7777",
    );
    let file = bench.text("plan/contacts.csv");
    crosswipe(&[&form[..], &["--read", &book, "--out", &file]].concat()).must_end(0);
    crosswipe(&["lint", &notice]).must_end(0);
    let told = crosswipe(&form).must_end(0).out;
    assert!(told.contains("+86 23-7777"), "{told}");
    // No other form is a file of a plan.
    crosswipe(&["form", "countdown", &notice, "--out", &file])
        .must_end(64)
        .must_say(&["cli::form_ending"]);
}
