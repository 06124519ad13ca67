//! 样例 · Three runs told in every format, kept as files that are read as a user would read them.
//!
//! `CROSSWIPE_ACCEPT=1 cargo test -p crosswipe-reports` writes them anew; read the difference before it is committed.

use std::path::Path;

use rstest::rstest;

use crosswipe_reports::{Lang, csv, html, json, junit, markdown, terminal};

use crate::runs::{self, Run};

#[track_caller]
fn check(run: &str, file: &str, told: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(run)
        .join(file);
    if std::env::var_os("CROSSWIPE_ACCEPT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, told).unwrap();
    }
    let accepted = std::fs::read_to_string(&path).unwrap_or_default();
    // Which line differs says more than two whole pages.
    let differs = accepted
        .lines()
        .zip(told.lines())
        .position(|(accepted, told)| accepted != told);
    assert!(
        accepted == told,
        "{} differs from what was accepted, first at line {:?}",
        path.display(),
        differs.map(|line| line + 1)
    );
}

#[rstest]
#[case::clean("clean", runs::clean())]
#[case::violated("violated", runs::violated())]
#[case::indeterminate("indeterminate", runs::indeterminate())]
fn a_run_is_told_as_it_was_accepted(#[case] name: &str, #[case] run: Run) {
    let story = run.story();
    check(name, "terminal.zh.txt", &terminal(&story, Lang::Zh, 100));
    check(name, "terminal.en.txt", &terminal(&story, Lang::En, 100));
    check(name, "report.json", &json(&story));
    check(name, "junit.xml", &junit(&story));
    check(name, "report.html", &html(&story, Lang::Zh));
    check(name, "report.md", &markdown(&story, Lang::Zh));
    for (file, text) in csv(&story, Lang::Zh) {
        check(name, &format!("csv/{file}"), &text);
    }
}

#[test]
fn a_run_that_people_spoke_of_is_told_as_it_was_accepted() {
    let story = runs::reviewed().story();
    check(
        "reviewed",
        "terminal.zh.txt",
        &terminal(&story, Lang::Zh, 100),
    );
    check("reviewed", "report.md", &markdown(&story, Lang::En));
    check("reviewed", "report.html", &html(&story, Lang::Zh));
}

#[test]
fn the_whole_province_fits_a_terminal() {
    check(
        "eleven-cities",
        "terminal.zh.txt",
        &terminal(&runs::eleven_cities().story(), Lang::Zh, 100),
    );
}

#[test]
fn yesterdays_run_gives_the_same_report() {
    let (first, again) = (runs::violated().story(), runs::violated().story());
    assert_eq!(html(&first, Lang::En), html(&again, Lang::En));
    assert_eq!(json(&first), json(&again));
}
