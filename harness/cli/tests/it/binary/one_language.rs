//! 一种话 · Whoever types `--lang` is told of his slips in that language alone; whoever does not, in both.

use rstest::rstest;

use super::{Bench, crosswipe, plan};

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// A slip in a command line, `PLAN` being the small plan and `OUT` a folder that is not there.
#[rstest]
#[case::region("run PLAN --from nowhere", "地区", "unknown region")]
#[case::expression("run PLAN -E from(", "括号没有闭合", "a bracket is not closed")]
#[case::question("run PLAN -E nope(1)", "没有 `nope` 这一问", "unknown question")]
#[case::known_issue("run PLAN -E known-issue(KI-9)", "一个也没有", "has none at all")]
#[case::nothing("run PLAN --case zzz", "没有用例符合", "no case matches")]
#[case::shard("run PLAN --shard 9", "不是分片", "is no shard")]
#[case::live("run PLAN --live", "真实时间", "by the real clock")]
#[case::wall("run PLAN --clock wall", "窗口还没有开", "is not open")]
#[case::events("run PLAN --json --events -", "标准输出", "both want stdout")]
#[case::fault("run PLAN --fault nope", "这个故障", "unknown fault")]
#[case::no_run("verify OUT", "不是运行目录", "is not a run")]
#[case::code("explain nope-nope", "没有 `nope-nope` 的说明", "no page for")]
#[case::instant("plan PLAN --at yesterday", "不是时刻", "is not a time")]
#[case::site(
    "plan PLAN --sheets OUT --site X1",
    "机构或统筹区",
    "no institution or region"
)]
#[case::preflight("preflight PLAN", "没有写联通检查", "has no `preflight`")]
fn a_slip_is_told_in_the_language_that_was_typed(
    #[case] line: &str,
    #[case] zh: &str,
    #[case] en: &str,
) {
    let bench = Bench::new();
    let (plan, out) = (plan("pair-demo"), bench.text("nowhere"));
    let told = |lang: &[&str]| {
        let words = line.split(' ').map(|word| match word {
            "PLAN" => plan.as_str(),
            "OUT" => out.as_str(),
            other => other,
        });
        let words: Vec<&str> = words.chain(lang.iter().copied()).collect();
        crosswipe(&words).must_be_civil().err
    };
    let english = told(&["--lang", "en"]);
    assert!(english.contains(en), "{english}");
    // What can be asked for has names in both languages.
    let sentence = english.lines().next().unwrap_or_default();
    assert!(!sentence.contains(is_han), "{english}");
    let chinese = told(&["--lang", "zh"]);
    assert!(chinese.contains(zh), "{chinese}");
    assert!(!chinese.contains(" · "), "{chinese}");
}
