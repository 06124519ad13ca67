//! 真实系统 · What has to be there before a run sends to real systems, each thing taken away by itself; and what such a
//! run leaves behind.
//!
//! The real systems are parties of `crosswipe serve`, spoken to as strangers are: no header of ours, and books only where
//! the plan says that they are shown. That nothing was sent is counted by a listener of the test's own.

use std::fs;
use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosswipe_domain::{Moment, Party, Role, sha256_hex};
use crosswipe_journal::{Payload, read};
use crosswipe_runner::clock::{Stopwatch, real_now};
use rstest::rstest;

use super::world::World;
use super::{
    Bench, DEADLINE, Ended, PAUSE, classes, copy, crosswipe, in_english, plan, rules, start,
};

/// In the plan, an hour into the phase of cross swipes.
const SHIPPED_NOW: &str = "2030-03-02T13:00:00+08:00";

/// pair-demo as if its cross swipes had begun so long ago, in a folder of the test's own.
pub(super) fn begun_ago(bench: &Bench, name: &str, ms: i64) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path(name));
    let by = real_now()
        .plus_ms(3_600_000 - ms)
        .ms_since(Moment::parse(SHIPPED_NOW).unwrap());
    for file in fs::read_dir(bench.path(name)).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut moved = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("2030-03-") {
            let (before, from) = rest.split_at(at);
            let end = from.find("+08:00").unwrap() + "+08:00".len();
            let instant = Moment::parse(&from[..end]).unwrap().plus_ms(by);
            moved += before;
            moved += &instant.to_string();
            rest = &from[end..];
        }
        fs::write(&path, moved + rest).unwrap();
    }
    bench.text(name)
}

/// Who sends, in the declarations of these tests.
const OPERATOR: &str =
    "{no: \"H3301-07\", name: 李测试, mac: \"00-1A-2B-3C-4D-5E\", ip: 10.8.1.20}";

/// An hour ago.
pub(super) const OPEN: i64 = 3_600_000;

/// 目标 · What a plan declares of real systems.
pub(super) struct Declared {
    institutions: Vec<(String, SocketAddr)>,
    books: Vec<(Party, SocketAddr)>,
    caps: &'static str,
    registry: Option<&'static str>,
}

impl Declared {
    /// All parties of a served world, all of which show their books.
    fn of(world: &World) -> Declared {
        let parties = world.parties.iter();
        let all: Vec<(Party, SocketAddr)> =
            parties.map(|(party, at)| (party.clone(), *at)).collect();
        let his = all.iter().filter(|(party, _)| party.role == Role::His);
        Declared {
            institutions: his.map(|(party, at)| (party.code.clone(), *at)).collect(),
            books: all,
            caps: "{settlements: 12, amount: 90000.00}",
            registry: None,
        }
    }

    /// One institution behind this address, no books.
    pub(super) fn at(address: SocketAddr) -> Declared {
        let code = |code: &str| (code.to_owned(), address);
        Declared {
            institutions: [
                "H33010000001",
                "H33010000002",
                "H33020000001",
                "H33020000002",
            ]
            .map(code)
            .to_vec(),
            books: Vec::new(),
            caps: "{settlements: 12, amount: 90000.00}",
            registry: None,
        }
    }

    /// Writes it into a plan.
    pub(super) fn write_into(&self, bench: &Bench, name: &str) {
        let persons = fs::read(bench.path(name).join("persons.csv")).unwrap();
        let registry = self
            .registry
            .map_or_else(|| sha256_hex(&persons), str::to_owned);
        let mut text = format!(
            "environment: test\nregistry: {registry}\ncaps: {}\noperator: {OPERATOR}\ninstitutions:\n",
            self.caps
        );
        for (code, at) in &self.institutions {
            text += &format!("  - {{code: {code}, address: \"{at}\"}}\n");
        }
        if !self.books.is_empty() {
            text += "books:\n";
        }
        for (party, at) in &self.books {
            text += &format!("  - {{party: \"{party}\", address: \"{at}\"}}\n");
        }
        fs::write(bench.path(name).join("live.yaml"), text).unwrap();
        let path = bench.path(name).join("plan.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            text.replace(
                "persons: persons.csv",
                "persons: persons.csv\nlive: live.yaml",
            ),
        )
        .unwrap();
    }
}

/// Takes connections and counts them.
pub(super) fn listener() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in listener.incoming().take(100) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

/// The words that a dry run shows.
#[track_caller]
pub(super) fn words(dry: &Ended) -> String {
    let (_, words) = dry
        .err
        .split_once("--live --confirm ")
        .unwrap_or_else(|| panic!("{dry:?}"));
    words.split_whitespace().next().unwrap().to_owned()
}

fn dry(plan: &str, more: &[&str]) -> Ended {
    in_english(&[&["run", plan, "--clock", "wall"], more].concat())
}

#[test]
fn a_dry_run_is_the_default_and_sends_nothing() {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", OPEN);
    let (address, came) = listener();
    Declared::at(address).write_into(&bench, "plan");
    let out = bench.text("run");
    let told = dry(&plan, &["--out", &out]).must_end(5).must_say(&[
        "error[cli::live]",
        "a dry run: nothing was sent",
        "cross → ",
        "9 方, 不能证明已回退",
        "H33010000001",
    ]);
    assert!(words(&told).starts_with("pair-demo-"));
    assert!(!bench.path("run").exists());
    // The same words for the same plan, others for another selection.
    let again = dry(&plan, &["--out", &out]);
    assert_eq!(words(&told), words(&again));
    assert_ne!(words(&told), words(&dry(&plan, &["--kind", "outpatient"])));
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

/// One condition is taken away at a time.
#[rstest]
#[case::nobody_confirmed(OPEN, &["--live"], 3, &["nobody has confirmed it", "--confirm pair-demo-"])]
#[case::other_words(OPEN, &["--live", "--confirm", "pair-demo-00000000"], 3, &["does not name this plan"])]
#[case::not_yet(-7 * OPEN, &["--live", "--confirm", "WORDS"], 3, &["phase `frozen` allows no test swipes"])]
#[case::over(9 * OPEN, &["--live", "--confirm", "WORDS"], 3, &["phase `live` allows no test swipes"])]
#[case::within_the_margin(7 * OPEN, &["--live", "--confirm", "WORDS"], 3, &["too soon to undo"])]
#[case::moved(OPEN, &["--live", "--confirm", "WORDS", "--shift", "+1s"], 3, &["`--shift` moves the window"])]
#[case::nothing_to_send(OPEN, &["--live", "--confirm", "WORDS", "--case", "bounds/arranged"], 3, &["no selected case can be sent now"])]
#[case::simulated(OPEN, &["--live", "--clock", "simulated"], 64, &["`--live` goes by the real clock"])]
#[case::in_memory(OPEN, &["--live", "--transport", "memory"], 64, &["`--transport memory` is for simulated time"])]
#[case::faults(OPEN, &["--live", "--fault", "response-lost"], 64, &["`--fault` is for simulated time"])]
fn without_any_of_its_conditions_nothing_is_sent(
    #[case] ago: i64,
    #[case] more: &[&str],
    #[case] exit: i32,
    #[case] said: &[&str],
) {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", ago);
    let (address, came) = listener();
    Declared::at(address).write_into(&bench, "plan");
    let out = bench.text("run");
    // What names these files in another phase may be anything: the phase is asked first.
    let clock: &[&str] = if more.contains(&"simulated") {
        &[]
    } else {
        &["--clock", "wall"]
    };
    let args = [&["run", plan.as_str(), "--out", out.as_str()], clock, more].concat();
    crosswipe(&args)
        .must_end(exit)
        .must_say(said)
        .must_say(&["error[cli::live]"]);
    assert_eq!(came.load(Ordering::SeqCst), 0);
    assert!(!bench.path("run").exists());
}

/// The window that counts is the one in force now, not the one that was first said.
#[test]
fn a_window_that_was_amended_shuts_by_its_new_end() {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", OPEN);
    let (address, came) = listener();
    Declared::at(address).write_into(&bench, "plan");
    let dry_run = dry(&plan, &["--kind", "outpatient"]).must_end(5);
    assert!(dry_run.err.contains("--confirm"));
    let now = real_now();
    let (to, known) = (now.plus_ms(OPEN), now.plus_ms(-OPEN / 2));
    let path = bench.path("plan").join("plan.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let amend = format!(
        "amend: [{{bound: live.from, to: \"{to}\", known: \"{known}\", source: 补充通知, who: 省局}}]\n"
    );
    fs::write(&path, text + &amend).unwrap();
    dry(&plan, &["--kind", "outpatient"])
        .must_end(3)
        .must_say(&["the window ends too soon to undo", &format!("cross → {to}")]);
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

/// What a plan says wrong of real systems is told with its place, all at once.
#[rstest]
#[case::caps("caps: {settlements: 12, amount: 90000.00}\n", "", &["`caps` is missing"])]
#[case::no_money("amount: 90000.00", "amount: 0.00", &["nothing may be settled"])]
#[case::endless("settlements: 12", "settlements: 0", &["`0` is no number of settlements"])]
#[case::a_name("127.0.0.1:", "hospital.example:", &["is no address that can be sent to"])]
#[case::anywhere("127.0.0.1:", "0.0.0.0:", &["is no address that can be sent to"])]
#[case::a_stranger("H33010000001", "H33010000009", &["the topology has no institution `H33010000009`", "did you mean"])]
#[case::twice("H33010000002", "H33010000001", &["`H33010000001`"])]
#[case::environment("environment: test", "environment: tset", &["did you mean `test`"])]
#[case::nobody_sends("operator: ", "# operator: ", &["`operator` is missing", "say who the messages come from"])]
#[case::no_number("H3301-07", "窗口七", &["`窗口七` is no operator's number"])]
#[case::an_identity("H3301-07", "330102196802024410", &["is somebody's identity number"])]
#[case::no_name("name: 李测试", "name: 四十字以上的名字四十字以上的名字四十字以上的名字四十字以上的名字四十字以上的名字四十字以上的名字四十字以上", &["no operator's name"])]
#[case::no_card("00-1A-2B-3C-4D-5E", "00-1A-2B", &["`00-1A-2B` is no MAC address"])]
#[case::no_ip("10.8.1.20", "10.8.1.2x", &["`10.8.1.2x` is no IP address"])]
#[case::slip("institutions:", "institution:", &["unknown key `institution`", "did you mean `institutions`"])]
fn a_wrong_declaration_is_a_problem_of_the_plan(
    #[case] from: &str,
    #[case] to: &str,
    #[case] said: &[&str],
) {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", OPEN);
    Declared::at("127.0.0.1:9".parse().unwrap()).write_into(&bench, "plan");
    let path = bench.path("plan").join("live.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    dry(&plan, &["--live"])
        .must_end(64)
        .must_say(said)
        .must_say(&["live.yaml:"]);
}

#[test]
fn a_registry_that_was_touched_sends_nothing() {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", OPEN);
    let (address, came) = listener();
    Declared::at(address).write_into(&bench, "plan");
    let path = bench.path("plan").join("persons.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\r\n")).unwrap();
    dry(&plan, &["--live"])
        .must_end(64)
        .must_say(&["the persons file is not the one that was checked"]);
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

/// Waits until a run has announced so many waits, the last for its second look at the end of a real day, and kills it.
#[track_caller]
fn killed_before_the_day_rolls(args: &[&str], bench: &Bench, waits: usize) -> String {
    let mut started = start(args);
    let begun = Stopwatch::start();
    let looked = |bench: &Bench| {
        let history = read(&bench.path("run"));
        let first = |payload: &Payload| matches!(payload, Payload::Snap1(_));
        history.is_ok_and(|history| history.records.iter().any(|record| first(&record.payload)))
    };
    while !(started.said("err").matches("等到").count() == waits && looked(bench)) {
        assert!(
            started.lives() && begun.elapsed() < DEADLINE,
            "{}",
            started.said("err")
        );
        std::thread::sleep(PAUSE * 25);
    }
    let said = started.said("err");
    started.kill();
    said
}

/// Parties of another process, in the part of real systems, with a window that is open now.
fn staged() -> (Bench, World) {
    let bench = Bench::new();
    let stage = begun_ago(&bench, "stage", OPEN);
    let world = World::serve_plan(bench.path("books"), &stage);
    (bench, world)
}

/// Dry-run, sent with the words that it shows, and killed when only the second look is left; the words, and what it said.
#[track_caller]
fn sent_and_killed(bench: &Bench, declared: &Declared, more: &[&str]) -> (String, String) {
    let plan = begun_ago(bench, "plan", OPEN);
    declared.write_into(bench, "plan");
    let (words, out) = (words(&dry(&plan, more)), bench.text("run"));
    let args = ["run", &plan, "--clock", "wall", "--out", &out];
    let args = [&args[..], &["--live", "--confirm", &words], more].concat();
    let said = killed_before_the_day_rolls(&args, bench, 2);
    (words, said)
}

/// Swiped and undone at parties that are told nothing of us; what was not checked, the second look, is said.
#[test]
fn what_was_swiped_at_real_systems_is_undone_and_seen_on_their_books() {
    let (bench, world) = staged();
    let before = world.look();
    let out = bench.text("run");
    let (words, said) = sent_and_killed(&bench, &Declared::of(&world), &[]);
    assert!(said.contains("要发的用例 cases"), "{said}");
    world.look().must_be_rolled_back_to(&before, "live");
    let report = crosswipe(&["verify", &out, "--json"]).must_end(0).json();
    assert!(
        report["transactions"]["intended"].as_u64() > Some(20),
        "{report}"
    );
    assert_eq!(report["transactions"]["unresolved"], 0);
    assert_eq!(report["level"], "L3");
    assert_eq!(report["not_checked"], serde_json::json!(["t2"]));
    assert_eq!(classes(&report), Vec::<String>::new());
    assert!(rules(&report, "violated").is_empty(), "{report}");
    let history = read(&bench.path("run")).unwrap();
    let header = history.header();
    assert_eq!(
        (header.clock.as_str(), header.transport.as_str()),
        ("wall", "live")
    );
    assert_eq!(header.switches["live-confirmed"], words);
    // Whoever goes on waits for the same look, and sends nothing meanwhile.
    let records = history.records.len();
    let resumed = killed_before_the_day_rolls(&["resume", &out], &bench, 1);
    assert!(resumed.contains("链尾"), "{resumed}");
    let history = read(&bench.path("run")).unwrap();
    let later = history.records.iter().skip(records);
    assert!(
        !later
            .into_iter()
            .any(|record| matches!(record.payload, Payload::Intent(_)))
    );
}

/// A party that shows no books proves nothing, however well all went.
#[test]
fn where_a_party_shows_no_books_nothing_is_called_clean() {
    let (bench, world) = staged();
    let out = bench.text("run");
    let mut declared = Declared::of(&world);
    declared
        .books
        .retain(|(party, _)| party.role != Role::Insured);
    sent_and_killed(&bench, &declared, &["--kind", "outpatient"]);
    let report = crosswipe(&["verify", &out, "--json"]).must_end(2).json();
    assert_eq!(report["level"], "L0");
    assert!(
        report["transactions"]["unresolved"].as_u64() > Some(0),
        "{report}"
    );
}

/// What reaches a real system is a message of the interface, and nothing that says who sends it or that it is a test.
#[test]
fn a_real_system_is_told_nothing_of_us() {
    let bench = Bench::new();
    let plan = begun_ago(&bench, "plan", OPEN);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Declared::at(listener.local_addr().unwrap()).write_into(&bench, "plan");
    let words = words(&dry(&plan, &[]));
    let out = bench.text("run");
    let args = [
        "run",
        &plan,
        "--clock",
        "wall",
        "--live",
        "--confirm",
        &words,
        "--out",
        &out,
    ];
    let started = start(&args);
    let (mut line, _) = listener.accept().unwrap();
    let (mut said, mut part) = (Vec::new(), [0; 4096]);
    while !said.ends_with(b"}") {
        let read = line.read(&mut part).unwrap();
        assert!(read > 0, "it hung up");
        said.extend(&part[..read]);
    }
    started.kill();
    let said = String::from_utf8(said).unwrap().to_ascii_lowercase();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    // Who sends is who the plan says: in the envelope, and at a sign-in.
    let says = |name: &str, value: &str| body.contains(&format!("\"{name}\":\"{value}\""));
    assert!(
        says("opter", "h3301-07") && says("opter_name", "李测试"),
        "{body}"
    );
    assert!(says("opter_no", "h3301-07"), "{body}");
    assert!(
        says("mac", "00-1a-2b-3c-4d-5e") && says("ip", "10.8.1.20"),
        "{body}"
    );
    assert!(!body.contains("crosswipe"), "{body}");
    assert!(
        head.starts_with("post ") && body.contains("\"infno\""),
        "{said}"
    );
    assert!(
        !head.contains("crosswipe") && !head.contains("epoch"),
        "{head}"
    );
}

/// Whoever types `--clock wall` for a plan of another year is told so at once, and what to type instead.
#[rstest]
#[case::shipped(None, &["its first chosen case at 2030-03-0", "it is not open", "--shift -"])]
#[case::an_hour_ahead(Some(-5 * OPEN), &["it is not open", "--shift -"])]
#[case::over(Some(9 * OPEN), &["it is over", "--shift +"])]
fn mock_parties_do_not_wait_for_a_window_that_is_far(
    #[case] ago: Option<i64>,
    #[case] said: &[&str],
) {
    let bench = Bench::new();
    let plan = ago.map_or_else(|| plan("pair-demo"), |ago| begun_ago(&bench, "plan", ago));
    let out = bench.text("run");
    let told = dry(&plan, &["--out", &out])
        .must_end(3)
        .must_say(&[
            "error[cli::live]",
            "nothing was sent",
            "the window of `pair-demo`",
        ])
        .must_say(said);
    assert!(!bench.path("run").exists());
    // What it says to type moves the window to now: the run begins, and says that it waits.
    let (_, typed) = told.err.split_once("add --shift ").unwrap();
    let by = typed.split(';').next().unwrap().to_owned();
    let mut started = start(&[
        "run", &plan, "--clock", "wall", "--out", &out, "--shift", &by,
    ]);
    let begun = Stopwatch::start();
    while !(started.said("err").contains("链首") || begun.elapsed() > DEADLINE) {
        assert!(started.lives(), "{}", started.said("err"));
        std::thread::sleep(PAUSE);
    }
    let says = started.said("err");
    started.kill();
    assert!(says.contains("s for the first case at"), "{says}");
    assert!(says.contains("链首"), "{says}");
}

/// The cap holds whatever the cases say: what would pass it is not sent, and what was begun is undone.
#[test]
fn beyond_the_caps_nothing_is_settled() {
    let (bench, world) = staged();
    let before = world.look();
    let mut declared = Declared::of(&world);
    declared.caps = "{settlements: 1, amount: 90000.00}";
    sent_and_killed(&bench, &declared, &["--jobs", "1"]);
    let history = read(&bench.path("run")).unwrap();
    let settled = history
        .records
        .iter()
        .filter(|record| match &record.payload {
            Payload::Intent(intent) => intent.infno.settles(),
            _ => false,
        });
    assert_eq!(settled.count(), 1);
    let capped = history
        .records
        .iter()
        .filter(|record| match &record.payload {
            Payload::Gated(gated) => gated.reason == "cap",
            _ => false,
        });
    assert!(capped.count() > 1);
    world.look().must_be_rolled_back_to(&before, "live");
}

/// pair-demo in a province whose gateway signs, one hospital with a HIS of its own at `his`.
fn signing(bench: &Bench, his: Option<&str>) -> String {
    let plan = begun_ago(bench, "plan", OPEN);
    let path = bench.path("plan").join("topology.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let own = his.map_or_else(String::new, |at| format!("his: \"{at}\", "));
    let from = "code: H33010000001, ";
    assert!(text.contains(from));
    let text = text.replacen(from, &format!("{from}{own}"), 1);
    fs::write(&path, format!("profile: guangdong\n{text}")).unwrap();
    plan
}

/// The first message that comes to an address, by a run that was confirmed.
fn first_message(bench: &Bench, plan: &str, listener: &TcpListener) -> String {
    let only = ["--hospital", "H33010000001"];
    let words = words(&dry(plan, &only).must_end(5));
    let out = bench.text("run");
    let args = ["run", plan, "--clock", "wall", "--live", "--out", &out];
    let started = start(&[&args[..], &["--confirm", &words], &only].concat());
    let (mut line, _) = listener.accept().unwrap();
    let (mut said, mut part) = (Vec::new(), [0; 4096]);
    while !said.ends_with(b"}") {
        let read = line.read(&mut part).unwrap();
        assert!(read > 0, "it hung up");
        said.extend(&part[..read]);
    }
    started.kill();
    String::from_utf8(said).unwrap().to_ascii_lowercase()
}

/// A HIS that a run drives is sent to where `live` declares it, by all conditions of a live party and in the interface's
/// own words; a platform is spoken to as its gateway wants it.
#[rstest]
#[case::a_platform(false)]
#[case::a_his(true)]
fn a_driven_his_is_a_live_party_like_any_other(#[case] driven: bool) {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let plan = signing(&bench, driven.then(|| at.to_string()).as_deref());
    Declared::at(at).write_into(&bench, "plan");
    let said = first_message(&bench, &plan, &listener);
    assert_eq!(said.starts_with("post / http"), driven, "{said}");
    assert_eq!(said.contains("x-tif-signature"), !driven, "{said}");
}

/// Declared at one address and driven at another, a HIS is sent nothing, and nobody else is.
#[test]
fn a_his_at_two_addresses_is_sent_nothing() {
    let bench = Bench::new();
    let plan = signing(&bench, Some("127.0.0.1:9"));
    let (address, came) = listener();
    Declared::at(address).write_into(&bench, "plan");
    dry(&plan, &["--live", "--confirm", "WORDS"])
        .must_end(3)
        .must_say(&[
            "error[cli::live]",
            "`his: 127.0.0.1:9` of `H33010000001`",
            "drop `his:`",
        ]);
    assert_eq!(came.load(Ordering::SeqCst), 0);
}
