//! 不合格的计划 · What is wrong with a plan, its persons, its places or its targets is told before anything is sent: exit 64
//! or 3, each problem with file and line, all of them at once, whichever command reads the plan.
//!
//! The plan declares a listener of the test's own as its real system, so whatever were sent would be counted. Messages of
//! each single problem are `scenarios`' to test; here the whole way from the command line to the wire is.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosswipe_domain::Moment;
use crosswipe_runner::clock::Stopwatch;
use rstest::rstest;

use super::live::{Declared, OPEN, begun_ago, listener};
use super::{Bench, DEADLINE, PAUSE, crosswipe, in_english, start};

/// 一处错 · What is wrong: file, what stands there, what is written instead; and what must be said of it.
type Slip = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

#[rustfmt::skip]
const SLIPS: [Slip; 11] = [
    ("persons.csv", "99993301000000000000000040", "99993301000000000000000039", &["scenario::duplicate_id", "persons.csv:3:", "person number `99**********************39` stands twice, first in line 2"]),
    ("persons.csv", "999999199005130402", "999999198904120393", &["persons.csv:3:", "identity number `99**************93` stands twice, first in line 2"]),
    ("persons.csv", "hangzhou-resident,", "hangzhou-employee,", &["persons.csv:3:", "person `hangzhou-employee` stands twice, first in line 2"]),
    ("persons.csv", "999999199106140415", "330102196802024410", &["scenario::real_id_number", "persons.csv:4:", "may belong to somebody"]),
    ("plan.yaml", "rollback: all\n", "# rollback\n", &["scenario::missing_key", "plan.yaml:", "`rollback` is missing"]),
    ("plan.yaml", "kind: verify", "kind: verifiy", &["scenario::unknown_word", "plan.yaml:13:", "did you mean `verify`"]),
    ("topology.yaml", "code: 330200", "code: 330100", &["topology.yaml:11:", "region `330100` stands twice, first in line 6"]),
    ("topology.yaml", "H33020000002", "H33020000001", &["topology.yaml:15:", "`H33020000001` stands twice"]),
    ("live.yaml", "caps: {settlements: 12, amount: 90000.00}\n", "", &["live.yaml:", "`caps` is missing"]),
    ("live.yaml", "address: \"127.0.0.1:", "address: \"his.example:", &["scenario::bad_live", "live.yaml:", "is no address that can be sent to"]),
    ("live.yaml", "operator:", "# operator:", &["live.yaml:", "`operator` is missing"]),
];

/// pair-demo with a window that is open now and a listener as its real system; who came there.
struct Site {
    bench: Bench,
    came: Arc<AtomicU64>,
}

impl Site {
    fn new() -> Site {
        let bench = Bench::new();
        begun_ago(&bench, "plan", OPEN);
        let (address, came) = listener();
        Declared::at(address).write_into(&bench, "plan");
        Site { bench, came }
    }

    #[track_caller]
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.bench.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds `{from}`");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    /// Every command that would send something, or stand something up, ends so and says so.
    #[track_caller]
    fn nothing_is_begun(&self, said: &[&[&str]]) {
        let (plan, out) = (self.bench.text("plan"), self.bench.text("out"));
        let commands: [&[&str]; 6] = [
            &["lint", &plan],
            &["run", &plan, "--out", &out],
            &["run", &plan, "--out", &out, "--clock", "wall"],
            &[
                "run",
                &plan,
                "--out",
                &out,
                "--clock",
                "wall",
                "--live",
                "--confirm",
                "x",
            ],
            &["serve", &plan, "--books", &out],
            &["serve", &plan, "--out", &out],
        ];
        for args in commands {
            let ended = in_english(args).must_end(64);
            said.iter()
                .fold(ended, |ended, words| ended.must_say(words));
        }
        assert_eq!(self.came.load(Ordering::SeqCst), 0, "somebody was reached");
        assert!(!Path::new(&out).exists(), "something was begun");
    }

    /// The end of the phase before the cross swipes, as the plan's file has it.
    fn joint_ends(&self) -> String {
        let text = fs::read_to_string(self.bench.path("plan").join("plan.yaml")).unwrap();
        let line = text
            .lines()
            .find(|line| line.contains("id: joint"))
            .unwrap();
        let (_, to) = line.split_once("to: \"").unwrap();
        to.split('"').next().unwrap().to_owned()
    }
}

#[rstest]
fn each_slip_is_told_with_its_place(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)] which: usize) {
    let (file, from, to, said) = SLIPS[which];
    let site = Site::new();
    site.edit(file, from, to);
    site.nothing_is_begun(&[said]);
}

/// Phases join end to end: half an hour later they overlap, earlier they leave a hole.
#[rstest]
#[case::overlap(1_800_000, "scenario::phases_overlap", "before phase `joint` ends")]
#[case::hole(-1_800_000, "scenario::phases_hole", "after phase `joint` ends")]
fn phases_that_do_not_join_are_told(#[case] by_ms: i64, #[case] code: &str, #[case] words: &str) {
    let site = Site::new();
    let ends = site.joint_ends();
    let moved = Moment::parse(&ends).unwrap().plus_ms(by_ms).to_string();
    let (from, to) = (format!("to: \"{ends}\""), format!("to: \"{moved}\""));
    site.edit("plan.yaml", &from, &to);
    site.nothing_is_begun(&[&[code, "plan.yaml:13:", words]]);
}

/// «24时» reads both ways, and is asked for; nothing is taken to be meant.
#[test]
fn an_hour_of_24_is_asked_for() {
    let site = Site::new();
    let ends = site.joint_ends();
    let (day, _) = ends.split_once('T').unwrap();
    let (from, to) = (
        format!("to: \"{ends}\""),
        format!("to: \"{day}T24:00+08:00\""),
    );
    site.edit("plan.yaml", &from, &to);
    site.nothing_is_begun(&[&["scenario::hour_24", "plan.yaml:12:"]]);
}

/// Whoever mends one mistake at a time, with the window about to open, has lost: all are told at once.
#[test]
fn all_slips_are_told_at_once() {
    let site = Site::new();
    for (file, from, to, _) in SLIPS {
        site.edit(file, from, to);
    }
    let said: Vec<&[&str]> = SLIPS.iter().map(|(.., said)| *said).collect();
    site.nothing_is_begun(&said);
}

/// Without a declaration nothing beyond this machine is ever sent to, and nobody beyond it is listened to.
#[test]
fn an_endpoint_that_is_not_declared_is_none() {
    let site = Site::new();
    let (plan, out) = (site.bench.text("plan"), site.bench.text("out"));
    crosswipe(&["serve", &plan, "--books", &out, "--listen", "0.0.0.0:0"])
        .must_end(64)
        .must_say(&["cli::loopback_only", "`--listen 0.0.0.0:0`"]);
    site.edit("plan.yaml", "live: live.yaml\n", "");
    crosswipe(&[
        "run",
        &plan,
        "--out",
        &out,
        "--clock",
        "wall",
        "--live",
        "--confirm",
        "x",
    ])
    .must_end(3)
    .must_say(&["cli::live", "declares no real system"]);
    assert_eq!(site.came.load(Ordering::SeqCst), 0);
    assert!(!Path::new(&out).exists());
}

/// A stage on which nothing could be sent would pass all of the above.
#[test]
fn without_a_slip_the_listener_is_reached() {
    let site = Site::new();
    let (plan, out) = (site.bench.text("plan"), site.bench.text("out"));
    let dry = crosswipe(&["run", &plan, "--clock", "wall", "--out", &out]).must_end(5);
    let words = super::live::words(&dry);
    let started = start(&[
        "run",
        &plan,
        "--out",
        &out,
        "--clock",
        "wall",
        "--live",
        "--confirm",
        &words,
    ]);
    let begun = Stopwatch::start();
    while site.came.load(Ordering::SeqCst) == 0 {
        assert!(begun.elapsed() < DEADLINE, "{}", started.said("err"));
        std::thread::sleep(PAUSE);
    }
    started.kill();
}
