//! 排程与人工 · What `plan` says of hours and hands, and that a run keeps to it: people's cases are theirs.

use std::fs;

use serde_json::Value;

use super::{Bench, crosswipe, plan};

/// The plan to start from with a schedule, and with people at one hospital.
fn scheduled(bench: &Bench, schedule: &str) -> String {
    let dir = bench.copied_plan("starter");
    let append = |file: &str, text: &str| {
        let path = bench.path("plan").join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    };
    append("plan.yaml", &format!("schedule: {{{schedule}}}\n"));
    let topology = bench.path("plan").join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let people = text.replacen(
        "宁波虚构第一医院, tier: 3",
        "宁波虚构第一医院, tier: 3, hands: manual",
        1,
    );
    assert_ne!(people, text);
    fs::write(topology, people).unwrap();
    dir
}

const HOURS: &str = "staffed: [\"13:00-17:30\"], agreed: {institution: 1}, travel: {minutes: 90}";

#[test]
fn what_people_swipe_is_left_to_them() {
    let bench = Bench::new();
    let dir = scheduled(&bench, HOURS);
    let told = crosswipe(&["plan", &dir, "--json"]).must_end(0).json();
    let slots = told["timetable"]["slots"].as_array().unwrap().clone();
    let by_hand: Vec<&Value> = slots
        .iter()
        .filter(|slot| slot["by_hand"] == true)
        .collect();
    assert_eq!(by_hand.len(), 2, "{slots:?}");
    let ran = bench.run_plan(&dir, "run", &["--json"]).must_end(0);
    let ran = ran.must_say(&["人工 2 例", "--sheets"]);
    let cases = &ran.json()["cases"];
    assert_eq!(cases["run"], 4, "{cases}");
    assert_eq!(cases["passed"], 4);
    // The rest goes when the timetable says, not when the window opens.
    let listed = crosswipe(&["run", &dir, "--list"]).must_end(0);
    for slot in slots.iter().filter(|slot| slot["by_hand"] == false) {
        let id = slot["case"].as_str().unwrap();
        let line = listed.out.lines().find(|line| line.contains(id)).unwrap();
        let from = slot["from"].as_str().unwrap();
        assert!(
            line.starts_with(&format!("{} {}", &from[5..10], &from[11..16])),
            "{line}: {from}"
        );
    }
    // Nothing else was asked for: nothing is left to be sent.
    let only = ["--hospital", "H33020000001", "--kind", "住院"];
    bench
        .run_plan(&dir, "none", &only)
        .must_end(5)
        .must_say(&["1 例由人工", "--sheets"]);
    assert!(!bench.path("none").exists());
    // A window is not closed while people have not done theirs.
    let out = bench.text("window");
    crosswipe(&["close", &dir, &bench.text("run"), "--out", &out]).must_end(2);
}

#[test]
fn what_does_not_fit_is_told_and_not_sent() {
    let bench = Bench::new();
    let dir = scheduled(
        &bench,
        "staffed: [\"13:00-13:01\"], agreed: {institution: 1}, travel: {minutes: 90}",
    );
    let told = crosswipe(&["plan", &dir]).must_end(0).out;
    assert!(
        told.contains("排不下 3 例")
            && told.contains("时段：H33020000001")
            && told.contains("并发：H33010000001"),
        "{told}"
    );
    let english = crosswipe(&["plan", &dir, "--lang", "en", "--order"])
        .must_end(0)
        .out;
    assert!(
        english.contains("3 cases do not fit")
            && english.contains("hours: nobody is at H33020000001"),
        "{english}"
    );
    let ran = bench.run_plan(&dir, "run", &["--json"]).must_end(0);
    let ran = ran.must_say(&["排不下 1 例", "并发"]);
    assert_eq!(ran.json()["cases"]["run"], 3);
}

/// The nation's 992 pairs, twice: the same bytes.
#[test]
fn the_same_plan_has_the_same_timetable() {
    let shipped = plan("national-rehearsal");
    let once = crosswipe(&["plan", &shipped, "--json"]).must_end(0);
    let again = crosswipe(&["plan", &shipped, "--json"]).must_end(0);
    assert_eq!(once.out, again.out);
    let told = &once.json()["timetable"];
    assert_eq!(told["slots"].as_array().unwrap().len(), 992);
    assert_eq!(told["pairs"]["covered"], 992);
}
