//! 干净 · A clean run: the contract of `--json`, the files, and the same verdict later.

use std::collections::BTreeSet;
use std::fs;

use crosswipe_domain::sha256_hex;
use serde_json::Value;

use super::{Bench, all_rules, classes, crosswipe, files, rules};

#[test]
fn the_json_of_a_run_keeps_its_contract() {
    let bench = Bench::new();
    let ended = bench.run("run-7", &["--json"]).must_end(0);
    assert_eq!(ended.err, "", "nobody watches, so nothing is shown");
    let report = ended.json();
    let expected = serde_json::json!({
        "schema": "crosswipe.run/1", "run_id": "run-7", "dir": bench.text("run-7"), "verdict": "clean", "exit": 0,
        "level": "L4", "not_checked": [], "interrupted": false, "faults": [], "findings": [], "notes": [],
        "cases": {"planned": 8, "run": 8, "passed": 8, "failed": 0, "error": 0, "blocked": 0, "skipped": 0, "waived": 0},
        "matrix": {"pairs": 2, "covered": 2, "missing": []},
        "clock": "simulated", "transport": "http",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&report[key], value, "`{key}`");
    }
    let count = |key: &str| {
        report["transactions"][key]
            .as_u64()
            .unwrap_or_else(|| panic!("no count `{key}`"))
    };
    assert!(count("intended") > 50);
    assert_eq!(
        (count("ok"), count("reversed")),
        (count("intended"), count("intended"))
    );
    assert_eq!(
        (count("refused"), count("unknown"), count("unresolved")),
        (0, 0, 0)
    );
    assert_eq!(
        (
            &report["open"]["transactions"],
            &report["open"]["amount_fen"]
        ),
        (&0.into(), &0.into())
    );
    assert_eq!(rules(&report, "held"), all_rules());
    assert!(
        report["rules"]
            .as_array()
            .unwrap()
            .iter()
            .all(|rule| rule["level"] == "L4" && rule["compared"].as_u64() > Some(0))
    );
    assert!(
        report["books"]
            .as_array()
            .unwrap()
            .iter()
            .all(|book| book["t0"] == book["t1"] && book["cells"].as_u64() > Some(0))
    );
    assert!(
        report["books"]
            .as_array()
            .unwrap()
            .iter()
            .any(|book| book["peak"] != book["t0"]),
        "something was booked"
    );
    let sentence = report["sentence"]["en"].as_str().unwrap();
    assert!(
        sentence.contains("clean") && sentence.contains("L4") && sentence.contains("not checked"),
        "{sentence}"
    );
}

#[test]
fn a_run_is_judged_the_same_later_and_offline() {
    let bench = Bench::new();
    let run = bench.run("run", &["--json"]).must_end(0).json();
    let certificate = fs::read(bench.path("run").join("certificate.json")).unwrap();
    let verified = bench.verify("run").must_end(0).json();
    assert_eq!(verified, run);
    assert_eq!(verified["certificate_sha256"], sha256_hex(&certificate));
    assert_eq!(
        fs::read(bench.path("run").join("certificate.json")).unwrap(),
        certificate,
        "verify writes nothing"
    );
    let kept: Value =
        serde_json::from_slice(&fs::read(bench.path("run").join("report.json")).unwrap()).unwrap();
    assert_eq!(kept, run);
}

#[test]
fn a_certified_run_lies_elsewhere_without_its_private_parts_and_is_still_clean() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    super::copy(&bench.path("run"), &bench.path("bundle"));
    for part in ["private", "parties"] {
        fs::remove_dir_all(bench.path("bundle").join(part)).unwrap();
    }
    let verified = bench.verify("bundle").must_end(0).json();
    assert_eq!(
        (&verified["verdict"], classes(&verified).len()),
        (&"clean".into(), 0)
    );
}

#[test]
fn every_file_of_the_run_folder_is_there_and_the_sums_are_those_of_sha256sum() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let dir = bench.path("run");
    for name in [
        "journal.db",
        "journal.head",
        "certificate.json",
        "SHA256SUMS",
        "report.html",
        "report.json",
        "junit.xml",
    ] {
        assert!(
            fs::metadata(dir.join(name)).is_ok_and(|file| file.len() > 0),
            "{name}"
        );
    }
    for gone in ["journal.db-wal", "journal.db-shm", "reserve"] {
        assert!(
            !dir.join(gone).exists(),
            "{gone} belongs to a run under way"
        );
    }
    let sums = fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
    let mut listed = BTreeSet::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(
            sha256_hex(&fs::read(dir.join(name)).unwrap()),
            sum,
            "{name}"
        );
        listed.insert(name.to_owned());
    }
    let exports = files(&dir.join("exports"), &[]);
    assert!(
        exports.len() > 9 * 3,
        "t0, t1, t2 of nine parties, and looks"
    );
    let evidence = exports
        .iter()
        .map(|path| format!("exports/{}", path.file_name().unwrap().to_str().unwrap()));
    assert_eq!(
        listed,
        evidence
            .chain(["certificate.json", "journal.db"].map(str::to_owned))
            .collect()
    );
}

#[test]
fn the_page_needs_no_network() {
    let bench = Bench::new();
    bench
        .run("run", &["--quiet", "--fault", "accumulator-not-restored"])
        .must_end(1);
    let page = fs::read_to_string(bench.path("run").join("report.html")).unwrap();
    for mark in ["http://", "https://", "src=\"//", "@import", "url("] {
        assert!(!page.contains(mark), "`{mark}` in the page");
    }
    assert!(
        page.contains("Content-Security-Policy") && page.contains("default-src &#x27;none&#x27;")
    );
}

#[test]
fn two_runs_at_one_site_know_each_other() {
    let bench = Bench::new();
    for name in ["first", "second"] {
        bench.run(name, &["--quiet"]).must_end(0);
    }
    let [first, second] =
        ["first", "second"].map(|name| crosswipe_journal::read(&bench.path(name)).unwrap());
    assert_eq!(first.header().previous_tail, None);
    assert_eq!(
        second.header().previous_tail.as_ref(),
        Some(&first.last().sha256)
    );
    let people = |name: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(bench.path(name).join("certificate.json")).unwrap();
        text.split('"')
            .filter(|word| word.starts_with("P-"))
            .map(str::to_owned)
            .collect()
    };
    assert!(people("first").len() >= 7, "{:?}", people("first"));
    assert_eq!(people("first"), people("second"), "one person, one name");
    let elsewhere = Bench::new();
    elsewhere.run("third", &["--quiet"]).must_end(0);
    let third = fs::read_to_string(elsewhere.path("third").join("certificate.json")).unwrap();
    assert!(
        people("first")
            .iter()
            .all(|name| !third.contains(name.as_str())),
        "another site has another key"
    );
}

#[test]
fn one_run_is_told_in_both_languages_and_all_formats() {
    let bench = Bench::new();
    let zh = bench.run("run", &["--lang", "zh"]).must_end(0).out;
    assert!(
        zh.contains("已回退干净") && zh.contains("R1  余额复原") && zh.contains("杭州"),
        "{zh}"
    );
    let dir = bench.text("run");
    assert_eq!(
        crosswipe(&["report", &dir, "--lang", "zh"]).must_end(0).out,
        zh,
        "yesterday's run is told as today's"
    );
    assert_eq!(
        crosswipe(&["verify", &dir, "--lang", "zh"]).must_end(0).out,
        zh
    );
    let en = crosswipe(&["report", &dir, "--lang", "en"]).must_end(0).out;
    assert!(
        en.contains("rolled back, clean") && !en.contains("已回退"),
        "{en}"
    );
    let page = fs::read(bench.path("run").join("report.html")).unwrap();
    for name in ["report.html", "report.json", "junit.xml"] {
        fs::remove_file(bench.path("run").join(name)).unwrap();
    }
    crosswipe(&[
        "report", &dir, "--lang", "zh", "--format", "html", "--format", "json", "--format", "junit",
    ])
    .must_end(0);
    assert!(
        bench.path("run").join("report.json").is_file()
            && bench.path("run").join("junit.xml").is_file()
    );
    assert_eq!(
        fs::read(bench.path("run").join("report.html")).unwrap(),
        page,
        "the page can be rebuilt from the evidence"
    );
    // What is written on demand is the same each time, too, and beside what was sealed.
    let written = || {
        crosswipe(&[
            "report", &dir, "--lang", "zh", "--format", "xlsx", "--format", "csv", "--format", "md",
        ])
        .must_end(0);
        let all = super::files(&bench.path("run"), &["exports", "parties", "private"]);
        let made = all.into_iter().filter(|path| {
            let kind = path.extension().and_then(|kind| kind.to_str());
            matches!(kind, Some("xlsx" | "csv" | "md"))
        });
        made.map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect::<Vec<_>>()
    };
    let first = written();
    assert_eq!(
        first.len(),
        1 + 8 + 1,
        "{:?}",
        first.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    assert!(first == written(), "the same run, the same bytes");
    crosswipe(&["verify", &dir]).must_end(0);
}

#[test]
fn the_one_seed_makes_the_same_business_with_one_job_as_with_many() {
    let bench = Bench::new();
    let many = bench
        .run("many", &["--json", "--seed", "5"])
        .must_end(0)
        .json();
    let one = bench
        .run("one", &["--json", "--seed", "5", "--jobs", "1"])
        .must_end(0)
        .json();
    assert_eq!((&many["seed"], &one["seed"]), (&5.into(), &5.into()));
    for key in ["cases", "transactions", "matrix", "rules", "results"] {
        if key == "rules" {
            assert_eq!(rules(&many, "held"), rules(&one, "held"));
        } else {
            assert_eq!(many[key], one[key], "`{key}`");
        }
    }
}

/// Without a socket: the same cases, a whole run folder, the same verdict.
#[test]
fn a_run_in_memory_is_clean_and_judged_again_alike() {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--json", "--transport", "memory"])
        .must_end(0)
        .json();
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["transport"], "memory");
    assert_eq!(report["cases"]["passed"], report["cases"]["planned"]);
    let again = bench.verify("run").must_end(0).json();
    assert_eq!(again["verdict"], "clean");
    let lost = [
        "--json",
        "--transport",
        "memory",
        "--fault",
        "hub-drops-forwarded-reversal",
    ];
    assert_eq!(
        bench.run("lost", &lost).must_end(1).json()["verdict"],
        "violated"
    );
}
