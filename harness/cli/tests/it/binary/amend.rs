//! 改期 · One bound of a window moves alone: in the plan, or by `crosswipe amend` while a run is stopped; the journal holds
//! it, the gate and the judge go by the bound in force at each instant, and nothing is amended backwards.

use std::fs;

use crosswipe_domain::{Amendment, Moment};
use crosswipe_journal::{CaseResult, History, Payload, read};
use crosswipe_runner::clock::{Stopwatch, real_now};

use super::live::{OPEN, begun_ago};
use super::world::World;
use super::{Bench, DEADLINE, Ended, PAUSE, classes, copy, crosswipe, plan, start};

/// pair-demo with texts replaced.
fn edited(bench: &Bench, edits: &[(&str, &str, &str)]) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    for (file, from, to) in edits {
        let path = bench.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    bench.text("plan")
}

const LATER: &str = "margin: 2h\namend: [{bound: live.from, to: \"2030-03-02T22:00+08:00\", known: \"2030-03-02T13:00+08:00\", source: 省局补充通知, who: 值班}]";
const EARLIER: &str = "margin: 2h\namend: [{bound: live.from, to: \"2030-03-02T14:30+08:00\", known: \"2030-03-02T12:30+08:00\", source: 省局补充通知, who: 值班}]";
const AT_13: &str = "at: \"2030-03-02T13:00+08:00\", expect: {outcome: ok}}\n  - case: too-early";

fn windows(bench: &Bench) -> Vec<(Moment, crosswipe_domain::Amendment)> {
    let history = read(&bench.path("run")).unwrap();
    let records = history.records.iter();
    let moved = records.filter_map(|record| match &record.payload {
        Payload::Window(moved) => Some((record.at, moved.amendment.clone())),
        _ => None,
    });
    moved.collect()
}

/// A swipe that only the amended window allows is clean; the journal says from when on it was allowed.
#[test]
fn a_plan_with_a_later_end_swipes_longer() {
    let bench = Bench::new();
    let late = "at: \"2030-03-02T19:30+08:00\", expect: {outcome: ok}}\n  - case: too-early";
    let plan = edited(
        &bench,
        &[
            ("plan.yaml", "margin: 2h", LATER),
            ("bounds.yaml", AT_13, late),
        ],
    );
    bench.run_plan(&plan, "run", &["--json"]).must_end(0);
    let [(at, one)] = &windows(&bench)[..] else {
        panic!("one WINDOW");
    };
    assert!(one.known <= *at, "{at}");
    assert_eq!(
        (one.bound.as_str(), one.who.as_str()),
        ("live.from", "值班")
    );
    bench.verify("run").must_end(0);
}

/// The window ends earlier than the case was written for: it is told, stopped at the gate, and passes so.
#[test]
fn a_case_beyond_the_new_end_is_told_and_stopped() {
    let bench = Bench::new();
    let plan = edited(&bench, &[("plan.yaml", "margin: 2h", EARLIER)]);
    crosswipe(&["lint", &plan]).must_say(&["scenario::expects_old_bound", "bounds/both-ways"]);
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(0).json();
    assert_eq!(report["cases"]["failed"], 0);
    let history = read(&bench.path("run")).unwrap();
    let closing = Moment::parse("2030-03-02T12:30+08:00").unwrap();
    let late = history.records.iter().filter(|record| {
        matches!(&record.payload, Payload::Gated(gated) if gated.reason == "margin")
            && closing <= record.at
    });
    assert_eq!(late.count(), 2, "both ways");
}

/// What was sent by the old bound stays right: the order comes after the swipe, and the run is clean.
#[test]
fn nothing_is_amended_backwards() {
    let bench = Bench::new();
    let after = EARLIER
        .replace("T12:30", "T13:10")
        .replace("T14:30", "T14:00");
    let plan = edited(&bench, &[("plan.yaml", "margin: 2h", &after)]);
    // Within the margin of the new end, and sent ten minutes before anybody knew of it.
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(0).json();
    assert_eq!(classes(&report), Vec::<String>::new());
}

/// A run stopped by the end of its window goes on once the end has moved, without a permit and clean.
#[test]
fn a_run_that_came_too_late_is_resumed_within_the_amended_window() {
    let bench = Bench::new();
    let late = "at: \"2030-03-02T19:59:58+08:00\", expect: {outcome: ok}}\n  - case: too-early";
    let plan = edited(
        &bench,
        &[
            ("plan.yaml", "margin: 2h", "margin: 1s"),
            ("bounds.yaml", AT_13, late),
        ],
    );
    let lost = ["--case", "both-ways", "--fault", "response-lost:times=9"];
    bench.run_plan(&plan, "run", &lost).must_end(2);
    let run = bench.text("run");
    let order = |bound: &str, to: &str, who: &str| {
        crosswipe(&[
            "amend",
            &run,
            "--bound",
            bound,
            "--to",
            to,
            "--source",
            "省局电话通知",
            "--who",
            who,
        ])
        .must_be_civil()
    };
    order("crossing.to", "2030-03-02T22:00+08:00", "值班")
        .must_end(64)
        .must_say(&["scenario::amend_unknown_bound", "live.from"]);
    order("live.from", "tomorrow", "值班")
        .must_end(64)
        .must_say(&["cli::instant"]);
    order("live.from", "2030-03-02T22:00+08:00", " ")
        .must_end(64)
        .must_say(&["cli::amend_said"]);
    assert!(
        !bench.path("run").join("amend.jsonl").exists(),
        "a refused order writes nothing"
    );
    crosswipe(&["resume", &run, "--quiet"])
        .must_end(3)
        .must_say(&["cli::after_window"]);
    order("live.from", "2030-03-02T22:00+08:00", "值班").must_end(0);
    let report = crosswipe(&["resume", &run, "--json", "--quiet"])
        .must_be_civil()
        .json();
    assert_eq!(report["verdict"], "clean", "{:#}", report["findings"]);
    assert_eq!(windows(&bench).len(), 1);
    bench.verify("run");
    order("live.from", "2030-03-02T23:00+08:00", "值班")
        .must_end(64)
        .must_say(&["cli::amend_ended"]);
}

/// `crosswipe amend`, from a second process.
#[track_caller]
fn ordered(run: &str, bound: &str, to: &str) -> Ended {
    let by = ["--source", "省局电话通知", "--who", "值班"];
    crosswipe(&[&["amend", run, "--bound", bound, "--to", to][..], &by[..]].concat())
}

/// pair-demo with a late case and one that comes when the window is over, which the gate stops by the first bounds.
fn with_a_late_case(bench: &Bench) -> String {
    let late = "at: \"2030-03-02T19:59:58+08:00\", expect: {outcome: ok}}\n  - case: after-end\n    steps:\n      - {swipe: outpatient, person: left, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T20:30+08:00\", expect: {outcome: gate}}\n  - case: too-early";
    let edits = [
        ("plan.yaml", "margin: 2h", "margin: 1s"),
        ("bounds.yaml", AT_13, late),
    ];
    edited(bench, &edits)
}

/// Parties of a process of their own go by a bound that moved as soon as the run does, keep it beside their books, and go
/// by it when they were killed and started again; a later run on them hears of it there.
#[test]
fn parties_of_another_process_hear_of_it_and_keep_it() {
    let bench = Bench::new();
    let plan = with_a_late_case(&bench);
    let lost = ["--fault", "response-lost:times=9"];
    let world = World::serve_with(bench.path("books"), &plan, &lost);
    let (run, books) = (bench.text("run"), world.dir());
    let kept = bench.path("books").join("parties/amended.json");
    let both = ["--case", "both-ways", "--served", &books];
    bench.run_plan(&plan, "run", &both).must_end(2);
    ordered(&run, "live.from", "2030-03-02T22:00+08:00").must_end(0);
    assert!(!kept.exists(), "nobody has taken it up yet");
    let report = crosswipe(&["resume", &run, "--json", "--quiet"])
        .must_be_civil()
        .json();
    assert_eq!(report["verdict"], "clean", "{:#}", report["findings"]);
    let text = fs::read_to_string(&kept).unwrap();
    assert!(
        text.contains("\"live.from\"") && text.contains("2030-03-02T22:00"),
        "{text}"
    );
    // Killed and started again: a swipe that the first bounds forbid is served, and expected to be.
    world.kill();
    let world = World::serve_with(bench.path("books"), &plan, &[]);
    let after = ["--case", "after-end", "--served", &books, "--json"];
    let report = bench.run_plan(&plan, "later", &after).must_end(0).json();
    assert_eq!(report["verdict"], "clean", "{:#}", report["findings"]);
    let history = read(&bench.path("later")).unwrap();
    assert_eq!(
        moves(&history),
        1,
        "the journal says by which bounds it went"
    );
    let settled = history.records.iter().filter(
        |record| matches!(&record.payload, Payload::Intent(intent) if intent.infno.settles()),
    );
    assert_eq!(settled.count(), 1, "the case has turned");
    assert_eq!(fs::read_to_string(&kept).unwrap(), text, "told once");
    drop(world);
}

fn moves(history: &History) -> usize {
    let records = history.records.iter();
    let moved = records.filter(|record| matches!(record.payload, Payload::Window(_)));
    moved.count()
}

/// A second process moves a bound while the first waits by the real clock for its next case: that case is stopped by the
/// new bound. Where the machine was so slow that the case came before the order, there is more time the next time.
#[test]
fn a_run_by_the_real_clock_goes_by_a_bound_that_a_second_process_moved() {
    for ahead_ms in [10_000, 40_000, 160_000] {
        let bench = Bench::new();
        // In the plan, the case comes an hour after the phase has begun.
        let plan = begun_ago(&bench, "plan", OPEN - ahead_ms);
        let run = bench.text("run");
        let mut started = start(&["run", &plan, "--clock", "wall", "--out", &run]);
        let begun = Stopwatch::start();
        let until = |started: &mut super::Started, what: &dyn Fn(&History) -> bool| loop {
            if let Ok(history) = read(&bench.path("run"))
                && what(&history)
            {
                return history;
            }
            let patient = begun.elapsed() < DEADLINE * 4;
            assert!(started.lives() && patient, "{}", started.said("err"));
            std::thread::sleep(PAUSE);
        };
        until(&mut started, &|history| results(history, "").count() >= 2);
        // So near that nothing new may begin, and what is open may still be undone.
        let to = real_now().plus_ms(OPEN).to_string();
        ordered(&run, "live.from", &to).must_end(0);
        let ended = until(&mut started, &|history| {
            results(history, "bounds/both-ways").count() == 1
        });
        started.kill();
        let gated = ended.records.iter().filter(|record| {
            matches!(&record.payload, Payload::Gated(gated)
                if gated.case.as_str() == "bounds/both-ways" && gated.reason == "margin")
        });
        if gated.count() == 2 {
            assert_eq!(moves(&ended), 1);
            let passed = results(&ended, "bounds/both-ways").all(|one| one == CaseResult::Passed);
            assert!(passed, "it is held to the bound that stopped it");
            return;
        }
        let sent_first = ended
            .records
            .iter()
            .take_while(|record| !matches!(record.payload, Payload::Window(_)));
        let sent = sent_first.filter(|record| {
            matches!(&record.payload, Payload::Intent(intent)
                if intent.case.as_str() == "bounds/both-ways")
        });
        assert!(sent.count() > 0, "it was sent after the bound had moved");
    }
    panic!("no machine is as slow as that");
}

/// How cases ended whose id begins so.
fn results<'h>(history: &'h History, case: &'h str) -> impl Iterator<Item = CaseResult> + 'h {
    history
        .records
        .iter()
        .filter_map(move |record| match &record.payload {
            Payload::CaseFinished(one) if one.case.as_str().starts_with(case) => Some(one.result),
            _ => None,
        })
}

/// What is no amendment of such a window is no news to served parties, and says why.
#[test]
fn served_parties_take_no_bound_that_they_have_not() {
    let bench = Bench::new();
    let world = World::serve(bench.path("books"));
    let good = serde_json::json!({
        "bound": "live.from", "was": "2030-03-02T20:00:00+08:00", "to": "2030-03-02T22:00:00+08:00",
        "known": "2030-03-02T10:00:00+08:00", "source": "通知", "who": "值班",
    });
    let bent = |key: &str, value: &str| {
        let mut one = good.clone();
        one[key] = value.into();
        one.to_string()
    };
    for (body, status) in [
        (String::new(), 400),
        ("{".to_owned(), 400),
        ("[]".to_owned(), 400),
        (bent("bound", "cross"), 400),
        (bent("bound", "nothing.from"), 400),
        (bent("was", "2030-03-02T21:00:00+08:00"), 400),
        (bent("to", "2030-03-02T24:61:00+08:00"), 400),
        (good.to_string(), 200),
        // Known already, whenever it was heard.
        (bent("known", "2030-03-02T11:00:00+08:00"), 200),
        // The bound does not lie there any more.
        (bent("to", "2030-03-02T23:00:00+08:00"), 400),
    ] {
        let answer = world.post("/__admin/amend", &body);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{body}: {answer}"
        );
    }
    let kept = fs::read(bench.path("books").join("parties/amended.json")).unwrap();
    let kept: Vec<Amendment> = serde_json::from_slice(&kept).unwrap();
    let good: Amendment = serde_json::from_value(good).unwrap();
    assert_eq!(kept, [good]);
}

/// Parties of a process of their own lie where the run has put its plan, and keep it there when they were killed; the next
/// run puts them where it lies itself. Once a bound was amended the plan stays where it was.
#[test]
fn parties_of_another_process_move_with_the_whole_plan() {
    let bench = Bench::new();
    let plan = plan("pair-demo");
    let world = World::serve(bench.path("books"));
    let books = world.dir();
    let kept = || fs::read_to_string(bench.path("books").join("parties/shifted.json"));
    let run = |name: &str, shift: &[&str]| {
        let some = ["--case", "both-ways", "--served", &books, "--json"];
        bench.run_plan(&plan, name, &[&some, shift].concat())
    };
    let clean = |name: &str, shift: &[&str]| {
        let report = run(name, shift).must_end(0).json();
        assert_eq!(report["verdict"], "clean", "{:#}", report["findings"]);
    };
    clean("first", &[]);
    assert!(kept().is_err(), "nothing was moved");
    clean("later", &["--shift", "+3d"]);
    assert_eq!(kept().unwrap(), "259200000");
    let world = world.killed_and_served_again();
    clean("as-far", &["--shift", "+3d"]);
    clean("back", &[]);
    assert_eq!(kept().unwrap(), "0");
    clean("earlier", &["--shift", "-2h"]);
    let amended = serde_json::json!({
        "bound": "live.from", "was": "2030-03-02T18:00:00+08:00", "to": "2030-03-02T19:00:00+08:00",
        "known": "2030-03-02T08:00:00+08:00", "source": "通知", "who": "值班",
    });
    let answer = world.post("/__admin/amend", &amended.to_string());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    run("elsewhere", &[])
        .must_end(64)
        .must_say(&["error[cli::served_shift]", "照先前的 --shift"]);
    assert!(!bench.path("elsewhere").exists());
    clean("as-before", &["--shift", "-2h"]);
}
