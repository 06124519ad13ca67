//! 自家故障 · Faults of the harness itself, ordered as a user orders them: real processes, real disks, three seeds each.
//!
//! What is on a platform's books in the end is counted by the judge of another process; that nothing was sent after an
//! error is read from the journal. Here stands every class that the harness carries out; a test of the catalogue says
//! which is missing.

use std::collections::BTreeSet;
use std::fs;

use crosswipe_journal::{Payload, read};
use crosswipe_mocks::FaultClass;
use rstest::rstest;
use serde_json::Value;

use super::{Bench, Ended, all_rules, classes, crosswipe, rules};

/// Seeds of each.
const SEEDS: [&str; 3] = ["1", "2", "3"];

/// Orders that leave a run to go on with, each with a seed of its own: three or more of each class, at every place.
const RECOVERABLE: [&str; 12] = [
    "harness-killed:at=answer",
    "harness-killed:at=intent,nth=2",
    "harness-killed:at=send,on=2304",
    "harness-killed:at=outcome",
    "harness-killed:on=2208,nth=2",
    "journal-torn-tail",
    "journal-torn-tail:tail=zeros,nth=3",
    "journal-torn-tail:on=2305",
    "journal-fsync-error:nth=4",
    "journal-fsync-error:kept=no,on=2208",
    "journal-fsync-error:on=2305,nth=2",
    "disk-full:nth=2,times=2",
];

fn ordered(bench: &Bench, name: &str, seed: &str, order: &str) -> Ended {
    let more = ["--json", "--quiet", "--seed", seed, "--fault", order];
    bench.run(name, &more)
}

fn fired(report: &Value) -> u64 {
    report["faults"][0]["matched"].as_u64().unwrap()
}

/// The message that a record allows to be sent.
fn msgid(payload: &Payload) -> Option<String> {
    match payload {
        Payload::Intent(intent) => Some(intent.msgid.to_string()),
        Payload::CompIntent(comp) => Some(comp.msgid.to_string()),
        _ => None,
    }
}

fn notes(report: &Value) -> BTreeSet<String> {
    let notes = report["notes"].as_array().unwrap().iter();
    notes
        .map(|note| note["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_stops_the_harness_by_order_is_finished_by_resume() {
    let mut finished = 0;
    for (seed, order) in RECOVERABLE.into_iter().enumerate() {
        let bench = Bench::new();
        let ended = ordered(&bench, "run", &seed.to_string(), order).must_be_civil();
        // Killed, or a failure that says so and how it came about.
        let dies = order.starts_with("harness-killed") || order.starts_with("journal-torn");
        match dies {
            true => {
                assert_eq!(ended.code, None, "{order}: {ended:?}");
                assert!(ended.err.contains("crosswipe resume"), "{ended:?}");
            }
            false => {
                assert_eq!(ended.code, Some(4), "{order}: {ended:?}");
                assert!(ended.err.contains("error[journal:unsynced]"), "{ended:?}");
            }
        }
        let resumed = crosswipe(&["resume", &bench.text("run"), "--json"]);
        let report = resumed.must_end(0).json();
        assert_eq!(report["verdict"], "clean", "{order}");
        assert_eq!(report["transactions"]["unresolved"], 0, "{order}");
        assert_eq!(fired(&report), 1 + u64::from(order.contains("times=2")));
        let torn = notes(&report).contains("torn-tail");
        assert_eq!(torn, order.starts_with("journal-torn"), "{order}: {report}");
        finished += 1;
    }
    println!("{finished} runs were stopped by order and came clean by `resume`");
    assert_eq!(finished, RECOVERABLE.len());
}

#[test]
fn after_a_failed_sync_nothing_is_sent() {
    for seed in SEEDS {
        let bench = Bench::new();
        ordered(&bench, "run", seed, "journal-fsync-error:kept=no,on=2208").must_end(4);
        let history = read(&bench.path("run")).unwrap();
        let written = history.records.iter();
        let written: BTreeSet<String> = written.filter_map(|one| msgid(&one.payload)).collect();
        let mut booked = 0;
        for file in fs::read_dir(bench.path("run").join("parties")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let settled = text
                .lines()
                .filter(|row| row.contains("\"infno\":\"2207\""));
            for row in settled {
                let (_, msgid) = row.split_once("\"msgid\":\"").unwrap();
                let msgid = msgid.split('"').next().unwrap();
                assert!(written.contains(msgid), "{msgid} was never written down");
                booked += 1;
            }
        }
        println!("{booked} rows of settlements were compared");
        assert!(booked > 10);
        let cert = |payload: &Payload| matches!(payload, Payload::Cert(_));
        assert!(!history.records.iter().any(|record| cert(&record.payload)));
    }
}

#[test]
fn a_flipped_bit_is_named_and_nothing_is_done_about_it() {
    for (seed, nth) in SEEDS.into_iter().zip(["", ":nth=4", ":on=2208"]) {
        let bench = Bench::new();
        let ended = ordered(&bench, "run", seed, &format!("journal-bit-flip{nth}"));
        assert_eq!(ended.code, None, "{ended:?}");
        let log = bench.path("run").join("journal.db-wal");
        let before = fs::read(&log).unwrap();
        for command in ["resume", "verify"] {
            crosswipe(&[command, &bench.text("run")])
                .must_end(4)
                .must_say(&["error[journal:corrupt]", "from record "]);
        }
        assert_eq!(fs::read(&log).unwrap(), before, "the evidence is left");
        assert!(!bench.path("run").join("certificate.json").exists());
    }
}

/// Business time goes on where the computer's clock is set back: no record and no msgid bears an earlier one.
#[test]
fn a_clock_that_is_set_back_is_noted_and_no_more() {
    for (seed, order) in SEEDS.into_iter().zip([
        "clock-step-back",
        "clock-step-back:by=1h,on=2207,nth=2",
        "clock-step-back:by=1s,on=2208,times=9",
    ]) {
        let bench = Bench::new();
        let report = ordered(&bench, "run", seed, order).must_end(0).json();
        assert!(notes(&report).contains("clock-step"), "{order}: {report}");
        assert_eq!(rules(&report, "held"), all_rules());
        let history = read(&bench.path("run")).unwrap();
        assert!(history.records.is_sorted_by_key(|record| record.at));
        let msgids = history.records.iter().filter_map(|one| msgid(&one.payload));
        let msgids: Vec<String> = msgids.collect();
        let once: BTreeSet<&String> = msgids.iter().collect();
        assert!(once.len() > 100);
    }
}

/// The gate closes behind a settlement: no forward message from then on, and every undo before the window's end.
/// One case at a time: which others would have been through by then is nothing that a slow disk may decide.
#[test]
fn a_window_that_closes_in_mid_flow_leaves_time_to_undo() {
    for (seed, nth) in SEEDS.into_iter().zip(["1", "2", "4"]) {
        let bench = Bench::new();
        let order = format!("window-closes-mid-flow:nth={nth}");
        let more = ["--json", "--quiet", "--jobs", "1", "--seed", seed];
        let more = [&more[..], &["--fault", &order]].concat();
        let ended = bench.run("run", &more).must_end(1);
        let report = ended.json();
        assert_eq!(
            report["verdict"], "clean",
            "{order}: {}",
            report["findings"]
        );
        assert!(
            report["cases"]["failed"].as_u64() > Some(0),
            "{}",
            report["cases"]
        );
        assert_eq!(report["open"]["transactions"], 0);
        assert_eq!(fired(&report), 1);
    }
}

#[test]
fn a_window_that_ends_in_mid_flow_is_violated_by_whoever_undoes_after_it() {
    for seed in SEEDS {
        let bench = Bench::new();
        let order = "window-closes-mid-flow:at=end";
        let stopped = ordered(&bench, "run", seed, order).must_be_civil();
        assert!(matches!(stopped.code, Some(1 | 2)), "{stopped:?}");
        assert!(
            stopped.err.contains("error[cli::after_window]"),
            "{stopped:?}"
        );
        crosswipe(&["resume", &bench.text("run")]).must_end(3);
        let permit = ["--after-window", "drill", "--by", "A", "--json"];
        let run = bench.text("run");
        let args = [&["resume", run.as_str()], &permit[..]].concat();
        let report = crosswipe(&args).must_end(1).json();
        assert!(
            classes(&report).contains(&"gate:window".to_owned()),
            "{report}"
        );
        assert_eq!(report["open"]["transactions"], 0);
    }
}

/// The room set aside is enough: what was open is undone, and no new business is begun.
#[test]
fn a_full_disk_by_order_undoes_what_is_open() {
    for seed in SEEDS {
        let bench = Bench::new();
        let ended = ordered(&bench, "run", seed, "disk-full:nth=3")
            .must_end(4)
            .must_say(&[
                "error[journal:disk_full]",
                "no new business",
                "0 transactions are still open",
            ]);
        assert_eq!(fired(&ended.json()), 1);
        // The last books are large, and left to whoever goes on when there is room again.
        let resumed = crosswipe(&["resume", &bench.text("run"), "--json"]).must_be_civil();
        let report = resumed.json();
        assert_eq!(report["open"]["transactions"], 0, "{}", report["open"]);
        assert_eq!(classes(&report), Vec::<String>::new());
        assert_eq!(report["verdict"], "clean");
    }
}

#[test]
fn a_second_process_is_refused_and_the_run_ends_clean() {
    for seed in SEEDS {
        let bench = Bench::new();
        let ended = ordered(&bench, "run", seed, "two-harnesses:nth=2")
            .must_end(0)
            .must_say(&["exit 4", "error[journal:locked]"]);
        let report = ended.json();
        assert_eq!(rules(&report, "held"), all_rules());
        assert_eq!(fired(&report), 1);
    }
}

#[test]
fn who_was_taken_over_while_it_stood_still_sends_nothing_more() {
    for seed in SEEDS {
        let bench = Bench::new();
        ordered(&bench, "run", seed, "zombie-harness:nth=2")
            .must_end(4)
            .must_say(&["error[journal:taken_over]", "by order"]);
        let report = bench.verify("run").must_end(0).json();
        assert_eq!(report["verdict"], "clean");
        let history = read(&bench.path("run")).unwrap();
        let epochs: Vec<u64> = history.records.iter().map(|record| record.epoch).collect();
        assert!(epochs.is_sorted() && epochs.last() == Some(&2));
    }
}

#[rstest]
#[case("certificate", "1")]
#[case("journal", "2")]
#[case("export", "3")]
#[case("sums", "4")]
fn evidence_that_was_edited_by_order_is_tampered(#[case] file: &str, #[case] seed: &str) {
    let bench = Bench::new();
    let order = format!("certificate-edited:file={file}");
    ordered(&bench, "run", seed, &order)
        .must_end(1)
        .must_say(&["edited by order", "evidence:tampered"]);
    let again = bench.verify("run").must_end(1);
    let told = again.err.contains("error[evidence:tampered]");
    assert!(told || classes(&again.json())[0] == "evidence:tampered");
}

#[rstest]
#[case::dies_with_its_parties(&["--transport", "memory", "--fault", "harness-killed"], 64, "parties in memory die")]
#[case::a_person(&["--fault", "disk-full:person=0039"], 64, "unknown key `person`")]
#[case::no_message(&["--fault", "certificate-edited:on=2207"], 64, "unknown key `on`")]
#[case::never_met(&["--fault", "harness-killed:on=2102"], 5, "")]
fn an_order_that_cannot_be_carried_out_says_so(
    #[case] more: &[&str],
    #[case] exit: i32,
    #[case] words: &str,
) {
    let bench = Bench::new();
    bench.run("run", more).must_end(exit).must_say(&[words]);
}

#[rstest]
#[case("sim", &[])]
#[case("serve", &["--books", "books"])]
fn where_no_run_is_there_is_no_harness_to_break(#[case] command: &str, #[case] more: &[&str]) {
    let option = if command == "sim" {
        "--faults"
    } else {
        "--fault"
    };
    let plan = super::plan("pair-demo");
    let args = [&[command, plan.as_str(), option, "disk-full"], more].concat();
    crosswipe(&args).must_end(64).must_say(&[
        "error[cli::fault]",
        "a fault of the harness itself",
        "crosswipe run",
    ]);
}

/// The first books were looked at when the first swipe had gone through: the run says so and proves nothing.
#[test]
fn a_first_look_behind_a_swipe_is_no_beginning() {
    for seed in SEEDS {
        let bench = Bench::new();
        let ended = ordered(&bench, "run", seed, "snapshot-after-first-swipe");
        let report = ended.must_end(2).json();
        assert_eq!(report["verdict"], "indeterminate", "{report}");
        assert_eq!(fired(&report), 1);
        let found = report["findings"].as_array().unwrap().iter();
        let certain = found
            .clone()
            .filter(|one| one["class"] == "evidence:stale")
            .count();
        assert_eq!(certain, 1, "{report}");
        crosswipe(&["verify", &bench.text("run")]).must_end(2);
    }
}

#[test]
fn every_class_of_the_harness_is_ordered_here() {
    let tried = RECOVERABLE.into_iter().chain([
        "journal-bit-flip",
        "disk-full",
        "two-harnesses",
        "zombie-harness",
        "certificate-edited",
        "clock-step-back",
        "window-closes-mid-flow",
        "snapshot-after-first-swipe",
    ]);
    let tried: BTreeSet<&str> = tried.filter_map(|order| order.split(':').next()).collect();
    let classes = FaultClass::all()
        .iter()
        .filter(|class| class.is_of_harness());
    assert_eq!(tried, classes.map(|class| class.id).collect());
}
