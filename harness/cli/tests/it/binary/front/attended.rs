//! 候办 · A plan that tells a person what to do and waits for a HIS: what comes is judged, silence ends in its time.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::Door;
use crate::binary::{DEADLINE, PAUSE, copy, crosswipe, plan};
use crosswipe_runner::clock::Stopwatch;

const SETTLE: &str = r#"  - case: settle
    title: 窗口结算再退掉
    steps:
      - human: {zh: 在窗口刷卡结算, en: swipe at the till}
      - {await: "1101", person: hangzhou-employee, institution: H33020000001, within: 10m}
      - {await: "2207", person: hangzhou-employee, institution: H33020000001, within: 10m, expect: {outcome: ok, setlinfo.medfee_sumamt: 50.00, setlinfo.psn_cash_pay: {le: 50.00}}}
      - {await: "2208", person: hangzhou-employee, institution: H33020000001, within: 10m}
"#;
const TROUBLE: &str = r#"  - case: wrong
    title: 与预期不符
    steps:
      - {await: "2204", within: 10m, expect: {outcome: refused}}
  - case: cheap
    title: 金额不符
    steps:
      - {await: "2206", within: 10m, expect: {outcome: ok, setlinfo.medfee_sumamt: 49.99}}
  - case: silent
    title: 一直没有来
    steps:
      - {await: "2304", within: 1s}
  - case: nobody
    title: 没有人
    steps:
      - human: {zh: 拔掉网线, en: pull the plug}
      - {await: "2305", within: 1s}
"#;

/// pair-demo with cases that wait.
fn planned(cases: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(Path::new(&plan("pair-demo")), dir.path());
    fs::write(
        dir.path().join("till.yaml"),
        format!("scenario: till\ncases:\n{cases}"),
    )
    .unwrap();
    let file = dir.path().join("plan.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let named = text.replacen("bounds.yaml]", "bounds.yaml, till.yaml]", 1);
    fs::write(file, named).unwrap();
    dir
}

fn at(dir: &TempDir) -> String {
    dir.path().display().to_string()
}

/// The lines of the list that wait for somebody.
fn tills(list: &Value) -> Vec<Value> {
    let lines = list["lines"].as_array().unwrap().iter();
    let own = lines.filter(|line| line["number"].as_str().unwrap().starts_with("till/"));
    own.cloned().collect()
}

/// The list, once it is as it should be.
#[track_caller]
fn once(door: &Door, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let begun = Stopwatch::start();
    loop {
        let lines = tills(&door.got("/__admin/acceptance"));
        if holds(&lines) {
            return lines;
        }
        assert!(begun.elapsed() < DEADLINE, "{lines:?}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the terminal was told.
#[track_caller]
fn said(door: &Door, words: &str) {
    let begun = Stopwatch::start();
    while !door.started.said("err").contains(words) {
        assert!(begun.elapsed() < DEADLINE, "{}", door.started.said("err"));
        std::thread::sleep(PAUSE);
    }
}

/// The person is asked on the terminal, the message shows that it was done, and the run behind the door holds each step.
#[test]
fn what_a_his_was_to_send_comes_and_is_judged() {
    let dir = planned(SETTLE);
    let door = Door::of_plan(&at(&dir), &[]);
    let asked = once(&door, |lines| lines[0]["confirm"] == true).remove(0);
    assert_eq!(
        (&asked["mark"], &asked["done"], &asked["of"]),
        (&"open".into(), &0.into(), &4.into())
    );
    if door.his("csb", &[]).is_none() {
        return;
    }
    let (runs, left, ended) = door.closed();
    ended
        .must_end(0)
        .must_say(&["till/settle", "swipe at the till", "nothing stands"]);
    let line = tills(&left["acceptance"]).remove(0);
    assert_eq!(
        (&line["mark"], &line["done"]),
        (&"passed".into(), &4.into()),
        "{line}"
    );
    let held = line["held"].as_array().unwrap();
    let told: Vec<String> = held
        .iter()
        .map(|one| format!("{} {} {}", one["step"], one["what"], one["held"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "1 done true",
            "2 came true",
            "2 outcome true",
            "3 came true",
            "3 outcome true",
            "3 setlinfo.medfee_sumamt true",
            "3 setlinfo.psn_cash_pay true",
            "4 came true",
            "4 outcome true",
        ]
    );
    assert_eq!(held[0]["actual"], "1101", "nobody pressed anything");
    let run = runs.path().join("run").display().to_string();
    let again = crosswipe(&["verify", &run, "--json"]);
    again.must_end(0);
    crosswipe(&["report", &run, "--case", "till/settle", "--format", "html"]).must_end(0);
    let page = fs::read_to_string(runs.path().join("run/case-till~settle.html")).unwrap();
    assert!(page.contains("till&#x2f;settle") && page.contains("窗口结算再退掉"));
    // A case that is not there is answered with the nearest.
    crosswipe(&["report", &run, "--case", "till/setle", "--format", "html"])
        .must_end(64)
        .must_say(&["cli::case_page", "till/settle"]);
    crosswipe(&["report", &run, "--case", "till/settle"])
        .must_end(64)
        .must_say(&["cli::case_page", "--format html"]);
    let junit = fs::read_to_string(runs.path().join("run/junit.xml")).unwrap();
    assert!(junit.contains("name=\"till/settle\""), "{junit}");
}

/// At a real terminal Enter says that it is done, once; a terminal that goes away takes nothing with it.
#[test]
fn somebody_at_a_terminal_presses_enter() {
    let (dir, runs) = (planned(SETTLE), tempfile::tempdir().unwrap());
    let till = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/his/till.py");
    let output = Command::new("python3")
        .arg(till)
        .args([env!("CARGO_BIN_EXE_crosswipe"), &at(&dir)])
        .arg(runs.path().join("run"))
        .arg(DEADLINE.as_secs().to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "no python3 in CI: {error}"
            );
            println!("the terminal was NOT tried: no python3 on this machine ({error})");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        told,
        serde_json::json!({
            "asked": true, "before": 0, "held": "enter", "waits": true, "goes_on": true, "exit": 2,
        })
    );
}

#[test]
fn what_comes_otherwise_or_not_at_all_is_not_passed() {
    let dir = planned(TROUBLE);
    let door = Door::of_plan(&at(&dir), &[]);
    let Some(lines) = door.his("bare", &[]) else {
        return;
    };
    assert!(lines.iter().all(|line| line["code"] == 0), "{lines:?}");
    // The first two wait on, for a better one; nobody plays the third before they are over.
    let early = once(&door, |lines| lines[1]["mark"] == "failed");
    let why = |line: &Value| line["why"].as_str().unwrap().to_owned();
    assert!(
        why(&early[0]).contains("outcome ok") && why(&early[0]).contains("refused"),
        "{early:?}"
    );
    assert!(
        why(&early[1]).contains("50.00") && why(&early[1]).contains("49.99"),
        "{early:?}"
    );
    assert_eq!(
        (&early[2]["mark"], &early[3]["mark"]),
        (&"open".into(), &"open".into())
    );
    let (left, ended) = door.close();
    ended.must_end(1).must_say(&["nothing stands"]);
    let marks: Vec<Value> = tills(&left["acceptance"])
        .iter()
        .map(|line| line["mark"].clone())
        .collect();
    assert_eq!(marks, ["failed", "failed", "open", "open"]);
}

/// Silence ends by the clock alone; a person's step by the page's button, or at once with `--yes`.
#[test]
fn silence_ends_in_its_time_and_a_person_answers_on_the_page() {
    let (_, waits) = TROUBLE.split_once("  - case: silent").unwrap();
    let dir = planned(&format!("  - case: silent{waits}"));
    let door = Door::of_plan(&at(&dir), &[]);
    let later = once(&door, |lines| {
        lines[0]["mark"] == "failed" && lines[1]["confirm"] == true
    });
    assert!(
        later[0]["why"]
            .as_str()
            .unwrap()
            .contains("not in time: 2304"),
        "{later:?}"
    );
    let post = |query: &str| {
        let asked = format!(
            "POST /__admin/confirm{query} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        door.raw(asked.as_bytes())
    };
    said(&door, "pull the plug (say so on the page");
    assert!(post("?line=till%2Fsilent").starts_with("HTTP/1.1 409"));
    assert!(post("?line=%zz%2").starts_with("HTTP/1.1 409"));
    assert!(post("?line=till%2Fnobody").starts_with("HTTP/1.1 200"));
    assert!(
        post("").starts_with("HTTP/1.1 409"),
        "it waits for a message now"
    );
    once(&door, |lines| lines[1]["mark"] == "failed");
    let (left, ended) = door.close();
    let nobody = tills(&left["acceptance"]).remove(1);
    assert_eq!(
        (&nobody["done"], &nobody["held"][0]["actual"]),
        (&1.into(), &"page".into())
    );
    ended.must_end(1).must_say(&["waiting for 2304 ≤ 1 s"]);

    let door = Door::of_plan(&at(&dir), &["--yes"]);
    let taken = once(&door, |lines| lines[1]["done"] == 1);
    assert_eq!(taken[1]["held"][0]["actual"], "--yes");
    said(&door, "--yes: taken as done");
    door.close().1.must_end(1);
}

#[test]
fn what_is_left_standing_is_violated_and_its_case_is_open() {
    let dir = planned(SETTLE);
    let door = Door::of_plan(&at(&dir), &["--yes"]);
    if door.his("zhejiang", &["leave"]).is_none() {
        return;
    }
    let (left, ended) = door.close();
    ended.must_end(1).must_say(&["standing: 1 settlement"]);
    let line = tills(&left["acceptance"]).remove(0);
    assert_eq!(
        (&line["mark"], &line["done"]),
        (&"open".into(), &3.into()),
        "{line}"
    );
    assert!(
        line["missing"][0]
            .as_str()
            .unwrap()
            .starts_with("2208 hangzhou-employee")
    );
}

#[test]
fn a_run_says_whose_cases_it_does_not_play() {
    let dir = planned(SETTLE);
    let runs = tempfile::tempdir().unwrap();
    let out = runs.path().join("run").display().to_string();
    let only = crosswipe(&["run", &at(&dir), "--case", "till/settle", "--out", &out]);
    only.must_end(5).must_say(&["crosswipe serve"]);
    assert!(!runs.path().join("run").exists());
    let lint = crosswipe(&["lint", &at(&dir)]);
    let lint = lint.must_end(0);
    assert!(lint.out.contains("1 个候办"), "{}", lint.out);
    let told = crosswipe(&["plan", &at(&dir), "--lang", "en"]);
    let told = told.must_end(0);
    let said = "and 1 that a person and a HIS carry out";
    assert!(told.out.contains(said), "{}", told.out);
}
