//! 一台多跑 · Runs on the same served books, closed together by the real binary: one of them killed in the middle, one left out.
//!
//! Simulated time begins anew with each run, so that everything that must be told apart is told apart by numbers.

use std::collections::BTreeMap;
use std::fs;

use crosswipe_journal::{Payload, read};

use super::served::has_settled;
use super::world::World;
use super::{Bench, DEADLINE, Ended, PAUSE, classes, copy, crosswipe, plan, start};
use crosswipe_runner::clock::Stopwatch;
use std::path::Path;

/// pair-demo with its outpatient matrix alone: two cases.
pub(super) fn small_plan(bench: &Bench) -> String {
    copy(Path::new(&plan("pair-demo")), &bench.path("plan"));
    let path = bench.path("plan").join("plan.yaml");
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        (
            "[outpatient.yaml, inpatient.yaml, bounds.yaml]",
            "[outpatient.yaml]",
        ),
        (
            "business: [outpatient, inpatient]",
            "business: [outpatient]",
        ),
    ] {
        assert!(text.contains(from), "plan.yaml holds `{from}`");
        text = text.replacen(from, to, 1);
    }
    fs::write(path, text).unwrap();
    bench.text("plan")
}

#[track_caller]
fn close(bench: &Bench, plan: &str, runs: &[&str]) -> Ended {
    let (out, folders) = (bench.text("window"), runs.iter().map(|run| bench.text(run)));
    let folders: Vec<String> = folders.collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    crosswipe(&[&["close", plan, "--out", &out, "--json"], &folders[..]].concat())
}

/// Every number that was ever sent, and by how many runs.
fn numbers(bench: &Bench, runs: &[&str]) -> BTreeMap<(String, String), usize> {
    let mut numbers = BTreeMap::new();
    for run in runs {
        let history = read(&bench.path(run)).unwrap();
        let mut of_run: Vec<(String, String)> = history
            .records
            .iter()
            .filter_map(|record| match &record.payload {
                Payload::Intent(sent) => Some((sent.origin.clone(), sent.msgid.to_string())),
                Payload::CompIntent(sent) => Some((sent.origin.clone(), sent.msgid.to_string())),
                _ => None,
            })
            .collect();
        of_run.sort();
        of_run.dedup();
        for number in of_run {
            *numbers.entry(number).or_default() += 1;
        }
    }
    numbers
}

#[test]
fn runs_on_the_same_books_close_clean_with_one_killed_in_the_middle_and_one_left_out_is_noticed() {
    let bench = Bench::new();
    let plan = small_plan(&bench);
    let world = World::serve_plan(bench.path("world"), &plan);
    let served = ["--served", &world.dir(), "--quiet", "--lang", "en"].map(str::to_owned);
    let served: Vec<&str> = served.iter().map(String::as_str).collect();
    bench.run_plan(&plan, "one", &served).must_end(0);

    // The second is killed with a settlement standing; meanwhile nobody else may begin.
    let out = bench.text("two");
    let mut second = start(&[&["run", &plan, "--out", &out], &served[..]].concat());
    let begun = Stopwatch::start();
    while second.lives() && !has_settled(&bench.path("two")) {
        assert!(begun.elapsed() < DEADLINE, "{}", second.said("err"));
        std::thread::sleep(PAUSE);
    }
    let pid = second.child.id().to_string();
    signal(&pid, "-STOP");
    assert!(second.lives(), "it was killed, not awaited");
    bench
        .run_plan(&plan, "beside", &served)
        .must_end(4)
        .must_say(&[
            "error[cli::world_busy]",
            &format!("two`, process {pid} since 20"),
            &format!("crosswipe resume {out} --takeover"),
        ]);
    assert!(!bench.path("beside").exists(), "nothing was begun");
    second.kill();
    crosswipe(&["resume", &out, "--quiet"]).must_end(0);
    let resumed = read(&bench.path("two")).unwrap();
    assert!(
        resumed
            .records
            .iter()
            .any(|record| matches!(record.payload, Payload::Takeover(_))),
        "it was resumed"
    );
    bench.run_plan(&plan, "three", &served).must_end(0);

    let all = ["one", "two", "three"];
    let numbers = numbers(&bench, &all);
    let twice: Vec<_> = numbers.iter().filter(|(_, runs)| **runs > 1).collect();
    println!(
        "{} message numbers of three runs, none twice",
        numbers.len()
    );
    assert!(numbers.len() > 150 && twice.is_empty(), "{twice:?}");

    let window = close(&bench, &plan, &["three", "one", "two"])
        .must_end(0)
        .json();
    assert_eq!(window["verdict"], "clean");
    assert_eq!(window["go_live"], "yes");
    assert_eq!(window["worlds"][0]["runs"], serde_json::json!([1, 2, 3]));
    let compared = &window["worlds"][0]["compared"];
    println!("compared where one run ends and the next begins: {compared}");
    assert_eq!(compared["seams"], 2 * world.parties.len() as u64);
    assert!(compared["rows"].as_u64() > Some(500), "{compared}");

    // Whatever is left out is missed; its rows are nobody's then, and nothing else is wrong.
    for (left, given) in [("two", ["one", "three"]), ("three", ["one", "two"])] {
        let window = close(&bench, &plan, &given).must_end(2).json();
        let classes = classes(&window);
        assert!(
            classes.contains(&"window:missing-run".to_owned()),
            "{left}: {classes:?}"
        );
        let other =
            |class: &&String| *class != "window:missing-run" && !class.starts_with("foreign:");
        let others: Vec<&String> = classes.iter().filter(other).collect();
        assert!(others.is_empty(), "{left}: {others:?}");
    }
}

#[track_caller]
fn signal(pid: &str, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([name, pid])
        .status();
    assert!(sent.unwrap().success());
}

/// Between two runs somebody else works on the same books: his rows belong to no run that is closed.
#[test]
fn rows_born_between_two_runs_are_explained_by_name_when_the_window_is_closed() {
    let bench = Bench::new();
    let plan = small_plan(&bench);
    let world = World::serve_plan(bench.path("world"), &plan);
    let served = ["--served", &world.dir(), "--quiet"].map(str::to_owned);
    let served: Vec<&str> = served.iter().map(String::as_str).collect();
    bench.run_plan(&plan, "one", &served).must_end(0);
    // To those who close without it, the second run is somebody else.
    bench.run_plan(&plan, "two", &served).must_end(0);
    bench.run_plan(&plan, "three", &served).must_end(0);

    let (out, one, three) = (bench.text("window"), bench.text("one"), bench.text("three"));
    let close = |more: &[&str]| {
        let args = ["close", &plan, "--out", &out, "--json", &one, &three];
        crosswipe(&[&args[..], more].concat()).must_be_civil()
    };
    let before = close(&[]).must_end(2).json();
    let found = before["findings"].as_array().unwrap();
    let strange = |one: &&serde_json::Value| one["class"].as_str().unwrap().starts_with("foreign:");
    let foreign = found.iter().filter(strange).count();
    assert!(foreign > 8, "{:?}", classes(&before));
    assert!(!bench.path("window/review.jsonl").exists());

    close(&[
        "--explain-foreign",
        "all",
        "P-000000000000",
        "--by",
        "张三",
        "--reason",
        "别的测试",
    ])
    .must_end(64)
    .must_say(&["error[cli::not_foreign]"]);
    close(&[
        "--explain-foreign",
        "all",
        "P-000000000000",
        "--by",
        " ",
        "--reason",
        "别的测试",
    ])
    .must_end(64)
    .must_say(&["error[cli::review_nameless]"]);
    let persons: std::collections::BTreeSet<&str> = found
        .iter()
        .filter(strange)
        .filter_map(|one| one["person"].as_str())
        .collect();
    let mut more = vec!["--by", "张三", "--reason", "别的测试"];
    for person in &persons {
        more.extend(["--explain-foreign", "all", *person]);
    }
    let after = close(&more).json();
    assert_eq!(classes(&after), ["window:missing-run"]);
    assert_eq!(after["exit"], 2, "nobody explains a run that is missing");
    let said = after["statements"].as_array().unwrap();
    assert!(
        said.len() >= foreign && said.iter().all(|one| one["holds"] == true),
        "{said:?}"
    );
    let page = fs::read_to_string(bench.path("window/go-live.html")).unwrap();
    assert!(
        page.contains("张三") && page.contains("别的测试"),
        "whoever signs reads who explained"
    );

    // Said once, it is read again; the runs themselves were not touched.
    close(&[]).must_end(2);
    assert!(!bench.path("one/review.jsonl").exists() && !bench.path("three/review.jsonl").exists());
    let path = bench.path("window/review.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // Its end is kept beside it: a line that is cut off is missed, and so is the whole of it.
    let last = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
    for cut in [&text[..last], ""] {
        fs::write(&path, cut).unwrap();
        let changed = close(&[]).must_end(1).json();
        assert!(classes(&changed).contains(&"evidence:tampered".to_owned()));
    }
    fs::remove_file(&path).unwrap();
    let gone = close(&[]).must_end(1).json();
    assert!(classes(&gone).contains(&"evidence:tampered".to_owned()));
    fs::write(&path, &text).unwrap();
    close(&[]).must_end(2);
    fs::write(&path, text.replacen("张三", "李四", 1)).unwrap();
    let changed = close(&[]).must_end(1).json();
    assert!(classes(&changed).contains(&"evidence:tampered".to_owned()));
    close(&more)
        .must_end(64)
        .must_say(&["error[cli::review_changed]"]);
}
