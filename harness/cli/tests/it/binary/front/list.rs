//! The acceptance list that somebody brought: read, filled up, or refused with its place.

use rstest::rstest;
use serde_json::Value;

use super::super::audit_lists::workbook;
use super::super::{crosswipe, plan};
use super::Door;

const LIST: [[&str; 4]; 6] = [
    ["编号", "名称", "交易", "不适用原因"],
    ["1.1", "签到与读人", "9001, 1101", ""],
    [
        "1.2",
        "门诊全流程",
        "2201 2203 2204 2206 2207 2208 2205 2202",
        "",
    ],
    ["2.1", "住院", "2401→2301→2304", ""],
    ["2.2", "读卡后撤销挂号", "1101 2202 2201", ""],
    ["3.1", "药店", "2102", "本院没有药店"],
];

/// Somebody's own list, as CSV of an office program (GBK) and as a workbook; it fills up while the HIS works.
#[rstest]
#[case::csv("list.csv")]
#[case::workbook("list.xlsx")]
fn a_list_that_somebody_brought_fills_up(#[case] name: &str) {
    let papers = tempfile::tempdir().unwrap();
    let path = papers.path().join(name);
    let rows: Vec<&[&str]> = LIST.iter().map(|row| &row[..]).collect();
    match name.ends_with("csv") {
        true => {
            let text: String = rows
                .iter()
                .map(|row| {
                    let cells: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
                    cells.join(",") + "\r\n"
                })
                .collect();
            std::fs::write(&path, encoding_rs::GB18030.encode(&text).0).unwrap();
        }
        false => workbook(&path, &[("验收", &rows)]),
    }
    let door = Door::open(&["--acceptance", &path.display().to_string()]);
    let marks = |list: &Value| -> Vec<String> {
        let lines = list["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| {
                format!(
                    "{} {} {}/{}",
                    line["number"], line["mark"], line["done"], line["of"]
                )
                .replace('"', "")
            })
            .collect()
    };
    let now = || door.got("/__admin/acceptance");
    assert_eq!(
        marks(&now()),
        [
            "1.1 open 0/2",
            "1.2 open 0/8",
            "2.1 open 0/3",
            "2.2 open 0/3",
            "3.1 not_applicable 0/1"
        ]
    );
    if door.his("zhejiang", &["leave"]).is_none() {
        return;
    }
    assert_eq!(marks(&now())[..2], ["1.1 passed 2/2", "1.2 open 5/8"]);
    assert_eq!(now()["lines"][1]["missing"][0], "2208 2205 2202");
    door.his("zhejiang", &[]).unwrap();
    let (left, ended) = door.close();
    assert_eq!(
        marks(&left["acceptance"]),
        [
            "1.1 passed 2/2",
            "1.2 passed 8/8",
            "2.1 open 0/3",
            "2.2 open 2/3",
            "3.1 not_applicable 0/1"
        ]
    );
    ended.must_end(1).must_say(&[
        "2 passed, 0 failed, 2 open, 1 not applicable",
        "本院没有药店",
    ]);
}

#[rstest]
#[case::no_heading("a,b\n1,2\n", "list.csv", ["表头里没有", "no column of numbers"])]
#[case::unknown("编号,交易\n1,2299\n", "list.csv:2", ["没有交易 `2299`", "no transaction `2299`"])]
#[case::twice("编号,交易\n1,2201\n1,2202\n", "list.csv:3", ["重复", "stands twice"])]
#[case::nothing("编号,交易\n1,\n", "list.csv:2", ["也没写不适用原因", "neither transactions nor a reason"])]
#[case::empty("编号,交易\n", "list.csv", ["清单是空的", "the list is empty"])]
fn a_list_that_cannot_be_read_says_where(
    #[case] text: &str,
    #[case] place: &str,
    #[case] words: [&str; 2],
) {
    let papers = tempfile::tempdir().unwrap();
    let path = papers.path().join("list.csv");
    std::fs::write(&path, text).unwrap();
    let out = papers.path().join("run").display().to_string();
    let (plan, list) = (plan("pair-demo"), path.display().to_string());
    for (lang, words) in ["zh", "en"].into_iter().zip(words) {
        crosswipe(&[
            "serve",
            &plan,
            "--out",
            &out,
            "--acceptance",
            &list,
            "--lang",
            lang,
        ])
        .must_end(64)
        .must_say(&["cli::books", place, words]);
    }
    assert!(!papers.path().join("run").exists(), "nothing was begun");
}
