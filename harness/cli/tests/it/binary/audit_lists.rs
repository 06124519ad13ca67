//! 清单稽核 · CSV files and workbooks as hospitals and cities deliver them: found, mapped, mended, masked.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use super::{Bench, crosswipe, in_english, plan};

const CITY: &str =
    "结算号,结算时间,总金额\nS1,2026-05-01 10:00:00,25.00\nS2,2026-05-02 10:00:00,100.00\n";

/// A hospital's list beside the city's, both under names that say whose they are.
fn beside(bench: &Bench, his: &[u8]) -> [String; 2] {
    fs::write(bench.path("医院.csv"), his).unwrap();
    fs::write(bench.path("参保地.csv"), CITY).unwrap();
    [bench.text("医院.csv"), bench.text("参保地.csv")]
}

#[track_caller]
fn audited(paths: &[String], more: &[&str], code: i32) -> Value {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    crosswipe(&[&["audit", "--json"], more, paths.as_slice()].concat())
        .must_end(code)
        .json()
}

#[test]
fn totals_of_six_days_that_are_61_apart_name_the_days_and_the_rows() {
    let folder = plan("audit/six-days-61-apart");
    let report = audited(std::slice::from_ref(&folder), &[], 1);
    let found = report["findings"].as_array().unwrap();
    assert_eq!(report["compared"]["totals"], 18, "six days, three items");
    assert_eq!(
        found
            .iter()
            .map(|one| one["amount_fen"].as_i64().unwrap())
            .sum::<i64>(),
        6100
    );
    for (one, line) in found.iter().zip([":4", ":9"]) {
        assert_eq!(
            (&one["class"], &one["cause"]),
            (
                &"residue:reconciliation".into(),
                &"orphan:totals-unexplained".into()
            )
        );
        assert!(
            one["says"][0]["place"].as_str().unwrap().ends_with(line),
            "{one:#}"
        );
    }
    let ended = crosswipe(&["audit", &folder]).must_end(1);
    assert!(
        ended.out.contains("2 天不等，合计相差 -61.00 元"),
        "{}",
        ended.out
    );
}

#[test]
fn a_payment_that_the_his_lost_is_found_in_gbk_csv_and_workbook() {
    let folder = plan("audit/payment-lost-at-his");
    let report = audited(std::slice::from_ref(&folder), &[], 1);
    assert_eq!(report["causes"], 1);
    let found = &report["findings"][0];
    assert_eq!(
        (&found["class"], &found["cause"]),
        (&"one-sided:his".into(), &"orphan:record-lost".into())
    );
    assert_eq!(
        (&found["amount_fen"], &found["owner"]),
        (&8850.into(), &"his:H33010000001".into())
    );
    for lang in ["zh", "en"] {
        let out = crosswipe(&["audit", &folder, "--lang", lang])
            .must_end(1)
            .out;
        assert!(
            !out.contains("测试") && !out.contains("99990019900101"),
            "names and numbers stay away: {out}"
        );
    }
}

#[rstest]
#[case::plain("结算号,结算时间,总金额\nS1,2026-05-01,25.00\nS2,2026-05-02,100.00\n")]
#[case::interface_names(
    "setl_id,setl_time,medfee_sumamt\nS1,20260501,25\nS2,20260502093000,100.0\n"
)]
#[case::english("Settlement ID,Date,Amount\nS1,2026/5/1,25.00\nS2,2026.5.2,\"¥100.00\"\n")]
#[case::semicolons("结算号;结算时间;总金额\nS1;2026年5月1日;２５．００\nS2;2026-05-02;100\n")]
#[case::title_and_sum(
    "五月明细,,\n\n结算号,结算时间,总金额(元)\nS1,2026-05-01,25.00\nS2,2026-05-02,100.00\n合计,,125.00\n"
)]
#[case::fen("结算号,结算时间,总金额(分)\nS1,2026-05-01,2500\nS2,2026-05-02,10000\n")]
#[case::refunded_there_and_back(
    "结算号,结算时间,总金额,退费标志\nS1,2026-05-01,25.00,0\nS2,2026-05-02,100.00,0\nS9,2026-05-02,7.00,0\nS9,2026-05-02,7.00,1\n"
)]
#[case::refunded_by_word(
    "结算号,结算时间,总金额,状态\nS1,2026-05-01,25.00,正常\nS2,2026-05-02,100.00,正常\nS9,2026-05-02,7.00,已退费\n"
)]
fn usual_headings_and_usual_forms_need_no_mapping(#[case] his: &str) {
    let bench = Bench::new();
    let report = audited(&beside(&bench, his.as_bytes()), &[], 0);
    assert_eq!(
        (&report["verdict"], &report["standing"][0]["amount_fen"]),
        (&"clean".into(), &12500.into())
    );
}

#[test]
fn every_usual_encoding_is_read() {
    let text =
        "结算号,结算时间,总金额,险种\r\nS1,2026-05-01,25.00,职工\r\nS2,2026-05-02,100.00,居民\r\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        gbk.into_owned(),
        utf16,
    ] {
        let bench = Bench::new();
        audited(&beside(&bench, &bytes), &[], 0);
    }
}

#[rstest]
#[case::amount("结算号,结算时间,总金额\nS1,2026-05-01,25.005\n", &["医院.csv:2", "`25.005`", "is no amount"])]
#[case::date("结算号,结算时间,总金额\nS1,01/05/2026,25.00\n", &["医院.csv:2", "is no date"])]
#[case::scientific("结算号,结算时间,总金额\n3.30100203E+29,2026-05-01,25.00\n", &["医院.csv:2", "lost digits"])]
#[case::empty_id("结算号,结算时间,总金额\nS1,2026-05-01,25.00\n,2026-05-01,7.00\n", &["医院.csv:3", "the id is empty"])]
#[case::unknown_state("结算号,总金额,状态\nS1,25.00,待定\n", &["医院.csv:2", "`待定`", "values"])]
#[case::no_amount_column("结算号,结算时间\nS1,2026-05-01\n", &["医院.csv:1", "there is no column with an amount"])]
#[case::no_headings("S1,2026-05-01,25.00\n", &["no line of headings"])]
#[case::twice("结算号,总金额,总金额\nS1,25.00,26.00\n", &["stands twice"])]
#[case::ten_thousands("结算号,结算时间,总金额(万元)\nS1,2026-05-01,1.5\n", &["ten thousands"])]
fn what_cannot_be_read_says_where_and_how_to_mend_it(#[case] his: &str, #[case] words: &[&str]) {
    let bench = Bench::new();
    let [his, city] = beside(&bench, his.as_bytes());
    in_english(&["audit", &his, &city])
        .must_end(64)
        .must_say(words)
        .must_say(&["error[cli::books]", "help:"]);
}

#[test]
fn all_problems_come_at_once_and_no_more_than_can_be_read() {
    let bench = Bench::new();
    let bad: String = (0..200)
        .map(|n| format!("S{n},2026-05-01,x{n}\n"))
        .collect();
    let [his, city] = beside(&bench, format!("结算号,结算时间,总金额\n{bad}").as_bytes());
    let ended = crosswipe(&["audit", &his, &city]).must_end(64);
    assert_eq!(ended.err.matches("error[cli::books]").count(), 50);
    assert!(ended.err.contains("150"), "{}", ended.err);
}

#[test]
fn a_mapping_names_headings_words_and_whose_list_it_is() {
    let bench = Bench::new();
    let his = "单据,何时,实收,情况\nS1,2026-05-01,25.00,好\nS2,2026-05-02,100.00,好\nS3,2026-05-02,8.00,没了\n";
    fs::write(bench.path("a.csv"), his).unwrap();
    fs::write(bench.path("b.csv"), CITY).unwrap();
    let map = "lists:\n  - file: a*.csv\n    party: his:H33010000001\n    columns: {id: 单据, time: 何时, total: 实收, status: 情况}\n    values: {status: {好: settled, 没了: cancelled}}\n  - file: b.csv\n    party: insured:330100\n";
    fs::write(bench.path("m.yaml"), map).unwrap();
    let files = [bench.text("a.csv"), bench.text("b.csv")];
    let report = audited(&files, &["--map", &bench.text("m.yaml")], 0);
    assert_eq!(
        report["parties"],
        serde_json::json!(["his:H33010000001", "insured:330100"])
    );
    // Without it nobody knows whose lists these are.
    crosswipe(&["audit", &files[0], &files[1]]).must_end(64);
    fs::write(bench.path("m.yaml"), map.replace("total:", "totl:")).unwrap();
    crosswipe(&["audit", &files[0], "--map", &bench.text("m.yaml")])
        .must_end(64)
        .must_say(&["m.yaml", "`totl`"]);
}

#[test]
fn whose_list_it_is_can_be_typed() {
    let bench = Bench::new();
    fs::write(bench.path("a.csv"), CITY).unwrap();
    fs::write(bench.path("b.csv"), CITY).unwrap();
    let typed = [
        format!("his={}", bench.text("a.csv")),
        format!("insured:330100={}", bench.text("b.csv")),
    ];
    let report = audited(&typed, &[], 0);
    assert_eq!(
        report["parties"],
        serde_json::json!(["his:unnamed", "insured:330100"])
    );
}

#[test]
fn a_list_that_ends_earlier_is_unsure_until_its_period_is_said() {
    let bench = Bench::new();
    let files = beside(
        &bench,
        "结算号,结算时间,总金额\nS1,2026-05-01,25.00\n".as_bytes(),
    );
    let report = audited(&files, &[], 2);
    assert_eq!(report["uncovered"][0]["day"], "2026-05-02");
    let map = |to: &str| {
        format!("lists:\n  - file: 医院.csv\n    period: {{from: 2026-05-01, to: {to}}}\n")
    };
    fs::write(bench.path("m.yaml"), map("2026-05-02")).unwrap();
    let report = audited(&files, &["--map", &bench.text("m.yaml")], 1);
    assert_eq!(report["findings"][0]["cause"], "orphan:record-lost");
    fs::write(bench.path("m.yaml"), map("2026-05-01")).unwrap();
    audited(&files, &["--map", &bench.text("m.yaml")], 0);
}

/// A workbook with one sheet per (name, rows); a cell that begins with `#` is a number.
pub(super) fn workbook(path: &Path, sheets: &[(&str, &[&[&str]])]) {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut put = |name: &str, text: String| {
        zip.start_file(name, stored).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    put(
        "[Content_Types].xml",
        format!("<Types xmlns=\"{package}/content-types\"/>"),
    );
    put(
        "_rels/.rels",
        format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r\" Type=\"{rel}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    let (mut names, mut links) = (String::new(), String::new());
    for (place, (name, rows)) in sheets.iter().enumerate() {
        names += &format!(
            "<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"r{0}\"/>",
            place + 1
        );
        links += &format!(
            "<Relationship Id=\"r{0}\" Type=\"{rel}/worksheet\" Target=\"worksheets/s{0}.xml\"/>",
            place + 1
        );
        let mut lines = String::new();
        for (row, cells) in rows.iter().enumerate() {
            lines += &format!("<row r=\"{}\">", row + 1);
            for (column, cell) in cells.iter().enumerate() {
                let at = format!("{}{}", char::from(b'A' + column as u8), row + 1);
                lines += &match cell.strip_prefix('#') {
                    Some(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
                    None => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
                };
            }
            lines += "</row>";
        }
        put(
            &format!("xl/worksheets/s{}.xml", place + 1),
            format!("<worksheet xmlns=\"{main}\"><sheetData>{lines}</sheetData></worksheet>"),
        );
    }
    put(
        "xl/workbook.xml",
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{rel}\"><sheets>{names}</sheets></workbook>"),
    );
    put(
        "xl/_rels/workbook.xml.rels",
        format!("<Relationships xmlns=\"{package}/relationships\">{links}</Relationships>"),
    );
    fs::write(path, zip.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn sheets_of_one_workbook_are_parties_and_cells_are_named() {
    let bench = Bench::new();
    let head: &[&str] = &["结算号", "结算时间", "总金额", "人员编号"];
    let his: &[&[&str]] = &[
        head,
        &["S1", "2026-05-01", "#25", "99990019900101001X"],
        &["S2", "2026-05-02", "#100.1", "P2"],
    ];
    let city: &[&[&str]] = &[
        head,
        &["S1", "2026-05-01", "#25", "99990019900101001X"],
        &["S2", "2026-05-02", "#100.10", "P2"],
    ];
    let path = bench.path("book.xlsx");
    workbook(&path, &[("医院", his), ("参保地", city)]);
    let typed = [bench.text("book.xlsx")];
    audited(&typed, &[], 0);
    let other: &[&[&str]] = &[
        head,
        &["S1", "2026-05-01", "#25.5", "99990019900101001X"],
        &["S2", "2026-05-02", "#100.1", "P2"],
    ];
    workbook(&path, &[("医院", his), ("参保地", other)]);
    let ended = crosswipe(&["audit", &typed[0], "--lang", "en"]).must_end(1);
    assert!(
        ended.out.contains("mismatch:amount") && ended.out.contains("book.xlsx!参保地!2"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("19900101"), "{}", ended.out);
    // Twenty digits in a numeric cell: the last ones are gone.
    let lost: &[&[&str]] = &[head, &["#33010020260501000001", "2026-05-01", "#25", "P1"]];
    workbook(&path, &[("医院", lost), ("参保地", city)]);
    in_english(&["audit", &typed[0]]).must_end(64).must_say(&[
        "book.xlsx!医院!A2",
        "lost its last digits",
        "format the column as text",
    ]);
}

#[rstest]
#[case::no_workbook("book.xlsx", "no zip at all", "no workbook")]
#[case::unknown_kind("book.pdf", "%PDF", "save it as CSV or xlsx")]
fn what_is_no_list_is_said(#[case] name: &str, #[case] bytes: &str, #[case] words: &str) {
    let bench = Bench::new();
    fs::write(bench.path(name), bytes).unwrap();
    in_english(&["audit", &bench.text(name)])
        .must_end(64)
        .must_say(&[name, words]);
}
