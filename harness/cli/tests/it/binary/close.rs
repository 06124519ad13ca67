//! 收口 · Runs of a plan judged together by the real binary: what is refused, what is noticed, what is written.
//!
//! What the judge says of books from run to run is tested with hand-made histories in `verify`.

use std::fs;

use crosswipe_journal::read;
use crosswipe_reports::chain_groups;
use serde_json::Value;

use super::{Bench, Ended, classes, copy, crosswipe, files, plan};

#[track_caller]
fn close(bench: &Bench, runs: &[&str], more: &[&str]) -> Ended {
    close_plan(bench, &plan("pair-demo"), runs, more)
}

#[track_caller]
fn close_plan(bench: &Bench, plan: &str, runs: &[&str], more: &[&str]) -> Ended {
    let out = bench.text("window");
    let folders: Vec<String> = runs.iter().map(|run| bench.text(run)).collect();
    let mut args = vec!["close", plan, "--out", &out];
    args.extend(folders.iter().map(String::as_str));
    args.extend(more);
    crosswipe(&args)
}

fn go_live(bench: &Bench) -> String {
    fs::read_to_string(bench.path("window").join("go-live.html")).unwrap()
}

#[test]
fn a_window_of_one_clean_run_is_clean_and_everything_that_does_not_fit_is_named() {
    let bench = Bench::new();
    bench.run("first", &["--quiet"]).must_end(0);
    let before = files(&bench.path("first"), &[]);
    let ended = close(&bench, &["first"], &["--json"]).must_end(0);
    let window = ended.json();
    assert_eq!(window["schema"], "crosswipe.window/1");
    for (key, value) in [("verdict", "clean"), ("go_live", "yes"), ("level", "L4")] {
        assert_eq!(window[key], value, "{key}");
    }
    assert_eq!(window["findings"], Value::Array(Vec::new()));
    assert_eq!(
        (
            &window["coverage"]["passed"],
            &window["coverage"]["planned"]
        ),
        (&8.into(), &8.into())
    );
    let written = fs::read_to_string(bench.path("window").join("window.json")).unwrap();
    assert_eq!(written, ended.out, "what is printed is what is kept");
    assert_eq!(
        files(&bench.path("first"), &[]),
        before,
        "a run is only read"
    );
    let page = go_live(&bench);
    let history = read(&bench.path("first")).unwrap();
    let (head, tail) = (
        chain_groups(&history.records[0].sha256),
        chain_groups(&history.last().sha256),
    );
    for word in [
        "可以上线",
        "签",
        &head,
        &tail,
        "default-src &#x27;none&#x27;",
    ] {
        let word = if word == "签" { "复核人" } else { word };
        assert!(page.contains(word), "no `{word}` in the statement");
    }
    for mark in ["<script", "http://", "https://", "url("] {
        assert!(!page.contains(mark), "`{mark}` in the statement");
    }

    // A note of the chain is held against the run that it belongs to.
    let note = format!("{head} {tail}");
    let noted = close(&bench, &["first"], &["--anchor", &note, "--lang", "en"]).must_end(0);
    assert!(noted.out.contains("anchor-agrees"), "{}", noted.out);
    let other = head.replace(|c: char| c.is_ascii_hexdigit(), "7");
    for text in [other.clone(), format!("{head} {other}")] {
        let window = close(&bench, &["first"], &["--json", "--anchor", &text])
            .must_end(1)
            .json();
        assert!(
            window["findings"].to_string().contains("evidence:tampered"),
            "{text}: {window}"
        );
    }

    // What cannot be judged together is refused, by name, and nothing is judged.
    copy(&bench.path("first"), &bench.path("copy"));
    close(&bench, &["first", "copy"], &[])
        .must_end(64)
        .must_say(&["cli::run_twice", "first", "copy"]);
    close_plan(&bench, &plan("zhejiang-2017"), &["first"], &[])
        .must_end(64)
        .must_say(&["cli::other_plan", "pair-demo", "zhejiang-2017"]);
    close(&bench, &["first", "nowhere"], &[])
        .must_end(64)
        .must_say(&["nowhere"]);
    fs::write(bench.path("window").join("notes.txt"), "mine").unwrap();
    close(&bench, &["first"], &[])
        .must_end(64)
        .must_say(&["cli::output_busy"]);
    fs::remove_dir_all(bench.path("window")).unwrap();

    // A changed plan and a changed byte are no reason to refuse, and never clean.
    let changed = bench.changed_plan("plan.yaml", "虚构公告", "另一公告");
    let window = close_plan(&bench, &changed, &["first"], &["--json"])
        .must_end(2)
        .json();
    assert_eq!(classes(&window), ["window:plan-changed"]);
    let export = bench.path("copy").join("exports/hub-990000.t1.json");
    let export = if export.exists() {
        export
    } else {
        let mut names: Vec<_> = fs::read_dir(bench.path("copy").join("exports"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        names
            .into_iter()
            .find(|path| path.to_string_lossy().ends_with(".t1.json"))
            .unwrap()
    };
    let text = fs::read_to_string(&export).unwrap();
    fs::write(&export, text.replacen(":1", ":2", 1)).unwrap();
    let window = close(&bench, &["copy"], &["--json"]).must_end(1).json();
    assert!(
        classes(&window).contains(&"window:run-violated".to_owned()),
        "{window}"
    );
}

#[test]
fn runs_in_worlds_of_their_own_are_said_so_and_one_left_out_is_noticed() {
    let bench = Bench::new();
    // A drill that breaks, a run of some cases, one that was killed before it opened anything.
    bench
        .run(
            "one",
            &[
                "--quiet",
                "--case",
                "outpatient",
                "--fault",
                "accumulator-not-restored",
            ],
        )
        .must_end(1);
    for name in ["two", "three"] {
        bench
            .run(name, &["--quiet", "--case", "outpatient"])
            .must_end(0);
    }
    let window = close(&bench, &["three", "one", "two"], &["--json"])
        .must_end(1)
        .json();
    let places: Vec<&str> = window["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["run_id"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["one", "two", "three"], "in order of time");
    assert_eq!(window["verdict"], "violated");
    assert_eq!(window["go_live"], "no");
    let classes_of = |window: &Value| classes(window);
    for class in ["window:run-violated", "window:worlds"] {
        assert!(classes_of(&window).contains(&class.to_owned()), "{window}");
    }
    assert!(
        window["findings"].as_array().unwrap().len() < 12,
        "books of two worlds are not compared"
    );
    assert!(
        !window["coverage"]["never_run"]
            .as_array()
            .unwrap()
            .is_empty(),
        "inpatient cases were in no run"
    );
    for (given, place) in [
        (vec!["one", "three"], "before three"),
        (vec!["two", "three"], "before two"),
        (vec!["one", "two"], "last at its site"),
    ] {
        let window = close(&bench, &given, &["--json"]).json();
        let missing = window["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["class"] == "window:missing-run")
            .unwrap_or_else(|| panic!("{given:?}: {window}"))
            .clone();
        assert_eq!(missing["where"], place, "{given:?}");
    }
    let told = close(&bench, &["two", "three"], &[]).must_end(2);
    for word in ["不在同一套账上", "缺一次运行", "尚不能上线", "链首"] {
        assert!(told.out.contains(word), "no `{word}` in {}", told.out);
    }
    let told = close(&bench, &["two", "three"], &["--lang", "en"]).must_end(2);
    assert!(
        told.out.contains("not on the same books") && told.out.contains("may not go live yet"),
        "{}",
        told.out
    );
}
