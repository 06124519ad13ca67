//! 工作簿与表格文件 · Read again by another library: ids as they were, sums to the fen, nothing that an office program would take
//! for a formula, the same bytes for the same run.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use rstest::rstest;

use crosswipe_reports::{Lang, Story, csv, markdown, workbook, xlsx_name};

use crate::runs;

const SHEETS: [&str; 8] = [
    "总览",
    "用例明细",
    "回退核验",
    "未回退清单",
    "问题清单",
    "接口耗时",
    "环境与参数",
    "签字页",
];

fn read(story: &Story, lang: Lang) -> Xlsx<Cursor<Vec<u8>>> {
    let bytes = workbook(story, lang).xlsx().expect("few rows");
    Xlsx::new(Cursor::new(bytes)).expect("a workbook")
}

/// Rows of a sheet from the headings on, by the name of their first heading.
fn table(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str, first: &str) -> Vec<Vec<Data>> {
    let range = book.worksheet_range(sheet).expect("a sheet of that name");
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    let head = rows
        .iter()
        .position(|row| row[0] == Data::String(first.into()));
    rows[head.unwrap_or_else(|| panic!("no `{first}` in {sheet}"))..].to_vec()
}

fn column<'a>(rows: &'a [Vec<Data>], title: &str) -> Vec<&'a Data> {
    let at = rows[0]
        .iter()
        .position(|cell| *cell == Data::String(title.into()));
    let at = at.unwrap_or_else(|| panic!("no column {title}"));
    rows[1..].iter().map(|row| &row[at]).collect()
}

#[rstest]
#[case(runs::clean())]
#[case(runs::violated())]
#[case(runs::indeterminate())]
fn what_stands_in_the_workbook_is_what_the_run_says(#[case] run: runs::Run) {
    let story = run.story();
    let mut book = read(&story, Lang::Zh);
    assert_eq!(book.sheet_names(), SHEETS);
    let report: serde_json::Value = serde_json::from_str(&crosswipe_reports::json(&story)).unwrap();

    let cases = table(&mut book, "用例明细", "用例");
    let ids: Vec<String> = column(&cases, "用例")
        .iter()
        .map(ToString::to_string)
        .collect();
    let told = report["results"].as_array().unwrap().iter();
    let told: Vec<String> = told
        .map(|case| case["case"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, told);

    // Ids are text, digit for digit, and amounts add up to what the parties answered.
    let chains = table(&mut book, "回退核验", "交易");
    assert_eq!(chains.len() - 1, run.judgement.transactions.len());
    for (row, transaction) in run.judgement.transactions.iter().enumerate() {
        assert_eq!(
            *column(&chains, "报文ID")[row],
            Data::String(transaction.msgid.to_string())
        );
        assert_eq!(
            *column(&chains, "编号")[row],
            Data::String(transaction.infno.to_string())
        );
        assert!(matches!(column(&chains, "发出")[row], Data::DateTime(_)));
    }
    let fen = |cell: &Data| match cell {
        Data::Float(yuan) => format!("{yuan:.2}")
            .replace('.', "")
            .parse::<i64>()
            .unwrap(),
        Data::Int(yuan) => yuan * 100,
        _ => 0,
    };
    let answered = column(&chains, "答复").into_iter();
    let totals = answered.zip(column(&chains, "总额"));
    let shown: i64 = totals
        .filter(|(answer, _)| **answer == Data::String("✓ 成功".into()))
        .map(|(_, total)| fen(total))
        .sum();
    let settled: i64 = run
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            crosswipe_journal::Payload::Outcome(ended) => Some(ended),
            _ => None,
        })
        .filter(|ended| {
            ended.txid.as_str().contains("2207") || ended.txid.as_str().contains("settle")
        })
        .filter_map(|ended| match &ended.outcome {
            crosswipe_domain::Outcome::Ok { amounts, .. } => amounts.get("medfee_sumamt"),
            _ => None,
        })
        .map(|amount| amount.fen())
        .sum();
    assert!(settled > 0, "the run settled something");
    assert_eq!(shown, settled, "to the fen");

    // The difference is what the open ones come to, whatever the hospital was told.
    let states = column(&chains, "状态")
        .into_iter()
        .zip(column(&chains, "总额"));
    let stands = |state: &Data| ["! 未回退", "? 结果未知"].contains(&state.to_string().as_str());
    let standing: i64 = states
        .filter(|(state, _)| stands(state))
        .map(|(_, total)| fen(total))
        .sum();
    let range = book.worksheet_range("回退核验").unwrap();
    let mut above = range.rows().take(5);
    let difference = above
        .find(|row| row[0].to_string().starts_with("相差"))
        .unwrap();
    assert_eq!(fen(&difference[1]), standing);
    assert_eq!(
        standing > 0,
        report["open"]["amount_fen"].as_i64().unwrap() > 0
    );

    let open = table(&mut book, "未回退清单", "交易");
    let told = report["open"]["transactions"].as_u64().unwrap();
    assert_eq!(open.len() as u64 - 1, told);
    let problems = table(&mut book, "问题清单", "序号");
    let causes = report["findings"].as_array().unwrap().iter();
    let classes: std::collections::BTreeSet<String> = causes
        .filter(|one| one["follows_from"].is_null())
        .map(|one| one["class"].as_str().unwrap().to_owned())
        .collect();
    let shown: std::collections::BTreeSet<String> = column(&problems, "类别码")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown, classes);
    let rules = table(&mut book, "总览", "规则");
    assert_eq!(rules.len() - 1, 14);
    let sentence = book.worksheet_range("签字页").unwrap();
    let sentence = sentence.rows().next().unwrap()[1].to_string();
    assert_eq!(
        sentence,
        crosswipe_reports::verdict_sentence(&story, Lang::Zh)
    );
}

#[test]
fn the_same_run_is_the_same_file_in_each_language() {
    let story = runs::violated().story();
    for lang in [Lang::Zh, Lang::En] {
        assert!(workbook(&story, lang).xlsx().unwrap() == workbook(&story, lang).xlsx().unwrap());
        assert_eq!(csv(&story, lang), csv(&story, lang));
    }
    let english = read(&story, Lang::En).sheet_names();
    assert!(english.iter().all(|name| name.is_ascii()), "{english:?}");
    let name = xlsx_name(&story);
    assert!(name.starts_with("交叉刷卡_330000_2017"), "{name}");
    assert!(
        !name.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']),
        "{name}"
    );
}

#[rstest]
#[case(runs::violated())]
#[case(runs::clean())]
fn a_csv_file_is_whole_and_no_formula(#[case] run: runs::Run) {
    let story = run.story();
    let files = csv(&story, Lang::Zh);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "summary.csv",
            "rules.csv",
            "cases.csv",
            "rollback.csv",
            "open.csv",
            "problems.csv",
            "timing.csv",
            "setting.csv"
        ]
    );
    for (name, text) in &files {
        let text = text
            .strip_prefix('\u{feff}')
            .unwrap_or_else(|| panic!("{name} has no mark"));
        let mut reader = csv_reader(text);
        let width = reader.headers().unwrap().len();
        for record in reader.records() {
            let record = record.unwrap();
            assert_eq!(record.len(), width, "{name}");
            for cell in &record {
                let is_figure = cell.parse::<f64>().is_ok();
                assert!(
                    is_figure || !cell.starts_with(['=', '+', '-', '@']),
                    "{name}: {cell}"
                );
            }
        }
    }
    let rollback = &files[3].1;
    assert_eq!(
        rollback.lines().count() - 1,
        run.judgement.transactions.len()
    );
}

fn csv_reader(text: &str) -> ::csv::Reader<&[u8]> {
    ::csv::Reader::from_reader(text.as_bytes())
}

#[test]
fn the_short_page_says_the_verdict_first_and_counts_what_it_leaves_out() {
    for (run, lang) in [
        (runs::clean(), Lang::Zh),
        (runs::violated(), Lang::Zh),
        (runs::violated(), Lang::En),
    ] {
        let story = run.story();
        let page = markdown(&story, lang);
        let verdict = page.lines().nth(2).unwrap().replace(['\\', '*'], "");
        assert_eq!(verdict, crosswipe_reports::verdict_sentence(&story, lang));
        assert!(page.chars().count() < 4_000, "{}", page.chars().count());
    }
}
