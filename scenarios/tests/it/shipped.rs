//! 随附计划 · The plans that we ship load without a word, and say what their notice says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crosswipe_domain::{
    Business, CaseId, Moment, Money, PersonClass, Phase, PhaseKind, PseudonymKey, Public,
};
use crosswipe_scenarios::{Case, Discharge, Expected, Plan, Step, check};
use rstest::rstest;

use crate::fixture::told;

fn shipped(name: &str) -> Plan {
    let (plan, problems) = check(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    assert_eq!(told(&problems), "");
    plan.unwrap()
}

fn zhejiang() -> Plan {
    shipped("zhejiang-2017")
}

fn at(text: &str) -> Moment {
    Moment::parse(&format!("{text}+08:00")).unwrap()
}

#[test]
fn all_110_pairs_are_swiped_for_both_businesses() {
    let plan = zhejiang();
    let resolved = plan.resolved(&PseudonymKey::new([7; 32]));
    let mut cells: BTreeMap<(String, String, Business), usize> = BTreeMap::new();
    for case in resolved.cases.iter().filter(|case| case.matrix) {
        let (insured, treatment) = (case.insured.unwrap(), case.treatment.unwrap());
        assert_eq!(
            case.case.as_str(),
            format!("{}/{insured}-{treatment}", case.business.unwrap())
        );
        *cells
            .entry((
                insured.to_string(),
                treatment.to_string(),
                case.business.unwrap(),
            ))
            .or_default() += 1;
    }
    assert_eq!(cells.len(), 11 * 10 * 2, "no empty cell");
    assert!(cells.values().all(|count| *count == 1));
    assert!(
        cells
            .keys()
            .all(|(insured, treatment, _)| insured != treatment)
    );
    assert_eq!(plan.matrix, [Business::Outpatient, Business::Inpatient]);
}

#[test]
fn each_person_of_the_matrix_meets_both_businesses_and_both_kinds_of_hospital_equally_often() {
    let plan = zhejiang();
    let mut swipes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut combinations = BTreeSet::new();
    for visit in plan
        .cases
        .iter()
        .filter(|case| case.matrix)
        .map(|case| case.first_visit().unwrap())
    {
        let person = plan.registry.persona(visit.persona).unwrap();
        let tier = plan.topology.institution(visit.institution).unwrap().tier;
        *swipes.entry(visit.persona).or_default() += 1;
        combinations.insert((person.insured, person.class, visit.business, tier));
    }
    let pairs: BTreeSet<(String, &str)> = plan
        .cases
        .iter()
        .filter(|case| case.matrix)
        .map(|case| {
            (
                case.id.as_str().split('/').nth(1).unwrap().to_owned(),
                case.first_visit().unwrap().persona,
            )
        })
        .collect();
    assert_eq!(
        pairs.len(),
        220,
        "each pair swipes its employee and its resident"
    );
    assert_eq!(swipes.len(), 22);
    assert!(swipes.values().all(|count| *count == 10), "{swipes:?}");
    assert_eq!(combinations.len(), 11 * 2 * 2 * 2);
}

#[test]
fn every_city_has_two_institutions_an_employee_and_a_resident() {
    let plan = zhejiang();
    assert_eq!(plan.topology.regions.len(), 11);
    for region in &plan.topology.regions {
        let tiers: Vec<u8> = plan
            .topology
            .institutions
            .iter()
            .filter(|i| i.region == region.code)
            .map(|i| i.tier)
            .collect();
        assert_eq!(tiers, [3, 2], "{}", region.name);
        let classes: BTreeSet<PersonClass> = plan
            .registry
            .test_persons_of(region.code)
            .map(|person| person.class)
            .collect();
        assert_eq!(classes.len(), 2, "{}", region.name);
    }
    assert!(
        plan.registry
            .personas
            .iter()
            .all(|person| person.id_number.belongs_to_nobody())
    );
}

#[test]
fn a_person_of_a_bound_is_in_no_other_case() {
    let plan = zhejiang();
    let mut cases: BTreeMap<&str, BTreeSet<&CaseId>> = BTreeMap::new();
    for case in &plan.cases {
        for visit in case.leaves().filter_map(Step::visit) {
            cases.entry(visit.persona).or_default().insert(&case.id);
        }
    }
    let shared: Vec<_> = cases
        .values()
        .filter(|cases| {
            cases.len() > 1 && cases.iter().any(|id| id.as_str().starts_with("bounds/"))
        })
        .collect();
    assert!(shared.is_empty(), "{shared:?}");
}

fn case<'a>(plan: &'a Plan, id: &str) -> &'a Case {
    plan.cases
        .iter()
        .find(|case| case.id.as_str() == format!("bounds/{id}"))
        .unwrap_or_else(|| panic!("no case {id}"))
}

/// The instant of a bound, to the second, and what is expected there.
#[rstest]
#[case("zj-01-at", "2017-06-02T09:00:00", "ok")]
#[case("zj-01-before", "2017-06-02T08:59:59", "gate")]
#[case("zj-03", "2017-06-02T10:00:00", "ok")]
#[case("zj-04-unarranged", "2017-06-01T12:00:00", "gate")]
#[case("zj-04-arranged", "2017-06-01T12:00:00", "ok")]
#[case("zj-05-at", "2017-06-01T09:00:00", "ok")]
#[case("zj-05-before", "2017-06-01T08:59:59", "gate")]
#[case("zj-06-before-stop", "2017-05-31T17:59:59", "accepted")]
#[case("zj-06-at-stop", "2017-05-31T18:00:00", "refused")]
#[case("zj-06-before-live", "2017-06-04T17:59:59", "refused")]
#[case("zj-06-at-live", "2017-06-04T18:00:00", "accepted")]
#[case("zj-08", "2017-06-01T01:00:00", "gate")]
#[case("zj-13-reversed", "2017-06-04T15:59:00", "ok")]
#[case("zj-13-last", "2017-06-04T15:59:59", "ok")]
#[case("zj-13-late", "2017-06-04T16:00:00", "gate")]
fn both_sides_of_every_bound_are_tried_to_the_second(
    #[case] id: &str,
    #[case] instant: &str,
    #[case] expected: &str,
) {
    let plan = zhejiang();
    let case = case(&plan, id);
    assert_eq!(case.start, Some(at(instant)));
    let scenario = id.splitn(3, '-').take(2).collect::<Vec<_>>().join("-");
    assert!(case.covers.contains(&scenario), "{id} covers {scenario}");
    for leaf in case.leaves() {
        let (step_at, outcome) = match leaf {
            Step::Swipe(swipe) => (swipe.at, &swipe.expect.outcome),
            Step::Play(play) => (play.at, &play.expect.outcome),
            other => panic!("{other:?}"),
        };
        let word = match outcome {
            Expected::Ok => "ok",
            Expected::Refused { .. } => "refused",
            Expected::Gate { .. } => "gate",
            Expected::Accepted => "accepted",
        };
        assert_eq!((step_at, word), (Some(at(instant)), expected));
    }
}

#[test]
fn zj_03_swipes_two_persons_both_ways_for_the_same_bill() {
    let plan = zhejiang();
    let case = case(&plan, "zj-03");
    let [Step::Parallel(branches)] = case.steps.as_slice() else {
        panic!("{:?}", case.steps)
    };
    let swipes: Vec<_> = branches
        .iter()
        .map(|branch| match branch.as_slice() {
            [Step::Swipe(swipe)] => swipe,
            other => panic!("{other:?}"),
        })
        .collect();
    let [left, right] = swipes.as_slice() else {
        panic!("two branches")
    };
    let place = |institution| plan.topology.institution(institution).unwrap();
    let person = |label: &str| plan.registry.persona(label).unwrap();
    assert_eq!(left.basket, right.basket);
    assert_eq!(
        person(&left.persona).insured,
        place(&right.institution).region
    );
    assert_eq!(
        person(&right.persona).insured,
        place(&left.institution).region
    );
    // The same bill under the same benefits gives the same amounts.
    let benefits = |label: &str, institution| {
        let person = person(label);
        (
            person.class,
            person.balance,
            person.deductible_used,
            person.pool_paid,
            place(institution).tier,
        )
    };
    assert_eq!(
        benefits(&left.persona, &left.institution),
        benefits(&right.persona, &right.institution)
    );
}

#[test]
fn zj_13_is_undone_half_an_hour_before_the_window_ends() {
    let plan = zhejiang();
    let [Step::Swipe(swipe)] = case(&plan, "zj-13-reversed").steps.as_slice() else {
        panic!("one swipe")
    };
    assert_eq!(swipe.undo_at, Some(at("2017-06-04T17:30:00")));
    assert_eq!(plan.window.end(), Some(at("2017-06-04T18:00:00")));
    assert_eq!(plan.window.margin_ms, 2 * 3_600_000);
}

#[test]
fn the_window_is_that_of_the_notice() {
    let plan = zhejiang();
    let told: Vec<String> = plan
        .window
        .phases
        .iter()
        .map(|phase: &Phase| {
            format!(
                "{} {:?} {}",
                phase.from.short(),
                phase.kind,
                phase.allow.len()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "05-31 18:00 Frozen 0",
            "05-31 18:15 Switch 0",
            "05-31 22:30 Switch 0",
            "06-01 02:00 Switch 0",
            "06-01 09:00 Joint 1",
            "06-02 09:00 Verify 1",
            "06-04 18:00 Live 0",
        ]
    );
    let open: Vec<PhaseKind> = plan
        .window
        .phases
        .iter()
        .filter(|phase| phase.public == Public::Open)
        .map(|phase| phase.kind)
        .collect();
    assert_eq!(open, [PhaseKind::Live]);
    assert!(
        plan.window
            .phases
            .iter()
            .all(|phase| !phase.quote.is_empty())
    );
    // «any» business is what the plan names, and nothing more.
    assert_eq!(
        plan.window.phases[4].allow[0].business,
        [Business::Outpatient, Business::Inpatient]
    );
    assert_eq!(plan.year, "2017");
    assert!(plan.same_day);
}

#[rstest]
#[case("basket/cold.yaml", "567.95")]
#[case("basket/stay.yaml", "21915.06")]
fn a_basket_adds_up_to_what_the_scenarios_expect(#[case] basket: &str, #[case] total: &str) {
    for name in ["zhejiang-2017", "pair-demo"] {
        let plan = shipped(name);
        let sum: Money = plan.registry.baskets[basket]
            .iter()
            .map(crosswipe_domain::BasketLine::amount)
            .sum();
        assert_eq!(sum.to_string(), total);
        assert!(plan.registry.baskets.contains_key(&plan.probe_basket));
    }
}

#[test]
fn what_goes_into_the_journal_names_nobody() {
    let plan = zhejiang();
    let resolved = format!("{:?}", plan.resolved(&PseudonymKey::new([7; 32])));
    for person in &plan.registry.personas {
        assert!(!resolved.contains(person.no.reveal()));
        assert!(!resolved.contains(person.id_number.reveal()));
        assert!(!resolved.contains(&person.name));
    }
    assert_eq!(plan.resolved(&PseudonymKey::new([7; 32])).public.len(), 9);
}

#[test]
fn every_file_of_the_plan_is_kept_as_read() {
    let plan = zhejiang();
    let names: Vec<&str> = plan.files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "basket/cold.yaml",
            "basket/corrected.yaml",
            "basket/probe.yaml",
            "basket/stay.yaml",
            "bounds.yaml",
            "breaches.yaml",
            "catalogue.csv",
            "catchup.yaml",
            "contacts.csv",
            "counter.yaml",
            "inpatient.yaml",
            "outpatient.yaml",
            "pairs.csv",
            "persons.csv",
            "plan.yaml",
            "topology.yaml",
        ]
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("zhejiang-2017");
    for (name, bytes) in &plan.files {
        assert_eq!(bytes, &std::fs::read(folder.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn the_demo_is_small_and_shows_each_kind_of_case() {
    let plan = shipped("pair-demo");
    assert_eq!(plan.cases.len(), 8);
    assert_eq!(plan.cases.iter().filter(|case| case.matrix).count(), 4);
    let leaves: Vec<&Step> = plan.cases.iter().flat_map(Case::leaves).collect();
    assert!(leaves.iter().any(|step| matches!(step, Step::Play(_))));
    assert!(
        leaves
            .iter()
            .any(|step| matches!(step, Step::Swipe(swipe) if swipe.discharge == Discharge::Last))
    );
    assert!(leaves.iter().any(|step| matches!(step, Step::Swipe(swipe) if matches!(swipe.expect.outcome, Expected::Gate { .. }))));
}

/// The case that the README shows can be pasted into the shipped plan.
#[test]
fn the_case_in_the_readme_works() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir(folder.path().join("basket")).unwrap();
    for (name, bytes) in zhejiang().files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let readme = std::fs::read_to_string(shipped.join("README.md")).unwrap();
    let shown = block(&readme, "case: my-case");
    let bounds = folder.path().join("bounds.yaml");
    let text = std::fs::read_to_string(&bounds).unwrap();
    std::fs::write(&bounds, format!("{text}{shown}")).unwrap();
    let (plan, problems) = check(folder.path());
    assert_eq!(told(&problems), "");
    let cases = plan.unwrap().cases;
    assert!(
        cases
            .iter()
            .any(|case| case.id.as_str() == "bounds/my-case")
    );
}

/// The part of a README's block of YAML that holds `mark`.
fn block<'a>(readme: &'a str, mark: &str) -> &'a str {
    let blocks = readme.split("```yaml\n").skip(1);
    let mut blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.contains(mark)).unwrap()
}

/// The schedule that the README shows can be pasted too, and says what it shows.
#[test]
fn the_schedule_in_the_readme_works() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("basket")).unwrap();
    for (name, bytes) in zhejiang().files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let shown = block(&readme, "schedule:");
    let (schedule, _) = shown.split_once("# topology.yaml").unwrap();
    let plan = folder.path().join("plan.yaml");
    let text = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, format!("{text}{schedule}")).unwrap();
    let (plan, problems) = check(folder.path());
    assert_eq!(told(&problems), "");
    let timing = plan.unwrap().timing;
    assert_eq!(
        (timing.agreed.region, timing.agreed.single.len()),
        (Some(4), 1)
    );
    assert_eq!(
        (timing.travel.minutes, timing.travel.between.len()),
        (Some(180), 1)
    );
    assert_eq!((timing.desks.len(), timing.cards.len()), (22, 1));
}
