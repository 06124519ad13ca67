//! 两两覆盖 · The matrix against brute force: every ordered pair, every two values that may meet, and few enough cases.

use std::collections::BTreeSet;
use std::path::Path;

use crosswipe_domain::{Business, Certificate, PersonClass};
use crosswipe_scenarios::{Case, Plan, Shows, Step, check};
use rstest::rstest;
use tempfile::TempDir;

use crate::fixture::told;

/// A shipped plan with texts of its files replaced.
fn changed(name: &str, changes: &[(&str, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let plan = crosswipe_scenarios::load(&shipped).unwrap();
    for (path, bytes) in &plan.files {
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        for (_, from, to) in changes.iter().filter(|(file, ..)| file == path) {
            assert!(text.contains(from), "`{from}` in {path}");
            text = text.replacen(from, to, 1);
        }
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn loaded(folder: &TempDir) -> Plan {
    let (plan, problems) = check(folder.path());
    plan.unwrap_or_else(|| panic!("{}", told(&problems)))
}

const MATRIX: &str =
    "matrix: {insured: all, treatment: all, business: [outpatient, inpatient], person: pairwise}";
const NATION: &str =
    "matrix: {insured: all, treatment: all, business: [outpatient], person: pairwise}";

/// One of each dimension: business, insurance type, credential, tier.
type Values = [String; 4];

fn word(shows: &Shows) -> &'static str {
    match shows {
        Shows::IdCard => "id-card",
        Shows::Voucher { .. } => "e-voucher",
        Shows::Card => "card",
        Shows::Permit => "residence-permit",
    }
}

/// Place of insurance, place of care and values of a case.
fn read(plan: &Plan, case: &Case) -> (String, String, String, Values) {
    let swipe = case.leaves().find_map(|step| match step {
        Step::Swipe(swipe) => Some(swipe),
        _ => None,
    });
    let swipe = swipe.unwrap();
    let persona = plan.registry.persona(&swipe.persona).unwrap();
    let place = plan.topology.institution(&swipe.institution).unwrap();
    let values = [
        swipe.business.name().to_owned(),
        persona.class.insutype().to_owned(),
        word(&swipe.credential.shows).to_owned(),
        place.tier.to_string(),
    ];
    (
        persona.insured.to_string(),
        place.region.to_string(),
        place.code.to_string(),
        values,
    )
}

fn pairs_of(values: &Values) -> Vec<(usize, usize, String, String)> {
    let mut pairs = Vec::new();
    for one in 0..4 {
        for other in one + 1..4 {
            pairs.push((one, other, values[one].clone(), values[other].clone()));
        }
    }
    pairs
}

/// What `matrix:` of a case of this test asks for.
struct Asked {
    businesses: &'static [Business],
    credentials: &'static [&'static str],
    /// Never together.
    except: &'static [(&'static str, &'static str)],
    /// Residents buy nothing.
    employees_only: bool,
}

/// Everything that may happen, found by trying all of it.
fn possible(plan: &Plan, asked: &Asked) -> BTreeSet<(usize, usize, String, String)> {
    let mut met = BTreeSet::new();
    let named: BTreeSet<&str> = plan
        .cases
        .iter()
        .filter(|case| !case.matrix)
        .flat_map(Case::leaves)
        .filter_map(|step| step.visit().map(|visit| visit.persona))
        .collect();
    for persona in plan
        .registry
        .personas
        .iter()
        .filter(|one| one.registered && !named.contains(one.label.as_str()))
    {
        for place in plan
            .topology
            .institutions
            .iter()
            .filter(|place| place.region != persona.insured)
        {
            for business in asked.businesses {
                for credential in asked.credentials {
                    let pharmacy = place.code.as_str().starts_with('P');
                    let permit = persona.certificate != Certificate::IdCard;
                    let fits = pharmacy == (*business == Business::Pharmacy)
                        && !(pharmacy
                            && asked.employees_only
                            && persona.class == PersonClass::Resident)
                        && !asked.except.contains(&(business.name(), credential))
                        && match *credential {
                            "id-card" => !permit,
                            "residence-permit" => permit,
                            "card" => !persona.card_sn.is_empty(),
                            _ => true,
                        };
                    if fits {
                        met.extend(pairs_of(&[
                            business.name().to_owned(),
                            persona.class.insutype().to_owned(),
                            (*credential).to_owned(),
                            place.tier.to_string(),
                        ]));
                    }
                }
            }
        }
    }
    met
}

const BOTH: &[Business] = &[Business::Outpatient, Business::Inpatient];

#[rstest]
#[case::regions(MATRIX, "matrix: {insured: all, treatment: all, business: pairwise, credential: [id-card, e-voucher], tier: pairwise}",
    Asked { businesses: BOTH, credentials: &["id-card", "e-voucher"], except: &[], employees_only: false }, 110)]
#[case::every_business(MATRIX, "matrix: {insured: all, treatment: all, business: [outpatient, inpatient], credential: pairwise}",
    Asked { businesses: BOTH, credentials: &["id-card", "e-voucher", "card", "residence-permit"], except: &[], employees_only: false }, 220)]
#[case::institutions(MATRIX, "matrix: {insured: all, treatment: institutions, business: pairwise, class: pairwise, credential: [id-card, e-voucher]}",
    Asked { businesses: BOTH, credentials: &["id-card", "e-voucher"], except: &[], employees_only: false }, 220)]
#[case::except(MATRIX, "matrix: {insured: all, treatment: all, business: pairwise, insutype: pairwise, credential: [id-card, e-voucher], except: [{business: inpatient, credential: e-voucher}]}",
    Asked { businesses: BOTH, credentials: &["id-card", "e-voucher"], except: &[("inpatient", "e-voucher")], employees_only: false }, 110)]
fn every_pair_and_every_two_values_meet(
    #[case] from: &str,
    #[case] to: &str,
    #[case] asked: Asked,
    #[case] slots: usize,
) {
    let plan = loaded(&changed("zhejiang-2017", &[("plan.yaml", from, to)]));
    checked(&plan, &asked, slots, to.contains("institutions"));
}

/// A whole nation, one case for each of 992 pairs, and a sixteenth of all combinations.
#[test]
fn a_nation_meets_pairwise() {
    let to = "matrix: {insured: all, treatment: all, business: [outpatient], person: pairwise, credential: [id-card, e-voucher], tier: pairwise}";
    let plan = loaded(&changed("national-rehearsal", &[("plan.yaml", NATION, to)]));
    let asked = Asked {
        businesses: &[Business::Outpatient],
        credentials: &["id-card", "e-voucher"],
        except: &[],
        employees_only: false,
    };
    checked(&plan, &asked, 992, false);
    let again = loaded(&changed("national-rehearsal", &[("plan.yaml", NATION, to)]));
    assert_eq!(again.cases, plan.cases, "the same plan, the same cases");
    let other = loaded(&changed(
        "national-rehearsal",
        &[
            ("plan.yaml", NATION, to),
            ("plan.yaml", "seed: 20300602", "seed: 20300603"),
        ],
    ));
    assert_ne!(other.cases, plan.cases, "another seed chooses otherwise");
    checked(&other, &asked, 992, false);
}

/// Pharmacies sell to employees only: what cannot be is told, and everything else meets.
#[test]
fn what_may_not_be_is_said() {
    let matrix = "matrix: {insured: all, treatment: all, business: [outpatient, pharmacy], credential: [id-card, e-voucher]}";
    let folder = changed(
        "starter",
        &[
            (
                "plan.yaml",
                "matrix: {insured: all, treatment: all, business: [outpatient, inpatient], person: pairwise}",
                matrix,
            ),
            (
                "plan.yaml",
                "cross_swipe: [outpatient, inpatient]",
                "cross_swipe: [outpatient, inpatient, pharmacy]",
            ),
            (
                "plan.yaml",
                "allow: [{business: any, scope: cross-region}]",
                "allow: [{business: [outpatient, inpatient], scope: cross-region}, {business: pharmacy, scope: cross-region, classes: [employee]}]",
            ),
            ("plan.yaml", "inpatient.yaml", "pharmacy.yaml"),
            (
                "topology.yaml",
                "      - {code: H33010000002",
                "      - {code: P33010000001, name: 杭州虚构药店, tier: 1}\n      - {code: H33010000002",
            ),
            (
                "topology.yaml",
                "      - {code: H33020000002",
                "      - {code: P33020000001, name: 宁波虚构药店, tier: 1}\n      - {code: H33020000002",
            ),
        ],
    );
    std::fs::write(
        folder.path().join("pharmacy.yaml"),
        "scenario: pharmacy\nfor: matrix\nsteps:\n  - {swipe: pharmacy, items: basket/cold.yaml, expect: {outcome: ok}}\n",
    )
    .unwrap();
    let plan = loaded(&folder);
    let asked = Asked {
        businesses: &[Business::Outpatient, Business::Pharmacy],
        credentials: &["id-card", "e-voucher"],
        except: &[],
        employees_only: true,
    };
    let possible = possible(&plan, &asked);
    let met: BTreeSet<_> = plan
        .cases
        .iter()
        .filter(|case| case.matrix)
        .flat_map(|case| pairs_of(&read(&plan, case).3))
        .collect();
    assert_eq!(met, possible);
    let design = plan.design.unwrap();
    let excluded: Vec<String> = design
        .excluded
        .iter()
        .map(|one| format!("{} {}: {}", one.values[0].1, one.values[1].1, one.en))
        .collect();
    assert!(
        excluded.contains(&"pharmacy 390: no phase of the window allows it".to_owned()),
        "{excluded:?}"
    );
    assert!(
        excluded
            .iter()
            .any(|one| one.starts_with("pharmacy 3: no institution and person")),
        "{excluded:?}"
    );
}

#[track_caller]
fn checked(plan: &Plan, asked: &Asked, slots: usize, by_institution: bool) {
    let cells: Vec<&Case> = plan.cases.iter().filter(|case| case.matrix).collect();
    let mut places = BTreeSet::new();
    let mut met = BTreeSet::new();
    for case in &cells {
        let (insured, region, code, values) = read(plan, case);
        assert_ne!(insured, region);
        let to = if by_institution { code } else { region };
        let business = if plan.in_turn {
            String::new()
        } else {
            values[0].clone()
        };
        places.insert((insured, to, business));
        met.extend(pairs_of(&values));
    }
    // Every ordered pair, counted here.
    let count = plan.topology.regions.len();
    let targets = if by_institution {
        plan.topology.institutions.len() - 2
    } else {
        count - 1
    };
    let times = if plan.in_turn {
        1
    } else {
        asked.businesses.len()
    };
    assert_eq!(count * targets * times, slots);
    assert_eq!(places.len(), slots, "pairs without a case");
    let possible = possible(plan, asked);
    let uncovered: Vec<_> = possible.difference(&met).collect();
    assert_eq!(uncovered, Vec::<&(usize, usize, String, String)>::new());
    assert!(met.is_subset(&possible), "nothing that may not be");
    let design = plan.design.as_ref().unwrap();
    assert_eq!(
        (design.filled, design.met, design.cases),
        (slots, possible.len(), cells.len())
    );
    assert_eq!(design.meetings, design.met);
    let ids: BTreeSet<&str> = plan.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids.len(),
        plan.cases.len(),
        "each case has a name of its own"
    );
    // Persons of a region are swiped about as often as each other.
    let mut uses: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for case in &cells {
        *uses
            .entry(case.first_visit().unwrap().persona.to_owned())
            .or_default() += 1;
    }
    let (least, most) = (uses.values().min().unwrap(), uses.values().max().unwrap());
    assert!(most - least <= most / 2, "{uses:?}");
    if asked.credentials.len() * asked.businesses.len() > 2 {
        assert!(
            design.product >= 5 * design.cases,
            "{} {}",
            design.product,
            design.cases
        );
    }
}

/// Slips of the new words, each with its place.
#[rstest]
#[case("treatment: places", "unknown treatment `places`")]
#[case("credential: [idcard]", "unknown credential `idcard`")]
#[case("tier: all", "unknown tier `all`")]
#[case("except: [{}]", "except: nothing is named")]
#[case("except: [{tier: 4}]", "unknown tier `4`")]
#[case("except: [{busines: inpatient}]", "except: unknown key `busines`")]
fn a_slip_is_told(#[case] text: &str, #[case] expected: &str) {
    let treatment = if text.starts_with("treatment") {
        ""
    } else {
        "treatment: all, "
    };
    let to = format!("matrix: {{insured: all, {treatment}business: pairwise, {text}}}");
    let folder = changed("zhejiang-2017", &[("plan.yaml", MATRIX, &to)]);
    let (plan, problems) = check(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    assert!(
        told.contains(expected) && told.starts_with("plan.yaml:"),
        "{told}"
    );
}
