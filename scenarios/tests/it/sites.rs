//! 分站点 · Every site's folder is a plan that loads, holds its cases as they are and nothing of others; together they are the whole.

use std::collections::BTreeSet;
use std::path::Path;

use crosswipe_scenarios::{Case, Plan, check, load, sites, timetable};
use rstest::rstest;

use crate::fixture::told;

fn labels(case: &Case) -> BTreeSet<String> {
    let labels = case.leaves().filter_map(|step| step.person());
    labels.map(str::to_owned).collect()
}

#[rstest]
#[case("zhejiang-2017", "")]
#[case(
    "zhejiang-2017",
    "schedule: {hands: manual, staffed: [\"09:00-17:00\"], agreed: {institution: 1, H33010000001: 2, \"330200\": 3}, travel: {minutes: 60, between: [{from: \"330100\", to: \"330200\", minutes: 30}]}, cards: [{person: hangzhou-employee, place: \"330200\", to: \"2017-06-03T12:00+08:00\"}]}\n"
)]
#[case("qianjiang-2021", "")]
#[case("hengyang-2021", "")]
#[case("harbin-2021", "")]
#[case("wenzhou-2022", "")]
#[case("credentials", "")]
#[case("chronic", "")]
#[case("campaign", "")]
#[case("pair-demo", "")]
#[case("language", "")]
fn sites_are_plans_and_together_the_whole(#[case] name: &str, #[case] schedule: &str) {
    let folder = tempfile::tempdir().unwrap();
    let shipped = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let whole = folder.path().join("whole");
    for (path, bytes) in &shipped.files {
        let mut bytes = bytes.clone();
        if path == "plan.yaml" {
            bytes.extend(schedule.as_bytes());
        }
        let path = whole.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let (plan, problems) = check(&whole);
    let plan = plan.unwrap_or_else(|| panic!("{}", told(&problems)));
    let table = timetable(&plan);
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut of_persons: BTreeSet<usize> = BTreeSet::new();
    for site in sites(&plan, &table) {
        let dir = folder.path().join(&site.code);
        // A table of rows, and what several scenarios share, say more than is of this site.
        for shared in ["visits.csv", "parts.yaml"] {
            assert!(
                !site.files.contains_key(shared),
                "{} has {shared}",
                site.code
            );
        }
        for (path, bytes) in &site.files {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let (read, problems) = check(&dir);
        let read = read.unwrap_or_else(|| panic!("{name} {}: {}", site.code, told(&problems)));
        same_cases(&plan, &read, &site.cases, &site.code);
        at_the_same_time(&plan, &table, &read, &site.code);
        let own: BTreeSet<String> = read.cases.iter().flat_map(labels).collect();
        let listed: BTreeSet<String> = read
            .registry
            .personas
            .iter()
            .map(|one| one.label.clone())
            .collect();
        assert_eq!(
            own, listed,
            "{name} {}: the persons of its cases and no others",
            site.code
        );
        // Numbers of others stand in no file of it.
        for other in plan
            .registry
            .personas
            .iter()
            .filter(|one| !own.contains(&one.label))
        {
            let holds =
                |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(other.no.reveal());
            assert!(
                !site.files.values().any(holds),
                "{name} {}: {}",
                site.code,
                other.label
            );
        }
        match site.code.starts_with(['H', 'P']) {
            true => seen.extend(&site.cases),
            false => of_persons.extend(&site.cases),
        }
    }
    let all: BTreeSet<usize> = (0..plan.cases.len()).collect();
    let somewhere = |case: &usize| {
        let mut steps = plan.cases[*case].leaves();
        steps.any(|step| !matches!(step, crosswipe_scenarios::Step::Office(_)))
    };
    let at_institutions: BTreeSet<usize> = all.iter().copied().filter(somewhere).collect();
    assert_eq!(seen, at_institutions, "the cases of all institutions");
    // What an institution asks of its platform is about nobody.
    let about_somebody = |case: &usize| plan.cases[*case].people().next().is_some();
    let of_somebody: BTreeSet<usize> = all.into_iter().filter(about_somebody).collect();
    assert_eq!(of_persons, of_somebody, "the cases of all regions' insured");
}

#[track_caller]
fn same_cases(plan: &Plan, read: &Plan, cases: &[usize], code: &str) {
    let mut wanted: Vec<&Case> = cases.iter().map(|index| &plan.cases[*index]).collect();
    let mut found: Vec<&Case> = read.cases.iter().collect();
    wanted.sort_by(|a, b| a.id.cmp(&b.id));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    let ids = |cases: &[&Case]| {
        cases
            .iter()
            .map(|case| case.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&wanted), ids(&found), "{code}");
    for (wanted, found) in wanted.iter().zip(&found) {
        assert_eq!(wanted.steps, found.steps, "{code} {}", wanted.id);
        assert_eq!(
            (&wanted.covers, &wanted.title, wanted.several_open),
            (&found.covers, &found.title, found.several_open),
            "{code} {}",
            wanted.id
        );
    }
}

/// What was agreed upon for the whole is kept at the site: its own timetable says the same instants.
#[track_caller]
fn at_the_same_time(plan: &Plan, table: &crosswipe_scenarios::Timetable, read: &Plan, code: &str) {
    if !plan.timing.written {
        return;
    }
    for slot in timetable(read).slots {
        let id = &read.cases[slot.case].id;
        let whole = table
            .slots
            .iter()
            .find(|one| plan.cases[one.case].id == *id);
        if let Some(whole) = whole {
            assert_eq!((slot.from, slot.to), (whole.from, whole.to), "{code} {id}");
        }
    }
}

/// Of the real systems a site learns its own, and its registry is checked against its own list.
#[test]
fn a_site_learns_no_address_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("zhejiang-2017")).unwrap();
    let live = format!(
        "environment: test\nregistry: {}\ncaps: {{settlements: 300, amount: 9000000.00}}\noperator: {{no: \"0117\", name: 张三}}\n\
         institutions: [{{code: H33010000001, address: \"10.8.1.2:8080\"}}, {{code: H33020000001, address: \"10.8.1.3:8080\"}}]\n\
         books: [{{party: \"hub:330000\", address: \"10.8.1.9:8080\"}}]\n",
        crosswipe_domain::sha256_hex(&shipped.files["persons.csv"])
    );
    for (path, bytes) in &shipped.files {
        let mut bytes = bytes.clone();
        if path == "plan.yaml" {
            bytes.extend(b"live: live.yaml\n");
        }
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::write(folder.path().join("live.yaml"), live).unwrap();
    let (plan, problems) = check(folder.path());
    let plan = plan.unwrap_or_else(|| panic!("{}", told(&problems)));
    let mut with_an_address = 0;
    for site in sites(&plan, &timetable(&plan)) {
        let dir = folder.path().join("sites").join(&site.code);
        for (path, bytes) in &site.files {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let (read, problems) = check(&dir);
        let read = read.unwrap_or_else(|| panic!("{}: {}", site.code, told(&problems)));
        let of = |path: &str| String::from_utf8_lossy(&site.files[path]).into_owned();
        for (code, address) in [("H33010000001", "10.8.1.2"), ("H33020000001", "10.8.1.3")] {
            let told = read.live.is_some() && of("live.yaml").contains(address);
            assert_eq!(
                told,
                of("topology.yaml").contains(code),
                "{}: {address}",
                site.code
            );
        }
        assert_eq!(
            read.live.is_some(),
            site.files.contains_key("live.yaml"),
            "{}",
            site.code
        );
        with_an_address += usize::from(read.live.is_some());
    }
    assert!((2..22).contains(&with_an_address), "{with_an_address}");
}
