//! 联通 · `preflight` as a site runs it: through the door of a mock province, past peers that fail, over and over, and
//! laid side by side with other sites.
//!
//! Each way in which a peer can fail is a test of `runner::preflight`; here is what a person sees of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crosswipe_runner::clock::Stopwatch;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Bench, DEADLINE, Ended, PAUSE, command, crosswipe, in_english, plan, start};

/// 站点 · A copy of the two-city plan with a preflight of its own.
struct Site {
    bench: Bench,
    plan: String,
}

fn with(preflight: &str) -> Site {
    let bench = Bench::new();
    let named = "topology: topology.yaml\npreflight: preflight.yaml";
    let plan = bench.changed_plan("plan.yaml", "topology: topology.yaml", named);
    fs::write(bench.path("plan").join("preflight.yaml"), preflight).unwrap();
    Site { bench, plan }
}

impl Site {
    fn plan(&self) -> String {
        assert!(self.bench.path("plan").is_dir());
        self.plan.clone()
    }
}

fn checks(told: &Value) -> Vec<(&str, &str, &str)> {
    told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            let word = |key: &str| check[key].as_str().unwrap_or("-");
            (word("probe"), word("state"), word("code"))
        })
        .collect()
}

/// A port at which nobody listens.
fn nobody() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A server of one page that can be told to hang up instead.
struct Server {
    port: u16,
    hangs_up: Arc<AtomicBool>,
}

impl Server {
    fn of(page: &'static str) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let hangs_up = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&hangs_up);
        thread::spawn(move || {
            for line in listener.incoming() {
                let Ok(mut line) = line else { return };
                if told.load(Ordering::Relaxed) {
                    continue;
                }
                let _ = line.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
                let _ = line.write_all(head.as_bytes());
                let _ = line.write_all(page.as_bytes());
            }
        });
        Server { port, hangs_up }
    }
}

#[test]
fn a_site_gets_through_to_a_mock_province_and_hands_in_a_file() {
    let runs = tempfile::tempdir().unwrap();
    let out = runs.path().join("run").display().to_string();
    let mut province = start(&["serve", &plan("pair-demo"), "--json", "--out", &out]);
    let begun = Stopwatch::start();
    while !province.said("out").ends_with("}\n") {
        assert!(province.lives() && begun.elapsed() < DEADLINE);
        thread::sleep(PAUSE);
    }
    let notice: Value = serde_json::from_str(&province.said("out")).unwrap();
    let address = notice["address"].as_str().unwrap();
    let (_, port) = address.rsplit_once(':').unwrap();
    let port = port.trim_end_matches('/');
    let bench = with(&format!(
        "targets:
  - id: province
    title: 省平台
    host: 127.0.0.1
    from: 127.0.0.0/8
    tcp: [{port}]
    page: {{port: {port}, path: /, words: [crosswipe]}}
    sign_in: {{port: {port}, path: /fsi/api/rsfComIfsService/callService, institution: H33010000001}}
    clock: 5m
station: {{processors: 1, disk: 1MB, systems: [linux, macos]}}
"
    ));
    let json = [
        "preflight",
        &bench.plan(),
        "--site",
        "H33010000001",
        "--json",
    ];
    let told = crosswipe(&json).must_end(0).json();
    let passed = |probe| (probe, "passed", "-");
    let wanted = ["route", "tcp", "page", "sign-in", "clock"].map(passed);
    assert_eq!(checks(&told), wanted);
    assert_eq!(told["station"].as_array().unwrap().len(), 3);
    assert_eq!(told["advice"], json!([]));
    let table = crosswipe(&["preflight", &bench.plan()]).must_end(0);
    for word in ["省平台", "签到", "通过 8, 不通 0, 未查 0"] {
        assert!(table.out.contains(word), "{word}: {table:?}");
    }
    province.signal("-INT");
    province.end();
}

#[test]
fn what_does_not_get_through_is_named_with_what_to_do_first() {
    let shut = nobody();
    let bench = with(&format!(
        "targets:
  - {{id: portal, title: 门户, host: 127.0.0.1, tcp: [{shut}], page: {{port: {shut}, path: /}}}}
  - {{id: near, host: 127.0.0.1, who: [agency], from: 10.8.0.0/16}}
advice:
  - {{when: {{route: failed}}, say: 请信息科接好专网网线}}
"
    ));
    let whole = crosswipe(&["preflight", &bench.plan()]).must_end(1);
    for words in [
        "preflight:tcp-refused",
        "preflight:no-connection",
        "→ 门户: 端口拒绝连接。办法: 核对端口",
        "→ near: 公告说: 请信息科接好专网网线",
        "通过 0, 不通 2, 未查 1",
    ] {
        assert!(whole.out.contains(words), "{words}: {}", whole.out);
    }
    let english = crosswipe(&["preflight", &bench.plan(), "--lang", "en"]).must_end(1);
    let remedy = "→ 门户: the port refuses. Remedy: compare the port";
    assert!(english.out.contains(remedy), "{}", english.out);
    // A hospital need not reach what is the agency's.
    let of_hospital = ["preflight", &bench.plan(), "--role", "hospital", "--json"];
    let told = crosswipe(&of_hospital).must_end(1).json();
    let wanted = [
        ("tcp", "failed", "preflight:tcp-refused"),
        ("page", "unchecked", "preflight:no-connection"),
    ];
    assert_eq!(checks(&told), wanted);
    assert_eq!(told["advice"][0]["code"], "preflight:tcp-refused");
}

#[test]
fn what_could_not_be_asked_is_no_pass() {
    let bench = with("targets: [{id: near, host: 127.0.0.1, ping: yes}]\n");
    let path = tempfile::tempdir().unwrap();
    let ping = |script: Option<&str>| {
        let program = path.path().join("ping");
        let _ = fs::remove_file(&program);
        if let Some(script) = script {
            fs::write(&program, script).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&program, mode).unwrap();
        }
        let output = command(&["preflight", &bench.plan(), "--json", "--patience", "20"])
            .env("PATH", path.path())
            .output()
            .unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let told = ping(None).must_end(2).json();
    assert_eq!(checks(&told), [("ping", "unchecked", "preflight:no-ping")]);
    let told = ping(Some("#!/bin/sh\nexit 2\n")).must_end(2).json();
    assert_eq!(checks(&told), [("ping", "unchecked", "preflight:no-ping")]);
    let told = ping(Some("#!/bin/sh\nexit 1\n")).must_end(1).json();
    assert_eq!(checks(&told), [("ping", "failed", "preflight:ping-silent")]);
    let asks_once = "#!/bin/sh\n[ \"$*\" = \"-c 1 127.0.0.1\" ]\n";
    let told = ping(Some(asks_once)).must_end(0).json();
    assert_eq!(checks(&told), [("ping", "passed", "-")]);
}

#[test]
fn nothing_leaves_this_computer_outside_the_plans_days() {
    let ended = crosswipe(&["preflight", &plan("qianjiang-2021"), "--role", "hospital"])
        .must_end(3)
        .must_say(&[
            "error[cli::preflight_window]",
            "2021-05-31 00:00:00",
            "nothing was sent",
        ]);
    assert_eq!(ended.out, "");
}

#[test]
fn a_slip_in_the_file_is_shown_where_it_stands() {
    let bench = with(
        "targets:
  - {id: portal, host: \"http://10.8.1.2\", tcp: [80]}
  - {id: portal, host: 10.8.1.2, tcp: [70000], clock: 5m}
  - {id: idle, host: 10.8.1.2}
  - {id: network, host: 10.8.1.2, from: 10.8.0.0/33, dns: {answers: [10.8.1.2]}}
  - {id: who, host: a.example, tcp: [80], who: [hospitel]}
  - {id: sign, host: a.example, sign_in: {port: 80, path: /x, institution: H33010000009}}
station: {memory: 8}
advice: [{when: {tcq: failed}, say: 无}]
",
    );
    let ended = in_english(&["preflight", &bench.plan()]).must_end(64);
    for words in [
        "preflight.yaml:2:24",
        "10 errors",
        "only the name or address",
        "`70000` cannot be read here",
        "nothing here tells the peer's time",
        "nothing is asked of `idle`",
        "`10.8.0.0/33` cannot be read here",
        "`10.8.1.2` is an address and has no name to look up",
        "unknown audience `hospitel`",
        "did you mean `hospital`",
        "H33010000009",
        "`8` cannot be read here",
        "unknown key `tcq`",
    ] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    let bare = plan("pair-demo");
    crosswipe(&["preflight", &bare])
        .must_end(5)
        .must_say(&["error[cli::nothing_selected]", "preflight: preflight.yaml"]);
    let good = with("targets: [{id: near, who: [agency], host: 127.0.0.1, from: 127.0.0.0/8}]\n");
    let path = good.plan();
    crosswipe(&["preflight", &path, "--role", "hospital"])
        .must_end(5)
        .must_say(&["no target is left", "near"]);
    crosswipe(&["preflight", &path, "--role", "clinic"])
        .must_end(64)
        .must_say(&["`clinic` is no role", "pharmacy"]);
    crosswipe(&["preflight", &path, "--target", "naer"])
        .must_end(64)
        .must_say(&["did you mean `near`"]);
}

/// A site's file: its instant and how each target ended.
fn file(dir: &TempDir, name: &str, of: &Value) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, of.to_string()).unwrap();
    path
}

fn handed(site: &str, at: &str, state: &str, code: Option<&str>) -> Value {
    json!({
        "schema": "crosswipe.preflight/1", "plan": "pair-demo", "site": site, "role": null, "at": at, "exit": 0,
        "checks": [
            {"target": "portal", "title": "门户", "probe": "tcp", "of": "80", "state": "passed", "code": null},
            {"target": "portal", "title": "门户", "probe": "page", "of": "80/", "state": state, "code": code},
        ],
        "station": [], "advice": [],
    })
}

#[test]
fn all_sites_are_laid_side_by_side_and_who_is_silent_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (early, late) = ("2030-03-01T10:00:00+08:00", "2030-03-01T11:00:00+08:00");
    let page = Some("preflight:page-words");
    let first = file(&dir, "1", &handed("H33010000001", early, "failed", page));
    let second = file(&dir, "2", &handed("H33010000002", early, "failed", page));
    // The same site once more, mended: the newest counts, whichever comes first.
    let again = file(&dir, "3", &handed("H33010000001", late, "passed", None));
    let shown = |path: &PathBuf| path.display().to_string();
    let collect = |more: &[&str]| {
        let plan = plan("pair-demo");
        let files = [shown(&again), shown(&first), shown(&second)];
        let mut args = vec!["preflight", &plan, "--collect"];
        args.extend(files.iter().map(String::as_str));
        args.extend(more);
        crosswipe(&args)
    };
    let table = collect(&[]).must_end(1);
    for words in [
        "杭州虚构第一医院",
        "preflight:page-words",
        "未报 2:",
        "H33020000001 宁波虚构第一医院",
        "已报 2 家, 未报 2 家",
    ] {
        assert!(table.out.contains(words), "{words}: {}", table.out);
    }
    let told = collect(&["--json"]).must_end(1).json();
    let states: Vec<&str> = told["sites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site["targets"][0]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["passed", "failed"]);
    // Sites that are silent are not known to get through.
    let one = ["preflight", &plan("pair-demo"), "--collect", &shown(&again)];
    crosswipe(&one).must_end(2);
    let mut other = handed("H33010000001", early, "passed", None);
    other["plan"] = json!("zhejiang-2017");
    let mut nameless = handed("", early, "passed", None);
    nameless["site"] = Value::Null;
    let strange = handed("H33010000001", early, "perhaps", None);
    for (name, of, words) in [
        ("4", &other, "is of plan `zhejiang-2017`"),
        ("5", &nameless, "does not say which site"),
        ("6", &strange, "`perhaps` is no state"),
        ("7", &json!({"schema": "crosswipe.run/1"}), "cannot be read"),
        ("8", &json!([]), "cannot be read"),
    ] {
        let path = shown(&file(&dir, name, of));
        crosswipe(&["preflight", &plan("pair-demo"), "--collect", &path])
            .must_end(64)
            .must_say(&["error[cli::preflight_file]", words]);
    }
}

#[test]
fn a_watch_tells_what_changes_and_nothing_else() {
    let server = Server::of("医疗保障");
    let port = server.port;
    let bench = with(&format!(
        "targets: [{{id: portal, host: 127.0.0.1, tcp: [{port}], page: {{port: {port}, path: /, words: [医疗保障]}}}}]\n"
    ));
    let mut watch = start(&["preflight", &bench.plan(), "--watch", "1"]);
    let mut until = |words: &str| {
        let begun = Stopwatch::start();
        while !watch.said("out").contains(words) {
            assert!(watch.lives() && begun.elapsed() < DEADLINE, "{words}");
            thread::sleep(PAUSE);
        }
    };
    until("通过 2, 不通 0");
    server.hangs_up.store(true, Ordering::Relaxed);
    until("portal 网页");
    server.hangs_up.store(false, Ordering::Relaxed);
    until("不通 → 通过");
    watch.signal("-INT");
    let ended = watch.end().must_end(0);
    let changes = ended.out.lines().filter(|line| line.contains(" → "));
    assert_eq!(changes.count(), 2, "{}", ended.out);
}
