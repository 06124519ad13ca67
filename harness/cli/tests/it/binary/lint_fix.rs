//! 自动改正 · What `lint --fix` mends, what it leaves to the person, and that nothing else changes.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{Bench, crosswipe};

#[rstest]
#[case::full_width_colon("plan.yaml", "margin: 2h", "margin：2h")]
#[case::full_width_digit("topology.yaml", "code: 330200", "code: 3302０0")]
#[case::letter("topology.yaml", "code: 330200", "code: 33O200")]
#[case::offset(
    "plan.yaml",
    "2030-03-02T20:00+08:00\", public",
    "2030-03-02T20:00\", public"
)]
#[case::tab("bounds.yaml", "  - case: too-early", "\t- case: too-early")]
#[case::full_width_comma("bounds.yaml", "{outcome: gate}", "{outcome: gate，}")]
#[case::table("persons.csv", "330100,310,1200.00", "330100，310,1200.00")]
fn what_has_one_meaning_is_mended(#[case] file: &str, #[case] from: &str, #[case] to: &str) {
    let bench = Bench::new();
    let dir = bench.changed_plan(file, from, to);
    crosswipe(&["lint", &dir]).must_end(64);
    let mended = crosswipe(&["lint", &dir, "--fix"]).must_end(0);
    assert!(
        mended.out.contains(file) && mended.out.contains('→'),
        "{}",
        mended.out
    );
    // A second time there is nothing to mend.
    let again = crosswipe(&["lint", &dir, "--fix"]).must_end(0);
    assert!(!again.out.contains('→'), "{}", again.out);
}

/// Hour 24 of a day is the next day's midnight, and nothing later.
#[rstest]
#[case("2030-03-01T24:00+08:00", true)]
#[case("2030-03-01 24:00", true)]
#[case("2030-03-01T24:30+08:00", false)]
fn hour_24_is_the_next_midnight(#[case] written: &str, #[case] mended: bool) {
    let bench = Bench::new();
    let at = "at: \"2030-03-02T10:00+08:00\"";
    let dir = bench.changed_plan("bounds.yaml", at, &format!("at: \"{written}\""));
    let ended = crosswipe(&["lint", &dir, "--fix"]).must_be_civil();
    let text = fs::read_to_string(Path::new(&dir).join("bounds.yaml")).unwrap();
    assert_eq!(
        text.contains("at: \"2030-03-02T00:00+08:00\""),
        mended,
        "{ended:?}"
    );
    assert_eq!(text.contains(written), !mended);
}

#[test]
fn a_gbk_file_becomes_text_and_keeps_its_words() {
    let bench = Bench::new();
    let dir = bench.copied_plan("pair-demo");
    let path = Path::new(&dir).join("persons.csv");
    let text = fs::read_to_string(&path).unwrap();
    let (bytes, _, wrong) = encoding_rs::GBK.encode(text.trim_start_matches('\u{feff}'));
    assert!(!wrong);
    fs::write(&path, bytes).unwrap();
    crosswipe(&["lint", &dir])
        .must_end(64)
        .must_say(&["scenario::not_utf8"]);
    crosswipe(&["lint", &dir, "--fix"]).must_end(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

/// What may have been meant in several ways is told and not touched.
#[rstest]
#[case("bounds.yaml", "outcome: gate", "outcome: gat")]
#[case("plan.yaml", "margin: 2h", "margn: 2h")]
#[case("persons.csv", "1200.00", "1200.005")]
fn what_could_mean_more_is_left_alone(#[case] file: &str, #[case] from: &str, #[case] to: &str) {
    let bench = Bench::new();
    let dir = bench.changed_plan(file, from, to);
    let path = Path::new(&dir).join(file);
    let before = fs::read_to_string(&path).unwrap();
    crosswipe(&["lint", &dir, "--fix"]).must_end(64);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn a_shipped_plan_is_left_as_it_is() {
    let bench = Bench::new();
    for name in ["pair-demo", "qianjiang-2021", "harbin-2021"] {
        let dir = bench.copied_plan(name);
        let mended = crosswipe(&["lint", &dir, "--fix"]).must_end(0);
        assert_eq!(mended.out.lines().count(), 1, "{}", mended.out);
    }
}

#[test]
fn cells_are_mended_by_hand() {
    let bench = Bench::new();
    let dir = bench.text("demo");
    crosswipe(&["init", &dir, "--workbook"]).must_end(0);
    let book = format!("{dir}/plan.xlsx");
    crosswipe(&["lint", &book, "--fix"])
        .must_end(64)
        .must_say(&["error[cli::fix]"]);
}
