//! 浙江 2017 · The main job, whole, once: eleven cities, 110 ordered pairs, both sides of every bound.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::Outcome;
use crosswipe_journal::{CaseResult, Payload, read};

use super::{Bench, all_rules, plan, rules};

#[test]
fn the_window_of_zhejiang_is_rehearsed_rolled_back_and_proven() {
    let bench = Bench::new();
    let report = bench
        .run_plan(&plan("zhejiang-2017"), "run", &["--json"])
        .must_end(0)
        .json();

    assert_eq!(
        (&report["verdict"], &report["exit"]),
        (&"clean".into(), &0.into())
    );
    assert_eq!(rules(&report, "held"), all_rules());
    assert_eq!(
        report["matrix"],
        serde_json::json!({"pairs": 110, "covered": 110, "missing": []})
    );
    let count = |key: &str| report["transactions"][key].as_u64().unwrap();
    assert!(
        (1000..1200).contains(&count("reversed")),
        "{}",
        report["transactions"]
    );
    assert_eq!(
        (count("intended"), count("ok")),
        (count("reversed"), count("reversed"))
    );
    assert_eq!(
        (count("unknown"), count("refused"), count("unresolved")),
        (0, 0, 0)
    );

    let results = report["results"].as_array().unwrap();
    let cell = |case: &serde_json::Value| {
        let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
        (text("insured"), text("treatment"), text("business"))
    };
    let id = |case: &serde_json::Value| case["case"].as_str().unwrap().to_owned();
    let cells: BTreeSet<_> = results
        .iter()
        .filter(|case| !id(case).starts_with("bounds/"))
        .map(cell)
        .collect();
    assert_eq!(
        cells.len(),
        220,
        "110 ordered pairs, each in both businesses"
    );
    assert!(
        cells
            .iter()
            .all(|(insured, treatment, _)| insured != treatment)
    );
    assert_eq!(
        cells
            .iter()
            .map(|cell| &cell.0)
            .collect::<BTreeSet<_>>()
            .len(),
        11
    );
    let beds: BTreeSet<_> = results
        .iter()
        .filter_map(|case| case["institution"].as_str())
        .collect();
    assert_eq!(beds.len(), 22, "every institution was swiped at");

    let history = read(&bench.path("run")).unwrap();
    let mut passed: BTreeMap<String, usize> = BTreeMap::new();
    let mut covered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in &history.header().plan.cases {
        for clause in &case.covers {
            covered
                .entry(clause.clone())
                .or_default()
                .insert(case.case.to_string());
        }
    }
    for record in &history.records {
        if let Payload::CaseFinished(finished) = &record.payload {
            assert_eq!(finished.result, CaseResult::Passed, "{}", finished.case);
            assert!(
                !finished.checks.is_empty() && finished.checks.iter().all(|check| check.held),
                "{}",
                finished.case
            );
            passed.insert(finished.case.to_string(), finished.checks.len());
        }
    }
    for clause in [
        "zj-01", "zj-02", "zj-03", "zj-04", "zj-05", "zj-06", "zj-08", "zj-13",
    ] {
        let cases = covered
            .get(clause)
            .unwrap_or_else(|| panic!("nothing covers {clause}"));
        assert!(
            cases.iter().all(|case| passed.contains_key(case)),
            "{clause}: {cases:?}"
        );
    }

    // What came of a message at each side of a bound, by the journal alone.
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for record in &history.records {
        let (case, what) = match &record.payload {
            Payload::Gated(gated) => (
                &gated.case,
                format!("gate {}", gated.phase.as_deref().unwrap_or("-")),
            ),
            Payload::Played(played) => match &played.outcome {
                Outcome::Ok { .. } => (&played.case, format!("{} accepted", played.infno)),
                Outcome::Refused { .. } => (&played.case, format!("{} refused", played.infno)),
                Outcome::Unknown { .. } => panic!("{played:?}"),
            },
            Payload::Intent(intent) => (&intent.case, format!("{} sent", intent.infno)),
            _ => continue,
        };
        if let Some(case) = case.as_str().strip_prefix("bounds/") {
            seen.insert((case.to_owned(), what));
        }
    }
    let of = |case: &str| -> Vec<String> {
        seen.iter()
            .filter(|(id, _)| id == case)
            .map(|(_, what)| what.clone())
            .collect()
    };
    for (case, what) in [
        ("zj-01-before", "gate joint"),
        ("zj-04-unarranged", "gate joint"),
        ("zj-05-before", "gate upgrade"),
        ("zj-08", "gate migration"),
        ("zj-13-late", "gate cross"),
        ("zj-06-at-stop", "2201 refused"),
        ("zj-06-before-live", "2201 refused"),
    ] {
        assert_eq!(of(case), [what], "{case}: that and nothing else");
    }
    for case in ["zj-06-before-stop", "zj-06-at-live"] {
        assert_eq!(
            of(case),
            [
                "2201 accepted",
                "2203 accepted",
                "2204 accepted",
                "2207 accepted"
            ],
            "{case}"
        );
    }
    for case in ["zj-01-at", "zj-04-arranged", "zj-13-reversed", "zj-13-last"] {
        assert!(
            of(case).contains(&"2207 sent".to_owned()),
            "{case}: {:?}",
            of(case)
        );
    }
    assert!(of("zj-05-at").contains(&"2304 sent".to_owned()));

    // To the second: each is asked at the instant that its case names.
    let first = |case: &str| {
        let record = history.records.iter().find(|record| match &record.payload {
            Payload::Gated(gated) => gated.case.as_str() == case,
            Payload::Played(played) => played.case.as_str() == case,
            Payload::Intent(intent) => intent.case.as_str() == case,
            _ => false,
        });
        record
            .unwrap_or_else(|| panic!("nothing of {case}"))
            .at
            .to_string()
    };
    for (case, second) in [
        ("bounds/zj-01-before", "2017-06-02T08:59:59"),
        ("bounds/zj-01-at", "2017-06-02T09:00:00"),
        ("bounds/zj-05-before", "2017-06-01T08:59:59"),
        ("bounds/zj-05-at", "2017-06-01T09:00:00"),
        ("bounds/zj-06-before-stop", "2017-05-31T17:59:59"),
        ("bounds/zj-06-at-stop", "2017-05-31T18:00:00"),
        ("bounds/zj-06-before-live", "2017-06-04T17:59:59"),
        ("bounds/zj-06-at-live", "2017-06-04T18:00:00"),
        ("bounds/zj-13-last", "2017-06-04T15:59:59"),
        ("bounds/zj-13-late", "2017-06-04T16:00:00"),
    ] {
        assert!(first(case).starts_with(second), "{case}: {}", first(case));
    }
    let undone = history.records.iter().find(|record| match &record.payload {
        Payload::CompIntent(intent) => intent.case.as_str() == "bounds/zj-13-reversed",
        _ => false,
    });
    assert!(
        undone
            .unwrap()
            .at
            .to_string()
            .starts_with("2017-06-04T17:30:00")
    );

    bench.verify("run").must_end(0);
}
