//! 台上的故障 · Faults that served parties inject: armed anew for every run, written down by each, counted at its end.
//!
//! And those of a run's own parties, which die with it: whoever finishes it says so.

use crosswipe_domain::Outcome;
use crosswipe_journal::{Payload, read};

use super::served::has_settled;
use super::served_close::small_plan;
use super::world::World;
use super::{Bench, PAUSE, crosswipe, start};

#[test]
fn a_served_fault_meets_every_run_and_one_that_meets_nothing_passes_for_nothing() {
    let bench = Bench::new();
    let plan = small_plan(&bench);
    let orders = ["response-lost:on=2207", "response-lost:on=2102"];
    let mut more = vec!["--msgid-mode", "refuse"];
    orders
        .iter()
        .for_each(|order| more.extend(["--fault", order]));
    let world = World::serve_with(bench.path("world"), &plan, &more);
    let before = world.look();
    for name in ["first", "second"] {
        let served = ["--served", &world.dir(), "--json"].map(str::to_owned);
        let served: Vec<&str> = served.iter().map(String::as_str).collect();
        // Nobody buys at a pharmacy: the second order meets no message, so that the drill was none.
        let report = bench.run_plan(&plan, name, &served).must_end(5).json();
        assert_eq!(report["verdict"], "clean", "{name}: {}", report["findings"]);
        let mut faults: Vec<(&str, u64)> = report["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["fault"].as_str().unwrap(),
                    one["matched"].as_u64().unwrap(),
                )
            })
            .collect();
        faults.sort();
        assert_eq!(faults, [(orders[1], 0), (orders[0], 1)], "{name}");
        let history = read(&bench.path(name)).unwrap();
        let lost = history.records.iter().filter(|record| {
            matches!(&record.payload, Payload::Outcome(ended) if matches!(ended.outcome, Outcome::Unknown { .. }))
        });
        assert_eq!(lost.count(), 1, "{name}: it met this run, too");
        assert_eq!(history.header().faults, orders);
        assert_eq!(history.header().switches["msgid-mode"], "refuse");
        world.look().must_be_rolled_back_to(&before, name);
    }
    // Who serves them again after a death is told with what.
    let gone = world.kill();
    let run = ["run", &plan, "--out", &bench.text("third"), "--served"].map(str::to_owned);
    let run: Vec<&str> = run.iter().map(String::as_str).collect();
    let gone = gone.display().to_string();
    crosswipe(&[&run[..], &[gone.as_str()]].concat())
        .must_end(4)
        .must_say(&["--fault response-lost:on=2207", "--msgid-mode refuse"]);
    crosswipe(&["serve", &plan, "--books", &gone, "--fault", "respons-lost"])
        .must_end(64)
        .must_say(&["error[cli::fault]", "response-lost"]);
}

/// A fault that waits for a message which only the second case sends: the run is killed before.
#[test]
fn a_resumed_run_says_that_its_faults_died_with_the_process_before() {
    let bench = Bench::new();
    let plan = small_plan(&bench);
    let out = bench.text("run");
    let late = "hub-reversal-overtakes:nth=9";
    let lost = "response-lost:on=2207";
    let mut started = start(&[
        "run", &plan, "--out", &out, "--fault", lost, "--fault", late, "--quiet",
    ]);
    while started.lives() && !has_settled(&bench.path("run")) {
        std::thread::sleep(PAUSE);
    }
    assert!(started.lives(), "it was killed, not awaited");
    started.kill();
    let ended = crosswipe(&["resume", &out, "--lang", "en"])
        .must_end(5)
        .must_say(&[
            &format!("fault {lost} ended with the process before (fired 1 times)"),
            &format!("fault {late} ended with the process before (fired 0 times)"),
        ]);
    assert!(ended.out.contains("met no message"), "{}", ended.out);
    let history = read(&bench.path("run")).unwrap();
    let notes = history.records.iter().filter(|record| {
        matches!(&record.payload, Payload::Note(note) if note.code == "fault-not-carried-over")
    });
    assert_eq!(notes.count(), 2);
    // Said once; the report says it whenever it is asked.
    crosswipe(&["verify", &out, "--lang", "en"]).must_end(5);
}
