//! 复核 · Comments, overrides and signatures: told beside the verdict, never in its place, and held against the run.

use std::fs;

use serde_json::Value;

use super::{Bench, Ended, classes, crosswipe, plan};

fn say(bench: &Bench, args: &[&str]) -> Ended {
    let run = bench.text("run");
    crosswipe(&[&["review", &run][..], args, &["--lang", "en"]].concat()).must_be_civil()
}

/// A run with a year's sum that was not put back.
fn violated() -> (Bench, Value) {
    let bench = Bench::new();
    let args = ["--json", "--fault", "accumulator-not-restored"];
    let report = bench
        .run_plan(plan("pair-demo").as_ref(), "run", &args)
        .must_end(1)
        .json();
    (bench, report)
}

fn case_that(report: &Value, open: bool) -> String {
    let results = report["results"].as_array().unwrap();
    let of = |one: &&Value| (one["rollback"] == "open") == open && one["result"] == "passed";
    results.iter().find(of).unwrap()["case"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn said(document: &Value) -> &Vec<Value> {
    document["review"]["said"].as_array().unwrap()
}

#[test]
fn what_is_said_stands_beside_the_verdict_and_changes_nothing_of_it() {
    let (bench, report) = violated();
    let (good, bad) = (case_that(&report, false), case_that(&report, true));
    let id = report["findings"][0]["id"].as_str().unwrap();
    let sealed = fs::read(bench.path("run").join("certificate.json")).unwrap();
    for args in [
        vec![
            "comment",
            "--case",
            &good,
            "--by",
            "张三",
            "--text",
            "电话 13812345678 问过 110101199003070070",
        ],
        vec![
            "comment",
            "--finding",
            id,
            "--by",
            "张三",
            "--text",
            "厂商在改",
        ],
        vec![
            "override",
            "--case",
            &good,
            "--as",
            "failed",
            "--by",
            "李四",
            "--reason",
            "期望写错",
        ],
    ] {
        say(&bench, &args).must_end(1);
    }
    let told = bench.verify("run").must_end(1).json();
    for key in [
        "verdict",
        "rules",
        "findings",
        "cases",
        "certificate_sha256",
        "exit",
    ] {
        assert_eq!(told[key], report[key], "{key} stays");
    }
    assert_eq!(
        fs::read(bench.path("run").join("certificate.json")).unwrap(),
        sealed
    );
    assert!(!bench.path("run").join("certificate.reviewed.json").exists());
    assert_eq!(told["review"]["state"], "held");
    let lines = said(&told);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["state"] == "held"));
    assert_eq!(
        (&lines[2]["was"], &lines[2]["says"]),
        (&"passed".into(), &"failed".into())
    );
    let text = lines[0]["reason"].as_str().unwrap();
    assert!(
        text.contains("问过")
            && !text.contains("110101199003070070")
            && !text.contains("13812345678"),
        "{text}"
    );
    let kept = fs::read_to_string(bench.path("run").join("review.jsonl")).unwrap();
    assert!(
        !kept.contains("110101199003070070"),
        "it is not kept either"
    );

    // Every way in which it is told.
    let run = bench.text("run");
    let args = [
        "report", &run, "--format", "text", "--format", "md", "--format", "csv", "--lang", "zh",
    ];
    let page = crosswipe(&args).must_end(1).out;
    let file = |name: &str| fs::read_to_string(bench.path("run").join(name)).unwrap();
    for told in [&page, &file("report.md"), &file("csv/review.csv")] {
        assert!(told.contains("期望写错") && told.contains("李四"), "{told}");
        assert!(told.contains("原为「通过」"), "the original stays: {told}");
    }
    let of_case = |name: &str, what: &str| {
        let rows = file(name);
        let row = rows.lines().find(|row| row.contains(what));
        row.unwrap().to_owned()
    };
    assert!(of_case("csv/cases.csv", &good).contains("期望写错"));
    assert!(!of_case("csv/cases.csv", &bad).contains("期望写错"));
    assert!(of_case("csv/problems.csv", id).contains("厂商在改"));
}

/// Nobody signs an open rollback away.
#[test]
fn an_open_rollback_is_never_overridden_into_good() {
    let (bench, report) = violated();
    let bad = case_that(&report, true);
    let id = report["findings"][0]["id"].as_str().unwrap();
    for says in ["waived", "skipped"] {
        let args = [
            "override", "--case", &bad, "--as", says, "--by", "张三", "--reason", "没事",
        ];
        say(&bench, &args)
            .must_end(64)
            .must_say(&["cli::review_good", "open, failed or unknown"]);
    }
    let args = [
        "override",
        "--finding",
        id,
        "--by",
        "张三",
        "--reason",
        "没事",
    ];
    say(&bench, &args)
        .must_end(64)
        .must_say(&["cli::review_good"]);
    assert!(
        !bench.path("run").join("review.jsonl").exists(),
        "nothing was written"
    );
    let args = [
        "override",
        "--case",
        &bad,
        "--as",
        "failed",
        "--by",
        "张三",
        "--reason",
        "余额不对",
    ];
    say(&bench, &args).must_end(1);
}

/// What was typed, and what is told.
const SLIPS: [(&[&str], &[&str]); 9] = [
    (
        &[
            "comment",
            "--case",
            "bounds/nobody",
            "--by",
            "张三",
            "--text",
            "x",
        ],
        &["cli::review_target", "nearest"],
    ),
    (
        &[
            "comment",
            "--finding",
            "F-0000000000",
            "--by",
            "张三",
            "--text",
            "x",
        ],
        &["cli::review_target"],
    ),
    (
        &[
            "comment",
            "--transaction",
            "x/y.2207",
            "--by",
            "张三",
            "--text",
            "x",
        ],
        &["cli::review_target", "nearest"],
    ),
    (
        &["comment", "--by", " ", "--text", "x"],
        &["cli::review_nameless", "--by"],
    ),
    (
        &["comment", "--by", "张三", "--text", ""],
        &["cli::review_nameless", "--text"],
    ),
    (
        &["comment", "--by", "张三", "--text", "a\nb"],
        &["cli::review_text"],
    ),
    (
        &["override", "--by", "张三", "--reason", "x"],
        &["cli::review_target", "--case"],
    ),
    (&["sign", "--by", "张三", "--role", "局长"], &["经办人"]),
    (
        &[
            "--explain-foreign",
            "all",
            "x",
            "--by",
            "张三",
            "--reason",
            "x",
            "comment",
            "--by",
            "张三",
            "--text",
            "x",
        ],
        &["cli::review_two"],
    ),
];

#[test]
fn a_slip_is_told_and_nothing_is_written() {
    let bench = ended();
    for (args, told) in SLIPS {
        say(&bench, args).must_end(64).must_say(told);
    }
    assert!(!bench.path("run").join("review.jsonl").exists());
}

/// A small run that ended clean.
fn ended() -> Bench {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    bench
}

#[test]
fn a_signature_names_what_is_open_and_notices_what_comes_after() {
    let (bench, _) = violated();
    let sign = |more: &[&str]| {
        say(
            &bench,
            &[&["sign", "--by", "李四", "--role", "复核人"][..], more].concat(),
        )
    };
    sign(&[]).must_end(64).must_say(&["cli::review_open", "F-"]);
    sign(&["--finding", "gate:order"])
        .must_end(64)
        .must_say(&["cli::review_target"]);
    sign(&["--finding", "residue:accumulator"]).must_end(1);
    let told = bench.verify("run").must_end(1).json();
    let signed = &said(&told)[0];
    assert_eq!(
        (&signed["state"], &signed["why"]),
        (&"held".into(), &Value::Null)
    );
    assert_eq!(signed["signed"]["with_findings"], false);
    let file = fs::read(bench.path("run").join("certificate.json")).unwrap();
    let digest = crosswipe_domain::sha256_hex(&file);
    assert_eq!(
        signed["signed"]["certificate_sha256"], digest,
        "sha256sum finds the same"
    );
    sign(&["--finding", "residue:accumulator"]).must_end(1);
    assert_eq!(
        said(&bench.verify("run").json()).len(),
        1,
        "nobody signs twice"
    );

    say(&bench, &["comment", "--by", "王五", "--text", "再看"]).must_end(1);
    let told = bench.verify("run").must_end(1).json();
    assert_eq!(
        (&said(&told)[0]["why"], &said(&told)[0]["since"]),
        (&"said-since".into(), &1.into())
    );
    sign(&["--with-findings"]).must_end(1);
    let told = bench.verify("run").must_end(1).json();
    assert_eq!(said(&told)[2]["signed"]["with_findings"], true);
}

/// What hangs together may still be of no such case, and a line may be cut off the end.
#[test]
fn a_chain_that_was_forged_or_cut_is_found() {
    let bench = ended();
    say(&bench, &["comment", "--by", "张三", "--text", "看过"]).must_end(0);
    say(&bench, &["sign", "--by", "李四", "--role", "head"]).must_end(0);
    let path = |name: &str| bench.path("run").join(name);
    let (chain, head) = (
        fs::read(path("review.jsonl")).unwrap(),
        fs::read(path("review.head")).unwrap(),
    );
    let must_be_found = |why: &str| {
        let found = bench.verify("run").must_end(1).json();
        assert_eq!(classes(&found), ["evidence:tampered"], "{why}");
        assert_eq!(found["review"]["state"], "violated", "{why}");
        say(&bench, &["comment", "--by", "张三", "--text", "x"])
            .must_end(64)
            .must_say(&["cli::review_changed"]);
        fs::write(path("review.jsonl"), &chain).unwrap();
        fs::write(path("review.head"), &head).unwrap();
        bench.verify("run").must_end(0);
    };
    let first = chain.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(path("review.jsonl"), &chain[..first]).unwrap();
    must_be_found("the last line cut off");
    fs::remove_file(path("review.jsonl")).unwrap();
    must_be_found("the chain gone");
    fs::write(path("review.head"), b"x").unwrap();
    must_be_found("its head written over");

    // Lines sealed as this program seals them, of what is not in the run or may not be said.
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let tail = &history.last().sha256;
    let review = crosswipe_verify::Review::read(&chain, tail);
    let case = history.header().plan.cases[0].case.clone();
    let nobody = crosswipe_domain::CaseId::parse("no/such").unwrap();
    let other = |mut signature: crosswipe_verify::Signature| {
        signature.certificate_sha256 = "0".repeat(64);
        crosswipe_verify::ReviewAct::Sign(signature)
    };
    let crosswipe_verify::ReviewAct::Sign(signature) = review.lines[1].act.clone() else {
        panic!()
    };
    use crosswipe_verify::{ReviewAct::*, Target};
    let otherwise = |was: &str, says: &str| Override {
        on: Target::Case(case.clone()),
        was: was.into(),
        says: says.into(),
    };
    for (act, why) in [
        (
            Comment {
                on: Target::Case(nobody),
            },
            "no-such-case",
        ),
        (
            Comment {
                on: Target::Finding {
                    id: "F-1".into(),
                    class: crosswipe_domain::FindingClass::new("gate:order"),
                },
            },
            "no-such-finding",
        ),
        (otherwise("failed", "waived"), "was-otherwise"),
        (otherwise("passed", "passed"), "may-not-be"),
        (other(signature), "other-certificate"),
    ] {
        let said = (review.lines[1].at, "张三", "x");
        let line = crosswipe_verify::ReviewLine::seal(&review.lines, tail, said, act);
        let text = [&chain[..], line.to_text().as_bytes()].concat();
        fs::write(path("review.jsonl"), text).unwrap();
        let told = bench.verify("run").must_end(1).json();
        assert_eq!(said_why(&told), why);
        must_be_found(why);
    }
    // Who died before the head was written left a chain that went on.
    let behind = crosswipe_verify::Review {
        lines: review.lines[..1].to_vec(),
        defect: None,
    };
    fs::write(path("review.head"), behind.head().unwrap()).unwrap();
    bench.verify("run").must_end(0);
}

fn said_why(document: &Value) -> &str {
    said(document).last().unwrap()["why"].as_str().unwrap()
}

/// The review hangs on its journal: another run's is not this one's.
#[test]
fn a_review_of_another_run_is_found() {
    let bench = ended();
    bench.run("other", &["--quiet"]).must_end(0);
    say(&bench, &["comment", "--by", "张三", "--text", "看过"]).must_end(0);
    for name in ["review.jsonl", "review.head"] {
        fs::copy(bench.path("run").join(name), bench.path("other").join(name)).unwrap();
    }
    let told = bench.verify("other").must_end(1).json();
    assert_eq!(classes(&told), ["evidence:tampered"]);
}
