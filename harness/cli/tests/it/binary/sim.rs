//! 模拟 · `crosswipe sim`: what a campaign says, how a seed is played again, and what it does with bad input.
//!
//! Not here: that thousands of seeds end clean (`.ci/run`, release build), what troubles do (`sim`).

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Ended, crosswipe, plan};

fn sim(more: &[&str]) -> Ended {
    crosswipe(&[&["sim", &plan("pair-demo"), "--quiet"], more].concat())
}

#[test]
fn troubled_seeds_are_clean_and_any_number_of_threads_says_the_same() {
    let seeds = ["--seeds", "0..24", "--json", "--jobs"];
    let one = sim(&[&seeds[..], &["1"]].concat()).must_end(0);
    let two = sim(&[&seeds[..], &["2"]].concat()).must_end(0);
    assert_eq!(one.out, two.out);
    let told = one.json();
    assert_eq!(told["digest"].as_str().map(str::len), Some(64));
    assert_eq!(told["verdicts"], serde_json::json!({"clean": 24}));
    let count = |group: &str| {
        told["sometimes"][group]
            .as_object()
            .map_or(0, |names| names.len())
    };
    println!(
        "{} seeds, {} settled, {} kinds of trouble",
        told["seeds"]["played"],
        told["settled"],
        count("trouble")
    );
    assert_eq!(told["settled"], told["reversed"]);
    assert!(count("trouble") >= 6, "{}", told["sometimes"]);
}

#[test]
fn a_seed_is_played_again_to_the_byte_and_told_line_by_line() {
    let seed = |more: &[&str]| sim(&[&["--seed", "5", "--lang", "en"], more].concat());
    let (first, again) = (seed(&["--json"]).json(), seed(&["--json"]).json());
    assert_eq!(first, again);
    let tail = first["tail"].as_str().unwrap();
    assert_eq!(tail.len(), 64);
    let told = seed(&["--trace"]).must_end(0).out;
    for words in [
        tail,
        "harness → his:",
        "2207",
        "CASE_FINISHED",
        "result clean",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
}

fn kept(file: &Path, more: &[&str]) -> Ended {
    let file = file.display().to_string();
    let seeds = ["--seeds", "0..9", "--json", "--progress", &file];
    sim(&[&seeds[..], more].concat())
}

/// Two shards kept in files, put together: the same document as that of the whole, to the byte.
#[test]
fn shards_put_together_say_what_the_whole_says() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("1.json"), dir.path().join("2.json"));
    let first = kept(&one, &["--shard", "1/2"]).must_end(0).json();
    let second = kept(&two, &["--shard", "2/2", "--jobs", "1"])
        .must_end(0)
        .json();
    let played = |told: &Value| told["seeds"]["played"].as_u64().unwrap();
    assert_eq!((played(&first), played(&second)), (5, 4));
    assert_ne!(first["digest"], second["digest"]);
    let whole = sim(&["--seeds", "0..9", "--json"]).must_end(0);
    let names = [one.display().to_string(), two.display().to_string()];
    let together = |names: &[&str]| {
        let named = names.iter().flat_map(|name| ["--together", name]);
        let named: Vec<&str> = named.collect();
        sim(&[&["--seeds", "0..9", "--json"][..], &named].concat())
    };
    assert_eq!(together(&[&names[1], &names[0]]).must_end(0).out, whole.out);
    together(&[&names[0]])
        .must_end(64)
        .must_say(&["cli::progress", "shard 2/2 is in none"]);
    together(&[&names[0], &names[0]])
        .must_end(64)
        .must_say(&["cli::progress", "the same shard"]);
}

/// The file of a campaign that is over says it again without playing; one that was stopped goes on where it was.
#[test]
fn a_campaign_goes_on_from_its_file_and_from_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("progress.json");
    let whole = sim(&["--seeds", "0..9", "--json"]).must_end(0).out;
    assert_eq!(kept(&file, &[]).must_end(0).out, whole);
    let over = fs::read(&file).unwrap();
    assert_eq!(kept(&file, &[]).must_end(0).out, whole, "told again");
    assert_eq!(fs::read(&file).unwrap(), over);

    kept(&file, &["--faults", "none"])
        .must_end(64)
        .must_say(&["cli::progress", "its faults is"]);
    kept(&file, &["--shard", "1/2"])
        .must_end(64)
        .must_say(&["cli::progress", "of shard 1/1, not of 1/2"]);
    kept(&file, &["--case", "outpatient/"])
        .must_end(64)
        .must_say(&["cli::progress", "another campaign"]);
    let mut flips = 0;
    for at in (0..over.len()).step_by(over.len() / 40) {
        let mut bent = over.clone();
        bent[at] ^= 1;
        fs::write(&file, &bent).unwrap();
        kept(&file, &[]).must_end(64).must_say(&["cli::progress"]);
        fs::write(&file, &over[..at]).unwrap();
        kept(&file, &[]).must_end(64).must_say(&["cli::progress"]);
        flips += 2;
    }
    println!("{flips} bent or torn files refused");
    assert!(flips >= 80);
    let nowhere = dir.path().join("no such folder").join("p.json");
    kept(&nowhere, &[])
        .must_end(64)
        .must_say(&["no such folder"]);
    for shard in ["0/2", "3/2", "2", "a/b"] {
        sim(&["--shard", shard])
            .must_end(64)
            .must_say(&["cli::shard", "is no shard"]);
    }
}

/// Killed in its midst, whenever that is: what stands in the file is whole, and the rest comes to the same.
#[test]
fn a_campaign_that_is_killed_goes_on_and_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("progress.json");
    let name = file.display().to_string();
    let plan = plan("pair-demo");
    let args = ["sim", &plan, "--seeds", "0..60", "--json", "--quiet"];
    let mut under_way = super::start(&[&args[..], &["--progress", &name]].concat());
    let done = || {
        let told: Option<Value> = fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        told.and_then(|told| told["sums"]["seeds"].as_u64())
            .unwrap_or(0)
    };
    for _ in 0..1_000 {
        if done() > 0 || !under_way.lives() {
            break;
        }
        std::thread::sleep(super::PAUSE);
    }
    under_way.kill();
    let before = done();
    println!("killed when {before} of 60 seeds were kept");
    assert!(before > 0);
    let resumed = crosswipe(&[&args[..], &["--progress", &name]].concat()).must_end(0);
    let whole = crosswipe(&args).must_end(0);
    assert_eq!(resumed.out, whole.out);
}

/// A party that is at fault: every seed in which the fault fired is violated, and names its class.
#[test]
fn a_planted_fault_is_found_in_every_seed_where_it_fired() {
    let faults = ["--faults", "hub-drops-forwarded-reversal"];
    let told = sim(&[
        &faults[..],
        &["--seeds", "0..8", "--json", "--case", "outpatient/"],
    ]
    .concat());
    let told = told.must_end(0).json();
    let fired = told["fired"].as_u64().unwrap();
    assert!(fired >= 6, "{told}");
    assert_eq!(told["verdicts"]["violated"].as_u64(), Some(fired));
    assert_eq!(
        told["sometimes"]["finding"]["one-sided:insured"].as_u64(),
        Some(fired)
    );
    assert_eq!(told["fired_and_clean"], 0);
}

/// Silence about what hardly ever occurred proves nothing: it is named, and the exit is not that of a clean campaign.
#[test]
fn what_occurred_too_seldom_is_named() {
    let seldom = ["--seeds", "0..3", "--json", "--at-least", "40"];
    let told = sim(&seldom).must_end(5).json();
    let rare = told["rare"].as_array().unwrap();
    let named = |group: &str, name: &str| {
        rare.iter()
            .find(|rare| rare["group"] == group && rare["name"] == name)
            .map(|rare| rare["times"].as_u64().unwrap())
    };
    println!("{} things too seldom in 3 seeds", rare.len());
    assert_eq!(named("verdict", "clean"), Some(3));
    assert_eq!(named("record", "RUN"), Some(3));
    assert!(named("trouble", "clock-skewed").unwrap() < 40);
    assert_eq!(named("outcome", "ok"), None, "it occurred often enough");
    let one_case = ["--case", "outpatient/", "--faults", "none"];
    let enough = ["--seeds", "0..6", "--at-least", "1", "--lang", "en"];
    let told = sim(&[&one_case[..], &enough].concat()).must_end(0).out;
    assert!(!told.contains("too seldom"), "{told}");
}

/// Another fault of a party in each seed: every seed comes to an end, and nothing that is left is called clean.
#[test]
fn each_seed_has_a_fault_of_its_own_and_comes_to_its_end() {
    let seeds = ["--faults", "transport,parties", "--seeds", "0..24"];
    let told = sim(&[&seeds[..], &["--json"]].concat()).must_end(0).json();
    let faults = told["sometimes"]["fault"].as_object().unwrap().len();
    println!("{faults} faults in {} of 24 seeds", told["fired"]);
    assert!(faults >= 6, "{told}");
    assert_eq!(told["failures"], serde_json::json!({}));
    assert_eq!(told["verdicts"]["none"], Value::Null, "{told}");
}

/// The plan for campaigns has business for every fault: those of gates, refunds and entries after go-live fire there too,
/// each in its turn, and what the public booked is not counted as left behind.
#[test]
fn in_the_plan_for_campaigns_faults_of_gates_and_of_the_public_fire() {
    const FIRE: [&str; 10] = [
        "persona-not-registered",
        "persona-class-wrong",
        "suspended-business-accepted",
        "real-traffic-in-window",
        "cutoff-refund-accepted",
        "unready-peer-accepted",
        "old-platform-still-open",
        "catch-up-out-of-order",
        "catch-up-twice",
        "in-transit-carried-over",
    ];
    let seeds = [
        "--quiet", "--faults", "parties", "--seeds", "70..80", "--json",
    ];
    let told = crosswipe(&[&["sim", &plan("campaign")], &seeds[..]].concat());
    let told = told.must_end(0).json();
    for class in FIRE {
        let times = &told["sometimes"]["fault"][class];
        assert_eq!(times.as_u64(), Some(1), "{class}: {told}");
    }
    assert_eq!(told["failures"], serde_json::json!({}));
    println!("{} faults fired, each once", FIRE.len());
}

/// A volume: worlds of many swipes until there are enough of them, the same on any number of threads; a world is played
/// again by its seed, and what went wrong in it is shown in its smallest part.
#[test]
fn a_volume_is_settled_reversed_and_judged_world_by_world() {
    let volume = ["--swipes", "40", "--per-world", "16", "--faults", "none"];
    let one = sim(&[&volume[..], &["--json", "--jobs", "1"]].concat()).must_end(0);
    let two = sim(&[&volume[..], &["--json", "--jobs", "2"]].concat()).must_end(0);
    assert_eq!(one.out, two.out);
    let told = one.json();
    println!(
        "{} worlds, {} swipes, {} settled on all parties",
        told["seeds"]["played"], told["swipes"], told["settled"]
    );
    assert_eq!(told["seeds"]["played"], 3);
    assert_eq!(told["swipes"], 48);
    assert_eq!(told["settled"], 4 * 48);
    assert_eq!(told["reversed"], told["settled"]);
    assert_eq!(told["verdicts"], serde_json::json!({"clean": 3}));

    let plan = plan("pair-demo");
    let aloud = [&["sim", &plan, "--lang", "en"], &volume[..]].concat();
    let speed = crosswipe(&aloud).must_end(0).err;
    assert!(speed.contains("48 swipes"), "{speed}");
    let parts = speed.lines().skip_while(|line| !line.starts_with("parts"));
    assert_eq!(parts.count(), 1 + 3, "{speed}");

    let faulty = ["--per-world", "9", "--seeds", "0..1", "--lang", "en"];
    let fault = ["--faults", "hub-drops-forwarded-reversal"];
    let found = sim(&[&faulty[..], &fault, &["--json"]].concat()).must_end(0);
    assert_eq!(found.json()["verdicts"], serde_json::json!({"violated": 1}));
    let world = ["--per-world", "16", "--faults", "none", "--seed", "2"];
    let again = sim(&[&world[..], &["--json"]].concat()).must_end(0).json();
    assert_eq!(again["cases"].as_array().map(Vec::len), Some(16));
    assert!(again["replay"].as_str().unwrap().contains("--per-world 16"));
}

#[test]
fn a_fault_that_meets_no_message_proves_nothing() {
    let faults = ["--faults", "response-lost:on=2102", "--seeds", "0..2"];
    assert_eq!(
        sim(&faults).must_end(5).out.matches("已回退干净").count(),
        1
    );
}

#[test]
fn bad_input_is_one_sentence() {
    sim(&["--seeds", "5..5"])
        .must_end(64)
        .must_say(&["cli::seeds", "empty"]);
    sim(&["--seeds", "many"])
        .must_end(64)
        .must_say(&["cli::seeds", "many"]);
    sim(&["--faults", "transprot"])
        .must_end(64)
        .must_say(&["cli::fault", "did you mean `transport`"]);
    let lost = sim(&["--faults", "transport,respons-lost"]).must_end(64);
    lost.must_say(&["cli::fault", "did you mean `response-lost`"]);
    let known = sim(&["--seed", "5", "--keep", "99"]).must_end(64);
    known.must_say(&["cli::seeds", "no trouble 99"]);
    sim(&["--case", "no such case"]).must_end(5);
    let _: Value = sim(&["--seed", "5", "--keep", "0", "--cases", "1", "--json"])
        .must_end(0)
        .json();
}
