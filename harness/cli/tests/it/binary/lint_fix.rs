//! 自动改正 · What `lint --fix` mends, what it leaves to the person, and that nothing else changes.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{Bench, crosswipe, in_english};

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

/// What is told is told in the language that is asked for, with its place, what to do and where to read on; a program gets
/// both languages.
#[rstest]
#[case::misspelt("plan.yaml", "rollback: all", "rollbak: all", "unknown_key", &["不认得的键 `rollbak`", "是否想写 `rollback`"], &["unknown key `rollbak`", "did you mean `rollback`"])]
#[case::hour_24("plan.yaml", "2030-03-02T20:00+08:00\", public", "2030-03-02T24:00+08:00\", public", "hour_24", &["写了24时", "2030-03-03T00:00+08:00"], &["says hour 24", "2030-03-03T00:00+08:00"])]
#[case::a_name("persons.csv", "330100,310,1200.00", "杭州,310,1200.00", "unknown_division", &["不要地名 `杭州`", "写成 `330100`"], &["not the name `杭州`", "write `330100`"])]
fn a_slip_is_told_in_the_language_asked_for(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: &str,
    #[case] zh: &[&str],
    #[case] en: &[&str],
) {
    let bench = Bench::new();
    let dir = bench.changed_plan(file, from, to);
    let heading = format!("error[scenario::{code}]");
    let more = format!("crosswipe explain scenario::{code}");
    let in_zh = crosswipe(&["lint", &dir, "--lang", "zh"]).must_end(64);
    let in_en = in_english(&["lint", &dir]).must_end(64);
    for (ended, words, others) in [(&in_zh, zh, en), (&in_en, en, zh)] {
        for word in words
            .iter()
            .chain([&heading.as_str(), &file, &more.as_str()])
        {
            assert!(ended.err.contains(word), "{word}: {}", ended.err);
        }
        assert!(!ended.err.contains(others[0]), "{}", ended.err);
    }
    // Every command that takes a plan says the same.
    in_english(&["run", &dir]).must_end(64).must_say(en);
    let told = crosswipe(&["lint", &dir, "--json"]).must_end(64).json();
    assert_eq!(told["schema"], "crosswipe.lint/1");
    let problem = &told["problems"][0];
    assert_eq!(problem["code"], format!("scenario::{code}"));
    assert!(
        problem["line"].is_u64() && problem["column"].is_u64(),
        "{problem}"
    );
    for (lang, words) in [("zh", zh), ("en", en)] {
        let said = format!("{} {}", problem["message"][lang], problem["help"][lang]);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}
