//! 锚定 · What was noted on paper against what lies in the folder: also where somebody wrote all files anew.

use std::fs;

use crosswipe_journal::read;
use crosswipe_reports::chain_groups;

use super::{Bench, Ended, crosswipe};

/// One run serves all questions; another, finer in nothing but its chain, plays the forger's part.
#[test]
fn a_note_of_the_chain_agrees_with_its_own_run_alone() {
    let bench = Bench::new();
    let first = bench.run("run", &["--case", "outpatient"]).must_end(0);
    let history = read(&bench.path("run")).unwrap();
    let (head, tail) = (&history.records[0].sha256, &history.last().sha256);
    let (head8, tail8) = (chain_groups(head), chain_groups(tail));
    assert!(first.err.contains(&head8), "head is printed at the start");
    assert!(
        first.out.contains(&head8) && first.out.contains(&tail8),
        "both are printed at the end"
    );
    let verify = |run: &str, anchor: &str| {
        crosswipe(&[
            "verify",
            bench.path(run).to_str().unwrap(),
            "--quiet",
            "--json",
            "--anchor",
            anchor,
        ])
    };
    let note = |ended: &Ended| ended.json()["notes"].to_string();
    for text in [
        head8.clone(),
        head8.to_uppercase().replace(' ', "-"),
        head.clone(),
        format!("{head8}\n{tail8}"),
        format!("链首 {head}\r\n链尾 {tail}"),
        tail8.clone(),
    ] {
        let ended = verify("run", &text).must_end(0);
        assert!(note(&ended).contains("anchor-agrees"), "{text}: {ended:?}");
    }
    let grown = verify(
        "run",
        &format!(
            "{head} {}",
            history.records[history.records.len() / 2].sha256
        ),
    )
    .must_end(0);
    assert!(note(&grown).contains("agrees up to record"), "{grown:?}");

    let other = head8.replace(|c: char| c.is_ascii_hexdigit(), "7");
    for (text, place) in [
        (other.clone(), "chain head"),
        (format!("{other} {tail8}"), "chain head"),
        (format!("{head8} {other}"), "chain tail"),
    ] {
        let json = verify("run", &text).must_end(1).json();
        assert_eq!(json["verdict"], "violated", "{text}");
        assert_eq!(json["findings"][0]["class"], "evidence:tampered");
        assert_eq!(json["findings"].as_array().unwrap().len(), 1, "{json}");
        assert_eq!(json["findings"][0]["where"], place, "{json}");
    }
    for text in ["", "0123 4567", "so long and thanks"] {
        verify("run", text).must_end(64).must_say(&["cli::anchor"]);
    }

    // Everything written anew holds in itself: the note alone tells.
    bench
        .run("anew", &["--quiet", "--case", "outpatient"])
        .must_end(0);
    fs::remove_dir_all(bench.path("run")).unwrap();
    fs::rename(bench.path("anew"), bench.path("run")).unwrap();
    crosswipe(&["verify", bench.path("run").to_str().unwrap(), "--quiet"]).must_end(0);
    let json = verify("run", &format!("{head8} {tail8}"))
        .must_end(1)
        .json();
    assert_eq!(json["findings"].as_array().unwrap().len(), 2, "{json}");
}

/// Whoever takes a review away with its head leaves nothing that contradicts: the note of its end does.
#[test]
fn the_end_of_the_review_is_noted_too() {
    let bench = Bench::new();
    bench
        .run("run", &["--quiet", "--case", "outpatient"])
        .must_end(0);
    let run = bench.text("run");
    let history = read(&bench.path("run")).unwrap();
    let (head, tail) = (&history.records[0].sha256, &history.last().sha256);
    let comment = |text: &str| {
        let args = ["review", &run, "comment", "--by", "张三", "--text", text];
        crosswipe(&[&args[..], &["--lang", "zh"]].concat())
            .must_end(0)
            .out
    };
    let printed = comment("看过");
    let noted = printed
        .lines()
        .find(|line| line.starts_with("复核链尾"))
        .expect("its end is printed");
    // What was recorded and the verdict, and no more.
    assert!(
        printed.contains("看过") && printed.contains("已回退干净"),
        "{printed}"
    );
    assert!(printed.lines().count() < 12, "{printed}");
    let end = noted.rsplit("  ").next().unwrap().trim().to_owned();
    let verify = |anchor: &str| {
        let args = ["verify", &run, "--quiet", "--json", "--anchor", anchor];
        crosswipe(&args)
    };
    let agrees = [
        noted.to_owned(),
        end.clone(),
        format!("{head} {tail} {end}"),
        format!("{} {} {end}", chain_groups(head), chain_groups(tail)),
        format!("链首 {head} 链尾 {tail} {noted}"),
        format!("{} review {end}", chain_groups(head)),
    ];
    for text in &agrees {
        let told = verify(text).must_end(0).json();
        let note = told["notes"].to_string();
        assert!(note.contains("anchor-agrees"), "{text}: {note}");
    }
    comment("又看过");
    let told = verify(noted).must_end(0).json();
    assert!(
        told["notes"].to_string().contains("agrees up to record 1"),
        "{told}"
    );
    let wrong = format!(
        "review {}",
        end.replace(|c: char| c.is_ascii_hexdigit(), "7")
    );
    let told = verify(&wrong).must_end(1).json();
    assert_eq!(told["findings"][0]["where"], "review chain end", "{told}");

    for name in ["review.jsonl", "review.head"] {
        fs::remove_file(bench.path("run").join(name)).unwrap();
    }
    crosswipe(&["verify", &run, "--quiet"]).must_end(0);
    for text in &agrees {
        let told = verify(text).must_end(1).json();
        assert_eq!(told["findings"][0]["class"], "evidence:tampered", "{text}");
    }
    let told = verify(noted).must_end(1).json();
    assert_eq!(told["findings"][0]["actual"], "no review", "{told}");
}
