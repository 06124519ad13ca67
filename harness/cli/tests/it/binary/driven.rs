//! 外接 HIS · Runs in which a hospital's own system is driven through its adapter: one with books of its own that shares no
//! line with us (`tests/his/adapter.py`), and a mock hospital of another process. Then that system with each slip.
//!
//! A machine without `python3` says that it was not checked; in CI (`CI` is set) that is a failure.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crosswipe_domain::{Party, Role};
use rstest::rstest;
use serde_json::Value;

use super::world::World;
use super::{Bench, Ended, classes, copy, crosswipe, in_english, plan};

const HOSPITAL: &str = "H33020000001";
/// The case of outpatient care at that hospital.
const OUTPATIENT: &str = "outpatient/330100-330200";
const INPATIENT: &str = "inpatient/330100-330200";

/// 外接 HIS · A process of its own; ends with the test.
struct His {
    child: Child,
    at: SocketAddr,
}

impl His {
    /// With its books in this file, at this port (0: any); `None` where there is no `python3`.
    #[track_caller]
    #[expect(
        clippy::print_stdout,
        reason = "whoever reads the log must see what was not checked"
    )]
    fn start(books: &Path, port: u16, slips: &[&str]) -> Option<His> {
        let adapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/his/adapter.py");
        let spawned = Command::new("python3")
            .arg(adapter)
            .args([port.to_string(), HOSPITAL.to_owned()])
            .arg(books)
            .args(slips)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "no python3 in CI: {error}"
                );
                println!("a driven HIS was NOT checked: no python3 on this machine ({error})");
                return None;
            }
        };
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let at = line.trim().parse();
        let at = at.unwrap_or_else(|_| panic!("it does not say where it is: {line}"));
        Some(His { child, at })
    }
}

impl Drop for His {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// pair-demo with the HIS of one hospital at this address.
fn planned(bench: &Bench, at: &str) -> String {
    let dir = bench.path("plan");
    copy(Path::new(&plan("pair-demo")), &dir);
    let topology = dir.join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let own = format!("code: {HOSPITAL}, his: \"{at}\",");
    fs::write(
        topology,
        text.replacen(&format!("code: {HOSPITAL},"), &own, 1),
    )
    .unwrap();
    bench.text("plan")
}

/// One run of that plan.
#[track_caller]
fn run(bench: &Bench, plan: &str, more: &[&str]) -> Ended {
    let out = bench.text("run");
    let args = ["run", plan, "--out", &out, "--json", "--quiet"];
    crosswipe(&[&args, more].concat())
}

/// What the first record says of the hospital.
fn header(bench: &Bench) -> crosswipe_journal::RunHeader {
    crosswipe_journal::read(&bench.path("run"))
        .unwrap()
        .header()
        .clone()
}

/// All cases of the plan, inpatient and outpatient; no mock stands in for it, and its own books say that nothing is left.
#[test]
fn a_his_of_another_hand_is_driven_through_a_whole_run_and_nothing_is_left() {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &[]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    let ended = run(&bench, &plan, &[]);
    let report = ended.json();
    assert_eq!(
        (&report["verdict"], &report["level"]),
        (&"clean".into(), &"L3".into()),
        "{ended:?}"
    );
    ended.must_end(0);
    assert_eq!(
        header(&bench).switches["driven"],
        format!("{HOSPITAL}@{}", his.at)
    );
    let books = fs::read_dir(bench.path("run").join("parties")).unwrap();
    let names = books.map(|one| one.unwrap().file_name().to_string_lossy().into_owned());
    let names: Vec<String> = names.collect();
    assert!(names.iter().any(|name| name.contains("H33010000001")));
    assert!(
        !names.iter().any(|name| name.contains(HOSPITAL)),
        "{names:?}"
    );
    let kept = fs::read_to_string(bench.path("his")).unwrap();
    for infno in ["2207", "2208", "2304", "2305", "2402", "2405"] {
        assert!(kept.contains(&format!("\"infno\": \"{infno}\"")), "{infno}");
    }
}

/// Where the platforms' books stay, a HIS whose books stay serves run after run: no id is given twice.
#[test]
fn one_his_serves_run_after_run_on_platforms_that_keep_their_books() {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &[]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    let world = World::serve_plan(bench.path("world"), &plan);
    for again in ["first", "second"] {
        run(
            &bench,
            &plan,
            &["--case", OUTPATIENT, "--served", &world.dir()],
        )
        .must_end(0);
        fs::rename(bench.path("run"), bench.path(again)).unwrap();
    }
    let own = Party::new(Role::His, HOSPITAL);
    assert_eq!(world.look().0[&own].log.len(), 0, "its mock heard nothing");
}

/// Mocks and real systems are interchangeable: a mock hospital of another world speaks the same adapter.
#[test]
fn a_mock_hospital_of_another_world_is_driven_alike() {
    let bench = Bench::new();
    let world = World::serve(bench.path("world"));
    let at = world.parties[&Party::new(Role::His, HOSPITAL)];
    let before = world.look();
    let plan = planned(&bench, &at.to_string());
    let ended = run(&bench, &plan, &[]);
    let report = ended.json();
    assert_eq!(report["level"], "L3", "{ended:?}");
    ended.must_end(0);
    world.look().must_be_rolled_back_to(&before, "driven");
}

/// What a HIS does that it was not told to, and what that is called.
#[rstest]
#[case::keeps_a_settlement("keeps", OUTPATIENT, 1, "violated", &["one-sided:his"])]
#[case::books_another_amount("books-other", OUTPATIENT, 1, "violated", &["mismatch:amount"])]
#[case::sends_under_a_number_of_its_own("own-number", OUTPATIENT, 1, "violated", &["foreign:treatment"])]
#[case::sends_twice("twice", OUTPATIENT, 1, "violated", &["foreign:treatment"])]
#[case::answers_an_undo_itself("silent-undo", OUTPATIENT, 1, "violated", &["residue:settlement"])]
#[case::answers_a_discharge_itself("invents", INPATIENT, 1, "violated", &["one-sided:his"])]
fn what_a_driven_his_does_of_its_own_accord_is_found(
    #[case] slip: &str,
    #[case] of: &str,
    #[case] exit: i32,
    #[case] verdict: &str,
    #[case] found: &[&str],
) {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &[slip]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    let ended = run(&bench, &plan, &["--case", of]);
    let report = ended.json();
    assert_eq!(report["verdict"], verdict, "{ended:?}");
    let classes = classes(&report);
    for class in found {
        assert!(
            classes.iter().any(|one| one == class),
            "{slip}: {classes:?}"
        );
    }
    // It is told at whose hospital.
    assert!(ended.out.contains(HOSPITAL), "{ended:?}");
    ended.must_end(exit);
}

/// What is refused or never sent fails its case, in words, whatever is rolled back.
#[rstest]
#[case::sends_another_amount("sends-other", "E-SPLIT")]
#[case::sends_nothing("swallows", "HTTP 504")]
fn what_a_driven_his_gets_wrong_before_anything_is_settled_fails_the_case(
    #[case] slip: &str,
    #[case] said: &str,
) {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &[slip]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    let ended = run(&bench, &plan, &["--case", OUTPATIENT]);
    assert!(ended.out.contains(said), "{ended:?}");
    assert_eq!(ended.json()["findings"], Value::Array(Vec::new()));
    ended.must_end(1);
}

/// Who shows no books proves nothing, however well all went.
#[test]
fn a_his_that_shows_no_books_is_never_clean() {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &["blind"]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    let ended = run(&bench, &plan, &["--case", OUTPATIENT]);
    let report = ended.json();
    assert_eq!(
        (&report["verdict"], &report["level"]),
        (&"indeterminate".into(), &"L0".into()),
        "{ended:?}"
    );
    ended.must_end(2);
}

/// It dies over an order of its hands; the run stops without a certificate, and is finished when it is back.
#[rstest]
#[case::before_a_settlement("dies=9")]
#[case::in_the_midst_of_an_undo("dies=14")]
#[case::when_all_is_undone("dies=24")]
fn a_run_whose_his_dies_is_finished_when_it_is_back(#[case] slip: &str) {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &[slip]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    run(&bench, &plan, &["--case", OUTPATIENT, "--jobs", "1"])
        .must_end(4)
        .must_say(&["error[cli::his_gone]", HOSPITAL, "crosswipe resume"]);
    // Nobody is there yet: nothing is written, nothing is sent.
    let journal = || fs::read(bench.path("run").join("journal.db")).unwrap();
    let before = journal();
    let out = bench.text("run");
    crosswipe(&["resume", &out])
        .must_end(4)
        .must_say(&["error[cli::his_gone]", HOSPITAL]);
    assert!(before == journal(), "the journal was touched");
    let (books, port) = (bench.path("his"), his.at.port());
    drop(his);
    let _back = His::start(&books, port, &[]).unwrap();
    let resumed = crosswipe(&["resume", &out, "--json", "--quiet"]);
    let report = resumed.json();
    assert_eq!(
        (&report["verdict"], &report["level"]),
        (&"clean".into(), &"L3".into()),
        "{resumed:?}"
    );
}

/// An adapter that has forgotten its run says so, and is told again.
#[test]
fn a_his_that_was_started_again_in_the_midst_is_told_again_where_the_platforms_are() {
    let bench = Bench::new();
    let Some(his) = His::start(&bench.path("his"), 0, &["forgets=9"]) else {
        return;
    };
    let plan = planned(&bench, &his.at.to_string());
    run(&bench, &plan, &["--case", OUTPATIENT, "--jobs", "1"])
        .must_end(4)
        .must_say(&["error[cli::his_gone]", "it knows of no run"]);
    let resumed = crosswipe(&["resume", &bench.text("run"), "--json", "--quiet"]);
    assert_eq!(resumed.json()["verdict"], "clean", "{resumed:?}");
}

/// Nobody there, somebody else there, or no HIS at all: one sentence, no run folder, and nothing sent but the question.
#[test]
fn an_address_without_its_his_is_told_before_anything_is_made() {
    let bench = Bench::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap().to_string();
    drop(free);
    let plan = planned(&bench, &at);
    run(&bench, &plan, &[]).must_end(4).must_say(&[
        "error[cli::his_gone]",
        HOSPITAL,
        &at,
        "start its adapter",
    ]);
    assert!(!bench.path("run").exists());
    run(&bench, &plan, &["--transport", "memory"])
        .must_end(64)
        .must_say(&["error[cli::his_adapter]", "--transport memory"]);
    let world = World::serve(bench.path("world"));
    let before = world.look();
    let others = [
        (
            Party::new(Role::His, "H33010000001"),
            "it is the HIS of `H33010000001`",
        ),
        (
            Party::new(Role::Hub, "330000"),
            "does not say adapter, institution and books",
        ),
    ];
    for (party, said) in others {
        let plan = planned(&bench, &world.parties[&party].to_string());
        run(&bench, &plan, &[]).must_end(64).must_say(&[
            "error[cli::his_adapter]",
            said,
            "schema his-adapter",
        ]);
        assert!(!bench.path("run").exists());
    }
    world.look().must_be_rolled_back_to(&before, "asked");
}

#[rstest]
#[case::beyond_this_machine("10.8.1.2:9101", "`live`")]
#[case::a_name("his.example:9101", "no address of a HIS on this machine")]
#[case::no_port("127.0.0.1:0", "no address of a HIS on this machine")]
fn an_address_where_no_his_can_be_driven_is_a_problem_of_the_plan(
    #[case] at: &str,
    #[case] said: &str,
) {
    let bench = Bench::new();
    let plan = planned(&bench, at);
    run(&bench, &plan, &["--lang", "en"])
        .must_end(64)
        .must_say(&["bad_his", said, "topology.yaml:"]);
}

#[test]
fn one_adapter_speaks_for_one_institution() {
    let bench = Bench::new();
    let plan = planned(&bench, "127.0.0.1:9101");
    let topology = bench.path("plan").join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let both = text.replacen(
        "code: H33020000002,",
        "code: H33020000002, his: \"127.0.0.1:9101\",",
        1,
    );
    fs::write(topology, both).unwrap();
    in_english(&["lint", &plan])
        .must_end(64)
        .must_say(&["bad_his", "the HIS of another institution"]);
}

#[test]
fn the_contract_is_printed_as_it_stands_in_the_repository() {
    let ended = crosswipe(&["schema", "his-adapter"]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mocks/his-adapter.json");
    assert_eq!(ended.out, fs::read_to_string(file).unwrap());
    ended.must_end(0);
    crosswipe(&["schema", "his-adapter", "--of", "hunan"])
        .must_end(64)
        .must_say(&["error[cli::schema]"]);
}
