//! 日对账之试 · Day totals of hospital and platforms: who says another sum than whom, on the way there or back, and of which
//! days the test's share is not nothing.

use crosswipe_domain::{Cause, Entry, Role, Rule, Unit};
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Finding, Held, Judgement, RuleState};
use crate::testkit::{
    BYSTANDER, Group, History, PERSON, clean, faulty, insured, plan, posting, two_persons,
};
use crate::tests::{judged, told};

const DAY: &str = "reconciliation";

fn rule(judgement: &Judgement) -> &RuleState {
    &judgement.rules[Rule::R9 as usize]
}

fn found(judgement: &Judgement) -> Vec<&Finding> {
    let all = judgement.findings.iter();
    all.filter(|one| one.rule == Rule::R9).collect()
}

/// Adds to one item of a role's day totals, where it books this message.
fn add(group: &mut Group, (role, infno, of, by): (Role, &str, &str, i64)) {
    if !group.is(role, infno) {
        return;
    }
    for entry in &mut group.entries {
        if let Entry::Posting { cell, amount, .. } = entry
            && cell.kind == DAY
            && cell.dims.get("item").is_some_and(|item| item == of)
        {
            *amount += by;
        }
    }
}

/// What is told: party, the one it disagrees with, expected, actual.
type Told<'t> = (&'t str, &'t str, &'t str, &'t str);

fn said(one: &Finding) -> (String, String, String, String) {
    let against = one.location.split_once("] against ");
    let against = against.map(|(_, party)| party.to_owned());
    (
        one.party.as_ref().unwrap().to_string(),
        against.unwrap_or_default(),
        one.expected.clone(),
        one.actual.clone(),
    )
}

const HIS: &str = "his:H33010000001";
const TREATMENT: &str = "treatment:330100";
const HUB: &str = "hub:330000";
const INSURED: &str = "insured:330200";

/// The undo of these books takes back what they booked, so a wrong sum there comes back as wrong and leaves nothing.
#[rstest]
#[case::there(&[(Role::Insured, "2207", "fund", 1)], "fund", &[(INSURED, HUB, "60.00", "60.01")])]
#[case::there_by_a_count(&[(Role::Insured, "2207", "count", 1)], "count", &[(INSURED, HUB, "1", "2")])]
#[case::in_the_midst(&[(Role::Hub, "2207", "medfee", -1)], "medfee", &[(HUB, TREATMENT, "100.00", "99.99")])]
#[case::at_the_hospital(&[(Role::His, "2207", "fund", 1)], "fund", &[(TREATMENT, HIS, "60.01", "60.00")])]
#[case::back(
    &[(Role::Insured, "2208", "fund", -1)], "fund",
    &[(INSURED, HUB, "-60.00", "-60.01"), (INSURED, "", "0.00", "-0.01")]
)]
#[case::there_and_not_back(
    &[(Role::Insured, "2207", "fund", 1), (Role::Insured, "2208", "fund", 1)], "fund",
    &[(INSURED, HUB, "60.00", "60.01"), (INSURED, "", "0.00", "0.01")]
)]
#[case::everybody_alike(
    &[(Role::His, "2208", "fund", 1), (Role::Treatment, "2208", "fund", 1), (Role::Hub, "2208", "fund", 1), (Role::Insured, "2208", "fund", 1)], "fund",
    &[(HIS, "", "0.00", "0.01"), (HUB, "", "0.00", "0.01"), (INSURED, "", "0.00", "0.01"), (TREATMENT, "", "0.00", "0.01")]
)]
fn who_says_another_sum_is_told_with_the_neighbour_and_what_is_left_by_itself(
    #[case] bent: &[(Role, &str, &str, i64)],
    #[case] item: &str,
    #[case] expected: &[Told<'_>],
) {
    let judgement = judged(&faulty(&mut |group| {
        bent.iter().for_each(|one| add(group, *one));
    }));
    let mut told: Vec<_> = found(&judgement).into_iter().map(said).collect();
    told.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let owned = |(party, near, one, other): &Told<'_>| {
        (
            party.to_string(),
            near.to_string(),
            one.to_string(),
            other.to_string(),
        )
    };
    assert_eq!(told, expected.iter().map(owned).collect::<Vec<_>>());
    for one in found(&judgement) {
        assert_eq!(one.class.as_str(), "residue:reconciliation");
        assert!(
            one.location.contains(&format!("item={item}]")),
            "{}",
            one.location
        );
        assert_eq!(one.txid.as_ref().map(|txid| txid.as_str()), Some("a/2207"));
    }
    assert_eq!(rule(&judgement).state, Held::Violated);
}

/// Three pairs of neighbours say three items of one settlement; four parties keep three totals of one day.
#[test]
fn every_item_of_every_pair_and_party_is_compared_once() {
    let judgement = judged(&clean());
    assert_eq!(rule(&judgement).state, Held::Held);
    assert_eq!(rule(&judgement).compared, 3 * 3 + 4 * 3);
}

/// Who keeps no total of an item says nothing of it: that is no other sum.
#[test]
fn an_item_that_a_party_does_not_keep_is_not_held_against_it() {
    let judgement = judged(&faulty(&mut |group: &mut Group| {
        if group.party.role == Role::Hub {
            group.entries.retain(|entry| {
                let Entry::Posting { cell, .. } = entry else {
                    return true;
                };
                cell.dims.get("item").is_none_or(|item| item != "medfee")
            });
        }
    }));
    assert_eq!(
        found(&judgement),
        Vec::<&Finding>::new(),
        "{}",
        told(&judgement)
    );
    assert_eq!(rule(&judgement).state, Held::Held);
    assert_eq!(rule(&judgement).compared, 3 + 2 + 2 + (4 * 3 - 1));
}

/// Who never booked the way back is told of it by other rules; here only that it is left.
#[test]
fn a_way_that_a_party_never_booked_is_no_other_sum() {
    let judgement = judged(&faulty(&mut |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            group.times = 0;
        }
    }));
    let told: Vec<_> = found(&judgement).into_iter().map(said).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    let left = told.iter().filter(|(party, near, expected, _)| {
        (party.as_str(), near.as_str()) == (INSURED, "") && expected.starts_with('0')
    });
    assert_eq!(left.count(), 3, "{told:?}");
}

/// All settlements of a day stand in one total; what is shown is of the one that differs.
#[test]
fn of_several_settlements_of_a_day_the_one_that_differs_is_shown() {
    let judgement = judged(&two_persons(&mut |group: &mut Group| {
        if group.case == "b" {
            add(group, (Role::Insured, "2207", "fund", 1));
            add(group, (Role::Insured, "2208", "fund", 1));
        }
    }));
    let own: Vec<String> = judgement
        .transactions
        .iter()
        .filter(|one| one.txid.as_str() == "b/2207")
        .flat_map(|one| {
            [
                Some(one.msgid.to_string()),
                one.reversed_by.as_ref().map(ToString::to_string),
            ]
        })
        .flatten()
        .collect();
    assert_eq!(own.len(), 2);
    let all = found(&judgement);
    let told: Vec<_> = all.iter().map(|one| said(one)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for one in all {
        assert_eq!(one.txid.as_ref().map(|txid| txid.as_str()), Some("b/2207"));
        assert!(!one.witness.is_empty());
        for line in &one.witness {
            assert!(
                own.iter().any(|msgid| line.contains(&format!(" {msgid} "))),
                "{line}"
            );
            assert!(line.contains("item=fund]"), "{line}");
        }
    }
}

/// The undo is booked on the next day, at one party with so much less of one item. `same_day` as the plan says it.
#[rstest]
#[case::each_day_must_be_nothing(true, 0, 24, 24)]
#[case::the_window_is_enough(false, 0, 0, 24)]
#[case::what_is_left_of_the_window_is_told_of_both_days(false, 1, 2, 22)]
#[case::and_with_every_other_day(true, 1, 24, 22)]
fn what_crosses_a_day_is_noted_and_is_a_residue_only_where_the_plan_says_so(
    #[case] same_day: bool,
    #[case] short: i64,
    #[case] left: usize,
    #[case] noted: usize,
) {
    let evidence = {
        let mut plan = plan();
        plan.same_day = same_day;
        let mut history = History::begin(plan);
        history.export(Instant::T0);
        let swipe = history.swipe("a", PERSON, &mut |_| {});
        history.look("a");
        history.unswipe(&swipe, &mut |group| {
            add(group, (Role::Insured, "2208", "fund", short));
            if group.infno == "2208" {
                for entry in &mut group.entries {
                    if let Entry::Posting { cell, .. } = entry
                        && cell.kind == DAY
                    {
                        cell.dims.insert("day", "2017-06-03");
                    }
                }
            }
        });
        history.close();
        history.evidence
    };
    let judgement = judged(&evidence);
    let by_itself = found(&judgement)
        .into_iter()
        .filter(|one| !one.location.contains("] against "));
    let by_itself: Vec<_> = by_itself.collect();
    assert_eq!(by_itself.len(), left, "{}", told(&judgement));
    let notes: Vec<_> = judgement
        .notes
        .iter()
        .filter(|note| note.code == "cross-day")
        .collect();
    assert_eq!(notes.len(), noted, "four parties, three items, two days");
    for note in &notes {
        assert!(note.facts["cell"].starts_with(DAY), "{note:?}");
        let back = note.facts["cell"].contains("day=2017-06-03");
        assert_eq!(note.facts["net"].starts_with('-'), back, "{note:?}");
        assert_eq!(note.facts.len(), 3);
    }
    if !same_day && short > 0 {
        let of: Vec<_> = by_itself.iter().map(|one| said(one)).collect();
        let mut sums: Vec<(&str, &str)> = of
            .iter()
            .map(|one| (one.0.as_str(), one.3.as_str()))
            .collect();
        sums.sort_unstable();
        assert_eq!(sums, [(INSURED, "-59.99"), (INSURED, "60.00")]);
    }
}

/// Day totals that others move say nothing of a run that settled nothing.
#[test]
fn a_run_that_settles_nothing_has_no_day_to_compare() {
    let run = |strangers: bool| -> Evidence {
        let mut history = History::begin(plan());
        history.export(Instant::T0);
        let undo = crosswipe_journal::UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2202"),
        };
        let visit = history.step("a", "2201", PERSON, undo, &mut |_| {});
        if strangers {
            let cause = Cause {
                origin: "C33029999999".into(),
                msgid: "public-1".into(),
                infno: "2207".into(),
            };
            let dims = [("day", "2017-06-02"), ("item", "fund")];
            let now = history.now;
            let keeper = history.books.get_mut(&insured()).unwrap();
            let booked = vec![posting(DAY, &dims, Unit::MemoFen, 300)];
            keeper.append(now, &cause, Some(BYSTANDER), booked);
        }
        history.look("a");
        history.undo(&visit, "2202", &[], &mut |_| {});
        history.close();
        history.evidence
    };
    for strangers in [false, true] {
        let judgement = judged(&run(strangers));
        let rule = rule(&judgement);
        let said = (rule.state, rule.why_not.as_deref(), rule.compared);
        assert_eq!(said, (Held::NotChecked, Some("no-settlement"), 0));
    }
}
