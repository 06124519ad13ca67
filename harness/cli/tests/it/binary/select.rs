//! 选择 · What a selection leaves, by flags and by expressions, and how a slip in one is answered.

use rstest::rstest;

use super::{crosswipe, plan};

fn listed(name: &str, args: &[&str]) -> Vec<String> {
    let shipped = plan(name);
    let args: Vec<&str> = ["run", &shipped, "--list"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let out = crosswipe(&args).must_end(0).out;
    out.lines().map(str::to_owned).collect()
}

/// Flags and the expression that says the same leave the same.
#[rstest]
#[case("zhejiang-2017", &["--from", "宁波", "--kind", "住院"], "from(宁波) & kind(住院)")]
#[case("zhejiang-2017", &["--from", "nb", "--to", "温州市"], "参保地(ningbo) 且 就医地(wz)")]
#[case("zhejiang-2017", &["--hospital", "H33010000001"], "hospital(H330100*1)")]
#[case("zhejiang-2017", &["--tag", "ZJ7"], "tag(ZJ7)")]
#[case("zhejiang-2017", &["--case", "outpatient/"], "case(outpatient/*)")]
#[case("national-rehearsal", &["--from", "浙江", "--to", "cq"], "from(33*) & to(50*)")]
#[case("qianjiang-2021", &["--kind", "药店"], "kind(pharmacy)")]
#[case("zhejiang-2017", &["--from", "杭州", "--from", "宁波"], "from(杭州 + 宁波) | from(杭州、宁波)")]
fn a_flag_is_a_question_too(#[case] name: &str, #[case] flags: &[&str], #[case] expression: &str) {
    let by_flags = listed(name, flags);
    assert!(!by_flags.is_empty());
    assert!(
        by_flags.len() < listed(name, &[]).len(),
        "something is left out"
    );
    assert_eq!(by_flags, listed(name, &["-E", expression]));
}

/// A set and what is left without it are the whole.
#[rstest]
#[case("from(宁波)")]
#[case("kind(住院) + proof()")]
#[case("matrix() - tag(居民)")]
fn a_set_and_its_rest_are_all(#[case] set: &str) {
    let of = |expression: &str| listed("zhejiang-2017", &["-E", expression]);
    let rest = format!("not ({set})");
    let mut both: Vec<String> = of(set).into_iter().chain(of(&rest)).collect();
    let mut all = listed("zhejiang-2017", &[]);
    both.sort();
    all.sort();
    assert_eq!(both, all);
}

#[rstest]
#[case(&["-E", "form(33*)"], 64, &["error[cli::selection]", "unknown question `form`", "did you mean `from`", "at character 1"])]
#[case(&["-E", "from(33*"], 64, &["error[cli::selection]", "not closed"])]
#[case(&["--from", "hz"], 64, &["error[cli::unknown_region]", "杭州 330100", "湖州 330500"])]
#[case(&["-E", "to(宁坡)"], 64, &["error[cli::unknown_region]", "did you mean `宁波`"])]
#[case(&["--tag", "ZJ99"], 64, &["error[cli::selection]", "unknown tag `ZJ99`", "did you mean"])]
#[case(&["--hospital", "H33010000009"], 64, &["error[cli::selection]", "did you mean `H33010000001`"])]
#[case(&["--kind", "药店"], 5, &["error[cli::nothing_selected]"])]
#[case(&["--kind", "门慢"], 5, &["error[cli::nothing_selected]"])]
#[case(&["--case", "zj-99"], 5, &["error[cli::nothing_selected]", "nearest"])]
#[case(&["-E", "not all()"], 5, &["error[cli::nothing_selected]"])]
fn a_slip_is_answered(#[case] args: &[&str], #[case] code: i32, #[case] words: &[&str]) {
    let shipped = plan("zhejiang-2017");
    let args: Vec<&str> = ["run", &shipped].iter().chain(args).copied().collect();
    crosswipe(&args).must_end(code).must_say(words);
}
