//! 方言 · The harness as client: runs over real HTTP in the dialect of every shipped profile, and in a sealed one, against
//! gateways that are strict; keys that are wrong, a kill in the midst, and where keys may be found afterwards.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use crosswipe_domain::{AdmDivision, Party, Role, Span};
use crosswipe_wire::gateway::Key;
use rstest::rstest;

use super::kill::wait_for_business;
use super::world::World;
use super::{Bench, copy, crosswipe, plan, start};

const SEALED: &str = "profile: sealed\ntitle_zh: 封装\ntitle_en: sealed\n\
    gateway: {dialect: zhejiang, path: \"/fsi/api/{service}\", encoding: gbk}\n\
    envelope: {cainfo: sm2, input: text, sign_in: single}\nanswers: {output: sm4, infcode: text, cainfo: sm2}\n";

/// pair-demo, all platforms with one profile.
fn planned(bench: &Bench, profile: &str) -> String {
    let dir = bench.path("plan");
    copy(Path::new(&plan("pair-demo")), &dir);
    let topology = dir.join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let text = text.replacen("regions:\n", &format!("profile: {profile}\nregions:\n"), 1);
    fs::write(topology, text).unwrap();
    fs::write(dir.join("own.yaml"), SEALED).unwrap();
    bench.text("plan")
}

#[rstest]
#[case::zhejiang("zhejiang")]
#[case::guangdong("guangdong")]
#[case::jiangsu("jiangsu")]
#[case::hebei("hebei")]
#[case::chongqing("chongqing")]
#[case::apikey("{gateway: {dialect: apikey}, envelope: {receiver: XYZ, infver: [2.0]}}")]
#[case::sealed("own.yaml")]
fn a_run_speaks_the_dialect_of_its_region_and_ends_clean(#[case] profile: &str) {
    let bench = Bench::new();
    let plan = planned(&bench, profile);
    let ended = crosswipe(&[
        "run",
        &plan,
        "--json",
        "--quiet",
        "--out",
        &bench.text("run"),
    ]);
    assert_eq!(ended.json()["verdict"], "clean", "{profile}: {ended:?}");
    ended.must_end(0);
    // Every message names the receiver and the version that its region asks for.
    let asked = crosswipe_scenarios::load(Path::new(&plan)).unwrap();
    let envelope = &asked.topology.regions[0].profile.envelope;
    let named = [
        format!(r#""recer_sys_code":"{}""#, envelope.receiver),
        format!(r#""infver":"{}""#, envelope.infver[0]),
    ];
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let sent = history
        .messages
        .values()
        .filter(|text| text.contains("recer_sys_code"));
    let mut messages = 0;
    for text in sent {
        assert!(named.iter().all(|one| text.contains(one)), "{text}");
        messages += 1;
    }
    assert!(messages > 100, "{messages}");
}

/// 新旧并存: each generation is spoken to in its own dialect, over the same address.
#[test]
fn the_old_platform_is_met_in_its_own_dialect() {
    let bench = Bench::new();
    let dir = bench.path("plan");
    copy(Path::new(&plan("qianjiang-2021")), &dir);
    let topology = dir.join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let text = text.replace(
        "profile: {policy",
        "profile: {gateway: {dialect: x-tif}, policy",
    );
    assert!(text.contains("old: {profile: {gateway: {dialect: csb}}}") && text.contains("x-tif"));
    fs::write(&topology, text).unwrap();
    let (plan, out) = (bench.text("plan"), bench.text("run"));
    let only = ["--case", "bounds/qj-15", "--transport", "http"];
    let args = ["run", &plan, "--json", "--quiet", "--out", &out];
    let ended = crosswipe(&[&args[..], &only].concat()).json();
    let results = ended["results"].as_array().unwrap();
    let passed = results.iter().filter(|case| case["result"] == "passed");
    let passed: Vec<_> = passed.map(|case| case["case"].as_str()).collect();
    assert_eq!(passed, [Some("bounds/qj-15")], "{ended}");
    assert_eq!(ended["findings"].as_array().map(Vec::len), Some(0));
}

/// A region that wants the card's PIN of its own people gets one of them, and none of visitors.
#[test]
fn whoever_settles_at_home_gives_a_pin_where_one_is_asked() {
    let bench = Bench::new();
    let dir = bench.path("plan");
    copy(Path::new(&plan("qianjiang-2021")), &dir);
    let topology = dir.join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let text = text
        .replacen(
            "regions:\n",
            "profile: {envelope: {cainfo: pin}}\nregions:\n",
            1,
        )
        .replace(
            "profile: {policy",
            "profile: {envelope: {cainfo: pin}, policy",
        );
    fs::write(&topology, text).unwrap();
    let (plan, out) = (bench.text("plan"), bench.text("run"));
    let ended = crosswipe(&[
        "run",
        &plan,
        "--json",
        "--quiet",
        "--out",
        &out,
        "-E",
        "not proof()",
    ]);
    assert_eq!(ended.json()["verdict"], "clean", "{ended:?}");
    ended.must_end(0);
    let history = crosswipe_journal::read(&bench.path("run")).unwrap();
    let settlements = history.messages.values().filter(|text| {
        ["2102", "2207", "2304"]
            .iter()
            .any(|infno| text.contains(&format!(r#""infno":"{infno}""#)))
            && text.contains("recer_sys_code")
    });
    let mut with = 0;
    for text in settlements {
        let message: serde_json::Value = serde_json::from_str(text).unwrap();
        let place = |key: &str| AdmDivision::parse(message[key].as_str().unwrap()).unwrap();
        let at_home = place("insuplc_admdvs").span_to(place("mdtrtarea_admvs")) == Span::Local;
        assert_eq!(message["cainfo"] == "", !at_home, "{text}");
        with += usize::from(at_home);
    }
    assert!(with > 3, "{with} settlements at home");
}

/// One case of the plan settles before the discharge, which this region refuses: the case fails, and nothing is left.
#[test]
fn what_a_region_refuses_fails_a_case_and_leaves_nothing() {
    let bench = Bench::new();
    let plan = planned(&bench, "hunan");
    let ended = crosswipe(&[
        "run",
        &plan,
        "--json",
        "--quiet",
        "--out",
        &bench.text("run"),
    ]);
    let json = ended.json();
    assert_eq!(json["verdict"], "clean", "{ended:?}");
    assert_eq!(
        ended.out.matches("E-NOTDISCH").count().min(1),
        1,
        "{ended:?}"
    );
    ended.must_end(1);
}

/// The status of a message without any dialect, sent to a hospital's address.
fn plainly(at: &str) -> String {
    let mut line = TcpStream::connect(at).unwrap();
    let body = r#"{"infno":"9001"}"#;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    line.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}

/// Gateways refuse whoever does not speak so; the run that does ends clean at the very same ones.
#[test]
fn whoever_does_not_speak_it_is_refused_where_the_run_is_not() {
    let bench = Bench::new();
    let plan = planned(&bench, "guangdong");
    let world = World::serve_plan(bench.path("world"), &plan);
    let hospital = Party::new(Role::His, "H33020000001");
    let at = world.parties[&hospital].to_string();
    let said = plainly(&at);
    assert!(
        said.starts_with("HTTP/1.1 401") && said.contains("access key missing"),
        "{said}"
    );
    let ended = crosswipe(&[
        "run",
        &plan,
        "--json",
        "--quiet",
        "--served",
        &bench.text("world"),
        "--out",
        &bench.text("run"),
    ]);
    ended.must_end(0);
}

/// Whoever takes a sealed run over speaks the same dialect, signed in once.
#[test]
fn a_sealed_run_that_was_killed_is_finished_in_its_dialect() {
    let bench = Bench::new();
    let plan = planned(&bench, "own.yaml");
    let dir = bench.path("run");
    let mut started = start(&["run", &plan, "--quiet", "--out", &bench.text("run")]);
    wait_for_business(&mut started, &dir);
    started.kill();
    let ended = crosswipe(&["resume", &bench.text("run"), "--json", "--quiet"]);
    assert_eq!(ended.json()["verdict"], "clean", "{ended:?}");
}

/// Answers that another key signed are nobody's word: their outcome is unknown, however good they look.
#[test]
fn answers_of_another_signer_are_not_believed() {
    let bench = Bench::new();
    let plan = planned(&bench, "own.yaml");
    let id = fs::read_to_string(bench.path("plan").join("plan.yaml")).unwrap();
    let id = id.lines().find_map(|line| line.strip_prefix("plan:"));
    let private = bench.path("private");
    fs::create_dir_all(&private).unwrap();
    let file = private.join(format!("{}.keys.csv", id.unwrap().trim()));
    let other = Key::new("H33020000001", "another").platform_public();
    let codes = [
        "H33010000001",
        "H33010000002",
        "H33020000001",
        "H33020000002",
    ];
    let lines = codes.map(|code| format!("{code},{code},secret,{other}\n"));
    fs::write(&file, lines.concat()).unwrap();
    let out = bench.text("run");
    let first = "bounds/both-ways";
    let ended = crosswipe(&[
        "run", &plan, "--case", first, "--json", "--quiet", "--out", &out,
    ]);
    let told = ended.json();
    assert_ne!(told["verdict"], "clean", "{ended:?}");
    let notes = told["notes"].as_array().unwrap();
    assert!(
        notes.iter().any(|note| note["code"] == "answer-signature"),
        "{notes:?}"
    );
    assert_eq!(told["transactions"]["reversed"], 0, "{told}");
}

/// A key of a key file is what the run speaks with, and is found nowhere afterwards.
#[test]
fn a_key_file_is_spoken_with_and_its_secrets_stay_out_of_every_file_of_the_run() {
    let bench = Bench::new();
    let plan = planned(&bench, "own.yaml");
    let id = fs::read_to_string(bench.path("plan").join("plan.yaml")).unwrap();
    let id = id
        .lines()
        .find_map(|line| line.strip_prefix("plan:"))
        .unwrap()
        .trim()
        .to_owned();
    let private = bench.path("private");
    fs::create_dir_all(&private).unwrap();
    let secrets: Vec<String> = (1..=4).map(|n| format!("canary-secret-{n}-5f3a")).collect();
    let codes = [
        "H33010000001",
        "H33010000002",
        "H33020000001",
        "H33020000002",
    ];
    let lines: String = codes
        .iter()
        .zip(&secrets)
        .map(|(code, secret)| format!("{code},key-{code},{secret}\n"))
        .collect();
    let file = private.join(format!("{id}.keys.csv"));
    fs::write(&file, format!("institution,key,secret\n{lines}")).unwrap();
    let ended = crosswipe(&["run", &plan, "--out", &bench.text("run")]).must_end(0);
    let mut read = 0;
    for path in super::files(&bench.path("run"), &[]) {
        let bytes = fs::read(&path).unwrap();
        for secret in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
        read += 1;
    }
    assert!(read > 10, "{read} files");
    for secret in &secrets {
        assert!(!ended.out.contains(secret) && !ended.err.contains(secret));
    }
    for (wrong, words) in [
        ("H33010000001,key\n", "three or four cells"),
        ("H33010000001,key,secret,04ab\n", "no SM2 public key"),
        ("H99010000001,key,secret\n", "no institution"),
        ("H33010000001,,secret\n", "empty"),
        ("H33010000001,a,b\nH33010000001,a,b\n", "twice"),
    ] {
        fs::write(&file, wrong).unwrap();
        let ended = crosswipe(&["run", &plan, "--out", &bench.text("again")]);
        ended.must_end(64).must_say(&["cli::key_file", words]);
        let _ = fs::remove_dir_all(bench.path("again"));
    }
}
