//! 经办的手误 · `office` steps and the suspensions that name them: each slip at its place, before anything is sent.

use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

/// The public's play of the small plan becomes a step of the office.
const PLAY: &str = "      - play: outpatient
        person: lu
        institution: H33020000001
        items: basket/cold.yaml
        at: \"2030-03-02T10:00+08:00\"
        expect: {outcome: refused}";

fn step(text: &str) -> String {
    format!("      - {{{text}}}")
}

#[rstest]
#[case::no_such_act(
    "office: tax-pusch, person: lu, amount: 1.00, at: \"2030-03-02T21:00+08:00\"",
    "unknown act of an office `tax-pusch`"
)]
#[case::no_instant(
    "office: tax-push, person: lu, amount: 1.00",
    "office: `at` is missing"
)]
#[case::nobody(
    "office: tax-push, amount: 1.00, at: \"2030-03-02T21:00+08:00\"",
    "step: `person` is missing"
)]
#[case::no_amount(
    "office: tax-push, person: lu, at: \"2030-03-02T21:00+08:00\"",
    "step: `amount` is missing"
)]
#[case::nothing(
    "office: tax-push, person: lu, amount: 0.00, at: \"2030-03-02T21:00+08:00\"",
    "nothing is sent, taken or planned"
)]
#[case::no_scheme(
    "office: premium, person: lu, amount: 1.00, at: \"2030-03-02T21:00+08:00\"",
    "step: `scheme` is missing"
)]
#[case::ends_nothing(
    "office: voided, at: \"2030-03-02T21:00+08:00\"",
    "step: `of` is missing"
)]
#[case::ends_what_nobody_began(
    "office: voided, of: plan, at: \"2030-03-02T21:00+08:00\"",
    "unknown earlier office step `plan`"
)]
#[case::a_claim_of_nothing(
    "office: manual-claim, person: lu, business: outpatient, items: basket/cold.yaml, treated: \"2030-03-02T10:00+08:00\", at: \"2030-03-02T21:00+08:00\"",
    "step: `institution` is missing"
)]
#[case::claimed_before_treated(
    "office: manual-claim, person: lu, business: outpatient, institution: H33020000001, items: basket/cold.yaml, treated: \"2030-03-02T22:00+08:00\", at: \"2030-03-02T21:00+08:00\"",
    "claimed before he is treated"
)]
#[case::migrates_nowhere(
    "office: migration, at: \"2030-03-02T21:00+08:00\"",
    "step: `region` is missing"
)]
#[case::migrates_without_an_old_platform(
    "office: migration, region: \"330200\", at: \"2030-03-02T21:00+08:00\"",
    "names no old platform"
)]
#[case::migrates_a_stranger(
    "office: migration, region: \"330300\", at: \"2030-03-02T21:00+08:00\"",
    "unknown region `330300`"
)]
#[case::declares_nobody(
    "office: declaration, month: 2030-02, at: \"2030-03-02T21:00+08:00\"",
    "step: `institution` is missing"
)]
#[case::declares_no_month(
    "office: declaration, institution: H33020000001, month: 2030-13, at: \"2030-03-02T21:00+08:00\"",
    "`2030-13` is no month"
)]
#[case::declares_at_no_old_platform(
    "office: declaration, institution: H33020000001, month: 2030-02, at: \"2030-03-02T21:00+08:00\"",
    "names no old platform"
)]
#[case::declares_at_the_new_platform(
    "office: declaration, institution: H33020000001, month: 2030-02, platform: new, at: \"2030-03-02T21:00+08:00\"",
    "declarations are printed from the old platform here"
)]
#[case::at_no_old_platform(
    "office: tax-push, person: lu, amount: 1.00, platform: old, at: \"2030-03-02T21:00+08:00\"",
    "names no old platform"
)]
#[case::at_another_platform(
    "office: tax-push, person: lu, amount: 1.00, platform: older, at: \"2030-03-02T21:00+08:00\"",
    "unknown platform `older`"
)]
#[case::a_key_of_another_act(
    "office: tax-push, person: lu, amount: 1.00, items: basket/cold.yaml, at: \"2030-03-02T21:00+08:00\"",
    "`items`"
)]
#[case::expected_while_shut(
    "office: tax-push, person: lu, amount: 1.00, at: \"2030-03-02T19:59:59+08:00\", expect: {outcome: accepted}",
    "the office is closed to this"
)]
#[case::refused_while_open(
    "office: tax-push, person: lu, amount: 1.00, at: \"2030-03-02T20:00:00+08:00\", expect: {outcome: refused}",
    "the office is open to this"
)]
fn a_slip_is_told(#[case] text: &str, #[case] expected: &str) {
    let folder = planted(&[("day.yaml", PLAY, &step(text))]);
    let (plan, problems) = read(folder.path());
    let told = told(&problems);
    assert!(plan.is_none() && told.contains(expected), "{told}");
}

#[rstest]
#[case::a_push_is_not_collected("tax-push", "collected", false)]
#[case::a_plan_is_not_answered("contribution-plan", "answered", false)]
#[case::a_plan_is_collected("contribution-plan", "collected", true)]
fn what_ends_what(#[case] begun: &str, #[case] ends: &str, #[case] fits: bool) {
    let first = format!(
        "office: {begun}, name: one, person: lu, amount: 1.00, at: \"2030-03-02T20:00+08:00\""
    );
    let then = format!(
        "office: {ends}, of: one, at: \"2030-03-02T21:00+08:00\", expect: {{outcome: accepted}}"
    );
    let steps = format!("{}\n{}", step(&first), step(&then));
    let folder = planted(&[("day.yaml", PLAY, &steps)]);
    let (plan, problems) = read(folder.path());
    let told = told(&problems);
    assert_eq!(plan.is_some(), fits, "{told}");
    assert_eq!(told.contains(&format!("`{ends}` ends")), !fits, "{told}");
}

/// A case of tests sends no act of an office.
#[test]
fn no_message_of_ours_is_an_office_s() {
    check_slip(
        "day.yaml",
        "call: \"2208\"",
        "call: \"manual-claim\"",
        "day.yaml:21:15 scenario::unknown_word: unknown transaction number `manual-claim`",
    );
}

#[rstest]
#[case::whole("messages: [tax-push]", true)]
#[case::people_of_a_place("messages: [tax-push], insured: \"330100\"", true)]
#[case::with_a_business("messages: [tax-push], business: outpatient", false)]
#[case::with_a_distance("messages: [tax-push], span: local", false)]
fn an_act_is_suspended_as_a_whole(#[case] of: &str, #[case] fits: bool) {
    let suspend = format!(
        "margin: 2h\nclauses: {{XX1: 停}}\nsuspend: [{{clause: XX1, from: \"2030-03-02T20:00+08:00\", {of}}}]"
    );
    let folder = planted(&[("plan.yaml", "margin: 2h", &suspend)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(plan.is_some(), fits, "{}", told(&problems));
}
