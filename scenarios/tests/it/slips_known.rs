//! 已知问题里的手误 · An issue says what, whose, until when and of which cases, and never waives books.

use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

const WHOLE: &str = "{id: KI-1, text: 差一分, owner: 王工, due: \"2030-03-02T19:00+08:00\", finding: outcome, case: \"day/*\"}";

fn with(entry: &str) -> String {
    format!("margin: 2h\nknown_issues: [{entry}]")
}

#[test]
fn a_whole_one_is_read() {
    let folder = planted(&[("plan.yaml", "margin: 2h", &with(WHOLE))]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let [issue] = plan.known_issues.as_slice() else {
        panic!("one issue");
    };
    assert_eq!((issue.id.as_str(), issue.owner.as_str()), ("KI-1", "王工"));
    let known = |case: &crosswipe_scenarios::Case| plan.known_of(case).len();
    assert_eq!(plan.cases.iter().map(known).sum::<usize>(), 3);
    let later = plan.shifted(3_600_000);
    assert_eq!(later.known_issues[0].due, issue.due.plus_ms(3_600_000));
    assert_ne!(plan.differs(&later), Vec::<&str>::new());
}

#[rstest]
#[case::nobody_owns_it(
    ", owner: 王工",
    "",
    "plan.yaml:13:17 scenario::missing_key: known_issues: `owner` is missing"
)]
#[case::it_never_ends(
    ", due: \"2030-03-02T19:00+08:00\"",
    "",
    "plan.yaml:13:17 scenario::missing_key: known_issues: `due` is missing"
)]
#[case::of_no_case(
    ", case: \"day/*\"",
    "",
    "plan.yaml:13:16 scenario::missing_key: of which cases it is the issue is not said"
)]
#[case::money_left_in_books(
    "finding: outcome",
    "finding: \"residue:pool-fund\"",
    "plan.yaml:13:89 scenario::cannot_waive: `residue:pool-fund` is found in books and cannot be waived"
)]
#[case::a_rule(
    "finding: outcome",
    "finding: [outcome, R7]",
    "plan.yaml:13:99 scenario::cannot_waive: `R7` is found in books and cannot be waived"
)]
#[case::whatever_fails(
    "finding: outcome",
    "finding: \"*\"",
    "plan.yaml:13:89 scenario::cannot_waive: `*` waives whatever fails and says nothing of what is wrong"
)]
#[case::nowhere(
    "case: \"day/*\"",
    "treatment: \"330900\"",
    "plan.yaml:13:109 scenario::unknown_division: unknown administrative division `330900`: no region of the topology"
)]
#[case::no_business(
    "case: \"day/*\"",
    "business: outpatent",
    "plan.yaml:13:108 scenario::unknown_word: unknown business `outpatent`"
)]
fn a_slip_is_told_at_its_place(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    assert!(WHOLE.contains(from));
    check_slip(
        "plan.yaml",
        "margin: 2h",
        &with(&WHOLE.replace(from, to)),
        expected,
    );
}

#[rstest]
#[case(
    "case: \"day/*\"",
    "case: \"dy/there\"",
    "scenario::idle_known_issue: no case of the plan is one that the known issue `KI-1` speaks of"
)]
#[case(
    "2030-03-02T19:00",
    "2030-03-01T17:00",
    "scenario::idle_known_issue: it ends before the window opens and waives nothing"
)]
fn one_that_waives_nothing_is_warned_of(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let folder = planted(&[("plan.yaml", "margin: 2h", &with(&WHOLE.replace(from, to)))]);
    let (plan, problems) = read(folder.path());
    assert!(told(&problems).contains(expected), "{}", told(&problems));
    assert!(plan.is_some());
}

#[test]
fn two_of_one_id_are_told() {
    let two = format!("{WHOLE}, {WHOLE}");
    let folder = planted(&[("plan.yaml", "margin: 2h", &with(&two))]);
    let (_, problems) = read(folder.path());
    assert!(
        told(&problems).contains("known issue `KI-1` stands twice"),
        "{}",
        told(&problems)
    );
}
