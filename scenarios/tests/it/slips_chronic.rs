//! 慢特病与贯标里的手误 · Diseases of a profile, the disease of a swipe, and items without a national code.

use crosswipe_domain::Money;
use crosswipe_scenarios::Step;
use rstest::rstest;

use crate::fixture::{planted, read, told};

const NAME: &str = "    name: 杭州\n";
const ITEMS: &str = "        items: basket/cold.yaml\n        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}\n";

fn profile(chronic: &str) -> (Option<crosswipe_scenarios::Plan>, String) {
    let with = format!("{NAME}    profile: {{policy: {{chronic: {chronic}}}}}\n");
    let folder = planted(&[("topology.yaml", NAME, &with)]);
    let (plan, problems) = read(folder.path());
    (plan, told(&problems))
}

#[test]
fn a_list_of_diseases_says_quota_and_drugs() {
    let list = "[{code: M03900, name: 高血压, quota: 150.00, drugs: [CS0001]}, {code: M01600, name: 糖尿病}]";
    let (plan, problems) = profile(list);
    assert_eq!(problems, "");
    let plan = plan.unwrap();
    let chronic = &plan.topology.regions[0].profile.policy.chronic;
    let quotas: Vec<_> = chronic.iter().map(|one| one.quota).collect();
    assert_eq!(quotas, [Some(Money::from_fen(15_000)), None]);
    assert_eq!(chronic[0].drugs, ["CS0001"]);
    // Nobody else has it.
    let other = &plan.topology.regions[1].profile.policy;
    assert!(other.chronic.is_empty() && other.chronic_filed);
}

#[rstest]
#[case::no_code("[{name: 高血压}]", "`code` is missing")]
#[case::no_name("[{code: M03900}]", "`name` is missing")]
#[case::another_form("[{code: I10, name: 高血压}]", "`I10` is no code of a chronic disease")]
#[case::twice(
    "[{code: M03900, name: 甲}, {code: M03900, name: 乙}]",
    "`M03900` stands twice"
)]
#[case::less_than_nothing("[{code: M03900, name: 甲, quota: -1.00}]", "less than nothing")]
#[case::a_slip_in_a_key("[{code: M03900, name: 甲, quotta: 1.00}]", "did you mean `quota`")]
fn a_slip_in_a_disease_is_told(#[case] list: &str, #[case] expected: &str) {
    let with = format!("{NAME}    profile: {{policy: {{chronic: {list}}}}}\n");
    let folder = planted(&[("topology.yaml", NAME, &with)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let all: Vec<String> = problems.iter().map(|one| format!("{one:?}")).collect();
    assert!(all.join("\n").contains(expected), "{}", all.join("\n"));
}

#[rstest]
#[case::of_a_disease("outpatient", "M03900", "")]
#[case::another_form("outpatient", "I10", "`I10` is no code of a chronic disease")]
#[case::of_a_stay("inpatient", "M03900", "`disease` goes with an outpatient visit")]
fn a_swipe_may_be_for_a_disease(#[case] kind: &str, #[case] code: &str, #[case] expected: &str) {
    let steps = format!("        disease: {code}\n{ITEMS}");
    let swipe = format!("      - swipe: {kind}\n        person: jia");
    let folder = planted(&[
        ("day.yaml", ITEMS, &steps),
        (
            "day.yaml",
            "      - swipe: outpatient\n        person: jia",
            &swipe,
        ),
    ]);
    let (plan, problems) = read(folder.path());
    let problems = told(&problems);
    match expected {
        "" => {
            assert_eq!(problems, "");
            let Step::Swipe(swipe) = &plan.unwrap().cases[0].steps[0] else {
                panic!("no swipe");
            };
            assert_eq!(swipe.disease.as_deref(), Some(code));
        }
        expected => assert!(problems.contains(expected), "{problems}"),
    }
}
