//! 分片与合并 · The shards of a plan put together are the run that was never parted; what does not fit is refused by name;
//! and what a run left to do is run again, never on top of what still stands.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::world::World;
use super::{Bench, copy, crosswipe, files, plan};

/// Runs each shard; those without a case end with nothing checked and leave no folder.
#[track_caller]
fn shards(bench: &Bench, of: u64, more: &[&str]) -> Vec<String> {
    let mut made = Vec::new();
    for number in 1..=of {
        let (name, shard) = (format!("s{number}"), format!("{number}/{of}"));
        let out = bench.text(&name);
        let pair_demo = plan("pair-demo");
        let mut args = vec![
            "run", &pair_demo, "--out", &out, "--quiet", "--shard", &shard,
        ];
        args.extend(more);
        let ended = crosswipe(&args);
        match ended.code {
            Some(5) => {
                ended.must_say(&["cli::nothing_selected", &shard]);
                assert!(!bench.path(&name).exists(), "{name}");
            }
            _ => made.push(out),
        }
    }
    made
}

fn merge(bench: &Bench, runs: &[String], out: &str, more: &[&str]) -> super::Ended {
    let out = bench.text(out);
    let mut args = vec!["merge", "--out", &out];
    args.extend(runs.iter().map(String::as_str));
    args.extend(more);
    crosswipe(&args)
}

/// What may differ: who ran it, where, with which chain, and how many rows were compared on how many books.
#[track_caller]
fn must_tell_the_same(whole: &Value, merged: &Value) {
    for key in [
        "verdict",
        "exit",
        "level",
        "not_checked",
        "cases",
        "matrix",
        "transactions",
        "open",
        "findings",
        "faults",
        "plan",
        "transport",
    ] {
        assert_eq!(whole[key], merged[key], "{key}");
    }
    let states = |run: &Value| -> Vec<(Value, Value)> {
        let rules = run["rules"].as_array().unwrap().iter();
        rules
            .map(|rule| (rule["rule"].clone(), rule["state"].clone()))
            .collect()
    };
    assert_eq!(states(whole), states(merged));
    assert_eq!(states(whole).len(), 14);
    let results = |run: &Value| -> BTreeSet<(String, String, String)> {
        let text = |case: &Value, key: &str| case[key].to_string();
        let cases = run["results"].as_array().unwrap().iter();
        cases
            .map(|case| {
                (
                    text(case, "case"),
                    text(case, "result"),
                    text(case, "rollback"),
                )
            })
            .collect()
    };
    assert_eq!(results(whole), results(merged));
}

#[test]
fn shards_put_together_are_the_run_that_was_never_parted() {
    let bench = Bench::new();
    let whole = bench
        .run("whole", &["--json", "--quiet"])
        .must_end(0)
        .json();
    let runs = shards(&bench, 4, &[]);
    assert!((2..=4).contains(&runs.len()), "{runs:?}");
    let before: Vec<_> = runs.iter().map(|run| files(run.as_ref(), &[])).collect();
    let merged = merge(&bench, &runs, "merged", &["--json"])
        .must_end(0)
        .json();
    must_tell_the_same(&whole, &merged);
    let after: Vec<_> = runs.iter().map(|run| files(run.as_ref(), &[])).collect();
    assert_eq!(before, after, "a run is only read");
    assert_eq!(
        merged["journal"]["parts"].as_array().unwrap().len(),
        runs.len()
    );

    // Given in another order, and merged in two goes, it is the same.
    let mut turned = runs.clone();
    turned.reverse();
    let again = merge(&bench, &turned, "turned", &["--json"])
        .must_end(0)
        .json();
    must_tell_the_same(&merged, &again);
    let once_more = merge(&bench, &[bench.text("merged")], "twice", &["--json"]).must_end(0);
    must_tell_the_same(&merged, &once_more.json());

    // It reads like a run, stands by itself, and keeps no keys.
    for run in &runs {
        fs::remove_dir_all(run).unwrap();
    }
    let dir = bench.text("merged");
    let verified = crosswipe(&["verify", &dir, "--json"]).must_end(0).json();
    must_tell_the_same(&merged, &verified);
    for format in ["html", "junit", "json"] {
        crosswipe(&["report", &dir, "--format", format]).must_end(0);
    }
    let page = fs::read_to_string(bench.path("merged").join("report.html")).unwrap();
    assert!(
        page.contains("01-s"),
        "the page names where the evidence lies"
    );
    let kept = files(&bench.path("merged"), &[]);
    for name in kept {
        let name = name.display().to_string();
        assert!(
            !name.contains("private") && !name.contains("parties/"),
            "{name}"
        );
    }
    // What is done to one chain is done to a part.
    for command in [
        vec!["resume", &dir],
        vec!["review", &dir],
        vec![
            "verify",
            &dir,
            "--anchor",
            "1a2b 3c4d 5e6f 7081 92a3 b4c5 d6e7 f809",
        ],
    ] {
        crosswipe(&command).must_end(64).must_say(&["parts"]);
    }
}

#[test]
fn a_fault_in_one_shard_is_told_of_the_whole_and_a_changed_part_too() {
    let bench = Bench::new();
    let fault = ["--fault", "hub-drops-forwarded-reversal"];
    let runs = shards(&bench, 2, &fault);
    let merged = merge(&bench, &runs, "merged", &["--json"])
        .must_end(1)
        .json();
    assert_eq!(merged["verdict"], "violated");
    let classes: Vec<String> = super::classes(&merged);
    assert!(
        classes.contains(&"one-sided:insured".to_owned()),
        "{classes:?}"
    );
    // What follows from a cause still points at it.
    let findings = merged["findings"].as_array().unwrap();
    let met = merged["faults"][0]["matched"].as_u64().unwrap();
    assert!(met >= 1);
    for finding in findings {
        if let Some(cause) = finding["follows_from"].as_u64() {
            let cause = &findings[usize::try_from(cause).unwrap()];
            assert!(cause["follows_from"].is_null(), "{finding}");
        }
    }

    // Each part ends with its own verdict, the whole once and last, with that of the whole.
    crosswipe(&["report", &bench.text("merged"), "--format", "events"]).must_end(1);
    let lines = fs::read_to_string(bench.path("merged").join("events.ndjson")).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ends = |event: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["event"] == event).collect()
    };
    let parts = ends("part.finished");
    let named: Vec<&str> = parts
        .iter()
        .filter_map(|end| end["part"].as_str())
        .collect();
    assert_eq!(named, ["s1", "s2"]);
    assert_eq!(ends("run.finished"), [lines.last().unwrap()]);
    assert_eq!(lines.last().unwrap()["verdict"], "violated");
    let told = &lines.last().unwrap()["classes"];
    assert!(
        told.as_array()
            .unwrap()
            .contains(&"one-sided:insured".into()),
        "{told}"
    );

    // A clean one of which a part was exchanged for another run of the same shard.
    let bench = Bench::new();
    let runs = shards(&bench, 2, &[]);
    merge(&bench, &runs, "merged", &[]).must_end(0);
    let part = bench.path("merged").join("parts/01-s1");
    let other = bench.text("other");
    crosswipe(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &other,
        "--quiet",
        "--shard",
        "1/2",
    ])
    .must_end(0);
    fs::remove_dir_all(&part).unwrap();
    copy(other.as_ref(), &part);
    let dir = bench.text("merged");
    let told = crosswipe(&["verify", &dir, "--json"]).must_end(1).json();
    assert!(
        super::classes(&told).contains(&"evidence:tampered".to_owned()),
        "{told}"
    );
    fs::remove_dir_all(&part).unwrap();
    crosswipe(&["verify", &dir])
        .must_end(64)
        .must_say(&["01-s1"]);
    fs::write(bench.path("merged").join("merged.json"), "{}").unwrap();
    crosswipe(&["verify", &dir])
        .must_end(64)
        .must_say(&["cli::merge", "merged.json"]);
}

#[test]
fn what_is_no_whole_set_of_shards_is_refused_and_nothing_is_written() {
    let bench = Bench::new();
    let runs = shards(&bench, 2, &[]);
    assert_eq!(runs.len(), 2, "both shards of two have cases");
    let refused = |runs: &[String], words: &[&str]| {
        merge(&bench, runs, "never", &[])
            .must_end(64)
            .must_say(words);
        assert!(!bench.path("never").exists());
    };
    refused(&runs[..1], &["cli::merge", "shard 2/2 is missing"]);
    let twice = [runs[0].clone(), runs[1].clone(), runs[0].clone()];
    refused(&twice, &["cli::run_twice", "s1"]);
    bench.run("whole", &["--quiet"]).must_end(0);
    let mixed = [runs[0].clone(), runs[1].clone(), bench.text("whole")];
    refused(&mixed, &["cli::merge", "not shards", "more is in"]);
    refused(&[bench.text("nowhere")], &["nowhere"]);
    // Another text of the plan.
    let changed = bench.changed_plan("plan.yaml", "虚构公告", "另一公告");
    let other = bench.text("changed");
    crosswipe(&[
        "run", &changed, "--out", &other, "--quiet", "--shard", "2/2",
    ])
    .must_end(0);
    refused(
        &[runs[0].clone(), other],
        &["cli::merge", "different files"],
    );
    let moved = bench.text("moved");
    crosswipe(&[
        "run",
        &plan("pair-demo"),
        "--out",
        &moved,
        "--quiet",
        "--shard",
        "2/2",
        "--shift",
        "+2d",
    ])
    .must_end(0);
    refused(&[runs[0].clone(), moved], &["cli::merge", "moved"]);
    for typed in ["0/2", "3/2", "2", "a/b", "1/0"] {
        crosswipe(&["run", &plan("pair-demo"), "--shard", typed, "--list"])
            .must_end(64)
            .must_say(&["cli::shard", typed]);
    }
}

#[test]
fn what_failed_is_run_again_and_never_on_top_of_what_stands() {
    let bench = Bench::new();
    let pair_demo = plan("pair-demo");
    let again = |plan: &str, run: &str, which: &str| {
        let of = bench.text(run);
        crosswipe(&["run", plan, "--rerun", which, "--of", &of, "--list"])
    };
    // What was not selected was left undone.
    let out = bench.text("part");
    crosswipe(&[
        "run",
        &pair_demo,
        "--out",
        &out,
        "--quiet",
        "--case",
        "outpatient/",
    ])
    .must_end(0);
    again(&pair_demo, "part", "failed")
        .must_end(5)
        .must_say(&["nothing that was selected failed"]);
    let rest = again(&pair_demo, "part", "open").must_end(0);
    assert_eq!(rest.out.lines().count(), 6, "{}", rest.out);
    assert!(!rest.out.contains("outpatient/"), "{}", rest.out);

    // An expectation that does not hold.
    let wrong = bench.changed_plan(
        "bounds.yaml",
        "discharge_last: yes, expect: {outcome: ok}",
        "discharge_last: yes, expect: {outcome: refused}",
    );
    let out = bench.text("failed");
    crosswipe(&["run", &wrong, "--out", &out, "--quiet"]).must_end(1);
    let failed = again(&wrong, "failed", "failed").must_end(0);
    assert_eq!(failed.out.lines().count(), 1, "{}", failed.out);
    assert!(failed.out.contains("bounds/arranged"), "{}", failed.out);
    again(&wrong, "failed", "open")
        .must_end(5)
        .must_say(&["left undone"]);

    // The same while what it swiped still stands at the insured place: refused, and nothing is sent.
    let out = bench.text("stands");
    let fault = "hub-drops-forwarded-reversal:on=2305";
    crosswipe(&[
        "run", &wrong, "--out", &out, "--quiet", "--case", "arranged", "--fault", fault,
    ])
    .must_end(1);
    again(&wrong, "stands", "failed").must_end(3).must_say(&[
        "cli::rerun",
        "bounds/arranged",
        "crosswipe resume",
    ]);

    // Which run is meant.
    again(&plan("qianjiang-2021"), "part", "failed")
        .must_end(64)
        .must_say(&["cli::other_plan", "pair-demo"]);
    again(&pair_demo, "nowhere", "failed")
        .must_end(64)
        .must_say(&["nowhere"]);
    crosswipe(&["run", &pair_demo, "--of", &out]).must_end(64);
}

/// Shards that share books are judged as one: neither takes the rows of the other for strangers', and what one left is
/// told once.
#[test]
fn shards_on_the_same_books_are_judged_as_one() {
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let served = ["--served", &world.dir()];
    let runs = shards(&bench, 2, &served);
    let merged = merge(&bench, &runs, "merged", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(merged["findings"], Value::Array(Vec::new()));
    assert_eq!(merged["cases"]["passed"], 8);
    let whole = bench
        .run("whole", &["--json", "--quiet"])
        .must_end(0)
        .json();
    must_tell_the_same(&whole, &merged);

    let bench = Bench::new();
    let fault = ["--fault", "hub-drops-forwarded-reversal"];
    let world = World::serve_with(bench.path("world"), &plan("pair-demo"), &fault);
    let served = ["--served", &world.dir(), "--json"];
    let runs = shards(&bench, 2, &served);
    let merged = merge(&bench, &runs, "merged", &["--json"])
        .must_end(1)
        .json();
    let own: Vec<Value> = runs
        .iter()
        .flat_map(|run| {
            let report = crosswipe(&["verify", run, "--json"]).json();
            report["findings"].as_array().unwrap().clone()
        })
        .collect();
    let roots = |findings: &[Value]| -> BTreeSet<(String, String)> {
        let roots = findings
            .iter()
            .filter(|one| one.get("follows_from").is_none_or(Value::is_null));
        roots
            .map(|one| (one["class"].to_string(), one["txid"].to_string()))
            .collect()
    };
    let of_merged = roots(merged["findings"].as_array().unwrap());
    assert!(
        of_merged
            .iter()
            .any(|(class, _)| class.contains("one-sided:insured")),
        "{of_merged:?}"
    );
    assert!(
        roots(&own).is_superset(&of_merged),
        "{own:?} and {of_merged:?}"
    );
}

/// People spoke of parts: each line stays what it was, of the part that it was said of, and a broken one is no word at all.
#[test]
fn what_people_said_of_the_parts_and_whom_to_call_stand_in_the_whole() {
    let bench = Bench::new();
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    let contacts = "place,department,business,business_phone,systems,systems_phone\n";
    let header = fs::read_to_string(format!("{}/contacts.csv", plan("starter"))).unwrap();
    let header = header.lines().next().unwrap_or(contacts).to_owned();
    fs::write(
        bench.path("plan").join("contacts.csv"),
        format!("{header}\n330200,医保中心,王主任,0574-1111,李工,0574-2222\n"),
    )
    .unwrap();
    let file = bench.path("plan").join("plan.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\ncontacts: contacts.csv\n")).unwrap();
    let plan = bench.text("plan");
    let mut runs = Vec::new();
    for number in ["1/2", "2/2"] {
        let out = bench.text(&format!("s{}", &number[..1]));
        crosswipe(&["run", &plan, "--out", &out, "--quiet", "--shard", number]).must_end(0);
        runs.push(out);
    }
    let ran = |run: &str| -> Value { crosswipe(&["verify", run, "--json"]).must_end(0).json() };
    let case = |run: &str| ran(run)["results"][0]["case"].as_str().unwrap().to_owned();
    let (first, second) = (case(&runs[0]), case(&runs[1]));
    let say = |run: &str, args: &[&str]| crosswipe(&[&["review", run], args].concat()).must_end(0);
    say(
        &runs[0],
        &[
            "comment",
            "--case",
            &first,
            "--by",
            "王五",
            "--text",
            "窗口电话核过",
        ],
    );
    say(&runs[0], &["sign", "--by", "李四", "--role", "复核人"]);
    say(
        &runs[1],
        &["comment", "--by", "赵六", "--text", "第二片都看过"],
    );
    say(
        &runs[1],
        &["comment", "--case", &second, "--by", "赵六", "--text", "慢"],
    );
    let merged = merge(&bench, &runs, "merged", &["--json"])
        .must_end(0)
        .json();
    let said = |whole: &Value| -> Vec<(String, String)> {
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let said = whole["review"]["said"].as_array().unwrap().iter();
        said.map(|one| (text(one, "part"), text(one, "reason")))
            .collect()
    };
    let expected = [
        ("s1", "窗口电话核过"),
        ("s1", ""),
        ("s2", "第二片都看过"),
        ("s2", "慢"),
    ];
    let expected = expected.map(|(part, reason)| (part.to_owned(), reason.to_owned()));
    assert_eq!(said(&merged), expected);
    assert_eq!(merged["review"]["state"], "held");
    assert_eq!(
        merged["review"]["tail"],
        Value::Null,
        "two chains have no one end"
    );
    // However they are given.
    let turned: Vec<String> = runs.iter().rev().cloned().collect();
    let again = merge(&bench, &turned, "turned", &["--json"])
        .must_end(0)
        .json();
    assert_eq!(again["review"], merged["review"]);

    let dir = bench.text("merged");
    let told = crosswipe(&["verify", &dir, "--lang", "zh"]).must_end(0).out;
    let packed: String = told.split_whitespace().collect();
    for words in [
        "王五（运行s1）",
        "李四（运行s1）",
        "该次运行意见「第二片都看过」，赵六（运行s2）",
    ] {
        assert!(packed.contains(words), "{words} in {told}");
    }
    let all = [
        "report", &dir, "--format", "md", "--format", "html", "--format", "csv", "--lang", "en",
    ];
    crosswipe(&all).must_end(0);
    let csv = fs::read_to_string(bench.path("merged").join("csv/review.csv")).unwrap();
    assert!(
        csv.contains("李四 (run s1)") && csv.contains("that run"),
        "{csv}"
    );
    assert!(
        bench
            .path("merged")
            .join("parts/01-s1/contacts.json")
            .exists()
    );

    crosswipe(&["review", &dir, "comment", "--by", "王五", "--text", "好"])
        .must_end(64)
        .must_say(&["cli::merge", "parts"]);

    // One part's review was changed: nothing of it counts, whose it is is said, and the whole is not clean.
    let file = bench.path("merged").join("parts/01-s1/review.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("窗口电话核过", "没有核过")).unwrap();
    let broken = crosswipe(&["verify", &dir, "--json"]).must_end(1).json();
    assert_eq!(broken["review"]["state"], "violated");
    assert!(
        broken["review"]["defect"]
            .as_str()
            .unwrap()
            .starts_with("s1 line 1")
    );
    assert_eq!(said(&broken), expected[2..]);
    let told = crosswipe(&["verify", &dir, "--lang", "en"]).must_end(1).out;
    let packed: String = told.split_whitespace().collect();
    assert!(
        packed.contains("thereviewchainofruns1doesnothold"),
        "{told}"
    );
}
