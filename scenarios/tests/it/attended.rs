//! 候办用例的读法 · What a person and a HIS are to carry out is read into cases apart, and each slip in it is told.

use crosswipe_scenarios::{Attended, Cue, Expected};
use rstest::rstest;

use crate::fixture::{planted, read, told};

/// A case of the small plan with these steps.
fn case(steps: &str) -> String {
    format!(
        "  - case: till\n    title: 窗口\n    covers: [zj-02]\n    steps:\n{steps}\n  - case: public\n"
    )
}

const STEPS: &str = r#"      - {human: {zh: 刷卡结算, en: settle}, within: 5m, name: swipe}
      - {await: "2207A", person: jia, institution: H33020000001, within: 90s, expect: {outcome: ok, setlinfo.medfee_sumamt: 50.00}}
      - human: 请窗口退费
      - {await: "2208", within: 2h, expect: {outcome: refused, code: E-NOVISIT}}
      - {await: "2208", within: 2h}"#;

#[test]
fn a_case_that_waits_is_read_apart_from_those_of_a_run() {
    let folder = planted(&[("day.yaml", "  - case: public\n", &case(STEPS))]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let honest = read(planted(&[]).path()).0.unwrap();
    assert_eq!(plan.cases, honest.cases);
    let [
        Attended {
            id,
            title,
            covers,
            start: None,
            cues,
        },
    ] = &plan.attended[..]
    else {
        panic!("{:?}", plan.attended)
    };
    assert_eq!(
        (id.as_str(), title.as_str(), covers[0].as_str()),
        ("day/till", "窗口", "zj-02")
    );
    let names: Vec<&str> = cues.iter().map(Cue::name).collect();
    assert_eq!(names, ["swipe", "2", "3", "4", "5"]);
    let (Cue::Human(first), Cue::Await(second), Cue::Human(third), Cue::Await(fourth)) =
        (&cues[0], &cues[1], &cues[2], &cues[3])
    else {
        panic!("{cues:?}")
    };
    assert_eq!(
        (first.zh.as_str(), first.en.as_str(), first.within_ms),
        ("刷卡结算", "settle", Some(300_000))
    );
    assert_eq!(
        (third.zh.as_str(), third.en.as_str(), third.within_ms),
        ("请窗口退费", "请窗口退费", None)
    );
    assert_eq!((second.infno.as_str(), second.within_ms), ("2207A", 90_000));
    assert_eq!(second.persona.as_deref(), Some("jia"));
    assert_eq!(
        second.institution.as_ref().unwrap().as_str(),
        "H33020000001"
    );
    assert_eq!(second.expect.fields[0].path, "setlinfo.medfee_sumamt");
    assert_eq!((&fourth.persona, &fourth.institution), (&None, &None));
    assert!(
        matches!(&fourth.expect.outcome, Expected::Refused { code: Some(code) } if code == "E-NOVISIT")
    );
    // The journal of a run knows nothing of it, that of a door does.
    let key = crosswipe_domain::PseudonymKey::new([1; 32]);
    assert_eq!(plan.resolved(&key), honest.resolved(&key));
    let planned = plan.planned_attended(&key).remove(0);
    assert_eq!(planned.insured.unwrap().as_str(), "330100");
    assert_eq!(planned.treatment.unwrap().as_str(), "330200");
    assert!(plan.with_only(Vec::new()).attended.is_empty());
}

#[rstest]
#[case::without_a_limit(r#"{await: "2207"}"#, "missing_key", "`within` is missing")]
#[case::no_time_at_all(
    r#"{await: "2207", within: 0s}"#,
    "bad_duration",
    "longer than nothing"
)]
#[case::for_ever(
    r#"{await: "2207", within: 25h}"#,
    "bad_duration",
    "no longer than a day"
)]
#[case::no_length(
    r#"{await: "2207", within: soon}"#,
    "bad_duration",
    "`soon` is no length of time"
)]
#[case::no_transaction(
    r#"{await: settle, within: 1m}"#,
    "unknown_word",
    "unknown transaction number `settle`"
)]
#[case::nobody(
    r#"{await: "2207", within: 1m, person: jai}"#,
    "unknown_person",
    "unknown person `jai`"
)]
#[case::whom_it_cannot_name(
    r#"{await: "9001", within: 1m, person: jia}"#,
    "unknown_field",
    "names no person"
)]
#[case::nowhere(
    r#"{await: "2207", within: 1m, institution: H33020000002}"#,
    "unknown_institution",
    "H33020000002"
)]
#[case::what_no_gate_of_ours_says(
    r#"{await: "2207", within: 1m, expect: {outcome: gate}}"#,
    "unknown_word",
    "`gate`"
)]
#[case::a_field_of_no_answer(
    r#"{await: "2207", within: 1m, expect: {setlinfo.psn_csh: 1.00}}"#,
    "unknown_field",
    "psn_csh"
)]
#[case::a_key_of_another_step(
    r#"{await: "2207", within: 1m, items: basket/cold.yaml}"#,
    "unknown_key",
    "`items`"
)]
#[case::told_and_nothing_awaited("{human: 刷卡}", "nothing_checked", "nothing is awaited of it")]
#[case::both_in_one(
    r#"{human: 刷卡, await: "2207", within: 1m}"#,
    "wrong_shape",
    "only one of human, await"
)]
#[case::one_language_only(r#"{human: {zh: 刷卡}}"#, "missing_key", "`en` is missing")]
#[case::beside_what_we_send(
    "{await: \"2207\", within: 1m}\n      - {swipe: outpatient, person: jia, institution: H33020000001, items: basket/cold.yaml}",
    "wrong_shape",
    "beside steps that we wait for"
)]
#[case::one_name_twice(
    "{await: \"2207\", within: 1m, name: a}\n      - {await: \"2208\", within: 1m, name: a}",
    "duplicate_id",
    "`a`"
)]
#[case::inside_branches(
    "parallel:\n          - {await: \"2207\", within: 1m}\n          - {await: \"2208\", within: 1m}",
    "attended_here",
    "inside `parallel`"
)]
#[case::inside_a_longer_branch(
    "parallel:\n          - - {human: 刷卡}\n            - {await: \"2207\", within: 1m}\n          - {await: \"2208\", within: 1m}",
    "attended_here",
    "inside `parallel`"
)]
fn a_slip_in_what_is_awaited_is_told(
    #[case] step: &str,
    #[case] code: &str,
    #[case] message: &str,
) {
    let steps = case(&format!("      - {step}"));
    let folder = planted(&[("day.yaml", "  - case: public\n", &steps)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    assert!(
        told.contains(&format!("scenario::{code}")) && told.contains(message),
        "{told}"
    );
}

/// A settlement that is awaited stands until the HIS undoes it.
#[rstest]
#[case::the_last_step(r#"{await: "2207", within: 1m}"#, true)]
#[case::an_undo_before(
    "{await: \"2208\", within: 1m}\n      - {await: \"2207\", within: 1m}",
    true
)]
#[case::of_a_stay_by_another(
    "{await: \"2304\", within: 1m}\n      - {await: \"2208\", within: 1m}",
    true
)]
#[case::an_undo_that_is_to_be_refused(
    "{await: \"2207\", within: 1m}\n      - {await: \"2208\", within: 1m, expect: {outcome: refused}}",
    true
)]
#[case::of_another_person(
    "{await: \"2207\", within: 1m, person: jia}\n      - {await: \"2208\", within: 1m, person: yi}",
    true
)]
#[case::undone(
    "{await: \"2207\", within: 1m, person: jia}\n      - {await: \"2208\", within: 1m}",
    false
)]
#[case::undone_under_a_version(
    "{await: \"2207A\", within: 1m}\n      - {await: \"2208A\", within: 1m}",
    false
)]
#[case::a_purchase(
    "{await: \"2102\", within: 1m}\n      - {await: \"2103\", within: 1m}",
    false
)]
#[case::reversed(
    "{await: \"2304\", within: 1m}\n      - {await: \"2601\", within: 1m}",
    false
)]
#[case::to_be_refused(r#"{await: "2207", within: 1m, expect: {outcome: refused}}"#, false)]
#[case::no_settlement(r#"{await: "2206", within: 1m}"#, false)]
fn a_settlement_whose_undo_is_not_awaited_is_warned_of(#[case] steps: &str, #[case] warned: bool) {
    let steps = case(&format!("      - {steps}"));
    let folder = planted(&[("day.yaml", "  - case: public\n", &steps)]);
    let (plan, problems) = read(folder.path());
    let told = told(&problems);
    assert!(plan.is_some(), "{told}");
    assert_eq!(
        told.contains("scenario::awaited_without_undo"),
        warned,
        "{told}"
    );
}

#[rstest]
#[case::proves(
    "proves: {fault: old-platform-still-open, finding: gate:window}",
    "`proves`"
)]
#[case::several_open("several_open: yes", "`several_open`")]
fn what_only_a_run_can_do_is_no_part_of_it(#[case] key: &str, #[case] message: &str) {
    let case = case(STEPS).replace("    title: 窗口\n", &format!("    {key}\n"));
    let folder = planted(&[("day.yaml", "  - case: public\n", &case)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    assert!(told(&problems).contains(message), "{}", told(&problems));
}
